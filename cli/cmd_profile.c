/*
 * cmd_profile.c - perfvec profile: where a program would spend its time on each of a model's machines
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "inputs.h"

struct profile_args {
	struct cli_model_args use;
	struct cli_guest guest;
	const char *uarch, *by, *sort, *cfg, *debug;
	uint64_t top;
	bool csv, json, stacks;
};

/* What is printed: a profile split by something, on M machines. */
struct split {
	const struct pv_model *model;
	const struct pv_profile *profile;
	const char *program;
	enum pv_profile_by by;
	int M;
	const int *machines;
	struct pv_profile_item *items;
	size_t n, n_shown;
	bool simulated;
};

static const char *machine_name(const struct split *s, int m)
{
	return pv_model_machine(s->model, s->machines[m])->name;
}

/* ---- printing ---- */

static double share(double part, double whole)
{
	return whole > 0 ? 100 * part / whole : 0;
}

/* What the item is, in one column: "hot  (hot.c:12)". */
static void print_what(const struct split *s, const struct pv_profile_item *item)
{
	if (s->by == PV_PROFILE_OBJECT)
		cli_print_text(item->object);
	if (item->function) {
		cli_print_text(item->function);
		if (s->by == PV_PROFILE_FUNCTION)
			printf("  (%s)", item->object);
	}
	if (item->source && s->by == PV_PROFILE_LINE) {
		const char *slash = strrchr(item->source, '/');
		printf("  ");
		cli_print_text(slash ? slash + 1 : item->source);
		printf(":%d", item->line);
	} else if (item->source) {
		cli_print_text(item->source);
		if (!strcmp(item->source, "?"))
			printf("  (%s)", item->object);
	}
	putchar('\n');
}

static void print_times(const struct split *s, const struct pv_profile_item *item)
{
	const struct pv_profile_item *all = pv_profile_total(s->profile);
	printf("%14llu", (unsigned long long)item->n_insns);
	for (int m = 0; m < s->M; m++) {
		printf("  %12.3f %6.2f%%", item->ns[m] * 1e-3, share(item->ns[m], all->ns[m]));
		if (s->simulated && !isnan(all->simulated_ns[m]))
			printf(" %6.2f%%", share(item->simulated_ns[m], all->simulated_ns[m]));
		else if (s->simulated)
			printf(" %7s", "-");
	}
	printf("  ");
}

static void print_table(const struct split *s)
{
	printf("%14s", s->program);
	for (int m = 0; m < s->M; m++)
		printf("  %*s", s->simulated ? 28 : 20, machine_name(s, m));
	printf("\n%14s", "instructions");
	for (int m = 0; m < s->M; m++)
		printf("  %12s %7s%s", "us", "share", s->simulated ? "  simul." : "");
	printf("  %s\n", pv_profile_by_name((int)s->by));
	print_times(s, pv_profile_total(s->profile));
	printf("all\n");
	for (size_t i = 0; i < s->n_shown; i++) {
		print_times(s, &s->items[i]);
		print_what(s, &s->items[i]);
	}
	if (s->n_shown < s->n)
		printf("%zu more; --top 0 prints all\n", s->n - s->n_shown);
}

static void print_csv_text(const char *text)
{
	putchar('"');
	for (; text && *text; text++)
		printf(*text == '"' ? "\"\"" : "%c", *text);
	putchar('"');
}

static void print_csv(const struct split *s)
{
	printf("object,function,source,line,insns");
	for (int m = 0; m < s->M; m++) {
		printf(",%s_ns", machine_name(s, m));
		if (s->simulated)
			printf(",%s_simulated_ns", machine_name(s, m));
	}
	putchar('\n');
	for (size_t i = 0; i < s->n_shown; i++) {
		const struct pv_profile_item *item = &s->items[i];
		print_csv_text(item->object);
		putchar(',');
		print_csv_text(item->function);
		putchar(',');
		print_csv_text(item->source);
		printf(",%d,%llu", item->line, (unsigned long long)item->n_insns);
		for (int m = 0; m < s->M; m++) {
			printf(",%.9g", item->ns[m]);
			if (s->simulated && isnan(item->simulated_ns[m]))
				putchar(',');
			else if (s->simulated)
				printf(",%.9g", item->simulated_ns[m]);
		}
		putchar('\n');
	}
}

static void json_times(struct pv_json_writer *w, const struct split *s, const char *key, const double *ns)
{
	pv_json_begin_object(w, key, PV_JSON_INLINE);
	for (int m = 0; m < s->M; m++)
		if (!isnan(ns[m]))
			pv_json_write_number(w, machine_name(s, m), ns[m], 9);
	pv_json_end(w);
}

static void json_item(struct pv_json_writer *w, const char *key, const struct split *s, const struct pv_profile_item *item)
{
	const struct {
		const char *name, *text;
	} texts[] = {{"object", item->object}, {"function", item->function}, {"source", item->source}};
	pv_json_begin_object(w, key, PV_JSON_INLINE);
	pv_json_write_count(w, "insns", item->n_insns);
	for (int i = 0; i < 3; i++)
		if (texts[i].text)
			pv_json_write_text(w, texts[i].name, texts[i].text);
	if (item->line)
		pv_json_write_count(w, "line", (uint64_t)item->line);
	json_times(w, s, "ns", item->ns);
	if (s->simulated)
		json_times(w, s, "simulated_ns", item->simulated_ns);
	pv_json_end(w);
}

static void print_json(const struct split *s)
{
	struct pv_json_writer w = {.file = stdout};
	pv_json_begin_object(&w, NULL, PV_JSON_INLINE);
	pv_json_write_text(&w, "program", s->program);
	pv_json_write_text(&w, "by", pv_profile_by_name((int)s->by));
	json_item(&w, "all", s, pv_profile_total(s->profile));
	pv_json_begin_array(&w, "items", PV_JSON_LINES);
	for (size_t i = 0; i < s->n_shown; i++)
		json_item(&w, NULL, s, &s->items[i]);
	pv_json_end(&w);
	pv_json_end(&w);
}

/* ---- the command ---- */

/* The column of a machine among those that are profiled; -1 after an error. */
static int find_column(const struct split *s, const char *name)
{
	for (int m = 0; m < s->M; m++)
		if (!name || !strcmp(machine_name(s, m), name))
			return m;
	fprintf(stderr, "error: '%s' is not one of the machines that are profiled\n", name);
	return -1;
}

static int print_profile(struct split *s, const struct profile_args *a)
{
	struct pv_error err = {0};
	const int column = find_column(s, a->sort);
	if (column < 0)
		return CLI_FAILED;
	for (int i = 0; !a->use.quiet && pv_profile_note(s->profile, i); i++)
		fprintf(stderr, "note: %s\n", pv_profile_note(s->profile, i));
	if (a->stacks) {
		pv_profile_print_stacks(s->profile, column, stdout);
		return CLI_OK;
	}
	if (pv_profile_items(s->profile, s->by, column, &s->items, &s->n, &err) != PV_OK)
		return cli_error(&err);
	s->n_shown = a->top && a->top < s->n ? (size_t)a->top : s->n;
	s->simulated = pv_profile_has_simulated(s->profile);
	(a->csv ? print_csv : a->json ? print_json : print_table)(s);
	pv_profile_items_free(s->items, s->n);
	return CLI_OK;
}

static int profile(const struct pv_model *model, const struct pv_trace *trace, const struct profile_args *a, enum pv_profile_by by)
{
	struct pv_error err = {0};
	struct pv_dataset *dataset = NULL;
	struct pv_profile *p = NULL;
	int status = CLI_FAILED,
	    *machines = calloc((size_t)pv_model_info(model)->n_machines + strlen(a->uarch ? a->uarch : ""), sizeof *machines);
	const int M = machines ? cli_choose_machines(model, a->uarch, machines) : -1;
	if (M >= 0 && a->cfg && pv_dataset_open(a->cfg, &dataset, &err) != PV_OK) {
		cli_error(&err);
	} else if (M >= 0) {
		const struct pv_profile_options o = {.machines = machines,
		                                     .n_machines = M,
		                                     .threads = a->use.represent.threads,
		                                     .sample_unit = a->use.represent.sample_unit,
		                                     .sample_period = a->use.represent.sample_period,
		                                     .debug_path = a->debug,
		                                     .dataset = dataset};
		const enum pv_status done = pv_profile_trace(model, trace, &o, cli_progress(a->use.quiet), &p, &err);
		cli_progress_done();
		struct split s = {
		    .model = model, .profile = p, .program = pv_trace_info(trace)->origin.program, .by = by, .M = M, .machines = machines};
		status = done == PV_OK ? print_profile(&s, a) : cli_error(&err);
	}
	pv_profile_free(p);
	pv_dataset_close(dataset);
	free(machines);
	return status;
}

static int open_trace(const struct profile_args *a, bool guest, char **operands, struct pv_trace **trace)
{
	struct pv_error err = {0};
	if (guest)
		return cli_guest_trace(&a->guest, operands, trace);
	return pv_trace_open(operands[0], trace, &err) == PV_OK ? CLI_OK : cli_error(&err);
}

/* What --by names; -1 for nothing. */
static int parse_by(const char *name)
{
	for (int by = 0; pv_profile_by_name(by); by++)
		if (!strcmp(pv_profile_by_name(by), name))
			return by;
	return -1;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct profile_args a = {.by = "function", .top = 20};
	const struct cli_option options[] = {
	    {"uarch", 0, CLI_STRING, &a.uarch, "NAMES", "machines, separated by commas (default all of the model's)"},
	    {"by", 0, CLI_STRING, &a.by, "WHAT", "unit to split by: function, line, file or object (default function)"},
	    {"top", 0, CLI_U64, &a.top, "N", "print the N largest (default 20; 0: all)"},
	    {"sort", 0, CLI_STRING, &a.sort, "NAME",
	     "machine whose time orders the lines, and whose stacks are printed (default the first)"},
	    {"cfg", 0, CLI_STRING, &a.cfg, "DATASET",
	     "dataset of this trace, whose simulated shares are printed beside the predicted ones"},
	    {"csv", 0, CLI_FLAG, &a.csv, NULL, "print comma-separated values"},
	    {"json", 0, CLI_FLAG, &a.json, NULL, "print JSON"},
	    {"stacks", 0, CLI_FLAG, &a.stacks, NULL, "print collapsed stacks, in nanoseconds, for flame graphs"},
	    {"debug", 0, CLI_STRING, &a.debug, "DIRS", "folders of separate debug files, separated by colons (default /usr/lib/debug)"},
	    CLI_GUEST_OPTIONS(&a.guest),
	    CLI_MODEL_OPTIONS(&a.use),
	    {0},
	};
	char **operands;
	int n, status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status >= 0)
		return status;
	struct pv_model *model = NULL;
	struct pv_trace *trace = NULL;
	const int guest = cli_guest_at(argc, argv, n), by = parse_by(a.by);
	if (guest < 0 || (!guest && n != 1))
		status = cli_usage_error(self, "one trace is needed, or a program after '--'");
	else if (by < 0)
		status = cli_usage_error(self, "--by takes function, line, file or object, not '%s'", a.by);
	else if (a.csv + a.json + a.stacks > 1)
		status = cli_usage_error(self, "of --csv, --json and --stacks only one can be");
	else
		status = cli_model_open(self, &a.use, &model);
	if (status == CLI_OK && a.use.represent.sample_warmup != UINT64_MAX)
		status = cli_usage_error(self, "--sample takes UNIT:PERIOD here: call stacks are followed everywhere");
	if (status == CLI_OK)
		status = open_trace(&a, guest, operands, &trace);
	if (status == CLI_OK)
		status = profile(model, trace, &a, (enum pv_profile_by)by);
	pv_trace_close(trace);
	pv_model_free(model);
	free(operands);
	return status;
}

const struct cli_command cmd_profile = {
    .name = "profile",
    .summary = "split predicted time by function, line, file or call stack",
    .usage = "--model M [OPTIONS] TRACE | --model M [OPTIONS] -- PROGRAM ARGS...",
    .description = "Where the program would spend its time on each machine, side by side. Functions and lines come from the symbols and "
                   "the debugging\n"
                   "information of the program and its libraries, which are looked for where they were when the trace was recorded.\n"
                   "PROGRAM is traced as by 'perfvec trace'; its standard output goes to standard error.",
    .run = run,
};
