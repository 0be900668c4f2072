/*
 * train.c - how fast models are trained and used, data included, beside the machine's sgemm rate
 *
 * Usage: train [THREADS] [STREAMS] [ROWS] [WINDOWS] [cpu]. A dataset of a formula is written to a temporary folder and trained on as
 * `perfvec train` does it: a step of STREAMS (default 64) streams of ROWS (default 32) micro-operations, or of WINDOWS (default 32) windows
 * of 256, is unpacked, normalised, run forward and backward on all threads, clipped and given to Adam; representation runs over all of its
 * rows. The sgemm rate is that of as many independent products of 2048 x 2048 matrices as there are threads. Every figure is the best of
 * several rounds, in turn with the others, so that a busy machine disturbs all alike. "Data" is the time that the same rows take to unpack,
 * normalise and scale alone, on the same threads, as a share of the step. With "cpu" seconds are processor time divided by the threads:
 * what the shares would be on a machine that does nothing else, as far as its other work leaves caches and twin threads alone.
 *
 * GFLOP/s count multiply-adds of the products as two, nothing else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/linalg.h"
#include "base/random.h"
#include "base/threads.h"
#include "model/encoder.h"
#include "represent/pass.h"
#include "train/source.h"
#include "nn/blas.h"
#include "nn/losses.h"
#include "nn/optim.h"
#include "support/synthetic_dataset.h"
#include "train/feed_streams.h"
#include "train/feed_windows.h"

enum { SQUARE = 2048, ROUNDS = 8, STEPS = 2, WINDOW_ROWS = 256, N_PROGRAMS = 5, N_ROWS = 12000, MAX_SLICES = 512 };

/* How many threads' processor time is counted; 0: the time of day is. Set once, by main. */
static int cpu_threads;

static double now_s(void)
{
	return cpu_threads ? base_cpu_seconds() / cpu_threads : base_clock_seconds();
}

static void *need(void *p)
{
	if (!p) {
		fprintf(stderr, "error: out of memory\n");
		exit(1);
	}
	return p;
}

static void must(enum pv_status status, const struct pv_error *err)
{
	if (status == PV_OK)
		return;
	fprintf(stderr, "error: %s\n", err->message);
	exit(1);
}

static float *random_floats(size_t n, uint64_t seed)
{
	struct base_random rng;
	float *p = need(nn_floats_new(n));
	base_random_init(&rng, seed);
	for (size_t i = 0; i < n; i++)
		p[i] = (float)(2.0 * base_random_unit(&rng) - 1.0);
	return p;
}

/* ---- sgemm ---- */

struct square {
	float *A, *B, *C;
};

static struct square *squares_new(int n)
{
	const size_t square = (size_t)SQUARE * SQUARE;
	struct square *s = need(calloc((size_t)n, sizeof *s));
	for (int i = 0; i < n; i++)
		s[i] = (struct square){random_floats(square, 1), random_floats(square, 2), need(nn_floats_new(square))};
	return s;
}

static void squares_free(struct square *s, int n)
{
	for (int i = 0; i < n; i++) {
		free(s[i].A);
		free(s[i].B);
		free(s[i].C);
	}
	free(s);
}

static void multiply(void *context, int i, int thread)
{
	(void)thread;
	struct square *s = (struct square *)context + i;
	nn_gemm_nt(SQUARE, SQUARE, SQUARE, s->A, s->B, 0.0f, s->C);
}

/* ---- what is measured ---- */

struct setting {
	int H, K, B, T, windows;
};

/* A training run as train.c has it, without its bookkeeping. */
struct run {
	const struct setting *setting;
	struct base_threads *pool;
	struct train_source *source;
	struct model_encoder *encoder;
	bool windows; /* otherwise streams */
	struct train_feed *feed;
	struct nn_adam adam;
	float *params, *grads;
	int epoch;
	/* data alone */
	float *x, *target, *weight, *line; /* one block for each stream or window */
	double best_step_s, best_data_s;   /* for a row predicted */
};

static void run_init(struct run *r, bool windows)
{
	const struct setting *s = r->setting;
	struct pv_error err = {0};
	struct model_expression x;
	char text[64];
	snprintf(text, sizeof text, "InsLSTM(%d,2,narchs=K,bias=False)", s->H);
	must(model_expression_parse(text, windows ? WINDOW_ROWS : 0, 0, PV_N_FEATURES, s->K, &x, &err), &err);
	must(model_encoder_new(&x, &r->encoder, &err), &err);
	const struct nn_adam_config adam = nn_adam_defaults();
	must(nn_adam_init(&r->adam, &adam, r->encoder->n_trained, &err), &err);
	r->params = need(nn_floats_new(r->encoder->n_params));
	r->grads = need(nn_floats_new(r->encoder->n_params));
	nn_sequential_init(r->encoder->chain, r->params, 1);
	r->best_step_s = r->best_data_s = 1e9;
	const size_t blocks = (size_t)(windows ? s->windows : s->B), rows = windows ? WINDOW_ROWS : (size_t)s->T;
	r->x = need(nn_floats_new(blocks * rows * PV_N_FEATURES));
	r->target = need(nn_floats_new(blocks * rows * (size_t)s->K));
	r->weight = need(nn_floats_new(blocks * rows));
	r->line = need(nn_floats_new(blocks * (rows + 1) * PV_N_FEATURES));
	const struct train_windows_config by_window = {.B = s->windows, .loss = NN_LOSS_MSE};
	const struct train_streams_config by_stream = {
	    .schedule = {.n_streams = s->B, .chunk_rows = s->T, .warmup_rows = 0, .segment_rows = 4096}, .loss = NN_LOSS_MSE};
	r->windows = windows;
	must(windows ? train_windows_new(r->source, r->encoder, &by_window, r->pool, &r->feed, &err)
	             : train_streams_new(r->source, r->encoder, &by_stream, r->pool, &r->feed, &err),
	     &err);
	train_feed_begin(r->feed, r->epoch++);
}

static void run_release(struct run *r)
{
	float *const arrays[] = {r->params, r->grads, r->x, r->target, r->weight, r->line};
	for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
		free(arrays[i]);
	nn_adam_release(&r->adam);
	train_feed_free(r->feed);
	model_encoder_free(r->encoder);
}

/* The next step's rows, in a new epoch when one is over. */
static void choose(struct run *r)
{
	if (train_feed_next(r->feed))
		return;
	train_feed_begin(r->feed, r->epoch++);
	train_feed_next(r->feed);
}

/* Unpacks one stream's rows, or one window. */
static void load(void *context, int i, int thread)
{
	(void)thread;
	struct run *r = context;
	const struct train_source *s = r->source;
	const size_t T = r->windows ? WINDOW_ROWS : (size_t)r->setting->T, K = (size_t)r->setting->K;
	float *x = r->x + (size_t)i * T * PV_N_FEATURES, *target = r->target + (size_t)i * T * K, *weight = r->weight + (size_t)i * T;
	if (r->windows) {
		const struct data_range row = train_windows_at(r->feed, i);
		const struct pv_dataset_program *p = pv_dataset_program(s->dataset, row.program);
		represent_batch_windows(p, 0, row.begin, 1, WINDOW_ROWS, &s->inputs, r->line + (size_t)i * (T + 1) * PV_N_FEATURES, x);
		represent_batch_targets(p, &s->columns, row.begin, 1, 0, 1, 1, 0, target, weight);
		return;
	}
	const struct train_slot *slot = &train_streams_slots(r->feed)[i];
	if (slot->program < 0)
		return;
	const struct pv_dataset_program *p = pv_dataset_program(s->dataset, slot->program);
	represent_batch_features(p, slot->row, slot->n_rows, (int)T, 1, 0, &s->inputs, x);
	represent_batch_targets(p, &s->columns, slot->row, slot->n_rows, slot->n_warm, (int)T, 1, 0, target, weight);
}

static void measure(struct run *r)
{
	const int blocks = r->windows ? r->setting->windows : r->setting->B;
	struct train_step step = {.params = r->params, .seed = 1, .grads = r->grads};
	struct pv_error err = {0};
	choose(r);
	double start = now_s();
	must(train_feed_step(r->feed, &step, &err), &err);
	nn_grad_clip(r->grads, r->encoder->n_trained, 1);
	nn_adam_step(&r->adam, r->params, r->grads);
	double seconds = now_s() - start;
	const uint64_t rows = step.n_counted;
	if (!rows)
		return;
	r->best_step_s = seconds / (double)rows < r->best_step_s ? seconds / (double)rows : r->best_step_s;
	start = now_s();
	base_threads_run(r->pool, load, r, r->windows ? train_windows_count(r->feed) : blocks);
	seconds = (now_s() - start) / (double)rows;
	r->best_data_s = seconds < r->best_data_s ? seconds : r->best_data_s;
}

/* Seconds for a row whose representation is summed up. */
static double represent(const struct run *r)
{
	static struct represent_slice slices[MAX_SLICES];
	enum { SLICE_ROWS = 1024 };
	const struct represent_run pass = {
	    .encoder = r->encoder, .params = r->params, .inputs = &r->source->inputs, .segment_rows = SLICE_ROWS};
	double *sums = need(calloc(MAX_SLICES * (size_t)r->encoder->D, sizeof *sums));
	struct pv_error err = {0};
	size_t n = 0;
	/* As many whole groups as the threads share evenly. */
	const size_t most = (size_t)base_threads_count(r->pool) * REPRESENT_PASS_STREAMS;
	for (int i = 0; i < r->source->n_train; i++)
		for (uint64_t at = r->source->train[i].begin; at + SLICE_ROWS <= r->source->train[i].end && n < most && n < MAX_SLICES;
		     at += SLICE_ROWS, n++)
			slices[n] = (struct represent_slice){.program = pv_dataset_program(r->source->dataset, r->source->train[i].program),
			                                     .begin = at,
			                                     .end = at + SLICE_ROWS,
			                                     .first = at,
			                                     .sums = sums + n * (size_t)r->encoder->D};
	const double start = now_s();
	must(represent_run_slices(&pass, slices, n, r->pool, NULL, &err), &err);
	const double seconds = now_s() - start;
	free(sums);
	return seconds / (double)(n * SLICE_ROWS);
}

static void print(const char *what, const char *unit, double rate, double flops, double sgemm, double data)
{
	printf("  %-15s %9.0f %-10s %6.1f GFLOP/s  %3.0f %% of sgemm", what, rate, unit, 1e-9 * rate * flops, 100 * rate * flops / sgemm);
	if (data >= 0)
		printf("  data %4.1f %%", 100 * data);
	printf("\n");
}

static void bench(struct base_threads *pool, struct square *squares, struct train_source *source, const struct setting *s)
{
	const int n = base_threads_count(pool);
	struct run streams = {.setting = s, .pool = pool, .source = source}, windows = streams;
	double sgemm_s = 1e9, represent_s = 1e9, forward, training;
	run_init(&streams, false);
	run_init(&windows, true);
	for (int round = 0; round < ROUNDS; round++) {
		const double start = now_s();
		base_threads_run(pool, multiply, squares, n);
		const double seconds = now_s() - start;
		sgemm_s = seconds < sgemm_s ? seconds : sgemm_s;
		for (int i = 0; i < STEPS; i++)
			measure(&streams);
		measure(&windows);
		const double row_s = represent(&streams);
		represent_s = row_s < represent_s ? row_s : represent_s;
	}
	const double sgemm = 2.0 * SQUARE * SQUARE * SQUARE * n / sgemm_s;
	model_encoder_flops(streams.encoder, &forward, &training);
	printf("LSTM-2-%d, %d machines, %d threads, sgemm %.1f GFLOP/s\n", s->H, s->K, n, 1e-9 * sgemm);
	print("train streams", "insns/s", 1 / streams.best_step_s, training, sgemm, streams.best_data_s / streams.best_step_s);
	print("represent", "insns/s", 1 / represent_s, forward - 2.0 * s->H * s->K, sgemm, -1); /* the last layer is not run */
	model_encoder_flops(windows.encoder, &forward, &training);
	print("train windows", "windows/s", 1 / windows.best_step_s, training, sgemm, windows.best_data_s / windows.best_step_s);
	run_release(&streams);
	run_release(&windows);
}

static void bench_on_formula(struct base_threads *pool, struct square *squares, const struct setting *s, const char *folder)
{
	struct pv_dataset *dataset;
	struct train_source source;
	struct pv_error err = {0};
	char path[96], command[128];
	snprintf(path, sizeof path, "%s/%d", folder, s->K);
	synthetic_dataset_write(path, &(struct synthetic){N_PROGRAMS, 0, s->K, 0, N_ROWS, 1, WINDOW_ROWS});
	must(pv_dataset_open(path, &dataset, &err), &err);
	must(train_source_init(&source, dataset, NULL, 0, &err), &err);
	must(train_source_inputs(&source, MODEL_INPUTS_LOG, &err), &err);
	must(train_source_scale(&source, &err), &err);
	bench(pool, squares, &source, s);
	train_source_release(&source);
	pv_dataset_close(dataset);
	snprintf(command, sizeof command, "rm -rf '%s'", path);
	if (system(command) != 0)
		fprintf(stderr, "error: cannot remove %s\n", path);
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/bench_train.XXXXXX";
	struct base_threads *pool = need(base_threads_new(argc > 1 ? atoi(argv[1]) : 0));
	const int n = base_threads_count(pool), B = argc > 2 ? atoi(argv[2]) : 64, T = argc > 3 ? atoi(argv[3]) : 32;
	const int windows = argc > 4 ? atoi(argv[4]) : 32;
	cpu_threads = argc > 5 && !strcmp(argv[5], "cpu") ? n : 0;
	if (B < 1 || T < 1 || windows < 1 || !need(mkdtemp(folder)))
		return 2;
	struct square *squares = squares_new(n);
	base_blas_single_thread();
	bench_on_formula(pool, squares, &(struct setting){256, 77, B, T, windows}, folder);
	bench_on_formula(pool, squares, &(struct setting){64, 20, B, T, windows}, folder);
	squares_free(squares, n);
	base_threads_free(pool);
	return rmdir(folder) != 0;
}
