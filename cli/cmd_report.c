/*
 * cmd_report.c - perfvec report: everything the given inputs allow, as one HTML file
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation.h"
#include "results.h"

struct report_args {
	struct cli_model_args model;
	const char *dataset, *uarch, *output, *title;
	struct cli_list logs, stacks, designs;
	uint64_t phase_insns, seed;
};

/* A report being made: the first failure ends it. */
struct making {
	const struct report_args *args;
	struct pv_report *report;
	struct cli_results results; /* zero without a model */
	enum pv_status status;
	struct pv_error err;
};

static bool going(const struct making *m)
{
	return m->status == PV_OK;
}

static void section(struct making *m, const char *heading)
{
	if (going(m))
		m->status = pv_report_section(m->report, heading, &m->err);
}

/* Draws a figure that was made with the given status, and releases it. */
static void figure(struct making *m, enum pv_status status, struct pv_figure *f)
{
	if (going(m))
		m->status = status;
	if (going(m))
		m->status = pv_report_figure(m->report, f, &m->err);
	if (status == PV_OK)
		pv_figure_free(f);
}

/* ---- tables ---- */

struct table {
	struct pv_cell *cells; /* texts are owned */
	size_t n, capacity;
	bool failed;
};

static void add(struct table *t, double value, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Appends a cell; value NAN: it is text. */
static void add(struct table *t, double value, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	va_start(ap, fmt);
	if (t->n == t->capacity) {
		size_t more = t->capacity ? 2 * t->capacity : 64;
		struct pv_cell *cells = realloc(t->cells, more * sizeof *cells);
		t->failed = t->failed || !cells;
		t->cells = cells ? cells : t->cells;
		t->capacity = cells ? more : t->capacity;
	}
	if (!t->failed && vasprintf(&text, fmt, ap) >= 0)
		t->cells[t->n++] = (struct pv_cell){text, value};
	else
		t->failed = true;
	va_end(ap);
}

static void add_time(struct table *t, double ns)
{
	if (isnan(ns))
		add(t, NAN, "-");
	else
		add(t, ns, "%.4g", ns * 1e-3);
}

static void add_percent(struct table *t, double fraction, bool sign)
{
	if (isnan(fraction))
		add(t, NAN, "-");
	else
		add(t, fraction, sign ? "%+.1f" : "%.1f", 100 * fraction);
}

static void add_number(struct table *t, double x)
{
	if (isnan(x))
		add(t, NAN, "-");
	else
		add(t, x, "%.3f", x);
}

/* An array of headings and its length. */
#define COLUMNS(columns) columns, (int)(sizeof(columns) / sizeof *(columns))

static void put_table(struct making *m, struct table *t, const char *caption, const char *const *columns, int n_columns)
{
	if (going(m) && t->failed) {
		m->status = PV_ERR_NOMEM;
		snprintf(m->err.message, sizeof m->err.message, "out of memory for a table");
	}
	if (going(m))
		m->status = pv_report_table(m->report, caption, columns, n_columns, t->cells, t->n / (size_t)n_columns, &m->err);
	for (size_t i = 0; i < t->n; i++)
		free((char *)t->cells[i].text);
	free(t->cells);
}

/* ---- errors ---- */

static struct pv_accuracy accuracy(struct making *m, enum pv_predictor predictor, struct pv_pairs pairs)
{
	struct pv_accuracy x = {0};
	if (going(m))
		m->status = pv_evaluation_accuracy(m->results.evaluation, predictor, &pairs, &x, &m->err);
	return x;
}

static void add_accuracy(struct table *t, const struct pv_accuracy *x)
{
	add(t, (double)x->n, "%zu", x->n);
	add_percent(t, x->mean, false);
	if (isnan(x->mean_low))
		add(t, NAN, "-");
	else
		add(t, x->mean_high - x->mean_low, "%.1f to %.1f", 100 * x->mean_low, 100 * x->mean_high);
	add_percent(t, x->median, false);
	add_percent(t, x->p95, false);
	add_percent(t, x->worst, true);
}

static const char *const predictor_names[PV_N_PREDICTORS] = {
    [PV_PREDICTOR_MODEL] = "this model",
    [PV_PREDICTOR_MEAN_CPI] = "mean CPI of the machine",
    [PV_PREDICTOR_REGRESSION] = "regression on op mix and misses",
    [PV_PREDICTOR_LINEAR] = "regression on the model's inputs",
    [PV_PREDICTOR_INTERVAL] = "interval model",
};

/* The model and the baselines over the four quadrants. */
static void put_quadrants(struct making *m)
{
	static const char *const columns[] = {"programs",      "machines",           "predictor", "pairs",
	                                      "mean absolute", "95 % interval",      "median",    "95th percentile",
	                                      "worst",         "rank corr. of time", "of IPC"};
	const struct pv_evaluation_info *info = pv_evaluation_info(m->results.evaluation);
	struct table t = {0};
	for (int i = 0; i < N_QUADRANTS; i++)
		for (int p = 0; p < PV_N_PREDICTORS; p++) {
			struct pv_accuracy x = accuracy(m, (enum pv_predictor)p, evaluation_quadrant(i));
			if (!info->available[p] || !x.n)
				continue;
			add(&t, NAN, i < 2 ? "seen" : "unseen");
			add(&t, NAN, i % 2 ? "unseen" : "seen");
			add(&t, NAN, "%s", predictor_names[p]);
			add_accuracy(&t, &x);
			add_number(&t, x.spearman_time);
			add_number(&t, x.spearman_ipc);
		}
	put_table(m, &t, "Errors of predicted time in percent, beside baselines on the same split", COLUMNS(columns));
}

/* A sentence for each baseline that the model does not beat where it counts: on what it has not seen. */
static void put_verdict(struct making *m)
{
	const struct pv_evaluation_info *info = pv_evaluation_info(m->results.evaluation);
	const struct pv_pairs unseen = pv_pairs_of(PV_WHICH_UNSEEN, PV_WHICH_ALL);
	for (int p = PV_PREDICTOR_MODEL + 1; p < PV_N_PREDICTORS; p++) {
		struct pv_comparison c = {0};
		char text[256];
		if (going(m) && info->available[p])
			m->status = pv_evaluation_compare(m->results.evaluation, (enum pv_predictor)p, &unseen, &c, &m->err);
		if (!going(m) || !c.n)
			continue;
		snprintf(text, sizeof text, "On unseen programs the model's mean error is %.1f %%, that of the baseline '%s' %.1f %%: %s.",
		         100 * c.model, predictor_names[p], 100 * c.baseline,
		         c.high < 0  ? "the model is better"
		         : c.low > 0 ? "the model is worse"
		                     : "no clear difference");
		m->status = pv_report_text(m->report, text, &m->err);
	}
}

static void put_programs(struct making *m)
{
	static const char *const columns[] = {"program",       "in training", "instructions",    "pairs", "mean absolute",
	                                      "95 % interval", "median",      "95th percentile", "worst"};
	struct table t = {0};
	for (int p = 0; p < pv_evaluation_info(m->results.evaluation)->n_programs; p++) {
		const struct pv_evaluated_program *program = pv_evaluated_program(m->results.evaluation, p);
		struct pv_pairs pairs = pv_pairs_of(PV_WHICH_ALL, PV_WHICH_ALL);
		pairs.program = p;
		struct pv_accuracy x = accuracy(m, PV_PREDICTOR_MODEL, pairs);
		add(&t, NAN, "%s", program->name);
		add(&t, NAN, program->seen ? "seen" : "unseen");
		add(&t, (double)program->n_insns, "%llu", (unsigned long long)program->n_insns);
		add_accuracy(&t, &x);
	}
	put_table(m, &t, "Errors by program in percent", COLUMNS(columns));
}

static void put_machines(struct making *m)
{
	static const char *const columns[] = {"machine",       "in training", "clock (MHz)",     "pairs", "mean absolute",
	                                      "95 % interval", "median",      "95th percentile", "worst"};
	struct table t = {0};
	for (int k = 0; k < pv_evaluation_info(m->results.evaluation)->n_machines; k++) {
		const struct pv_evaluated_machine *machine = pv_evaluated_machine(m->results.evaluation, k);
		struct pv_pairs pairs = pv_pairs_of(PV_WHICH_ALL, PV_WHICH_ALL);
		pairs.machine = k;
		struct pv_accuracy x = accuracy(m, PV_PREDICTOR_MODEL, pairs);
		add(&t, NAN, "%s", machine->name);
		add(&t, NAN, machine->state == PV_MACHINE_TRAINED ? "seen" : "unseen");
		add(&t, machine->clock_mhz, "%.0f", machine->clock_mhz);
		add_accuracy(&t, &x);
	}
	put_table(m, &t, "Errors by machine in percent", COLUMNS(columns));
}

static void put_pairs(struct making *m)
{
	static const char *const columns[] = {"program",        "machine",       "predicted (us)", "predicted CPI",
	                                      "simulated (us)", "simulated CPI", "error (%)"};
	struct table t = {0};
	for (size_t i = 0; i < m->results.n; i++) {
		const struct pv_timed *p = &m->results.pairs[i];
		add(&t, NAN, "%s", p->program);
		add(&t, NAN, "%s", p->machine);
		add_time(&t, p->predicted_ns);
		add_number(&t, p->predicted_cpi);
		add_time(&t, p->simulated_ns);
		add_number(&t, p->simulated_cpi);
		add_percent(&t, p->simulated_ns > 0 ? p->predicted_ns / p->simulated_ns - 1 : NAN, true);
	}
	put_table(m, &t, "Every program on every machine", COLUMNS(columns));
}

static void put_errors(struct making *m)
{
	const struct cli_results *r = &m->results;
	struct pv_figure *f;
	section(m, "Predicted and simulated time");
	put_quadrants(m);
	put_verdict(m);
	enum pv_status status = going(m) ? pv_figure_scatter(r->pairs, r->n, &f, &m->err) : PV_ERR_ARG;
	figure(m, status, f);
	status = going(m) ? pv_figure_errors(r->pairs, r->n, &f, &m->err) : PV_ERR_ARG;
	figure(m, status, f);
	put_programs(m);
	put_machines(m);
	put_pairs(m);
}

/* ---- along the programs ---- */

static void put_worst_phases(struct making *m)
{
	enum { N_WORST = 20 };
	static const char *const columns[] = {"program", "from instruction", "instructions", "mean |error| over the machines (%)",
	                                      "mean error (%)"};
	struct worst_phase worst[N_WORST];
	const int n = evaluation_worst_phases(m->results.evaluation, PV_PREDICTOR_MODEL, worst, N_WORST);
	struct table t = {0};
	for (int i = 0; i < n; i++) {
		const struct pv_evaluated_phase *phase = pv_evaluated_phase(m->results.evaluation, worst[i].phase);
		add(&t, NAN, "%s", pv_evaluated_program(m->results.evaluation, phase->program)->name);
		add(&t, (double)phase->first_insn, "%llu", (unsigned long long)phase->first_insn);
		add(&t, (double)phase->n_insns, "%llu", (unsigned long long)phase->n_insns);
		add_percent(&t, worst[i].error, false);
		add_percent(&t, worst[i].bias, true);
	}
	put_table(m, &t, "The worst phases", COLUMNS(columns));
}

/* On a typical machine; of many programs the first ones. */
static void put_over_time(struct making *m)
{
	struct cli_list programs = {0};
	const int machine = cli_typical_machine(&m->results), P = pv_evaluation_info(m->results.evaluation)->n_programs;
	struct pv_figure *f;
	char *names[PV_MOST_TIMELINES];
	programs.items = names;
	for (; P > PV_MOST_TIMELINES && programs.n < PV_MOST_TIMELINES; programs.n++)
		names[programs.n] = (char *)pv_evaluated_program(m->results.evaluation, (int)programs.n)->name;
	section(m, "Along the programs");
	if (going(m))
		m->status =
		    pv_report_text(m->report, "CPI on the machine whose mean error is the median of all machines' errors.", &m->err);
	enum pv_status status = going(m) && machine >= 0 ? cli_figure_cpi(&m->results, &programs, machine, &f, &m->err) : PV_ERR_ARG;
	figure(m, status, f);
	put_worst_phases(m);
}

/* ---- maps ---- */

static void put_maps(struct making *m)
{
	struct pv_figure *f;
	enum pv_status status;
	section(m, "Maps");
	if (m->results.evaluation) {
		status = going(m) ? cli_figure_programs(&m->results, m->args->seed, &f, &m->err) : PV_ERR_ARG;
		figure(m, status, f);
	}
	if (pv_model_info(m->results.model)->n_machines < 2)
		return;
	status = going(m) ? cli_figure_machines(m->results.model, m->args->seed, &f, &m->err) : PV_ERR_ARG;
	figure(m, status, f);
}

/* ---- the model and its data ---- */

static void add_fact(struct table *t, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void add_fact(struct table *t, const char *name, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0) {
		text = NULL;
		t->failed = true;
	}
	va_end(ap);
	add(t, NAN, "%s", name);
	add(t, NAN, "%s", text ? text : "");
	free(text);
}

static void put_model(struct making *m)
{
	static const char *const columns[] = {"property", "value"};
	const struct pv_model_info *info = pv_model_info(m->results.model);
	struct table t = {0};
	section(m, "Model");
	add_fact(&t, "file", "%s", m->args->model.model);
	add_fact(&t, "expression", "%s", info->expression);
	add_fact(&t, "parameters", "%zu", info->n_params);
	add_fact(&t, "representation", "%d numbers per micro-operation", info->n_repr);
	add_fact(&t, "machines", "%d", info->n_machines);
	add_fact(&t, "trained on", "%d programs", info->n_programs);
	add_fact(&t, "epoch", "%d", info->epoch);
	if (!isnan(info->validation_error))
		add_fact(&t, "error on the validation ranges", "%.2f %%", 100 * info->validation_error);
	add_fact(&t, "trained by", "%s (perfvec %s)", info->command, info->tool_version);
	put_table(m, &t, "The model", COLUMNS(columns));
}

static void put_dataset(struct making *m)
{
	static const char *const columns[] = {"property", "value"};
	const struct pv_dataset *d = m->results.dataset;
	const struct pv_dataset_info *info = pv_dataset_info(d);
	struct table t = {0};
	add_fact(&t, "folder", "%s", m->args->dataset);
	add_fact(&t, "programs", "%d", pv_dataset_n_programs(d));
	add_fact(&t, "machines", "%d", pv_dataset_n_machines(d));
	add_fact(&t, "instructions", "%llu", (unsigned long long)info->n_insns);
	add_fact(&t, "micro-operations", "%llu", (unsigned long long)info->n_rows);
	add_fact(&t, "made by", "%s (%s)", info->command, info->tool);
	put_table(m, &t, "The dataset", COLUMNS(columns));
}

/* ---- training ---- */

static void put_training(struct making *m)
{
	struct pv_figure *f;
	const struct cli_list *logs = &m->args->logs;
	section(m, "Training");
	enum pv_status status = going(m) ? pv_figure_loss((const char *const *)logs->items, logs->n, &f, &m->err) : PV_ERR_ARG;
	figure(m, status, f);
}

/* ---- CPI stacks ---- */

static void put_stacks(struct making *m)
{
	section(m, "CPI stacks");
	for (size_t i = 0; i < m->args->stacks.n; i++) {
		struct pv_figure *f;
		enum pv_status status = going(m) ? pv_figure_stacks(m->args->stacks.items[i], NULL, NULL, &f, &m->err) : PV_ERR_ARG;
		figure(m, status, f);
	}
}

/* ---- design spaces ---- */

static void put_designs(struct making *m)
{
	const struct pv_design_view view = {0};
	section(m, "Design space");
	for (size_t i = 0; i < m->args->designs.n; i++) {
		struct pv_figure *f;
		enum pv_status status = going(m) ? pv_figure_design(m->args->designs.items[i], &view, &f, &m->err) : PV_ERR_ARG;
		figure(m, status, f);
	}
}

/* ---- the command ---- */

static void put_all(struct making *m)
{
	const struct report_args *a = m->args;
	if (m->results.evaluation) {
		put_errors(m);
		put_over_time(m);
	}
	if (m->results.model)
		put_maps(m);
	if (a->logs.n)
		put_training(m);
	if (a->stacks.n)
		put_stacks(m);
	if (a->designs.n)
		put_designs(m);
	if (m->results.model)
		put_model(m);
	if (m->results.dataset)
		put_dataset(m);
}

static int make(const struct cli_command *self, struct report_args *a)
{
	struct making m = {.args = a, .err = {.message = "out of memory"}};
	if (pv_report_ready(a->output, &m.err) != PV_OK)
		return cli_error(&m.err);
	if (a->model.model) {
		int status = cli_results_open(self, &a->model, a->uarch, a->dataset, a->phase_insns, &m.results);
		if (status != CLI_OK)
			return status;
	}
	m.status = pv_report_new(a->title ? a->title : "perfvec report", &m.report, &m.err);
	if (going(&m))
		put_all(&m);
	if (going(&m))
		m.status = pv_report_save(m.report, a->output, &m.err);
	pv_report_free(m.report);
	cli_results_release(&m.results);
	return going(&m) ? CLI_OK : cli_error(&m.err);
}

static int check_and_make(const struct cli_command *self, struct report_args *a, int n)
{
	if (n)
		return cli_usage_error(self, "inputs are given by options");
	if (!a->output || !*a->output)
		return cli_usage_error(self, "option '--output' is missing");
	if (a->dataset && !a->model.model)
		return cli_usage_error(self, "option '--dataset' needs '--model'");
	if (a->uarch && !a->dataset)
		return cli_usage_error(self, "option '--uarch' needs '--dataset'");
	if (!a->model.model && !a->logs.n && !a->stacks.n && !a->designs.n)
		return cli_usage_error(self, "nothing to report on: give --model and --dataset, --log, --stats or --design");
	return make(self, a);
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct report_args a = {.seed = 1};
	const struct cli_option options[] = {
	    {"output", 'o', CLI_STRING, &a.output, "FILE", "HTML file to write (required)"},
	    {"model", 'm', CLI_STRING, &a.model.model, "FILE", "model: its machines, and what it predicts for the dataset"},
	    {"dataset", 'd', CLI_STRING, &a.dataset, "DATASET", "programs and their simulated times"},
	    {"log", 0, CLI_LIST, &a.logs, "FILES", "what 'perfvec train --log' wrote; several are drawn together"},
	    {"stats", 0, CLI_LIST, &a.stacks, "FILES", "what 'perfvec simulate --cpi-stacks --stats json' printed"},
	    {"design", 0, CLI_LIST, &a.designs, "FILES", "what 'perfvec dse --all --json' printed"},
	    {"title", 0, CLI_STRING, &a.title, "TEXT", "heading of the report"},
	    {"uarch", 0, CLI_STRING, &a.uarch, "NAMES", "machines, separated by commas (default all that model and dataset share)"},
	    {"phase", 0, CLI_U64, &a.phase_insns, "N", "instructions of a phase (default about sixty phases)"},
	    {"seed", 0, CLI_U64, &a.seed, "S", "of the maps (default 1)"},
	    {"mode", 0, CLI_STRING, &a.model.mode, "MODE",
	     "run as stream or window, whatever the model says (windows cost 256 times as much)"},
	    {"threads", 'j', CLI_INT, &a.model.represent.threads, "N",
	     "threads (default 0: one per processor); does not change the result"},
	    {"quiet", 'q', CLI_FLAG, &a.model.quiet, NULL, "no progress"},
	    {0},
	};
	char **operands;
	int n, status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status < 0) {
		status = check_and_make(self, &a, n);
		free(operands);
	}
	cli_list_free(&a.logs);
	cli_list_free(&a.stacks);
	cli_list_free(&a.designs);
	return status;
}

const struct cli_command cmd_report = {
    .name = "report",
    .summary = "write one HTML file with every figure and table the inputs allow",
    .usage = "[--model M [--dataset D]] [--log L] [--stats S.json] [--design D.json] -o REPORT.html",
    .description =
        "The file needs no other file and no network. Its figures are those of 'perfvec plot', drawn by gnuplot; its errors those of\n"
        "'perfvec test'.",
    .run = run,
};
