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
		if (v->n_units)
			printf(" %8u units of a sample", v->n_units);
		if (phases)
			printf(" %8llu phase%s", phases, phases == 1 ? "" : "s");
		putchar('\n');
	}
}

static int represent(const struct pv_model *model, char **operands, int n, const char *output, const struct cli_model_args *a)
{
	struct pv_represented in;
	if (cli_represent(model, operands, n, a, &in) != CLI_OK)
		return CLI_FAILED;
	struct pv_error err = {0};
	int status = pv_vectors_save(in.vectors, output, &err) == PV_OK ? CLI_OK : cli_error(&err);
	if (status == CLI_OK && !a->quiet) {
		print_programs(in.vectors);
		printf("wrote %d vectors of %d dimensions to %s\n", pv_vectors_count(in.vectors), pv_vectors_n_repr(in.vectors), output);
	}
	pv_represented_release(&in);
	return status;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	const char *output = NULL;
	struct cli_model_args a = {0};
	const struct cli_option options[] = {
	    {"output", 'o', CLI_STRING, &output, "FILE", "vectors to write, .npy; FILE with .yaml says what they are of (required)"},
	    {"phase", 0, CLI_U64, &a.represent.phase_insns, "N",
	     "a vector for every N instructions of a program (default 0: one for all of it)"},
	    CLI_MODEL_OPTIONS(&a),
	    {0},
	};
	char **operands;
	int n, status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status >= 0)
		return status;
	struct pv_model *model = NULL;
	if (!output)
		status = cli_usage_error(self, "option '--output' is missing");
	else if (!n)
		status = cli_usage_error(self, "missing a trace or dataset to represent");
	else
		status = cli_model_open(self, &a, &model);
	if (status == CLI_OK)
		status = represent(model, operands, n, output, &a);
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
        "one row per program, or with --phase per phase: program after program, each in order.\n"
        "--sample UNIT:PERIOD runs only the UNIT micro-operations in the middle of each PERIOD, after 1024 of warm-up, and estimates the\n"
        "vector from them; what 'predict' needs for a 95 % interval goes into FILE with .deviations.npy. Reuse distances and branch\n"
        "histories follow all micro-operations between, or with UNIT:PERIOD:WARMUP only so many before each unit.",
    .run = run,
};
