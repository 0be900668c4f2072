/*
 * graph.h - any model of the reference, over windows: parameters, forward and backward passes
 *
 * Shapes: B windows of T instructions of F features, x is (B, T, F); D representation, K machines. Every window starts from nothing: this
 * is the reference's semantics exactly. net.h is the fast path for streams of an InsLSTM without options; both name the same tensors.
 *
 *   x (B,T,F) -> layer -> ... -> representation (B,T',D) -> layer -> ... -> output (B,T',K)
 *
 * Denormal numbers count as zero inside both passes (flush.h): a step of InsLSTM(256,2) over windows of 256 is 20 times faster for it.
 *
 * T' is 1 for models that answer for the last instruction of a window, T for those that answer at every one.
 */
#ifndef NN_GRAPH_H
#define NN_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "nn/layer.h"

/* What the data decides: the cfg of the reference. */
struct nn_graph_setting {
	int n_steps;    /* T: instructions in a window */
	int n_features; /* F */
	int n_machines; /* K where the expression does not say narchs=, or says K */
};

struct nn_graph;      /* shape only: immutable once built, shared by threads */
struct nn_graph_work; /* activations, tapes and gradients of at most B windows; one thread at a time */

/*
 * nn_graph_new - the model of an expression such as "InsLSTM(256,2,narchs=77,gru=True,bias=False)"
 *
 * Models: InsLSTM SeqLSTM InsLSTMDSE InsEmLSTM SeqEmLSTM InsEmModel(InsEm, model) MLP CNN TransformerModel Predictor, with the reference's
 * arguments and defaults (docs/topics/your-own-model.md).
 *
 * Returns: PV_OK; PV_ERR_FORMAT, PV_ERR_RANGE, PV_ERR_UNSUPPORTED (with the column), PV_ERR_NOMEM.
 */
enum pv_status nn_graph_new(const char *expression, const struct nn_graph_setting *setting, struct nn_graph **graph, struct pv_error *err);
void nn_graph_free(struct nn_graph *graph);

/* nn_graph_input, _representation, _output - the shapes of one window; a model without representation (Predictor) has {0, 0} there */
struct nn_rows nn_graph_input(const struct nn_graph *graph);
struct nn_rows nn_graph_representation(const struct nn_graph *graph);
struct nn_rows nn_graph_output(const struct nn_graph *graph);

/* nn_graph_tensors - table of the parameter tensors, in the order of the layers; n set to their number */
const struct nn_tensor *nn_graph_tensors(const struct nn_graph *graph, int *n);

/* nn_graph_layers - the chain, lowest first; n set to its length */
const struct nn_layer *nn_graph_layers(const struct nn_graph *graph, int *n);

/* nn_graph_n_params - length of the parameter block; nn_graph_n_trained - its first part, which has gradients and which optimizers change
 */
size_t nn_graph_n_params(const struct nn_graph *graph);
size_t nn_graph_n_trained(const struct nn_graph *graph);

/* nn_graph_init - PyTorch's default initialisation, with the reference's exceptions, from a seed; statistics become 0 and 1 */
void nn_graph_init(const struct nn_graph *graph, float *params, uint64_t seed);

/* nn_graph_set_statistics - means and deviations (F) that the features were normalised with, for models that undo it; a 0 counts as 1 */
void nn_graph_set_statistics(const struct nn_graph *graph, float *params, const float *mean, const float *std);

/* nn_graph_flops - floating-point operations per window, forward only and forward + backward (products only, a multiply-add is two) */
void nn_graph_flops(const struct nn_graph *graph, double *forward, double *training);

/* nn_graph_work_new - room for at most B windows; nothing is allocated afterwards. for_training false: no backward pass, less memory */
enum pv_status nn_graph_work_new(const struct nn_graph *graph, int B, bool for_training, struct nn_graph_work **work, struct pv_error *err);
void nn_graph_work_free(struct nn_graph_work *work);

/*
 * nn_graph_forward - run B windows, at most the work's
 *
 * @x               (B, T, F); read only, must stay valid until the backward pass
 * @dropout_seed    not 0: training, dropout masks are drawn from it; 0: evaluation
 * @representation  set to (B, T', D), owned by the work, valid until the next call; NULL where there is none; may be NULL
 * @output          set to (B, T', K), likewise
 *
 * Returns: PV_OK; PV_ERR_RANGE: a feature that an embedding looks up has no row (the window and instruction are named).
 */
enum pv_status nn_graph_forward(const struct nn_graph *graph, const float *params, struct nn_graph_work *work, const float *x, int B,
                                uint64_t dropout_seed, const float **representation, const float **output, struct pv_error *err);

/*
 * nn_graph_backward - gradients of the windows just run; uses them up: one backward pass for a forward pass
 *
 * @doutput  (B, T', K) gradient of the loss with respect to the output
 * @dparams  (n_trained), added to
 * @dx       (B, T, F) set to the gradient with respect to the input; NULL skips it
 */
void nn_graph_backward(const struct nn_graph *graph, const float *params, struct nn_graph_work *work, const float *doutput, float *dparams,
                       float *dx);

/* ---- building: what models.c and tests describe a model with ---- */

/*
 * nn_graph_begin - an empty graph whose first layer gets `input`
 * nn_graph_end   - places the tensors: trained ones first, frozen ones behind them. Fails with the first failure of a call before it
 *
 * Between them layers are added in order, and after each one its tensors in the order its file states. A failure (too many layers, sizes
 * out of range) is kept and reported by nn_graph_end, so that descriptions need no checks.
 */
enum pv_status nn_graph_begin(struct nn_rows input, struct nn_graph **graph, struct pv_error *err);
enum pv_status nn_graph_end(struct nn_graph *graph, struct pv_error *err);

/* nn_graph_prefix - what the names of the tensors that follow begin with, such as "main_model." */
void nn_graph_prefix(struct nn_graph *graph, const char *prefix);

/* nn_graph_rows - the shape that the next layer gets */
struct nn_rows nn_graph_rows(const struct nn_graph *graph);

/* nn_graph_mark_representation - the rows so far are the representation */
void nn_graph_mark_representation(struct nn_graph *graph);

/* nn_graph_layer - add a layer; its options are set in what is returned (never NULL) before the next call */
struct nn_layer *nn_graph_layer(struct nn_graph *graph, const struct nn_layer_kind *kind, struct nn_rows out);

/* nn_graph_tensor - add a tensor (d1, d2, d3; 0 ends) to the newest layer; init_scale is for NN_TENSOR_UNIFORM */
void nn_graph_tensor(struct nn_graph *graph, const char *name, int d1, int d2, int d3, bool frozen, enum nn_tensor_init init,
                     double init_scale);

/* nn_graph_stray - a frozen tensor that belongs to no layer: kept for exchange, read by nothing */
void nn_graph_stray(struct nn_graph *graph, const char *name, int d1, int d2, double init_scale);

/* nn_graph_embed_options - options of an embedding layer, kept by the graph; NULL when memory is out (reported by nn_graph_end) */
struct nn_embed_options *nn_graph_embed_options(struct nn_graph *graph);

/* nn_graph_constants - values (n) that a frozen tensor of this name starts with; copied */
void nn_graph_constants(struct nn_graph *graph, const char *name, const float *values, size_t n);

/* Whole layers with their tensors, under PyTorch's names below `name` (without a final point). */
void nn_graph_add_linear(struct nn_graph *graph, const char *name, int out, bool bias);
void nn_graph_add_recurrent(struct nn_graph *graph, const char *name, int n_layers, int hidden, bool gru, bool bi);
void nn_graph_add_norm(struct nn_graph *graph, const char *name);
void nn_graph_add_conv(struct nn_graph *graph, const char *name, int kernel, int out, int stride, int padding);
void nn_graph_add_encoder(struct nn_graph *graph, const char *name, int heads, int hidden, double dropout);
void nn_graph_add_relu(struct nn_graph *graph);
void nn_graph_add_last(struct nn_graph *graph);
void nn_graph_add_flatten(struct nn_graph *graph, bool by_channel);

#endif
