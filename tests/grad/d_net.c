/*
 * d_net.c - gradients of the network by finite differences
 *
 * The reference is written here once more, plainly and in double, forward only: a chunk with a given state before it, one number out.
 * Central differences of it are good to 1e-8, so the float gradients can be held to 1e-4 of each tensor's largest element, every single
 * element. The loss is sum(output * doutput) + sum(repr * drepr) with random weights, or one of the real losses.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "nn/losses.h"
#include "nn/sequential.h"

/* Odd sizes: narrower than a vector, not a multiple of anything. */
enum { T = 5, B = 3, F = 7, H = 5, L = 2, K = 3, WIDE = H + F + 1, MAX_WIDTH = WIDE };

/* What a chain is made of. */
struct config {
	int F, H, L, K;
	bool bias;
	enum nn_cell cell;
	bool wide;
};

static struct nn_sequential *build(const struct config *c)
{
	char text[200];
	struct nn_sequential *chain;
	struct pv_error err;
	const struct nn_setting setting = {1, c->F, c->K};
	snprintf(text, sizeof text, "%s(%d,%d,narchs=%d,bias=%s%s%s)", c->cell == NN_CELL_MINGRU ? "MinGRU" : "InsLSTM", c->H, c->L, c->K,
	         c->bias ? "True" : "False", c->cell == NN_CELL_GRU ? ",gru=True" : "", c->wide ? ",wide=True" : "");
	if (nn_sequential_new(text, &setting, &chain, &err) != PV_OK)
		fail_msg("%s", err.message);
	return chain;
}

struct problem {
	struct nn_sequential *net;
	struct nn_work *work;
	size_t n_params;
	float *params, *grads;
	double *p; /* params in double, the reference's */
	float x[2 * T * B * F], doutput[T * B * K], drepr[T * B * WIDE], target[T * B * K], weight[T * B];
	double state[L][2][B][H]; /* before the chunk */
	bool use_output, use_repr, use_loss;
	enum nn_loss_kind kind;
	enum nn_cell cell;
	int per_layer; /* tensors */
	int D;         /* H, or WIDE */
};

static double sigmoid(double x)
{
	return 1.0 / (1.0 + exp(-x));
}

/* Row g * H + j of W v + b. */
static double gate(const double *W, const double *bias, const double *v, int n, int g, int j)
{
	const int row = g * H + j;
	double sum = bias[row];
	for (int k = 0; k < n; k++)
		sum += W[row * n + k] * v[k];
	return sum;
}

/* One cell of one stream. PyTorch's formulas: gates i, f, g, o of an LSTM and r, z, n of a GRU; z, n of a minGRU. */
static void cell(enum nn_cell kind, const double *const w[4], const double *x, int in, const double *h, double c, int j, double *h_out,
                 double *c_out)
{
	double input[4], hidden[4] = {0};
	for (int g = 0; g < (kind == NN_CELL_LSTM ? 4 : kind == NN_CELL_GRU ? 3 : 2); g++) {
		input[g] = gate(w[0], kind == NN_CELL_MINGRU ? w[1] : w[2], x, in, g, j);
		if (kind != NN_CELL_MINGRU)
			hidden[g] = gate(w[1], w[3], h, H, g, j);
	}
	if (kind == NN_CELL_LSTM) {
		*c_out = sigmoid(input[1] + hidden[1]) * c + sigmoid(input[0] + hidden[0]) * tanh(input[2] + hidden[2]);
		*h_out = sigmoid(input[3] + hidden[3]) * tanh(*c_out);
		return;
	}
	const double z = sigmoid(kind == NN_CELL_GRU ? input[1] + hidden[1] : input[0]);
	const double n = tanh(kind == NN_CELL_GRU ? input[2] + sigmoid(input[0] + hidden[0]) * hidden[2] : input[1]);
	*c_out = 0;
	*h_out = kind == NN_CELL_GRU ? (1 - z) * n + z * h[j] : (1 - z) * h[j] + z * n;
}

/* All layers of one stream at one instruction; v is the input and becomes the last layer's h. */
static void step(const struct problem *q, const struct nn_tensor *t, double state[L][2][B][H], int b, double *v)
{
	for (int l = 0; l < L; l++) {
		const double *w[4] = {0};
		double h[H], c[H];
		for (int i = 0; i < q->per_layer; i++)
			w[i] = q->p + t[q->per_layer * l + i].offset;
		for (int j = 0; j < H; j++)
			cell(q->cell, w, v, l ? H : F, state[l][0][b], state[l][1][b][j], j, &h[j], &c[j]);
		memcpy(state[l][0][b], h, sizeof h);
		memcpy(state[l][1][b], c, sizeof c);
		memcpy(v, h, sizeof h);
	}
}

static double element_loss(enum nn_loss_kind kind, double output, double target)
{
	double e = output - target;
	if (kind == NN_LOSS_NMSE || kind == NN_LOSS_NL1)
		e /= target + 1.0;
	return kind == NN_LOSS_L1 || kind == NN_LOSS_NL1 ? fabs(e) : e * e;
}

/* The reference: loss of the chunk x, state advanced. */
static double reference(const struct problem *q, double state[L][2][B][H])
{
	int n;
	const struct nn_tensor *t = nn_sequential_tensors(q->net, &n);
	const double *W = q->p + t[q->per_layer * L].offset, *bias = q->p + t[q->per_layer * L + 1].offset;
	double linear = 0.0, sum = 0.0, count = 0.0;
	for (int i = 0; i < T * B; i++) {
		double v[MAX_WIDTH];
		for (int k = 0; k < F; k++)
			v[k] = (double)q->x[i * F + k];
		step(q, t, state, i % B, v);
		for (int j = 0; j < q->D; j++) {
			v[j] = j < H ? fmax(v[j], 0.0) : j < H + F ? (double)q->x[i * F + j - H] : 1;
			linear += q->use_repr ? v[j] * (double)q->drepr[i * q->D + j] : 0.0;
		}
		for (int k = 0; k < K; k++) {
			double output = bias[k];
			for (int j = 0; j < q->D; j++)
				output += W[k * q->D + j] * v[j];
			linear += q->use_output && !q->use_loss ? output * (double)q->doutput[i * K + k] : 0.0;
			if (q->weight[i] != 0.0f)
				sum += (double)q->weight[i] * element_loss(q->kind, output, (double)q->target[i * K + k]);
			count += (double)q->weight[i];
		}
	}
	const double mean = sum / count;
	return linear + (q->use_loss ? (q->kind == NN_LOSS_RMSE ? sqrt(mean) : mean) : 0.0);
}

static void fill(struct base_random *rng, float *p, size_t n, double scale)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (float)((2.0 * base_random_unit(rng) - 1.0) * scale);
}

static struct problem *problem_of(enum nn_cell cell, bool wide)
{
	struct problem *q = calloc(1, sizeof *q);
	const struct config config = {F, H, L, K, true, cell, wide};
	int n;
	struct base_random rng;
	assert_non_null(q);
	q->net = build(&config);
	assert_int_equal(nn_work_streams(q->net, B, T, true, &q->work, NULL), PV_OK);
	nn_sequential_tensors(q->net, &n);
	q->cell = cell;
	q->D = nn_sequential_representation(q->net).F;
	assert_int_equal(q->D, wide ? WIDE : H);
	q->per_layer = (n - 2) / L;
	assert_int_equal(q->per_layer, cell == NN_CELL_MINGRU ? 2 : 4);
	q->n_params = nn_sequential_n_params(q->net);
	q->params = calloc(q->n_params, sizeof(float));
	q->grads = calloc(q->n_params, sizeof(float));
	q->p = calloc(q->n_params, sizeof(double));
	assert_true(q->params && q->grads && q->p);
	base_random_init(&rng, 5);
	fill(&rng, q->params, q->n_params, 0.8);
	fill(&rng, q->x, sizeof q->x / sizeof(float), 2.0);
	fill(&rng, q->doutput, T * B * K, 1.0);
	fill(&rng, q->drepr, (size_t)(T * B * q->D), 1.0);
	fill(&rng, q->target, T * B * K, 0.9);
	for (int i = 0; i < T * B; i++)
		q->weight[i] = i < B ? 0.0f : i % 4 == 1 ? 0.5f : 1.0f; /* the first instruction warms up */
	for (size_t i = 0; i < q->n_params; i++)
		q->p[i] = (double)q->params[i];
	return q;
}

static struct problem *problem_new(enum nn_cell cell)
{
	return problem_of(cell, false);
}

static void problem_free(struct problem *q)
{
	nn_work_free(q->work);
	nn_sequential_free(q->net);
	free(q->params);
	free(q->grads);
	free(q->p);
	free(q);
}

/* Run one chunk before, so that the state is not zero, in the network and in the reference. */
static void warm_up(struct problem *q)
{
	reference(q, q->state);
	nn_forward(q->work, q->params, q->x, T, 0, NULL, NULL, NULL);
	memmove(q->x, q->x + T * B * F, T * B * F * sizeof(float));
}

static void run_net(struct problem *q)
{
	const float *output;
	nn_forward(q->work, q->params, q->x, T, 0, NULL, &output, NULL);
	if (q->use_loss) {
		const double sum = nn_loss_sum(q->kind, output, q->target, q->weight, T * B, K), n = nn_loss_count(q->weight, T * B, K);
		nn_loss_gradient(q->kind, output, q->target, q->weight, T * B, K, nn_loss_scale(q->kind, sum, n), q->doutput);
		double state[L][2][B][H];
		memcpy(state, q->state, sizeof state);
		const double expected = reference(q, state);
		assert_true(fabs(nn_loss_value(q->kind, sum, n) - expected) < 1e-5 * fabs(expected));
	}
	nn_backward(q->work, q->params, q->use_output ? q->doutput : NULL, q->use_repr ? q->drepr : NULL, q->grads, NULL);
}

static double difference(struct problem *q, size_t i)
{
	const double step_size = 1e-5, at = q->p[i];
	double loss[2];
	for (int side = 0; side < 2; side++) {
		double state[L][2][B][H];
		memcpy(state, q->state, sizeof state);
		q->p[i] = at + (side ? step_size : -step_size);
		loss[side] = reference(q, state);
	}
	q->p[i] = at;
	return (loss[1] - loss[0]) / (2.0 * step_size);
}

static void check_gradients(struct problem *q)
{
	int n;
	const struct nn_tensor *t = nn_sequential_tensors(q->net, &n);
	for (int i = 0; i < n; i++) {
		double expected[4 * H * MAX_WIDTH], largest = 0.0;
		for (size_t j = 0; j < t[i].n; j++) {
			expected[j] = difference(q, t[i].offset + j);
			largest = fmax(largest, fabs(expected[j]));
		}
		assert_true(q->use_output || i >= q->per_layer * L || largest > 0.0);
		for (size_t j = 0; j < t[i].n; j++) {
			const double is = (double)q->grads[t[i].offset + j];
			if (!(fabs(is - expected[j]) <= 1e-4 * largest + 1e-7))
				fail_msg("gradient of %s[%zu] is %.9g, expected %.9g", t[i].name, j, is, expected[j]);
		}
	}
}

static void test_net__gradients_of_output(void **state)
{
	(void)state;
	for (enum nn_cell cell = 0; cell < NN_N_CELLS; cell++) {
		struct problem *q = problem_new(cell);
		q->use_output = true;
		run_net(q);
		check_gradients(q);
		problem_free(q);
	}
}

static void test_net__gradients_of_representation(void **state)
{
	(void)state;
	for (enum nn_cell cell = 0; cell < NN_N_CELLS; cell++) {
		struct problem *q = problem_new(cell);
		q->use_repr = true;
		run_net(q);
		check_gradients(q);
		problem_free(q);
	}
}

static void test_net__gradients_after_carried_state(void **state)
{
	(void)state;
	for (enum nn_cell cell = 0; cell < NN_N_CELLS; cell++) {
		struct problem *q = problem_new(cell);
		q->use_output = q->use_repr = true;
		warm_up(q);
		run_net(q);
		check_gradients(q);
		problem_free(q);
	}
}

static void test_net__gradients_of_a_wide_representation(void **state)
{
	(void)state;
	for (int uses = 1; uses <= 3; uses++) {
		struct problem *q = problem_of(uses == 2 ? NN_CELL_GRU : NN_CELL_LSTM, true);
		q->use_output = (uses & 1) != 0;
		q->use_repr = (uses & 2) != 0;
		warm_up(q);
		run_net(q);
		check_gradients(q);
		problem_free(q);
	}
}

static void test_net__gradients_are_added(void **state)
{
	(void)state;
	for (enum nn_cell cell = 0; cell < NN_N_CELLS; cell++) {
		struct problem *q = problem_new(cell);
		q->use_output = true;
		for (size_t i = 0; i < q->n_params; i++)
			q->grads[i] = 1.0f;
		run_net(q);
		for (size_t i = 0; i < q->n_params; i++)
			q->grads[i] -= 1.0f;
		check_gradients(q);
		problem_free(q);
	}
}

static void test_net__gradients_of_every_loss_with_weights(void **state)
{
	(void)state;
	for (int kind = NN_LOSS_MSE; kind <= NN_LOSS_RMSE; kind++) {
		struct problem *q = problem_new(NN_CELL_LSTM);
		q->use_output = q->use_loss = true;
		q->kind = (enum nn_loss_kind)kind;
		run_net(q);
		check_gradients(q);
		problem_free(q);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_net__gradients_of_output),           cmocka_unit_test(test_net__gradients_of_representation),
	    cmocka_unit_test(test_net__gradients_after_carried_state), cmocka_unit_test(test_net__gradients_of_a_wide_representation),
	    cmocka_unit_test(test_net__gradients_are_added),           cmocka_unit_test(test_net__gradients_of_every_loss_with_weights),
	};
	return cmocka_run_group_tests_name("net gradients", tests, NULL, NULL);
}
