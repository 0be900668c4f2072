/*
 * stats.h - mean and standard deviation of every feature, in one pass
 */
#ifndef DATA_STATS_H
#define DATA_STATS_H

#include <stddef.h>
#include <stdint.h>

#include <perfvec/dataset.h>

/* Sums so far. Zero-fill to begin. */
struct data_feature_stats {
	uint64_t n;
	double mean[PV_N_FEATURES];
	double m2[PV_N_FEATURES]; /* sum of squared distances from the mean */
};

/* data_feature_stats_add - add (n) rows; sums are rounded, so equal results need the same rows cut into the same calls */
void data_feature_stats_add(struct data_feature_stats *stats, const struct pv_feature_row *rows, size_t n);

/* data_feature_stats_get - mean and standard deviation (of the population) as float32, (F) each; a feature that never varies has std 0 */
void data_feature_stats_get(const struct data_feature_stats *stats, float *mean, float *std);

#endif
