/*
 * tsne.c - t-distributed stochastic neighbour embedding, with exact gradients
 *
 *   p_ij  how near points are where they come from: Gaussian, with a width for each point that gives it `perplexity` neighbours
 *   q_ij  how near they are in the plane: 1 / (1 + distance^2), normalised
 *   dC/dy_i = 4 sum_j (p_ij - q_ij) (y_i - y_j) / (1 + |y_i - y_j|^2)
 *
 * Everything is double precision and in the order of the points, so the same points give the same plane.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "report/pca.h"

struct tsne {
	size_t n;
	double *p;        /* (n, n) joint probabilities */
	double *y;        /* (n, 2) the plane */
	double *gradient; /* (n, 2) */
	double *speed;    /* (n, 2) */
	double *gain;     /* (n, 2) */
	double *near;     /* (n, n) 1 / (1 + distance^2) in the plane */
};

/* Squared distances, scaled to a mean of 1 so that widths are found from the same start for any unit. */
static void distances(const double *x, size_t n, size_t d, double *out)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++) {
			double s = 0;
			for (size_t k = 0; k < d; k++)
				s += (x[i * d + k] - x[j * d + k]) * (x[i * d + k] - x[j * d + k]);
			out[i * n + j] = out[j * n + i] = s;
			sum += 2 * s;
		}
	const double mean = sum > 0 ? sum / (double)(n * (n - 1)) : 1;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			out[i * n + j] = i == j ? 0 : out[i * n + j] / mean;
}

/* Probabilities of the others seen from point i, with precision beta; returns their entropy in nats. */
static double conditional(const double *distance, size_t n, size_t i, double beta, double *p)
{
	double nearest = INFINITY, sum = 0, weighted = 0;
	for (size_t j = 0; j < n; j++)
		nearest = j != i && distance[j] < nearest ? distance[j] : nearest;
	for (size_t j = 0; j < n; j++) {
		p[j] = j == i ? 0 : exp(-beta * (distance[j] - nearest));
		sum += p[j];
		weighted += p[j] * (distance[j] - nearest);
	}
	for (size_t j = 0; j < n; j++)
		p[j] /= sum;
	return log(sum) + beta * weighted / sum;
}

/* Replaces a row of distances by probabilities of the wanted entropy, found by bisection. */
static void calibrate(double *row, double *scratch, size_t n, size_t i, double entropy)
{
	double beta = 1, low = 0, high = INFINITY;
	for (int step = 0; step < 100; step++) {
		const double h = conditional(row, n, i, beta, scratch);
		if (fabs(h - entropy) < 1e-6)
			break;
		if (h > entropy)
			low = beta;
		else
			high = beta;
		beta = isfinite(high) ? 0.5 * (low + high) : 2 * beta;
	}
	memcpy(row, scratch, n * sizeof *row);
}

static void joint(const double *x, size_t d, double perplexity, struct tsne *t)
{
	const size_t n = t->n;
	distances(x, n, d, t->p);
	for (size_t i = 0; i < n; i++)
		calibrate(t->p + i * n, t->near, n, i, log(perplexity));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			t->p[i * n + j] = t->p[j * n + i] = (t->p[i * n + j] + t->p[j * n + i]) / (2 * (double)n);
}

/* exaggeration multiplies p: clusters form early when it is large. */
static void set_gradient(struct tsne *t, double exaggeration)
{
	const size_t n = t->n;
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++) {
			const double dx = t->y[2 * i] - t->y[2 * j], dy = t->y[2 * i + 1] - t->y[2 * j + 1];
			t->near[i * n + j] = 1 / (1 + dx * dx + dy * dy);
			sum += 2 * t->near[i * n + j];
		}
	memset(t->gradient, 0, 2 * n * sizeof *t->gradient);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++) {
			const double near = t->near[i * n + j], force = 4 * (exaggeration * t->p[i * n + j] - near / sum) * near;
			for (size_t c = 0; c < 2; c++) {
				const double pull = force * (t->y[2 * i + c] - t->y[2 * j + c]);
				t->gradient[2 * i + c] += pull;
				t->gradient[2 * j + c] -= pull;
			}
		}
}

/* One step with momentum, and gains that grow where the direction stays; then the plane is centred. */
static void move(struct tsne *t, double rate, double momentum)
{
	double mean[2] = {0, 0};
	for (size_t i = 0; i < 2 * t->n; i++) {
		const bool turned = (t->gradient[i] > 0) == (t->speed[i] > 0);
		t->gain[i] = turned ? fmax(0.8 * t->gain[i], 0.01) : t->gain[i] + 0.2;
		t->speed[i] = momentum * t->speed[i] - rate * t->gain[i] * t->gradient[i];
		t->y[i] += t->speed[i];
		mean[i % 2] += t->y[i] / (double)t->n;
	}
	for (size_t i = 0; i < 2 * t->n; i++)
		t->y[i] -= mean[i % 2];
}

/* The principal components, made small, and a trace of chance that tells equal points apart. */
static enum pv_status begin(const double *x, size_t d, uint64_t seed, struct tsne *t, struct pv_error *err)
{
	double shares[2], sum = 0;
	struct base_random rng;
	TRY(report_pca(x, t->n, d, t->y, shares, err));
	for (size_t i = 0; i < t->n; i++)
		sum += t->y[2 * i] * t->y[2 * i];
	const double scale = sum > 0 ? 1e-4 / sqrt(sum / (double)t->n) : 0;
	base_random_init(&rng, seed);
	for (size_t i = 0; i < 2 * t->n; i++) {
		t->y[i] = t->y[i] * scale + 1e-7 * (base_random_unit(&rng) - 0.5);
		t->gain[i] = 1;
	}
	return PV_OK;
}

static enum pv_status run(const double *x, size_t d, double perplexity, uint64_t seed, struct tsne *t, struct pv_error *err)
{
	enum { EARLY = 250 };
	const double exaggeration = 12, rate = fmax((double)t->n / exaggeration, 50);
	TRY(begin(x, d, seed, t, err));
	joint(x, d, fmax(fmin(perplexity, (double)(t->n - 1) / 3), 1), t);
	for (int i = 0; i < REPORT_TSNE_ITERATIONS; i++) {
		set_gradient(t, i < EARLY ? exaggeration : 1);
		move(t, rate, i < EARLY ? 0.5 : 0.8);
	}
	return PV_OK;
}

enum pv_status report_tsne(const double *x, size_t n, size_t d, double perplexity, uint64_t seed, double *plane, struct pv_error *err)
{
	FAIL_IF(n < 4, err, PV_ERR_ARG, "t-SNE needs at least 4 points, not %zu", n);
	struct tsne t = {n,
	                 calloc(n * n, sizeof *t.p),
	                 plane,
	                 calloc(2 * n, sizeof *t.gradient),
	                 calloc(2 * n, sizeof *t.speed),
	                 calloc(2 * n, sizeof *t.gain),
	                 calloc(n * n, sizeof *t.near)};
	enum pv_status status = PV_OK;
	if (t.p && t.gradient && t.speed && t.gain && t.near)
		status = run(x, d, perplexity, seed, &t, err);
	else
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory");
	free(t.p);
	free(t.gradient);
	free(t.speed);
	free(t.gain);
	free(t.near);
	return status;
}
