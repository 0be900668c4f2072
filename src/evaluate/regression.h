/*
 * regression.h - the statistical baseline: CPI of a machine as a linear function of op mix, miss rates and branch statistics
 *
 * CPI = c + sum over f of w_f x (count of f / rows), which times the rows is linear in counts: the same closed-form ridge regression that
 * fits a model's machine rows fits it, to the same rows, with its counts in the place of representations.
 */
#ifndef PV_EVALUATE_REGRESSION_H
#define PV_EVALUATE_REGRESSION_H

#include "evaluate/profile.h"

/* Operation groups, cache capacities of the three miss-rate curves, and the rest; regression.c names them. */
enum { PV_REGRESSORS = 45 };

/* pv_regressors - the (PV_REGRESSORS) counts of a profile */
void pv_regressors(const struct pv_profile *profile, double *x);

#endif
