/*
 * losses.h - training losses over rows of predictions: value, and gradient with respect to the output
 *
 * Shapes: N rows (any order of streams and instructions: T * B of them), K machines. A row may carry a weight: 0 leaves it out (rows that
 * only warm the state up), 1 counts it. The loss is a mean over counted elements, so shards sum up first and divide once:
 *
 *   sum = sum over shards of nn_loss_sum;  n = sum over shards of nn_loss_count
 *   loss = nn_loss_value(kind, sum, n);    nn_loss_gradient(..., nn_loss_scale(kind, sum, n), doutput) for each shard
 */
#ifndef NN_LOSSES_H
#define NN_LOSSES_H

#include <stddef.h>

#include "base/error.h"

/* The reference's five losses. e = output - target; the relative ones divide it by target + 1. */
enum nn_loss_kind {
	NN_LOSS_MSE,  /* mean of e^2 */
	NN_LOSS_L1,   /* mean of |e| */
	NN_LOSS_NMSE, /* mean of (e / (target + 1))^2 */
	NN_LOSS_NL1,  /* mean of |e / (target + 1)| */
	NN_LOSS_RMSE  /* root of the mean of e^2 over the whole batch */
};

/* nn_loss_count - number of counted elements: K times the sum of the weights; weight may be NULL (all 1) */
double nn_loss_count(const float *weight, size_t N, int K);

/*
 * nn_loss_sum - weighted sum of the elements' losses (squares for RMSE)
 *
 * @output  (N, K)
 * @target  (N, K)
 * @weight  (N) or NULL for all 1; a row of weight 0 may hold anything, NaN too
 */
double nn_loss_sum(enum nn_loss_kind kind, const float *output, const float *target, const float *weight, size_t N, int K);

/* nn_loss_value - the loss of a batch from its sum and count; 0 for an empty batch */
double nn_loss_value(enum nn_loss_kind kind, double sum, double n);

/* nn_loss_scale - d loss / d sum at that point; 0 for an empty batch, and for RMSE at a sum of 0 */
double nn_loss_scale(enum nn_loss_kind kind, double sum, double n);

/*
 * nn_loss_gradient - gradient of scale * nn_loss_sum
 *
 * @doutput  (N, K), overwritten; rows of weight 0 become 0
 *
 * The derivative of |e| at 0 is 0, as in PyTorch.
 */
void nn_loss_gradient(enum nn_loss_kind kind, const float *output, const float *target, const float *weight, size_t N, int K, double scale,
                      float *doutput);

#endif
