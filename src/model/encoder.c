/*
 * encoder.c - the network of a model, over streams or over windows
 */
#include "model/encoder.h"

#include <stdlib.h>
#include <string.h>

#include <perfvec/dataset.h>

/* Whether a window model's text is one that streams can run too. */
static bool is_plain(const char *text, struct model_expression *e)
{
	return model_expression_parse(text, e, NULL) == PV_OK;
}

static enum pv_status check_machines(int has, int K, struct pv_error *err)
{
	if (has == K)
		return PV_OK;
	base_error_set(err, PV_ERR_SHAPE, "the model has narchs=%d, the dataset has %d seen machines", has, K);
	return base_error_hint(err, "write narchs=K to take as many as the dataset has");
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

static enum pv_status init_net(struct model_encoder *e, const struct model_expression *x, struct pv_error *err)
{
	const struct nn_net_config config = {e->F, x->n_hidden, x->n_layers, x->n_machines, x->bias, x->cell, x->wide};
	TRY(nn_net_new(&config, &e->net, err));
	const struct nn_net_tensor *from = nn_net_tensors(e->net, &e->n_tensors);
	e->tensors = calloc((size_t)e->n_tensors, sizeof *e->tensors);
	FAIL_IF(!e->tensors, err, PV_ERR_NOMEM, "out of memory");
	for (int i = 0; i < e->n_tensors; i++) {
		struct nn_tensor *t = &e->tensors[i];
		memcpy(t->name, from[i].name, sizeof from[i].name);
		memcpy(t->dims, from[i].dims, sizeof from[i].dims);
		t->n_dims = from[i].n_dims;
		t->n = from[i].n;
		t->offset = from[i].offset;
	}
	e->D = nn_net_repr(&config);
	e->n_params = e->n_trained = nn_net_n_params(e->net);
	return PV_OK;
}

static enum pv_status init_graph(struct model_encoder *e, const struct model_expression *x, struct pv_error *err)
{
	const struct nn_graph_setting setting = {x->window, e->F, x->n_machines};
	TRY(nn_graph_new(x->text, &setting, &e->graph, err));
	const struct nn_tensor *from = nn_graph_tensors(e->graph, &e->n_tensors);
	e->tensors = calloc((size_t)e->n_tensors, sizeof *e->tensors);
	FAIL_IF(!e->tensors, err, PV_ERR_NOMEM, "out of memory");
	memcpy(e->tensors, from, (size_t)e->n_tensors * sizeof *from);
	int n_layers;
	const struct nn_layer *layers = nn_graph_layers(e->graph, &n_layers), *last = &layers[n_layers - 1];
	e->described = last->kind == &nn_layer_described ? last : NULL;
	e->T = x->window;
	e->D = nn_graph_representation(e->graph).F;
	e->n_params = nn_graph_n_params(e->graph);
	e->n_trained = nn_graph_n_trained(e->graph);
	return check_machines(nn_graph_output(e->graph).F, x->n_machines, err);
}

enum pv_status model_encoder_new(const struct model_expression *x, struct model_encoder **encoder, struct pv_error *err)
{
	struct model_encoder *e = calloc(1, sizeof *e);
	FAIL_IF(!e, err, PV_ERR_NOMEM, "out of memory");
	e->F = x->n_inputs ? x->n_inputs : PV_N_FEATURES;
	e->K = x->n_machines;
	enum pv_status status = x->window ? init_graph(e, x, err) : init_net(e, x, err);
	if (status == PV_OK)
		find_last_layer(e);
	if (status == PV_OK && (!e->D || !e->weight)) {
		base_error_set(err, PV_ERR_UNSUPPORTED, "model '%.100s' has no %s", x->text,
		               e->D ? "row for each machine" : "representation of instructions");
		base_error_hint(err, e->described ? "write narchs=K, so that the model has room for the machine vectors"
		                     : e->D       ? "program and machine vectors need a model such as InsLSTM, CNN or TransformerModel"
		                                  : "a Predictor learns from program vectors: --learn-rep");
		status = PV_ERR_UNSUPPORTED;
	}
	if (status != PV_OK) {
		model_encoder_free(e);
		return status;
	}
	*encoder = e;
	return PV_OK;
}

void model_encoder_free(struct model_encoder *e)
{
	if (!e)
		return;
	nn_net_free(e->net);
	nn_graph_free(e->graph);
	free(e->tensors);
	free(e);
}

static enum pv_status parse_window(const char *text, int window, int F, int K, struct model_expression *x, struct pv_error *err)
{
	struct model_expression plain;
	struct model_encoder *e;
	*x = (struct model_expression){.n_machines = K, .window = window, .n_inputs = F};
	FAIL_IF(strlen(text) >= sizeof x->text, err, PV_ERR_RANGE, "model expression '%.40s...' is longer than %d characters", text,
	        MODEL_EXPRESSION_CHARS - 1);
	strcpy(x->text, text);
	if (is_plain(text, &plain)) {
		if (plain.n_machines)
			TRY(check_machines(plain.n_machines, K, err));
		plain.n_machines = K;
		model_expression_print(&plain, x->text);
	}
	if (strstr(text, "narchs=K"))
		TRY(model_expression_set_machines(x, err));
	TRY(model_encoder_new(x, &e, err));
	x->n_hidden = e->D;
	x->bias = e->bias != NULL;
	model_encoder_free(e);
	return PV_OK;
}

enum pv_status model_encoder_parse(const char *text, int window, int F, int K, struct model_expression *x, struct pv_error *err)
{
	if (window)
		return parse_window(text, window, F, K, x, err);
	enum pv_status status = model_expression_parse(text, x, err);
	if (status == PV_ERR_UNSUPPORTED && err)
		base_error_hint(err, "streams run InsLSTM(hidden,layers,narchs=K,bias=False), with gru=True, too, and MinGRU(...); other "
		                     "models need --mode window");
	TRY(status);
	if (x->n_machines)
		TRY(check_machines(x->n_machines, K, err));
	x->n_machines = K;
	x->n_inputs = F;
	return PV_OK;
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

void model_encoder_init(const struct model_encoder *e, const struct model_expression *x, float *params, uint64_t seed)
{
	struct model_expression plain;
	struct model_encoder *streams = NULL;
	float *weights = NULL;
	if (e->net) {
		nn_net_init(e->net, params, seed);
		return;
	}
	nn_graph_init(e->graph, params, seed);
	const bool is = is_plain(x->text, &plain);
	plain.n_inputs = x->n_inputs;
	if (is && model_encoder_new(&plain, &streams, NULL) == PV_OK)
		weights = calloc(streams->n_params, sizeof *weights);
	if (weights) {
		nn_net_init(streams->net, weights, seed);
		model_encoder_copy(streams, weights, e, params);
	}
	free(weights);
	model_encoder_free(streams);
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
	if (e->net)
		nn_net_flops(e->net, forward, training);
	else
		nn_graph_flops(e->graph, forward, training);
}
