#include "edge/store_private.h"

/* A row's values for INSERT, and the same names for SELECT. */
#define EXCHANGE_NAMES                                                       \
	"id, time, issuance, ca, op, attempt, dns_us, connect_us, tls_us, "  \
	"send_us, wait_us, receive_us, outcome, status, problem, detail, "   \
	"retry_after_us, request_id, peer, reused, resends, request_bytes, " \
	"header_bytes, body_bytes, rtt_us, retransmits, lag_us"

#define PEER_NAMES "address, port, http, tls, cipher"

#define ISSUANCE_VALUES                                                  \
	"time, ca, took_us, waited_us, shallow, outcome, op, status, "   \
	"problem, detail, name, names, exchanges, first_validation_us, " \
	"validations, valid_after_us, valid_before_us, serial, issuer, " \
	"not_before, not_after, chain_length, alternates, confirms, "    \
	"validation_requests"
#define ISSUANCE_NAMES "id, " ISSUANCE_VALUES

const char *const store_exchange_select =
	"SELECT " EXCHANGE_NAMES ", " PEER_NAMES
	" FROM exchange LEFT JOIN peer USING (peer)";
const char *const store_issuance_select = "SELECT " ISSUANCE_NAMES
					  " FROM issuance";

/*
 * Times are as store_time() makes them; durations and not_before (which is
 * relative to time, and not_after to not_before) are in microseconds. NULL is
 * "absent". AUTOINCREMENT, so that an id is never given twice.
 *
 * The columns of the phases are the marks of struct marks as differences: NULL
 * where a mark was not reached; their sum is the end.
 *
 * A block holds, of STORE_BLOCK ids, the earliest time of an exchange that was
 * ok and of one that was not, and the latest of any. It finds what lies in a
 * stretch of time, and what is old, wherever the clock was set.
 *
 * An issuance knows its first and its last exchange; first_exchange is NULL
 * when there is none, or none any more.
 *
 * The row number of an hour or minute holds its start, CA and operation.
 */
static const char step_1[] =
	"CREATE TABLE ca("
	"  number INTEGER PRIMARY KEY,"
	"  is_control INTEGER NOT NULL,"
	"  name TEXT NOT NULL,"
	"  directory TEXT NOT NULL,"
	"  UNIQUE(name, is_control));"

	"CREATE TABLE peer("
	"  peer INTEGER PRIMARY KEY,"
	"  address BLOB NOT NULL,"
	"  port INTEGER NOT NULL,"
	"  http INTEGER NOT NULL,"
	"  tls TEXT NOT NULL,"
	"  cipher TEXT NOT NULL);"
	"CREATE UNIQUE INDEX peer_is ON peer(" PEER_NAMES ");"

	"CREATE TABLE exchange("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  time INTEGER NOT NULL,"
	"  issuance INTEGER,"
	"  ca INTEGER NOT NULL,"
	"  op INTEGER NOT NULL,"
	"  attempt INTEGER NOT NULL,"
	"  dns_us INTEGER,"
	"  connect_us INTEGER,"
	"  tls_us INTEGER,"
	"  send_us INTEGER,"
	"  wait_us INTEGER,"
	"  receive_us INTEGER,"
	"  outcome INTEGER NOT NULL,"
	"  status INTEGER NOT NULL,"
	"  problem TEXT,"
	"  detail TEXT,"
	"  retry_after_us INTEGER,"
	"  request_id TEXT,"
	"  peer INTEGER NOT NULL,"
	"  reused INTEGER NOT NULL,"
	"  resends INTEGER NOT NULL,"
	"  request_bytes INTEGER NOT NULL,"
	"  header_bytes INTEGER NOT NULL,"
	"  body_bytes INTEGER NOT NULL,"
	"  rtt_us INTEGER,"
	"  retransmits INTEGER NOT NULL,"
	"  lag_us INTEGER NOT NULL);"
	"CREATE INDEX exchange_failed ON exchange(id) WHERE outcome <> 0;"

	"CREATE TABLE block("
	"  block INTEGER PRIMARY KEY,"
	"  ok_from INTEGER,"
	"  failed_from INTEGER,"
	"  upto INTEGER NOT NULL);"
	"CREATE INDEX block_ok ON block(ok_from) WHERE ok_from IS NOT NULL;"
	"CREATE INDEX block_failed ON block(failed_from)"
	"  WHERE failed_from IS NOT NULL;"

	"CREATE TABLE kept("
	"  id INTEGER PRIMARY KEY,"
	"  headers BLOB,"
	"  body BLOB);"

	"CREATE TABLE issuance("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  time INTEGER NOT NULL,"
	"  ca INTEGER NOT NULL,"
	"  took_us INTEGER,"
	"  waited_us INTEGER NOT NULL,"
	"  shallow INTEGER NOT NULL,"
	"  outcome INTEGER NOT NULL,"
	"  op INTEGER NOT NULL,"
	"  status INTEGER NOT NULL,"
	"  problem TEXT,"
	"  detail TEXT,"
	"  name TEXT,"
	"  names INTEGER NOT NULL,"
	"  exchanges INTEGER NOT NULL,"
	"  first_validation_us INTEGER,"
	"  validations INTEGER NOT NULL,"
	"  valid_after_us INTEGER,"
	"  valid_before_us INTEGER,"
	"  serial,"
	"  issuer TEXT,"
	"  not_before INTEGER,"
	"  not_after INTEGER,"
	"  chain_length INTEGER NOT NULL,"
	"  alternates INTEGER NOT NULL,"
	"  first_exchange INTEGER,"
	"  last_exchange INTEGER);"
	"CREATE INDEX issuance_time ON issuance(time);"
	"CREATE INDEX issuance_failed ON issuance(id) WHERE outcome <> 0;"
	"CREATE INDEX issuance_running ON issuance(id) WHERE took_us IS NULL;"
	"CREATE INDEX issuance_bare ON issuance(time)"
	"  WHERE first_exchange IS NULL;"

	"CREATE TABLE hour(row INTEGER PRIMARY KEY, stat BLOB NOT NULL);"
	"CREATE TABLE minute(row INTEGER PRIMARY KEY, stat BLOB NOT NULL);"

	"CREATE TABLE event("
	"  id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  kind INTEGER NOT NULL,"
	"  time INTEGER NOT NULL,"
	"  until INTEGER NOT NULL,"
	"  detail TEXT);";

/* Add at the end; what has been published is never changed. */
static const char step_2[] =
	"ALTER TABLE issuance ADD COLUMN confirms INTEGER NOT NULL DEFAULT 0;";

/* One after the other: see store_requests.c. NULL when none came. */
static const char step_3[] =
	"ALTER TABLE issuance ADD COLUMN validation_requests BLOB;";

const char *const store_steps[] = {
	step_1,
	step_2,
	step_3,
};

const int store_version = sizeof(store_steps) / sizeof(store_steps[0]);

#define DURATION_SUM                                                       \
	"ifnull(dns_us, 0) + ifnull(connect_us, 0) + ifnull(tls_us, 0) + " \
	"ifnull(send_us, 0) + ifnull(wait_us, 0) + ifnull(receive_us, 0)"

const char *const store_last_select =
	"SELECT max(moment) FROM ("
	"SELECT * FROM (SELECT time + " DURATION_SUM " AS moment"
	" FROM exchange ORDER BY id DESC LIMIT 1) UNION ALL "
	"SELECT * FROM (SELECT time + ifnull(took_us, 0)"
	" FROM issuance ORDER BY id DESC LIMIT 1) UNION ALL "
	"SELECT * FROM (SELECT until FROM event ORDER BY id DESC LIMIT 1))";

/* In the order of the columns, so that parameter n is column n - 1. */
#define Q24 "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?"

#define STAT_SET(table)                                 \
	"INSERT INTO " table "(row, stat) VALUES(?, ?)" \
	" ON CONFLICT DO UPDATE SET stat = excluded.stat"

const char *const store_sql[STORE_STATEMENTS] = {
	[STORE_BEGIN] = "BEGIN IMMEDIATE",
	[STORE_COMMIT] = "COMMIT",
	[STORE_ROLLBACK] = "ROLLBACK",

	[STORE_CA_FIND] = "SELECT number, directory FROM ca"
			  " WHERE name = ? AND is_control = ?",
	[STORE_CA_ADD] = "INSERT INTO ca(name, is_control, directory)"
			 " VALUES(?, ?, ?)",
	[STORE_CA_DIRECTORY] = "UPDATE ca SET directory = ? WHERE number = ?",

	[STORE_PEER_FIND] = "SELECT peer FROM peer WHERE address = ?"
			    " AND port = ? AND http = ? AND tls = ?"
			    " AND cipher = ?",
	[STORE_PEER_ADD] = "INSERT INTO peer(" PEER_NAMES ")"
			   " VALUES(?,?,?,?,?)",

	[STORE_EXCHANGE_ADD] = "INSERT INTO exchange(" EXCHANGE_NAMES ")"
			       " VALUES(" Q24 ",?,?,?)",
	[STORE_BLOCK_NOTE] =
		"INSERT INTO block(block, ok_from, failed_from, upto)"
		" VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET"
		" ok_from = ifnull(min(ok_from, ?2), ifnull(ok_from, ?2)),"
		" failed_from = ifnull(min(failed_from, ?3),"
		"  ifnull(failed_from, ?3)),"
		" upto = max(upto, ?4)",
	[STORE_ISSUANCE_SPAN] =
		"UPDATE issuance SET last_exchange = ?2,"
		" first_exchange = ifnull(first_exchange, ?2) WHERE id = ?1",
	[STORE_KEPT_ADD] = "INSERT INTO kept(id, headers, body)"
			   " VALUES(?, ?, ?)",
	[STORE_KEPT_FIND] = "SELECT headers, body FROM kept WHERE id = ?",

	[STORE_ISSUANCE_ADD] = "INSERT INTO issuance(" ISSUANCE_NAMES ")"
			       " VALUES(" Q24 ",?,?)",
	[STORE_ISSUANCE_SET] =
		"UPDATE issuance SET (" ISSUANCE_VALUES ") = (?2,?3,?4,?5,?6,"
		"?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,"
		"?22,?23,?24,?25,?26) WHERE id = ?1",

	[STORE_HOUR_SET] = STAT_SET("hour"),
	[STORE_MINUTE_SET] = STAT_SET("minute"),
	[STORE_HOUR_FIND] = "SELECT stat FROM hour WHERE row = ?",
	[STORE_MINUTE_FIND] = "SELECT stat FROM minute WHERE row = ?",

	[STORE_EVENT_ADD] = "INSERT INTO event(kind, time, until, detail)"
			    " VALUES(?, ?, ?, ?)",

	[STORE_INTERRUPT] =
		"UPDATE issuance SET outcome = ?, took_us = max(0, ifnull("
		"(SELECT e.time + " DURATION_SUM " FROM exchange AS e"
		" WHERE e.id = last_exchange), time) - time)"
		" WHERE took_us IS NULL",

	[STORE_OLD_BLOCK] =
		"SELECT * FROM"
		" (SELECT block FROM block WHERE ok_from < ?1 LIMIT 1)"
		" UNION ALL SELECT * FROM"
		" (SELECT block FROM block WHERE failed_from < ?2 LIMIT 1)",
	[STORE_OLD_EXCHANGES] =
		"SELECT id, ifnull(issuance, 0), outcome <> 0 FROM exchange"
		" WHERE id BETWEEN ?1 AND ?2 AND"
		" time < CASE outcome WHEN 0 THEN ?3 ELSE ?4 END LIMIT ?5",
	[STORE_EXCHANGE_DROP] = "DELETE FROM exchange WHERE id = ?",
	[STORE_KEPT_DROP] = "DELETE FROM kept WHERE id = ?",
	[STORE_ISSUANCE_BARE] =
		"UPDATE issuance SET first_exchange = NULL WHERE id = ?1"
		" AND NOT EXISTS (SELECT 1 FROM exchange AS e WHERE e.id"
		" BETWEEN first_exchange AND last_exchange"
		" AND e.issuance = ?1)",
	[STORE_BLOCK_AGAIN] =
		"UPDATE block SET (ok_from, failed_from) = (SELECT"
		" min(CASE outcome WHEN 0 THEN time END),"
		" min(CASE outcome WHEN 0 THEN NULL ELSE time END)"
		" FROM exchange WHERE id BETWEEN ?2 AND ?3) WHERE block = ?1",
	[STORE_BLOCK_DROP] = "DELETE FROM block WHERE block = ?"
			     " AND ok_from IS NULL AND failed_from IS NULL",
	[STORE_OLD_MINUTES] = "DELETE FROM minute WHERE row IN"
			      " (SELECT row FROM minute WHERE row < ?1"
			      " LIMIT ?2)",
	[STORE_OLD_ISSUANCES] =
		"DELETE FROM issuance WHERE id IN (SELECT id FROM issuance"
		" INDEXED BY issuance_bare WHERE first_exchange IS NULL AND"
		" time < CASE outcome WHEN 0 THEN ?1 ELSE ?2 END LIMIT ?3)",
};
