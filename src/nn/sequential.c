/*
 * sequential.c - a model is a chain of layers: where tensors lie, how they start, and what the chain can do
 *
 * All parameters are one block. Layers note indices of tensors while the chain is built; at the end trained tensors get the first offsets
 * and frozen ones the rest, so that an optimizer's arrays are the block's first part. Layers that branch (the encoder's residuals) do so
 * inside: the chain stays a chain. work.c runs it.
 */
#include "nn/sequential.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/chain.h"

/* ---- building ---- */

static void fail(struct nn_sequential *g, enum pv_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void fail(struct nn_sequential *g, enum pv_status status, const char *format, ...)
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

enum pv_status nn_sequential_begin(struct nn_rows input, struct nn_sequential **chain, struct pv_error *err)
{
	FAIL_IF(input.T < 1 || input.F < 1 || (size_t)input.T * (size_t)input.F > NN_MAX_FLOATS, err, PV_ERR_RANGE,
	        "a model of windows of %d instructions of %d features is not possible", input.T, input.F);
	struct nn_sequential *g = calloc(1, sizeof *g);
	FAIL_IF(!g, err, PV_ERR_NOMEM, "out of memory for a model");
	g->input = input;
	g->representation = -1;
	*chain = g;
	return PV_OK;
}

void nn_prefix(struct nn_sequential *g, const char *prefix)
{
	snprintf(g->prefix, sizeof g->prefix, "%s", prefix);
}

struct nn_rows nn_rows(const struct nn_sequential *g)
{
	return g->n_layers ? g->layers[g->n_layers - 1].out : g->input;
}

int nn_here(const struct nn_sequential *g)
{
	return g->n_layers;
}

void nn_mark_representation(struct nn_sequential *g)
{
	g->representation = g->n_layers;
}

struct nn_layer *nn_layer(struct nn_sequential *g, const struct nn_layer_kind *kind, struct nn_rows out)
{
	if (g->n_layers == NN_MAX_LAYERS)
		fail(g, PV_ERR_RANGE, "a model of more than %d layers is not possible", NN_MAX_LAYERS);
	else if (out.T < 1 || out.F < 1 || (size_t)out.T * (size_t)out.F > NN_MAX_FLOATS)
		fail(g, PV_ERR_RANGE, "layer %d (%s) of the model would have %d rows of %d numbers", g->n_layers + 1, kind->name, out.T,
		     out.F);
	if (g->failure.status != PV_OK)
		return &g->spare;
	struct nn_layer *l = &g->layers[g->n_layers];
	*l = (struct nn_layer){.kind = kind, .in = nn_rows(g), .out = out, .adds_from = -1};
	g->n_layers++;
	return l;
}

static struct nn_tensor *new_tensor(struct nn_sequential *g, const char *name, int d1, int d2, int d3)
{
	const int dims[3] = {d1, d2, d3};
	if (g->failure.status != PV_OK)
		return NULL;
	if (g->n_tensors == NN_MAX_TENSORS) {
		fail(g, PV_ERR_RANGE, "a model of more than %d tensors is not possible", NN_MAX_TENSORS);
		return NULL;
	}
	struct nn_tensor *t = &g->tensors[g->n_tensors++];
	*t = (struct nn_tensor){.n = 1};
	snprintf(t->name, sizeof t->name, "%s%s", g->prefix, name);
	while (t->n_dims < 3 && dims[t->n_dims] > 0) {
		t->dims[t->n_dims] = (size_t)dims[t->n_dims];
		t->n *= (size_t)dims[t->n_dims++];
		if (t->n > NN_MAX_FLOATS)
			fail(g, PV_ERR_RANGE, "tensor %s of the model would have more than %zu numbers", t->name, NN_MAX_FLOATS);
	}
	return t;
}

struct nn_tensor *nn_tensor(struct nn_sequential *g, const char *name, int d1, int d2, int d3, bool frozen, enum nn_tensor_init init,
                            double init_scale)
{
	struct nn_tensor *t = new_tensor(g, name, d1, d2, d3);
	if (!t)
		return &g->spare_tensor;
	t->frozen = frozen;
	t->init = init;
	t->init_scale = init_scale;
	struct nn_layer *l = &g->layers[g->n_layers - 1];
	l->at[l->n_tensors++] = (size_t)(t - g->tensors);
	return t;
}

void nn_stray(struct nn_sequential *g, const char *name, int d1, int d2, double init_scale)
{
	struct nn_tensor *t = new_tensor(g, name, d1, d2, 0);
	if (!t)
		return;
	t->frozen = true;
	t->init = NN_TENSOR_UNIFORM;
	t->init_scale = init_scale;
}

struct nn_embed_options *nn_embed_options(struct nn_sequential *g)
{
	struct nn_embed_options *o = g->n_embeds < NN_MAX_EMBEDS ? calloc(1, sizeof *o) : NULL;
	if (!o) {
		fail(g, PV_ERR_NOMEM, "out of memory for a model's embeddings");
		return NULL;
	}
	g->embeds[g->n_embeds++] = o;
	return o;
}

void nn_constants(struct nn_sequential *g, const char *name, const float *values, size_t n)
{
	float *copy = g->n_constants < NN_MAX_CONSTANTS ? malloc(n * sizeof *copy) : NULL;
	if (!copy) {
		fail(g, PV_ERR_NOMEM, "out of memory for a model's constants");
		return;
	}
	memcpy(copy, values, n * sizeof *copy);
	struct nn_constant_values *c = &g->constants[g->n_constants++];
	*c = (struct nn_constant_values){.values = copy, .n = n};
	snprintf(c->name, sizeof c->name, "%s%s", g->prefix, name);
}

static void place(struct nn_sequential *g, bool frozen, bool tracked)
{
	for (int i = 0; i < g->n_tensors; i++)
		if (g->tensors[i].frozen == frozen && g->tensors[i].tracked == tracked) {
			g->tensors[i].offset = g->n_params;
			g->n_params += g->tensors[i].n;
		}
}

/* Tensors' offsets take the place of their numbers; the lowest layers have nothing trained below them. */
static void place_tensors(struct nn_sequential *g)
{
	int first_trained = g->n_layers - 1;
	place(g, false, false);
	g->n_trained = g->n_params;
	place(g, true, true);
	g->n_tracked = g->n_params - g->n_trained;
	place(g, true, false);
	for (int i = g->n_layers - 1; i >= 0; i--)
		for (int k = 0; k < g->layers[i].n_tensors; k++) {
			const struct nn_tensor *t = &g->tensors[g->layers[i].at[k]];
			g->layers[i].at[k] = t->offset;
			if (!t->frozen)
				first_trained = i;
		}
	for (int i = 0; i <= first_trained; i++)
		g->layers[i].lowest = true;
}

/* What neighbours are in a window lies `spacing` rows apart in a stream. */
static void spread_layers(struct nn_sequential *g)
{
	int spacing = 1;
	for (int i = 0; i < g->n_layers; i++) {
		struct nn_layer *l = &g->layers[i];
		l->spacing = spacing;
		spacing = l->kind->spread ? l->kind->spread(l) : spacing;
	}
}

enum pv_status nn_sequential_end(struct nn_sequential *g, struct pv_error *err)
{
	if (g->n_layers == 0)
		fail(g, PV_ERR_ARG, "a model without layers");
	if (g->failure.status != PV_OK) {
		if (err)
			*err = g->failure;
		return g->failure.status;
	}
	place_tensors(g);
	spread_layers(g);
	return PV_OK;
}

void nn_sequential_free(struct nn_sequential *g)
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

struct nn_rows nn_sequential_input(const struct nn_sequential *g)
{
	return g->input;
}

struct nn_rows nn_sequential_representation(const struct nn_sequential *g)
{
	return g->representation > 0 ? g->layers[g->representation - 1].out : (struct nn_rows){0, 0};
}

struct nn_rows nn_sequential_output(const struct nn_sequential *g)
{
	return nn_rows(g);
}

const struct nn_tensor *nn_sequential_tensors(const struct nn_sequential *g, int *n)
{
	*n = g->n_tensors;
	return g->tensors;
}

const char *nn_sequential_text(const struct nn_sequential *g)
{
	return g->text;
}

const struct nn_layer *nn_sequential_layers(const struct nn_sequential *g, int *n)
{
	*n = g->n_layers;
	return g->layers;
}

size_t nn_sequential_n_params(const struct nn_sequential *g)
{
	return g->n_params;
}

size_t nn_sequential_n_trained(const struct nn_sequential *g)
{
	return g->n_trained;
}

/* Why a layer does not run over streams; NULL: it does. */
static const char *needs_windows(const struct nn_layer *l)
{
	return l->kind->needs_windows ? l->kind->needs_windows(l) : "looks at whole windows";
}

enum pv_status nn_sequential_streams(const struct nn_sequential *g, struct pv_error *err)
{
	for (int i = 0; i < g->n_layers; i++) {
		const char *why = needs_windows(&g->layers[i]);
		if (why)
			return base_error_set(err, PV_ERR_UNSUPPORTED, "model '%.100s' does not run over streams: layer %d (%s) %s",
			                      g->text, i + 1, g->layers[i].kind->name, why);
	}
	return PV_OK;
}

int nn_sequential_reach(const struct nn_sequential *g)
{
	int rows = 1;
	for (int i = 0; i < g->n_layers; i++) {
		const struct nn_layer *l = &g->layers[i];
		if (l->kind == &nn_layer_recurrent)
			return 0;
		rows += l->kind->state ? l->kind->state(l).T : 0;
	}
	return rows;
}

size_t nn_sequential_n_tracked(const struct nn_sequential *g)
{
	return g->n_tracked;
}

void nn_sequential_track(const struct nn_sequential *g, float *params, const float *grads)
{
	for (int i = 0; i < g->n_layers; i++)
		if (g->layers[i].kind->track)
			g->layers[i].kind->track(&g->layers[i], params, grads);
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
		case NN_TENSOR_UNIFORM:
		case NN_TENSOR_TIMES: values[i] = (float)((2.0 * base_random_unit(rng) - 1.0) * t->init_scale); break;
		case NN_TENSOR_NORMAL: values[i] = (float)(normal(rng) * t->init_scale); break;
		default: values[i] = t->init == NN_TENSOR_ONE ? 1.0f : 0.0f;
		}
	for (size_t i = 0; t->init_columns && i < t->n; i++)
		values[i] = i % t->dims[1] < t->init_columns ? values[i] : 0.0f;
}

/*
 * A unit whose gate z is 1 / t remembers some t rows. Without a recurrent product to learn longer times with, they are spread from 1 to 256
 * at first (Tallec and Ollivier, "Can recurrent neural networks warp time?", 2018). The first half of the biases are those of z.
 */
static void init_times(const struct nn_tensor *t, struct base_random *rng, float *values)
{
	for (size_t i = 0; i < t->n / 2; i++)
		values[i] = -(float)(base_random_unit(rng) * log(255.0));
}

void nn_sequential_init(const struct nn_sequential *g, float *params, uint64_t seed)
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
	for (int i = 0; i < g->n_tensors; i++)
		if (g->tensors[i].init == NN_TENSOR_TIMES)
			init_times(&g->tensors[i], &rng, params + g->tensors[i].offset);
}

void nn_sequential_set_statistics(const struct nn_sequential *g, float *params, const float *mean, const float *std)
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

void nn_sequential_flops(const struct nn_sequential *g, bool streams, double *forward, double *training)
{
	*forward = *training = 0.0;
	for (int i = 0; i < g->n_layers; i++) {
		const struct nn_layer *l = &g->layers[i];
		double all = 0.0, to_input = 0.0;
		if (l->kind->flops)
			l->kind->flops(l, streams ? 1 : l->out.T, &all, &to_input);
		*forward += all;
		*training += 3.0 * all - (l->lowest ? to_input : 0.0); /* each product has two more in the backward pass */
	}
}
