/*
 * efficient_net.h - a one-dimensional EfficientNet: inverted residual bottlenecks along the rows of a window (the reference's E1DNet)
 *
 *   1x1 -> norm -> swish -> blocks -> 1x1 -> norm -> swish -> mean row -> dropout [-> ReLU] = representation
 *   block: [1x1, norm, swish] -> depthwise -> norm -> swish [-> squeeze and excitation] -> 1x1 -> norm [-> + the block's input]
 *
 * Source: Tan, Le, "EfficientNet: rethinking model scaling for convolutional neural networks" (2019); PerfVec, ML/models/efficientnet.
 */
#ifndef NN_EFFICIENT_NET_H
#define NN_EFFICIENT_NET_H

#include "nn/sequential.h"

enum { NN_MAX_BLOCKS = 32 };

/* A block's shape, written as in "r1_k2_s2_e2_i512_o128_se0.25", with "_noskip" where repeated blocks do not add their input. */
struct nn_block {
	int repeat, kernel, stride, expand;
	int in, out;   /* columns, before the width is scaled */
	double excite; /* squeezed columns as a share of `in`; 0: no squeeze and excitation */
	bool skip;
};

struct nn_efficient_net {
	int n_blocks;
	struct nn_block blocks[NN_MAX_BLOCKS];
	double width, depth; /* factors of all columns, and of all repeats */
	double dropout, drop_connect;
	bool relu; /* of the representation */
};

/* nn_block_parse - false when the text is no block */
bool nn_block_parse(const char *text, struct nn_block *block);

/* nn_efficient_net_blocks - the reference's blocks, for windows of 256 rows */
void nn_efficient_net_blocks(struct nn_efficient_net *net);

/* nn_add_efficient_net - all layers up to the representation */
void nn_add_efficient_net(struct nn_sequential *chain, const struct nn_efficient_net *net);

#endif
