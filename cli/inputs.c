/*
 * inputs.c - operands of commands that use a model
 */
#include "inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n >= m && !strcmp(text + n - m, end);
}

static bool is_dataset(const char *path)
{
	struct stat s;
	return ends_with(path, ".yaml") || ends_with(path, ".yml") || (stat(path, &s) == 0 && S_ISDIR(s.st_mode));
}

static enum pv_status add_vectors(struct cli_inputs *in, const struct pv_model *model, const char *path, struct pv_error *err)
{
	struct pv_vectors *more;
	enum pv_status status = pv_vectors_load(path, &more, err);
	if (status != PV_OK)
		return status;
	if (pv_vectors_foundation(more) != pv_model_info(model)->foundation) {
		snprintf(err->message, sizeof err->message, "'%.400s' was made with another foundation model", path);
		snprintf(err->hint, sizeof err->hint, "make it anew with 'perfvec represent' and this model");
		status = PV_ERR_ARG;
	} else {
		status = pv_vectors_append(in->vectors, more, err);
	}
	pv_vectors_free(more);
	return status;
}

static enum pv_status add_trace(struct cli_inputs *in, const struct pv_model *model, const char *path, int threads,
                                const struct pv_progress *progress, struct pv_error *err)
{
	struct pv_trace *trace;
	enum pv_status status = pv_trace_open(path, &trace, err);
	if (status != PV_OK)
		return status;
	status = pv_represent_trace(model, trace, threads, progress, in->vectors, err);
	pv_trace_close(trace);
	return status;
}

static enum pv_status add(struct cli_inputs *in, const struct pv_model *model, const char *path, int i, int threads,
                          const struct pv_progress *progress, struct pv_error *err)
{
	if (ends_with(path, ".npy"))
		return add_vectors(in, model, path, err);
	if (!is_dataset(path))
		return add_trace(in, model, path, threads, progress, err);
	enum pv_status status = pv_dataset_open(path, &in->datasets[i], err);
	return status == PV_OK ? pv_represent_dataset(model, in->datasets[i], threads, progress, in->vectors, err) : status;
}

/* Notes where the vectors from number `from` on came from. */
static bool note_origin(struct cli_inputs *in, int from, const struct pv_dataset *dataset)
{
	int n = pv_vectors_count(in->vectors);
	struct cli_input_program *more = realloc(in->programs, ((size_t)n + 1) * sizeof *more);
	if (!more)
		return false;
	in->programs = more;
	for (int i = from; i < n; i++)
		more[i] = (struct cli_input_program){dataset, dataset ? pv_dataset_program(dataset, i - from) : NULL};
	return true;
}

int cli_inputs_open(struct cli_inputs *in, const struct pv_model *model, char **operands, int n, int threads, bool quiet)
{
	struct pv_error err = {.status = PV_ERR_NOMEM, .message = "out of memory"};
	const struct pv_progress *progress = cli_progress(quiet);
	*in =
	    (struct cli_inputs){.vectors = pv_vectors_new(model), .datasets = calloc((size_t)n + 1, sizeof *in->datasets), .n_operands = n};
	enum pv_status status = in->vectors && in->datasets ? PV_OK : PV_ERR_NOMEM;
	for (int i = 0; i < n && status == PV_OK; i++) {
		int from = pv_vectors_count(in->vectors);
		status = add(in, model, operands[i], i, threads, progress, &err);
		if (status == PV_OK && !note_origin(in, from, in->datasets[i]))
			status = PV_ERR_NOMEM;
	}
	cli_progress_done();
	if (status == PV_OK)
		return CLI_OK;
	cli_inputs_release(in);
	return cli_error(&err);
}

void cli_inputs_release(struct cli_inputs *in)
{
	for (int i = 0; in->datasets && i < in->n_operands; i++)
		pv_dataset_close(in->datasets[i]);
	free(in->datasets);
	free(in->programs);
	pv_vectors_free(in->vectors);
	*in = (struct cli_inputs){0};
}
