/*
 * chunk_decode.c - chunk bytes to rows, the mirror of chunk_encode.c
 *
 * The bytes are checked against the index's hash first; after that every size is still checked, because a hash only proves that the
 * chunk is what somebody wrote. The address streams are read without a bound per row: their buffers have room for the most that a
 * chunk's rows can take, lengths past the end are 0, and where the reading ended is compared afterwards.
 */
#include <stdlib.h>
#include <zstd.h>

#include "trace/bytes.h"
#include "trace/checksum.h"
#include "trace/chunk.h"

struct trace_chunk_decoder {
	struct trace_predict predict;
	uint8_t *start[TRACE_N_STREAMS];
	const uint8_t *at[TRACE_N_STREAMS];
	const uint8_t *end[TRACE_N_STREAMS];
	struct pv_row *rows;
	size_t n_rows;
	size_t escape_row; /* the next row with an escape; SIZE_MAX when none is left */
	bool escape_stray; /* that row has an address without PV_ROW_HAS_ADDR */
	uint64_t base;
	uint8_t *in;
	ZSTD_DCtx *zstd;
};

static const uint8_t max_row_bytes[TRACE_N_STREAMS] = TRACE_STREAM_MAX_ROW_BYTES;

struct trace_chunk_decoder *trace_chunk_decoder_new(const struct pv_uop *uops, uint32_t n)
{
	struct trace_chunk_decoder *d = calloc(1, sizeof *d);
	if (!d)
		return NULL;
	bool ok = (d->in = malloc(trace_chunk_max_bytes())) && (d->zstd = ZSTD_createDCtx()) && trace_predict_grow(&d->predict, uops, n);
	for (int s = 0; s < TRACE_N_STREAMS; s++)
		ok = (d->start[s] = calloc(1, (size_t)max_row_bytes[s] * PV_TRACE_CHUNK_ROWS + 8)) && ok; /* 8: whole words are read */
	if (ok)
		return d;
	trace_chunk_decoder_free(d);
	return NULL;
}

void trace_chunk_decoder_free(struct trace_chunk_decoder *d)
{
	if (!d)
		return;
	trace_predict_release(&d->predict);
	for (int s = 0; s < TRACE_N_STREAMS; s++)
		free(d->start[s]);
	free(d->in);
	ZSTD_freeDCtx(d->zstd);
	free(d);
}

uint8_t *trace_chunk_decoder_buffer(struct trace_chunk_decoder *d)
{
	return d->in;
}

/* Unpack the streams; the header's sizes are bounded by the number of rows. */
static const char *unpack(struct trace_chunk_decoder *d, size_t n_bytes)
{
	size_t n = TRACE_CHUNK_HEADER_BYTES;
	for (int s = 0; s < TRACE_N_STREAMS; s++) {
		size_t n_raw = trace_get_u32(d->in + 8 + 8 * s);
		size_t n_stored = trace_get_u32(d->in + 12 + 8 * s);
		if (n_raw > max_row_bytes[s] * d->n_rows || n_stored > n_bytes - n || (n_raw == 0) != (n_stored == 0))
			return "a stream's size is out of bounds";
		if (n_raw && ZSTD_decompressDCtx(d->zstd, d->start[s], n_raw, d->in + n, n_stored) != n_raw)
			return "a stream does not decompress to its size";
		n += n_stored;
		d->at[s] = d->start[s];
		d->end[s] = d->start[s] + n_raw;
		memset(d->start[s] + n_raw, 0, s == TRACE_STREAM_LENGTH || s == TRACE_STREAM_FOLLOW ? PV_TRACE_CHUNK_ROWS - n_raw : 0);
	}
	if (n != n_bytes)
		return "the streams do not fill the chunk";
	for (int s = TRACE_STREAM_LENGTH; s <= TRACE_STREAM_FOLLOW; s++) {
		unsigned most = 0;
		for (const uint8_t *p = d->at[s]; p < d->end[s]; p++)
			most = *p > most ? *p : most;
		if (most > 8)
			return "an address has more than 8 bytes";
	}
	return NULL;
}

/* Find the next row with an escape; its flags (and address) are read when the row comes. */
static bool next_escape(struct trace_chunk_decoder *d, size_t row)
{
	d->escape_row = SIZE_MAX;
	if (d->at[TRACE_STREAM_ESCAPE] == d->end[TRACE_STREAM_ESCAPE])
		return true;
	uint64_t code;
	if (!trace_get_leb(&d->at[TRACE_STREAM_ESCAPE], d->end[TRACE_STREAM_ESCAPE], &code) || code >> 1 >= d->n_rows - row)
		return false;
	d->escape_row = row + (size_t)(code >> 1);
	d->escape_stray = code & 1;
	return d->end[TRACE_STREAM_ESCAPE] - d->at[TRACE_STREAM_ESCAPE] >= (d->escape_stray ? 9 : 1);
}

static inline uint64_t get_address(struct trace_chunk_decoder *d, struct trace_predict_uop *u, uint32_t uop)
{
	static const uint64_t mask[9] = {0, 0xff, 0xffff, 0xffffff, 0xffffffff, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff, UINT64_MAX};
	enum trace_stream lengths = u->kind & TRACE_KIND_FOLLOW ? TRACE_STREAM_FOLLOW : TRACE_STREAM_LENGTH;
	unsigned n = *d->at[lengths]++;
	uint64_t x = trace_unzigzag(trace_get_u64(d->at[TRACE_STREAM_DATA]) & mask[n]);
	d->at[TRACE_STREAM_DATA] += n;
	uint64_t addr;
	if (u->kind & TRACE_KIND_FOLLOW) {
		addr = d->base + (uint64_t)(int64_t)u->addr_offset + x;
	} else {
		struct trace_predict_addr *a = &d->predict.addr[uop];
		if (u->epoch != d->predict.epoch) {
			u->epoch = d->predict.epoch;
			*a = (struct trace_predict_addr){.last = d->base};
		}
		uint64_t delta = x == 0 ? a->stride : x == a->stride ? 0 : x;
		addr = a->last + delta;
		if (delta == a->delta)
			a->stride = delta;
		a->delta = delta;
		a->last = addr;
	}
	d->base = addr - (uint64_t)(int64_t)u->addr_offset;
	return addr;
}

/* A row with an escape. */
static bool put_escaped(struct trace_chunk_decoder *d, struct trace_predict_uop *u, uint32_t uop, size_t i)
{
	uint8_t flags = *d->at[TRACE_STREAM_ESCAPE]++;
	uint64_t addr = 0;
	if (d->escape_stray) {
		addr = trace_get_u64(d->at[TRACE_STREAM_ESCAPE]);
		d->at[TRACE_STREAM_ESCAPE] += 8;
	} else if (flags & PV_ROW_HAS_ADDR) {
		addr = get_address(d, u, uop);
	}
	d->rows[i] = (struct pv_row){.addr = addr, .uop = uop, .flags = flags};
	return next_escape(d, i + 1);
}

/* Row i is `uop`; its flags are those that go with the predicted successor, and are put right when that turns out wrong. */
static inline bool put_row(struct trace_chunk_decoder *d, uint32_t uop, size_t i)
{
	struct trace_predict_uop *u = &d->predict.uop[uop];
	if (__builtin_expect(i == d->escape_row, 0))
		return put_escaped(d, u, uop, i);
	uint64_t addr = u->kind & TRACE_KIND_MEM ? get_address(d, u, uop) : 0;
	d->rows[i] = (struct pv_row){.addr = addr, .uop = uop, .flags = u->expect};
	return true;
}

/* The successor after a wrong prediction; TRACE_NO_UOP when the stream is bad. */
static uint32_t get_jump(struct trace_chunk_decoder *d, uint32_t last)
{
	uint64_t code;
	if (!trace_get_leb(&d->at[TRACE_STREAM_JUMP], d->end[TRACE_STREAM_JUMP], &code))
		return TRACE_NO_UOP;
	uint64_t uop = code == 0 ? d->predict.uop[last].alt : last + trace_unzigzag(code - 1);
	return uop < d->predict.n ? (uint32_t)uop : TRACE_NO_UOP;
}

static const char *decode_rows(struct trace_chunk_decoder *d, uint32_t uop)
{
	static const char bad_uop[] = "a row names no micro-operation of the table";
	static const char bad_escape[] = "an escape is out of bounds";
	size_t n_rows = d->n_rows, i = 1;
	bool escaped = d->escape_row == 0;
	if (!put_row(d, uop, 0))
		return bad_escape;
	for (;;) {
		uint64_t run = n_rows - i;
		bool last_run = d->at[TRACE_STREAM_RUN] == d->end[TRACE_STREAM_RUN];
		if (!last_run && (!trace_get_leb(&d->at[TRACE_STREAM_RUN], d->end[TRACE_STREAM_RUN], &run) || run >= n_rows - i))
			return "a run is out of bounds";
		for (size_t end = i + (size_t)run; i < end; i++) {
			uop = d->predict.uop[uop].next;
			if (uop >= d->predict.n)
				return bad_uop;
			escaped = i == d->escape_row;
			if (!put_row(d, uop, i))
				return bad_escape;
		}
		if (last_run)
			break;
		uint32_t successor = get_jump(d, uop);
		if (successor == TRACE_NO_UOP)
			return bad_uop;
		trace_predict_miss(&d->predict, uop, successor);
		if (!escaped)
			d->rows[i - 1].flags = d->predict.uop[uop].expect;
		uop = successor;
		escaped = i == d->escape_row;
		if (!put_row(d, uop, i++))
			return bad_escape;
	}
	if (!escaped)
		d->rows[n_rows - 1].flags = trace_predict_last_flags(&d->predict.uop[uop]);
	return NULL;
}

const char *trace_chunk_decode(struct trace_chunk_decoder *d, const struct trace_chunk_place *place, struct pv_row *rows, size_t n_rows)
{
	if (trace_xxh64(d->in, place->n_bytes) != place->hash)
		return "checksum differs";
	if (trace_get_u32(d->in) != n_rows)
		return "the number of rows is not what the index says";
	uint32_t first_uop = trace_get_u32(d->in + 4);
	if (first_uop != place->first_uop || first_uop >= d->predict.n)
		return "the first micro-operation is not what the index says";
	d->rows = rows;
	d->n_rows = n_rows;
	d->base = 0;
	trace_predict_reset(&d->predict);
	const char *wrong = unpack(d, place->n_bytes);
	if (!wrong && !next_escape(d, 0))
		wrong = "an escape is out of bounds";
	if (!wrong)
		wrong = decode_rows(d, first_uop);
	for (int s = 0; s < TRACE_N_STREAMS && !wrong; s++)
		if (d->at[s] != d->end[s])
			wrong = "a stream is longer or shorter than its rows";
	return wrong;
}
