/*
 * random.h - a small seeded generator (xoshiro256**), one state per user, no globals
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct base_random {
	uint64_t s[4];
};

/* base_random_init - seed a generator; the same seed gives the same numbers on every machine */
void base_random_init(struct base_random *rng, uint64_t seed);

/* base_random_u64 - 64 uniform bits */
uint64_t base_random_u64(struct base_random *rng);

/* base_random_below - uniform integer in [0, n), n > 0, without modulo bias */
uint64_t base_random_below(struct base_random *rng, uint64_t n);

/* base_random_unit - uniform double in [0, 1) */
double base_random_unit(struct base_random *rng);

/* base_random_shuffle - permute the (n) indices in place */
void base_random_shuffle(struct base_random *rng, uint32_t *index, size_t n);

#endif
