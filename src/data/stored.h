/*
 * stored.h - which of the latest rows stored to an 8-byte word
 */
#ifndef PV_DATA_STORED_H
#define PV_DATA_STORED_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* How far back a store is remembered, and the most words that one row writes. */
enum { PV_STORED_ROWS = 1000, PV_STORED_LOG2 = 15 };

struct pv_stored_word {
	uint64_t word, row_plus_1; /* row_plus_1 0: free */
};

/* A hash table; entries more than PV_STORED_ROWS rows old are as good as none and are swept out when it fills up. */
struct pv_stored {
	struct pv_stored_word *slots, *spare; /* (1 << PV_STORED_LOG2); spare is free */
	uint32_t n_used;
};

/* pv_stored_init - an empty table; PV_ERR_NOMEM. pv_stored_release frees it, a zero struct is allowed */
enum pv_status pv_stored_init(struct pv_stored *stored, struct pv_error *err);
void pv_stored_release(struct pv_stored *stored);

/* pv_stored_find - the row, plus 1, that stored to a word last, or 0. It may be older than PV_STORED_ROWS. */
uint64_t pv_stored_find(const struct pv_stored *stored, uint64_t word);

/* pv_stored_put - a row, plus 1, stores to a word. Rows come in order; a row stores to at most 33 words. */
void pv_stored_put(struct pv_stored *stored, uint64_t word, uint64_t row_plus_1);

#endif
