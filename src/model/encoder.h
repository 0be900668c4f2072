/*
 * encoder.h - the network of a model: a chain of layers (nn/sequential.h), how it is run, and where the machine vectors lie in it
 *
 * Over streams the state is carried from row to row; a window is T rows that end at the one that is predicted and start from nothing, which
 * is the reference's semantics. The parameter block is the same either way.
 */
#ifndef MODEL_ENCODER_H
#define MODEL_ENCODER_H

#include <stdbool.h>

#include "nn/sequential.h"

enum {
	MODEL_MAX_WINDOW_ROWS = 1024, /* longest window: what is kept of a trace before a block (represent.c) */
	MODEL_MAX_MACHINES = 65536,
	MODEL_EXPRESSION_CHARS = NN_EXPRESSION_CHARS
};

/* What an encoder is made from; filled by model_expression_parse. */
struct model_expression {
	char text[MODEL_EXPRESSION_CHARS]; /* canonical: every number filled in */
	int n_machines;                    /* K */
	int n_inputs;                      /* F */
	int window;                        /* rows of a window; 0: over streams */
	int n_repr;                        /* D */
	bool bias;                         /* of the last layer */
};

struct model_encoder {
	struct nn_sequential *chain;
	int T; /* rows of a window; 0: streams */
	int F, D, K;
	int n_tensors;
	const struct nn_tensor *tensors;  /* (n_tensors) in block order */
	const struct nn_tensor *weight;   /* of the last layer (K, D) */
	const struct nn_tensor *bias;     /* of the last layer (K); NULL: none */
	const struct nn_layer *described; /* makes the rows of descriptions of the machines (InsLSTMDSE); `weight`, frozen, keeps a copy of
	                                     them in models. NULL: the rows are trained themselves */
	size_t n_params, n_trained;       /* floats of the block; its first part, which training changes */
};

/*
 * model_expression_parse - what an expression stands for
 *
 * @window  rows of a window; 0: streams, which models can run whose layers need no whole window (nn/sequential.h)
 * @steps   streams: rows of the dataset's windows, which CNN and MLP look at unless they say rows=; 0: 1
 * @F       inputs of a row
 * @K       machines; an expression that names another number is refused
 *
 * Returns: PV_OK; those of nn_sequential_new and nn_sequential_streams; PV_ERR_SHAPE (another number of machines); PV_ERR_UNSUPPORTED (a
 *          model without representation, or without a row for each machine)
 */
enum pv_status model_expression_parse(const char *text, int window, int steps, int F, int K, struct model_expression *expression,
                                      struct pv_error *err);

/* model_expression_set_machines - the same model with another number of machines */
enum pv_status model_expression_set_machines(struct model_expression *expression, int n_machines, struct pv_error *err);

/* model_expression_streams - whether a model can run over streams; false also when the text is no model */
bool model_expression_streams(const char *text, int steps, int F, int K);

/* model_encoder_new - the network of a parsed expression */
enum pv_status model_encoder_new(const struct model_expression *expression, struct model_encoder **encoder, struct pv_error *err);
void model_encoder_free(struct model_encoder *encoder);

/* model_encoder_copy - parameters of one encoder as those of another, tensor by tensor; those of another size or name stay as they are. Two
 * encoders of the same text have the same block, and need no copy */
void model_encoder_copy(const struct model_encoder *from, const float *params, const struct model_encoder *to, float *copy);

/*
 * model_encoder_rows       - the machine vectors as the parameters have them: into w (K, D) and b (K), which may be NULL without a bias
 * model_encoder_scale_rows - make what describes the machines give rows `factor` times as large; nothing to do for trained rows
 * model_encoder_describe   - set the description of machine k, (n) numbers; n is as.described.parameters
 */
void model_encoder_rows(const struct model_encoder *encoder, const float *params, double *w, double *b);
void model_encoder_scale_rows(const struct model_encoder *encoder, float *params, double factor);
void model_encoder_describe(const struct model_encoder *encoder, float *params, int k, const float *numbers);

/* model_encoder_warmup - rows to run before the first that counts, over streams: as many as usual, or more where the model looks further
 * back
 */
int model_encoder_warmup(const struct model_encoder *encoder, int rows);

/* model_encoder_flops - floating-point operations for one row predicted: forward, and forward with backward */
void model_encoder_flops(const struct model_encoder *encoder, double *forward, double *training);

#endif
