#include "edge/openssl.h"

#include <openssl/err.h>

bool openssl_fail(struct fail *why, enum fail_code code, const char *what)
{
	unsigned long error = ERR_peek_last_error();
	const char *reason = error ? ERR_reason_error_string(error) : NULL;

	ERR_clear_error();
	if (!reason)
		return fail_set(why, code, "%s", what);
	return fail_set(why, code, "%s: %s", what, reason);
}
