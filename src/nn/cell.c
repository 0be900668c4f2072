/*
 * cell.c - the table of recurrent layers that streams can run
 */
#include "nn/cell.h"

#include "nn/gru.h"
#include "nn/lstm.h"
#include "nn/mingru.h"

/* ---- LSTM: extra is tanh c ---- */

static struct nn_lstm_tape lstm_tape(const struct nn_cell_tape *t)
{
	return (struct nn_lstm_tape){t->h, t->c, t->gates, t->extra};
}

static struct nn_lstm_scratch lstm_scratch(const struct nn_cell_scratch *s)
{
	return (struct nn_lstm_scratch){s->bias, s->dh, s->dc, s->w_ih, s->w_hh, s->packed};
}

static void lstm_forward(const struct nn_cell_shape *s, const struct nn_cell_layout *at, const float *params, const float *x,
                         const struct nn_cell_tape *tape, const struct nn_cell_scratch *scratch)
{
	struct nn_lstm_tape t = lstm_tape(tape);
	struct nn_lstm_scratch room = lstm_scratch(scratch);
	nn_lstm_forward(&(struct nn_lstm_shape){s->T, s->B, s->in, s->H}, &(struct nn_lstm_layout){at->w_ih, at->w_hh, at->b_ih, at->b_hh},
	                params, x, &t, &room);
}

static void lstm_backward(const struct nn_cell_shape *s, const struct nn_cell_layout *at, const float *params, const float *x,
                          const float *dy, const struct nn_cell_tape *tape, const struct nn_cell_scratch *scratch, float *dparams,
                          float *dx)
{
	struct nn_lstm_tape t = lstm_tape(tape);
	struct nn_lstm_scratch room = lstm_scratch(scratch);
	nn_lstm_backward(&(struct nn_lstm_shape){s->T, s->B, s->in, s->H}, &(struct nn_lstm_layout){at->w_ih, at->w_hh, at->b_ih, at->b_hh},
	                 params, x, dy, &t, &room, dparams, dx);
}

/* ---- GRU: extra is W_hh h + b_hh ---- */

static struct nn_gru_tape gru_tape(const struct nn_cell_tape *t, const struct nn_cell_scratch *s)
{
	return (struct nn_gru_tape){t->h, t->gates, t->extra, s->dh, s->w_hh};
}

static size_t gru_packed_floats(int in, int H)
{
	(void)in;
	return nn_gru_packed_floats(H);
}

static void gru_forward(const struct nn_cell_shape *s, const struct nn_cell_layout *at, const float *params, const float *x,
                        const struct nn_cell_tape *tape, const struct nn_cell_scratch *scratch)
{
	struct nn_gru_tape t = gru_tape(tape, scratch);
	nn_gru_forward(&(struct nn_gru_shape){s->T, s->B, s->in, s->H}, &(struct nn_gru_layout){at->w_ih, at->w_hh, at->b_ih, at->b_hh},
	               params, x, &t);
}

static void gru_backward(const struct nn_cell_shape *s, const struct nn_cell_layout *at, const float *params, const float *x,
                         const float *dy, const struct nn_cell_tape *tape, const struct nn_cell_scratch *scratch, float *dparams, float *dx)
{
	struct nn_gru_tape t = gru_tape(tape, scratch);
	nn_gru_backward(&(struct nn_gru_shape){s->T, s->B, s->in, s->H}, &(struct nn_gru_layout){at->w_ih, at->w_hh, at->b_ih, at->b_hh},
	                params, x, dy, &t, dparams, dx);
}

const struct nn_cell_kind *nn_cell_kind_of(enum nn_cell cell)
{
	static const struct nn_cell_kind kinds[NN_N_CELLS] = {
	    [NN_CELL_LSTM] = {"lstm", 4, 1, true, true, nn_lstm_packed_floats, lstm_forward, lstm_backward},
	    /* "lstm" in the reference, too */
	    [NN_CELL_GRU] = {"lstm", 3, 3, false, true, gru_packed_floats, gru_forward, gru_backward},
	    [NN_CELL_MINGRU] = {"mingru", 2, 0, false, false, nn_mingru_packed_floats, nn_mingru_forward, nn_mingru_backward},
	};
	return &kinds[cell];
}
