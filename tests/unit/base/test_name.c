/* Names that a certificate can be for, and the one way to write each. */
#include "base/name.h"

#include <string.h>

#include "support/unit.h"

#define LABEL_63 \
	"aaaaaaaaabaaaaaaaaabaaaaaaaaabaaaaaaaaabaaaaaaaaabaaaaaaaaabaaa"

static void a_name_has_one_form_in_an_order(void **state)
{
	static const struct {
		const char *typed, *canonical; /* NULL: no name */
	} cases[] = {
		{ "a.example", "a.example" },
		{ "A.Example", "A.Example" },
		{ "*.a.example", "*.a.example" },
		{ "xn--bcher-kva.example", "xn--bcher-kva.example" },
		{ LABEL_63 ".example", LABEL_63 ".example" },
		{ "192.0.2.7", "192.0.2.7" },
		{ "0:0:0:0:0:0:0:1", "::1" },
		{ "2001:DB8:0:0:0:0:0:7", "2001:db8::7" },
		{ "2001:db8::0007", "2001:db8::7" },
		{ "", NULL },
		{ "a_b.example", NULL },
		{ "-a.example", NULL },
		{ "a-.example", NULL },
		{ "a..example", NULL },
		{ "a.example.", NULL },
		{ "a" LABEL_63 ".example", NULL },
		{ "*", NULL },
		{ "*.", NULL },
		{ "a.*.example", NULL },
		{ "*.192.0.2.7", NULL },
		{ "192.0.2", NULL },
		{ "192.0.2.256", NULL },
		{ "[::1]", NULL },
		{ "::1%lo", NULL },
		{ "b\xc3\xbc"
		  "cher.example",
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		char got[NAME_TEXT] = "untouched";
		const char *expected = cases[i].canonical;

		assert_for(cases[i].typed,
			   name_canonical(got, cases[i].typed) ==
				   (expected != NULL));
		assert_for(cases[i].typed,
			   strcmp(got, expected ? expected : "untouched") == 0);
	}
}

static void a_name_of_more_than_253_bytes_is_none(void **state)
{
	char text[300];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 50; i < sizeof(text); i += 51)
		text[i] = '.';
	text[253] = '\0';
	assert_true(name_is_dns(text));
	text[253] = 'a';
	text[254] = '\0';
	assert_false(name_is_dns(text));
}

static void the_same_name_is_found_in_other_clothes(void **state)
{
	(void)state;
	assert_true(name_same("::1", "0:0:0:0:0:0:0:1"));
	assert_true(name_same("a.example", "A.EXAMPLE"));
	assert_false(name_same("::1", "::2"));
	assert_false(name_same("a.example", "b.example"));
	assert_false(name_same("a_b", "a_b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_has_one_form_in_an_order),
		cmocka_unit_test(a_name_of_more_than_253_bytes_is_none),
		cmocka_unit_test(the_same_name_is_found_in_other_clothes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
