/*
 * cmd_predict.c - perfvec predict: times and CPIs of programs on a model's machines, beside simulated ones where there are any
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cheapest.h"
#include "derive.h"
#include "guest.h"
#include "predictions.h"

struct predict_args {
	struct cli_model_args use;
	struct cli_guest guest;
	struct cheapest cheapest;
	const char *uarch, *sort;
	bool csv, json, full, sum;
};

/* Whether the simulated times of the datasets are of what the model predicts; prints an error when not. */
static bool comparable(const struct predictions *t, const struct pv_represented *in)
{
	for (int i = 0; i < in->n_files; i++) {
		struct pv_error err = {0};
		if (in->datasets[i] && pv_model_check_dataset(t->model, in->datasets[i], t->machines, t->M, &err) != PV_OK) {
			cli_error(&err);
			return false;
		}
	}
	return true;
}

/* What the table is of: the vectors as they are, or programs with their phases summed. */
static enum pv_status choose_vectors(struct predictions *t, bool sum, struct pv_vectors **whole, const struct pv_dataset **sources,
                                     struct pv_error *err)
{
	t->vectors = t->in->vectors;
	if (sum) {
		enum pv_status status = pv_vectors_whole(t->in->vectors, whole, err);
		if (status != PV_OK)
			return status;
		t->vectors = *whole;
	}
	for (int i = 0; i < pv_vectors_count(t->in->vectors); i++) {
		const bool goes_on = pv_vectors_at(t->in->vectors, i)->phase > 1;
		if (!sum || !goes_on)
			sources[t->P++] = t->in->sources[i];
		t->phases = t->phases || (!sum && pv_vectors_at(t->in->vectors, i)->phase);
	}
	t->sources = sources;
	return PV_OK;
}

static int print_predictions(struct predictions *t, const struct predict_args *a)
{
	struct pv_error err = {0};
	if (predictions_fill(t, &err) != PV_OK)
		return cli_error(&err);
	if (cheapest_asked(&a->cheapest))
		return cheapest_answer(&a->cheapest, t);
	if (a->sort)
		predictions_sort(t, a->sort);
	if (a->csv)
		predictions_print_csv(t);
	else if (a->json)
		predictions_print_json(t);
	else
		predictions_print_table(t, a->full || a->sort);
	return CLI_OK;
}

static int predict_inputs(struct predictions *t, const struct predict_args *a)
{
	struct pv_error err = {.status = PV_ERR_NOMEM, .message = "out of memory"};
	const size_t n = (size_t)pv_vectors_count(t->in->vectors), n_cells = n * (size_t)t->M + 1;
	struct pv_vectors *whole = NULL;
	const struct pv_dataset **sources = calloc(n + 1, sizeof *sources);
	t->cells = calloc(n_cells, sizeof *t->cells);
	t->errors = calloc(n_cells, sizeof *t->errors);
	t->order = calloc(n_cells, sizeof *t->order);
	enum pv_status status = sources && t->cells && t->errors && t->order ? PV_OK : PV_ERR_NOMEM;
	if (status == PV_OK)
		status = choose_vectors(t, a->sum || cheapest_asked(&a->cheapest), &whole, sources, &err);
	int result = status == PV_OK ? print_predictions(t, a) : cli_error(&err);
	pv_vectors_free(whole);
	free(sources);
	free(t->cells);
	free(t->errors);
	free(t->order);
	return result;
}

/* The vectors of a trace, which is closed whatever happens. */
static int represent_trace(const struct pv_model *model, struct pv_trace *trace, const struct predict_args *a, struct pv_represented *in)
{
	struct pv_error err = {0};
	enum pv_status status = pv_vectors_new(model, &in->vectors, &err);
	if (status == PV_OK)
		status = pv_represent_trace(model, trace, &a->use.represent, cli_progress(a->use.quiet), in->vectors, &err);
	cli_progress_done();
	pv_trace_close(trace);
	if (status == PV_OK && !(in->sources = calloc((size_t)pv_vectors_count(in->vectors) + 1, sizeof *in->sources))) {
		err = (struct pv_error){.status = PV_ERR_NOMEM, .message = "out of memory"};
		status = PV_ERR_NOMEM;
	}
	return status == PV_OK ? CLI_OK : cli_error(&err);
}

/* The operands, or the program that they are the command line of; `in` is to be released whatever happens. */
static int represent(const struct pv_model *model, char **operands, int n, bool guest, const struct predict_args *a,
                     struct pv_represented *in)
{
	struct pv_trace *trace;
	if (!guest)
		return cli_represent(model, operands, n, &a->use, in);
	const int status = cli_guest_trace(&a->guest, operands, &trace);
	return status == CLI_OK ? represent_trace(model, trace, a, in) : status;
}

static int predict(const struct pv_model *model, char **operands, int n, bool guest, const struct predict_args *a)
{
	struct pv_represented in = {0};
	struct predictions t = {.model = model, .in = &in};
	t.machines = calloc((size_t)pv_model_info(model)->n_machines + strlen(a->uarch ? a->uarch : ""), sizeof *t.machines);
	t.M = t.machines ? cli_choose_machines(model, a->uarch, t.machines) : -1;
	int status = CLI_FAILED;
	if (t.M >= 0 && represent(model, operands, n, guest, a, &in) == CLI_OK)
		status = comparable(&t, &in) ? predict_inputs(&t, a) : CLI_FAILED;
	pv_represented_release(&in);
	free(t.machines);
	return status;
}

/* What was asked for beside options that stand for themselves; -1 when it is in order. */
static int check(const struct cli_command *self, const struct predict_args *a, int guest, int n)
{
	const struct cheapest *c = &a->cheapest;
	if (guest < 0)
		return cli_usage_error(self, "either vectors, traces and datasets, or a program after '--'");
	if (!n)
		return cli_usage_error(self, "missing program vectors, a trace, a dataset, or a program after '--'");
	if (a->csv + a->json + a->full > 1)
		return cli_usage_error(self, "of --csv, --json and --full only one can be");
	if (a->sort && strcmp(a->sort, "time") && strcmp(a->sort, "cpi") && strcmp(a->sort, "error") && strcmp(a->sort, "name"))
		return cli_usage_error(self, "--sort takes time, cpi, error or name, not '%s'", a->sort);
	if (c->within && c->budget)
		return cli_usage_error(self, "--within asks for the cheapest machine, --budget for the fastest: only one can be");
	if (c->cost && c->costs)
		return cli_usage_error(self, "of --cost and --costs only one can be");
	if (cheapest_asked(c) && !c->cost && !c->costs)
		return cli_usage_error(self, "what a machine costs is not said: --cost FORMULA or --costs FILE");
	return -1;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct predict_args a = {0};
	const struct cli_option options[] = {
	    {"uarch", 0, CLI_STRING, &a.uarch, "NAMES",
	     "machines, or files of machines never timed, separated by commas (default all of the model's)"},
	    {"full", 0, CLI_FLAG, &a.full, NULL, "print every program on every machine, beside a dataset too"},
	    {"sort", 0, CLI_STRING, &a.sort, "BY", "order of the pairs: time or cpi (least first), error (largest first), or name"},
	    {"phase", 0, CLI_U64, &a.use.represent.phase_insns, "N", "print time along the program: a line for every N instructions"},
	    {"sum", 0, CLI_FLAG, &a.sum, NULL, "print whole programs where the vectors are of phases"},
	    {"within", 0, CLI_STRING, &a.cheapest.within, "TIME",
	     "print the cheapest machine that runs all programs, in turn, within it: 2ms"},
	    {"budget", 0, CLI_STRING, &a.cheapest.budget, "COST", "print the fastest machine that costs no more"},
	    {"cost", 0, CLI_STRING, &a.cheapest.cost, "FORMULA", "formula for a machine's cost: 1000 + 10 * l1d.size_kb + l2.size_kb"},
	    {"costs", 0, CLI_STRING, &a.cheapest.costs, "FILE", "CSV file of machines' costs; FILE:COLUMN (default its second column)"},
	    {"uarch-files", 0, CLI_LIST, &a.cheapest.uarchs, "LIST", "folders of machine files, and files, for --cost; presets are known"},
	    {"csv", 0, CLI_FLAG, &a.csv, NULL, "print comma-separated values; errors are fractions"},
	    {"json", 0, CLI_FLAG, &a.json, NULL, "print JSON; errors are fractions"},
	    CLI_GUEST_OPTIONS(&a.guest),
	    CLI_MODEL_OPTIONS(&a.use),
	    {0},
	};
	char **operands;
	int n, status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status >= 0)
		return status;
	struct pv_model *model = NULL;
	const int guest = cli_guest_at(argc, argv, n);
	a.cheapest.csv = a.csv;
	a.cheapest.json = a.json;
	status = check(self, &a, guest, n);
	if (status < 0)
		status = cli_model_open(self, &a.use, &model);
	char *names = NULL;
	if (status == CLI_OK && a.uarch && !(a.uarch = names = cli_derive_machines(&model, a.uarch)))
		status = CLI_FAILED;
	if (status == CLI_OK)
		status = predict(model, operands, n, guest, &a);
	free(names);
	pv_model_free(model);
	cli_list_free(&a.cheapest.uarchs);
	free(operands);
	return status;
}

const struct cli_command cmd_predict = {
    .name = "predict",
    .summary = "predict time and CPI of programs on machines",
    .usage = "--model M [OPTIONS] R.npy|TRACE|DATASET... | --model M [OPTIONS] -- PROGRAM ARGS...",
    .description =
        "Beside a dataset there are simulated times, and errors are predicted / simulated - 1: one line per program with means over the\n"
        "machines that the foundation was trained on (seen) and over those learnt later (tuned), and a summary of the errors. --full "
        "prints\n"
        "every program on every machine; so does any input without simulated times.\n"
        "Vectors of phases (represent --phase), and with --phase any traces and datasets, give time along the program.\n"
        "PROGRAM is traced as by 'perfvec trace'; its standard output goes to standard error.",
    .run = run,
};
