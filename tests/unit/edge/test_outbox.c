#include "edge/outbox.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/unit.h"

struct place {
	char folder[64], path[96];
	struct ledger *l;
};

static void again(struct place *p)
{
	struct fail why;

	ledger_close(p->l);
	if (!ledger_open(p->path, &p->l, &why) || !outbox_open(p->l, &why))
		fail_msg("%s", why.text);
}

static struct place fresh(void)
{
	struct place p = { .folder = "/tmp/acmeter-outbox-XXXXXX" };

	assert_non_null(mkdtemp(p.folder));
	snprintf(p.path, sizeof(p.path), "%s/hub.db", p.folder);
	again(&p);
	return p;
}

static void leave(struct place *p)
{
	char path[128];

	ledger_close(p->l);
	unlink(p->path);
	snprintf(path, sizeof(path), "%s-wal", p->path);
	unlink(path);
	snprintf(path, sizeof(path), "%s-shm", p->path);
	unlink(path);
	rmdir(p->folder);
}

static struct outbox_told told_of(const char *receiver)
{
	return (struct outbox_told){ .receiver = receiver,
				     .ca = "ca-a",
				     .number = 7,
				     .told = { .worst = VERDICT_PARTIAL_OUTAGE,
					       .at_us = 1000,
					       .count = 2 } };
}

static void put(struct place *p, const char *receiver, const char *id,
		const char *body, int64_t made_us)
{
	struct outbox_told told = told_of(receiver);
	struct outbox_message m = {
		.receiver = receiver,
		.id = id,
		.kind = "opened",
		.ca = "ca-a",
		.verdict = "degraded",
		.subject = "it's \"so\"",
		.url = "",
		.letter = "two\nlines",
		.body = body,
		.made_us = made_us,
		.due_us = made_us,
	};
	struct fail why;

	assert_true(outbox_put(p->l, &told, &m, &why));
}

static struct outbox_message *next(struct place *p, const char *receiver)
{
	struct outbox_message *m;
	struct fail why;

	if (!outbox_next(p->l, receiver, &m, &why))
		fail_msg("%s", why.text);
	return m;
}

static void next_is(struct place *p, const char *receiver, const char *id)
{
	struct outbox_message *m = next(p, receiver);

	assert_non_null(m);
	assert_string_equal(m->id, id);
	free(m);
}

static void messages_come_in_their_order_and_survive_a_restart(void **state)
{
	struct place p = fresh();
	struct outbox_message *m;
	struct fail why;
	uint64_t count;

	(void)state;
	put(&p, "ops", "b", "{1}", 10);
	put(&p, "ops", "a", "{2}", 20);
	put(&p, "dev", "b", "{3}", 30);
	again(&p);
	m = next(&p, "ops");
	assert_string_equal(m->id, "b");
	assert_string_equal(m->body, "{1}");
	assert_string_equal(m->subject, "it's \"so\"");
	assert_string_equal(m->letter, "two\nlines");
	assert_int_equal(m->made_us, 10);
	assert_int_equal(m->attempts, 0);
	assert_true(outbox_remove(p.l, m, &why));
	free(m);
	next_is(&p, "ops", "a");
	next_is(&p, "dev", "b");
	assert_null(next(&p, "nobody"));
	assert_true(outbox_count(p.l, "ops", &count, &why));
	assert_int_equal(count, 1);
	leave(&p);
}

static void fail_often(struct place *p, const char *receiver, int times,
		       int64_t due_us)
{
	struct outbox_message *m = next(p, receiver);
	struct fail why;

	for (int i = 0; i < times; i++)
		assert_true(outbox_postpone(p->l, m, due_us, &why));
	free(m);
}

static void one_that_fails_waits_and_at_last_lets_others_pass(void **state)
{
	struct place p = fresh();
	struct outbox_message *m;

	(void)state;
	put(&p, "ops", "bad", "{}", 10);
	put(&p, "ops", "good", "{}", 20);
	fail_often(&p, "ops", OUTBOX_PATIENCE - 1, 5000);
	again(&p);
	m = next(&p, "ops");
	assert_string_equal(m->id, "bad");
	assert_int_equal(m->attempts, OUTBOX_PATIENCE - 1);
	assert_int_equal(m->due_us, 5000);
	free(m);
	fail_often(&p, "ops", 1, 9000);
	next_is(&p, "ops", "good");
	/* Among such it goes by when they are due. */
	fail_often(&p, "ops", OUTBOX_PATIENCE, 8000);
	next_is(&p, "ops", "good");
	fail_often(&p, "ops", 1, 9500);
	next_is(&p, "ops", "bad");
	leave(&p);
}

static void a_newer_one_of_the_same_id_takes_its_place(void **state)
{
	struct place p = fresh();
	struct outbox_message *sent, *m;
	struct fail why;

	(void)state;
	put(&p, "am", "x", "old", 10);
	fail_often(&p, "am", 3, 700);
	sent = next(&p, "am");
	put(&p, "am", "x", "new", 20);
	/* What was on its way meanwhile does not take the new one with it. */
	assert_true(outbox_remove(p.l, sent, &why));
	free(sent);
	m = next(&p, "am");
	assert_non_null(m);
	assert_string_equal(m->body, "new");
	assert_int_equal(m->attempts, 3);
	assert_int_equal(m->due_us, 700);
	free(m);
	leave(&p);
}

static unsigned seen;

static void on_told(void *ctx, const struct outbox_told *t)
{
	(void)ctx;
	seen++;
	assert_string_equal(t->receiver, "ops");
	assert_string_equal(t->ca, "ca-a");
	assert_int_equal(t->number, 7);
	assert_int_equal(t->told.worst, VERDICT_PARTIAL_OUTAGE);
	assert_int_equal(t->told.count, 2);
	assert_int_equal(t->told.at_us, 1000);
}

static void what_was_told_is_known_after_a_restart(void **state)
{
	struct place p = fresh();
	struct outbox_told told = told_of("ops");
	struct fail why;

	(void)state;
	assert_true(outbox_put(p.l, &told, NULL, &why));
	again(&p);
	assert_true(outbox_each_told(p.l, on_told, NULL, &why));
	assert_int_equal(seen, 1);
	assert_null(next(&p, "ops"));
	/* What is open is not forgotten. */
	assert_true(outbox_forget(p.l, 2000, &why));
	assert_true(outbox_each_told(p.l, on_told, NULL, &why));
	assert_int_equal(seen, 2);
	told.told.over = true;
	assert_true(outbox_put(p.l, &told, NULL, &why));
	assert_true(outbox_forget(p.l, 2000, &why));
	assert_true(outbox_each_told(p.l, on_told, NULL, &why));
	assert_int_equal(seen, 2);
	leave(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			messages_come_in_their_order_and_survive_a_restart),
		cmocka_unit_test(
			one_that_fails_waits_and_at_last_lets_others_pass),
		cmocka_unit_test(a_newer_one_of_the_same_id_takes_its_place),
		cmocka_unit_test(what_was_told_is_known_after_a_restart),
	};

	return cmocka_run_group_tests_name("edge/outbox", tests, NULL, NULL);
}
