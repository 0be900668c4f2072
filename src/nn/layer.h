/*
 * layer.h - what a layer is: rows in, rows out, named tensors, forward, backward, and what it carries along a stream
 *
 * Shapes: B windows or streams. Over windows an activation between layers is (B, T, F): T rows of F floats for each window; T and F are the
 * layer's own: a convolution shortens T, "last" makes it 1. Over streams it is time-major, (T, B, F), and every layer has an output for
 * each of the chunk's T rows. All arrays are row-major without gaps, so a layer that treats each row by itself need not know which it is.
 *
 * A layer is a value: its kind (functions), its shapes, its options, and where its tensors lie in the parameter block. It owns nothing.
 * What the forward pass must remember for the backward pass goes to its tape, and what either needs for a moment too: the tape is its
 * caller's, sized once. So is the state that a layer carries from chunk to chunk. Gradients of parameters are added to; gradients of
 * inputs are set.
 */
#ifndef NN_LAYER_H
#define NN_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/random.h"
#include "nn/cell.h"
#include "nn/history.h"

/* The activation of one window. */
struct nn_rows {
	int T, F;
};

/* How a tensor starts. */
enum nn_tensor_init {
	NN_TENSOR_ZERO,
	NN_TENSOR_ONE,
	NN_TENSOR_UNIFORM,   /* in [-init_scale, init_scale] */
	NN_TENSOR_NORMAL,    /* mean 0, standard deviation init_scale */
	NN_TENSOR_TIMES,     /* biases of a minGRU's gate z: how long its units remember (sequential.c) */
	NN_TENSOR_POSITIONS, /* the sinusoids of layers/positions.c */
};

/* A named tensor of the parameter block; names and layouts are PyTorch's. */
struct nn_tensor {
	char name[128];
	int n_dims; /* 1 to 3 */
	size_t dims[3];
	size_t n;      /* floats */
	size_t offset; /* in floats, from the start of the block */
	bool frozen;   /* not trained by its gradient: lies after all trained tensors */
	bool tracked;  /* frozen, but follows what training passes see (running moments): lies before the other frozen ones */
	enum nn_tensor_init init;
	double init_scale;
	size_t init_columns; /* matrices: columns from this one on start as 0; 0: none */
};

/* One call's circumstances. */
struct nn_pass {
	int B;                    /* windows or streams */
	int T;                    /* streams: rows of the chunk; 0: windows, whose rows each layer knows */
	const float *params;      /* parameter block */
	struct base_random *drop; /* training, forward: draws dropout masks; NULL: evaluation */
	const float *input;       /* what the chain's lowest layer got; of window_rows rows over windows */
	int window_rows;
	float *state;         /* streams: the layer's carried state (state.T, B, state.F); the forward pass moves it on */
	const float *packed;  /* streams: the layer's rearranged weights, when there are any */
	const float *skipped; /* a layer that adds: the activation that it adds to its input */
};

struct nn_layer;

struct nn_layer_kind {
	const char *name;
	/* floats of tape; of the pass only B and T are set, as large as they get; NULL: none */
	size_t (*tape_floats)(const struct nn_layer *layer, const struct nn_pass *pass);
	/* y from x. PV_ERR_RANGE when the data cannot be (an index without a row); nothing else fails */
	enum pv_status (*forward)(const struct nn_layer *layer, const struct nn_pass *pass, const float *x, float *y, float *tape,
	                          struct pv_error *err);
	/* dx set, unless NULL; dparams (parameter-block layout) added to; dy may be used up */
	void (*backward)(const struct nn_layer *layer, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
	                 float *dparams, float *dx);
	/* floating-point operations of `rows` output rows forward, and those of them whose gradient goes to the input only; NULL: not worth
	 * counting */
	void (*flops)(const struct nn_layer *layer, int rows, double *forward, double *to_input);
	bool in_place; /* the backward pass can have dx where dy is */

	/* Tracked tensors: what backward added to their places of dparams, over all windows of a step, moves them. NULL: there are none */
	void (*track)(const struct nn_layer *layer, float *params, const float *seen);

	/* Over streams. Why a layer exists over windows only, such as "attends to all rows of its window"; NULL: it runs over streams. A
	 * kind without this function exists over windows only. */
	const char *(*needs_windows)(const struct nn_layer *layer);
	/* told layer->spacing, notes what it needs of it and returns the spacing of its output; NULL: the same */
	int (*spread)(struct nn_layer *layer);
	/* rows and their floats carried for each stream; NULL: nothing is */
	struct nn_rows (*state)(const struct nn_layer *layer);
	/* The layer's weights rearranged for its products, made once for many passes: their floats, and one of packed_parts parts written.
	 * NULL: none */
	size_t (*packed_floats)(const struct nn_layer *layer, bool for_training);
	int packed_parts;
	void (*pack)(const struct nn_layer *layer, const float *params, bool for_training, int part, float *packed);
};

enum { NN_LAYER_MAX_TENSORS = 12, NN_EMBED_MAX_TABLES = 4, NN_EMBED_MAX_FIELDS = 12 };

/* index = sum of multiplier * feature; `repeat` lookups, each `stride` features further */
struct nn_embed_table {
	int rows, width;
	int repeat, stride;
	int n_fields;
	int feature[NN_EMBED_MAX_FIELDS], multiplier[NN_EMBED_MAX_FIELDS];
	int bounded; /* two fields, class and index: classes below this have indices below multiplier[0]; 0 checks nothing */
};

struct nn_embed_options {
	int n_tables;
	struct nn_embed_table tables[NN_EMBED_MAX_TABLES];
	int n_kept; /* features that pass as they are */
	int kept[64];
};

struct nn_layer {
	const struct nn_layer_kind *kind;
	struct nn_rows in, out;
	size_t at[NN_LAYER_MAX_TENSORS]; /* offsets of its tensors in the parameter block */
	int n_tensors;
	int adds_from; /* the layer whose input this one adds to its own: the gradient goes there, too; -1: none */
	int spacing;   /* over streams: rows from one to the next of those that neighbour each other in a window; above a stride more than 1
	                */
	bool lowest;   /* no layer below it is trained: training does not ask for the gradient of its input */
	union {
		struct {
			bool bias;
		} linear;
		struct {
			int hidden;
			enum nn_cell cell;
			bool bi;
		} recurrent;
		struct {
			int kernel, stride, padding;
			struct nn_history history; /* the kernel's rows of a stream */
		} conv;
		struct {
			struct nn_history history; /* the window's rows of a stream */
		} flatten;
		struct {
			int heads, hidden;
			double dropout;
		} encoder;
		struct {
			double dropout;
		} positions;
		struct {
			double momentum, epsilon;
		} batch_norm;
		struct {
			int kernel, stride;
		} depthwise;
		struct {
			int squeezed;
		} excite;
		struct {
			double rate;
		} dropout, add;
		struct {
			int n; /* machines described */
			int parameters, hidden;
		} described;
		const struct nn_embed_options *embed;
	} as;
};

/* nn_layer_rows - rows of the layer's input, of all windows or streams together */
static inline int nn_layer_rows(const struct nn_layer *layer, const struct nn_pass *pass)
{
	return pass->B * (pass->T ? pass->T : layer->in.T);
}

/* nn_runs_over_streams - needs_windows of a layer that always runs over streams */
static inline const char *nn_runs_over_streams(const struct nn_layer *layer)
{
	(void)layer;
	return NULL;
}

/* nn_take - the next n floats of a tape, at a multiple of 64 bytes; with *used counting from 0 and tape NULL it measures */
static inline float *nn_take(float *tape, size_t *used, size_t n)
{
	float *p = tape ? tape + *used : NULL;
	*used += (n + 15) / 16 * 16;
	return p;
}

/* The kinds there are: layers/NAME.c */
extern const struct nn_layer_kind nn_layer_linear;             /* weight (out, in), [bias (out)] on every row */
extern const struct nn_layer_kind nn_layer_relu;               /* max(x, 0) */
extern const struct nn_layer_kind nn_layer_last;               /* the last row */
extern const struct nn_layer_kind nn_layer_flatten;            /* one row of T * F, row after row */
extern const struct nn_layer_kind nn_layer_flatten_by_channel; /* one row of F * T, column after column */
extern const struct nn_layer_kind nn_layer_shift;              /* one number added to everything */
extern const struct nn_layer_kind nn_layer_norm;               /* layer normalisation over (T, F) */
extern const struct nn_layer_kind nn_layer_wide;               /* each row, then the chain's inputs, then a 1 */
extern const struct nn_layer_kind nn_layer_recurrent;          /* LSTM, GRU or minGRU, one or both directions */
extern const struct nn_layer_kind nn_layer_conv;               /* convolution along T */
extern const struct nn_layer_kind nn_layer_positions;          /* sinusoids added, dropout */
extern const struct nn_layer_kind nn_layer_encoder;            /* self-attention and two linear layers, post-norm */
extern const struct nn_layer_kind nn_layer_embed;              /* table rows looked up by features */
extern const struct nn_layer_kind nn_layer_batch_norm;         /* each column normalised over all rows of all windows */
extern const struct nn_layer_kind nn_layer_swish;              /* x sigmoid(x) */
extern const struct nn_layer_kind nn_layer_depthwise;          /* each column convolved along T by itself, zeros behind its end */
extern const struct nn_layer_kind nn_layer_excite;             /* columns scaled by what a small network makes of their means */
extern const struct nn_layer_kind nn_layer_mean;               /* the mean row */
extern const struct nn_layer_kind nn_layer_dropout;            /* elements dropped while training */
extern const struct nn_layer_kind nn_layer_add;                /* an earlier layer's input added; while training, to some windows only */
extern const struct nn_layer_kind nn_layer_described;          /* outputs with weights that a small network makes of machine parameters */

#endif
