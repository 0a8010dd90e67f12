#include "report/page.h"

#include <stdio.h>

#include "report/assets.h"
#include "report/html.h"
#include "report/json_write.h"
#include "report/route.h"

void page_message(struct buf *out, int status, const char *sentence)
{
	char title[64];

	snprintf(title, sizeof(title), "%d %s", status,
		 route_status_phrase(status));
	buf_addf(out,
		 "<!DOCTYPE html>\n<html lang=\"en\"><head>"
		 "<meta charset=\"utf-8\"/><meta name=\"viewport\" "
		 "content=\"width=device-width, initial-scale=1\"/>"
		 "<meta name=\"color-scheme\" content=\"light dark\"/>"
		 "<link rel=\"icon\" href=\"%s\"/>"
		 "<link rel=\"stylesheet\" href=\"%s\"/>",
		 asset_url("icon.svg"), asset_url("page.css"));
	html_element(out, "title", title);
	buf_add_text(out, "</head><body><main>");
	html_element(out, "h1", title);
	html_element(out, "p", sentence);
	buf_add_text(out, "<p><a href=\"/\">To the first page</a></p>"
			  "</main></body></html>\n");
}

void json_message(struct buf *out, int status, const char *sentence)
{
	buf_add_char(out, '{');
	json_number(out, "status", status);
	json_text(out, "title", route_status_phrase(status));
	json_text(out, "detail", sentence);
	buf_add_text(out, "}\n");
}
