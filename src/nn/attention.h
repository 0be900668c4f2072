/*
 * attention.h - multi-head self-attention of windows of T rows of E
 *
 *   q, k, v = x W_in^T + b_in (3E);  per head: P = softmax(q k^T / sqrt(E / heads)), context = dropout(P) v;  y = context W_out^T + b_out
 *
 * Source: Vaswani et al., "Attention is all you need" (2017); layouts as in PyTorch.
 */
#ifndef NN_ATTENTION_H
#define NN_ATTENTION_H

#include <stddef.h>

#include "base/random.h"

struct nn_attention_shape {
	int B, T, E, heads; /* E is a multiple of heads */
	double dropout;     /* of P */
};

/* Offsets of the tensors in the parameter block. */
struct nn_attention_layout {
	size_t in_weight, in_bias;   /* (3E, E), (3E) */
	size_t out_weight, out_bias; /* (E, E), (E) */
};

/* What the forward pass leaves for the backward pass; the last three are room. */
struct nn_attention_tape {
	float *qkv;     /* (B, T, 3E) */
	float *P;       /* (B, heads, T, T) after softmax */
	float *mask;    /* likewise; NULL when dropout is 0 */
	float *context; /* (B, T, E) */
	float *dqkv;    /* (B, T, 3E) */
	float *dcontext;
	float *dP; /* (2, T, T) */
};

void nn_attention_forward(const struct nn_attention_shape *s, const struct nn_attention_layout *at, const float *params,
                          struct base_random *drop, const float *x, float *y, struct nn_attention_tape *tape);

/* nn_attention_backward - dy (B, T, E); dparams added to; dx (B, T, E) set, or NULL */
void nn_attention_backward(const struct nn_attention_shape *s, const struct nn_attention_layout *at, const float *params, const float *x,
                           const float *dy, struct nn_attention_tape *tape, float *dparams, float *dx);

#endif
