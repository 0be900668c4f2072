/*
 * tuning.h - what tuning is made from: sums of representations and times of chosen programs, and of those that are held out
 */
#ifndef TUNE_TUNING_H
#define TUNE_TUNING_H

#include <perfvec/model.h>

#include "model/model.h"
#include "represent/segments.h"
#include "train/source.h"

struct tune_data {
	const struct pv_model *model;
	const struct pv_dataset *dataset;
	struct train_source source; /* of the programs learnt from and the machines asked for */
	struct base_threads *pool;
	uint64_t rows;
	struct represent_segments fitted, valid; /* training and validation ranges of the programs learnt from */
	struct represent_segments held;          /* all rows of the other programs */
};

/* What to take. */
struct tune_data_choice {
	const int *machines; /* (n_machines) columns of the dataset */
	int n_machines;
	const int *programs; /* (n_programs) numbers of seen programs; n_programs 0: all of them */
	int n_programs;
	uint64_t rows; /* of the training ranges, and as many of the held-out programs; 0: all; PV_TRAIN_AUTO: as pv_tune_options says */
	bool held;     /* whether the held-out programs are run */
	int threads;
};

/* tune_data_run - run the foundation over what was chosen. On failure *t can be released. */
enum pv_status tune_data_run(struct tune_data *t, const struct pv_model *model, const struct pv_dataset *dataset,
                             const struct tune_data_choice *choice, const struct pv_progress *progress, struct pv_error *err);
void tune_data_release(struct tune_data *t);

/* Whole programs (or parts of them): sums over their segments. */
struct tune_totals {
	int n, D, K;
	double *x;    /* (n, D) */
	double *rows; /* (n) */
	double *y;    /* (n, K) 0.1 ns */
};

/*
 * tune_totals_new - add up segments, those of one program in `parts` totals of consecutive ones
 *
 * Those of one program stand together. A program of fewer segments than parts has one for each.
 */
enum pv_status tune_totals_new(const struct represent_segments *segments, int parts, struct tune_totals *totals, struct pv_error *err);
void tune_totals_release(struct tune_totals *totals);

/* tune_totals_time - of total i with a machine vector (D) and what it adds per micro-operation */
double tune_totals_time(const struct tune_totals *totals, int i, const double *w, double b);

#endif
