/*
 * cmd_gem5_compare.c - perfvec gem5 compare: gem5's trace of a program beside our own
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 100.0;
}

static void print_places(const struct pv_gem5_compare_result *r, bool own, const char *title)
{
	bool any = false;
	for (size_t i = 0; i < r->n_places; i++) {
		const struct pv_gem5_place *p = &r->places[i];
		if (p->own != own)
			continue;
		if (!any)
			printf("\n%-8s %-12s %-30s %-28s %s\n", "rows", "first pc", title, "difference", "reason");
		any = true;
		printf("%-8" PRIu64 " 0x%-10" PRIx64 " %-30s %-28s %s\n", p->n_rows, p->pc, *p->function ? p->function : "?",
		       pv_gem5_difference_name(p->kind), *p->reason ? p->reason : "unknown");
	}
}

static void print_result(const struct pv_gem5_compare_result *r, bool has_elf)
{
	printf("%-12s %10" PRIu64 "\n%-12s %10" PRIu64 "\n", "gem5's rows", r->n_theirs, "our rows", r->n_ours);
	printf("%-12s %10" PRIu64 "  %7.3f %% of gem5's\n", "in both", r->n_aligned, percent(r->n_aligned, r->n_theirs));
	printf("%-12s %10" PRIu64 "  %7.3f %% of those in both\n", "agree", r->n_agree, percent(r->n_agree, r->n_aligned));
	if (has_elf)
		printf("%-12s %10" PRIu64 "  %7.3f %% of gem5's %" PRIu64 " in the program's own code\n", "agree, own", r->n_own_agree,
		       percent(r->n_own_agree, r->n_own), r->n_own);
	print_places(r, true, has_elf ? "the program's own code" : "function");
	print_places(r, false, "other code");
}

static int compare(const struct pv_gem5_compare_options *o, double least, bool quiet)
{
	struct pv_gem5_compare_result result;
	struct pv_error err = {0};
	enum pv_status status = pv_gem5_compare(o, cli_progress(quiet), &result, &err);
	cli_progress_done();
	if (status != PV_OK)
		return cli_error(&err);
	print_result(&result, o->elf != NULL);
	double agree = percent(result.n_own_agree, result.n_own);
	pv_gem5_compare_result_release(&result);
	if (agree >= least)
		return CLI_OK;
	fflush(stdout);
	fprintf(stderr, "error: %.3f %% of the rows agree, less than %g %%\n", agree, least);
	return CLI_FAILED;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct pv_gem5_compare_options o = {0};
	struct cli_list own = {0};
	double least = 0;
	bool quiet = false;
	const struct cli_option options[] = {
	    {"elf", 0, CLI_STRING, &o.elf, "PROGRAM", "program that ran: gives names of functions, and says which code is its own"},
	    {"own", 0, CLI_LIST, &own, "LIST", "functions that count as its own, besides main and those local to main's source file"},
	    {"at-least", 0, CLI_DOUBLE, &least, "PERCENT", "exit with 1 when fewer rows of its own code agree (default 0)"},
	    {"op-classes", 0, CLI_STRING, &o.op_classes, "WHICH",
	     "numbering of operation classes: gem5-21 (default), gem5-23, or a file of names"},
	    {"quiet", 'q', CLI_FLAG, &quiet, NULL, "print no progress"},
	    {0},
	};
	char **operands = NULL;
	int n = 0;
	int status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status < 0 && n != 2)
		status = cli_usage_error(self, "compare takes gem5's trace and ours, not %d file%s", n, n == 1 ? "" : "s");
	if (status < 0 && own.n && !o.elf)
		status = cli_usage_error(self, "--own needs --elf");
	if (status < 0) {
		o.gem5 = operands[0];
		o.trace = operands[1];
		o.own = (const char *const *)own.items;
		o.n_own = own.n;
		status = compare(&o, least, quiet);
	}
	free(operands);
	cli_list_free(&own);
	return status;
}

const struct cli_command cmd_gem5_compare = {
    .name = "gem5 compare",
    .summary = "hold gem5's trace of a program against our own of the same file",
    .usage = "[OPTIONS] GEM5.txt X.pvt",
    .description = "Aligns the two streams by pc and micro-operation and compares op class, flags, split, registers, branch outcome and\n"
                   "access size. Where the runs part (start-up depends on the auxiliary vector, the processor and addresses), the fewest\n"
                   "rows are left out until they agree again. Prints what differs, where, how often, and why as far as it is known.",
    .run = run,
};
