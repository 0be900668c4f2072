/*
 * results.h - what a model predicts for a dataset, as plot and report draw it
 */
#ifndef CLI_RESULTS_H
#define CLI_RESULTS_H

#include "inputs.h"

/* Programs of a dataset on machines of a model. */
struct cli_results {
	struct pv_model *model;
	struct pv_dataset *dataset;       /* NULL: a model alone; then there is no evaluation */
	struct pv_evaluation *evaluation; /* with phases */
};

/*
 * cli_results_open - load the model and predict the dataset
 *
 * @args         checked as cli_model_open does; its sample must be NULL
 * @uarch        machines, separated by commas; NULL: all that model and dataset share
 * @dataset      NULL: load the model only
 * @phase_insns  instructions of a phase; 0: such that the longest program has about sixty
 *
 * Returns CLI_OK, or prints the error and returns the exit status (then nothing needs release).
 */
int cli_results_open(const struct cli_command *self, struct cli_model_args *args, const char *uarch, const char *dataset,
                     uint64_t phase_insns, struct cli_results *results);

/* cli_results_release - a zero struct is allowed */
void cli_results_release(struct cli_results *results);

#endif
