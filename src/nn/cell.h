/*
 * cell.h - kinds of recurrent layers that streams can run, behind one table of functions
 *
 * Shapes: T steps, B streams, `in` inputs, H hidden. The pass over a chunk starts from slot 0 of the tape and leaves the state after it in
 * slot T. nn/lstm.h, nn/gru.h and nn/mingru.h say what each computes.
 */
#ifndef NN_CELL_H
#define NN_CELL_H

#include <stdbool.h>
#include <stddef.h>

struct nn_lstm_packed;

enum nn_cell { NN_CELL_LSTM, NN_CELL_GRU, NN_CELL_MINGRU, NN_N_CELLS };

struct nn_cell_shape {
	int T, B, in, H;
};

/* Offsets of the layer's tensors in the parameter block, and so in the gradient block; G gates. */
struct nn_cell_layout {
	size_t w_ih; /* (G H, in) */
	size_t w_hh; /* (G H, H); not with a minGRU */
	size_t b_ih; /* (G H) */
	size_t b_hh; /* (G H); not with a minGRU */
};

/* What the forward pass leaves for the backward pass, which uses it up. */
struct nn_cell_tape {
	float *h;     /* (T + 1, B, H) */
	float *c;     /* (T + 1, B, H); LSTM only */
	float *gates; /* (T, B, G H) */
	float *extra; /* (T, B, E H) */
};

/* Room of a call. */
struct nn_cell_scratch {
	float *bias;                         /* (G H) */
	float *dh, *dc;                      /* (B, H) each */
	float *w_ih, *w_hh;                  /* packed_floats(in, H), packed_floats(H, H) */
	const struct nn_lstm_packed *packed; /* of an LSTM's weights, made before; NULL: none (nn/lstm.h) */
};

struct nn_cell_kind {
	const char *prefix; /* of its tensors' names */
	int n_gates;        /* G */
	int n_extra;        /* E */
	bool has_c;         /* a second carried state */
	bool recurrent;     /* has w_hh and b_hh */
	size_t (*packed_floats)(int in, int H);
	void (*forward)(const struct nn_cell_shape *s, const struct nn_cell_layout *at, const float *params, const float *x,
	                const struct nn_cell_tape *tape, const struct nn_cell_scratch *scratch);
	/* dy (T, B, H) from above; dparams is added to; dx (T, B, in) set, or NULL */
	void (*backward)(const struct nn_cell_shape *s, const struct nn_cell_layout *at, const float *params, const float *x,
	                 const float *dy, const struct nn_cell_tape *tape, const struct nn_cell_scratch *scratch, float *dparams,
	                 float *dx);
};

/* nn_cell_kind_of - the row of the table */
const struct nn_cell_kind *nn_cell_kind_of(enum nn_cell cell);

#endif
