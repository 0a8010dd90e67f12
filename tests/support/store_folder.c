#include "support/store_folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* Programs without cmocka use this too. */
#define MUST(condition) must(condition, #condition, __LINE__)

static void must(bool good, const char *what, int line)
{
	if (good)
		return;
	fprintf(stderr, "store_folder.c:%d: not so: %s\n", line, what);
	abort();
}

void store_folder_make(struct store_folder *f)
{
	snprintf(f->path, sizeof(f->path), "%s", "/tmp/acmeter-store-XXXXXX");
	MUST(mkdtemp(f->path) != NULL);
	snprintf(f->database, sizeof(f->database), "%s/a.db", f->path);
}

void store_folder_remove(struct store_folder *f)
{
	DIR *dir = opendir(f->path);
	struct dirent *entry;

	MUST(dir != NULL);
	while ((entry = readdir(dir))) {
		if (entry->d_type == DT_REG)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
	MUST(rmdir(f->path) == 0);
}

/* --- rows ---------------------------------------------------------------- */

/* Small and large, with the borders more often than chance would have them. */
static int64_t any_number(struct rng *r, int64_t low, int64_t high)
{
	uint64_t span = (uint64_t)high - (uint64_t)low;
	uint64_t value = rng_next(r) >> rng_below(r, 64);

	switch (rng_below(r, 8)) {
	case 0:
		return low;
	case 1:
		return high;
	default:
		if (span != UINT64_MAX)
			value %= span + 1;
		return (int64_t)((uint64_t)low + value);
	}
}

static int64_t any_time(struct rng *r)
{
	if (rng_below(r, 4) == 0)
		return any_number(r, INT64_MIN, INT64_MAX);
	return INT64_C(1795000000000000) + any_number(r, 0, US_PER_DAY);
}

/* Any bytes but NUL. */
static void any_text(struct rng *r, char *dst, size_t size_bytes)
{
	size_t len = rng_below(r, 3) ? rng_below(r, size_bytes) : 0;

	if (rng_below(r, 8) == 0)
		len = size_bytes - 1;
	for (size_t i = 0; i < len; i++)
		dst[i] = (char)(1 + rng_below(r, 255));
	dst[len] = '\0';
}

static char *any_bytes(struct rng *r, size_t *ret_len)
{
	size_t len = (size_t)any_number(r, 0, EXCHANGE_KEPT_MAX);
	char *bytes = mem_zalloc(len + 1);

	/* NULs too, and runs that shrink. */
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(rng_below(r, 4) ? 'a' : rng_next(r));
	*ret_len = len;
	return bytes;
}

static struct marks any_marks(struct rng *r)
{
	struct marks m = MARKS_NONE;
	int64_t *marks[] = { &m.dns_us,	 &m.connect_us, &m.tls_us,
			     &m.sent_us, &m.first_us,	&m.done_us };
	int64_t at_us = 0;
	bool wild = rng_below(r, 10) == 0;

	for (unsigned i = 0; i < 6; i++) {
		at_us += any_number(r, 0, 1000000);
		if (wild)
			*marks[i] = any_number(r, INT64_MIN, INT64_MAX);
		else if (i == 5 || rng_below(r, 3))
			*marks[i] = at_us;
	}
	return m;
}

static struct ip any_ip(struct rng *r)
{
	struct ip ip = { .family = (enum ip_family)rng_below(r, IP_FAMILIES) };
	unsigned len = ip.family == IP_V4 ? 4 : ip.family == IP_V6 ? 16 : 0;

	for (unsigned i = 0; i < len; i++)
		ip.bytes[i] = (unsigned char)rng_next(r);
	return ip;
}

struct exchange any_exchange(struct rng *r)
{
	struct exchange e = {
		.issuance = any_number(r, 0, INT64_MAX),
		.ca = (unsigned)any_number(r, 0, UINT32_MAX),
		.op = (enum op)rng_below(r, OPS),
		.attempt = (unsigned)any_number(r, 0, UINT32_MAX),
		.wall_us = any_time(r),
		.marks = any_marks(r),
		.outcome = (enum outcome)rng_below(r, OUTCOMES),
		.status = (int)any_number(r, INT32_MIN, INT32_MAX),
		.retry_after_us = any_number(r, -1, INT64_MAX),
		.remote = any_ip(r),
		.remote_port = (uint16_t)rng_next(r),
		.http_version = (int)any_number(r, INT32_MIN, INT32_MAX),
		.reused = rng_below(r, 2),
		.resends = (unsigned)any_number(r, 0, UINT32_MAX),
		.request_bytes = any_number(r, INT64_MIN, INT64_MAX),
		.header_bytes = any_number(r, INT64_MIN, INT64_MAX),
		.body_bytes = any_number(r, INT64_MIN, INT64_MAX),
		.rtt_us = any_number(r, -1, INT64_MAX),
		.retransmits = (unsigned)any_number(r, 0, UINT32_MAX),
		.lag_us = any_number(r, INT64_MIN, INT64_MAX),
	};

	any_text(r, e.problem, sizeof(e.problem));
	any_text(r, e.detail, sizeof(e.detail));
	any_text(r, e.request_id, sizeof(e.request_id));
	any_text(r, e.tls_version, sizeof(e.tls_version));
	any_text(r, e.cipher, sizeof(e.cipher));
	if (e.outcome != OUTCOME_OK && rng_below(r, 2))
		e.kept_headers = any_bytes(r, &e.kept_headers_len);
	if (e.outcome != OUTCOME_OK && rng_below(r, 2))
		e.kept_body = any_bytes(r, &e.kept_body_len);
	return e;
}

static void any_serial(struct rng *r, char dst[static ISSUANCE_SERIAL])
{
	size_t len = rng_below(r, ISSUANCE_SERIAL);

	any_text(r, dst, ISSUANCE_SERIAL);
	if (rng_below(r, 2) == 0)
		return;
	for (size_t i = 0; i < len; i++)
		dst[i] = "0123456789abcdef"[rng_below(r, 16)];
	dst[len] = '\0';
}

static void any_requests(struct rng *r, struct issuance *i)
{
	unsigned count = (unsigned)rng_below(r, ISSUANCE_REQUESTS + 1);

	for (unsigned k = 0; k < count; k++) {
		struct ip from = { .family = rng_below(r, 2) ? IP_V4 : IP_V6 };

		for (unsigned n = 0; n < (from.family == IP_V4 ? 4 : 16); n++)
			from.bytes[n] = (unsigned char)rng_next(r);
		issuance_note_request(i, &from, any_number(r, 0, UINT32_MAX));
	}
}

struct issuance any_issuance(struct rng *r)
{
	struct issuance i = {
		.ca = (unsigned)any_number(r, 0, UINT32_MAX),
		.wall_us = any_time(r),
		.took_us = any_number(r, -1, INT64_MAX),
		.waited_us = any_number(r, 0, INT64_MAX),
		.shallow = rng_below(r, 2),
		.confirms = rng_below(r, 2),
		.outcome = (enum outcome)rng_below(r, OUTCOMES),
		.op = (enum op)rng_below(r, OPS),
		.status = (int)any_number(r, INT32_MIN, INT32_MAX),
		.names = (unsigned)any_number(r, 0, UINT32_MAX),
		.exchanges = (unsigned)any_number(r, 0, UINT32_MAX),
		.first_validation_us = any_number(r, -1, INT64_MAX),
		.validations = (unsigned)any_number(r, 0, UINT32_MAX),
		.valid_after_us = any_number(r, -1, INT64_MAX),
		.valid_before_us = any_number(r, -1, INT64_MAX),
		.not_before_us = any_time(r),
		.not_after_us = rng_below(r, 2) ? any_time(r) : 0,
		.chain_length = (unsigned)any_number(r, 0, UINT32_MAX),
		.alternates = (unsigned)any_number(r, 0, UINT32_MAX),
	};

	any_text(r, i.problem, sizeof(i.problem));
	any_text(r, i.detail, sizeof(i.detail));
	any_text(r, i.name, sizeof(i.name));
	any_text(r, i.issuer, sizeof(i.issuer));
	any_serial(r, i.serial);
	any_requests(r, &i);
	return i;
}

/* --- comparing ----------------------------------------------------------- */

static void same_kept(const char *a, size_t a_len, const char *b, size_t b_len)
{
	MUST((a == NULL) == (b == NULL));
	if (!a)
		return;
	MUST(a_len == b_len);
	MUST(memcmp(a, b, a_len) == 0);
}

#define SAME(field) MUST(a->field == b->field)
#define SAME_TEXT(field) MUST(strcmp(a->field, b->field) == 0)

void same_exchange(const struct exchange *a, const struct exchange *b)
{
	SAME(id);
	SAME(issuance);
	SAME(ca);
	SAME(op);
	SAME(attempt);
	SAME(wall_us);
	MUST(memcmp(&a->marks, &b->marks, sizeof(a->marks)) == 0);
	SAME(outcome);
	SAME(status);
	SAME_TEXT(problem);
	SAME_TEXT(detail);
	SAME(retry_after_us);
	SAME_TEXT(request_id);
	MUST(ip_equal(&a->remote, &b->remote));
	SAME(remote_port);
	SAME(http_version);
	SAME_TEXT(tls_version);
	SAME_TEXT(cipher);
	SAME(reused);
	SAME(resends);
	SAME(request_bytes);
	SAME(header_bytes);
	SAME(body_bytes);
	SAME(rtt_us);
	SAME(retransmits);
	SAME(lag_us);
	same_kept(a->kept_headers, a->kept_headers_len, b->kept_headers,
		  b->kept_headers_len);
	same_kept(a->kept_body, a->kept_body_len, b->kept_body,
		  b->kept_body_len);
}

void same_issuance(const struct issuance *a, const struct issuance *b)
{
	SAME(id);
	SAME(ca);
	SAME(wall_us);
	SAME(took_us);
	SAME(waited_us);
	SAME(shallow);
	SAME(confirms);
	SAME(outcome);
	SAME(op);
	SAME(status);
	SAME_TEXT(problem);
	SAME_TEXT(detail);
	SAME_TEXT(name);
	SAME(names);
	SAME(exchanges);
	SAME(first_validation_us);
	SAME(validations);
	SAME(valid_after_us);
	SAME(valid_before_us);
	SAME_TEXT(serial);
	SAME_TEXT(issuer);
	SAME(not_before_us);
	SAME(not_after_us);
	SAME(chain_length);
	SAME(alternates);
	SAME(request_count);
	for (unsigned k = 0; k < a->request_count; k++) {
		SAME(requests[k].at_us);
		MUST(ip_equal(&a->requests[k].from, &b->requests[k].from));
	}
}

/* --- recounting ---------------------------------------------------------- */

struct counted {
	unsigned ca;
	enum op op;
	int64_t start_us;
	struct stat_span stat;
	bool seen;
};

struct recount {
	enum store_span span;
	struct counted **counted;
	size_t count;
	size_t last; /* where the last one was found */
};

static bool is_it(const struct counted *c, unsigned ca, enum op op,
		  int64_t start_us)
{
	return c->ca == ca && c->op == op && c->start_us == start_us;
}

static struct counted *find(struct recount *r, unsigned ca, enum op op,
			    int64_t start_us)
{
	/* From where the last one was: neighbours are near each other. */
	for (size_t i = 0; i < r->count; i++) {
		size_t at = (r->last + r->count - i) % r->count;

		if (is_it(r->counted[at], ca, op, start_us)) {
			r->last = at;
			return r->counted[at];
		}
	}
	return NULL;
}

static bool count_one(void *ctx, const struct exchange *e)
{
	struct recount *r = ctx;
	int64_t start_us = clock_floor(e->wall_us, store_span_us(r->span));
	struct counted *c = find(r, e->ca, e->op, start_us);

	if (!c) {
		c = mem_zalloc(sizeof(*c));
		c->ca = e->ca;
		c->op = e->op;
		c->start_us = start_us;
		r->counted = mem_resize(r->counted, (r->count + 1) * sizeof(c));
		r->last = r->count;
		r->counted[r->count++] = c;
	}
	stat_add(&c->stat, e);
	return true;
}

static bool compare_one(void *ctx, unsigned ca, enum op op, int64_t start_us,
			const struct stat_span *stat)
{
	struct recount *r = ctx;
	struct counted *c = find(r, ca, op, start_us);

	MUST(c != NULL);
	MUST(!c->seen);
	MUST(memcmp(&c->stat, stat, sizeof(*stat)) == 0);
	c->seen = true;
	return true;
}

unsigned stats_are_a_recount(struct store *s, enum store_span span,
			     int64_t from_us)
{
	struct store_query all = { .from_us = from_us,
				   .ca = STORE_ANY,
				   .op = STORE_ANY };
	struct recount r = { .span = span };
	struct fail why;
	unsigned count;

	if (!store_exchanges(s, &all, count_one, &r, &why) ||
	    !store_stats(s, span, &all, compare_one, &r, &why)) {
		fprintf(stderr, "%s\n", why.text);
		abort();
	}
	for (size_t i = 0; i < r.count; i++) {
		MUST(r.counted[i]->seen);
		free(r.counted[i]);
	}
	free(r.counted);
	count = (unsigned)r.count;
	return count;
}
