/*
 * dropout.c - masks drawn once per forward pass, applied in both passes
 */
#include "nn/dropout.h"

#include <stdint.h>

void nn_dropout_draw(struct base_random *rng, double p, size_t n, float *mask, float *x)
{
	if (!mask)
		return;
	const float kept = p < 1.0 ? (float)(1.0 / (1.0 - p)) : 0.0f;
	const uint64_t below = (uint64_t)(p * 0x1p32);
	for (size_t i = 0; i < n; i += 2) { /* half of a draw for each element */
		const uint64_t bits = rng ? base_random_u64(rng) : UINT64_MAX;
		mask[i] = !rng ? 1.0f : (bits & UINT32_MAX) < below ? 0.0f : kept;
		if (i + 1 < n)
			mask[i + 1] = !rng ? 1.0f : bits >> 32 < below ? 0.0f : kept;
	}
	nn_dropout_apply(n, mask, x);
}

void nn_dropout_apply(size_t n, const float *mask, float *x)
{
	if (!mask)
		return;
	for (size_t i = 0; i < n; i++)
		x[i] *= mask[i];
}
