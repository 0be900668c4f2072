/*
 * cmd_report.c - perfvec report: everything the given inputs allow, as one HTML file
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results.h"

struct report_args {
	struct cli_model_args model;
	struct cli_list datasets, logs, machines;
	const char *output, *title;
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

/* Mean, median and worst of the absolute errors of some pairs. */
struct summary {
	size_t n;
	double mean, median, worst; /* fractions; worst signed */
};

static int by_size(const void *a, const void *b)
{
	const double x = fabs(*(const double *)a), y = fabs(*(const double *)b);
	return (x > y) - (x < y);
}

static double error_of(const struct pv_pair *p)
{
	return p->predicted_ns / p->simulated_ns - 1;
}

/* Of the pairs that `choose` wants. */
static struct summary summarize(const struct cli_results *r, bool (*choose)(const struct pv_pair *, const void *), const void *user)
{
	struct summary s = {0, NAN, NAN, NAN};
	double *errors = calloc(r->n + 1, sizeof *errors), sum = 0;
	for (size_t i = 0; errors && i < r->n; i++)
		if (r->pairs[i].simulated_ns > 0 && choose(&r->pairs[i], user)) {
			errors[s.n++] = error_of(&r->pairs[i]);
			sum += fabs(errors[s.n - 1]);
		}
	if (s.n) {
		qsort(errors, s.n, sizeof *errors, by_size);
		s.mean = sum / (double)s.n;
		s.median = 0.5 * (fabs(errors[(s.n - 1) / 2]) + fabs(errors[s.n / 2]));
		s.worst = errors[s.n - 1];
	}
	free(errors);
	return s;
}

static bool of_quadrant(const struct pv_pair *p, const void *quadrant)
{
	return 2 * !p->program_seen + !p->machine_seen == *(const int *)quadrant;
}

static bool of_program(const struct pv_pair *p, const void *name)
{
	return !strcmp(p->program, name);
}

static bool of_machine(const struct pv_pair *p, const void *name)
{
	return !strcmp(p->machine, name);
}

static bool any_simulated(const struct cli_results *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->pairs[i].simulated_ns > 0)
			return true;
	return false;
}

static void add_summary(struct table *t, const struct summary *s)
{
	add(t, (double)s->n, "%zu", s->n);
	add_percent(t, s->mean, false);
	add_percent(t, s->median, false);
	add_percent(t, s->worst, true);
}

static void put_quadrants(struct making *m)
{
	static const char *const columns[] = {"programs", "machines", "pairs", "mean |error| (%)", "median |error| (%)", "worst error (%)"};
	struct table t = {0};
	for (int quadrant = 0; quadrant < 4; quadrant++) {
		struct summary s = summarize(&m->results, of_quadrant, &quadrant);
		if (!s.n)
			continue;
		add(&t, NAN, quadrant < 2 ? "seen" : "unseen");
		add(&t, NAN, quadrant % 2 ? "unseen" : "seen");
		add_summary(&t, &s);
	}
	put_table(m, &t, "Errors of predicted time, by what took part in training", columns, 6);
}

/* One line for each program, or each machine. */
static void put_each(struct making *m, bool programs)
{
	const char *const columns[] = {
	    programs ? "program" : "machine", "in training", "pairs", "mean |error| (%)", "median |error| (%)", "worst error (%)"};
	const struct cli_results *r = &m->results;
	struct table t = {0};
	for (size_t i = 0; i < r->n; i++) {
		const struct pv_pair *p = &r->pairs[i];
		const char *name = programs ? p->program : p->machine;
		bool known = false;
		for (size_t j = 0; j < i && !known; j++)
			known = !strcmp(programs ? r->pairs[j].program : r->pairs[j].machine, name);
		if (known)
			continue;
		struct summary s = summarize(r, programs ? of_program : of_machine, name);
		add(&t, NAN, "%s", name);
		add(&t, NAN, (programs ? p->program_seen : p->machine_seen) ? "seen" : "unseen");
		add_summary(&t, &s);
	}
	put_table(m, &t, programs ? "Errors by program" : "Errors by machine", columns, 6);
}

static void put_pairs(struct making *m)
{
	static const char *const columns[] = {"program",        "machine",       "predicted (us)", "predicted CPI",
	                                      "simulated (us)", "simulated CPI", "error (%)"};
	const bool simulated = any_simulated(&m->results);
	const int n_columns = simulated ? 7 : 4;
	struct table t = {0};
	for (size_t i = 0; i < m->results.n; i++) {
		const struct pv_pair *p = &m->results.pairs[i];
		add(&t, NAN, "%s", p->program);
		add(&t, NAN, "%s", p->machine);
		add_time(&t, p->predicted_ns);
		add(&t, p->predicted_cpi, "%.3f", p->predicted_cpi);
		if (!simulated)
			continue;
		add_time(&t, p->simulated_ns);
		add(&t, p->simulated_cpi, "%.3f", p->simulated_cpi);
		add_percent(&t, error_of(p), true);
	}
	put_table(m, &t, "Every program on every machine", columns, n_columns);
}

static void put_predictions(struct making *m)
{
	const struct cli_results *r = &m->results;
	if (any_simulated(r)) {
		struct pv_figure *f;
		enum pv_status status;
		section(m, "Predicted and simulated time");
		put_quadrants(m);
		status = going(m) ? pv_figure_scatter(r->pairs, r->n, &f, &m->err) : PV_ERR_ARG;
		figure(m, status, f);
		status = going(m) ? pv_figure_errors(r->pairs, r->n, &f, &m->err) : PV_ERR_ARG;
		figure(m, status, f);
		put_each(m, true);
		put_each(m, false);
	} else {
		section(m, "Predicted time");
	}
	put_pairs(m);
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
	put_table(m, &t, "The model", columns, 2);
}

static void put_datasets(struct making *m)
{
	static const char *const columns[] = {"dataset", "programs", "machines", "instructions", "micro-operations", "made by"};
	const struct cli_inputs *in = &m->results.inputs;
	struct table t = {0};
	for (int i = 0; i < in->n_operands; i++)
		if (in->datasets[i]) {
			const struct pv_dataset_info *info = pv_dataset_info(in->datasets[i]);
			const int P = pv_dataset_n_programs(in->datasets[i]), K = pv_dataset_n_machines(in->datasets[i]);
			add(&t, NAN, "%s", m->args->datasets.items[i]);
			add(&t, P, "%d", P);
			add(&t, K, "%d", K);
			add(&t, (double)info->n_insns, "%llu", (unsigned long long)info->n_insns);
			add(&t, (double)info->n_rows, "%llu", (unsigned long long)info->n_rows);
			add(&t, NAN, "%s", info->command);
		}
	if (t.n)
		put_table(m, &t, "The data", columns, 6);
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

/* ---- the command ---- */

static int make(const struct cli_command *self, struct report_args *a)
{
	struct making m = {.args = a, .err = {.message = "out of memory"}};
	if (pv_report_ready(a->output, &m.err) != PV_OK)
		return cli_error(&m.err);
	if (a->model.model) {
		int status = cli_results_open(self, &a->model, &a->machines, a->datasets.items, (int)a->datasets.n, &m.results);
		if (status != CLI_OK)
			return status;
	}
	m.report = pv_report_new(a->title ? a->title : "perfvec report");
	if (!m.report)
		m.status = PV_ERR_NOMEM;
	if (a->model.model && a->datasets.n)
		put_predictions(&m);
	if (a->logs.n)
		put_training(&m);
	if (a->model.model) {
		put_model(&m);
		put_datasets(&m);
	}
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
	if (a->datasets.n && !a->model.model)
		return cli_usage_error(self, "option '--dataset' needs '--model'");
	if (!a->model.model && !a->logs.n)
		return cli_usage_error(self, "nothing to report on: give --model and --dataset, or --log");
	return make(self, a);
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct report_args a = {0};
	const struct cli_option options[] = {
	    {"output", 'o', CLI_STRING, &a.output, "FILE", "HTML file to write (required)"},
	    {"dataset", 'd', CLI_LIST, &a.datasets, "DATASET",
	     "programs and, where it has them, their simulated times; also traces and vectors"},
	    {"log", 0, CLI_LIST, &a.logs, "FILE", "what 'perfvec train --log' wrote; several are drawn together"},
	    {"title", 0, CLI_STRING, &a.title, "TEXT", "heading of the report"},
	    {"uarch", 0, CLI_LIST, &a.machines, "NAMES", "machines, separated by commas (default all of the model's)"},
	    CLI_MODEL_OPTIONS(&a.model),
	    {0},
	};
	char **operands;
	int n, status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status < 0) {
		status = check_and_make(self, &a, n);
		free(operands);
	}
	cli_list_free(&a.datasets);
	cli_list_free(&a.logs);
	cli_list_free(&a.machines);
	return status;
}

const struct cli_command cmd_report = {
    .name = "report",
    .summary = "write one HTML file with every figure and table the inputs allow",
    .usage = "[--model M --dataset D] [--log L] -o REPORT.html",
    .description = "The file needs no other file and no network. Its figures are those of 'perfvec plot', drawn by gnuplot.",
    .run = run,
};
