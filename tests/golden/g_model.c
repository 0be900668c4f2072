/*
 * g_model.c - the network, its losses and Adam against states that PyTorch 1.13 computed
 *
 * model_00: InsLSTM(32,2,narchs=3,bias=False), MSE. model_01: InsLSTM(16,1,narchs=3,bias=True), L1. Both: B = 5 windows of T = 24
 * instructions, one batch, three Adam steps on it. trajectory: six steps with coupled weight decay, clipping and StepLR. losses: one batch
 * for each of the five losses. The model predicts from the last instruction of a window only, so the gradient of the output is zero at
 * the others.
 *
 * Tolerance: rtol 1e-4, and where that is not enough by itself:
 *  - 1e-6 of the tensor's largest element: a gradient is a float32 sum of B * T terms of either sign, whose rounding (6e-8 of the terms,
 * which can cancel) does not shrink with the result;
 *  - for gradients, 1e-9 in all: the inputs are not normalised (up to 944193), so gates of the first layer are sums of terms near 1e5 with
 * a rounding of 1e-2, and the slope e^-40 of a saturated gate is that uncertain; such gradients (below 2e-15) are noise beside those of the
 * rest of the model (up to 4);
 *  - for parameters after Adam, 1e-3 of what the steps can move one: an element whose gradient nearly cancels still moves by lr, in a
 *    direction that rounding decides.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/safetensors.h"
#include "nn/losses.h"
#include "nn/sequential.h"
#include "nn/optim.h"

enum { T = 24, F = 51 };

struct golden {
	struct base_safetensors *file;
	struct nn_sequential *net;
	struct nn_work *work;
	enum nn_loss_kind kind;
	int B, K, H;
	float *x;       /* (T, B, F) */
	float *target;  /* (B, K) */
	float *doutput; /* (T, B, K) */
	float *params, *grads;
	const float *repr, *output; /* of the last instruction: (B, D), (B, K) */
	double loss;
};

static float *floats(size_t n)
{
	float *p = calloc(n, sizeof *p);
	assert_non_null(p);
	return p;
}

static const struct base_tensor_view *view(const struct golden *g, const char *name)
{
	const struct base_tensor_view *v = base_safetensors_find(g->file, name);
	assert_non_null(v);
	return v;
}

static float *read_tensor(const struct golden *g, const char *name, size_t *n)
{
	const struct base_tensor_view *v = view(g, name);
	struct pv_error err;
	float *p = floats(v->n);
	if (base_safetensors_read_f32(g->file, name, v->dims, v->n_dims, p, &err) != PV_OK)
		fail_msg("%s", err.message);
	*n = v->n;
	return p;
}

static void read_input(struct golden *g)
{
	size_t n;
	float *input = read_tensor(g, "input", &n);
	assert_int_equal(n, g->B * T * F);
	g->x = floats(n);
	for (int b = 0; b < g->B; b++)
		for (int t = 0; t < T; t++)
			memcpy(g->x + (t * g->B + b) * F, input + (b * T + t) * F, F * sizeof(float));
	free(input);
}

static void read_params(const struct golden *g, float *params)
{
	int n;
	struct pv_error err;
	const struct nn_tensor *t = nn_sequential_tensors(g->net, &n);
	for (int i = 0; i < n; i++) {
		char name[80];
		snprintf(name, sizeof name, "param.%s", t[i].name);
		if (base_safetensors_read_f32(g->file, name, t[i].dims, t[i].n_dims, params + t[i].offset, &err) != PV_OK)
			fail_msg("%s", err.message);
	}
}

static void golden_open(struct golden *g, const char *path, int H, int L, bool bias, enum nn_loss_kind kind)
{
	struct pv_error err;
	*g = (struct golden){.kind = kind, .H = H};
	if (base_safetensors_open(path, &g->file, &err) != PV_OK)
		fail_msg("%s", err.message);
	g->B = (int)view(g, "target")->dims[0];
	g->K = (int)view(g, "target")->dims[1];
	char text[100];
	const struct nn_setting setting = {T, F, g->K};
	snprintf(text, sizeof text, "InsLSTM(%d,%d,bias=%s)", H, L, bias ? "True" : "False");
	assert_int_equal(nn_sequential_new(text, &setting, &g->net, &err), PV_OK);
	assert_int_equal(nn_work_streams(g->net, g->B, T, true, &g->work, &err), PV_OK);
	size_t n;
	read_input(g);
	g->target = read_tensor(g, "target", &n);
	g->doutput = floats((size_t)(T * g->B * g->K));
	g->params = floats(nn_sequential_n_params(g->net));
	g->grads = floats(nn_sequential_n_params(g->net));
	read_params(g, g->params);
}

static void golden_close(struct golden *g)
{
	nn_work_free(g->work);
	nn_sequential_free(g->net);
	base_safetensors_close(g->file);
	free(g->x);
	free(g->target);
	free(g->doutput);
	free(g->params);
	free(g->grads);
}

/* One batch: windows start from a zero state; loss and gradients of the last instruction's prediction. */
static void run(struct golden *g)
{
	const size_t last = (size_t)(T - 1) * (size_t)g->B, B = (size_t)g->B;
	nn_work_reset(g->work, -1);
	nn_forward(g->work, g->params, g->x, T, 0, &g->repr, &g->output, NULL);
	g->repr += last * (size_t)g->H;
	g->output += last * (size_t)g->K;
	const double sum = nn_loss_sum(g->kind, g->output, g->target, NULL, B, g->K), n = nn_loss_count(NULL, B, g->K);
	g->loss = nn_loss_value(g->kind, sum, n);
	nn_loss_gradient(g->kind, g->output, g->target, NULL, B, g->K, nn_loss_scale(g->kind, sum, n), g->doutput + last * (size_t)g->K);
	memset(g->grads, 0, nn_sequential_n_params(g->net) * sizeof(float));
	nn_backward(g->work, g->params, g->doutput, NULL, g->grads, NULL);
}

static void assert_near(const char *name, const float *is, const float *expected, size_t n, double atol)
{
	double largest = 0.0;
	for (size_t i = 0; i < n; i++)
		largest = fmax(largest, fabs((double)expected[i]));
	for (size_t i = 0; i < n; i++) {
		double error = fabs((double)is[i] - (double)expected[i]);
		if (!(error <= 1e-4 * fabs((double)expected[i]) + 1e-6 * largest + atol))
			fail_msg("%s[%zu] is %.9g, expected %.9g", name, i, (double)is[i], (double)expected[i]);
	}
}

static void compare(const struct golden *g, const char *name, const float *is, double atol)
{
	size_t n;
	float *expected = read_tensor(g, name, &n);
	assert_near(name, is, expected, n, atol);
	free(expected);
}

static void compare_block(const struct golden *g, const char *prefix, const float *block, double atol)
{
	int n;
	const struct nn_tensor *t = nn_sequential_tensors(g->net, &n);
	for (int i = 0; i < n; i++) {
		char name[80];
		snprintf(name, sizeof name, "%s.%s", prefix, t[i].name);
		assert_int_equal(view(g, name)->n, t[i].n);
		compare(g, name, block + t[i].offset, atol);
	}
}

static void check_model(const char *path, int H, int L, bool bias, enum nn_loss_kind kind)
{
	struct golden g;
	struct nn_adam adam;
	golden_open(&g, path, H, L, bias, kind);
	run(&g);
	compare(&g, "output", g.output, 0);
	compare(&g, "representation", g.repr, 0);
	compare(&g, "loss", &(float){(float)g.loss}, 0);
	compare_block(&g, "grad", g.grads, 1e-9);

	const struct nn_adam_config config = nn_adam_defaults();
	assert_int_equal(nn_adam_init(&adam, &config, nn_sequential_n_params(g.net), NULL), PV_OK);
	for (int step = 0; step < 3; step++) {
		nn_adam_step(&adam, g.params, g.grads);
		run(&g);
	}
	compare_block(&g, "after3", g.params, 3 * 1e-3 * 1e-3);
	compare(&g, "loss_after3", &(float){(float)g.loss}, 0);
	nn_adam_release(&adam);
	golden_close(&g);
}

static void test_model__two_layers_mse(void **state)
{
	(void)state;
	check_model("tests/golden/model_00.safetensors", 32, 2, false, NN_LOSS_MSE);
}

static void test_model__one_layer_l1_bias(void **state)
{
	(void)state;
	check_model("tests/golden/model_01.safetensors", 16, 1, true, NN_LOSS_L1);
}

static void test_model__trajectory_with_decay_clipping_and_schedule(void **state)
{
	(void)state;
	struct golden g;
	struct nn_adam adam;
	float losses[6];
	golden_open(&g, "tests/golden/trajectory.safetensors", 16, 2, false, NN_LOSS_MSE);
	struct nn_adam_config config = nn_adam_defaults();
	config.lr = 1e-2;
	config.weight_decay = 1e-2;
	assert_int_equal(nn_adam_init(&adam, &config, nn_sequential_n_params(g.net), NULL), PV_OK);
	int n_clipped = 0;
	for (int step = 0; step < 6; step++) {
		run(&g);
		losses[step] = (float)g.loss;
		n_clipped += nn_grad_clip(g.grads, adam.n, 0.5) > 0.5;
		adam.config.lr = nn_step_lr(config.lr, 2, 0.1, step);
		nn_adam_step(&adam, g.params, g.grads);
	}
	assert_true(n_clipped > 0);
	compare(&g, "losses", losses, 0);
	compare_block(&g, "after6", g.params, 2 * (1e-2 + 1e-3 + 1e-4) * 1e-3);
	nn_adam_release(&adam);
	golden_close(&g);
}

/* Value, and the gradient of the last layer's weights = doutput^T representation. */
static void check_loss(struct golden *g, enum nn_loss_kind kind)
{
	char name[5][64];
	static const char *const losses[] = {"MSE", "L1", "NMSE", "NL1", "RMSE"};
	static const char *const parts[] = {"output", "target", "loss", "representation", "grad.linear.weight"};
	float *v[5];
	size_t n[5];
	for (int i = 0; i < 5; i++) {
		snprintf(name[i], sizeof name[i], "%s.%s", losses[kind], parts[i]);
		v[i] = read_tensor(g, name[i], &n[i]);
	}
	const size_t B = view(g, name[0])->dims[0], K = view(g, name[0])->dims[1], D = view(g, name[3])->dims[1];
	const double sum = nn_loss_sum(kind, v[0], v[1], NULL, B, (int)K), count = nn_loss_count(NULL, B, (int)K);
	assert_near(name[2], &(float){(float)nn_loss_value(kind, sum, count)}, v[2], 1, 0);
	float *doutput = floats(B * K), *dW = floats(K * D);
	nn_loss_gradient(kind, v[0], v[1], NULL, B, (int)K, nn_loss_scale(kind, sum, count), doutput);
	for (size_t b = 0; b < B; b++)
		for (size_t k = 0; k < K; k++)
			for (size_t d = 0; d < D; d++)
				dW[k * D + d] += doutput[b * K + k] * v[3][b * D + d];
	assert_near(name[4], dW, v[4], K * D, 0);
	for (int i = 0; i < 5; i++)
		free(v[i]);
	free(doutput);
	free(dW);
}

static void test_losses__values_and_gradients(void **state)
{
	(void)state;
	struct golden g = {0};
	struct pv_error err;
	if (base_safetensors_open("tests/golden/losses.safetensors", &g.file, &err) != PV_OK)
		fail_msg("%s", err.message);
	for (int kind = NN_LOSS_MSE; kind <= NN_LOSS_RMSE; kind++)
		check_loss(&g, (enum nn_loss_kind)kind);
	base_safetensors_close(g.file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_model__two_layers_mse),
	    cmocka_unit_test(test_model__one_layer_l1_bias),
	    cmocka_unit_test(test_model__trajectory_with_decay_clipping_and_schedule),
	    cmocka_unit_test(test_losses__values_and_gradients),
	};
	return cmocka_run_group_tests_name("golden model", tests, NULL, NULL);
}
