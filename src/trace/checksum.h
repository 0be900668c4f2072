/*
 * checksum.h - the 64-bit hash that guards every byte of a trace file
 */
#ifndef PV_TRACE_CHECKSUM_H
#define PV_TRACE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* pv_xxh64 - XXH64 of n_bytes with seed 0 */
uint64_t pv_xxh64(const void *data, size_t n_bytes);

#endif
