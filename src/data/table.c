/*
 * table.c - open addressing with linear probing, at most half full
 */
#include "data/table.h"

#include <stdlib.h>

enum { LOG2_FIRST = 12 };

static enum pv_status allocate(struct data_table *table, unsigned log2, struct pv_error *err)
{
	size_t n = (size_t)1 << log2;
	struct data_slot *slots = aligned_alloc(64, n * sizeof *slots);
	FAIL_IF(!slots, err, PV_ERR_NOMEM, "out of memory for a table of %zu lines", n);
	for (size_t i = 0; i < n; i++)
		slots[i] = (struct data_slot){0};
	*table = (struct data_table){.slots = slots, .n_slots = n, .shift = 64 - (log2 - 2)};
	return PV_OK;
}

enum pv_status data_table_init(struct data_table *table, struct pv_error *err)
{
	return allocate(table, LOG2_FIRST, err);
}

void data_table_release(struct data_table *table)
{
	free(table->slots);
	*table = (struct data_table){0};
}

enum pv_status data_table_reserve(struct data_table *table, size_t n, struct pv_error *err)
{
	size_t needed = 2 * (table->n_used + n);
	if (needed <= table->n_slots)
		return PV_OK;
	unsigned log2 = LOG2_FIRST;
	while ((size_t)1 << log2 < needed)
		log2++;
	struct data_table bigger;
	TRY(allocate(&bigger, log2, err));
	for (size_t i = 0; i < table->n_slots; i++) {
		const struct data_slot *old = &table->slots[i];
		if (old->key_plus_1 == 0)
			continue;
		struct data_slot *slot = data_table_get(&bigger, old->key_plus_1 - 1);
		slot->value[0] = old->value[0];
		slot->value[1] = old->value[1];
	}
	data_table_release(table);
	*table = bigger;
	return PV_OK;
}
