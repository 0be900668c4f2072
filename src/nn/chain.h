/*
 * chain.h - what is inside struct nn_sequential, for the files that build and run it
 */
#ifndef NN_CHAIN_H
#define NN_CHAIN_H

#include "nn/sequential.h"

enum { NN_MAX_LAYERS = 320, NN_MAX_TENSORS = 640, NN_MAX_EMBEDS = 2, NN_MAX_CONSTANTS = 2 };

/* Sizes that an int can count through: rows of a shape, floats of a tensor. */
static const size_t NN_MAX_FLOATS = (size_t)1 << 28;

struct nn_constant_values {
	char name[128];
	float *values;
	size_t n;
};

struct nn_sequential {
	struct nn_rows input;
	int n_layers, representation; /* layers below the representation; -1: none */
	struct nn_layer layers[NN_MAX_LAYERS];
	int n_tensors;
	struct nn_tensor tensors[NN_MAX_TENSORS];
	size_t n_params, n_trained, n_tracked;
	char prefix[48];
	char text[NN_EXPRESSION_CHARS];
	int n_embeds;
	struct nn_embed_options *embeds[NN_MAX_EMBEDS];
	int n_constants;
	struct nn_constant_values constants[NN_MAX_CONSTANTS];
	struct nn_layer spare; /* returned after a failure */
	struct nn_tensor spare_tensor;
	struct pv_error failure;
};

/* nn_all_floats - of B windows, or of B streams and T rows when T is not 0 */
static inline size_t nn_all_floats(struct nn_rows rows, int B, int T)
{
	return (size_t)(T ? T : rows.T) * (size_t)rows.F * (size_t)B;
}

#endif
