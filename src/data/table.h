/*
 * table.h - a hash table from 64-bit keys to two 32-bit values, for lines and branches
 */
#ifndef DATA_TABLE_H
#define DATA_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct data_slot {
	uint64_t key_plus_1; /* 0: free */
	uint32_t value[2];
};

struct data_table {
	struct data_slot *slots;
	size_t n_slots; /* a power of two */
	size_t n_used;
	unsigned shift;
};

/* data_table_init - an empty table; data_table_release frees it, a zero struct is allowed */
enum pv_status data_table_init(struct data_table *table, struct pv_error *err);
void data_table_release(struct data_table *table);

/* data_table_reserve - make room for n more keys, so that data_table_get does not fail; slots may move */
enum pv_status data_table_reserve(struct data_table *table, size_t n, struct pv_error *err);

/* Four neighbouring keys share 64 bytes: neighbouring lines are touched together. */
static inline size_t data_table_home(const struct data_table *table, uint64_t key)
{
	return (size_t)(((key >> 2) * 0x9e3779b97f4a7c15u) >> table->shift << 2 | (key & 3));
}

/* data_table_get - the slot of a key (key != UINT64_MAX), added with zero values when absent; room must have been reserved */
static inline struct data_slot *data_table_get(struct data_table *table, uint64_t key)
{
	size_t mask = table->n_slots - 1;
	for (size_t i = data_table_home(table, key);; i = (i + 1) & mask) {
		struct data_slot *slot = &table->slots[i];
		if (slot->key_plus_1 == key + 1)
			return slot;
		if (slot->key_plus_1 == 0) {
			slot->key_plus_1 = key + 1;
			table->n_used++;
			return slot;
		}
	}
}

/* data_table_prefetch - begin to load the slot of a key */
static inline void data_table_prefetch(const struct data_table *table, uint64_t key)
{
	__builtin_prefetch(&table->slots[data_table_home(table, key)]);
}

#endif
