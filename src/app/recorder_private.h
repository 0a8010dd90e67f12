/*
 * What the two files of the recorder share: recorder.c keeps the rows that
 * wait, recorder_write.c writes them.
 */
#ifndef APP_RECORDER_PRIVATE_H
#define APP_RECORDER_PRIVATE_H

#include "app/recorder.h"
#include "app/spans.h"

enum { RECORDER_BATCH = 16 }; /* rows of a transaction: a millisecond or two */

/*
 * An issuance from its start until its last word is written. Its rows in the
 * queue share the newest state of it.
 */
struct running {
	struct running *next;
	int64_t ticket;	   /* its number while it has no row: negative */
	int64_t row;	   /* 0 without one */
	int64_t committed; /* row, once the transaction that gave it is */
	struct issuance now;
	bool is_new; /* now is not in the database */
	bool ended;
	unsigned rows; /* in the queue */
};

enum row_kind { ROW_START, ROW_EXCHANGE, ROW_ISSUANCE, ROW_EVENT };

/* In what order rows are given up when memory is full. */
enum worth { WORTH_OK, WORTH_FAILED, WORTH_OTHER, WORTHS };

/* What waits to be written. */
struct row {
	struct row *next;
	uint64_t number; /* rising: the order of writing */
	enum row_kind kind;
	enum worth worth;
	size_t bytes;
	struct running *issuance;  /* or NULL */
	struct exchange *exchange; /* of ROW_EXCHANGE */
	enum store_event event;
	int64_t wall_us, until_us;
	char *detail;
};

struct queue {
	struct row *first, *last;
};

struct recorder {
	struct store *store;
	struct recorder_limits limits;
	struct recorder_state state;
	struct spans *spans;
	struct queue queues[WORTHS];
	struct running *running;
	uint64_t last_number;
	int64_t last_ticket;
	size_t bytes;
	int64_t retry_us; /* monotonic: not before that while failing */
	unsigned batch;	  /* rows of the next transaction */
	/* Given up and not yet told. */
	uint64_t lost;
	int64_t lost_from_us, lost_until_us;
	/* Nothing but healthy rows wait, the oldest since then. */
	bool lingering;
	int64_t linger_from_us; /* monotonic */
};

/* The oldest row of all, out of its queue; NULL when nothing waits. */
struct row *recorder_take_oldest(struct recorder *r);

/* To where it was taken from. */
void recorder_put_back(struct recorder *r, struct row *row);

/* A row that was taken is written, or lost: it is freed. */
void recorder_done(struct recorder *r, struct row *row);
void recorder_give_up(struct recorder *r, struct row *row);

/* One transaction with the oldest rows; false when it failed. */
bool recorder_write(struct recorder *r, struct now now);

#endif
