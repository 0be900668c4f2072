/*
 * gem5_text.c - reads the text traces of PerfVec's gem5
 *
 *	lines (plain or zstd) -> fields -> record -> row + times
 *	                                     |
 *	                       table of static micro-operations (uop_table.h)
 *
 * The fields of a line are taken by the scanner in gem5_fields.h. One record is kept back, because only the next one tells whether a
 * micro-operation was the last of its instruction and where a branch went.
 */
#include "trace/gem5_text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/gem5_fields.h"
#include "trace/gem5_stores.h"
#include "trace/text_lines.h"
#include "trace/uop_table.h"

enum { PS_PER_UNIT = 100, FIRST_STORE_FIELD = 10 };

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
	struct trace_gem5_record out; /* what is given out of it whether a table is kept or not */
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
	struct trace_uop_table table;
};

static const uint64_t latest_tick = (uint64_t)1 << 62;

/* A store may leave the store queue before it retires; its line there then says -1 for the retirement. */
static void read_stages(struct trace_fields *f, struct stages *s, bool in_sq)
{
	s->fault = trace_fields_number(f, 1);
	trace_fields_skip_blanks(f);
	if (f->end - f->at >= 4 && !memcmp(f->at, "-99 ", 4)) {
		f->number++;
		trace_fields_blame(f, TRACE_FIELD_OTHER, f->at, 0, 0, "is -99: sampled traces with restart records are not read");
	} else {
		s->sq_index = trace_fields_number_or_minus_1(f, INT64_MAX);
	}
	s->fetch = trace_fields_number(f, latest_tick);
	s->complete = trace_fields_number(f, latest_tick);
	s->retire = trace_fields_number_or_minus_1(f, (int64_t)latest_tick);
	if (s->retire < 0 && !in_sq)
		trace_fields_blame(f, TRACE_FIELD_OTHER, f->at, 0, 0, "is negative: it never retired");
	if (s->retire >= 0 && s->complete > (uint64_t)s->retire)
		trace_fields_blame(f, TRACE_FIELD_OTHER, f->at, 0, 0,
		                   "is below field 4 (complete latency): it retires before it is complete");
	/* gem5 writes -1 for a stage that a micro-operation without work did not enter */
	s->decode = trace_fields_number_or_minus_1(f, (int64_t)latest_tick);
	s->rename = trace_fields_number_or_minus_1(f, (int64_t)latest_tick);
	s->dispatch = trace_fields_number_or_minus_1(f, (int64_t)latest_tick);
	s->issue = trace_fields_number_or_minus_1(f, (int64_t)latest_tick);
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

static uint64_t whole_units_ps(uint64_t ps)
{
	return ps - ps % PS_PER_UNIT;
}

/* A latency of -1 is that of a stage that the micro-operation did not enter. */
static uint64_t after(uint64_t fetch_ps, int64_t latency_ps)
{
	return fetch_ps + whole_units_ps(latency_ps < 0 ? 0 : (uint64_t)latency_ps);
}

static void set_times(const struct stages *s, uint64_t store_exit_ps, struct pv_uop_times *t)
{
	uint64_t fetch_ps = whole_units_ps(s->fetch);
	t->fetch_ps = fetch_ps;
	t->complete_ps = after(fetch_ps, (int64_t)s->complete);
	t->commit_ps = after(fetch_ps, s->retire);
	t->decode_ps = after(fetch_ps, s->decode);
	t->rename_ps = after(fetch_ps, s->rename);
	t->dispatch_ps = after(fetch_ps, s->dispatch);
	t->issue_ps = after(fetch_ps, s->issue);
	t->store_ps = store_exit_ps < PS_PER_UNIT ? 0 : after(fetch_ps, (int64_t)store_exit_ps);
}

static void read_registers(struct trace_fields *f, int n, struct pv_reg *regs)
{
	for (int i = 0; i < n; i++) {
		uint64_t reg_class = trace_fields_number(f, PV_N_REG_CLASSES - 1);
		uint64_t index = trace_fields_number(f, reg_class == PV_REG_MISC ? UINT16_MAX - 1 : 49);
		regs[i] = (struct pv_reg){.index = (uint16_t)index, .reg_class = (uint8_t)reg_class};
	}
}

static void read_data_access(struct trace_fields *f, struct record *r)
{
	bool has_addr = trace_fields_number(f, 1);
	uint64_t addr = trace_fields_number(f, UINT64_MAX);
	uint64_t size = trace_fields_number(f, UINT32_MAX);
	r->out.times.data_depth = (int8_t)trace_fields_number_or_minus_1(f, 2);
	for (int i = 0; i < 9; i++)
		trace_fields_unused(f); /* page walks and write-backs */
	if (has_addr) {
		r->row.addr = addr;
		r->row.flags |= PV_ROW_HAS_ADDR;
		r->uop.access_bytes = (uint8_t)(size < UINT8_MAX ? size : UINT8_MAX);
	}
}

static void read_fetch(struct trace_fields *f, struct record *r)
{
	r->out.pc = r->uop.pc = trace_fields_number(f, UINT64_MAX);
	r->out.taken = trace_fields_number(f, 1) != 0;
	r->out.times.mispredicted = trace_fields_number(f, 1) != 0;
	r->out.times.fetch_depth = (int8_t)trace_fields_number_or_minus_1(f, 2);
	for (int i = 0; i < 8; i++)
		trace_fields_unused(f);
	if (r->out.taken)
		r->row.flags |= PV_ROW_TAKEN;
}

/* From the op class on. */
static void read_operation(struct trace_fields *f, const struct trace_gem5 *t, struct record *r)
{
	struct pv_uop *u = &r->uop;
	f->operation = f->number + 1;
	const char *first = f->at;
	uint64_t op_class = trace_fields_number(f, t->n_op_classes - 1);
	u->op_class = r->out.op_class = t->op_classes[op_class < t->n_op_classes ? op_class : 0];
	if (u->op_class == TRACE_GEM5_NO_CLASS)
		trace_fields_blame(f, TRACE_FIELD_OTHER, first, 0, 0, "is an operation class that the numbering leaves out");
	for (int i = 0; i < 13; i++)
		u->flags |= trace_fields_flag(f, 1u << i); /* the flags are in the order of the trace */
	read_data_access(f, r);
	read_fetch(f, r);
	u->n_src = (uint8_t)trace_fields_number(f, PV_MAX_SRC);
	u->n_dst = (uint8_t)trace_fields_number(f, PV_MAX_DST);
	if (f->bad)
		return;
	read_registers(f, u->n_src, u->src);
	read_registers(f, u->n_dst, u->dst);
	if (!f->bad && !trace_fields_done(f)) {
		f->number++;
		f->operation = 0;
		trace_fields_blame(f, TRACE_FIELD_OTHER, f->at, 0, 0,
		                   "is one too many: the registers before it are all that were announced");
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
	struct trace_fields f = {.at = line, .end = line_end};
	struct stages s2 = {0};
	read_stages(&f, &s2, true);
	uint64_t store = trace_fields_number(&f, latest_tick);
	*store_exit = trace_fields_number(&f, latest_tick);
	if (*store_exit < store)
		trace_fields_blame(&f, TRACE_FIELD_OTHER, f.at, 0, 0,
		                   "is below field 10 (store latency): it leaves the store queue before it is stored");
	TRY(trace_fields_judge(&t->sq, &f, err));
	int different = first_difference(s, &s2);
	if (different) {
		f.bad = different;
		f.operation = 0;
		base_error_set(err, PV_ERR_FORMAT, "%s:%" PRIu64 ": field %d (%s) disagrees with that of the store at %s:%" PRIu64,
		               t->sq.name, t->sq.number, different, trace_fields_name(&f), t->main.name, t->main.number);
		base_error_hint(err, "each store of the trace has one line there, in the same order; is it of the same run?");
		return PV_ERR_FORMAT;
	}
	read_operation(&f, t, r);
	return trace_fields_end_line(&t->sq, &f, err);
}

/* Parse one record into t->next; *end at the end of the trace. */
static enum pv_status read_record(struct trace_gem5 *t, bool *end, struct pv_error *err)
{
	const char *line, *line_end;
	TRY(trace_text_lines_next(&t->main, &line, &line_end, err));
	*end = !line;
	if (!line)
		return PV_OK;
	struct trace_fields f = {.at = line, .end = line_end};
	struct stages s = {0};
	struct record *r = &t->next;
	memset(r, 0, sizeof *r);
	read_stages(&f, &s, false);
	TRY(trace_fields_judge(&t->main, &f, err));
	bool is_store = s.sq_index >= 0 && !s.fault;
	uint64_t store_exit = 0;
	if (t->has_sq && is_store && trace_fields_done(&f)) {
		TRY(read_sq_line(t, &s, r, &store_exit, end, err));
		if (*end)
			return PV_OK;
	} else {
		if (!t->has_sq || is_store) {
			trace_fields_number(&f, latest_tick);
			store_exit = trace_fields_number(&f, latest_tick);
		}
		read_operation(&f, t, r);
		if (f.bad == FIRST_STORE_FIELD && f.fault == TRACE_FIELD_MISSING && is_store && !t->has_sq)
			return no_stores_file(t, err);
		enum pv_status status = trace_fields_end_line(&t->main, &f, err);
		if (status != PV_OK && !t->has_sq && t->main.number == 1)
			return base_error_hint(
			    err, "there is no file of stores beside it, so every line must be complete, with two store latencies");
		TRY(status);
	}
	note_tick(t, &s);
	if (s.fault)
		r->row.flags |= PV_ROW_FAULT;
	set_times(&s, store_exit, &r->out.times);
	derive_flags(&r->uop, s.sq_index >= 0);
	return PV_OK;
}

const struct pv_uop *trace_gem5_uops(const struct trace_gem5 *t, uint32_t *n_uops)
{
	*n_uops = t->table.n_uops;
	return t->table.uops;
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
                           struct trace_gem5_record *out, struct pv_error *err)
{
	uint8_t index = t->next_index;
	bool repeated = is_repeated(r, successor);
	/* an instruction that begins anew counts as another */
	bool last = repeated ? index == 0 : !successor || !continues(r, &successor->uop, index);
	t->next_index = repeated ? index : last ? 0 : index + 1;
	*out = r->out;
	if (!row)
		return PV_OK;
	r->uop.uop_index = index;
	r->uop.flags |= last ? PV_UOP_LAST : 0;
	TRY(trace_uop_table_find(&t->table, &r->uop, 1, &r->row.uop, err));
	if (successor && r->out.taken && (r->uop.flags & PV_UOP_DIRECT_BRANCH))
		t->table.uops[r->row.uop].target = successor->uop.pc;
	t->ids[index] = r->row.uop;
	for (int i = 0; last && !repeated && i <= index; i++)
		if (!t->table.uops[t->ids[i]].n_uops)
			t->table.uops[t->ids[i]].n_uops = index + 1;
	*row = r->row;
	return PV_OK;
}

enum pv_status trace_gem5_read(struct trace_gem5 *t, struct pv_row *rows, struct trace_gem5_record *records, size_t max, size_t *n,
                               struct pv_error *err)
{
	size_t count = 0;
	while (count < max && !t->ended) {
		struct record now = t->next;
		TRY(read_record(t, &t->ended, err));
		if (t->have_next) {
			TRY(emit(t, &now, t->ended ? NULL : &t->next, rows ? &rows[count] : NULL, &records[count], err));
			count++;
		}
		t->have_next = true;
	}
	*n = count;
	return PV_OK;
}

/* ---- opening ---- */

static struct trace_gem5 *new_trace(const char *name, struct pv_error *err)
{
	struct trace_gem5 *t = calloc(1, sizeof *t);
	if (!t) {
		base_error_set(err, PV_ERR_NOMEM, "out of memory reading '%s'", name);
		return NULL;
	}
	t->main.fd = t->sq.fd = -1;
	t->table.is_completed_later = true; /* by emit */
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
	char *found = sq_path ? NULL : trace_gem5_find_stores(path);
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
	trace_uop_table_release(&t->table);
	free(t);
}
