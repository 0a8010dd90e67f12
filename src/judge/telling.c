#include "judge/telling.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "judge/court.h"

#define RETRY_FIRST_US (5 * US_PER_S)
#define RETRY_MOST_US (15 * US_PER_MIN)

/* What one receiver knows of one incident. */
struct entry {
	size_t receiver;
	char ca[COURT_NAME];
	uint64_t number;
	struct told told;
};

struct telling {
	struct telling_rule *rules;
	size_t rule_count;
	struct entry *entries;
	size_t entry_count, entry_room;
};

const char *telling_kind_name(enum telling_kind kind)
{
	switch (kind) {
	case TELLING_OPENED:
		return "opened";
	case TELLING_ESCALATED:
		return "escalated";
	case TELLING_REOPENED:
		return "reopened";
	case TELLING_REMINDER:
		return "reminder";
	case TELLING_RESOLVED:
		return "resolved";
	case TELLING_TEST:
		return "test";
	case TELLING_KINDS:
		break;
	}
	return "unknown";
}

struct telling *telling_new(const struct telling_rule *rules, size_t count)
{
	struct telling *t = mem_zalloc(sizeof(*t));

	t->rules = mem_array(count, sizeof(*rules));
	if (count)
		memcpy(t->rules, rules, count * sizeof(*rules));
	t->rule_count = count;
	return t;
}

void telling_free(struct telling *t)
{
	if (!t)
		return;
	free(t->entries);
	free(t->rules);
	free(t);
}

/* --- what is known ------------------------------------------------------ */

static struct entry *find(const struct telling *t, size_t receiver,
			  const char *ca, uint64_t number)
{
	for (size_t k = 0; k < t->entry_count; k++) {
		struct entry *e = &t->entries[k];

		if (e->receiver == receiver && e->number == number &&
		    strcmp(e->ca, ca) == 0)
			return e;
	}
	return NULL;
}

void telling_restore(struct telling *t, size_t receiver, const char *ca,
		     uint64_t number, const struct told *told)
{
	struct entry *e = find(t, receiver, ca, number);

	if (!e) {
		if (t->entry_count == t->entry_room) {
			t->entry_room = t->entry_room ? 2 * t->entry_room : 16;
			t->entries = mem_resize(t->entries,
						t->entry_room * sizeof(*e));
		}
		e = &t->entries[t->entry_count++];
		*e = (struct entry){ .receiver = receiver, .number = number };
		text_copy(e->ca, sizeof(e->ca), ca);
	}
	e->told = *told;
}

const struct told *telling_known(const struct telling *t, size_t receiver,
				 const char *ca, uint64_t number)
{
	const struct entry *e = find(t, receiver, ca, number);

	return e ? &e->told : NULL;
}

void telling_done(struct telling *t, size_t receiver, const char *ca,
		  uint64_t number, const struct telling_due *due)
{
	telling_restore(t, receiver, ca, number, &due->told);
}

void telling_forget(struct telling *t, int64_t before_us)
{
	size_t kept = 0;

	for (size_t k = 0; k < t->entry_count; k++) {
		const struct entry *e = &t->entries[k];

		if (!e->told.over || e->told.at_us >= before_us)
			t->entries[kept++] = *e;
	}
	t->entry_count = kept;
}

/* --- what is due -------------------------------------------------------- */

static bool wants(const struct telling_rule *r, const char *ca)
{
	bool wanted = r->ca_count == 0;

	for (size_t k = 0; k < r->ca_count && !wanted; k++)
		wanted = strcmp(r->cas[k], ca) == 0;
	return wanted;
}

/* A clock that was set back far must not silence a receiver. */
static bool is_time(const struct telling_rule *r, const struct told *told,
		    int64_t now_us)
{
	int64_t since_us = now_us - told->at_us;

	return r->remind_us > 0 &&
	       (since_us >= r->remind_us || since_us <= -r->remind_us);
}

/* Of one that it has been told of. */
static bool due_again(const struct telling_rule *r, const struct incident *i,
		      int64_t now_us, struct telling_due *due)
{
	const struct told before = due->told;

	due->told.over = i->end_us != 0;
	due->told.said = false;
	if (due->told.over) {
		due->kind = TELLING_RESOLVED;
		due->silent = !r->resolved;
		due->told.said = r->resolved;
		return !before.over;
	}
	if (before.over && before.said) {
		due->kind = TELLING_REOPENED;
	} else if (i->worst > before.worst) {
		due->kind = TELLING_ESCALATED;
	} else if (is_time(r, &before, now_us)) {
		due->kind = TELLING_REMINDER;
	} else {
		/* It went on before its end was told. */
		due->silent = true;
		return before.over;
	}
	return true;
}

bool telling_due(const struct telling *t, size_t receiver, const char *ca,
		 const struct incident *i, int64_t now_us,
		 struct telling_due *ret_due)
{
	const struct telling_rule *r = &t->rules[receiver];
	const struct entry *known = find(t, receiver, ca, i->number);
	struct telling_due due = { .kind = TELLING_OPENED };

	if (known) {
		due.told = known->told;
		if (!due_again(r, i, now_us, &due))
			return false;
	} else if (i->end_us || i->worst < r->least || !wants(r, ca)) {
		return false;
	}
	if (i->worst > due.told.worst)
		due.told.worst = i->worst;
	if (!due.silent) {
		due.told.at_us = now_us;
		due.told.count++;
	}
	*ret_due = due;
	return true;
}

int64_t telling_retry_us(unsigned failed)
{
	int64_t us = RETRY_FIRST_US;

	while (failed-- > 1 && us < RETRY_MOST_US)
		us *= 2;
	return us < RETRY_MOST_US ? us : RETRY_MOST_US;
}
