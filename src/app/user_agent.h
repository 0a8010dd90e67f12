/*
 * How we name ourselves to a CA (RFC 8555 section 6.1): who asks, in which
 * version, and that it is a measurement.
 */
#ifndef APP_USER_AGENT_H
#define APP_USER_AGENT_H

#define USER_AGENT "acmeter/" ACMETER_VERSION " (ACME CA monitor)"

#endif
