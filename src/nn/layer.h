/*
 * layer.h - what a layer is: rows in, rows out, named tensors, forward, backward
 *
 * Shapes: B windows; between layers an activation is (B, T, F): T rows of F floats for each window, row-major, no gaps. T and F are the
 * layer's own: a convolution shortens T, "last" makes it 1.
 *
 * A layer is a value: its kind (functions), its shapes, its options, and where its tensors lie in the parameter block. It owns nothing.
 * What the forward pass must remember for the backward pass goes to its tape, and what either needs for a moment too: the tape is its
 * caller's, sized once. Gradients of parameters are added to; gradients of inputs are set.
 */
#ifndef NN_LAYER_H
#define NN_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/random.h"

/* The activation of one window. */
struct nn_rows {
	int T, F;
};

/* How a tensor starts. */
enum nn_tensor_init {
	NN_TENSOR_ZERO,
	NN_TENSOR_ONE,
	NN_TENSOR_UNIFORM,  /* in [-init_scale, init_scale] */
	NN_TENSOR_NORMAL,   /* mean 0, standard deviation 1 */
	NN_TENSOR_POSITIONS /* the sinusoids of layers/positions.c */
};

/* A named tensor of the parameter block; names and layouts are PyTorch's. */
struct nn_tensor {
	char name[128];
	int n_dims; /* 1 to 3 */
	size_t dims[3];
	size_t n;      /* floats */
	size_t offset; /* in floats, from the start of the block */
	bool frozen;   /* not trained: lies after all trained tensors, has no gradient */
	enum nn_tensor_init init;
	float init_scale;
};

/* One call's circumstances. */
struct nn_pass {
	int B;                    /* windows */
	const float *params;      /* parameter block */
	struct base_random *drop; /* draws dropout masks; NULL: none, as in evaluation. Forward only */
};

struct nn_layer;

struct nn_layer_kind {
	const char *name;
	/* floats of tape for at most B windows; NULL: none */
	size_t (*tape_floats)(const struct nn_layer *layer, int B);
	/* y (B, out) from x (B, in). PV_ERR_RANGE when the data cannot be (an index without a row); nothing else fails */
	enum pv_status (*forward)(const struct nn_layer *layer, const struct nn_pass *pass, const float *x, float *y, float *tape,
	                          struct pv_error *err);
	/* dx (B, in) set, unless NULL; dparams (parameter-block layout) added to; dy (B, out) may be used up */
	void (*backward)(const struct nn_layer *layer, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
	                 float *dparams, float *dx);
	/* floating-point operations of a window forward, and those of them whose gradient goes to the input only; NULL: not worth counting
	 */
	void (*flops)(const struct nn_layer *layer, double *forward, double *to_input);
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
	union {
		struct {
			bool bias;
		} linear;
		struct {
			int hidden;
			bool gru, bi;
		} recurrent;
		struct {
			int kernel, stride, padding;
		} conv;
		struct {
			int heads, hidden;
			double dropout;
		} encoder;
		struct {
			double dropout;
		} positions;
		struct {
			int n; /* machines described */
			int parameters, hidden;
		} described;
		const struct nn_embed_options *embed;
	} as;
};

/* nn_layer_rows - B * T as an int: rows of the layer's input */
static inline int nn_layer_rows(const struct nn_layer *layer, const struct nn_pass *pass)
{
	return pass->B * layer->in.T;
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
extern const struct nn_layer_kind nn_layer_recurrent;          /* LSTM or GRU, one or both directions */
extern const struct nn_layer_kind nn_layer_conv;               /* convolution along T */
extern const struct nn_layer_kind nn_layer_positions;          /* sinusoids added, dropout */
extern const struct nn_layer_kind nn_layer_encoder;            /* self-attention and two linear layers, post-norm */
extern const struct nn_layer_kind nn_layer_embed;              /* table rows looked up by features */
extern const struct nn_layer_kind nn_layer_described;          /* outputs with weights that a small network makes of machine parameters */

#endif
