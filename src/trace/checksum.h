/*
 * checksum.h - the 64-bit hash that guards every byte of a trace file
 */
#ifndef TRACE_CHECKSUM_H
#define TRACE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* trace_xxh64 - XXH64 of n_bytes with seed 0 */
uint64_t trace_xxh64(const void *data, size_t n_bytes);

#endif
