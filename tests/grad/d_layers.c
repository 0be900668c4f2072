/*
 * d_layers.c - gradients of every kind of layer by finite differences
 *
 * Each case builds a chain of one or two layers, draws parameters, an input and a weight for every output, and compares the gradients of
 * sum(weight * output) with respect to every trained parameter and every input with central differences of the forward pass itself. The
 * forward pass is float: with a step of 1/64 its rounding and the stencil's error (fourth order) leave 1e-3 of a tensor's largest gradient.
 * Where a step crosses a kink of a ReLU the difference means nothing: shorter steps are tried, with more room for rounding. Masks of
 * dropout are drawn from a seed, so the same seed is the same function.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "nn/sequential.h"

enum { B = 3, CHUNK = 5 };

struct problem {
	struct nn_sequential *chain;
	struct nn_work *work;
	float *params, *grads, *x, *dx, *weight;
	size_t n_params, n_trained, n_x, n_output;
	uint64_t seed;
	bool streams;
	float *state; /* that a chunk of streams starts from */
	size_t n_state;
};

static float *floats(size_t n)
{
	float *p = calloc(n + 1, sizeof *p);
	assert_non_null(p);
	return p;
}

static size_t count(const struct problem *q, struct nn_rows rows)
{
	return (size_t)B * (size_t)(q->streams ? CHUNK : rows.T) * (size_t)rows.F;
}

static void fill(struct base_random *rng, float *p, size_t n, double scale)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (float)((2.0 * base_random_unit(rng) - 1.0) * scale);
}

/* The chain that a case has described becomes a problem. */
static void problem_begin(struct problem *q, struct nn_sequential *chain, bool streams, uint64_t seed)
{
	struct base_random rng;
	struct pv_error err;
	*q = (struct problem){.chain = chain, .seed = seed, .streams = streams};
	if (nn_sequential_end(chain, &err) != PV_OK)
		fail_msg("%s", err.message);
	assert_int_equal(streams ? nn_work_streams(chain, B, CHUNK, true, &q->work, &err) : nn_work_windows(chain, B, true, &q->work, &err),
	                 PV_OK);
	q->n_params = nn_sequential_n_params(chain);
	q->n_trained = nn_sequential_n_trained(chain);
	q->n_x = count(q, nn_sequential_input(chain));
	q->n_output = count(q, nn_sequential_output(chain));
	q->params = floats(q->n_params);
	q->grads = floats(q->n_trained + nn_sequential_n_tracked(chain));
	q->x = floats(q->n_x);
	q->dx = floats(q->n_x);
	q->weight = floats(q->n_output);
	nn_sequential_init(chain, q->params, 3);
	base_random_init(&rng, 11);
	fill(&rng, q->params, q->n_trained, 0.8);
	fill(&rng, q->x, q->n_x, 1.5);
	fill(&rng, q->weight, q->n_output, 1.0);
	nn_work_state(q->work, &q->n_state);
	q->state = floats(q->n_state);
	fill(&rng, q->state, q->n_state, 0.7);
}

static void problem_end(struct problem *q)
{
	nn_work_free(q->work);
	nn_sequential_free(q->chain);
	free(q->params);
	free(q->grads);
	free(q->x);
	free(q->dx);
	free(q->weight);
	free(q->state);
}

static double forward(struct problem *q)
{
	const float *output;
	double sum = 0.0;
	size_t n;
	memcpy(nn_work_state(q->work, &n), q->state, q->n_state * sizeof(float));
	assert_int_equal(nn_forward(q->work, q->params, q->x, q->streams ? CHUNK : B, q->seed, NULL, &output, NULL), PV_OK);
	for (size_t i = 0; i < q->n_output; i++)
		sum += (double)q->weight[i] * (double)output[i];
	return sum;
}

static double difference(struct problem *q, float *p, float h)
{
	const float at = *p;
	double f[4];
	static const float steps[] = {-2.0f, -1.0f, 1.0f, 2.0f};
	for (int i = 0; i < 4; i++) {
		*p = at + steps[i] * h;
		f[i] = forward(q);
	}
	*p = at;
	return (f[0] - 8.0 * f[1] + 8.0 * f[2] - f[3]) / (12.0 * (double)h);
}

static bool agrees(struct problem *q, float *value, double is, double largest)
{
	static const struct {
		float step;
		double tolerance;
	} tries[] = {{1.0f / 512, 4e-3}, {1.0f / 4096, 3e-2}};
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
		if (fabs(is - difference(q, value, tries[i].step)) <= tries[i].tolerance * (largest + 0.1))
			return true;
	return false;
}

static void check_array(struct problem *q, const char *name, float *values, const float *grads, size_t n)
{
	double largest = 0.0;
	double *expected = calloc(n + 1, sizeof *expected);
	assert_non_null(expected);
	for (size_t i = 0; i < n; i++) {
		expected[i] = difference(q, &values[i], 1.0f / 64);
		largest = fmax(largest, fabs(expected[i]));
	}
	assert_true(largest > 0.0);
	for (size_t i = 0; i < n; i++) {
		const double is = (double)grads[i];
		if (fabs(is - expected[i]) > 1e-3 * largest + 1e-4 && !agrees(q, &values[i], is, largest))
			fail_msg("gradient of %s[%zu] is %.9g, expected %.9g (largest %.9g)", name, i, is, expected[i], largest);
	}
	free(expected);
}

/* Gradients are added: they start at 1. Without dx they must be the same. */
static void check_gradients(struct problem *q)
{
	int n;
	const struct nn_tensor *t = nn_sequential_tensors(q->chain, &n);
	float *again = floats(q->n_trained + nn_sequential_n_tracked(q->chain));
	for (size_t i = 0; i < q->n_trained; i++)
		q->grads[i] = 1.0f;
	forward(q);
	nn_backward(q->work, q->params, q->weight, NULL, q->grads, q->dx);
	forward(q);
	nn_backward(q->work, q->params, q->weight, NULL, again, NULL);
	for (size_t i = 0; i < q->n_trained; i++) {
		q->grads[i] -= 1.0f;
		assert_true(fabsf(q->grads[i] - again[i]) <= 1e-5f * (1.0f + fabsf(again[i])));
	}
	for (int i = 0; i < n; i++)
		if (!t[i].frozen)
			check_array(q, t[i].name, q->params + t[i].offset, again + t[i].offset, t[i].n);
	check_array(q, "input", q->x, q->dx, q->n_x);
	free(again);
}

static struct nn_sequential *begin(int T, int F)
{
	struct nn_sequential *chain;
	assert_int_equal(nn_sequential_begin((struct nn_rows){T, F}, &chain, NULL), PV_OK);
	return chain;
}

static void check(struct nn_sequential *chain, uint64_t seed)
{
	struct problem q;
	problem_begin(&q, chain, false, seed);
	check_gradients(&q);
	problem_end(&q);
}

static void check_streams(struct nn_sequential *chain)
{
	struct problem q;
	problem_begin(&q, chain, true, 0);
	check_gradients(&q);
	problem_end(&q);
}

static void test_layers__linear(void **state)
{
	(void)state;
	for (int bias = 0; bias < 2; bias++) {
		struct nn_sequential *g = begin(4, 5);
		nn_add_linear(g, "linear", 3, bias);
		check(g, 0);
	}
}

static void test_layers__relu_and_shift(void **state)
{
	(void)state;
	struct nn_sequential *g = begin(4, 5);
	nn_layer(g, &nn_layer_shift, nn_rows(g));
	nn_tensor(g, "gb", 1, 0, 0, false, NN_TENSOR_NORMAL, 0.0);
	nn_add_relu(g);
	check(g, 0);
}

static void test_layers__rows_picked_and_rearranged(void **state)
{
	(void)state;
	for (int which = 0; which < 3; which++) {
		struct nn_sequential *g = begin(4, 5);
		if (which == 0)
			nn_add_last(g);
		else
			nn_add_flatten(g, which == 1);
		check(g, 0);
	}
}

static void test_layers__norm(void **state)
{
	(void)state;
	struct nn_sequential *g = begin(4, 5);
	nn_add_norm(g, "inst_norm");
	check(g, 0);
}

static void test_layers__lstm_and_gru_in_one_and_both_directions(void **state)
{
	(void)state;
	for (int which = 0; which < 4; which++) {
		struct nn_sequential *g = begin(5, 3);
		nn_add_recurrent(g, "lstm", 2, 4, which & 1 ? NN_CELL_GRU : NN_CELL_LSTM, which & 2);
		check(g, 0);
	}
}

static void test_layers__conv(void **state)
{
	(void)state;
	static const int shapes[][3] = {{3, 1, 0}, {3, 2, 1}, {4, 3, 2}, {1, 1, 0}}; /* kernel, stride, padding */
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		struct nn_sequential *g = begin(7, 3);
		nn_add_conv(g, "conv", shapes[i][0], 4, shapes[i][1], shapes[i][2]);
		check(g, 0);
	}
}

static void test_layers__positions_with_dropout(void **state)
{
	(void)state;
	struct nn_sequential *g = begin(4, 5);
	nn_layer(g, &nn_layer_positions, nn_rows(g))->as.positions.dropout = 0.3;
	nn_tensor(g, "pos_encoder.pe", 1, 4, 5, true, NN_TENSOR_POSITIONS, 0.0);
	check(g, 77);
}

static void test_layers__encoder(void **state)
{
	(void)state;
	struct nn_sequential *g = begin(5, 6);
	nn_add_encoder(g, "encoder", 2, 7, 0.0);
	check(g, 0);
}

static void test_layers__encoder_with_dropout(void **state)
{
	(void)state;
	struct nn_sequential *g = begin(5, 6);
	nn_add_encoder(g, "encoder", 3, 7, 0.25);
	nn_add_linear(g, "linear", 2, true);
	check(g, 78);
}

static void test_layers__described(void **state)
{
	(void)state;
	const float machines[] = {1, 2, -1, 0.5f, 2, 1, -2, 1, 0.25f, 3};
	struct nn_sequential *g = begin(2, 4);
	struct nn_layer *l = nn_layer(g, &nn_layer_described, (struct nn_rows){2, 5});
	l->as.described.n = 5;
	l->as.described.parameters = 2;
	l->as.described.hidden = 3;
	nn_tensor(g, "net.0.weight", 3, 2, 0, false, NN_TENSOR_UNIFORM, 1.0);
	nn_tensor(g, "net.0.bias", 3, 0, 0, false, NN_TENSOR_UNIFORM, 1.0);
	nn_tensor(g, "net.2.weight", 4, 3, 0, false, NN_TENSOR_UNIFORM, 1.0);
	nn_tensor(g, "net.2.bias", 4, 0, 0, false, NN_TENSOR_UNIFORM, 1.0);
	nn_tensor(g, "machines", 5, 2, 0, true, NN_TENSOR_ZERO, 0.0);
	nn_constants(g, "machines", machines, 10);
	check(g, 0);
}

/* Two tables: one by two features, one looked up twice; a feature that passes. Values are indices: small whole numbers. */
static void test_layers__embed(void **state)
{
	struct problem q;
	const bool over_streams = *state != NULL;
	struct nn_sequential *g = begin(4, 5);
	struct nn_embed_options *o = nn_embed_options(g);
	assert_non_null(o);
	o->n_tables = 2;
	o->tables[0] = (struct nn_embed_table){.rows = 6, .width = 3, .repeat = 1, .n_fields = 2, .feature = {0, 1}, .multiplier = {2, 1}};
	o->tables[1] =
	    (struct nn_embed_table){.rows = 3, .width = 2, .repeat = 2, .stride = 1, .n_fields = 1, .feature = {2}, .multiplier = {1}};
	o->n_kept = 1;
	o->kept[0] = 4;
	nn_layer(g, &nn_layer_embed, (struct nn_rows){4, 3 + 2 * 2 + 1})->as.embed = o;
	nn_tensor(g, "mean", 5, 0, 0, true, NN_TENSOR_ZERO, 0.0);
	nn_tensor(g, "std", 5, 0, 0, true, NN_TENSOR_ONE, 0.0);
	nn_tensor(g, "a", 6, 3, 0, false, NN_TENSOR_NORMAL, 0.0);
	nn_tensor(g, "b", 3, 2, 0, false, NN_TENSOR_NORMAL, 0.0);
	problem_begin(&q, g, over_streams, 0);
	for (size_t i = 0; i < q.n_x; i++)
		if (i % 5 != 4)
			q.x[i] = (float)((i * 7 + i / 5) % (i % 5 == 1 ? 2 : 3));
	check_gradients(&q);
	problem_end(&q);
}

/* ---- of an EfficientNet; with a seed batches are normalised by their own moments, without by running ones ---- */

static void test_layers__batch_norm(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 2; seed++) {
		struct nn_sequential *g = begin(4, 5);
		nn_add_batch_norm(g, "bn", 0.1, 1e-3);
		nn_add_linear(g, "linear", 3, true);
		check(g, seed);
	}
}

static void test_layers__swish_and_mean(void **state)
{
	(void)state;
	struct nn_sequential *g = begin(4, 5);
	nn_add_pointwise(g, "conv", 3);
	nn_add_swish(g);
	nn_add_mean(g);
	check(g, 0);
}

static void test_layers__depthwise(void **state)
{
	(void)state;
	static const int shapes[][3] = {{2, 2, 0}, {3, 1, 2}, {3, 2, 1}, {5, 3, 4}, {1, 1, 0}}; /* kernel, stride, zeros behind */
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		struct nn_sequential *g = begin(7, 3);
		nn_add_depthwise(g, "conv", shapes[i][0], shapes[i][1], shapes[i][2]);
		check(g, 0);
	}
}

static void test_layers__excite(void **state)
{
	(void)state;
	struct nn_sequential *g = begin(4, 5);
	nn_add_excite(g, "reduce", "expand", 2);
	check(g, 0);
}

static void test_layers__dropout(void **state)
{
	(void)state;
	struct nn_sequential *g = begin(4, 5);
	nn_add_linear(g, "linear", 6, true);
	nn_add_dropout(g, 0.4);
	check(g, 79);
}

/* A branch around two layers, one around nothing but the first, and windows whose branch is dropped. */
static void test_layers__skips(void **state)
{
	(void)state;
	for (int dropped = 0; dropped < 2; dropped++) {
		struct nn_sequential *g = begin(4, 5);
		nn_add_linear(g, "a", 6, true);
		const int outer = nn_here(g);
		nn_add_linear(g, "b", 6, true);
		const int inner = nn_here(g);
		nn_add_linear(g, "c", 6, true);
		nn_add_swish(g);
		nn_add_skip(g, inner, dropped ? 0.5 : 0.0);
		nn_add_relu(g);
		nn_add_skip(g, outer, 0.0);
		check(g, dropped ? 80 : 0);
	}
}

/* ---- streams: a chunk that starts from a carried state ---- */

static void test_streams__rows_by_themselves(void **state)
{
	(void)state;
	struct nn_sequential *g = begin(4, 5);
	nn_add_linear(g, "linear", 3, true);
	nn_layer(g, &nn_layer_shift, nn_rows(g));
	nn_tensor(g, "gb", 1, 0, 0, false, NN_TENSOR_NORMAL, 1.0);
	nn_add_relu(g);
	nn_add_last(g);
	check_streams(g);
}

static void test_streams__recurrent(void **state)
{
	(void)state;
	for (enum nn_cell cell = 0; cell < NN_N_CELLS; cell++) {
		struct nn_sequential *g = begin(1, 3);
		nn_add_recurrent(g, "lstm", 2, 4, cell, false);
		check_streams(g);
	}
}

/* Kernels that reach before the chunk, strides that spread the layers above, rows left over at the end. */
static void test_streams__conv_and_flatten(void **state)
{
	(void)state;
	for (int by_channel = 0; by_channel < 2; by_channel++) {
		struct nn_sequential *g = begin(12, 3);
		nn_add_conv(g, "a", 3, 4, 2, 0);
		nn_add_conv(g, "b", 2, 2, 1, 0);
		nn_add_flatten(g, by_channel);
		nn_add_linear(g, "linear", 2, true);
		check_streams(g);
	}
}

static void test_streams__wide(void **state)
{
	(void)state;
	struct nn_sequential *g = begin(1, 3);
	struct problem q;
	nn_add_linear(g, "first", 4, true);
	nn_add_wide(g, 3);
	nn_add_linear(g, "linear", 2, true);
	problem_begin(&q, g, true, 0);
	forward(&q);
	nn_backward(q.work, q.params, q.weight, NULL, q.grads, NULL);
	int n;
	const struct nn_tensor *t = nn_sequential_tensors(g, &n);
	for (int i = 0; i < n; i++)
		check_array(&q, t[i].name, q.params + t[i].offset, q.grads + t[i].offset, t[i].n);
	problem_end(&q);
}

static void test_streams__embed(void **state)
{
	(void)state;
	void *over_streams = &over_streams;
	test_layers__embed(&over_streams);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_layers__linear),
	    cmocka_unit_test(test_layers__relu_and_shift),
	    cmocka_unit_test(test_layers__rows_picked_and_rearranged),
	    cmocka_unit_test(test_layers__norm),
	    cmocka_unit_test(test_layers__lstm_and_gru_in_one_and_both_directions),
	    cmocka_unit_test(test_layers__conv),
	    cmocka_unit_test(test_layers__positions_with_dropout),
	    cmocka_unit_test(test_layers__encoder),
	    cmocka_unit_test(test_layers__encoder_with_dropout),
	    cmocka_unit_test(test_layers__described),
	    cmocka_unit_test(test_layers__embed),
	    cmocka_unit_test(test_layers__batch_norm),
	    cmocka_unit_test(test_layers__swish_and_mean),
	    cmocka_unit_test(test_layers__depthwise),
	    cmocka_unit_test(test_layers__excite),
	    cmocka_unit_test(test_layers__dropout),
	    cmocka_unit_test(test_layers__skips),
	    cmocka_unit_test(test_streams__rows_by_themselves),
	    cmocka_unit_test(test_streams__recurrent),
	    cmocka_unit_test(test_streams__conv_and_flatten),
	    cmocka_unit_test(test_streams__wide),
	    cmocka_unit_test(test_streams__embed),
	};
	return cmocka_run_group_tests_name("layer gradients", tests, NULL, NULL);
}
