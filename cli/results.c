/*
 * results.c - what a model predicts for a dataset
 */
#include "results.h"

#include <stdlib.h>
#include <string.h>

/* Opens and predicts the dataset; the model is there. */
static int evaluate(struct cli_results *r, const struct cli_model_args *args, const char *path, struct pv_evaluate_options *options)
{
	struct pv_error err = {0};
	const uint64_t phase = options->phase_insns;
	if (!cli_may_be_dataset(path))
		return CLI_FAILED;
	enum pv_status status = pv_dataset_open(path, &r->dataset, &err);
	if (status == PV_OK) {
		options->phase_insns = phase ? phase : pv_evaluate_phase_insns(r->dataset);
		status = pv_evaluate(r->model, r->dataset, options, cli_progress(args->quiet), &r->evaluation, &err);
	}
	cli_progress_done();
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
	pv_evaluation_free(r->evaluation);
	pv_dataset_close(r->dataset);
	pv_model_free(r->model);
	*r = (struct cli_results){0};
}
