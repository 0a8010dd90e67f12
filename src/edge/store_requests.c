/*
 * The validation requests of an issuance, in one value of its row: for each the
 * microseconds since the issuance began (four bytes, the greatest first), how
 * long the address is (one byte: 4 or 16), and the address.
 */
#include "edge/store_private.h"

#include <string.h>

enum {
	HEAD = 5,
	ONE_MOST = HEAD + 16,
	ALL_MOST = ISSUANCE_REQUESTS * ONE_MOST,
};

static size_t put(unsigned char dst[static ONE_MOST],
		  const struct validation_request *r)
{
	size_t len = r->from.family == IP_V4 ? 4 : 16;
	uint32_t at_us = (uint32_t)r->at_us;

	for (unsigned k = 0; k < 4; k++)
		dst[k] = (unsigned char)(at_us >> (24 - 8 * k));
	dst[4] = (unsigned char)len;
	memcpy(dst + HEAD, r->from.bytes, len);
	return HEAD + len;
}

void store_bind_requests(sqlite3_stmt *st, const struct issuance *i)
{
	unsigned char bytes[ALL_MOST];
	size_t len = 0;

	for (unsigned k = 0; k < i->request_count; k++)
		len += put(bytes + len, &i->requests[k]);
	if (len > 0)
		sqlite3_bind_blob(st, I_REQUESTS + 1, bytes, (int)len,
				  SQLITE_TRANSIENT);
}

/* How many bytes the first one has; 0 when there is none. */
static size_t take(const unsigned char *bytes, size_t len,
		   struct validation_request *ret_r)
{
	size_t address = len > HEAD ? bytes[4] : 0;

	if ((address != 4 && address != 16) || len < HEAD + address)
		return 0;
	*ret_r = (struct validation_request){
		.at_us = (int64_t)bytes[0] << 24 | bytes[1] << 16 |
			 bytes[2] << 8 | bytes[3],
		.from.family = address == 4 ? IP_V4 : IP_V6,
	};
	memcpy(ret_r->from.bytes, bytes + HEAD, address);
	return HEAD + address;
}

bool store_read_requests(struct store *s, sqlite3_stmt *st, struct issuance *i,
			 struct fail *why)
{
	const unsigned char *bytes = sqlite3_column_blob(st, I_REQUESTS);
	size_t len = (size_t)sqlite3_column_bytes(st, I_REQUESTS);

	while (bytes && len > 0) {
		size_t one = i->request_count < ISSUANCE_REQUESTS
				     ? take(bytes, len,
					    &i->requests[i->request_count])
				     : 0;

		if (one == 0)
			return fail_set(why, FAIL_CORRUPT,
					"%s: issuance %lld has validation "
					"requests that cannot be read",
					s->path, (long long)i->id);
		i->request_count++;
		bytes += one;
		len -= one;
	}
	return true;
}
