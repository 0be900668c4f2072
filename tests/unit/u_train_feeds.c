/*
 * u_train_feeds.c - feeds of stored samples: the order of an epoch depends on its number only, and a step's gradient is that of its loss
 *
 * Streams are tested in u_model_schedule and u_model_train, windows in u_model_windows.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "train/feed_samples.h"

enum { N = 7, D = 3, B = 2 };

/* Sample i is (1, i, i^2) and takes 10 i + 5; the last two are not trained on. */
static float x[N * D], y[N];
static const uint32_t train[] = {0, 1, 2, 3, 4};
static struct nn_sequential *chain;

static int setup(void **state)
{
	(void)state;
	const struct nn_setting setting = {1, D, 1};
	for (int i = 0; i < N; i++) {
		x[i * D] = 1;
		x[i * D + 1] = (float)i;
		x[i * D + 2] = (float)(i * i);
		y[i] = (float)(10 * i + 5);
	}
	return nn_sequential_new("Predictor(cfg,bias=False)", &setting, &chain, NULL) == PV_OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	nn_sequential_free(chain);
	return 0;
}

static struct train_feed *make(float y_scale)
{
	const struct train_samples samples = {N, D, x, y, y_scale, train, 5};
	struct train_feed *feed;
	assert_int_equal(train_samples_new(&samples, chain, B, NN_LOSS_MSE, 3, &feed, NULL), PV_OK);
	return feed;
}

/* Loss of each step of an epoch, which tells which samples it held. Returns the number of steps. */
static int losses_of(struct train_feed *feed, int epoch, double losses[N])
{
	const float params[D] = {1, 0, 0};
	float grads[D];
	int n = 0;
	train_feed_begin(feed, epoch);
	while (train_feed_next(feed)) {
		struct train_step step = {.params = params, .seed = 1, .grads = grads};
		assert_int_equal(train_feed_step(feed, &step, NULL), PV_OK);
		losses[n++] = step.loss * (double)step.n_counted;
	}
	return n;
}

static void test_samples__order_depends_on_the_epoch_only(void **state)
{
	(void)state;
	struct train_feed *a = make(1), *b = make(1);
	double first[4][N], again[N], sum = 0;
	for (int epoch = 0; epoch < 4; epoch++)
		assert_int_equal(losses_of(a, epoch, first[epoch]), 3);
	assert_true(a->n_steps == 3 && a->n_rows == 5);
	assert_memory_not_equal(first[0], first[1], 3 * sizeof(double));
	for (int i = 0; i < 3; i++)
		sum += first[2][i];
	assert_float_equal(sum, 4 * 4 + 14 * 14 + 24 * 24 + 34 * 34 + 44 * 44, 1e-3); /* each of the five once */
	losses_of(b, 2, again);                                                       /* without those before */
	assert_memory_equal(again, first[2], 3 * sizeof(double));
	losses_of(a, 1, again); /* back */
	assert_memory_equal(again, first[1], 3 * sizeof(double));
	losses_of(a, 1, again); /* the same once more */
	assert_memory_equal(again, first[1], 3 * sizeof(double));
	train_feed_free(a);
	train_feed_free(b);
}

/* Times are y_scale times what the network says; the gradient is with respect to what it holds. */
static void test_samples__gradient_is_that_of_the_loss(void **state)
{
	(void)state;
	struct train_feed *feed = make(2);
	float params[D] = {0.5F, 1, 0.25F}, grads[D], unused[D];
	train_feed_begin(feed, 0);
	assert_true(train_feed_next(feed));
	struct train_step step = {.params = params, .seed = 1, .grads = grads};
	assert_int_equal(train_feed_step(feed, &step, NULL), PV_OK);
	for (int d = 0; d < D; d++) {
		const float h = 0.01F, was = params[d];
		struct train_step up = {.params = params, .seed = 1, .grads = unused}, down = up;
		params[d] = was + h;
		assert_int_equal(train_feed_step(feed, &up, NULL), PV_OK);
		params[d] = was - h;
		assert_int_equal(train_feed_step(feed, &down, NULL), PV_OK);
		params[d] = was;
		assert_float_equal((float)((up.loss - down.loss) / (2 * (double)h)), grads[d], 1e-2F * (1 + fabsf(grads[d])));
	}
	train_feed_free(feed);
}

static void test_samples__carry_nothing(void **state)
{
	(void)state;
	struct train_feed *feed = make(1);
	assert_int_equal(train_feed_save(feed, NULL), 0);
	train_feed_restore(feed, NULL);
	train_feed_free(feed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_samples__order_depends_on_the_epoch_only),
	    cmocka_unit_test(test_samples__gradient_is_that_of_the_loss),
	    cmocka_unit_test(test_samples__carry_nothing),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
