/*
 * guest.c - programs under the tracer
 */
#include "guest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void cli_guest_notes(const struct pv_tracer_result *r, uint64_t length)
{
	if (r->end == PV_TRACER_SIGNAL)
		fprintf(stderr, "note: signal %d (%s) killed the program; the trace holds what it did until then\n", r->signal,
		        strsignal(r->signal));
	if (r->end == PV_TRACER_LENGTH)
		fprintf(stderr, "note: the program was ended after %llu recorded instruction%s\n", (unsigned long long)length,
		        length == 1 ? "" : "s");
	if (r->end == PV_TRACER_STOPPED)
		fprintf(stderr, "note: stopped; the trace holds what the program did until then\n");
	if (r->end == PV_TRACER_EXEC)
		fprintf(stderr, "note: the program replaced itself by another (execve), which was not recorded\n");
	unsigned long long t = r->n_other_threads, p = r->n_other_processes;
	const char *threads = t == 1 ? "thread" : "threads", *processes = p == 1 ? "process" : "processes";
	if (t && p)
		fprintf(stderr, "note: %llu other %s and %llu child %s ran and were not recorded\n", t, threads, p, processes);
	else if (t || p)
		fprintf(stderr, "note: %llu %s %s ran and %s not recorded\n", t ? t : p, t ? "other" : "child", t ? threads : processes,
		        t + p == 1 ? "was" : "were");
	if (r->n_unknown_insns)
		fprintf(stderr,
		        "note: %llu instructions of the program's code are not known to the decoder and count as integer operations\n",
		        (unsigned long long)r->n_unknown_insns);
}

int cli_guest_at(int argc, char **argv, int n_operands)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--"))
			return n_operands > argc - i - 1 ? -1 : n_operands > 0;
	return 0;
}

/* Runs the tracer while standard output is standard error. */
static enum pv_status run_aside(const struct pv_tracer_options *o, struct pv_tracer_result *result, struct pv_error *err)
{
	fflush(stdout);
	const int own = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (own >= 0)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	enum pv_status status = pv_tracer_run(o, cli_progress(true), result, err);
	if (own >= 0) {
		dup2(own, STDOUT_FILENO);
		close(own);
	}
	return status;
}

int cli_guest_trace(const struct cli_guest *g, char **argv, struct pv_trace **trace)
{
	const char *folder = getenv("TMPDIR");
	char dir[4096], path[4112];
	struct pv_tracer_result result;
	struct pv_error err = {0};
	snprintf(dir, sizeof dir, "%.4000s/perfvec.XXXXXX", folder && *folder ? folder : "/tmp");
	if (!mkdtemp(dir)) {
		fprintf(stderr, "error: cannot make a temporary folder '%s'\nhint: TMPDIR names another place\n", dir);
		return CLI_FAILED;
	}
	snprintf(path, sizeof path, "%s/trace.pvt", dir);
	const struct pv_tracer_options o = {
	    .out_path = path, .argv = argv, .sysroot = g->sysroot, .n_skip_insns = g->skip, .n_max_insns = g->length};
	enum pv_status status = run_aside(&o, &result, &err);
	if (status == PV_OK) {
		cli_guest_notes(&result, g->length);
		status = pv_trace_open(path, trace, &err);
	}
	unlink(path);
	rmdir(dir);
	return status == PV_OK ? CLI_OK : cli_error(&err);
}
