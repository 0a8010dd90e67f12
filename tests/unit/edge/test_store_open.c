/* Which files the store opens, which it refuses, and in what words. */
#include "edge/store.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include <cmocka.h>

#include "base/mem.h"
#include "support/store_folder.h"

#define T0 INT64_C(1795420800000000)

static const struct store_query all = { .ca = STORE_ANY, .op = STORE_ANY };

static int set_up(void **state)
{
	struct store_folder *f = mem_zalloc(sizeof(*f));

	store_folder_make(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	store_folder_remove(*state);
	free(*state);
	return 0;
}

static struct store *open_as(const struct store_folder *f, enum store_mode mode)
{
	struct store *s = NULL;
	struct fail why;

	if (!store_open(f->database, mode, &s, &why))
		fail_msg("%s", why.text);
	return s;
}

/* One committed exchange; its id. */
static int64_t put(struct store *s, int64_t wall_us)
{
	struct exchange e = { .wall_us = wall_us, .ca = 1 };
	struct fail why;

	store_begin(s);
	store_exchange(s, &e);
	if (!store_commit(s, &why))
		fail_msg("%s", why.text);
	return e.id;
}

static bool count_one(void *ctx, const struct exchange *e)
{
	(void)e;
	++*(size_t *)ctx;
	return true;
}

static size_t count_in(struct store *s)
{
	size_t count = 0;
	struct fail why;

	if (!store_exchanges(s, &all, count_one, &count, &why))
		fail_msg("%s", why.text);
	return count;
}

static void run_sql(const struct store_folder *f, const char *sql)
{
	sqlite3 *db;
	char *said = NULL;

	assert_int_equal(sqlite3_open(f->database, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &said) != SQLITE_OK)
		fail_msg("%s", said);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static struct buf read_all(const char *path)
{
	struct buf bytes = BUF_INIT(64 << 20);
	FILE *file = fopen(path, "rb");
	char part[4096];
	size_t got;

	assert_non_null(file);
	while ((got = fread(part, 1, sizeof(part), file)) > 0)
		assert_true(buf_add(&bytes, part, got));
	fclose(file);
	return bytes;
}

static void write_all(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* Refused in these words, with nothing in the file changed. */
static void refused(const struct store_folder *f, enum store_mode mode,
		    enum fail_code code, const char *words)
{
	struct stat st;
	bool is_file = stat(f->database, &st) == 0 && S_ISREG(st.st_mode);
	struct buf before = BUF_INIT(0);
	struct buf after = BUF_INIT(0);
	struct store *s = NULL;
	struct fail why = { .code = FAIL_NONE };

	if (is_file)
		before = read_all(f->database);
	assert_false(store_open(f->database, mode, &s, &why));
	assert_null(s);
	if (!strstr(why.text, words) || !strstr(why.text, f->database))
		fail_msg("\"%s\" does not say \"%s\"", why.text, words);
	assert_int_equal(why.code, code);
	if (is_file) {
		after = read_all(f->database);
		assert_int_equal(before.len, after.len);
		assert_memory_equal(buf_text(&before), buf_text(&after),
				    after.len);
	}
	buf_release(&before);
	buf_release(&after);
}

/* --- refusals ------------------------------------------------------------ */

static void a_reader_makes_no_database(void **state)
{
	struct store_folder *f = *state;

	refused(f, STORE_READ, FAIL_FILE, "unable to open database file");
	assert_int_equal(access(f->database, F_OK), -1);
	write_all(f->database, "", 0);
	refused(f, STORE_READ, FAIL_FILE, "is empty");
}

static void a_path_that_leads_nowhere_is_refused(void **state)
{
	struct store_folder f = *(struct store_folder *)*state;

	snprintf(f.database, sizeof(f.database), "%s", f.path);
	refused(&f, STORE_WRITE, FAIL_FILE, "unable to open database file");
	snprintf(f.database, sizeof(f.database), "%s/no/a.db", f.path);
	refused(&f, STORE_WRITE, FAIL_FILE, "No such file or directory");
}

static void a_newer_database_is_refused(void **state)
{
	struct store_folder *f = *state;

	store_close(open_as(f, STORE_WRITE));
	run_sql(f, "PRAGMA user_version = 999");
	refused(f, STORE_WRITE, FAIL_NEWER, "was written by a newer acmeter");
	refused(f, STORE_READ, FAIL_NEWER, "form 999");
}

static void a_database_of_another_program_is_refused(void **state)
{
	struct store_folder *f = *state;

	run_sql(f, "CREATE TABLE recipe(text)");
	refused(f, STORE_WRITE, FAIL_CORRUPT,
		"is a database of another program");
	refused(f, STORE_READ, FAIL_CORRUPT,
		"is a database of another program");
	run_sql(f, "DROP TABLE recipe; PRAGMA application_id = 77");
	refused(f, STORE_WRITE, FAIL_CORRUPT,
		"is a database of another program");
}

static void garbage_is_refused(void **state)
{
	struct store_folder *f = *state;
	struct rng rng = { 1 };
	unsigned char bytes[20000];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)rng_next(&rng);
	write_all(f->database, bytes, sizeof(bytes));
	refused(f, STORE_WRITE, FAIL_CORRUPT, "file is not a database");
	memcpy(bytes, "SQLite format 3", 16);
	write_all(f->database, bytes, sizeof(bytes));
	refused(f, STORE_READ, FAIL_CORRUPT, "cannot open the database");
}

static void a_truncated_database_is_refused(void **state)
{
	struct store_folder *f = *state;
	struct store *s = open_as(f, STORE_WRITE);
	struct buf bytes;

	for (int n = 0; n < 300; n++)
		put(s, T0 + n);
	store_close(s);
	bytes = read_all(f->database);
	assert_true(bytes.len > 20 * 4096);
	for (size_t pages = 1; pages < bytes.len / 4096; pages++) {
		write_all(f->database, bytes.data, pages * 4096);
		refused(f, STORE_WRITE, FAIL_CORRUPT, "malformed");
	}
	write_all(f->database, bytes.data, 50);
	refused(f, STORE_WRITE, FAIL_CORRUPT, "malformed");
	write_all(f->database, bytes.data, bytes.len);
	s = open_as(f, STORE_WRITE);
	assert_int_equal(count_in(s), 300);
	store_close(s);
	buf_release(&bytes);
}

/*
 * Whatever byte of the file is wrong, reading ends with rows or with a
 * sentence.
 */
static void a_damaged_database_ends_in_a_sentence(void **state)
{
	struct store_folder *f = *state;
	struct store *s = open_as(f, STORE_WRITE);
	struct rng rng = { 7 };
	unsigned refusals = 0;
	struct buf bytes;

	for (int n = 0; n < 50; n++)
		put(s, T0 + n);
	store_close(s);
	bytes = read_all(f->database);
	for (int round = 0; round < 300; round++) {
		size_t at = rng_below(&rng, bytes.len);
		char was[16];
		size_t len = bytes.len - at < 16 ? bytes.len - at : 16;
		struct fail why = { .code = FAIL_NONE };
		size_t count = 0;
		bool good;

		memcpy(was, bytes.data + at, len);
		for (size_t i = 0; i < len; i++)
			bytes.data[at + i] = (char)rng_next(&rng);
		write_all(f->database, bytes.data, bytes.len);
		good = store_open(f->database, STORE_READ, &s, &why);
		if (good) {
			good = store_exchanges(s, &all, count_one, &count,
					       &why);
			store_close(s);
		}
		if (!good) {
			assert_true(why.code != FAIL_NONE);
			assert_true(strlen(why.text) > 10);
			refusals++;
		}
		memcpy(bytes.data + at, was, len);
	}
	assert_true(refusals > 0);
	buf_release(&bytes);
}

static bool take_issuance(void *ctx, const struct issuance *i)
{
	*(struct issuance *)ctx = *i;
	return true;
}

/* What the version before wrote is brought up to date, and nothing is lost. */
static void an_older_database_is_brought_up_to_date(void **state)
{
	static const struct store_query every = { .ca = STORE_ANY,
						  .op = STORE_ANY };
	struct store_folder *f = *state;
	struct store *s = open_as(f, STORE_WRITE);
	struct issuance i = { .took_us = 5, .name = "a.example" }, found;
	struct ip from = { .family = IP_V4, .bytes = { 192, 0, 2, 7 } };
	struct fail why;

	store_begin(s);
	store_issuance(s, &i);
	assert_true(store_commit(s, &why));
	store_close(s);
	run_sql(f, "ALTER TABLE issuance DROP COLUMN validation_requests;"
		   "PRAGMA user_version = 2");
	refused(f, STORE_READ, FAIL_FILE, "start the station once");
	s = open_as(f, STORE_WRITE);
	assert_true(store_issuances(s, &every, take_issuance, &found, &why));
	assert_string_equal(found.name, "a.example");
	assert_int_equal(found.request_count, 0);
	issuance_note_request(&found, &from, 1234567);
	store_begin(s);
	store_issuance(s, &found);
	assert_true(store_commit(s, &why));
	assert_true(store_issuances(s, &every, take_issuance, &i, &why));
	assert_int_equal(i.request_count, 1);
	assert_int_equal(i.requests[0].at_us, 1234567);
	assert_true(ip_equal(&i.requests[0].from, &from));
	store_close(s);
}

static void validation_requests_that_are_none_are_refused(void **state)
{
	static const char *const damages[] = {
		"UPDATE issuance SET validation_requests = x'00'",
		"UPDATE issuance SET validation_requests = x'0000000004c00002'",
		"UPDATE issuance SET validation_requests = x'0000000005'",
		"UPDATE issuance SET validation_requests ="
		" x'000000000501020304'",
		"UPDATE issuance SET validation_requests = zeroblob(1000)",
	};
	static const struct store_query every = { .ca = STORE_ANY,
						  .op = STORE_ANY };
	struct store_folder *f = *state;
	struct store *s = open_as(f, STORE_WRITE);
	struct issuance i = { .took_us = 5 };
	struct fail why;

	store_begin(s);
	store_issuance(s, &i);
	assert_true(store_commit(s, &why));
	store_close(s);
	for (size_t k = 0; k < sizeof(damages) / sizeof(damages[0]); k++) {
		run_sql(f, damages[k]);
		s = open_as(f, STORE_READ);
		assert_false(
			store_issuances(s, &every, take_issuance, &i, &why));
		assert_int_equal(why.code, FAIL_CORRUPT);
		store_close(s);
	}
}

static void a_row_with_words_nobody_knows_is_refused(void **state)
{
	struct store_folder *f = *state;
	struct store *s = open_as(f, STORE_WRITE);
	struct fail why;
	size_t count = 0;

	put(s, T0);
	store_close(s);
	run_sql(f, "UPDATE exchange SET outcome = 200");
	s = open_as(f, STORE_READ);
	assert_false(store_exchanges(s, &all, count_one, &count, &why));
	assert_int_equal(why.code, FAIL_CORRUPT);
	assert_non_null(strstr(why.text, "row 1 has outcome 200"));
	store_close(s);
}

static void what_was_kept_must_unpack(void **state)
{
	static const char *const damages[] = {
		"UPDATE kept SET body = x'00'",
		"UPDATE kept SET body = x''",
		"UPDATE kept SET body = substr(body, 1, length(body) - 1)",
		/* A frame that says it holds a gigabyte. */
		"UPDATE kept SET body = x'28b52ffda00000004000'",
	};
	struct store_folder *f = *state;
	struct exchange out;
	bool found;

	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct store *s = open_as(f, STORE_WRITE);
		struct exchange e = { .outcome = OUTCOME_TLS };
		struct fail why;

		e.kept_body = mem_strdup("many words, many words, many words");
		e.kept_body_len = strlen(e.kept_body);
		store_begin(s);
		store_exchange(s, &e);
		assert_true(store_commit(s, NULL));
		store_close(s);
		run_sql(f, damages[i]);
		s = open_as(f, STORE_READ);
		assert_false(store_exchange_find(s, e.id, &out, &found, &why));
		assert_int_equal(why.code, FAIL_CORRUPT);
		assert_non_null(strstr(why.text, "kept body"));
		store_close(s);
		exchange_release(&e);
	}
}

/* --- two processes ------------------------------------------------------- */

static void a_reader_follows_a_writer(void **state)
{
	struct store_folder *f = *state;
	struct store *writer = open_as(f, STORE_WRITE);
	struct store *reader = open_as(f, STORE_READ);
	struct exchange e = { .wall_us = T0 };

	assert_int_equal(count_in(reader), 0);
	for (size_t n = 1; n <= 50; n++) {
		put(writer, T0 + (int64_t)n);
		assert_int_equal(count_in(reader), n);
		if (n % 10 == 0)
			store_checkpoint(writer);
	}
	/* What is not committed is not seen, and not waited for. */
	store_begin(writer);
	store_exchange(writer, &e);
	assert_int_equal(count_in(reader), 50);
	assert_true(store_commit(writer, NULL));
	assert_int_equal(count_in(reader), 51);
	/* A writer that ends, and one that starts, are no trouble to it. */
	store_close(writer);
	assert_int_equal(count_in(reader), 51);
	writer = open_as(f, STORE_WRITE);
	put(writer, T0);
	assert_int_equal(count_in(reader), 52);
	store_close(writer);
	store_close(reader);
	reader = open_as(f, STORE_READ);
	assert_int_equal(count_in(reader), 52);
	store_close(reader);
}

static void a_reader_cannot_write(void **state)
{
	struct store_folder *f = *state;
	struct exchange e = { .wall_us = T0 };
	struct store *reader;
	struct fail why;

	store_close(open_as(f, STORE_WRITE));
	reader = open_as(f, STORE_READ);
	store_begin(reader);
	store_exchange(reader, &e);
	assert_false(store_commit(reader, &why));
	assert_int_equal(why.code, FAIL_FILE);
	assert_non_null(strstr(why.text, "readonly"));
	assert_int_equal(count_in(reader), 0);
	store_close(reader);
}

static bool read_and_write(void *ctx, const struct exchange *e)
{
	struct exchange found;
	bool there = false;

	/* A row may be looked at closer while others are still to come. */
	assert_true(store_exchange_find(ctx, e->id, &found, &there, NULL));
	assert_true(there);
	exchange_release(&found);
	return true;
}

static void rows_can_be_looked_up_while_walking(void **state)
{
	struct store_folder *f = *state;
	struct store *s = open_as(f, STORE_WRITE);

	for (int n = 0; n < 10; n++)
		put(s, T0 + n);
	assert_true(store_exchanges(s, &all, read_and_write, s, NULL));
	store_close(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_reader_makes_no_database),
		TEST(a_path_that_leads_nowhere_is_refused),
		TEST(a_newer_database_is_refused),
		TEST(a_database_of_another_program_is_refused),
		TEST(garbage_is_refused),
		TEST(a_truncated_database_is_refused),
		TEST(a_damaged_database_ends_in_a_sentence),
		TEST(an_older_database_is_brought_up_to_date),
		TEST(validation_requests_that_are_none_are_refused),
		TEST(a_row_with_words_nobody_knows_is_refused),
		TEST(what_was_kept_must_unpack),
		TEST(a_reader_follows_a_writer),
		TEST(a_reader_cannot_write),
		TEST(rows_can_be_looked_up_while_walking),
	};

	return cmocka_run_group_tests_name("edge/store_open", tests, NULL,
					   NULL);
}
