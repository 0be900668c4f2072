/*
 * cmd_trace.c - perfvec trace: run a program and record its micro-operations
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

static void print_summary(const struct pv_tracer_result *r, const char *path)
{
	fprintf(stderr, "%s: %llu instructions, %llu micro-operations", path, (unsigned long long)r->n_insns,
	        (unsigned long long)r->n_rows);
	if (r->n_skipped_insns)
		fprintf(stderr, ", after %llu skipped", (unsigned long long)r->n_skipped_insns);
	if (r->n_interrupted_blocks)
		fprintf(stderr, ", %llu blocks left in the middle", (unsigned long long)r->n_interrupted_blocks);
	if (r->n_no_address_rows)
		fprintf(stderr, ", %llu accesses without address", (unsigned long long)r->n_no_address_rows);
	if (r->n_unmatched_accesses)
		fprintf(stderr, ", %llu accesses of instructions that are not known to access memory",
		        (unsigned long long)r->n_unmatched_accesses);
	fputc('\n', stderr);
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct pv_tracer_options o = {0};
	const char *isa = "aarch64";
	bool quiet = false;
	const struct cli_option options[] = {
	    {"output", 'o', CLI_STRING, &o.out_path, "FILE", "trace file to write (.pvt); required"},
	    {"isa", 0, CLI_STRING, &isa, "ISA", "instruction set; aarch64 is the only one (default aarch64)"},
	    {"skip", 0, CLI_U64, &o.n_skip_insns, "N", "run N instructions before recording begins (default 0)"},
	    {"length", 0, CLI_U64, &o.n_max_insns, "N", "record N instructions, then end the program (default 0: to its end)"},
	    {"sysroot", 0, CLI_STRING, &o.sysroot, "DIR", "folder with the program's loader and libraries (default none)"},
	    {"cpu", 0, CLI_STRING, &o.cpu_model, "MODEL", "guest CPU model (default " PV_TRACER_CPU ")"},
	    {"qemu", 0, CLI_STRING, &o.qemu, "PATH", "qemu-aarch64 to use (default: found in PATH)"},
	    {"plugin", 0, CLI_STRING, &o.plugin, "PATH", "plugin libperfvec-qemu.so (default: beside perfvec, or $PERFVEC_PLUGIN)"},
	    {"program", 0, CLI_STRING, &o.program, "NAME", "name of the program in the trace and in datasets (default: the file's)"},
	    {"quiet", 'q', CLI_FLAG, &quiet, NULL, "print no summary line; notes and errors remain"},
	    {0},
	};
	char **operands;
	int n;
	int status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status >= 0)
		return status;
	if (n == 0)
		status = cli_usage_error(self, "no program to trace; write it after '--'");
	else if (!o.out_path)
		status = cli_usage_error(self, "no trace file named; use -o FILE");
	else if (strcmp(isa, "aarch64") != 0)
		status = cli_usage_error(self, "unknown instruction set '%s'; aarch64 is the one that can be traced", isa);
	if (status >= 0) {
		free(operands);
		return status;
	}
	o.argv = operands;
	struct pv_tracer_result result;
	struct pv_error err = {0};
	/* Silent while it runs: standard error is the guest's. */
	if (pv_tracer_run(&o, cli_progress(true), &result, &err) == PV_OK) {
		cli_guest_notes(&result, o.n_max_insns);
		if (!quiet)
			print_summary(&result, o.out_path);
		status = result.exit_status;
	} else {
		status = cli_error(&err);
	}
	free(operands);
	return status;
}

const struct cli_command cmd_trace = {
    .name = "trace",
    .summary = "run a program and record its micro-operations",
    .usage = "[OPTIONS] -o X.pvt -- PROGRAM ARGS...",
    .description =
        "Runs an arm64 Linux program under QEMU user mode. Its standard streams, environment and folder are perfvec's own, and its exit\n"
        "status becomes perfvec's (128 + signal when a signal killed it; 0 when --length ended it). The first thread is recorded.\n"
        "PROGRAM without a slash is a file in this folder, else in the sysroot's /usr/local/bin, /usr/bin or /bin; without a sysroot,\n"
        "one in PATH.",
    .run = run,
};
