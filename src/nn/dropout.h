/*
 * dropout.h - zeroes a share p of the elements while training and scales the others by 1 / (1 - p)
 *
 * Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014). A mask holds 0 or 1 / (1 - p) for
 * every element, so that the backward pass is a product.
 */
#ifndef NN_DROPOUT_H
#define NN_DROPOUT_H

#include <stddef.h>

#include "base/random.h"

/* nn_dropout_draw - fill the mask (n) and apply it to x (n); rng NULL: a mask of ones, x stays. A NULL mask does nothing. */
void nn_dropout_draw(struct base_random *rng, double p, size_t n, float *mask, float *x);

/* nn_dropout_apply - x (n) times the mask; a NULL mask does nothing */
void nn_dropout_apply(size_t n, const float *mask, float *x);

#endif
