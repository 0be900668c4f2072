/*
 * normalise.h - layer normalisation of M rows of N: y = (x - mean) / sqrt(variance + 1e-5) * w + b
 *
 * Source: Ba, Kiros, Hinton, "Layer normalization" (2016); epsilon as in PyTorch.
 */
#ifndef NN_NORMALISE_H
#define NN_NORMALISE_H

/* nn_normalise_forward - moments (M, 2) is set to each row's mean and 1 / sqrt(variance + epsilon); y may be x */
void nn_normalise_forward(int M, int N, const float *w, const float *b, const float *x, float *y, float *moments);

/* nn_normalise_backward - dx set (may be dy; NULL: skipped); dw, db (N) added to */
void nn_normalise_backward(int M, int N, const float *w, const float *x, const float *moments, const float *dy, float *dx, float *dw,
                           float *db);

#endif
