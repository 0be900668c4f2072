/*
 * cmd_dse.c - perfvec dse: the best machines of a design space, by formulas over predicted time and parameters
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inputs.h"

struct dse_args {
	struct cli_model_args use;
	const char *space, *base, *machines;
	struct cli_list axes, objectives, constraints, programs;
	struct pv_explore_options options;
	uint64_t exhaustive;
	int top;
	bool each, all, csv, json;
};

/* What formulas were parsed into. */
struct formulas {
	struct pv_formula *objectives[PV_MAX_OBJECTIVES];
	struct pv_formula *constraints[PV_MAX_CONSTRAINTS];
};

/* One exploration, and what it was of. */
struct view {
	const struct dse_args *a;
	const struct pv_space *space;
	const struct pv_exploration *x;
	const char *programs; /* in words */
	size_t n;             /* designs to show */
	bool first;           /* of several explorations */
	struct pv_json_writer *json;
};

/* ---- printing ---------------------------------------------------------------------------------------------------------------------- */

static const char *time_text(double ns, char *text, size_t n)
{
	const double scale = ns >= 1e9 ? 1e-9 : ns >= 1e6 ? 1e-6 : 1e-3;
	snprintf(text, n, "%.3f %s", ns * scale, ns >= 1e9 ? "s " : ns >= 1e6 ? "ms" : "us");
	return text;
}

/* Design i of those to show: with two objectives the front's, unless all are asked for. */
static const struct pv_design *design_at(const struct view *v, size_t i)
{
	const bool front = v->a->options.n_objectives > 1 && !v->a->all;
	return &v->x->designs[front ? v->x->front[i] : i];
}

static int width_of(const struct view *v, int axis)
{
	int n_values, width = (int)strlen(pv_space_axis(v->space, axis, &n_values));
	for (int c = 0; c < n_values; c++) {
		char text[128];
		pv_space_value(v->space, axis, c, text, sizeof text);
		width = (int)strlen(text) > width ? (int)strlen(text) : width;
	}
	return width;
}

static void print_table(const struct view *v)
{
	const struct pv_exploration *x = v->x;
	printf("%s%s: %llu of %.6g designs looked at%s, %llu of them cannot be built, %llu fail a constraint\n", v->first ? "" : "\n",
	       v->programs, (unsigned long long)x->evaluated, x->space, x->exhaustive ? "" : " in a search",
	       (unsigned long long)x->impossible, (unsigned long long)x->unsatisfied);
	for (int a = 0; a < pv_space_n_axes(v->space); a++)
		printf("%*s  ", width_of(v, a), pv_space_axis(v->space, a, NULL));
	printf("%12s  %8s", "time", "CPI");
	for (int o = 0; o < v->a->options.n_objectives; o++)
		printf("  %14s", o ? "objective 2" : "objective");
	printf("\n");
	for (size_t i = 0; i < v->n; i++) {
		const struct pv_design *d = design_at(v, i);
		char text[128];
		for (int a = 0; a < pv_space_n_axes(v->space); a++) {
			pv_space_value(v->space, a, d->choices[a], text, sizeof text);
			printf("%*s  ", width_of(v, a), text);
		}
		printf("%12s  %8.3f", time_text(d->time_ns, text, sizeof text), d->cpi);
		for (int o = 0; o < v->a->options.n_objectives; o++)
			printf("  %14.6g", d->objectives[o]);
		printf("\n");
	}
}

static void print_csv(const struct view *v)
{
	if (v->first) {
		printf("programs,rank");
		for (int a = 0; a < pv_space_n_axes(v->space); a++)
			printf(",%s", pv_space_axis(v->space, a, NULL));
		printf(",predicted_ns,cpi,objective%s\n", v->a->options.n_objectives > 1 ? ",objective_2" : "");
	}
	for (size_t i = 0; i < v->n; i++) {
		const struct pv_design *d = design_at(v, i);
		printf("%s,%zu", v->programs, i + 1);
		for (int a = 0; a < pv_space_n_axes(v->space); a++) {
			char text[128];
			pv_space_value(v->space, a, d->choices[a], text, sizeof text);
			printf(",%s", text);
		}
		printf(",%.9g,%.6g", d->time_ns, d->cpi);
		for (int o = 0; o < v->a->options.n_objectives; o++)
			printf(",%.9g", d->objectives[o]);
		printf("\n");
	}
}

/* A value as a formula or a parameter prints it: numbers and flags are JSON as they are. */
static void json_value(struct pv_json_writer *w, const char *key, const char *text)
{
	if (strspn(text, "-0123456789") == strlen(text) || !strcmp(text, "true") || !strcmp(text, "false"))
		pv_json_write_literal(w, key, text);
	else
		pv_json_write_text(w, key, text);
}

static void json_design(const struct view *v, const struct pv_design *d)
{
	struct pv_json_writer *w = v->json;
	pv_json_begin_object(w, NULL, PV_JSON_INLINE);
	pv_json_begin_object(w, "parameters", PV_JSON_INLINE);
	for (int a = 0; a < pv_space_n_axes(v->space); a++) {
		char text[128];
		pv_space_value(v->space, a, d->choices[a], text, sizeof text);
		json_value(w, pv_space_axis(v->space, a, NULL), text);
	}
	pv_json_end(w);
	pv_json_write_number(w, "predicted_ns", d->time_ns, 9);
	cli_json_known(w, "cpi", d->cpi, 6);
	pv_json_begin_array(w, "objectives", PV_JSON_INLINE);
	for (int o = 0; o < v->a->options.n_objectives; o++)
		pv_json_write_number(w, NULL, d->objectives[o], 9);
	pv_json_end(w);
	pv_json_end(w);
}

/* One of the explorations; the list of them begins with the first. */
static void print_json(const struct view *v)
{
	struct pv_json_writer *w = v->json;
	const struct pv_exploration *x = v->x;
	if (v->first)
		pv_json_begin_array(w, NULL, PV_JSON_LINES);
	pv_json_begin_object(w, NULL, PV_JSON_INLINE);
	pv_json_write_text(w, "programs", v->programs);
	pv_json_write_number(w, "space", x->space, 17);
	pv_json_write_count(w, "evaluated", x->evaluated);
	pv_json_write_count(w, "impossible", x->impossible);
	pv_json_write_count(w, "unsatisfied", x->unsatisfied);
	pv_json_write_flag(w, "exhaustive", x->exhaustive);
	pv_json_begin_array(w, "objectives", PV_JSON_INLINE);
	for (int o = 0; o < v->a->options.n_objectives; o++)
		pv_json_write_text(w, NULL, v->a->objectives.n ? v->a->objectives.items[o] : "time");
	pv_json_end(w);
	pv_json_begin_array(w, "designs", PV_JSON_LINES);
	for (size_t i = 0; i < v->n; i++)
		json_design(v, design_at(v, i));
	pv_json_end(w);
	pv_json_end(w);
}

/* Machine files of the designs shown, named after the base and the numbers of their values. */
static bool write_machines(const struct view *v, struct pv_error *err)
{
	for (size_t i = 0; i < v->n; i++) {
		struct pv_uarch *u;
		char path[4096];
		if (pv_space_uarch(v->space, design_at(v, i)->choices, &u, err) != PV_OK)
			return false;
		snprintf(path, sizeof path, "%s/%s.yaml", v->a->machines, pv_uarch_name(u));
		const enum pv_status status = pv_uarch_save(u, path, err);
		pv_uarch_free(u);
		if (status != PV_OK)
			return false;
	}
	return true;
}

/* ---- exploring --------------------------------------------------------------------------------------------------------------------- */

static int explore(const struct pv_model *model, const struct pv_space *space, const struct pv_vectors *vectors, const int *programs, int n,
                   const char *name, bool first, struct pv_json_writer *json, const struct dse_args *a)
{
	struct pv_exploration x;
	struct pv_error err = {0};
	const enum pv_status status = pv_explore(model, space, vectors, programs, n, &a->options, cli_progress(a->use.quiet), &x, &err);
	cli_progress_done();
	if (status != PV_OK)
		return cli_error(&err);
	const size_t most = a->options.n_objectives > 1 && !a->all ? x.n_front : x.n_designs;
	const bool whole = a->all || (a->options.n_objectives > 1 && a->top < 0);
	const size_t top = a->top < 0 ? 10 : (size_t)a->top;
	const struct view v = {a, space, &x, name, whole || top > most ? most : top, first, json};
	if (a->csv)
		print_csv(&v);
	else if (a->json)
		print_json(&v);
	else
		print_table(&v);
	const bool good = !a->machines || write_machines(&v, &err);
	pv_exploration_release(&x);
	return good ? CLI_OK : cli_error(&err);
}

/* Numbers of the programs that --programs names, or all; -1 after printing an error. */
static int choose_programs(const struct pv_vectors *v, const struct cli_list *names, int *programs)
{
	for (size_t i = 0; i < names->n; i++) {
		programs[i] = -1;
		for (int p = 0; p < pv_vectors_count(v); p++)
			if (!strcmp(pv_vectors_at(v, p)->program, names->items[i]))
				programs[i] = p;
		if (programs[i] < 0) {
			fprintf(stderr, "error: none of the inputs is program '%s'\n", names->items[i]);
			return -1;
		}
	}
	for (int p = 0; !names->n && p < pv_vectors_count(v); p++)
		programs[p] = p;
	return names->n ? (int)names->n : pv_vectors_count(v);
}

static int explore_programs(const struct pv_model *model, const struct pv_space *space, const struct pv_vectors *v,
                            const struct dse_args *a)
{
	int *programs = calloc((size_t)pv_vectors_count(v) + a->programs.n + 1, sizeof *programs), status = CLI_OK;
	const int n = programs ? choose_programs(v, &a->programs, programs) : -1;
	struct pv_json_writer json = {.file = stdout};
	char all[64];
	snprintf(all, sizeof all, n == 1 ? "1 program" : "%d programs", n);
	if (n < 0)
		status = CLI_FAILED;
	else if (!a->each)
		status = explore(model, space, v, programs, n, n == 1 ? pv_vectors_at(v, programs[0])->program : all, true, &json, a);
	for (int i = 0; a->each && i < n && status == CLI_OK; i++)
		status = explore(model, space, v, programs + i, 1, pv_vectors_at(v, programs[i])->program, i == 0, &json, a);
	if (status == CLI_OK && a->json)
		pv_json_end(&json);
	free(programs);
	return status;
}

static int represent_and_explore(const struct pv_model *model, const struct pv_space *space, char **operands, int n,
                                 const struct dse_args *a)
{
	struct pv_represented in;
	struct pv_vectors *whole = NULL;
	struct pv_error err = {0};
	if (cli_represent(model, operands, n, &a->use, &in) != CLI_OK)
		return CLI_FAILED;
	int status;
	if (pv_vectors_whole(in.vectors, &whole, &err) != PV_OK)
		status = cli_error(&err);
	else
		status = explore_programs(model, space, whole, a);
	pv_vectors_free(whole);
	pv_represented_release(&in);
	return status;
}

/* ---- space and formulas ------------------------------------------------------------------------------------------------------------ */

static enum pv_status make_space(const struct dse_args *a, struct pv_space **space, struct pv_error *err)
{
	struct pv_uarch *base = NULL;
	enum pv_status status = PV_OK;
	if (a->space)
		status = pv_space_load(a->space, space, err);
	else
		status = pv_uarch_load(a->base, &base, err);
	if (status == PV_OK && base)
		status = pv_space_new(base, space, err);
	pv_uarch_free(base);
	for (size_t i = 0; i < a->axes.n && status == PV_OK; i++)
		status = pv_space_add_axis(*space, a->axes.items[i], err);
	return status;
}

static enum pv_status parse_formulas(struct dse_args *a, struct formulas *f, struct pv_error *err)
{
	enum pv_status status = PV_OK;
	char what[32];
	a->options.n_objectives = a->objectives.n ? (int)a->objectives.n : 1;
	a->options.n_constraints = (int)a->constraints.n;
	for (int i = 0; i < a->options.n_objectives && status == PV_OK; i++) {
		snprintf(what, sizeof what, a->options.n_objectives > 1 ? "objective %d" : "objective", i + 1);
		status = pv_machine_formula(what, a->objectives.n ? a->objectives.items[i] : "time", &f->objectives[i], err);
		a->options.objectives[i] = f->objectives[i];
	}
	for (int i = 0; i < a->options.n_constraints && status == PV_OK; i++) {
		snprintf(what, sizeof what, a->options.n_constraints > 1 ? "constraint %d" : "constraint", i + 1);
		status = pv_machine_formula(what, a->constraints.items[i], &f->constraints[i], err);
	}
	a->options.constraints = (const struct pv_formula *const *)f->constraints;
	return status;
}

static int run_checked(const struct cli_command *self, struct dse_args *a, char **operands, int n)
{
	struct formulas f = {0};
	struct pv_space *space = NULL;
	struct pv_model *model = NULL;
	struct pv_error err = {0};
	int status;
	a->options.exhaustive = (double)a->exhaustive;
	a->options.threads = a->use.represent.threads;
	if (parse_formulas(a, &f, &err) != PV_OK || make_space(a, &space, &err) != PV_OK)
		status = cli_error(&err);
	else
		status = cli_model_open(self, &a->use, &model);
	if (status == CLI_OK)
		status = represent_and_explore(model, space, operands, n, a);
	for (int i = 0; i < PV_MAX_OBJECTIVES; i++)
		pv_formula_free(f.objectives[i]);
	for (int i = 0; i < PV_MAX_CONSTRAINTS; i++)
		pv_formula_free(f.constraints[i]);
	pv_space_free(space);
	pv_model_free(model);
	return status;
}

/* ---- the command ------------------------------------------------------------------------------------------------------------------- */

/* What does not go together; -1: nothing. */
static int check(const struct cli_command *self, const struct dse_args *a, int n)
{
	if (!a->use.model)
		return cli_usage_error(self, "option '--model' is missing");
	if (!n)
		return cli_usage_error(self, "missing program vectors, a trace or a dataset");
	if (!a->space == !a->base)
		return cli_usage_error(self, a->space ? "the base machine is in the --space file; '--base' is one too many"
		                                      : "a base machine is missing: '--base', or a '--space' file");
	if (!a->space && !a->axes.n)
		return cli_usage_error(self, "the space is empty: there is no '--axis'");
	if (a->objectives.n > PV_MAX_OBJECTIVES)
		return cli_usage_error(self, "there are %zu objectives; one, or two for a Pareto front", a->objectives.n);
	if (a->constraints.n > PV_MAX_CONSTRAINTS)
		return cli_usage_error(self, "there are %zu constraints; %d at most", a->constraints.n, PV_MAX_CONSTRAINTS);
	if (a->csv && a->json)
		return cli_usage_error(self, "of --csv and --json only one can be");
	if (!a->options.evaluations)
		return cli_usage_error(self, "a search needs evaluations: '--evaluations' is 0");
	return -1;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct dse_args a = {.options = pv_explore_defaults(), .exhaustive = 20000, .top = -1};
	const struct cli_option options[] = {
	    {"base", 0, CLI_STRING, &a.base, "NAME|FILE", "machine that the space is around (required without --space)"},
	    {"axis", 0, CLI_TEXTS, &a.axes, "NAME=VALUES",
	     "parameter that varies, such as l1d.size=16k,32k or l2.size=256k..4M; repeat it"},
	    {"space", 0, CLI_STRING, &a.space, "FILE", "YAML file with base and axes; --axis adds to them"},
	    {"objective", 0, CLI_TEXTS, &a.objectives, "FORMULA", "formula to make small (default time); give it twice for a Pareto front"},
	    {"constraint", 0, CLI_TEXTS, &a.constraints, "FORMULA",
	     "condition that must hold, such as 'l2.size <= 1M && time < 2ms'; repeat it"},
	    {"programs", 0, CLI_LIST, &a.programs, "NAMES", "programs that count (default all of the inputs); time is their sum"},
	    {"each", 0, CLI_FLAG, &a.each, NULL, "explore for every program by itself"},
	    {"top", 0, CLI_INT, &a.top, "N", "number of designs to print (default 10; all of a front)"},
	    {"all", 0, CLI_FLAG, &a.all, NULL, "print every design that was looked at and satisfies the constraints"},
	    {"machines", 0, CLI_STRING, &a.machines, "DIR", "write the designs printed as machine files into an existing folder"},
	    {"exhaustive", 0, CLI_U64, &a.exhaustive, "N", "search through spaces of up to N designs (default 20k)"},
	    {"evaluations", 0, CLI_U64, &a.options.evaluations, "N",
	     "number of designs that the search of a larger space may look at (default 20k)"},
	    {"seed", 0, CLI_U64, &a.options.seed, "N", "random seed for the places where searches begin (default 1)"},
	    {"csv", 0, CLI_FLAG, &a.csv, NULL, "print comma-separated values"},
	    {"json", 0, CLI_FLAG, &a.json, NULL, "print JSON"},
	    CLI_MODEL_OPTIONS(&a.use),
	    {0},
	};
	char **operands = NULL;
	int n, status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status < 0)
		status = check(self, &a, n);
	if (status < 0)
		status = run_checked(self, &a, operands, n);
	free(operands);
	cli_list_free(&a.axes);
	cli_list_free(&a.objectives);
	cli_list_free(&a.constraints);
	cli_list_free(&a.programs);
	return status;
}

const struct cli_command cmd_dse = {
    .name = "dse",
    .summary = "find the best machines of a design space",
    .usage = "--model M --base MACHINE --axis NAME=VALUES... [OPTIONS] R.npy|TRACE|DATASET...",
    .description =
        "Machines are predicted from their parameters: the model needs a machine regression ('perfvec tune --machine-regression').\n"
        "Formulas are over time, cpi, ipc, insns, clock and every machine parameter ('perfvec uarch params'):\n"
        "time * (1000 + 10 * l1d.size_kb + l2.size_kb).\n"
        "Small spaces are searched through; larger ones by descents along the gradient of the regression, from many places.",
    .run = run,
};
