/*
 * summary.c - counts what a trace does
 *
 * Executions are counted per static micro-operation; everything static follows from those counts at the end. Touched lines are kept as
 * one 64-bit mask per 4 kB page, which holds 64 lines of 64 bytes, in an open-addressing table.
 */
#include <stdlib.h>

#include <perfvec/trace.h>

#include "base/error.h"

enum { LINE_SHIFT = 6, PAGE_SHIFT = 12 };

/* A page's touched lines; lines is 0 in an empty slot. */
struct page {
	uint64_t number;
	uint64_t lines;
};

struct page_set {
	struct page *slots;
	size_t n_slots; /* power of two */
	size_t n_used;
};

struct counting {
	const struct pv_uop *uops;
	struct pv_row *rows;
	uint64_t *n_executed; /* per static micro-operation */
	uint64_t *n_taken;
	struct page_set code, data;
	struct pv_trace_summary *out;
};

static struct page *find_slot(const struct page_set *s, uint64_t number)
{
	size_t i = (size_t)(number * 0x9e3779b97f4a7c15u >> 20) & (s->n_slots - 1);
	while (s->slots[i].lines && s->slots[i].number != number)
		i = (i + 1) & (s->n_slots - 1);
	return &s->slots[i];
}

static bool grow(struct page_set *s)
{
	struct page_set larger = {.n_slots = s->n_slots ? 2 * s->n_slots : 1024, .n_used = s->n_used};
	larger.slots = calloc(larger.n_slots, sizeof *larger.slots);
	if (!larger.slots)
		return false;
	for (size_t i = 0; i < s->n_slots; i++)
		if (s->slots[i].lines)
			*find_slot(&larger, s->slots[i].number) = s->slots[i];
	free(s->slots);
	*s = larger;
	return true;
}

/* Mark the line of one byte; false when memory is out. */
static bool touch(struct page_set *s, uint64_t addr)
{
	if (4 * s->n_used >= 3 * s->n_slots && !grow(s))
		return false;
	struct page *p = find_slot(s, addr >> PAGE_SHIFT);
	s->n_used += p->lines == 0;
	p->number = addr >> PAGE_SHIFT;
	p->lines |= 1ull << (addr >> LINE_SHIFT & 63);
	return true;
}

static uint64_t count_lines(const struct page_set *s)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->n_slots; i++)
		n += (uint64_t)__builtin_popcountll(s->slots[i].lines);
	return n;
}

static bool is_load(const struct pv_uop *u)
{
	return u->flags & PV_UOP_LOAD || u->op_class == PV_OP_MemRead || u->op_class == PV_OP_FloatMemRead;
}

static bool is_store(const struct pv_uop *u)
{
	return u->flags & PV_UOP_STORE || u->op_class == PV_OP_MemWrite || u->op_class == PV_OP_FloatMemWrite;
}

static bool count_row(struct counting *c, const struct pv_row *r)
{
	const struct pv_uop *u = &c->uops[r->uop];
	c->n_executed[r->uop]++;
	c->n_taken[r->uop] += r->flags & PV_ROW_TAKEN;
	c->out->n_faults += (r->flags & PV_ROW_FAULT) != 0;
	if (!(r->flags & PV_ROW_HAS_ADDR))
		return true;
	c->out->n_loads += is_load(u);
	c->out->n_stores += is_store(u);
	unsigned n_more = ((unsigned)(r->addr & 63) + u->access_bytes - (u->access_bytes > 0)) >> LINE_SHIFT;
	bool ok = touch(&c->data, r->addr);
	for (unsigned i = 1; i <= n_more && ok; i++)
		ok = touch(&c->data, r->addr + 64 * i);
	return ok;
}

/* What follows from how often each static micro-operation was executed. */
static bool count_uop(struct counting *c, uint32_t i)
{
	const struct pv_uop *u = &c->uops[i];
	uint64_t n = c->n_executed[i];
	struct pv_trace_summary *out = c->out;
	if (n == 0)
		return true;
	out->n_uops_executed++;
	out->n_by_op_class[u->op_class] += n;
	out->n_branches += u->flags & PV_UOP_BRANCH ? n : 0;
	if (u->flags & PV_UOP_COND_BRANCH) {
		out->n_cond_branches += n;
		out->n_cond_taken += c->n_taken[i];
	}
	out->n_calls += u->flags & PV_UOP_CALL ? n : 0;
	out->n_returns += u->flags & PV_UOP_RETURN ? n : 0;
	out->n_syscalls += u->flags & PV_UOP_SYSCALL ? n : 0;
	return touch(&c->code, u->pc) && touch(&c->code, u->pc + (u->insn_bytes ? u->insn_bytes - 1u : 0));
}

static enum pv_status count_rows(struct counting *c, const struct pv_trace *trace, const struct pv_progress *progress, struct pv_error *err)
{
	const struct pv_trace_info *info = pv_trace_info(trace);
	uint64_t done = 0;
	for (uint32_t chunk = 0; chunk < info->n_chunks; chunk++) {
		size_t n;
		if (progress && progress->stop && progress->stop(progress->user))
			return base_error_set(err, PV_ERR_INTERRUPTED, "stopped after %llu of %llu micro-operations",
			                      (unsigned long long)done, (unsigned long long)info->n_rows);
		TRY(pv_trace_read_chunk(trace, chunk, c->rows, &n, NULL, err));
		for (size_t i = 0; i < n; i++)
			FAIL_IF(!count_row(c, &c->rows[i]), err, PV_ERR_NOMEM, "out of memory counting the lines that a trace touches");
		done += n;
		if (progress && progress->report)
			progress->report(progress->user, "read", "micro-operations", done, info->n_rows);
	}
	return PV_OK;
}

enum pv_status pv_trace_summarize(const struct pv_trace *trace, struct pv_trace_summary *summary, const struct pv_progress *progress,
                                  struct pv_error *err)
{
	uint32_t n = pv_trace_info(trace)->n_uops;
	struct counting c = {.uops = pv_trace_uops(trace), .out = summary};
	c.rows = malloc(PV_TRACE_CHUNK_ROWS * sizeof *c.rows);
	c.n_executed = calloc(n + 1u, sizeof *c.n_executed);
	c.n_taken = calloc(n + 1u, sizeof *c.n_taken);
	*summary = (struct pv_trace_summary){0};
	bool ok = c.rows && c.n_executed && c.n_taken;
	enum pv_status status = ok ? count_rows(&c, trace, progress, err) : PV_ERR_NOMEM;
	for (uint32_t i = 0; i < n && status == PV_OK && ok; i++)
		ok = count_uop(&c, i);
	if (!ok)
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory summarizing a trace");
	summary->n_code_lines = count_lines(&c.code);
	summary->n_data_lines = count_lines(&c.data);
	free(c.rows);
	free(c.n_executed);
	free(c.n_taken);
	free(c.code.slots);
	free(c.data.slots);
	return status;
}
