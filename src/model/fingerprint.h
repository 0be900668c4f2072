/*
 * fingerprint.h - 64-bit FNV-1a over bytes: against mix-ups, not against malice
 */
#ifndef MODEL_FINGERPRINT_H
#define MODEL_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

#define MODEL_FINGERPRINT_START UINT64_C(0xcbf29ce484222325)

/* model_fingerprint - h, continued over n more bytes */
static inline uint64_t model_fingerprint(uint64_t h, const void *data, size_t n)
{
	const unsigned char *bytes = data;
	for (size_t i = 0; i < n; i++)
		h = (h ^ bytes[i]) * 0x100000001b3u;
	return h;
}

#endif
