/*
 * chunk_encode.c - rows to chunk bytes
 *
 * Most rows are as predicted and add nothing, or one byte when they access memory. The others add to one of six byte streams, kept
 * apart because each compresses best alone:
 *
 *	row's successor predicted wrong   -> RUN (rows since the last such) and JUMP (which one it was)
 *	row has an address                -> LENGTH or FOLLOW (bytes of the difference from the prediction, often 0) and DATA (those bytes)
 *	flags or address not as expected  -> ESCAPE (row gap, flags, address)
 *
 * A row's expected flags depend on its successor, so each row's flags are settled when the next row arrives.
 */
#include <stdlib.h>
#include <zstd.h>

#include "trace/bytes.h"
#include "trace/checksum.h"
#include "trace/chunk.h"

enum { COMPRESSION_LEVEL = 1, STRAY_ADDR = 1 << 8 };

struct trace_chunk_encoder {
	struct trace_predict predict;
	uint8_t *start[TRACE_N_STREAMS];
	uint8_t *at[TRACE_N_STREAMS];
	size_t n_rows; /* in this chunk */
	uint32_t first_uop, last_uop;
	unsigned last_flags; /* of the last row; STRAY_ADDR when it has an address without PV_ROW_HAS_ADDR */
	uint64_t last_addr;
	uint64_t base;      /* of the last instruction that accessed memory */
	size_t n_run_start; /* row after the last wrong prediction */
	size_t escape_row;  /* row after the last escape */
	uint64_t n_insns;
	uint8_t *out;
	ZSTD_CCtx *zstd;
};

static const uint8_t max_row_bytes[TRACE_N_STREAMS] = TRACE_STREAM_MAX_ROW_BYTES;

size_t trace_chunk_max_bytes(void)
{
	size_t n = TRACE_CHUNK_HEADER_BYTES;
	for (int s = 0; s < TRACE_N_STREAMS; s++)
		n += ZSTD_COMPRESSBOUND((size_t)max_row_bytes[s] * PV_TRACE_CHUNK_ROWS);
	return n;
}

static void start_chunk(struct trace_chunk_encoder *e)
{
	trace_predict_reset(&e->predict);
	for (int s = 0; s < TRACE_N_STREAMS; s++)
		e->at[s] = e->start[s];
	e->n_rows = 0;
	e->base = 0;
	e->n_run_start = 1;
	e->escape_row = 0;
}

struct trace_chunk_encoder *trace_chunk_encoder_new(void)
{
	struct trace_chunk_encoder *e = calloc(1, sizeof *e);
	if (!e)
		return NULL;
	bool ok = (e->out = malloc(trace_chunk_max_bytes())) && (e->zstd = ZSTD_createCCtx());
	for (int s = 0; s < TRACE_N_STREAMS; s++) {
		e->start[s] = malloc((size_t)max_row_bytes[s] * PV_TRACE_CHUNK_ROWS + 8); /* 8: whole words are stored */
		ok = ok && e->start[s];
	}
	if (ok) {
		start_chunk(e);
		return e;
	}
	trace_chunk_encoder_free(e);
	return NULL;
}

void trace_chunk_encoder_free(struct trace_chunk_encoder *e)
{
	if (!e)
		return;
	trace_predict_release(&e->predict);
	for (int s = 0; s < TRACE_N_STREAMS; s++)
		free(e->start[s]);
	free(e->out);
	ZSTD_freeCCtx(e->zstd);
	free(e);
}

bool trace_chunk_encoder_table(struct trace_chunk_encoder *e, const struct pv_uop *uops, uint32_t n)
{
	return trace_predict_grow(&e->predict, uops, n);
}

size_t trace_chunk_encoder_rows(const struct trace_chunk_encoder *e)
{
	return e->n_rows;
}

uint64_t trace_chunk_encoder_insns(const struct trace_chunk_encoder *e)
{
	return e->n_insns;
}

/* The last row's flags or address are not as expected: write them out. */
static void escape(struct trace_chunk_encoder *e)
{
	bool stray = (e->last_flags & STRAY_ADDR) != 0;
	size_t row = e->n_rows - 1;
	uint8_t *p = trace_put_leb(e->at[TRACE_STREAM_ESCAPE], (row - e->escape_row) << 1 | stray);
	*p++ = (uint8_t)e->last_flags;
	if (stray) {
		trace_put_u64(p, e->last_addr);
		p += 8;
	}
	e->at[TRACE_STREAM_ESCAPE] = p;
	e->escape_row = row + 1;
}

/* The last row was followed by `uop`, not by the predicted one. */
static void jump(struct trace_chunk_encoder *e, uint32_t uop)
{
	e->at[TRACE_STREAM_RUN] = trace_put_leb(e->at[TRACE_STREAM_RUN], e->n_rows - e->n_run_start);
	e->n_run_start = e->n_rows + 1;
	uint32_t last = e->last_uop;
	uint64_t code = e->predict.uop[last].alt == uop ? 0 : trace_zigzag((uint64_t)uop - last) + 1;
	e->at[TRACE_STREAM_JUMP] = trace_put_leb(e->at[TRACE_STREAM_JUMP], code);
	trace_predict_miss(&e->predict, last, uop);
}

/* Bytes that hold z without its leading zeros. */
static inline unsigned length_of(uint64_t z)
{
	return (71 - (unsigned)__builtin_clzll(z | 1)) / 8 - (z == 0);
}

static inline void put_address(struct trace_chunk_encoder *e, struct trace_predict_uop *u, uint32_t uop, uint64_t addr)
{
	uint64_t z;
	enum trace_stream lengths;
	if (u->kind & TRACE_KIND_FOLLOW) {
		z = trace_zigzag(addr - (e->base + (uint64_t)(int64_t)u->addr_offset));
		lengths = TRACE_STREAM_FOLLOW;
	} else {
		struct trace_predict_addr *a = &e->predict.addr[uop];
		if (u->epoch != e->predict.epoch) {
			u->epoch = e->predict.epoch;
			*a = (struct trace_predict_addr){.last = e->base};
		}
		uint64_t d = addr - a->last;
		/* The stride is written as 0; so that nothing is lost, 0 is written as the stride. */
		z = trace_zigzag(d == a->stride ? 0 : d == 0 ? a->stride : d);
		if (d == a->delta)
			a->stride = d;
		a->delta = d;
		a->last = addr;
		lengths = TRACE_STREAM_LENGTH;
	}
	e->base = addr - (uint64_t)(int64_t)u->addr_offset;
	unsigned n = length_of(z);
	*e->at[lengths]++ = (uint8_t)n;
	trace_put_u64(e->at[TRACE_STREAM_DATA], z);
	e->at[TRACE_STREAM_DATA] += n;
}

size_t trace_chunk_encode(struct trace_chunk_encoder *e, const struct pv_row *rows, size_t n)
{
	const struct trace_predict *predict = &e->predict;
	if (n > PV_TRACE_CHUNK_ROWS - e->n_rows)
		n = PV_TRACE_CHUNK_ROWS - e->n_rows;
	for (size_t i = 0; i < n; i++) {
		uint32_t uop = rows[i].uop;
		if (uop >= predict->n)
			return i;
		if (e->n_rows > 0) {
			const struct trace_predict_uop *last = &predict->uop[e->last_uop];
			if (last->next != uop)
				jump(e, uop);
			if (last->expect != e->last_flags)
				escape(e);
		} else {
			e->first_uop = uop;
		}
		struct trace_predict_uop *u = &predict->uop[uop];
		e->n_insns += u->kind & TRACE_KIND_FIRST;
		e->last_uop = uop;
		e->last_flags = rows[i].flags;
		if (rows[i].flags & PV_ROW_HAS_ADDR) {
			put_address(e, u, uop, rows[i].addr);
		} else if (rows[i].addr) {
			e->last_flags |= STRAY_ADDR;
			e->last_addr = rows[i].addr;
		}
		e->n_rows++;
	}
	return n;
}

bool trace_chunk_finish(struct trace_chunk_encoder *e, const uint8_t **data, struct trace_chunk_place *place)
{
	if (trace_predict_last_flags(&e->predict.uop[e->last_uop]) != e->last_flags)
		escape(e);
	size_t n = TRACE_CHUNK_HEADER_BYTES;
	trace_put_u32(e->out, (uint32_t)e->n_rows);
	trace_put_u32(e->out + 4, e->first_uop);
	for (int s = 0; s < TRACE_N_STREAMS; s++) {
		size_t n_raw = (size_t)(e->at[s] - e->start[s]);
		size_t n_stored = 0;
		if (n_raw)
			n_stored =
			    ZSTD_compressCCtx(e->zstd, e->out + n, trace_chunk_max_bytes() - n, e->start[s], n_raw, COMPRESSION_LEVEL);
		if (ZSTD_isError(n_stored))
			return false;
		trace_put_u32(e->out + 8 + 8 * s, (uint32_t)n_raw);
		trace_put_u32(e->out + 12 + 8 * s, (uint32_t)n_stored);
		n += n_stored;
	}
	*data = e->out;
	place->n_bytes = (uint32_t)n;
	place->hash = trace_xxh64(e->out, n);
	place->first_uop = e->first_uop;
	start_chunk(e);
	return true;
}
