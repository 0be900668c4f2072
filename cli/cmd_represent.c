/*
 * cmd_represent.c - perfvec represent: programs into vectors
 */
#include <stdio.h>
#include <stdlib.h>

#include "inputs.h"

static int represent(const struct pv_model *model, char **operands, int n, const char *output, int threads, bool quiet)
{
	struct cli_inputs in;
	if (cli_inputs_open(&in, model, operands, n, threads, quiet) != CLI_OK)
		return CLI_FAILED;
	struct pv_error err = {0};
	int status = pv_vectors_save(in.vectors, output, &err) == PV_OK ? CLI_OK : cli_error(&err);
	for (int i = 0; status == CLI_OK && !quiet && i < pv_vectors_count(in.vectors); i++) {
		const struct pv_vector *v = pv_vectors_at(in.vectors, i);
		printf("%-16s %12llu instructions %12llu micro-operations\n", v->program, (unsigned long long)v->n_insns,
		       (unsigned long long)v->n_rows);
	}
	if (status == CLI_OK && !quiet)
		printf("wrote %d vectors of %d dimensions to %s\n", pv_vectors_count(in.vectors), pv_vectors_n_repr(in.vectors), output);
	cli_inputs_release(&in);
	return status;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	const char *path = NULL, *output = NULL, *mode = NULL;
	int threads = 0;
	bool quiet = false;
	const struct cli_option options[] = {
	    {"model", 'm', CLI_STRING, &path, "FILE", "model to use (required)"},
	    {"output", 'o', CLI_STRING, &output, "FILE", "vectors to write, .npy; what they are of goes into FILE with .yaml (required)"},
	    {"mode", 0, CLI_STRING, &mode, "MODE", "run as stream or window, whatever the model says (windows cost 256 times as much)"},
	    {"threads", 'j', CLI_INT, &threads, "N", "threads (default 0: one per processor); does not change the result"},
	    {"quiet", 'q', CLI_FLAG, &quiet, NULL, "no progress, no summary"},
	    {0},
	};
	char **operands;
	int n, status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status >= 0)
		return status;
	struct pv_error err = {0};
	struct pv_model *model = NULL;
	if (!path)
		status = cli_usage_error(self, "option '--model' is missing");
	else if (!output)
		status = cli_usage_error(self, "option '--output' is missing");
	else if (!n)
		status = cli_usage_error(self, "missing a trace or dataset to represent");
	else if (cli_model_open(path, mode, &model, &err) != PV_OK)
		status = cli_error(&err);
	else
		status = represent(model, operands, n, output, threads, quiet);
	pv_model_free(model);
	free(operands);
	return status;
}

const struct cli_command cmd_represent = {
    .name = "represent",
    .summary = "turn traces and datasets into program vectors",
    .usage = "--model M -o R.npy [OPTIONS] TRACE|DATASET...",
    .description =
        "A program's vector is the sum of the representations of its micro-operations. The file opens with numpy.load: float64, one row "
        "per program.",
    .run = run,
};
