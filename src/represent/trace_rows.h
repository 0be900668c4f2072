/*
 * trace_rows.h - the feature rows of a trace, block by block: all of them, or the units of a systematic sample
 */
#ifndef REPRESENT_TRACE_ROWS_H
#define REPRESENT_TRACE_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include <perfvec/features.h>
#include <perfvec/progress.h>
#include <perfvec/trace.h>

#include "base/error.h"
#include "represent/sample.h"

/* Consecutive rows of a block that count, and those before them that may be run to warm up. */
struct represent_row_span {
	size_t first, begin, end; /* in the block: warm-up [first, begin), counted [begin, end) */
	uint64_t row;             /* of the program, at begin */
};

struct represent_row_block {
	struct pv_feature_row *rows;
	struct pv_context_row *context;   /* one for each row; NULL: not asked for */
	uint64_t *tags;                   /* one for each row; NULL: not asked for */
	struct represent_row_span *spans; /* (n_spans) */
	size_t n, n_spans;
};

/* What is asked of a trace. */
struct represent_trace_rows {
	const struct pv_trace *trace;
	struct represent_sample_plan plan;
	size_t block_rows; /* at least, if there are so many */
	bool context;      /* context rows, too */
	/* called in program order, for every row once: tags of rows; NULL: none. Runs beside the visitor. */
	void (*tag)(void *user, const struct pv_row *rows, size_t n, uint64_t *tags);
	void *tag_user;
};

/*
 * represent_trace_rows_each - visit all blocks in order
 *
 * Features depend on all rows before them, so one thread extracts them, in order, while the visitor works on the block before.
 *
 * @visit  may run threads of its own; what it returns ends the walk unless PV_OK
 *
 * Returns: PV_OK; those of reading a trace and of visit; PV_ERR_NOMEM; PV_ERR_INTERRUPTED
 */
enum pv_status represent_trace_rows_each(const struct represent_trace_rows *of,
                                         enum pv_status (*visit)(void *user, const struct represent_row_block *block, struct pv_error *err),
                                         void *user, const struct pv_progress *progress, struct pv_error *err);

#endif
