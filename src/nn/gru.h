/*
 * gru.h - one GRU layer over a chunk of T instructions of B streams
 *
 *   r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)       z = sigmoid(W_iz x + b_iz + W_hz h + b_hz)
 *   n = tanh(W_in x + b_in + r (W_hn h + b_hn))      h_t = (1 - z) n + z h_{t-1}
 *
 * Source: Cho et al., "Learning phrase representations using RNN encoder-decoder" (2014), in PyTorch's form (r after the product) and
 * layouts (rows in the order r, z, n).
 */
#ifndef NN_GRU_H
#define NN_GRU_H

#include <stddef.h>

struct nn_gru_shape {
	int T, B, in, H;
};

/* Offsets of the layer's tensors in the parameter block, and so in the gradient block. */
struct nn_gru_layout {
	size_t w_ih; /* (3H, in) */
	size_t w_hh; /* (3H, H) */
	size_t b_ih; /* (3H) */
	size_t b_hh; /* (3H) */
};

/* What the forward pass leaves for the backward pass. Slot 0 of h is the state before the chunk. */
struct nn_gru_tape {
	float *h;      /* (T + 1, B, H) */
	float *gates;  /* (T, B, 3H): r, z, n; the backward pass leaves the gradients of W_ih x + b_ih there */
	float *hidden; /* (T, B, 3H): W_hh h + b_hh; the backward pass leaves its gradients there */
	float *dh;     /* (B, H) room of a call */
	float *packed; /* nn_gru_packed_floats(H): room of a call */
};

/* nn_gru_packed_floats - room for the packed recurrent weights, forward and backward */
size_t nn_gru_packed_floats(int H);

/* nn_gru_forward - x is (T, B, in); fills slots 1..T of the tape from slot 0 */
void nn_gru_forward(const struct nn_gru_shape *s, const struct nn_gru_layout *at, const float *params, const float *x,
                    struct nn_gru_tape *tape);

/* nn_gru_backward - dy (T, B, H) from above; dparams added to; dx (T, B, in) set, or NULL. Uses the tape up. */
void nn_gru_backward(const struct nn_gru_shape *s, const struct nn_gru_layout *at, const float *params, const float *x, const float *dy,
                     struct nn_gru_tape *tape, float *dparams, float *dx);

#endif
