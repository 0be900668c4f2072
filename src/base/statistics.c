/*
 * statistics.c - what a handful of figures amount to
 */
#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>

double base_mean(const double *x, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += x[i];
	return n ? sum / (double)n : NAN;
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

void base_sort(double *x, size_t n)
{
	if (n)
		qsort(x, n, sizeof *x, by_value);
}

double base_quantile(const double *sorted, size_t n, double q)
{
	if (!n)
		return NAN;
	const double at = q * (double)(n - 1);
	const size_t i = (size_t)at;
	return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

double base_pearson(const double *x, const double *y, size_t n)
{
	const double mean_x = base_mean(x, n), mean_y = base_mean(y, n);
	double sxy = 0, sxx = 0, syy = 0;
	for (size_t i = 0; i < n; i++) {
		const double a = x[i] - mean_x, b = y[i] - mean_y;
		sxy += a * b;
		sxx += a * a;
		syy += b * b;
	}
	return sxx > 0 && syy > 0 ? sxy / sqrt(sxx * syy) : NAN;
}

/* A value's rank is the mean place, from 0, of all that equal it in order. */
static void ranks_of(const double *x, size_t n, double *sorted, double *ranks)
{
	for (size_t i = 0; i < n; i++)
		sorted[i] = x[i];
	base_sort(sorted, n);
	for (size_t i = 0; i < n; i++) {
		size_t low = 0, high = n; /* first place that is not below x[i]; then the first that is above */
		while (low < high) {
			const size_t middle = low + (high - low) / 2;
			if (sorted[middle] < x[i])
				low = middle + 1;
			else
				high = middle;
		}
		size_t after = low;
		high = n;
		while (after < high) {
			const size_t middle = after + (high - after) / 2;
			if (sorted[middle] <= x[i])
				after = middle + 1;
			else
				high = middle;
		}
		ranks[i] = 0.5 * (double)(low + after - 1);
	}
}

double base_spearman(const double *x, const double *y, size_t n, double *scratch)
{
	ranks_of(x, n, scratch, scratch + n);
	ranks_of(y, n, scratch, scratch + 2 * n);
	return base_pearson(scratch + n, scratch + 2 * n, n);
}

/* By its expansion about the normal distribution's quantile: Abramowitz, Stegun, "Handbook of Mathematical Functions", 26.7.5. */
double base_student_t_975(double n)
{
	const double z = 1.959963984540054, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
	if (n < 1.5)
		return 12.706204736174698;
	if (n < 2.5)
		return 4.302652729696142;
	if (n < 3.5)
		return 3.182446305284263;
	return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n) +
	       (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n);
}
