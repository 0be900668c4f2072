/*
 * encoder.c - the network of a model: a chain of layers, run over streams or over windows
 */
#include "model/encoder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum pv_status check_machines(int has, int K, struct pv_error *err)
{
	if (has == K)
		return PV_OK;
	base_error_set(err, PV_ERR_SHAPE, "the model has narchs=%d, but there are %d machines", has, K);
	return base_error_hint(err, "write narchs=K to take as many as there are");
}

static bool ends_with(const char *text, const char *end)
{
	const size_t n = strlen(text), m = strlen(end);
	return n >= m && !strcmp(text + n - m, end);
}

/* Finds the rows of the machines among the tensors. */
static void find_last_layer(struct model_encoder *e)
{
	for (int i = 0; i < e->n_tensors; i++) {
		const struct nn_tensor *t = &e->tensors[i];
		if (t->frozen && !e->described)
			continue;
		if (ends_with(t->name, "linear.weight") && t->dims[0] == (size_t)e->K && t->dims[1] == (size_t)e->D)
			e->weight = t;
		if (ends_with(t->name, "linear.bias") && t->dims[0] == (size_t)e->K)
			e->bias = t;
	}
}

static enum pv_status check_streams(const struct nn_sequential *chain, struct pv_error *err)
{
	const enum pv_status status = nn_sequential_streams(chain, err);
	if (status != PV_OK)
		base_error_hint(err, "it needs windows: --mode window");
	return status;
}

/* What the chain is, and that it can be a model. */
static enum pv_status describe(struct model_encoder *e, const char *text, struct pv_error *err)
{
	int n_layers;
	const struct nn_layer *layers = nn_sequential_layers(e->chain, &n_layers), *last = &layers[n_layers - 1];
	e->tensors = nn_sequential_tensors(e->chain, &e->n_tensors);
	e->described = last->kind == &nn_layer_described ? last : NULL;
	e->D = nn_sequential_representation(e->chain).F;
	e->n_params = nn_sequential_n_params(e->chain);
	e->n_trained = nn_sequential_n_trained(e->chain);
	TRY(check_machines(nn_sequential_output(e->chain).F, e->K, err));
	if (!e->T)
		TRY(check_streams(e->chain, err));
	find_last_layer(e);
	if (e->D && e->weight)
		return PV_OK;
	base_error_set(err, PV_ERR_UNSUPPORTED, "model '%.100s' has no %s", text,
	               e->D ? "row for each machine" : "representation of instructions");
	base_error_hint(err, e->described ? "write narchs=K, so that the model has room for the machine vectors"
	                     : e->D       ? "program and machine vectors need a model such as InsLSTM, CNN or TransformerModel"
	                                  : "a Predictor learns from program vectors: --learn-rep");
	return PV_ERR_UNSUPPORTED;
}

/* @steps  rows of the dataset's windows */
static enum pv_status encoder_new(const char *text, int window, int steps, int F, int K, struct model_encoder **encoder,
                                  struct pv_error *err)
{
	const struct nn_setting setting = {window ? window : steps ? steps : 1, F, K};
	struct model_encoder *e = calloc(1, sizeof *e);
	FAIL_IF(!e, err, PV_ERR_NOMEM, "out of memory");
	e->F = F;
	e->K = K;
	enum pv_status status = nn_sequential_new(text, &setting, &e->chain, err);
	if (status == PV_OK) {
		e->T = window ? nn_sequential_input(e->chain).T : 0;
		status = describe(e, text, err);
	}
	if (status != PV_OK) {
		model_encoder_free(e);
		return status;
	}
	*encoder = e;
	return PV_OK;
}

enum pv_status model_encoder_new(const struct model_expression *x, struct model_encoder **encoder, struct pv_error *err)
{
	return encoder_new(x->text, x->window, 0, x->n_inputs, x->n_machines, encoder, err);
}

void model_encoder_free(struct model_encoder *e)
{
	if (!e)
		return;
	nn_sequential_free(e->chain);
	free(e);
}

enum pv_status model_expression_parse(const char *text, int window, int steps, int F, int K, struct model_expression *x,
                                      struct pv_error *err)
{
	struct model_encoder *e;
	TRY(encoder_new(text, window, steps, F, K, &e, err));
	*x = (struct model_expression){.n_machines = K, .n_inputs = F, .window = e->T, .n_repr = e->D, .bias = e->bias != NULL};
	strcpy(x->text, nn_sequential_text(e->chain)); /* both of NN_EXPRESSION_CHARS */
	model_encoder_free(e);
	return PV_OK;
}

bool model_expression_streams(const char *text, int steps, int F, int K)
{
	struct model_expression x;
	return model_expression_parse(text, 0, steps, F, K, &x, NULL) == PV_OK;
}

enum pv_status model_expression_set_machines(struct model_expression *x, int n_machines, struct pv_error *err)
{
	char text[MODEL_EXPRESSION_CHARS + 16];
	const char *at = strstr(x->text, "narchs=");
	const size_t before = at ? (size_t)(at - x->text) + strlen("narchs=") : 0;
	if (!at)
		return model_expression_parse(x->text, x->window, 0, x->n_inputs, n_machines, x, err);
	snprintf(text, sizeof text, "%.*s%d%s", (int)before, x->text, n_machines,
	         x->text + before + strspn(x->text + before, "0123456789K"));
	return model_expression_parse(text, x->window, 0, x->n_inputs, n_machines, x, err);
}

void model_encoder_copy(const struct model_encoder *from, const float *params, const struct model_encoder *to, float *copy)
{
	for (int i = 0; i < to->n_tensors; i++)
		for (int k = 0; k < from->n_tensors; k++) {
			const struct nn_tensor *a = &from->tensors[k], *b = &to->tensors[i];
			if (a->n == b->n && !strcmp(a->name, b->name))
				memcpy(copy + b->offset, params + a->offset, a->n * sizeof *copy);
		}
}

int model_encoder_warmup(const struct model_encoder *e, int rows)
{
	const int reach = nn_sequential_reach(e->chain);
	return reach - 1 > rows ? reach - 1 : rows;
}

/* relu(d A^T + a) C^T + c, as layers/described.c has it, for machine k. */
static void described_row(const struct model_encoder *e, const float *params, size_t k, double *row)
{
	const struct nn_layer *l = e->described;
	const size_t P = (size_t)l->as.described.parameters, H = (size_t)l->as.described.hidden, D = (size_t)e->D;
	const float *A = params + l->at[0], *a = params + l->at[1], *C = params + l->at[2], *c = params + l->at[3];
	const float *d = params + l->at[4] + k * P;
	for (size_t i = 0; i < D; i++)
		row[i] = (double)c[i];
	for (size_t h = 0; h < H; h++) {
		double hidden = (double)a[h];
		for (size_t p = 0; p < P; p++)
			hidden += (double)A[h * P + p] * (double)d[p];
		for (size_t i = 0; hidden > 0 && i < D; i++)
			row[i] += hidden * (double)C[i * H + h];
	}
}

void model_encoder_rows(const struct model_encoder *e, const float *params, double *w, double *b)
{
	const size_t K = (size_t)e->K, D = (size_t)e->D;
	for (size_t k = 0; k < K; k++) {
		if (e->described)
			described_row(e, params, k, w + k * D);
		for (size_t d = 0; d < D && !e->described; d++)
			w[k * D + d] = (double)params[e->weight->offset + k * D + d];
		if (e->bias)
			b[k] = (double)params[e->bias->offset + k];
	}
}

void model_encoder_scale_rows(const struct model_encoder *e, float *params, double factor)
{
	const struct nn_layer *l = e->described;
	if (!l)
		return;
	const size_t H = (size_t)l->as.described.hidden, D = (size_t)e->D;
	for (size_t i = 0; i < D * H; i++)
		params[l->at[2] + i] *= (float)factor;
	for (size_t i = 0; i < D; i++)
		params[l->at[3] + i] *= (float)factor;
}

void model_encoder_describe(const struct model_encoder *e, float *params, int k, const float *numbers)
{
	const size_t P = (size_t)e->described->as.described.parameters;
	memcpy(params + e->described->at[4] + (size_t)k * P, numbers, P * sizeof *params);
}

void model_encoder_flops(const struct model_encoder *e, double *forward, double *training)
{
	nn_sequential_flops(e->chain, !e->T, forward, training);
}
