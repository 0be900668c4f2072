/*
 * regression.c - machine vectors, times and gradients from machine parameters
 */
#include "machine_regression/regression.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/linalg.h"
#include "uarch/params.h"

/* How much moving the machine vector costs against missing an anchor's time: docs/topics/tune.md has what was tried. */
static const double stiffness = 3;

/* A machine vector on its way; C columns and A anchors. All in one allocation. */
struct solution {
	double *y;       /* (A + C) what the regression gives */
	double *vector0; /* (C) its shape, scaled */
	double *h;       /* (C, C) factored normal equations of the correction */
	double *r;       /* (C) the correction */
	double *x;       /* (A, C) anchors over their times */
	double *lambda;  /* (C) scratch of the gradient */
	double *weights; /* (A + C) likewise */
	double scale;
};

static bool solution_init(struct solution *s, const struct machine_regression *net)
{
	const size_t A = (size_t)net->A, C = (size_t)net->C;
	double *all = calloc(2 * (A + C) + 3 * C + C * C + A * C, sizeof *all);
	*s = (struct solution){.y = all};
	if (!all)
		return false;
	s->weights = s->y + A + C;
	s->vector0 = s->weights + A + C;
	s->r = s->vector0 + C;
	s->lambda = s->r + C;
	s->h = s->lambda + C;
	s->x = s->h + C * C;
	return true;
}

static double product(const double *a, const double *b, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

/* What added to the machine vector makes the anchors' times come out: errors are relative, and columns count by their size. */
static bool correct(const struct machine_regression *net, struct solution *s)
{
	const size_t A = (size_t)net->A, C = (size_t)net->C;
	for (size_t a = 0; a < A; a++) {
		double *x = s->x + a * C;
		const double time = exp(s->y[a]);
		for (size_t c = 0; c < C; c++)
			x[c] = net->anchors[a * C + c] / time;
		const double missing = 1 - product(x, s->vector0, C);
		for (size_t c = 0; c < C; c++) {
			s->r[c] += x[c] * missing;
			for (size_t e = 0; e <= c; e++)
				s->h[c * C + e] += x[c] * x[e];
		}
	}
	for (size_t c = 0; c < C; c++)
		s->h[c * C + c] = s->h[c * C + c] > 0 ? s->h[c * C + c] * (1 + stiffness / (double)A) : 1;
	if (!base_cholesky(s->h, net->C))
		return false;
	base_cholesky_solve(s->h, net->C, s->r, 1);
	return true;
}

static enum pv_status solve(const struct machine_regression *net, const double *x, struct solution *s, struct pv_error *err)
{
	const size_t A = (size_t)net->A, C = (size_t)net->C;
	double mean = 0;
	regression_gp_value(&net->gp, x, s->y);
	for (size_t a = 0; a < A; a++)
		mean += s->y[a] / (double)A;
	s->scale = exp(mean);
	for (size_t c = 0; c < C; c++)
		s->vector0[c] = s->scale * s->y[A + c];
	FAIL_IF(!correct(net, s), err, PV_ERR_RANGE, "a machine's vector cannot be computed from its parameters");
	return PV_OK;
}

enum pv_status machine_regression_vector(const struct machine_regression *net, const struct pv_uarch *uarch, double *vector,
                                         struct pv_error *err)
{
	struct solution s;
	double *x = calloc((size_t)net->inputs.d, sizeof *x);
	enum pv_status status = solution_init(&s, net) && x ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (status == PV_OK) {
		regression_machine_inputs_get(&net->inputs, uarch, x);
		status = solve(net, x, &s, err);
	}
	for (size_t c = 0; status == PV_OK && c < (size_t)net->C; c++) {
		vector[c] = s.vector0[c] + s.r[c];
		if (!(fabs(vector[c]) < (double)FLT_MAX))
			status = base_error_set(err, PV_ERR_RANGE, "machine '%s': its vector is not finite", uarch->name);
	}
	free(s.y);
	free(x);
	return status;
}

/*
 * Reverse mode through the correction. With l = H^-1 program, m_a = 1 - x_a vector0 and dx_a = -x_a dy_a,
 *
 *   dtime = program dvector0 + l (dg - dH r) = sum_a (l x_a) [dy_a (x_a vector0 - m_a + 2 x_a r) - x_a dvector0] + program dvector0
 *
 * and a small term of the same form from the stiffness on the diagonal of H.
 */
static void gradient_of(const struct machine_regression *net, const double *x, const double *program, struct solution *s, double *gradient)
{
	const size_t A = (size_t)net->A, C = (size_t)net->C;
	double *shape = s->weights + A, along = 0;
	memcpy(s->lambda, program, C * sizeof *program);
	memcpy(shape, program, C * sizeof *program);
	base_cholesky_solve(s->h, net->C, s->lambda, 1);
	for (size_t a = 0; a < A; a++) {
		const double *xa = s->x + a * C;
		const double l = product(s->lambda, xa, C), known = product(xa, s->vector0, C);
		double stiff = 0;
		for (size_t c = 0; c < C; c++) {
			stiff += s->lambda[c] * s->r[c] * xa[c] * xa[c];
			shape[c] -= l * xa[c];
		}
		s->weights[a] = l * (known - (1 - known) + 2 * product(xa, s->r, C)) + 2 * stiffness / (double)A * stiff;
	}
	/* vector0 is the shape times the geometric mean of the anchors' times. */
	along = product(shape, s->vector0, C);
	for (size_t a = 0; a < A; a++)
		s->weights[a] += along / (double)A;
	for (size_t c = 0; c < C; c++)
		shape[c] *= s->scale;
	regression_gp_gradient(&net->gp, x, s->weights, gradient);
}

enum pv_status machine_regression_time(const struct machine_regression *net, const double *x, const double *program, double *time,
                                       double *gradient, struct pv_error *err)
{
	const size_t C = (size_t)net->C;
	struct solution s;
	FAIL_IF(!solution_init(&s, net), err, PV_ERR_NOMEM, "out of memory");
	const enum pv_status status = solve(net, x, &s, err);
	if (status == PV_OK) {
		*time = product(program, s.vector0, C) + product(program, s.r, C);
		if (gradient)
			gradient_of(net, x, program, &s, gradient);
	}
	free(s.y);
	return status;
}

/* ---- life -------------------------------------------------------------------------------------------------------------------------- */

void machine_regression_free(struct machine_regression *net)
{
	if (!net)
		return;
	regression_machine_inputs_release(&net->inputs);
	regression_gp_release(&net->gp);
	free(net->anchors);
	free(net->names);
	free(net->packed);
	free(net);
}

enum pv_status machine_regression_finish(struct machine_regression *net, struct pv_error *err)
{
	const size_t n = (size_t)net->inputs.n;
	free(net->names);
	free(net->packed);
	net->names = calloc((size_t)net->inputs.d + 1, sizeof *net->names);
	net->packed = calloc(3 * n + 1, sizeof *net->packed);
	FAIL_IF(!net->names || !net->packed, err, PV_ERR_NOMEM, "out of memory");
	for (size_t i = 0, named = 0; i < n; i++) {
		const struct regression_machine_input *c = &net->inputs.columns[i];
		const double packed[3] = {c->mean, c->deviation, c->same_as};
		memcpy(net->packed + 3 * i, packed, sizeof packed);
		if (c->same_as < 0)
			net->names[named++] = c->name;
	}
	net->kernel[0] = net->gp.noise;
	net->kernel[1] = net->gp.linear;
	net->kernel[2] = isnan(net->error) ? -1 : net->error;
	return PV_OK;
}

static void *duplicate(const void *data, size_t n_bytes)
{
	void *copy = malloc(n_bytes ? n_bytes : 1);
	if (copy && n_bytes)
		memcpy(copy, data, n_bytes);
	return copy;
}

enum pv_status machine_regression_copy(const struct machine_regression *net, struct machine_regression **copy, struct pv_error *err)
{
	struct machine_regression *c = duplicate(net, sizeof *net);
	FAIL_IF(!c, err, PV_ERR_NOMEM, "out of memory");
	const struct regression_gp *g = &net->gp;
	const size_t n = (size_t)g->n, d = (size_t)g->d, q = (size_t)g->q, real = sizeof(double);
	bool good = true;
	c->names = NULL;
	c->packed = NULL;
	c->anchors = duplicate(net->anchors, (size_t)net->A * (size_t)net->C * real);
	c->gp.scale = duplicate(g->scale, d * real);
	c->gp.x = duplicate(g->x, n * d * real);
	c->gp.mean = duplicate(g->mean, q * real);
	c->gp.alpha = duplicate(g->alpha, n * q * real);
	c->inputs.columns = duplicate(net->inputs.columns, (size_t)net->inputs.n * sizeof *net->inputs.columns);
	c->inputs.free = duplicate(net->inputs.free, (size_t)net->inputs.n_free * sizeof *net->inputs.free);
	for (int k = 0; k < 2; k++) {
		c->inputs.base[k] = NULL;
		if (net->inputs.base[k])
			good = pv_uarch_copy(net->inputs.base[k], &c->inputs.base[k], err) == PV_OK && good;
	}
	good = good && c->anchors && c->gp.scale && c->gp.x && c->gp.mean && c->gp.alpha && c->inputs.columns && c->inputs.free;
	if (!good || machine_regression_finish(c, err) != PV_OK) {
		machine_regression_free(c);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory");
	}
	*copy = c;
	return PV_OK;
}
