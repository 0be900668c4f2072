/*
 * u_own_model.c - the code of docs/topics/your-own-model.md: a layer of one's own, a model with it, a few steps of training
 *
 * The last test holds the page and this file together: every block of C in the page stands here, line by line.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "nn/activations.h"
#include "nn/sequential.h"
#include "nn/losses.h"
#include "nn/optim.h"

/* y_t = a y_{t-1} + (1 - a) x_t with a = sigmoid(decay), one a for each column. Tensor: decay (F). Carried along a stream: its last y.
 * Tape: the y that the pass started from (B, F), then room for a gradient (B, F). */

static size_t average_tape(const struct nn_layer *l, const struct nn_pass *pass)
{
	return 2 * (size_t)pass->B * (size_t)l->in.F;
}

static struct nn_rows average_state(const struct nn_layer *l)
{
	return (struct nn_rows){1, l->in.F};
}

/* A window's rows lie one after the other; a stream's lie B apart. */
static int window_or_stream(const struct nn_layer *l, const struct nn_pass *pass, int row)
{
	return pass->T ? row % pass->B : row / l->in.T;
}

/* The y before a row's: of its window or stream, or what that started from. */
static const float *y_before(const struct nn_layer *l, const struct nn_pass *pass, const float *y, const float *start, int row)
{
	const int apart = pass->T ? pass->B : 1;
	const bool first = pass->T ? row < pass->B : row % l->in.T == 0;
	return first ? start + window_or_stream(l, pass, row) * l->in.F : y + (row - apart) * l->in.F;
}

static enum pv_status average_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                      struct pv_error *err)
{
	(void)err;
	const int F = l->in.F, n = nn_layer_rows(l, pass), carried = pass->B * F;
	memset(tape, 0, (size_t)carried * sizeof(float));
	if (pass->T)
		memcpy(tape, pass->state, (size_t)carried * sizeof(float));
	for (int row = 0; row < n; row++) {
		const float *before = y_before(l, pass, y, tape, row);
		for (int f = 0; f < F; f++) {
			const float a = nn_sigmoid(pass->params[l->at[0] + (size_t)f]);
			y[row * F + f] = a * before[f] + (1.0f - a) * x[row * F + f];
		}
	}
	if (pass->T)
		memcpy(pass->state, y + n * F - carried, (size_t)carried * sizeof(float));
	return PV_OK;
}

static void average_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                             float *dparams, float *dx)
{
	const int F = l->in.F;
	float *later = tape + pass->B * F; /* what the row after gives back; nothing comes from behind a window or a chunk */
	memset(later, 0, (size_t)(pass->B * F) * sizeof(float));
	for (int row = nn_layer_rows(l, pass) - 1; row >= 0; row--) {
		const float *before = y_before(l, pass, y, tape, row);
		float *back = later + window_or_stream(l, pass, row) * F;
		for (int f = 0; f < F; f++) {
			const float a = nn_sigmoid(pass->params[l->at[0] + (size_t)f]), g = dy[row * F + f] + back[f];
			dparams[l->at[0] + (size_t)f] += g * (before[f] - x[row * F + f]) * a * (1.0f - a);
			back[f] = g * a;
			if (dx)
				dx[row * F + f] = g * (1.0f - a);
		}
	}
}

static const struct nn_layer_kind average = {.name = "average",
                                             .tape_floats = average_tape,
                                             .forward = average_forward,
                                             .backward = average_backward,
                                             .needs_windows = nn_runs_over_streams,
                                             .state = average_state};

static enum pv_status own_model_new(struct nn_rows input, int hidden, int n_machines, struct nn_sequential **chain, struct pv_error *err)
{
	TRY(nn_sequential_begin(input, chain, err));
	nn_add_linear(*chain, "inst_embed", hidden, true);
	nn_layer(*chain, &average, nn_rows(*chain));
	nn_tensor(*chain, "average.decay", hidden, 0, 0, false, NN_TENSOR_UNIFORM, 2.0);
	nn_add_relu(*chain);
	nn_add_last(*chain);
	nn_mark_representation(*chain);
	nn_add_linear(*chain, "linear", n_machines, false);
	return nn_sequential_end(*chain, err);
}

/* n_steps of Adam on one batch of B windows x (B, T, F) with targets (B, K); returns the last loss, or NaN when something failed. */
static double train(const struct nn_sequential *chain, float *params, const float *x, const float *target, int B, int n_steps)
{
	const int K = nn_sequential_output(chain).F;
	const struct nn_adam_config config = {.lr = 1e-2, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8};
	struct nn_work *work = NULL;
	struct nn_adam adam = {0};
	float *grads = calloc(nn_sequential_n_trained(chain), sizeof *grads), *doutput = calloc((size_t)(B * K), sizeof *doutput);
	double loss = NAN;
	if (!grads || !doutput || nn_work_windows(chain, B, true, &work, NULL) != PV_OK ||
	    nn_adam_init(&adam, &config, nn_sequential_n_trained(chain), NULL) != PV_OK)
		n_steps = 0;
	for (int step = 0; step < n_steps; step++) {
		const float *output;
		if (nn_forward(work, params, x, B, 1 + (uint64_t)step, NULL, &output, NULL) != PV_OK)
			break;
		const double sum = nn_loss_sum(NN_LOSS_MSE, output, target, NULL, (size_t)B, K), n = nn_loss_count(NULL, (size_t)B, K);
		loss = nn_loss_value(NN_LOSS_MSE, sum, n);
		nn_loss_gradient(NN_LOSS_MSE, output, target, NULL, (size_t)B, K, nn_loss_scale(NN_LOSS_MSE, sum, n), doutput);
		memset(grads, 0, nn_sequential_n_trained(chain) * sizeof *grads);
		nn_backward(work, params, doutput, NULL, grads, NULL);
		nn_adam_step(&adam, params, grads); /* the first nn_sequential_n_trained numbers of the block */
	}
	nn_adam_release(&adam);
	nn_work_free(work);
	free(grads);
	free(doutput);
	return loss;
}

enum { T = 12, F = 5, K = 2, B = 16 };

static float *draw(size_t n, uint64_t seed)
{
	struct base_random rng;
	float *p = calloc(n, sizeof *p);
	assert_non_null(p);
	base_random_init(&rng, seed);
	for (size_t i = 0; i < n; i++)
		p[i] = (float)(2.0 * base_random_unit(&rng) - 1.0);
	return p;
}

/* The target is a running average of the first feature: the model can learn it, one that sees the last row only cannot. */
static void test_own_model__learns(void **state)
{
	(void)state;
	struct nn_sequential *chain;
	float *x = draw(B * T * F, 1), target[B * K] = {0};
	for (int b = 0; b < B; b++) {
		for (int t = 0; t < T; t++)
			target[b * K] = 0.8f * target[b * K] + 0.2f * x[(b * T + t) * F];
		target[b * K + 1] = -target[b * K];
	}
	assert_int_equal(own_model_new((struct nn_rows){T, F}, 8, K, &chain, NULL), PV_OK);
	float *params = draw(nn_sequential_n_params(chain), 2);
	nn_sequential_init(chain, params, 3);
	const double first = train(chain, params, x, target, B, 1), last = train(chain, params, x, target, B, 400);
	if (!(last < 0.05 * first))
		fail_msg("loss %g became %g", first, last);
	nn_sequential_free(chain);
	free(params);
	free(x);
}

/* Over a stream it gives what a window gives that begins where the stream does, in whatever chunks the stream comes. */
static void test_own_model__runs_over_streams(void **state)
{
	(void)state;
	struct nn_sequential *chain;
	struct nn_work *windows, *streams;
	float *x = draw(B * T * F, 1), *turned = draw(B * T * F, 1);
	const float *expected, *output;
	assert_int_equal(own_model_new((struct nn_rows){T, F}, 4, K, &chain, NULL), PV_OK);
	float *params = draw(nn_sequential_n_params(chain), 2);
	for (int b = 0; b < B; b++)
		for (int t = 0; t < T; t++)
			memcpy(turned + (t * B + b) * F, x + (b * T + t) * F, F * sizeof(float));
	assert_int_equal(nn_work_windows(chain, B, false, &windows, NULL), PV_OK);
	assert_int_equal(nn_work_streams(chain, B, T, false, &streams, NULL), PV_OK);
	assert_int_equal(nn_forward(windows, params, x, B, 0, NULL, &expected, NULL), PV_OK);
	assert_int_equal(nn_forward(streams, params, turned, 5, 0, NULL, &output, NULL), PV_OK);
	assert_int_equal(nn_forward(streams, params, turned + 5 * B * F, T - 5, 0, NULL, &output, NULL), PV_OK);
	for (int i = 0; i < B * K; i++)
		assert_float_equal(output[(T - 6) * B * K + i], expected[i], 1e-6f);
	nn_work_free(streams);
	nn_work_free(windows);
	nn_sequential_free(chain);
	free(params);
	free(turned);
	free(x);
}

/* As tests/grad/d_layers.c does for the layers of src/nn/layers. */
static void test_own_model__gradients(void **state)
{
	(void)state;
	struct nn_sequential *chain;
	struct nn_work *work;
	assert_int_equal(own_model_new((struct nn_rows){T, F}, 4, K, &chain, NULL), PV_OK);
	assert_int_equal(nn_work_windows(chain, B, true, &work, NULL), PV_OK);
	const size_t n = nn_sequential_n_trained(chain);
	float *params = draw(n, 2), *x = draw(B * T * F, 1), *doutput = draw(B * K, 4), *grads = calloc(n, sizeof *grads);
	const float *output;
	assert_non_null(grads);
	assert_int_equal(nn_forward(work, params, x, B, 0, NULL, &output, NULL), PV_OK);
	nn_backward(work, params, doutput, NULL, grads, NULL);
	for (size_t i = 0; i < n; i++) {
		double sum[2] = {0.0};
		const float at = params[i];
		for (int side = 0; side < 2; side++) {
			params[i] = at + (side ? 1e-2f : -1e-2f);
			assert_int_equal(nn_forward(work, params, x, B, 0, NULL, &output, NULL), PV_OK);
			for (int j = 0; j < B * K; j++)
				sum[side] += (double)doutput[j] * (double)output[j];
		}
		params[i] = at;
		assert_true(fabs((sum[1] - sum[0]) / 2e-2 - (double)grads[i]) < 0.02);
	}
	nn_work_free(work);
	nn_sequential_free(chain);
	free(params);
	free(x);
	free(doutput);
	free(grads);
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	char *text = calloc(1 << 17, 1);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 17) - 1, file) < (1 << 17) - 1);
	fclose(file);
	return text;
}

static void test_own_model__page_and_code_are_the_same(void **state)
{
	(void)state;
	char *page = read_text("docs/topics/your-own-model.md"), *code = read_text("tests/unit/u_own_model.c");
	int n_blocks = 0;
	for (char *at = page; (at = strstr(at, "```c\n")); n_blocks++) {
		char *end = strstr(at + 5, "```");
		assert_non_null(end);
		*end = 0;
		if (!strstr(code, at + 5))
			fail_msg("not in tests/unit/u_own_model.c:\n%s", at + 5);
		at = end + 1;
	}
	assert_int_equal(n_blocks, 3);
	free(page);
	free(code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_own_model__learns),
	    cmocka_unit_test(test_own_model__runs_over_streams),
	    cmocka_unit_test(test_own_model__gradients),
	    cmocka_unit_test(test_own_model__page_and_code_are_the_same),
	};
	return cmocka_run_group_tests_name("own model", tests, NULL, NULL);
}
