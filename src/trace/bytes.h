/*
 * bytes.h - little-endian numbers, zigzag and LEB128, as trace files hold them
 */
#ifndef TRACE_BYTES_H
#define TRACE_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define TRACE_LE32(x) (x)
#define TRACE_LE64(x) (x)
#else
#define TRACE_LE32(x) __builtin_bswap32(x)
#define TRACE_LE64(x) __builtin_bswap64(x)
#endif

static inline uint32_t trace_get_u32(const uint8_t *p)
{
	uint32_t x;
	memcpy(&x, p, sizeof x);
	return TRACE_LE32(x);
}

static inline uint64_t trace_get_u64(const uint8_t *p)
{
	uint64_t x;
	memcpy(&x, p, sizeof x);
	return TRACE_LE64(x);
}

static inline void trace_put_u32(uint8_t *p, uint32_t x)
{
	x = TRACE_LE32(x);
	memcpy(p, &x, sizeof x);
}

static inline void trace_put_u64(uint8_t *p, uint64_t x)
{
	x = TRACE_LE64(x);
	memcpy(p, &x, sizeof x);
}

/* Signed differences as small unsigned numbers: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4. Differences wrap modulo 2^64. */
static inline uint64_t trace_zigzag(uint64_t difference)
{
	return (difference << 1) ^ (0 - (difference >> 63));
}

static inline uint64_t trace_unzigzag(uint64_t z)
{
	return (z >> 1) ^ (0 - (z & 1));
}

/* LEB128: seven bits a byte, low bits first, the top bit set on all but the last byte; returns the byte after it. */
static inline uint8_t *trace_put_leb(uint8_t *p, uint64_t x)
{
	for (; x >= 0x80; x >>= 7)
		*p++ = (uint8_t)(x | 0x80);
	*p++ = (uint8_t)x;
	return p;
}

/* Reads a LEB128 number and moves *p past it; false when it runs past end or does not fit in 64 bits. */
static inline bool trace_get_leb(const uint8_t **p, const uint8_t *end, uint64_t *x)
{
	uint64_t value = 0;
	for (unsigned shift = 0; *p < end && shift < 64; shift += 7) {
		uint8_t byte = *(*p)++;
		if (shift == 63 && byte > 1)
			return false;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*x = value;
			return true;
		}
	}
	return false;
}

#endif
