/*
 * u_nn_optim.c - losses' weights and edges; Adam, AdamW, clipping and schedule by hand
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/losses.h"
#include "nn/optim.h"

#define assert_close(a, b, tolerance) assert_true(fabs((double)(a) - (double)(b)) <= (tolerance))

static void test_losses__by_hand(void **state)
{
	(void)state;
	static const float output[] = {3, 1, 0, 4}, target[] = {1, 1, 3, 0};
	static const double expected[] = {(4 + 0 + 9 + 16) / 4.0, (2 + 0 + 3 + 4) / 4.0, (1 + 0 + 9 / 16.0 + 16) / 4.0,
	                                  (1 + 0 + 0.75 + 4) / 4.0, 0};
	for (int kind = NN_LOSS_MSE; kind <= NN_LOSS_NL1; kind++) {
		double sum = nn_loss_sum((enum nn_loss_kind)kind, output, target, NULL, 2, 2);
		assert_close(nn_loss_value((enum nn_loss_kind)kind, sum, 4), expected[kind], 1e-12);
	}
	double sum = nn_loss_sum(NN_LOSS_RMSE, output, target, NULL, 2, 2);
	assert_close(nn_loss_value(NN_LOSS_RMSE, sum, 4), sqrt(29 / 4.0), 1e-12);
}

static void test_losses__rows_of_weight_0_may_hold_anything(void **state)
{
	(void)state;
	static const float output[] = {NAN, INFINITY, 1, 2}, target[] = {0, 0, 3, 2}, weight[] = {0, 1};
	float d[4] = {7, 7, 7, 7};
	assert_close(nn_loss_count(weight, 2, 2), 2, 0);
	assert_close(nn_loss_count(NULL, 3, 7), 21, 0);
	assert_close(nn_loss_sum(NN_LOSS_MSE, output, target, weight, 2, 2), 4, 0);
	nn_loss_gradient(NN_LOSS_MSE, output, target, weight, 2, 2, 0.5, d);
	assert_memory_equal(d, ((const float[]){0, 0, -2, 0}), sizeof d);
	nn_loss_gradient(NN_LOSS_L1, output, target, weight, 2, 2, 0.5, d);
	assert_memory_equal(d, ((const float[]){0, 0, -0.5f, 0}), sizeof d);
}

static void test_losses__empty_batch_and_perfect_rmse(void **state)
{
	(void)state;
	assert_true(nn_loss_value(NN_LOSS_MSE, 0, 0) == 0 && nn_loss_scale(NN_LOSS_MSE, 0, 0) == 0);
	assert_true(nn_loss_scale(NN_LOSS_RMSE, 0, 10) == 0);
}

/* Two steps of one parameter, in double, from the papers' formulas. */
static double adam_by_hand(struct nn_adam_config c, double p, const double *gradients, int n)
{
	double m = 0, v = 0;
	for (int t = 1; t <= n; t++) {
		double g = gradients[t - 1] + (c.decoupled ? 0 : c.weight_decay * p);
		if (c.decoupled)
			p -= c.lr * c.weight_decay * p;
		m = c.beta1 * m + (1 - c.beta1) * g;
		v = c.beta2 * v + (1 - c.beta2) * g * g;
		p -= c.lr * (m / (1 - pow(c.beta1, t))) / (sqrt(v / (1 - pow(c.beta2, t))) + c.eps);
	}
	return p;
}

static void test_adam__steps_by_hand(void **state)
{
	(void)state;
	static const double gradients[] = {0.5, -2.0, 0.25};
	for (int decoupled = 0; decoupled < 2; decoupled++) {
		struct nn_adam_config config = nn_adam_defaults();
		struct nn_adam adam;
		config.lr = 0.1;
		config.weight_decay = 0.3;
		config.decoupled = decoupled;
		assert_int_equal(nn_adam_init(&adam, &config, 19, NULL), PV_OK);
		float p[19], g[19];
		for (int i = 0; i < 19; i++)
			p[i] = 1.5f;
		for (int t = 0; t < 3; t++) {
			for (int i = 0; i < 19; i++)
				g[i] = (float)gradients[t];
			nn_adam_step(&adam, p, g);
		}
		for (int i = 0; i < 19; i++)
			assert_close(p[i], adam_by_hand(config, 1.5, gradients, 3), 1e-6);
		assert_int_equal(adam.n_steps, 3);
		nn_adam_release(&adam);
	}
}

static void test_adam__state_can_be_stored(void **state)
{
	(void)state;
	struct nn_adam_config config = nn_adam_defaults();
	struct nn_adam a, b;
	float p[5] = {1, 2, 3, 4, 5}, q[5];
	const float g[5] = {1, -1, 2, 0, 3};
	assert_int_equal(nn_adam_init(&a, &config, 5, NULL), PV_OK);
	assert_int_equal(nn_adam_init(&b, &config, 5, NULL), PV_OK);
	nn_adam_step(&a, p, g);
	memcpy(q, p, sizeof q);
	memcpy(b.m, a.m, sizeof q);
	memcpy(b.v, a.v, sizeof q);
	b.n_steps = a.n_steps;
	nn_adam_step(&a, p, g);
	nn_adam_step(&b, q, g);
	assert_memory_equal(p, q, sizeof q);
	nn_adam_release(&a);
	nn_adam_release(&b);
}

static void test_adam__bad_parameters_are_refused(void **state)
{
	(void)state;
	struct nn_adam adam;
	struct pv_error err;
	struct nn_adam_config config = nn_adam_defaults();
	config.beta2 = 1.0;
	assert_int_equal(nn_adam_init(&adam, &config, 5, &err), PV_ERR_RANGE);
	assert_non_null(strstr(err.message, "beta2"));
	config = nn_adam_defaults();
	config.lr = NAN;
	assert_int_equal(nn_adam_init(&adam, &config, 5, &err), PV_ERR_RANGE);
	assert_null(adam.m);
}

static void test_clip__scales_to_the_norm(void **state)
{
	(void)state;
	float g[10];
	for (int i = 0; i < 10; i++)
		g[i] = (float)(i + 1);
	const double norm = sqrt(385.0);
	assert_close(nn_grad_norm(g, 10), norm, 1e-12);
	assert_close(nn_grad_clip(g, 10, 0), norm, 1e-12);
	assert_close(nn_grad_clip(g, 10, 100), norm, 1e-12);
	assert_true(g[9] == 10.0f);
	assert_close(nn_grad_clip(g, 10, 2), norm, 1e-12);
	assert_close(nn_grad_norm(g, 10), 2, 1e-6);
}

static void test_schedule__steps(void **state)
{
	(void)state;
	assert_close(nn_step_lr(1.0, 2, 0.1, 0), 1.0, 0);
	assert_close(nn_step_lr(1.0, 2, 0.1, 1), 1.0, 0);
	assert_close(nn_step_lr(1.0, 2, 0.1, 2), 0.1, 1e-15);
	assert_close(nn_step_lr(1.0, 2, 0.1, 5), 0.01, 1e-15);
	assert_close(nn_step_lr(1.0, 0, 0.1, 50), 1.0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_losses__by_hand),
	    cmocka_unit_test(test_losses__rows_of_weight_0_may_hold_anything),
	    cmocka_unit_test(test_losses__empty_batch_and_perfect_rmse),

	    cmocka_unit_test(test_adam__steps_by_hand),
	    cmocka_unit_test(test_adam__state_can_be_stored),
	    cmocka_unit_test(test_adam__bad_parameters_are_refused),
	    cmocka_unit_test(test_clip__scales_to_the_norm),
	    cmocka_unit_test(test_schedule__steps),
	};
	return cmocka_run_group_tests_name("losses and optimizer", tests, NULL, NULL);
}
