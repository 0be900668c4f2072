/*
 * inputs.h - operands of commands that use a model: datasets, traces and saved program vectors
 */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include "cli.h"

/* What every command takes that runs a model over programs. */
struct cli_model_args {
	const char *model, *mode, *sample;
	struct pv_represent_options represent;
	bool quiet;
};

/* Their lines in a table of options. */
#define CLI_MODEL_OPTIONS(a)                                                                                                                 \
	{"model", 'm', CLI_STRING, &(a)->model, "FILE", "model to use (required)"},                                                          \
	    {"mode",     0,      CLI_STRING,                                                                                                 \
	     &(a)->mode, "MODE", "way to run the model: stream or window, whatever it says (windows cost 256 times as much)"},               \
	    {"sample", 0, CLI_STRING, &(a)->sample, "UNIT:PERIOD", "estimate from UNIT of every PERIOD micro-operations, with an interval"}, \
	    {"threads", 'j',                                                                                                                 \
	     CLI_INT,   &(a)->represent.threads,                                                                                             \
	     "N",       "number of threads (default 0: one per processor); does not change the result"},                                     \
	{                                                                                                                                    \
		"quiet", 'q', CLI_FLAG, &(a)->quiet, NULL, "print no progress and no summary"                                                \
	}

/*
 * cli_model_open - check these options and load the model
 *
 * Mode "stream" or "window" (of 256 micro-operations) changes how it runs. Returns CLI_OK, or prints an error and returns the exit
 * status.
 */
int cli_model_open(const struct cli_command *self, struct cli_model_args *args, struct pv_model **model);

/* cli_represent - pv_represent_files of the operands; returns CLI_OK, or prints the error and returns CLI_FAILED */
int cli_represent(const struct pv_model *model, char **operands, int n, const struct cli_model_args *args,
                  struct pv_represented *represented);

/*
 * cli_choose_machines - numbers of the model's machines that a comma-separated list names; all without a list
 *
 * @machines  room for as many as the model has, plus the length of the list
 *
 * Returns their number, none twice; or -1 after printing an error.
 */
int cli_choose_machines(const struct pv_model *model, const char *list, int *machines);

/*
 * cli_may_be_dataset - whether a path can be a dataset's; prints an error when not
 *
 * Vectors, traces and models are what a user has in mind who forgot that errors need times.
 */
bool cli_may_be_dataset(const char *path);

#endif
