/*
 * pass.h - forward passes over long runs of rows, in parallel: sums of representations over segments, and the loss
 *
 * Rows are cut into slices; REPRESENT_PASS_STREAMS slices form a task that runs as one batch. Slices and tasks depend on the rows only,
 * never on the number of threads, and every sum has its own place, so results have the same bytes at any number of threads.
 */
#ifndef REPRESENT_PASS_H
#define REPRESENT_PASS_H

#include <perfvec/dataset.h>
#include <perfvec/progress.h>

#include "base/threads.h"
#include "represent/batch.h"
#include "nn/losses.h"
#include "model/encoder.h"

enum { REPRESENT_PASS_STREAMS = 16, REPRESENT_PASS_CHUNK = 64 };

/* Consecutive rows of one program. */
struct represent_slice {
	const struct pv_dataset_program *program;
	uint64_t begin, end;  /* counted rows */
	uint64_t first;       /* earliest row that may be run to warm up, <= begin */
	double *sums;         /* (segments, D) overwritten; segment i holds rows begin + i * segment_rows..., or those before ends[i] */
	const uint64_t *ends; /* (n_ends) rows where segments end, ascending, the last at least `end`; NULL: every segment_rows */
	size_t n_ends;
	double loss_sum; /* set when the pass has a loss */
	double loss_count;
};

struct represent_run {
	const struct model_encoder *encoder;
	const float *params;
	const struct model_inputs *inputs;
	uint64_t segment_rows;
	uint64_t warmup_rows;
	/*
	 * What is done with the representations instead of summing them: those of n counted rows of a slice from `row` on, the i-th at
	 * repr + i * stride. Called from several threads at once, 0 <= thread < base_threads_count. NULL: they are summed.
	 */
	void (*visit)(void *user, int thread, const struct represent_slice *slice, uint64_t row, size_t n, const float *repr,
	              size_t stride);
	void *visit_user;
	const struct data_columns *columns; /* for the loss; NULL: no loss, the last layer is not run */
	enum nn_loss_kind loss;
	const char *what;            /* for progress; NULL: silent */
	uint64_t done_before, total; /* for progress over several passes: rows of those before, and of all; total 0: this one's */
};

/* represent_run_slices - run all slices; PV_ERR_NOMEM, PV_ERR_INTERRUPTED */
enum pv_status represent_run_slices(const struct represent_run *pass, struct represent_slice *slices, size_t n, struct base_threads *pool,
                                    const struct pv_progress *progress, struct pv_error *err);

#endif
