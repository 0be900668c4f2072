/*
 * conv.c - convolution along the instructions of a window: tensors weight (out, in, kernel), bias (out)
 *
 * Rows stay instructions and columns channels, (T, F), where PyTorch has (F, T): a window's patches (T', in * kernel) are gathered once and
 * the convolution is one product with the weights as they lie. The patches are kept for the backward pass, which spreads their gradient
 * back over the input.
 *
 * Over a stream a row's patch ends at the row that ends the window's last patch (history.h); carried: the rows before the chunk that it
 * reaches.
 */
#include "nn/layer.h"

#include <string.h>

#include "nn/blas.h"
#include "nn/linear.h"

/* Rows of patches, of all windows or streams. */
static int patch_rows(const struct nn_layer *l, const struct nn_pass *pass)
{
	return pass->B * (pass->T ? pass->T : l->out.T);
}

static size_t patch_floats(const struct nn_layer *l, const struct nn_pass *pass)
{
	return (size_t)patch_rows(l, pass) * (size_t)l->in.F * (size_t)l->as.conv.kernel;
}

static size_t conv_tape(const struct nn_layer *l, const struct nn_pass *pass)
{
	return 2 * ((patch_floats(l, pass) + 15) / 16 * 16);
}

/* Visits every element of a window's patches with the input element it came from; those over the edge are zero. */
static void gather(const struct nn_layer *l, const float *x, float *patches)
{
	const int C = l->in.F, kernel = l->as.conv.kernel;
	for (int t = 0; t < l->out.T; t++)
		for (int c = 0; c < C; c++)
			for (int k = 0; k < kernel; k++) {
				const int from = t * l->as.conv.stride + k - l->as.conv.padding;
				*patches++ = from >= 0 && from < l->in.T ? x[(size_t)from * (size_t)C + (size_t)c] : 0.0f;
			}
}

static void spread(const struct nn_layer *l, const float *dpatches, float *dx)
{
	const int C = l->in.F, kernel = l->as.conv.kernel;
	for (int t = 0; t < l->out.T; t++)
		for (int c = 0; c < C; c++)
			for (int k = 0; k < kernel; k++, dpatches++) {
				const int to = t * l->as.conv.stride + k - l->as.conv.padding;
				if (to >= 0 && to < l->in.T)
					dx[(size_t)to * (size_t)C + (size_t)c] += *dpatches;
			}
}

static enum pv_status conv_forward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, float *y, float *tape,
                                   struct pv_error *err)
{
	(void)err;
	const size_t input = (size_t)l->in.T * (size_t)l->in.F, patches = (size_t)l->out.T * (size_t)l->in.F * (size_t)l->as.conv.kernel;
	if (pass->T)
		nn_history_gather(&l->as.conv.history, pass->T, pass->B, l->in.F, x, pass->state, tape);
	for (int b = 0; !pass->T && b < pass->B; b++)
		gather(l, x + (size_t)b * input, tape + (size_t)b * patches);
	nn_linear_forward(patch_rows(l, pass), l->in.F * l->as.conv.kernel, l->out.F, pass->params + l->at[0], pass->params + l->at[1],
	                  tape, y);
	return PV_OK;
}

static void conv_backward(const struct nn_layer *l, const struct nn_pass *pass, const float *x, const float *y, float *dy, float *tape,
                          float *dparams, float *dx)
{
	(void)x, (void)y;
	const int N = patch_rows(l, pass), width = l->in.F * l->as.conv.kernel;
	const size_t input = (size_t)l->in.T * (size_t)l->in.F, patches = (size_t)l->out.T * (size_t)width;
	float *dpatches = tape + (patch_floats(l, pass) + 15) / 16 * 16;
	nn_gemm_tn_add(l->out.F, width, N, dy, tape, dparams + l->at[0]);
	nn_add_column_sums(N, l->out.F, dy, dparams + l->at[1]);
	if (!dx)
		return;
	nn_gemm_nn(N, width, l->out.F, dy, pass->params + l->at[0], 0.0f, dpatches);
	if (pass->T) {
		nn_history_spread(&l->as.conv.history, pass->T, pass->B, l->in.F, dpatches, dx);
		return;
	}
	memset(dx, 0, (size_t)pass->B * input * sizeof(float));
	for (int b = 0; b < pass->B; b++)
		spread(l, dpatches + (size_t)b * patches, dx + (size_t)b * input);
}

static void conv_flops(const struct nn_layer *l, int rows, double *forward, double *to_input)
{
	*forward = *to_input = 2.0 * rows * l->out.F * l->in.F * l->as.conv.kernel;
}

static const char *conv_needs_windows(const struct nn_layer *l)
{
	return l->as.conv.padding ? "pads its windows with zeros at both ends, which a stream does not have" : NULL;
}

/* Rows that the stride leaves over at a window's end are never looked at: the last patch ends before them. */
static int conv_spread(struct nn_layer *l)
{
	const int over = l->in.T + 2 * l->as.conv.padding - l->as.conv.kernel;
	l->as.conv.history = (struct nn_history){
	    .taps = l->as.conv.kernel, .spacing = l->spacing, .lag = over % l->as.conv.stride * l->spacing, .by_channel = true};
	return l->spacing * l->as.conv.stride;
}

static struct nn_rows conv_state(const struct nn_layer *l)
{
	return (struct nn_rows){nn_history_rows(&l->as.conv.history), l->in.F};
}

const struct nn_layer_kind nn_layer_conv = {.name = "conv",
                                            .tape_floats = conv_tape,
                                            .forward = conv_forward,
                                            .backward = conv_backward,
                                            .flops = conv_flops,
                                            .needs_windows = conv_needs_windows,
                                            .spread = conv_spread,
                                            .state = conv_state};
