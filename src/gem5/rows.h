/*
 * rows.h - what one finished gem5 run left: a program's rows on one machine, in a compressed file that says what it is
 *
 * File: the line "perfvec gem5 rows 2", lines "key: value" up to an empty line (machine, key, targets, features, tick_ps), then
 * blocks. A block is two little-endian uint32 (rows n,
 * bytes b) and b bytes of zstd: n feature rows of 64 bytes and n context rows of 32 when the header says "features: 1", n uint64 pc, n
 * uint8 branch outcomes, n x T uint32 targets. Every block but the last has GEM5_ROWS_BLOCK rows; n = 0 ends the file, followed by 8
 * bytes: the number of rows. The file has its name only when it is whole.
 */
#ifndef GEM5_ROWS_H
#define GEM5_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/features.h>

#include "base/error.h"

enum { GEM5_ROWS_BLOCK = 16384 };

/* The header. */
struct gem5_rows_info {
	char machine[64];
	uint64_t key;       /* of all that the run depends on: a file with another key is of another run */
	unsigned n_targets; /* T: 1 (store_commit) or PV_N_TARGETS */
	bool features;
	uint64_t tick_ps; /* what the ticks of the trace are multiples of: the clock period; 0: not known */
};

/* One block in memory. */
struct gem5_rows {
	size_t n;
	struct pv_feature_row *features; /* (GEM5_ROWS_BLOCK); NULL: without features */
	struct pv_context_row *context;  /* likewise */
	uint64_t *pc;                    /* (GEM5_ROWS_BLOCK) */
	uint8_t *taken;                  /* (GEM5_ROWS_BLOCK) */
	uint32_t *targets;               /* (GEM5_ROWS_BLOCK, T) */
};

/* gem5_rows_new - room for a block; PV_ERR_NOMEM, then *rows is zero. gem5_rows_release frees it; a zero struct is allowed */
enum pv_status gem5_rows_new(struct gem5_rows *rows, const struct gem5_rows_info *info, struct pv_error *err);
void gem5_rows_release(struct gem5_rows *rows);

struct gem5_rows_writer; /* a file being written; one thread */
struct gem5_rows_reader; /* an open file; one thread */

/* gem5_rows_create - start writing */
enum pv_status gem5_rows_create(const char *path, const struct gem5_rows_info *info, struct gem5_rows_writer **writer,
                                struct pv_error *err);

/* gem5_rows_write - append a block, which is full unless it is the last */
enum pv_status gem5_rows_write(struct gem5_rows_writer *writer, const struct gem5_rows *rows, struct pv_error *err);

/* gem5_rows_finish - the file is whole and gets its name; releases the writer whatever happens. _discard removes it; NULL is allowed */
enum pv_status gem5_rows_finish(struct gem5_rows_writer *writer, struct pv_error *err);
void gem5_rows_discard(struct gem5_rows_writer *writer);

/* gem5_rows_open - PV_OK; PV_ERR_MISSING, PV_ERR_FORMAT, PV_ERR_VERSION, PV_ERR_IO, PV_ERR_NOMEM */
enum pv_status gem5_rows_open(const char *path, struct gem5_rows_reader **reader, struct pv_error *err);
const struct gem5_rows_info *gem5_rows_info(const struct gem5_rows_reader *reader);

/* gem5_rows_read - the next block; rows->n is 0 at the end. PV_ERR_FORMAT (damaged or cut), PV_ERR_IO */
enum pv_status gem5_rows_read(struct gem5_rows_reader *reader, struct gem5_rows *rows, struct pv_error *err);

/* gem5_rows_close - release; NULL is allowed */
void gem5_rows_close(struct gem5_rows_reader *reader);

#endif
