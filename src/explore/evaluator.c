/*
 * evaluator.c - designs predicted, and what was found so far
 */
#include "explore/evaluator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/hash.h"

/* ---- one design -------------------------------------------------------------------------------------------------------------------- */

static void weigh(const struct explore_evaluator *e, const double *values, struct explore_evaluation *v, uint64_t *failures)
{
	const struct pv_explore_options *o = e->options;
	for (int i = 0; i < o->n_objectives; i++) {
		v->objectives[i] = pv_formula_value(o->objectives[i], values);
		v->possible = v->possible && isfinite(v->objectives[i]);
	}
	for (int i = 0; i < o->n_constraints; i++) {
		const double truth = pv_formula_value(o->constraints[i], values);
		const bool fails = !(truth < 0 || truth > 0); /* not a number fails, too */
		v->unsatisfied += fails;
		if (failures)
			failures[i] += fails;
	}
}

enum pv_status explore_design_evaluate(const struct explore_evaluator *e, const int *choices, double *values, struct explore_evaluation *v,
                                       uint64_t *failures, double *x, double *gradient, struct pv_error *err)
{
	struct pv_uarch u;
	*v = (struct explore_evaluation){.time = NAN};
	explore_space_fill(e->space, choices, &u);
	if (pv_uarch_check(&u, NULL) != PV_OK)
		return PV_OK;
	double *own = x ? NULL : malloc((size_t)e->net->inputs.d * sizeof *own);
	FAIL_IF(!x && !own, err, PV_ERR_NOMEM, "out of memory");
	double *at = x ? x : own;
	regression_machine_inputs_get(&e->net->inputs, &u, at);
	const enum pv_status status = machine_regression_time(e->net, at, e->program, &v->time, gradient, err);
	free(own);
	if (status == PV_ERR_RANGE)
		return PV_OK; /* its vector cannot be computed: far from everything that was learnt */
	TRY(status);
	v->possible = v->time > 0;
	pv_machine_values(&u, 0.1 * v->time, e->insns, values);
	v->cpi = values[PV_MACHINE_CPI];
	weigh(e, values, v, failures);
	return PV_OK;
}

/* ---- archive ----------------------------------------------------------------------------------------------------------------------- */

void explore_archive_init(struct explore_archive *a, int n_axes)
{
	*a = (struct explore_archive){.n_axes = n_axes};
}

void explore_archive_release(struct explore_archive *a)
{
	free(a->choices);
	free(a->evaluations);
	free(a->slots);
	*a = (struct explore_archive){0};
}

static size_t hash(const int *choices, int n)
{
	uint64_t h = BASE_HASH_START;
	for (int i = 0; i < n; i++)
		h = base_hash_add(h, (uint64_t)choices[i]);
	return (size_t)(h ^ h >> 32);
}

/* The slot where a design is, or would be. */
static size_t slot_of(const struct explore_archive *a, const int *choices)
{
	const size_t n = (size_t)a->n_axes;
	size_t s = hash(choices, a->n_axes) & (a->n_slots - 1);
	while (a->slots[s] && memcmp(a->choices + (a->slots[s] - 1) * n, choices, n * sizeof *choices))
		s = (s + 1) & (a->n_slots - 1);
	return s;
}

long explore_archive_find(const struct explore_archive *a, const int *choices)
{
	return a->n_slots ? (long)a->slots[slot_of(a, choices)] - 1 : -1;
}

static bool grow(struct explore_archive *a)
{
	const size_t n = (size_t)a->n_axes;
	size_t capacity = a->capacity;
	const struct base_column columns[] = {{&a->choices, (n ? n : 1) * sizeof *a->choices}, {&a->evaluations, sizeof *a->evaluations}};
	if (base_columns_grow(columns, 2, &capacity, a->n + 1, "designs", NULL) != PV_OK)
		return false;
	size_t *slots = calloc(2 * capacity, sizeof *slots);
	if (!slots)
		return false;
	free(a->slots);
	a->slots = slots;
	a->capacity = capacity;
	a->n_slots = 2 * capacity;
	for (size_t i = 0; i < a->n; i++)
		a->slots[slot_of(a, a->choices + i * n)] = i + 1;
	return true;
}

long explore_archive_add(struct explore_archive *a, const int *choices, const struct explore_evaluation *evaluation)
{
	if (a->n == a->capacity && !grow(a))
		return -1;
	const size_t slot = slot_of(a, choices);
	memcpy(a->choices + a->n * (size_t)a->n_axes, choices, (size_t)a->n_axes * sizeof *choices);
	a->evaluations[a->n] = *evaluation;
	a->slots[slot] = ++a->n;
	return (long)a->n - 1;
}
