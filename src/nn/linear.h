/*
 * linear.h - the last layer: ReLU, then a product with the machines' rows
 *
 * Shapes: N rows (T * B), D representation, K machines.
 */
#ifndef PV_NN_LINEAR_H
#define PV_NN_LINEAR_H

#include <stddef.h>

/* pv_relu_forward - y (n) = max(x, 0) */
void pv_relu_forward(size_t n, const float *x, float *y);

/* pv_relu_backward - dy (n) becomes the gradient with respect to x: 0 where y is 0 */
void pv_relu_backward(size_t n, const float *y, float *dy);

/* pv_linear_forward - y (N, K) = x (N, D) W^T + b; W is (K, D), b (K) or NULL */
void pv_linear_forward(int N, int D, int K, const float *W, const float *b, const float *x, float *y);

/* pv_linear_backward - dx (N, D) set, dW (K, D) and db (K, or NULL) added to */
void pv_linear_backward(int N, int D, int K, const float *W, const float *x, const float *dy, float *dx, float *dW, float *db);

#endif
