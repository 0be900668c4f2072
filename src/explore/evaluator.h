/*
 * evaluator.h - designs predicted, and what was found so far
 */
#ifndef PV_EXPLORE_EVALUATOR_H
#define PV_EXPLORE_EVALUATOR_H

#include "base/threads.h"
#include "explore/space.h"
#include "model/uarch_net.h"

/* Programs, objectives and constraints, ready for any design. */
struct pv_evaluator {
	const struct pv_space *space;
	const struct pv_uarch_net *net;
	const struct pv_explore_options *options;
	const struct pv_progress *progress;
	double *program; /* (C) sum of the programs' vectors */
	double insns;
	size_t n_variables;
};

/* What a design is worth. */
struct pv_evaluation {
	bool possible;   /* a machine that can be, with a positive time and finite objectives */
	int unsatisfied; /* constraints that it fails */
	double time;     /* 0.1 ns */
	double cpi;
	double objectives[PV_MAX_OBJECTIVES];
};

/* Designs that were looked at, each once. */
struct pv_archive {
	int n_axes;
	size_t n, capacity, n_slots;
	int *choices;                      /* (n, n_axes) */
	struct pv_evaluation *evaluations; /* (n) */
	size_t *slots;                     /* (n_slots) open addressing: number + 1, 0 is free */
	uint64_t failures[PV_MAX_CONSTRAINTS];
};

/*
 * pv_design_evaluate - predict one design
 *
 * @values    (n_variables) scratch; afterwards what formulas see of the design
 * @failures  (n_constraints) counts up where the design fails; may be NULL
 * @x         (inputs.d) where not NULL, its inputs, and
 * @gradient  (inputs.d) the gradient of its time (0.1 ns) there
 */
enum pv_status pv_design_evaluate(const struct pv_evaluator *e, const int *choices, double *values, struct pv_evaluation *evaluation,
                                  uint64_t *failures, double *x, double *gradient, struct pv_error *err);

void pv_archive_init(struct pv_archive *a, int n_axes);
void pv_archive_release(struct pv_archive *a);

/* pv_archive_find - number of a design that was looked at; -1 when it was not */
long pv_archive_find(const struct pv_archive *a, const int *choices);

/* pv_archive_add - one that is not there yet; returns its number, -1 when memory is out */
long pv_archive_add(struct pv_archive *a, const int *choices, const struct pv_evaluation *evaluation);

/* pv_explore_search - descents from many places; PV_ERR_INTERRUPTED, PV_ERR_NOMEM */
enum pv_status pv_explore_search(const struct pv_evaluator *e, struct pv_archive *archive, uint64_t *descents, struct pv_error *err);

#endif
