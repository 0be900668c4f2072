/*
 * dropout.c - masks drawn once per forward pass, applied in both passes
 */
#include "nn/dropout.h"

void pv_dropout_draw(struct pv_random *rng, double p, size_t n, float *mask, float *x)
{
	if (!mask)
		return;
	const float kept = p < 1.0 ? (float)(1.0 / (1.0 - p)) : 0.0f;
	for (size_t i = 0; i < n; i++)
		mask[i] = !rng ? 1.0f : pv_random_unit(rng) < p ? 0.0f : kept;
	pv_dropout_apply(n, mask, x);
}

void pv_dropout_apply(size_t n, const float *mask, float *x)
{
	if (!mask)
		return;
	for (size_t i = 0; i < n; i++)
		x[i] *= mask[i];
}
