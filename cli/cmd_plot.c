/*
 * cmd_plot.c - perfvec plot: one figure
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results.h"

struct plot_args {
	struct cli_model_args model;
	struct cli_list machines;
	const char *output;
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

static int draw_pairs(const struct cli_command *self, struct plot_args *a, char **operands, int n, struct pv_figure **figure,
                      enum pv_status (*make)(const struct pv_pair *, size_t, struct pv_figure **, struct pv_error *))
{
	struct cli_results r;
	struct pv_error err = {0};
	int status = cli_results_open(self, &a->model, &a->machines, operands, n, &r);
	if (status != CLI_OK)
		return status;
	status = made(make(r.pairs, r.n, figure, &err), &err);
	cli_results_release(&r);
	return status;
}

static int draw_scatter(const struct cli_command *self, struct plot_args *a, char **operands, int n, struct pv_figure **figure)
{
	return draw_pairs(self, a, operands, n, figure, pv_figure_scatter);
}

static int draw_errors(const struct cli_command *self, struct plot_args *a, char **operands, int n, struct pv_figure **figure)
{
	return draw_pairs(self, a, operands, n, figure, pv_figure_errors);
}

static int draw_loss(const struct cli_command *self, struct plot_args *a, char **operands, int n, struct pv_figure **figure)
{
	struct pv_error err = {0};
	(void)self, (void)a;
	return made(pv_figure_loss((const char *const *)operands, (size_t)n, figure, &err), &err);
}

static const struct kind kinds[] = {
    {"errors", "datasets", true, 1000, draw_errors},
    {"scatter", "datasets", true, 1000, draw_scatter},
    {"loss", "training logs", false, 8, draw_loss},
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
		return cli_usage_error(self, "'perfvec plot %s' takes at most %d %s", kind->name, kind->most, kind->input);
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
	struct plot_args a = {0};
	const struct cli_option options[] = {
	    {"output", 'o', CLI_STRING, &a.output, "FILE", "X.svg, X.png or X.csv (the points themselves; required)"},
	    {"uarch", 0, CLI_LIST, &a.machines, "NAMES", "machines, separated by commas (default all of the model's)"},
	    CLI_MODEL_OPTIONS(&a.model),
	    {0},
	};
	char **operands;
	int n, status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status < 0) {
		status = check_and_plot(self, &a, operands, n);
		free(operands);
	}
	cli_list_free(&a.machines);
	return status;
}

const struct cli_command cmd_plot = {
    .name = "plot",
    .summary = "draw one figure",
    .usage = "KIND [OPTIONS] INPUT... -o X.svg|X.png|X.csv",
    .description = "KIND is one of\n"
                   "  errors   --model M DATASET...   each program's errors over the machines\n"
                   "  scatter  --model M DATASET...   predicted against simulated CPI\n"
                   "  loss     LOG...                 what 'perfvec train --log' wrote: loss and error against steps, rows and time\n"
                   "SVG and PNG are drawn by gnuplot.",
    .run = run,
};
