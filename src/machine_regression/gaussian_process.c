/*
 * gaussian_process.c - marginal likelihood and its gradient, Adam over the logarithms of the scales, and the closed form
 *
 * With the amplitude profiled out, N = -log p(Y) per output is 1/2 log det K + n/2 log t, t = tr(Y' K^-1 Y) / (n q), and
 *
 *   dN/dtheta = sum_ab G_ab dK_ab/dtheta,     G = 1/2 (K^-1 - B B' / (q t)),  B = K^-1 Y
 *
 * dK/dlog s_j = s_j^2 (2 linear x_j x_j' - E (x_aj - x_bj)^2), where E is the exponential part: the sums over a and b become products of G
 * and of G.E with X, so that all scales together cost n^2 d.
 */
#include "machine_regression/gaussian_process.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/linalg.h"

enum { STEPS = 80 };
static const double step_size = 0.1, least_noise = 1e-6;

/* Work of a search; theta holds the logarithms of scales, noise and linear. */
struct search {
	int n, d, q;
	const double *x, *y;
	double *centred;               /* (n, q) */
	double *theta, *slope, *m, *v; /* (d + 2) */
	double *best;                  /* (d + 2) */
	double *k, *e, *l, *g;         /* (n, n) */
	double *b;                     /* (n, q) */
	double *gx, *ex, *row;         /* (n, d), (n, d), (n) */
	double nll, best_nll;
};

static double dot(const double *a, const double *b, int n)
{
	double sum = 0;
	for (int i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

static double square_distance(const double *a, const double *b, int n)
{
	double sum = 0;
	for (int i = 0; i < n; i++)
		sum += (a[i] - b[i]) * (a[i] - b[i]);
	return sum;
}

/* Means of the columns of y (n, q), and y without them. */
static void centre(const double *y, int n, int q, double *mean, double *centred)
{
	for (int c = 0; c < q; c++)
		mean[c] = 0;
	for (int i = 0; i < n; i++)
		for (int c = 0; c < q; c++)
			mean[c] += y[(size_t)i * (size_t)q + (size_t)c] / n;
	for (int i = 0; i < n; i++)
		for (int c = 0; c < q; c++)
			centred[(size_t)i * (size_t)q + (size_t)c] = y[(size_t)i * (size_t)q + (size_t)c] - mean[c];
}

/* ---- likelihood -------------------------------------------------------------------------------------------------------------------- */

/* The kernel's exponential part in e, all of it with the noise in k. gx and row serve as scratch: scaled examples, their squares. */
static void fill_kernel(struct search *s)
{
	const size_t n = (size_t)s->n, d = (size_t)s->d;
	const double noise = exp(s->theta[d]) + least_noise, linear = exp(s->theta[d + 1]);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < d; j++)
			s->gx[i * d + j] = s->x[i * d + j] * exp(s->theta[j]);
	base_multiply_nt(s->n, s->n, s->d, 1, s->gx, s->gx, 0, s->k);
	for (size_t i = 0; i < n; i++)
		s->row[i] = s->k[i * n + i];
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++) {
			const double product = s->k[i * n + j], square_distance = i == j ? 0 : s->row[i] + s->row[j] - 2 * product;
			s->e[i * n + j] = s->e[j * n + i] = exp(-0.5 * square_distance);
			s->k[i * n + j] = s->k[j * n + i] = s->e[i * n + j] + linear * product + (i == j ? noise : 0);
		}
}

/* Negative log likelihood; g gets K^-1, b K^-1 Y. False when K cannot be factored. */
static bool likelihood(struct search *s, double *t)
{
	const size_t n = (size_t)s->n, q = (size_t)s->q;
	memcpy(s->l, s->k, n * n * sizeof *s->l);
	if (!base_cholesky(s->l, s->n))
		return false;
	double log_det = 0;
	for (size_t i = 0; i < n; i++)
		log_det += 2 * log(s->l[i * n + i]);
	memcpy(s->g, s->l, n * n * sizeof *s->g);
	base_cholesky_inverse(s->g, s->n);
	base_multiply(s->n, s->q, s->n, 1, s->g, s->centred, 0, s->b);
	*t = dot(s->b, s->centred, (int)(n * q)) / (double)(n * q);
	s->nll = 0.5 * log_det + 0.5 * (double)n * log(*t);
	return *t > 0 && isfinite(s->nll);
}

/* sum_ab x_aj M_ab x_bj for every input j, into sums; mx (n, d) is scratch. */
static void quadratic_forms(const struct search *s, const double *matrix, double *mx, double *sums)
{
	const size_t n = (size_t)s->n, d = (size_t)s->d;
	base_multiply(s->n, s->d, s->n, 1, matrix, s->x, 0, mx);
	memset(sums, 0, d * sizeof *sums);
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < d; c++)
			sums[c] += s->x[i * d + c] * mx[i * d + c];
}

/* Slopes of the negative log likelihood along theta; m of Adam is not touched, ex and gx are scratch. */
static bool slopes(struct search *s)
{
	const size_t n = (size_t)s->n, d = (size_t)s->d;
	const double noise = exp(s->theta[d]), linear = exp(s->theta[d + 1]);
	double t, trace = 0, along_linear = 0;
	fill_kernel(s);
	if (!likelihood(s, &t))
		return false;
	base_multiply_nt(s->n, s->n, s->q, -0.5 / (s->q * t), s->b, s->b, 0.5, s->g);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			const double g = s->g[i * n + j];
			trace += i == j ? g : 0;
			along_linear += g * (s->k[i * n + j] - s->e[i * n + j] - (i == j ? noise + least_noise : 0));
		}
	quadratic_forms(s, s->g, s->gx, s->slope);
	for (size_t c = 0; c < d; c++)
		s->slope[c] *= 2 * linear * exp(2 * s->theta[c]);
	for (size_t i = 0; i < n; i++) {
		s->row[i] = 0;
		for (size_t j = 0; j < n; j++) {
			s->e[i * n + j] *= s->g[i * n + j];
			s->row[i] += s->e[i * n + j];
		}
	}
	quadratic_forms(s, s->e, s->gx, s->ex);
	for (size_t c = 0; c < d; c++) {
		double squares = 0;
		for (size_t i = 0; i < n; i++)
			squares += s->row[i] * s->x[i * d + c] * s->x[i * d + c];
		s->slope[c] -= 2 * exp(2 * s->theta[c]) * (squares - s->ex[c]);
	}
	s->slope[d] = noise * trace;
	s->slope[d + 1] = along_linear;
	return true;
}

/* ---- search ------------------------------------------------------------------------------------------------------------------------ */

static enum pv_status search_init(struct search *s, const double *x, int n, int d, const double *y, int q, struct pv_error *err)
{
	const size_t N = (size_t)n, D = (size_t)d, Q = (size_t)q;
	*s = (struct search){.n = n, .d = d, .q = q, .x = x, .y = y, .best_nll = INFINITY};
	s->centred = base_doubles_new(N * Q);
	s->theta = base_doubles_new(D + 2);
	s->slope = base_doubles_new(D + 2);
	s->m = base_doubles_new(D + 2);
	s->v = base_doubles_new(D + 2);
	s->best = base_doubles_new(D + 2);
	s->k = base_doubles_new(N * N);
	s->e = base_doubles_new(N * N);
	s->l = base_doubles_new(N * N);
	s->g = base_doubles_new(N * N);
	s->b = base_doubles_new(N * Q);
	s->gx = base_doubles_new(N * D);
	s->ex = base_doubles_new(N * D);
	s->row = base_doubles_new(N + Q);
	FAIL_IF(!s->centred || !s->theta || !s->slope || !s->m || !s->v || !s->best || !s->k || !s->e || !s->l || !s->g || !s->b ||
	            !s->gx || !s->ex || !s->row,
	        err, PV_ERR_NOMEM, "out of memory for a regression over %d machines", n);
	centre(y, n, q, s->row, s->centred);
	for (size_t j = 0; j < D; j++)
		s->theta[j] = -0.5 * log((double)d);
	s->theta[D] = log(0.03);
	s->theta[D + 1] = 0;
	memcpy(s->best, s->theta, (D + 2) * sizeof *s->best);
	return PV_OK;
}

static void search_release(struct search *s)
{
	double *const all[] = {s->centred, s->theta, s->slope, s->m, s->v, s->best, s->k, s->e, s->l, s->g, s->b, s->gx, s->ex, s->row};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		free(all[i]);
}

/* Adam, which takes steps of about the same length along scales that matter much and little. */
static void search_run(struct search *s)
{
	const size_t P = (size_t)s->d + 2;
	for (int step = 1; step <= STEPS && slopes(s); step++) {
		if (s->nll < s->best_nll) {
			s->best_nll = s->nll;
			memcpy(s->best, s->theta, P * sizeof *s->best);
		}
		for (size_t j = 0; j < P; j++) {
			s->m[j] = 0.9 * s->m[j] + 0.1 * s->slope[j];
			s->v[j] = 0.99 * s->v[j] + 0.01 * s->slope[j] * s->slope[j];
			const double m = s->m[j] / (1 - pow(0.9, step)), v = s->v[j] / (1 - pow(0.99, step));
			s->theta[j] -= step_size * m / (sqrt(v) + 1e-8);
		}
	}
}

enum pv_status regression_gp_scales(const double *x, int n, int d, const double *y, int q, struct regression_gp *gp, struct pv_error *err)
{
	struct search s;
	*gp = (struct regression_gp){.d = d, .scale = base_doubles_new((size_t)d)};
	enum pv_status status = search_init(&s, x, n, d, y, q, err);
	if (status == PV_OK && !gp->scale)
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (status == PV_OK) {
		search_run(&s);
		for (int j = 0; j < d; j++)
			gp->scale[j] = exp(s.best[j]);
		gp->noise = exp(s.best[d]) + least_noise;
		gp->linear = exp(s.best[d + 1]);
	} else {
		regression_gp_release(gp);
	}
	search_release(&s);
	return status;
}

/* ---- examples ---------------------------------------------------------------------------------------------------------------------- */

static double kernel(const struct regression_gp *gp, const double *a, const double *b)
{
	return exp(-0.5 * square_distance(a, b, gp->d)) + gp->linear * dot(a, b, gp->d);
}

enum pv_status regression_gp_fit(struct regression_gp *gp, const double *x, int n, const double *y, int q, struct pv_error *err)
{
	const size_t N = (size_t)n, D = (size_t)gp->d, Q = (size_t)q;
	double *k = base_doubles_new(N * N);
	free(gp->x);
	free(gp->mean);
	free(gp->alpha);
	gp->n = n;
	gp->q = q;
	gp->x = base_doubles_new(N * D);
	gp->mean = base_doubles_new(Q);
	gp->alpha = base_doubles_new(N * Q);
	if (!k || !gp->x || !gp->mean || !gp->alpha) {
		free(k);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory for a regression over %d machines", n);
	}
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j < D; j++)
			gp->x[i * D + j] = x[i * D + j] * gp->scale[j];
	centre(y, n, q, gp->mean, gp->alpha);
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j <= i; j++)
			k[i * N + j] = kernel(gp, gp->x + i * D, gp->x + j * D) + (i == j ? gp->noise : 0);
	const bool good = base_cholesky(k, n);
	if (good)
		base_cholesky_solve(k, n, gp->alpha, q);
	free(k);
	FAIL_IF(!good, err, PV_ERR_RANGE, "the regression over %d machines cannot be solved", n);
	return PV_OK;
}

void regression_gp_value(const struct regression_gp *gp, const double *x, double *y)
{
	const size_t D = (size_t)gp->d, Q = (size_t)gp->q;
	memcpy(y, gp->mean, Q * sizeof *y);
	for (size_t i = 0; i < (size_t)gp->n; i++) {
		double distance = 0, product = 0;
		for (size_t j = 0; j < D; j++) {
			const double a = x[j] * gp->scale[j], b = gp->x[i * D + j];
			distance += (a - b) * (a - b);
			product += a * b;
		}
		const double k = exp(-0.5 * distance) + gp->linear * product;
		for (size_t c = 0; c < Q; c++)
			y[c] += k * gp->alpha[i * Q + c];
	}
}

void regression_gp_gradient(const struct regression_gp *gp, const double *x, const double *weights, double *gradient)
{
	const size_t D = (size_t)gp->d, Q = (size_t)gp->q;
	memset(gradient, 0, D * sizeof *gradient);
	for (size_t i = 0; i < (size_t)gp->n; i++) {
		const double *b = gp->x + i * D;
		double distance = 0;
		for (size_t j = 0; j < D; j++)
			distance += (x[j] * gp->scale[j] - b[j]) * (x[j] * gp->scale[j] - b[j]);
		const double along = dot(gp->alpha + i * Q, weights, gp->q), e = exp(-0.5 * distance);
		for (size_t j = 0; j < D; j++)
			gradient[j] += along * gp->scale[j] * (gp->linear * b[j] - e * (x[j] * gp->scale[j] - b[j]));
	}
}

void regression_gp_release(struct regression_gp *gp)
{
	free(gp->scale);
	free(gp->x);
	free(gp->mean);
	free(gp->alpha);
	*gp = (struct regression_gp){0};
}
