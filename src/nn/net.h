/*
 * net.h - a recurrent network over instruction streams: parameters, forward and backward passes
 *
 * Shapes: B streams, T instructions in a chunk, F features, H hidden, L layers, D representation, K machines. Arrays are row-major float32
 * and time-major: x is (T, B, F).
 *
 *   x (T,B,F) -> L x LSTM, GRU or minGRU -> h (T,B,H) -> ReLU -> representation (T,B,D = H) -> linear (K,D) [+ bias (K)] -> output (T,B,K)
 *
 * A wide network's representation also holds the inputs themselves and a 1: D = H + F + 1. What time is a linear function of need not be
 * learnt by the recurrent layers then. Source: Cheng et al., "Wide & deep learning for recommender systems", DLRS 2016.
 */
#ifndef NN_NET_H
#define NN_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "nn/cell.h"

struct nn_net_config {
	int n_features; /* F */
	int n_hidden;   /* H */
	int n_layers;   /* L */
	int n_machines; /* K */
	bool bias;      /* of the last linear layer */
	enum nn_cell cell;
	bool wide;
};

/* One named parameter tensor inside the parameter block; names and layouts are PyTorch's (gate order i, f, g, o, or r, z, n; weights (out,
 * in)). */
struct nn_net_tensor {
	char name[48];
	int n_dims;
	size_t dims[2];
	size_t offset; /* in floats, from the start of the block */
	size_t n;      /* floats */
};

struct nn_net;        /* shape only: immutable after nn_net_new, shared by threads */
struct nn_net_packed; /* weights rearranged for products; shared by works that run the same parameters */
struct nn_net_work;   /* activations, carried state and scratch of one shard of streams; one thread at a time */

enum pv_status nn_net_new(const struct nn_net_config *config, struct nn_net **net, struct pv_error *err);
void nn_net_free(struct nn_net *net);
const struct nn_net_config *nn_net_config(const struct nn_net *net);

/* nn_net_repr - D */
int nn_net_repr(const struct nn_net_config *config);

/* nn_net_tensors - table of the parameter tensors in block order; n set to their number */
const struct nn_net_tensor *nn_net_tensors(const struct nn_net *net, int *n);

/* nn_net_n_params - length of the parameter block, in floats; gradients have the same layout */
size_t nn_net_n_params(const struct nn_net *net);

/* nn_net_init - PyTorch's default initialisation (uniform in +-1/sqrt(H) for LSTM and linear) from a seed; a wide network's
 * rows start with 0 for the inputs */
void nn_net_init(const struct nn_net *net, float *params, uint64_t seed);

/* nn_net_flops - floating-point operations per instruction, forward only and forward + backward */
void nn_net_flops(const struct nn_net *net, double *forward, double *training);

/*
 * nn_net_work_new - activations for B streams of at most T instructions; carried state starts at zero
 *
 * @for_training  false: no backward pass will be asked for, less memory
 */
enum pv_status nn_net_work_new(const struct nn_net *net, int B, int T, bool for_training, struct nn_net_work **work, struct pv_error *err);
void nn_net_work_free(struct nn_net_work *work);

/*
 * nn_net_packed_new   - room for the weights of a network, rearranged for its products
 * nn_net_packed_tasks - into how many tasks nn_net_pack divides
 * nn_net_pack         - rearrange one part of the parameters; parts may be done in parallel. To be done again when parameters change
 * nn_net_work_share   - let a work use them from now on; NULL: it rearranges the weights itself in each pass, the default
 *
 * @for_training  false: no backward pass will be asked for
 */
enum pv_status nn_net_packed_new(const struct nn_net *net, bool for_training, struct nn_net_packed **packed, struct pv_error *err);
void nn_net_packed_free(struct nn_net_packed *packed);
int nn_net_packed_tasks(const struct nn_net_packed *packed);
void nn_net_pack(struct nn_net_packed *packed, const float *params, int task);
void nn_net_work_share(struct nn_net_work *work, const struct nn_net_packed *packed);

/* nn_net_work_reset - zero the carried state (h, c) of one stream, or of all with stream -1 */
void nn_net_work_reset(struct nn_net_work *work, int stream);

/* nn_net_work_state - the carried state of all streams, (L, 2, B, H): h and c of each layer; n set to its length */
float *nn_net_work_state(struct nn_net_work *work, size_t *n);

/*
 * nn_net_forward - run a chunk; the state after it is carried into the next call
 *
 * @params  parameter block
 * @x       (T, B, F), T at most the work's; read only, must stay valid until the backward pass
 * @repr    set to (T, B, D), owned by the work, valid until the next call; may be NULL
 * @output  set to (T, B, K), likewise; NULL skips the last layer
 */
void nn_net_forward(const struct nn_net *net, const float *params, struct nn_net_work *work, const float *x, int T, const float **repr,
                    const float **output);

/*
 * nn_net_backward - gradients of the chunk just run (truncated: nothing flows into the chunk before)
 *
 * @doutput  (T, B, K) gradient of the loss with respect to the output; may be NULL
 * @drepr    (T, B, D) additional gradient with respect to the representation; may be NULL
 * @dparams  parameter-block layout; added to, not overwritten
 */
void nn_net_backward(const struct nn_net *net, const float *params, struct nn_net_work *work, const float *doutput, const float *drepr,
                     float *dparams);

#endif
