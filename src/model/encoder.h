/*
 * encoder.h - the network of a model: a chain of layers (nn/sequential.h), how it is run, and where the machine vectors lie in it
 *
 * Over streams the state is carried from row to row; a window is T rows that end at the one that is predicted and start from nothing, which
 * is the reference's semantics. The parameter block is the same either way.
 */
#ifndef PV_MODEL_ENCODER_H
#define PV_MODEL_ENCODER_H

#include <stdbool.h>
#include <string.h>

#include "nn/sequential.h"

enum {
	PV_MAX_WINDOW_ROWS = 1024, /* longest window: what is kept of a trace before a block (represent.c) */
	PV_MAX_MACHINES = 65536,
	PV_EXPRESSION_CHARS = NN_EXPRESSION_CHARS
};

/* What an encoder is made from; filled by pv_expression_parse. */
struct pv_expression {
	char text[PV_EXPRESSION_CHARS]; /* canonical: every number filled in */
	int n_machines;                 /* K */
	int n_inputs;                   /* F */
	int window;                     /* rows of a window; 0: over streams */
	int n_repr;                     /* D */
	bool bias;                      /* of the last layer */
};

struct pv_encoder {
	struct nn_sequential *chain;
	int T; /* rows of a window; 0: streams */
	int F, D, K;
	int n_tensors;
	const struct pv_tensor *tensors;  /* (n_tensors) in block order */
	const struct pv_tensor *weight;   /* of the last layer (K, D) */
	const struct pv_tensor *bias;     /* of the last layer (K); NULL: none */
	const struct pv_layer *described; /* makes the rows of descriptions of the machines (InsLSTMDSE); `weight`, frozen, keeps a copy of
	                                     them in models. NULL: the rows are trained themselves */
	size_t n_params, n_trained;       /* floats of the block; its first part, which training changes */
};

/*
 * pv_expression_parse - what an expression stands for
 *
 * @window  rows of a window; 0: streams, which models can run whose layers need no whole window (nn/sequential.h)
 * @steps   streams: rows of the dataset's windows, which CNN and MLP look at unless they say rows=; 0: 1
 * @F       inputs of a row
 * @K       machines; an expression that names another number is refused
 *
 * Returns: PV_OK; those of nn_sequential_new and nn_sequential_streams; PV_ERR_SHAPE (another number of machines); PV_ERR_UNSUPPORTED (a
 *          model without representation, or without a row for each machine)
 */
enum pv_status pv_expression_parse(const char *text, int window, int steps, int F, int K, struct pv_expression *expression,
                                   struct pv_error *err);

/* pv_expression_repr - D. pv_expression_print - the canonical text */
static inline int pv_expression_repr(const struct pv_expression *expression)
{
	return expression->n_repr;
}

static inline void pv_expression_print(const struct pv_expression *expression, char text[PV_EXPRESSION_CHARS])
{
	memcpy(text, expression->text, PV_EXPRESSION_CHARS);
}

/* pv_expression_set_machines - the same model with another number of machines */
enum pv_status pv_expression_set_machines(struct pv_expression *expression, int n_machines, struct pv_error *err);

/* pv_expression_streams - whether a model can run over streams; false also when the text is no model */
bool pv_expression_streams(const char *text, int steps, int F, int K);

/* pv_encoder_new - the network of a parsed expression */
enum pv_status pv_encoder_new(const struct pv_expression *expression, struct pv_encoder **encoder, struct pv_error *err);
void pv_encoder_free(struct pv_encoder *encoder);

/* pv_encoder_copy - parameters of one encoder as those of another, tensor by tensor; those of another size or name stay as they are. Two
 * encoders of the same text have the same block, and need no copy */
void pv_encoder_copy(const struct pv_encoder *from, const float *params, const struct pv_encoder *to, float *copy);

/*
 * pv_encoder_rows       - the machines' rows as the parameters have them: into w (K, D) and b (K), which may be NULL without a bias
 * pv_encoder_scale_rows - make what describes the machines give rows `factor` times as large; nothing to do for trained rows
 * pv_encoder_describe   - set the description of machine k, (n) numbers; n is as.described.parameters
 */
void pv_encoder_rows(const struct pv_encoder *encoder, const float *params, double *w, double *b);
void pv_encoder_scale_rows(const struct pv_encoder *encoder, float *params, double factor);
void pv_encoder_describe(const struct pv_encoder *encoder, float *params, int k, const float *numbers);

/* pv_encoder_warmup - rows to run before the first that counts, over streams: as many as usual, or more where the model looks further back
 */
int pv_encoder_warmup(const struct pv_encoder *encoder, int rows);

/* pv_encoder_flops - floating-point operations for one row predicted: forward, and forward with backward */
void pv_encoder_flops(const struct pv_encoder *encoder, double *forward, double *training);

#endif
