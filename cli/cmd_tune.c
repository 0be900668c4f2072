/*
 * cmd_tune.c - perfvec tune: learns rows of new machines for a model whose foundation stays as it is
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

struct tune_args {
	const char *model, *cfg, *uarch, *output;
	struct pv_tune_options options;
	bool quiet;
};

static int find_column(const struct pv_dataset *d, const char *name, size_t n)
{
	for (int k = 0; k < pv_dataset_n_machines(d); k++) {
		const char *have = pv_dataset_machine(d, k)->name;
		if (strlen(have) == n && !memcmp(have, name, n))
			return k;
	}
	return -1;
}

/* Columns that --uarch names: a list, or all that the dataset holds out. Returns their number, or -1 after printing an error. */
static int choose(const struct pv_dataset *d, const char *list, int *columns)
{
	int n = 0;
	if (!strcmp(list, "all-unseen")) {
		for (int k = 0; k < pv_dataset_n_machines(d); k++)
			if (!pv_dataset_machine(d, k)->seen)
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

static int tune(const struct pv_model *model, const struct pv_dataset *dataset, const struct tune_args *a)
{
	const size_t K = (size_t)pv_dataset_n_machines(dataset);
	int *columns = calloc(K, sizeof *columns), status = CLI_FAILED;
	struct pv_tune_result *results = calloc(K, sizeof *results);
	struct pv_model *tuned = NULL;
	struct pv_error err = {.status = PV_ERR_NOMEM, .message = "out of memory"};
	int n = columns && results ? choose(dataset, a->uarch, columns) : -1;
	if (n > 0) {
		bool good =
		    pv_model_tune(model, dataset, columns, n, &a->options, cli_progress(a->quiet), &tuned, results, &err) == PV_OK &&
		    pv_model_save(tuned, a->output, &err) == PV_OK;
		cli_progress_done();
		status = good ? CLI_OK : cli_error(&err);
	}
	for (int i = 0; status == CLI_OK && !a->quiet && i < n; i++) {
		printf("%-20s", results[i].name);
		if (isfinite(results[i].validation_error))
			printf(" total time off by %.2f %% on the validation ranges", 100 * results[i].validation_error);
		printf("\n");
	}
	if (status == CLI_OK && !a->quiet)
		printf("wrote %s with %d machines\n", a->output, pv_model_info(tuned)->n_machines);
	pv_model_free(tuned);
	free(columns);
	free(results);
	return status;
}

static int open_and_tune(const struct tune_args *a)
{
	struct pv_error err = {0};
	struct pv_model *model = NULL;
	struct pv_dataset *dataset = NULL;
	int status;
	if (pv_model_load(a->model, &model, &err) != PV_OK || pv_dataset_open(a->cfg, &dataset, &err) != PV_OK)
		status = cli_error(&err);
	else
		status = tune(model, dataset, a);
	pv_dataset_close(dataset);
	pv_model_free(model);
	return status;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct tune_args a = {.options = {.refit_rows = PV_TRAIN_AUTO, .command = "perfvec tune"}, .uarch = "all-unseen"};
	const struct cli_option options[] = {
	    {"model", 'm', CLI_STRING, &a.model, "FILE", "model to start from (required)"},
	    {"cfg", 0, CLI_STRING, &a.cfg, "FILE", "dataset with times on the new machines: its folder or dataset.yaml (required)"},
	    {"uarch", 0, CLI_STRING, &a.uarch, "NAMES", "machines to learn, separated by commas (default all-unseen: those held out)"},
	    {"output", 'o', CLI_STRING, &a.output, "FILE", "model to write (required)"},
	    {"refit-size", 0, CLI_U64, &a.options.refit_rows, "N", "training rows to learn from (default 2M; 50k over windows; 0: all)"},
	    {"threads", 'j', CLI_INT, &a.options.threads, "N", "threads (default 0: one per processor); does not change the result"},
	    {"quiet", 'q', CLI_FLAG, &a.quiet, NULL, "no progress, no summary"},
	    {0},
	};
	char **operands;
	int n, status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status >= 0)
		return status;
	free(operands);
	if (n)
		return cli_usage_error(self, "tune takes options only");
	const char *missing = !a.model ? "model" : !a.cfg ? "cfg" : !a.output ? "output" : NULL;
	if (missing)
		return cli_usage_error(self, "option '--%s' is missing", missing);
	return open_and_tune(&a);
}

const struct cli_command cmd_tune = {
    .name = "tune",
    .summary = "learn new machines for a model whose foundation stays as it is",
    .usage = "--model M --cfg DATASET -o M2 [OPTIONS]",
    .description =
        "The new machines' rows are fitted in closed form to the training programs' times. Program vectors made with M stay valid with "
        "M2.",
    .run = run,
};
