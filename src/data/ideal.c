/*
 * ideal.c - completion and commit times on four ideal processors, a row at a time
 */
#include "data/ideal.h"

enum { REDIRECT_CYCLES = 8, MOST = 255 };

static const uint32_t window[DATA_N_IDEAL] = {32, 128, 128, 16};

/* Rows that fetch takes a cycle; 0: any number. Powers of two. */
static const uint32_t width[DATA_N_IDEAL] = {0, 0, 4, 2};

static inline uint32_t later(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0 ? a : b;
}

static inline uint8_t at_most_255(uint32_t x)
{
	return (uint8_t)(x < MOST ? x : MOST);
}

void data_ideal_step(struct data_ideal *ideal, const struct data_ideal_row *row, uint8_t added[DATA_N_IDEAL], uint8_t *slack)
{
	const uint64_t n = ideal->n_rows++;
	const uint32_t *before = ideal->commit[(n - 1) % DATA_IDEAL_RING], *branch = ideal->done[(n - 1) % DATA_IDEAL_RING];
	uint32_t *done = ideal->done[n % DATA_IDEAL_RING], *commit = ideal->commit[n % DATA_IDEAL_RING];
	uint32_t start[DATA_N_IDEAL];
	for (int m = 2; m < DATA_N_IDEAL; m++) {
		ideal->fetch[m] += (n % width[m] == 0) + row->fetch_stall;
		if (row->redirected)
			ideal->fetch[m] = later(ideal->fetch[m], branch[m] + REDIRECT_CYCLES);
	}
	for (int m = 0; m < DATA_N_IDEAL; m++) {
		ideal->fetch[m] = later(ideal->fetch[m], ideal->commit[(n - window[m]) % DATA_IDEAL_RING][m]);
		start[m] = ideal->fetch[m];
	}
	for (int i = 0; i < row->n_producers; i++) {
		const uint32_t *ready = ideal->done[row->producers[i] % DATA_IDEAL_RING];
		for (int m = 0; m < DATA_N_IDEAL; m++)
			start[m] = later(start[m], ready[m]);
	}
	start[3] = ideal->issue[3] = later(start[3], ideal->issue[3]);
	for (int m = 0; m < DATA_N_IDEAL; m++) {
		done[m] = start[m] + (m < 2 ? 1 : row->latency);
		commit[m] = later(before[m], done[m]);
		added[m] = at_most_255(commit[m] - before[m]);
	}
	*slack = at_most_255(commit[2] - done[2]);
}
