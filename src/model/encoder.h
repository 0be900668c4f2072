/*
 * encoder.h - the network of a model: an InsLSTM over streams, or any model of nn/graph.h over windows
 *
 * A plain InsLSTM is both: the same tensors under the same names, run either way. Streams carry their state from row to row; a window is T
 * rows that end at the one that is predicted and start from nothing, which is the reference's semantics.
 */
#ifndef PV_MODEL_ENCODER_H
#define PV_MODEL_ENCODER_H

#include "model/expression.h"
#include "nn/graph.h"
#include "nn/net.h"

/* Longest window: what is kept of a trace before a block (represent.c). */
enum { PV_MAX_WINDOW_ROWS = 1024 };

struct pv_encoder {
	struct pv_net *net;     /* over streams; NULL: over windows */
	struct pv_graph *graph; /* over windows; NULL: over streams */
	int T;                  /* rows of a window; 0: streams */
	int F, D, K;
	int n_tensors;
	struct pv_tensor *tensors;        /* (n_tensors) in block order */
	const struct pv_tensor *weight;   /* of the last layer (K, D) */
	const struct pv_tensor *bias;     /* of the last layer (K); NULL: none */
	const struct pv_layer *described; /* makes the rows of descriptions of the machines (InsLSTMDSE); `weight`, frozen, keeps a copy of
	                                     them in models. NULL: the rows are trained themselves */
	size_t n_params, n_trained;       /* floats of the block; its first part, which training changes */
};

/*
 * pv_encoder_parse - what an expression stands for
 *
 * @window  rows of a window; 0: streams, for which there are InsLSTM without other options than gru, and MinGRU
 * @F       inputs of a row
 * @K       machines; an expression that names another number is refused
 *
 * Returns: PV_OK; those of pv_expression_parse and pv_graph_new; PV_ERR_SHAPE (another number of machines); PV_ERR_UNSUPPORTED (a model
 *          without representation, or without a row for each machine)
 */
enum pv_status pv_encoder_parse(const char *text, int window, int F, int K, struct pv_expression *expression, struct pv_error *err);

/* pv_encoder_new - the network of a parsed expression, with all its figures filled in */
enum pv_status pv_encoder_new(const struct pv_expression *expression, struct pv_encoder **encoder, struct pv_error *err);
void pv_encoder_free(struct pv_encoder *encoder);

/* pv_encoder_init - initial weights from a seed: the same for a plain InsLSTM over streams and over windows */
void pv_encoder_init(const struct pv_encoder *encoder, const struct pv_expression *expression, float *params, uint64_t seed);

/* pv_encoder_copy - parameters of one encoder as those of another, tensor by tensor; those of another size or name stay as they are */
void pv_encoder_copy(const struct pv_encoder *from, const float *params, const struct pv_encoder *to, float *copy);

/*
 * pv_encoder_rows       - the machines' rows as the parameters have them: into w (K, D) and b (K), which may be NULL without a bias
 * pv_encoder_scale_rows - make what describes the machines give rows `factor` times as large; nothing to do for trained rows
 * pv_encoder_describe   - set the description of machine k, (n) numbers; n is as.described.parameters
 */
void pv_encoder_rows(const struct pv_encoder *encoder, const float *params, double *w, double *b);
void pv_encoder_scale_rows(const struct pv_encoder *encoder, float *params, double factor);
void pv_encoder_describe(const struct pv_encoder *encoder, float *params, int k, const float *numbers);

/* pv_encoder_flops - floating-point operations for one row predicted: forward, and forward with backward */
void pv_encoder_flops(const struct pv_encoder *encoder, double *forward, double *training);

#endif
