/*
 * Whatever fails, and whenever, a transaction is there whole or not at all.
 *
 * A VFS between SQLite and the system lets the n-th operation on a file fail,
 * for every n; a handler inside SQLite interrupts a statement after its n-th
 * step, for every n.
 */
#include "edge/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include <cmocka.h>

#include "base/mem.h"
#include "support/store_folder.h"

#define T0 INT64_C(1795420800000000)

static const struct store_query all = { .ca = STORE_ANY, .op = STORE_ANY };

/* --- a VFS whose n-th operation fails ------------------------------------ */

/*
 * SQLite knows its VFS by name only, so this one is of the program. Locks do
 * not fail: who else may hold one is a matter of real databases.
 */
static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	long countdown; /* operations until one fails; below 0 none does */
	long repeat;	/* how many fail from then on */
	long asked;	/* what that was at first */
	int code;	/* what SQLite calls the failure */
	int error;	/* what the system does */
} faulty;

struct faulty_file {
	sqlite3_file base;
	sqlite3_file *real; /* behind this struct */
};

static bool fails(void)
{
	if (faulty.countdown < 0)
		return false;
	if (faulty.countdown > 0) {
		faulty.countdown--;
		return false;
	}
	if (--faulty.repeat <= 0)
		faulty.countdown = -1;
	errno = faulty.error;
	return true;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
	return ((struct faulty_file *)file)->real;
}

#define REAL(file) (real_of(file)->pMethods)

static int f_close(sqlite3_file *f)
{
	return REAL(f)->xClose(real_of(f));
}

static int f_read(sqlite3_file *f, void *dst, int len, sqlite3_int64 at)
{
	if (fails())
		return SQLITE_IOERR_READ;
	return REAL(f)->xRead(real_of(f), dst, len, at);
}

static int f_write(sqlite3_file *f, const void *src, int len, sqlite3_int64 at)
{
	if (fails())
		return faulty.code;
	return REAL(f)->xWrite(real_of(f), src, len, at);
}

static int f_truncate(sqlite3_file *f, sqlite3_int64 len)
{
	if (fails())
		return SQLITE_IOERR_TRUNCATE;
	return REAL(f)->xTruncate(real_of(f), len);
}

static int f_sync(sqlite3_file *f, int flags)
{
	if (fails())
		return SQLITE_IOERR_FSYNC;
	return REAL(f)->xSync(real_of(f), flags);
}

static int f_size(sqlite3_file *f, sqlite3_int64 *ret_len)
{
	if (fails())
		return SQLITE_IOERR_FSTAT;
	return REAL(f)->xFileSize(real_of(f), ret_len);
}

static int f_lock(sqlite3_file *f, int kind)
{
	return REAL(f)->xLock(real_of(f), kind);
}

static int f_unlock(sqlite3_file *f, int kind)
{
	return REAL(f)->xUnlock(real_of(f), kind);
}

static int f_reserved(sqlite3_file *f, int *ret_held)
{
	return REAL(f)->xCheckReservedLock(real_of(f), ret_held);
}

static int f_control(sqlite3_file *f, int op, void *arg)
{
	return REAL(f)->xFileControl(real_of(f), op, arg);
}

static int f_sector(sqlite3_file *f)
{
	return REAL(f)->xSectorSize(real_of(f));
}

static int f_traits(sqlite3_file *f)
{
	return REAL(f)->xDeviceCharacteristics(real_of(f));
}

static int f_shm_map(sqlite3_file *f, int page, int len, int extend,
		     void volatile **ret_map)
{
	if (fails())
		return SQLITE_IOERR_SHMMAP;
	return REAL(f)->xShmMap(real_of(f), page, len, extend, ret_map);
}

static int f_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return REAL(f)->xShmLock(real_of(f), offset, n, flags);
}

static void f_shm_barrier(sqlite3_file *f)
{
	REAL(f)->xShmBarrier(real_of(f));
}

static int f_shm_unmap(sqlite3_file *f, int delete)
{
	return REAL(f)->xShmUnmap(real_of(f), delete);
}

static const sqlite3_io_methods faulty_methods = {
	.iVersion = 2,
	.xClose = f_close,
	.xRead = f_read,
	.xWrite = f_write,
	.xTruncate = f_truncate,
	.xSync = f_sync,
	.xFileSize = f_size,
	.xLock = f_lock,
	.xUnlock = f_unlock,
	.xCheckReservedLock = f_reserved,
	.xFileControl = f_control,
	.xSectorSize = f_sector,
	.xDeviceCharacteristics = f_traits,
	.xShmMap = f_shm_map,
	.xShmLock = f_shm_lock,
	.xShmBarrier = f_shm_barrier,
	.xShmUnmap = f_shm_unmap,
};

static int f_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
		  int flags, int *ret_flags)
{
	struct faulty_file *f = (struct faulty_file *)file;
	int rc;

	(void)vfs;
	f->base.pMethods = NULL;
	f->real = (sqlite3_file *)(f + 1);
	if (fails())
		return SQLITE_CANTOPEN;
	rc = faulty.real->xOpen(faulty.real, name, f->real, flags, ret_flags);
	if (rc == SQLITE_OK)
		f->base.pMethods = &faulty_methods;
	return rc;
}

static int f_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	if (fails())
		return SQLITE_IOERR_DELETE;
	return faulty.real->xDelete(faulty.real, name, sync);
}

static int install_vfs(void **state)
{
	(void)state;
	faulty.real = sqlite3_vfs_find(NULL);
	faulty.vfs = *faulty.real;
	faulty.vfs.zName = "faulty";
	faulty.vfs.pNext = NULL;
	faulty.vfs.szOsFile += (int)sizeof(struct faulty_file);
	faulty.vfs.xOpen = f_open;
	faulty.vfs.xDelete = f_delete;
	faulty.countdown = -1;
	return sqlite3_vfs_register(&faulty.vfs, 1);
}

static int remove_vfs(void **state)
{
	(void)state;
	return sqlite3_vfs_unregister(&faulty.vfs);
}

static void fail_from(long n, long repeat, int code, int error)
{
	faulty.countdown = n;
	faulty.repeat = faulty.asked = repeat;
	faulty.code = code;
	faulty.error = error;
}

/* Whether it came to the operation that was to fail. */
static bool has_failed(void)
{
	faulty.countdown = -1;
	return faulty.repeat < faulty.asked;
}

/* --- an interruption at the n-th step of SQLite's machine ---------------- */

/* A handle is only known to what SQLite calls when it opens one. */
static struct {
	long countdown; /* steps until an interruption; below 0 none comes */
} interrupt;

static int count_step(void *ctx)
{
	(void)ctx;
	if (interrupt.countdown < 0)
		return 0;
	return interrupt.countdown-- == 0;
}

static int watch_steps(sqlite3 *db, const char **ret_said, const void *api)
{
	(void)ret_said;
	(void)api;
	sqlite3_progress_handler(db, 1, count_step, NULL);
	return SQLITE_OK;
}

/* --- what is done, and what must be ------------------------------------- */

static struct store *open_as(const struct store_folder *f, enum store_mode mode)
{
	struct store *s = NULL;
	struct fail why;

	if (!store_open(f->database, mode, &s, &why))
		fail_msg("%s", why.text);
	return s;
}

/* One of everything, with the number n in it. */
static bool write_all(struct store *s, int n, struct fail *why)
{
	struct exchange e = { .wall_us = T0 + n, .outcome = OUTCOME_PROBLEM };
	struct issuance i = { .wall_us = T0 + n, .took_us = -1 };
	struct stat_span stat = { .outcomes = { (uint64_t)n } };
	char name[16];

	snprintf(name, sizeof(name), "ca%d", n);
	store_begin(s);
	e.ca = store_ca(s, name, "https://ca/", false);
	store_issuance(s, &i);
	e.issuance = i.id;
	e.kept_body = name;
	e.kept_body_len = strlen(name);
	e.remote.family = IP_V4;
	e.remote.bytes[0] = (unsigned char)n;
	store_exchange(s, &e);
	i.took_us = 1;
	store_issuance(s, &i);
	store_stat(s, STORE_HOUR, 1, OP_ORDER, T0, &stat);
	store_stat(s, STORE_MINUTE, 1, OP_ORDER, T0, &stat);
	store_event(s, EVENT_START, T0, T0, name);
	return store_commit(s, why);
}

struct content {
	int exchanges, issuances, events, cas, hour, minute;
	int64_t last_id;
};

static bool see_exchange(void *ctx, const struct exchange *e)
{
	struct content *c = ctx;

	c->exchanges++;
	c->last_id = e->id;
	return true;
}

static bool see_issuance(void *ctx, const struct issuance *i)
{
	assert_int_equal(i->took_us, 1);
	((struct content *)ctx)->issuances++;
	return true;
}

static bool see_event(void *ctx, enum store_event kind, int64_t wall_us,
		      int64_t until_us, const char *detail)
{
	(void)kind;
	(void)wall_us;
	(void)until_us;
	(void)detail;
	((struct content *)ctx)->events++;
	return true;
}

static bool see_ca(void *ctx, const struct store_ca_row *row)
{
	(void)row;
	((struct content *)ctx)->cas++;
	return true;
}

static int number_in(struct store *s, enum store_span span)
{
	struct stat_span stat;
	bool found = false;

	assert_true(
		store_stat_find(s, span, 1, OP_ORDER, T0, &stat, &found, NULL));
	return found ? (int)stat.outcomes[0] : 0;
}

/* Exactly n times everything, and nothing is damaged. */
static void holds(struct store *s, int n)
{
	struct content c = { .exchanges = 0 };
	struct store_query q = all;

	q.with_kept = true;
	assert_true(store_exchanges(s, &q, see_exchange, &c, NULL));
	assert_true(store_issuances(s, &q, see_issuance, &c, NULL));
	assert_true(store_events(s, &q, see_event, &c, NULL));
	assert_true(store_cas(s, see_ca, &c, NULL));
	assert_int_equal(c.exchanges, n);
	assert_int_equal(c.issuances, n);
	assert_int_equal(c.events, n);
	assert_int_equal(c.cas, n);
	assert_int_equal(number_in(s, STORE_HOUR), n);
	assert_int_equal(number_in(s, STORE_MINUTE), n);
}

static void is_sound(const struct store_folder *f)
{
	sqlite3_stmt *st;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->database, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1,
					    &st, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(st, 0), "ok");
	sqlite3_finalize(st);
	sqlite3_close(db);
}

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

/*
 * A store that is open: the n-th operation fails, and `repeat` ones from there.
 * Goes on until a transaction needs fewer than n.
 */
static void every_operation_fails(const struct store_folder *f, long repeat,
				  int code, int error, enum fail_code expected)
{
	struct store *s = open_as(f, STORE_WRITE);
	int written = 0;
	int refused = 0;
	int as_expected = 0;

	for (long n = 0;; n++) {
		struct fail why = { .code = FAIL_NONE };
		bool good;
		bool reached;

		fail_from(n, repeat, code, error);
		good = write_all(s, written + 1, &why);
		reached = has_failed();
		written += good;
		refused += !good;
		as_expected += !good && why.code == expected;
		holds(s, written);
		if (good && !reached)
			break;
		/* And the next one has nothing of it. */
		assert_true(write_all(s, ++written, NULL));
		assert_true(n < 1000);
	}
	assert_true(refused > 5);
	assert_true(as_expected > 2);
	store_close(s);
	s = open_as(f, STORE_READ);
	holds(s, written);
	store_close(s);
	is_sound(f);
}

static void a_full_disk_leaves_all_or_nothing(void **state)
{
	every_operation_fails(*state, 1, SQLITE_FULL, ENOSPC, FAIL_FULL);
}

static void a_disk_that_stays_full_leaves_all_or_nothing(void **state)
{
	every_operation_fails(*state, 1000, SQLITE_FULL, ENOSPC, FAIL_FULL);
}

static void a_quota_that_is_used_up_is_a_full_disk(void **state)
{
	every_operation_fails(*state, 1, SQLITE_IOERR_WRITE, EDQUOT, FAIL_FULL);
}

static void a_broken_disk_leaves_all_or_nothing(void **state)
{
	every_operation_fails(*state, 1, SQLITE_IOERR_WRITE, EIO, FAIL_FILE);
}

/* A new database: opening it, with all of its steps, and the first rows. */
static void a_database_can_always_be_made_after_a_failure(void **state)
{
	for (long n = 0;; n++) {
		struct store_folder f;
		struct store *s = NULL;
		struct fail why = { .code = FAIL_NONE };
		bool good, reached;

		store_folder_make(&f);
		fail_from(n, 1, SQLITE_FULL, ENOSPC);
		good = store_open(f.database, STORE_WRITE, &s, &why);
		reached = has_failed();
		if (!good) {
			assert_null(s);
			assert_true(why.code == FAIL_FULL ||
				    why.code == FAIL_FILE);
			assert_non_null(strstr(why.text, f.database));
			s = open_as(&f, STORE_WRITE);
		}
		assert_true(write_all(s, 1, NULL));
		holds(s, 1);
		store_close(s);
		is_sound(&f);
		store_folder_remove(&f);
		if (!reached)
			break;
		assert_true(n < 1000);
	}
	(void)state;
}

static void retention_that_fails_leaves_all_or_nothing(void **state)
{
	struct store_folder *f = *state;
	struct store *s = open_as(f, STORE_WRITE);
	int written = 0;

	for (long n = 0;; n++) {
		bool good, reached;
		bool more;

		while (written < 5)
			assert_true(write_all(s, ++written, NULL));
		fail_from(n, 1, SQLITE_FULL, ENOSPC);
		store_begin(s);
		store_expire(s, T0 + 1000, T0 + 1000, T0 - US_PER_DAY, 1000,
			     &more);
		good = store_commit(s, NULL);
		reached = has_failed();
		if (good) {
			struct content c = { .exchanges = 0 };

			assert_true(store_exchanges(s, &all, see_exchange, &c,
						    NULL));
			assert_true(store_issuances(s, &all, see_issuance, &c,
						    NULL));
			assert_int_equal(c.exchanges, 0);
			assert_int_equal(c.issuances, 0);
			break;
		}
		assert_true(reached);
		holds(s, written);
		assert_true(n < 1000);
	}
	store_close(s);
	is_sound(f);
}

static void a_checkpoint_that_fails_harms_nothing(void **state)
{
	struct store_folder *f = *state;
	struct store *s = open_as(f, STORE_WRITE);
	int written = 0;

	for (long n = 0;; n++) {
		assert_true(write_all(s, ++written, NULL));
		fail_from(n, 1, SQLITE_FULL, ENOSPC);
		store_checkpoint(s);
		if (!has_failed())
			break;
		holds(s, written);
		assert_true(n < 1000);
	}
	store_close(s);
	is_sound(f);
}

/*
 * Steps of SQLite's machine instead of operations on files. The last ones of
 * COMMIT come after the deed: only there may a refusal have been written.
 */
static void an_interruption_at_any_step_leaves_all_or_nothing(void **state)
{
	struct store_folder *f = *state;
	struct store *s;
	int written = 0;
	int refused = 0;
	int late = 0;
	bool good = false;

	interrupt.countdown = -1;
	sqlite3_auto_extension((void (*)(void))watch_steps);
	s = open_as(f, STORE_WRITE);
	for (long n = 0; !good; n++) {
		struct fail why;
		bool is_there;

		interrupt.countdown = n;
		good = write_all(s, written + 1, &why);
		interrupt.countdown = -1;
		is_there = number_in(s, STORE_HOUR) == written + 1;
		assert_true(good || strstr(why.text, "interrupted"));
		assert_true(!good || is_there);
		refused += !good;
		late += !good && is_there;
		written += is_there;
		if (n % 8 == 0 || late)
			holds(s, written);
		assert_true(n < 5000);
	}
	sqlite3_cancel_auto_extension((void (*)(void))watch_steps);
	assert_true(refused > 100);
	assert_true(late <= 2);
	holds(s, written);
	store_close(s);
	is_sound(f);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_full_disk_leaves_all_or_nothing),
		TEST(a_disk_that_stays_full_leaves_all_or_nothing),
		TEST(a_quota_that_is_used_up_is_a_full_disk),
		TEST(a_broken_disk_leaves_all_or_nothing),
		TEST(a_database_can_always_be_made_after_a_failure),
		TEST(retention_that_fails_leaves_all_or_nothing),
		TEST(a_checkpoint_that_fails_harms_nothing),
		TEST(an_interruption_at_any_step_leaves_all_or_nothing),
	};

	return cmocka_run_group_tests_name("edge/store_faults", tests,
					   install_vfs, remove_vfs);
}
