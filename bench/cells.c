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
#include "base/linalg.h"
#include "base/random.h"
#include "nn/blas.h"
#include "nn/sequential.h"

enum { TRAIN_B = 8, TRAIN_T = 32, RUN_B = 16, RUN_T = 64, MACHINES = 17, REPEAT = 8 };

static const struct {
	const char *name, *model;
} networks[] = {
    {"LSTM 64 x 2", "InsLSTM(64,2,bias=False)"},         {"LSTM 32 x 2", "InsLSTM(32,2,bias=False)"},
    {"LSTM 64 x 1", "InsLSTM(64,1,bias=False)"},         {"LSTM 128 x 2", "InsLSTM(128,2,bias=False)"},
    {"GRU 64 x 2", "InsLSTM(64,2,gru=True,bias=False)"}, {"GRU 32 x 2", "InsLSTM(32,2,gru=True,bias=False)"},
    {"minGRU 64 x 2", "MinGRU(64,2,bias=False)"},        {"minGRU 64 x 3", "MinGRU(64,3,bias=False)"},
    {"minGRU 128 x 2", "MinGRU(128,2,bias=False)"},      {"CNN 3 layers", "CNN(cfg,3,64,4,32,2,0,4,32,2,0,4,32,2,0,rows=64)"},
    {"MLP of 4 rows", "MLP(cfg,2,64,128,rows=4)"},
};
enum { N_NETWORKS = sizeof networks / sizeof *networks };

struct subject {
	struct nn_sequential *net;
	struct nn_work *train, *run;
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
	const struct nn_setting setting = {1, PV2_COUNT, MACHINES};
	if (nn_sequential_new(networks[i].model, &setting, &s->net, NULL) != PV_OK ||
	    nn_work_streams(s->net, TRAIN_B, TRAIN_T, true, &s->train, NULL) != PV_OK ||
	    nn_work_streams(s->net, RUN_B, RUN_T, false, &s->run, NULL) != PV_OK)
		exit(1);
	s->params = random_floats(nn_sequential_n_params(s->net), 1);
	s->grads = random_floats(nn_sequential_n_params(s->net), 2);
	nn_sequential_init(s->net, s->params, 1);
	s->train_s = s->run_s = 1e30;
}

static void measure(struct subject *s, const float *x, const float *doutput)
{
	double start = base_clock_seconds();
	for (int i = 0; i < REPEAT; i++) {
		const float *output;
		nn_forward(s->train, s->params, x, TRAIN_T, 0, NULL, &output, NULL);
		nn_backward(s->train, s->params, doutput, NULL, s->grads, NULL);
	}
	double t = (base_clock_seconds() - start) / REPEAT;
	s->train_s = t < s->train_s ? t : s->train_s;
	start = base_clock_seconds();
	for (int i = 0; i < REPEAT; i++) {
		const float *repr;
		nn_forward(s->run, s->params, x, RUN_T, 0, &repr, NULL, NULL);
	}
	t = (base_clock_seconds() - start) / REPEAT;
	s->run_s = t < s->run_s ? t : s->run_s;
}

int main(int argc, char **argv)
{
	const int rounds = argc > 1 ? atoi(argv[1]) : 20;
	struct subject subjects[N_NETWORKS] = {0};
	float *x = random_floats((size_t)RUN_B * RUN_T * PV2_COUNT, 3), *doutput = random_floats((size_t)TRAIN_B * TRAIN_T * MACHINES, 4);
	base_blas_single_thread();
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
		nn_sequential_flops(s->net, true, &forward, &training);
		printf("%-15s %10zu %10.0f  %8.0f %6.2f  %8.0f %6.2f\n", networks[i].name, nn_sequential_n_params(s->net), forward,
		       1e-3 * TRAIN_B * TRAIN_T / s->train_s, first->train_s / s->train_s, 1e-3 * RUN_B * RUN_T / s->run_s,
		       first->run_s / s->run_s);
		nn_work_free(s->train);
		nn_work_free(s->run);
		nn_sequential_free(s->net);
		free(s->params);
		free(s->grads);
	}
	free(x);
	free(doutput);
	return 0;
}
