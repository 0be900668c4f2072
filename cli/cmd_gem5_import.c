/*
 * cmd_gem5_import.c - perfvec gem5 import: traces of one program by gem5 on some machines become a dataset and a trace
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

struct arguments {
	struct pv_gem5_import_options o;
	const char *targets;
	struct cli_list stores, names, clocks, unseen_programs, unseen_machines;
	bool quiet;
};

static int print_result(const struct pv_gem5_import_options *o, struct pv_gem5_import_result *r)
{
	printf("%s, %" PRIu64 " instructions, %" PRIu64 " micro-operations: %s\n", o->program, r->n_insns, r->n_rows, r->end);
	printf("%-24s %10s %14s\n", "machine", "MHz", "time (us)");
	for (size_t k = 0; k < r->n_machines; k++)
		printf("%-24s %10.4g %14.3f\n", r->machines[k].name, r->machines[k].clock_mhz, 1e-4 * (double)r->machines[k].time_tenth_ns);
	if (r->disagree)
		fprintf(stderr, "note: the traces part after %" PRIu64 " rows: %s\n", r->n_rows, r->end);
	pv_gem5_import_result_release(r);
	return CLI_OK;
}

/* One clock for all machines, or one each; (n) malloc'd, NULL with a usage error printed. */
static double *parse_clocks(const struct cli_command *self, const struct cli_list *list, size_t n)
{
	double *clocks = calloc(n, sizeof *clocks);
	if (!clocks || (list->n != 1 && list->n != n)) {
		cli_usage_error(self, "--clock-mhz needs one clock, or one for each of the %zu traces", n);
		free(clocks);
		return NULL;
	}
	for (size_t k = 0; k < n; k++) {
		const char *text = list->items[list->n == 1 ? 0 : k];
		char *end;
		clocks[k] = strtod(text, &end);
		if (end == text || *end || !(clocks[k] > 0) || clocks[k] > 1e9) {
			cli_usage_error(self, "'%s' is no clock in MHz", text);
			free(clocks);
			return NULL;
		}
	}
	return clocks;
}

static bool contains(const struct cli_list *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->items[i], text))
			return true;
	return false;
}

static int check(const struct cli_command *self, struct arguments *a, size_t n)
{
	if (n == 0)
		return cli_usage_error(self, "no trace given");
	if (!a->o.program)
		return cli_usage_error(self, "the program has no name (--program)");
	if (!a->o.output)
		return cli_usage_error(self, "no dataset named (-o)");
	if (strcmp(a->targets, "time") != 0 && strcmp(a->targets, "all") != 0)
		return cli_usage_error(self, "--targets is 'time' or 'all', not '%s'", a->targets);
	if (a->stores.n && a->stores.n != n)
		return cli_usage_error(self, "%zu files of stores for %zu traces", a->stores.n, n);
	if (a->names.n && a->names.n != n)
		return cli_usage_error(self, "%zu machine names for %zu traces", a->names.n, n);
	return -1;
}

static int import(const struct cli_command *self, struct arguments *a, char **traces, size_t n)
{
	double *clocks = NULL;
	if (a->clocks.n && !(clocks = parse_clocks(self, &a->clocks, n)))
		return CLI_USAGE;
	a->o.traces = (const char *const *)traces;
	a->o.n_traces = n;
	a->o.stores = a->stores.n ? (const char *const *)a->stores.items : NULL;
	a->o.clock_mhz = clocks;
	a->o.machine_names = a->names.n ? (const char *const *)a->names.items : NULL;
	a->o.all_targets = !strcmp(a->targets, "all");
	a->o.unseen_program = contains(&a->unseen_programs, a->o.program);
	a->o.unseen_machines = (const char *const *)a->unseen_machines.items;
	a->o.n_unseen_machines = a->unseen_machines.n;
	struct pv_gem5_import_result result = {0};
	struct pv_error err = {0};
	enum pv_status status = pv_gem5_import(&a->o, cli_progress(a->quiet), &result, &err);
	cli_progress_done();
	free(clocks);
	return status == PV_OK ? print_result(&a->o, &result) : cli_error(&err);
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct arguments a = {.targets = "time"};
	const struct cli_option options[] = {
	    {"program", 0, CLI_STRING, &a.o.program, "NAME", "name of the program; required"},
	    {"output", 'o', CLI_STRING, &a.o.output, "DATASET", "dataset folder to write; required"},
	    {"add", 0, CLI_FLAG, &a.o.add, NULL, "add the program to the dataset, which must be of the same machines"},
	    {"trace", 0, CLI_STRING, &a.o.trace_output, "X.pvt", "trace to write (default: PROGRAM.pvt in the dataset)"},
	    {"stores", 0, CLI_LIST, &a.stores, "LIST", "files of the traces' stores, when they cannot be found by name"},
	    {"targets", 0, CLI_STRING, &a.targets, "WHICH",
	     "targets to keep: time, what models train on (default); all: the other fifteen, too"},
	    {"uarch-names", 0, CLI_LIST, &a.names, "LIST", "names of the machines (default: from the traces' names)"},
	    {"clock-mhz", 0, CLI_LIST, &a.clocks, "LIST", "clock of all machines, or of each (default: from the traces' ticks)"},
	    {"op-classes", 0, CLI_STRING, &a.o.op_classes, "WHICH",
	     "numbering of operation classes: gem5-21 (default), gem5-23, or a file of names"},
	    {"unseen-programs", 0, CLI_LIST, &a.unseen_programs, "LIST", "programs to hold out of training"},
	    {"unseen-uarchs", 0, CLI_LIST, &a.unseen_machines, "LIST", "machines to hold out of training"},
	    {"threads", 'j', CLI_INT, &a.o.n_threads, "N", "number of threads (default 0: one per processor)"},
	    {"quiet", 'q', CLI_FLAG, &a.quiet, NULL, "print no progress"},
	    {0},
	};
	char **traces = NULL;
	int n = 0;
	int status = cli_parse(self, options, argc, argv, &traces, &n);
	if (status < 0)
		status = check(self, &a, (size_t)n);
	if (status < 0) {
		char *command = cli_command_line("perfvec gem5", argc, argv);
		a.o.command = command;
		status = import(self, &a, traces, (size_t)n);
		free(command);
	}
	free(traces);
	cli_list_free(&a.stores);
	cli_list_free(&a.names);
	cli_list_free(&a.clocks);
	cli_list_free(&a.unseen_programs);
	cli_list_free(&a.unseen_machines);
	return status;
}

const struct cli_command cmd_gem5_import = {
    .name = "gem5 import",
    .summary = "make a dataset and a trace of one program's traces on some machines",
    .usage = "[OPTIONS] --program NAME -o DATASET A.txt [B.txt ...]",
    .description =
        "Reads traces of PerfVec's gem5, one for each machine: NAME.txt with NAME.sq.txt beside it (or trace.txt with sq.trace.txt),\n"
        "or NAME.txt alone when every line is complete; plain or compressed by zstd, gzip or xz; files or FIFOs. Features come\n"
        "from the first trace, targets from all. Rows end where a trace ends or where the traces execute different things.",
    .run = run,
};
