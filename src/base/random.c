/*
 * random.c - xoshiro256** seeded by splitmix64
 *
 * Reference: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47(4), 2021.
 */
#include "base/random.h"

static uint64_t splitmix64(uint64_t *x)
{
	uint64_t z = (*x += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void base_random_init(struct base_random *rng, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		rng->s[i] = splitmix64(&seed);
}

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t base_random_u64(struct base_random *rng)
{
	uint64_t *s = rng->s;
	uint64_t result = rotl(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

uint64_t base_random_below(struct base_random *rng, uint64_t n)
{
	uint64_t threshold = (0 - n) % n;
	for (;;) {
		uint64_t r = base_random_u64(rng);
		if (r >= threshold)
			return r % n;
	}
}

double base_random_unit(struct base_random *rng)
{
	return (double)(base_random_u64(rng) >> 11) * 0x1.0p-53;
}

void base_random_shuffle(struct base_random *rng, uint32_t *index, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = base_random_below(rng, i);
		uint32_t t = index[i - 1];
		index[i - 1] = index[j];
		index[j] = t;
	}
}
