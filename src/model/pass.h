/*
 * pass.h - forward passes over long runs of rows, in parallel: sums of representations over segments, and the loss
 *
 * Rows are cut into slices; PV_PASS_STREAMS slices form a task that runs as one batch. Slices and tasks depend on the rows only, never on
 * the number of threads, and every sum has its own place, so results have the same bytes at any number of threads.
 */
#ifndef PV_MODEL_PASS_H
#define PV_MODEL_PASS_H

#include <perfvec/dataset.h>
#include <perfvec/progress.h>

#include "base/threads.h"
#include "model/batch.h"
#include "nn/losses.h"
#include "model/encoder.h"

enum { PV_PASS_STREAMS = 16, PV_PASS_CHUNK = 64 };

/* Consecutive rows of one program. */
struct pv_slice {
	const struct pv_dataset_program *program;
	uint64_t begin, end;  /* counted rows */
	uint64_t first;       /* earliest row that may be run to warm up, <= begin */
	double *sums;         /* (segments, D) overwritten; segment i holds rows begin + i * segment_rows..., or those before ends[i] */
	const uint64_t *ends; /* (n_ends) rows where segments end, ascending, the last at least `end`; NULL: every segment_rows */
	size_t n_ends;
	double loss_sum; /* set when the pass has a loss */
	double loss_count;
};

struct pv_run {
	const struct pv_encoder *encoder;
	const float *params;
	const struct pv_inputs *inputs;
	uint64_t segment_rows;
	uint64_t warmup_rows;
	/*
	 * What is done with the representations instead of summing them: those of n counted rows of a slice from `row` on, the i-th at
	 * repr + i * stride. Called from several threads at once, 0 <= thread < pv_threads_count. NULL: they are summed.
	 */
	void (*visit)(void *user, int thread, const struct pv_slice *slice, uint64_t row, size_t n, const float *repr, size_t stride);
	void *visit_user;
	const struct pv_columns *columns; /* for the loss; NULL: no loss, the last layer is not run */
	enum pv_loss_kind loss;
	const char *what;            /* for progress; NULL: silent */
	uint64_t done_before, total; /* for progress over several passes: rows of those before, and of all; total 0: this one's */
};

/* pv_run_slices - run all slices; PV_ERR_NOMEM, PV_ERR_INTERRUPTED */
enum pv_status pv_run_slices(const struct pv_run *pass, struct pv_slice *slices, size_t n, struct pv_threads *pool,
                             const struct pv_progress *progress, struct pv_error *err);

#endif
