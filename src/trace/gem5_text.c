/*
 * gem5_text.c - reads the text traces of PerfVec's gem5
 *
 *	lines (plain or zstd) -> fields -> record -> row + times
 *	                                     |
 *	                       table of static micro-operations (hash by content)
 *
 * One line is about 150 bytes of small decimal numbers, so the time goes into the number scanner: it works on a whole line in a large
 * buffer, and a bad field is only remembered; the line is judged once, at its end. One record is kept back, because only the next one
 * tells whether a micro-operation was the last of its instruction and where a branch went.
 */
#include "trace/gem5_text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/text_lines.h"

enum { PS_PER_UNIT = 100, FIRST_STORE_FIELD = 10 };

/* ---- fields ---- */

enum fault { FAULT_NONE, FAULT_MISSING, FAULT_NO_NUMBER, FAULT_RANGE, FAULT_OTHER };

/* A line being read. The first thing wrong is kept and told at the line's end. */
struct fields {
	const char *at, *end;
	int number;    /* fields taken */
	int operation; /* number of the op class field; 0 before it is known */
	int bad;       /* number of the first bad field; 0 none */
	enum fault fault;
	const char *bad_at, *why; /* why: FAULT_OTHER only */
	int64_t min;
	uint64_t max;
};

__attribute__((noinline, cold)) static void blame(struct fields *f, enum fault fault, const char *at, int64_t min, uint64_t max,
                                                  const char *why)
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

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static inline void skip_blanks(struct fields *f)
{
	while (f->at < f->end && is_blank(*f->at))
		f->at++;
}

static inline bool line_done(struct fields *f)
{
	skip_blanks(f);
	return f->at == f->end;
}

/* Digits up to the next blank. first: where the field begins, sign included. */
static inline uint64_t digits(struct fields *f, const char *first, int64_t min, uint64_t max)
{
	const char *from = f->at;
	uint64_t v = 0;
	unsigned d;
	while (f->at < f->end && (d = (unsigned)(*f->at - '0')) <= 9) {
		v = v * 10 + d;
		f->at++;
	}
	size_t n = (size_t)(f->at - from);
	if (n == 0 && f->at == f->end && from == first)
		blame(f, FAULT_MISSING, first, min, max, NULL);
	else if (n == 0 || (f->at < f->end && !is_blank(*f->at)))
		blame(f, FAULT_NO_NUMBER, first, min, max, NULL);
	else if (n > 20 || v > max || (n == 20 && (from[0] > '1' || v < 10000000000000000000u)))
		blame(f, FAULT_RANGE, first, min, max, NULL);
	return v;
}

static inline uint64_t number(struct fields *f, uint64_t max)
{
	skip_blanks(f);
	f->number++;
	return digits(f, f->at, 0, max);
}

/* A number or -1. */
static inline int64_t number_or_minus_1(struct fields *f, int64_t max)
{
	skip_blanks(f);
	f->number++;
	const char *first = f->at;
	if (f->at == f->end || *f->at != '-')
		return (int64_t)digits(f, first, -1, (uint64_t)max);
	f->at++;
	if (digits(f, first, -1, (uint64_t)max) != 1)
		blame(f, FAULT_RANGE, first, -1, (uint64_t)max, NULL);
	return -1;
}

static inline uint32_t flag(struct fields *f, uint32_t bit)
{
	return number(f, 1) ? bit : 0;
}

/* Any number, with or without a sign: a field that is not used. */
static inline void unused(struct fields *f)
{
	skip_blanks(f);
	f->number++;
	const char *first = f->at;
	if (f->at < f->end && *f->at == '-')
		f->at++;
	digits(f, first, INT64_MIN, UINT64_MAX);
}

/* What a field is. Numbers from the op class on depend on whether store latencies come before. */
static const char *field_name(const struct fields *f)
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

static void print_expected(const struct fields *f, char *text, size_t size)
{
	if (f->min == INT64_MIN)
		snprintf(text, size, "a whole number");
	else if (f->max >= (uint64_t)1 << 62)
		snprintf(text, size, f->min < 0 ? "-1 or a whole number" : "a whole number not below 0");
	else
		snprintf(text, size, "%" PRId64 " to %" PRIu64, f->min, f->max);
}

__attribute__((noinline, cold)) static enum pv_status bad_field(const struct trace_text_lines *l, const struct fields *f,
                                                                struct pv_error *err)
{
	char expected[64], token[24];
	const char *name = field_name(f);
	print_expected(f, expected, sizeof expected);
	size_t n = 0;
	for (const char *c = f->bad_at; c < f->end && !is_blank(*c) && n < sizeof token - 1; c++)
		token[n++] = *c >= ' ' && *c < 127 ? *c : '?';
	token[n] = '\0';
	if (f->fault == FAULT_MISSING)
		base_error_set(err, PV_ERR_FORMAT, "%s:%" PRIu64 ": the line ends before field %d (%s), %s", l->name, l->number, f->bad,
		               name, expected);
	else if (f->fault == FAULT_OTHER)
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

static inline enum pv_status judge(const struct trace_text_lines *l, const struct fields *f, struct pv_error *err)
{
	return f->bad ? bad_field(l, f, err) : PV_OK;
}

/* ---- records ---- */

/* Fields 1-9: what both files begin with. Latencies are in ps after the fetch. */
struct stages {
	uint64_t fault;
	int64_t sq_index;
	uint64_t fetch, complete;
	int64_t retire, decode, rename, dispatch, issue; /* -1: not (yet) */
};

struct record {
	struct pv_uop uop; /* without what the next record tells */
	struct pv_row row;
	struct trace_gem5_times times;
};

struct trace_gem5 {
	struct trace_text_lines main, sq;
	bool has_sq;
	bool ended;
	uint8_t op_classes[TRACE_GEM5_MAX_OP_CLASSES]; /* (n_op_classes) ours for each number of the trace */
	unsigned n_op_classes;
	uint64_t tick_ps; /* greatest common divisor of the fetch and retire ticks looked at so far */
	uint32_t n_ticks;
	struct record next; /* kept back */
	bool have_next;
	uint8_t next_index;                 /* position of `next` within its instruction */
	uint32_t ids[PV_MAX_UOPS_PER_INSN]; /* of the instruction so far */
	struct pv_uop *uops;                /* (n_uops) */
	uint32_t n_uops, room;
	uint32_t *slots; /* (n_slots) open addressing: index + 1 of a micro-operation, 0 free */
	uint32_t n_slots;
};

static const uint64_t latest_tick = (uint64_t)1 << 62;

/* A store may leave the store queue before it retires; its line there then says -1 for the retirement. */
static void read_stages(struct fields *f, struct stages *s, bool in_sq)
{
	s->fault = number(f, 1);
	skip_blanks(f);
	if (f->end - f->at >= 4 && !memcmp(f->at, "-99 ", 4)) {
		f->number++;
		blame(f, FAULT_OTHER, f->at, 0, 0, "is -99: sampled traces with restart records are not read");
	} else {
		s->sq_index = number_or_minus_1(f, INT64_MAX);
	}
	s->fetch = number(f, latest_tick);
	s->complete = number(f, latest_tick);
	s->retire = number_or_minus_1(f, (int64_t)latest_tick);
	if (s->retire < 0 && !in_sq)
		blame(f, FAULT_OTHER, f->at, 0, 0, "is negative: it never retired");
	if (s->retire >= 0 && s->complete > (uint64_t)s->retire)
		blame(f, FAULT_OTHER, f->at, 0, 0, "is below field 4 (complete latency): it retires before it is complete");
	/* gem5 writes -1 for a stage that a micro-operation without work did not enter */
	s->decode = number_or_minus_1(f, (int64_t)latest_tick);
	s->rename = number_or_minus_1(f, (int64_t)latest_tick);
	s->dispatch = number_or_minus_1(f, (int64_t)latest_tick);
	s->issue = number_or_minus_1(f, (int64_t)latest_tick);
}

/* The .sq.txt line of a store repeats its stages. */
static int first_difference(const struct stages *a, const struct stages *b)
{
	if (a->fault != b->fault)
		return 1;
	if (a->sq_index != b->sq_index && a->sq_index != 0)
		return 2;
	if (a->fetch != b->fetch)
		return 3;
	if (a->decode != b->decode)
		return 6;
	if (a->rename != b->rename)
		return 7;
	if (a->dispatch != b->dispatch)
		return 8;
	return a->issue != b->issue ? 9 : 0;
}

static uint64_t after(uint64_t fetch, uint64_t latency_ps)
{
	return fetch + latency_ps / PS_PER_UNIT;
}

static void set_times(const struct stages *s, uint64_t store_exit_ps, struct trace_gem5_times *t)
{
	uint64_t fetch = s->fetch / PS_PER_UNIT;
	t->fetch = fetch;
	t->complete = after(fetch, s->complete);
	t->commit = after(fetch, (uint64_t)s->retire);
	t->decode = after(fetch, s->decode < 0 ? 0 : (uint64_t)s->decode);
	t->rename = after(fetch, s->rename < 0 ? 0 : (uint64_t)s->rename);
	t->dispatch = after(fetch, s->dispatch < 0 ? 0 : (uint64_t)s->dispatch);
	t->issue = after(fetch, s->issue < 0 ? 0 : (uint64_t)s->issue);
	t->store = store_exit_ps / PS_PER_UNIT ? after(fetch, store_exit_ps) : 0;
}

static void read_registers(struct fields *f, int n, struct pv_reg *regs)
{
	for (int i = 0; i < n; i++) {
		uint64_t reg_class = number(f, PV_N_REG_CLASSES - 1);
		uint64_t index = number(f, reg_class == PV_REG_MISC ? UINT16_MAX - 1 : 49);
		regs[i] = (struct pv_reg){.index = (uint16_t)index, .reg_class = (uint8_t)reg_class};
	}
}

static void read_data_access(struct fields *f, struct record *r)
{
	bool has_addr = number(f, 1);
	uint64_t addr = number(f, UINT64_MAX);
	uint64_t size = number(f, UINT32_MAX);
	r->times.data_depth = (int8_t)number_or_minus_1(f, 2);
	for (int i = 0; i < 9; i++)
		unused(f); /* page walks and write-backs */
	if (has_addr) {
		r->row.addr = addr;
		r->row.flags |= PV_ROW_HAS_ADDR;
		r->uop.access_bytes = (uint8_t)(size < UINT8_MAX ? size : UINT8_MAX);
	}
}

static void read_fetch(struct fields *f, struct record *r)
{
	r->times.pc = r->uop.pc = number(f, UINT64_MAX);
	r->times.taken = number(f, 1) != 0;
	r->times.mispredicted = number(f, 1) != 0;
	r->times.fetch_depth = (int8_t)number_or_minus_1(f, 2);
	for (int i = 0; i < 8; i++)
		unused(f);
	if (r->times.taken)
		r->row.flags |= PV_ROW_TAKEN;
}

/* From the op class on. */
static void read_operation(struct fields *f, const struct trace_gem5 *t, struct record *r)
{
	struct pv_uop *u = &r->uop;
	f->operation = f->number + 1;
	const char *first = f->at;
	uint64_t op_class = number(f, t->n_op_classes - 1);
	u->op_class = r->times.op_class = t->op_classes[op_class < t->n_op_classes ? op_class : 0];
	if (u->op_class == TRACE_GEM5_NO_CLASS)
		blame(f, FAULT_OTHER, first, 0, 0, "is an operation class that the numbering leaves out");
	for (int i = 0; i < 13; i++)
		u->flags |= flag(f, 1u << i); /* the flags are in the order of the trace */
	read_data_access(f, r);
	read_fetch(f, r);
	u->n_src = (uint8_t)number(f, PV_MAX_SRC);
	u->n_dst = (uint8_t)number(f, PV_MAX_DST);
	if (f->bad)
		return;
	read_registers(f, u->n_src, u->src);
	read_registers(f, u->n_dst, u->dst);
	if (!f->bad && !line_done(f)) {
		f->number++;
		f->operation = 0;
		blame(f, FAULT_OTHER, f->at, 0, 0, "is one too many: the registers before it are all that were announced");
	}
}

static bool has_link_register(const struct pv_reg *regs, int n)
{
	enum { LINK = 30 };
	for (int i = 0; i < n; i++)
		if (regs[i].reg_class == PV_REG_INT && regs[i].index == LINK)
			return true;
	return false;
}

/* What gem5's flags do not say. */
static void derive_flags(struct pv_uop *u, bool in_store_queue)
{
	u->insn_bytes = 4;
	if (u->op_class == PV_OP_MemRead || u->op_class == PV_OP_FloatMemRead)
		u->flags |= PV_UOP_LOAD;
	if (in_store_queue)
		u->flags |= PV_UOP_STORE;
	if (u->op_class == PV_OP_InstPrefetch)
		u->flags |= PV_UOP_PREFETCH;
	if (!(u->flags & PV_UOP_UNCOND_BRANCH))
		return;
	if (has_link_register(u->dst, u->n_dst))
		u->flags |= PV_UOP_CALL;
	else if (!(u->flags & PV_UOP_DIRECT_BRANCH) && has_link_register(u->src, u->n_src))
		u->flags |= PV_UOP_RETURN;
}

/* A line is judged at its end; one without an end may lack digits of its last number. */
static enum pv_status end_line(const struct trace_text_lines *l, const struct fields *f, struct pv_error *err)
{
	TRY(judge(l, f, err));
	if (!l->cut_short)
		return PV_OK;
	base_error_set(err, PV_ERR_FORMAT, "%s:%" PRIu64 ": the line has no end after field %d (%s): the file is cut short", l->name,
	               l->number, f->number, f->number >= f->operation + 41 ? "register index" : "number of destination registers");
	return base_error_hint(err, "without its last line the rest of the file can be read");
}

static enum pv_status no_stores_file(const struct trace_gem5 *t, struct pv_error *err)
{
	base_error_set(err, PV_ERR_FORMAT, "%s:%" PRIu64 ": the store continues in a file of stores, and there is none", t->main.name,
	               t->main.number);
	return base_error_hint(err, "it is NAME.sq.txt beside NAME.txt, or sq.trace.txt or trace.sq.txt beside trace.txt");
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t r = a % b;
		a = b;
		b = r;
	}
	return a;
}

/* The clock period divides every tick at which a stage works; the first thousands tell it. */
static void note_tick(struct trace_gem5 *t, const struct stages *s)
{
	enum { ENOUGH = 20000 };
	if (t->n_ticks >= ENOUGH)
		return;
	t->n_ticks++;
	t->tick_ps = common_divisor(s->fetch, t->tick_ps);
	t->tick_ps = common_divisor((uint64_t)s->retire, t->tick_ps);
}

/* The store's line of .sq.txt; *end when the trace stops before it. */
static enum pv_status read_sq_line(struct trace_gem5 *t, const struct stages *s, struct record *r, uint64_t *store_exit, bool *end,
                                   struct pv_error *err)
{
	const char *line, *line_end;
	TRY(trace_text_lines_next(&t->sq, &line, &line_end, err));
	*end = !line;
	if (!line)
		return PV_OK;
	struct fields f = {.at = line, .end = line_end};
	struct stages s2 = {0};
	read_stages(&f, &s2, true);
	uint64_t store = number(&f, latest_tick);
	*store_exit = number(&f, latest_tick);
	if (*store_exit < store)
		blame(&f, FAULT_OTHER, f.at, 0, 0, "is below field 10 (store latency): it leaves the store queue before it is stored");
	TRY(judge(&t->sq, &f, err));
	int different = first_difference(s, &s2);
	if (different) {
		f.bad = different;
		f.operation = 0;
		base_error_set(err, PV_ERR_FORMAT, "%s:%" PRIu64 ": field %d (%s) disagrees with that of the store at %s:%" PRIu64,
		               t->sq.name, t->sq.number, different, field_name(&f), t->main.name, t->main.number);
		base_error_hint(err, "each store of the trace has one line there, in the same order; is it of the same run?");
		return PV_ERR_FORMAT;
	}
	read_operation(&f, t, r);
	return end_line(&t->sq, &f, err);
}

/* Parse one record into t->next; *end at the end of the trace. */
static enum pv_status read_record(struct trace_gem5 *t, bool *end, struct pv_error *err)
{
	const char *line, *line_end;
	TRY(trace_text_lines_next(&t->main, &line, &line_end, err));
	*end = !line;
	if (!line)
		return PV_OK;
	struct fields f = {.at = line, .end = line_end};
	struct stages s = {0};
	struct record *r = &t->next;
	memset(r, 0, sizeof *r);
	read_stages(&f, &s, false);
	TRY(judge(&t->main, &f, err));
	bool is_store = s.sq_index >= 0 && !s.fault;
	uint64_t store_exit = 0;
	if (t->has_sq && is_store && line_done(&f)) {
		TRY(read_sq_line(t, &s, r, &store_exit, end, err));
		if (*end)
			return PV_OK;
	} else {
		if (!t->has_sq || is_store) {
			number(&f, latest_tick);
			store_exit = number(&f, latest_tick);
		}
		read_operation(&f, t, r);
		if (f.bad == FIRST_STORE_FIELD && f.fault == FAULT_MISSING && is_store && !t->has_sq)
			return no_stores_file(t, err);
		enum pv_status status = end_line(&t->main, &f, err);
		if (status != PV_OK && !t->has_sq && t->main.number == 1)
			return base_error_hint(
			    err, "there is no file of stores beside it, so every line must be complete, with two store latencies");
		TRY(status);
	}
	note_tick(t, &s);
	if (s.fault)
		r->row.flags |= PV_ROW_FAULT;
	set_times(&s, store_exit, &r->times);
	derive_flags(&r->uop, s.sq_index >= 0);
	return PV_OK;
}

/* ---- static micro-operations ---- */

/* The part that identifies one: everything but the target and n_uops, which come later. */
static bool same_uop(const struct pv_uop *a, const struct pv_uop *b)
{
	enum { FIRST = offsetof(struct pv_uop, flags), LATE = offsetof(struct pv_uop, n_uops) };
	return a->pc == b->pc && memcmp(&a->flags, &b->flags, LATE - FIRST) == 0 &&
	       memcmp(&a->access_bytes, &b->access_bytes, sizeof *a - LATE - 1) == 0;
}

static uint32_t home(const struct pv_uop *u, uint32_t n_slots)
{
	uint64_t h = u->pc ^ (uint64_t)u->flags << 32 ^ (uint64_t)u->uop_index << 56;
	uint64_t regs[2];
	memcpy(regs, u->src, 8);
	memcpy(regs + 1, u->dst, 8);
	h = (h ^ regs[0] * 31 ^ regs[1]) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(h >> 32) & (n_slots - 1);
}

static enum pv_status grow_slots(struct trace_gem5 *t, struct pv_error *err)
{
	uint32_t n = t->n_slots ? 2 * t->n_slots : 1u << 14;
	uint32_t *slots = calloc(n, sizeof *slots);
	FAIL_IF(!slots, err, PV_ERR_NOMEM, "out of memory reading '%s'", t->main.name);
	for (uint32_t i = 0; i < t->n_uops; i++) {
		uint32_t at = home(&t->uops[i], n);
		while (slots[at])
			at = (at + 1) & (n - 1);
		slots[at] = i + 1;
	}
	free(t->slots);
	t->slots = slots;
	t->n_slots = n;
	return PV_OK;
}

static enum pv_status find_uop(struct trace_gem5 *t, const struct pv_uop *u, uint32_t *index, struct pv_error *err)
{
	if (2 * t->n_uops >= t->n_slots)
		TRY(grow_slots(t, err));
	uint32_t at = home(u, t->n_slots);
	for (; t->slots[at]; at = (at + 1) & (t->n_slots - 1))
		if (same_uop(&t->uops[t->slots[at] - 1], u)) {
			*index = t->slots[at] - 1;
			return PV_OK;
		}
	if (t->n_uops == t->room) {
		uint32_t room = t->room ? 2 * t->room : 4096;
		struct pv_uop *uops = realloc(t->uops, room * sizeof *uops);
		FAIL_IF(!uops, err, PV_ERR_NOMEM, "out of memory reading '%s'", t->main.name);
		t->uops = uops;
		t->room = room;
	}
	t->uops[t->n_uops] = *u;
	*index = t->n_uops;
	t->slots[at] = ++t->n_uops;
	return PV_OK;
}

const struct pv_uop *trace_gem5_uops(const struct trace_gem5 *t, uint32_t *n_uops)
{
	*n_uops = t->n_uops;
	return t->uops;
}

/* ---- reading ---- */

static bool continues(const struct record *a, const struct pv_uop *b, uint8_t index)
{
	return (a->uop.flags & b->flags & PV_UOP_MICROOP) && a->uop.pc == b->pc && index + 1 < PV_MAX_UOPS_PER_INSN;
}

/* gem5 executes a micro-operation that faulted again, and it only. */
static bool is_repeated(const struct record *a, const struct record *b)
{
	return b && (a->row.flags & PV_ROW_FAULT) && a->uop.pc == b->uop.pc;
}

/* Give out the record kept back, now that its successor (NULL at the end) is known. */
static enum pv_status emit(struct trace_gem5 *t, struct record *r, const struct record *successor, struct pv_row *row,
                           struct trace_gem5_times *times, struct pv_error *err)
{
	uint8_t index = t->next_index;
	bool repeated = is_repeated(r, successor);
	/* an instruction that begins anew counts as another */
	bool last = repeated ? index == 0 : !successor || !continues(r, &successor->uop, index);
	t->next_index = repeated ? index : last ? 0 : index + 1;
	*times = r->times;
	if (!row)
		return PV_OK;
	r->uop.uop_index = index;
	r->uop.flags |= last ? PV_UOP_LAST : 0;
	TRY(find_uop(t, &r->uop, &r->row.uop, err));
	if (successor && r->times.taken && (r->uop.flags & PV_UOP_DIRECT_BRANCH))
		t->uops[r->row.uop].target = successor->uop.pc;
	t->ids[index] = r->row.uop;
	for (int i = 0; last && !repeated && i <= index; i++)
		if (!t->uops[t->ids[i]].n_uops)
			t->uops[t->ids[i]].n_uops = index + 1;
	*row = r->row;
	return PV_OK;
}

enum pv_status trace_gem5_read(struct trace_gem5 *t, struct pv_row *rows, struct trace_gem5_times *times, size_t max, size_t *n,
                               struct pv_error *err)
{
	size_t count = 0;
	while (count < max && !t->ended) {
		struct record now = t->next;
		TRY(read_record(t, &t->ended, err));
		if (t->have_next) {
			TRY(emit(t, &now, t->ended ? NULL : &t->next, rows ? &rows[count] : NULL, &times[count], err));
			count++;
		}
		t->have_next = true;
	}
	*n = count;
	return PV_OK;
}

/* ---- opening ---- */

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static const char *const packings[] = {"", ".zst", ".gz", ".xz"};
enum { N_PACKINGS = sizeof packings / sizeof *packings };

/* prefix(n) + suffix, as it is or compressed, whichever exists; else NULL. */
static char *existing(const char *prefix, size_t n, const char *suffix)
{
	size_t room = n + strlen(suffix) + 8;
	char *path = malloc(room);
	for (int i = 0; path && i < N_PACKINGS; i++) {
		snprintf(path, room, "%.*s%s%s", (int)n, prefix, suffix, packings[i]);
		if (exists(path))
			return path;
	}
	free(path);
	return NULL;
}

static bool ends_with(const char *text, size_t n, const char *end)
{
	size_t m = strlen(end);
	return n > m && !memcmp(text + n - m, end, m);
}

static char *find_sq(const char *path)
{
	size_t n = strlen(path);
	for (int i = 1; i < N_PACKINGS; i++)
		if (ends_with(path, n, packings[i])) {
			n -= strlen(packings[i]);
			break;
		}
	if (ends_with(path, n, ".txt"))
		n -= 4;
	char *sq = existing(path, n, ".sq.txt");
	if (!sq && n >= 5 && !strncmp(path + n - 5, "trace", 5))
		sq = existing(path, n - 5, "sq.trace.txt");
	return sq;
}

static struct trace_gem5 *new_trace(const char *name, struct pv_error *err)
{
	struct trace_gem5 *t = calloc(1, sizeof *t);
	if (!t) {
		base_error_set(err, PV_ERR_NOMEM, "out of memory reading '%s'", name);
		return NULL;
	}
	t->main.fd = t->sq.fd = -1;
	t->n_op_classes = PV_N_OP_CLASSES;
	for (unsigned i = 0; i < t->n_op_classes; i++)
		t->op_classes[i] = (uint8_t)i;
	return t;
}

void trace_gem5_set_op_classes(struct trace_gem5 *t, const uint8_t *op_classes, unsigned n)
{
	memcpy(t->op_classes, op_classes, n);
	t->n_op_classes = n;
}

void trace_gem5_set_progress(struct trace_gem5 *t, const struct pv_progress *progress)
{
	t->main.progress = t->sq.progress = progress;
}

uint64_t trace_gem5_tick_ps(const struct trace_gem5 *t)
{
	return t->tick_ps;
}

uint64_t trace_gem5_n_bytes(const struct trace_gem5 *t)
{
	return t->main.n_bytes + t->sq.n_bytes;
}

enum pv_status trace_gem5_open(const char *path, const char *sq_path, struct trace_gem5 **trace, struct pv_error *err)
{
	struct trace_gem5 *t = new_trace(path, err);
	if (!t)
		return PV_ERR_NOMEM;
	char *found = sq_path ? NULL : find_sq(path);
	enum pv_status status = trace_text_lines_open(&t->main, path, err);
	if (status == PV_OK && (sq_path || found)) {
		t->has_sq = true;
		status = trace_text_lines_open(&t->sq, sq_path ? sq_path : found, err);
		if (status == PV_OK)
			trace_text_lines_pair(&t->main, &t->sq);
	}
	free(found);
	if (status != PV_OK) {
		trace_gem5_close(t);
		return status;
	}
	*trace = t;
	return PV_OK;
}

enum pv_status trace_gem5_open_memory(const char *name, const void *text, size_t n_bytes, const void *sq, size_t n_sq_bytes,
                                      struct trace_gem5 **trace, struct pv_error *err)
{
	struct trace_gem5 *t = new_trace(name, err);
	if (!t)
		return PV_ERR_NOMEM;
	t->has_sq = sq != NULL;
	enum pv_status status = trace_text_lines_memory(&t->main, name, text, n_bytes, err);
	char *sq_name = NULL;
	if (status == PV_OK && sq) {
		sq_name = malloc(strlen(name) + 4);
		status = sq_name ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory reading '%s'", name);
		if (status == PV_OK) {
			sprintf(sq_name, "%s.sq", name);
			status = trace_text_lines_memory(&t->sq, sq_name, sq, n_sq_bytes, err);
		}
	}
	free(sq_name);
	if (status != PV_OK) {
		trace_gem5_close(t);
		return status;
	}
	*trace = t;
	return PV_OK;
}

void trace_gem5_close(struct trace_gem5 *t)
{
	if (!t)
		return;
	trace_text_lines_close(&t->main);
	trace_text_lines_close(&t->sq);
	free(t->uops);
	free(t->slots);
	free(t);
}
