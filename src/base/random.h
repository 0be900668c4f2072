/*
 * random.h - a small seeded generator (xoshiro256**), one state per user, no globals
 */
#ifndef PV_BASE_RANDOM_H
#define PV_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct pv_random {
	uint64_t s[4];
};

/* pv_random_init - seed a generator; the same seed gives the same numbers on every machine */
void pv_random_init(struct pv_random *rng, uint64_t seed);

/* pv_random_u64 - 64 uniform bits */
uint64_t pv_random_u64(struct pv_random *rng);

/* pv_random_below - uniform integer in [0, n), n > 0, without modulo bias */
uint64_t pv_random_below(struct pv_random *rng, uint64_t n);

/* pv_random_unit - uniform double in [0, 1) */
double pv_random_unit(struct pv_random *rng);

/* pv_random_shuffle - permute the (n) indices in place */
void pv_random_shuffle(struct pv_random *rng, uint32_t *index, size_t n);

#endif
