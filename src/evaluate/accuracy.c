/*
 * accuracy.c - what the errors of some pairs amount to
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "base/statistics.h"
#include "evaluate/evaluation.h"

struct pv_pairs pv_pairs_of(enum pv_which programs, enum pv_which machines)
{
	return (struct pv_pairs){.programs = programs, .machines = machines, .program = -1, .machine = -1};
}

/* ---- choosing ---- */

/* Chosen pairs that have a time and a prediction, as columns. */
struct columns {
	size_t n;
	int *program, *machine, *phase; /* (n) */
	double *error, *other;          /* (n) signed; of another predictor, where one was asked for */
	double *simulated, *predicted;  /* (n) ns */
	double *ipc, *predicted_ipc;    /* (n) */
	double *scratch;                /* (3 n) */
	void *memory;
};

static bool meets(enum pv_which which, bool seen)
{
	return which == PV_WHICH_ALL || (which == PV_WHICH_SEEN) == seen;
}

static bool wants(const struct pv_evaluation *e, const struct pv_pairs *pairs, int p, int m)
{
	return meets(pairs->programs, e->programs[p].seen) && meets(pairs->machines, e->machines[m].state == PV_MACHINE_TRAINED);
}

static bool columns_init(struct columns *c, size_t n)
{
	*c = (struct columns){.memory = malloc((n + 1) * (9 * sizeof(double) + 3 * sizeof(int)))};
	if (!c->memory)
		return false;
	double **doubles[] = {&c->error, &c->other, &c->simulated, &c->predicted, &c->ipc, &c->predicted_ipc, &c->scratch};
	double *at = c->memory;
	for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++, at += n)
		*doubles[i] = at;
	int *rest = (int *)(at + 2 * n); /* scratch is three times as long */
	c->program = rest;
	c->machine = rest + n;
	c->phase = rest + 2 * n;
	return true;
}

static void add(const struct pv_evaluation *e, struct columns *c, int p, int m, int u, const struct pv_evaluated_time *time, double other)
{
	if (isnan(time->error) || isnan(other))
		return;
	const double insns = (double)(u < 0 ? e->programs[p].n_insns : e->phases[u].n_insns);
	const double cycles_per_ns = e->machines[m].clock_mhz * 1e-3;
	c->program[c->n] = p;
	c->machine[c->n] = m;
	c->phase[c->n] = u;
	c->error[c->n] = time->error;
	c->other[c->n] = other;
	c->simulated[c->n] = time->simulated_ns;
	c->predicted[c->n] = time->predicted_ns;
	c->ipc[c->n] = insns / (time->simulated_ns * cycles_per_ns);
	c->predicted_ipc[c->n] = time->predicted_ns > 0 ? insns / (time->predicted_ns * cycles_per_ns) : 0;
	c->n++;
}

/* Numbers first to end - 1. */
struct span {
	int first, end;
};

static struct span span_of(int only, int n)
{
	return only < 0 ? (struct span){0, n} : (struct span){only, only + 1};
}

static struct span phases_of(const struct pv_evaluation *e, int program)
{
	if (program < 0)
		return (struct span){0, e->info.n_phases};
	const struct pv_evaluated_program *p = &e->programs[program];
	return (struct span){p->first_phase, p->first_phase + p->n_phases};
}

/* The pairs of machine m: with programs, or with phases. */
static void gather_machine(const struct pv_evaluation *e, enum pv_predictor predictor, enum pv_predictor other,
                           const struct pv_pairs *pairs, struct span rows, int m, struct columns *c)
{
	for (int i = rows.first; i < rows.end; i++) {
		const int p = pairs->phases ? e->phases[i].program : i, u = pairs->phases ? i : -1;
		if (!wants(e, pairs, p, m) || (u >= 0 && !e->phases[u].whole))
			continue;
		const struct evaluated_times *times = u < 0 ? &e->whole : &e->phase;
		const size_t at = (size_t)i * (size_t)e->info.n_machines + (size_t)m;
		const struct pv_evaluated_time time = evaluated_at(times, predictor, at);
		add(e, c, p, m, u, &time, evaluated_at(times, other, at).error);
	}
}

static enum pv_status gather(const struct pv_evaluation *e, enum pv_predictor predictor, enum pv_predictor other,
                             const struct pv_pairs *pairs, struct columns *c, struct pv_error *err)
{
	const struct span machines = span_of(pairs->machine, e->info.n_machines);
	const struct span rows = pairs->phases ? phases_of(e, pairs->program) : span_of(pairs->program, e->info.n_programs);
	const size_t n = (size_t)(rows.end - rows.first) * (size_t)(machines.end - machines.first);
	FAIL_IF(!columns_init(c, n), err, PV_ERR_NOMEM, "out of memory for %zu errors", n);
	for (int m = machines.first; m < machines.end; m++)
		gather_machine(e, predictor, other, pairs, rows, m, c);
	return PV_OK;
}

/* ---- bootstrap ---- */

/* Numbers the (n) values of a column anew from 0 and draws how often each counts. */
struct draw {
	int *count; /* by program or machine */
	int *list;  /* (n) those that occur */
	int n;
};

static void note(struct draw *d, int value)
{
	if (!d->count[value]) {
		d->count[value] = 1;
		d->list[d->n++] = value;
	}
}

static void draw_again(struct draw *d, struct base_random *rng)
{
	if (d->n < 2)
		return;
	for (int i = 0; i < d->n; i++)
		d->count[d->list[i]] = 0;
	for (int i = 0; i < d->n; i++)
		d->count[d->list[base_random_below(rng, (uint64_t)d->n)]]++;
}

static int count_of(const int *column, size_t n, int n_values, int *counts)
{
	int different = 0;
	memset(counts, 0, (size_t)n_values * sizeof *counts);
	for (size_t i = 0; i < n; i++)
		different += counts[column[i]]++ == 0;
	return different;
}

/* The 95 % interval of the mean of (n) values over programs and machines drawn again. */
static enum pv_status interval_of(const struct pv_evaluation *e, const struct columns *c, const double *values, double *low, double *high,
                                  struct pv_error *err)
{
	const size_t P = (size_t)e->info.n_programs, M = (size_t)e->info.n_machines, R = e->n_resamples;
	*low = *high = NAN;
	if (!R || c->n < 2)
		return PV_OK;
	int *memory = calloc(2 * (P + M), sizeof *memory);
	double *means = malloc(R * sizeof *means);
	if (!memory || !means) {
		free(memory);
		free(means);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory");
	}
	struct draw programs = {memory, memory + P, 0}, machines = {memory + 2 * P, memory + 2 * P + M, 0};
	struct base_random rng;
	base_random_init(&rng, e->seed);
	for (size_t i = 0; i < c->n; i++) {
		note(&programs, c->program[i]);
		note(&machines, c->machine[i]);
	}
	size_t n = 0;
	for (size_t r = 0; r < R; r++) {
		double sum = 0, weight = 0;
		draw_again(&programs, &rng);
		draw_again(&machines, &rng);
		for (size_t i = 0; i < c->n; i++) {
			const double w = (double)programs.count[c->program[i]] * machines.count[c->machine[i]];
			sum += w * values[i];
			weight += w;
		}
		if (weight > 0) /* no pair has both a drawn program and a drawn machine: only where many are missing */
			means[n++] = sum / weight;
	}
	base_sort(means, n);
	*low = base_quantile(means, n, 0.025);
	*high = base_quantile(means, n, 0.975);
	free(memory);
	free(means);
	return PV_OK;
}

/* ---- summing up ---- */

static void find_worst(const struct columns *c, struct pv_accuracy *a)
{
	double worst = 0;
	for (size_t i = 0; i < c->n; i++)
		if (a->worst_program < 0 || fabs(c->error[i]) > fabs(worst)) {
			worst = c->error[i];
			a->worst_program = c->program[i];
			a->worst_machine = c->machine[i];
			a->worst_phase = c->phase[i];
		}
}

static enum pv_status sum_up(const struct pv_evaluation *e, const struct pv_pairs *pairs, struct columns *c, struct pv_accuracy *a,
                             struct pv_error *err)
{
	int *counts = malloc((size_t)(e->info.n_programs + e->info.n_machines) * sizeof *counts);
	FAIL_IF(!counts, err, PV_ERR_NOMEM, "out of memory");
	a->n_programs = count_of(c->program, c->n, e->info.n_programs, counts);
	a->n_machines = count_of(c->machine, c->n, e->info.n_machines, counts);
	free(counts);
	if (!c->n)
		return PV_OK;
	find_worst(c, a);
	a->pearson_time = base_pearson(c->simulated, c->predicted, c->n);
	a->spearman_time = base_spearman(c->simulated, c->predicted, c->n, c->scratch);
	a->pearson_ipc = base_pearson(c->ipc, c->predicted_ipc, c->n);
	a->spearman_ipc = base_spearman(c->ipc, c->predicted_ipc, c->n, c->scratch);
	for (size_t i = 0; i < c->n; i++)
		c->other[i] = fabs(c->error[i]);
	if (!pairs->phases)
		TRY(interval_of(e, c, c->other, &a->mean_low, &a->mean_high, err));
	a->error = pv_error_summarize(c->error, c->n); /* sorts: the other columns are no longer in step */
	return PV_OK;
}

enum pv_status pv_evaluation_accuracy(const struct pv_evaluation *e, enum pv_predictor predictor, const struct pv_pairs *pairs,
                                      struct pv_accuracy *a, struct pv_error *err)
{
	struct columns c;
	*a = (struct pv_accuracy){.worst_program = -1, .worst_machine = -1, .worst_phase = -1};
	a->error = pv_error_summarize(NULL, 0);
	a->mean_low = a->mean_high = NAN;
	a->pearson_time = a->spearman_time = a->pearson_ipc = a->spearman_ipc = NAN;
	TRY(gather(e, predictor, predictor, pairs, &c, err));
	enum pv_status status = sum_up(e, pairs, &c, a, err);
	free(c.memory);
	return status;
}

enum pv_status pv_evaluation_compare(const struct pv_evaluation *e, enum pv_predictor baseline, const struct pv_pairs *pairs,
                                     struct pv_comparison *comparison, struct pv_error *err)
{
	struct columns c;
	*comparison = (struct pv_comparison){0, NAN, NAN, NAN, NAN, NAN};
	TRY(gather(e, PV_PREDICTOR_MODEL, baseline, pairs, &c, err));
	for (size_t i = 0; i < c.n; i++) {
		c.error[i] = fabs(c.error[i]);
		c.other[i] = fabs(c.other[i]);
		c.scratch[i] = c.error[i] - c.other[i];
	}
	enum pv_status status = PV_OK;
	if (c.n) {
		comparison->n = c.n;
		comparison->model = base_mean(c.error, c.n);
		comparison->baseline = base_mean(c.other, c.n);
		comparison->difference = base_mean(c.scratch, c.n);
		if (!pairs->phases)
			status = interval_of(e, &c, c.scratch, &comparison->low, &comparison->high, err);
	}
	free(c.memory);
	return status;
}
