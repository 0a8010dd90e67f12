#include "app/hub_private.h"

#include <stdio.h>

#include "base/mem.h"
#include "judge/lookout.h"

/* One that can be asked. */
struct asked {
	const struct hub_station *station;
	int refused; /* the status with which it did, and that was said; 0 */
};

struct hub_looks {
	struct lookout lookout;
	size_t count;
	struct asked asked[]; /* one for each station */
};

void hub_looks_open(struct hub *h)
{
	size_t n = h->config->station_count;

	h->looks = mem_zalloc(sizeof(*h->looks) + n * sizeof(struct asked));
	h->looks->count = n;
	for (size_t i = 0; i < n; i++)
		h->looks->asked[i].station = &h->config->stations[i];
}

/* What it thinks of it is said once; that it cannot be reached is known. */
static void on_answer(void *ctx, int status, const char *body, size_t len,
		      const char *why)
{
	struct asked *a = ctx;
	bool good = status == 0 || (status >= 200 && status < 300);

	(void)body;
	(void)len;
	(void)why;
	if (!good && status != a->refused)
		fprintf(stderr,
			"acmeter hub: %s does not look when it is asked to "
			"(status %d): it needs %s\n",
			a->station->name, status,
			status == 403 ? "a token_file or client_ca"
				      : "acmeter of this version or newer");
	a->refused = good ? 0 : status;
}

void hub_looks_hear(struct hub *h, unsigned station, const char *ca,
		    const struct issuance *i)
{
	int64_t ended_us =
		i->wall_us + i->took_us - remote_offset_us(h->remotes[station]);
	char target[128];

	if (!h->judges ||
	    !lookout_sees(&h->looks->lookout, judging_court(h->judging), ca, i,
			  ended_us, loop_now(h->loop).wall_us))
		return;
	snprintf(target, sizeof(target), "/api/v1/look?ca=%s", ca);
	for (size_t n = 0; n < h->looks->count; n++) {
		if (n != station && remote_is_warm(h->remotes[n]) &&
		    remote_ca_number(h->remotes[n], ca))
			remote_ask(h->remotes[n], "POST", target, on_answer,
				   &h->looks->asked[n]);
	}
}
