/*
 * models.c - the reference's models, each described as a chain of layers
 *
 * A model is a row of one table: its name, what it takes, and a function that adds its layers. Names of arguments, defaults and tensor
 * names are the reference's, so that expressions and checkpoints move between the two.
 *
 * Source: PerfVec, ML/models (lstm.py, inst_embedding.py, cnn.py, transformer.py, basic.py).
 */
#include "nn/graph.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/expr.h"

struct builder {
	const struct nn_expr *expr;
	const struct nn_graph_setting *setting;
	struct nn_graph *graph;
	struct pv_error *err;
	bool nested; /* inside InsEmModel */
};

struct model {
	const char *name;
	struct nn_expr_signature signature;
	enum pv_status (*build)(const struct builder *b, int call, const struct nn_expr_bound *args);
};

#define COUNT(name, required, absent, low, high)                      \
	{                                                             \
		name, NN_EXPR_TYPE_COUNT, required, absent, low, high \
	}
#define FLAG(name, absent)                                   \
	{                                                    \
		name, NN_EXPR_TYPE_FLAG, false, absent, 0, 1 \
	}
#define MACHINES                                                    \
	{                                                           \
		"narchs", NN_EXPR_TYPE_MACHINES, false, 0, 1, 65536 \
	}
#define CFG                                            \
	{                                              \
		"cfg", NN_EXPR_TYPE_CFG, true, 0, 0, 0 \
	}
#define SIGNATURE(params, n_positional, rest)                                 \
	{                                                                     \
		params, sizeof(params) / sizeof *(params), n_positional, rest \
	}

static int whole(const struct nn_expr_bound *args, int i)
{
	return (int)args->values[i].number;
}

static bool flag(const struct nn_expr_bound *args, int i)
{
	return args->values[i].number != 0.0;
}

/* narchs: a number, or as many machines as the data has; 1 where neither says, as in the reference. */
static int n_machines(const struct builder *b, int narchs)
{
	return narchs ? narchs : b->setting->n_machines > 0 ? b->setting->n_machines : 1;
}

/* ---- LSTM and GRU ---- */

enum { NHIDDEN, NLAYERS, NARCHS, NEMBED, GRU, BI, NORM, BIAS };

static const struct nn_expr_param lstm_params[] = {
    COUNT("nhidden", true, 0, 1, 4096),
    COUNT("nlayers", true, 0, 1, 16),
    MACHINES,
    COUNT("nembed", false, 0, 0, 4096),
    FLAG("gru", false),
    FLAG("bi", false),
    FLAG("norm", false),
    FLAG("bias", true),
};

static void add_lstm(const struct builder *b, const struct nn_expr_bound *args, bool last)
{
	struct nn_graph *g = b->graph;
	if (whole(args, NEMBED))
		nn_graph_add_linear(g, "inst_embed", whole(args, NEMBED), true);
	if (flag(args, NORM))
		nn_graph_add_norm(g, "inst_norm");
	nn_graph_add_recurrent(g, "lstm", whole(args, NLAYERS), whole(args, NHIDDEN), flag(args, GRU), flag(args, BI));
	if (last)
		nn_graph_add_last(g); /* before the ReLU: the same numbers, T times less work */
	nn_graph_add_relu(g);
	nn_graph_mark_representation(g);
}

static enum pv_status build_seq_lstm(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	(void)call;
	add_lstm(b, args, false);
	nn_graph_add_linear(b->graph, "linear", n_machines(b, whole(args, NARCHS)), flag(args, BIAS));
	return PV_OK;
}

static enum pv_status build_ins_lstm(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	(void)call;
	add_lstm(b, args, true);
	nn_graph_add_linear(b->graph, "linear", n_machines(b, whole(args, NARCHS)), flag(args, BIAS));
	return PV_OK;
}

/* The 18 machines that the reference trains on: sizes of two caches, as powers of two. Others are described by whoever trains. */
static const float dse_machines[18][2] = {{1, 1}, {1, 2}, {1, 3}, {6, 4}, {6, 5}, {6, 6}, {3, 3}, {3, 4}, {3, 2},
                                          {4, 3}, {4, 4}, {4, 2}, {5, 3}, {5, 4}, {5, 5}, {2, 3}, {2, 4}, {2, 2}};

static enum pv_status build_ins_lstm_dse(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	enum { MACHINES_DESCRIBED = 18, PARAMETERS = 2, HIDDEN = 16 };
	const int n = b->setting->n_machines > 0 ? b->setting->n_machines : MACHINES_DESCRIBED;
	struct nn_graph *g = b->graph;
	if (b->nested || flag(args, BIAS))
		return nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err, "InsLSTMDSE needs bias=False%s",
		                    b->nested ? ", and cannot be part of InsEmModel" : "");
	add_lstm(b, args, true);
	const int D = nn_graph_rows(g).F;
	struct nn_layer *l = nn_graph_layer(g, &nn_layer_described, (struct nn_rows){1, n});
	l->as.described.n = n;
	l->as.described.parameters = PARAMETERS;
	l->as.described.hidden = HIDDEN;
	nn_graph_tensor(g, "uarch_net.0.weight", HIDDEN, PARAMETERS, 0, false, NN_TENSOR_UNIFORM, 1.0 / sqrt(PARAMETERS));
	nn_graph_tensor(g, "uarch_net.0.bias", HIDDEN, 0, 0, false, NN_TENSOR_UNIFORM, 1.0 / sqrt(PARAMETERS));
	nn_graph_tensor(g, "uarch_net.2.weight", D, HIDDEN, 0, false, NN_TENSOR_UNIFORM, 1.0 / sqrt(HIDDEN));
	nn_graph_tensor(g, "uarch_net.2.bias", D, 0, 0, false, NN_TENSOR_UNIFORM, 1.0 / sqrt(HIDDEN));
	nn_graph_tensor(g, "uarch_paras", n, PARAMETERS, 0, true, NN_TENSOR_ZERO, 0.0);
	if (n == MACHINES_DESCRIBED)
		nn_graph_constants(g, "uarch_paras", &dse_machines[0][0], 2 * (size_t)MACHINES_DESCRIBED);
	nn_graph_stray(g, "linear.weight", whole(args, NARCHS) ? whole(args, NARCHS) : 1, D, 1.0 / sqrt(D));
	return PV_OK;
}

/* ---- embeddings of the reference's 51 features (schema pv1; the numbers are checked by tests/unit/u_nn_models.c) ---- */

enum { PV1_FEATURES = 51, PV1_OP = 1, PV1_FIRST_REGISTER = 23, PV1_REGISTERS = 14 };

static const struct nn_embed_table op_table = {.rows = 50, .repeat = 1, .n_fields = 1, .feature = {PV1_OP}, .multiplier = {1}};

/* Bits from the highest: fault, store, load, conditional or atomic (two bits), read barrier, write barrier, accesses memory */
static const struct nn_embed_table memory_table = {
    .rows = 256, .repeat = 1, .n_fields = 7, .feature = {0, 2, 3, 11, 12, 13, 19}, .multiplier = {128, 64, 32, 8, 4, 2, 1}};

/* Bits from the highest: microop, conditional, unconditional, direct, squash after, serialize after, before, non-speculative, taken */
static const struct nn_embed_table control_table = {
    .rows = 512, .repeat = 1, .n_fields = 9, .feature = {4, 5, 6, 7, 8, 9, 10, 14, 15}, .multiplier = {256, 128, 64, 32, 16, 8, 4, 2, 1}};

/* 50 * class + index of 8 source and 6 destination registers; 1024 rows in SeqEmLSTM */
static const struct nn_embed_table register_table = {.rows = 1040,
                                                     .repeat = PV1_REGISTERS,
                                                     .stride = 2,
                                                     .n_fields = 2,
                                                     .feature = {PV1_FIRST_REGISTER, PV1_FIRST_REGISTER + 1},
                                                     .multiplier = {50, 1},
                                                     .bounded = 7};

static void add_table(struct nn_embed_options *o, const struct nn_embed_table *table, int width, bool looked_up[PV1_FEATURES])
{
	if (!width)
		return;
	struct nn_embed_table *t = &o->tables[o->n_tables++];
	*t = *table;
	t->width = width;
	for (int k = 0; k < t->repeat; k++)
		for (int i = 0; i < t->n_fields; i++)
			looked_up[t->feature[i] + k * t->stride] = true;
}

/* Embedding layer; widths of the op, memory, control and register tables, the last three may be 0. */
static enum pv_status add_embeddings(const struct builder *b, int call, const int widths[4], int n_register_rows, int bounded)
{
	static const char *const names[] = {"op_embed.weight", "mem_embed.weight", "ctrl_embed.weight", "reg_embed.weight"};
	struct nn_embed_table registers = register_table;
	bool looked_up[PV1_FEATURES] = {false};
	struct nn_graph *g = b->graph;
	const struct nn_rows in = nn_graph_rows(g);
	if (in.F != PV1_FEATURES)
		return nn_expr_fail(b->expr, call, PV_ERR_SHAPE, b->err, "embeddings need the %d features of schema pv1, the data has %d",
		                    PV1_FEATURES, in.F);
	struct nn_embed_options *o = nn_graph_embed_options(g);
	if (!o)
		return PV_OK; /* nn_graph_end reports it */
	registers.rows = n_register_rows;
	registers.bounded = bounded;
	const struct nn_embed_table *tables[] = {&op_table, &memory_table, &control_table, &registers};
	int width = 0;
	for (int i = 0; i < 4; i++) {
		add_table(o, tables[i], widths[i], looked_up);
		width += widths[i] * tables[i]->repeat;
	}
	for (int f = 0; f < PV1_FEATURES; f++)
		if (!looked_up[f])
			o->kept[o->n_kept++] = f;
	nn_graph_layer(g, &nn_layer_embed, (struct nn_rows){in.T, width + o->n_kept})->as.embed = o;
	nn_graph_tensor(g, "mean", in.F, 0, 0, true, NN_TENSOR_ZERO, 0.0);
	nn_graph_tensor(g, "std", in.F, 0, 0, true, NN_TENSOR_ONE, 0.0);
	for (int i = 0; i < 4; i++)
		if (widths[i])
			nn_graph_tensor(g, names[i], tables[i]->rows, widths[i], 0, false, NN_TENSOR_NORMAL, 0.0);
	return PV_OK;
}

enum { EM_NOP = 3, EM_NMEM, EM_NCTRL, EM_NR, EM_GRU, EM_BI, EM_BIAS };

static const struct nn_expr_param em_lstm_params[] = {
    COUNT("nhidden", true, 0, 1, 4096),
    COUNT("nlayers", true, 0, 1, 16),
    MACHINES,
    COUNT("nop", false, 1, 1, 1024),
    COUNT("nmem", false, 0, 0, 1024),
    COUNT("nctrl", false, 0, 0, 1024),
    COUNT("nr", false, 0, 0, 1024),
    FLAG("gru", false),
    FLAG("bi", false),
    FLAG("bias", true),
};

static enum pv_status add_em_lstm(const struct builder *b, int call, const struct nn_expr_bound *args, bool last)
{
	const int widths[4] = {whole(args, EM_NOP), whole(args, EM_NMEM), whole(args, EM_NCTRL), whole(args, EM_NR)};
	struct nn_graph *g = b->graph;
	if (b->nested)
		return nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err,
		                    "a model with embeddings of its own cannot be part of InsEmModel");
	TRY(add_embeddings(b, call, widths, 1024, 0));
	nn_graph_add_recurrent(g, "lstm", whole(args, NLAYERS), whole(args, NHIDDEN), flag(args, EM_GRU), flag(args, EM_BI));
	if (last)
		nn_graph_add_last(g);
	nn_graph_add_relu(g);
	nn_graph_mark_representation(g);
	nn_graph_add_linear(g, "linear", n_machines(b, whole(args, NARCHS)), flag(args, EM_BIAS));
	return PV_OK;
}

static enum pv_status build_seq_em_lstm(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	return add_em_lstm(b, call, args, false);
}

static enum pv_status build_ins_em_lstm(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	return add_em_lstm(b, call, args, true);
}

static const struct nn_expr_param ins_em_params[] = {
    CFG,
    COUNT("nop", false, 1, 1, 1024),
    COUNT("nmem", false, 0, 0, 1024),
    COUNT("nctrl", false, 0, 0, 1024),
    COUNT("nr", false, 0, 0, 1024),
};

static enum pv_status build_ins_em(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	const int widths[4] = {whole(args, 1), whole(args, 2), whole(args, 3), whole(args, 4)};
	if (!b->nested)
		return nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err, "InsEm is a part: write InsEmModel(InsEm(...),InsLSTM(...))");
	return add_embeddings(b, call, widths, register_table.rows, register_table.bounded);
}

/* ---- MLP and CNN ---- */

static const struct nn_expr_param rest_params[] = {
    CFG,
    COUNT("l", true, 0, 1, 64),
    COUNT("h", true, 0, 1, 65536),
    MACHINES,
};

static enum pv_status build_mlp(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	const int n = whole(args, 1);
	struct nn_graph *g = b->graph;
	if (args->n_rest != n - 1)
		return nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err, "MLP of %d layers takes %d hidden sizes after h, not %d", n,
		                    n - 1, args->n_rest);
	nn_graph_add_flatten(g, false);
	for (int i = 0; i < n; i++) {
		char name[16];
		if (i < n - 1 && args->rest[i] < 1)
			return nn_expr_fail(b->expr, call, PV_ERR_RANGE, b->err, "hidden size %d of the MLP is 0", i + 1);
		snprintf(name, sizeof name, "fc.%d", i);
		nn_graph_add_linear(g, name, i == n - 1 ? whole(args, 2) : args->rest[i], true);
		nn_graph_add_relu(g);
	}
	nn_graph_mark_representation(g);
	nn_graph_add_linear(g, "linear", n_machines(b, whole(args, 3)), false);
	return PV_OK;
}

static enum pv_status build_cnn(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	const int n = whole(args, 1);
	struct nn_graph *g = b->graph;
	if (args->n_rest != 4 * n)
		return nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err,
		                    "CNN of %d layers takes %d numbers after h (kernel, channels, stride, padding of each), not %d", n,
		                    4 * n, args->n_rest);
	for (int i = 0; i < n; i++) {
		const int *v = args->rest + 4 * i, T = nn_graph_rows(g).T;
		char name[16];
		if (v[0] < 1 || v[1] < 1 || v[2] < 1 || v[3] > T || T + 2 * v[3] < v[0])
			return nn_expr_fail(b->expr, call, PV_ERR_RANGE, b->err,
			                    "layer %d of the CNN: kernel %d, %d channels, stride %d, padding %d do not fit %d instructions",
			                    i + 1, v[0], v[1], v[2], v[3], T);
		snprintf(name, sizeof name, "conv.%d", i);
		nn_graph_add_conv(g, name, v[0], v[1], v[2], v[3]);
		nn_graph_add_relu(g);
	}
	nn_graph_add_flatten(g, true);
	nn_graph_add_linear(g, "fc1", whole(args, 2), true);
	nn_graph_add_relu(g);
	nn_graph_mark_representation(g);
	nn_graph_add_linear(g, "linear", n_machines(b, whole(args, 3)), false);
	return PV_OK;
}

/* ---- transformer ---- */

static const struct nn_expr_param transformer_params[] = {
    COUNT("nhead", true, 0, 1, 1024),   COUNT("nhid", true, 0, 1, 65536),
    COUNT("nlayers", true, 0, 1, 32),   MACHINES,
    COUNT("nembed", false, 0, 0, 4096), {"dropout", NN_EXPR_TYPE_REAL, false, 0.1, 0.0, 1.0},
};

/* A linear layer that the reference starts in +-0.1; bias_scale 0: at 0. */
static void add_small_linear(struct nn_graph *g, const char *weight, const char *bias, int out, double bias_scale)
{
	const struct nn_rows in = nn_graph_rows(g);
	nn_graph_layer(g, &nn_layer_linear, (struct nn_rows){in.T, out})->as.linear.bias = true;
	nn_graph_tensor(g, weight, out, in.F, 0, false, NN_TENSOR_UNIFORM, 0.1);
	nn_graph_tensor(g, bias, out, 0, 0, false, NN_TENSOR_UNIFORM, bias_scale);
}

static enum pv_status build_transformer(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	const int heads = whole(args, 0);
	const double dropout = args->values[5].number;
	struct nn_graph *g = b->graph;
	if (whole(args, 4))
		add_small_linear(g, "inst_embed.weight", "inst_embed.bias", whole(args, 4), 1.0 / sqrt(nn_graph_rows(g).F));
	const struct nn_rows rows = nn_graph_rows(g);
	if (rows.F % heads)
		return nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err,
		                    "%d columns cannot be shared by %d heads; nembed sets the columns", rows.F, heads);
	nn_graph_layer(g, &nn_layer_positions, rows)->as.positions.dropout = dropout;
	nn_graph_tensor(g, "pos_encoder.pe", 1, rows.T, rows.F, true, NN_TENSOR_POSITIONS, 0.0);
	for (int i = 0; i < whole(args, 2); i++) {
		char name[32];
		snprintf(name, sizeof name, "encoder.layers.%d", i);
		nn_graph_add_encoder(g, name, heads, whole(args, 1), dropout);
	}
	nn_graph_add_last(g);
	nn_graph_mark_representation(g);
	add_small_linear(g, "linear.weight", "linear.bias", n_machines(b, whole(args, 3)), 0.0);
	return PV_OK;
}

/* ---- predictor of a machine's times from representations ---- */

static const struct nn_expr_param predictor_params[] = {CFG, FLAG("bias", true), FLAG("global_bias", false), FLAG("test_bias", true)};

static enum pv_status build_predictor(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	if (b->nested)
		return nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err,
		                    "Predictor has no representation: it cannot be part of InsEmModel");
	if (flag(args, 1) && flag(args, 2))
		return nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err,
		                    "Predictor takes bias or global_bias, not both; write bias=False");
	nn_graph_add_linear(b->graph, "linear", n_machines(b, 0), flag(args, 1));
	if (flag(args, 2)) {
		nn_graph_layer(b->graph, &nn_layer_shift, nn_graph_rows(b->graph));
		nn_graph_tensor(b->graph, "gb", 1, 0, 0, false, NN_TENSOR_NORMAL, 0.0);
	}
	return PV_OK;
}

/* ---- embeddings and a model behind them ---- */

static const struct nn_expr_param ins_em_model_params[] = {
    {"embed_model", NN_EXPR_TYPE_MODEL, true, 0, 0, 0},
    {"main_model", NN_EXPR_TYPE_MODEL, true, 0, 0, 0},
};

static enum pv_status build_call(const struct builder *b, int call);

static enum pv_status build_ins_em_model(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	const int embed = args->values[0].node, main = args->values[1].node;
	struct builder inner = *b;
	if (b->nested)
		return nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err, "InsEmModel cannot be part of InsEmModel");
	if (strcmp(b->expr->nodes[embed].name, "InsEm"))
		return nn_expr_fail(b->expr, embed, PV_ERR_FORMAT, b->err, "embed_model takes InsEm(...)");
	if (!strcmp(b->expr->nodes[main].name, "InsEm"))
		return nn_expr_fail(b->expr, main, PV_ERR_FORMAT, b->err, "main_model takes a model such as InsLSTM(...)");
	inner.nested = true;
	nn_graph_prefix(b->graph, "embed_model.");
	TRY(build_call(&inner, embed));
	nn_graph_prefix(b->graph, "main_model.");
	return build_call(&inner, main);
}

/* ---- the table ---- */

static const struct model models[] = {
    {"InsLSTM", SIGNATURE(lstm_params, 8, false), build_ins_lstm},
    {"SeqLSTM", SIGNATURE(lstm_params, 8, false), build_seq_lstm},
    {"InsLSTMDSE", SIGNATURE(lstm_params, 8, false), build_ins_lstm_dse},
    {"InsEmLSTM", SIGNATURE(em_lstm_params, 10, false), build_ins_em_lstm},
    {"SeqEmLSTM", SIGNATURE(em_lstm_params, 10, false), build_seq_em_lstm},
    {"InsEmModel", SIGNATURE(ins_em_model_params, 2, false), build_ins_em_model},
    {"InsEm", SIGNATURE(ins_em_params, 5, false), build_ins_em},
    {"MLP", SIGNATURE(rest_params, 3, true), build_mlp},
    {"CNN", SIGNATURE(rest_params, 3, true), build_cnn},
    {"TransformerModel", SIGNATURE(transformer_params, 6, false), build_transformer},
    {"Predictor", SIGNATURE(predictor_params, 4, false), build_predictor},
};

enum { N_MODELS = sizeof models / sizeof *models };

static enum pv_status unknown_model(const struct builder *b, int call)
{
	char list[200] = "";
	if (!strcmp(b->expr->nodes[call].name, "E1DNet"))
		nn_expr_fail(b->expr, call, PV_ERR_UNSUPPORTED, b->err, "model E1DNet is not supported");
	else
		nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err, "no model is called '%s'", b->expr->nodes[call].name);
	for (int i = 0; i < N_MODELS; i++) {
		const size_t n = strlen(list);
		snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", models[i].name);
	}
	if (b->err)
		return base_error_hint(b->err, "models are %s", list);
	return PV_ERR_FORMAT;
}

static enum pv_status build_call(const struct builder *b, int call)
{
	for (int i = 0; i < N_MODELS; i++) {
		struct nn_expr_bound args;
		if (strcmp(models[i].name, b->expr->nodes[call].name))
			continue;
		TRY(nn_expr_bind(b->expr, call, &models[i].signature, &args, b->err));
		return models[i].build(b, call, &args);
	}
	return unknown_model(b, call);
}

static struct nn_rows input_rows(const struct nn_expr *expr, const struct nn_graph_setting *s)
{
	return (struct nn_rows){strcmp(expr->nodes[0].name, "Predictor") ? s->n_steps : 1, s->n_features};
}

enum pv_status nn_graph_new(const char *expression, const struct nn_graph_setting *setting, struct nn_graph **graph, struct pv_error *err)
{
	struct builder b = {.setting = setting, .err = err};
	struct nn_expr *expr;
	TRY(nn_expr_parse(expression, &expr, err));
	b.expr = expr;
	enum pv_status status = nn_graph_begin(input_rows(expr, setting), &b.graph, err);
	if (status == PV_OK)
		status = build_call(&b, 0);
	if (status == PV_OK) {
		status = nn_graph_end(b.graph, err);
		if (status != PV_OK)
			base_error_prefix(err, "model expression '%.200s'", expression);
	}
	if (status == PV_OK)
		*graph = b.graph;
	else
		nn_graph_free(b.graph);
	free(expr);
	return status;
}
