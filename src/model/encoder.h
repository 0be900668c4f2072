/*
 * encoder.h - the network of a model: an InsLSTM over streams, or any model of nn/graph.h over windows
 *
 * A plain InsLSTM is both: the same tensors under the same names, run either way. Streams carry their state from row to row; a window is T
 * rows that end at the one that is predicted and start from nothing, which is the reference's semantics.
 */
#ifndef MODEL_ENCODER_H
#define MODEL_ENCODER_H

#include "model/expression.h"
#include "nn/graph.h"
#include "nn/net.h"

/* Longest window: what is kept of a trace before a block (represent.c). */
enum { MODEL_MAX_WINDOW_ROWS = 1024 };

struct model_encoder {
	struct nn_net *net;     /* over streams; NULL: over windows */
	struct nn_graph *graph; /* over windows; NULL: over streams */
	int T;                  /* rows of a window; 0: streams */
	int F, D, K;
	int n_tensors;
	struct nn_tensor *tensors;        /* (n_tensors) in block order */
	const struct nn_tensor *weight;   /* of the last layer (K, D) */
	const struct nn_tensor *bias;     /* of the last layer (K); NULL: none */
	const struct nn_layer *described; /* makes the rows of descriptions of the machines (InsLSTMDSE); `weight`, frozen, keeps a copy of
	                                     them in models. NULL: the rows are trained themselves */
	size_t n_params, n_trained;       /* floats of the block; its first part, which training changes */
};

/*
 * model_encoder_parse - what an expression stands for
 *
 * @window  rows of a window; 0: streams, for which there are InsLSTM without other options than gru, and MinGRU
 * @F       inputs of a row
 * @K       machines; an expression that names another number is refused
 *
 * Returns: PV_OK; those of model_expression_parse and nn_graph_new; PV_ERR_SHAPE (another number of machines); PV_ERR_UNSUPPORTED (a model
 *          without representation, or without a row for each machine)
 */
enum pv_status model_encoder_parse(const char *text, int window, int F, int K, struct model_expression *expression, struct pv_error *err);

/* model_encoder_new - the network of a parsed expression, with all its figures filled in */
enum pv_status model_encoder_new(const struct model_expression *expression, struct model_encoder **encoder, struct pv_error *err);
void model_encoder_free(struct model_encoder *encoder);

/* model_encoder_init - initial weights from a seed: the same for a plain InsLSTM over streams and over windows */
void model_encoder_init(const struct model_encoder *encoder, const struct model_expression *expression, float *params, uint64_t seed);

/* model_encoder_copy - parameters of one encoder as those of another, tensor by tensor; those of another size or name stay as they are */
void model_encoder_copy(const struct model_encoder *from, const float *params, const struct model_encoder *to, float *copy);

/*
 * model_encoder_rows       - the machine vectors as the parameters have them: into w (K, D) and b (K), which may be NULL without a bias
 * model_encoder_scale_rows - make what describes the machines give rows `factor` times as large; nothing to do for trained rows
 * model_encoder_describe   - set the description of machine k, (n) numbers; n is as.described.parameters
 */
void model_encoder_rows(const struct model_encoder *encoder, const float *params, double *w, double *b);
void model_encoder_scale_rows(const struct model_encoder *encoder, float *params, double factor);
void model_encoder_describe(const struct model_encoder *encoder, float *params, int k, const float *numbers);

/* model_encoder_flops - floating-point operations for one row predicted: forward, and forward with backward */
void model_encoder_flops(const struct model_encoder *encoder, double *forward, double *training);

#endif
