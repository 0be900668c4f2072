/*
 * net.c - the network: parameter table, work memory of a shard, and the order of its layers
 *
 * All parameters are one block of floats, so that optimizers, sums over shards and checkpoints are loops over one array; the table says
 * which tensor lies where. The work holds what one chunk leaves for its backward pass, and the state (h, c) that the next chunk starts
 * from. Works that only run forward share one set of gates and cells between layers: nothing reads a lower layer's after the layer is done.
 */
#include "nn/net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "nn/blas.h"
#include "nn/linear.h"
#include "nn/lstm.h"

enum { MAX_LAYERS = 16, MAX_WIDTH = 1 << 16 };

struct pv_net {
	struct pv_net_config config;
	int n_tensors;
	struct pv_net_tensor tensors[4 * MAX_LAYERS + 2];
	struct pv_lstm_layout lstm[MAX_LAYERS];
	size_t linear_weight, linear_bias;
	size_t n_params;
};

struct pv_net_work {
	const struct pv_net *net;
	int B, T_max;
	bool for_training;
	int T;          /* of the chunk just run */
	const float *x; /* of the chunk just run */
	float *state;   /* (L, 2, B, H): h and c after it */
	struct pv_lstm_tape tapes[MAX_LAYERS];
	struct pv_lstm_scratch scratch;
	float *repr;   /* (T, B, D) */
	float *output; /* (T, B, K) */
	float *dy[2];  /* (T, B, H) gradient of a layer's output and of its input */
	float *block;  /* owns every array above */
};

static size_t add_tensor(struct pv_net *net, const char *format, int layer, size_t rows, size_t columns)
{
	struct pv_net_tensor *t = &net->tensors[net->n_tensors++];
	snprintf(t->name, sizeof t->name, format, layer);
	t->n_dims = columns ? 2 : 1;
	t->dims[0] = rows;
	t->dims[1] = columns;
	t->offset = net->n_params;
	t->n = rows * (columns ? columns : 1);
	net->n_params += t->n;
	return t->offset;
}

static void add_layers(struct pv_net *net)
{
	const struct pv_net_config *c = &net->config;
	const size_t H = (size_t)c->n_hidden, K = (size_t)c->n_machines;
	for (int l = 0; l < c->n_layers; l++) {
		struct pv_lstm_layout *at = &net->lstm[l];
		at->w_ih = add_tensor(net, "lstm.weight_ih_l%d", l, 4 * H, l ? H : (size_t)c->n_features);
		at->w_hh = add_tensor(net, "lstm.weight_hh_l%d", l, 4 * H, H);
		at->b_ih = add_tensor(net, "lstm.bias_ih_l%d", l, 4 * H, 0);
		at->b_hh = add_tensor(net, "lstm.bias_hh_l%d", l, 4 * H, 0);
	}
	net->linear_weight = add_tensor(net, "linear.weight", 0, K, H);
	if (c->bias)
		net->linear_bias = add_tensor(net, "linear.bias", 0, K, 0);
}

static enum pv_status check_range(const char *what, int value, int max, struct pv_error *err)
{
	PV_FAIL_IF(value < 1 || value > max, err, PV_ERR_RANGE, "a network with %d %s: 1 to %d are possible", value, what, max);
	return PV_OK;
}

enum pv_status pv_net_new(const struct pv_net_config *config, struct pv_net **net, struct pv_error *err)
{
	PV_TRY(check_range("features", config->n_features, MAX_WIDTH, err));
	PV_TRY(check_range("hidden units", config->n_hidden, MAX_WIDTH / 4, err));
	PV_TRY(check_range("layers", config->n_layers, MAX_LAYERS, err));
	PV_TRY(check_range("machines", config->n_machines, MAX_WIDTH, err));
	struct pv_net *n = calloc(1, sizeof *n);
	PV_FAIL_IF(!n, err, PV_ERR_NOMEM, "out of memory for a network");
	n->config = *config;
	add_layers(n);
	*net = n;
	return PV_OK;
}

void pv_net_free(struct pv_net *net)
{
	free(net);
}

const struct pv_net_config *pv_net_config(const struct pv_net *net)
{
	return &net->config;
}

const struct pv_net_tensor *pv_net_tensors(const struct pv_net *net, int *n)
{
	*n = net->n_tensors;
	return net->tensors;
}

size_t pv_net_n_params(const struct pv_net *net)
{
	return net->n_params;
}

void pv_net_init(const struct pv_net *net, float *params, uint64_t seed)
{
	struct pv_random rng;
	pv_random_init(&rng, seed);
	/* The linear layer's inputs are the H hidden units, so both kinds of layer have the same bound. */
	const double bound = 1.0 / sqrt((double)net->config.n_hidden);
	for (size_t i = 0; i < net->n_params; i++)
		params[i] = (float)((2.0 * pv_random_unit(&rng) - 1.0) * bound);
}

void pv_net_flops(const struct pv_net *net, double *forward, double *training)
{
	const struct pv_net_config *c = &net->config;
	const double H = c->n_hidden, first = 2 * 4 * H * c->n_features;
	double all = first + 2 * 4 * H * H * (2 * c->n_layers - 1) + 2 * H * c->n_machines;
	*forward = all;
	*training = 3 * all - first; /* each product has two more in the backward pass; no gradient goes to the features */
}

/* First call with block NULL: measures; second: hands out. Sizes are rounded to 64 bytes. */
static float *carve(float *block, size_t *used, size_t n)
{
	float *p = block ? block + *used : NULL;
	*used += (n + 15) / 16 * 16;
	return p;
}

static size_t lay_out(struct pv_net_work *w, float *block)
{
	const struct pv_net_config *c = &w->net->config;
	const size_t H = (size_t)c->n_hidden, L = (size_t)c->n_layers, step = (size_t)w->B * H, chunk = (size_t)w->T_max * step;
	size_t used = 0;
	w->state = carve(block, &used, L * 2 * step);
	for (int l = 0; l < c->n_layers; l++) {
		w->tapes[l].h = carve(block, &used, chunk + step);
		if (l > 0 && !w->for_training) {
			w->tapes[l].c = w->tapes[0].c;
			w->tapes[l].gates = w->tapes[0].gates;
			w->tapes[l].tanh_c = w->tapes[0].tanh_c;
			continue;
		}
		w->tapes[l].c = carve(block, &used, chunk + step);
		w->tapes[l].gates = carve(block, &used, 4 * chunk);
		w->tapes[l].tanh_c = carve(block, &used, chunk);
	}
	w->scratch.bias = carve(block, &used, 4 * H);
	w->scratch.dh = carve(block, &used, step);
	w->scratch.dc = carve(block, &used, step);
	const int widest = c->n_layers > 1 && c->n_hidden > c->n_features ? c->n_hidden : c->n_features;
	w->scratch.w_ih = carve(block, &used, pv_lstm_packed_floats(widest, c->n_hidden));
	w->scratch.w_hh = carve(block, &used, pv_lstm_packed_floats(c->n_hidden, c->n_hidden));
	w->repr = carve(block, &used, chunk);
	w->output = carve(block, &used, (size_t)w->T_max * (size_t)w->B * (size_t)c->n_machines);
	for (int i = 0; i < 2 && w->for_training; i++)
		w->dy[i] = carve(block, &used, chunk);
	return used;
}

enum pv_status pv_net_work_new(const struct pv_net *net, int B, int T, bool for_training, struct pv_net_work **work, struct pv_error *err)
{
	PV_FAIL_IF(B < 1 || T < 1 || B > (1 << 24) / T, err, PV_ERR_RANGE,
	           "%d streams of %d instructions: 1 to %d rows are possible in a chunk", B, T, 1 << 24);
	struct pv_net_work *w = calloc(1, sizeof *w);
	PV_FAIL_IF(!w, err, PV_ERR_NOMEM, "out of memory for a network's activations");
	*w = (struct pv_net_work){.net = net, .B = B, .T_max = T, .for_training = for_training};
	size_t n = lay_out(w, NULL);
	w->block = pv_floats_new(n);
	if (!w->block) {
		free(w);
		return pv_error_set(err, PV_ERR_NOMEM,
		                    "out of memory for a network's activations: %d streams of %d instructions need %zu MiB", B, T,
		                    n * sizeof(float) >> 20);
	}
	lay_out(w, w->block);
	pv_blas_single_thread();
	*work = w;
	return PV_OK;
}

void pv_net_work_free(struct pv_net_work *work)
{
	if (!work)
		return;
	free(work->block);
	free(work);
}

void pv_net_work_reset(struct pv_net_work *work, int stream)
{
	const size_t H = (size_t)work->net->config.n_hidden, B = (size_t)work->B, n = 2 * (size_t)work->net->config.n_layers * B;
	for (size_t row = 0; row < n; row++)
		if (stream < 0 || row % B == (size_t)stream)
			memset(work->state + row * H, 0, H * sizeof(float));
}

float *pv_net_work_state(struct pv_net_work *work, size_t *n)
{
	*n = 2 * (size_t)work->net->config.n_layers * (size_t)work->B * (size_t)work->net->config.n_hidden;
	return work->state;
}

void pv_net_forward(const struct pv_net *net, const float *params, struct pv_net_work *work, const float *x, int T, const float **repr,
                    const float **output)
{
	const struct pv_net_config *c = &net->config;
	const size_t step = (size_t)work->B * (size_t)c->n_hidden;
	const int N = T * work->B;
	work->T = T;
	work->x = x;
	for (int l = 0; l < c->n_layers; l++) {
		const struct pv_lstm_shape shape = {T, work->B, l ? c->n_hidden : c->n_features, c->n_hidden};
		struct pv_lstm_tape *tape = &work->tapes[l];
		float *h = work->state + 2 * (size_t)l * step, *cell = h + step;
		memcpy(tape->h, h, step * sizeof(float));
		memcpy(tape->c, cell, step * sizeof(float));
		pv_lstm_forward(&shape, &net->lstm[l], params, x, tape, &work->scratch);
		memcpy(h, tape->h + (size_t)T * step, step * sizeof(float));
		memcpy(cell, tape->c + (size_t)T * step, step * sizeof(float));
		x = tape->h + step;
	}
	pv_relu_forward((size_t)T * step, x, work->repr);
	if (repr)
		*repr = work->repr;
	if (!output)
		return;
	pv_linear_forward(N, c->n_hidden, c->n_machines, params + net->linear_weight, c->bias ? params + net->linear_bias : NULL,
	                  work->repr, work->output);
	*output = work->output;
}

void pv_net_backward(const struct pv_net *net, const float *params, struct pv_net_work *work, const float *doutput, const float *drepr,
                     float *dparams)
{
	const struct pv_net_config *c = &net->config;
	const size_t step = (size_t)work->B * (size_t)c->n_hidden, chunk = (size_t)work->T * step;
	float *dy = work->dy[0], *dx = work->dy[1];
	if (doutput)
		pv_linear_backward(work->T * work->B, c->n_hidden, c->n_machines, params + net->linear_weight, work->repr, doutput, dy,
		                   dparams + net->linear_weight, c->bias ? dparams + net->linear_bias : NULL);
	else
		memset(dy, 0, chunk * sizeof(float));
	for (size_t i = 0; drepr && i < chunk; i++)
		dy[i] += drepr[i];
	pv_relu_backward(chunk, work->repr, dy);
	for (int l = c->n_layers - 1; l >= 0; l--) {
		const struct pv_lstm_shape shape = {work->T, work->B, l ? c->n_hidden : c->n_features, c->n_hidden};
		const float *x = l ? work->tapes[l - 1].h + step : work->x;
		pv_lstm_backward(&shape, &net->lstm[l], params, x, dy, &work->tapes[l], &work->scratch, dparams, l ? dx : NULL);
		float *swap = dy;
		dy = dx;
		dx = swap;
	}
}
