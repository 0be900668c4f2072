/*
 * inputs.h - operands of commands that use a model: datasets, traces and saved program vectors
 */
#ifndef PV_CLI_INPUTS_H
#define PV_CLI_INPUTS_H

#include "cli.h"

/* Program vectors of all operands in order; where one came from a dataset, its place there. */
struct cli_inputs {
	struct pv_vectors *vectors;
	struct pv_dataset **datasets; /* (n_operands) open, or NULL */
	int n_operands;
	struct cli_input_program {
		const struct pv_dataset *dataset; /* NULL: not from a dataset */
		const struct pv_dataset_program *program;
	} * programs; /* (number of vectors); the phases of a program have the same */
};

/*
 * cli_inputs_open - open the operands and represent what is not represented yet
 *
 * All are opened first, so that progress is one count over all of them.
 * A folder or a .yaml file is a dataset, a .npy file holds program vectors, anything else is a trace.
 * Returns CLI_OK, or prints the error and returns CLI_FAILED (then nothing needs release).
 */
int cli_inputs_open(struct cli_inputs *inputs, const struct pv_model *model, char **operands, int n,
                    const struct pv_represent_options *options, bool quiet);
void cli_inputs_release(struct cli_inputs *inputs);

/* cli_model_open - load a model; mode "stream" or "window" (of the reference's 256 rows) changes how it runs, NULL leaves it as it is */
enum pv_status cli_model_open(const char *path, const char *mode, struct pv_model **model, struct pv_error *err);

#endif
