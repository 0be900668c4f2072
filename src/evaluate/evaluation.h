/*
 * evaluation.h - what is inside struct pv_evaluation, and the predictors that fill it
 */
#ifndef EVALUATE_EVALUATION_H
#define EVALUATE_EVALUATION_H

#include <perfvec/evaluate.h>

#include "evaluate/pieces.h"

/* Times of P programs or U phases, 0.1 ns; NAN: not known. */
struct evaluated_times {
	double *simulated;                  /* (n, M) */
	double *predicted[PV_N_PREDICTORS]; /* (n, M) each */
};

struct pv_evaluation {
	struct pv_evaluation_info info;
	struct pv_evaluated_program *programs; /* (P) names are owned */
	struct pv_evaluated_machine *machines; /* (M) names are owned */
	struct pv_evaluated_phase *phases;     /* (U) */
	struct evaluated_times whole;          /* of programs */
	struct evaluated_times phase;          /* without phases: zero */
	double *vectors;                       /* (U, D) of the phases; NULL without phases */
	size_t n_repr;                         /* D */
	unsigned n_resamples;
	uint64_t seed;
};

/* evaluated_at - time number i, program x M + machine or phase x M + machine */
struct pv_evaluated_time evaluated_at(const struct evaluated_times *times, enum pv_predictor predictor, size_t i);

/* What the predictors are given. */
struct evaluate_task {
	const struct pv_model *model;
	const struct pv_dataset *dataset;
	const struct pv_progress *progress;
	struct base_threads *pool;
	int M;
	int *in_model, *in_dataset; /* (M) numbers of the machines */
	bool *fit;                  /* (programs of the dataset) that baselines may learn from */
	struct data_range *units;   /* (n_units) */
	int n_units;
	struct evaluate_pieces pieces;
};

/* The baselines' times of all units; NAN where there is nothing to learn from, or no machine file. */
enum pv_status evaluate_mean_cpi_times(const struct evaluate_task *task, double *times, struct pv_error *err);
enum pv_status evaluate_regression_times(const struct evaluate_task *task, double *times, struct pv_error *err);
enum pv_status evaluate_linear_times(const struct evaluate_task *task, double *times, struct pv_error *err);
enum pv_status evaluate_interval_times(const struct evaluate_task *task, struct pv_evaluated_machine *machines, double *times,
                                       struct pv_error *err);

#endif
