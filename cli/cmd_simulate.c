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
	printf("%-16s %8s %12.3f %12.2f %10.2f %10.2f %10.2f", name, cpi, 1e-4 * (double)c->time_tenth_ns,
	       per_thousand(c->n_mispredicted, c->n_insns), per_thousand(c->n_l1i_misses, c->n_insns),
	       per_thousand(c->n_l1d_misses, c->n_insns), per_thousand(c->n_l2_misses, c->n_insns));
	if (c->n_units > 0)
		printf("   CPI +- %.4f (95 %%, %" PRIu64 " units)", c->cpi_error_95, c->n_units);
	putchar('\n');
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

/* How the result is shown. */
struct show {
	bool per_program;
	const char *stats, *stats_file;
	enum pv_stats_format format;
};

static bool parse_format(struct show *show)
{
	static const char *const names[] = {[PV_STATS_TABLE] = "table", [PV_STATS_CSV] = "csv", [PV_STATS_JSON] = "json"};
	for (int i = 0; i < 3; i++)
		if (!strcmp(show->stats, names[i])) {
			show->format = (enum pv_stats_format)i;
			return true;
		}
	return false;
}

static void print_tables(const struct pv_simulate_result *result, bool per_program)
{
	for (int i = 0; per_program && i < pv_simulate_n_programs(result); i++) {
		print_table(result, i);
		putchar('\n');
	}
	print_table(result, -1);
}

static int simulate(const struct pv_simulate_options *options, const struct pv_progress *progress, const struct show *show)
{
	struct pv_error err = {0};
	struct pv_simulate_result *result;
	if (pv_simulate(options, progress, &result, &err) != PV_OK)
		return cli_error(&err);
	cli_progress_done();
	int exit_status = CLI_OK;
	if (show->stats && !show->stats_file)
		pv_simulate_print_stats(result, show->format, stdout);
	else
		print_tables(result, show->per_program);
	if (show->stats_file && pv_simulate_save_stats(result, show->format, show->stats_file, &err) != PV_OK)
		exit_status = cli_error(&err);
	pv_simulate_result_free(result);
	return exit_status;
}

/* What was asked for beside options that stand for themselves; -1 when it is in order. */
static int check(const struct cli_command *self, struct pv_simulate_options *o, struct show *show, const char *targets, const char *sample)
{
	o->all_targets = targets && !strcmp(targets, "all");
	if (targets && !o->all_targets && strcmp(targets, "one") != 0)
		return cli_usage_error(self, "--targets takes one or all, not '%s'", targets);
	o->sample_detailed = 2000;
	if (sample && !cli_parse_sample(sample, &o->sample_unit, &o->sample_period, &o->sample_detailed))
		return cli_usage_error(self, "--sample takes UNIT:PERIOD, 0 < UNIT <= PERIOD, not '%s'", sample);
	if (show->stats && !parse_format(show))
		return cli_usage_error(self, "--stats takes table, csv or json, not '%s'", show->stats);
	if (show->stats_file && !show->stats)
		return cli_usage_error(self, "--stats-file needs --stats");
	if ((!o->output && !show->stats) || (o->output && !*o->output))
		return cli_usage_error(self, "no dataset named (-o)");
	if (!o->output && o->all_targets)
		return cli_usage_error(self, "--targets all needs a dataset (-o)");
	return -1;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct pv_simulate_options o = {0};
	struct cli_list machines = {0}, unseen_programs = {0}, unseen_machines = {0};
	struct show show = {0};
	const char *targets = NULL, *sample = NULL;
	bool quiet = false;
	const struct cli_option options[] = {
	    {"uarch", 0, CLI_LIST, &machines, "LIST", "machines: folders of machine files, machine files, preset names; may be repeated"},
	    {"output", 'o', CLI_STRING, &o.output, "DATASET", "dataset folder to write; required unless --stats is given"},
	    {"unseen-programs", 0, CLI_LIST, &unseen_programs, "LIST", "programs to hold out of training"},
	    {"unseen-uarchs", 0, CLI_LIST, &unseen_machines, "LIST", "machines to hold out of training"},
	    {"targets", 0, CLI_STRING, &targets, "WHICH",
	     "targets to keep: one, the training target; all: all 16 of PerfVec, too (default one)"},
	    {"limit", 0, CLI_U64, &o.max_rows, "N", "time only the first N micro-operations of each trace (default 0: all)"},
	    {"warm-up", 0, CLI_U64, &o.n_warm_up, "N",
	     "simulate the first N micro-operations without counting or writing them (default 0)"},
	    {"sample", 0, CLI_STRING, &sample, "UNIT:PERIOD", "count and write UNIT of every PERIOD micro-operations; warm caches between"},
	    {"stats", 0, CLI_STRING, &show.stats, "FORMAT", "print every counter: table, csv or json"},
	    {"stats-file", 0, CLI_STRING, &show.stats_file, "FILE", "write the counters to a file"},
	    {"cpi-stacks", 0, CLI_FLAG, &o.cpi_stacks, NULL, "add CPI stacks to the counters: where the cycles went"},
	    {"threads", 'j', CLI_INT, &o.n_threads, "N", "number of threads (default 0: one per processor)"},
	    {"per-program", 0, CLI_FLAG, &show.per_program, NULL, "print a table for each program, too"},
	    {"quiet", 'q', CLI_FLAG, &quiet, NULL, "print no progress"},
	    {0},
	};
	char **traces = NULL;
	int n = 0;
	int status = cli_parse(self, options, argc, argv, &traces, &n);
	if (status < 0 && n == 0)
		status = cli_usage_error(self, "no trace given");
	if (status < 0 && machines.n == 0)
		status = cli_usage_error(self, "no machine given (--uarch)");
	if (status < 0)
		status = check(self, &o, &show, targets, sample);
	if (status < 0) {
		struct pv_error err = {0};
		struct pv_uarch_set *set = NULL;
		char *command = cli_command_line("perfvec", argc, argv);
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
			status = simulate(&o, cli_progress(quiet), &show);
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
                   "micro-operation and machine) with a manifest that 'perfvec train --cfg' takes. Prints one line per machine.\n"
                   "\n"
                   "--sample simulates long traces faster: UNIT micro-operations in the middle of each PERIOD are counted, 2000 before\n"
                   "them (UNIT:PERIOD:N for another number) are timed, too, and the others only warm caches and predictors. The CPI then\n"
                   "is an estimate with a 95 % confidence interval.",
    .run = run,
};
