#include "report/map.h"

#include <stdio.h>
#include <string.h>

#include "report/chart.h"
#include "report/html.h"
#include "report/page_frame.h"
#include "report/summary.h"

/* Two units a degree; from 75 north to 57 south. */
enum { WIDTH = 720, HEIGHT = 264, TOP_DEGREES = 75, LABELS_MOST = 12 };

/* The land, coarsely: longitude and latitude of corners, in degrees. */
static const signed short land[][2] = {
	/* North America */
	{ -166, 66 },
	{ -156, 71 },
	{ -128, 70 },
	{ -110, 68 },
	{ -95, 72 },
	{ -82, 70 },
	{ -86, 64 },
	{ -94, 59 },
	{ -82, 55 },
	{ -79, 52 },
	{ -77, 61 },
	{ -65, 59 },
	{ -56, 52 },
	{ -65, 45 },
	{ -70, 42 },
	{ -76, 36 },
	{ -81, 31 },
	{ -80, 25 },
	{ -84, 30 },
	{ -97, 27 },
	{ -97, 20 },
	{ -91, 18 },
	{ -87, 21 },
	{ -84, 15 },
	{ -83, 9 },
	{ -78, 8 },
	{ -86, 12 },
	{ -96, 16 },
	{ -105, 20 },
	{ -112, 28 },
	{ -110, 23 },
	{ -117, 33 },
	{ -124, 40 },
	{ -124, 48 },
	{ -135, 58 },
	{ -152, 60 },
	{ -164, 55 },
	{ -158, 59 },
	{ 999, 0 },
	/* South America */
	{ -78, 8 },
	{ -72, 12 },
	{ -61, 10 },
	{ -50, 1 },
	{ -35, -6 },
	{ -39, -15 },
	{ -41, -22 },
	{ -49, -28 },
	{ -57, -37 },
	{ -65, -42 },
	{ -68, -52 },
	{ -74, -52 },
	{ -73, -40 },
	{ -70, -20 },
	{ -76, -14 },
	{ -81, -5 },
	{ 999, 0 },
	/* Greenland */
	{ -73, 75 },
	{ -20, 75 },
	{ -24, 69 },
	{ -42, 60 },
	{ -51, 64 },
	{ -54, 70 },
	{ 999, 0 },
	/* Africa */
	{ -6, 36 },
	{ 10, 37 },
	{ 11, 33 },
	{ 20, 31 },
	{ 32, 31 },
	{ 36, 22 },
	{ 43, 11 },
	{ 51, 12 },
	{ 40, -3 },
	{ 40, -15 },
	{ 35, -24 },
	{ 27, -34 },
	{ 18, -34 },
	{ 12, -17 },
	{ 13, -5 },
	{ 9, 4 },
	{ -4, 5 },
	{ -13, 8 },
	{ -17, 15 },
	{ -16, 24 },
	{ 999, 0 },
	/* Europe and Asia */
	{ -9, 43 },
	{ -9, 37 },
	{ 0, 38 },
	{ 4, 43 },
	{ 12, 44 },
	{ 16, 38 },
	{ 18, 40 },
	{ 13, 45 },
	{ 22, 37 },
	{ 26, 40 },
	{ 36, 36 },
	{ 34, 29 },
	{ 43, 13 },
	{ 52, 16 },
	{ 59, 22 },
	{ 50, 29 },
	{ 58, 25 },
	{ 67, 24 },
	{ 73, 18 },
	{ 77, 8 },
	{ 80, 14 },
	{ 89, 22 },
	{ 94, 16 },
	{ 99, 8 },
	{ 104, 1 },
	{ 101, 7 },
	{ 101, 13 },
	{ 106, 9 },
	{ 109, 13 },
	{ 106, 20 },
	{ 117, 23 },
	{ 122, 31 },
	{ 119, 37 },
	{ 122, 40 },
	{ 127, 35 },
	{ 129, 41 },
	{ 140, 50 },
	{ 140, 58 },
	{ 156, 58 },
	{ 157, 51 },
	{ 163, 58 },
	{ 179, 63 },
	{ 179, 69 },
	{ 140, 73 },
	{ 110, 75 },
	{ 80, 73 },
	{ 68, 69 },
	{ 44, 67 },
	{ 41, 69 },
	{ 26, 71 },
	{ 13, 66 },
	{ 5, 61 },
	{ 8, 57 },
	{ 13, 56 },
	{ 17, 61 },
	{ 22, 65 },
	{ 25, 60 },
	{ 30, 60 },
	{ 21, 56 },
	{ 12, 54 },
	{ 5, 53 },
	{ -4, 48 },
	{ -1, 44 },
	{ 999, 0 },
	/* Great Britain, Iceland, Madagascar */
	{ -5, 50 },
	{ 1, 51 },
	{ -2, 57 },
	{ -5, 58 },
	{ 999, 0 },
	{ -24, 65 },
	{ -14, 65 },
	{ -19, 63 },
	{ 999, 0 },
	{ 44, -16 },
	{ 50, -15 },
	{ 47, -25 },
	{ 44, -23 },
	{ 999, 0 },
	/* Japan, the islands of the south-east */
	{ 130, 31 },
	{ 136, 34 },
	{ 141, 36 },
	{ 145, 44 },
	{ 140, 43 },
	{ 137, 37 },
	{ 999, 0 },
	{ 95, 5 },
	{ 106, -6 },
	{ 104, -2 },
	{ 999, 0 },
	{ 106, -6 },
	{ 115, -8 },
	{ 105, -7 },
	{ 999, 0 },
	{ 109, 2 },
	{ 117, 7 },
	{ 116, -4 },
	{ 110, -2 },
	{ 999, 0 },
	{ 119, 1 },
	{ 125, 1 },
	{ 120, -5 },
	{ 999, 0 },
	{ 120, 18 },
	{ 126, 8 },
	{ 122, 8 },
	{ 999, 0 },
	{ 131, -1 },
	{ 147, -6 },
	{ 150, -10 },
	{ 138, -8 },
	{ 999, 0 },
	/* Australia, New Zealand */
	{ 114, -22 },
	{ 130, -12 },
	{ 136, -12 },
	{ 140, -17 },
	{ 142, -11 },
	{ 153, -26 },
	{ 150, -37 },
	{ 140, -38 },
	{ 131, -31 },
	{ 115, -34 },
	{ 999, 0 },
	{ 173, -35 },
	{ 178, -38 },
	{ 167, -46 },
	{ 172, -41 },
	{ 999, 0 },
};

static double x_of(double longitude)
{
	return (longitude + 180) * 2;
}

static double y_of(double latitude)
{
	double y = (TOP_DEGREES - latitude) * 2;

	return y < 4 ? 4 : y > HEIGHT - 4 ? HEIGHT - 4 : y;
}

static void add_land(struct buf *out)
{
	char command = 'M';

	buf_add_text(out, "<path class=\"land\" d=\"");
	for (size_t i = 0; i < sizeof(land) / sizeof(land[0]); i++) {
		if (land[i][0] == 999) {
			buf_add_char(out, 'z');
			command = 'M';
			continue;
		}
		buf_addf(out, "%c%d %d", command, (land[i][0] + 180) * 2,
			 (TOP_DEGREES - land[i][1]) * 2);
		command = 'L';
	}
	buf_add_text(out, "\"/>");
}

/* Labels beside their marks; one that would cover another goes below it. */
struct label {
	double x, y;
};

static double free_y(const struct label *labels, size_t n, double x, double y)
{
	for (size_t i = 0; i < n; i++) {
		double dx = labels[i].x - x, dy = labels[i].y - y;

		if (dx > -80 && dx < 80 && dy > -13 && dy < 13)
			return free_y(labels + i + 1, n - i - 1, x,
				      labels[i].y + 13);
	}
	return y;
}

static void add_station(struct buf *out, const struct board *b, size_t i,
			struct label *labels, size_t *n)
{
	const struct board_station *s = &b->stations[i];
	double x = x_of(s->longitude), y = y_of(s->latitude);
	bool left = x > WIDTH - 110;

	buf_addf(out,
		 "<g class=\"s%u\"><circle class=\"place%s\" cx=\"%.1f\" "
		 "cy=\"%.1f\" r=\"4\"/>",
		 frame_style(i), s->answer == BOARD_ANSWERS ? "" : " missing",
		 x, y);
	if (*n < LABELS_MOST) {
		double at = free_y(labels, *n, x, y);

		labels[(*n)++] = (struct label){ x, at };
		buf_addf(out,
			 "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" "
			 "text-anchor=\"%s\">",
			 left ? x - 8 : x + 8, at + 4, left ? "end" : "start");
		html_text(out, board_place(s));
		buf_add_text(out, "</text>");
	}
	buf_add_text(out, "</g>");
}

void map_print(struct buf *out, const struct board *b)
{
	struct label labels[LABELS_MOST];
	size_t placed = 0, n = 0;

	for (size_t i = 0; i < b->station_count; i++)
		placed += b->stations[i].placed;
	if (placed == 0)
		return;
	buf_addf(out,
		 "<svg class=\"map\" viewBox=\"0 0 %d %d\" role=\"img\" "
		 "aria-label=\"Map of %zu stations, which the table below "
		 "lists\">",
		 WIDTH, HEIGHT, placed);
	add_land(out);
	for (size_t i = 0; i < b->station_count; i++) {
		if (b->stations[i].placed)
			add_station(out, b, i, labels, &n);
	}
	buf_add_text(out, "</svg>");
}
