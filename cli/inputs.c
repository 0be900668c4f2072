/*
 * inputs.c - operands of commands that use a model
 */
#include "inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cli_represent(const struct pv_model *model, char **operands, int n, const struct cli_model_args *args,
                  struct pv_represented *represented)
{
	struct pv_error err = {0};
	const enum pv_status status =
	    pv_represent_files(model, (const char *const *)operands, n, &args->represent, cli_progress(args->quiet), represented, &err);
	cli_progress_done();
	return status == PV_OK ? CLI_OK : cli_error(&err);
}

static enum pv_status load_model(const char *path, const char *mode, struct pv_model **model, struct pv_error *err)
{
	enum { WINDOW_ROWS = 256 };
	struct pv_model *loaded;
	enum pv_status status = pv_model_load(path, &loaded, err);
	if (status != PV_OK)
		return status;
	const int rows = pv_model_info(loaded)->window_rows;
	if (!mode) {
		*model = loaded;
		return PV_OK;
	}
	status = pv_model_as(loaded, mode, rows ? rows : WINDOW_ROWS, model, err);
	pv_model_free(loaded);
	return status;
}

int cli_model_open(const struct cli_command *self, struct cli_model_args *a, struct pv_model **model)
{
	struct pv_error err = {0};
	struct pv_represent_options *r = &a->represent;
	if (!a->model)
		return cli_usage_error(self, "option '--model' is missing");
	r->sample_warmup = UINT64_MAX;
	if (a->sample && !cli_parse_sample(a->sample, &r->sample_unit, &r->sample_period, &r->sample_warmup))
		return cli_usage_error(self, "--sample takes UNIT:PERIOD or UNIT:PERIOD:WARMUP, 0 < UNIT <= PERIOD, not '%s'", a->sample);
	r->sample_warmup += r->sample_warmup == 0; /* 0 would stand for all */
	return load_model(a->model, a->mode, model, &err) == PV_OK ? CLI_OK : cli_error(&err);
}

int cli_choose_machines(const struct pv_model *model, const char *list, int *machines)
{
	const int K = pv_model_info(model)->n_machines;
	int n = 0;
	for (int k = 0; !list && k < K; k++)
		machines[n++] = k;
	for (const char *at = list; at && *at; at += *at == ',') {
		char name[256];
		size_t length = strcspn(at, ",");
		snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), at);
		int k = pv_model_find_machine(model, name);
		if (k < 0) {
			fprintf(stderr, "error: the model has no machine '%s'\nhint: 'perfvec tune' learns machines from a dataset\n",
			        name);
			return -1;
		}
		bool twice = false;
		for (int i = 0; i < n; i++)
			twice = twice || machines[i] == k;
		if (!twice)
			machines[n++] = k;
		at += length;
	}
	return n;
}

bool cli_may_be_dataset(const char *path)
{
	static const char *const others[] = {".npy", ".pvt", ".safetensors"};
	const size_t n = strlen(path);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (n > strlen(others[i]) && !strcmp(path + n - strlen(others[i]), others[i])) {
			fprintf(stderr,
			        "error: '%s' is not a dataset: it has no simulated times\nhint: 'perfvec simulate' makes datasets\n", path);
			return false;
		}
	return true;
}
