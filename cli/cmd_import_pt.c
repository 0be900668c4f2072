/*
 * cmd_import_pt.c - perfvec import-pt: a PyTorch checkpoint of PerfVec becomes a model file
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

struct import_args {
	const char *cfg, *output;
	struct cli_list machines;
	struct pv_import_pt_options options;
	bool quiet;
};

static int import(const char *path, struct import_args *a)
{
	struct pv_error err = {0};
	struct pv_dataset *dataset = NULL;
	struct pv_model *model = NULL;
	int status = CLI_OK;
	a->options.machines = (const char *const *)a->machines.items;
	a->options.n_machines = (int)a->machines.n;
	if (a->cfg && pv_dataset_open(a->cfg, &dataset, &err) != PV_OK)
		return cli_error(&err);
	a->options.dataset = dataset;
	if (pv_import_pt(path, &a->options, &model, &err) != PV_OK || pv_model_save(model, a->output, &err) != PV_OK)
		status = cli_error(&err);
	else if (!a->quiet)
		printf("wrote %s: %s, %zu parameters, features normalised with %s\n", a->output, pv_model_info(model)->expression,
		       pv_model_info(model)->n_params,
		       a->cfg                                           ? "the dataset's statistics"
		       : strstr(pv_model_info(model)->expression, "Em") ? "the checkpoint's own statistics"
		                                                        : "PerfVec's published statistics");
	pv_model_free(model);
	pv_dataset_close(dataset);
	return status;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct import_args a = {.options = {.clock_mhz = 1000, .command = "perfvec import-pt"}};
	const struct cli_option options[] = {
	    {"output", 'o', CLI_STRING, &a.output, "FILE", "model to write (required)"},
	    {"model", 'm', CLI_STRING, &a.options.expression, "EXPRESSION",
	     "model expression of the checkpoint (default: what the checkpoint says)"},
	    {"cfg", 0, CLI_STRING, &a.cfg, "FILE",
	     "dataset whose statistics standardised the features (default: PerfVec's published ones)"},
	    {"machines", 0, CLI_LIST, &a.machines, "NAMES", "names of the machines, in the order of their vectors (default machine_0, ..)"},
	    {"clock", 0, CLI_DOUBLE, &a.options.clock_mhz, "MHZ", "clock of the machines; used for CPI only (default 1000)"},
	    {"window", 0, CLI_INT, &a.options.window_rows, "ROWS",
	     "micro-operations of the windows it was trained on (default: streams where the model can, else 256)"},
	    {"quiet", 'q', CLI_FLAG, &a.quiet, NULL, "print no summary"},
	    {0},
	};
	char **operands;
	int n, status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status >= 0) {
		cli_list_free(&a.machines);
		return status;
	}
	if (n != 1)
		status = cli_usage_error(self, "import-pt takes one checkpoint");
	else if (!a.output)
		status = cli_usage_error(self, "option '--output' is missing");
	else
		status = import(operands[0], &a);
	cli_list_free(&a.machines);
	free(operands);
	return status;
}

const struct cli_command cmd_import_pt = {
    .name = "import-pt",
    .summary = "make a model file of a PyTorch checkpoint of PerfVec",
    .usage = "FILE.pt -o MODEL [OPTIONS]",
    .description = "The checkpoint is a dictionary that torch.save wrote, with parameters under model_state_dict. Nothing in it\n"
                   "is run, and what asks to be is refused.",
    .run = run,
};
