#include "measure/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "measure/config_schema.h"

static void rates_are_a_count_and_a_unit(void **state)
{
	static const struct {
		const char *text;
		unsigned count;
		int64_t per_us;
	} good[] = {
		{ "1/s", 1, US_PER_S },		 { "2/min", 2, US_PER_MIN },
		{ "30/h", 30, US_PER_HOUR },	 { "50/d", 50, US_PER_DAY },
		{ "5/week", 5, 7 * US_PER_DAY }, { "1000/s", 1000, US_PER_S },
		{ "0002/s", 2, US_PER_S },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct config_rate rate = { 0 }, again = { 0 };
		char text[CONFIG_RATE_TEXT];

		assert_true(config_rate_parse(good[i].text, &rate));
		assert_int_equal(rate.count, good[i].count);
		assert_true(rate.per_us == good[i].per_us);
		config_rate_print(text, &rate);
		assert_true(config_rate_parse(text, &again));
		assert_memory_equal(&again, &rate, sizeof(rate));
	}
}

static void what_is_no_rate_is_refused_and_writes_nothing(void **state)
{
	static const char *const bad[] = {
		"",	  "2",	    "/",
		"/min",	  "2/",	    "0/min",
		"1001/s", "-1/s",   "+1/s",
		" 1/s",	  "1 /s",   "1/ s",
		"1/s ",	  "1/m",    "1/M",
		"1/MIN",  "1/hour", "1//s",
		"1.5/s",  "1e2/s",  "0x10/s",
		"1/s/s",  "x/s",    "1/1s",
		"\n1/s",  "1/w",    "12345678901234567890/s",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct config_rate rate = { 77, 88 };

		if (config_rate_parse(bad[i], &rate))
			fail_msg("taken: \"%s\"", bad[i]);
		assert_int_equal(rate.count, 77);
		assert_int_equal(rate.per_us, 88);
	}
}

static void every_row_of_the_tables_makes_sense(const struct config_shape *s)
{
	for (const struct config_field *f = s->fields; f->key; f++) {
		char expected[CONFIG_EXPECTED] = "";

		if (f->kind == FIELD_GROUP) {
			every_row_of_the_tables_makes_sense(f->shape);
			continue;
		}
		config_field_expected(f, expected);
		assert_true(strlen(expected) > 5);
		assert_true(f->least <= f->most);
		assert_false(f->required && f->preset);
		assert_ptr_equal(config_field_find(s, f->key), f);
		assert_string_equal(config_field_near(s, f->key), f->key);
		if (f->kind == FIELD_STRUCTS)
			every_row_of_the_tables_makes_sense(f->shape);
	}
}

static void the_tables_make_sense(void **state)
{
	struct config c = { 0 };

	(void)state;
	every_row_of_the_tables_makes_sense(config_shape());
	config_shape_preset(config_shape(), &c);
	assert_string_equal(c.listen, "127.0.0.1:8475");
	assert_null(c.station);
	config_release(&c);
	assert_null(c.listen);
}

static void a_misspelt_key_is_found_when_it_is_near(void **state)
{
	const struct config_shape *shape = config_shape();

	(void)state;
	assert_string_equal(config_field_near(shape, "databse"), "database");
	assert_string_equal(config_field_near(shape, "data_base"), "database");
	assert_string_equal(config_field_near(shape, "casx"), "cas");
	assert_string_equal(config_field_near(shape, "controls_every"),
			    "control_every");
	assert_null(config_field_near(shape, "xy"));
	assert_null(config_field_near(shape, ""));
	assert_null(config_field_near(shape, "names"));
	assert_null(config_field_near(
		shape, "a key that is much longer than any that there is, "
		       "and longer than is compared"));
}

static void a_refused_word_leaves_the_value_as_it_was(void **state)
{
	const struct config_field *f =
		config_field_find(config_shape(), "listen");
	struct config c = { .listen = mem_strdup("127.0.0.1:1") };
	char long_text[2000];
	struct fail why;

	(void)state;
	memset(long_text, 'a', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	assert_false(config_field_set(f, &c, long_text, &why));
	assert_int_equal(why.code, FAIL_INPUT);
	assert_string_equal(c.listen, "127.0.0.1:1");
	assert_non_null(strstr(why.text, "aaa...\", expected ADDRESS:PORT"));
	assert_true(config_field_set(f, &c, ":2", &why));
	assert_string_equal(c.listen, ":2");
	free(c.listen);
}

/* A configuration that holds, to be broken in one place. */
static struct config *good(void)
{
	struct config *c = mem_zalloc(sizeof(*c));
	struct config_field names = *config_field_find(config_shape(), "cas");
	struct config_ca *ca;

	config_shape_preset(config_shape(), c);
	config_default_controls(c);
	c->station = mem_strdup("fra1");
	c->cas = ca = mem_array(2, sizeof(*c->cas));
	c->ca_count = 2;
	for (size_t i = 0; i < 2; i++) {
		config_shape_preset(names.shape, &ca[i]);
		ca[i].name = mem_strdup(i ? "b" : "a");
		ca[i].directory = mem_strdup("https://ca.example/dir");
		ca[i].rate = (struct config_rate){ 1, US_PER_MIN };
		ca[i].shallow = true;
		ca[i].account_key = config_default_account_key(c, ca[i].name);
	}
	return c;
}

static void a_breach_is_told_with_the_path_of_its_value(void **state)
{
	struct config *c = good();
	char *path = NULL;
	struct fail why;

	(void)state;
	assert_true(config_validate(c, &path, &why));
	assert_null(path);
	c->cas[1].revoke = true;
	assert_false(config_validate(c, &path, &why));
	assert_string_equal(path, "cas[1].revoke");
	free(path);
	assert_false(config_validate(c, &path, NULL));
	free(path);
	c->cas[1].revoke = false;
	c->cas[0].name[0] = 'b';
	assert_false(config_validate(c, &path, &why));
	assert_string_equal(path, "cas[1].name");
	free(path);
	c->cas[0].name[0] = 'a';
	c->controls[2].name[0] = '-';
	assert_false(config_validate(c, &path, &why));
	assert_string_equal(path, "controls[2].name");
	free(path);
	config_release(c);
	free(c);
}

static void account_keys_are_in_the_state_folder(void **state)
{
	struct config *c = good();

	(void)state;
	assert_string_equal(c->cas[0].account_key, "/var/lib/acmeter/a.key");
	config_release(c);
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_are_a_count_and_a_unit),
		cmocka_unit_test(what_is_no_rate_is_refused_and_writes_nothing),
		cmocka_unit_test(the_tables_make_sense),
		cmocka_unit_test(a_misspelt_key_is_found_when_it_is_near),
		cmocka_unit_test(a_refused_word_leaves_the_value_as_it_was),
		cmocka_unit_test(a_breach_is_told_with_the_path_of_its_value),
		cmocka_unit_test(account_keys_are_in_the_state_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
