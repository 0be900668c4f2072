/*
 * statistics.h - what a handful of figures amount to: mean, quantiles, correlation of values and of ranks
 *
 * Shapes: n figures; none may be NAN. All return NAN where there is no answer (no figures, no spread).
 */
#ifndef BASE_STATISTICS_H
#define BASE_STATISTICS_H

#include <stddef.h>

/* base_mean - arithmetic mean */
double base_mean(const double *x, size_t n);

/* base_sort - in place, ascending */
void base_sort(double *x, size_t n);

/*
 * base_quantile - of figures in ascending order, 0 <= q <= 1; between two of them on the straight line
 *
 * Source: Hyndman, Fan: "Sample Quantiles in Statistical Packages", American Statistician 50(4), 1996: type 7, NumPy's default
 */
double base_quantile(const double *sorted, size_t n, double q);

/* base_pearson - correlation of values, -1 to 1 */
double base_pearson(const double *x, const double *y, size_t n);

/*
 * base_spearman - correlation of ranks, -1 to 1; equal values share the mean of their ranks
 *
 * @scratch  room for (3 n)
 */
double base_spearman(const double *x, const double *y, size_t n, double *scratch);

/* base_student_t_975 - quantile 0.975 of Student's t; within 0.1 % from 4 degrees of freedom on, exact for 1 to 3 */
double base_student_t_975(double degrees_of_freedom);

#endif
