/*
 * graph.c - a model is a chain of layers: where tensors lie, what memory a pass needs, and the order of the layers
 *
 * All parameters are one block. Layers note indices of tensors while the chain is built; at the end trained tensors get the first offsets
 * and frozen ones the rest, so that an optimizer's arrays are the block's first part. Layers that branch (the encoder's residuals) do so
 * inside: the chain stays a chain.
 *
 * A work is one block too: an output and a tape for each layer, and two gradient buffers as wide as the widest activation, which swap roles
 * on the way down. Layers below the lowest trained tensor are not visited by the backward pass unless the input's gradient is wanted.
 */
#include "nn/graph.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/blas.h"
#include "nn/flush.h"

enum { MAX_LAYERS = 320, MAX_TENSORS = 640, MAX_EMBEDS = 2, MAX_CONSTANTS = 2 };

/* Sizes that an int can count through: rows of a shape, floats of a tensor. */
static const size_t MAX_FLOATS = (size_t)1 << 28;

struct constants {
	char name[80];
	float *values;
	size_t n;
};

struct nn_graph {
	struct nn_rows input;
	int n_layers, representation; /* layers below the representation; -1: none */
	struct nn_layer layers[MAX_LAYERS];
	int n_tensors;
	struct nn_tensor tensors[MAX_TENSORS];
	size_t n_params, n_trained;
	int first_trained; /* layer */
	char prefix[40];
	int n_embeds;
	struct nn_embed_options *embeds[MAX_EMBEDS];
	int n_constants;
	struct constants constants[MAX_CONSTANTS];
	struct nn_layer spare; /* returned after a failure */
	struct pv_error failure;
};

/* ---- building ---- */

static void fail(struct nn_graph *g, enum pv_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void fail(struct nn_graph *g, enum pv_status status, const char *format, ...)
{
	char text[256];
	va_list args;
	if (g->failure.status != PV_OK)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	base_error_set(&g->failure, status, "%s", text);
}

enum pv_status nn_graph_begin(struct nn_rows input, struct nn_graph **graph, struct pv_error *err)
{
	FAIL_IF(input.T < 1 || input.F < 1 || (size_t)input.T * (size_t)input.F > MAX_FLOATS, err, PV_ERR_RANGE,
	        "a model of windows of %d instructions of %d features is not possible", input.T, input.F);
	struct nn_graph *g = calloc(1, sizeof *g);
	FAIL_IF(!g, err, PV_ERR_NOMEM, "out of memory for a model");
	g->input = input;
	g->representation = -1;
	*graph = g;
	return PV_OK;
}

void nn_graph_prefix(struct nn_graph *g, const char *prefix)
{
	snprintf(g->prefix, sizeof g->prefix, "%s", prefix);
}

struct nn_rows nn_graph_rows(const struct nn_graph *g)
{
	return g->n_layers ? g->layers[g->n_layers - 1].out : g->input;
}

void nn_graph_mark_representation(struct nn_graph *g)
{
	g->representation = g->n_layers;
}

struct nn_layer *nn_graph_layer(struct nn_graph *g, const struct nn_layer_kind *kind, struct nn_rows out)
{
	if (g->n_layers == MAX_LAYERS)
		fail(g, PV_ERR_RANGE, "a model of more than %d layers is not possible", MAX_LAYERS);
	else if (out.T < 1 || out.F < 1 || (size_t)out.T * (size_t)out.F > MAX_FLOATS)
		fail(g, PV_ERR_RANGE, "layer %d (%s) of the model would have %d rows of %d numbers", g->n_layers + 1, kind->name, out.T,
		     out.F);
	if (g->failure.status != PV_OK)
		return &g->spare;
	struct nn_layer *l = &g->layers[g->n_layers];
	*l = (struct nn_layer){.kind = kind, .in = nn_graph_rows(g), .out = out};
	g->n_layers++;
	return l;
}

static struct nn_tensor *new_tensor(struct nn_graph *g, const char *name, int d1, int d2, int d3)
{
	const int dims[3] = {d1, d2, d3};
	if (g->failure.status != PV_OK)
		return NULL;
	if (g->n_tensors == MAX_TENSORS) {
		fail(g, PV_ERR_RANGE, "a model of more than %d tensors is not possible", MAX_TENSORS);
		return NULL;
	}
	struct nn_tensor *t = &g->tensors[g->n_tensors++];
	*t = (struct nn_tensor){.n = 1};
	snprintf(t->name, sizeof t->name, "%s%s", g->prefix, name);
	while (t->n_dims < 3 && dims[t->n_dims] > 0) {
		t->dims[t->n_dims] = (size_t)dims[t->n_dims];
		t->n *= (size_t)dims[t->n_dims++];
		if (t->n > MAX_FLOATS)
			fail(g, PV_ERR_RANGE, "tensor %s of the model would have more than %zu numbers", t->name, MAX_FLOATS);
	}
	return t;
}

void nn_graph_tensor(struct nn_graph *g, const char *name, int d1, int d2, int d3, bool frozen, enum nn_tensor_init init, double init_scale)
{
	struct nn_tensor *t = new_tensor(g, name, d1, d2, d3);
	if (!t)
		return;
	t->frozen = frozen;
	t->init = init;
	t->init_scale = (float)init_scale;
	struct nn_layer *l = &g->layers[g->n_layers - 1];
	l->at[l->n_tensors++] = (size_t)(t - g->tensors);
}

void nn_graph_stray(struct nn_graph *g, const char *name, int d1, int d2, double init_scale)
{
	struct nn_tensor *t = new_tensor(g, name, d1, d2, 0);
	if (!t)
		return;
	t->frozen = true;
	t->init = NN_TENSOR_UNIFORM;
	t->init_scale = (float)init_scale;
}

struct nn_embed_options *nn_graph_embed_options(struct nn_graph *g)
{
	struct nn_embed_options *o = g->n_embeds < MAX_EMBEDS ? calloc(1, sizeof *o) : NULL;
	if (!o) {
		fail(g, PV_ERR_NOMEM, "out of memory for a model's embeddings");
		return NULL;
	}
	g->embeds[g->n_embeds++] = o;
	return o;
}

void nn_graph_constants(struct nn_graph *g, const char *name, const float *values, size_t n)
{
	float *copy = g->n_constants < MAX_CONSTANTS ? malloc(n * sizeof *copy) : NULL;
	if (!copy) {
		fail(g, PV_ERR_NOMEM, "out of memory for a model's constants");
		return;
	}
	memcpy(copy, values, n * sizeof *copy);
	struct constants *c = &g->constants[g->n_constants++];
	*c = (struct constants){.values = copy, .n = n};
	snprintf(c->name, sizeof c->name, "%s%s", g->prefix, name);
}

static void place(struct nn_graph *g, bool frozen)
{
	for (int i = 0; i < g->n_tensors; i++)
		if (g->tensors[i].frozen == frozen) {
			g->tensors[i].offset = g->n_params;
			g->n_params += g->tensors[i].n;
		}
}

enum pv_status nn_graph_end(struct nn_graph *g, struct pv_error *err)
{
	if (g->n_layers == 0)
		fail(g, PV_ERR_ARG, "a model without layers");
	if (g->failure.status != PV_OK) {
		if (err)
			*err = g->failure;
		return g->failure.status;
	}
	place(g, false);
	g->n_trained = g->n_params;
	place(g, true);
	g->first_trained = g->n_layers;
	for (int i = g->n_layers - 1; i >= 0; i--)
		for (int k = 0; k < g->layers[i].n_tensors; k++) {
			const struct nn_tensor *t = &g->tensors[g->layers[i].at[k]];
			g->layers[i].at[k] = t->offset;
			if (!t->frozen)
				g->first_trained = i;
		}
	return PV_OK;
}

void nn_graph_free(struct nn_graph *g)
{
	if (!g)
		return;
	for (int i = 0; i < g->n_embeds; i++)
		free(g->embeds[i]);
	for (int i = 0; i < g->n_constants; i++)
		free(g->constants[i].values);
	free(g);
}

/* ---- what it is ---- */

struct nn_rows nn_graph_input(const struct nn_graph *g)
{
	return g->input;
}

struct nn_rows nn_graph_representation(const struct nn_graph *g)
{
	return g->representation > 0 ? g->layers[g->representation - 1].out : (struct nn_rows){0, 0};
}

struct nn_rows nn_graph_output(const struct nn_graph *g)
{
	return nn_graph_rows(g);
}

const struct nn_tensor *nn_graph_tensors(const struct nn_graph *g, int *n)
{
	*n = g->n_tensors;
	return g->tensors;
}

const struct nn_layer *nn_graph_layers(const struct nn_graph *g, int *n)
{
	*n = g->n_layers;
	return g->layers;
}

size_t nn_graph_n_params(const struct nn_graph *g)
{
	return g->n_params;
}

size_t nn_graph_n_trained(const struct nn_graph *g)
{
	return g->n_trained;
}

static double normal(struct base_random *rng)
{
	const double u = 1.0 - base_random_unit(rng), v = base_random_unit(rng); /* Box and Muller */
	return sqrt(-2.0 * log(u)) * cos(2.0 * 3.14159265358979323846 * v);
}

/* (1, T, F): see layers/positions.c */
static void sinusoids(const struct nn_tensor *t, float *values)
{
	const size_t F = t->dims[2], even = (F + 1) / 2 * 2;
	for (size_t i = 0; i < t->n; i++) {
		const size_t step = i / F, f = i % F;
		const double angle = (double)step * exp((double)(f / 2 * 2) * -(log(10000.0) / (double)even));
		values[i] = (float)(f % 2 ? cos(angle) : sin(angle));
	}
}

static void init_tensor(const struct nn_tensor *t, struct base_random *rng, float *values)
{
	if (t->init == NN_TENSOR_POSITIONS) {
		sinusoids(t, values);
		return;
	}
	for (size_t i = 0; i < t->n; i++)
		switch (t->init) {
		case NN_TENSOR_UNIFORM: values[i] = (float)(2.0 * base_random_unit(rng) - 1.0) * t->init_scale; break;
		case NN_TENSOR_NORMAL: values[i] = (float)normal(rng); break;
		default: values[i] = t->init == NN_TENSOR_ONE ? 1.0f : 0.0f;
		}
}

void nn_graph_init(const struct nn_graph *g, float *params, uint64_t seed)
{
	struct base_random rng;
	base_random_init(&rng, seed);
	for (int i = 0; i < g->n_tensors; i++) {
		const struct nn_tensor *t = &g->tensors[i];
		init_tensor(t, &rng, params + t->offset);
		for (int c = 0; c < g->n_constants; c++)
			if (!strcmp(g->constants[c].name, t->name) && g->constants[c].n == t->n)
				memcpy(params + t->offset, g->constants[c].values, t->n * sizeof(float));
	}
}

void nn_graph_set_statistics(const struct nn_graph *g, float *params, const float *mean, const float *std)
{
	for (int i = 0; i < g->n_layers; i++) {
		const struct nn_layer *l = &g->layers[i];
		if (l->kind != &nn_layer_embed)
			continue;
		memcpy(params + l->at[0], mean, (size_t)l->in.F * sizeof(float));
		for (int f = 0; f < l->in.F; f++)
			params[l->at[1] + (size_t)f] = std[f] != 0.0f ? std[f] : 1.0f;
	}
}

void nn_graph_flops(const struct nn_graph *g, double *forward, double *training)
{
	*forward = *training = 0.0;
	for (int i = 0; i < g->n_layers; i++) {
		double all = 0.0, to_input = 0.0;
		if (g->layers[i].kind->flops)
			g->layers[i].kind->flops(&g->layers[i], &all, &to_input);
		*forward += all;
		*training += 3.0 * all - (i <= g->first_trained ? to_input : 0.0);
	}
}

/* ---- running ---- */

struct nn_graph_work {
	const struct nn_graph *graph;
	int B_max, B;
	const float *x; /* of the windows just run */
	float *y[MAX_LAYERS];
	float *tape[MAX_LAYERS];
	float *dy[2]; /* NULL unless for training */
	float *block; /* owns every array above */
};

static size_t floats(struct nn_rows rows, int B)
{
	return (size_t)rows.T * (size_t)rows.F * (size_t)B;
}

static size_t lay_out(struct nn_graph_work *w, bool for_training, float *block)
{
	const struct nn_graph *g = w->graph;
	size_t used = 0, widest = floats(g->input, w->B_max);
	for (int i = 0; i < g->n_layers; i++) {
		const struct nn_layer *l = &g->layers[i];
		const size_t n = floats(l->out, w->B_max);
		w->y[i] = nn_take(block, &used, n);
		w->tape[i] = nn_take(block, &used, l->kind->tape_floats ? l->kind->tape_floats(l, w->B_max) : 0);
		widest = n > widest ? n : widest;
	}
	for (int i = 0; i < 2 && for_training; i++)
		w->dy[i] = nn_take(block, &used, widest);
	return used;
}

enum pv_status nn_graph_work_new(const struct nn_graph *g, int B, bool for_training, struct nn_graph_work **work, struct pv_error *err)
{
	FAIL_IF(B < 1, err, PV_ERR_RANGE, "room for %d windows: at least 1 is needed", B);
	for (int i = 0; i < g->n_layers; i++)
		FAIL_IF(floats(g->layers[i].out, B) > MAX_FLOATS || floats(g->layers[i].in, B) > MAX_FLOATS, err, PV_ERR_RANGE,
		        "%d windows at once are too many for layer %d (%s) of the model", B, i + 1, g->layers[i].kind->name);
	struct nn_graph_work *w = calloc(1, sizeof *w);
	FAIL_IF(!w, err, PV_ERR_NOMEM, "out of memory for a model's activations");
	w->graph = g;
	w->B_max = B;
	const size_t n = lay_out(w, for_training, NULL);
	w->block = nn_floats_new(n);
	if (!w->block) {
		free(w);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory for a model's activations: %d windows need %zu MiB", B,
		                      n * sizeof(float) >> 20);
	}
	lay_out(w, for_training, w->block);
	nn_blas_single_thread();
	*work = w;
	return PV_OK;
}

void nn_graph_work_free(struct nn_graph_work *w)
{
	if (!w)
		return;
	free(w->block);
	free(w);
}

enum pv_status nn_graph_forward(const struct nn_graph *g, const float *params, struct nn_graph_work *w, const float *x, int B,
                                uint64_t dropout_seed, const float **representation, const float **output, struct pv_error *err)
{
	struct base_random drop;
	FAIL_IF(B < 1 || B > w->B_max, err, PV_ERR_SHAPE, "%d windows: the model has room for 1 to %d", B, w->B_max);
	base_random_init(&drop, dropout_seed);
	const struct nn_pass pass = {B, params, dropout_seed ? &drop : NULL};
	const uint64_t settings = nn_flush_begin();
	enum pv_status status = PV_OK;
	w->B = B;
	w->x = x;
	for (int i = 0; i < g->n_layers && status == PV_OK; i++) {
		status = g->layers[i].kind->forward(&g->layers[i], &pass, x, w->y[i], w->tape[i], err);
		x = w->y[i];
	}
	nn_flush_end(settings);
	TRY(status);
	if (representation)
		*representation = g->representation > 0 ? w->y[g->representation - 1] : NULL;
	if (output)
		*output = x;
	return PV_OK;
}

void nn_graph_backward(const struct nn_graph *g, const float *params, struct nn_graph_work *w, const float *doutput, float *dparams,
                       float *dx)
{
	const struct nn_pass pass = {w->B, params, NULL};
	const int lowest = dx ? 0 : g->first_trained;
	float *dy = w->dy[0], *below = w->dy[1];
	const uint64_t settings = nn_flush_begin();
	memcpy(dy, doutput, floats(nn_graph_output(g), w->B) * sizeof(float));
	for (int i = g->n_layers - 1; i >= lowest; i--) {
		float *to = i == 0 ? dx : i == lowest ? NULL : below;
		g->layers[i].kind->backward(&g->layers[i], &pass, i ? w->y[i - 1] : w->x, w->y[i], dy, w->tape[i], dparams, to);
		below = dy;
		dy = to;
	}
	nn_flush_end(settings);
}

/* ---- whole layers ---- */

static void tensor_at(struct nn_graph *g, const char *name, const char *rest, int d1, int d2, int d3, enum nn_tensor_init init,
                      double scale)
{
	char full[80];
	snprintf(full, sizeof full, "%s.%s", name, rest);
	nn_graph_tensor(g, full, d1, d2, d3, false, init, scale);
}

void nn_graph_add_linear(struct nn_graph *g, const char *name, int out, bool bias)
{
	const struct nn_rows in = nn_graph_rows(g);
	const double scale = 1.0 / sqrt(in.F);
	nn_graph_layer(g, &nn_layer_linear, (struct nn_rows){in.T, out})->as.linear.bias = bias;
	tensor_at(g, name, "weight", out, in.F, 0, NN_TENSOR_UNIFORM, scale);
	if (bias)
		tensor_at(g, name, "bias", out, 0, 0, NN_TENSOR_UNIFORM, scale);
}

static void add_direction(struct nn_graph *g, const char *name, int index, const char *ending, int in, int hidden, int gates)
{
	static const char *const parts[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
	for (int i = 0; i < 4; i++) {
		char part[40];
		snprintf(part, sizeof part, "%s_l%d%s", parts[i], index, ending);
		tensor_at(g, name, part, gates * hidden, i == 0 ? in : i == 1 ? hidden : 0, 0, NN_TENSOR_UNIFORM, 1.0 / sqrt(hidden));
	}
}

void nn_graph_add_recurrent(struct nn_graph *g, const char *name, int n_layers, int hidden, bool gru, bool bi)
{
	for (int i = 0; i < n_layers; i++) {
		const struct nn_rows in = nn_graph_rows(g);
		struct nn_layer *l = nn_graph_layer(g, &nn_layer_recurrent, (struct nn_rows){in.T, bi ? 2 * hidden : hidden});
		l->as.recurrent.hidden = hidden;
		l->as.recurrent.gru = gru;
		l->as.recurrent.bi = bi;
		add_direction(g, name, i, "", in.F, hidden, gru ? 3 : 4);
		if (bi)
			add_direction(g, name, i, "_reverse", in.F, hidden, gru ? 3 : 4);
	}
}

void nn_graph_add_norm(struct nn_graph *g, const char *name)
{
	const struct nn_rows in = nn_graph_rows(g);
	nn_graph_layer(g, &nn_layer_norm, in);
	tensor_at(g, name, "weight", in.T, in.F, 0, NN_TENSOR_ONE, 0.0);
	tensor_at(g, name, "bias", in.T, in.F, 0, NN_TENSOR_ZERO, 0.0);
}

void nn_graph_add_conv(struct nn_graph *g, const char *name, int kernel, int out, int stride, int padding)
{
	const struct nn_rows in = nn_graph_rows(g);
	const int over = in.T + 2 * padding - kernel;
	const double scale = 1.0 / sqrt((double)in.F * kernel);
	struct nn_layer *l = nn_graph_layer(g, &nn_layer_conv, (struct nn_rows){over < 0 ? 0 : over / stride + 1, out});
	l->as.conv.kernel = kernel;
	l->as.conv.stride = stride;
	l->as.conv.padding = padding;
	tensor_at(g, name, "weight", out, in.F, kernel, NN_TENSOR_UNIFORM, scale);
	tensor_at(g, name, "bias", out, 0, 0, NN_TENSOR_UNIFORM, scale);
}

void nn_graph_add_encoder(struct nn_graph *g, const char *name, int heads, int hidden, double dropout)
{
	const struct nn_rows in = nn_graph_rows(g);
	const int E = in.F;
	const double scale = 1.0 / sqrt(E), scale_hidden = 1.0 / sqrt(hidden);
	struct nn_layer *l = nn_graph_layer(g, &nn_layer_encoder, in);
	l->as.encoder.heads = heads;
	l->as.encoder.hidden = hidden;
	l->as.encoder.dropout = dropout;
	tensor_at(g, name, "self_attn.in_proj_weight", 3 * E, E, 0, NN_TENSOR_UNIFORM, sqrt(6.0 / (4.0 * E)));
	tensor_at(g, name, "self_attn.in_proj_bias", 3 * E, 0, 0, NN_TENSOR_ZERO, 0.0);
	tensor_at(g, name, "self_attn.out_proj.weight", E, E, 0, NN_TENSOR_UNIFORM, scale);
	tensor_at(g, name, "self_attn.out_proj.bias", E, 0, 0, NN_TENSOR_ZERO, 0.0);
	tensor_at(g, name, "linear1.weight", hidden, E, 0, NN_TENSOR_UNIFORM, scale);
	tensor_at(g, name, "linear1.bias", hidden, 0, 0, NN_TENSOR_UNIFORM, scale);
	tensor_at(g, name, "linear2.weight", E, hidden, 0, NN_TENSOR_UNIFORM, scale_hidden);
	tensor_at(g, name, "linear2.bias", E, 0, 0, NN_TENSOR_UNIFORM, scale_hidden);
	tensor_at(g, name, "norm1.weight", E, 0, 0, NN_TENSOR_ONE, 0.0);
	tensor_at(g, name, "norm1.bias", E, 0, 0, NN_TENSOR_ZERO, 0.0);
	tensor_at(g, name, "norm2.weight", E, 0, 0, NN_TENSOR_ONE, 0.0);
	tensor_at(g, name, "norm2.bias", E, 0, 0, NN_TENSOR_ZERO, 0.0);
}

void nn_graph_add_relu(struct nn_graph *g)
{
	nn_graph_layer(g, &nn_layer_relu, nn_graph_rows(g));
}

void nn_graph_add_last(struct nn_graph *g)
{
	nn_graph_layer(g, &nn_layer_last, (struct nn_rows){1, nn_graph_rows(g).F});
}

void nn_graph_add_flatten(struct nn_graph *g, bool by_channel)
{
	const struct nn_rows in = nn_graph_rows(g);
	nn_graph_layer(g, by_channel ? &nn_layer_flatten_by_channel : &nn_layer_flatten, (struct nn_rows){1, in.T * in.F});
}
