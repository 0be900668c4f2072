/*
 * mingru.h - one minimal GRU layer over a chunk of T instructions of B streams
 *
 *   z = sigmoid(W_z x + b_z)        n = tanh(W_n x + b_n)        h_t = (1 - z) h_{t-1} + z n
 *
 * Neither gate sees the state: all products are over T * B rows at once, and what remains of a step is a loop over B * H cells. W holds the
 * rows of z, then those of n.
 *
 * Source: Feng et al., "Were RNNs all we needed?" (2024), with tanh around n, as the quasi-recurrent network of Bradbury et al. (2016) with
 * a width of one has it: the state stays within -1 and 1 whatever the inputs are.
 */
#ifndef NN_MINGRU_H
#define NN_MINGRU_H

#include "nn/cell.h"

size_t nn_mingru_packed_floats(int in, int H);

void nn_mingru_forward(const struct nn_cell_shape *s, const struct nn_cell_layout *at, const float *params, const float *x,
                       const struct nn_cell_tape *tape, const struct nn_cell_scratch *scratch);

void nn_mingru_backward(const struct nn_cell_shape *s, const struct nn_cell_layout *at, const float *params, const float *x,
                        const float *dy, const struct nn_cell_tape *tape, const struct nn_cell_scratch *scratch, float *dparams, float *dx);

#endif
