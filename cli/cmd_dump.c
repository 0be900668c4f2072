/*
 * cmd_dump.c - `perfvec dump`: rows of a trace as text
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"

static const char *const flag_names[] = {"microop",          "cond",   "uncond",     "direct",   "squash-after", "serialize-after",
                                         "serialize-before", "atomic", "store-cond", "rbarrier", "wbarrier",     "quiesce",
                                         "nonspec",          "load",   "store",      "call",     "return",       "syscall",
                                         "prefetch",         "last"};

static void print_flags(uint32_t flags)
{
	const char *separator = "";
	if (!flags)
		putchar('-');
	for (unsigned i = 0; i < 32; i++) {
		if (!(flags >> i & 1))
			continue;
		if (i < sizeof flag_names / sizeof *flag_names)
			printf("%s%s", separator, flag_names[i]);
		else
			printf("%sbit%u", separator, i);
		separator = ",";
	}
}

static void print_regs(const struct pv_reg *regs, unsigned n)
{
	static const char letters[PV_N_REG_CLASSES] = "ifvepcm"; /* in the order of enum pv_reg_class */
	for (unsigned i = 0; i < n; i++)
		printf("%s%c%u", i ? "," : "", letters[regs[i].reg_class], regs[i].index);
}

static void print_row(uint64_t number, const struct pv_uop *u, const struct pv_row *r)
{
	bool branch = (u->flags & PV_UOP_BRANCH) != 0;
	bool taken = (r->flags & PV_ROW_TAKEN) != 0;
	printf("%llu 0x%llx %u %s ", (unsigned long long)number, (unsigned long long)u->pc, u->uop_index, pv_op_class_name(u->op_class));
	print_flags(u->flags);
	putchar(' ');
	print_regs(u->src, u->n_src);
	printf("->");
	print_regs(u->dst, u->n_dst);
	if (r->flags & PV_ROW_HAS_ADDR)
		printf(" 0x%llx %u", (unsigned long long)r->addr, u->access_bytes);
	else
		printf(" - -");
	printf(" %s%s\n", taken ? "taken" : branch ? "not-taken" : "-", r->flags & PV_ROW_FAULT ? ",fault" : "");
}

static enum pv_status dump(const struct pv_trace *t, uint64_t first, uint64_t count, struct pv_row *rows, struct pv_error *err)
{
	const struct pv_trace_info *info = pv_trace_info(t);
	const struct pv_uop *uops = pv_trace_uops(t);
	uint64_t end = count < info->n_rows - first ? first + count : info->n_rows;
	for (uint64_t row = first; row < end && !ferror(stdout);) {
		size_t n, i = (size_t)(row % PV_TRACE_CHUNK_ROWS);
		enum pv_status status = pv_trace_read_chunk(t, (uint32_t)(row / PV_TRACE_CHUNK_ROWS), rows, &n, NULL, err);
		if (status != PV_OK)
			return status;
		for (; i < n && row < end; i++, row++)
			print_row(row, &uops[rows[i].uop], &rows[i]);
	}
	return PV_OK;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	uint64_t first = 0, count = UINT64_MAX;
	const struct cli_option options[] = {
	    {"first", 0, CLI_U64, &first, "N", "number of the first row, from 0 (default 0)"},
	    {"count", 'n', CLI_U64, &count, "N", "number of rows to print (default: all that follow)"},
	    {0},
	};
	char **operands;
	int n;
	int status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status >= 0)
		return status;
	struct pv_error err = {0};
	struct pv_trace *t = NULL;
	struct pv_row *rows = malloc(PV_TRACE_CHUNK_ROWS * sizeof *rows);
	if (!rows) {
		fputs("error: out of memory\n", stderr);
		status = CLI_FAILED;
	} else if (n != 1) {
		status = cli_usage_error(self, "one trace file is needed, not %d", n);
	} else if (pv_trace_open(operands[0], &t, &err) != PV_OK) {
		status = cli_error(&err);
	} else if (first > pv_trace_info(t)->n_rows) {
		status = cli_usage_error(self, "'%s' has %llu rows, --first is past its end", operands[0],
		                         (unsigned long long)pv_trace_info(t)->n_rows);
	} else {
		printf("# row pc index class flags sources->destinations address bytes outcome\n");
		status = dump(t, first, count, rows, &err) == PV_OK ? CLI_OK : cli_error(&err);
	}
	pv_trace_close(t);
	free(rows);
	free(operands);
	return status;
}

const struct cli_command cmd_dump = {
    .name = "dump",
    .summary = "print the rows of a trace as text",
    .usage = "TRACE.pvt [--first N] [--count N]",
    .description = "One line per executed micro-operation, fields separated by spaces, '-' where a field does not apply:\n"
                   "  row number, pc, position within the instruction, operation class, flags, registers, address, bytes, outcome.\n"
                   "Registers are a class letter and an index: i integer, f float, v vector, e vector element, p predicate,\n"
                   "c condition code, m miscellaneous. --first reads from there at once, wherever it is.",
    .run = run,
};
