/*
 * cmd_report.c - perfvec report: everything the given inputs allow, as one HTML file
 */
#include <stdlib.h>

#include "results.h"

struct report_args {
	struct cli_model_args model;
	const char *dataset, *uarch, *output, *title;
	struct cli_list logs, stacks, designs;
	uint64_t phase_insns, seed;
};

static enum pv_status fill(struct pv_report *report, const struct report_args *a, const struct cli_results *results, struct pv_error *err)
{
	const struct pv_report_inputs inputs = {.model = results->model,
	                                        .model_path = a->model.model,
	                                        .evaluation = results->evaluation,
	                                        .dataset = results->dataset,
	                                        .dataset_path = a->dataset,
	                                        .logs = (const char *const *)a->logs.items,
	                                        .n_logs = a->logs.n,
	                                        .stacks = (const char *const *)a->stacks.items,
	                                        .n_stacks = a->stacks.n,
	                                        .designs = (const char *const *)a->designs.items,
	                                        .n_designs = a->designs.n,
	                                        .seed = a->seed};
	return pv_report_fill(report, &inputs, err);
}

static int make(const struct cli_command *self, struct report_args *a)
{
	struct cli_results results = {0};
	struct pv_report *report = NULL;
	struct pv_error err = {0};
	if (pv_report_ready(a->output, &err) != PV_OK)
		return cli_error(&err);
	if (a->model.model) {
		int status = cli_results_open(self, &a->model, a->uarch, a->dataset, a->phase_insns, &results);
		if (status != CLI_OK)
			return status;
	}
	enum pv_status status = pv_report_new(a->title ? a->title : "perfvec report", &report, &err);
	if (status == PV_OK)
		status = fill(report, a, &results, &err);
	if (status == PV_OK)
		status = pv_report_save(report, a->output, &err);
	pv_report_free(report);
	cli_results_release(&results);
	return status == PV_OK ? CLI_OK : cli_error(&err);
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
	    {"model", 'm', CLI_STRING, &a.model.model, "FILE", "model whose machines, and predictions for the dataset, are shown"},
	    {"dataset", 'd', CLI_STRING, &a.dataset, "DATASET", "dataset with programs and their simulated times"},
	    {"log", 0, CLI_LIST, &a.logs, "FILES", "logs that 'perfvec train --log' wrote; several are drawn together"},
	    {"stats", 0, CLI_LIST, &a.stacks, "FILES", "CPI stacks that 'perfvec simulate --cpi-stacks --stats json' printed"},
	    {"design", 0, CLI_LIST, &a.designs, "FILES", "designs that 'perfvec dse --all --json' printed"},
	    {"title", 0, CLI_STRING, &a.title, "TEXT", "heading of the report"},
	    {"uarch", 0, CLI_STRING, &a.uarch, "NAMES", "machines, separated by commas (default all that model and dataset share)"},
	    {"phase", 0, CLI_U64, &a.phase_insns, "N", "instructions of a phase (default about sixty phases)"},
	    {"seed", 0, CLI_U64, &a.seed, "S", "random seed for the maps (default 1)"},
	    {"mode", 0, CLI_STRING, &a.model.mode, "MODE",
	     "way to run the model: stream or window, whatever it says (windows cost 256 times as much)"},
	    {"threads", 'j', CLI_INT, &a.model.represent.threads, "N",
	     "number of threads (default 0: one per processor); does not change the result"},
	    {"quiet", 'q', CLI_FLAG, &a.model.quiet, NULL, "print no progress"},
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
