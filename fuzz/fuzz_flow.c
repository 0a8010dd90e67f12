/*
 * The flow against a CA that answers well, badly, or anything at all. Whatever
 * it is told, a flow ends within its limits with one outcome.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "acme/flow.h"
#include "acme/model_ca.h"

enum { MOST_TURNS = 5000 };

struct input {
	const uint8_t *data;
	size_t len;
};

static uint8_t take_byte(struct input *in)
{
	if (in->len == 0)
		return 0;
	in->len--;
	return *in->data++;
}

/* Up to 255 bytes of the input, as they are. */
static size_t take_bytes(struct input *in, const uint8_t **ret_bytes)
{
	size_t len = take_byte(in);

	if (len > in->len)
		len = in->len;
	*ret_bytes = in->data;
	in->data += len;
	in->len -= len;
	return len;
}

static const int statuses[] = { 200, 201, 204, 302, 400, 404, 429, 500, 503 };

static void answer(struct flow *f, struct model_ca *ca, struct input *in,
		   const struct flow_ask *ask, struct now now)
{
	struct flow_answer a = model_ca_answer(ca, ask, NULL);
	struct flow_reading reading;
	const uint8_t *bytes;
	char *copy = NULL;

	switch (take_byte(in) % 8) {
	case 4: /* anything at all */
		a.status = statuses[take_byte(in) % 9];
		a.body_len = take_bytes(in, &bytes);
		a.body = (const char *)bytes;
		a.headers_len = take_bytes(in, &bytes);
		a.headers = (const char *)bytes;
		break;
	case 5:
		a = (struct flow_answer){ .transport = OUTCOME_TIMEOUT,
					  .transport_detail = "silence" };
		break;
	case 6: /* cut short */
		a.body_len = a.body_len * take_byte(in) / 255;
		break;
	case 7: /* one byte is another */
		if (a.body_len == 0)
			break;
		copy = malloc(a.body_len);
		memcpy(copy, a.body, a.body_len);
		copy[(take_byte(in) * 256u + take_byte(in)) % a.body_len] =
			(char)take_byte(in);
		a.body = copy;
		break;
	default:
		break;
	}
	flow_take(f, &a, now, &reading);
	if (reading.outcome >= OUTCOMES)
		abort();
	free(copy);
}

/* Does one thing; false when the flow has ended. */
static bool turn(struct flow *f, struct model_ca *ca, struct input *in,
		 struct now *now)
{
	static const struct flow_certificate good = { .serial = "1",
						      .issuer = "x" };
	struct flow_want want;

	now->mono_us += 1000;
	now->wall_us += 1000;
	switch (flow_want(f, *now, &want)) {
	case FLOW_SEND:
		answer(f, ca, in, &want.ask, *now);
		return true;
	case FLOW_WAIT:
		now->mono_us = want.until_us;
		return true;
	case FLOW_BIND:
		flow_bound(f, "{}", NULL, *now);
		return true;
	case FLOW_PRESENT:
		flow_validation_seen(f, want.token, *now);
		flow_presented(f, true, NULL, *now);
		return true;
	case FLOW_VERIFY:
		flow_verified(f, take_byte(in) % 8 == 7 ? NULL : &good, "bad",
			      *now);
		return true;
	case FLOW_ENDED:
		return false;
	}
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const names[] = { "a.example", "b.example" };
	struct input in = { data, len };
	uint8_t flags = take_byte(&in);
	struct model_ca ca;
	struct flow_options options = {
		.directory_url = model_ca_directory,
		.names = names,
		.name_count = 1 + (flags & 1),
		.shallow = flags & 2,
		.revoke = flags & 4,
		.account_known = flags & 8,
		.has_binding = flags & 16,
		.thumbprint = "thumb",
		.csr = "Y3Ny",
		.limits = flow_limits_default(),
	};
	struct now now = { .mono_us = 1, .wall_us = 1 };
	struct flow *f;
	int turns = 0;

	model_ca_init(&ca, names, options.name_count);
	ca.alternates = flags >> 5;
	f = flow_new(&options, now, NULL);
	while (turn(f, &ca, &in, &now)) {
		if (++turns > MOST_TURNS)
			abort();
	}
	if (!flow_result(f)->decided)
		abort();
	flow_free(f);
	model_ca_release(&ca);
	return 0;
}
