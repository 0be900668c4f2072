/*
 * consume.h - one run's trace into its rows file, while gem5 writes it
 */
#ifndef GEM5_CONSUME_H
#define GEM5_CONSUME_H

#include <stdatomic.h>

#include "gem5/pump.h"
#include "gem5/rows.h"

/* Names of files, borrowed. */
struct gem5_consume_paths {
	const char *rows;         /* rows file to write */
	const char *op_classes;   /* as trace_gem5_op_classes_load takes it; NULL: said_classes when it is there, else gem5 21's */
	const char *said_classes; /* where gem5 itself says, before its trace begins */
};

/*
 * gem5_consume - read both files of a trace to their end and write the rows
 *
 * @pump    of the run; told when its files are open
 * @info    of the rows file, but for the ticks, which the trace tells
 * @n_rows  counts while it works
 *
 * Returns: PV_OK; what reading traces, making features and writing files return. PV_ERR_RANGE: a target that is negative or above uint32.
 */
enum pv_status gem5_consume(struct gem5_pump *pump, const struct gem5_consume_paths *paths, const struct gem5_rows_info *info,
                            atomic_uint_least64_t *n_rows, struct pv_error *err);

#endif
