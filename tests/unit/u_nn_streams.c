/*
 * u_nn_streams.c - causal models over streams: the windows' answers at every row, in chunks of any length, from a state saved and put back
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
#include "nn/blas.h"
#include "nn/sequential.h"

/* A stream of N rows; models over windows look at T of them. */
enum { B = 3, T = 14, N = 40, F = 51, K = 4 };

static const struct nn_setting setting = {T, F, K};

/* Strides that divide the window and that leave rows over, of one layer and of several. */
static const char *const windowed[] = {"MLP(cfg,2,6,9)",
                                       "MLP(cfg,1,6,rows=1)",
                                       "CNN(cfg,1,7,3,5,1,0)",
                                       "CNN(cfg,1,7,3,5,2,0)",
                                       "CNN(cfg,2,7,3,5,2,0,2,4,2,0)",
                                       "CNN(cfg,3,7,2,3,3,0,2,4,1,0,2,2,1,0)",
                                       "InsEmModel(InsEm(cfg,nop=3,nctrl=2),CNN(cfg,2,7,4,5,2,0,2,4,1,0))"};
enum { N_WINDOWED = sizeof windowed / sizeof *windowed };

static const char *const recurrent[] = {"InsLSTM(6,2,nembed=7)", "SeqLSTM(6,1,gru=True,bias=False)",
                                        "MinGRU(6,2)",           "InsLSTM(6,1,wide=True)",
                                        "SeqEmLSTM(6,1,nop=3)",  "InsLSTMDSE(6,1,bias=False)"};
enum { N_RECURRENT = sizeof recurrent / sizeof *recurrent };

struct model {
	struct nn_sequential *chain;
	float *params, *x; /* (N, B, F) */
};

static struct model model_new(const char *expression)
{
	struct model m;
	struct pv_error err;
	struct base_random rng;
	if (nn_sequential_new(expression, &setting, &m.chain, &err) != PV_OK)
		fail_msg("'%s': %s", expression, err.message);
	m.params = nn_floats_new(nn_sequential_n_params(m.chain));
	m.x = nn_floats_new(N * B * F);
	assert_true(m.params && m.x);
	nn_sequential_init(m.chain, m.params, 3);
	base_random_init(&rng, 4);
	for (size_t i = 0; i < N * B * F; i++)
		m.x[i] = strstr(expression, "Em") ? (float)base_random_below(&rng, 2) : (float)(2.0 * base_random_unit(&rng) - 1.0);
	return m;
}

static void model_free(struct model *m)
{
	nn_sequential_free(m->chain);
	free(m->params);
	free(m->x);
}

static struct nn_work *streams(const struct model *m, int rows, bool for_training)
{
	struct nn_work *work;
	struct pv_error err;
	if (nn_work_streams(m->chain, B, rows, for_training, &work, &err) != PV_OK)
		fail_msg("%s", err.message);
	return work;
}

static const float *forward(const struct model *m, struct nn_work *work, int from, int rows)
{
	const float *output;
	assert_int_equal(nn_forward(work, m->params, m->x + from * B * F, rows, 0, NULL, &output, NULL), PV_OK);
	return output;
}

/* The window that ends at a row of a stream; rows before the first are zero. */
static void window_at(const struct model *m, int rows, int stream, int row, float *window)
{
	for (int t = 0; t < rows; t++) {
		const int from = row - (rows - 1) + t;
		memset(window + t * F, 0, F * sizeof *window);
		if (from >= 0)
			memcpy(window + t * F, m->x + (from * B + stream) * F, F * sizeof *window);
	}
}

static void assert_close(const char *model, int row, const float *is, const float *expected)
{
	for (int k = 0; k < K; k++)
		if (fabsf(is[k] - expected[k]) > 1e-5f * (1.0f + fabsf(expected[k])))
			fail_msg("%s: row %d, machine %d: %.9g, over windows %.9g", model, row, k, (double)is[k], (double)expected[k]);
}

/* At every row that has a window's rows before it. */
static void test_streams__give_the_windows_answers(void **state)
{
	(void)state;
	for (int i = 0; i < N_WINDOWED; i++) {
		struct model m = model_new(windowed[i]);
		struct nn_work *stream = streams(&m, N, false), *windows;
		const int rows = nn_sequential_input(m.chain).T;
		float window[T * F];
		const float *answers = forward(&m, stream, 0, N), *expected;
		assert_int_equal(nn_work_windows(m.chain, 1, false, &windows, NULL), PV_OK);
		assert_true(nn_sequential_reach(m.chain) == rows);
		for (int row = rows - 1; row < N; row++)
			for (int b = 0; b < B; b++) {
				window_at(&m, rows, b, row, window);
				assert_int_equal(nn_forward(windows, m.params, window, 1, 0, NULL, &expected, NULL), PV_OK);
				assert_close(windowed[i], row, answers + (row * B + b) * K, expected);
			}
		nn_work_free(windows);
		nn_work_free(stream);
		model_free(&m);
	}
}

/* Recurrent models: the window that begins where the stream does. */
static void test_streams__are_windows_from_the_start(void **state)
{
	(void)state;
	for (int i = 0; i < N_RECURRENT; i++) {
		struct model m = model_new(recurrent[i]);
		struct nn_work *stream = streams(&m, N, false), *windows;
		float window[T * F];
		const float *answers = forward(&m, stream, 0, N), *expected;
		const int answered = nn_sequential_output(m.chain).T;
		assert_int_equal(nn_work_windows(m.chain, 1, false, &windows, NULL), PV_OK);
		assert_int_equal(nn_sequential_reach(m.chain), 0);
		for (int b = 0; b < B; b++) {
			window_at(&m, T, b, T - 1, window);
			assert_int_equal(nn_forward(windows, m.params, window, 1, 0, NULL, &expected, NULL), PV_OK);
			assert_close(recurrent[i], T - 1, answers + ((T - 1) * B + b) * K, expected + (answered - 1) * K);
		}
		nn_work_free(windows);
		nn_work_free(stream);
		model_free(&m);
	}
}

static const char *causal(int i)
{
	return i < N_WINDOWED ? windowed[i] : recurrent[i - N_WINDOWED];
}

static void test_streams__in_chunks_are_one_stream(void **state)
{
	static const int chunks[] = {1, 2, 17, 1, 16, 3};
	(void)state;
	for (int i = 0; i < N_WINDOWED + N_RECURRENT; i++) {
		struct model m = model_new(causal(i));
		struct nn_work *whole = streams(&m, N, true), *parts = streams(&m, 17, false), *others = streams(&m, 17, false);
		const float *expected = forward(&m, whole, 0, N);
		size_t n, n_others;
		int row = 0;
		for (size_t c = 0; c < sizeof chunks / sizeof *chunks; row += chunks[c++]) {
			const float *is = forward(&m, c % 2 ? others : parts, row, chunks[c]);
			for (int t = 0; t < chunks[c] * B; t++)
				assert_close(causal(i), row, is + t * K, expected + (row * B + t) * K);
			/* The state goes on in the other work. */
			float *from = nn_work_state(c % 2 ? others : parts, &n), *to = nn_work_state(c % 2 ? parts : others, &n_others);
			assert_true(n == n_others);
			memcpy(to, from, n * sizeof *to);
		}
		assert_int_equal(row, N);
		nn_work_free(whole);
		nn_work_free(parts);
		nn_work_free(others);
		model_free(&m);
	}
}

static void test_streams__are_reset_one_by_one(void **state)
{
	int n_differ = 0; /* models that see what is carried: all but the MLP of one row, and those whose representation is 0 */
	(void)state;
	for (int i = 0; i < N_WINDOWED + N_RECURRENT; i++) {
		struct model m = model_new(causal(i));
		struct nn_work *work = streams(&m, T, false);
		float fresh[T * B * K], on[T * B * K];
		memcpy(fresh, forward(&m, work, 0, T), sizeof fresh);
		memcpy(on, forward(&m, work, 0, T), sizeof on);
		nn_work_reset(work, -1);
		forward(&m, work, 0, T);
		nn_work_reset(work, 1);
		const float *is = forward(&m, work, 0, T);
		for (int t = 0; t < T; t++)
			for (int b = 0; b < B; b++)
				assert_memory_equal(is + (t * B + b) * K, (b == 1 ? fresh : on) + (t * B + b) * K, K * sizeof *is);
		n_differ += memcmp(fresh, on, sizeof on) != 0;
		nn_work_free(work);
		model_free(&m);
	}
	assert_true(n_differ >= N_WINDOWED + N_RECURRENT - 3);
}

/* A model in a place where only windows go. */
static void test_streams__are_refused_by_what_needs_windows(void **state)
{
	static const char *const models[] = {"InsLSTM(4,1,bi=True)", "TransformerModel(3,8,1)", "CNN(cfg,1,7,3,5,1,1)",
	                                     "SeqLSTM(4,1,norm=True)"};
	struct nn_sequential *chain;
	struct nn_work *work = NULL;
	struct pv_error err;
	(void)state;
	for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
		assert_int_equal(nn_sequential_new(models[i], &setting, &chain, NULL), PV_OK);
		assert_int_equal(nn_work_streams(chain, B, T, false, &work, &err), PV_ERR_UNSUPPORTED);
		assert_non_null(strstr(err.message, "does not run over streams: layer 1 ("));
		assert_null(work);
		nn_sequential_free(chain);
	}
	/* A recurrence over every second row of a window has no stream either. */
	assert_int_equal(nn_sequential_begin((struct nn_rows){T, F}, &chain, NULL), PV_OK);
	nn_add_conv(chain, "conv", 2, 3, 2, 0);
	nn_add_recurrent(chain, "lstm", 1, 3, NN_CELL_LSTM, false);
	assert_int_equal(nn_sequential_end(chain, NULL), PV_OK);
	assert_int_equal(nn_sequential_streams(chain, &err), PV_ERR_UNSUPPORTED);
	assert_non_null(strstr(err.message, "follows a layer with a stride"));
	nn_sequential_free(chain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_streams__give_the_windows_answers),          cmocka_unit_test(test_streams__are_windows_from_the_start),
	    cmocka_unit_test(test_streams__in_chunks_are_one_stream),          cmocka_unit_test(test_streams__are_reset_one_by_one),
	    cmocka_unit_test(test_streams__are_refused_by_what_needs_windows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
