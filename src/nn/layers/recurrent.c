/*
 * recurrent.c - an LSTM or GRU layer over windows, in one or both directions, from a zero state
 *
 * The recurrences of lstm.c and gru.c march time-major, (T, B, F); windows are (B, T, F). The input is turned once, for the reverse
 * direction with time running backwards, and the outputs of both directions meet again side by side: (B, T, [forward H, reverse H]).
 *
 * Tensors of each direction: weight_ih, weight_hh, bias_ih, bias_hh.
 */
#include "nn/layer.h"

#include <string.h>

#include "nn/gru.h"
#include "nn/lstm.h"

/* One direction's share of the tape. */
struct direction {
	float *x;    /* (T, B, in) turned input */
	float *room; /* (T, B, H) turned dy */
	float *dx;   /* (T, B, in) */
	struct nn_lstm_tape lstm;
	struct nn_lstm_scratch scratch;
	struct nn_gru_tape gru;
	float *h; /* of whichever recurrence: (T + 1, B, H) */
};

static size_t lay_out(const struct nn_layer *l, int B, float *tape, struct direction d[2])
{
	const int in = l->in.F, H = l->as.recurrent.hidden;
	const size_t step = (size_t)B * (size_t)H, chunk = (size_t)l->in.T * step, input = (size_t)l->in.T * (size_t)B * (size_t)in;
	size_t used = 0;
	for (int i = 0; i <= (int)l->as.recurrent.bi; i++) {
		d[i].x = nn_take(tape, &used, input);
		d[i].dx = nn_take(tape, &used, input);
		d[i].room = nn_take(tape, &used, chunk);
		d[i].h = d[i].lstm.h = d[i].gru.h = nn_take(tape, &used, chunk + step);
		d[i].gru.gates = d[i].lstm.gates = nn_take(tape, &used, 4 * chunk);
		if (l->as.recurrent.gru) {
			d[i].gru.hidden = nn_take(tape, &used, 3 * chunk);
			d[i].gru.dh = nn_take(tape, &used, step);
			d[i].gru.packed = nn_take(tape, &used, nn_gru_packed_floats(H));
			continue;
		}
		d[i].lstm.c = nn_take(tape, &used, chunk + step);
		d[i].lstm.tanh_c = nn_take(tape, &used, chunk);
		d[i].scratch.bias = nn_take(tape, &used, 4 * (size_t)H);
		d[i].scratch.dh = nn_take(tape, &used, step);
		d[i].scratch.dc = nn_take(tape, &used, step);
		d[i].scratch.w_ih = nn_take(tape, &used, nn_lstm_packed_floats(in, H));
		d[i].scratch.w_hh = nn_take(tape, &used, nn_lstm_packed_floats(H, H));
		d[i].scratch.packed = NULL;
	}
	return used;
}

static size_t recurrent_tape(const struct nn_layer *l, int B)
{
	struct direction d[2];
	return lay_out(l, B, NULL, d);
}

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

static enum pv_status recurrent_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                        struct pv_error *err)
{
	(void)err;
	const int B = pass->B, T = l->in.T, in = l->in.F, H = l->as.recurrent.hidden;
	const size_t step = (size_t)B * (size_t)H;
	struct direction d[2];
	lay_out(l, B, tape, d);
	for (int i = 0; i <= (int)l->as.recurrent.bi; i++) {
		const size_t *at = l->at + 4 * i;
		to_time_major(B, T, in, in, i == 1, x, d[i].x);
		memset(d[i].h, 0, step * sizeof(float));
		if (l->as.recurrent.gru) {
			nn_gru_forward(&(struct nn_gru_shape){T, B, in, H}, &(struct nn_gru_layout){at[0], at[1], at[2], at[3]},
			               pass->params, d[i].x, &d[i].gru);
		} else {
			memset(d[i].lstm.c, 0, step * sizeof(float));
			nn_lstm_forward(&(struct nn_lstm_shape){T, B, in, H}, &(struct nn_lstm_layout){at[0], at[1], at[2], at[3]},
			                pass->params, d[i].x, &d[i].lstm, &d[i].scratch);
		}
		from_time_major(B, T, H, l->out.F, i == 1, false, d[i].h + step, y + i * H);
	}
	return PV_OK;
}

static void recurrent_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                               float *dparams, float *dx)
{
	(void)x, (void)y;
	const int B = pass->B, T = l->in.T, in = l->in.F, H = l->as.recurrent.hidden;
	struct direction d[2];
	lay_out(l, B, tape, d);
	for (int i = 0; i <= (int)l->as.recurrent.bi; i++) {
		const size_t *at = l->at + 4 * i;
		float *turned = dx ? d[i].dx : NULL;
		to_time_major(B, T, H, l->out.F, i == 1, dy + i * H, d[i].room);
		if (l->as.recurrent.gru)
			nn_gru_backward(&(struct nn_gru_shape){T, B, in, H}, &(struct nn_gru_layout){at[0], at[1], at[2], at[3]},
			                pass->params, d[i].x, d[i].room, &d[i].gru, dparams, turned);
		else
			nn_lstm_backward(&(struct nn_lstm_shape){T, B, in, H}, &(struct nn_lstm_layout){at[0], at[1], at[2], at[3]},
			                 pass->params, d[i].x, d[i].room, &d[i].lstm, &d[i].scratch, dparams, turned);
		if (dx)
			from_time_major(B, T, in, in, i == 1, i == 1, turned, dx);
	}
}

static void recurrent_flops(const struct nn_layer *l, double *forward, double *to_input)
{
	const double rows = (double)l->in.T * (l->as.recurrent.bi ? 2 : 1), H = l->as.recurrent.hidden;
	const double gates = l->as.recurrent.gru ? 3 : 4;
	*to_input = 2.0 * rows * gates * H * l->in.F;
	*forward = *to_input + 2.0 * rows * gates * H * H;
}

const struct nn_layer_kind nn_layer_recurrent = {"recurrent", recurrent_tape, recurrent_forward, recurrent_backward, recurrent_flops};
