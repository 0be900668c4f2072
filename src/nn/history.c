/*
 * history.c - rows of a stream gathered into patches, and the gradient of patches spread over rows
 *
 *   patch of row t: rows t - lag - (taps - 1) spacing, ..., t - lag - spacing, t - lag; those before the chunk are the carried ones
 */
#include "nn/history.h"

#include <stddef.h>
#include <string.h>

int nn_history_rows(const struct nn_history *h)
{
	return (h->taps - 1) * h->spacing + h->lag;
}

/* The row, counted from the chunk's first, that a tap of row t looks at. */
static int row_of(const struct nn_history *h, int t, int tap)
{
	return t - h->lag - (h->taps - 1 - tap) * h->spacing;
}

/* Keeps the last rows of what was carried and of the chunk behind it. */
static void carry(int rows, int T, size_t width, const float *x, float *carried)
{
	const int kept = T < rows ? rows - T : 0, taken = rows - kept;
	memmove(carried, carried + (size_t)(rows - kept) * width, (size_t)kept * width * sizeof *carried);
	memcpy(carried + (size_t)kept * width, x + (size_t)(T - taken) * width, (size_t)taken * width * sizeof *carried);
}

void nn_history_gather(const struct nn_history *h, int T, int B, int F, const float *x, float *carried, float *patches)
{
	const int rows = nn_history_rows(h);
	const size_t width = (size_t)B * (size_t)F, taps = (size_t)h->taps, patch = taps * (size_t)F;
	for (int t = 0; t < T; t++)
		for (int tap = 0; tap < h->taps; tap++) {
			const int row = row_of(h, t, tap);
			const float *from = row < 0 ? carried + (size_t)(rows + row) * width : x + (size_t)row * width;
			float *to = patches + (size_t)t * (size_t)B * patch;
			for (int b = 0; b < B; b++, from += F, to += patch) {
				if (!h->by_channel)
					memcpy(to + (size_t)tap * (size_t)F, from, (size_t)F * sizeof *to);
				for (int f = 0; h->by_channel && f < F; f++)
					to[(size_t)f * taps + (size_t)tap] = from[f];
			}
		}
	carry(rows, T, width, x, carried);
}

void nn_history_spread(const struct nn_history *h, int T, int B, int F, const float *dpatches, float *dx)
{
	const size_t width = (size_t)B * (size_t)F, taps = (size_t)h->taps, patch = taps * (size_t)F;
	memset(dx, 0, (size_t)T * width * sizeof *dx);
	for (int t = 0; t < T; t++)
		for (int tap = 0; tap < h->taps; tap++) {
			const int row = row_of(h, t, tap);
			if (row < 0)
				continue;
			const float *from = dpatches + (size_t)t * (size_t)B * patch;
			float *to = dx + (size_t)row * width;
			for (int b = 0; b < B; b++, to += F, from += patch)
				for (int f = 0; f < F; f++)
					to[f] += h->by_channel ? from[(size_t)f * taps + (size_t)tap]
					                       : from[(size_t)tap * (size_t)F + (size_t)f];
		}
}
