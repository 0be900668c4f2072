/*
 * nn.c - training and inference rate of the network, beside the machine's sgemm rate
 *
 * Usage: nn [THREADS] [STREAMS] [INSTRUCTIONS]. As in training, streams are spread over shards that a thread pool runs: here one shard of
 * STREAMS (default 64) streams for each thread, in chunks of INSTRUCTIONS (default 64). The sgemm rate is that of as many
 * independent products of 2048 x 2048 matrices, in the same run. Every figure is the best of several rounds, in turn with the others, so
 * that a busy machine disturbs all alike.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "base/threads.h"
#include "nn/blas.h"
#include "nn/losses.h"
#include "nn/net.h"
#include "nn/optim.h"

enum { SQUARE = 2048, ROUNDS = 8 };

static double now_s(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static void *need(void *p)
{
	if (!p) {
		fprintf(stderr, "error: out of memory\n");
		exit(1);
	}
	return p;
}

static float *random_floats(size_t n, uint64_t seed)
{
	struct pv_random rng;
	float *p = need(pv_floats_new(n));
	pv_random_init(&rng, seed);
	for (size_t i = 0; i < n; i++)
		p[i] = (float)(2.0 * pv_random_unit(&rng) - 1.0);
	return p;
}

struct square {
	float *A, *B, *C;
};

static void multiply(void *context, int i, int thread)
{
	(void)thread;
	struct square *s = (struct square *)context + i;
	pv_gemm_nt(SQUARE, SQUARE, SQUARE, s->A, s->B, 0.0f, s->C);
}

/* One shard with everything it owns, and what all of them share. */
struct shared {
	const struct pv_net *net;
	float *params;
	int B, T, K;
};

struct shard {
	const struct shared *shared;
	struct pv_net_work *work;
	float *x, *target, *doutput, *grads;
};

static void train(void *context, int i, int thread)
{
	(void)thread;
	struct shard *s = (struct shard *)context + i;
	const struct shared *g = s->shared;
	const size_t N = (size_t)g->T * (size_t)g->B;
	const float *output;
	memset(s->grads, 0, pv_net_n_params(g->net) * sizeof(float));
	pv_net_forward(g->net, g->params, s->work, s->x, g->T, NULL, &output);
	double sum = pv_loss_sum(PV_LOSS_MSE, output, s->target, NULL, N, g->K);
	pv_loss_gradient(PV_LOSS_MSE, output, s->target, NULL, N, g->K, pv_loss_scale(PV_LOSS_MSE, sum, (double)N * g->K), s->doutput);
	pv_net_backward(g->net, g->params, s->work, s->doutput, NULL, s->grads);
}

static void forward(void *context, int i, int thread)
{
	(void)thread;
	struct shard *s = (struct shard *)context + i;
	const float *output;
	pv_net_forward(s->shared->net, s->shared->params, s->work, s->x, s->shared->T, NULL, &output);
}

static void shard_new(struct shard *s, const struct shared *g, int F, uint64_t seed)
{
	struct pv_error err;
	const size_t N = (size_t)g->T * (size_t)g->B;
	s->shared = g;
	if (pv_net_work_new(g->net, g->B, g->T, true, &s->work, &err) != PV_OK) {
		fprintf(stderr, "error: %s\n", err.message);
		exit(1);
	}
	s->x = random_floats(N * (size_t)F, seed);
	s->target = random_floats(N * (size_t)g->K, seed + 1);
	s->doutput = need(pv_floats_new(N * (size_t)g->K));
	s->grads = need(pv_floats_new(pv_net_n_params(g->net)));
}

static void shard_free(struct shard *s)
{
	pv_net_work_free(s->work);
	free(s->x);
	free(s->target);
	free(s->doutput);
	free(s->grads);
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

struct times {
	double sgemm_s, training_s, forward_s; /* best of one product, one step, one chunk, on all threads at once */
};

static struct times measure(struct pv_threads *pool, struct square *squares, struct shard *shards, struct pv_adam *adam, float *params)
{
	const int n = pv_threads_count(pool);
	struct times best = {1e9, 1e9, 1e9};
	for (int round = 0; round < ROUNDS; round++) {
		double start = now_s();
		pv_threads_run(pool, multiply, squares, n);
		best.sgemm_s = least(best.sgemm_s, now_s() - start);
		for (int repeat = 0; repeat < 2; repeat++) {
			start = now_s();
			pv_threads_run(pool, train, shards, n);
			for (int i = 1; i < n; i++)
				pv_grad_add(shards[0].grads, shards[i].grads, adam->n);
			pv_adam_step(adam, params, shards[0].grads);
			best.training_s = least(best.training_s, now_s() - start);
			start = now_s();
			pv_threads_run(pool, forward, shards, n);
			best.forward_s = least(best.forward_s, now_s() - start);
		}
	}
	return best;
}

static void bench(struct pv_threads *pool, struct square *squares, int H, int K, int B, int T)
{
	const int n = pv_threads_count(pool), F = 51;
	const struct pv_net_config config = {F, H, 2, K, false, PV_CELL_LSTM};
	struct pv_net *net;
	struct pv_adam adam;
	const struct pv_adam_config adam_config = pv_adam_defaults();
	if (pv_net_new(&config, &net, NULL) != PV_OK || pv_adam_init(&adam, &adam_config, pv_net_n_params(net), NULL) != PV_OK)
		exit(1);
	struct shared shared = {net, need(pv_floats_new(pv_net_n_params(net))), B, T, K};
	struct shard *shards = need(calloc((size_t)n, sizeof *shards));
	pv_net_init(net, shared.params, 1);
	for (int i = 0; i < n; i++)
		shard_new(&shards[i], &shared, F, 10 + 2 * (uint64_t)i);

	const struct times best = measure(pool, squares, shards, &adam, shared.params);
	double forward_flops, training_flops;
	pv_net_flops(net, &forward_flops, &training_flops);
	const double insns = (double)n * B * T;
	const double sgemm = 2.0 * SQUARE * SQUARE * SQUARE * n / best.sgemm_s;
	const double training = insns / best.training_s, inference = insns / best.forward_s;
	printf("LSTM-2-%d F=%d K=%d, %d threads x %d streams x %d instructions, sgemm %.1f GFLOP/s\n", H, F, K, n, B, T, sgemm * 1e-9);
	printf("  training  %9.0f insns/s  %6.1f GFLOP/s  %3.0f %% of sgemm\n", training, training * training_flops * 1e-9,
	       100.0 * training * training_flops / sgemm);
	printf("  forward   %9.0f insns/s  %6.1f GFLOP/s  %3.0f %% of sgemm\n", inference, inference * forward_flops * 1e-9,
	       100.0 * inference * forward_flops / sgemm);
	for (int i = 0; i < n; i++)
		shard_free(&shards[i]);
	free(shards);
	free(shared.params);
	pv_adam_release(&adam);
	pv_net_free(net);
}

int main(int argc, char **argv)
{
	struct pv_threads *pool = need(pv_threads_new(argc > 1 ? atoi(argv[1]) : 0));
	const int n = pv_threads_count(pool), B = argc > 2 ? atoi(argv[2]) : 64, T = argc > 3 ? atoi(argv[3]) : 64;
	const size_t square = (size_t)SQUARE * SQUARE;
	struct square *squares = need(calloc((size_t)n, sizeof *squares));
	for (int i = 0; i < n; i++)
		squares[i] = (struct square){random_floats(square, 1), random_floats(square, 2), need(pv_floats_new(square))};
	pv_blas_single_thread();
	bench(pool, squares, 256, 77, B, T);
	bench(pool, squares, 64, 20, B, T);
	for (int i = 0; i < n; i++) {
		free(squares[i].A);
		free(squares[i].B);
		free(squares[i].C);
	}
	free(squares);
	pv_threads_free(pool);
	return 0;
}
