/*
 * f_expression.c - any text as a model expression: an error with a message, or a model that runs when it is small
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nn/sequential.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const struct nn_sequential *chain)
{
	const struct nn_rows in = nn_sequential_input(chain);
	struct nn_work *work;
	float *params = malloc(nn_sequential_n_params(chain) * sizeof *params), *x = calloc((size_t)in.T * (size_t)in.F, sizeof *x);
	if (params && x && nn_work_windows(chain, 1, true, &work, NULL) == PV_OK) {
		float *grads = calloc(nn_sequential_n_trained(chain) + 1, sizeof *grads);
		const float *output;
		nn_sequential_init(chain, params, 1);
		if (nn_forward(work, params, x, 1, 1, NULL, &output, NULL) != PV_OK)
			abort(); /* zeros are rows of every table */
		if (grads)
			nn_backward(work, params, output, NULL, grads, NULL);
		free(grads);
		nn_work_free(work);
	}
	free(params);
	free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct nn_setting setting = {5, 51, 3};
	struct nn_sequential *chain;
	struct pv_error err = {0};
	char text[1200];
	double forward, training;
	const size_t n = size < sizeof text - 1 ? size : sizeof text - 1;
	memcpy(text, data, n);
	text[n] = 0;
	if (nn_sequential_new(text, &setting, &chain, &err) != PV_OK) {
		if (!err.message[0])
			abort();
		return 0;
	}
	nn_sequential_flops(chain, false, &forward, &training);
	if (nn_sequential_n_params(chain) < 20000 && forward < 1e6)
		run(chain);
	nn_sequential_free(chain);
	return 0;
}
