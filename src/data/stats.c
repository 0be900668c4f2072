/*
 * stats.c - mean and standard deviation of every feature
 *
 * Blocks of rows are unpacked; each block's mean and squared distances are computed exactly as defined, in double precision, and merged
 * (T. Chan, G. Golub, R. LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979). A feature that
 * never varies thus gets a deviation of exactly 0, and reuse distances up to 1e8 lose no digits.
 */
#include "data/stats.h"

#include <math.h>

#include <perfvec/features.h>

enum { BLOCK = 256 };

static void merge(struct data_feature_stats *s, const float (*x)[PV_N_FEATURES], size_t n)
{
	double count = (double)(s->n + n);
	for (int f = 0; f < PV_N_FEATURES; f++) {
		double sum = 0, m2 = 0;
		for (size_t i = 0; i < n; i++)
			sum += x[i][f];
		double mean = sum / (double)n;
		for (size_t i = 0; i < n; i++)
			m2 += (x[i][f] - mean) * (x[i][f] - mean);
		double delta = mean - s->mean[f];
		s->mean[f] += delta * (double)n / count;
		s->m2[f] += m2 + delta * delta * (double)s->n * (double)n / count;
	}
	s->n += n;
}

void data_feature_stats_add(struct data_feature_stats *stats, const struct pv_feature_row *rows, size_t n)
{
	float x[BLOCK][PV_N_FEATURES];
	for (size_t begin = 0; begin < n; begin += BLOCK) {
		size_t count = n - begin < BLOCK ? n - begin : BLOCK;
		pv_features_unpack(rows + begin, count, NULL, NULL, x[0], PV_N_FEATURES);
		merge(stats, (const float(*)[PV_N_FEATURES])x, count);
	}
}

void data_feature_stats_get(const struct data_feature_stats *stats, float *mean, float *std)
{
	for (int f = 0; f < PV_N_FEATURES; f++) {
		double deviation = stats->n ? sqrt(stats->m2[f] / (double)stats->n) : 0;
		mean[f] = (float)stats->mean[f];
		/* Rounding of a constant such as ln 2 must not become a divisor. */
		std[f] = deviation < 1e-9 * fabs(stats->mean[f]) ? 0 : (float)deviation;
	}
}
