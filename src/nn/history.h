/*
 * history.h - the rows of a stream that a layer looks back at: `taps` of them, `spacing` rows apart, the newest `lag` rows old
 *
 * Shapes: a chunk x is (T, B, F); patches are (T, B, taps F), the taps oldest first. The rows before the chunk are carried: the last
 * nn_history_rows of them, (rows, B, F), oldest first, zero at the stream's start.
 */
#ifndef NN_HISTORY_H
#define NN_HISTORY_H

#include <stdbool.h>

struct nn_history {
	int taps, spacing, lag;
	bool by_channel; /* a patch holds each column's taps side by side, (F, taps); else each row's columns, (taps, F) */
};

/* nn_history_rows - how many rows are carried */
int nn_history_rows(const struct nn_history *h);

/* nn_history_gather - patches of a chunk; carried then moves on to the next chunk's */
void nn_history_gather(const struct nn_history *h, int T, int B, int F, const float *x, float *carried, float *patches);

/* nn_history_spread - dx (T, B, F) set from the gradient of the patches; what belongs to carried rows is dropped */
void nn_history_spread(const struct nn_history *h, int T, int B, int F, const float *dpatches, float *dx);

#endif
