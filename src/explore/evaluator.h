/*
 * evaluator.h - designs predicted, and what was found so far
 */
#ifndef EXPLORE_EVALUATOR_H
#define EXPLORE_EVALUATOR_H

#include "base/threads.h"
#include "explore/space.h"
#include "machine_regression/regression.h"

/* Programs, objectives and constraints, ready for any design. */
struct explore_evaluator {
	const struct pv_space *space;
	const struct machine_regression *net;
	const struct pv_explore_options *options;
	const struct pv_progress *progress;
	double *program; /* (C) sum of the programs' vectors */
	double insns;
	size_t n_variables;
};

/* What a design is worth. */
struct explore_evaluation {
	bool possible;   /* a machine that can be, with a positive time and finite objectives */
	int unsatisfied; /* constraints that it fails */
	double time;     /* 0.1 ns */
	double cpi;
	double objectives[PV_MAX_OBJECTIVES];
};

/* Designs that were looked at, each once. */
struct explore_archive {
	int n_axes;
	size_t n, capacity, n_slots;
	int *choices;                           /* (n, n_axes) */
	struct explore_evaluation *evaluations; /* (n) */
	size_t *slots;                          /* (n_slots) open addressing: number + 1, 0 is free */
	uint64_t failures[PV_MAX_CONSTRAINTS];
};

/*
 * explore_design_evaluate - predict one design
 *
 * @values    (n_variables) scratch; afterwards what formulas see of the design
 * @failures  (n_constraints) counts up where the design fails; may be NULL
 * @x         (inputs.d) where not NULL, its inputs, and
 * @gradient  (inputs.d) the gradient of its time (0.1 ns) there
 */
enum pv_status explore_design_evaluate(const struct explore_evaluator *e, const int *choices, double *values,
                                       struct explore_evaluation *evaluation, uint64_t *failures, double *x, double *gradient,
                                       struct pv_error *err);

void explore_archive_init(struct explore_archive *a, int n_axes);
void explore_archive_release(struct explore_archive *a);

/* explore_archive_find - number of a design that was looked at; -1 when it was not */
long explore_archive_find(const struct explore_archive *a, const int *choices);

/* explore_archive_add - one that is not there yet; returns its number, -1 when memory is out */
long explore_archive_add(struct explore_archive *a, const int *choices, const struct explore_evaluation *evaluation);

/* explore_search - descents from many places; PV_ERR_INTERRUPTED, PV_ERR_NOMEM */
enum pv_status explore_search(const struct explore_evaluator *e, struct explore_archive *archive, uint64_t *descents, struct pv_error *err);

#endif
