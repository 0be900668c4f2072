/*
 * f_trace_chunk.c - any bytes as the streams of a chunk, past the checksums and past zstd
 *
 * Input: u8 micro-operations in the table less 1 | u16 rows less 1 | six u8 stream lengths | table: one byte each | the streams.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "trace/bytes.h"
#include "trace/checksum.h"
#include "trace/chunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_HEADER_BYTES = 9 };

/* A micro-operation from one byte: position in its instruction, memory access, branch. */
static struct pv_uop make_uop(uint8_t byte, const struct pv_uop *before)
{
	struct pv_uop u = {.pc = before ? before->pc + before->insn_bytes : 0x1000, .insn_bytes = 4};
	if (before && byte & 1) {
		u.pc = before->pc;
		u.uop_index = (uint8_t)(before->uop_index + 1);
	}
	u.access_bytes = byte & 2 ? 8 : 0;
	u.addr_offset = (int16_t)(byte & 4 ? 8 * (byte >> 5) : 0);
	u.flags = (byte & 8 ? PV_UOP_COND_BRANCH : 0) | (byte & 16 ? PV_UOP_UNCOND_BRANCH : 0);
	return u;
}

/* Put the streams into the decoder's buffer as a chunk; bytes used, 0 when the input is too short. */
static size_t pack(uint8_t *chunk, const uint8_t *lengths, const uint8_t *streams, size_t n_left, size_t n_rows)
{
	size_t n = TRACE_CHUNK_HEADER_BYTES;
	memset(chunk, 0, n);
	trace_put_u32(chunk, (uint32_t)n_rows);
	for (int s = 0; s < TRACE_N_STREAMS; s++) {
		if (lengths[s] > n_left)
			return 0;
		size_t stored = lengths[s] ? ZSTD_compress(chunk + n, ZSTD_COMPRESSBOUND(255), streams, lengths[s], 1) : 0;
		trace_put_u32(chunk + 8 + 8 * s, lengths[s]);
		trace_put_u32(chunk + 12 + 8 * s, (uint32_t)stored);
		n += stored;
		streams += lengths[s];
		n_left -= lengths[s];
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pv_row rows[PV_TRACE_CHUNK_ROWS];
	struct pv_uop uops[256];
	if (size < INPUT_HEADER_BYTES)
		return 0;
	uint32_t n_uops = data[0] + 1u;
	size_t n_rows = 1u + data[1] + 256u * data[2];
	if (size < INPUT_HEADER_BYTES + n_uops)
		return 0;
	const uint8_t *table = data + INPUT_HEADER_BYTES;
	for (uint32_t i = 0; i < n_uops; i++)
		uops[i] = make_uop(table[i], i ? &uops[i - 1] : NULL);
	struct trace_chunk_decoder *d = trace_chunk_decoder_new(uops, n_uops);
	if (!d)
		return 0;
	uint8_t *chunk = trace_chunk_decoder_buffer(d);
	size_t n = pack(chunk, data + 3, table + n_uops, size - INPUT_HEADER_BYTES - n_uops, n_rows);
	struct trace_chunk_place place = {.n_bytes = (uint32_t)n, .hash = trace_xxh64(chunk, n)};
	if (n && !trace_chunk_decode(d, &place, rows, n_rows))
		for (size_t i = 0; i < n_rows; i++)
			if (rows[i].uop >= n_uops || (rows[i].reserved[0] | rows[i].reserved[1] | rows[i].reserved[2]))
				abort();
	trace_chunk_decoder_free(d);
	return 0;
}
