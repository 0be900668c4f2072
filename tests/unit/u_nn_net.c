/*
 * u_nn_net.c - chunks, shards, threads and streams: ways of running the network that must not change what it computes
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

#include "base/random.h"
#include "base/threads.h"
#include "nn/blas.h"
#include "nn/sequential.h"

/* More rows than a group of steps has, and not a multiple of it, whether as a whole or in shards. */
enum { T = 100, B = 6, F = 51, H = 24, L = 2, K = 5 };

/* What a chain is made of. */
struct config {
	int F, H, L, K;
	bool bias;
	enum nn_cell cell;
	bool wide;
};

static struct nn_sequential *build(const struct config *c)
{
	char text[200];
	struct nn_sequential *chain;
	struct pv_error err;
	const struct nn_setting setting = {1, c->F, c->K};
	snprintf(text, sizeof text, "%s(%d,%d,narchs=%d,bias=%s%s%s)", c->cell == NN_CELL_MINGRU ? "MinGRU" : "InsLSTM", c->H, c->L, c->K,
	         c->bias ? "True" : "False", c->cell == NN_CELL_GRU ? ",gru=True" : "", c->wide ? ",wide=True" : "");
	if (nn_sequential_new(text, &setting, &chain, &err) != PV_OK)
		fail_msg("%s", err.message);
	return chain;
}

/* main runs the first tests with every kind of layer. */
static struct config config = {F, H, L, K, true, NN_CELL_LSTM, false};

struct model {
	struct nn_sequential *net;
	float *params, *x, *doutput; /* (T, B, F), (T, B, K) */
};

static float *random_floats(size_t n, uint64_t seed)
{
	struct base_random rng;
	float *p = nn_floats_new(n);
	assert_non_null(p);
	base_random_init(&rng, seed);
	for (size_t i = 0; i < n; i++)
		p[i] = (float)(2.0 * base_random_unit(&rng) - 1.0);
	return p;
}

static struct model model_new(void)
{
	struct model m = {.x = random_floats(T * B * F, 1), .doutput = random_floats(T * B * K, 2)};
	m.net = build(&config);
	m.params = nn_floats_new(nn_sequential_n_params(m.net));
	assert_non_null(m.params);
	nn_sequential_init(m.net, m.params, 3);
	return m;
}

static void model_free(struct model *m)
{
	nn_sequential_free(m->net);
	free(m->params);
	free(m->x);
	free(m->doutput);
}

static struct nn_work *work_new(const struct model *m, int streams, int insns, bool for_training)
{
	struct nn_work *work;
	assert_int_equal(nn_work_streams(m->net, streams, insns, for_training, &work, NULL), PV_OK);
	return work;
}

static double largest_difference(const float *a, const float *b, size_t n)
{
	double largest = 0.0;
	for (size_t i = 0; i < n; i++)
		largest = fmax(largest, fabs((double)a[i] - (double)b[i]));
	return largest;
}

static void test_net__chunks_equal_one_sequence(void **state)
{
	(void)state;
	struct model m = model_new();
	struct nn_work *whole = work_new(&m, B, T, true), *parts = work_new(&m, B, 67, false);
	const float *expected, *expected_repr, *output, *repr;
	nn_forward(whole, m.params, m.x, T, 0, &expected_repr, &expected, NULL);
	for (int t = 0; t < T;) {
		const int n = t == 0 ? 1 : T - t < 67 ? T - t : 67;
		nn_forward(parts, m.params, m.x + t * B * F, n, 0, &repr, &output, NULL);
		assert_true(largest_difference(output, expected + t * B * K, (size_t)(n * B * K)) < 1e-6);
		assert_true(largest_difference(repr, expected_repr + t * B * H, (size_t)(n * B * H)) < 1e-6);
		t += n;
	}
	nn_work_free(whole);
	nn_work_free(parts);
	model_free(&m);
}

static void test_net__reset_affects_one_stream(void **state)
{
	(void)state;
	struct model m = model_new();
	struct nn_work *a = work_new(&m, B, T, false), *b = work_new(&m, B, T, false);
	const float *first, *second;
	nn_forward(a, m.params, m.x, T, 0, NULL, &first, NULL);
	nn_forward(b, m.params, m.x, T, 0, NULL, NULL, NULL);
	float *fresh = random_floats(T * B * K, 9);
	memcpy(fresh, first, T * B * K * sizeof(float));
	nn_work_reset(b, 2);
	nn_forward(a, m.params, m.x, T, 0, NULL, &first, NULL); /* carried on */
	nn_forward(b, m.params, m.x, T, 0, NULL, &second, NULL);
	for (int t = 0; t < 3; t++)
		for (int s = 0; s < B; s++) {
			const float *expected = (s == 2 ? fresh : first) + (t * B + s) * K;
			assert_memory_equal(second + (t * B + s) * K, expected, K * sizeof(float));
			assert_memory_not_equal(first + (t * B + s) * K, fresh + (t * B + s) * K, K * sizeof(float));
		}
	nn_work_reset(b, -1);
	nn_forward(b, m.params, m.x, T, 0, NULL, &second, NULL);
	assert_memory_equal(second, fresh, T * B * K * sizeof(float));
	free(fresh);
	nn_work_free(a);
	nn_work_free(b);
	model_free(&m);
}

/* Streams [first, first + n) of a time-major array of rows of a given width. */
static float *take_streams(const float *all, int first, int n, int width)
{
	float *p = nn_floats_new((size_t)(T * n * width));
	assert_non_null(p);
	for (int t = 0; t < T; t++)
		memcpy(p + t * n * width, all + (t * B + first) * width, (size_t)(n * width) * sizeof(float));
	return p;
}

static void test_net__shards_sum_to_the_whole(void **state)
{
	(void)state;
	struct model m = model_new();
	const size_t n_params = nn_sequential_n_params(m.net);
	float *whole = nn_floats_new(n_params), *sum = nn_floats_new(n_params);
	struct nn_work *work = work_new(&m, B, T, true);
	nn_forward(work, m.params, m.x, T, 0, NULL, NULL, NULL);
	nn_backward(work, m.params, m.doutput, NULL, whole, NULL);
	nn_work_free(work);
	static const int shards[][2] = {{0, 1}, {1, 3}, {4, 2}};
	for (int i = 0; i < 3; i++) {
		float *x = take_streams(m.x, shards[i][0], shards[i][1], F),
		      *doutput = take_streams(m.doutput, shards[i][0], shards[i][1], K);
		work = work_new(&m, shards[i][1], T, true);
		nn_forward(work, m.params, x, T, 0, NULL, NULL, NULL);
		nn_backward(work, m.params, doutput, NULL, sum, NULL);
		nn_work_free(work);
		free(x);
		free(doutput);
	}
	double largest = 0.0;
	for (size_t i = 0; i < n_params; i++)
		largest = fmax(largest, fabs((double)whole[i]));
	assert_true(largest > 1.0);
	assert_true(largest_difference(whole, sum, n_params) < 1e-5 * largest);
	free(whole);
	free(sum);
	model_free(&m);
}

/*
 * The fast path, weights rearranged once for several works, gives what the plain chain gives, whose layers rearrange their own: outputs,
 * carried state and gradients, in a chunk that goes on from another; after a change of the weights, what the new ones give.
 */
static void test_net__shared_weights_change_nothing(void **state)
{
	(void)state;
	struct model m = model_new();
	const size_t n_params = nn_sequential_n_params(m.net);
	struct nn_work *own = work_new(&m, B, T, true), *sharing = work_new(&m, B, T, true);
	struct nn_packed *packed;
	assert_int_equal(nn_packed_new(m.net, true, &packed, NULL), PV_OK);
	assert_int_equal(nn_packed_tasks(packed) > 0, config.cell == NN_CELL_LSTM);
	nn_work_share(sharing, packed);
	for (int step = 0; step < 3; step++) {
		float *a = nn_floats_new(n_params), *b = nn_floats_new(n_params), *dx_a = nn_floats_new(T * B * F),
		      *dx_b = nn_floats_new(T * B * F);
		const float *expected, *output;
		size_t n, n_sharing;
		for (int i = nn_packed_tasks(packed); i > 0; i--)
			nn_pack(packed, m.params, i - 1);
		nn_forward(own, m.params, m.x, T, 0, NULL, &expected, NULL);
		nn_forward(sharing, m.params, m.x, T, 0, NULL, &output, NULL);
		assert_memory_equal(output, expected, T * B * K * sizeof(float));
		const float *carried = nn_work_state(own, &n), *shared = nn_work_state(sharing, &n_sharing);
		assert_true(n > 0 && n == n_sharing);
		assert_memory_equal(shared, carried, n * sizeof(float));
		nn_backward(own, m.params, m.doutput, NULL, a, dx_a);
		nn_backward(sharing, m.params, m.doutput, NULL, b, dx_b);
		assert_memory_equal(a, b, n_params * sizeof(float));
		assert_memory_equal(dx_a, dx_b, T * B * F * sizeof(float));
		for (size_t i = 0; i < n_params; i++)
			m.params[i] += 0.01f * a[i];
		free(a);
		free(b);
		free(dx_a);
		free(dx_b);
	}
	nn_work_free(own);
	nn_work_free(sharing);
	nn_packed_free(packed);
	model_free(&m);
}

struct shard {
	const struct model *m;
	struct nn_work *work;
	float *grads;
};

static void train_shard(void *context, int i, int thread)
{
	(void)thread;
	struct shard *s = (struct shard *)context + i;
	nn_forward(s->work, s->m->params, s->m->x, T, 0, NULL, NULL, NULL);
	nn_backward(s->work, s->m->params, s->m->doutput, NULL, s->grads, NULL);
}

static void test_net__same_bytes_at_any_thread_count(void **state)
{
	(void)state;
	enum { SHARDS = 5 };
	struct model m = model_new();
	const size_t n_params = nn_sequential_n_params(m.net);
	float *expected = NULL;
	for (int threads = 1; threads <= 4; threads++) {
		struct base_threads *pool = base_threads_new(threads);
		struct shard shards[SHARDS];
		assert_non_null(pool);
		for (int i = 0; i < SHARDS; i++)
			shards[i] = (struct shard){&m, work_new(&m, B, T, true), nn_floats_new(n_params)};
		for (int step = 0; step < 3; step++)
			base_threads_run(pool, train_shard, shards, SHARDS);
		for (int i = 0; i < SHARDS; i++) {
			if (!expected) {
				expected = shards[i].grads;
				shards[i].grads = NULL;
			} else {
				assert_memory_equal(shards[i].grads, expected, n_params * sizeof(float));
			}
			free(shards[i].grads);
			nn_work_free(shards[i].work);
		}
		base_threads_free(pool);
	}
	free(expected);
	model_free(&m);
}

static void test_net__tensors_tile_the_block(void **state)
{
	(void)state;
	static const char *const names[] = {"lstm.weight_ih_l0", "lstm.weight_hh_l0", "lstm.bias_ih_l0", "lstm.bias_hh_l0",
	                                    "lstm.weight_ih_l1", "lstm.weight_hh_l1", "lstm.bias_ih_l1", "lstm.bias_hh_l1",
	                                    "linear.weight",     "linear.bias"};
	struct model m = model_new();
	int n;
	const struct nn_tensor *t = nn_sequential_tensors(m.net, &n);
	size_t end = 0;
	assert_int_equal(n, 10);
	for (int i = 0; i < n; i++) {
		assert_string_equal(t[i].name, names[i]);
		assert_int_equal(t[i].offset, end);
		assert_int_equal(t[i].n, t[i].dims[0] * (t[i].n_dims == 2 ? t[i].dims[1] : 1));
		end += t[i].n;
	}
	assert_int_equal(end, nn_sequential_n_params(m.net));
	assert_int_equal(t[0].dims[0], 4 * H);
	assert_int_equal(t[0].dims[1], F);
	assert_int_equal(t[8].dims[0], K);
	model_free(&m);
}

static void test_net__init_is_seeded_and_bounded(void **state)
{
	(void)state;
	struct model m = model_new();
	const size_t n = nn_sequential_n_params(m.net);
	float *again = nn_floats_new(n);
	const double bound = 1.0 / sqrt(H);
	double sum = 0.0, largest = 0.0;
	nn_sequential_init(m.net, again, 3);
	assert_memory_equal(again, m.params, n * sizeof(float));
	nn_sequential_init(m.net, again, 4);
	assert_memory_not_equal(again, m.params, n * sizeof(float));
	for (size_t i = 0; i < n; i++) {
		sum += (double)again[i];
		largest = fmax(largest, fabs((double)again[i]));
	}
	assert_true(largest <= bound && largest > 0.99 * bound);
	assert_true(fabs(sum / (double)n) < 0.02 * bound);
	free(again);
	model_free(&m);
}

static void test_net__flops(void **state)
{
	(void)state;
	struct nn_sequential *net;
	double forward, training;
	const struct config default_model = {51, 256, 2, 77, false, NN_CELL_LSTM, false}, gru = {88, 64, 2, 17, false, NN_CELL_GRU, false},
	                    mingru = {88, 64, 2, 17, false, NN_CELL_MINGRU, false};
	net = build(&default_model);
	nn_sequential_flops(net, true, &forward, &training);
	assert_true(forward == 2.0 * (1024 * 51 + 3 * 1024 * 256 + 77 * 256));
	assert_true(training == 3 * forward - 2.0 * 1024 * 51);
	nn_sequential_free(net);
	net = build(&gru);
	nn_sequential_flops(net, true, &forward, &training);
	assert_true(forward == 2.0 * (192 * 88 + 3 * 192 * 64 + 17 * 64));
	nn_sequential_free(net);
	net = build(&mingru);
	nn_sequential_flops(net, true, &forward, &training);
	assert_true(forward == 2.0 * (128 * 88 + 128 * 64 + 17 * 64));
	nn_sequential_free(net);
}

static void test_net__impossible_shapes_are_refused(void **state)
{
	(void)state;
	struct nn_work *work = NULL;
	struct pv_error err;
	struct model m = model_new();
	assert_int_equal(nn_work_streams(m.net, 0, 5, true, &work, &err), PV_ERR_RANGE);
	assert_int_equal(nn_work_streams(m.net, 1 << 20, 1 << 20, true, &work, &err), PV_ERR_RANGE);
	assert_null(work);
	model_free(&m);
}

int main(void)
{
	const struct CMUnitTest of_cells[] = {
	    cmocka_unit_test(test_net__chunks_equal_one_sequence),      cmocka_unit_test(test_net__reset_affects_one_stream),
	    cmocka_unit_test(test_net__shards_sum_to_the_whole),        cmocka_unit_test(test_net__shared_weights_change_nothing),
	    cmocka_unit_test(test_net__same_bytes_at_any_thread_count),
	};
	static const char *const names[NN_N_CELLS] = {"net of LSTMs", "net of GRUs", "net of minGRUs"};
	int failed = 0;
	for (config.cell = 0; config.cell < NN_N_CELLS; config.cell++)
		failed += cmocka_run_group_tests_name(names[config.cell], of_cells, NULL, NULL);
	config.cell = NN_CELL_LSTM;
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_net__tensors_tile_the_block),
	    cmocka_unit_test(test_net__init_is_seeded_and_bounded),
	    cmocka_unit_test(test_net__flops),
	    cmocka_unit_test(test_net__impossible_shapes_are_refused),
	};
	return failed + cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
