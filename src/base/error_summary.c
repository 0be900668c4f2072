/*
 * error_summary.c - what a number of errors of predicted times amount to
 */
#include <perfvec/error_summary.h>

#include <math.h>

#include "base/statistics.h"

struct pv_error_summary pv_error_summarize(double *errors, size_t n)
{
	struct pv_error_summary s = {.n = n, .worst = n ? 0 : NAN, .bias = base_mean(errors, n)};
	for (size_t i = 0; i < n; i++) {
		s.worst = fabs(errors[i]) > fabs(s.worst) ? errors[i] : s.worst;
		errors[i] = fabs(errors[i]);
	}
	base_sort(errors, n);
	s.mean = base_mean(errors, n);
	s.median = base_quantile(errors, n, 0.5);
	s.p95 = base_quantile(errors, n, 0.95);
	return s;
}
