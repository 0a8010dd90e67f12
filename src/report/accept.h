/*
 * Which of the forms that we have a client asks for (RFC 9110 12.5.1).
 *
 * Read leniently: a range that makes no sense is passed over, and a client that
 * names no media type at all takes anything.
 */
#ifndef REPORT_ACCEPT_H
#define REPORT_ACCEPT_H

/*
 * How much of a media type ("text/csv") a field value wants, in thousandths:
 * the q of the most specific range that holds it; 0 when none does or it is
 * refused. -1 when the value names no range at all.
 */
int accept_per_mille(const char *accept, const char *type);

#endif
