/*
 * cmd_test.c - perfvec test: how far a model is from the times of a dataset, beside baselines on the same split
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation.h"
#include "inputs.h"

struct test_args {
	struct cli_model_args use;
	const char *uarch, *rows;
	bool brief, csv, json;
	int resamples;
	struct pv_evaluate_options options;
};

static int print(const struct pv_model *model, const struct pv_evaluation *e, const struct test_args *a, struct pv_error *err)
{
	enum pv_status status;
	if (a->csv)
		status = evaluation_print_csv(e, err);
	else if (a->json)
		status = evaluation_print_json(model, e, err);
	else
		status = evaluation_print_table(model, e, a->brief, err);
	return status == PV_OK ? CLI_OK : cli_error(err);
}

static int test(const struct pv_model *model, const char *path, const struct test_args *a)
{
	struct pv_error err = {0};
	struct pv_evaluate_options options = a->options;
	struct pv_dataset *dataset = NULL;
	struct pv_evaluation *e = NULL;
	int *machines = NULL;
	if (!cli_may_be_dataset(path))
		return CLI_FAILED;
	if (a->uarch) {
		machines = calloc((size_t)pv_model_info(model)->n_machines + strlen(a->uarch), sizeof *machines);
		options.n_machines = machines ? cli_choose_machines(model, a->uarch, machines) : -1;
		options.machines = machines;
		if (options.n_machines < 0) {
			free(machines);
			return CLI_FAILED;
		}
	}
	int status = CLI_FAILED;
	if (pv_dataset_open(path, &dataset, &err) != PV_OK ||
	    pv_evaluate(model, dataset, &options, cli_progress(a->use.quiet), &e, &err) != PV_OK) {
		cli_error(&err);
	} else {
		cli_progress_done();
		status = print(model, e, a, &err);
	}
	pv_evaluation_free(e);
	pv_dataset_close(dataset);
	free(machines);
	return status;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct test_args a = {.options = pv_evaluate_defaults(), .resamples = 1000};
	const struct cli_option options[] = {
	    {"model", 'm', CLI_STRING, &a.use.model, "FILE", "model to test (required)"},
	    {"uarch", 0, CLI_STRING, &a.uarch, "NAMES", "machines, separated by commas (default all that model and dataset share)"},
	    {"rows", 0, CLI_STRING, &a.rows, "WHICH",
	     "what to count: all, whole programs; held-out, of seen programs only the test ranges (default all)"},
	    {"phase", 0, CLI_U64, &a.options.phase_insns, "N", "print errors along the programs, too: for every N instructions"},
	    {"brief", 0, CLI_FLAG, &a.brief, NULL, "print no line per program and machine"},
	    {"csv", 0, CLI_FLAG, &a.csv, NULL, "print comma-separated values; errors are fractions"},
	    {"json", 0, CLI_FLAG, &a.json, NULL, "print JSON, with every time predicted; errors are fractions"},
	    {"resamples", 0, CLI_INT, &a.resamples, "N", "number of resamples for the 95 % intervals (default 1000; 0: no intervals)"},
	    {"seed", 0, CLI_U64, &a.options.seed, "S", "random seed for the resamples (default 1)"},
	    {"mode", 0, CLI_STRING, &a.use.mode, "MODE",
	     "way to run the model: stream or window, whatever it says (windows cost 256 times as much)"},
	    {"threads", 'j', CLI_INT, &a.options.threads, "N",
	     "number of threads (default 0: one per processor); does not change the result"},
	    {"quiet", 'q', CLI_FLAG, &a.use.quiet, NULL, "print no progress"},
	    {0},
	};
	char **operands;
	int n, status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status >= 0)
		return status;
	struct pv_model *model = NULL;
	a.options.n_resamples = (unsigned)a.resamples;
	a.options.held_out_rows = a.rows && !strcmp(a.rows, "held-out");
	if (n != 1)
		status = cli_usage_error(self, n ? "one dataset at a time" : "missing a dataset");
	else if (a.csv && a.json)
		status = cli_usage_error(self, "of --csv and --json only one can be");
	else if (a.rows && !a.options.held_out_rows && strcmp(a.rows, "all") != 0)
		status = cli_usage_error(self, "option '--rows' is 'all' or 'held-out', not '%s'", a.rows);
	else if (a.resamples > 1000000)
		status = cli_usage_error(self, "option '--resamples' is at most 1000000");
	else
		status = cli_model_open(self, &a.use, &model);
	if (status == CLI_OK)
		status = test(model, operands[0], &a);
	pv_model_free(model);
	free(operands);
	return status;
}

const struct cli_command cmd_test = {
    .name = "test",
    .summary = "errors of a model on a dataset, beside baselines",
    .usage = "--model M [OPTIONS] DATASET",
    .description = "Errors are predicted / simulated - 1. They are summed up over four groups: programs that training saw or not, on "
                   "machines that were\n"
                   "trained or tuned later; then for each program and machine. Four baselines are computed on the same split:\n"
                   "  mean_cpi    the machine's mean CPI\n"
                   "  regression  ridge regression of CPI on op mix, miss rates and branches\n"
                   "  linear      the same on the model's own inputs, summed: the model without its network\n"
                   "  interval    an interval model of the machine's parameters, which needs no times\n"
                   "The last lines say which of them the model beats.",
    .run = run,
};
