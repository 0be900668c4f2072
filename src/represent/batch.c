/*
 * batch.c - one stream's rows put into the time-major arrays that a network runs on
 */
#include "represent/batch.h"

#include <string.h>

#include <perfvec/features.h>

static void unpack(const struct model_inputs *inputs, const struct pv_dataset_program *p, uint64_t row, size_t n, float *out, size_t stride)
{
	model_inputs_unpack(inputs, p->features + row, p->context ? p->context + row : NULL, n, out, stride);
}

void represent_batch_features(const struct pv_dataset_program *program, uint64_t row, uint32_t n_rows, int T, int B, int b,
                              const struct model_inputs *inputs, float *x)
{
	const size_t F = (size_t)model_inputs_count(inputs->kind), stride = (size_t)B * F;
	if (n_rows)
		unpack(inputs, program, row, n_rows, x + (size_t)b * F, stride);
	for (size_t t = n_rows; t < (size_t)T; t++)
		memset(x + t * stride + (size_t)b * F, 0, F * sizeof *x);
}

void represent_batch_targets(const struct pv_dataset_program *program, const struct data_columns *columns, uint64_t row, uint32_t n_rows,
                             uint32_t n_warm, int T, int B, int b, float *target, float *weight)
{
	const size_t K = (size_t)columns->n;
	for (size_t t = 0; t < (size_t)T; t++) {
		float *to = target + (t * (size_t)B + (size_t)b) * K;
		bool counts = t >= n_warm && t < n_rows;
		weight[t * (size_t)B + (size_t)b] = counts;
		if (!counts) {
			memset(to, 0, K * sizeof *to);
			continue;
		}
		size_t from = (size_t)(row + t) * (size_t)columns->n_per_row;
		for (size_t k = 0; k < K; k++)
			to[k] = (float)pv_target(program, from + (size_t)columns->column[k]) * columns->inverse[k];
	}
}

void represent_batch_windows(const struct pv_dataset_program *program, uint64_t first, uint64_t row, int n, int T,
                             const struct model_inputs *inputs, float *line, float *x)
{
	const size_t F = (size_t)model_inputs_count(inputs->kind), reach = (size_t)T - 1;
	const size_t before = row - first < reach ? (size_t)(row - first) : reach;
	memset(line, 0, (reach - before) * F * sizeof *line);
	unpack(inputs, program, row - before, before + (size_t)n, line + (reach - before) * F, F);
	for (int b = 0; b < n; b++)
		memcpy(x + (size_t)b * (size_t)T * F, line + (size_t)b * F, (size_t)T * F * sizeof *x);
}
