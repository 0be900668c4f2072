/*
 * f_expression.c - any text as a model expression: an error with a message, or a model that runs when it is small
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nn/graph.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const struct nn_graph *graph)
{
	const struct nn_rows in = nn_graph_input(graph);
	struct nn_graph_work *work;
	float *params = malloc(nn_graph_n_params(graph) * sizeof *params), *x = calloc((size_t)in.T * (size_t)in.F, sizeof *x);
	if (params && x && nn_graph_work_new(graph, 1, true, &work, NULL) == PV_OK) {
		float *grads = calloc(nn_graph_n_trained(graph) + 1, sizeof *grads);
		const float *output;
		nn_graph_init(graph, params, 1);
		if (nn_graph_forward(graph, params, work, x, 1, 1, NULL, &output, NULL) != PV_OK)
			abort(); /* zeros are rows of every table */
		if (grads)
			nn_graph_backward(graph, params, work, output, grads, NULL);
		free(grads);
		nn_graph_work_free(work);
	}
	free(params);
	free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct nn_graph_setting setting = {5, 51, 3};
	struct nn_graph *graph;
	struct pv_error err = {0};
	char text[1200];
	double forward, training;
	const size_t n = size < sizeof text - 1 ? size : sizeof text - 1;
	memcpy(text, data, n);
	text[n] = 0;
	if (nn_graph_new(text, &setting, &graph, &err) != PV_OK) {
		if (!err.message[0])
			abort();
		return 0;
	}
	nn_graph_flops(graph, &forward, &training);
	if (nn_graph_n_params(graph) < 20000 && forward < 1e6)
		run(graph);
	nn_graph_free(graph);
	return 0;
}
