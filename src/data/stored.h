/*
 * stored.h - remembers which recent micro-operation last stored to each 8-byte word
 */
#ifndef DATA_STORED_H
#define DATA_STORED_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* How far back a store is remembered, and the most words that one row writes. */
enum { DATA_STORED_ROWS = 1000, DATA_STORED_LOG2 = 15 };

struct data_stored_word {
	uint64_t word, row_plus_1; /* row_plus_1 0: free */
};

/* A hash table. Entries more than DATA_STORED_ROWS rows old are of no use; they are removed when the table fills up. */
struct data_stored {
	struct data_stored_word *slots, *spare; /* (1 << DATA_STORED_LOG2); spare is free */
	uint32_t n_used;
};

/* data_stored_init - an empty table; PV_ERR_NOMEM. data_stored_release frees it, a zero struct is allowed */
enum pv_status data_stored_init(struct data_stored *stored, struct pv_error *err);
void data_stored_release(struct data_stored *stored);

/* data_stored_find - the row, plus 1, that stored to a word last, or 0. It may be older than DATA_STORED_ROWS. */
uint64_t data_stored_find(const struct data_stored *stored, uint64_t word);

/* data_stored_put - a row, plus 1, stores to a word. Rows come in order; a row stores to at most 33 words. */
void data_stored_put(struct data_stored *stored, uint64_t word, uint64_t row_plus_1);

#endif
