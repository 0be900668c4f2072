/*
 * u_model_windows.c - the reference's windows: what they hold, in which order they come, that a window is a stream from nothing, and
 * training, using and exchanging models over them
 *
 * With arguments (DATASET EXPRESSION SEED BATCH BLOCK_ROWS STEPS OUT) it writes what a training run over windows starts with: the initial
 * parameters, and program and row of every window of the first steps; tests/pytorch.sh trains PyTorch on the same.
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
#include <unistd.h>

#include "base/safetensors.h"
#include "model/model.h"
#include "train/feed_windows.h"
#include "support/predicted.h"
#include "support/synthetic_dataset.h"

enum { T = 8, F = PV_N_FEATURES };

static const char plain[] = "InsLSTM(12,2,narchs=K,bias=False)";

static struct fixture {
	char folder[64];
	struct pv_dataset *dataset;
	struct train_source source;
} fixture;

static int setup(void **state)
{
	strcpy(fixture.folder, "/tmp/u_model_windows.XXXXXX");
	if (!mkdtemp(fixture.folder) || chdir(fixture.folder))
		return -1;
	synthetic_dataset_write("ds", &(struct synthetic){3, 1, 3, 1, 1500, 1, T});
	*state = &fixture;
	return pv_dataset_open("ds", &fixture.dataset, NULL) == PV_OK &&
	               train_source_init(&fixture.source, fixture.dataset, NULL, 0, NULL) == PV_OK
	           ? 0
	           : -1;
}

static int teardown(void **state)
{
	(void)state;
	char command[96];
	train_source_release(&fixture.source);
	pv_dataset_close(fixture.dataset);
	snprintf(command, sizeof command, "rm -rf '%s'", fixture.folder);
	return chdir("/") == 0 ? system(command) : -1;
}

/* ---- what a window holds ---- */

static void test_windows__hold_the_rows_before_and_zeros_before_the_first(void **state)
{
	const struct fixture *f = *state;
	const struct pv_dataset_program *p = pv_dataset_program(f->dataset, 0);
	float rows[20 * F], line[(T + 3) * F], x[3 * T * F];
	model_inputs_unpack(&f->source.inputs, p->features, p->context, 20, rows, F);
	represent_batch_windows(p, 0, 2, 3, T, &f->source.inputs, line, x);
	for (int b = 0; b < 3; b++)
		for (int t = 0; t < T; t++) {
			const int row = 2 + b - (T - 1) + t;
			const float *got = x + (b * T + t) * F;
			for (int i = 0; i < F; i++)
				assert_float_equal(got[i], row < 0 ? 0.0F : rows[row * F + i], 0);
		}
	/* Far from the start no row is made up. */
	represent_batch_windows(p, 0, 12, 1, T, &f->source.inputs, line, x);
	assert_memory_equal(x, rows + (12 - T + 1) * F, sizeof(float) * T * F);
}

/* ---- the order ---- */

static struct train_feed *plan(const struct fixture *f, const struct train_windows_config *config, struct model_encoder **encoder)
{
	struct model_expression e;
	struct train_feed *w;
	assert_int_equal(model_expression_parse(plain, T, 0, PV_N_FEATURES, f->source.columns.n, &e, NULL), PV_OK);
	assert_int_equal(model_encoder_new(&e, encoder, NULL), PV_OK);
	assert_int_equal(train_windows_new(&f->source, *encoder, config, NULL, &w, NULL), PV_OK);
	return w;
}

/* Runs an epoch; counts how often each row of program 0 and 1 is predicted. Returns the steps. */
static uint64_t visit(struct train_feed *w, int epoch, int visits[2][4000])
{
	uint64_t steps = 0, rows = 0;
	memset(visits, 0, 2 * sizeof *visits);
	train_feed_begin(w, epoch);
	for (; train_feed_next(w); steps++)
		for (int i = 0; i < train_windows_count(w); i++, rows++) {
			const struct data_range r = train_windows_at(w, i);
			assert_true(r.end == r.begin + 1 && r.program < 2);
			visits[r.program][r.begin]++;
		}
	assert_true(rows == w->n_rows);
	assert_true(steps == w->n_steps);
	return steps;
}

static void assert_every_row_once(const struct fixture *f, int visits[2][4000])
{
	for (int r = 0; r < f->source.n_train; r++)
		for (uint64_t row = 0; row < 4000; row++) {
			const struct data_range *range = &f->source.train[r];
			assert_int_equal(visits[range->program][row], row >= range->begin && row < range->end);
		}
}

static void test_order__single_windows_visit_every_row_once(void **state)
{
	const struct fixture *f = *state;
	static int visits[2][4000];
	struct model_encoder *e;
	struct train_feed *w = plan(f, &(struct train_windows_config){.B = 10, .seed = 3}, &e);
	assert_int_equal(visit(w, 0, visits), (f->source.train_rows + 9) / 10);
	assert_every_row_once(f, visits);
	train_feed_begin(w, 0);
	train_feed_next(w);
	const uint64_t first = train_windows_at(w, 0).begin;
	train_feed_begin(w, 1);
	train_feed_next(w);
	assert_true(train_windows_at(w, 0).begin != first); /* another epoch, another order */
	train_feed_free(w);
	model_encoder_free(e);
	w = plan(f, &(struct train_windows_config){.B = 10, .epoch_rows = 205, .seed = 3}, &e);
	assert_int_equal(visit(w, 0, visits), 21);
	train_feed_free(w);
	model_encoder_free(e);
}

static void test_order__blocks_give_each_offset_in_turn(void **state)
{
	const struct fixture *f = *state;
	static int visits[2][4000];
	struct model_encoder *e;
	struct train_feed *w = plan(f, &(struct train_windows_config){.B = 2, .block_rows = 64, .seed = 1}, &e);
	visit(w, 0, visits);
	assert_every_row_once(f, visits);
	train_feed_begin(w, 0);
	assert_true(train_feed_next(w));
	const struct data_range a = train_windows_at(w, 0), b = train_windows_at(w, 1);
	assert_int_equal((a.begin - f->source.train[a.program].begin) % 64, 0);
	for (uint64_t i = 1; i < 20; i++) {
		assert_true(train_feed_next(w));
		assert_int_equal(train_windows_count(w), 2);
		assert_true(train_windows_at(w, 0).begin == a.begin + i && train_windows_at(w, 0).program == a.program);
		assert_true(train_windows_at(w, 1).begin == b.begin + i && train_windows_at(w, 1).program == b.program);
	}
	train_feed_free(w);
	model_encoder_free(e);
}

/* ---- a window is a stream that starts from nothing ---- */

static struct pv_model *train(const struct fixture *f, const char *expression, const struct pv_train_options *o)
{
	struct pv_model *m = NULL;
	struct pv_error err = {0};
	if (pv_train(f->dataset, expression, o, NULL, &m, NULL, &err) != PV_OK)
		fail_msg("%s: %s", expression, err.message);
	return m;
}

static struct pv_train_options small(void)
{
	struct pv_train_options o = pv_train_defaults();
	o.mode = PV_MODE_WINDOW;
	o.epochs = 2;
	o.batch_size = 20;
	o.train_rows = 400;
	o.valid_rows = 200;
	o.refit_rows = 400;
	o.threads = 1;
	return o;
}

/* Sum of representations of rows [0, n), each from T rows run through the network from a zero state. */
static void sum_by_hand(const struct pv_model *m, const struct pv_dataset_program *p, int n, double *sum)
{
	struct nn_work *work;
	float line[T * F], x[T * F];
	const float *repr;
	assert_int_equal(nn_work_streams(m->encoder->chain, 1, T, false, &work, NULL), PV_OK);
	memset(sum, 0, (size_t)m->encoder->D * sizeof *sum);
	for (int row = 0; row < n; row++) {
		represent_batch_windows(p, 0, (uint64_t)row, 1, T, &m->inputs, line, x);
		nn_work_reset(work, -1);
		nn_forward(work, m->params, x, T, 0, &repr, NULL, NULL);
		for (int d = 0; d < m->encoder->D; d++)
			sum[d] += (double)repr[(T - 1) * m->encoder->D + d];
	}
	nn_work_free(work);
}

static void test_model__over_windows_is_the_network_run_from_nothing(void **state)
{
	const struct fixture *f = *state;
	struct pv_train_options o = small();
	o.mode = PV_MODE_STREAM;
	o.valid_rows = o.refit_rows = PV_TRAIN_AUTO;
	struct pv_model *m = train(f, plain, &o), *windows, *back;
	struct pv_error err = {0};
	const struct pv_dataset_program *p = pv_dataset_program(f->dataset, 0);
	double sum[12];
	assert_int_equal(pv_model_as(m, "window", T, &windows, NULL), PV_OK);
	assert_true(pv_model_info(windows)->foundation != pv_model_info(m)->foundation);
	assert_string_equal(pv_model_info(windows)->mode, "window");
	struct pv_vectors *v = new_vectors(windows);
	assert_int_equal(pv_represent_dataset(windows, f->dataset, &(struct pv_represent_options){.threads = 2}, NULL, v, NULL), PV_OK);
	sum_by_hand(m, p, (int)p->n_rows, sum);
	for (int d = 0; d < 12; d++)
		assert_float_equal((float)pv_vectors_at(v, 0)->values[d], (float)sum[d], 1e-4F * (1 + (float)fabs(sum[d])));
	assert_int_equal(pv_represent_dataset(m, f->dataset, &(struct pv_represent_options){.threads = 1}, NULL, v, &err), PV_ERR_ARG);
	/* There and back again. */
	assert_int_equal(pv_model_as(windows, "stream", 0, &back, NULL), PV_OK);
	assert_true(pv_model_info(back)->foundation == pv_model_info(m)->foundation);
	assert_int_equal(pv_model_as(m, "sideways", T, &back, &err), PV_ERR_ARG);
	assert_int_equal(pv_model_as(m, "window", 5000, &back, &err), PV_ERR_RANGE);
	pv_vectors_free(v);
	pv_model_free(back);
	pv_model_free(windows);
	pv_model_free(m);
}

/* ---- training ---- */

static void save(const struct pv_model *m, const char *name)
{
	assert_int_equal(pv_model_save(m, name, NULL), PV_OK);
}

static void assert_same_file(const char *a, const char *b)
{
	char command[96];
	snprintf(command, sizeof command, "cmp '%s' '%s'", a, b);
	assert_int_equal(system(command), 0);
}

static void test_train__same_bytes_at_any_number_of_threads(void **state)
{
	const struct fixture *f = *state;
	for (int sbatch = 0; sbatch < 2; sbatch++) {
		struct pv_train_options o = small();
		o.sbatch = sbatch;
		o.sbatch_rows = 40;
		o.batch_size = sbatch ? 5 : 20;
		o.evaluate = PV_MODE_WINDOW;
		struct pv_model *one = train(f, plain, &o);
		o.threads = 3;
		struct pv_model *three = train(f, plain, &o);
		save(one, "one");
		save(three, "three");
		assert_same_file("one", "three");
		pv_model_free(one);
		pv_model_free(three);
	}
}

static void test_train__resumes_to_the_same_bytes(void **state)
{
	const struct fixture *f = *state;
	struct pv_train_options o = small();
	o.warmup_steps = 30;
	o.optimizer = PV_TRAIN_ADAMW;
	o.weight_decay = 0.01;
	o.schedule = PV_TRAIN_SCHEDULE_CONSTANT;
	struct pv_model *whole = train(f, plain, &o);
	o.epochs = 1;
	o.checkpoints = "ck";
	pv_model_free(train(f, plain, &o));
	o.epochs = 2;
	o.checkpoints = NULL;
	o.resume = "ck/last.safetensors";
	struct pv_model *resumed = train(f, plain, &o);
	save(whole, "whole");
	save(resumed, "resumed");
	assert_same_file("whole", "resumed");
	pv_model_free(whole);
	pv_model_free(resumed);
}

static void test_train__learns_over_windows(void **state)
{
	const struct fixture *f = *state;
	struct pv_train_options o = small();
	struct pv_train_report r[2];
	struct pv_model *m;
	o.train_rows = 0;
	o.refit = false;
	for (int i = 0; i < 2; i++) {
		o.epochs = i ? 6 : 1;
		o.schedule = PV_TRAIN_SCHEDULE_COSINE;
		assert_int_equal(pv_train(f->dataset, plain, &o, NULL, &m, &r[i], NULL), PV_OK);
		assert_string_equal(pv_model_info(m)->mode, "stream"); /* what streams can run, streams do */
		pv_model_free(m);
	}
	assert_true(r[1].train_loss < 0.8 * r[0].train_loss);
	assert_true(r[1].validation_loss < r[0].validation_loss);
}

static void test_train__patience_ends_it(void **state)
{
	const struct fixture *f = *state;
	struct pv_train_options o = small();
	struct pv_train_report r;
	struct pv_model *m;
	o.learning_rate = 1e-12; /* nothing changes: the first epoch stays the best */
	o.refit = false;
	o.epochs = 9;
	o.patience = 2;
	assert_int_equal(pv_train(f->dataset, plain, &o, NULL, &m, &r, NULL), PV_OK);
	assert_true(r.epochs < 9 && r.epochs == r.best_epoch + 2);
	pv_model_free(m);
}

/* Saved, loaded, and asked: the same vectors, at any number of threads. */
static void use(const struct fixture *f, const struct pv_model *m)
{
	struct pv_model *back;
	struct pv_error err = {0};
	save(m, "model");
	if (pv_model_load("model", &back, &err) != PV_OK)
		fail_msg("%s: %s", m->expression.text, err.message);
	assert_true(pv_model_info(back)->foundation == pv_model_info(m)->foundation);
	struct pv_vectors *v, *u;
	assert_int_equal(pv_vectors_new(m, &v, NULL), PV_OK);
	assert_int_equal(pv_vectors_new(m, &u, NULL), PV_OK);
	assert_int_equal(pv_represent_dataset(m, f->dataset, &(struct pv_represent_options){.threads = 1}, NULL, v, NULL), PV_OK);
	assert_int_equal(pv_represent_dataset(back, f->dataset, &(struct pv_represent_options){.threads = 3}, NULL, u, NULL), PV_OK);
	assert_memory_equal(pv_vectors_at(v, 1)->values, pv_vectors_at(u, 1)->values, sizeof(double) * (size_t)m->encoder->D);
	assert_true(isfinite(predicted(m, v, 0, 0).time_ns));
	pv_vectors_free(u);
	pv_vectors_free(v);
	pv_model_free(back);
}

/* Every model with representations is trained over windows and used: as streams where it can be, unless asked otherwise. */
static void test_train__any_model_of_the_reference(void **state)
{
	static const struct {
		const char *text, *mode;
	} models[] = {{"InsLSTM(6,1,narchs=K,gru=True,bi=True,nembed=5,norm=True,bias=True)", "window"},
	              {"SeqLSTM(6,1,narchs=K,bias=False)", "stream"},
	              {"InsEmLSTM(6,1,narchs=K,nop=3,bias=False)", "stream"},
	              {"InsEmModel(InsEm(cfg,nop=3,nmem=2),InsLSTM(6,1,narchs=K,bias=False))", "stream"},
	              {"MLP(cfg,2,6,5,narchs=K)", "stream"},
	              {"CNN(cfg,1,6,3,4,1,1,narchs=K)", "window"},
	              {"CNN(cfg,1,6,3,4,2,0,narchs=K)", "stream"},
	              {"MinGRU(6,1,narchs=K)", "stream"},
	              {"TransformerModel(1,6,1,narchs=K,nembed=4)", "window"},
	              {"E1DNet.from_input('e1d-b0',bargs=['r2_k2_s2_e2_i512_o640_se0.25'],width_coefficient=0.02)", "window"}};
	const struct fixture *f = *state;
	for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
		struct pv_train_options o = small();
		struct pv_error err = {0};
		struct pv_model *other;
		o.train_rows = 100;
		struct pv_model *m = train(f, models[i].text, &o);
		assert_string_equal(pv_model_info(m)->mode, models[i].mode);
		use(f, m);
		if (!strcmp(models[i].mode, "window"))
			assert_int_equal(pv_model_as(m, "stream", 0, &other, &err), PV_ERR_UNSUPPORTED);
		pv_model_free(m);
	}
}

/* A step moves them once, whatever its shards are. */
static void test_train__running_moments_are_of_the_training_rows(void **state)
{
	const struct fixture *f = *state;
	struct pv_train_options o = small();
	o.learning_rate = 1e-6; /* the first layer's weights stay */
	o.batch_size = 100;
	o.epochs = 200;
	o.patience = 0;
	o.train_rows = 100;
	o.valid_rows = 20;
	o.refit = false;
	struct pv_model *m = train(f, "E1DNet.from_input('e1d-b0',bargs=['r1_k2_s1_e1_i512_o640'],width_coefficient=0.02)", &o);
	const struct nn_tensor *mean = NULL, *variance = NULL, *count = NULL;
	for (int i = 0; i < m->encoder->n_tensors; i++) {
		const struct nn_tensor *t = &m->encoder->tensors[i];
		mean = !strcmp(t->name, "_bn0.running_mean") ? t : mean;
		variance = !strcmp(t->name, "_bn0.running_var") ? t : variance;
		count = !strcmp(t->name, "_bn0.num_batches_tracked") ? t : count;
	}
	assert_true(mean && variance && count);
	assert_true(m->params[count->offset] == (float)m->info.epoch); /* one step an epoch */
	double moved = 0;
	for (size_t i = 0; i < mean->n; i++)
		moved += fabs((double)m->params[mean->offset + i]) + fabs((double)m->params[variance->offset + i] - 1);
	assert_true(moved > 0.1);
	pv_model_free(m);
}

/* Every causal model is trained over streams: the same bytes at any number of threads. */
static void test_train__causal_models_over_streams(void **state)
{
	static const char *const models[] = {
	    "SeqLSTM(6,2,narchs=K,nembed=5)", "InsLSTM(6,1,gru=True,wide=True,bias=False)",
	    "SeqEmLSTM(6,1,nop=3,nctrl=2)",   "InsEmModel(InsEm(cfg,nop=3,nmem=2),CNN(cfg,2,6,3,4,2,0,2,4,1,0))",
	    "MLP(cfg,2,6,5,rows=1)",          "CNN(cfg,1,6,3,4,2,0)"};
	const struct fixture *f = *state;
	for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
		struct pv_train_options o = pv_train_defaults();
		o.epochs = 2;
		o.train_rows = 1500;
		o.batch_size = 20;
		o.bptt_rows = 16;
		o.warmup_rows = 16;
		o.threads = 1;
		struct pv_model *one = train(f, models[i], &o);
		o.threads = 3;
		struct pv_model *three = train(f, models[i], &o);
		assert_string_equal(pv_model_info(one)->mode, "stream");
		save(one, "one");
		save(three, "three");
		assert_same_file("one", "three");
		use(f, one);
		pv_model_free(one);
		pv_model_free(three);
	}
}

/* A model that looks at the rows of a window and no further gives the same vector over windows and over streams, but for the first rows. */
static void test_model__of_a_window_is_the_same_over_streams(void **state)
{
	const struct fixture *f = *state;
	struct pv_train_options o = small();
	struct pv_model *m = train(f, "CNN(cfg,2,6,3,4,2,0,2,4,1,0)", &o), *windows;
	double a[6], b[6];
	assert_int_equal(pv_model_as(m, "window", T, &windows, NULL), PV_OK);
	struct pv_vectors *v, *u;
	assert_int_equal(pv_vectors_new(m, &v, NULL), PV_OK);
	assert_int_equal(pv_vectors_new(windows, &u, NULL), PV_OK);
	assert_int_equal(pv_represent_dataset(m, f->dataset, &(struct pv_represent_options){.threads = 1}, NULL, v, NULL), PV_OK);
	assert_int_equal(pv_represent_dataset(windows, f->dataset, &(struct pv_represent_options){.threads = 1}, NULL, u, NULL), PV_OK);
	memcpy(a, pv_vectors_at(v, 0)->values, sizeof a);
	memcpy(b, pv_vectors_at(u, 0)->values, sizeof b);
	for (int d = 0; d < 6; d++)
		assert_true(fabs(a[d] - b[d]) <= 3.0 * T / 4000 * (1 + fabs(b[d])));
	pv_vectors_free(u);
	pv_vectors_free(v);
	pv_model_free(windows);
	pv_model_free(m);
}

static void test_train__tunes_models_over_windows(void **state)
{
	const struct fixture *f = *state;
	struct pv_train_options o = small();
	const struct pv_tune_options tune = {.refit_rows = 400, .threads = 1};
	o.evaluate = PV_MODE_WINDOW;
	struct pv_model *m = train(f, "SeqLSTM(6,1,narchs=K,bias=False)", &o), *tuned, *back;
	assert_int_equal(pv_model_tune(m, f->dataset, (int[]){2}, 1, &tune, NULL, &tuned, NULL, NULL), PV_OK);
	assert_int_equal(pv_model_info(tuned)->n_machines, 3);
	assert_true(pv_model_info(tuned)->foundation == pv_model_info(m)->foundation);
	save(tuned, "tuned");
	assert_int_equal(pv_model_load("tuned", &back, NULL), PV_OK);
	assert_int_equal(pv_model_info(back)->n_machines, 3);
	pv_model_free(back);
	pv_model_free(tuned);
	pv_model_free(m);
}

static void test_train__refuses_what_cannot_be(void **state)
{
	static const struct {
		const char *model;
		enum pv_mode mode, evaluate;
		int schedule;
		bool sbatch;
		enum pv_status status;
		const char *part;
	} cases[] = {
	    {plain, PV_MODE_AUTO, PV_MODE_AUTO, 0, false, PV_ERR_ARG, "option 'mode' cannot have the value 0"},
	    {plain, (enum pv_mode)7, PV_MODE_AUTO, 0, false, PV_ERR_ARG, "option 'mode' cannot have the value 7"},
	    {plain, PV_MODE_STREAM, PV_MODE_AUTO, 3, false, PV_ERR_ARG, "option 'schedule' cannot have the value 3"},
	    {plain, PV_MODE_STREAM, PV_MODE_AUTO, 0, true, PV_ERR_ARG, "go with mode window"},
	    {"SeqLSTM(4,1,bi=True)", PV_MODE_STREAM, PV_MODE_AUTO, 0, false, PV_ERR_UNSUPPORTED, "does not run over streams"},
	    {"SeqLSTM(4,1,bi=True)", PV_MODE_WINDOW, PV_MODE_STREAM, 0, false, PV_ERR_UNSUPPORTED, "does not run over streams"},
	    {"Predictor(cfg)", PV_MODE_WINDOW, PV_MODE_AUTO, 0, false, PV_ERR_UNSUPPORTED, "has no representation"},
	    {"SeqLSTM(4,1,narchs=7)", PV_MODE_WINDOW, PV_MODE_AUTO, 0, false, PV_ERR_SHAPE, "narchs=7"},
	    {"InsLSTM(4,1,narchs=7)", PV_MODE_WINDOW, PV_MODE_AUTO, 0, false, PV_ERR_SHAPE, "narchs=7"},
	    {"NoSuch(4)", PV_MODE_WINDOW, PV_MODE_AUTO, 0, false, PV_ERR_FORMAT, "NoSuch"},
	};
	const struct fixture *f = *state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pv_train_options o = small();
		struct pv_error err = {0};
		struct pv_model *m = NULL;
		o.mode = cases[i].mode;
		o.evaluate = cases[i].evaluate;
		o.schedule = (enum pv_train_schedule)cases[i].schedule;
		o.sbatch = cases[i].sbatch;
		enum pv_status status = pv_train(f->dataset, cases[i].model, &o, NULL, &m, NULL, &err);
		if (status != cases[i].status || !strstr(err.message, cases[i].part))
			fail_msg("case %zu: status %d, '%s'", i, status, err.message);
		assert_null(m);
	}
}

/* ---- for PyTorch ---- */

static void must(enum pv_status status, const struct pv_error *err)
{
	if (status == PV_OK)
		return;
	fprintf(stderr, "error: %s\n", err->message);
	exit(1);
}

/* Program and row of every window, (steps, B, 2); steps that have fewer than B windows end in -1. */
static double *plan_steps(struct train_feed *w, size_t steps, size_t B)
{
	double *plan = calloc(2 * steps * B, sizeof *plan);
	int epoch = 0;
	if (!plan)
		exit(1);
	train_feed_begin(w, epoch);
	for (size_t s = 0; s < steps; s++) {
		if (!train_feed_next(w)) {
			train_feed_begin(w, ++epoch);
			train_feed_next(w);
		}
		for (size_t i = 0; i < B; i++) {
			const bool there = (int)i < train_windows_count(w);
			const struct data_range r = there ? train_windows_at(w, (int)i) : (struct data_range){-1, 0, 0};
			plan[2 * (s * B + i)] = r.program;
			plan[2 * (s * B + i) + 1] = (double)r.begin;
		}
	}
	return plan;
}

static int write_plan(char **argv)
{
	struct pv_dataset *dataset;
	struct train_source source;
	struct model_expression x;
	struct model_encoder *e;
	struct train_feed *w;
	struct pv_error err = {0};
	const size_t B = strtoull(argv[4], NULL, 10), steps = strtoull(argv[6], NULL, 10), dims[3] = {steps, B, 2};
	must(pv_dataset_open(argv[1], &dataset, &err), &err);
	must(train_source_init(&source, dataset, NULL, 0, &err), &err);
	must(model_expression_parse(argv[2], (int)pv_dataset_info(dataset)->seq_length, 0, PV_N_FEATURES, source.columns.n, &x, &err),
	     &err);
	must(model_encoder_new(&x, &e, &err), &err);
	const struct train_windows_config config = {
	    .B = (int)B, .block_rows = strtoull(argv[5], NULL, 10), .seed = strtoull(argv[3], NULL, 10)};
	must(train_windows_new(&source, e, &config, NULL, &w, &err), &err);
	float *params = calloc(e->n_params, sizeof *params);
	double *plan = plan_steps(w, steps, B);
	struct base_safetensors_writer *out = base_safetensors_writer_new();
	if (!params || !out)
		return 1;
	nn_sequential_init(e->chain, params, config.seed);
	for (int i = 0; i < e->n_tensors; i++) {
		const struct nn_tensor *t = &e->tensors[i];
		must(base_safetensors_writer_add(out, t->name, BASE_DTYPE_F32, t->dims, t->n_dims, params + t->offset, &err), &err);
	}
	must(base_safetensors_writer_add(out, "plan", BASE_DTYPE_F64, dims, 3, plan, &err), &err);
	must(base_safetensors_writer_write(out, argv[7], &err), &err);
	base_safetensors_writer_free(out);
	free(plan);
	free(params);
	train_feed_free(w);
	model_encoder_free(e);
	train_source_release(&source);
	pv_dataset_close(dataset);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 8)
		return write_plan(argv);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_windows__hold_the_rows_before_and_zeros_before_the_first),
	    cmocka_unit_test(test_order__single_windows_visit_every_row_once),
	    cmocka_unit_test(test_order__blocks_give_each_offset_in_turn),
	    cmocka_unit_test(test_model__over_windows_is_the_network_run_from_nothing),
	    cmocka_unit_test(test_train__same_bytes_at_any_number_of_threads),
	    cmocka_unit_test(test_train__resumes_to_the_same_bytes),
	    cmocka_unit_test(test_train__learns_over_windows),
	    cmocka_unit_test(test_train__patience_ends_it),
	    cmocka_unit_test(test_train__any_model_of_the_reference),
	    cmocka_unit_test(test_train__running_moments_are_of_the_training_rows),
	    cmocka_unit_test(test_train__causal_models_over_streams),
	    cmocka_unit_test(test_model__of_a_window_is_the_same_over_streams),
	    cmocka_unit_test(test_train__tunes_models_over_windows),
	    cmocka_unit_test(test_train__refuses_what_cannot_be),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
