/*
 * ridge.c - machine vectors in closed form
 *
 * The normal equations of every program are kept apart: leaving a program out is then a subtraction, and trying a ridge strength costs one
 * factorisation per program, whatever the number of segments. Everything is in double.
 */
#include "fit/ridge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/linalg.h"

/* Strengths tried, relative to the mean square of a column. */
static const double grid[] = {1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1};
enum { N_GRID = sizeof grid / sizeof *grid };

/* Segments whose products are summed by one call. */
enum { BLOCK = 256 };
static const double without_data = 1e-4;

/*
 * A unit that hardly ever fires in the training programs costs next to no error whatever its weight, and a ridge relative to its own mean
 * square none either; in another program it may fire at every row. So weights are held down a little in units of activations, which are
 * at most 1, against mean segment times: a weight that makes one row of full activation worth a mean segment costs as much as being wrong
 * by 1 % everywhere. Units that fire at all are far above this.
 */
static const double prior = 1e-4;

/* A segment much shorter than the mean weighs no more than one of this share of it. */
static const double least_share = 0.1;

/* Columns are the representation's D, and the row count when there is a constant: C in all. */
struct fit {
	const struct represent_segments *train, *valid;
	int C, D, K, P;
	bool constant;
	int *index; /* number in the dataset -> 0..P-1, or -1 */
	int n_index;
	double *mean;          /* (K) mean time of a segment */
	double *weight;        /* (n) */
	double *column;        /* (C) root mean square */
	double *a, *b;         /* (P, C, C), (P, C, K): normal equations of each program */
	double *total_x;       /* (P, C) training and validation, scaled */
	double *total_y;       /* (P, K) the same, in mean times */
	double *sum_a, *sum_b; /* (C, C), (C, K): of all programs */
	double *l, *w;         /* (C, C), (C, K): work and solution */
	double *x, *y;         /* (BLOCK, C), (BLOCK, K): segments, scaled and weighted */
};

static void fit_release(struct fit *f)
{
	free(f->index);
	free(f->mean);
	free(f->weight);
	free(f->column);
	free(f->a);
	free(f->b);
	free(f->total_x);
	free(f->total_y);
	free(f->sum_a);
	free(f->sum_b);
	free(f->l);
	free(f->w);
	free(f->x);
	free(f->y);
}

/* Numbers the programs that occur in the training segments. */
static bool number_programs(struct fit *f)
{
	for (size_t i = 0; i < f->train->n; i++)
		if (f->train->program[i] >= f->n_index)
			f->n_index = f->train->program[i] + 1;
	f->index = malloc((size_t)f->n_index * sizeof *f->index);
	if (!f->index)
		return false;
	for (int i = 0; i < f->n_index; i++)
		f->index[i] = -1;
	for (size_t i = 0; i < f->train->n; i++)
		if (f->index[f->train->program[i]] < 0)
			f->index[f->train->program[i]] = f->P++;
	return true;
}

static int program_of(const struct fit *f, const struct represent_segments *g, size_t i)
{
	return g->program[i] < f->n_index ? f->index[g->program[i]] : -1;
}

static enum pv_status fit_init(struct fit *f, const struct represent_segments *train, const struct represent_segments *valid, bool constant,
                               struct pv_error *err)
{
	*f = (struct fit){.train = train, .valid = valid, .D = train->D, .K = train->K, .constant = constant};
	f->C = f->D + constant;
	FAIL_IF(!number_programs(f), err, PV_ERR_NOMEM, "out of memory");
	const size_t C = (size_t)f->C, K = (size_t)f->K, P = (size_t)f->P;
	f->mean = base_doubles_new(K);
	f->weight = base_doubles_new(train->n);
	f->column = base_doubles_new(C);
	f->a = base_doubles_new(P * C * C);
	f->b = base_doubles_new(P * C * K);
	f->total_x = base_doubles_new(P * C);
	f->total_y = base_doubles_new(P * K);
	f->sum_a = base_doubles_new(C * C);
	f->sum_b = base_doubles_new(C * K);
	f->l = base_doubles_new(C * C);
	f->w = base_doubles_new(C * K);
	f->x = base_doubles_new(BLOCK * C);
	f->y = base_doubles_new(BLOCK * K);
	FAIL_IF(!f->mean || !f->weight || !f->column || !f->a || !f->b || !f->total_x || !f->total_y || !f->sum_a || !f->sum_b || !f->l ||
	            !f->w || !f->x || !f->y,
	        err, PV_ERR_NOMEM, "out of memory for the ridge fit of %d machines", f->K);
	return PV_OK;
}

static double x_at(const struct fit *f, const struct represent_segments *g, size_t i, int c)
{
	return c < f->D ? g->x[i * (size_t)f->D + (size_t)c] : g->rows[i];
}

/* Mean segment times, and each segment's weight: 1 / its share of the mean, then every program the same sum. */
static enum pv_status weigh(struct fit *f, struct pv_error *err)
{
	const struct represent_segments *g = f->train;
	const size_t K = (size_t)f->K;
	for (size_t i = 0; i < g->n; i++)
		for (size_t k = 0; k < K; k++)
			f->mean[k] += g->y[i * K + k] / (double)g->n;
	double *of_program = base_doubles_new((size_t)f->P);
	FAIL_IF(!of_program, err, PV_ERR_NOMEM, "out of memory");
	for (size_t k = 0; k < K; k++)
		if (!(f->mean[k] > 0))
			f->mean[k] = 1; /* a machine that takes no time: its vector becomes 0 */
	for (size_t i = 0; i < g->n; i++) {
		double share = 0;
		for (size_t k = 0; k < K; k++)
			share += g->y[i * K + k] / f->mean[k] / (double)K;
		f->weight[i] = 1 / (share > least_share ? share : least_share);
		of_program[program_of(f, g, i)] += f->weight[i];
	}
	for (size_t i = 0; i < g->n; i++)
		f->weight[i] /= of_program[program_of(f, g, i)] * (double)f->P;
	free(of_program);
	return PV_OK;
}

static enum pv_status scale_columns(struct fit *f, struct pv_error *err)
{
	for (size_t i = 0; i < f->train->n; i++)
		for (int c = 0; c < f->C; c++) {
			double x = x_at(f, f->train, i, c);
			f->column[c] += f->weight[i] * x * x;
		}
	for (int c = 0; c < f->C; c++) {
		FAIL_IF(!isfinite(f->column[c]), err, PV_ERR_RANGE, "representation %d is not finite", c);
		f->column[c] = f->column[c] > 0 ? sqrt(f->column[c]) : 1;
	}
	return PV_OK;
}

/* One segment as a line of x and of y, scaled by the root of its weight, so that products of two lines have the weight. */
static void put_line(const struct fit *f, size_t i, double *x, double *y)
{
	const double root = sqrt(f->weight[i]);
	for (int c = 0; c < f->C; c++)
		x[c] = root * x_at(f, f->train, i, c) / f->column[c];
	for (int k = 0; k < f->K; k++)
		y[k] = root * f->train->y[i * (size_t)f->K + (size_t)k] / f->mean[k];
}

/* The normal equations of each program, and of all. Segments of a program are consecutive: they are taken in blocks. */
static void accumulate(struct fit *f)
{
	const size_t C = (size_t)f->C, K = (size_t)f->K;
	for (size_t i = 0, n; i < f->train->n; i += n) {
		const size_t p = (size_t)program_of(f, f->train, i);
		for (n = 0; n < BLOCK && i + n < f->train->n && f->train->program[i + n] == f->train->program[i]; n++)
			put_line(f, i + n, f->x + n * C, f->y + n * K);
		base_add_gram((int)n, f->C, f->x, f->a + p * C * C);
		base_multiply_tn(f->C, f->K, (int)n, 1, f->x, f->y, 1, f->b + p * C * K);
	}
	for (size_t p = 0; p < (size_t)f->P; p++) {
		for (size_t i = 0; i < C * C; i++)
			f->sum_a[i] += f->a[p * C * C + i];
		for (size_t i = 0; i < C * K; i++)
			f->sum_b[i] += f->b[p * C * K + i];
	}
}

static void add_totals(struct fit *f, const struct represent_segments *g)
{
	const size_t C = (size_t)f->C, K = (size_t)f->K;
	for (size_t i = 0; g && i < g->n; i++) {
		int p = program_of(f, g, i);
		if (p < 0)
			continue;
		for (size_t c = 0; c < C; c++)
			f->total_x[(size_t)p * C + c] += x_at(f, g, i, (int)c) / f->column[c];
		for (size_t k = 0; k < K; k++)
			f->total_y[(size_t)p * K + k] += g->y[i * K + k] / f->mean[k];
	}
}

/* Solves for one strength, without one program (-1: with all); the solution is in f->w. */
static bool solve(struct fit *f, double ridge, int without)
{
	const size_t C = (size_t)f->C, K = (size_t)f->K;
	memcpy(f->l, f->sum_a, C * C * sizeof *f->l);
	memcpy(f->w, f->sum_b, C * K * sizeof *f->w);
	if (without >= 0) {
		for (size_t i = 0; i < C * C; i++)
			f->l[i] -= f->a[(size_t)without * C * C + i];
		for (size_t i = 0; i < C * K; i++)
			f->w[i] -= f->b[(size_t)without * C * K + i];
	}
	for (size_t c = 0; c < C; c++)
		f->l[c * C + c] += ridge + (c < (size_t)f->D ? prior / (f->column[c] * f->column[c]) : 0);
	if (!base_cholesky(f->l, f->C))
		return false;
	base_cholesky_solve(f->l, f->C, f->w, f->K);
	return true;
}

/* The solution in f->w as machine vectors in the units of the data. */
static void unscale(const struct fit *f, double *w, double *b)
{
	for (int k = 0; k < f->K; k++) {
		for (int c = 0; c < f->D; c++)
			w[(size_t)k * (size_t)f->D + (size_t)c] = f->w[(size_t)c * (size_t)f->K + (size_t)k] / f->column[c] * f->mean[k];
		if (b)
			b[k] = f->w[(size_t)f->D * (size_t)f->K + (size_t)k] / f->column[f->D] * f->mean[k];
	}
}

/* Mean absolute relative error of the programs, each predicted from the others. */
static double left_out_error(struct fit *f, double ridge)
{
	double sum = 0;
	for (int p = 0; p < f->P; p++) {
		if (!solve(f, ridge, p))
			return NAN;
		for (int k = 0; k < f->K; k++) {
			double predicted = 0, truth = f->total_y[p * f->K + k];
			for (int c = 0; c < f->C; c++)
				predicted += f->total_x[p * f->C + c] * f->w[c * f->K + k];
			sum += truth > 0 ? fabs(predicted / truth - 1) : 0;
		}
	}
	return sum / (double)(f->P * f->K);
}

/* What decides between strengths: the mean of the two errors, as far as there are data for them. */
static double score(const struct fit_ridge_result *r)
{
	if (isnan(r->left_out_error))
		return r->error;
	return isnan(r->error) ? r->left_out_error : 0.5 * (r->error + r->left_out_error);
}

/* Fits with one strength into w and b. */
static bool attempt(struct fit *f, double ridge, double *w, double *b, struct fit_ridge_result *r)
{
	*r = (struct fit_ridge_result){.ridge = ridge, .error = NAN, .left_out_error = f->P > 1 ? left_out_error(f, ridge) : NAN};
	if ((f->P > 1 && isnan(r->left_out_error)) || !solve(f, ridge, -1))
		return false;
	unscale(f, w, b);
	if (f->valid && f->valid->n)
		r->error = fit_total_error(f->valid, w, b, &r->worst);
	return true;
}

static enum pv_status choose(struct fit *f, double *w, double *b, struct fit_ridge_result *result, struct pv_error *err)
{
	double best = NAN;
	for (int i = 0; i < N_GRID; i++) {
		struct fit_ridge_result r;
		if (!attempt(f, grid[i], w, b, &r))
			continue;
		double s = score(&r);
		if (isnan(best) || s < best) {
			best = s;
			*result = r;
		}
		if (isnan(s))
			result->ridge = without_data; /* one program and no validation rows: nothing to choose by */
	}
	FAIL_IF(result->ridge <= 0 || !attempt(f, result->ridge, w, b, result), err, PV_ERR_RANGE,
	        "no machine vectors fit: the normal equations of %d columns cannot be solved", f->C);
	return PV_OK;
}

enum pv_status fit_ridge(const struct represent_segments *train, const struct represent_segments *valid, double *w, double *b,
                         struct fit_ridge_result *result, struct pv_error *err)
{
	FAIL_IF(!train->n, err, PV_ERR_ARG, "there are no training segments to fit machine vectors to");
	struct fit f;
	*result = (struct fit_ridge_result){0};
	enum pv_status status = fit_init(&f, train, valid, b != NULL, err);
	if (status == PV_OK)
		status = weigh(&f, err);
	if (status == PV_OK)
		status = scale_columns(&f, err);
	if (status == PV_OK) {
		accumulate(&f);
		add_totals(&f, train);
		add_totals(&f, valid);
		status = choose(&f, w, b, result, err);
	}
	fit_release(&f);
	return status;
}

/* One program's totals on one machine, as a relative error; 0 when there is no time to be relative to. */
static double program_error(const struct represent_segments *g, int program, int k, const double *w, const double *b)
{
	double predicted = 0, truth = 0;
	const double *vector = w + (size_t)k * (size_t)g->D;
	for (size_t i = 0; i < g->n; i++) {
		if (g->program[i] != program)
			continue;
		const double *x = g->x + i * (size_t)g->D;
		for (int d = 0; d < g->D; d++)
			predicted += x[d] * vector[d];
		predicted += b ? b[k] * g->rows[i] : 0;
		truth += g->y[i * (size_t)g->K + (size_t)k];
	}
	return truth > 0 ? predicted / truth - 1 : 0;
}

double fit_total_error(const struct represent_segments *g, const double *w, const double *b, double *worst)
{
	double sum = 0, largest = 0;
	int n = 0, last = -1;
	for (size_t i = 0; i < g->n; i++) { /* segments of a program are consecutive */
		if (g->program[i] == last)
			continue;
		last = g->program[i];
		for (int k = 0; k < g->K; k++, n++) {
			double e = program_error(g, last, k, w, b);
			sum += fabs(e);
			largest = fabs(e) > fabs(largest) ? e : largest;
		}
	}
	if (worst)
		*worst = largest;
	return n ? sum / n : NAN;
}

int fit_total_errors(const struct represent_segments *g, const double *w, const double *b, int *programs, double *errors)
{
	int n = 0;
	for (size_t i = 0; i < g->n; i++) {
		if (n && g->program[i] == programs[n - 1])
			continue;
		programs[n] = g->program[i];
		for (int k = 0; k < g->K; k++)
			errors[n * g->K + k] = program_error(g, programs[n], k, w, b);
		n++;
	}
	return n;
}
