/*
 * extremes.c - where to look: the worst phases, a typical machine, and a length of phases that shows something
 */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "evaluate/evaluation.h"

/* ---- the worst phases ---- */

static struct pv_worst_phase phase_error(const struct pv_evaluation *e, enum pv_predictor predictor, int phase)
{
	struct pv_worst_phase w = {.phase = phase};
	int n = 0;
	for (int m = 0; m < e->info.n_machines; m++) {
		const double error = pv_evaluated_phase_time(e, predictor, phase, m).error;
		if (isnan(error))
			continue;
		w.error += fabs(error);
		w.bias += error;
		n++;
	}
	w.error = n ? w.error / n : NAN;
	w.bias = n ? w.bias / n : NAN;
	return w;
}

int pv_evaluation_worst_phases(const struct pv_evaluation *e, enum pv_predictor predictor, struct pv_worst_phase *worst, int n)
{
	int count = 0;
	for (int u = 0; u < e->info.n_phases; u++) {
		const struct pv_worst_phase w = phase_error(e, predictor, u);
		if (isnan(w.error) || !e->phases[u].whole)
			continue;
		int at = count;
		while (at > 0 && worst[at - 1].error < w.error)
			at--;
		for (int i = count < n ? count : n - 1; i > at; i--)
			worst[i] = worst[i - 1];
		if (at < n)
			worst[at] = w;
		count += count < n;
	}
	return count;
}

/* ---- a typical machine ---- */

/* A machine and its mean absolute error. */
struct machine_error {
	double error;
	int machine;
};

static int by_error(const void *a, const void *b)
{
	const struct machine_error *x = a, *y = b;
	if (x->error != y->error)
		return x->error < y->error ? -1 : 1;
	return x->machine - y->machine;
}

enum pv_status pv_evaluation_typical_machine(const struct pv_evaluation *e, int *machine, struct pv_error *err)
{
	struct machine_error *errors = calloc((size_t)e->info.n_machines + 1, sizeof *errors);
	int n = 0;
	FAIL_IF(!errors, err, PV_ERR_NOMEM, "out of memory");
	for (int m = 0; m < e->info.n_machines; m++) {
		double sum = 0, count = 0;
		for (int p = 0; p < e->info.n_programs; p++) {
			const double error = pv_evaluated_time(e, PV_PREDICTOR_MODEL, p, m).error;
			sum += isnan(error) ? 0 : fabs(error);
			count += !isnan(error);
		}
		if (count > 0)
			errors[n++] = (struct machine_error){sum / count, m};
	}
	qsort(errors, (size_t)n, sizeof *errors, by_error);
	*machine = n ? errors[(n - 1) / 2].machine : -1;
	free(errors);
	return PV_OK;
}

/* ---- phases ---- */

uint64_t pv_evaluate_phase_insns(const struct pv_dataset *dataset)
{
	enum { PHASES = 60, SHORTEST = 1000 };
	uint64_t longest = 0, length = SHORTEST;
	for (int i = 0; i < pv_dataset_n_programs(dataset); i++) {
		const struct pv_dataset_program *p = pv_dataset_program(dataset, i);
		const uint64_t n = p->n_insns ? p->n_insns : p->n_rows;
		longest = n > longest ? n : longest;
	}
	for (int step = 0; length < longest / PHASES; step++)
		length = step % 3 == 1 ? length / 2 * 5 : length * 2; /* 1, 2, 5, 10, ... */
	return length;
}
