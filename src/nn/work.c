/*
 * work.c - running a chain: activations, tapes, carried state, and the order of the layers
 *
 * A work is one block of memory, sized once. For training it has an output and a tape for each layer, and two gradient buffers as wide as
 * the widest activation, which swap roles on the way down. Without a backward pass nothing of a layer is needed once the next one is done:
 * outputs take turns in two buffers, and all layers have one tape. Layers below the lowest trained tensor are not visited by the backward
 * pass unless the input's gradient is wanted.
 *
 * Weights that a layer rearranges for its products (packed.h) are made once for all works that run the same parameters, or by each layer in
 * each pass: the fast path of training over streams, whose shards are small.
 */
#include <stdlib.h>
#include <string.h>

#include "base/linalg.h"
#include "nn/blas.h"
#include "nn/chain.h"
#include "nn/flush.h"

/* A layer that is run, and its memory. */
struct step {
	const struct nn_layer *layer;
	float *y, *tape;
	struct nn_rows carried; /* of one stream; T is 0: nothing */
	float *state;           /* (carried.T, B, carried.F) */
	const float *packed;    /* NULL: none */
	float *skip;            /* training, a layer that adds: gradient of its output, which the skipped layers' input gets, too */
};

struct nn_work {
	const struct nn_sequential *chain;
	int B_max, T_max; /* T_max 0: windows */
	bool for_training;
	int n_steps, n_representation; /* steps below the representation; -1: none */
	struct step steps[NN_MAX_LAYERS];
	/* of the pass just run */
	int B, T;
	const float *x;
	float *dy[2]; /* NULL unless for training */
	size_t n_state;
	float *block; /* owns every array above */
};

/* Over streams every row is the last one. */
static bool is_run(const struct nn_layer *l, bool streams)
{
	return !streams || l->kind != &nn_layer_last;
}

static void list_steps(struct nn_work *w)
{
	const struct nn_sequential *g = w->chain;
	w->n_representation = -1;
	for (int i = 0; i < g->n_layers; i++) {
		const struct nn_layer *l = &g->layers[i];
		if (!is_run(l, w->T_max > 0))
			continue;
		struct step *s = &w->steps[w->n_steps++];
		s->layer = l;
		if (w->T_max && l->kind->state)
			s->carried = l->kind->state(l);
		if (i < g->representation)
			w->n_representation = w->n_steps;
	}
}

static size_t tape_floats(const struct nn_work *w, const struct nn_layer *l)
{
	const struct nn_pass largest = {.B = w->B_max, .T = w->T_max};
	return l->kind->tape_floats ? l->kind->tape_floats(l, &largest) : 0;
}

/* Every layer's own outputs and tape. */
static void lay_out_training(struct nn_work *w, float *block, size_t *used)
{
	size_t widest = nn_all_floats(w->chain->input, w->B_max, w->T_max);
	for (int i = 0; i < w->n_steps; i++) {
		const size_t n = nn_all_floats(w->steps[i].layer->out, w->B_max, w->T_max);
		w->steps[i].y = nn_take(block, used, n);
		w->steps[i].tape = nn_take(block, used, tape_floats(w, w->steps[i].layer));
		w->steps[i].skip = nn_take(block, used, w->steps[i].layer->adds_from >= 0 ? n : 0);
		widest = n > widest ? n : widest;
	}
	for (int i = 0; i < 2; i++)
		w->dy[i] = nn_take(block, used, widest);
}

/* Whether a step's input is added again later on: what made it must stay. */
static bool is_skipped(const struct nn_work *w, int step)
{
	const int layer = (int)(w->steps[step].layer - w->chain->layers);
	for (int i = step; i < w->n_steps; i++)
		if (w->steps[i].layer->adds_from == layer)
			return true;
	return false;
}

/* Two outputs in turn, the representation and what is added later apart, and one tape. */
static void lay_out_forward(struct nn_work *w, float *block, size_t *used)
{
	size_t widest = 0, longest = 0;
	for (int i = 0; i < w->n_steps; i++) {
		const size_t n = nn_all_floats(w->steps[i].layer->out, w->B_max, w->T_max), tape = tape_floats(w, w->steps[i].layer);
		widest = n > widest ? n : widest;
		longest = tape > longest ? tape : longest;
	}
	float *const turns[2] = {nn_take(block, used, widest), nn_take(block, used, widest)}, *tape = nn_take(block, used, longest);
	for (int i = 0; i < w->n_steps; i++) {
		struct step *s = &w->steps[i];
		s->tape = tape;
		const bool apart = i + 1 == w->n_representation || (i + 1 < w->n_steps && is_skipped(w, i + 1));
		s->y = apart ? nn_take(block, used, nn_all_floats(s->layer->out, w->B_max, w->T_max)) : turns[i & 1];
	}
}

static size_t lay_out(struct nn_work *w, float *block)
{
	size_t used = 0;
	for (int i = 0; i < w->n_steps; i++) { /* without gaps: callers save and restore it as one array */
		struct step *s = &w->steps[i];
		s->state = block ? block + used : NULL;
		used += (size_t)s->carried.T * (size_t)s->carried.F * (size_t)w->B_max;
	}
	w->n_state = used;
	used = (used + 15) / 16 * 16;
	if (w->for_training)
		lay_out_training(w, block, &used);
	else
		lay_out_forward(w, block, &used);
	return used;
}

static enum pv_status work_new(const struct nn_sequential *g, int B, int T, bool for_training, struct nn_work **work, struct pv_error *err)
{
	const char *what = T ? "streams" : "windows";
	FAIL_IF(B < 1, err, PV_ERR_RANGE, "room for %d %s: at least 1 is needed", B, what);
	for (int i = 0; i < g->n_layers; i++)
		FAIL_IF(nn_all_floats(g->layers[i].out, B, T) > NN_MAX_FLOATS || nn_all_floats(g->layers[i].in, B, T) > NN_MAX_FLOATS, err,
		        PV_ERR_RANGE, "%d %s at once are too many for layer %d (%s) of the model", B, what, i + 1, g->layers[i].kind->name);
	struct nn_work *w = calloc(1, sizeof *w);
	FAIL_IF(!w, err, PV_ERR_NOMEM, "out of memory for a model's activations");
	w->chain = g;
	w->B_max = B;
	w->T_max = T;
	w->for_training = for_training;
	list_steps(w);
	const size_t n = lay_out(w, NULL);
	w->block = nn_floats_new(n);
	if (!w->block) {
		free(w);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory for a model's activations: %d %s need %zu MiB", B, what,
		                      n * sizeof(float) >> 20);
	}
	lay_out(w, w->block);
	base_blas_single_thread();
	*work = w;
	return PV_OK;
}

enum pv_status nn_work_windows(const struct nn_sequential *g, int B, bool for_training, struct nn_work **work, struct pv_error *err)
{
	return work_new(g, B, 0, for_training, work, err);
}

enum pv_status nn_work_streams(const struct nn_sequential *g, int B, int T, bool for_training, struct nn_work **work, struct pv_error *err)
{
	TRY(nn_sequential_streams(g, err));
	FAIL_IF(B < 1 || T < 1 || B > (1 << 24) / T, err, PV_ERR_RANGE, "%d streams of %d rows: 1 to %d rows are possible in a chunk", B, T,
	        1 << 24);
	return work_new(g, B, T, for_training, work, err);
}

void nn_work_free(struct nn_work *w)
{
	if (!w)
		return;
	free(w->block);
	free(w);
}

void nn_work_reset(struct nn_work *w, int stream)
{
	const size_t B = (size_t)w->B_max;
	for (int i = 0; i < w->n_steps; i++) {
		const struct step *s = &w->steps[i];
		const size_t F = (size_t)s->carried.F, n = (size_t)s->carried.T * B;
		for (size_t row = 0; row < n; row++)
			if (stream < 0 || row % B == (size_t)stream)
				memset(s->state + row * F, 0, F * sizeof(float));
	}
}

float *nn_work_state(struct nn_work *w, size_t *n)
{
	*n = w->n_state;
	return w->block;
}

/* ---- shared weights ---- */

struct nn_packed {
	const struct nn_sequential *chain;
	bool for_training;
	int n_tasks;
	const float *at[NN_MAX_LAYERS]; /* NULL: none */
	float *block;                   /* owns them */
};

static bool packs(const struct nn_packed *p, const struct nn_layer *l)
{
	return l->kind->packed_floats && l->kind->packed_floats(l, p->for_training) > 0;
}

static size_t lay_out_packed(struct nn_packed *p, float *block)
{
	size_t used = 0;
	p->n_tasks = 0;
	for (int i = 0; i < p->chain->n_layers; i++) {
		const struct nn_layer *l = &p->chain->layers[i];
		if (!packs(p, l))
			continue;
		p->at[i] = nn_take(block, &used, l->kind->packed_floats(l, p->for_training));
		p->n_tasks += l->kind->packed_parts;
	}
	return used;
}

enum pv_status nn_packed_new(const struct nn_sequential *g, bool for_training, struct nn_packed **packed, struct pv_error *err)
{
	struct nn_packed *p = calloc(1, sizeof *p);
	FAIL_IF(!p, err, PV_ERR_NOMEM, "out of memory for a model's weights");
	*p = (struct nn_packed){.chain = g, .for_training = for_training};
	p->block = nn_floats_new(lay_out_packed(p, NULL));
	if (!p->block) {
		free(p);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory for a model's weights");
	}
	lay_out_packed(p, p->block);
	*packed = p;
	return PV_OK;
}

void nn_packed_free(struct nn_packed *p)
{
	if (!p)
		return;
	free(p->block);
	free(p);
}

int nn_packed_tasks(const struct nn_packed *p)
{
	return p->n_tasks;
}

void nn_pack(struct nn_packed *p, const float *params, int task)
{
	for (int i = 0; i < p->chain->n_layers; i++) {
		const struct nn_layer *l = &p->chain->layers[i];
		if (!packs(p, l))
			continue;
		if (task < l->kind->packed_parts) {
			l->kind->pack(l, params, p->for_training, task, p->block + (p->at[i] - p->block));
			return;
		}
		task -= l->kind->packed_parts;
	}
}

void nn_work_share(struct nn_work *w, const struct nn_packed *packed)
{
	for (int i = 0; i < w->n_steps; i++)
		w->steps[i].packed = packed ? packed->at[w->steps[i].layer - w->chain->layers] : NULL;
}

/* ---- passes ---- */

/* The input of a layer, as it was. */
static const float *input_of(const struct nn_work *w, int layer)
{
	for (int i = 0; i < w->n_steps; i++)
		if (w->steps[i].layer - w->chain->layers == layer)
			return i ? w->steps[i - 1].y : w->x;
	return NULL;
}

static struct nn_pass pass_of(const struct nn_work *w, const struct step *s, const float *params, struct base_random *drop)
{
	return (struct nn_pass){.B = w->B,
	                        .T = w->T,
	                        .params = params,
	                        .drop = drop,
	                        .input = w->x,
	                        .window_rows = w->chain->input.T,
	                        .state = s->state,
	                        .packed = s->packed,
	                        .skipped = s->layer->adds_from >= 0 ? input_of(w, s->layer->adds_from) : NULL};
}

static enum pv_status run_steps(struct nn_work *w, const float *params, struct base_random *drop, int n_steps, struct pv_error *err)
{
	const float *x = w->x;
	for (int i = 0; i < n_steps; i++) {
		const struct step *s = &w->steps[i];
		const struct nn_pass pass = pass_of(w, s, params, drop);
		TRY(s->layer->kind->forward(s->layer, &pass, x, s->y, s->tape, err));
		x = s->y;
	}
	return PV_OK;
}

enum pv_status nn_forward(struct nn_work *w, const float *params, const float *x, int n, uint64_t dropout_seed,
                          const float **representation, const float **output, struct pv_error *err)
{
	const bool streams = w->T_max > 0;
	const int most = streams ? w->T_max : w->B_max, n_steps = output || w->n_representation < 0 ? w->n_steps : w->n_representation;
	struct base_random drop;
	FAIL_IF(n < 1 || n > most, err, PV_ERR_SHAPE, "%d %s: the model has room for 1 to %d", n, streams ? "rows" : "windows", most);
	base_random_init(&drop, dropout_seed);
	w->B = streams ? w->B_max : n;
	w->T = streams ? n : 0;
	w->x = x;
	const uint64_t settings = streams ? 0 : nn_flush_begin();
	const enum pv_status status = run_steps(w, params, dropout_seed ? &drop : NULL, n_steps, err);
	if (!streams)
		nn_flush_end(settings);
	TRY(status);
	if (representation)
		*representation = w->n_representation > 0 ? w->steps[w->n_representation - 1].y : NULL;
	if (output)
		*output = w->steps[n_steps - 1].y;
	return PV_OK;
}

/* The gradient of the topmost step's output that has one; returns how many steps lie below it. */
static int start_backward(const struct nn_work *w, const float *doutput, const float *drepr, float *dy)
{
	const int n_steps = doutput ? w->n_steps : w->n_representation;
	const size_t n = nn_all_floats(w->steps[n_steps - 1].layer->out, w->B, w->T);
	if (doutput || drepr)
		memcpy(dy, doutput ? doutput : drepr, n * sizeof *dy);
	else
		memset(dy, 0, n * sizeof *dy);
	return n_steps;
}

static void add(size_t n, const float *x, float *to)
{
	for (size_t i = 0; i < n; i++)
		to[i] += x[i];
}

/* The input of step i has its gradient: those that were added to later layers come on top. */
static void add_skips(const struct nn_work *w, int i, float *dx)
{
	const int layer = (int)(w->steps[i].layer - w->chain->layers);
	for (int k = i; k < w->n_steps; k++)
		if (w->steps[k].layer->adds_from == layer)
			add(nn_all_floats(w->steps[i].layer->in, w->B, w->T), w->steps[k].skip, dx);
}

static void run_back(const struct nn_work *w, const float *params, const float *doutput, const float *drepr, float *dparams, float *dx)
{
	float *dy = w->dy[0], *below = w->dy[1];
	for (int i = start_backward(w, doutput, drepr, dy) - 1; i >= 0; i--) {
		const struct step *s = &w->steps[i];
		const struct nn_layer *l = s->layer;
		const struct nn_pass pass = pass_of(w, s, params, NULL);
		const bool bottom = i == 0 || (!dx && l->lowest);
		const size_t n = nn_all_floats(l->out, w->B, w->T);
		if (doutput && drepr && i + 1 == w->n_representation)
			add(n, drepr, dy);
		if (l->adds_from >= 0)
			memcpy(s->skip, dy, n * sizeof *dy);
		float *to = i == 0 ? dx : bottom ? NULL : l->kind->in_place ? dy : below;
		l->kind->backward(l, &pass, i ? w->steps[i - 1].y : w->x, s->y, dy, s->tape, dparams, to);
		if (to)
			add_skips(w, i, to);
		if (bottom)
			return;
		below = to == dy ? below : dy;
		dy = to;
	}
}

void nn_backward(struct nn_work *w, const float *params, const float *doutput, const float *drepr, float *dparams, float *dx)
{
	const uint64_t settings = w->T ? 0 : nn_flush_begin();
	run_back(w, params, doutput, drepr, dparams, dx);
	if (!w->T)
		nn_flush_end(settings);
}
