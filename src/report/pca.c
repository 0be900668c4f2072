/*
 * pca.c - principal components
 *
 * The smaller of the covariance (d, d) and the products of the points (n, n) is diagonalised; both have the same values that are not 0, and
 * an axis follows from a vector of either.
 */
#include "report/pca.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/linalg.h"

static void centre(const double *x, size_t n, size_t d, double *centred)
{
	for (size_t k = 0; k < d; k++) {
		double mean = 0;
		for (size_t i = 0; i < n; i++)
			mean += x[i * d + k] / (double)n;
		for (size_t i = 0; i < n; i++)
			centred[i * d + k] = x[i * d + k] - mean;
	}
}

/* Turns a vector so that its component of the largest size is positive. */
static void orient(double *v, size_t n)
{
	size_t largest = 0;
	for (size_t i = 1; i < n; i++)
		if (fabs(v[i]) > fabs(v[largest]) * (1 + 1e-9))
			largest = i;
	const double sign = v[largest] < 0 ? -1 : 1;
	for (size_t i = 0; i < n; i++)
		v[i] *= sign;
}

/* Scores of the points x (n, d) on one axis (d), whose direction is set here, into column c of the plane. */
static void project(const double *x, size_t n, size_t d, double *axis, double *plane, size_t c)
{
	orient(axis, d);
	for (size_t i = 0; i < n; i++) {
		plane[2 * i + c] = 0;
		for (size_t k = 0; k < d; k++)
			plane[2 * i + c] += x[i * d + k] * axis[k];
	}
}

/* Of centred points x; a (m, m), values (m) and axis (d) are work, m = min(n, d). */
static enum pv_status components(const double *x, int n, int d, double *a, double *values, double *axis, double *plane, double shares[2],
                                 struct pv_error *err)
{
	const bool covariance = d <= n;
	const int m = covariance ? d : n;
	double whole = 0;
	if (covariance)
		base_add_gram(n, d, x, a);
	else
		base_multiply_nt(n, n, d, 1, x, x, 0, a);
	TRY(base_symmetric_eigen(a, m, values, err));
	for (int i = 0; i < m; i++)
		whole += fmax(values[i], 0);
	for (int c = 0; c < 2; c++) {
		const double value = c < m ? fmax(values[m - 1 - c], 0) : 0;
		const double *vector = a + (size_t)(c < m ? m - 1 - c : 0) * (size_t)m;
		memset(axis, 0, (size_t)d * sizeof *axis);
		if (value > 1e-12 * whole && covariance)
			memcpy(axis, vector, (size_t)d * sizeof *axis);
		else if (value > 1e-12 * whole)
			base_multiply(1, d, n, 1 / sqrt(value), vector, x, 0, axis);
		project(x, (size_t)n, (size_t)d, axis, plane, (size_t)c);
		shares[c] = whole > 0 ? value / whole : NAN;
	}
	return PV_OK;
}

enum pv_status report_pca(const double *x, size_t n, size_t d, double *plane, double shares[2], struct pv_error *err)
{
	const size_t m = n < d ? n : d;
	double *centred = malloc((n * d + 1) * sizeof *centred), *a = calloc(m * m + 1, sizeof *a);
	double *values = malloc((m + 1) * sizeof *values), *axis = malloc((d + 1) * sizeof *axis);
	enum pv_status status = centred && a && values && axis ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (status == PV_OK) {
		centre(x, n, d, centred);
		status = components(centred, (int)n, (int)d, a, values, axis, plane, shares, err);
	}
	free(centred);
	free(a);
	free(values);
	free(axis);
	return status;
}
