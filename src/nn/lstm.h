/*
 * lstm.h - one LSTM layer over a chunk of T instructions of B streams
 *
 *   gates = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh        (4H), in the order i, f, g, o
 *   c_t = sigmoid(f) c_{t-1} + sigmoid(i) tanh(g);  h_t = sigmoid(o) tanh(c_t)
 *
 * Source: Hochreiter and Schmidhuber, "Long short-term memory" (1997), with the forget gate of Gers et al. (2000); layouts as in PyTorch.
 */
#ifndef NN_LSTM_H
#define NN_LSTM_H

#include <stddef.h>

struct nn_lstm_shape {
	int T, B, in, H;
};

/* Offsets of the layer's tensors in the parameter block, and so in the gradient block. */
struct nn_lstm_layout {
	size_t w_ih; /* (4H, in) */
	size_t w_hh; /* (4H, H) */
	size_t b_ih; /* (4H) */
	size_t b_hh; /* (4H) */
};

/* What the forward pass leaves for the backward pass. Slot 0 of h and c is the state before the chunk, slot T the state after it. */
struct nn_lstm_tape {
	float *h;      /* (T + 1, B, H) */
	float *c;      /* (T + 1, B, H) */
	float *gates;  /* (T, B, 4H), activations; the backward pass turns them into gradients in place */
	float *tanh_c; /* (T, B, H) */
};

/* A layer's weights rearranged for the products of both passes (packed.h). */
struct nn_lstm_packed {
	float *ih, *hh;           /* forward */
	float *ih_back, *hh_back; /* backward; ih_back NULL: made in each call that asks for the gradient of the input */
};

/* Room that lasts for one call. */
struct nn_lstm_scratch {
	float *bias;                         /* (4H) */
	float *dh;                           /* (B, H) */
	float *dc;                           /* (B, H) */
	float *w_ih;                         /* nn_lstm_packed_floats(in, H): packed weights */
	float *w_hh;                         /* nn_lstm_packed_floats(H, H) */
	const struct nn_lstm_packed *packed; /* of these parameters, made before; NULL: packed in each call, into w_ih and w_hh */
};

/* nn_lstm_packed_floats - room for the packed weights of an (in, 4H) product and of its gradient */
size_t nn_lstm_packed_floats(int in, int H);

/* nn_lstm_forward - x is (T, B, in); fills slots 1..T of the tape from slot 0 */
void nn_lstm_forward(const struct nn_lstm_shape *s, const struct nn_lstm_layout *at, const float *params, const float *x,
                     struct nn_lstm_tape *tape, struct nn_lstm_scratch *scratch);

/*
 * nn_lstm_backward - gradients of the chunk that the tape holds; uses the tape up
 *
 * @dy       (T, B, H) gradient with respect to h_1..h_T from above
 * @dparams  parameter-block layout; added to
 * @dx       (T, B, in) set; NULL skips it
 */
void nn_lstm_backward(const struct nn_lstm_shape *s, const struct nn_lstm_layout *at, const float *params, const float *x, const float *dy,
                      struct nn_lstm_tape *tape, struct nn_lstm_scratch *scratch, float *dparams, float *dx);

#endif
