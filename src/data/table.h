/*
 * table.h - a hash table from 64-bit keys to two 32-bit values, for lines and branches
 */
#ifndef PV_DATA_TABLE_H
#define PV_DATA_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct pv_slot {
	uint64_t key_plus_1; /* 0: free */
	uint32_t value[2];
};

struct pv_table {
	struct pv_slot *slots;
	size_t n_slots; /* a power of two */
	size_t n_used;
	unsigned shift;
};

/* pv_table_init - an empty table; pv_table_release frees it, a zero struct is allowed */
enum pv_status pv_table_init(struct pv_table *table, struct pv_error *err);
void pv_table_release(struct pv_table *table);

/* pv_table_reserve - make room for n more keys, so that pv_table_get does not fail; slots may move */
enum pv_status pv_table_reserve(struct pv_table *table, size_t n, struct pv_error *err);

/* Four neighbouring keys share 64 bytes: neighbouring lines are touched together. */
static inline size_t pv_table_home(const struct pv_table *table, uint64_t key)
{
	return (size_t)(((key >> 2) * 0x9e3779b97f4a7c15u) >> table->shift << 2 | (key & 3));
}

/* pv_table_get - the slot of a key (key != UINT64_MAX), added with zero values when absent; room must have been reserved */
static inline struct pv_slot *pv_table_get(struct pv_table *table, uint64_t key)
{
	size_t mask = table->n_slots - 1;
	for (size_t i = pv_table_home(table, key);; i = (i + 1) & mask) {
		struct pv_slot *slot = &table->slots[i];
		if (slot->key_plus_1 == key + 1)
			return slot;
		if (slot->key_plus_1 == 0) {
			slot->key_plus_1 = key + 1;
			table->n_used++;
			return slot;
		}
	}
}

/* pv_table_prefetch - begin to load the slot of a key */
static inline void pv_table_prefetch(const struct pv_table *table, uint64_t key)
{
	__builtin_prefetch(&table->slots[pv_table_home(table, key)]);
}

#endif
