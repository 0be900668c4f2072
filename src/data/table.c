/*
 * table.c - open addressing with linear probing, at most half full
 */
#include "data/table.h"

#include <stdlib.h>

enum { LOG2_FIRST = 12 };

static enum pv_status allocate(struct pv_table *table, unsigned log2, struct pv_error *err)
{
	size_t n = (size_t)1 << log2;
	struct pv_slot *slots = aligned_alloc(64, n * sizeof *slots);
	PV_FAIL_IF(!slots, err, PV_ERR_NOMEM, "out of memory for a table of %zu lines", n);
	for (size_t i = 0; i < n; i++)
		slots[i] = (struct pv_slot){0};
	*table = (struct pv_table){.slots = slots, .n_slots = n, .shift = 64 - (log2 - 2)};
	return PV_OK;
}

enum pv_status pv_table_init(struct pv_table *table, struct pv_error *err)
{
	return allocate(table, LOG2_FIRST, err);
}

void pv_table_release(struct pv_table *table)
{
	free(table->slots);
	*table = (struct pv_table){0};
}

enum pv_status pv_table_reserve(struct pv_table *table, size_t n, struct pv_error *err)
{
	size_t needed = 2 * (table->n_used + n);
	if (needed <= table->n_slots)
		return PV_OK;
	unsigned log2 = LOG2_FIRST;
	while ((size_t)1 << log2 < needed)
		log2++;
	struct pv_table bigger;
	PV_TRY(allocate(&bigger, log2, err));
	for (size_t i = 0; i < table->n_slots; i++) {
		const struct pv_slot *old = &table->slots[i];
		if (old->key_plus_1 == 0)
			continue;
		struct pv_slot *slot = pv_table_get(&bigger, old->key_plus_1 - 1);
		slot->value[0] = old->value[0];
		slot->value[1] = old->value[1];
	}
	pv_table_release(table);
	*table = bigger;
	return PV_OK;
}
