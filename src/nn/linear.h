/*
 * linear.h - the last layer: ReLU, then a product with the machine vectors
 *
 * Shapes: N rows (T * B), D representation, K machines.
 */
#ifndef NN_LINEAR_H
#define NN_LINEAR_H

#include <stddef.h>

/* nn_relu_forward - y (n) = max(x, 0) */
void nn_relu_forward(size_t n, const float *x, float *y);

/* nn_relu_backward - dy (n) becomes the gradient with respect to x: 0 where y is 0 */
void nn_relu_backward(size_t n, const float *y, float *dy);

/* nn_linear_forward - y (N, K) = x (N, D) W^T + b; W is (K, D), b (K) or NULL */
void nn_linear_forward(int N, int D, int K, const float *W, const float *b, const float *x, float *y);

/* nn_linear_backward - dx (N, D) set, dW (K, D) and db (K, or NULL) added to */
void nn_linear_backward(int N, int D, int K, const float *W, const float *x, const float *dy, float *dx, float *dW, float *db);

#endif
