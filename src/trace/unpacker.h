/*
 * unpacker.h - zstd, gzip and xz behind one function
 */
#ifndef PV_TRACE_UNPACKER_H
#define PV_TRACE_UNPACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct pv_unpacker;

/* Bytes needed to tell what a file is. */
enum { PV_UNPACKER_MAGIC = 6 };

/*
 * pv_unpacker_new - what unpacks data that begins with these (n <= PV_UNPACKER_MAGIC) bytes
 *
 * @unpacker  set to NULL when the data is plain
 * Returns: PV_OK; PV_ERR_NOMEM
 */
enum pv_status pv_unpacker_new(const uint8_t *magic, size_t n, const char *name, struct pv_unpacker **unpacker, struct pv_error *err);
void pv_unpacker_free(struct pv_unpacker *unpacker);

/*
 * pv_unpacker_run - unpack
 *
 * @in, @n_in    consumed bytes are taken off
 * @out, @n_out  room; produced bytes are taken off
 *
 * Returns: PV_OK; PV_ERR_FORMAT (damaged), PV_ERR_NOMEM
 */
enum pv_status pv_unpacker_run(struct pv_unpacker *unpacker, const uint8_t **in, size_t *n_in, uint8_t **out, size_t *n_out,
                               struct pv_error *err);

/* pv_unpacker_inside - whether the data so far ends inside a compressed frame: more must follow */
bool pv_unpacker_inside(const struct pv_unpacker *unpacker);

#endif
