/*
 * segments.h - what a ridge fit is made from: sums of representations and of targets over short segments of consecutive rows
 */
#ifndef REPRESENT_SEGMENTS_H
#define REPRESENT_SEGMENTS_H

#include "represent/pass.h"
#include "data/range.h"

/* Segments of several programs. Slices hold several segments each; x is filled by represent_segments_run, the rest by
 * represent_segments_new. */
struct represent_segments {
	struct represent_slice *slices;
	size_t n_slices;
	size_t n; /* segments */
	int D, K;
	int *program; /* (n) number of the program in the dataset */
	double *rows; /* (n) */
	double *x;    /* (n, D) sums of representations */
	double *y;    /* (n, K) sums of targets, 0.1 ns */
};

enum { REPRESENT_SEGMENT_ROWS = 512, REPRESENT_SEGMENT_SLICE_ROWS = 4096, REPRESENT_SEGMENT_WARMUP_ROWS = 512 };

/*
 * represent_fit_rows   - rows that a refit of machine vectors runs where nobody says how many
 * represent_valid_rows - and the validation beside it; 0: all. Windows cost hundreds of times as much as streams
 */
uint64_t represent_fit_rows(const struct model_encoder *encoder);
uint64_t represent_valid_rows(const struct model_encoder *encoder);

/*
 * represent_segments_new - cut ranges of a dataset's programs into segments and sum up their targets
 *
 * @ranges   (n) programs and rows
 * @rows     about how many rows to take, evenly spread; 0: all
 * @columns  whose targets are summed
 */
enum pv_status represent_segments_new(const struct pv_dataset *dataset, const struct data_range *ranges, int n, uint64_t rows,
                                      const struct data_columns *columns, int D, struct base_threads *pool,
                                      struct represent_segments *segments, struct pv_error *err);
void represent_segments_release(struct represent_segments *segments);

/* represent_segments_run - fill x with a pass, whose segment_rows and warmup_rows are set here */
enum pv_status represent_segments_run(struct represent_segments *segments, struct represent_run *pass, struct base_threads *pool,
                                      const struct pv_progress *progress, struct pv_error *err);

/* represent_segments_loss - mean loss of the pass that was run; NAN without rows */
double represent_segments_loss(const struct represent_segments *segments, enum nn_loss_kind kind);

#endif
