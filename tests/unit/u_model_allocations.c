/*
 * u_model_allocations.c - a training step allocates nothing: sized once, from the configuration
 *
 * The program's own malloc counts while it is told to, whichever thread calls, and hands on to the C library's.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/linalg.h"
#include "model/encoder.h"
#include "train/source.h"
#include "nn/blas.h"
#include "nn/optim.h"
#include "support/synthetic_dataset.h"
#include "train/feed_streams.h"
#include "train/feed_windows.h"

static atomic_bool counting;
static atomic_int n_allocations;

/* The C library's own functions, by the names that it keeps for this; a sanitizer has its own malloc, which is left alone. */
#if defined __GLIBC__ && !defined __SANITIZE_ADDRESS__
static const bool counts = true;
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

static void count(void)
{
	if (atomic_load(&counting))
		atomic_fetch_add(&n_allocations, 1);
}

void *malloc(size_t n)
{
	count();
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	count();
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	count();
	return __libc_realloc(p, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
	count();
	return __libc_memalign(alignment, n);
}

int posix_memalign(void **p, size_t alignment, size_t n)
{
	count();
	*p = __libc_memalign(alignment, n);
	return *p ? 0 : ENOMEM;
}
#else
static const bool counts = false;
#endif

enum { B = 20, T = 16, WINDOW_ROWS = 24 };

static struct fixture {
	char folder[64];
	struct pv_dataset *dataset;
	struct train_source source;
	struct base_threads *pool;
} fixture;

static int setup(void **state)
{
	char path[96];
	strcpy(fixture.folder, "/tmp/u_model_allocations.XXXXXX");
	if (!mkdtemp(fixture.folder))
		return -1;
	snprintf(path, sizeof path, "%s/ds", fixture.folder);
	synthetic_dataset_write(path, &(struct synthetic){3, 0, 5, 0, 1500, 1, WINDOW_ROWS});
	fixture.pool = base_threads_new(2);
	*state = &fixture;
	return fixture.pool && pv_dataset_open(path, &fixture.dataset, NULL) == PV_OK &&
	               train_source_init(&fixture.source, fixture.dataset, NULL, 0, NULL) == PV_OK
	           ? 0
	           : -1;
}

static int teardown(void **state)
{
	(void)state;
	char command[96];
	base_threads_free(fixture.pool);
	train_source_release(&fixture.source);
	pv_dataset_close(fixture.dataset);
	snprintf(command, sizeof command, "rm -rf '%s'", fixture.folder);
	return system(command);
}

static void skip_where_nothing_counts(void)
{
	if (!counts)
		skip();
}

/* The counter sees what it should. */
static void test_allocations__are_counted(void **state)
{
	(void)state;
	skip_where_nothing_counts();
	atomic_store(&n_allocations, 0);
	atomic_store(&counting, true);
	void *volatile p = malloc(10);
	free(p);
	p = nn_floats_new(10);
	free(p);
	atomic_store(&counting, false);
	assert_int_equal(atomic_load(&n_allocations), 2);
}

struct trained {
	struct model_encoder *encoder;
	struct nn_adam adam;
	float *params, *grads;
};

static void trained_init(struct trained *t, const char *expression, int window)
{
	struct model_expression x;
	const struct nn_adam_config adam = nn_adam_defaults();
	assert_int_equal(model_expression_parse(expression, window, 0, PV_N_FEATURES, fixture.source.columns.n, &x, NULL), PV_OK);
	assert_int_equal(model_encoder_new(&x, &t->encoder, NULL), PV_OK);
	assert_int_equal(nn_adam_init(&t->adam, &adam, t->encoder->n_trained, NULL), PV_OK);
	t->params = nn_floats_new(t->encoder->n_params);
	t->grads = nn_floats_new(t->encoder->n_params);
	assert_true(t->params && t->grads);
	nn_sequential_init(t->encoder->chain, t->params, 1);
	base_blas_single_thread();
}

static void trained_release(struct trained *t)
{
	nn_adam_release(&t->adam);
	model_encoder_free(t->encoder);
	free(t->params);
	free(t->grads);
}

/* Takes at most so many steps of an epoch; the first one may allocate: a BLAS takes its buffers then. */
static int take_steps(struct trained *t, struct train_feed *feed, int most)
{
	int steps = 0;
	train_feed_begin(feed, 0);
	atomic_store(&n_allocations, 0);
	for (; steps < most && train_feed_next(feed); steps++) {
		struct train_step step = {.params = t->params, .seed = 1, .grads = t->grads};
		atomic_store(&counting, steps > 0);
		assert_int_equal(train_feed_step(feed, &step, NULL), PV_OK);
		nn_grad_clip(t->grads, t->encoder->n_trained, 1);
		nn_adam_step(&t->adam, t->params, t->grads);
	}
	atomic_store(&counting, false);
	return steps;
}

static void test_allocations__none_in_a_step_of_streams(void **state)
{
	(void)state;
	skip_where_nothing_counts();
	const struct train_streams_config config = {
	    .schedule = {.n_streams = B, .chunk_rows = T, .warmup_rows = 4, .segment_rows = 128}, .loss = NN_LOSS_MSE, .sum_weight = 0.1};
	struct train_feed *feed;
	struct trained t;
	trained_init(&t, "InsLSTM(16,2,narchs=K,bias=False)", 0);
	assert_int_equal(train_streams_new(&fixture.source, t.encoder, &config, fixture.pool, &feed, NULL), PV_OK);
	assert_true(take_steps(&t, feed, 1000) > 5);
	assert_int_equal(atomic_load(&n_allocations), 0);
	train_feed_free(feed);
	trained_release(&t);
}

static void test_allocations__none_in_a_step_of_windows(void **state)
{
	(void)state;
	skip_where_nothing_counts();
	static const char *const models[] = {"InsLSTM(16,2,narchs=K,bias=False)", "SeqLSTM(8,1,gru=True,bi=True,norm=True)",
	                                     "TransformerModel(1,16,1,nembed=8)", "CNN(cfg,1,9,3,5,2,1)",
	                                     "InsEmModel(InsEm(cfg,nop=2,nr=2),MLP(cfg,2,8,12))"};
	const struct train_windows_config config = {.B = B};
	for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
		struct train_feed *feed;
		struct trained t;
		trained_init(&t, models[m], WINDOW_ROWS);
		assert_int_equal(train_windows_new(&fixture.source, t.encoder, &config, fixture.pool, &feed, NULL), PV_OK);
		nn_sequential_set_statistics(t.encoder->chain, t.params, fixture.source.inputs.mean, fixture.source.inputs.std);
		assert_int_equal(take_steps(&t, feed, 6), 6);
		if (atomic_load(&n_allocations))
			fail_msg("%s: %d allocations in five steps", models[m], atomic_load(&n_allocations));
		train_feed_free(feed);
		trained_release(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_allocations__are_counted),
	    cmocka_unit_test(test_allocations__none_in_a_step_of_streams),
	    cmocka_unit_test(test_allocations__none_in_a_step_of_windows),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
