/*
 * optim.c - Adam, StepLR and gradient clipping
 *
 *   g = gradient (+ weight_decay * p when coupled)      m = beta1 m + (1 - beta1) g      v = beta2 v + (1 - beta2) g^2
 *   p = p (1 - lr * weight_decay) when decoupled        p = p - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
 *
 * Factors that are the same for all parameters are computed once, in double.
 */
#include "nn/optim.h"

#include <math.h>
#include <stdlib.h>

#include "nn/blas.h"

struct nn_adam_config nn_adam_defaults(void)
{
	return (struct nn_adam_config){.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8};
}

static enum pv_status check_config(const struct nn_adam_config *c, struct pv_error *err)
{
	FAIL_IF(!(c->lr >= 0.0 && isfinite(c->lr)), err, PV_ERR_RANGE, "learning rate %g: must be 0 or more", c->lr);
	FAIL_IF(!(c->beta1 >= 0.0 && c->beta1 < 1.0), err, PV_ERR_RANGE, "beta1 %g: must be in [0, 1)", c->beta1);
	FAIL_IF(!(c->beta2 >= 0.0 && c->beta2 < 1.0), err, PV_ERR_RANGE, "beta2 %g: must be in [0, 1)", c->beta2);
	FAIL_IF(!(c->eps >= 0.0 && isfinite(c->eps)), err, PV_ERR_RANGE, "eps %g: must be 0 or more", c->eps);
	FAIL_IF(!(c->weight_decay >= 0.0 && isfinite(c->weight_decay)), err, PV_ERR_RANGE, "weight decay %g: must be 0 or more",
	        c->weight_decay);
	return PV_OK;
}

enum pv_status nn_adam_init(struct nn_adam *adam, const struct nn_adam_config *config, size_t n, struct pv_error *err)
{
	*adam = (struct nn_adam){0};
	TRY(check_config(config, err));
	struct nn_adam a = {.config = *config, .n = n, .m = nn_floats_new(n), .v = nn_floats_new(n)};
	if (!a.m || !a.v) {
		nn_adam_release(&a);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory for the optimizer's state of %zu parameters", n);
	}
	*adam = a;
	return PV_OK;
}

void nn_adam_release(struct nn_adam *adam)
{
	free(adam->m);
	free(adam->v);
	*adam = (struct nn_adam){0};
}

void nn_adam_step(struct nn_adam *adam, float *params, const float *grads)
{
	const struct nn_adam_config *c = &adam->config;
	const double t = (double)++adam->n_steps;
	const float beta1 = (float)c->beta1, beta2 = (float)c->beta2, eps = (float)c->eps;
	const float rest1 = (float)(1.0 - c->beta1), rest2 = (float)(1.0 - c->beta2);
	const float step = (float)(c->lr / (1.0 - pow(c->beta1, t)));
	const float root = (float)sqrt(1.0 - pow(c->beta2, t));
	const float coupled = c->decoupled ? 0.0f : (float)c->weight_decay;
	const float keep = c->decoupled ? (float)(1.0 - c->lr * c->weight_decay) : 1.0f;
	float *restrict p = params, *restrict m = adam->m, *restrict v = adam->v;
	for (size_t i = 0; i < adam->n; i++) {
		float g = grads[i] + coupled * p[i];
		m[i] = beta1 * m[i] + rest1 * g;
		v[i] = beta2 * v[i] + rest2 * g * g;
		p[i] = keep * p[i] - step * m[i] / (sqrtf(v[i]) / root + eps);
	}
}

double nn_step_lr(double lr, int step_size, double gamma, int epoch)
{
	return step_size > 0 && epoch > 0 ? lr * pow(gamma, epoch / step_size) : lr;
}

double nn_grad_norm(const float *grads, size_t n)
{
	/* Eight sums in turn: vectorises, and the order is still fixed. */
	double sum[8] = {0};
	size_t i = 0;
	for (; i + 8 <= n; i += 8)
		for (size_t j = 0; j < 8; j++)
			sum[j] += (double)grads[i + j] * (double)grads[i + j];
	for (; i < n; i++)
		sum[i % 8] += (double)grads[i] * (double)grads[i];
	return sqrt(((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7])));
}

double nn_grad_clip(float *grads, size_t n, double max_norm)
{
	const double norm = nn_grad_norm(grads, n);
	const double factor = max_norm / (norm + 1e-6);
	if (max_norm <= 0.0 || !(factor < 1.0))
		return norm;
	for (size_t i = 0; i < n; i++)
		grads[i] *= (float)factor;
	return norm;
}

void nn_grad_add(float *sum, const float *grads, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum[i] += grads[i];
}
