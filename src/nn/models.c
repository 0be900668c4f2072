/*
 * models.c - the reference's models, each described as a chain of layers
 *
 * A model is a row of one table: its name, what it takes, and a function that adds its layers. Names of arguments, defaults and tensor
 * names are the reference's, so that expressions and checkpoints move between the two.
 *
 * Source: PerfVec, ML/models (lstm.py, inst_embedding.py, cnn.py, transformer.py, basic.py).
 */
#include "nn/sequential.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/chain.h"
#include "nn/efficient_net.h"
#include "nn/expression.h"

struct builder {
	const struct nn_expr *expr;
	const struct nn_setting *setting;
	struct nn_sequential *chain;
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

/* ---- LSTM, GRU and minGRU ---- */

enum { NHIDDEN, NLAYERS, NARCHS, NEMBED, GRU, BI, NORM, BIAS, WIDE };

static const struct nn_expr_param lstm_params[] = {
    COUNT("nhidden", true, 0, 1, 4096),
    COUNT("nlayers", true, 0, 1, 16),
    MACHINES,
    COUNT("nembed", false, 0, 0, 4096),
    FLAG("gru", false),
    FLAG("bi", false),
    FLAG("norm", false),
    FLAG("bias", true),
    FLAG("wide", false), /* ours; not for InsLSTMDSE */
};

/* The machines' rows; those of a wide representation start with 0 for the inputs and the 1, and the others as without them. */
static void add_machines(const struct builder *b, int narchs, int n_hidden, bool bias)
{
	struct nn_sequential *g = b->chain;
	const struct nn_rows in = nn_rows(g);
	const double scale = 1.0 / sqrt(n_hidden);
	nn_layer(g, &nn_layer_linear, (struct nn_rows){in.T, n_machines(b, narchs)})->as.linear.bias = bias;
	nn_tensor(g, "linear.weight", n_machines(b, narchs), in.F, 0, false, NN_TENSOR_UNIFORM, scale)->init_columns = (size_t)n_hidden;
	if (bias)
		nn_tensor(g, "linear.bias", n_machines(b, narchs), 0, 0, false, NN_TENSOR_UNIFORM, scale);
}

static enum pv_status add_wide(const struct builder *b, int call, bool wide)
{
	if (wide && b->nested)
		return nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err, "a wide model cannot be part of InsEmModel");
	if (wide)
		nn_add_wide(b->chain, b->setting->n_features);
	return PV_OK;
}

static void add_lstm(const struct builder *b, const struct nn_expr_bound *args, bool last)
{
	struct nn_sequential *g = b->chain;
	if (whole(args, NEMBED))
		nn_add_linear(g, "inst_embed", whole(args, NEMBED), true);
	if (flag(args, NORM))
		nn_add_norm(g, "inst_norm");
	nn_add_recurrent(g, "lstm", whole(args, NLAYERS), whole(args, NHIDDEN), flag(args, GRU) ? NN_CELL_GRU : NN_CELL_LSTM,
	                 flag(args, BI));
	if (last)
		nn_add_last(g); /* before the ReLU: the same numbers, T times less work */
	nn_add_relu(g);
}

static enum pv_status build_lstm(const struct builder *b, int call, const struct nn_expr_bound *args, bool last)
{
	add_lstm(b, args, last);
	const int n_hidden = nn_rows(b->chain).F;
	TRY(add_wide(b, call, flag(args, WIDE)));
	nn_mark_representation(b->chain);
	add_machines(b, whole(args, NARCHS), n_hidden, flag(args, BIAS));
	return PV_OK;
}

static enum pv_status build_seq_lstm(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	return build_lstm(b, call, args, false);
}

static enum pv_status build_ins_lstm(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	return build_lstm(b, call, args, true);
}

enum { MINGRU_BIAS = 3, MINGRU_WIDE };

static const struct nn_expr_param mingru_params[] = {
    COUNT("nhidden", true, 0, 1, 4096), COUNT("nlayers", true, 0, 1, 16), MACHINES, FLAG("bias", true), FLAG("wide", false),
};

/* Ours: gates that do not see the state. */
static enum pv_status build_mingru(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	const int n_hidden = whole(args, NHIDDEN);
	nn_add_recurrent(b->chain, "mingru", whole(args, NLAYERS), n_hidden, NN_CELL_MINGRU, false);
	nn_add_last(b->chain);
	nn_add_relu(b->chain);
	TRY(add_wide(b, call, flag(args, MINGRU_WIDE)));
	nn_mark_representation(b->chain);
	add_machines(b, whole(args, NARCHS), n_hidden, flag(args, MINGRU_BIAS));
	return PV_OK;
}

/* The 18 machines that the reference trains on: sizes of two caches, as powers of two. Others are described by whoever trains. */
static const float dse_machines[18][2] = {{1, 1}, {1, 2}, {1, 3}, {6, 4}, {6, 5}, {6, 6}, {3, 3}, {3, 4}, {3, 2},
                                          {4, 3}, {4, 4}, {4, 2}, {5, 3}, {5, 4}, {5, 5}, {2, 3}, {2, 4}, {2, 2}};

/* narchs is the length of a tensor that the reference keeps, and does not use. */
static const struct nn_expr_param dse_params[] = {
    COUNT("nhidden", true, 0, 1, 4096),
    COUNT("nlayers", true, 0, 1, 16),
    {"narchs", NN_EXPR_TYPE_MACHINES, false, 1, 1, 65536},
    COUNT("nembed", false, 0, 0, 4096),
    FLAG("gru", false),
    FLAG("bi", false),
    FLAG("norm", false),
    FLAG("bias", true),
};

static enum pv_status build_ins_lstm_dse(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	enum { MACHINES_DESCRIBED = 18, PARAMETERS = 2, HIDDEN = 16 };
	const int n = b->setting->n_machines > 0 ? b->setting->n_machines : MACHINES_DESCRIBED;
	struct nn_sequential *g = b->chain;
	if (b->nested || flag(args, BIAS))
		return nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err, "InsLSTMDSE needs bias=False%s",
		                    b->nested ? ", and cannot be part of InsEmModel" : "");
	add_lstm(b, args, true);
	nn_mark_representation(g);
	const int D = nn_rows(g).F;
	struct nn_layer *l = nn_layer(g, &nn_layer_described, (struct nn_rows){1, n});
	l->as.described.n = n;
	l->as.described.parameters = PARAMETERS;
	l->as.described.hidden = HIDDEN;
	nn_tensor(g, "uarch_net.0.weight", HIDDEN, PARAMETERS, 0, false, NN_TENSOR_UNIFORM, 1.0 / sqrt(PARAMETERS));
	nn_tensor(g, "uarch_net.0.bias", HIDDEN, 0, 0, false, NN_TENSOR_UNIFORM, 1.0 / sqrt(PARAMETERS));
	nn_tensor(g, "uarch_net.2.weight", D, HIDDEN, 0, false, NN_TENSOR_UNIFORM, 1.0 / sqrt(HIDDEN));
	nn_tensor(g, "uarch_net.2.bias", D, 0, 0, false, NN_TENSOR_UNIFORM, 1.0 / sqrt(HIDDEN));
	nn_tensor(g, "uarch_paras", n, PARAMETERS, 0, true, NN_TENSOR_ZERO, 0.0);
	if (n == MACHINES_DESCRIBED)
		nn_constants(g, "uarch_paras", &dse_machines[0][0], 2 * (size_t)MACHINES_DESCRIBED);
	nn_stray(g, "linear.weight", n_machines(b, whole(args, NARCHS)), D, 1.0 / sqrt(D));
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
	struct nn_sequential *g = b->chain;
	const struct nn_rows in = nn_rows(g);
	if (in.F != PV1_FEATURES)
		return nn_expr_fail(b->expr, call, PV_ERR_SHAPE, b->err, "embeddings need the %d features of schema pv1, the data has %d",
		                    PV1_FEATURES, in.F);
	struct nn_embed_options *o = nn_embed_options(g);
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
	nn_layer(g, &nn_layer_embed, (struct nn_rows){in.T, width + o->n_kept})->as.embed = o;
	nn_tensor(g, "mean", in.F, 0, 0, true, NN_TENSOR_ZERO, 0.0);
	nn_tensor(g, "std", in.F, 0, 0, true, NN_TENSOR_ONE, 0.0);
	for (int i = 0; i < 4; i++)
		if (widths[i])
			nn_tensor(g, names[i], tables[i]->rows, widths[i], 0, false, NN_TENSOR_NORMAL, 1.0);
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
	struct nn_sequential *g = b->chain;
	if (b->nested)
		return nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err,
		                    "a model with embeddings of its own cannot be part of InsEmModel");
	TRY(add_embeddings(b, call, widths, 1024, 0));
	nn_add_recurrent(g, "lstm", whole(args, NLAYERS), whole(args, NHIDDEN), flag(args, EM_GRU) ? NN_CELL_GRU : NN_CELL_LSTM,
	                 flag(args, EM_BI));
	if (last)
		nn_add_last(g);
	nn_add_relu(g);
	nn_mark_representation(g);
	nn_add_linear(g, "linear", n_machines(b, whole(args, NARCHS)), flag(args, EM_BIAS));
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
    CFG,      COUNT("l", true, 0, 1, 64),       COUNT("h", true, 0, 1, 65536),
    MACHINES, COUNT("rows", false, 0, 1, 1024), /* ours: how many it looks at; else the rows of the dataset's windows */
};

enum { REST_NARCHS = 3 };

static enum pv_status build_mlp(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	const int n = whole(args, 1);
	struct nn_sequential *g = b->chain;
	if (args->n_rest != n - 1)
		return nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err, "MLP of %d layers takes %d hidden sizes after h, not %d", n,
		                    n - 1, args->n_rest);
	nn_add_flatten(g, false);
	for (int i = 0; i < n; i++) {
		char name[16];
		if (i < n - 1 && args->rest[i] < 1)
			return nn_expr_fail(b->expr, call, PV_ERR_RANGE, b->err, "hidden size %d of the MLP is 0", i + 1);
		snprintf(name, sizeof name, "fc.%d", i);
		nn_add_linear(g, name, i == n - 1 ? whole(args, 2) : args->rest[i], true);
		nn_add_relu(g);
	}
	nn_mark_representation(g);
	nn_add_linear(g, "linear", n_machines(b, whole(args, REST_NARCHS)), false);
	return PV_OK;
}

static enum pv_status build_cnn(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	const int n = whole(args, 1);
	struct nn_sequential *g = b->chain;
	if (args->n_rest != 4 * n)
		return nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err,
		                    "CNN of %d layers takes %d numbers after h (kernel, channels, stride, padding of each), not %d", n,
		                    4 * n, args->n_rest);
	for (int i = 0; i < n; i++) {
		const int *v = args->rest + 4 * i, T = nn_rows(g).T;
		char name[16];
		if (v[0] < 1 || v[1] < 1 || v[2] < 1 || v[3] > T || T + 2 * v[3] < v[0])
			return nn_expr_fail(b->expr, call, PV_ERR_RANGE, b->err,
			                    "layer %d of the CNN: kernel %d, %d channels, stride %d, padding %d do not fit %d instructions",
			                    i + 1, v[0], v[1], v[2], v[3], T);
		snprintf(name, sizeof name, "conv.%d", i);
		nn_add_conv(g, name, v[0], v[1], v[2], v[3]);
		nn_add_relu(g);
	}
	nn_add_flatten(g, true);
	nn_add_linear(g, "fc1", whole(args, 2), true);
	nn_add_relu(g);
	nn_mark_representation(g);
	nn_add_linear(g, "linear", n_machines(b, whole(args, REST_NARCHS)), false);
	return PV_OK;
}

/* ---- transformer ---- */

static const struct nn_expr_param transformer_params[] = {
    COUNT("nhead", true, 0, 1, 1024),   COUNT("nhid", true, 0, 1, 65536),
    COUNT("nlayers", true, 0, 1, 32),   MACHINES,
    COUNT("nembed", false, 0, 0, 4096), {"dropout", NN_EXPR_TYPE_REAL, false, 0.1, 0.0, 1.0},
};

/* A linear layer that the reference starts in +-0.1; bias_scale 0: at 0. */
static void add_small_linear(struct nn_sequential *g, const char *weight, const char *bias, int out, double bias_scale)
{
	const struct nn_rows in = nn_rows(g);
	nn_layer(g, &nn_layer_linear, (struct nn_rows){in.T, out})->as.linear.bias = true;
	nn_tensor(g, weight, out, in.F, 0, false, NN_TENSOR_UNIFORM, 0.1);
	nn_tensor(g, bias, out, 0, 0, false, NN_TENSOR_UNIFORM, bias_scale);
}

static enum pv_status build_transformer(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	const int heads = whole(args, 0);
	const double dropout = args->values[5].number;
	struct nn_sequential *g = b->chain;
	if (whole(args, 4))
		add_small_linear(g, "inst_embed.weight", "inst_embed.bias", whole(args, 4), 1.0 / sqrt(nn_rows(g).F));
	const struct nn_rows rows = nn_rows(g);
	if (rows.F % heads)
		return nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err,
		                    "%d columns cannot be shared by %d heads; nembed sets the columns", rows.F, heads);
	nn_layer(g, &nn_layer_positions, rows)->as.positions.dropout = dropout;
	nn_tensor(g, "pos_encoder.pe", 1, rows.T, rows.F, true, NN_TENSOR_POSITIONS, 0.0);
	for (int i = 0; i < whole(args, 2); i++) {
		char name[32];
		snprintf(name, sizeof name, "encoder.layers.%d", i);
		nn_add_encoder(g, name, heads, whole(args, 1), dropout);
	}
	nn_add_last(g);
	nn_mark_representation(g);
	add_small_linear(g, "linear.weight", "linear.bias", n_machines(b, whole(args, 3)), 0.0);
	return PV_OK;
}

/* ---- EfficientNet ---- */

enum { E1D_NAME, E1D_BLOCKS, E1D_MACHINES, E1D_RELU, E1D_BIAS, E1D_DROPOUT, E1D_CONNECT, E1D_WIDTH, E1D_DEPTH };

static const struct nn_expr_param e1d_params[] = {
    {"model_name", NN_EXPR_TYPE_TEXT, true, 0, 0, 0},
    {"bargs", NN_EXPR_TYPE_TEXTS, false, 0, 0, 0},
    {"num_classes", NN_EXPR_TYPE_MACHINES, false, 0, 1, 65536},
    {"rep_af", NN_EXPR_TYPE_TEXT, false, 0, 0, 0},
    FLAG("bias", true),
    {"dropout_rate", NN_EXPR_TYPE_REAL, false, 0.2, 0.0, 1.0},
    {"drop_connect_rate", NN_EXPR_TYPE_REAL, false, 0.2, 0.0, 1.0},
    {"width_coefficient", NN_EXPR_TYPE_REAL, false, 1.0, 1e-3, 16.0},
    {"depth_coefficient", NN_EXPR_TYPE_REAL, false, 1.0, 1e-3, 16.0},
};

static enum pv_status read_blocks(const struct builder *b, int list, struct nn_efficient_net *net)
{
	for (int node = b->expr->nodes[list].first; node >= 0; node = b->expr->nodes[node].next) {
		if (net->n_blocks == NN_MAX_BLOCKS)
			return nn_expr_fail(b->expr, node, PV_ERR_RANGE, b->err, "more than %d blocks", NN_MAX_BLOCKS);
		if (!nn_block_parse(b->expr->nodes[node].name, &net->blocks[net->n_blocks++])) {
			nn_expr_fail(b->expr, node, PV_ERR_FORMAT, b->err, "'%s' is no block", b->expr->nodes[node].name);
			return b->err ? base_error_hint(b->err,
			                                "write blocks as r1_k2_s2_e2_i512_o128_se0.25: repeats, kernel, stride, expansion, "
			                                "columns in and out, share squeezed")
			              : PV_ERR_FORMAT;
		}
	}
	return net->n_blocks ? PV_OK : nn_expr_fail(b->expr, list, PV_ERR_FORMAT, b->err, "a list of blocks is expected");
}

static enum pv_status build_e1dnet(const struct builder *b, int call, const struct nn_expr_bound *args)
{
	const struct nn_expr_value *v = args->values;
	struct nn_efficient_net net = {.width = v[E1D_WIDTH].number,
	                               .depth = v[E1D_DEPTH].number,
	                               .dropout = v[E1D_DROPOUT].number,
	                               .drop_connect = v[E1D_CONNECT].number,
	                               .relu = v[E1D_RELU].given};
	if (b->nested)
		return nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err, "E1DNet cannot be part of InsEmModel");
	if (strcmp(b->expr->nodes[v[E1D_NAME].node].name, "e1d-b0"))
		return nn_expr_fail(b->expr, v[E1D_NAME].node, PV_ERR_FORMAT, b->err, "the one model of this kind is 'e1d-b0'");
	if (v[E1D_RELU].given && strcmp(b->expr->nodes[v[E1D_RELU].node].name, "relu"))
		return nn_expr_fail(b->expr, v[E1D_RELU].node, PV_ERR_FORMAT, b->err, "rep_af can be 'relu'");
	if (v[E1D_BLOCKS].given)
		TRY(read_blocks(b, v[E1D_BLOCKS].node, &net));
	else
		nn_efficient_net_blocks(&net);
	nn_add_efficient_net(b->chain, &net);
	nn_mark_representation(b->chain);
	nn_add_linear(b->chain, "linear", n_machines(b, whole(args, E1D_MACHINES)), flag(args, E1D_BIAS));
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
	nn_add_linear(b->chain, "linear", n_machines(b, 0), flag(args, 1));
	if (flag(args, 2)) {
		nn_layer(b->chain, &nn_layer_shift, nn_rows(b->chain));
		nn_tensor(b->chain, "gb", 1, 0, 0, false, NN_TENSOR_NORMAL, 1.0);
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
	nn_prefix(b->chain, "embed_model.");
	TRY(build_call(&inner, embed));
	nn_prefix(b->chain, "main_model.");
	return build_call(&inner, main);
}

/* ---- the table ---- */

static const struct model models[] = {
    {"InsLSTM", SIGNATURE(lstm_params, 8, false), build_ins_lstm},
    {"SeqLSTM", SIGNATURE(lstm_params, 8, false), build_seq_lstm},
    {"MinGRU", SIGNATURE(mingru_params, 3, false), build_mingru},
    {"InsLSTMDSE", SIGNATURE(dse_params, 8, false), build_ins_lstm_dse},
    {"InsEmLSTM", SIGNATURE(em_lstm_params, 10, false), build_ins_em_lstm},
    {"SeqEmLSTM", SIGNATURE(em_lstm_params, 10, false), build_seq_em_lstm},
    {"InsEmModel", SIGNATURE(ins_em_model_params, 2, false), build_ins_em_model},
    {"InsEm", SIGNATURE(ins_em_params, 5, false), build_ins_em},
    {"MLP", SIGNATURE(rest_params, 3, true), build_mlp},
    {"CNN", SIGNATURE(rest_params, 3, true), build_cnn},
    {"TransformerModel", SIGNATURE(transformer_params, 6, false), build_transformer},
    {"E1DNet.from_input", SIGNATURE(e1d_params, 2, false), build_e1dnet},
    {"Predictor", SIGNATURE(predictor_params, 4, false), build_predictor},
};

enum { N_MODELS = sizeof models / sizeof *models };

static enum pv_status unknown_model(const struct builder *b, int call)
{
	char list[240] = "";
	nn_expr_fail(b->expr, call, PV_ERR_FORMAT, b->err, "no model is called '%s'", b->expr->nodes[call].name);
	for (int i = 0; i < N_MODELS; i++) {
		const size_t n = strlen(list);
		snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", models[i].name);
	}
	if (b->err)
		return base_error_hint(b->err, "models are %s", list);
	return PV_ERR_FORMAT;
}

static const struct model *find_model(const struct builder *b, int call)
{
	for (int i = 0; i < N_MODELS; i++)
		if (!strcmp(models[i].name, b->expr->nodes[call].name))
			return &models[i];
	return NULL;
}

static enum pv_status build_call(const struct builder *b, int call)
{
	const struct model *m = find_model(b, call);
	struct nn_expr_bound args;
	if (!m)
		return unknown_model(b, call);
	TRY(nn_expr_bind(b->expr, call, &m->signature, &args, b->err));
	return m->build(b, call, &args);
}

/* ---- the canonical text ---- */

/* Appends to a text of NN_EXPRESSION_CHARS; what does not fit leaves it full. */
static void append(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(char *text, const char *format, ...)
{
	va_list args;
	const size_t n = strlen(text);
	va_start(args, format);
	vsnprintf(text + n, NN_EXPRESSION_CHARS - n, format, args);
	va_end(args);
}

static void print_call(const struct builder *b, int call, char *text);

static void print_texts(const struct builder *b, int list, char *to)
{
	append(to, "[");
	for (int node = b->expr->nodes[list].first; node >= 0; node = b->expr->nodes[node].next)
		append(to, "'%s'%s", b->expr->nodes[node].name, b->expr->nodes[node].next >= 0 ? "," : "");
	append(to, "]");
}

/* Numbers of machines and rows, and whether there is a bias, are always said; other options where they differ from what they are without.
 */
static void print_param(const struct builder *b, const struct nn_expr_param *p, const struct nn_expr_value *v, char *to)
{
	const bool rows = !strcmp(p->name, "rows"), always = rows || p->type == NN_EXPR_TYPE_MACHINES || !strcmp(p->name, "bias");
	const double number = rows                               ? nn_sequential_input(b->chain).T
	                      : p->type == NN_EXPR_TYPE_MACHINES ? n_machines(b, (int)v->number)
	                                                         : v->number;
	const bool text = p->type == NN_EXPR_TYPE_TEXT || p->type == NN_EXPR_TYPE_TEXTS;
	if (!p->required && !always && (text ? !v->given : v->number == p->absent))
		return;
	append(to, "%s", to[strlen(to) - 1] == '(' ? "" : ",");
	if (!p->required)
		append(to, "%s=", p->name);
	switch (p->type) {
	case NN_EXPR_TYPE_CFG: append(to, "cfg"); break;
	case NN_EXPR_TYPE_MODEL: print_call(b, v->node, to); break;
	case NN_EXPR_TYPE_FLAG: append(to, "%s", number != 0.0 ? "True" : "False"); break;
	case NN_EXPR_TYPE_TEXT: append(to, "'%s'", b->expr->nodes[v->node].name); break;
	case NN_EXPR_TYPE_TEXTS: print_texts(b, v->node, to); break;
	default: append(to, "%.10g", number);
	}
}

static void print_call(const struct builder *b, int call, char *text)
{
	const struct model *m = find_model(b, call);
	struct nn_expr_bound args;
	if (!m || nn_expr_bind(b->expr, call, &m->signature, &args, NULL) != PV_OK)
		return;
	append(text, "%s(", m->name);
	for (int i = 0; i < m->signature.n_params; i++) {
		print_param(b, &m->signature.params[i], &args.values[i], text);
		for (int k = 0; i + 1 == m->signature.n_positional && k < args.n_rest; k++)
			append(text, ",%d", args.rest[k]);
	}
	append(text, ")");
}

static enum pv_status print(const struct builder *b, const char *expression)
{
	char *text = b->chain->text;
	print_call(b, 0, text);
	const size_t n = strlen(text);
	FAIL_IF(n + 1 >= NN_EXPRESSION_CHARS, b->err, PV_ERR_RANGE, "model expression '%.40s...' is longer than %d characters", expression,
	        NN_EXPRESSION_CHARS - 1);
	return PV_OK;
}

/* How many rows the model looks at: what its expression says, or the setting. */
static struct nn_rows input_rows(const struct nn_expr *expr, const struct nn_setting *s)
{
	struct nn_rows in = {s->n_steps, s->n_features};
	if (!strcmp(expr->nodes[0].name, "Predictor"))
		in.T = 1;
	for (int i = 0; i < expr->n_nodes; i++) /* whether it may say so, and within which bounds, is the signature's */
		if (!strcmp(expr->nodes[i].key, "rows") && expr->nodes[i].number >= 1 && expr->nodes[i].number <= 1024)
			in.T = (int)expr->nodes[i].number;
	return in;
}

enum pv_status nn_sequential_new(const char *expression, const struct nn_setting *setting, struct nn_sequential **chain,
                                 struct pv_error *err)
{
	struct builder b = {.setting = setting, .err = err};
	struct nn_expr *expr;
	TRY(nn_expr_parse(expression, &expr, err));
	b.expr = expr;
	enum pv_status status = nn_sequential_begin(input_rows(expr, setting), &b.chain, err);
	if (status == PV_OK)
		status = build_call(&b, 0);
	if (status == PV_OK)
		status = print(&b, expression);
	if (status == PV_OK) {
		status = nn_sequential_end(b.chain, err);
		if (status != PV_OK)
			base_error_prefix(err, "model expression '%.200s'", expression);
	}
	if (status == PV_OK)
		*chain = b.chain;
	else
		nn_sequential_free(b.chain);
	free(expr);
	return status;
}
