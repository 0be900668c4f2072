/*
 * cmd_gem5_run.c - perfvec gem5 run: one gem5 process for each machine, traces read as they are written
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static void print_result(const struct pv_gem5_run_result *r)
{
	printf("%zu of %zu machines, %" PRIu64 " micro-operations\n", r->n_finished, r->n_machines, r->n_rows);
	printf("%-16s %12s\n", "machine", "time (us)");
	for (size_t i = 0; i < r->n_machines; i++) {
		const struct pv_gem5_run_machine *m = &r->machines[i];
		if (m->finished)
			printf("%-16s %12.3f%s\n", m->name, 1e-4 * (double)m->time_tenth_ns, m->resumed ? "  (from an earlier run)" : "");
	}
	if (*r->cut)
		printf("cut: %s\n", r->cut);
	if (*r->alike)
		printf("the same to gem5: %s\n", r->alike);
}

/* Failures come last, where they are seen. */
static int print_failures(const struct pv_gem5_run_result *r, const char *output)
{
	fflush(stdout);
	for (size_t i = 0; i < r->n_machines; i++)
		if (!r->machines[i].finished)
			fprintf(stderr, "error: machine '%s' failed %d times: %s\n", r->machines[i].name, r->machines[i].n_attempts,
			        r->machines[i].reason);
	if (r->n_finished == r->n_machines)
		return CLI_OK;
	fprintf(stderr, "hint: '%s.log' has what gem5 printed; the same command runs only what failed\n", output);
	return CLI_FAILED;
}

static int run_all(const struct pv_gem5_run_options *o, bool quiet)
{
	struct pv_error err = {0};
	struct pv_gem5_run_result *result = NULL;
	enum pv_status done = pv_gem5_run(o, cli_progress(quiet), &result, &err);
	cli_progress_done();
	int status = CLI_FAILED;
	if (done != PV_OK) {
		cli_error(&err);
	} else {
		print_result(result);
		status = print_failures(result, o->output);
	}
	pv_gem5_run_result_free(result);
	return status;
}

/* "A..B" or "A" */
static bool parse_range(const char *text, int *first, int *last)
{
	char end;
	if (sscanf(text, "%d..%d%c", first, last, &end) == 2)
		return *first >= 0 && *last >= *first;
	if (sscanf(text, "%d%c", first, &end) != 1)
		return false;
	*last = *first;
	return *first >= 0;
}

static int load_and_run(struct pv_gem5_run_options *o, const struct cli_list *machines, bool quiet)
{
	struct pv_error err = {0};
	struct pv_uarch_set *set = NULL;
	if (machines->n && pv_uarch_set_load((const char *const *)machines->items, machines->n, &set, &err) != PV_OK)
		return cli_error(&err);
	o->machines = set;
	int status = run_all(o, quiet);
	pv_uarch_set_free(set);
	return status;
}

/* What can be seen to be wrong without looking at files; -1 when nothing is. */
static int check_usage(const struct cli_command *self, struct pv_gem5_run_options *o, size_t n_machines, const char *seeds,
                       const char *targets, int timeout_s)
{
	if (o->n_command == 0)
		return cli_usage_error(self, "no program given (-- PROGRAM ARGS...)");
	if (!o->gem5)
		return cli_usage_error(self, "no gem5 given (--gem5)");
	if (!o->output)
		return cli_usage_error(self, "no dataset named (-o)");
	if (!n_machines == !seeds)
		return cli_usage_error(self, "either --uarch or --reference-seeds tells the machines");
	if (seeds && !parse_range(seeds, &o->first_reference, &o->last_reference))
		return cli_usage_error(self, "option '--reference-seeds' needs a range such as 0..59, not '%s'", seeds);
	if (o->reference_cpu && strcmp(o->reference_cpu, "o3") && strcmp(o->reference_cpu, "minor"))
		return cli_usage_error(self, "option '--cpu' needs 'o3' or 'minor', not '%s'", o->reference_cpu);
	if (strcmp(targets, "time") && strcmp(targets, "all"))
		return cli_usage_error(self, "option '--targets' needs 'time' or 'all', not '%s'", targets);
	if (o->n_jobs < 1)
		return cli_usage_error(self, "option '--jobs' needs at least 1");
	if (timeout_s < 0)
		return cli_usage_error(self, "option '--timeout' cannot be negative");
	return -1;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct pv_gem5_run_options o = {.n_jobs = 1};
	struct cli_list machines = {0}, unseen = {0}, environment = {0};
	const char *seeds = NULL, *targets = "time";
	int timeout_s = 600;
	bool quiet = false;
	const struct cli_option options[] = {
	    {"gem5", 0, CLI_STRING, &o.gem5, "PATH", "gem5 built from the PerfVec fork; required"},
	    {"uarch", 0, CLI_LIST, &machines, "LIST", "machines: folders of machine files, machine files, preset names; may be repeated"},
	    {"reference-seeds", 0, CLI_STRING, &seeds, "A..B",
	     "run the fork's own generated machines A to B instead (its option -r, less one)"},
	    {"cpu", 0, CLI_STRING, &o.reference_cpu, "NAME",
	     "core of the fork's machines: o3 or minor (default: minor for 60..69, else o3)"},
	    {"config", 0, CLI_STRING, &o.config, "SCRIPT",
	     "gem5 script (default: $PERFVEC_GEM5_SCRIPT or ours); with --reference-seeds the fork's starter_se.py"},
	    {"output", 'o', CLI_STRING, &o.output, "DATASET", "dataset folder to write; required"},
	    {"jobs", 'j', CLI_INT, &o.n_jobs, "N", "number of gem5 processes at a time (default 1)"},
	    {"program", 0, CLI_STRING, &o.program, "NAME", "name of the program in the dataset (default: the file's)"},
	    {"max-insns", 0, CLI_U64, &o.max_insns, "N", "end each run after N instructions (default 0: at the program's end)"},
	    {"targets", 0, CLI_STRING, &targets, "WHICH", "targets to keep: time, or all 16 (default time)"},
	    {"op-classes", 0, CLI_STRING, &o.op_classes, "WHICH",
	     "numbering of operation classes: gem5-21, gem5-23, a file (default: gem5 says)"},
	    {"input", 0, CLI_STRING, &o.input, "FILE", "file for the program's standard input (default: nothing)"},
	    {"env", 0, CLI_LIST, &environment, "LIST", "environment of the program, NAME=VALUE (default: empty)"},
	    {"timeout", 0, CLI_INT, &timeout_s, "S", "end a run that writes no trace for S seconds (default 600; 0: never)"},
	    {"keep-traces", 0, CLI_STRING, &o.keep_traces, "DIR",
	     "folder in which the text traces are kept, compressed (default: not kept)"},
	    {"unseen-uarchs", 0, CLI_LIST, &unseen, "LIST", "machines to hold out of training"},
	    {"quiet", 'q', CLI_FLAG, &quiet, NULL, "print no progress"},
	    {0},
	};
	char **command = NULL;
	int n = 0;
	int status = cli_parse(self, options, argc, argv, &command, &n);
	o.n_command = (size_t)n;
	if (status < 0)
		status = check_usage(self, &o, machines.n, seeds, targets, timeout_s);
	if (status < 0) {
		char *how = cli_command_line("perfvec gem5", argc, argv);
		o.how = how;
		o.command = (const char *const *)command;
		o.environment = (const char *const *)environment.items;
		o.n_environment = environment.n;
		o.unseen_machines = (const char *const *)unseen.items;
		o.n_unseen_machines = unseen.n;
		o.timeout_s = (unsigned)timeout_s;
		o.all_targets = !strcmp(targets, "all");
		status = load_and_run(&o, &machines, quiet);
		free(how);
	}
	free(command);
	cli_list_free(&machines);
	cli_list_free(&unseen);
	cli_list_free(&environment);
	return status;
}

const struct cli_command cmd_gem5_run = {
    .name = "gem5 run",
    .summary = "run a program in gem5 on many machines and make a dataset",
    .usage = "--gem5 PATH --uarch LIST -o DATASET [options] -- PROGRAM ARGS...",
    .description = "Runs one gem5 process for each machine. Traces are read as they are written: no text reaches the disk unless\n"
                   "--keep-traces asks for it. A failed run is tried once more; when it fails again, the dataset holds the other\n"
                   "machines and the exit status is 1. After Ctrl-C or failures the same command runs only what is missing.",
    .run = run,
};
