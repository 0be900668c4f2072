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

#include "model/encoder.h"
#include "train/shards.h"
#include "train/source.h"
#include "train/windows.h"
#include "nn/blas.h"
#include "nn/optim.h"
#include "support/synthetic_dataset.h"

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
	assert_int_equal(model_encoder_parse(expression, window, PV_N_FEATURES, fixture.source.columns.n, &x, NULL), PV_OK);
	assert_int_equal(model_encoder_new(&x, &t->encoder, NULL), PV_OK);
	assert_int_equal(nn_adam_init(&t->adam, &adam, t->encoder->n_trained, NULL), PV_OK);
	t->params = nn_floats_new(t->encoder->n_params);
	t->grads = nn_floats_new(t->encoder->n_params);
	assert_true(t->params && t->grads);
	model_encoder_init(t->encoder, &x, t->params, 1);
	nn_blas_single_thread();
}

static void trained_release(struct trained *t)
{
	nn_adam_release(&t->adam);
	model_encoder_free(t->encoder);
	free(t->params);
	free(t->grads);
}

static void update(struct trained *t)
{
	nn_grad_clip(t->grads, t->encoder->n_trained, 1);
	nn_adam_step(&t->adam, t->params, t->grads);
}

static void test_allocations__none_in_a_step_of_streams(void **state)
{
	(void)state;
	skip_where_nothing_counts();
	const struct train_schedule_config config = {.n_streams = B, .chunk_rows = T, .warmup_rows = 4, .segment_rows = 128};
	struct train_schedule *schedule;
	struct train_shards *shards;
	struct train_slot slots[B];
	struct trained t;
	double loss;
	uint64_t rows;
	trained_init(&t, "InsLSTM(16,2,narchs=K,bias=False)", 0);
	assert_int_equal(train_schedule_new(fixture.source.train, fixture.source.n_train, &config, &schedule, NULL), PV_OK);
	assert_int_equal(train_shards_new(&fixture.source, t.encoder->net, B, T, NN_LOSS_MSE, 0.1, fixture.pool, &shards, NULL), PV_OK);
	train_schedule_begin(schedule, 0);
	atomic_store(&n_allocations, 0);
	/* The first step may: a BLAS takes its buffers then. */
	int steps = 0;
	for (; train_schedule_step(schedule, slots); steps++) {
		atomic_store(&counting, steps > 0);
		train_shards_step(shards, t.params, slots, t.grads, &loss, &rows);
		update(&t);
	}
	atomic_store(&counting, false);
	assert_true(steps > 5);
	assert_int_equal(atomic_load(&n_allocations), 0);
	train_shards_free(shards);
	train_schedule_free(schedule);
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
		struct train_windows *windows;
		struct trained t;
		double loss;
		uint64_t rows;
		trained_init(&t, models[m], WINDOW_ROWS);
		assert_int_equal(train_windows_new(&fixture.source, t.encoder, &config, fixture.pool, &windows, NULL), PV_OK);
		if (t.encoder->graph)
			nn_graph_set_statistics(t.encoder->graph, t.params, fixture.source.inputs.mean, fixture.source.inputs.std);
		train_windows_begin(windows, 0);
		atomic_store(&n_allocations, 0);
		for (int step = 0; step < 6 && train_windows_next(windows); step++) {
			atomic_store(&counting, step > 0);
			assert_int_equal(train_windows_step(windows, t.params, 1, t.grads, &loss, &rows, NULL), PV_OK);
			update(&t);
		}
		atomic_store(&counting, false);
		if (atomic_load(&n_allocations))
			fail_msg("%s: %d allocations in five steps", models[m], atomic_load(&n_allocations));
		train_windows_free(windows);
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
