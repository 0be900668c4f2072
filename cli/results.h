/*
 * results.h - what a model predicts for its inputs, beside what a dataset knows: as plot and report draw it
 */
#ifndef PV_CLI_RESULTS_H
#define PV_CLI_RESULTS_H

#include "inputs.h"

/* Programs on machines. Names in pairs are owned by the model and the vectors. */
struct cli_results {
	struct pv_model *model;
	struct cli_inputs inputs;
	struct pv_pair *pairs; /* (n) all programs of the inputs on the chosen machines, program by program */
	size_t n;
};

/*
 * cli_results_open - load the model, represent the operands (as cli_inputs_open) and predict
 *
 * @args      checked as cli_model_open does
 * @machines  names to predict on; none: all of the model's
 *
 * Returns CLI_OK, or prints the error and returns the exit status (then nothing needs release).
 */
int cli_results_open(const struct cli_command *self, struct cli_model_args *args, const struct cli_list *machines, char **operands, int n,
                     struct cli_results *results);

/* cli_results_release - a zero struct is allowed */
void cli_results_release(struct cli_results *results);

#endif
