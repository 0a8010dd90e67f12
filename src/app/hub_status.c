/*
 * The status pages that the CAs keep of themselves, read by the hub.
 */
#include <stdlib.h>
#include <string.h>

#include "app/hub_private.h"
#include "app/status_reader.h"
#include "base/mem.h"
#include "base/text.h"

static void on_changed(void *ctx)
{
	site_changed(((struct hub *)ctx)->site);
}

bool hub_status_open(struct hub *h, uint64_t (*seed_of)(size_t i),
		     struct fail *why)
{
	size_t count = h->config->status_page_count;

	h->readers = mem_array(count, sizeof(struct status_reader *));
	h->statuses = mem_array(count, sizeof(*h->statuses));
	for (size_t i = 0; i < count; i++) {
		const struct hub_status_page *p = &h->config->status_pages[i];
		const struct trust *trust = NULL;

		if (text_starts(p->url, "https:") &&
		    !roots_get(h->roots, &p->ca_file, p->ca_file ? 1 : 0,
			       &trust, why))
			return false;
		h->readers[i] = status_reader_new(h->loop, h->http, trust, p,
						  seed_of(i), on_changed, h);
	}
	return true;
}

void hub_status_close(struct hub *h)
{
	for (size_t i = 0; h->readers && i < h->config->status_page_count; i++)
		status_reader_free(h->readers[i]);
	free(h->readers);
	free(h->statuses);
}

/* Also what was read before an incident began may be about it. */
void hub_status_tick(struct hub *h)
{
	for (size_t i = 0; i < h->config->status_page_count; i++)
		judging_hear(h->judging, h->config->status_pages[i].ca,
			     status_reader_statement(h->readers[i]));
}

void hub_status_show(struct hub *h, struct board *b)
{
	size_t count = h->config->status_page_count;

	for (size_t i = 0; i < count; i++) {
		const struct hub_status_page *p = &h->config->status_pages[i];

		h->statuses[i] = (struct board_status){
			.ca = p->ca,
			.page = p->page ? p->page : "",
			.statement = status_reader_statement(h->readers[i]),
			.trouble = status_reader_trouble(h->readers[i]),
		};
	}
	b->statuses = h->statuses;
	b->status_count = count;
}
