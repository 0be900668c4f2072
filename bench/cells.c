/*
 * cells.c - what the recurrent layers that streams can run cost, one core each: parameters, operations, rows trained and represented
 *
 * Usage: cells [ROUNDS]. Chunks are those of training (8 streams of 32 rows, forward, loss gradient and backward) and of representing (16
 * streams of 64 rows, forward only, without the last layer), with the inputs of schema pv2 and 17 machines. Every figure is the best of
 * ROUNDS (default 20), in turn with the other networks', so that a busy machine disturbs all alike; the first one is what the others are
 * compared with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/features.h>

#include "base/clock.h"
#include "base/random.h"
#include "nn/blas.h"
#include "nn/net.h"

enum { TRAIN_B = 8, TRAIN_T = 32, RUN_B = 16, RUN_T = 64, MACHINES = 17, REPEAT = 8 };

static const struct {
	const char *name;
	enum nn_cell cell;
	int H, L;
} networks[] = {
    {"LSTM 64 x 2", NN_CELL_LSTM, 64, 2},     {"LSTM 32 x 2", NN_CELL_LSTM, 32, 2},     {"LSTM 64 x 1", NN_CELL_LSTM, 64, 1},
    {"LSTM 128 x 2", NN_CELL_LSTM, 128, 2},   {"GRU 64 x 2", NN_CELL_GRU, 64, 2},       {"GRU 32 x 2", NN_CELL_GRU, 32, 2},
    {"minGRU 64 x 2", NN_CELL_MINGRU, 64, 2}, {"minGRU 64 x 3", NN_CELL_MINGRU, 64, 3}, {"minGRU 128 x 2", NN_CELL_MINGRU, 128, 2},
};
enum { N_NETWORKS = sizeof networks / sizeof *networks };

struct subject {
	struct nn_net *net;
	struct nn_net_work *train, *run;
	float *params, *grads;
	double train_s, run_s; /* best, of one chunk */
};

static float *random_floats(size_t n, uint64_t seed)
{
	struct base_random rng;
	float *p = nn_floats_new(n);
	if (!p)
		exit(1);
	base_random_init(&rng, seed);
	for (size_t i = 0; i < n; i++)
		p[i] = (float)(2.0 * base_random_unit(&rng) - 1.0);
	return p;
}

static void open_subject(struct subject *s, int i)
{
	const struct nn_net_config config = {PV2_COUNT, networks[i].H, networks[i].L, MACHINES, false, networks[i].cell, false};
	if (nn_net_new(&config, &s->net, NULL) != PV_OK || nn_net_work_new(s->net, TRAIN_B, TRAIN_T, true, &s->train, NULL) != PV_OK ||
	    nn_net_work_new(s->net, RUN_B, RUN_T, false, &s->run, NULL) != PV_OK)
		exit(1);
	s->params = random_floats(nn_net_n_params(s->net), 1);
	s->grads = random_floats(nn_net_n_params(s->net), 2);
	nn_net_init(s->net, s->params, 1);
	s->train_s = s->run_s = 1e30;
}

static void measure(struct subject *s, const float *x, const float *doutput)
{
	double start = base_clock_seconds();
	for (int i = 0; i < REPEAT; i++) {
		const float *output;
		nn_net_forward(s->net, s->params, s->train, x, TRAIN_T, NULL, &output);
		nn_net_backward(s->net, s->params, s->train, doutput, NULL, s->grads);
	}
	double t = (base_clock_seconds() - start) / REPEAT;
	s->train_s = t < s->train_s ? t : s->train_s;
	start = base_clock_seconds();
	for (int i = 0; i < REPEAT; i++) {
		const float *repr;
		nn_net_forward(s->net, s->params, s->run, x, RUN_T, &repr, NULL);
	}
	t = (base_clock_seconds() - start) / REPEAT;
	s->run_s = t < s->run_s ? t : s->run_s;
}

int main(int argc, char **argv)
{
	const int rounds = argc > 1 ? atoi(argv[1]) : 20;
	struct subject subjects[N_NETWORKS] = {0};
	float *x = random_floats((size_t)RUN_B * RUN_T * PV2_COUNT, 3), *doutput = random_floats((size_t)TRAIN_B * TRAIN_T * MACHINES, 4);
	nn_blas_single_thread();
	for (int i = 0; i < N_NETWORKS; i++)
		open_subject(&subjects[i], i);
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < N_NETWORKS; i++)
			measure(&subjects[i], x, doutput);
	const struct subject *first = &subjects[0];
	printf("%-15s %10s %10s  %s\n", "network", "parameters", "ops/row", "k rows/s trained      represented, times the first's");
	for (int i = 0; i < N_NETWORKS; i++) {
		struct subject *s = &subjects[i];
		double forward, training;
		nn_net_flops(s->net, &forward, &training);
		printf("%-15s %10zu %10.0f  %8.0f %6.2f  %8.0f %6.2f\n", networks[i].name, nn_net_n_params(s->net), forward,
		       1e-3 * TRAIN_B * TRAIN_T / s->train_s, first->train_s / s->train_s, 1e-3 * RUN_B * RUN_T / s->run_s,
		       first->run_s / s->run_s);
		nn_net_work_free(s->train);
		nn_net_work_free(s->run);
		nn_net_free(s->net);
		free(s->params);
		free(s->grads);
	}
	free(x);
	free(doutput);
	return 0;
}
