/*
 * recurrent.c - an LSTM, GRU or minGRU layer: over windows in one or both directions from a zero state, over streams from the carried one
 *
 * The recurrences of cell.h march time-major, (T, B, F), as streams come. Windows are (B, T, F): the input is turned once, for the reverse
 * direction with time running backwards, and the outputs of both directions meet again side by side: (B, T, [forward H, reverse H]).
 *
 * Tensors of each direction: weight_ih, weight_hh, bias_ih, bias_hh; of a minGRU weight_ih, bias_ih. Carried: h, and c of an LSTM.
 *
 * An LSTM's weights are multiplied with few rows at every step. Rearranged for that once for all shards of a step (pack below), they save
 * each shard the work; without, each call rearranges them itself, with the same results.
 */
#include "nn/layer.h"

#include <string.h>

#include "nn/lstm.h"
#include "nn/packed.h"

/* One direction's share of the tape. */
struct direction {
	float *x;    /* (T, B, in) turned input; windows only, as the next two */
	float *room; /* (T, B, H) turned dy */
	float *dx;   /* (T, B, in) */
	struct nn_cell_tape tape;
	struct nn_cell_scratch scratch;
};

static const struct nn_cell_kind *cell_of(const struct nn_layer *l)
{
	return nn_cell_kind_of(l->as.recurrent.cell);
}

static int steps(const struct nn_layer *l, const struct nn_pass *pass)
{
	return pass->T ? pass->T : l->in.T;
}

static size_t lay_out(const struct nn_layer *l, const struct nn_pass *pass, float *tape, struct direction d[2])
{
	const struct nn_cell_kind *cell = cell_of(l);
	const int in = l->in.F, H = l->as.recurrent.hidden, T = steps(l, pass);
	const size_t step = (size_t)pass->B * (size_t)H, chunk = (size_t)T * step, input = (size_t)T * (size_t)pass->B * (size_t)in;
	size_t used = 0;
	for (int i = 0; i <= (int)l->as.recurrent.bi; i++) {
		d[i] = (struct direction){0};
		if (!pass->T) {
			d[i].x = nn_take(tape, &used, input);
			d[i].dx = nn_take(tape, &used, input);
			d[i].room = nn_take(tape, &used, chunk);
		}
		d[i].tape.h = nn_take(tape, &used, chunk + step);
		d[i].tape.c = nn_take(tape, &used, cell->has_c ? chunk + step : 0);
		d[i].tape.gates = nn_take(tape, &used, (size_t)cell->n_gates * chunk);
		d[i].tape.extra = nn_take(tape, &used, (size_t)cell->n_extra * chunk);
		d[i].scratch.bias = nn_take(tape, &used, (size_t)cell->n_gates * (size_t)H);
		d[i].scratch.dh = nn_take(tape, &used, step);
		d[i].scratch.dc = nn_take(tape, &used, step);
		d[i].scratch.w_ih = nn_take(tape, &used, cell->packed_floats(in, H));
		d[i].scratch.w_hh = nn_take(tape, &used, cell->packed_floats(H, H));
	}
	return used;
}

static size_t recurrent_tape(const struct nn_layer *l, const struct nn_pass *pass)
{
	struct direction d[2];
	return lay_out(l, pass, NULL, d);
}

static struct nn_cell_shape shape_of(const struct nn_layer *l, const struct nn_pass *pass)
{
	return (struct nn_cell_shape){steps(l, pass), pass->B, l->in.F, l->as.recurrent.hidden};
}

static struct nn_cell_layout layout_of(const struct nn_layer *l, int direction)
{
	const size_t *at = l->at + (size_t)direction * 4;
	if (!cell_of(l)->recurrent)
		return (struct nn_cell_layout){.w_ih = at[0], .b_ih = at[1]};
	return (struct nn_cell_layout){at[0], at[1], at[2], at[3]};
}

/* ---- shared weights ---- */

static size_t lay_out_packed(const struct nn_layer *l, bool for_training, float *block, struct nn_lstm_packed *p)
{
	const int in = l->in.F, H = l->as.recurrent.hidden;
	size_t used = 0;
	*p = (struct nn_lstm_packed){0};
	p->ih = nn_take(block, &used, nn_lstm_packed_floats(in, H));
	p->hh = nn_take(block, &used, nn_lstm_packed_floats(H, H));
	p->hh_back = for_training ? nn_take(block, &used, nn_lstm_packed_floats(H, H)) : NULL;
	p->ih_back = for_training && !l->lowest ? nn_take(block, &used, nn_lstm_packed_floats(in, H)) : NULL;
	return used;
}

/* Only LSTMs gain by it: the other cells' products are fewer, or all over T * B rows. */
static size_t recurrent_packed_floats(const struct nn_layer *l, bool for_training)
{
	struct nn_lstm_packed p;
	return l->as.recurrent.cell == NN_CELL_LSTM ? lay_out_packed(l, for_training, NULL, &p) : 0;
}

static void recurrent_pack(const struct nn_layer *l, const float *params, bool for_training, int part, float *packed)
{
	const int in = l->in.F, H = l->as.recurrent.hidden;
	const struct nn_cell_layout at = layout_of(l, 0);
	struct nn_lstm_packed p;
	lay_out_packed(l, for_training, packed, &p);
	if (part == 0)
		nn_pack_nt(4 * H, in, params + at.w_ih, p.ih);
	else if (part == 1)
		nn_pack_nt(4 * H, H, params + at.w_hh, p.hh);
	else if (part == 2 && p.hh_back)
		nn_pack_nn(H, 4 * H, params + at.w_hh, p.hh_back);
	else if (part == 3 && p.ih_back)
		nn_pack_nn(in, 4 * H, params + at.w_ih, p.ih_back);
}

/* Those of a pass, which are only read from here on; NULL: there are none. */
static const struct nn_lstm_packed *shared_weights(const struct nn_layer *l, const struct nn_pass *pass, struct nn_lstm_packed *packed)
{
	if (!pass->packed)
		return NULL;
	lay_out_packed(l, true, (float *)(uintptr_t)pass->packed, packed);
	return packed;
}

/* ---- streams ---- */

static void stream_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, struct direction *d)
{
	const struct nn_cell_kind *cell = cell_of(l);
	const struct nn_cell_shape shape = shape_of(l, pass);
	const struct nn_cell_layout layout = layout_of(l, 0);
	const size_t step = (size_t)shape.B * (size_t)shape.H, after = (size_t)shape.T * step;
	memcpy(d->tape.h, pass->state, step * sizeof(float));
	if (cell->has_c)
		memcpy(d->tape.c, pass->state + step, step * sizeof(float));
	cell->forward(&shape, &layout, pass->params, x, &d->tape, &d->scratch);
	memcpy(y, d->tape.h + step, after * sizeof(float));
	memcpy(pass->state, d->tape.h + after, step * sizeof(float));
	if (cell->has_c)
		memcpy(pass->state + step, d->tape.c + after, step * sizeof(float));
}

static struct nn_rows recurrent_state(const struct nn_layer *l)
{
	return (struct nn_rows){cell_of(l)->has_c ? 2 : 1, l->as.recurrent.hidden};
}

static const char *recurrent_needs_windows(const struct nn_layer *l)
{
	if (l->as.recurrent.bi)
		return "reads its window from the end, too (bi=True)";
	return l->spacing > 1 ? "follows a layer with a stride" : NULL;
}

/* ---- windows ---- */

/* F columns of each (B, T) row of width `stride`, to (T, B, F), time backwards when reverse. */
static void to_time_major(int B, int T, int F, int stride, bool reverse, const float *from, float *to)
{
	for (int b = 0; b < B; b++)
		for (int t = 0; t < T; t++) {
			const int time = reverse ? T - 1 - t : t;
			memcpy(to + ((size_t)time * (size_t)B + (size_t)b) * (size_t)F,
			       from + ((size_t)b * (size_t)T + (size_t)t) * (size_t)stride, (size_t)F * sizeof(float));
		}
}

static void from_time_major(int B, int T, int F, int stride, bool reverse, bool add, const float *from, float *to)
{
	for (int b = 0; b < B; b++)
		for (int t = 0; t < T; t++) {
			const int time = reverse ? T - 1 - t : t;
			const float *row = from + ((size_t)time * (size_t)B + (size_t)b) * (size_t)F;
			float *out = to + ((size_t)b * (size_t)T + (size_t)t) * (size_t)stride;
			for (int f = 0; f < F; f++)
				out[f] = add ? out[f] + row[f] : row[f];
		}
}

static void window_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, struct direction d[2])
{
	const struct nn_cell_kind *cell = cell_of(l);
	const struct nn_cell_shape shape = shape_of(l, pass);
	const int B = shape.B, T = shape.T, in = shape.in, H = shape.H;
	const size_t step = (size_t)B * (size_t)H;
	for (int i = 0; i <= (int)l->as.recurrent.bi; i++) {
		const struct nn_cell_layout layout = layout_of(l, i);
		to_time_major(B, T, in, in, i == 1, x, d[i].x);
		memset(d[i].tape.h, 0, step * sizeof(float));
		if (cell->has_c)
			memset(d[i].tape.c, 0, step * sizeof(float));
		cell->forward(&shape, &layout, pass->params, d[i].x, &d[i].tape, &d[i].scratch);
		from_time_major(B, T, H, l->out.F, i == 1, false, d[i].tape.h + step, y + i * H);
	}
}

static void window_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *dy, struct direction d[2], float *dparams,
                            float *dx)
{
	const struct nn_cell_shape shape = shape_of(l, pass);
	const int B = shape.B, T = shape.T, in = shape.in, H = shape.H;
	for (int i = 0; i <= (int)l->as.recurrent.bi; i++) {
		const struct nn_cell_layout layout = layout_of(l, i);
		float *turned = dx ? d[i].dx : NULL;
		to_time_major(B, T, H, l->out.F, i == 1, dy + i * H, d[i].room);
		cell_of(l)->backward(&shape, &layout, pass->params, d[i].x, d[i].room, &d[i].tape, &d[i].scratch, dparams, turned);
		if (dx)
			from_time_major(B, T, in, in, i == 1, i == 1, turned, dx);
	}
}

/* ---- both ---- */

static enum pv_status recurrent_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                        struct pv_error *err)
{
	(void)err;
	struct direction d[2];
	struct nn_lstm_packed packed;
	lay_out(l, pass, tape, d);
	if (!pass->T) {
		window_forward(l, pass, x, y, d);
		return PV_OK;
	}
	d[0].scratch.packed = shared_weights(l, pass, &packed);
	stream_forward(l, pass, x, y, &d[0]);
	return PV_OK;
}

static void recurrent_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                               float *dparams, float *dx)
{
	(void)y;
	struct direction d[2];
	struct nn_lstm_packed packed;
	lay_out(l, pass, tape, d);
	if (!pass->T) {
		window_backward(l, pass, dy, d, dparams, dx);
		return;
	}
	d[0].scratch.packed = shared_weights(l, pass, &packed);
	const struct nn_cell_shape shape = shape_of(l, pass);
	const struct nn_cell_layout layout = layout_of(l, 0);
	cell_of(l)->backward(&shape, &layout, pass->params, x, dy, &d[0].tape, &d[0].scratch, dparams, dx);
}

static void recurrent_flops(const struct nn_layer *l, int rows, double *forward, double *to_input)
{
	const struct nn_cell_kind *cell = cell_of(l);
	const double n = (double)rows * (l->as.recurrent.bi ? 2 : 1), H = l->as.recurrent.hidden;
	*to_input = 2.0 * n * cell->n_gates * H * l->in.F;
	*forward = *to_input + (cell->recurrent ? 2.0 * n * cell->n_gates * H * H : 0.0);
}

const struct nn_layer_kind nn_layer_recurrent = {.name = "recurrent",
                                                 .tape_floats = recurrent_tape,
                                                 .forward = recurrent_forward,
                                                 .backward = recurrent_backward,
                                                 .flops = recurrent_flops,
                                                 .needs_windows = recurrent_needs_windows,
                                                 .state = recurrent_state,
                                                 .packed_floats = recurrent_packed_floats,
                                                 .packed_parts = 4,
                                                 .pack = recurrent_pack};
