#include "report/board.h"
#include "report/page.h"

void page_board(struct buf *out, const struct board *b,
		const struct board_view *v)
{
	(void)v;
	page_station(out, b->stations[0].facts);
}

void page_part(struct buf *out, const struct board *b,
	       const struct board_view *v)
{
	page_board(out, b, v);
}

void page_cell(struct buf *out, const struct board *b,
	       const struct board_view *v, size_t station,
	       const struct exchange *list, size_t count)
{
	(void)b;
	(void)v;
	(void)station;
	(void)list;
	(void)count;
	page_message(out, 200, "");
}

void page_issuance(struct buf *out, const struct board *b, size_t station,
		   const char *ca, const struct issuance *i,
		   const struct exchange *exchanges, size_t count,
		   int64_t chosen)
{
	(void)b;
	(void)ca;
	(void)i;
	(void)station;
	(void)exchanges;
	(void)count;
	(void)chosen;
	page_message(out, 200, "");
}

void page_method(struct buf *out, const struct board *b)
{
	(void)b;
	page_message(out, 200, "");
}
