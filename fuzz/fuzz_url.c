/*
 * URLs and addresses: what is accepted prints and reads back as itself, and a
 * URL that the policy lets pass is where the policy says.
 */
#include "fuzz.h"

#include <stdio.h>

#include "acme/policy.h"
#include "base/ip.h"
#include "base/url.h"

static void address(const char *text)
{
	char printed[IP_TEXT];
	struct ip ip, again;

	if (!ip_parse(text, &ip))
		return;
	CLAIM(ip.family == IP_V4 || ip.family == IP_V6);
	ip_print(printed, &ip);
	CLAIM(ip_parse(printed, &again) && ip_equal(&ip, &again));
	if (ip_is_loopback(&ip))
		CLAIM(ip_is_special(&ip));
}

/* The URL made again of its parts is the same URL. */
static void put_together(const struct url *url)
{
	char authority[URL_HOST_MAX + 8];
	char text[URL_MAX + URL_HOST_MAX];
	struct url again;

	url_print_authority(authority, url);
	CLAIM(strlen(authority) < sizeof(authority) - 1);
	snprintf(text, sizeof(text), "http%s://%s%s", url->https ? "s" : "",
		 authority, url->target);
	if (strlen(text) >= URL_MAX)
		return;
	CLAIM(url_parse(text, &again, NULL));
	CLAIM(url_same_origin(url, &again) && url_same_origin(&again, url));
	CLAIM(strcmp(again.host, url->host) == 0 && again.port == url->port);
	CLAIM(strcmp(again.target, url->target) == 0);
}

static void guarded(const char *text, const struct url *url)
{
	static const struct url_policy strict = { .allow_http = false };
	struct url directory;

	CLAIM(url_parse("https://ca.example/dir", &directory, NULL));
	if (!policy_allows(&strict, &directory, text, NULL))
		return;
	CLAIM(url->https && url->port == 443);
	CLAIM(strcmp(url->host, "ca.example") == 0);
}

/* A reference that names no host of its own stays where its base is. */
static void resolved(const char *reference)
{
	static const char base[] = "https://ca.example/a/b?c";
	struct url from, to;
	char url[URL_MAX];

	if (!url_resolve(url, base, reference))
		return;
	CLAIM(strlen(url) < URL_MAX);
	if (reference[0] == '/' && reference[1] == '/')
		return;
	if (strcspn(reference, ":") < strcspn(reference, "/?#"))
		return;
	CLAIM(url_parse(base, &from, NULL));
	CLAIM(!url_parse(url, &to, NULL) || url_same_origin(&from, &to));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_string(data, len);
	struct fail why = { .code = FAIL_NONE };
	struct url url;

	address(text);
	resolved(text);
	if (url_parse(text, &url, &why)) {
		CLAIM(strlen(text) < URL_MAX && url.port > 0);
		CLAIM(url.host[0] && strlen(url.host) < URL_HOST_MAX);
		CLAIM(!strpbrk(url.host, "/?#@\\ %[]"));
		CLAIM(url.target[0] == '/' || url.target[0] == '?');
		put_together(&url);
		guarded(text, &url);
	} else {
		CLAIM(why.code == FAIL_PEER && why.text[0]);
		CLAIM(fuzz_is_printable(why.text));
	}
	free(text);
	return 0;
}
