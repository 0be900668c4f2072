/*
 * sample.c - systematic samples of a program's rows, and what they say about its vector
 *
 *	|            period             |            period             |  rest
 *	   skip | warm-up | unit | skip    skip | warm-up | unit | skip     skip
 *
 * All n units have the same number u of rows, so the ratio estimator (the sample's representation per row times the program's rows) is the
 * mean of the units times the number of units that the program has room for, M = rows / u. It is linear: the time that a machine's vector w
 * gives the estimate is the estimate of the time, and the standard error of that time is, units being taken as drawn at random,
 *
 *	M sqrt((1 - n / M) sum_i (w (y_i - mean y))^2 / (n - 1) / n)
 *
 * What is kept are the vectors under the sum with all factors in them, so that any machine's error can be told later: the root of the sum
 * of squares of their times.
 *
 * References: Wunderlich, Wenisch, Falsafi, Hoe, "SMARTS: accelerating microarchitecture simulation via rigorous statistical sampling",
 * ISCA 2003. Cochran, "Sampling Techniques", 3rd edition, 1977, chapters 2 and 8.
 */
#include "represent/sample.h"

#include <math.h>

uint64_t represent_sample_begin(const struct represent_sample_plan *p, uint64_t i)
{
	return p->period ? i * p->period + (p->period - p->unit) / 2 : 0;
}

uint64_t represent_sample_units(const struct represent_sample_plan *p, uint64_t n_rows)
{
	if (!p->period)
		return n_rows > 0;
	const uint64_t first_end = represent_sample_begin(p, 0) + p->unit;
	return n_rows < first_end ? 0 : (n_rows - first_end) / p->period + 1;
}

void represent_sample_estimate(double *units, size_t n, int D, uint64_t unit, uint64_t n_rows, double *values)
{
	const double M = (double)n_rows / (double)unit;
	const double left = 1 - (double)n / M;
	const double scale = n > 1 && left > 0 ? M * sqrt(left / (double)(n - 1) / (double)n) : 0;
	for (int d = 0; d < D; d++) {
		double sum = 0;
		for (size_t i = 0; i < n; i++)
			sum += units[i * (size_t)D + (size_t)d];
		const double mean = sum / (double)n;
		values[d] = M * mean;
		for (size_t i = 0; i < n; i++)
			units[i * (size_t)D + (size_t)d] = scale * (units[i * (size_t)D + (size_t)d] - mean);
	}
}
