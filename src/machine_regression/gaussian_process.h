/*
 * gaussian_process.h - Gaussian process regression: smooth functions of a few dozen inputs from a few dozen examples
 *
 *   k(a, b) = exp(-1/2 sum_j s_j^2 (a_j - b_j)^2) + linear * sum_j s_j^2 a_j b_j,        y = mean + k(x, X) (K + noise I)^-1 (Y - mean)
 *
 * Every input has a scale of its own: inputs that say nothing get a scale near 0 ("automatic relevance determination"). Scales, noise and
 * the weight of the linear part are those of the largest marginal likelihood, found by following its gradient; everything else is in closed
 * form. All outputs share one kernel.
 *
 * Shapes: n examples, d inputs, q outputs.
 * Source: Rasmussen, Williams, "Gaussian Processes for Machine Learning", MIT Press 2006, chapters 2 and 5.
 */
#ifndef MACHINE_REGRESSION_GAUSSIAN_PROCESS_H
#define MACHINE_REGRESSION_GAUSSIAN_PROCESS_H

#include "base/error.h"

struct regression_gp {
	int n, d, q;
	double *scale; /* (d) >= 0 */
	double noise, linear;
	double *x;     /* (n, d) examples times scale */
	double *mean;  /* (q) */
	double *alpha; /* (n, q) (K + noise I)^-1 (Y - mean) */
};

/*
 * regression_gp_scales - find scales, noise and linear
 *
 * @x  (n, d), around 0 with a spread of about 1
 * @y  (n, q)
 *
 * Cost: some 80 times n^3 + n^2 (d + q); call it with a few hundred examples at most.
 * Returns: PV_OK: *gp has d, scale, noise and linear, and no examples; PV_ERR_NOMEM. On failure *gp is zero.
 */
enum pv_status regression_gp_scales(const double *x, int n, int d, const double *y, int q, struct regression_gp *gp, struct pv_error *err);

/* regression_gp_fit - take examples in, in closed form; PV_ERR_NOMEM, PV_ERR_RANGE (figures that are not finite) */
enum pv_status regression_gp_fit(struct regression_gp *gp, const double *x, int n, const double *y, int q, struct pv_error *err);

/*
 * regression_gp_value - what is expected at a point
 *
 * @x  (d)
 * @y  (q) set
 *
 * Cost: n (d + q), no allocation
 */
void regression_gp_value(const struct regression_gp *gp, const double *x, double *y);

/*
 * regression_gp_gradient - derivative of a weighted sum of the outputs
 *
 * @x         (d)
 * @weights   (q)
 * @gradient  (d) set
 */
void regression_gp_gradient(const struct regression_gp *gp, const double *x, const double *weights, double *gradient);

void regression_gp_release(struct regression_gp *gp);

#endif
