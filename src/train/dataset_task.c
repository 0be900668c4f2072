/*
 * dataset_task.c - what an epoch is worth on a dataset, and the model that is made of it
 *
 *   weights -> representations of the validation ranges, and of a sample of the training ranges -> sums over segments
 *           -> machine vectors refitted on the training segments -> error of total time on the validation segments
 *
 * A model that is trained over windows may be evaluated over streams and the other way round: both networks are of one expression, and so
 * have the same block of parameters.
 */
#include "train/dataset_task.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/version.h>

#include "base/hash.h"
#include "model/model.h"
#include "model/machines.h"

/* Rows that each epoch's refit runs where validation runs all there are. */
enum { VALIDATION_FIT_ROWS = 400000 };

static struct train_dataset_task *dataset_of(struct train_task *task)
{
	return (struct train_dataset_task *)task;
}

static size_t vector_length(const struct train_dataset_task *t)
{
	return (size_t)t->expression.n_repr;
}

/* ---- validation ---- */

static struct represent_run make_pass(const struct train_dataset_task *t, const float *params, const char *what)
{
	return (struct represent_run){
	    .encoder = t->evaluated, .params = params, .inputs = &t->source.inputs, .loss = t->loss, .what = what};
}

/* The last layer as trained, in 0.1 ns. */
static void fold(const struct train_dataset_task *t, const float *params, struct train_vector_set *vectors)
{
	const struct model_encoder *e = t->encoder;
	const size_t K = (size_t)e->K, D = (size_t)e->D;
	model_encoder_rows(e, params, vectors->w, vectors->b);
	for (size_t k = 0; k < K; k++) {
		const double scale = t->source.columns.scale[k];
		for (size_t d = 0; d < D; d++)
			vectors->w[k * D + d] *= scale;
		if (e->bias)
			vectors->b[k] *= scale;
	}
}

/* Lower is better. The reference's rule, the validation loss, where vectors stay as trained. */
static double score_of(const struct train_dataset_task *t, const struct train_validation *v, double train_loss)
{
	if (!t->options->refit)
		return isnan(v->loss) ? train_loss : v->loss;
	if (isnan(v->left_out_error))
		return isnan(v->error) ? train_loss : v->error;
	return isnan(v->error) ? v->left_out_error : 0.5 * (v->error + v->left_out_error);
}

static enum pv_status refit(struct train_dataset_task *t, const struct represent_segments *fitted, struct train_vector_set *vectors,
                            struct train_validation *v, struct pv_error *err)
{
	struct fit_ridge_result r;
	TRY(fit_ridge(fitted, &t->valid, vectors->w, t->expression.bias ? vectors->b : NULL, &r, err));
	v->error = r.error;
	v->worst = r.worst;
	v->left_out_error = r.left_out_error;
	v->ridge = r.ridge;
	return PV_OK;
}

static enum pv_status validate(struct train_task *task, const float *params, double train_loss, const struct pv_progress *progress,
                               struct train_validation *v, struct pv_error *err)
{
	struct train_dataset_task *t = dataset_of(task);
	const double *b = t->expression.bias ? t->last.b : NULL;
	struct represent_run pass = make_pass(t, params, "validating");
	*v = train_validation_none();
	pass.columns = &t->source.columns;
	TRY(represent_segments_run(&t->valid, &pass, t->pool, progress, err));
	v->loss = represent_segments_loss(&t->valid, t->loss);
	fold(t, params, &t->last);
	v->trained_error = v->error = fit_total_error(&t->valid, t->last.w, b, &v->worst);
	if (t->options->refit) {
		pass.columns = NULL;
		TRY(represent_segments_run(&t->fitted, &pass, t->pool, progress, err));
		TRY(refit(t, &t->fitted, &t->last, v, err));
	}
	t->n_measured = fit_total_errors(&t->valid, t->last.w, b, t->measured, t->errors);
	v->score = score_of(t, v, train_loss);
	return PV_OK;
}

static void keep(struct train_task *task)
{
	struct train_dataset_task *t = dataset_of(task);
	const size_t K = (size_t)t->source.columns.n, D = vector_length(t);
	memcpy(t->best.w, t->last.w, K * D * sizeof *t->last.w);
	memcpy(t->best.b, t->last.b, K * sizeof *t->last.b);
}

/* Refits the best epoch's machine vectors on more of the training ranges. */
static enum pv_status finish(struct train_task *task, float *params, bool refitted, const struct pv_progress *progress,
                             struct train_validation *v, struct pv_error *err)
{
	struct train_dataset_task *t = dataset_of(task);
	struct represent_segments all;
	if (!refitted)
		return PV_OK;
	struct represent_run pass = make_pass(t, params, "refitting");
	TRY(represent_segments_new(t->source.dataset, t->source.train, t->source.n_train, t->options->refit_rows, &t->source.columns,
	                           (int)vector_length(t), t->pool, &all, err));
	/* The validation segments hold the last epoch's representations; the best epoch's are needed. */
	enum pv_status status = represent_segments_run(&t->valid, &pass, t->pool, NULL, err);
	if (status == PV_OK)
		status = represent_segments_run(&all, &pass, t->pool, progress, err);
	if (status == PV_OK)
		status = refit(t, &all, &t->best, v, err);
	represent_segments_release(&all);
	return status;
}

/* ---- the model ---- */

static void put_vectors(const struct train_dataset_task *t, struct pv_model *m, const struct train_vector_set *vectors)
{
	const size_t K = (size_t)t->source.columns.n, D = vector_length(t);
	float *weights = model_weights(m), *bias = model_bias(m);
	for (size_t i = 0; i < K * D; i++)
		weights[i] = (float)vectors->w[i];
	for (size_t k = 0; bias && k < K; k++)
		bias[k] = (float)vectors->b[k];
}

static enum pv_status describe(const struct train_dataset_task *t, struct pv_model *m, struct pv_error *err)
{
	const struct train_source *s = &t->source;
	for (int k = 0; k < s->columns.n; k++) {
		const struct pv_dataset_machine *machine = pv_dataset_machine(s->dataset, s->columns.column[k]);
		TRY(model_copy_machine(m, k, machine, PV_MACHINE_TRAINED, err));
	}
	for (int i = 0; i < s->n_train; i++)
		TRY(model_add_program(m, pv_dataset_program(s->dataset, s->train[i].program)->name, err));
	return model_set_origin(m, t->options->command, pv_version(), err);
}

static enum pv_status make_model(struct train_task *task, const float *params, enum train_vectors vectors, int epoch,
                                 const struct train_validation *v, struct pv_model **model, struct pv_error *err)
{
	struct train_dataset_task *t = dataset_of(task);
	struct pv_model *m;
	TRY(model_new(&t->expression, &m, err));
	enum pv_status status = describe(t, m, err);
	if (status != PV_OK) {
		pv_model_free(m);
		return status;
	}
	if (vectors == TRAIN_VECTORS_TRAINED)
		fold(t, params, &t->last);
	memcpy(m->params, params, t->encoder->n_params * sizeof *params);
	model_encoder_scale_rows(m->encoder, m->params,
	                         t->source.columns.scale[0]); /* the same for all machines where they are described */
	put_vectors(t, m, vectors == TRAIN_VECTORS_BEST ? &t->best : &t->last);
	m->inputs = t->source.inputs;
	m->info.epoch = epoch;
	m->info.seed = t->options->seed;
	m->info.validation_error = v->error;
	m->info.left_out_error = v->left_out_error;
	model_seal(m);
	*model = m;
	return PV_OK;
}

/* ---- checkpoints ---- */

/* Of what is trained on: programs, ranges, machines, times and statistics. Another dataset of the same size has another one. */
static uint64_t data_fingerprint(const struct train_dataset_task *t)
{
	const struct train_source *s = &t->source;
	uint64_t h = BASE_HASH_START;
	for (int i = 0; i < s->n_train; i++) {
		const struct pv_dataset_program *p = pv_dataset_program(s->dataset, s->train[i].program);
		h = base_hash(h, p->name, strlen(p->name));
		h = base_hash(h, &s->train[i].begin, sizeof s->train[i].begin);
		h = base_hash(h, &s->train[i].end, sizeof s->train[i].end);
		for (int k = 0; k < s->columns.n; k++)
			h = base_hash(h, &p->total[s->columns.column[k]], sizeof *p->total);
	}
	for (int k = 0; k < s->columns.n; k++) {
		const char *name = pv_dataset_machine(s->dataset, s->columns.column[k])->name;
		h = base_hash(h, name, strlen(name));
	}
	h = base_hash(h, s->inputs.mean, sizeof s->inputs.mean);
	return base_hash(h, s->inputs.std, sizeof s->inputs.std);
}

static void identify(const struct train_task *task, struct train_identity *id)
{
	const struct train_dataset_task *t = (const struct train_dataset_task *)task;
	*id = (struct train_identity){.n_train = t->source.train_rows,
	                              .n_valid = t->source.valid_rows,
	                              .data = data_fingerprint(t),
	                              .n_machines = t->source.columns.n,
	                              .window_rows = t->trained.window,
	                              .evaluate_window = t->expression.window};
	snprintf(id->model, sizeof id->model, "%s", t->expression.text);
}

static void parts(const struct train_task *task, struct train_state_part part[TRAIN_TASK_PARTS])
{
	const struct train_dataset_task *t = (const struct train_dataset_task *)task;
	const size_t K = (size_t)t->source.columns.n;
	part[0] = (struct train_state_part){"resume.best_w", BASE_DTYPE_F64, t->best.w, K * vector_length(t)};
	part[1] = (struct train_state_part){"resume.best_b", BASE_DTYPE_F64, t->best.b, t->expression.bias ? K : 0};
}

/* ---- errors one by one ---- */

static const char *program_name(const struct train_dataset_task *t, int i)
{
	return pv_dataset_program(t->source.dataset, t->measured[i])->name;
}

static const char *machine_name(const struct train_dataset_task *t, int k)
{
	return pv_dataset_machine(t->source.dataset, t->source.columns.column[k])->name;
}

/* "machines": [names], "errors": {program: [signed errors of total time]} */
static void log_errors(const struct train_task *task, struct pv_json_writer *w)
{
	const struct train_dataset_task *t = (const struct train_dataset_task *)task;
	const int K = t->source.columns.n;
	pv_json_begin_array(w, "machines", PV_JSON_INLINE);
	for (int k = 0; k < K; k++)
		pv_json_write_text(w, NULL, machine_name(t, k));
	pv_json_end(w);
	pv_json_begin_object(w, "errors", PV_JSON_INLINE);
	for (int i = 0; i < t->n_measured; i++) {
		pv_json_begin_array(w, program_name(t, i), PV_JSON_INLINE);
		for (int k = 0; k < K; k++)
			pv_json_write_number(w, NULL, isfinite(t->errors[i * K + k]) ? t->errors[i * K + k] : 0, 4);
		pv_json_end(w);
	}
	pv_json_end(w);
}

/* Mean and worst of n errors that are `stride` apart, and which is the worst. */
static void tell_line(const struct train_dataset_task *t, const struct pv_progress *progress, const char *name, const double *errors, int n,
                      int stride, bool of_machine)
{
	char text[256];
	double sum = 0, absolute = 0;
	int worst = 0;
	for (int i = 0; i < n; i++) {
		sum += errors[i * stride];
		absolute += fabs(errors[i * stride]);
		worst = fabs(errors[i * stride]) > fabs(errors[worst * stride]) ? i : worst;
	}
	snprintf(text, sizeof text, "  %s %-16s mean %+6.1f %%, absolute %5.1f %%, worst %+6.1f %% (%s)",
	         of_machine ? "machine" : "program", name, 100 * sum / n, 100 * absolute / n, 100 * errors[worst * stride],
	         of_machine ? program_name(t, worst) : machine_name(t, worst));
	progress->message(progress->user, text);
}

static void tell_errors(const struct train_task *task, const struct pv_progress *progress)
{
	const struct train_dataset_task *t = (const struct train_dataset_task *)task;
	const int K = t->source.columns.n;
	if (!t->n_measured)
		return;
	for (int i = 0; i < t->n_measured; i++)
		tell_line(t, progress, program_name(t, i), t->errors + i * K, K, 1, false);
	for (int k = 0; k < K; k++)
		tell_line(t, progress, machine_name(t, k), t->errors + k, t->n_measured, K, true);
}

/* ---- memory ---- */

static enum pv_status vector_set_init(struct train_vector_set *set, size_t K, size_t D, struct pv_error *err)
{
	set->w = calloc(K * D, sizeof *set->w);
	set->b = calloc(K, sizeof *set->b);
	FAIL_IF(!set->w || !set->b, err, PV_ERR_NOMEM, "out of memory for %zu machine vectors", K);
	return PV_OK;
}

enum pv_status train_dataset_task_init(struct train_dataset_task *t, struct pv_error *err)
{
	static const struct train_task_kind kind = {.hint = "try a smaller learning rate (--lr), or clip gradients (--clip 1)",
	                                            .validate = validate,
	                                            .keep = keep,
	                                            .finish = finish,
	                                            .model = make_model,
	                                            .identify = identify,
	                                            .parts = parts,
	                                            .log = log_errors,
	                                            .tell = tell_errors};
	const struct train_source *s = &t->source;
	const size_t K = (size_t)s->columns.n, D = vector_length(t), P = (size_t)s->n_valid + 1;
	const uint64_t valid = t->options->valid_rows, fit = valid ? valid : VALIDATION_FIT_ROWS;
	double forward;
	t->task = (struct train_task){.kind = &kind, .n_valid = s->valid_rows};
	model_encoder_flops(t->encoder, &forward, &t->task.flops_per_row);
	TRY(vector_set_init(&t->last, K, D, err));
	TRY(vector_set_init(&t->best, K, D, err));
	t->measured = calloc(P, sizeof *t->measured);
	t->errors = calloc(P * K, sizeof *t->errors);
	FAIL_IF(!t->measured || !t->errors, err, PV_ERR_NOMEM, "out of memory");
	if (t->options->refit)
		TRY(represent_segments_new(s->dataset, s->train, s->n_train, fit, &s->columns, (int)D, t->pool, &t->fitted, err));
	return represent_segments_new(s->dataset, s->valid, s->n_valid, valid, &s->columns, (int)D, t->pool, &t->valid, err);
}

void train_dataset_task_release(struct train_dataset_task *t)
{
	represent_segments_release(&t->fitted);
	represent_segments_release(&t->valid);
	if (t->evaluated != t->encoder)
		model_encoder_free(t->evaluated);
	model_encoder_free(t->encoder);
	base_threads_free(t->pool);
	train_source_release(&t->source);
	free(t->last.w);
	free(t->last.b);
	free(t->best.w);
	free(t->best.b);
	free(t->measured);
	free(t->errors);
}
