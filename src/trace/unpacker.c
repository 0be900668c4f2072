/*
 * unpacker.c - zstd, gzip and xz behind one function
 *
 * Files of several frames or members one after the other are one text, as the command line tools have it.
 */
#include "trace/unpacker.h"

#include <stdlib.h>
#include <string.h>

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

enum kind { ZSTD, GZIP, XZ };

static const struct {
	enum kind kind;
	uint8_t n;
	uint8_t bytes[TRACE_UNPACKER_MAGIC];
} magics[] = {
    {ZSTD, 4, {0x28, 0xb5, 0x2f, 0xfd}},
    {GZIP, 2, {0x1f, 0x8b}},
    {XZ, 6, {0xfd, '7', 'z', 'X', 'Z', 0x00}},
};

struct trace_unpacker {
	enum kind kind;
	char *name;
	bool inside;
	ZSTD_DStream *zstd;
	z_stream gzip;
	lzma_stream xz;
};

static enum pv_status begin(struct trace_unpacker *u, struct pv_error *err)
{
	bool ok = false;
	switch (u->kind) {
	case ZSTD: ok = (u->zstd = ZSTD_createDStream()) != NULL; break;
	case GZIP: ok = inflateInit2(&u->gzip, 16 + MAX_WBITS) == Z_OK; break;
	case XZ: ok = lzma_stream_decoder(&u->xz, UINT64_MAX, LZMA_CONCATENATED) == LZMA_OK; break;
	}
	FAIL_IF(!ok, err, PV_ERR_NOMEM, "out of memory reading '%s'", u->name);
	return PV_OK;
}

enum pv_status trace_unpacker_new(const uint8_t *magic, size_t n, const char *name, struct trace_unpacker **unpacker, struct pv_error *err)
{
	*unpacker = NULL;
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		if (n < magics[i].n || memcmp(magic, magics[i].bytes, magics[i].n) != 0)
			continue;
		struct trace_unpacker *u = calloc(1, sizeof *u);
		FAIL_IF(!u, err, PV_ERR_NOMEM, "out of memory reading '%s'", name);
		*u = (struct trace_unpacker){.kind = magics[i].kind, .name = strdup(name), .inside = true};
		enum pv_status status = u->name ? begin(u, err) : base_error_set(err, PV_ERR_NOMEM, "out of memory reading '%s'", name);
		if (status == PV_OK)
			*unpacker = u;
		else
			trace_unpacker_free(u);
		return status;
	}
	return PV_OK;
}

void trace_unpacker_free(struct trace_unpacker *u)
{
	if (!u)
		return;
	ZSTD_freeDStream(u->zstd);
	if (u->kind == GZIP)
		inflateEnd(&u->gzip);
	if (u->kind == XZ)
		lzma_end(&u->xz);
	free(u->name);
	free(u);
}

bool trace_unpacker_inside(const struct trace_unpacker *u)
{
	return u->inside;
}

static enum pv_status run_zstd(struct trace_unpacker *u, const uint8_t **in, size_t *n_in, uint8_t **out, size_t *n_out,
                               struct pv_error *err)
{
	ZSTD_inBuffer i = {*in, *n_in, 0};
	ZSTD_outBuffer o = {*out, *n_out, 0};
	size_t r = ZSTD_decompressStream(u->zstd, &o, &i);
	FAIL_IF(ZSTD_isError(r), err, PV_ERR_FORMAT, "'%s' is damaged: %s", u->name, ZSTD_getErrorName(r));
	u->inside = r != 0;
	*in += i.pos;
	*n_in -= i.pos;
	*out += o.pos;
	*n_out -= o.pos;
	return PV_OK;
}

static enum pv_status run_gzip(struct trace_unpacker *u, const uint8_t **in, size_t *n_in, uint8_t **out, size_t *n_out,
                               struct pv_error *err)
{
	z_stream *z = &u->gzip;
	if (!u->inside) {
		inflateReset(z); /* another member */
		u->inside = true;
	}
	z->next_in = (Bytef *)(uintptr_t)*in;
	z->avail_in = (uInt)*n_in;
	z->next_out = *out;
	z->avail_out = (uInt)*n_out;
	int r = inflate(z, Z_NO_FLUSH);
	FAIL_IF(r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR, err, r == Z_MEM_ERROR ? PV_ERR_NOMEM : PV_ERR_FORMAT,
	        "'%s' is damaged: %s", u->name, z->msg ? z->msg : zError(r));
	u->inside = r != Z_STREAM_END;
	*in += *n_in - z->avail_in;
	*n_in = z->avail_in;
	*out += *n_out - z->avail_out;
	*n_out = z->avail_out;
	return PV_OK;
}

static enum pv_status run_xz(struct trace_unpacker *u, const uint8_t **in, size_t *n_in, uint8_t **out, size_t *n_out, struct pv_error *err)
{
	lzma_stream *x = &u->xz;
	x->next_in = *in;
	x->avail_in = *n_in;
	x->next_out = *out;
	x->avail_out = *n_out;
	/* a decoder of concatenated streams is only done when it is told that nothing follows */
	lzma_ret r = lzma_code(x, *n_in ? LZMA_RUN : LZMA_FINISH);
	FAIL_IF(r == LZMA_MEM_ERROR, err, PV_ERR_NOMEM, "out of memory reading '%s'", u->name);
	FAIL_IF(r != LZMA_OK && r != LZMA_STREAM_END && r != LZMA_BUF_ERROR, err, PV_ERR_FORMAT, "'%s' is damaged: bad xz data", u->name);
	u->inside = r != LZMA_STREAM_END;
	*in = x->next_in;
	*n_in = x->avail_in;
	*out = x->next_out;
	*n_out = x->avail_out;
	return PV_OK;
}

enum pv_status trace_unpacker_run(struct trace_unpacker *u, const uint8_t **in, size_t *n_in, uint8_t **out, size_t *n_out,
                                  struct pv_error *err)
{
	switch (u->kind) {
	case ZSTD: return run_zstd(u, in, n_in, out, n_out, err);
	case GZIP: return run_gzip(u, in, n_in, out, n_out, err);
	case XZ: return run_xz(u, in, n_in, out, n_out, err);
	}
	return PV_OK;
}
