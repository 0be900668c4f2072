/*
 * cmd_represent.c - perfvec represent: programs into vectors
 */
#include <stdio.h>
#include <stdlib.h>

#include "inputs.h"

/* One line for each program: its phases together. */
static void print_programs(const struct pv_vectors *vectors)
{
	for (int i = 0; i < pv_vectors_count(vectors);) {
		const struct pv_vector *v = pv_vectors_at(vectors, i);
		unsigned long long insns = 0, rows = 0, phases = 0;
		do {
			insns += pv_vectors_at(vectors, i)->n_insns;
			rows += pv_vectors_at(vectors, i)->n_rows;
			phases += v->phase != 0;
		} while (++i < pv_vectors_count(vectors) && pv_vectors_at(vectors, i)->phase > 1);
		printf("%-16s %12llu instructions %12llu micro-operations", v->program, insns, rows);
		if (phases)
			printf(" %8llu phase%s", phases, phases == 1 ? "" : "s");
		putchar('\n');
	}
}

static int represent(const struct pv_model *model, char **operands, int n, const char *output, const struct pv_represent_options *options,
                     bool quiet)
{
	struct cli_inputs in;
	if (cli_inputs_open(&in, model, operands, n, options, quiet) != CLI_OK)
		return CLI_FAILED;
	struct pv_error err = {0};
	int status = pv_vectors_save(in.vectors, output, &err) == PV_OK ? CLI_OK : cli_error(&err);
	if (status == CLI_OK && !quiet) {
		print_programs(in.vectors);
		printf("wrote %d vectors of %d dimensions to %s\n", pv_vectors_count(in.vectors), pv_vectors_n_repr(in.vectors), output);
	}
	cli_inputs_release(&in);
	return status;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	const char *path = NULL, *output = NULL, *mode = NULL;
	struct pv_represent_options o = {0};
	bool quiet = false;
	const struct cli_option options[] = {
	    {"model", 'm', CLI_STRING, &path, "FILE", "model to use (required)"},
	    {"output", 'o', CLI_STRING, &output, "FILE", "vectors to write, .npy; what they are of goes into FILE with .yaml (required)"},
	    {"mode", 0, CLI_STRING, &mode, "MODE", "run as stream or window, whatever the model says (windows cost 256 times as much)"},
	    {"phase", 0, CLI_U64, &o.phase_insns, "N", "a vector for every N instructions of a program (default 0: one for all of it)"},
	    {"threads", 'j', CLI_INT, &o.threads, "N", "threads (default 0: one per processor); does not change the result"},
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
		status = represent(model, operands, n, output, &o, quiet);
	pv_model_free(model);
	free(operands);
	return status;
}

const struct cli_command cmd_represent = {
    .name = "represent",
    .summary = "turn traces and datasets into program vectors",
    .usage = "--model M -o R.npy [OPTIONS] TRACE|DATASET...",
    .description =
        "A program's vector is the sum of the representations of its micro-operations. The file opens with numpy.load: float64,\n"
        "one row per program, or with --phase per phase: program after program, each in order.",
    .run = run,
};
