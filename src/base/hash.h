/*
 * SPDX-License-Identifier: MIT
 *
 * hash.h - 64-bit FNV-1a: for tables, and against mix-ups, not against malice
 *
 * A hash begins as BASE_HASH_START and is handed through the functions below. This header needs nothing else: the plugin inside QEMU
 * includes it too.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define BASE_HASH_START UINT64_C(0xcbf29ce484222325)

/* base_hash_add - h, continued by one value: a byte, or a whole number where the bytes of a file do not depend on the hash */
static inline uint64_t base_hash_add(uint64_t h, uint64_t value)
{
	return (h ^ value) * UINT64_C(0x100000001b3);
}

/* base_hash - h, continued over n bytes */
static inline uint64_t base_hash(uint64_t h, const void *data, size_t n)
{
	const unsigned char *bytes = (const unsigned char *)data;
	for (size_t i = 0; i < n; i++)
		h = base_hash_add(h, bytes[i]);
	return h;
}

/* base_hash_text - h, continued over a text without its NUL */
static inline uint64_t base_hash_text(uint64_t h, const char *text)
{
	for (; *text; text++)
		h = base_hash_add(h, (unsigned char)*text);
	return h;
}

/* base_hash_fold - 32 bits that all 64 went into */
static inline uint32_t base_hash_fold(uint64_t h)
{
	return (uint32_t)(h ^ h >> 32);
}

#endif
