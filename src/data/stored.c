/*
 * stored.c - open addressing with linear probing; swept when three quarters full
 *
 * Accesses of up to 32 bytes are at most 5 words: then at most 5 000 of the 32 768 entries are young. A program that stored 256 bytes with
 * each of 1000 rows would have more than fit; the oldest are then forgotten sooner.
 */
#include "data/stored.h"

#include <stdlib.h>
#include <string.h>

enum { N_SLOTS = 1 << DATA_STORED_LOG2, FULL = N_SLOTS / 4 * 3 };

enum pv_status data_stored_init(struct data_stored *s, struct pv_error *err)
{
	s->slots = calloc(N_SLOTS, sizeof *s->slots);
	s->spare = calloc(N_SLOTS, sizeof *s->spare);
	FAIL_IF(!s->slots || !s->spare, err, PV_ERR_NOMEM, "out of memory for the words that a program stores");
	return PV_OK;
}

void data_stored_release(struct data_stored *s)
{
	free(s->slots);
	free(s->spare);
	*s = (struct data_stored){0};
}

static struct data_stored_word *slot_of(const struct data_stored *s, uint64_t word)
{
	size_t i = (size_t)((word * 0x9e3779b97f4a7c15u) >> (64 - DATA_STORED_LOG2));
	while (s->slots[i].row_plus_1 && s->slots[i].word != word)
		i = (i + 1) & (N_SLOTS - 1);
	return &s->slots[i];
}

uint64_t data_stored_find(const struct data_stored *s, uint64_t word)
{
	return slot_of(s, word)->row_plus_1;
}

/* Keeps the entries of the latest rows, half as many rows each time until there is room. */
static void sweep(struct data_stored *s, uint64_t row_plus_1)
{
	for (uint64_t rows = DATA_STORED_ROWS; s->n_used >= FULL; rows /= 2) {
		struct data_stored_word *old = s->slots;
		s->slots = s->spare;
		s->spare = old;
		s->n_used = 0;
		for (size_t i = 0; i < N_SLOTS; i++) {
			if (!old[i].row_plus_1 || row_plus_1 - old[i].row_plus_1 > rows)
				continue;
			*slot_of(s, old[i].word) = old[i];
			s->n_used++;
		}
		memset(old, 0, N_SLOTS * sizeof *old);
	}
}

void data_stored_put(struct data_stored *s, uint64_t word, uint64_t row_plus_1)
{
	struct data_stored_word *slot = slot_of(s, word);
	if (!slot->row_plus_1 && s->n_used >= FULL) {
		sweep(s, row_plus_1);
		slot = slot_of(s, word);
	}
	s->n_used += !slot->row_plus_1;
	*slot = (struct data_stored_word){word, row_plus_1};
}
