/*
 * predict.c - predictions of successors, flags and addresses
 *
 * Only mispredictions change a successor entry, so a chunk's changes are few: they are listed and undone at its end. Address entries
 * carry the number of the chunk they belong to instead.
 */
#include "trace/predict.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* The flags of a row of `uop` that is followed by a row of `successor`. */
static uint8_t flags_before(const struct trace_predict *p, uint32_t uop, uint32_t successor)
{
	const struct trace_predict_uop *u = &p->uop[uop];
	uint8_t flags = trace_predict_last_flags(u);
	if (u->kind & TRACE_KIND_COND && successor < p->n && p->uops[successor].pc != p->uops[uop].pc + p->uops[uop].insn_bytes)
		flags |= PV_ROW_TAKEN;
	return flags;
}

static uint8_t kind_of(const struct trace_predict *p, uint32_t i)
{
	const struct pv_uop *u = &p->uops[i];
	bool mem = u->access_bytes != 0;
	bool seen_before =
	    i > 0 && u->uop_index > 0 && u[-1].uop_index + 1 == u->uop_index && u[-1].pc == u->pc && p->uop[i - 1].kind & TRACE_KIND_SEEN;
	unsigned kind = 0;
	kind |= u->uop_index == 0 ? TRACE_KIND_FIRST : 0;
	kind |= mem ? TRACE_KIND_MEM : 0;
	kind |= mem && seen_before ? TRACE_KIND_FOLLOW : 0;
	kind |= mem || seen_before ? TRACE_KIND_SEEN : 0;
	if (u->flags & PV_UOP_UNCOND_BRANCH)
		kind |= TRACE_KIND_UNCOND;
	else if (u->flags & PV_UOP_COND_BRANCH)
		kind |= TRACE_KIND_COND;
	return (uint8_t)kind;
}

static void set_default(struct trace_predict *p, uint32_t i)
{
	p->uop[i].next = i + 1;
	p->uop[i].alt = TRACE_NO_UOP;
	p->uop[i].kind &= (uint8_t)~TRACE_KIND_DIRTY;
	p->uop[i].expect = flags_before(p, i, i + 1);
}

static bool reserve(struct trace_predict *p, uint32_t n)
{
	if (!p->dirty)
		p->dirty = malloc(PV_TRACE_CHUNK_ROWS * sizeof *p->dirty);
	if (!p->dirty)
		return false;
	const struct base_column columns[] = {{&p->uop, sizeof *p->uop}, {&p->addr, sizeof *p->addr}};
	return base_columns_grow(columns, 2, &p->capacity, n, "micro-operations", NULL) == PV_OK;
}

bool trace_predict_grow(struct trace_predict *p, const struct pv_uop *uops, uint32_t n)
{
	if (!reserve(p, n))
		return false;
	uint32_t old = p->n;
	p->uops = uops;
	p->n = n;
	if (p->epoch == 0)
		p->epoch = 1;
	for (uint32_t i = old; i < n; i++) {
		p->uop[i] = (struct trace_predict_uop){.addr_offset = uops[i].addr_offset, .kind = kind_of(p, i)};
		set_default(p, i);
	}
	/* The entry before the new ones had no successor in the table to look at. */
	if (old > 0 && n > old && p->uop[old - 1].next == old)
		p->uop[old - 1].expect = flags_before(p, old - 1, old);
	return true;
}

void trace_predict_release(struct trace_predict *p)
{
	free(p->uop);
	free(p->addr);
	free(p->dirty);
	*p = (struct trace_predict){0};
}

void trace_predict_reset(struct trace_predict *p)
{
	for (uint32_t i = 0; i < p->n_dirty; i++)
		set_default(p, p->dirty[i]);
	p->n_dirty = 0;
	p->epoch++;
}

void trace_predict_miss(struct trace_predict *p, uint32_t uop, uint32_t successor)
{
	struct trace_predict_uop *u = &p->uop[uop];
	if (!(u->kind & TRACE_KIND_DIRTY)) {
		u->kind |= TRACE_KIND_DIRTY;
		p->dirty[p->n_dirty++] = uop;
	}
	u->alt = u->next;
	u->next = successor;
	u->expect = flags_before(p, uop, successor);
}
