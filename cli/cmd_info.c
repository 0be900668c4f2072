/*
 * cmd_info.c - `perfvec info`: what is in a trace
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

typedef unsigned long long ull; /* for printf */

static void print_text(const char *label, const char *text)
{
	printf("%-17s ", label);
	cli_print_text(text);
	putchar('\n');
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static double per(double part, uint64_t whole)
{
	return whole ? part / (double)whole : 0;
}

static double kilobytes(uint64_t n_lines)
{
	return (double)n_lines * 64 / 1000;
}

static void print_origin(const struct pv_trace_origin *o)
{
	print_text("program", o->program);
	print_text("command", o->command);
	print_text("instruction set", pv_isa_name(o->isa));
	print_text("guest cpu", o->cpu_model);
	print_text("recorded by", o->tool);
	if (o->n_skipped_insns)
		printf("%-17s %llu instructions before the first\n", "skipped", (ull)o->n_skipped_insns);
	if (o->cut)
		printf("%-17s recording stopped before the program's end\n", "cut");
	if (o->n_other_threads || o->n_other_processes)
		printf("%-17s %llu threads, %llu processes\n", "not recorded", (ull)o->n_other_threads, (ull)o->n_other_processes);
	if (o->n_interrupted_blocks)
		printf("%-17s %llu blocks left in the middle (signals, faults)\n", "interrupted", (ull)o->n_interrupted_blocks);
	for (uint32_t i = 0; i < o->n_mappings; i++)
		print_text(i ? "" : "code of", o->mappings[i].path);
}

static void print_counts(const struct pv_trace_info *i, const struct pv_trace_summary *s)
{
	printf("%-17s %llu\n", "instructions", (ull)i->n_insns);
	printf("%-17s %llu, %.3f per instruction\n", "micro-operations", (ull)i->n_rows, per((double)i->n_rows, i->n_insns));
	printf("%-17s %u, %u executed\n", "static", i->n_uops, s->n_uops_executed);
	printf("%-17s %llu bytes, %.3f per micro-operation, %u chunks, format version %u\n", "file", (ull)i->file_bytes,
	       per((double)i->file_bytes, i->n_rows), i->n_chunks, i->version);
	printf("%-17s %llu (%.2f %%), of them %llu conditional, %.2f %% taken; %llu calls, %llu returns\n", "branches", (ull)s->n_branches,
	       percent(s->n_branches, i->n_rows), (ull)s->n_cond_branches, percent(s->n_cond_taken, s->n_cond_branches), (ull)s->n_calls,
	       (ull)s->n_returns);
	printf("%-17s %llu (%.2f %%)\n", "loads", (ull)s->n_loads, percent(s->n_loads, i->n_rows));
	printf("%-17s %llu (%.2f %%)\n", "stores", (ull)s->n_stores, percent(s->n_stores, i->n_rows));
	printf("%-17s %llu system calls, %llu faults\n", "kernel", (ull)s->n_syscalls, (ull)s->n_faults);
	printf("%-17s code %.1f kB (%llu lines of 64 bytes), data %.1f kB (%llu lines)\n", "footprint", kilobytes(s->n_code_lines),
	       (ull)s->n_code_lines, kilobytes(s->n_data_lines), (ull)s->n_data_lines);
}

static void print_mix(const struct pv_trace_info *i, const struct pv_trace_summary *s)
{
	bool printed[PV_N_OP_CLASSES] = {false};
	printf("\n%-18s %14s %8s\n", "operation class", "executed", "share");
	for (;;) { /* the most frequent first */
		int best = -1;
		for (int k = 0; k < PV_N_OP_CLASSES; k++)
			if (!printed[k] && s->n_by_op_class[k] && (best < 0 || s->n_by_op_class[k] > s->n_by_op_class[best]))
				best = k;
		if (best < 0)
			return;
		printed[best] = true;
		printf("%-18s %14llu %6.2f %%\n", pv_op_class_name((unsigned)best), (ull)s->n_by_op_class[best],
		       percent(s->n_by_op_class[best], i->n_rows));
	}
}

static void json_mappings(struct pv_json_writer *w, const struct pv_trace_origin *o)
{
	pv_json_begin_array(w, "mappings", PV_JSON_LINES);
	for (uint32_t i = 0; i < o->n_mappings; i++) {
		const struct pv_trace_mapping *m = &o->mappings[i];
		pv_json_begin_object(w, NULL, PV_JSON_INLINE);
		pv_json_write_count(w, "begin", m->begin);
		pv_json_write_count(w, "end", m->end);
		pv_json_write_count(w, "offset", m->offset);
		pv_json_write_text(w, "path", m->path);
		pv_json_write_text(w, "build_id", m->build_id);
		pv_json_end(w);
	}
	pv_json_end(w);
}

static void json_origin(struct pv_json_writer *w, const struct pv_trace_origin *o)
{
	pv_json_write_text(w, "program", o->program);
	pv_json_write_text(w, "command", o->command);
	pv_json_write_text(w, "isa", pv_isa_name(o->isa));
	pv_json_write_text(w, "cpu_model", o->cpu_model);
	pv_json_write_text(w, "tool", o->tool);
	pv_json_write_flag(w, "cut", o->cut);
	pv_json_write_count(w, "n_skipped_insns", o->n_skipped_insns);
	pv_json_write_count(w, "n_other_threads", o->n_other_threads);
	pv_json_write_count(w, "n_other_processes", o->n_other_processes);
	pv_json_write_count(w, "n_interrupted_blocks", o->n_interrupted_blocks);
	json_mappings(w, o);
}

static void json_summary(struct pv_json_writer *w, const struct pv_trace_summary *s)
{
	pv_json_write_count(w, "n_uops_executed", s->n_uops_executed);
	pv_json_write_count(w, "n_branches", s->n_branches);
	pv_json_write_count(w, "n_cond_branches", s->n_cond_branches);
	pv_json_write_count(w, "n_cond_taken", s->n_cond_taken);
	pv_json_write_count(w, "n_calls", s->n_calls);
	pv_json_write_count(w, "n_returns", s->n_returns);
	pv_json_write_count(w, "n_loads", s->n_loads);
	pv_json_write_count(w, "n_stores", s->n_stores);
	pv_json_write_count(w, "n_syscalls", s->n_syscalls);
	pv_json_write_count(w, "n_faults", s->n_faults);
	pv_json_write_count(w, "n_code_lines", s->n_code_lines);
	pv_json_write_count(w, "n_data_lines", s->n_data_lines);
	pv_json_begin_object(w, "n_by_op_class", PV_JSON_INLINE);
	for (unsigned k = 0; k < PV_N_OP_CLASSES; k++)
		if (s->n_by_op_class[k])
			pv_json_write_count(w, pv_op_class_name(k), s->n_by_op_class[k]);
	pv_json_end(w);
}

static void print_json(const char *path, const struct pv_trace_info *i, const struct pv_trace_summary *s)
{
	struct pv_json_writer w = {.file = stdout};
	pv_json_begin_object(&w, NULL, PV_JSON_LINES);
	pv_json_write_text(&w, "path", path);
	json_origin(&w, &i->origin);
	pv_json_write_count(&w, "format_version", i->version);
	pv_json_write_count(&w, "file_bytes", i->file_bytes);
	pv_json_write_count(&w, "n_chunks", i->n_chunks);
	pv_json_write_count(&w, "n_insns", i->n_insns);
	pv_json_write_count(&w, "n_rows", i->n_rows);
	pv_json_write_count(&w, "n_uops", i->n_uops);
	json_summary(&w, s);
	pv_json_end(&w);
}

static int info(const char *path, bool json)
{
	struct pv_error err = {0};
	struct pv_trace *t;
	struct pv_trace_summary summary;
	if (pv_trace_open(path, &t, &err) != PV_OK)
		return cli_error(&err);
	int status = CLI_OK;
	if (pv_trace_summarize(t, &summary, cli_progress(false), &err) != PV_OK) {
		status = cli_error(&err);
	} else if (json) {
		print_json(path, pv_trace_info(t), &summary);
	} else {
		cli_progress_done();
		print_origin(&pv_trace_info(t)->origin);
		print_counts(pv_trace_info(t), &summary);
		print_mix(pv_trace_info(t), &summary);
	}
	cli_progress_done();
	pv_trace_close(t);
	return status;
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	bool json = false;
	const struct cli_option options[] = {
	    {"json", 0, CLI_FLAG, &json, NULL, "print one JSON object"},
	    {0},
	};
	char **operands;
	int n;
	int status = cli_parse(self, options, argc, argv, &operands, &n);
	if (status >= 0)
		return status;
	if (n != 1)
		status = cli_usage_error(self, "one trace file is needed, not %d", n);
	else
		status = info(operands[0], json);
	free(operands);
	return status;
}

const struct cli_command cmd_info = {
    .name = "info",
    .summary = "summarise a trace: origin, counts, mix of operations, branches, footprint",
    .usage = "TRACE.pvt [--json]",
    .description =
        "Reads the whole trace once, which also checks every byte of it. Footprints count distinct lines of 64 bytes; kB is 1000 bytes.",
    .run = run,
};
