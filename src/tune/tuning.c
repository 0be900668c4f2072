/*
 * tuning.c - what tuning is made from
 */
#include "tune/tuning.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/linalg.h"
#include "base/statistics.h"

static bool contains(const int *numbers, int n, int number)
{
	for (int i = 0; i < n; i++)
		if (numbers[i] == number)
			return true;
	return !n;
}

static int keep(struct data_range *ranges, int n, const struct tune_data_choice *choice)
{
	int kept = 0;
	for (int i = 0; i < n; i++)
		if (contains(choice->programs, choice->n_programs, ranges[i].program))
			ranges[kept++] = ranges[i];
	return kept;
}

/* The programs that are learnt from; each must be a seen one. */
static enum pv_status choose_programs(struct tune_data *t, const struct tune_data_choice *choice, struct pv_error *err)
{
	struct train_source *s = &t->source;
	for (int i = 0; i < choice->n_programs; i++) {
		const int p = choice->programs[i];
		FAIL_IF(p < 0 || p >= pv_dataset_n_programs(t->dataset), err, PV_ERR_ARG, "the dataset has no program %d", p);
		FAIL_IF(!pv_dataset_program(t->dataset, p)->seen, err, PV_ERR_ARG, "program '%s' is held out: it is there to test on",
		        pv_dataset_program(t->dataset, p)->name);
	}
	s->n_train = keep(s->train, s->n_train, choice);
	s->n_valid = keep(s->valid, s->n_valid, choice);
	FAIL_IF(!s->n_train, err, PV_ERR_ARG, "the programs to learn from have no training rows");
	return PV_OK;
}

/* All rows of the programs that are not learnt from. */
static enum pv_status hold_programs(struct tune_data *t, struct pv_error *err)
{
	const int P = pv_dataset_n_programs(t->dataset);
	struct data_range *ranges = calloc((size_t)P + 1, sizeof *ranges);
	FAIL_IF(!ranges, err, PV_ERR_NOMEM, "out of memory");
	int n = 0;
	for (int i = 0; i < P; i++) {
		bool learnt = false;
		for (int k = 0; k < t->source.n_train; k++)
			learnt = learnt || t->source.train[k].program == i;
		if (!learnt && pv_dataset_program(t->dataset, i)->n_rows)
			ranges[n++] = (struct data_range){i, 0, pv_dataset_program(t->dataset, i)->n_rows};
	}
	enum pv_status status = PV_OK;
	if (n)
		status = represent_segments_new(t->dataset, ranges, n, t->rows, &t->source.columns, t->model->info.n_repr, t->pool,
		                                &t->held, err);
	free(ranges);
	return status;
}

static enum pv_status run_segments(struct tune_data *t, const struct pv_progress *progress, struct pv_error *err)
{
	const struct train_source *s = &t->source;
	const int D = t->model->info.n_repr;
	const uint64_t valid = represent_valid_rows(t->model->encoder);
	struct represent_run pass = {
	    .encoder = t->model->encoder, .params = t->model->params, .inputs = &t->model->inputs, .what = "tuning"};
	TRY(represent_segments_new(t->dataset, s->train, s->n_train, t->rows, &s->columns, D, t->pool, &t->fitted, err));
	TRY(represent_segments_new(t->dataset, s->valid, s->n_valid, valid, &s->columns, D, t->pool, &t->valid, err));
	TRY(represent_segments_run(&t->fitted, &pass, t->pool, progress, err));
	TRY(represent_segments_run(&t->valid, &pass, t->pool, progress, err));
	return t->held.n ? represent_segments_run(&t->held, &pass, t->pool, progress, err) : PV_OK;
}

enum pv_status tune_data_run(struct tune_data *t, const struct pv_model *model, const struct pv_dataset *dataset,
                             const struct tune_data_choice *choice, const struct pv_progress *progress, struct pv_error *err)
{
	*t = (struct tune_data){.model = model, .dataset = dataset, .rows = choice->rows};
	if (choice->rows == PV_TRAIN_AUTO)
		t->rows = represent_fit_rows(model->encoder);
	base_blas_single_thread();
	TRY(model_inputs_check(model->inputs.kind, dataset, err));
	TRY(train_source_init(&t->source, dataset, choice->machines, choice->n_machines, err));
	TRY(choose_programs(t, choice, err));
	t->pool = base_threads_new(choice->threads);
	FAIL_IF(!t->pool, err, PV_ERR_NOMEM, "out of memory");
	if (choice->held)
		TRY(hold_programs(t, err));
	return run_segments(t, progress, err);
}

void tune_data_release(struct tune_data *t)
{
	represent_segments_release(&t->fitted);
	represent_segments_release(&t->valid);
	represent_segments_release(&t->held);
	train_source_release(&t->source);
	base_threads_free(t->pool);
	*t = (struct tune_data){0};
}

/* ---- totals ---- */

/* End of the segments of the program that begins at i. */
static size_t end_of_program(const struct represent_segments *g, size_t i)
{
	const int program = g->program[i];
	while (i < g->n && g->program[i] == program)
		i++;
	return i;
}

static void add_segment(struct tune_totals *t, int total, const struct represent_segments *g, size_t i)
{
	const size_t D = (size_t)g->D, K = (size_t)g->K, at = (size_t)total;
	t->rows[at] += g->rows[i];
	for (size_t d = 0; d < D; d++)
		t->x[at * D + d] += g->x[i * D + d];
	for (size_t k = 0; k < K; k++)
		t->y[at * K + k] += g->y[i * K + k];
}

enum pv_status tune_totals_new(const struct represent_segments *g, int parts, struct tune_totals *t, struct pv_error *err)
{
	size_t n_programs = 0;
	for (size_t i = 0; i < g->n; i = end_of_program(g, i))
		n_programs++;
	const size_t most = n_programs * (size_t)parts + 1;
	*t = (struct tune_totals){.D = g->D, .K = g->K};
	t->x = calloc(most * (size_t)g->D, sizeof *t->x);
	t->rows = calloc(most, sizeof *t->rows);
	t->y = calloc(most * (size_t)g->K, sizeof *t->y);
	if (!t->x || !t->rows || !t->y) {
		tune_totals_release(t);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory");
	}
	for (size_t i = 0; i < g->n;) {
		const size_t end = end_of_program(g, i), n = end - i, into = n < (size_t)parts ? n : (size_t)parts;
		for (size_t s = 0; s < n; s++)
			add_segment(t, t->n + (int)(s * into / n), g, i + s);
		t->n += (int)into;
		i = end;
	}
	return PV_OK;
}

void tune_totals_release(struct tune_totals *t)
{
	free(t->x);
	free(t->rows);
	free(t->y);
	*t = (struct tune_totals){0};
}

double tune_totals_time(const struct tune_totals *t, int i, const double *w, double b)
{
	const double *x = t->x + (size_t)i * (size_t)t->D;
	double time = b * t->rows[i];
	for (int d = 0; d < t->D; d++)
		time += x[d] * w[d];
	return time;
}
