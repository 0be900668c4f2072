/*
 * sequential_add.c - whole layers with their tensors, named and initialised as PyTorch does
 */
#include <math.h>
#include <stdio.h>

#include "nn/sequential.h"

static void tensor_at(struct nn_sequential *g, const char *name, const char *rest, int d1, int d2, int d3, enum nn_tensor_init init,
                      double scale)
{
	char full[80];
	snprintf(full, sizeof full, "%s.%s", name, rest);
	nn_tensor(g, full, d1, d2, d3, false, init, scale);
}

void nn_add_linear(struct nn_sequential *g, const char *name, int out, bool bias)
{
	const struct nn_rows in = nn_rows(g);
	const double scale = 1.0 / sqrt(in.F);
	nn_layer(g, &nn_layer_linear, (struct nn_rows){in.T, out})->as.linear.bias = bias;
	tensor_at(g, name, "weight", out, in.F, 0, NN_TENSOR_UNIFORM, scale);
	if (bias)
		tensor_at(g, name, "bias", out, 0, 0, NN_TENSOR_UNIFORM, scale);
}

static void add_direction(struct nn_sequential *g, const char *name, int index, const char *ending, const struct nn_cell_kind *cell, int in,
                          int hidden)
{
	static const char *const parts[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
	for (int i = 0; i < 4; i++) {
		char part[40];
		if (i % 2 && !cell->recurrent)
			continue;
		snprintf(part, sizeof part, "%s_l%d%s", parts[i], index, ending);
		tensor_at(g, name, part, cell->n_gates * hidden,
		          i == 0   ? in
		          : i == 1 ? hidden
		                   : 0,
		          0, i == 2 && !cell->recurrent ? NN_TENSOR_TIMES : NN_TENSOR_UNIFORM, 1.0 / sqrt(hidden));
	}
}

void nn_add_recurrent(struct nn_sequential *g, const char *name, int n_layers, int hidden, enum nn_cell cell, bool bi)
{
	for (int i = 0; i < n_layers; i++) {
		const struct nn_rows in = nn_rows(g);
		struct nn_layer *l = nn_layer(g, &nn_layer_recurrent, (struct nn_rows){in.T, bi ? 2 * hidden : hidden});
		l->as.recurrent.hidden = hidden;
		l->as.recurrent.cell = cell;
		l->as.recurrent.bi = bi;
		add_direction(g, name, i, "", nn_cell_kind_of(cell), in.F, hidden);
		if (bi)
			add_direction(g, name, i, "_reverse", nn_cell_kind_of(cell), in.F, hidden);
	}
}

void nn_add_norm(struct nn_sequential *g, const char *name)
{
	const struct nn_rows in = nn_rows(g);
	nn_layer(g, &nn_layer_norm, in);
	tensor_at(g, name, "weight", in.T, in.F, 0, NN_TENSOR_ONE, 0.0);
	tensor_at(g, name, "bias", in.T, in.F, 0, NN_TENSOR_ZERO, 0.0);
}

void nn_add_conv(struct nn_sequential *g, const char *name, int kernel, int out, int stride, int padding)
{
	const struct nn_rows in = nn_rows(g);
	const int over = in.T + 2 * padding - kernel;
	const double scale = 1.0 / sqrt((double)in.F * kernel);
	struct nn_layer *l = nn_layer(g, &nn_layer_conv, (struct nn_rows){over < 0 ? 0 : over / stride + 1, out});
	l->as.conv.kernel = kernel;
	l->as.conv.stride = stride;
	l->as.conv.padding = padding;
	tensor_at(g, name, "weight", out, in.F, kernel, NN_TENSOR_UNIFORM, scale);
	tensor_at(g, name, "bias", out, 0, 0, NN_TENSOR_UNIFORM, scale);
}

void nn_add_encoder(struct nn_sequential *g, const char *name, int heads, int hidden, double dropout)
{
	const struct nn_rows in = nn_rows(g);
	const int E = in.F;
	const double scale = 1.0 / sqrt(E), scale_hidden = 1.0 / sqrt(hidden);
	struct nn_layer *l = nn_layer(g, &nn_layer_encoder, in);
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

void nn_add_relu(struct nn_sequential *g)
{
	nn_layer(g, &nn_layer_relu, nn_rows(g));
}

void nn_add_last(struct nn_sequential *g)
{
	nn_layer(g, &nn_layer_last, (struct nn_rows){1, nn_rows(g).F});
}

void nn_add_flatten(struct nn_sequential *g, bool by_channel)
{
	const struct nn_rows in = nn_rows(g);
	nn_layer(g, by_channel ? &nn_layer_flatten_by_channel : &nn_layer_flatten, (struct nn_rows){1, in.T * in.F});
}

void nn_add_wide(struct nn_sequential *g, int n_inputs)
{
	const struct nn_rows in = nn_rows(g);
	nn_layer(g, &nn_layer_wide, (struct nn_rows){in.T, in.F + n_inputs + 1});
}

void nn_add_pointwise(struct nn_sequential *g, const char *name, int out)
{
	const struct nn_rows in = nn_rows(g);
	nn_layer(g, &nn_layer_linear, (struct nn_rows){in.T, out})->as.linear.bias = false;
	tensor_at(g, name, "weight", out, in.F, 1, NN_TENSOR_UNIFORM, 1.0 / sqrt(in.F));
}

static void tracked_at(struct nn_sequential *g, const char *name, const char *rest, int n, enum nn_tensor_init init)
{
	char full[80];
	snprintf(full, sizeof full, "%s.%s", name, rest);
	nn_tensor(g, full, n, 0, 0, true, init, 0.0)->tracked = true;
}

void nn_add_batch_norm(struct nn_sequential *g, const char *name, double momentum, double epsilon)
{
	const struct nn_rows in = nn_rows(g);
	struct nn_layer *l = nn_layer(g, &nn_layer_batch_norm, in);
	l->as.batch_norm.momentum = momentum;
	l->as.batch_norm.epsilon = epsilon;
	tensor_at(g, name, "weight", in.F, 0, 0, NN_TENSOR_ONE, 0.0);
	tensor_at(g, name, "bias", in.F, 0, 0, NN_TENSOR_ZERO, 0.0);
	tracked_at(g, name, "running_mean", in.F, NN_TENSOR_ZERO);
	tracked_at(g, name, "running_var", in.F, NN_TENSOR_ONE);
	tracked_at(g, name, "num_batches_tracked", 1, NN_TENSOR_ZERO);
}

void nn_add_swish(struct nn_sequential *g)
{
	nn_layer(g, &nn_layer_swish, nn_rows(g));
}

void nn_add_depthwise(struct nn_sequential *g, const char *name, int kernel, int stride, int padding)
{
	const struct nn_rows in = nn_rows(g);
	const int over = in.T + padding - kernel;
	struct nn_layer *l = nn_layer(g, &nn_layer_depthwise, (struct nn_rows){over < 0 ? 0 : over / stride + 1, in.F});
	l->as.depthwise.kernel = kernel;
	l->as.depthwise.stride = stride;
	tensor_at(g, name, "weight", in.F, 1, kernel, NN_TENSOR_UNIFORM, 1.0 / sqrt(kernel));
}

void nn_add_excite(struct nn_sequential *g, const char *reduce, const char *expand, int squeezed)
{
	const struct nn_rows in = nn_rows(g);
	const double scale = 1.0 / sqrt(in.F), scale_squeezed = 1.0 / sqrt(squeezed);
	nn_layer(g, &nn_layer_excite, in)->as.excite.squeezed = squeezed;
	tensor_at(g, reduce, "weight", squeezed, in.F, 1, NN_TENSOR_UNIFORM, scale);
	tensor_at(g, reduce, "bias", squeezed, 0, 0, NN_TENSOR_UNIFORM, scale);
	tensor_at(g, expand, "weight", in.F, squeezed, 1, NN_TENSOR_UNIFORM, scale_squeezed);
	tensor_at(g, expand, "bias", in.F, 0, 0, NN_TENSOR_UNIFORM, scale_squeezed);
}

void nn_add_mean(struct nn_sequential *g)
{
	nn_layer(g, &nn_layer_mean, (struct nn_rows){1, nn_rows(g).F});
}

void nn_add_dropout(struct nn_sequential *g, double rate)
{
	nn_layer(g, &nn_layer_dropout, nn_rows(g))->as.dropout.rate = rate;
}

void nn_add_skip(struct nn_sequential *g, int from, double rate)
{
	struct nn_layer *l = nn_layer(g, &nn_layer_add, nn_rows(g));
	l->as.add.rate = rate;
	l->adds_from = from;
}
