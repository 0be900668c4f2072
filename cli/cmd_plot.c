/*
 * cmd_plot.c - perfvec plot: one figure
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results.h"

struct plot_args {
	struct cli_model_args model;
	const char *uarch, *output;
	struct cli_list programs;
	const char *x, *y, *value;
	uint64_t phase_insns, seed;
};

/* A kind of figure. */
struct kind {
	const char *name, *input; /* input: what it is drawn from, for messages */
	bool needs_model;
	int most; /* operands */
	int (*draw)(const struct cli_command *self, struct plot_args *a, char **operands, int n, struct pv_figure **figure);
};

/* Reports a failure of making a figure. */
static int made(enum pv_status status, const struct pv_error *err)
{
	return status == PV_OK ? CLI_OK : cli_error(err);
}

/* ---- kinds ---- */

/* Evaluates the dataset and makes a figure of that. */
static int draw_evaluated(const struct cli_command *self, struct plot_args *a, const char *dataset, struct pv_figure **figure,
                          enum pv_status (*make)(const struct plot_args *, const struct cli_results *, struct pv_figure **,
                                                 struct pv_error *))
{
	struct cli_results r;
	struct pv_error err = {0};
	int status = cli_results_open(self, &a->model, a->uarch, dataset, a->phase_insns, &r);
	if (status != CLI_OK)
		return status;
	status = made(make(a, &r, figure, &err), &err);
	cli_results_release(&r);
	return status;
}

static enum pv_status make_scatter(const struct plot_args *a, const struct cli_results *r, struct pv_figure **figure, struct pv_error *err)
{
	(void)a;
	return pv_figure_evaluated_scatter(r->evaluation, figure, err);
}

static int draw_scatter(const struct cli_command *self, struct plot_args *a, char **operands, int n, struct pv_figure **figure)
{
	(void)n;
	return draw_evaluated(self, a, operands[0], figure, make_scatter);
}

static enum pv_status make_errors(const struct plot_args *a, const struct cli_results *r, struct pv_figure **figure, struct pv_error *err)
{
	(void)a;
	return pv_figure_evaluated_errors(r->evaluation, figure, err);
}

static int draw_errors(const struct cli_command *self, struct plot_args *a, char **operands, int n, struct pv_figure **figure)
{
	(void)n;
	return draw_evaluated(self, a, operands[0], figure, make_errors);
}

/* On the machines asked for, or on a typical one. */
static enum pv_status make_cpi(const struct plot_args *a, const struct cli_results *r, struct pv_figure **figure, struct pv_error *err)
{
	int machine = -1;
	const enum pv_status status = a->uarch ? PV_OK : pv_evaluation_typical_machine(r->evaluation, &machine, err);
	if (status != PV_OK)
		return status;
	return pv_figure_evaluated_cpi(r->evaluation, (const char *const *)a->programs.items, a->programs.n, machine, figure, err);
}

static int draw_cpi(const struct cli_command *self, struct plot_args *a, char **operands, int n, struct pv_figure **figure)
{
	(void)n;
	return draw_evaluated(self, a, operands[0], figure, make_cpi);
}

static enum pv_status make_programs(const struct plot_args *a, const struct cli_results *r, struct pv_figure **figure, struct pv_error *err)
{
	return pv_figure_programs(r->model, r->evaluation, a->seed, figure, err);
}

static int draw_programs(const struct cli_command *self, struct plot_args *a, char **operands, int n, struct pv_figure **figure)
{
	(void)n;
	return draw_evaluated(self, a, operands[0], figure, make_programs);
}

static int draw_machines(const struct cli_command *self, struct plot_args *a, char **operands, int n, struct pv_figure **figure)
{
	struct cli_model_args args = a->model;
	struct pv_model *model;
	struct pv_error err = {0};
	(void)n;
	args.model = operands[0];
	int status = cli_model_open(self, &args, &model);
	if (status != CLI_OK)
		return status;
	status = made(pv_figure_machines(model, a->seed, figure, &err), &err);
	pv_model_free(model);
	return status;
}

static int draw_loss(const struct cli_command *self, struct plot_args *a, char **operands, int n, struct pv_figure **figure)
{
	struct pv_error err = {0};
	(void)self, (void)a;
	return made(pv_figure_loss((const char *const *)operands, (size_t)n, figure, &err), &err);
}

static int draw_stacks(const struct cli_command *self, struct plot_args *a, char **operands, int n, struct pv_figure **figure)
{
	struct pv_error err = {0};
	(void)n;
	if (a->programs.n > 1)
		return cli_usage_error(self, "'perfvec plot stacks' takes one program, or all");
	return made(pv_figure_stacks(operands[0], a->programs.n ? a->programs.items[0] : NULL, a->uarch, figure, &err), &err);
}

static int draw_design(const struct cli_command *self, struct plot_args *a, char **operands, int n, struct pv_figure **figure)
{
	const struct pv_design_view view = {a->programs.n ? a->programs.items[0] : NULL, a->x, a->y, a->value};
	struct pv_error err = {0};
	(void)n;
	if (a->programs.n > 1)
		return cli_usage_error(self, "'perfvec plot design' takes one exploration, or all");
	return made(pv_figure_design(operands[0], &view, figure, &err), &err);
}

static const struct kind kinds[] = {
    {"cpi", "a dataset", true, 1, draw_cpi},
    {"errors", "a dataset", true, 1, draw_errors},
    {"scatter", "a dataset", true, 1, draw_scatter},
    {"loss", "training logs", false, 8, draw_loss},
    {"programs", "a dataset", true, 1, draw_programs},
    {"machines", "a model", false, 1, draw_machines},
    {"design", "a design space", false, 1, draw_design},
    {"stacks", "CPI stacks", false, 1, draw_stacks},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static const struct kind *find_kind(const char *name)
{
	for (int i = 0; i < N_KINDS; i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

/* ---- the command ---- */

static int plot(const struct cli_command *self, const struct kind *kind, struct plot_args *a, char **operands, int n)
{
	struct pv_figure *figure = NULL;
	struct pv_error err = {0};
	if (pv_figure_ready(a->output, &err) != PV_OK)
		return cli_error(&err);
	int status = kind->draw(self, a, operands, n, &figure);
	if (status == CLI_OK)
		status = made(pv_figure_save(figure, a->output, &err), &err);
	pv_figure_free(figure);
	return status;
}

static int check_and_plot(const struct cli_command *self, struct plot_args *a, char **operands, int n)
{
	const struct kind *kind = n ? find_kind(operands[0]) : NULL;
	if (!n)
		return cli_usage_error(self, "missing kind of figure");
	if (!kind)
		return cli_usage_error(self, "there is no kind of figure '%s'", operands[0]);
	if (n == 1)
		return cli_usage_error(self, "'perfvec plot %s' needs %s", kind->name, kind->input);
	if (n - 1 > kind->most)
		return cli_usage_error(self, "'perfvec plot %s' takes at most %d input%s", kind->name, kind->most,
		                       kind->most == 1 ? "" : "s");
	if (kind->needs_model && !a->model.model)
		return cli_usage_error(self, "'perfvec plot %s' needs option '--model'", kind->name);
	if (!kind->needs_model && a->model.model)
		return cli_usage_error(self, "'perfvec plot %s' takes no option '--model'", kind->name);
	if (!a->output)
		return cli_usage_error(self, "option '--output' is missing");
	return plot(self, kind, a, operands + 1, n - 1);
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct plot_args a = {.seed = 1};
	const struct cli_option options[] = {
	    {"output", 'o', CLI_STRING, &a.output, "FILE", "figure to write: X.svg, X.png or X.csv, the points themselves (required)"},
	    {"model", 'm', CLI_STRING, &a.model.model, "FILE", "model that predicts"},
	    {"uarch", 0, CLI_STRING, &a.uarch, "NAMES",
	     "machines, separated by commas (default all; cpi: a typical one; stacks: one name)"},
	    {"program", 0, CLI_LIST, &a.programs, "NAMES", "cpi, design, stacks: programs (default all; for cpi one name)"},
	    {"x", 0, CLI_STRING, &a.x, "NAME", "design: parameter from left to right (default the first that varies)"},
	    {"y", 0, CLI_STRING, &a.y, "NAME", "design: parameter from bottom to top (default the next)"},
	    {"value", 0, CLI_STRING, &a.value, "WHAT", "design: objective, objective2, time or cpi (default objective)"},
	    {"phase", 0, CLI_U64, &a.phase_insns, "N", "cpi, programs: instructions of a phase (default about sixty phases)"},
	    {"seed", 0, CLI_U64, &a.seed, "S", "programs, machines: random seed for t-SNE (default 1)"},
	    {"mode", 0, CLI_STRING, &a.model.mode, "MODE",
	     "way to run the model: stream or window, whatever it says (windows cost 256 times as much)"},
	    {"threads", 'j', CLI_INT, &a.model.represent.threads, "N",
	     "number of threads (default 0: one per processor); does not change the result"},
	    {"quiet", 'q', CLI_FLAG, &a.model.quiet, NULL, "print no progress"},
	    {0},
	};
	char **operands;
	int n, status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status < 0) {
		status = check_and_plot(self, &a, operands, n);
		free(operands);
	}
	cli_list_free(&a.programs);
	return status;
}

const struct cli_command cmd_plot = {
    .name = "plot",
    .summary = "draw one figure",
    .usage = "KIND [OPTIONS] INPUT... -o X.svg|X.png|X.csv",
    .description =
        "KIND is one of\n"
        "  cpi       --model M DATASET   predicted and simulated CPI over time\n"
        "  errors    --model M DATASET   each program's errors over the machines\n"
        "  scatter   --model M DATASET   predicted against simulated CPI\n"
        "  programs  --model M DATASET   map of the programs' phases: principal components and t-SNE\n"
        "  machines  M                   map of a model's machines\n"
        "  loss      LOG...              what 'perfvec train --log' wrote: loss and error against steps, micro-operations and time\n"
        "  design    DESIGNS.json        what 'perfvec dse --all --json' printed: a map over two parameters, or a front\n"
        "  stacks    STATS.json          what 'perfvec simulate --cpi-stacks --stats json' printed\n"
        "SVG and PNG are drawn by gnuplot.",
    .run = run,
};
