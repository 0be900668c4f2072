/*
 * evaluate.c - predictions of a dataset by all predictors
 *
 * Units (whole programs, or phases) are what is predicted; the sum of a program's units is the program.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "evaluate/evaluation.h"
#include "model/model.h"
#include "represent/ranges.h"

struct pv_evaluate_options pv_evaluate_defaults(void)
{
	return (struct pv_evaluate_options){.n_resamples = 1000, .seed = 1};
}

const char *pv_predictor_name(enum pv_predictor predictor)
{
	static const char *const names[PV_N_PREDICTORS] = {"model", "mean_cpi", "regression", "linear", "interval"};
	return (unsigned)predictor < PV_N_PREDICTORS ? names[predictor] : NULL;
}

/* ---- machines ---- */

static int find_in_dataset(const struct pv_dataset *dataset, const char *name)
{
	for (int k = 0; k < pv_dataset_n_machines(dataset); k++)
		if (!strcmp(pv_dataset_machine(dataset, k)->name, name))
			return k;
	return -1;
}

static enum pv_status choose_machines(struct evaluate_task *t, const struct pv_evaluate_options *o, struct pv_error *err)
{
	const int K = pv_model_info(t->model)->n_machines, n = o->machines ? o->n_machines : K;
	t->in_model = calloc((size_t)n + 1, sizeof *t->in_model);
	t->in_dataset = calloc((size_t)n + 1, sizeof *t->in_dataset);
	FAIL_IF(!t->in_model || !t->in_dataset, err, PV_ERR_NOMEM, "out of memory");
	for (int i = 0; i < n; i++) {
		const int k = o->machines ? o->machines[i] : i;
		FAIL_IF(k < 0 || k >= K, err, PV_ERR_ARG, "the model has no machine number %d", k);
		const char *name = pv_model_machine(t->model, k)->name;
		const int column = find_in_dataset(t->dataset, name);
		FAIL_IF(o->machines && column < 0, err, PV_ERR_ARG, "the dataset has no times of machine '%s'", name);
		if (column < 0)
			continue;
		t->in_model[t->M] = k;
		t->in_dataset[t->M++] = column;
	}
	if (!t->M) {
		base_error_set(err, PV_ERR_ARG, "none of the dataset's %d machines is among the model's %d",
		               pv_dataset_n_machines(t->dataset), K);
		return base_error_hint(err, "'perfvec tune' learns machines of a dataset");
	}
	return pv_model_check_dataset(t->model, t->dataset, t->in_model, t->M, err);
}

static enum pv_status copy_machines(const struct evaluate_task *t, struct pv_evaluation *e, struct pv_error *err)
{
	e->machines = calloc((size_t)t->M, sizeof *e->machines);
	FAIL_IF(!e->machines, err, PV_ERR_NOMEM, "out of memory");
	e->info.n_machines = t->M;
	for (int m = 0; m < t->M; m++) {
		const struct pv_model_machine *machine = pv_model_machine(t->model, t->in_model[m]);
		e->machines[m] = (struct pv_evaluated_machine){.name = strdup(machine->name),
		                                               .clock_mhz = pv_dataset_machine(t->dataset, t->in_dataset[m])->clock_mhz,
		                                               .state = machine->state};
		FAIL_IF(!e->machines[m].name, err, PV_ERR_NOMEM, "out of memory");
	}
	return PV_OK;
}

/* ---- programs and phases ---- */

static bool ends_instruction(const struct pv_dataset_program *p, uint64_t row)
{
	return !p->n_insns || (p->features[row].flags & PV_FEATURE_LAST);
}

/* Appends one unit; PV_ERR_NOMEM. */
static enum pv_status add_unit(struct evaluate_task *t, struct data_range unit, struct pv_error *err)
{
	TRY(base_array_extend(&t->units, (size_t)t->n_units, sizeof *t->units, "phases", err));
	t->units[t->n_units++] = unit;
	return PV_OK;
}

/* Cuts rows into phases of so many instructions. */
static enum pv_status add_phases(struct evaluate_task *t, struct data_range rows, uint64_t insns, struct pv_error *err)
{
	const struct pv_dataset_program *p = pv_dataset_program(t->dataset, rows.program);
	uint64_t begin = rows.begin, n = 0;
	for (uint64_t row = rows.begin; row < rows.end; row++) {
		n += ends_instruction(p, row);
		if (n == insns || row + 1 == rows.end) {
			TRY(add_unit(t, (struct data_range){rows.program, begin, row + 1}, err));
			begin = row + 1;
			n = 0;
		}
	}
	return PV_OK;
}

/* The rows of a program that count. */
static struct data_range counted_rows(const struct evaluate_task *t, int i, bool held_out)
{
	const struct pv_dataset_program *p = pv_dataset_program(t->dataset, i);
	if (held_out && pv_model_saw_program(t->model, p->name))
		return (struct data_range){i, p->begin[PV_SPLIT_TEST], p->end[PV_SPLIT_TEST]};
	return (struct data_range){i, 0, p->n_rows};
}

static enum pv_status cut_programs(struct evaluate_task *t, const struct pv_evaluate_options *o, struct pv_evaluation *e,
                                   struct pv_error *err)
{
	const int n = pv_dataset_n_programs(t->dataset);
	e->programs = calloc((size_t)n + 1, sizeof *e->programs);
	t->fit = calloc((size_t)n + 1, sizeof *t->fit);
	FAIL_IF(!e->programs || !t->fit, err, PV_ERR_NOMEM, "out of memory");
	for (int i = 0; i < n; i++) {
		const struct pv_dataset_program *p = pv_dataset_program(t->dataset, i);
		const struct data_range rows = counted_rows(t, i, o->held_out_rows);
		const bool seen = pv_model_saw_program(t->model, p->name);
		t->fit[i] = seen && p->begin[PV_SPLIT_TRAIN] < p->end[PV_SPLIT_TRAIN];
		e->info.n_fit_programs += t->fit[i];
		if (rows.begin == rows.end)
			continue;
		struct pv_evaluated_program *to = &e->programs[e->info.n_programs++];
		*to = (struct pv_evaluated_program){strdup(p->name), seen, rows.end - rows.begin, 0, t->n_units, 0};
		FAIL_IF(!to->name, err, PV_ERR_NOMEM, "out of memory");
		TRY(o->phase_insns ? add_phases(t, rows, o->phase_insns, err) : add_unit(t, rows, err));
		to->n_phases = t->n_units - to->first_phase;
	}
	FAIL_IF(!e->info.n_programs, err, PV_ERR_ARG, "no program of the dataset has held-out rows");
	return PV_OK;
}

/* Instructions, from the profiles; phases, where there are any. */
static enum pv_status describe_programs(const struct evaluate_task *t, struct pv_evaluation *e, struct pv_error *err)
{
	struct pv_evaluated_phase *phases = calloc((size_t)t->n_units + 1, sizeof *phases);
	FAIL_IF(!phases, err, PV_ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < t->pieces.n; i++)
		if (t->pieces.pieces[i].unit >= 0)
			phases[t->pieces.pieces[i].unit].n_insns += t->pieces.profiles[i].insns;
	for (int p = 0; p < e->info.n_programs; p++) {
		struct pv_evaluated_program *program = &e->programs[p];
		for (int u = program->first_phase; u < program->first_phase + program->n_phases; u++) {
			struct pv_evaluated_phase *phase = &phases[u];
			phase->program = p;
			phase->first_row = t->units[u].begin;
			phase->n_rows = t->units[u].end - t->units[u].begin;
			phase->first_insn = program->n_insns;
			program->n_insns += phase->n_insns;
			phase->whole = 2 * (phase->n_insns ? phase->n_insns : phase->n_rows) >= e->info.phase_insns;
		}
		if (!e->info.phase_insns)
			program->first_phase = program->n_phases = 0;
	}
	if (e->info.phase_insns) {
		e->phases = phases;
		e->info.n_phases = t->n_units;
	} else {
		free(phases);
	}
	return PV_OK;
}

/* ---- times ---- */

static enum pv_status times_init(struct evaluated_times *times, size_t n, struct pv_error *err)
{
	bool whole = (times->simulated = calloc(n + 1, sizeof(double))) != NULL;
	for (int i = 0; i < PV_N_PREDICTORS; i++)
		whole = (times->predicted[i] = calloc(n + 1, sizeof(double))) != NULL && whole;
	FAIL_IF(!whole, err, PV_ERR_NOMEM, "out of memory for %zu times", n);
	return PV_OK;
}

static void times_release(struct evaluated_times *times)
{
	free(times->simulated);
	for (int i = 0; i < PV_N_PREDICTORS; i++)
		free(times->predicted[i]);
	*times = (struct evaluated_times){0};
}

/* Sums of units, by program. */
static void sum_units(const struct evaluate_task *t, const struct pv_evaluation *e, const double *units, double *programs)
{
	const size_t M = (size_t)t->M;
	for (size_t u = 0, p = 0; u < (size_t)t->n_units; u++) {
		p += u && t->units[u].program != t->units[u - 1].program;
		for (size_t m = 0; m < M && p < (size_t)e->info.n_programs; m++)
			programs[p * M + m] += units[u * M + m];
	}
}

static enum pv_status fill_simulated(const struct evaluate_task *t, double *times, struct pv_error *err)
{
	const size_t M = (size_t)t->M;
	double all = 0;
	for (size_t i = 0; i < t->pieces.n; i++)
		for (size_t m = 0; t->pieces.pieces[i].unit >= 0 && m < M; m++) {
			times[(size_t)t->pieces.pieces[i].unit * M + m] += t->pieces.times[i * M + m];
			all += t->pieces.times[i * M + m];
		}
	FAIL_IF(!(all > 0), err, PV_ERR_ARG, "the dataset holds no times: all targets are 0");
	return PV_OK;
}

static enum pv_status model_times(const struct evaluate_task *t, struct pv_evaluation *e, double *times, struct pv_error *err)
{
	const size_t D = (size_t)pv_model_info(t->model)->n_repr, n = (size_t)t->n_units;
	double *sums = malloc((n * D + 1) * sizeof *sums);
	FAIL_IF(!sums, err, PV_ERR_NOMEM, "out of memory for %zu vectors", n);
	enum pv_status status = represent_ranges(t->model, t->dataset, t->units, n, t->pool, t->progress, sums, err);
	for (size_t u = 0; status == PV_OK && u < n; u++)
		for (int m = 0; m < t->M; m++)
			times[u * (size_t)t->M + (size_t)m] =
			    represent_vector_time(t->model, sums + u * D, t->units[u].end - t->units[u].begin, t->in_model[m]);
	e->n_repr = D;
	if (status == PV_OK && e->info.phase_insns)
		e->vectors = sums;
	else
		free(sums);
	return status;
}

static enum pv_status predict(const struct evaluate_task *t, struct pv_evaluation *e, struct evaluated_times *units, struct pv_error *err)
{
	const size_t n = (size_t)t->n_units * (size_t)t->M;
	TRY(fill_simulated(t, units->simulated, err));
	TRY(evaluate_mean_cpi_times(t, units->predicted[PV_PREDICTOR_MEAN_CPI], err));
	TRY(evaluate_regression_times(t, units->predicted[PV_PREDICTOR_REGRESSION], err));
	TRY(evaluate_linear_times(t, units->predicted[PV_PREDICTOR_LINEAR], err));
	TRY(evaluate_interval_times(t, e->machines, units->predicted[PV_PREDICTOR_INTERVAL], err));
	TRY(model_times(t, e, units->predicted[PV_PREDICTOR_MODEL], err));
	for (int i = 0; i < PV_N_PREDICTORS; i++)
		for (size_t j = 0; j < n; j++)
			e->info.available[i] = e->info.available[i] || !isnan(units->predicted[i][j]);
	return PV_OK;
}

static enum pv_status keep_times(const struct evaluate_task *t, struct pv_evaluation *e, struct evaluated_times *units,
                                 struct pv_error *err)
{
	TRY(times_init(&e->whole, (size_t)e->info.n_programs * (size_t)t->M, err));
	sum_units(t, e, units->simulated, e->whole.simulated);
	for (int i = 0; i < PV_N_PREDICTORS; i++)
		sum_units(t, e, units->predicted[i], e->whole.predicted[i]);
	if (e->info.phase_insns) {
		e->phase = *units;
		*units = (struct evaluated_times){0};
	}
	return PV_OK;
}

static enum pv_status run(struct evaluate_task *t, const struct pv_evaluate_options *o, struct pv_evaluation *e, struct pv_error *err)
{
	struct evaluated_times units = {0};
	e->info.phase_insns = o->phase_insns;
	e->info.held_out_rows = o->held_out_rows;
	e->n_resamples = o->n_resamples;
	e->seed = o->seed;
	TRY(choose_machines(t, o, err));
	TRY(model_inputs_check(t->model->inputs.kind, t->dataset, err));
	TRY(copy_machines(t, e, err));
	TRY(cut_programs(t, o, e, err));
	t->pool = base_threads_new(o->threads);
	FAIL_IF(!t->pool, err, PV_ERR_NOMEM, "out of memory");
	TRY(evaluate_pieces_new(t->dataset, t->units, t->n_units, t->in_dataset, t->M, &t->model->inputs, t->pool, t->progress, &t->pieces,
	                        err));
	TRY(describe_programs(t, e, err));
	enum pv_status status = times_init(&units, (size_t)t->n_units * (size_t)t->M, err);
	if (status == PV_OK)
		status = predict(t, e, &units, err);
	if (status == PV_OK)
		status = keep_times(t, e, &units, err);
	times_release(&units);
	return status;
}

enum pv_status pv_evaluate(const struct pv_model *model, const struct pv_dataset *dataset, const struct pv_evaluate_options *options,
                           const struct pv_progress *progress, struct pv_evaluation **evaluation, struct pv_error *err)
{
	struct evaluate_task t = {.model = model, .dataset = dataset, .progress = progress};
	struct pv_evaluation *e = calloc(1, sizeof *e);
	FAIL_IF(!e, err, PV_ERR_NOMEM, "out of memory");
	enum pv_status status = run(&t, options, e, err);
	evaluate_pieces_release(&t.pieces);
	base_threads_free(t.pool);
	free(t.in_model);
	free(t.in_dataset);
	free(t.fit);
	free(t.units);
	if (status != PV_OK) {
		pv_evaluation_free(e);
		return status;
	}
	*evaluation = e;
	return PV_OK;
}

void pv_evaluation_free(struct pv_evaluation *e)
{
	if (!e)
		return;
	for (int p = 0; e->programs && p < e->info.n_programs; p++)
		free((char *)e->programs[p].name);
	for (int m = 0; e->machines && m < e->info.n_machines; m++)
		free((char *)e->machines[m].name);
	free(e->programs);
	free(e->machines);
	free(e->phases);
	free(e->vectors);
	times_release(&e->whole);
	times_release(&e->phase);
	free(e);
}

/* ---- asking ---- */

const double *pv_evaluated_phase_vector(const struct pv_evaluation *e, int phase)
{
	return e->vectors + (size_t)phase * e->n_repr;
}

const struct pv_evaluation_info *pv_evaluation_info(const struct pv_evaluation *e)
{
	return &e->info;
}

const struct pv_evaluated_program *pv_evaluated_program(const struct pv_evaluation *e, int p)
{
	return &e->programs[p];
}

const struct pv_evaluated_machine *pv_evaluated_machine(const struct pv_evaluation *e, int m)
{
	return &e->machines[m];
}

const struct pv_evaluated_phase *pv_evaluated_phase(const struct pv_evaluation *e, int u)
{
	return &e->phases[u];
}

struct pv_evaluated_time evaluated_at(const struct evaluated_times *times, enum pv_predictor predictor, size_t i)
{
	const double simulated = 0.1 * times->simulated[i], predicted = 0.1 * times->predicted[predictor][i];
	return (struct pv_evaluated_time){simulated, predicted, simulated > 0 ? predicted / simulated - 1 : NAN};
}

struct pv_evaluated_time pv_evaluated_time(const struct pv_evaluation *e, enum pv_predictor predictor, int program, int machine)
{
	return evaluated_at(&e->whole, predictor, (size_t)program * (size_t)e->info.n_machines + (size_t)machine);
}

struct pv_evaluated_time pv_evaluated_phase_time(const struct pv_evaluation *e, enum pv_predictor predictor, int phase, int machine)
{
	return evaluated_at(&e->phase, predictor, (size_t)phase * (size_t)e->info.n_machines + (size_t)machine);
}
