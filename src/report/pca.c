/*
 * pca.c - principal components
 *
 * Two components of a cloud of at most some thousand points need no library: the smaller of the covariance (d, d) and the Gram matrix (n,
 * n) is diagonalised by Jacobi's rotations, whose result does not depend on a BLAS or its threads.
 *
 * Source: Golub, Van Loan: "Matrix Computations", section 8.5 (cyclic Jacobi)
 */
#include "report/pca.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sum of the squares above the diagonal. */
static double off_diagonal(const double *a, int n)
{
	double sum = 0;
	for (int p = 0; p < n; p++)
		for (int q = p + 1; q < n; q++)
			sum += a[p * n + q] * a[p * n + q];
	return sum;
}

/* One rotation that makes a[p][q] zero; v collects the rotations, a vector per row. */
static void rotate(double *a, double *v, int n, int p, int q)
{
	const double apq = a[p * n + q];
	if (apq == 0)
		return;
	const double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
	const double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
	const double c = 1 / sqrt(t * t + 1), s = t * c;
	for (int i = 0; i < n; i++) {
		const double aip = a[i * n + p], aiq = a[i * n + q];
		a[i * n + p] = c * aip - s * aiq;
		a[i * n + q] = s * aip + c * aiq;
	}
	for (int i = 0; i < n; i++) {
		const double api = a[p * n + i], aqi = a[q * n + i], vpi = v[p * n + i], vqi = v[q * n + i];
		a[p * n + i] = c * api - s * aqi;
		a[q * n + i] = s * api + c * aqi;
		v[p * n + i] = c * vpi - s * vqi;
		v[q * n + i] = s * vpi + c * vqi;
	}
}

/* An eigenvalue and where it stands. */
struct place {
	double value;
	int at;
};

static int larger_first(const void *x, const void *y)
{
	const struct place *a = x, *b = y;
	if (a->value != b->value)
		return a->value > b->value ? -1 : 1;
	return a->at - b->at;
}

/* Turns a vector so that its component of the largest size is positive. */
static void orient(double *v, int n)
{
	int largest = 0;
	for (int i = 1; i < n; i++)
		if (fabs(v[i]) > fabs(v[largest]) * (1 + 1e-9))
			largest = i;
	for (int i = 0; n && v[largest] < 0 && i < n; i++)
		if (i != largest)
			v[i] = -v[i];
	v[largest] = fabs(v[largest]);
}

enum pv_status report_eigen_symmetric(double *a, int n, double *values, double *vectors, struct pv_error *err)
{
	enum { MOST_SWEEPS = 60 };
	double *v = calloc((size_t)n * (size_t)n + 1, sizeof *v), whole = 2 * off_diagonal(a, n);
	struct place *places = calloc((size_t)n + 1, sizeof *places);
	if (!v || !places) {
		free(v);
		free(places);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory");
	}
	for (int i = 0; i < n; i++) {
		v[i * n + i] = 1;
		whole += a[i * n + i] * a[i * n + i];
	}
	for (int sweep = 0; sweep < MOST_SWEEPS && off_diagonal(a, n) > 1e-30 * whole; sweep++)
		for (int p = 0; p < n; p++)
			for (int q = p + 1; q < n; q++)
				rotate(a, v, n, p, q);
	for (int i = 0; i < n; i++)
		places[i] = (struct place){a[i * n + i], i};
	qsort(places, (size_t)n, sizeof *places, larger_first);
	for (int i = 0; i < n; i++) {
		values[i] = places[i].value;
		memcpy(vectors + (size_t)i * (size_t)n, v + (size_t)places[i].at * (size_t)n, (size_t)n * sizeof *v);
		orient(vectors + (size_t)i * (size_t)n, n);
	}
	free(v);
	free(places);
	return PV_OK;
}

/* out (m, m) = products of the centred points, over points (m = d) or over dimensions (m = n) */
static void products(const double *x, size_t n, size_t d, bool over_points, double *out)
{
	const size_t m = over_points ? d : n, inner = over_points ? n : d, step = over_points ? d : 1, next = over_points ? 1 : d;
	for (size_t i = 0; i < m; i++)
		for (size_t j = i; j < m; j++) {
			double sum = 0;
			for (size_t k = 0; k < inner; k++)
				sum += x[i * next + k * step] * x[j * next + k * step];
			out[i * m + j] = out[j * m + i] = sum;
		}
}

/* The axis (d) that belongs to an eigenvector of the Gram matrix, turned as one of the covariance would be. */
static double sign_of_axis(const double *x, size_t n, size_t d, const double *u)
{
	double largest = 0;
	for (size_t k = 0; k < d; k++) {
		double loading = 0;
		for (size_t i = 0; i < n; i++)
			loading += u[i] * x[i * d + k];
		largest = fabs(loading) > fabs(largest) * (1 + 1e-9) ? loading : largest;
	}
	return largest < 0 ? -1 : 1;
}

static void scores(const double *x, size_t n, size_t d, bool covariance, const double *value, const double *vectors, double *plane)
{
	const size_t m = covariance ? d : n;
	for (size_t c = 0; c < 2; c++) {
		const double *v = vectors + c * m;
		const double size = c < m && value[c] > 1e-12 * value[0] ? sqrt(value[c]) : 0;
		const double sign = c < m && !covariance ? sign_of_axis(x, n, d, v) : 1;
		for (size_t i = 0; i < n; i++) {
			double sum = 0;
			for (size_t k = 0; covariance && c < m && size > 0 && k < d; k++)
				sum += x[i * d + k] * v[k];
			plane[2 * i + c] = covariance || c >= m ? sum : sign * size * v[i];
		}
	}
}

enum pv_status report_pca(const double *x, size_t n, size_t d, double *plane, double shares[2], struct pv_error *err)
{
	const bool covariance = d <= n;
	const size_t m = covariance ? d : n;
	double *centred = malloc((n * d + 1) * sizeof *centred), *a = malloc((m * m + 1) * sizeof *a);
	double *values = calloc(m + 2, sizeof *values), *vectors = calloc(m * m + 2, sizeof *vectors), whole = 0;
	enum pv_status status = centred && a && values && vectors ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	for (size_t k = 0; status == PV_OK && k < d; k++) {
		double mean = 0;
		for (size_t i = 0; i < n; i++)
			mean += x[i * d + k] / (double)n;
		for (size_t i = 0; i < n; i++)
			centred[i * d + k] = x[i * d + k] - mean;
	}
	if (status == PV_OK) {
		products(centred, n, d, covariance, a);
		status = report_eigen_symmetric(a, (int)m, values, vectors, err);
	}
	if (status == PV_OK) {
		scores(centred, n, d, covariance, values, vectors, plane);
		for (size_t i = 0; i < m; i++)
			whole += fmax(values[i], 0);
		for (int c = 0; c < 2; c++)
			shares[c] = whole > 0 ? fmax(values[c], 0) / whole : NAN;
	}
	free(centred);
	free(a);
	free(values);
	free(vectors);
	return status;
}
