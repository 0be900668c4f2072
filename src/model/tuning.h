/*
 * tuning.h - what tuning is made from: sums of representations and times of chosen programs, and of those that are held out
 */
#ifndef PV_MODEL_TUNING_H
#define PV_MODEL_TUNING_H

#include <perfvec/uarch_net.h>

#include "model/foundation.h"
#include "model/segments.h"
#include "model/source.h"

struct pv_tuning {
	const struct pv_model *model;
	const struct pv_dataset *dataset;
	struct pv_source source; /* of the programs learnt from and the machines asked for */
	struct pv_threads *pool;
	uint64_t rows;
	struct pv_segments fitted, valid; /* training and validation ranges of the programs learnt from */
	struct pv_segments held;          /* all rows of the other programs */
};

/* What to take. */
struct pv_tuning_choice {
	const int *machines; /* (n_machines) columns of the dataset */
	int n_machines;
	const int *programs; /* (n_programs) numbers of seen programs; n_programs 0: all of them */
	int n_programs;
	uint64_t rows; /* of the training ranges, and as many of the held-out programs; 0: all; PV_TRAIN_AUTO: as pv_tune_options says */
	bool held;     /* whether the held-out programs are run */
	int threads;
};

/* pv_tuning_run - run the foundation over what was chosen. On failure *t can be released. */
enum pv_status pv_tuning_run(struct pv_tuning *t, const struct pv_model *model, const struct pv_dataset *dataset,
                             const struct pv_tuning_choice *choice, const struct pv_progress *progress, struct pv_error *err);
void pv_tuning_release(struct pv_tuning *t);

/* Whole programs (or parts of them): sums over their segments. */
struct pv_totals {
	int n, D, K;
	double *x;    /* (n, D) */
	double *rows; /* (n) */
	double *y;    /* (n, K) 0.1 ns */
};

/*
 * pv_totals_new - add up segments, those of one program in `parts` totals of consecutive ones
 *
 * Those of one program stand together. A program of fewer segments than parts has one for each.
 */
enum pv_status pv_totals_new(const struct pv_segments *segments, int parts, struct pv_totals *totals, struct pv_error *err);
void pv_totals_release(struct pv_totals *totals);

/* pv_totals_time - of total i with a row (D) and what it adds per micro-operation */
double pv_totals_time(const struct pv_totals *totals, int i, const double *w, double b);

/* pv_errors_of - what (n) signed errors amount to; sorts their absolute values into place */
struct pv_uarch_net_errors pv_errors_of(double *errors, size_t n);

#endif
