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
#include "nn/graph.h"
#include "nn/losses.h"
#include "nn/optim.h"

/* y_t = a y_{t-1} + (1 - a) x_t with a = sigmoid(decay), one a for each column. Tensor: decay (F). Tape: room for dy_t of a row. */

static size_t average_tape(const struct nn_layer *l, int B)
{
	(void)B;
	return (size_t)l->in.F;
}

static enum pv_status average_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                      struct pv_error *err)
{
	(void)tape, (void)err;
	const int F = l->in.F;
	for (int row = 0; row < nn_layer_rows(l, pass); row++, x += F, y += F)
		for (int f = 0; f < F; f++) {
			const float a = nn_sigmoid(pass->params[l->at[0] + (size_t)f]), before = row % l->in.T ? y[f - F] : 0.0f;
			y[f] = a * before + (1.0f - a) * x[f];
		}
	return PV_OK;
}

static void average_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                             float *dparams, float *dx)
{
	const int F = l->in.F;
	for (int row = nn_layer_rows(l, pass) - 1; row >= 0; row--) {
		const size_t at = (size_t)row * (size_t)F;
		if (row % l->in.T == l->in.T - 1)
			memset(tape, 0, (size_t)F * sizeof(float)); /* a window ends: nothing comes from later */
		for (int f = 0; f < F; f++) {
			const float a = nn_sigmoid(pass->params[l->at[0] + (size_t)f]);
			const float before = row % l->in.T ? y[at + (size_t)f - (size_t)F] : 0.0f;
			const float g = dy[at + (size_t)f] + tape[f];
			dparams[l->at[0] + (size_t)f] += g * (before - x[at + (size_t)f]) * a * (1.0f - a);
			tape[f] = g * a;
			if (dx)
				dx[at + (size_t)f] = g * (1.0f - a);
		}
	}
}

static const struct nn_layer_kind average = {"average", average_tape, average_forward, average_backward, NULL};

static enum pv_status own_model_new(struct nn_rows input, int hidden, int n_machines, struct nn_graph **graph, struct pv_error *err)
{
	TRY(nn_graph_begin(input, graph, err));
	nn_graph_add_linear(*graph, "inst_embed", hidden, true);
	nn_graph_layer(*graph, &average, nn_graph_rows(*graph));
	nn_graph_tensor(*graph, "average.decay", hidden, 0, 0, false, NN_TENSOR_UNIFORM, 2.0);
	nn_graph_add_relu(*graph);
	nn_graph_add_last(*graph);
	nn_graph_mark_representation(*graph);
	nn_graph_add_linear(*graph, "linear", n_machines, false);
	return nn_graph_end(*graph, err);
}

/* n_steps of Adam on one batch of B windows x (B, T, F) with targets (B, K); returns the last loss, or NaN when something failed. */
static double train(const struct nn_graph *graph, float *params, const float *x, const float *target, int B, int n_steps)
{
	const int K = nn_graph_output(graph).F;
	const struct nn_adam_config config = {.lr = 1e-2, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8};
	struct nn_graph_work *work = NULL;
	struct nn_adam adam = {0};
	float *grads = calloc(nn_graph_n_trained(graph), sizeof *grads), *doutput = calloc((size_t)(B * K), sizeof *doutput);
	double loss = NAN;
	if (!grads || !doutput || nn_graph_work_new(graph, B, true, &work, NULL) != PV_OK ||
	    nn_adam_init(&adam, &config, nn_graph_n_trained(graph), NULL) != PV_OK)
		n_steps = 0;
	for (int step = 0; step < n_steps; step++) {
		const float *output;
		if (nn_graph_forward(graph, params, work, x, B, 1 + (uint64_t)step, NULL, &output, NULL) != PV_OK)
			break;
		const double sum = nn_loss_sum(NN_LOSS_MSE, output, target, NULL, (size_t)B, K), n = nn_loss_count(NULL, (size_t)B, K);
		loss = nn_loss_value(NN_LOSS_MSE, sum, n);
		nn_loss_gradient(NN_LOSS_MSE, output, target, NULL, (size_t)B, K, nn_loss_scale(NN_LOSS_MSE, sum, n), doutput);
		memset(grads, 0, nn_graph_n_trained(graph) * sizeof *grads);
		nn_graph_backward(graph, params, work, doutput, grads, NULL);
		nn_adam_step(&adam, params, grads); /* the first nn_graph_n_trained numbers of the block */
	}
	nn_adam_release(&adam);
	nn_graph_work_free(work);
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
	struct nn_graph *graph;
	float *x = draw(B * T * F, 1), target[B * K] = {0};
	for (int b = 0; b < B; b++) {
		for (int t = 0; t < T; t++)
			target[b * K] = 0.8f * target[b * K] + 0.2f * x[(b * T + t) * F];
		target[b * K + 1] = -target[b * K];
	}
	assert_int_equal(own_model_new((struct nn_rows){T, F}, 8, K, &graph, NULL), PV_OK);
	float *params = draw(nn_graph_n_params(graph), 2);
	nn_graph_init(graph, params, 3);
	const double first = train(graph, params, x, target, B, 1), last = train(graph, params, x, target, B, 400);
	if (!(last < 0.05 * first))
		fail_msg("loss %g became %g", first, last);
	nn_graph_free(graph);
	free(params);
	free(x);
}

/* As tests/grad/d_layers.c does for the layers of src/nn/layers. */
static void test_own_model__gradients(void **state)
{
	(void)state;
	struct nn_graph *graph;
	struct nn_graph_work *work;
	assert_int_equal(own_model_new((struct nn_rows){T, F}, 4, K, &graph, NULL), PV_OK);
	assert_int_equal(nn_graph_work_new(graph, B, true, &work, NULL), PV_OK);
	const size_t n = nn_graph_n_trained(graph);
	float *params = draw(n, 2), *x = draw(B * T * F, 1), *doutput = draw(B * K, 4), *grads = calloc(n, sizeof *grads);
	const float *output;
	assert_non_null(grads);
	assert_int_equal(nn_graph_forward(graph, params, work, x, B, 0, NULL, &output, NULL), PV_OK);
	nn_graph_backward(graph, params, work, doutput, grads, NULL);
	for (size_t i = 0; i < n; i++) {
		double sum[2] = {0.0};
		const float at = params[i];
		for (int side = 0; side < 2; side++) {
			params[i] = at + (side ? 1e-2f : -1e-2f);
			assert_int_equal(nn_graph_forward(graph, params, work, x, B, 0, NULL, &output, NULL), PV_OK);
			for (int j = 0; j < B * K; j++)
				sum[side] += (double)doutput[j] * (double)output[j];
		}
		params[i] = at;
		assert_true(fabs((sum[1] - sum[0]) / 2e-2 - (double)grads[i]) < 0.02);
	}
	nn_graph_work_free(work);
	nn_graph_free(graph);
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
	    cmocka_unit_test(test_own_model__gradients),
	    cmocka_unit_test(test_own_model__page_and_code_are_the_same),
	};
	return cmocka_run_group_tests_name("own model", tests, NULL, NULL);
}
