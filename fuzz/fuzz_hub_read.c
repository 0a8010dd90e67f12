/*
 * Any bytes as what a hub answers to `acmeter check`: what is believed is
 * within its bounds, and what is said of it is one line, or JSON.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "report/check_show.h"

#define NOW_US (INT64_C(1593068070) * US_PER_S)

static void check_json(struct buf *out)
{
	json_t *json;

	assert(!out->full);
	json = json_loadb(out->data, out->len, JSON_REJECT_DUPLICATES, NULL);
	assert(json);
	json_decref(json);
	buf_clear(out);
}

static void show_plugin(const struct check_heard *h)
{
	const struct check_map map = check_map_default();
	enum check_status status = check_plugin_status(h, &map);
	struct buf out = BUF_INIT(1 << 16);
	const char *bar;

	check_plugin_line(&out, h, status);
	assert(!out.full && !memchr(out.data, '\n', out.len));
	bar = memchr(out.data, '|', out.len);
	assert(!bar || !strchr(bar + 1, '|'));
	buf_clear(&out);
	check_plugin_json(&out, h, status);
	check_json(&out);
	buf_release(&out);
}

static void show_side(const struct check_heard *h, enum op op)
{
	const struct issuance here = { .outcome = OUTCOME_TIMEOUT, .op = op };
	const struct check_side s = { .directory = "https://ca.example/dir",
				      .here = &here,
				      .heard = *h };
	const struct side_evidence e = check_evidence(&s);
	const struct side_finding f = side_find(&e);
	struct buf out = BUF_INIT(1 << 16);

	check_side_text(&out, &s, &f);
	assert(!out.full);
	buf_clear(&out);
	check_side_json(&out, &s, &f, 0);
	check_json(&out);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	struct check_heard h = { .hub = "https://hub.example",
				 .ca = "le",
				 .now_us = NOW_US };
	struct hub_cas cas;
	struct fail why = { .text = "" };

	if (hub_read_cas(text, len, &cas, &why)) {
		assert(cas.count <= HUB_CAS);
		hub_cas_find(&cas, "https://ca.example/dir");
	}
	if (!hub_read_verdict(text, len, &h.verdict, &why)) {
		h.there = THERE_ODD;
	} else {
		assert(h.verdict.verdict < VERDICTS && h.verdict.ca[0]);
		h.there = check_freshness(&h.verdict, NOW_US, 600, &why);
	}
	h.trouble = why.text;
	show_plugin(&h);
	show_side(&h, OP_NEW_ORDER);
	return 0;
}
