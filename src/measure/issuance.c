#include "measure/issuance.h"

#include "base/text.h"

struct issuance issuance_begin(unsigned ca, const char *name, unsigned names,
			       bool shallow, struct now now)
{
	struct issuance i = {
		.ca = ca,
		.wall_us = now.wall_us,
		.took_us = -1,
		.shallow = shallow,
		.names = names,
		.first_validation_us = -1,
		.valid_after_us = -1,
		.valid_before_us = -1,
	};

	text_copy(i.name, sizeof(i.name), name);
	return i;
}

static int64_t since_challenge(const struct flow_result *r, int64_t mono_us)
{
	return mono_us < 0 || r->challenged_us < 0 ? -1
						   : mono_us - r->challenged_us;
}

void issuance_follow(struct issuance *i, const struct flow *f,
		     int64_t started_us)
{
	const struct flow_result *r = flow_result(f);

	i->waited_us = r->waited_us;
	i->op = r->decided ? r->op : flow_op(f);
	i->first_validation_us = since_challenge(r, r->first_validation_us);
	i->validations = r->validations;
	i->valid_after_us = since_challenge(r, r->valid_after_us);
	i->valid_before_us = since_challenge(r, r->valid_before_us);
	if (r->valid_before_us < 0)
		i->valid_after_us = -1;
	if (!r->decided)
		return;
	i->took_us = r->decided_us - started_us;
	i->outcome = r->outcome;
	i->status = r->status;
	text_copy(i->problem, sizeof(i->problem), r->problem);
	text_copy(i->detail, sizeof(i->detail), r->detail);
	text_copy(i->serial, sizeof(i->serial), r->serial);
	text_copy(i->issuer, sizeof(i->issuer), r->issuer);
	i->not_before_us = r->not_before_us;
	i->not_after_us = r->not_after_us;
	i->chain_length = r->chain_length;
	i->alternates = r->alternates;
}

void issuance_note_request(struct issuance *i, const struct ip *from,
			   int64_t at_us)
{
	struct validation_request *r;

	if (i->request_count == ISSUANCE_REQUESTS)
		return;
	r = &i->requests[i->request_count++];
	r->at_us = at_us < 0 ? 0 : at_us > UINT32_MAX ? UINT32_MAX : at_us;
	r->from = *from;
}

void issuance_read(struct exchange *e, const struct flow_reading *reading)
{
	e->outcome = reading->outcome;
	text_copy(e->problem, sizeof(e->problem), reading->problem);
	text_copy(e->detail, sizeof(e->detail), reading->detail);
	e->retry_after_us = reading->retry_after_us;
}
