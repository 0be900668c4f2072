/*
 * source.c - what a dataset gives to training
 */
#include "train/source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/features.h>

#include "model/machines.h"

/* Rows that the scale is measured on, evenly spread; more would not change its second digit. */
enum { SCALE_ROWS = 2000000, SCALE_SEGMENT = 4096 };

static enum pv_status choose_machines(struct train_source *s, const int *machines, int n, struct pv_error *err)
{
	const int all = pv_dataset_n_machines(s->dataset);
	if (!machines) {
		n = 0;
		for (int k = 0; k < all; k++)
			n += pv_dataset_machine(s->dataset, k)->seen;
	}
	FAIL_IF(!n, err, PV_ERR_ARG, "the dataset holds every machine out: there is none to train on");
	TRY(data_columns_init(&s->columns, n, all, err));
	int at = 0;
	for (int k = 0; !machines && k < all; k++)
		if (pv_dataset_machine(s->dataset, k)->seen)
			s->columns.column[at++] = k;
	for (int k = 0; machines && k < n; k++) {
		FAIL_IF(machines[k] < 0 || machines[k] >= all, err, PV_ERR_ARG, "the dataset has no machine column %d", machines[k]);
		s->columns.column[k] = machines[k];
	}
	return PV_OK;
}

static void add_range(struct data_range *ranges, int *n, uint64_t *rows, int program, uint64_t begin, uint64_t end)
{
	if (begin >= end)
		return;
	ranges[(*n)++] = (struct data_range){program, begin, end};
	*rows += end - begin;
}

enum pv_status train_source_init(struct train_source *s, const struct pv_dataset *dataset, const int *machines, int n, struct pv_error *err)
{
	const int P = pv_dataset_n_programs(dataset);
	*s = (struct train_source){0};
	TRY(data_target_check(dataset, err));
	s->dataset = dataset;
	s->train = calloc((size_t)P + 1, sizeof *s->train);
	s->valid = calloc((size_t)P + 1, sizeof *s->valid);
	enum pv_status status = s->train && s->valid ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (status == PV_OK)
		status = choose_machines(s, machines, n, err);
	for (int i = 0; status == PV_OK && i < P; i++) {
		const struct pv_dataset_program *p = pv_dataset_program(dataset, i);
		if (!p->seen)
			continue;
		add_range(s->train, &s->n_train, &s->train_rows, i, p->begin[PV_SPLIT_TRAIN], p->end[PV_SPLIT_TRAIN]);
		add_range(s->valid, &s->n_valid, &s->valid_rows, i, p->begin[PV_SPLIT_VALID], p->end[PV_SPLIT_VALID]);
	}
	if (status == PV_OK && !s->train_rows)
		status = base_error_set(err, PV_ERR_ARG,
		                        "the dataset has no training rows: every program is held out, or its training range is empty");
	if (status != PV_OK) {
		train_source_release(s);
		return status;
	}
	const float *mean, *std;
	pv_dataset_stats(dataset, &mean, &std);
	memcpy(s->inputs.mean, mean, PV_N_FEATURES * sizeof *mean);
	memcpy(s->inputs.std, std, PV_N_FEATURES * sizeof *std);
	return PV_OK;
}

void train_source_release(struct train_source *s)
{
	free(s->train);
	free(s->valid);
	data_columns_release(&s->columns);
	*s = (struct train_source){0};
}

/* Sum and sum of squares of every machine's targets over one segment. */
static void add_moments(const struct train_source *s, const struct data_range *rows, double *sum, double *squares)
{
	const struct pv_dataset_program *p = pv_dataset_program(s->dataset, rows->program);
	for (uint64_t row = rows->begin; row < rows->end; row++)
		for (int k = 0; k < s->columns.n; k++) {
			double t = pv_target(p, (size_t)row * (size_t)s->columns.n_per_row + (size_t)s->columns.column[k]);
			sum[k] += t;
			squares[k] += t * t;
		}
}

enum pv_status train_source_scale(struct train_source *s, struct pv_error *err)
{
	struct data_range *segments = malloc(data_ranges_cut_max(s->train, s->n_train, SCALE_SEGMENT) * sizeof *segments);
	double *sum = calloc((size_t)s->columns.n, sizeof *sum), *squares = calloc((size_t)s->columns.n, sizeof *squares);
	enum pv_status status = PV_OK;
	if (!segments || !sum || !squares) {
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory");
	} else {
		size_t n = data_ranges_cut(s->train, s->n_train, SCALE_SEGMENT, 0, SCALE_ROWS, 0.5, segments);
		double rows = 0;
		for (size_t i = 0; i < n; i++) {
			add_moments(s, &segments[i], sum, squares);
			rows += (double)(segments[i].end - segments[i].begin);
		}
		for (int k = 0; k < s->columns.n; k++) {
			double mean = sum[k] / rows, variance = squares[k] / rows - mean * mean;
			double scale = variance > 1e-12 ? sqrt(variance) : mean > 0 ? mean : 1;
			data_columns_set_scale(&s->columns, k, scale);
		}
	}
	free(segments);
	free(sum);
	free(squares);
	return status;
}

/* Sums of what enters, not normalised, over one segment. */
static void add_inputs(const struct model_inputs *as_is, const struct pv_dataset_program *p, const struct data_range *rows, double *sum,
                       double *squares)
{
	enum { BLOCK = 64 };
	float x[BLOCK * MODEL_MAX_INPUTS];
	const int F = model_inputs_count(as_is->kind);
	for (uint64_t row = rows->begin; row < rows->end; row += BLOCK) {
		const size_t n = rows->end - row < BLOCK ? (size_t)(rows->end - row) : BLOCK;
		model_inputs_unpack(as_is, p->features + row, p->context ? p->context + row : NULL, n, x, (size_t)F);
		for (size_t i = 0; i < n; i++)
			for (int f = 0; f < F; f++) {
				const double v = (double)x[i * (size_t)F + (size_t)f];
				sum[f] += v;
				squares[f] += v * v;
			}
	}
}

static void set_statistics(struct model_inputs *inputs, int f, double sum, double squares, double rows)
{
	const double mean = sum / rows, variance = squares / rows - mean * mean;
	inputs->mean[f] = (float)mean;
	inputs->std[f] = variance > 1e-12 ? (float)sqrt(variance) : 0.0F;
}

enum pv_status train_source_inputs(struct train_source *s, enum model_inputs_kind kind, struct pv_error *err)
{
	TRY(model_inputs_check(kind, s->dataset, err));
	s->inputs.kind = kind;
	if (kind == MODEL_INPUTS_PLAIN)
		return PV_OK;
	struct data_range *segments = malloc(data_ranges_cut_max(s->train, s->n_train, SCALE_SEGMENT) * sizeof *segments);
	FAIL_IF(!segments, err, PV_ERR_NOMEM, "out of memory");
	const struct model_inputs as_is = {.kind = kind};
	double sum[MODEL_MAX_INPUTS] = {0}, squares[MODEL_MAX_INPUTS] = {0}, rows = 0;
	const size_t n = data_ranges_cut(s->train, s->n_train, SCALE_SEGMENT, 0, SCALE_ROWS, 0.5, segments);
	for (size_t i = 0; i < n; i++) {
		add_inputs(&as_is, pv_dataset_program(s->dataset, segments[i].program), &segments[i], sum, squares);
		rows += (double)(segments[i].end - segments[i].begin);
	}
	free(segments);
	/* What enters of pv1 as it is keeps the dataset's statistics. */
	for (int f = 0; kind == MODEL_INPUTS_LOG && f < MODEL_N_LOG_INPUTS; f++)
		set_statistics(&s->inputs, model_log_inputs[f], sum[model_log_inputs[f]], squares[model_log_inputs[f]], rows);
	for (int f = 0; kind == MODEL_INPUTS_PV2 && f < PV2_COUNT; f++)
		set_statistics(&s->inputs, f, sum[f], squares[f], rows);
	return PV_OK;
}
