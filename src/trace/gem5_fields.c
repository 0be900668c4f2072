/*
 * gem5_fields.c - what is said about a bad field of a gem5 trace
 */
#include "trace/gem5_fields.h"

#include <inttypes.h>
#include <stdio.h>

void trace_fields_blame(struct trace_fields *f, enum trace_fields_fault fault, const char *at, int64_t min, uint64_t max, const char *why)
{
	if (f->bad)
		return;
	f->bad = f->number;
	f->fault = fault;
	f->bad_at = at;
	f->min = min;
	f->max = max;
	f->why = why;
}

/* What a field is. Numbers from the op class on depend on whether store latencies come before. */
const char *trace_fields_name(const struct trace_fields *f)
{
	static const char *const before[] = {
	    "fault",          "store-queue index", "fetch tick",    "complete latency", "retire latency",          "decode latency",
	    "rename latency", "dispatch latency",  "issue latency", "store latency",    "store-queue-exit latency"};
	static const char *const operation[] = {"op class",
	                                        "micro-op flag",
	                                        "conditional branch flag",
	                                        "unconditional branch flag",
	                                        "direct branch flag",
	                                        "squash-after flag",
	                                        "serialize-after flag",
	                                        "serialize-before flag",
	                                        "atomic flag",
	                                        "store-conditional flag",
	                                        "read barrier flag",
	                                        "write barrier flag",
	                                        "quiesce flag",
	                                        "non-speculative flag",
	                                        "has-address flag",
	                                        "address",
	                                        "access size",
	                                        "data cache depth",
	                                        "data page-walk depth",
	                                        "data page-walk depth",
	                                        "data page-walk depth",
	                                        "data page-walk address",
	                                        "data page-walk address",
	                                        "data page-walk address",
	                                        "data write-back",
	                                        "data write-back",
	                                        "data write-back",
	                                        "pc",
	                                        "branch taken flag",
	                                        "mispredicted flag",
	                                        "fetch depth",
	                                        "instruction page-walk depth",
	                                        "instruction page-walk depth",
	                                        "instruction page-walk depth",
	                                        "instruction page-walk address",
	                                        "instruction page-walk address",
	                                        "instruction page-walk address",
	                                        "instruction write-back",
	                                        "instruction write-back",
	                                        "number of source registers",
	                                        "number of destination registers"};
	enum { N_OPERATION = sizeof operation / sizeof *operation };
	if (!f->operation || f->bad < f->operation)
		return f->bad <= 11 ? before[f->bad - 1] : "";
	int i = f->bad - f->operation;
	return i < N_OPERATION ? operation[i] : (i - N_OPERATION) % 2 ? "register index" : "register class";
}

static void print_expected(const struct trace_fields *f, char *text, size_t size)
{
	if (f->min == INT64_MIN)
		snprintf(text, size, "a whole number");
	else if (f->max >= (uint64_t)1 << 62)
		snprintf(text, size, f->min < 0 ? "-1 or a whole number" : "a whole number not below 0");
	else
		snprintf(text, size, "%" PRId64 " to %" PRIu64, f->min, f->max);
}

enum pv_status trace_fields_error(const struct trace_text_lines *l, const struct trace_fields *f, struct pv_error *err)
{
	char expected[64], token[24];
	const char *name = trace_fields_name(f);
	print_expected(f, expected, sizeof expected);
	size_t n = 0;
	for (const char *c = f->bad_at; c < f->end && !trace_fields_is_blank(*c) && n < sizeof token - 1; c++)
		token[n++] = *c >= ' ' && *c < 127 ? *c : '?';
	token[n] = '\0';
	if (f->fault == TRACE_FIELD_MISSING)
		base_error_set(err, PV_ERR_FORMAT, "%s:%" PRIu64 ": the line ends before field %d (%s), %s", l->name, l->number, f->bad,
		               name, expected);
	else if (f->fault == TRACE_FIELD_OTHER)
		base_error_set(err, PV_ERR_FORMAT, "%s:%" PRIu64 ": field %d%s%s%s %s", l->name, l->number, f->bad, *name ? " (" : "", name,
		               *name ? ")" : "", f->why);
	else
		base_error_set(err, PV_ERR_FORMAT, "%s:%" PRIu64 ": field %d (%s) is '%s', expected %s", l->name, l->number, f->bad, name,
		               token, expected);
	if (l->cut_short)
		base_error_hint(err, "the file's last line is cut short: its writer was stopped, or the copy is not whole");
	else if (l->number == 1)
		base_error_hint(err, "PerfVec's gem5 writes one micro-operation a line, 50 numbers or more, separated by spaces");
	return PV_ERR_FORMAT;
}

enum pv_status trace_fields_end_line(const struct trace_text_lines *l, const struct trace_fields *f, struct pv_error *err)
{
	TRY(trace_fields_judge(l, f, err));
	if (!l->cut_short)
		return PV_OK;
	base_error_set(err, PV_ERR_FORMAT, "%s:%" PRIu64 ": the line has no end after field %d (%s): the file is cut short", l->name,
	               l->number, f->number, f->number >= f->operation + 41 ? "register index" : "number of destination registers");
	return base_error_hint(err, "without its last line the rest of the file can be read");
}
