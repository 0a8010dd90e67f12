#include "edge/pack.h"

#include <assert.h>
#include <stdlib.h>

#include <zstd.h>

#include "base/mem.h"
#include "edge/cleanup.h"

enum { PACK_LEVEL = 6 };

AUTO_KIND(cctx, ZSTD_CCtx, ZSTD_freeCCtx)

void *pack_bytes(const void *data, size_t len, size_t *ret_len)
{
	AUTO(cctx) ZSTD_CCtx *ctx = ZSTD_createCCtx();
	size_t room = ZSTD_compressBound(len);
	char *packed = mem_zalloc(room);
	size_t got;

	if (!ctx)
		abort();
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_compressionLevel, PACK_LEVEL);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1);
	got = ZSTD_compress2(ctx, packed, room, len ? data : "", len);
	assert(!ZSTD_isError(got));
	*ret_len = got;
	return packed;
}

bool unpack_bytes(const void *packed, size_t packed_len, size_t max,
		  char **ret_data, size_t *ret_len, struct fail *why)
{
	unsigned long long len = ZSTD_getFrameContentSize(packed, packed_len);
	AUTO(text) char *data = NULL;
	size_t got;

	if (len == ZSTD_CONTENTSIZE_ERROR || len == ZSTD_CONTENTSIZE_UNKNOWN)
		return fail_set(why, FAIL_CORRUPT,
				"packed bytes do not start as zstd does");
	if (len > max)
		return fail_set(why, FAIL_CORRUPT,
				"packed bytes unpack to %llu, over the limit "
				"of %zu",
				len, max);
	data = mem_zalloc((size_t)len + 1);
	got = ZSTD_decompress(data, (size_t)len, packed, packed_len);
	if (ZSTD_isError(got) || got != len)
		return fail_set(
			why, FAIL_CORRUPT, "packed bytes do not unpack: %s",
			ZSTD_isError(got) ? ZSTD_getErrorName(got) : "too few");
	*ret_data = data;
	*ret_len = got;
	data = NULL;
	return true;
}
