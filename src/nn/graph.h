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
#ifndef PV_NN_GRAPH_H
#define PV_NN_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "nn/layer.h"

/* What the data decides: the cfg of the reference. */
struct pv_graph_setting {
	int n_steps;    /* T: instructions in a window */
	int n_features; /* F */
	int n_machines; /* K where the expression does not say narchs=, or says K */
};

struct pv_graph;      /* shape only: immutable once built, shared by threads */
struct pv_graph_work; /* activations, tapes and gradients of at most B windows; one thread at a time */

/*
 * pv_graph_new - the model of an expression such as "InsLSTM(256,2,narchs=77,gru=True,bias=False)"
 *
 * Models: InsLSTM SeqLSTM InsLSTMDSE InsEmLSTM SeqEmLSTM InsEmModel(InsEm, model) MLP CNN TransformerModel Predictor, with the reference's
 * arguments and defaults (docs/topics/your-own-model.md).
 *
 * Returns: PV_OK; PV_ERR_FORMAT, PV_ERR_RANGE, PV_ERR_UNSUPPORTED (with the column), PV_ERR_NOMEM.
 */
enum pv_status pv_graph_new(const char *expression, const struct pv_graph_setting *setting, struct pv_graph **graph, struct pv_error *err);
void pv_graph_free(struct pv_graph *graph);

/* pv_graph_input, _representation, _output - the shapes of one window; a model without representation (Predictor) has {0, 0} there */
struct pv_rows pv_graph_input(const struct pv_graph *graph);
struct pv_rows pv_graph_representation(const struct pv_graph *graph);
struct pv_rows pv_graph_output(const struct pv_graph *graph);

/* pv_graph_tensors - table of the parameter tensors, in the order of the layers; n set to their number */
const struct pv_tensor *pv_graph_tensors(const struct pv_graph *graph, int *n);

/* pv_graph_layers - the chain, lowest first; n set to its length */
const struct pv_layer *pv_graph_layers(const struct pv_graph *graph, int *n);

/* pv_graph_n_params - length of the parameter block; pv_graph_n_trained - its first part, which has gradients and which optimizers change
 */
size_t pv_graph_n_params(const struct pv_graph *graph);
size_t pv_graph_n_trained(const struct pv_graph *graph);

/* pv_graph_init - PyTorch's default initialisation, with the reference's exceptions, from a seed; statistics become 0 and 1 */
void pv_graph_init(const struct pv_graph *graph, float *params, uint64_t seed);

/* pv_graph_set_statistics - means and deviations (F) that the features were normalised with, for models that undo it; a 0 counts as 1 */
void pv_graph_set_statistics(const struct pv_graph *graph, float *params, const float *mean, const float *std);

/* pv_graph_flops - floating-point operations per window, forward only and forward + backward (products only, a multiply-add is two) */
void pv_graph_flops(const struct pv_graph *graph, double *forward, double *training);

/* pv_graph_work_new - room for at most B windows; nothing is allocated afterwards. for_training false: no backward pass, less memory */
enum pv_status pv_graph_work_new(const struct pv_graph *graph, int B, bool for_training, struct pv_graph_work **work, struct pv_error *err);
void pv_graph_work_free(struct pv_graph_work *work);

/*
 * pv_graph_forward - run B windows, at most the work's
 *
 * @x               (B, T, F); read only, must stay valid until the backward pass
 * @dropout_seed    not 0: training, dropout masks are drawn from it; 0: evaluation
 * @representation  set to (B, T', D), owned by the work, valid until the next call; NULL where there is none; may be NULL
 * @output          set to (B, T', K), likewise
 *
 * Returns: PV_OK; PV_ERR_RANGE: a feature that an embedding looks up has no row (the window and instruction are named).
 */
enum pv_status pv_graph_forward(const struct pv_graph *graph, const float *params, struct pv_graph_work *work, const float *x, int B,
                                uint64_t dropout_seed, const float **representation, const float **output, struct pv_error *err);

/*
 * pv_graph_backward - gradients of the windows just run; uses them up: one backward pass for a forward pass
 *
 * @doutput  (B, T', K) gradient of the loss with respect to the output
 * @dparams  (n_trained), added to
 * @dx       (B, T, F) set to the gradient with respect to the input; NULL skips it
 */
void pv_graph_backward(const struct pv_graph *graph, const float *params, struct pv_graph_work *work, const float *doutput, float *dparams,
                       float *dx);

/* ---- building: what models.c and tests describe a model with ---- */

/*
 * pv_graph_begin - an empty graph whose first layer gets `input`
 * pv_graph_end   - places the tensors: trained ones first, frozen ones behind them. Fails with the first failure of a call before it
 *
 * Between them layers are added in order, and after each one its tensors in the order its file states. A failure (too many layers, sizes
 * out of range) is kept and reported by pv_graph_end, so that descriptions need no checks.
 */
enum pv_status pv_graph_begin(struct pv_rows input, struct pv_graph **graph, struct pv_error *err);
enum pv_status pv_graph_end(struct pv_graph *graph, struct pv_error *err);

/* pv_graph_prefix - what the names of the tensors that follow begin with, such as "main_model." */
void pv_graph_prefix(struct pv_graph *graph, const char *prefix);

/* pv_graph_rows - the shape that the next layer gets */
struct pv_rows pv_graph_rows(const struct pv_graph *graph);

/* pv_graph_mark_representation - the rows so far are the representation */
void pv_graph_mark_representation(struct pv_graph *graph);

/* pv_graph_layer - add a layer; its options are set in what is returned (never NULL) before the next call */
struct pv_layer *pv_graph_layer(struct pv_graph *graph, const struct pv_layer_kind *kind, struct pv_rows out);

/* pv_graph_tensor - add a tensor (d1, d2, d3; 0 ends) to the newest layer; init_scale is for PV_TENSOR_UNIFORM */
void pv_graph_tensor(struct pv_graph *graph, const char *name, int d1, int d2, int d3, bool frozen, enum pv_tensor_init init,
                     double init_scale);

/* pv_graph_stray - a frozen tensor that belongs to no layer: kept for exchange, read by nothing */
void pv_graph_stray(struct pv_graph *graph, const char *name, int d1, int d2, double init_scale);

/* pv_graph_embed_options - options of an embedding layer, kept by the graph; NULL when memory is out (reported by pv_graph_end) */
struct pv_embed_options *pv_graph_embed_options(struct pv_graph *graph);

/* pv_graph_constants - values (n) that a frozen tensor of this name starts with; copied */
void pv_graph_constants(struct pv_graph *graph, const char *name, const float *values, size_t n);

/* Whole layers with their tensors, under PyTorch's names below `name` (without a final point). */
void pv_graph_add_linear(struct pv_graph *graph, const char *name, int out, bool bias);
void pv_graph_add_recurrent(struct pv_graph *graph, const char *name, int n_layers, int hidden, bool gru, bool bi);
void pv_graph_add_norm(struct pv_graph *graph, const char *name);
void pv_graph_add_conv(struct pv_graph *graph, const char *name, int kernel, int out, int stride, int padding);
void pv_graph_add_encoder(struct pv_graph *graph, const char *name, int heads, int hidden, double dropout);
void pv_graph_add_relu(struct pv_graph *graph);
void pv_graph_add_last(struct pv_graph *graph);
void pv_graph_add_flatten(struct pv_graph *graph, bool by_channel);

#endif
