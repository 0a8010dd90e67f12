#include "edge/store_private.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "edge/pack.h"

void store_bind_or_minus1(sqlite3_stmt *st, int column, int64_t value)
{
	if (value != -1)
		sqlite3_bind_int64(st, column + 1, value);
}

void store_bind_text(sqlite3_stmt *st, int column, const char *text)
{
	if (*text)
		sqlite3_bind_text(st, column + 1, text, -1, SQLITE_STATIC);
}

static void bind(sqlite3_stmt *st, int column, int64_t value)
{
	sqlite3_bind_int64(st, column + 1, value);
}

static void bind_or_zero(sqlite3_stmt *st, int column, int64_t value)
{
	if (value != 0)
		bind(st, column, value);
}

/* --- CAs and peers ------------------------------------------------------- */

static void set_directory(struct store *s, unsigned number,
			  const char *directory)
{
	sqlite3_stmt *st = store_statement(s, STORE_CA_DIRECTORY);

	if (!st)
		return;
	sqlite3_bind_text(st, 1, directory, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, number);
	store_run(s, st);
}

/* The id that the last INSERT gave, or 0. */
static int64_t last_id(struct store *s)
{
	return s->failed ? 0 : sqlite3_last_insert_rowid(s->db);
}

unsigned store_ca(struct store *s, const char *name, const char *directory,
		  bool is_control)
{
	sqlite3_stmt *st = store_statement(s, STORE_CA_FIND);

	if (!st)
		return 0;
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int(st, 2, is_control);
	if (store_row(s, st)) {
		unsigned number = (unsigned)sqlite3_column_int64(st, 0);
		const char *old = (const char *)sqlite3_column_text(st, 1);
		bool is_same = old && strcmp(old, directory) == 0;

		store_ready(st);
		if (!is_same)
			set_directory(s, number, directory);
		return s->failed ? 0 : number;
	}
	st = store_statement(s, STORE_CA_ADD);
	if (!st)
		return 0;
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int(st, 2, is_control);
	sqlite3_bind_text(st, 3, directory, -1, SQLITE_STATIC);
	store_run(s, st);
	return (unsigned)last_id(s);
}

static void bind_peer(sqlite3_stmt *st, const struct exchange *e)
{
	static const int lengths[IP_FAMILIES] = {
		[IP_NONE] = 0,
		[IP_V4] = 4,
		[IP_V6] = 16,
	};

	sqlite3_bind_blob(st, 1, e->remote.bytes, lengths[e->remote.family],
			  SQLITE_STATIC);
	sqlite3_bind_int(st, 2, e->remote_port);
	sqlite3_bind_int(st, 3, e->http_version);
	sqlite3_bind_text(st, 4, e->tls_version, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 5, e->cipher, -1, SQLITE_STATIC);
}

/* Who answered, in which dialect: the same few again and again. */
static int64_t peer_of(struct store *s, const struct exchange *e)
{
	sqlite3_stmt *st = store_statement(s, STORE_PEER_FIND);

	if (!st)
		return 0;
	bind_peer(st, e);
	if (store_row(s, st)) {
		int64_t peer = sqlite3_column_int64(st, 0);

		store_ready(st);
		return peer;
	}
	st = store_statement(s, STORE_PEER_ADD);
	if (!st)
		return 0;
	bind_peer(st, e);
	store_run(s, st);
	return last_id(s);
}

/* --- exchanges ----------------------------------------------------------- */

static void bind_marks(sqlite3_stmt *st, const struct marks *m)
{
	const int64_t marks[] = { m->dns_us,  m->connect_us, m->tls_us,
				  m->sent_us, m->first_us,   m->done_us };
	uint64_t before = 0;

	for (int i = 0; i < 6; i++) {
		if (marks[i] == MARK_NONE)
			continue;
		bind(st, X_DNS + i, (int64_t)((uint64_t)marks[i] - before));
		before = (uint64_t)marks[i];
	}
}

static void bind_exchange(sqlite3_stmt *st, const struct exchange *e)
{
	bind_or_zero(st, X_ID, e->id);
	bind(st, X_TIME, store_time(e->wall_us));
	bind_or_zero(st, X_ISSUANCE, e->issuance);
	bind(st, X_CA, e->ca);
	bind(st, X_OP, e->op);
	bind(st, X_ATTEMPT, e->attempt);
	bind_marks(st, &e->marks);
	bind(st, X_OUTCOME, e->outcome);
	bind(st, X_STATUS, e->status);
	store_bind_text(st, X_PROBLEM, e->problem);
	store_bind_text(st, X_DETAIL, e->detail);
	store_bind_or_minus1(st, X_RETRY_AFTER, e->retry_after_us);
	store_bind_text(st, X_REQUEST_ID, e->request_id);
	bind(st, X_REUSED, e->reused);
	bind(st, X_RESENDS, e->resends);
	bind(st, X_REQUEST_BYTES, e->request_bytes);
	bind(st, X_HEADER_BYTES, e->header_bytes);
	bind(st, X_BODY_BYTES, e->body_bytes);
	store_bind_or_minus1(st, X_RTT, e->rtt_us);
	bind(st, X_RETRANSMITS, e->retransmits);
	bind(st, X_LAG, e->lag_us);
}

static void bind_packed(sqlite3_stmt *st, int parameter, const char *data,
			size_t len)
{
	size_t packed_len;
	void *packed;

	if (!data)
		return;
	assert(len <= EXCHANGE_KEPT_MAX);
	packed = pack_bytes(data, len, &packed_len);
	sqlite3_bind_blob64(st, parameter, packed, packed_len, free);
}

static void add_kept(struct store *s, const struct exchange *e)
{
	sqlite3_stmt *st;

	if (!e->kept_headers && !e->kept_body)
		return;
	st = store_statement(s, STORE_KEPT_ADD);
	if (!st)
		return;
	sqlite3_bind_int64(st, 1, e->id);
	bind_packed(st, 2, e->kept_headers, e->kept_headers_len);
	bind_packed(st, 3, e->kept_body, e->kept_body_len);
	store_run(s, st);
}

static void note_in_block(struct store *s, const struct exchange *e)
{
	sqlite3_stmt *st = store_statement(s, STORE_BLOCK_NOTE);
	int64_t time = store_time(e->wall_us);

	if (!st)
		return;
	sqlite3_bind_int64(st, 1, e->id / STORE_BLOCK);
	sqlite3_bind_int64(st, e->outcome == OUTCOME_OK ? 2 : 3, time);
	sqlite3_bind_int64(st, 4, time);
	store_run(s, st);
}

static void note_in_issuance(struct store *s, const struct exchange *e)
{
	sqlite3_stmt *st;

	if (e->issuance == 0)
		return;
	st = store_statement(s, STORE_ISSUANCE_SPAN);
	if (!st)
		return;
	sqlite3_bind_int64(st, 1, e->issuance);
	sqlite3_bind_int64(st, 2, e->id);
	store_run(s, st);
}

void store_exchange(struct store *s, struct exchange *e)
{
	int64_t peer = peer_of(s, e);
	sqlite3_stmt *st = store_statement(s, STORE_EXCHANGE_ADD);

	if (!st)
		return;
	e->id = 0;
	bind_exchange(st, e);
	bind(st, X_PEER, peer);
	if (!store_run(s, st))
		return;
	e->id = last_id(s);
	add_kept(s, e);
	note_in_block(s, e);
	note_in_issuance(s, e);
}

/* --- issuances ----------------------------------------------------------- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Half the length as bytes when it is lower-case hex, as it should be. */
static void bind_serial(sqlite3_stmt *st, const char *serial)
{
	unsigned char bytes[ISSUANCE_SERIAL / 2];
	size_t len = strlen(serial);

	for (size_t i = 0; i < len; i += 2) {
		int high = hex_value(serial[i]);
		int low = hex_value(serial[i + 1]);

		if (high < 0 || low < 0) {
			store_bind_text(st, I_SERIAL, serial);
			return;
		}
		bytes[i / 2] = (unsigned char)(high << 4 | low);
	}
	if (len > 0)
		sqlite3_bind_blob(st, I_SERIAL + 1, bytes, (int)(len / 2),
				  SQLITE_TRANSIENT);
}

/* Validity lies near the issuance: as distances it is short. */
static void bind_validity(sqlite3_stmt *st, const struct issuance *i)
{
	uint64_t from = (uint64_t)i->wall_us;

	if (i->not_before_us != 0) {
		bind(st, I_NOT_BEFORE,
		     (int64_t)((uint64_t)i->not_before_us - from));
		from = (uint64_t)i->not_before_us;
	}
	if (i->not_after_us != 0)
		bind(st, I_NOT_AFTER,
		     (int64_t)((uint64_t)i->not_after_us - from));
}

static void bind_issuance(sqlite3_stmt *st, const struct issuance *i)
{
	bind_or_zero(st, I_ID, i->id);
	bind(st, I_TIME, store_time(i->wall_us));
	bind(st, I_CA, i->ca);
	store_bind_or_minus1(st, I_TOOK, i->took_us);
	bind(st, I_WAITED, i->waited_us);
	bind(st, I_SHALLOW, i->shallow);
	bind(st, I_OUTCOME, i->outcome);
	bind(st, I_OP, i->op);
	bind(st, I_STATUS, i->status);
	store_bind_text(st, I_PROBLEM, i->problem);
	store_bind_text(st, I_DETAIL, i->detail);
	store_bind_text(st, I_NAME, i->name);
	bind(st, I_NAMES, i->names);
	bind(st, I_EXCHANGES, i->exchanges);
	store_bind_or_minus1(st, I_FIRST_VALIDATION, i->first_validation_us);
	bind(st, I_VALIDATIONS, i->validations);
	store_bind_or_minus1(st, I_VALID_AFTER, i->valid_after_us);
	store_bind_or_minus1(st, I_VALID_BEFORE, i->valid_before_us);
	bind_serial(st, i->serial);
	store_bind_text(st, I_ISSUER, i->issuer);
	bind_validity(st, i);
	bind(st, I_CHAIN_LENGTH, i->chain_length);
	bind(st, I_ALTERNATES, i->alternates);
	bind(st, I_CONFIRMS, i->confirms);
	store_bind_requests(st, i);
}

void store_issuance(struct store *s, struct issuance *i)
{
	sqlite3_stmt *st = store_statement(s, i->id ? STORE_ISSUANCE_SET
						    : STORE_ISSUANCE_ADD);

	if (!st)
		return;
	bind_issuance(st, i);
	if (store_run(s, st) && i->id == 0)
		i->id = last_id(s);
}

void store_close_interrupted(struct store *s, unsigned *ret_count)
{
	sqlite3_stmt *st = store_statement(s, STORE_INTERRUPT);

	if (!st)
		return;
	sqlite3_bind_int(st, 1, OUTCOME_INTERRUPTED);
	if (store_run(s, st))
		*ret_count = (unsigned)sqlite3_changes(s->db);
}

/* --- statistics and events ----------------------------------------------- */

int64_t store_span_us(enum store_span span)
{
	switch (span) {
	case STORE_HOUR:
		return US_PER_HOUR;
	case STORE_MINUTE:
		return US_PER_MIN;
	}
	return 0;
}

bool store_stat_row(enum store_span span, unsigned ca, enum op op,
		    int64_t start_us, int64_t *ret_row)
{
	int64_t length_us = store_span_us(span);
	int64_t n = start_us / length_us;

	assert(start_us % length_us == 0);
	assert((unsigned)op < 1U << STORE_ROW_OP_BITS);
	if (ca >= 1U << STORE_ROW_CA_BITS || n > STORE_ROW_STARTS ||
	    n < -STORE_ROW_STARTS)
		return false;
	*ret_row = (n * (1 << STORE_ROW_CA_BITS) + (int64_t)ca) *
			   (1 << STORE_ROW_OP_BITS) +
		   (int64_t)op;
	return true;
}

static void keep_sentence(struct store *s, const char *sentence)
{
	struct fail why;

	fail_write(&why, FAIL_OURS, "%s: %s", s->path, sentence);
	store_keep(s, &why);
}

void store_stat(struct store *s, enum store_span span, unsigned ca, enum op op,
		int64_t start_us, const struct stat_span *stat)
{
	AUTO(buf) struct buf bytes = BUF_INIT(STORE_STAT_MAX);
	sqlite3_stmt *st = store_statement(
		s, span == STORE_HOUR ? STORE_HOUR_SET : STORE_MINUTE_SET);
	int64_t row;

	if (!st)
		return;
	if (!store_stat_row(span, ca, op, start_us, &row)) {
		keep_sentence(s, "statistics of a time or a CA number that "
				 "cannot be stored");
		return;
	}
	if (!stat_encode(stat, &bytes)) {
		keep_sentence(s, "statistics larger than any can be");
		return;
	}
	sqlite3_bind_int64(st, 1, row);
	sqlite3_bind_blob64(st, 2, bytes.data, bytes.len, SQLITE_STATIC);
	store_run(s, st);
}

void store_event(struct store *s, enum store_event kind, int64_t wall_us,
		 int64_t until_us, const char *detail)
{
	sqlite3_stmt *st = store_statement(s, STORE_EVENT_ADD);

	if (!st)
		return;
	bind(st, 0, kind);
	bind(st, 1, store_time(wall_us));
	bind(st, 2, store_time(until_us));
	store_bind_text(st, 3, detail);
	store_run(s, st);
}

const char *store_event_slug(enum store_event kind)
{
	static const char *const slugs[STORE_EVENT_KINDS] = {
#define X_SLUG(event, slug) [event] = slug,
		STORE_EVENTS(X_SLUG)
#undef X_SLUG
	};

	return slugs[kind];
}
