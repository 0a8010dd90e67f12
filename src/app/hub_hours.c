/*
 * The hours of all stations as one: each is asked for its own, and what they
 * answer is added, histogram by histogram. Quantiles are read from the sum.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/hub_private.h"
#include "base/mem.h"
#include "report/json_write.h"
#include "report/stat_json.h"
#include "report/stat_read.h"

enum { TARGET_MAX = 256, WHY_SHOWN = 120 };

struct sum {
	struct hub *hub;
	struct site_wait *wait;
	struct stat_table table;
	size_t waiting; /* stations that have not answered */
	struct buf missing;
	unsigned missing_count;
};

/* One of the stations that are asked. */
struct asked {
	struct sum *sum;
	size_t station;
};

static void answer(struct sum *s)
{
	struct site_reply reply = { .status = 200,
				    .type = "application/json",
				    .text = BUF_INIT(SITE_BODY_MAX) };

	buf_add_text(&reply.text, "{\"hours\":[");
	stat_table_sort(&s->table);
	for (size_t i = 0; i < s->table.count; i++) {
		const struct stat_row *row = &s->table.rows[i];

		if (i)
			buf_add_text(&reply.text, ",\n");
		report_stat_json(&reply.text, row->ca, row->op, row->start_us,
				 US_PER_HOUR, row->stat);
	}
	buf_addf(&reply.text, "],\"missing\":[%s]}\n", buf_text(&s->missing));
	site_answer(s->wait, &reply);
	stat_table_release(&s->table);
	buf_release(&s->missing);
	free(s);
}

static void add_missing(struct sum *s, size_t station, const char *why)
{
	char shown[WHY_SHOWN];

	snprintf(shown, sizeof(shown), "%s", why);
	if (s->missing_count++)
		buf_add_char(&s->missing, ',');
	buf_add_char(&s->missing, '{');
	json_text(&s->missing, "station",
		  s->hub->config->stations[station].name);
	json_text(&s->missing, "why", shown);
	buf_add_char(&s->missing, '}');
}

static void got_hours(void *ctx, int status, const char *body, size_t len,
		      const char *why)
{
	struct asked *a = ctx;
	struct sum *s = a->sum;
	struct fail fail;

	if (status != 200)
		add_missing(s, a->station, status ? "it refused" : why);
	else if (!stat_table_add(&s->table, body, len, &fail))
		add_missing(s, a->station, fail.text);
	free(a);
	if (--s->waiting == 0)
		answer(s);
}

static void print_target(const struct route *route, char dst[static TARGET_MAX])
{
	struct buf out = BUF_INIT(TARGET_MAX);

	buf_addf(&out, "/api/v1/hours?limit=%u", route->limit);
	if (route->ca[0])
		buf_addf(&out, "&ca=%s", route->ca);
	if (route->op >= 0)
		buf_addf(&out, "&op=%s", op_name((enum op)route->op));
	if (route->from_us != ROUTE_ANY)
		buf_addf(&out, "&from=%" PRId64, route->from_us / US_PER_S);
	if (route->to_us != ROUTE_ANY)
		buf_addf(&out, "&to=%" PRId64, route->to_us / US_PER_S);
	snprintf(dst, TARGET_MAX, "%s", buf_text(&out));
	buf_release(&out);
}

void hub_hours(struct hub *h, const struct route *route, struct site_wait *wait)
{
	struct sum *s = mem_zalloc(sizeof(*s));
	char target[TARGET_MAX];

	*s = (struct sum){ .hub = h,
			   .wait = wait,
			   .waiting = h->config->station_count + 1,
			   .missing = BUF_INIT(SITE_BODY_MAX) };
	print_target(route, target);
	for (size_t i = 0; i < h->config->station_count; i++) {
		struct asked *a = mem_zalloc(sizeof(*a));

		*a = (struct asked){ .sum = s, .station = i };
		if (!remote_ask(h->remotes[i], "GET", target, got_hours, a))
			got_hours(a, 0, "", 0, "it is asked too much already");
	}
	if (--s->waiting == 0)
		answer(s);
}
