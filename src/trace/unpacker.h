/*
 * unpacker.h - decompresses zstd, gzip and xz behind one interface
 */
#ifndef TRACE_UNPACKER_H
#define TRACE_UNPACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct trace_unpacker;

/* Bytes needed to tell what a file is. */
enum { TRACE_UNPACKER_MAGIC = 6 };

/*
 * trace_unpacker_new - make the decompressor for data that begins with these (n <= TRACE_UNPACKER_MAGIC) bytes
 *
 * @unpacker  set to NULL when the data is plain
 * Returns: PV_OK; PV_ERR_NOMEM
 */
enum pv_status trace_unpacker_new(const uint8_t *magic, size_t n, const char *name, struct trace_unpacker **unpacker, struct pv_error *err);
void trace_unpacker_free(struct trace_unpacker *unpacker);

/*
 * trace_unpacker_run - decompress as much as the input gives and the output holds
 *
 * @in, @n_in    input; moved past the bytes that were consumed
 * @out, @n_out  room for output; moved past the bytes that were produced
 *
 * Returns: PV_OK; PV_ERR_FORMAT (damaged), PV_ERR_NOMEM
 */
enum pv_status trace_unpacker_run(struct trace_unpacker *unpacker, const uint8_t **in, size_t *n_in, uint8_t **out, size_t *n_out,
                                  struct pv_error *err);

/* trace_unpacker_inside - whether the data so far ends inside a compressed frame: more must follow */
bool trace_unpacker_inside(const struct trace_unpacker *unpacker);

#endif
