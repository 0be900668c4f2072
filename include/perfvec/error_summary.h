/*
 * perfvec/error_summary.h - what a number of errors of predicted times amount to
 *
 * An error is predicted / simulated - 1, a fraction.
 */
#ifndef PERFVEC_ERROR_SUMMARY_H
#define PERFVEC_ERROR_SUMMARY_H

#include <stddef.h>

#include <perfvec/api.h>

PV_API_BEGIN

/* Fractions; NAN without an error. */
struct pv_error_summary {
	size_t n;                 /* errors */
	double mean, median, p95; /* of their absolute values */
	double worst;             /* the one with the largest absolute value, signed */
	double bias;              /* their mean, signed */
};

/*
 * pv_error_summarize - sum up errors
 *
 * @errors  (n) all finite; sorted absolute values afterwards
 */
struct pv_error_summary pv_error_summarize(double *errors, size_t n);

PV_API_END

#endif
