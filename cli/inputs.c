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

/* One operand, opened: a dataset or a trace; neither for saved vectors. */
struct operand {
	struct pv_dataset *dataset;
	struct pv_trace *trace;
	uint64_t n_rows; /* to represent */
};

/* Progress of one operand as progress of all of them. */
struct overall {
	const struct pv_progress *to;
	struct pv_progress progress;
	uint64_t before, total;
};

static void report_overall(void *user, const char *what, const char *unit, uint64_t done, uint64_t total)
{
	const struct overall *o = user;
	(void)total;
	o->to->report(o->to->user, what, unit, o->before + done, o->total);
}

static bool stop_overall(void *user)
{
	const struct overall *o = user;
	return o->to->stop(o->to->user);
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

static enum pv_status open_operand(struct operand *o, const char *path, struct pv_error *err)
{
	enum pv_status status = PV_OK;
	if (ends_with(path, ".npy"))
		return PV_OK;
	if (is_dataset(path))
		status = pv_dataset_open(path, &o->dataset, err);
	else
		status = pv_trace_open(path, &o->trace, err);
	if (status == PV_OK)
		o->n_rows = o->dataset ? pv_dataset_info(o->dataset)->n_rows : pv_trace_info(o->trace)->n_rows;
	return status;
}

static enum pv_status add(struct cli_inputs *in, const struct pv_model *model, const struct operand *o, const char *path,
                          const struct pv_represent_options *options, const struct pv_progress *progress, struct pv_error *err)
{
	if (o->dataset)
		return pv_represent_dataset(model, o->dataset, options, progress, in->vectors, err);
	if (o->trace)
		return pv_represent_trace(model, o->trace, options, progress, in->vectors, err);
	return add_vectors(in, model, path, err);
}

/* Notes where the vectors from number `from` on came from. */
static bool note_origin(struct cli_inputs *in, int from, const struct pv_dataset *dataset)
{
	int n = pv_vectors_count(in->vectors);
	struct cli_input_program *more = realloc(in->programs, ((size_t)n + 1) * sizeof *more);
	if (!more)
		return false;
	in->programs = more;
	for (int i = from, program = -1; i < n; i++) {
		program += pv_vectors_at(in->vectors, i)->phase <= 1;
		more[i] = (struct cli_input_program){dataset, dataset ? pv_dataset_program(dataset, program) : NULL};
	}
	return true;
}

/* Represents what is open: one count of progress over all of it. */
static enum pv_status represent_all(struct cli_inputs *in, const struct pv_model *model, const struct operand *opened, char **operands,
                                    const struct cli_model_args *args, struct pv_error *err)
{
	struct overall all = {.to = cli_progress(args->quiet)};
	all.progress = (struct pv_progress){&all, all.to->report ? report_overall : NULL, NULL, all.to->stop ? stop_overall : NULL};
	enum pv_status status = PV_OK;
	for (int i = 0; i < in->n_operands; i++)
		all.total += opened[i].n_rows;
	for (int i = 0; i < in->n_operands && status == PV_OK; i++) {
		int from = pv_vectors_count(in->vectors);
		status = add(in, model, &opened[i], operands ? operands[i] : NULL, &args->represent, &all.progress, err);
		if (status == PV_OK && !note_origin(in, from, in->datasets[i]))
			status = PV_ERR_NOMEM;
		all.before += opened[i].n_rows;
	}
	cli_progress_done();
	return status;
}

/* Opens the operands, unless their only one is open already. */
static int open_all(struct cli_inputs *in, const struct pv_model *model, char **operands, int n, struct pv_trace *trace,
                    const struct cli_model_args *args)
{
	struct pv_error err = {.status = PV_ERR_NOMEM, .message = "out of memory"};
	struct operand *opened = calloc((size_t)n + 1, sizeof *opened);
	*in = (struct cli_inputs){.datasets = calloc((size_t)n + 1, sizeof *in->datasets), .n_operands = n};
	enum pv_status status = in->datasets && opened ? pv_vectors_new(model, &in->vectors, &err) : PV_ERR_NOMEM;
	if (status == PV_OK && trace)
		opened[0] = (struct operand){.trace = trace, .n_rows = pv_trace_info(trace)->n_rows};
	for (int i = 0; i < n && !trace && status == PV_OK; i++) {
		status = open_operand(&opened[i], operands[i], &err);
		in->datasets[i] = opened[i].dataset;
	}
	if (status == PV_OK)
		status = represent_all(in, model, opened, operands, args, &err);
	for (int i = 0; opened && !trace && i < n; i++)
		pv_trace_close(opened[i].trace);
	free(opened);
	if (status == PV_OK)
		return CLI_OK;
	cli_inputs_release(in);
	return cli_error(&err);
}

int cli_inputs_open(struct cli_inputs *in, const struct pv_model *model, char **operands, int n, const struct cli_model_args *args)
{
	return open_all(in, model, operands, n, NULL, args);
}

int cli_inputs_of_trace(struct cli_inputs *in, const struct pv_model *model, struct pv_trace *trace, const struct cli_model_args *args)
{
	const int status = open_all(in, model, NULL, 1, trace, args);
	pv_trace_close(trace);
	return status;
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
