/*
 * tune.c - rows for new machines, the foundation frozen: the refit of training, on a dataset that has been timed on them
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/version.h>

#include "model/machines.h"
#include "model/refit.h"
#include "model/source.h"
#include "nn/blas.h"

/* What a refit runs when nobody says how much, and the validation beside it; windows cost hundreds of times as much. */
enum { STREAM_REFIT_ROWS = 2000000, WINDOW_REFIT_ROWS = 50000, WINDOW_VALID_ROWS = 20000 };

struct tuning {
	const struct pv_model *model;
	const struct pv_dataset *dataset;
	const struct pv_tune_options *options;
	const struct pv_progress *progress;
	struct pv_source source;
	struct pv_threads *pool;
	struct pv_segments fitted, valid;
	double *w, *b;
};

/* Sums of representations and times of the training and validation ranges. */
static enum pv_status run_segments(struct tuning *t, struct pv_error *err)
{
	const struct pv_source *s = &t->source;
	const int D = t->model->info.n_repr;
	struct pv_run pass = {.encoder = t->model->encoder, .params = t->model->params, .inputs = &t->model->inputs, .what = "tuning"};
	const bool windows = t->model->encoder->T > 0;
	uint64_t fit = t->options->refit_rows;
	if (fit == PV_TRAIN_AUTO)
		fit = windows ? WINDOW_REFIT_ROWS : STREAM_REFIT_ROWS;
	PV_TRY(pv_segments_new(t->dataset, s->train, s->n_train, fit, &s->columns, D, t->pool, &t->fitted, err));
	PV_TRY(pv_segments_new(t->dataset, s->valid, s->n_valid, windows ? WINDOW_VALID_ROWS : 0, &s->columns, D, t->pool, &t->valid, err));
	PV_TRY(pv_segments_run(&t->fitted, &pass, t->pool, t->progress, err));
	return pv_segments_run(&t->valid, &pass, t->pool, t->progress, err);
}

/* Where machine name goes: the row it has, or the next free one. */
static int row_for(const struct pv_model *model, const char *name, int *next)
{
	int k = pv_model_find_machine(model, name);
	return k >= 0 ? k : (*next)++;
}

static enum pv_status copy_foundation(const struct pv_model *from, struct pv_model *to, struct pv_error *err)
{
	const int n = from->encoder->n_tensors;
	const struct pv_tensor *a = from->encoder->tensors, *b = to->encoder->tensors;
	/* Both tables list the same tensors; only the last layer's have more rows in the new one, and its first rows are the old ones. */
	for (int i = 0; i < n; i++)
		memcpy(to->params + b[i].offset, from->params + a[i].offset, a[i].n * sizeof *to->params);
	return pv_model_copy_facts(from, to, err);
}

static enum pv_status put_rows(struct tuning *t, struct pv_model *m, struct pv_error *err)
{
	const size_t D = (size_t)m->info.n_repr;
	int next = t->model->info.n_machines;
	for (int i = 0; i < t->source.columns.n; i++) {
		const struct pv_dataset_machine *machine = pv_dataset_machine(t->dataset, t->source.columns.column[i]);
		int k = row_for(t->model, machine->name, &next);
		for (size_t d = 0; d < D; d++)
			pv_model_weights(m)[(size_t)k * D + d] = (float)t->w[(size_t)i * D + d];
		if (pv_model_bias(m))
			pv_model_bias(m)[k] = (float)t->b[i];
		PV_TRY(pv_model_copy_machine(m, k, machine, PV_MACHINE_TUNED, err));
	}
	return pv_model_set_origin(m, t->options->command, pv_version(), err);
}

static enum pv_status make_model(struct tuning *t, struct pv_model **tuned, struct pv_error *err)
{
	struct pv_expression e = t->model->expression;
	for (int i = 0; i < t->source.columns.n; i++)
		e.n_machines += pv_model_find_machine(t->model, pv_dataset_machine(t->dataset, t->source.columns.column[i])->name) < 0;
	struct pv_model *m;
	if (e.window)
		PV_TRY(pv_expression_set_machines(&e, err));
	PV_TRY(pv_model_new(&e, &m, err));
	enum pv_status status = copy_foundation(t->model, m, err);
	if (status == PV_OK)
		status = put_rows(t, m, err);
	if (status != PV_OK) {
		pv_model_free(m);
		return status;
	}
	pv_model_seal(m);
	*tuned = m;
	return PV_OK;
}

/* Mean absolute error of each machine over the programs' validation ranges. */
static void fill_results(const struct tuning *t, struct pv_tune_result *results)
{
	const size_t D = (size_t)t->valid.D;
	for (int i = 0; i < t->source.columns.n; i++) {
		struct pv_segments one = t->valid;
		double *y = malloc((one.n + 1) * sizeof *y);
		results[i] = (struct pv_tune_result){pv_dataset_machine(t->dataset, t->source.columns.column[i])->name, NAN};
		if (!y)
			continue;
		for (size_t s = 0; s < one.n; s++)
			y[s] = t->valid.y[s * (size_t)t->valid.K + (size_t)i];
		one.K = 1;
		one.y = y;
		results[i].validation_error = pv_total_error(&one, t->w + (size_t)i * D, t->model->expression.bias ? t->b + i : NULL, NULL);
		free(y);
	}
}

static enum pv_status run(struct tuning *t, const int *machines, int n, struct pv_model **tuned, struct pv_tune_result *results,
                          struct pv_error *err)
{
	struct pv_refit_result r;
	PV_TRY(pv_inputs_check(t->model->inputs.kind, t->dataset, err));
	PV_TRY(pv_source_init(&t->source, t->dataset, machines, n, err));
	t->pool = pv_threads_new(t->options->threads);
	t->w = calloc((size_t)n * (size_t)t->model->info.n_repr, sizeof *t->w);
	t->b = calloc((size_t)n, sizeof *t->b);
	PV_FAIL_IF(!t->pool || !t->w || !t->b, err, PV_ERR_NOMEM, "out of memory");
	PV_TRY(run_segments(t, err));
	PV_TRY(pv_refit(&t->fitted, &t->valid, t->w, t->model->expression.bias ? t->b : NULL, &r, err));
	if (results)
		fill_results(t, results);
	return make_model(t, tuned, err);
}

enum pv_status pv_model_tune(const struct pv_model *model, const struct pv_dataset *dataset, const int *machines, int n,
                             const struct pv_tune_options *options, const struct pv_progress *progress, struct pv_model **tuned,
                             struct pv_tune_result *results, struct pv_error *err)
{
	PV_FAIL_IF(n < 1, err, PV_ERR_ARG, "there is no machine to tune for");
	pv_blas_single_thread();
	struct tuning t = {.model = model, .dataset = dataset, .options = options, .progress = progress};
	enum pv_status status = run(&t, machines, n, tuned, results, err);
	pv_segments_release(&t.fitted);
	pv_segments_release(&t.valid);
	pv_source_release(&t.source);
	pv_threads_free(t.pool);
	free(t.w);
	free(t.b);
	return status;
}
