/*
 * cmd_simulate.c - perfvec simulate: time traces on machines, write a dataset
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/simulate.h>

#include "cli.h"

static double per_thousand(uint64_t count, uint64_t insns)
{
	return insns ? 1e3 * (double)count / (double)insns : 0;
}

static void print_line(const char *name, const struct pv_machine_counts *c)
{
	char cpi[32] = "-"; /* no instruction ends in these rows */
	if (c->n_insns)
		snprintf(cpi, sizeof cpi, "%.3f", (double)c->cycles / (double)c->n_insns);
	printf("%-16s %8s %12.3f %12.2f %10.2f %10.2f %10.2f\n", name, cpi, 1e-4 * (double)c->time_tenth_ns, per_thousand(c->n_mispredicted, c->n_insns), per_thousand(c->n_l1i_misses, c->n_insns),
	       per_thousand(c->n_l1d_misses, c->n_insns), per_thousand(c->n_l2_misses, c->n_insns));
}

static void print_table(const struct pv_simulate_result *r, int program)
{
	struct pv_machine_counts all = pv_simulate_counts(r, program, 0);
	if (program < 0)
		printf("%d program%s, ", pv_simulate_n_programs(r), pv_simulate_n_programs(r) == 1 ? "" : "s");
	else
		printf("%s, ", pv_simulate_program_name(r, program));
	printf("%" PRIu64 " instructions, %" PRIu64 " micro-operations; misses per thousand instructions\n", all.n_insns, all.n_rows);
	printf("%-16s %8s %12s %12s %10s %10s %10s\n", "machine", "CPI", "time (us)", "mispredicted", "L1I miss", "L1D miss", "L2 miss");
	for (int k = 0; k < pv_simulate_n_machines(r); k++) {
		struct pv_machine_counts c = pv_simulate_counts(r, program, k);
		print_line(pv_simulate_machine_name(r, k), &c);
	}
}

/* The command line as typed, for the dataset's own record; NULL when memory is out. */
static char *join(int argc, char **argv)
{
	size_t n = sizeof "perfvec";
	for (int i = 0; i < argc; i++)
		n += strlen(argv[i]) + 1;
	char *text = malloc(n);
	if (!text)
		return NULL;
	char *p = stpcpy(text, "perfvec");
	for (int i = 0; i < argc; i++)
		p = stpcpy(stpcpy(p, " "), argv[i]);
	return text;
}

static int simulate(const struct pv_simulate_options *options, const struct pv_progress *progress, bool per_program)
{
	struct pv_error err = {0};
	struct pv_simulate_result *result;
	if (pv_simulate(options, progress, &result, &err) != PV_OK)
		return cli_error(&err);
	cli_progress_done();
	for (int i = 0; per_program && i < pv_simulate_n_programs(result); i++) {
		print_table(result, i);
		putchar('\n');
	}
	print_table(result, -1);
	pv_simulate_result_free(result);
	return CLI_OK;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct pv_simulate_options o = {0};
	struct cli_list machines = {0}, unseen_programs = {0}, unseen_machines = {0};
	bool quiet = false, per_program = false;
	const struct cli_option options[] = {
	    {"uarch", 0, CLI_LIST, &machines, "LIST", "machines: folders of machine files, machine files, preset names; may be repeated"},
	    {"output", 'o', CLI_STRING, &o.output, "DATASET", "dataset folder to write; required"},
	    {"unseen-programs", 0, CLI_LIST, &unseen_programs, "LIST", "programs to hold out of training"},
	    {"unseen-uarchs", 0, CLI_LIST, &unseen_machines, "LIST", "machines to hold out of training"},
	    {"limit", 0, CLI_U64, &o.max_rows, "N", "only the first N micro-operations of each trace (default 0: all)"},
	    {"threads", 'j', CLI_INT, &o.n_threads, "N", "threads (default 0: one per processor)"},
	    {"per-program", 0, CLI_FLAG, &per_program, NULL, "print a table for each program, too"},
	    {"quiet", 'q', CLI_FLAG, &quiet, NULL, "no progress"},
	    {0},
	};
	char **traces = NULL;
	int n = 0;
	int status = cli_parse(self, options, argc, argv, &traces, &n);
	if (status < 0 && n == 0)
		status = cli_usage_error(self, "no trace given");
	if (status < 0 && machines.n == 0)
		status = cli_usage_error(self, "no machine given (--uarch)");
	if (status < 0 && (!o.output || !*o.output))
		status = cli_usage_error(self, "no dataset named (-o)");
	if (status < 0) {
		struct pv_error err = {0};
		struct pv_uarch_set *set = NULL;
		char *command = join(argc, argv);
		o.command = command;
		o.traces = (const char *const *)traces;
		o.n_traces = (size_t)n;
		o.unseen_programs = (const char *const *)unseen_programs.items;
		o.n_unseen_programs = unseen_programs.n;
		o.unseen_machines = (const char *const *)unseen_machines.items;
		o.n_unseen_machines = unseen_machines.n;
		if (pv_uarch_set_load((const char *const *)machines.items, machines.n, &set, &err) != PV_OK) {
			status = cli_error(&err);
		} else {
			o.machines = set;
			status = simulate(&o, cli_progress(quiet), per_program);
		}
		pv_uarch_set_free(set);
		free(command);
	}
	free(traces);
	cli_list_free(&machines);
	cli_list_free(&unseen_programs);
	cli_list_free(&unseen_machines);
	return status;
}

const struct cli_command cmd_simulate = {
    .name = "simulate",
    .summary = "time traces on machines and write the dataset that training reads",
    .usage = "[options] TRACE... --uarch LIST -o DATASET",
    .description = "Reads each trace once, times it on every machine, and writes packed features and targets (0.1 ns per\n"
                   "micro-operation and machine) with a manifest that 'perfvec train --cfg' takes. Prints one line per machine.",
    .run = run,
};
