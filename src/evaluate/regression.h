/*
 * regression.h - the statistical baseline: CPI of a machine as a linear function of op mix, miss rates and branch statistics
 *
 * CPI = c + sum over f of w_f x (count of f / rows), which times the micro-operations is linear in counts: the same ridge fit that
 * gives a model's machine vectors fits it, on the same rows, with its counts in the place of representations.
 */
#ifndef EVALUATE_REGRESSION_H
#define EVALUATE_REGRESSION_H

#include "evaluate/profile.h"

/* Operation groups, cache capacities of the three miss-rate curves, and the rest; regression.c names them. */
enum { EVALUATE_REGRESSORS = 45 };

/* evaluate_regressors - the (EVALUATE_REGRESSORS) counts of a profile */
void evaluate_regressors(const struct evaluate_profile *profile, double *x);

#endif
