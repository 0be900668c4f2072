/*
 * chunk.h - a chunk of a trace: executed micro-operations encoded into compressed bytes, and decoded again
 *
 * Both sides predict each row from the rows before it (predict.h) and store only what the prediction gets wrong.
 */
#ifndef TRACE_CHUNK_H
#define TRACE_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/trace.h>

#include "trace/format.h"
#include "trace/predict.h"

struct trace_chunk_encoder;
struct trace_chunk_decoder;

/* trace_chunk_encoder_new - NULL when memory is out */
struct trace_chunk_encoder *trace_chunk_encoder_new(void);

/* trace_chunk_encoder_free - NULL is allowed */
void trace_chunk_encoder_free(struct trace_chunk_encoder *e);

/* trace_chunk_encoder_table - the table grew to n entries (or moved); false when memory is out */
bool trace_chunk_encoder_table(struct trace_chunk_encoder *e, const struct pv_uop *uops, uint32_t n);

/*
 * trace_chunk_encode - add rows to the present chunk until it is full
 *
 * Returns: rows taken; fewer than n when the chunk is full or a row names no micro-operation of the table.
 */
size_t trace_chunk_encode(struct trace_chunk_encoder *e, const struct pv_row *rows, size_t n);

/* trace_chunk_encoder_rows - rows in the present chunk */
size_t trace_chunk_encoder_rows(const struct trace_chunk_encoder *e);

/* trace_chunk_encoder_insns - instructions begun by all rows so far */
uint64_t trace_chunk_encoder_insns(const struct trace_chunk_encoder *e);

/*
 * trace_chunk_finish - compress the present chunk, which has at least one row, and start another
 *
 * @data   set to the chunk's bytes, owned by the encoder and valid until the next call
 * @place  n_bytes, hash and first_uop are set
 *
 * Returns: false when zstd fails (memory).
 */
bool trace_chunk_finish(struct trace_chunk_encoder *e, const uint8_t **data, struct trace_chunk_place *place);

/* trace_chunk_max_bytes - no chunk is larger */
size_t trace_chunk_max_bytes(void);

/* trace_chunk_decoder_new - a decoder for traces with this table (borrowed); NULL when memory is out */
struct trace_chunk_decoder *trace_chunk_decoder_new(const struct pv_uop *uops, uint32_t n);

/* trace_chunk_decoder_free - NULL is allowed */
void trace_chunk_decoder_free(struct trace_chunk_decoder *d);

/* trace_chunk_decoder_buffer - (trace_chunk_max_bytes()) room for a chunk's bytes */
uint8_t *trace_chunk_decoder_buffer(struct trace_chunk_decoder *d);

/*
 * trace_chunk_decode - decode the chunk that is in the buffer
 *
 * @place  what the index says
 * @rows   (n_rows) filled; n_rows is 1..PV_TRACE_CHUNK_ROWS
 *
 * Returns: NULL; otherwise what is wrong, as a phrase such as "checksum differs".
 */
const char *trace_chunk_decode(struct trace_chunk_decoder *d, const struct trace_chunk_place *place, struct pv_row *rows, size_t n_rows);

#endif
