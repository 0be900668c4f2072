/*
 * cmd_tune.c - perfvec tune: vectors of new machines, from times or from machine parameters, the foundation as it is; or all weights
 * further
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

struct tune_args {
	const char *model, *cfg, *uarch, *output;
	struct cli_list programs, parameters;
	struct pv_tune_options options;
	struct pv_train_options fine_options;
	bool net, fine, curve, no_test, csv, quiet;
};

/* ---- choosing ---- */

static int find_column(const struct pv_dataset *d, const char *name, size_t n)
{
	for (int k = 0; k < pv_dataset_n_machines(d); k++) {
		const char *have = pv_dataset_machine(d, k)->name;
		if (strlen(have) == n && !memcmp(have, name, n))
			return k;
	}
	return -1;
}

/* Columns that --uarch names: a list, all, or all that the dataset holds out. Returns their number, or -1 after printing an error. */
static int choose(const struct pv_dataset *d, const char *list, int *columns)
{
	int n = 0;
	const bool all = !strcmp(list, "all");
	if (all || !strcmp(list, "all-unseen")) {
		for (int k = 0; k < pv_dataset_n_machines(d); k++)
			if (all || !pv_dataset_machine(d, k)->seen)
				columns[n++] = k;
		if (!n)
			fprintf(stderr, "error: the dataset holds no machine out\nhint: name machines with --uarch\n");
		return n ? n : -1;
	}
	for (const char *at = list; *at; at += *at == ',') {
		size_t length = strcspn(at, ",");
		int k = find_column(d, at, length);
		if (k < 0) {
			fprintf(stderr, "error: the dataset has no machine '%.*s'\nhint: 'perfvec dataset info' lists its machines\n",
			        (int)length, at);
			return -1;
		}
		bool twice = false;
		for (int i = 0; i < n; i++)
			twice = twice || columns[i] == k;
		if (!twice)
			columns[n++] = k;
		at += length;
	}
	return n;
}

/* Numbers of the programs that --programs names; false after printing an error. */
static bool choose_programs(const struct pv_dataset *d, const struct cli_list *names, int *programs)
{
	for (size_t i = 0; i < names->n; i++) {
		programs[i] = -1;
		for (int p = 0; p < pv_dataset_n_programs(d); p++)
			if (!strcmp(pv_dataset_program(d, p)->name, names->items[i]))
				programs[i] = p;
		if (programs[i] < 0) {
			fprintf(stderr, "error: the dataset has no program '%s'\nhint: 'perfvec dataset info' lists its programs\n",
			        names->items[i]);
			return false;
		}
	}
	return true;
}

/* ---- vectors of new machines ---- */

static int tune(const struct pv_model *model, const struct pv_dataset *dataset, const int *columns, int n, const struct tune_args *a)
{
	struct pv_tune_result *results = calloc((size_t)n, sizeof *results);
	struct pv_model *tuned = NULL;
	struct pv_error err = {.status = PV_ERR_NOMEM, .message = "out of memory"};
	const bool good = results &&
	                  pv_model_tune(model, dataset, columns, n, &a->options, cli_progress(a->quiet), &tuned, results, &err) == PV_OK &&
	                  pv_model_save(tuned, a->output, &err) == PV_OK;
	cli_progress_done();
	const int status = good ? CLI_OK : cli_error(&err);
	for (int i = 0; good && !a->quiet && i < n; i++) {
		printf("%-20s", results[i].name);
		if (isfinite(results[i].validation.mean))
			printf(" total time off by %.2f %% on the validation ranges", 100 * results[i].validation.mean);
		if (isfinite(results[i].held_out.mean))
			printf("%s %.2f %% on programs held out (worst %+.1f %%)",
			       isfinite(results[i].validation.mean) ? "," : " total time off by", 100 * results[i].held_out.mean,
			       100 * results[i].held_out.worst);
		printf("\n");
	}
	if (good && !a->quiet)
		printf("wrote %s with %d machines\n", a->output, pv_model_info(tuned)->n_machines);
	pv_model_free(tuned);
	free(results);
	return status;
}

static void print_tune_curve(const struct pv_tune_point *points, int n, bool csv)
{
	printf(csv ? "programs,rows,insns,mean,median,worst,draws\n" : "programs  instructions    mean error      median       worst\n");
	for (int i = 0; i < n; i++) {
		const struct pv_tune_point *p = &points[i];
		if (csv)
			printf("%d,%llu,%llu,%.6g,%.6g,%.6g,%d\n", p->n_programs, (unsigned long long)p->n_rows,
			       (unsigned long long)p->n_insns, p->error.mean, p->error.median, p->error.worst, p->n_draws);
		else
			printf("%8d  %12llu  %10.1f %%  %8.1f %%  %+8.1f %%\n", p->n_programs, (unsigned long long)p->n_insns,
			       100 * p->error.mean, 100 * p->error.median, 100 * p->error.worst);
	}
}

static int curve(const struct pv_model *model, const struct pv_dataset *dataset, const int *columns, int n, const struct tune_args *a)
{
	struct pv_tune_point points[PV_TUNE_CURVE];
	struct pv_error err = {0};
	int n_points = 0;
	const enum pv_status status =
	    pv_model_tune_curve(model, dataset, columns, n, &a->options, cli_progress(a->quiet), points, &n_points, &err);
	cli_progress_done();
	if (status != PV_OK)
		return cli_error(&err);
	if (!a->csv)
		printf("error of total time on the programs held out, %d machine%s, by programs and instructions learnt from\n", n,
		       n == 1 ? "" : "s");
	print_tune_curve(points, n_points, a->csv);
	return CLI_OK;
}

/* ---- vectors from parameters ---- */

static void print_errors(const char *what, const struct pv_machine_regression_point *p, bool csv)
{
	const struct pv_error_summary *const of[2] = {&p->seen, &p->unseen};
	if (csv)
		printf("%s,%d", what, p->n_machines);
	else
		printf("%-22s %8d", what, p->n_machines);
	for (int i = 0; i < 2; i++)
		if (csv && isfinite(of[i]->mean))
			printf(",%.6g,%.6g,%.6g", of[i]->mean, of[i]->median, of[i]->worst);
		else if (csv)
			printf(",,,");
		else if (isfinite(of[i]->mean))
			printf("  %7.1f %%  %6.1f %%  %+7.1f %%", 100 * of[i]->mean, 100 * of[i]->median, 100 * of[i]->worst);
	printf("\n");
}

static void print_net(const struct pv_machine_regression_report *r, bool csv)
{
	if (csv) {
		printf("machines_left_out,learnt_from,seen_mean,seen_median,seen_worst,unseen_mean,unseen_median,unseen_worst\n");
	} else {
		printf("%-31s  programs learnt from: %-10d%s", "", r->n_seen, r->n_unseen ? "" : "\n");
		if (r->n_unseen)
			printf("held out: %d\n", r->n_unseen);
		printf("%-22s %8s  %9s  %8s  %9s", "machines left out", "learnt", "mean", "median", "worst");
		printf(r->n_unseen ? "  %9s  %8s  %9s\n" : "\n", "mean", "median", "worst");
	}
	print_errors(csv ? "net" : "from parameters", &r->net, csv);
	print_errors(csv ? "mean_machine" : "mean machine", &r->nobody, csv);
	print_errors(csv ? "timed" : "timed, not left out", &r->timed, csv);
	if (r->n_curve && !csv)
		printf("\nfrom parameters, by number of machines learnt from; a fifth of all left out\n");
	for (int i = 0; i < r->n_curve; i++)
		print_errors(csv ? "curve" : "", &r->curve[i], csv);
}

static int learn_net(const struct pv_model *model, const struct pv_dataset *dataset, const int *columns, int n, const struct tune_args *a)
{
	const struct pv_machine_regression_options options = {.parameters = (const char *const *)a->parameters.items,
	                                                      .n_parameters = (int)a->parameters.n,
	                                                      .refit_rows = a->options.refit_rows,
	                                                      .seed = a->options.seed,
	                                                      .curve = a->curve,
	                                                      .threads = a->options.threads,
	                                                      .command = a->options.command};
	struct pv_machine_regression_report report;
	struct pv_model *learnt = NULL;
	struct pv_error err = {0};
	const bool good = pv_model_learn_machine_regression(model, dataset, columns, n, &options, cli_progress(a->quiet), &learnt,
	                                                    a->no_test ? NULL : &report, &err) == PV_OK &&
	                  pv_model_save(learnt, a->output, &err) == PV_OK;
	cli_progress_done();
	if (good && !a->no_test && (!a->quiet || a->csv))
		print_net(&report, a->csv);
	struct pv_machine_regression_info info;
	if (good && !a->quiet && !a->csv && pv_model_machine_regression(learnt, &info))
		printf("wrote %s: machine vectors from %d inputs, learnt from %d machines\n", a->output, info.n_inputs, info.n_machines);
	pv_model_free(learnt);
	return good ? CLI_OK : cli_error(&err);
}

/* ---- all weights ---- */

static void print_fine_errors(const char *what, const struct pv_fine_errors *e, bool csv)
{
	const double of[4] = {e->seen.mean, e->seen_held.mean, e->unseen.mean, e->unseen_held.mean};
	printf(csv ? "%s" : "%-8s", what);
	for (int i = 0; i < 4; i++)
		if (isfinite(of[i]))
			printf(csv ? ",%.6g" : "  %14.2f %%", csv ? of[i] : 100 * of[i]);
		else
			printf(csv ? "," : "  %16s", "-");
	printf("\n");
}

static int fine(const struct pv_model *model, const struct pv_dataset *dataset, struct tune_args *a)
{
	struct pv_fine_errors before, after;
	struct pv_model *tuned = NULL;
	struct pv_error err = {0};
	a->fine_options.refit_rows = a->options.refit_rows;
	a->fine_options.threads = a->options.threads;
	a->fine_options.seed = a->options.seed;
	a->fine_options.command = a->options.command;
	const bool measured = !a->no_test;
	const bool good = pv_model_fine_tune(model, dataset, &a->fine_options, cli_progress(a->quiet), &tuned, measured ? &before : NULL,
	                                     measured ? &after : NULL, &err) == PV_OK &&
	                  pv_model_save(tuned, a->output, &err) == PV_OK;
	cli_progress_done();
	if (good && measured && (!a->quiet || a->csv)) {
		if (a->csv)
			printf("when,seen_machines,seen_machines_held_programs,unseen_machines,unseen_machines_held_programs\n");
		else
			printf("%-8s  %34s  %34s\n%-8s  %16s  %16s  %16s  %16s\n", "", "seen machines", "machines held out", "",
			       "seen programs", "held out", "seen programs", "held out");
		print_fine_errors("before", &before, a->csv);
		print_fine_errors("after", &after, a->csv);
	}
	if (good && !a->quiet && !a->csv)
		printf("wrote %s with %d machines; its foundation is a new one\n", a->output, pv_model_info(tuned)->n_machines);
	pv_model_free(tuned);
	return good ? CLI_OK : cli_error(&err);
}

/* ---- the command ---- */

static int choose_and_run(const struct pv_model *model, const struct pv_dataset *dataset, struct tune_args *a)
{
	const size_t K = (size_t)pv_dataset_n_machines(dataset);
	int *columns = calloc(K, sizeof *columns), *programs = calloc(a->programs.n + 1, sizeof *programs), status = CLI_FAILED;
	const char *list = a->uarch ? a->uarch : a->net || a->fine ? "all" : "all-unseen";
	if (!columns || !programs)
		fputs("error: out of memory\n", stderr);
	const int n = columns && programs && choose_programs(dataset, &a->programs, programs) ? choose(dataset, list, columns) : -1;
	a->options.programs = programs;
	a->options.n_programs = (int)a->programs.n;
	if (n > 0 && a->fine)
		status = fine(model, dataset, a);
	else if (n > 0)
		status = a->net     ? learn_net(model, dataset, columns, n, a)
		         : a->curve ? curve(model, dataset, columns, n, a)
		                    : tune(model, dataset, columns, n, a);
	free(columns);
	free(programs);
	return status;
}

static int open_and_run(struct tune_args *a)
{
	struct pv_error err = {0};
	struct pv_model *model = NULL;
	struct pv_dataset *dataset = NULL;
	int status;
	if (pv_model_load(a->model, &model, &err) != PV_OK || pv_dataset_open(a->cfg, &dataset, &err) != PV_OK)
		status = cli_error(&err);
	else
		status = choose_and_run(model, dataset, a);
	pv_dataset_close(dataset);
	pv_model_free(model);
	return status;
}

/* What does not go together; -1: nothing. */
static int check(const struct cli_command *self, const struct tune_args *a)
{
	const bool needs_output = !a->curve || a->net;
	const char *missing = !a->model ? "model" : !a->cfg ? "cfg" : needs_output && !a->output ? "output" : NULL;
	if (missing)
		return cli_usage_error(self, "option '--%s' is missing", missing);
	if (!needs_output && a->output)
		return cli_usage_error(self, "--curve only measures: there is no model to write to '%s'", a->output);
	if (a->fine && (a->net || a->curve || a->uarch || a->programs.n))
		return cli_usage_error(self, "--fine trains on the dataset's seen programs and machines; '--%s' does not go with it",
		                       a->net     ? "machine-regression"
		                       : a->curve ? "curve"
		                       : a->uarch ? "uarch"
		                                  : "programs");
	if (!a->net && a->parameters.n)
		return cli_usage_error(self, "'--parameters' goes with --machine-regression");
	if (!a->net && !a->fine && a->no_test)
		return cli_usage_error(self, "'--no-test' goes with --machine-regression and --fine");
	if (a->net && a->programs.n)
		return cli_usage_error(self, "'--programs' goes with machine vectors learnt from times, not with --machine-regression");
	if (a->net && a->no_test && a->curve)
		return cli_usage_error(self, "'--curve' is a test, and '--no-test' wants none");
	return -1;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct tune_args a = {.options = {.refit_rows = PV_TRAIN_AUTO, .held_out = true, .seed = 1}, .fine_options = pv_train_defaults()};
	a.fine_options.epochs = 2;
	a.fine_options.learning_rate = 1e-3;
	a.fine_options.schedule = PV_TRAIN_SCHEDULE_COSINE;
	const struct cli_option options[] = {
	    {"model", 'm', CLI_STRING, &a.model, "FILE", "model to start from (required)"},
	    {"cfg", 0, CLI_STRING, &a.cfg, "FILE", "dataset with times on the machines: its folder or dataset.yaml (required)"},
	    {"uarch", 0, CLI_STRING, &a.uarch, "NAMES", "machines, separated by commas; or all; or all-unseen: those held out (default)"},
	    {"output", 'o', CLI_STRING, &a.output, "FILE", "model to write (required, except with --curve)"},
	    {"programs", 0, CLI_LIST, &a.programs, "NAMES", "seen programs to learn from (default all of them)"},
	    {"refit-size", 0, CLI_U64, &a.options.refit_rows, "N", "micro-operations to learn from (default 2M; 50k over windows; 0: all)"},
	    {"curve", 0, CLI_FLAG, &a.curve, NULL,
	     "measure the error against the number of programs and instructions, or of machines (--machine-regression)"},
	    {"machine-regression", 0, CLI_FLAG, &a.net, NULL,
	     "fit a regression from machine parameters to machine vectors; --uarch names the machines (default all)"},
	    {"uarch-net", 0, CLI_FLAG, &a.net, NULL, NULL}, /* its name before */
	    {"parameters", 0, CLI_LIST, &a.parameters, "NAMES", "machine parameters that the regression uses (default all that differ)"},
	    {"fine", 0, CLI_FLAG, &a.fine, NULL, "train all weights further, on the dataset's seen programs and machines"},
	    {"epochs", 0, CLI_INT, &a.fine_options.epochs, "N", "number of passes with --fine (default 2)"},
	    {"lr", 0, CLI_DOUBLE, &a.fine_options.learning_rate, "X",
	     "learning rate of the first step with --fine (default 0.001); falls to 0"},
	    {"batch-size", 0, CLI_INT, &a.fine_options.batch_size, "N",
	     "number of streams that run in parallel, or of windows in a step, with --fine (default 64)"},
	    {"train-size", 0, CLI_U64, &a.fine_options.train_rows, "N",
	     "micro-operations that an epoch visits with --fine (default 0: all)"},
	    {"no-test", 0, CLI_FLAG, &a.no_test, NULL, "measure no errors of --machine-regression and --fine"},
	    {"seed", 0, CLI_U64, &a.options.seed, "N", "random seed for curves and tests (default 1)"},
	    {"csv", 0, CLI_FLAG, &a.csv, NULL, "print errors as comma-separated values, as fractions"},
	    {"threads", 'j', CLI_INT, &a.options.threads, "N",
	     "number of threads (default 0: one per processor); does not change the result"},
	    {"quiet", 'q', CLI_FLAG, &a.quiet, NULL, "print no progress and no summary"},
	    {0},
	};
	char **operands = NULL;
	int n, status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status < 0)
		status = n ? cli_usage_error(self, "tune takes options only") : check(self, &a);
	char *command = cli_model_command(argc, argv);
	a.options.command = command;
	if (status < 0)
		status = open_and_run(&a);
	free(command);
	free(operands);
	cli_list_free(&a.programs);
	cli_list_free(&a.parameters);
	return status;
}

const struct cli_command cmd_tune = {
    .name = "tune",
    .summary = "learn new machines for a model whose foundation stays as it is",
    .usage = "--model M --cfg DATASET -o M2 [OPTIONS]",
    .description =
        "The vectors of the new machines are computed by a ridge fit to the training programs' times. Program vectors made with M stay\n"
        "valid with M2. Errors are those on programs that were not learnt from.\n\n"
        "--machine-regression learns how machine vectors follow from machine parameters, and M2 then also predicts machines that were\n"
        "never timed ('perfvec predict --uarch FILE.yaml', 'perfvec dse'). Errors are those on machines that were left out.\n\n"
        "--fine changes the foundation: M2 has vectors of the dataset's machines only, and program vectors made with M do not go with it.",
    .run = run,
};
