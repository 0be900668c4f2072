/*
 * u_nn_activations.c - sigmoid, tanh and exp against libm in double; exact saturation
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "nn/activations.h"

enum { STEPS = 400000 };

static double worst_error(float (*f)(float), double (*exact)(double), float from, float to)
{
	double worst = 0.0;
	for (int i = 0; i <= STEPS; i++) {
		const float x = from + (to - from) * (float)i / STEPS;
		const double y = exact((double)x);
		if (y != 0.0)
			worst = fmax(worst, fabs((double)f(x) - y) / fabs(y));
	}
	return worst;
}

static float exp_float(float x)
{
	return nn_exp(x);
}

static float sigmoid_float(float x)
{
	return nn_sigmoid(x);
}

static float tanh_float(float x)
{
	return nn_tanh(x);
}

static double sigmoid_exact(double x)
{
	return 1.0 / (1.0 + exp(-x));
}

static void test_activations__relative_error(void **state)
{
	(void)state;
	assert_true(worst_error(exp_float, exp, -87.0f, 87.0f) < 5e-7);
	assert_true(worst_error(sigmoid_float, sigmoid_exact, -80.0f, 80.0f) < 5e-7);
	assert_true(worst_error(tanh_float, tanh, -12.0f, 12.0f) < 5e-7);
	assert_true(worst_error(tanh_float, tanh, -1e-3f, 1e-3f) < 5e-7);
}

static void test_activations__saturation_is_exact(void **state)
{
	(void)state;
	static const float large[] = {20.0f, 87.0f, 200.0f, 1e6f, 3e38f, INFINITY};
	for (size_t i = 0; i < sizeof large / sizeof large[0]; i++) {
		assert_true(nn_sigmoid(large[i]) == 1.0f);
		assert_true(nn_tanh(large[i]) == 1.0f);
		assert_true(nn_tanh(-large[i]) == -1.0f);
		assert_true(nn_sigmoid(-large[i]) <= 2.1e-9f && nn_sigmoid(-large[i]) >= 0.0f);
	}
	assert_true(nn_sigmoid(-INFINITY) < 1e-37f);
	assert_true(nn_tanh(0.0f) == 0.0f);
	assert_true(nn_sigmoid(0.0f) == 0.5f);
}

static void test_activations__nan_stays_nan(void **state)
{
	(void)state;
	assert_true(isnan(nn_exp(NAN)));
	assert_true(isnan(nn_sigmoid(NAN)));
	assert_true(isnan(nn_tanh(NAN)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_activations__relative_error),
	    cmocka_unit_test(test_activations__saturation_is_exact),
	    cmocka_unit_test(test_activations__nan_stays_nan),
	};
	return cmocka_run_group_tests_name("activations", tests, NULL, NULL);
}
