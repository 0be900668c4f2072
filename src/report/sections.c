/*
 * sections.c - what a report says of models, evaluations, logs and files, section by section
 *
 * Each put_ function adds a heading, a figure or a table; the first failure ends the report.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <perfvec/report_sections.h>

#include "base/error.h"
#include "report/evaluated.h"
#include "report/table.h"

/* An array of headings and its length. */
#define COLUMNS(columns) columns, (int)(sizeof(columns) / sizeof *(columns))

/* Draws a figure that is there when `made` says so, and releases it. */
static enum pv_status put_figure(struct pv_report *r, enum pv_status made, struct pv_figure **f, struct pv_error *err)
{
	if (made != PV_OK)
		return made;
	const enum pv_status status = pv_report_figure(r, *f, err);
	pv_figure_free(*f);
	return status;
}

/* Puts a table that is complete when `filled` says so, and releases it. */
static enum pv_status put_table(struct pv_report *r, enum pv_status filled, struct report_table *t, const char *caption,
                                const char *const *columns, int n_columns, struct pv_error *err)
{
	if (filled == PV_OK)
		return report_table_put(t, r, caption, columns, n_columns, err);
	report_table_release(t);
	return filled;
}

/* ---- errors ---- */

static void add_accuracy(struct report_table *t, const struct pv_accuracy *x)
{
	report_table_add(t, (double)x->error.n, "%zu", x->error.n);
	report_table_percent(t, x->error.mean, false);
	if (isnan(x->mean_low))
		report_table_add(t, NAN, "-");
	else
		report_table_add(t, x->mean_high - x->mean_low, "%.1f to %.1f", 100 * x->mean_low, 100 * x->mean_high);
	report_table_percent(t, x->error.median, false);
	report_table_percent(t, x->error.p95, false);
	report_table_percent(t, x->error.worst, true);
}

static const char *const predictor_names[PV_N_PREDICTORS] = {
    [PV_PREDICTOR_MODEL] = "this model",
    [PV_PREDICTOR_MEAN_CPI] = "mean CPI of the machine",
    [PV_PREDICTOR_REGRESSION] = "regression on op mix and misses",
    [PV_PREDICTOR_LINEAR] = "regression on the model's inputs",
    [PV_PREDICTOR_INTERVAL] = "interval model",
};

/* The errors of one predictor in one quadrant: a line, unless there are none. */
static enum pv_status add_quadrant(struct report_table *t, const struct pv_evaluation *e, int quadrant, enum pv_predictor predictor,
                                   struct pv_error *err)
{
	const struct pv_pairs pairs = pv_pairs_of_quadrant(quadrant);
	struct pv_accuracy x;
	TRY(pv_evaluation_accuracy(e, predictor, &pairs, &x, err));
	if (!pv_evaluation_info(e)->available[predictor] || !x.error.n)
		return PV_OK;
	report_table_add(t, NAN, pairs.programs == PV_WHICH_SEEN ? "seen" : "unseen");
	report_table_add(t, NAN, pairs.machines == PV_WHICH_SEEN ? "seen" : "unseen");
	report_table_add(t, NAN, "%s", predictor_names[predictor]);
	add_accuracy(t, &x);
	report_table_number(t, x.spearman_time);
	report_table_number(t, x.spearman_ipc);
	return PV_OK;
}

/* The model and the baselines over the four quadrants. */
static enum pv_status put_quadrants(struct pv_report *r, const struct pv_evaluation *e, struct pv_error *err)
{
	static const char *const columns[] = {"programs",      "machines",           "predictor", "pairs",
	                                      "mean absolute", "95 % interval",      "median",    "95th percentile",
	                                      "worst",         "rank corr. of time", "of IPC"};
	struct report_table t = {0};
	enum pv_status status = PV_OK;
	for (int i = 0; i < PV_N_QUADRANTS * PV_N_PREDICTORS && status == PV_OK; i++)
		status = add_quadrant(&t, e, i / PV_N_PREDICTORS, (enum pv_predictor)(i % PV_N_PREDICTORS), err);
	return put_table(r, status, &t, "Errors of predicted time in percent, beside baselines on the same split", COLUMNS(columns), err);
}

/* A sentence for each baseline: how the model compares where it counts, on programs it has not seen. */
static enum pv_status put_verdict(struct pv_report *r, const struct pv_evaluation *e, struct pv_error *err)
{
	const struct pv_pairs unseen = pv_pairs_of(PV_WHICH_UNSEEN, PV_WHICH_ALL);
	for (int p = PV_PREDICTOR_MODEL + 1; p < PV_N_PREDICTORS; p++) {
		struct pv_comparison c = {0};
		char text[256];
		if (pv_evaluation_info(e)->available[p])
			TRY(pv_evaluation_compare(e, (enum pv_predictor)p, &unseen, &c, err));
		if (!c.n)
			continue;
		snprintf(text, sizeof text, "On unseen programs the model's mean error is %.1f %%, that of the baseline '%s' %.1f %%: %s.",
		         100 * c.model, predictor_names[p], 100 * c.baseline,
		         c.high < 0  ? "the model is better"
		         : c.low > 0 ? "the model is worse"
		                     : "no clear difference");
		TRY(pv_report_text(r, text, err));
	}
	return PV_OK;
}

static enum pv_status put_programs(struct pv_report *r, const struct pv_evaluation *e, struct pv_error *err)
{
	static const char *const columns[] = {"program",       "in training", "instructions",    "pairs", "mean absolute",
	                                      "95 % interval", "median",      "95th percentile", "worst"};
	struct report_table t = {0};
	enum pv_status status = PV_OK;
	for (int p = 0; p < pv_evaluation_info(e)->n_programs && status == PV_OK; p++) {
		const struct pv_evaluated_program *program = pv_evaluated_program(e, p);
		struct pv_pairs pairs = pv_pairs_of(PV_WHICH_ALL, PV_WHICH_ALL);
		struct pv_accuracy x = {0};
		pairs.program = p;
		status = pv_evaluation_accuracy(e, PV_PREDICTOR_MODEL, &pairs, &x, err);
		report_table_add(&t, NAN, "%s", program->name);
		report_table_add(&t, NAN, program->seen ? "seen" : "unseen");
		report_table_add(&t, (double)program->n_insns, "%llu", (unsigned long long)program->n_insns);
		add_accuracy(&t, &x);
	}
	return put_table(r, status, &t, "Errors by program in percent", COLUMNS(columns), err);
}

static enum pv_status put_machines(struct pv_report *r, const struct pv_evaluation *e, struct pv_error *err)
{
	static const char *const columns[] = {"machine",       "in training", "clock (MHz)",     "pairs", "mean absolute",
	                                      "95 % interval", "median",      "95th percentile", "worst"};
	struct report_table t = {0};
	enum pv_status status = PV_OK;
	for (int m = 0; m < pv_evaluation_info(e)->n_machines && status == PV_OK; m++) {
		const struct pv_evaluated_machine *machine = pv_evaluated_machine(e, m);
		struct pv_pairs pairs = pv_pairs_of(PV_WHICH_ALL, PV_WHICH_ALL);
		struct pv_accuracy x = {0};
		pairs.machine = m;
		status = pv_evaluation_accuracy(e, PV_PREDICTOR_MODEL, &pairs, &x, err);
		report_table_add(&t, NAN, "%s", machine->name);
		report_table_add(&t, NAN, machine->state == PV_MACHINE_TRAINED ? "seen" : "unseen");
		report_table_add(&t, machine->clock_mhz, "%.0f", machine->clock_mhz);
		add_accuracy(&t, &x);
	}
	return put_table(r, status, &t, "Errors by machine in percent", COLUMNS(columns), err);
}

static enum pv_status put_pairs(struct pv_report *r, const struct pv_evaluation *e, struct pv_error *err)
{
	static const char *const columns[] = {"program",        "machine",       "predicted (us)", "predicted CPI",
	                                      "simulated (us)", "simulated CPI", "error (%)"};
	struct report_table t = {0};
	struct pv_timed *pairs;
	size_t n;
	TRY(report_pairs(e, &pairs, &n, err));
	for (const struct pv_timed *p = pairs; p < pairs + n; p++) {
		report_table_add(&t, NAN, "%s", p->program);
		report_table_add(&t, NAN, "%s", p->machine);
		report_table_time(&t, p->predicted_ns);
		report_table_number(&t, p->predicted_cpi);
		report_table_time(&t, p->simulated_ns);
		report_table_number(&t, p->simulated_cpi);
		report_table_percent(&t, p->simulated_ns > 0 ? p->predicted_ns / p->simulated_ns - 1 : NAN, true);
	}
	free(pairs);
	return put_table(r, PV_OK, &t, "Every program on every machine", COLUMNS(columns), err);
}

static enum pv_status put_errors(struct pv_report *r, const struct pv_evaluation *e, struct pv_error *err)
{
	struct pv_figure *f;
	TRY(pv_report_section(r, "Predicted and simulated time", err));
	TRY(put_quadrants(r, e, err));
	TRY(put_verdict(r, e, err));
	TRY(put_figure(r, pv_figure_evaluated_scatter(e, &f, err), &f, err));
	TRY(put_figure(r, pv_figure_evaluated_errors(e, &f, err), &f, err));
	TRY(put_programs(r, e, err));
	TRY(put_machines(r, e, err));
	return put_pairs(r, e, err);
}

/* ---- along the programs ---- */

static enum pv_status put_worst_phases(struct pv_report *r, const struct pv_evaluation *e, struct pv_error *err)
{
	enum { N_WORST = 20 };
	static const char *const columns[] = {"program", "from instruction", "instructions", "mean |error| over the machines (%)",
	                                      "mean error (%)"};
	struct pv_worst_phase worst[N_WORST];
	const int n = pv_evaluation_worst_phases(e, PV_PREDICTOR_MODEL, worst, N_WORST);
	struct report_table t = {0};
	for (int i = 0; i < n; i++) {
		const struct pv_evaluated_phase *phase = pv_evaluated_phase(e, worst[i].phase);
		report_table_add(&t, NAN, "%s", pv_evaluated_program(e, phase->program)->name);
		report_table_add(&t, (double)phase->first_insn, "%llu", (unsigned long long)phase->first_insn);
		report_table_add(&t, (double)phase->n_insns, "%llu", (unsigned long long)phase->n_insns);
		report_table_percent(&t, worst[i].error, false);
		report_table_percent(&t, worst[i].bias, true);
	}
	return put_table(r, PV_OK, &t, "The worst phases", COLUMNS(columns), err);
}

/* On a typical machine; of many programs the first ones. */
static enum pv_status put_along_the_programs(struct pv_report *r, const struct pv_evaluation *e, struct pv_error *err)
{
	const char *first[PV_MOST_TIMELINES];
	const int P = pv_evaluation_info(e)->n_programs;
	struct pv_figure *f;
	size_t n = 0;
	int machine;
	while (P > PV_MOST_TIMELINES && n < PV_MOST_TIMELINES) {
		first[n] = pv_evaluated_program(e, (int)n)->name;
		n++;
	}
	TRY(pv_evaluation_typical_machine(e, &machine, err));
	FAIL_IF(machine < 0, err, PV_ERR_ARG, "the evaluation has no simulated time of any machine");
	TRY(pv_report_section(r, "Along the programs", err));
	TRY(pv_report_text(r, "CPI on the machine whose mean error is the median of all machines' errors.", err));
	TRY(put_figure(r, pv_figure_evaluated_cpi(e, first, n, machine, &f, err), &f, err));
	return put_worst_phases(r, e, err);
}

/* ---- maps ---- */

static enum pv_status put_maps(struct pv_report *r, const struct pv_report_inputs *in, struct pv_error *err)
{
	struct pv_figure *f;
	TRY(pv_report_section(r, "Maps", err));
	if (in->evaluation)
		TRY(put_figure(r, pv_figure_programs(in->model, in->evaluation, in->seed, &f, err), &f, err));
	if (pv_model_info(in->model)->n_machines < 2)
		return PV_OK;
	return put_figure(r, pv_figure_machines(in->model, in->seed, &f, err), &f, err);
}

/* ---- the model and its data ---- */

static enum pv_status put_model(struct pv_report *r, const struct pv_report_inputs *in, struct pv_error *err)
{
	static const char *const columns[] = {"property", "value"};
	const struct pv_model_info *info = pv_model_info(in->model);
	struct report_table t = {0};
	TRY(pv_report_section(r, "Model", err));
	report_table_fact(&t, "file", "%s", in->model_path);
	report_table_fact(&t, "expression", "%s", info->expression);
	report_table_fact(&t, "parameters", "%zu", info->n_params);
	report_table_fact(&t, "representation", "%d numbers per micro-operation", info->n_repr);
	report_table_fact(&t, "machines", "%d", info->n_machines);
	report_table_fact(&t, "trained on", "%d programs", info->n_programs);
	report_table_fact(&t, "epoch", "%d", info->epoch);
	if (!isnan(info->validation_error))
		report_table_fact(&t, "error on the validation ranges", "%.2f %%", 100 * info->validation_error);
	report_table_fact(&t, "trained by", "%s (perfvec %s)", info->command, info->tool_version);
	return put_table(r, PV_OK, &t, "The model", COLUMNS(columns), err);
}

static enum pv_status put_dataset(struct pv_report *r, const struct pv_report_inputs *in, struct pv_error *err)
{
	static const char *const columns[] = {"property", "value"};
	const struct pv_dataset_info *info = pv_dataset_info(in->dataset);
	struct report_table t = {0};
	report_table_fact(&t, "folder", "%s", in->dataset_path);
	report_table_fact(&t, "programs", "%d", pv_dataset_n_programs(in->dataset));
	report_table_fact(&t, "machines", "%d", pv_dataset_n_machines(in->dataset));
	report_table_fact(&t, "instructions", "%llu", (unsigned long long)info->n_insns);
	report_table_fact(&t, "micro-operations", "%llu", (unsigned long long)info->n_rows);
	report_table_fact(&t, "made by", "%s (%s)", info->command, info->tool);
	return put_table(r, PV_OK, &t, "The dataset", COLUMNS(columns), err);
}

/* ---- training, CPI stacks, design spaces ---- */

static enum pv_status put_training(struct pv_report *r, const struct pv_report_inputs *in, struct pv_error *err)
{
	struct pv_figure *f;
	TRY(pv_report_section(r, "Training", err));
	return put_figure(r, pv_figure_loss(in->logs, in->n_logs, &f, err), &f, err);
}

static enum pv_status put_stacks(struct pv_report *r, const struct pv_report_inputs *in, struct pv_error *err)
{
	struct pv_figure *f;
	TRY(pv_report_section(r, "CPI stacks", err));
	for (size_t i = 0; i < in->n_stacks; i++)
		TRY(put_figure(r, pv_figure_stacks(in->stacks[i], NULL, NULL, &f, err), &f, err));
	return PV_OK;
}

static enum pv_status put_designs(struct pv_report *r, const struct pv_report_inputs *in, struct pv_error *err)
{
	const struct pv_design_view view = {0};
	struct pv_figure *f;
	TRY(pv_report_section(r, "Design space", err));
	for (size_t i = 0; i < in->n_designs; i++)
		TRY(put_figure(r, pv_figure_design(in->designs[i], &view, &f, err), &f, err));
	return PV_OK;
}

/* ---- all ---- */

enum pv_status pv_report_fill(struct pv_report *r, const struct pv_report_inputs *in, struct pv_error *err)
{
	if (in->evaluation) {
		TRY(put_errors(r, in->evaluation, err));
		TRY(put_along_the_programs(r, in->evaluation, err));
	}
	if (in->model)
		TRY(put_maps(r, in, err));
	if (in->n_logs)
		TRY(put_training(r, in, err));
	if (in->n_stacks)
		TRY(put_stacks(r, in, err));
	if (in->n_designs)
		TRY(put_designs(r, in, err));
	if (in->model)
		TRY(put_model(r, in, err));
	return in->dataset ? put_dataset(r, in, err) : PV_OK;
}
