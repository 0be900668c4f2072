/*
 * gem5_text.h - reads the text traces of PerfVec's gem5: executed micro-operations and when each went through the pipeline
 *
 * A trace is NAME.txt with every micro-operation in commit order and, unless every line is complete, NAME.sq.txt with the stores in the
 * order they leave the store queue. Either may be compressed by zstd, gzip or xz (known by its content) and may be a FIFO. Fields:
 * docs/topics/features.md.
 */
#ifndef TRACE_GEM5_TEXT_H
#define TRACE_GEM5_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include <perfvec/progress.h>
#include <perfvec/uop.h>

#include "base/error.h"

struct trace_gem5; /* an open trace; one thread */

/* What one line says of a micro-operation, whether a table of static micro-operations is kept or not. */
struct trace_gem5_record {
	struct pv_uop_times times; /* multiples of 100 ps: the reference rounds the fetch tick and each latency down before it adds them */
	uint64_t pc;
	uint8_t taken;
	uint8_t op_class; /* enum pv_op_class */
};

/* A number in a trace's own numbering of operation classes that stands for none of ours. */
enum { TRACE_GEM5_MAX_OP_CLASSES = 128, TRACE_GEM5_NO_CLASS = 255 };

/*
 * trace_gem5_open - open a trace
 *
 * @path     NAME.txt or NAME.txt.zst (.gz, .xz)
 * @sq_path  its stores; NULL: NAME.sq.txt (or compressed) when there is one, else gem5's own trace.sq.txt and sq.trace.txt beside a
 * trace.txt, else every line of the trace is taken to be complete
 *
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO, PV_ERR_NOMEM
 */
enum pv_status trace_gem5_open(const char *path, const char *sq_path, struct trace_gem5 **trace, struct pv_error *err);

/* trace_gem5_open_memory - the same from text in memory, borrowed until close; sq NULL: every line is complete */
enum pv_status trace_gem5_open_memory(const char *name, const void *text, size_t n_bytes, const void *sq, size_t n_sq_bytes,
                                      struct trace_gem5 **trace, struct pv_error *err);

/* trace_gem5_close - release; NULL is allowed */
void trace_gem5_close(struct trace_gem5 *trace);

/*
 * trace_gem5_set_op_classes - say how the trace numbers operation classes, before anything is read
 *
 * @op_classes  (n <= TRACE_GEM5_MAX_OP_CLASSES) enum pv_op_class of each number, or TRACE_GEM5_NO_CLASS
 */
void trace_gem5_set_op_classes(struct trace_gem5 *trace, const uint8_t *op_classes, unsigned n);

/* trace_gem5_set_progress - its stop() is polled while a FIFO has nothing to read; when it returns true, reading returns
 * PV_ERR_INTERRUPTED. Borrowed */
void trace_gem5_set_progress(struct trace_gem5 *trace, const struct pv_progress *progress);

/*
 * trace_gem5_read - the next micro-operations
 *
 * @rows     (max) filled; rows[i].uop is an index into trace_gem5_uops. NULL, and then in every call: only the records are wanted, and no
 *           table of static micro-operations is kept
 * @records  (max) filled
 * @n        how many; 0 at the end. A trace may end while stores are still queued: the last complete micro-operation is the end
 *
 * Returns: PV_OK; PV_ERR_FORMAT with file, line and field (no number, out of range, too few or many fields, the two files disagree);
 * PV_ERR_UNSUPPORTED (records of other trace forms), PV_ERR_IO, PV_ERR_NOMEM. After a failure only trace_gem5_close is valid.
 */
enum pv_status trace_gem5_read(struct trace_gem5 *trace, struct pv_row *rows, struct trace_gem5_record *records, size_t max, size_t *n,
                               struct pv_error *err);

/*
 * trace_gem5_uops - static micro-operations met so far; valid until the next read
 *
 * What the text does not say is derived: PV_UOP_LAST, uop_index and n_uops from neighbouring rows, PV_UOP_CALL and PV_UOP_RETURN from the
 * link register (AArch64), targets of direct branches from where taken ones went (filled in as rows are read).
 */
const struct pv_uop *trace_gem5_uops(const struct trace_gem5 *trace, uint32_t *n_uops);

/*
 * trace_gem5_tick_ps - the clock period: the greatest common divisor of the fetch and retire ticks so far, in ps
 *
 * Some thousand micro-operations must have been read; of fewer it may be a multiple of the period. 0 before any.
 */
uint64_t trace_gem5_tick_ps(const struct trace_gem5 *trace);

/* trace_gem5_n_bytes - bytes of text read so far, unpacked */
uint64_t trace_gem5_n_bytes(const struct trace_gem5 *trace);

#endif
