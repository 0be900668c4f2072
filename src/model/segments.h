/*
 * segments.h - what a refit is made from: sums of representations and of targets over short segments of consecutive rows
 */
#ifndef PV_MODEL_SEGMENTS_H
#define PV_MODEL_SEGMENTS_H

#include "model/pass.h"
#include "model/schedule.h"

/* Segments of several programs. Slices hold several segments each; x is filled by pv_segments_run, the rest by pv_segments_new. */
struct pv_segments {
	struct pv_slice *slices;
	size_t n_slices;
	size_t n; /* segments */
	int D, K;
	int *program; /* (n) number of the program in the dataset */
	double *rows; /* (n) */
	double *x;    /* (n, D) sums of representations */
	double *y;    /* (n, K) sums of targets, 0.1 ns */
};

enum { PV_SEGMENT_ROWS = 512, PV_SEGMENT_SLICE_ROWS = 4096, PV_SEGMENT_WARMUP_ROWS = 512 };

/*
 * represent_fit_rows   - rows that a refit of machine vectors runs where nobody says how many
 * represent_valid_rows - and the validation beside it; 0: all. Windows cost hundreds of times as much as streams
 */
uint64_t represent_fit_rows(const struct pv_encoder *encoder);
uint64_t represent_valid_rows(const struct pv_encoder *encoder);

/*
 * pv_segments_new - cut ranges of a dataset's programs into segments and sum up their targets
 *
 * @ranges   (n) programs and rows
 * @rows     about how many rows to take, evenly spread; 0: all
 * @columns  whose targets are summed
 */
enum pv_status pv_segments_new(const struct pv_dataset *dataset, const struct pv_range *ranges, int n, uint64_t rows,
                               const struct pv_columns *columns, int D, struct pv_threads *pool, struct pv_segments *segments,
                               struct pv_error *err);
void pv_segments_release(struct pv_segments *segments);

/* pv_segments_run - fill x with a pass, whose segment_rows and warmup_rows are set here */
enum pv_status pv_segments_run(struct pv_segments *segments, struct pv_run *pass, struct pv_threads *pool,
                               const struct pv_progress *progress, struct pv_error *err);

/* pv_segments_loss - mean loss of the pass that was run; NAN without rows */
double pv_segments_loss(const struct pv_segments *segments, enum pv_loss_kind kind);

#endif
