/*
 * efficient_net.c - a one-dimensional EfficientNet as a chain of layers
 *
 * Tensors have the names that the reference's modules give them. Two of its habits are kept because they decide what a model is: a
 * depthwise convolution's zeros all lie behind the window, and are counted from the size that each stride would leave of the window if it
 * divided it; and only repeated blocks add their input, because only their stride is a number to compare with.
 */
#include "nn/efficient_net.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns before the first block and behind the last one; what columns are multiples of. */
enum { STEM = 512, HEAD = 1280, DIVISOR = 8 };

static const double momentum = 0.01, epsilon = 1e-3;

/* ---- what a block is ---- */

static bool set_option(struct nn_block *b, const char *key, size_t n, double value)
{
	int *const whole = n != 1        ? NULL
	                   : *key == 'r' ? &b->repeat
	                   : *key == 'k' ? &b->kernel
	                   : *key == 's' ? &b->stride
	                   : *key == 'e' ? &b->expand
	                   : *key == 'i' ? &b->in
	                   : *key == 'o' ? &b->out
	                                 : NULL;
	if (n == 2 && !memcmp(key, "se", 2) && value >= 0.0 && value <= 1.0)
		b->excite = value;
	else if (whole && value >= 1.0 && value <= 65536.0 && value == floor(value))
		*whole = (int)value;
	else
		return false;
	return true;
}

bool nn_block_parse(const char *text, struct nn_block *block)
{
	struct nn_block b = {.skip = true};
	for (const char *at = text; *at; at += *at == '_') {
		size_t n = 0;
		char *end;
		if (!strcmp(at, "noskip")) {
			b.skip = false;
			break;
		}
		while (isalpha((unsigned char)at[n]))
			n++;
		if (!isdigit((unsigned char)at[n]))
			return false;
		const double value = strtod(at + n, &end);
		/* A stride may be written twice, for two directions. */
		const bool twice = n == 1 && *at == 's' && end == at + 3 && at[1] == at[2];
		if ((*end && *end != '_') || !set_option(&b, at, n, twice ? (double)(at[1] - '0') : value))
			return false;
		at = end;
	}
	*block = b;
	return b.repeat && b.kernel && b.stride && b.stride < 10 && b.expand && b.in && b.out && b.repeat <= 16 && b.kernel <= 1024;
}

void nn_efficient_net_blocks(struct nn_efficient_net *net)
{
	static const int columns[] = {512, 128, 196, 256, 384, 512, 768, 1024, 1536};
	net->n_blocks = (int)(sizeof columns / sizeof *columns) - 1;
	for (int i = 0; i < net->n_blocks; i++)
		net->blocks[i] = (struct nn_block){1, 2, 2, 2, columns[i], columns[i + 1], 0.25, true};
}

/* ---- its layers ---- */

/* Scaled to a multiple of DIVISOR, not more than a tenth below. */
static int scaled(const struct nn_efficient_net *net, int columns)
{
	const double wanted = columns * net->width;
	int n = (int)(wanted + DIVISOR / 2.0) / DIVISOR * DIVISOR;
	n = n < DIVISOR ? DIVISOR : n;
	return n < 0.9 * wanted ? n + DIVISOR : n;
}

static const char *under(const char *block, const char *name, char full[64])
{
	snprintf(full, 64, "%s%s", block, name);
	return full;
}

/* Zeros behind a window of `size` rows. */
static int padding(int size, int kernel, int stride)
{
	const int n = (int)ceil((double)(size - kernel) / stride) + 1;
	return stride == 1 ? kernel - 1 : stride * (n - 1) + kernel - size;
}

static void add_pointwise(struct nn_sequential *g, const char *block, const char *conv, const char *norm, int out, bool activated)
{
	char name[64];
	nn_add_pointwise(g, under(block, conv, name), out);
	nn_add_batch_norm(g, under(block, norm, name), momentum, epsilon);
	if (activated)
		nn_add_swish(g);
}

/* @drop  share of windows whose branch is dropped; below 0: nothing is added */
static void add_block(struct nn_sequential *g, const struct nn_block *b, int number, int in, int out, int size, double drop)
{
	const int from = nn_here(g), squeezed = (int)(in * b->excite);
	char block[32], name[64], other[64];
	snprintf(block, sizeof block, "_blocks.%d.", number);
	if (b->expand > 1)
		add_pointwise(g, block, "_expand_conv", "_bn0", in * b->expand, true);
	nn_add_depthwise(g, under(block, "_depthwise_conv", name), b->kernel, b->stride, padding(size, b->kernel, b->stride));
	nn_add_batch_norm(g, under(block, "_bn1", name), momentum, epsilon);
	nn_add_swish(g);
	if (b->excite > 0.0)
		nn_add_excite(g, under(block, "_se_reduce", name), under(block, "_se_expand", other), squeezed < 1 ? 1 : squeezed);
	add_pointwise(g, block, "_project_conv", "_bn2", out, false);
	if (drop >= 0.0)
		nn_add_skip(g, from, drop);
}

static int repeats(const struct nn_efficient_net *net, int block)
{
	return (int)ceil(net->depth * net->blocks[block].repeat);
}

void nn_add_efficient_net(struct nn_sequential *g, const struct nn_efficient_net *net)
{
	int size = nn_rows(g).T, n_blocks = 0, number = 0;
	for (int i = 0; i < net->n_blocks; i++)
		n_blocks += repeats(net, i);
	add_pointwise(g, "", "_conv_stem", "_bn0", scaled(net, STEM), true);
	for (int i = 0; i < net->n_blocks; i++) {
		struct nn_block b = net->blocks[i];
		const int in = scaled(net, b.in), out = scaled(net, b.out);
		for (int k = 0; k < repeats(net, i); k++, number++) {
			add_block(g, &b, number, k ? out : in, out, size, k && b.skip ? net->drop_connect * number / n_blocks : -1.0);
			size = (size + b.stride - 1) / b.stride;
			b.stride = 1;
		}
	}
	add_pointwise(g, "", "_conv_head", "_bn1", scaled(net, HEAD), true);
	nn_add_mean(g);
	nn_add_dropout(g, net->dropout);
	if (net->relu)
		nn_add_relu(g);
}
