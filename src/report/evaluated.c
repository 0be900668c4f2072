/*
 * evaluated.c - figures of what a model predicts for a dataset: an evaluation as plain results
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/predict.h>
#include <perfvec/report_sections.h>

#include "base/error.h"
#include "report/evaluated.h"

/* Cycles per instruction; per micro-operation where the dataset does not say which of them end instructions. */
static double cpi_of(double ns, double clock_mhz, uint64_t n_insns, uint64_t n_uops)
{
	return pv_cpi(ns, clock_mhz, n_insns ? n_insns : n_uops);
}

/* ---- pairs ---- */

static struct pv_timed pair_of(const struct pv_evaluation *e, int p, int m)
{
	const struct pv_evaluated_program *program = pv_evaluated_program(e, p);
	const struct pv_evaluated_machine *machine = pv_evaluated_machine(e, m);
	const struct pv_evaluated_time time = pv_evaluated_time(e, PV_PREDICTOR_MODEL, p, m);
	return (struct pv_timed){.program = program->name,
	                         .machine = machine->name,
	                         .program_seen = program->seen,
	                         .machine_seen = machine->state == PV_MACHINE_TRAINED,
	                         .predicted_ns = time.predicted_ns,
	                         .simulated_ns = time.simulated_ns,
	                         .predicted_cpi = cpi_of(time.predicted_ns, machine->clock_mhz, program->n_insns, program->n_rows),
	                         .simulated_cpi = cpi_of(time.simulated_ns, machine->clock_mhz, program->n_insns, program->n_rows)};
}

enum pv_status report_pairs(const struct pv_evaluation *e, struct pv_timed **pairs, size_t *n, struct pv_error *err)
{
	const struct pv_evaluation_info *info = pv_evaluation_info(e);
	*n = 0;
	*pairs = calloc((size_t)info->n_programs * (size_t)info->n_machines + 1, sizeof **pairs);
	FAIL_IF(!*pairs, err, PV_ERR_NOMEM, "out of memory");
	for (int p = 0; p < info->n_programs; p++)
		for (int m = 0; m < info->n_machines; m++)
			(*pairs)[(*n)++] = pair_of(e, p, m);
	return PV_OK;
}

enum pv_status pv_figure_evaluated_scatter(const struct pv_evaluation *e, struct pv_figure **figure, struct pv_error *err)
{
	struct pv_timed *pairs;
	size_t n;
	TRY(report_pairs(e, &pairs, &n, err));
	const enum pv_status status = pv_figure_scatter(pairs, n, figure, err);
	free(pairs);
	return status;
}

enum pv_status pv_figure_evaluated_errors(const struct pv_evaluation *e, struct pv_figure **figure, struct pv_error *err)
{
	struct pv_timed *pairs;
	size_t n;
	TRY(report_pairs(e, &pairs, &n, err));
	const enum pv_status status = pv_figure_errors(pairs, n, figure, err);
	free(pairs);
	return status;
}

/* ---- CPI along the programs ---- */

/* Room for 3 numbers a phase. */
static struct pv_timeline timeline_of(const struct pv_evaluation *e, int p, int m, double *numbers)
{
	const struct pv_evaluated_program *program = pv_evaluated_program(e, p);
	const struct pv_evaluated_machine *machine = pv_evaluated_machine(e, m);
	const size_t n = (size_t)program->n_phases;
	double *insns = numbers, *predicted = numbers + n, *simulated = numbers + 2 * n, before = 0;
	for (size_t i = 0; i < n; i++) {
		const int phase = program->first_phase + (int)i;
		const struct pv_evaluated_phase *u = pv_evaluated_phase(e, phase);
		const struct pv_evaluated_time time = pv_evaluated_phase_time(e, PV_PREDICTOR_MODEL, phase, m);
		const double length = (double)(u->n_insns ? u->n_insns : u->n_rows);
		insns[i] = before + length / 2;
		predicted[i] = u->whole ? cpi_of(time.predicted_ns, machine->clock_mhz, u->n_insns, u->n_rows) : NAN;
		simulated[i] = u->whole ? cpi_of(time.simulated_ns, machine->clock_mhz, u->n_insns, u->n_rows) : NAN;
		before += length;
	}
	return (struct pv_timeline){program->name, machine->name, n, insns, predicted, simulated};
}

/* Whether a program is among those asked for. */
static bool wanted(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return !n;
}

static enum pv_status check_names(const struct pv_evaluation *e, const char *const *names, size_t n, struct pv_error *err)
{
	for (size_t i = 0; i < n; i++) {
		bool known = false;
		for (int p = 0; p < pv_evaluation_info(e)->n_programs && !known; p++)
			known = !strcmp(pv_evaluated_program(e, p)->name, names[i]);
		FAIL_IF(!known, err, PV_ERR_ARG, "the dataset has no program '%.200s'", names[i]);
	}
	return PV_OK;
}

enum pv_status pv_figure_evaluated_cpi(const struct pv_evaluation *e, const char *const *programs, size_t n, int machine,
                                       struct pv_figure **figure, struct pv_error *err)
{
	const struct pv_evaluation_info *info = pv_evaluation_info(e);
	const int from = machine < 0 ? 0 : machine, to = machine < 0 ? info->n_machines : machine + 1;
	TRY(check_names(e, programs, n, err));
	struct pv_timeline *lines = calloc((size_t)info->n_programs * (size_t)(to - from) + 1, sizeof *lines);
	double *numbers = calloc(3 * (size_t)info->n_phases * (size_t)(to - from) + 1, sizeof *numbers), *at = numbers;
	size_t n_lines = 0;
	for (int p = 0; lines && numbers && p < info->n_programs; p++)
		for (int m = from; m < to && wanted(programs, n, pv_evaluated_program(e, p)->name); m++) {
			lines[n_lines] = timeline_of(e, p, m, at);
			at += 3 * lines[n_lines++].n;
		}
	enum pv_status status = lines && numbers ? pv_figure_cpi(lines, n_lines, (double)info->phase_insns, figure, err)
	                                         : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	free(lines);
	free(numbers);
	return status;
}

/* ---- maps ---- */

/* Room for n points of d dimensions in groups. */
struct points {
	double *x;
	int *group;
	const char **names;
	bool *seen;
};

static enum pv_status points_new(struct points *c, size_t n, size_t d, size_t n_groups, struct pv_error *err)
{
	*c = (struct points){calloc(n * d + 1, sizeof *c->x), calloc(n + 1, sizeof *c->group), calloc(n_groups + 1, sizeof *c->names),
	                     calloc(n_groups + 1, sizeof *c->seen)};
	FAIL_IF(!c->x || !c->group || !c->names || !c->seen, err, PV_ERR_NOMEM, "out of memory");
	return PV_OK;
}

static void points_release(struct points *c)
{
	free(c->x);
	free(c->group);
	free(c->names);
	free(c->seen);
}

/* A phase is its mean representation: programs of any length can be compared. Returns the number of points. */
static size_t fill_phases(const struct pv_evaluation *e, size_t d, struct points *c)
{
	size_t n = 0;
	for (int p = 0; p < pv_evaluation_info(e)->n_programs; p++) {
		c->names[p] = pv_evaluated_program(e, p)->name;
		c->seen[p] = pv_evaluated_program(e, p)->seen;
	}
	for (int u = 0; u < pv_evaluation_info(e)->n_phases; u++) {
		const struct pv_evaluated_phase *phase = pv_evaluated_phase(e, u);
		if (!phase->whole)
			continue;
		for (size_t k = 0; k < d; k++)
			c->x[n * d + k] = pv_evaluated_phase_vector(e, u)[k] / (double)phase->n_rows;
		c->group[n++] = phase->program;
	}
	return n;
}

enum pv_status pv_figure_programs(const struct pv_model *model, const struct pv_evaluation *e, uint64_t seed, struct pv_figure **figure,
                                  struct pv_error *err)
{
	const struct pv_evaluation_info *info = pv_evaluation_info(e);
	const size_t d = (size_t)pv_model_info(model)->n_repr;
	struct points c;
	enum pv_status status = points_new(&c, (size_t)info->n_phases, d, (size_t)info->n_programs, err);
	if (status == PV_OK) {
		const size_t n = fill_phases(e, d, &c);
		const struct pv_cloud cloud = {n, d, c.x, c.group, c.names, c.seen, info->n_programs};
		status = pv_figure_map(&cloud, "programs", seed, figure, err);
	}
	points_release(&c);
	return status;
}

static void fill_machines(const struct pv_model *model, size_t d, struct points *c)
{
	for (int k = 0; k < pv_model_info(model)->n_machines; k++) {
		for (size_t i = 0; i < d; i++)
			c->x[(size_t)k * d + i] = pv_model_machine_vector(model, k)[i];
		c->group[k] = k;
		c->names[k] = pv_model_machine(model, k)->name;
		c->seen[k] = pv_model_machine(model, k)->state == PV_MACHINE_TRAINED;
	}
}

enum pv_status pv_figure_machines(const struct pv_model *model, uint64_t seed, struct pv_figure **figure, struct pv_error *err)
{
	const int K = pv_model_info(model)->n_machines;
	const size_t d = (size_t)pv_model_info(model)->n_repr;
	struct points c;
	enum pv_status status = points_new(&c, (size_t)K, d, (size_t)K, err);
	if (status == PV_OK) {
		fill_machines(model, d, &c);
		const struct pv_cloud cloud = {(size_t)K, d, c.x, c.group, c.names, c.seen, K};
		status = pv_figure_map(&cloud, "machines", seed, figure, err);
	}
	points_release(&c);
	return status;
}
