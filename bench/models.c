/*
 * models.c - training and inference rate of the reference's models over windows of 256 instructions, 77 machines
 *
 * Usage: models [THREADS] [WINDOWS] [MODEL...]. One work of WINDOWS (default 8) windows for each thread, gradients added up, one step of
 * Adam: what a training step does, without loading data. Every figure is the best of several rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/linalg.h"
#include "base/random.h"
#include "base/threads.h"
#include "nn/blas.h"
#include "nn/sequential.h"
#include "nn/losses.h"
#include "nn/optim.h"

enum { T = 256, F = 51, K = 77, ROUNDS = 3 };

static float *floats(size_t n)
{
	float *p = nn_floats_new(n);
	if (!p) {
		fprintf(stderr, "error: out of memory\n");
		exit(1);
	}
	return p;
}

struct shard {
	const struct nn_sequential *chain;
	const float *params;
	struct nn_work *work;
	int B;
	float *x, *target, *doutput, *grads;
	bool backward;
};

static void run(void *context, int i, int thread)
{
	(void)thread;
	struct shard *s = (struct shard *)context + i;
	const struct nn_rows out = nn_sequential_output(s->chain);
	const size_t N = (size_t)s->B * (size_t)out.T;
	const float *output;
	if (nn_forward(s->work, s->params, s->x, s->B, 1, NULL, &output, NULL) != PV_OK)
		abort();
	if (!s->backward)
		return;
	memset(s->grads, 0, nn_sequential_n_trained(s->chain) * sizeof(float));
	const double sum = nn_loss_sum(NN_LOSS_MSE, output, s->target, NULL, N, out.F);
	nn_loss_gradient(NN_LOSS_MSE, output, s->target, NULL, N, out.F, nn_loss_scale(NN_LOSS_MSE, sum, (double)N * out.F), s->doutput);
	nn_backward(s->work, s->params, s->doutput, NULL, s->grads, NULL);
}

static void shard_new(struct shard *s, const struct nn_sequential *chain, const float *params, int B)
{
	const struct nn_rows in = nn_sequential_input(chain), out = nn_sequential_output(chain);
	const size_t n_x = (size_t)B * (size_t)in.T * (size_t)in.F, n_output = (size_t)B * (size_t)out.T * (size_t)out.F;
	struct base_random rng;
	struct pv_error err;
	*s = (struct shard){.chain = chain, .params = params, .B = B};
	if (nn_work_windows(chain, B, true, &s->work, &err) != PV_OK) {
		fprintf(stderr, "error: %s\n", err.message);
		exit(1);
	}
	s->x = floats(n_x);
	s->target = floats(n_output);
	s->doutput = floats(n_output);
	s->grads = floats(nn_sequential_n_trained(chain));
	base_random_init(&rng, 7);
	for (size_t i = 0; i < n_x; i++)
		s->x[i] = (float)base_random_below(&rng, 2); /* flags: rows that every embedding has */
}

static void shard_free(struct shard *s)
{
	nn_work_free(s->work);
	free(s->x);
	free(s->target);
	free(s->doutput);
	free(s->grads);
}

static void bench(struct base_threads *pool, const char *expression, int B)
{
	const int n = base_threads_count(pool);
	const struct nn_setting setting = {T, F, K};
	const struct nn_adam_config config = nn_adam_defaults();
	struct nn_sequential *chain;
	struct nn_adam adam;
	struct pv_error err;
	double forward, training, best[2] = {1e9, 1e9};
	if (nn_sequential_new(expression, &setting, &chain, &err) != PV_OK ||
	    nn_adam_init(&adam, &config, nn_sequential_n_trained(chain), &err) != PV_OK) {
		fprintf(stderr, "error: %s\n", err.message);
		exit(1);
	}
	float *params = floats(nn_sequential_n_params(chain));
	struct shard *shards = calloc((size_t)n, sizeof *shards);
	if (!shards)
		exit(1);
	nn_sequential_init(chain, params, 1);
	for (int i = 0; i < n; i++)
		shard_new(&shards[i], chain, params, B);
	for (int round = 0; round < 2 * ROUNDS; round++) {
		const bool backward = round % 2;
		for (int i = 0; i < n; i++)
			shards[i].backward = backward;
		const double start = base_clock_seconds();
		base_threads_run(pool, run, shards, n);
		for (int i = 1; i < n && backward; i++)
			nn_grad_add(shards[0].grads, shards[i].grads, adam.n);
		if (backward)
			nn_adam_step(&adam, params, shards[0].grads);
		const double seconds = base_clock_seconds() - start;
		best[backward] = seconds < best[backward] ? seconds : best[backward];
	}
	nn_sequential_flops(chain, false, &forward, &training);
	printf("%-64s %8.2f M parameters  training %7.0f windows/s %6.1f GFLOP/s  forward %7.0f windows/s %6.1f GFLOP/s\n", expression,
	       1e-6 * (double)nn_sequential_n_trained(chain), n * B / best[1], 1e-9 * training * n * B / best[1], n * B / best[0],
	       1e-9 * forward * n * B / best[0]);
	for (int i = 0; i < n; i++)
		shard_free(&shards[i]);
	free(shards);
	free(params);
	nn_adam_release(&adam);
	nn_sequential_free(chain);
}

int main(int argc, char **argv)
{
	static const char *const all[] = {
	    "InsLSTM(256,2,bias=False)",
	    "InsLSTM(256,2,gru=True,bias=False)",
	    "InsLSTM(256,2,bi=True,bias=False)",
	    "SeqLSTM(256,2,bias=False)",
	    "InsEmModel(InsEm(cfg,nop=8,nmem=8,nctrl=8,nr=8),InsLSTM(256,2))",
	    "MLP(cfg,3,256,512,512)",
	    "CNN(cfg,3,256,5,64,2,2,5,64,2,2,5,64,2,2)",
	    "TransformerModel(4,512,2,nembed=128)",
	};
	struct base_threads *pool = base_threads_new(argc > 1 ? atoi(argv[1]) : 0);
	const int B = argc > 2 ? atoi(argv[2]) : 8;
	if (!pool || B < 1)
		return 1;
	base_blas_single_thread();
	for (int i = 3; i < argc; i++)
		bench(pool, argv[i], B);
	for (size_t i = 0; i < sizeof all / sizeof *all && argc <= 3; i++)
		bench(pool, all[i], B);
	base_threads_free(pool);
	return 0;
}
