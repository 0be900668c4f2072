/*
 * uop_table.c - the table of static micro-operations that a program meets
 *
 *	content of the first micro-operation --hash--> slots[] --number + 1--> uops[]
 *
 * Linear probing at a load of one half at most. Entries at the same pc (code that was rewritten) are told apart by their whole contents.
 */
#include "trace/uop_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum { FIRST_SLOTS = 1 << 14 };

/* All members but target and n_uops. */
static bool same_part(const struct pv_uop *a, const struct pv_uop *b)
{
	enum { FIRST = offsetof(struct pv_uop, flags), LATE = offsetof(struct pv_uop, n_uops) };
	return a->pc == b->pc && memcmp(&a->flags, &b->flags, LATE - FIRST) == 0 &&
	       memcmp(&a->access_bytes, &b->access_bytes, sizeof *a - LATE - 1) == 0;
}

/* Whether the entry that begins at `at` is this one. */
static bool is_entry(const struct trace_uop_table *t, uint32_t at, const struct pv_uop *uops, uint32_t n)
{
	if (t->is_completed_later)
		return same_part(&t->uops[at], uops);
	return n <= t->n_uops - at && memcmp(&t->uops[at], uops, n * sizeof *uops) == 0;
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

static enum pv_status grow_slots(struct trace_uop_table *t, struct pv_error *err)
{
	uint32_t n = t->n_slots ? 2 * t->n_slots : FIRST_SLOTS;
	uint32_t *slots = calloc(n, sizeof *slots);
	FAIL_IF(!slots, err, PV_ERR_NOMEM, "out of memory for a table of %u micro-operations", t->n_uops);
	for (uint32_t i = 0; i < t->n_slots; i++) {
		if (!t->slots[i])
			continue;
		uint32_t at = home(&t->uops[t->slots[i] - 1], n);
		while (slots[at])
			at = (at + 1) & (n - 1);
		slots[at] = t->slots[i];
	}
	free(t->slots);
	t->slots = slots;
	t->n_slots = n;
	return PV_OK;
}

enum pv_status trace_uop_table_find(struct trace_uop_table *t, const struct pv_uop *uops, uint32_t n, uint32_t *first, struct pv_error *err)
{
	if (2 * t->n_entries >= t->n_slots)
		TRY(grow_slots(t, err));
	uint32_t at = home(uops, t->n_slots);
	for (; t->slots[at]; at = (at + 1) & (t->n_slots - 1))
		if (is_entry(t, t->slots[at] - 1, uops, n)) {
			*first = t->slots[at] - 1;
			return PV_OK;
		}
	TRY(base_array_grow(&t->uops, &t->capacity, (size_t)t->n_uops + n, sizeof *uops, "micro-operations", err));
	memcpy(t->uops + t->n_uops, uops, n * sizeof *uops);
	*first = t->n_uops;
	t->slots[at] = t->n_uops + 1;
	t->n_uops += n;
	t->n_entries++;
	return PV_OK;
}

void trace_uop_table_clear(struct trace_uop_table *t)
{
	t->n_uops = t->n_entries = 0;
	if (t->slots)
		memset(t->slots, 0, t->n_slots * sizeof *t->slots);
}

void trace_uop_table_release(struct trace_uop_table *t)
{
	free(t->uops);
	free(t->slots);
	*t = (struct trace_uop_table){.is_completed_later = t->is_completed_later};
}
