/*
 * attention.c - multi-head self-attention, forward and backward
 *
 * The three projections are one product over all rows. Heads are columns of q, k and v, used in place through their row stride. The rows of
 * P sum to 1, so the gradient of the scores is dS = P (dP - sum(dP P)) row by row.
 */
#include "nn/attention.h"

#include <math.h>
#include <string.h>

#include "nn/activations.h"
#include "nn/blas.h"
#include "nn/dropout.h"
#include "nn/linear.h"

static void softmax(int T, float *S)
{
	for (int t = 0; t < T; t++, S += T) {
		float largest = S[0];
		double sum = 0.0;
		for (int i = 1; i < T; i++)
			largest = nn_max(largest, S[i]);
		for (int i = 0; i < T; i++) {
			S[i] = nn_exp(S[i] - largest);
			sum += (double)S[i];
		}
		const float scale = (float)(1.0 / sum);
		for (int i = 0; i < T; i++)
			S[i] *= scale;
	}
}

/* dP becomes the gradient of the scores. */
static void softmax_backward(int T, const float *P, float *dP)
{
	for (int t = 0; t < T; t++, P += T, dP += T) {
		double sum = 0.0;
		for (int i = 0; i < T; i++)
			sum += (double)(dP[i] * P[i]);
		for (int i = 0; i < T; i++)
			dP[i] = P[i] * (dP[i] - (float)sum);
	}
}

/* One head of one window: columns of its rows of q, k, v. */
struct head {
	size_t q, k, v; /* offsets in qkv */
	size_t context; /* in context */
	size_t P;       /* in P */
};

static struct head head_of(const struct nn_attention_shape *s, int b, int h)
{
	const size_t E = (size_t)s->E, T = (size_t)s->T, width = E / (size_t)s->heads, column = (size_t)h * width;
	const size_t row = (size_t)b * T;
	return (struct head){row * 3 * E + column, row * 3 * E + E + column, row * 3 * E + 2 * E + column, row * E + column,
	                     ((size_t)b * (size_t)s->heads + (size_t)h) * T * T};
}

void nn_attention_forward(const struct nn_attention_shape *s, const struct nn_attention_layout *at, const float *params,
                          struct base_random *drop, const float *x, float *y, struct nn_attention_tape *tape)
{
	const int N = s->B * s->T, width = s->E / s->heads, wide = 3 * s->E, T = s->T;
	const float scale = 1.0f / sqrtf((float)width);
	nn_linear_forward(N, s->E, wide, params + at->in_weight, params + at->in_bias, x, tape->qkv);
	for (int i = 0; i < s->B * s->heads; i++) {
		const struct head h = head_of(s, i / s->heads, i % s->heads);
		float *P = tape->P + h.P, *mask = tape->mask ? tape->mask + h.P : NULL, *used = P;
		nn_gemm(T, T, width, scale, (struct nn_matrix){tape->qkv + h.q, wide, false},
		        (struct nn_matrix){tape->qkv + h.k, wide, true}, 0.0f, P, T);
		softmax(T, P);
		if (mask) {
			used = tape->dP;
			memcpy(used, P, (size_t)T * (size_t)T * sizeof(float));
			nn_dropout_draw(drop, s->dropout, (size_t)T * (size_t)T, mask, used);
		}
		nn_gemm(T, width, T, 1.0f, (struct nn_matrix){used, T, false}, (struct nn_matrix){tape->qkv + h.v, wide, false}, 0.0f,
		        tape->context + h.context, s->E);
	}
	nn_linear_forward(N, s->E, s->E, params + at->out_weight, params + at->out_bias, tape->context, y);
}

static void head_backward(const struct nn_attention_shape *s, struct head h, struct nn_attention_tape *tape)
{
	const int width = s->E / s->heads, wide = 3 * s->E, T = s->T;
	const size_t n = (size_t)T * (size_t)T;
	const float scale = 1.0f / sqrtf((float)width);
	float *dP = tape->dP, *used = tape->dP + n;
	const float *mask = tape->mask ? tape->mask + h.P : NULL;
	const struct nn_matrix dcontext = {tape->dcontext + h.context, s->E, false};
	memcpy(used, tape->P + h.P, n * sizeof(float));
	nn_dropout_apply(n, mask, used);
	nn_gemm(T, width, T, 1.0f, (struct nn_matrix){used, T, true}, dcontext, 0.0f, tape->dqkv + h.v, wide);
	nn_gemm(T, T, width, 1.0f, dcontext, (struct nn_matrix){tape->qkv + h.v, wide, true}, 0.0f, dP, T);
	nn_dropout_apply(n, mask, dP);
	softmax_backward(T, tape->P + h.P, dP);
	nn_gemm(T, width, T, scale, (struct nn_matrix){dP, T, false}, (struct nn_matrix){tape->qkv + h.k, wide, false}, 0.0f,
	        tape->dqkv + h.q, wide);
	nn_gemm(T, width, T, scale, (struct nn_matrix){dP, T, true}, (struct nn_matrix){tape->qkv + h.q, wide, false}, 0.0f,
	        tape->dqkv + h.k, wide);
}

void nn_attention_backward(const struct nn_attention_shape *s, const struct nn_attention_layout *at, const float *params, const float *x,
                           const float *dy, struct nn_attention_tape *tape, float *dparams, float *dx)
{
	const int N = s->B * s->T, wide = 3 * s->E;
	nn_linear_backward(N, s->E, s->E, params + at->out_weight, tape->context, dy, tape->dcontext, dparams + at->out_weight,
	                   dparams + at->out_bias);
	for (int i = 0; i < s->B * s->heads; i++)
		head_backward(s, head_of(s, i / s->heads, i % s->heads), tape);
	nn_gemm_tn_add(wide, s->E, N, tape->dqkv, x, dparams + at->in_weight);
	nn_add_column_sums(N, wide, tape->dqkv, dparams + at->in_bias);
	if (dx)
		nn_gemm_nn(N, s->E, wide, tape->dqkv, params + at->in_weight, 0.0f, dx);
}
