/*
 * results.c - what a model predicts for a dataset
 */
#include "results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum pv_status no_memory(struct pv_error *err)
{
	snprintf(err->message, sizeof err->message, "out of memory");
	return err->status = PV_ERR_NOMEM;
}

/* The round number of instructions that cuts the longest program into about sixty phases. */
static uint64_t round_phase(const struct pv_dataset *dataset)
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

/* Cycles per instruction; per micro-operation where the dataset does not say which of them end instructions. */
static double cpi_of(double ns, double clock_mhz, uint64_t n_insns, uint64_t n_rows)
{
	return pv_cpi(ns, clock_mhz, n_insns ? n_insns : n_rows);
}

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

static enum pv_status fill_pairs(struct cli_results *r, struct pv_error *err)
{
	const struct pv_evaluation_info *info = pv_evaluation_info(r->evaluation);
	r->pairs = calloc((size_t)info->n_programs * (size_t)info->n_machines + 1, sizeof *r->pairs);
	if (!r->pairs)
		return no_memory(err);
	for (int p = 0; p < info->n_programs; p++)
		for (int m = 0; m < info->n_machines; m++)
			r->pairs[r->n++] = pair_of(r->evaluation, p, m);
	return PV_OK;
}

/* Opens and predicts the dataset; the model is there. */
static int evaluate(struct cli_results *r, const struct cli_model_args *args, const char *path, struct pv_evaluate_options *options)
{
	struct pv_error err = {0};
	const uint64_t phase = options->phase_insns;
	if (!cli_may_be_dataset(path))
		return CLI_FAILED;
	enum pv_status status = pv_dataset_open(path, &r->dataset, &err);
	if (status == PV_OK) {
		options->phase_insns = phase ? phase : round_phase(r->dataset);
		status = pv_evaluate(r->model, r->dataset, options, cli_progress(args->quiet), &r->evaluation, &err);
	}
	cli_progress_done();
	if (status == PV_OK)
		status = fill_pairs(r, &err);
	return status == PV_OK ? CLI_OK : cli_error(&err);
}

static int choose_and_evaluate(struct cli_results *r, const struct cli_model_args *args, const char *uarch, const char *path,
                               uint64_t phase_insns)
{
	struct pv_evaluate_options options = pv_evaluate_defaults();
	int *machines = NULL, status = CLI_OK;
	options.phase_insns = phase_insns;
	options.threads = args->represent.threads;
	if (uarch) {
		machines = calloc((size_t)pv_model_info(r->model)->n_machines + strlen(uarch) + 1, sizeof *machines);
		options.machines = machines;
		options.n_machines = machines ? cli_choose_machines(r->model, uarch, machines) : -1;
		status = options.n_machines < 0 ? CLI_FAILED : CLI_OK;
	}
	if (status == CLI_OK)
		status = evaluate(r, args, path, &options);
	free(machines);
	return status;
}

int cli_results_open(const struct cli_command *self, struct cli_model_args *args, const char *uarch, const char *dataset,
                     uint64_t phase_insns, struct cli_results *r)
{
	*r = (struct cli_results){0};
	int status = cli_model_open(self, args, &r->model);
	if (status == CLI_OK && dataset)
		status = choose_and_evaluate(r, args, uarch, dataset, phase_insns);
	if (status != CLI_OK)
		cli_results_release(r);
	return status;
}

void cli_results_release(struct cli_results *r)
{
	free(r->pairs);
	pv_evaluation_free(r->evaluation);
	pv_dataset_close(r->dataset);
	pv_model_free(r->model);
	*r = (struct cli_results){0};
}

/* ---- CPI over time ---- */

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

int cli_typical_machine(const struct cli_results *r)
{
	const struct pv_evaluation_info *info = pv_evaluation_info(r->evaluation);
	struct machine_error *errors = calloc((size_t)info->n_machines + 1, sizeof *errors);
	int n = 0, typical = -1;
	for (int m = 0; errors && m < info->n_machines; m++) {
		double sum = 0, count = 0;
		for (int p = 0; p < info->n_programs; p++) {
			const double error = pv_evaluated_time(r->evaluation, PV_PREDICTOR_MODEL, p, m).error;
			sum += isnan(error) ? 0 : fabs(error);
			count += !isnan(error);
		}
		if (count > 0)
			errors[n++] = (struct machine_error){sum / count, m};
	}
	if (n) {
		qsort(errors, (size_t)n, sizeof *errors, by_error);
		typical = errors[(n - 1) / 2].machine;
	}
	free(errors);
	return typical;
}

static struct pv_timeline timeline_of(const struct pv_evaluation *e, int p, int m, double *figures)
{
	const struct pv_evaluated_program *program = pv_evaluated_program(e, p);
	const struct pv_evaluated_machine *machine = pv_evaluated_machine(e, m);
	const size_t n = (size_t)program->n_phases;
	double *insns = figures, *predicted = figures + n, *simulated = figures + 2 * n, before = 0;
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
static bool wanted(const struct cli_list *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (!strcmp(names->items[i], name))
			return true;
	return !names->n;
}

static enum pv_status check_names(const struct pv_evaluation *e, const struct cli_list *names, struct pv_error *err)
{
	for (size_t i = 0; i < names->n; i++) {
		bool known = false;
		for (int p = 0; p < pv_evaluation_info(e)->n_programs && !known; p++)
			known = !strcmp(pv_evaluated_program(e, p)->name, names->items[i]);
		if (!known) {
			snprintf(err->message, sizeof err->message, "the dataset has no program '%.200s'", names->items[i]);
			return err->status = PV_ERR_ARG;
		}
	}
	return PV_OK;
}

enum pv_status cli_figure_cpi(const struct cli_results *r, const struct cli_list *programs, int machine, struct pv_figure **figure,
                              struct pv_error *err)
{
	const struct pv_evaluation *e = r->evaluation;
	const struct pv_evaluation_info *info = pv_evaluation_info(e);
	const int from = machine < 0 ? 0 : machine, to = machine < 0 ? info->n_machines : machine + 1;
	const size_t most = (size_t)info->n_programs * (size_t)(to - from);
	enum pv_status status = check_names(e, programs, err);
	if (status != PV_OK)
		return status;
	struct pv_timeline *lines = calloc(most + 1, sizeof *lines);
	double *figures = calloc(3 * (size_t)info->n_phases * (size_t)(to - from) + 1, sizeof *figures), *at = figures;
	size_t n = 0;
	for (int p = 0; lines && figures && p < info->n_programs; p++)
		for (int m = from; m < to && wanted(programs, pv_evaluated_program(e, p)->name); m++) {
			lines[n] = timeline_of(e, p, m, at);
			at += 3 * lines[n++].n;
		}
	status = lines && figures ? pv_figure_cpi(lines, n, (double)info->phase_insns, figure, err) : no_memory(err);
	free(lines);
	free(figures);
	return status;
}

/* ---- maps ---- */

/* Room for a cloud of n points in groups of names. */
struct cloud {
	double *x;
	int *group;
	const char **names;
	bool *seen;
};

static bool cloud_new(struct cloud *c, size_t n, size_t d, size_t n_groups)
{
	*c = (struct cloud){calloc(n * d + 1, sizeof *c->x), calloc(n + 1, sizeof *c->group), calloc(n_groups + 1, sizeof *c->names),
	                    calloc(n_groups + 1, sizeof *c->seen)};
	return c->x && c->group && c->names && c->seen;
}

static enum pv_status draw_cloud(struct cloud *c, size_t n, size_t d, int n_groups, const char *what, uint64_t seed,
                                 struct pv_figure **figure, struct pv_error *err)
{
	const struct pv_cloud cloud = {n, d, c->x, c->group, c->names, c->seen, n_groups};
	return pv_figure_map(&cloud, what, seed, figure, err);
}

static void cloud_release(struct cloud *c)
{
	free(c->x);
	free(c->group);
	free(c->names);
	free(c->seen);
}

/* A phase is its mean representation: programs of any length can be compared. */
static size_t fill_phases(const struct pv_evaluation *e, size_t d, struct cloud *c)
{
	size_t n = 0;
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

enum pv_status cli_figure_programs(const struct cli_results *r, uint64_t seed, struct pv_figure **figure, struct pv_error *err)
{
	const struct pv_evaluation_info *info = pv_evaluation_info(r->evaluation);
	const size_t d = (size_t)pv_model_info(r->model)->n_repr;
	struct cloud c;
	enum pv_status status = PV_OK;
	if (!cloud_new(&c, (size_t)info->n_phases, d, (size_t)info->n_programs))
		status = no_memory(err);
	for (int p = 0; status == PV_OK && p < info->n_programs; p++) {
		c.names[p] = pv_evaluated_program(r->evaluation, p)->name;
		c.seen[p] = pv_evaluated_program(r->evaluation, p)->seen;
	}
	if (status == PV_OK)
		status = draw_cloud(&c, fill_phases(r->evaluation, d, &c), d, info->n_programs, "programs", seed, figure, err);
	cloud_release(&c);
	return status;
}

enum pv_status cli_figure_machines(const struct pv_model *model, uint64_t seed, struct pv_figure **figure, struct pv_error *err)
{
	const int K = pv_model_info(model)->n_machines;
	const size_t d = (size_t)pv_model_info(model)->n_repr;
	struct cloud c;
	enum pv_status status = PV_OK;
	if (!cloud_new(&c, (size_t)K, d, (size_t)K))
		status = no_memory(err);
	for (int k = 0; status == PV_OK && k < K; k++) {
		for (size_t i = 0; i < d; i++)
			c.x[(size_t)k * d + i] = pv_model_machine_vector(model, k)[i];
		c.group[k] = k;
		c.names[k] = pv_model_machine(model, k)->name;
		c.seen[k] = pv_model_machine(model, k)->state == PV_MACHINE_TRAINED;
	}
	if (status == PV_OK)
		status = draw_cloud(&c, (size_t)K, d, K, "machines", seed, figure, err);
	cloud_release(&c);
	return status;
}
