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
#include "nn/packed.h"

enum { MAX_LAYERS = 16, MAX_WIDTH = 1 << 16 };

struct nn_net {
	struct nn_net_config config;
	int n_tensors;
	struct nn_net_tensor tensors[4 * MAX_LAYERS + 2];
	struct nn_cell_layout layers[MAX_LAYERS];
	const struct nn_cell_kind *kind;
	size_t linear_weight, linear_bias;
	size_t n_params;
};

struct nn_net_packed {
	const struct nn_net *net;
	bool for_training;
	struct nn_lstm_packed layers[MAX_LAYERS];
	float *block; /* owns them */
};

struct nn_net_work {
	const struct nn_net *net;
	const struct nn_net_packed *packed; /* borrowed; NULL: none */
	int B, T_max;
	bool for_training;
	int T;          /* of the chunk just run */
	const float *x; /* of the chunk just run */
	float *state;   /* (L, S, B, H): h, and c where there is one, after it */
	struct nn_cell_tape tapes[MAX_LAYERS];
	struct nn_cell_scratch scratch;
	float *relu;   /* (T, B, H): a part of repr, or all of it */
	float *repr;   /* (T, B, D) */
	float *output; /* (T, B, K) */
	float *dy[2];  /* (T, B, H) gradient of a layer's output and of its input */
	float *drepr;  /* (T, B, D) of a wide network */
	float *block;  /* owns every array above */
};

static size_t add_tensor(struct nn_net *net, const char *prefix, const char *name, int layer, size_t rows, size_t columns)
{
	struct nn_net_tensor *t = &net->tensors[net->n_tensors++];
	if (layer < 0)
		snprintf(t->name, sizeof t->name, "%s.%s", prefix, name);
	else
		snprintf(t->name, sizeof t->name, "%s.%s_l%d", prefix, name, layer);
	t->n_dims = columns ? 2 : 1;
	t->dims[0] = rows;
	t->dims[1] = columns;
	t->offset = net->n_params;
	t->n = rows * (columns ? columns : 1);
	net->n_params += t->n;
	return t->offset;
}

static void add_layers(struct nn_net *net)
{
	const struct nn_net_config *c = &net->config;
	const size_t H = (size_t)c->n_hidden, K = (size_t)c->n_machines, D = (size_t)nn_net_repr(c);
	const struct nn_cell_kind *kind = net->kind;
	const size_t rows = (size_t)kind->n_gates * H;
	for (int l = 0; l < c->n_layers; l++) {
		struct nn_cell_layout *at = &net->layers[l];
		at->w_ih = add_tensor(net, kind->prefix, "weight_ih", l, rows, l ? H : (size_t)c->n_features);
		if (kind->recurrent)
			at->w_hh = add_tensor(net, kind->prefix, "weight_hh", l, rows, H);
		at->b_ih = add_tensor(net, kind->prefix, "bias_ih", l, rows, 0);
		if (kind->recurrent)
			at->b_hh = add_tensor(net, kind->prefix, "bias_hh", l, rows, 0);
	}
	net->linear_weight = add_tensor(net, "linear", "weight", -1, K, D);
	if (c->bias)
		net->linear_bias = add_tensor(net, "linear", "bias", -1, K, 0);
}

static enum pv_status check_range(const char *what, int value, int max, struct pv_error *err)
{
	FAIL_IF(value < 1 || value > max, err, PV_ERR_RANGE, "a network with %d %s: 1 to %d are possible", value, what, max);
	return PV_OK;
}

enum pv_status nn_net_new(const struct nn_net_config *config, struct nn_net **net, struct pv_error *err)
{
	TRY(check_range("features", config->n_features, MAX_WIDTH, err));
	TRY(check_range("hidden units", config->n_hidden, MAX_WIDTH / 4, err));
	TRY(check_range("layers", config->n_layers, MAX_LAYERS, err));
	TRY(check_range("machines", config->n_machines, MAX_WIDTH, err));
	struct nn_net *n = calloc(1, sizeof *n);
	FAIL_IF(!n, err, PV_ERR_NOMEM, "out of memory for a network");
	n->config = *config;
	n->kind = nn_cell_kind_of(config->cell);
	add_layers(n);
	*net = n;
	return PV_OK;
}

void nn_net_free(struct nn_net *net)
{
	free(net);
}

const struct nn_net_config *nn_net_config(const struct nn_net *net)
{
	return &net->config;
}

int nn_net_repr(const struct nn_net_config *c)
{
	return c->n_hidden + (c->wide ? c->n_features + 1 : 0);
}

const struct nn_net_tensor *nn_net_tensors(const struct nn_net *net, int *n)
{
	*n = net->n_tensors;
	return net->tensors;
}

size_t nn_net_n_params(const struct nn_net *net)
{
	return net->n_params;
}

/*
 * A unit whose gate z is 1 / t remembers some t rows. Without a recurrent product to learn longer times with, they are spread from 1 to 256
 * at first (Tallec and Ollivier, "Can recurrent neural networks warp time?", 2018).
 */
static void init_times(const struct nn_net *net, int layer, struct base_random *rng, float *params)
{
	float *bias = params + net->layers[layer].b_ih;
	for (int j = 0; j < net->config.n_hidden; j++)
		bias[j] = -(float)(base_random_unit(rng) * log(255.0));
}

void nn_net_init(const struct nn_net *net, float *params, uint64_t seed)
{
	struct base_random rng;
	base_random_init(&rng, seed);
	/* The linear layer's inputs are the H hidden units, so both kinds of layer have the same bound. */
	const double bound = 1.0 / sqrt((double)net->config.n_hidden);
	for (size_t i = 0; i < net->n_params; i++)
		params[i] = (float)((2.0 * base_random_unit(&rng) - 1.0) * bound);
	const size_t H = (size_t)net->config.n_hidden, D = (size_t)nn_net_repr(&net->config);
	for (size_t k = 0; k < (size_t)net->config.n_machines; k++)
		memset(params + net->linear_weight + k * D + H, 0, (D - H) * sizeof(float));
	for (int l = 0; net->config.cell == NN_CELL_MINGRU && l < net->config.n_layers; l++)
		init_times(net, l, &rng, params);
}

void nn_net_flops(const struct nn_net *net, double *forward, double *training)
{
	const struct nn_net_config *c = &net->config;
	const double H = c->n_hidden, L = c->n_layers, G = net->kind->n_gates, first = 2 * G * H * c->n_features;
	const double recurrent = net->kind->recurrent ? 2 * G * H * H * L : 0;
	double all = first + 2 * G * H * H * (L - 1) + recurrent + 2.0 * nn_net_repr(c) * c->n_machines;
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

/* Carried from chunk to chunk: h, and c where there is one. */
static size_t n_states(const struct nn_net *net)
{
	return net->kind->has_c ? 2 : 1;
}

static size_t lay_out(struct nn_net_work *w, float *block)
{
	const struct nn_net_config *c = &w->net->config;
	const size_t H = (size_t)c->n_hidden, L = (size_t)c->n_layers, step = (size_t)w->B * H, chunk = (size_t)w->T_max * step;
	size_t used = 0;
	const struct nn_cell_kind *kind = w->net->kind;
	w->state = carve(block, &used, L * n_states(w->net) * step);
	for (int l = 0; l < c->n_layers; l++) {
		struct nn_cell_tape *t = &w->tapes[l];
		t->h = carve(block, &used, chunk + step);
		if (l > 0 && !w->for_training) {
			t->c = w->tapes[0].c;
			t->gates = w->tapes[0].gates;
			t->extra = w->tapes[0].extra;
			continue;
		}
		t->c = carve(block, &used, kind->has_c ? chunk + step : 0);
		t->gates = carve(block, &used, (size_t)kind->n_gates * chunk);
		t->extra = carve(block, &used, (size_t)kind->n_extra * chunk);
	}
	w->scratch.bias = carve(block, &used, (size_t)kind->n_gates * H);
	w->scratch.dh = carve(block, &used, step);
	w->scratch.dc = carve(block, &used, step);
	const int widest = c->n_layers > 1 && c->n_hidden > c->n_features ? c->n_hidden : c->n_features;
	w->scratch.w_ih = carve(block, &used, kind->packed_floats(widest, c->n_hidden));
	w->scratch.w_hh = carve(block, &used, kind->packed_floats(c->n_hidden, c->n_hidden));
	const size_t n_repr = (size_t)w->T_max * (size_t)w->B * (size_t)nn_net_repr(c);
	w->repr = carve(block, &used, n_repr);
	w->relu = c->wide ? carve(block, &used, chunk) : w->repr;
	w->drepr = carve(block, &used, c->wide && w->for_training ? n_repr : 0);
	w->output = carve(block, &used, (size_t)w->T_max * (size_t)w->B * (size_t)c->n_machines);
	for (int i = 0; i < 2 && w->for_training; i++)
		w->dy[i] = carve(block, &used, chunk);
	return used;
}

enum pv_status nn_net_work_new(const struct nn_net *net, int B, int T, bool for_training, struct nn_net_work **work, struct pv_error *err)
{
	FAIL_IF(B < 1 || T < 1 || B > (1 << 24) / T, err, PV_ERR_RANGE,
	        "%d streams of %d instructions: 1 to %d rows are possible in a chunk", B, T, 1 << 24);
	struct nn_net_work *w = calloc(1, sizeof *w);
	FAIL_IF(!w, err, PV_ERR_NOMEM, "out of memory for a network's activations");
	*w = (struct nn_net_work){.net = net, .B = B, .T_max = T, .for_training = for_training};
	size_t n = lay_out(w, NULL);
	w->block = nn_floats_new(n);
	if (!w->block) {
		free(w);
		return base_error_set(err, PV_ERR_NOMEM,
		                      "out of memory for a network's activations: %d streams of %d instructions need %zu MiB", B, T,
		                      n * sizeof(float) >> 20);
	}
	lay_out(w, w->block);
	nn_blas_single_thread();
	*work = w;
	return PV_OK;
}

void nn_net_work_free(struct nn_net_work *work)
{
	if (!work)
		return;
	free(work->block);
	free(work);
}

/* ---- shared weights ---- */

/* Only LSTMs do: the other cells' products are fewer, or all over T * B rows. */
static bool shares(const struct nn_net *net)
{
	return net->config.cell == NN_CELL_LSTM;
}

static size_t lay_out_packed(struct nn_net_packed *p, float *block)
{
	const struct nn_net_config *c = &p->net->config;
	size_t used = 0;
	for (int l = 0; l < c->n_layers && shares(p->net); l++) {
		const int in = l ? c->n_hidden : c->n_features;
		struct nn_lstm_packed *at = &p->layers[l];
		at->ih = carve(block, &used, nn_lstm_packed_floats(in, c->n_hidden));
		at->hh = carve(block, &used, nn_lstm_packed_floats(c->n_hidden, c->n_hidden));
		if (!p->for_training)
			continue;
		at->hh_back = carve(block, &used, nn_lstm_packed_floats(c->n_hidden, c->n_hidden));
		if (l)
			at->ih_back = carve(block, &used, nn_lstm_packed_floats(in, c->n_hidden));
	}
	return used;
}

enum pv_status nn_net_packed_new(const struct nn_net *net, bool for_training, struct nn_net_packed **packed, struct pv_error *err)
{
	struct nn_net_packed *p = calloc(1, sizeof *p);
	FAIL_IF(!p, err, PV_ERR_NOMEM, "out of memory for a network's weights");
	*p = (struct nn_net_packed){.net = net, .for_training = for_training};
	p->block = nn_floats_new(lay_out_packed(p, NULL));
	if (!p->block) {
		free(p);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory for a network's weights");
	}
	lay_out_packed(p, p->block);
	*packed = p;
	return PV_OK;
}

void nn_net_packed_free(struct nn_net_packed *p)
{
	if (!p)
		return;
	free(p->block);
	free(p);
}

/* Four matrices of each layer: forward and backward, of the input and of the state. */
int nn_net_packed_tasks(const struct nn_net_packed *p)
{
	return shares(p->net) ? (p->for_training ? 4 : 2) * p->net->config.n_layers : 0;
}

void nn_net_pack(struct nn_net_packed *p, const float *params, int task)
{
	const struct nn_net_config *c = &p->net->config;
	const int l = task % c->n_layers, H = c->n_hidden, in = l ? H : c->n_features;
	const struct nn_cell_layout *at = &p->net->layers[l];
	const struct nn_lstm_packed *to = &p->layers[l];
	switch (task / c->n_layers) {
	case 0: nn_pack_nt(4 * H, in, params + at->w_ih, to->ih); break;
	case 1: nn_pack_nt(4 * H, H, params + at->w_hh, to->hh); break;
	case 2: nn_pack_nn(H, 4 * H, params + at->w_hh, to->hh_back); break;
	default:
		if (to->ih_back)
			nn_pack_nn(in, 4 * H, params + at->w_ih, to->ih_back);
	}
}

void nn_net_work_share(struct nn_net_work *work, const struct nn_net_packed *packed)
{
	work->packed = packed && shares(packed->net) ? packed : NULL;
}

/* ---- a chunk ---- */

void nn_net_work_reset(struct nn_net_work *work, int stream)
{
	const size_t H = (size_t)work->net->config.n_hidden, B = (size_t)work->B,
	             n = n_states(work->net) * (size_t)work->net->config.n_layers * B;
	for (size_t row = 0; row < n; row++)
		if (stream < 0 || row % B == (size_t)stream)
			memset(work->state + row * H, 0, H * sizeof(float));
}

float *nn_net_work_state(struct nn_net_work *work, size_t *n)
{
	*n = n_states(work->net) * (size_t)work->net->config.n_layers * (size_t)work->B * (size_t)work->net->config.n_hidden;
	return work->state;
}

/* The rows of a wide representation: hidden units, inputs, 1. */
static void widen(const struct nn_net_config *c, size_t n, const float *relu, const float *x, float *repr)
{
	const size_t H = (size_t)c->n_hidden, F = (size_t)c->n_features, D = (size_t)nn_net_repr(c);
	for (size_t i = 0; i < n; i++, repr += D) {
		memcpy(repr, relu + i * H, H * sizeof *repr);
		memcpy(repr + H, x + i * F, F * sizeof *repr);
		repr[D - 1] = 1;
	}
}

void nn_net_forward(const struct nn_net *net, const float *params, struct nn_net_work *work, const float *x, int T, const float **repr,
                    const float **output)
{
	const struct nn_net_config *c = &net->config;
	const size_t step = (size_t)work->B * (size_t)c->n_hidden;
	const int N = T * work->B;
	work->T = T;
	work->x = x;
	for (int l = 0; l < c->n_layers; l++) {
		const struct nn_cell_shape shape = {T, work->B, l ? c->n_hidden : c->n_features, c->n_hidden};
		struct nn_cell_tape *tape = &work->tapes[l];
		float *h = work->state + n_states(net) * (size_t)l * step, *cell = h + step;
		memcpy(tape->h, h, step * sizeof(float));
		if (net->kind->has_c)
			memcpy(tape->c, cell, step * sizeof(float));
		work->scratch.packed = work->packed ? &work->packed->layers[l] : NULL;
		net->kind->forward(&shape, &net->layers[l], params, x, tape, &work->scratch);
		memcpy(h, tape->h + (size_t)T * step, step * sizeof(float));
		if (net->kind->has_c)
			memcpy(cell, tape->c + (size_t)T * step, step * sizeof(float));
		x = tape->h + step;
	}
	nn_relu_forward((size_t)T * step, x, work->relu);
	if (c->wide)
		widen(c, (size_t)N, work->relu, work->x, work->repr);
	if (repr)
		*repr = work->repr;
	if (!output)
		return;
	nn_linear_forward(N, nn_net_repr(c), c->n_machines, params + net->linear_weight, c->bias ? params + net->linear_bias : NULL,
	                  work->repr, work->output);
	*output = work->output;
}

/* The gradient of the hidden units is a part of every row of the representation's. */
static void narrow(const struct nn_net_config *c, size_t n, const float *drepr, float *dy)
{
	const size_t H = (size_t)c->n_hidden, D = (size_t)nn_net_repr(c);
	for (size_t i = 0; i < n; i++)
		memcpy(dy + i * H, drepr + i * D, H * sizeof *dy);
}

void nn_net_backward(const struct nn_net *net, const float *params, struct nn_net_work *work, const float *doutput, const float *drepr,
                     float *dparams)
{
	const struct nn_net_config *c = &net->config;
	const size_t step = (size_t)work->B * (size_t)c->n_hidden, chunk = (size_t)work->T * step;
	const size_t N = (size_t)work->T * (size_t)work->B, D = (size_t)nn_net_repr(c);
	float *dy = work->dy[0], *dx = work->dy[1], *d = c->wide ? work->drepr : dy;
	if (doutput)
		nn_linear_backward((int)N, (int)D, c->n_machines, params + net->linear_weight, work->repr, doutput, d,
		                   dparams + net->linear_weight, c->bias ? dparams + net->linear_bias : NULL);
	else
		memset(d, 0, N * D * sizeof(float));
	for (size_t i = 0; drepr && i < N * D; i++)
		d[i] += drepr[i];
	if (c->wide)
		narrow(c, N, d, dy);
	nn_relu_backward(chunk, work->relu, dy);
	for (int l = c->n_layers - 1; l >= 0; l--) {
		const struct nn_cell_shape shape = {work->T, work->B, l ? c->n_hidden : c->n_features, c->n_hidden};
		const float *x = l ? work->tapes[l - 1].h + step : work->x;
		work->scratch.packed = work->packed ? &work->packed->layers[l] : NULL;
		net->kind->backward(&shape, &net->layers[l], params, x, dy, &work->tapes[l], &work->scratch, dparams, l ? dx : NULL);
		float *swap = dy;
		dy = dx;
		dx = swap;
	}
}
