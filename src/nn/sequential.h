/*
 * sequential.h - a model as a chain of layers: its parameters, and its passes over windows or over streams
 *
 *   x (F) -> layer -> ... -> representation (D) -> layer -> ... -> output (K)
 *
 * One chain runs in two ways. Tensors, their names and their layout in the parameter block are the same in both, so that parameters trained
 * one way can be evaluated the other.
 *
 * Windows: B windows of T rows, x is (B, T, F). Each window starts from nothing: this is the reference's semantics exactly. Outputs are
 * (B, T', K); T' is 1 for models that answer for the last row of a window, T for those that answer at every row.
 *
 * Streams: B streams, a chunk of T rows of each at a time, x is (T, B, F), time-major. Every layer carries its state from chunk to chunk,
 * and the model answers at every row: outputs are (T, B, K). What the answer at a row is:
 *  - layers that treat each row by itself (linear, ReLU, embeddings) compute the same as in windows;
 *  - recurrent layers (LSTM, GRU, minGRU) have seen all rows since the stream's start, not only the last T of a window: with the start of
 *    the stream as the start of the window, they compute the same numbers;
 *  - convolutions and flattened windows (CNN, MLP) look at the same rows as in the window that ends here, and compute that window's
 *    answer exactly, at each row: the activations of a window that is shifted by one row are those of the window before, one row on, so
 *    each is computed once. A stride does not drop rows then, it spreads the rows that the layers above look at (a dilation, the product
 *    of the strides below); the rows that a stride leaves over at a window's end make a layer look back further. Rows before the stream's
 *    start count as zero at each such layer, not at the first layer only: the answers of a stack of convolutions differ from the
 *    windows' in the first rows, until the stream is as long as a window.
 * Layers that see the edges of their window (padded convolutions), its end before its beginning (bi=True), or all of it at once (attention,
 * norm=True, batch normalisation) exist over windows only: nn_sequential_streams says which layer it is.
 *
 * The backward pass over a stream is truncated: nothing flows into the chunk before, neither through recurrent states nor to rows of that
 * chunk which a convolution looked at. What those rows contribute to the gradients of the layer that looked at them is counted.
 */
#ifndef NN_SEQUENTIAL_H
#define NN_SEQUENTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "nn/layer.h"

/* What the data decides: the cfg of the reference. */
struct nn_setting {
	int n_steps;    /* T: rows of a window; models that look at a fixed number of rows have it from here unless they say rows= */
	int n_features; /* F */
	int n_machines; /* K where the expression does not say narchs=, or says K */
};

enum { NN_EXPRESSION_CHARS = 512 };

struct nn_sequential; /* shape only: immutable once built, shared by threads */
struct nn_work;       /* activations, tapes, gradients and carried state of B windows or streams; one thread at a time */
struct nn_packed;     /* weights rearranged for products, shared by works that run the same parameters */

/*
 * nn_sequential_new - the model of an expression such as "InsLSTM(256,2,narchs=77,gru=True,bias=False)"
 *
 * Models: InsLSTM SeqLSTM MinGRU InsLSTMDSE InsEmLSTM SeqEmLSTM InsEmModel(InsEm, model) MLP CNN E1DNet TransformerModel Predictor, with
 * the reference's arguments and defaults (docs/topics/your-own-model.md).
 *
 * Returns: PV_OK; PV_ERR_FORMAT, PV_ERR_RANGE, PV_ERR_UNSUPPORTED (with the column), PV_ERR_NOMEM.
 */
enum pv_status nn_sequential_new(const char *expression, const struct nn_setting *setting, struct nn_sequential **chain,
                                 struct pv_error *err);
void nn_sequential_free(struct nn_sequential *chain);

/* nn_sequential_text - the expression in canonical form, every number filled in: the same chain whatever the setting */
const char *nn_sequential_text(const struct nn_sequential *chain);

/* nn_sequential_input, _representation, _output - the shapes of one window; a model without representation (Predictor) has {0, 0} there.
 * Over streams F is the same and T does not matter */
struct nn_rows nn_sequential_input(const struct nn_sequential *chain);
struct nn_rows nn_sequential_representation(const struct nn_sequential *chain);
struct nn_rows nn_sequential_output(const struct nn_sequential *chain);

/* nn_sequential_tensors - table of the parameter tensors, in the order of the layers; n set to their number */
const struct nn_tensor *nn_sequential_tensors(const struct nn_sequential *chain, int *n);

/* nn_sequential_layers - the chain, lowest first; n set to its length */
const struct nn_layer *nn_sequential_layers(const struct nn_sequential *chain, int *n);

/* nn_sequential_n_params - length of the parameter block; _n_trained - its first part, which has gradients and which optimizers change */
size_t nn_sequential_n_params(const struct nn_sequential *chain);
size_t nn_sequential_n_trained(const struct nn_sequential *chain);

/*
 * nn_sequential_n_tracked - numbers behind the trained ones that follow what training sees: running moments of batch normalisation.
 * Gradient blocks of training have room for them, n_trained + n_tracked, sum them up as they do gradients, and nn_sequential_track     -
 * moves them after a step. Nothing to do where there are none
 */
size_t nn_sequential_n_tracked(const struct nn_sequential *chain);
void nn_sequential_track(const struct nn_sequential *chain, float *params, const float *grads);

/* nn_sequential_streams - whether it runs over streams: PV_OK, or PV_ERR_UNSUPPORTED with the layer that needs windows and why */
enum pv_status nn_sequential_streams(const struct nn_sequential *chain, struct pv_error *err);

/* nn_sequential_reach - rows that an answer over streams depends on at most; 0: recurrent, all since the start */
int nn_sequential_reach(const struct nn_sequential *chain);

/* nn_sequential_init - PyTorch's default initialisation, with the reference's exceptions, from a seed; statistics become 0 and 1 */
void nn_sequential_init(const struct nn_sequential *chain, float *params, uint64_t seed);

/* nn_sequential_set_statistics - means and deviations (F) that the features were normalised with, for models that undo it; a 0 counts as 1
 */
void nn_sequential_set_statistics(const struct nn_sequential *chain, float *params, const float *mean, const float *std);

/* nn_sequential_flops - floating-point operations for one window (or for one row of a stream): forward only and forward + backward
 * (products only, a multiply-add is two) */
void nn_sequential_flops(const struct nn_sequential *chain, bool streams, double *forward, double *training);

/* ---- running ---- */

/*
 * nn_work_windows - room for at most B windows
 * nn_work_streams - room for B streams of at most T rows in a chunk; carried state starts at zero. PV_ERR_UNSUPPORTED as _streams above
 *
 * Nothing is allocated afterwards. for_training false: no backward pass will be asked for, much less memory.
 */
enum pv_status nn_work_windows(const struct nn_sequential *chain, int B, bool for_training, struct nn_work **work, struct pv_error *err);
enum pv_status nn_work_streams(const struct nn_sequential *chain, int B, int T, bool for_training, struct nn_work **work,
                               struct pv_error *err);
void nn_work_free(struct nn_work *work);

/* nn_work_reset - zero the carried state of one stream, or of all with stream -1; nothing to do for windows */
void nn_work_reset(struct nn_work *work, int stream);

/* nn_work_state - the carried state of all streams, to be saved and put back; n set to its length, 0 when nothing is carried */
float *nn_work_state(struct nn_work *work, size_t *n);

/*
 * nn_packed_new   - room for the weights of a chain, rearranged for its products over streams
 * nn_packed_tasks - into how many tasks nn_pack divides; 0: no layer has any use for it
 * nn_pack         - rearrange one part of the parameters; parts may be done in parallel. To be done again when parameters change
 * nn_work_share   - let a work over streams use them from now on; NULL: its layers rearrange their weights in each pass, the default. The
 *                   results are the same bytes
 *
 * @for_training  false: no backward pass will be asked for
 */
enum pv_status nn_packed_new(const struct nn_sequential *chain, bool for_training, struct nn_packed **packed, struct pv_error *err);
void nn_packed_free(struct nn_packed *packed);
int nn_packed_tasks(const struct nn_packed *packed);
void nn_pack(struct nn_packed *packed, const float *params, int task);
void nn_work_share(struct nn_work *work, const struct nn_packed *packed);

/*
 * nn_forward - run windows, or a chunk of all streams; the state after it is carried into the next call
 *
 * @x               (n, T, F), n windows, or (n, B, F), n rows of each stream; read only, must stay valid until the backward pass
 * @n               at most what the work has room for
 * @dropout_seed    not 0: training, dropout masks are drawn from it and batches are normalised by their own moments; 0: evaluation
 * @representation  set to (B, T', D) or (T, B, D), owned by the work, valid until the next call; NULL where there is none; may be NULL
 * @output          set to (B, T', K) or (T, B, K), likewise; NULL skips the layers above the representation
 *
 * Denormal numbers count as zero in passes over windows (flush.h): a step of InsLSTM(256,2) over windows of 256 is 20 times faster for it.
 *
 * Returns: PV_OK; PV_ERR_SHAPE (n); PV_ERR_RANGE: a feature that an embedding looks up has no row (the place is named).
 */
enum pv_status nn_forward(struct nn_work *work, const float *params, const float *x, int n, uint64_t dropout_seed,
                          const float **representation, const float **output, struct pv_error *err);

/*
 * nn_backward - gradients of the pass just run; uses it up: one backward pass for a forward pass
 *
 * @doutput  as output: gradient of the loss with respect to it; may be NULL
 * @drepr    as representation: additional gradient with respect to it; may be NULL
 * @dparams  (n_trained + n_tracked), added to
 * @dx       as x: set to the gradient with respect to the input (without the copy that a wide representation holds); NULL skips it
 */
void nn_backward(struct nn_work *work, const float *params, const float *doutput, const float *drepr, float *dparams, float *dx);

/* ---- building: what models.c and tests describe a model with ---- */

/*
 * nn_sequential_begin - an empty chain whose first layer gets `input`
 * nn_sequential_end   - places the tensors: trained ones first, frozen ones behind them. Fails with the first failure of a call before it
 *
 * Between them layers are added in order, and after each one its tensors in the order its file states. A failure (too many layers, sizes
 * out of range) is kept and reported by nn_sequential_end, so that descriptions need no checks.
 */
enum pv_status nn_sequential_begin(struct nn_rows input, struct nn_sequential **chain, struct pv_error *err);
enum pv_status nn_sequential_end(struct nn_sequential *chain, struct pv_error *err);

/* nn_prefix - what the names of the tensors that follow begin with, such as "main_model." */
void nn_prefix(struct nn_sequential *chain, const char *prefix);

/* nn_rows - the shape that the next layer gets */
struct nn_rows nn_rows(const struct nn_sequential *chain);

/* nn_mark_representation - the rows so far are the representation */
void nn_mark_representation(struct nn_sequential *chain);

/* nn_layer - add a layer; its options are set in what is returned (never NULL) before the next call */
struct nn_layer *nn_layer(struct nn_sequential *chain, const struct nn_layer_kind *kind, struct nn_rows out);

/* nn_tensor - add a tensor (d1, d2, d3; 0 ends) to the newest layer; init_scale is for NN_TENSOR_UNIFORM. May be adjusted until the next
 * call; never NULL */
struct nn_tensor *nn_tensor(struct nn_sequential *chain, const char *name, int d1, int d2, int d3, bool frozen, enum nn_tensor_init init,
                            double init_scale);

/* nn_stray - a frozen tensor that belongs to no layer: kept for exchange, read by nothing */
void nn_stray(struct nn_sequential *chain, const char *name, int d1, int d2, double init_scale);

/* nn_embed_options - options of an embedding layer, kept by the chain; NULL when memory is out (reported by nn_sequential_end) */
struct nn_embed_options *nn_embed_options(struct nn_sequential *chain);

/* nn_constants - values (n) that a frozen tensor of this name starts with; copied */
void nn_constants(struct nn_sequential *chain, const char *name, const float *values, size_t n);

/* Whole layers with their tensors, under PyTorch's names below `name` (without a final point). */
void nn_add_linear(struct nn_sequential *chain, const char *name, int out, bool bias);
void nn_add_recurrent(struct nn_sequential *chain, const char *name, int n_layers, int hidden, enum nn_cell cell, bool bi);
void nn_add_norm(struct nn_sequential *chain, const char *name);
void nn_add_conv(struct nn_sequential *chain, const char *name, int kernel, int out, int stride, int padding);
void nn_add_encoder(struct nn_sequential *chain, const char *name, int heads, int hidden, double dropout);
void nn_add_relu(struct nn_sequential *chain);
void nn_add_last(struct nn_sequential *chain);
void nn_add_flatten(struct nn_sequential *chain, bool by_channel);
void nn_add_pointwise(struct nn_sequential *chain, const char *name, int out); /* a convolution of one row, without bias */
void nn_add_batch_norm(struct nn_sequential *chain, const char *name, double momentum, double epsilon);
void nn_add_swish(struct nn_sequential *chain);
void nn_add_depthwise(struct nn_sequential *chain, const char *name, int kernel, int stride,
                      int padding); /* zeros behind the window's end */
void nn_add_excite(struct nn_sequential *chain, const char *reduce, const char *expand, int squeezed);
void nn_add_mean(struct nn_sequential *chain);
void nn_add_dropout(struct nn_sequential *chain, double rate);
/* nn_here, nn_add_skip - what the next layer gets is added again behind a later layer, of the same shape; while training, that layer's
 * output is dropped in a share `rate` of the windows */
int nn_here(const struct nn_sequential *chain);
void nn_add_skip(struct nn_sequential *chain, int from, double rate);
void nn_add_wide(struct nn_sequential *chain, int n_inputs); /* the chain's inputs (n_inputs) and a 1 beside each row */

#endif
