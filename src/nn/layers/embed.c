/*
 * embed.c - features that are numbers of something become rows of trained tables; the others pass
 *
 * Tensors: mean (F), std (F), frozen; then one table (rows, width) for each entry of the options. The features arrive normalised: x * std +
 * mean, rounded to the nearest integer, gives the raw values back. An output row is the tables' rows side by side, then the kept features.
 *
 * Rounding has no gradient, so only kept features pass one on. The indices are computed again in the backward pass: that is cheaper than
 * keeping them.
 */
#include "nn/layer.h"

#include <math.h>
#include <string.h>

static long raw_value(const struct nn_layer *l, const struct nn_pass *pass, const float *x, int f)
{
	const double value = (double)(x[f] * pass->params[l->at[1] + (size_t)f] + pass->params[l->at[0] + (size_t)f]);
	return fabs(value) < 1e9 ? lrint(value) : -1000000000L; /* NaN too: no such index */
}

/* Row of the table for one lookup; -1: there is none. */
static long table_row(const struct nn_layer *l, const struct nn_pass *pass, const struct nn_embed_table *t, int lookup, const float *x)
{
	long index = 0;
	for (int i = 0; i < t->n_fields; i++) {
		const long value = raw_value(l, pass, x, t->feature[i] + lookup * t->stride);
		if (value < 0)
			return -1;
		index += t->multiplier[i] * value;
	}
	const int first = t->feature[0] + lookup * t->stride, second = t->feature[1] + lookup * t->stride;
	if (t->bounded && raw_value(l, pass, x, first) < t->bounded && raw_value(l, pass, x, second) >= t->multiplier[0])
		return -1;
	return index < t->rows ? index : -1;
}

static enum pv_status refuse(const struct nn_layer *l, const struct nn_pass *pass, const struct nn_embed_table *t, int lookup, int row,
                             struct pv_error *err)
{
	const bool stream = pass->T > 0;
	return base_error_set(err, PV_ERR_RANGE,
	                      "%s %d, instruction %d: feature %d and those looked up with it are not the number of a row of a table of %d",
	                      stream ? "stream" : "window", stream ? row % pass->B : row / l->in.T, stream ? row / pass->B : row % l->in.T,
	                      t->feature[0] + lookup * t->stride, t->rows);
}

static enum pv_status embed_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                    struct pv_error *err)
{
	(void)tape;
	const struct nn_embed_options *o = l->as.embed;
	for (int row = 0; row < nn_layer_rows(l, pass); row++, x += l->in.F) {
		for (int i = 0; i < o->n_tables; i++) {
			const struct nn_embed_table *t = &o->tables[i];
			for (int lookup = 0; lookup < t->repeat; lookup++, y += t->width) {
				const long index = table_row(l, pass, t, lookup, x);
				if (index < 0)
					return refuse(l, pass, t, lookup, row, err);
				memcpy(y, pass->params + l->at[2 + i] + (size_t)index * (size_t)t->width, (size_t)t->width * sizeof(float));
			}
		}
		for (int i = 0; i < o->n_kept; i++)
			*y++ = x[o->kept[i]];
	}
	return PV_OK;
}

static void embed_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                           float *dparams, float *dx)
{
	(void)y, (void)tape;
	const struct nn_embed_options *o = l->as.embed;
	if (dx)
		memset(dx, 0, (size_t)nn_layer_rows(l, pass) * (size_t)l->in.F * sizeof(float));
	for (int row = 0; row < nn_layer_rows(l, pass); row++, x += l->in.F) {
		for (int i = 0; i < o->n_tables; i++) {
			const struct nn_embed_table *t = &o->tables[i];
			for (int lookup = 0; lookup < t->repeat; lookup++, dy += t->width) {
				const long index = table_row(l, pass, t, lookup, x);
				float *drow = dparams + l->at[2 + i] + (size_t)index * (size_t)t->width;
				for (int j = 0; j < t->width; j++)
					drow[j] += dy[j];
			}
		}
		for (int i = 0; dx && i < o->n_kept; i++)
			dx[(size_t)row * (size_t)l->in.F + (size_t)o->kept[i]] = dy[i];
		dy += o->n_kept;
	}
}

const struct nn_layer_kind nn_layer_embed = {
    .name = "embed", .forward = embed_forward, .backward = embed_backward, .needs_windows = nn_runs_over_streams};
