/*
 * checksum.c - XXH64: four lanes of multiply and rotate over 32-byte stripes, folded, then the rest and a final avalanche
 *
 * Reference: Y. Collet, "xxHash fast digest algorithm", XXH64 section of its format specification.
 */
#include "trace/checksum.h"

#include "trace/bytes.h"

static const uint64_t P1 = 0x9e3779b185ebca87u, P2 = 0xc2b2ae3d27d4eb4fu, P3 = 0x165667b19e3779f9u, P4 = 0x85ebca77c2b2ae63u,
                      P5 = 0x27d4eb2f165667c5u;

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static uint64_t lane(uint64_t acc, uint64_t input)
{
	return rotl(acc + input * P2, 31) * P1;
}

static uint64_t fold(uint64_t hash, uint64_t acc)
{
	return (hash ^ lane(0, acc)) * P1 + P4;
}

static uint64_t tail(uint64_t hash, const uint8_t *p, const uint8_t *end)
{
	for (; end - p >= 8; p += 8)
		hash = rotl(hash ^ lane(0, trace_get_u64(p)), 27) * P1 + P4;
	if (end - p >= 4) {
		hash = rotl(hash ^ trace_get_u32(p) * P1, 23) * P2 + P3;
		p += 4;
	}
	for (; p < end; p++)
		hash = rotl(hash ^ *p * P5, 11) * P1;
	hash = (hash ^ (hash >> 33)) * P2;
	hash = (hash ^ (hash >> 29)) * P3;
	return hash ^ (hash >> 32);
}

uint64_t trace_xxh64(const void *data, size_t n_bytes)
{
	const uint8_t *p = data;
	const uint8_t *end = p + n_bytes;
	if (n_bytes < 32)
		return tail(P5 + n_bytes, p, end);
	uint64_t a = P1 + P2, b = P2, c = 0, d = 0 - P1;
	for (; end - p >= 32; p += 32) {
		a = lane(a, trace_get_u64(p));
		b = lane(b, trace_get_u64(p + 8));
		c = lane(c, trace_get_u64(p + 16));
		d = lane(d, trace_get_u64(p + 24));
	}
	uint64_t hash = rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18);
	hash = fold(fold(fold(fold(hash, a), b), c), d);
	return tail(hash + n_bytes, p, end);
}
