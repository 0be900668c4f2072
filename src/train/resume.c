/*
 * resume.c - a training run as models and checkpoints
 *
 * last.safetensors is a model like any other, with what going on needs beside it: the parameters in training's own scale, Adam's moments,
 * the best epoch's parameters and rows, and a line of the options that must agree. Epochs are planned from the seed and their number:
 * within an epoch the number of its steps that are done and the state that streams carry are all that is needed besides to go on with the
 * same bytes.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/version.h>

#include "base/hash.h"
#include "model/model_file.h"
#include "model/machines.h"
#include "train/trainer.h"

static void put_rows(const struct trainer *t, struct pv_model *m, const double *w, const double *b)
{
	const size_t K = (size_t)t->source.columns.n, D = (size_t)model_expression_repr(&t->expression);
	float *weights = model_weights(m), *bias = model_bias(m);
	for (size_t i = 0; i < K * D; i++)
		weights[i] = (float)w[i];
	for (size_t k = 0; bias && k < K; k++)
		bias[k] = (float)b[k];
}

static enum pv_status describe(const struct trainer *t, struct pv_model *m, struct pv_error *err)
{
	const struct train_source *s = &t->source;
	for (int k = 0; k < s->columns.n; k++) {
		const struct pv_dataset_machine *machine = pv_dataset_machine(s->dataset, s->columns.column[k]);
		TRY(model_copy_machine(m, k, machine, PV_MACHINE_TRAINED, err));
	}
	for (int i = 0; i < s->n_train; i++)
		TRY(model_add_program(m, pv_dataset_program(s->dataset, s->train[i].program)->name, err));
	return model_set_origin(m, t->options.command, pv_version(), err);
}

enum pv_status trainer_model(const struct trainer *t, const float *params, const double *w, const double *b, int epoch,
                             const struct train_validation *v, struct pv_model **model, struct pv_error *err)
{
	struct pv_model *m;
	TRY(model_new(&t->expression, &m, err));
	enum pv_status status = describe(t, m, err);
	if (status != PV_OK) {
		pv_model_free(m);
		return status;
	}
	memcpy(m->params, trainer_evaluated(t, params), t->evaluated->n_params * sizeof *params);
	model_encoder_scale_rows(m->encoder, m->params,
	                         t->source.columns.scale[0]); /* the same for all machines where they are described */
	put_rows(t, m, w, b);
	m->inputs = t->source.inputs;
	m->info.epoch = epoch;
	m->info.seed = t->options.seed;
	m->info.validation_error = v->error;
	m->info.left_out_error = v->left_out_error;
	model_seal(m);
	*model = m;
	return PV_OK;
}

/* ---- saving ---- */

/* Of what is trained on: programs, ranges, machines, times and statistics. Another dataset of the same size has another one. */
static uint64_t data_fingerprint(const struct trainer *t)
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

/* The options and data that must agree for the same bytes. */
static void agreement(const struct trainer *t, char *text, size_t n)
{
	const struct pv_train_options *o = &t->options;
	char model[MODEL_EXPRESSION_CHARS];
	model_expression_print(&t->expression, model);
	snprintf(text, n,
	         "%s train_rows=%" PRIu64
	         " batch=%d bptt=%d warmup=%d lr=%.17g wd=%.17g lr_step=%d clip=%.17g loss=%s sum_weight=%.17g seed=%" PRIu64
	         " refit=%d inputs=%s targets=%s data=%" PRIu64 "+%" PRIu64 "x%d/%016" PRIx64
	         " mode=%s window=%d evaluate=%d sbatch=%d optimizer=%s schedule=%s/%d"
	         " warmup_steps=%d patience=%d valid=%" PRIu64 " average=%s/%.17g/%d",
	         model, o->train_rows, o->batch_size, o->bptt_rows, o->warmup_rows, o->learning_rate, o->weight_decay, o->lr_step, o->clip,
	         o->loss, o->sum_weight, o->seed, o->refit, o->inputs, o->targets, t->source.train_rows, t->source.valid_rows,
	         t->source.columns.n, data_fingerprint(t), o->mode, t->trained.window, t->expression.window, o->sbatch ? o->sbatch_rows : 0,
	         o->optimizer, o->schedule, !strcmp(o->schedule, "cosine") ? o->epochs : 0, o->warmup_steps, o->patience, o->valid_rows,
	         o->average, o->average_decay, !strcmp(o->average, "swa") ? o->epochs : 0);
}

enum { N_STATE = 16 };

/* @step  of the epoch at hand; 0: between epochs */
static void pack_state(const struct trainer *t, uint64_t step, double s[N_STATE])
{
	const struct train_validation *v = &t->best;
	const double state[N_STATE] = {t->epoch,
	                               (double)t->rows,
	                               t->train_loss,
	                               (double)t->adam.n_steps,
	                               t->best_epoch,
	                               v->loss,
	                               v->trained_error,
	                               v->error,
	                               v->worst,
	                               v->left_out_error,
	                               v->ridge,
	                               v->score,
	                               (double)step,
	                               step ? t->loss_sum : 0,
	                               step ? (double)t->counted : 0,
	                               (double)t->n_averaged};
	memcpy(s, state, sizeof state);
}

static void unpack_state(struct trainer *t, const double s[N_STATE])
{
	t->epoch = (int)s[0];
	t->rows = (uint64_t)s[1];
	t->train_loss = s[2];
	t->adam.n_steps = (uint64_t)s[3];
	t->best_epoch = (int)s[4];
	t->best = (struct train_validation){s[5], s[6], s[7], s[8], s[9], s[10], s[11]};
	t->done_steps = (uint64_t)s[12];
	t->loss_sum = s[13];
	t->counted = (uint64_t)s[14];
	t->n_averaged = (uint64_t)s[15];
}

/* Tensors of the state. */
struct part {
	const char *name;
	enum base_dtype dtype;
	void *data;
	size_t n;
};

enum { N_PARTS = 8 };

static int parts_of(const struct trainer *t, struct part parts[N_PARTS])
{
	const size_t K = (size_t)t->source.columns.n, D = (size_t)model_expression_repr(&t->expression);
	const struct part all[N_PARTS] = {{"resume.params", BASE_DTYPE_F32, t->params, t->n_params},
	                                  {"resume.adam_m", BASE_DTYPE_F32, t->adam.m, t->n_trained},
	                                  {"resume.adam_v", BASE_DTYPE_F32, t->adam.v, t->n_trained},
	                                  {"resume.best_params", BASE_DTYPE_F32, t->best_params, t->n_params},
	                                  {"resume.best_w", BASE_DTYPE_F64, t->best_w, K * D},
	                                  {"resume.best_b", BASE_DTYPE_F64, t->best_b, t->expression.bias ? K : 0},
	                                  {"resume.carried", BASE_DTYPE_F32, t->carried, t->n_carried},
	                                  {"resume.average", BASE_DTYPE_F32, t->average, t->average ? t->n_params : 0}};
	int n = 0;
	for (int i = 0; i < N_PARTS; i++)
		if (all[i].n)
			parts[n++] = all[i];
	return n;
}

static enum pv_status put_state(const struct trainer *t, struct base_safetensors_writer *w, const double *state, struct pv_error *err)
{
	struct part parts[N_PARTS];
	const int n = parts_of(t, parts);
	const size_t n_state = N_STATE;
	char text[2048];
	agreement(t, text, sizeof text);
	TRY(base_safetensors_writer_metadata(w, "resume_options", text, err));
	TRY(base_safetensors_writer_add(w, "resume.state", BASE_DTYPE_F64, &n_state, 1, state, err));
	for (int i = 0; i < n; i++)
		TRY(base_safetensors_writer_add(w, parts[i].name, parts[i].dtype, &parts[i].n, 1, parts[i].data, err));
	return PV_OK;
}

static enum pv_status save_last(const struct trainer *t, const struct pv_model *model, uint64_t step, struct pv_error *err)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/last.safetensors", t->options.checkpoints);
	struct base_safetensors_writer *w = base_safetensors_writer_new();
	FAIL_IF(!w, err, PV_ERR_NOMEM, "out of memory");
	double state[N_STATE];
	pack_state(t, step, state);
	enum pv_status status = model_file_put(w, model, err);
	if (status == PV_OK)
		status = put_state(t, w, state, err);
	if (status == PV_OK)
		status = base_safetensors_writer_write(w, path, err);
	base_safetensors_writer_free(w);
	return status;
}

enum pv_status trainer_save(struct trainer *t, const struct train_validation *v, bool improved, struct pv_error *err)
{
	if (!t->options.checkpoints)
		return PV_OK;
	struct pv_model *model;
	TRY(trainer_model(t, trainer_current(t), t->w, t->b, t->epoch, v, &model, err));
	char path[4096];
	const int interval = t->options.save_interval;
	enum pv_status status = PV_OK;
	if (improved) {
		snprintf(path, sizeof path, "%s/best.safetensors", t->options.checkpoints);
		status = pv_model_save(model, path, err);
	}
	if (status == PV_OK && interval && t->epoch % interval == 0) {
		snprintf(path, sizeof path, "%s/epoch-%d.safetensors", t->options.checkpoints, t->epoch);
		status = pv_model_save(model, path, err);
	}
	if (status == PV_OK)
		status = save_last(t, model, 0, err);
	pv_model_free(model);
	t->saved = trainer_now();
	return status;
}

static bool all_finite(const float *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(values[i]))
			return false;
	return true;
}

enum pv_status trainer_save_position(struct trainer *t, struct pv_error *err)
{
	const struct train_validation none = {.loss = NAN, .trained_error = NAN, .error = NAN, .worst = NAN, .left_out_error = NAN};
	struct pv_model *model;
	if (!all_finite(t->params, t->n_params))
		return PV_OK;
	if (t->shards)
		train_shards_carried(t->shards, t->carried);
	if (t->log)
		fflush(t->log); /* the log is never behind the checkpoint */
	trainer_fold(t, trainer_current(t), t->w, t->b);
	TRY(trainer_model(t, trainer_current(t), t->w, t->b, t->epoch, &none, &model, err));
	enum pv_status status = save_last(t, model, t->step, err);
	pv_model_free(model);
	t->saved = trainer_now();
	return status;
}

/* ---- resuming ---- */

static enum pv_status read_part(const struct base_safetensors *file, const char *path, const struct part *part, struct pv_error *err)
{
	const struct base_tensor_view *v = base_safetensors_find(file, part->name);
	FAIL_IF(!v || v->dtype != part->dtype || v->n != part->n, err, PV_ERR_FORMAT, "'%s': state '%s' is missing or of another shape",
	        path, part->name);
	memcpy(part->data, v->data, v->n * base_dtype_bytes(v->dtype));
	return PV_OK;
}

/* Both texts are words in the same order; the first that differ are named. */
static enum pv_status check_agreement(const char *mine, const char *theirs, const char *path, struct pv_error *err)
{
	while (*mine || *theirs) {
		const int n = (int)strcspn(mine, " "), m = (int)strcspn(theirs, " ");
		FAIL_IF(n != m || memcmp(mine, theirs, (size_t)n), err, PV_ERR_ARG,
		        "'%s' is of another training run: it has %.*s, this one %.*s", path, m, theirs, n, mine);
		mine += n + (mine[n] == ' ');
		theirs += m + (theirs[m] == ' ');
	}
	return PV_OK;
}

/* Elements of the state that count something. */
static const bool is_count[N_STATE] = {[0] = true, [1] = true, [3] = true, [4] = true, [12] = true, [14] = true, [15] = true};

static enum pv_status read_state(struct trainer *t, const struct base_safetensors *file, const char *path, struct pv_error *err)
{
	char mine[2048];
	agreement(t, mine, sizeof mine);
	const char *theirs = base_safetensors_metadata(file, "resume_options");
	if (!theirs) {
		base_error_set(err, PV_ERR_ARG, "'%s' holds no training state to resume from", path);
		return base_error_hint(err, "resume from the last.safetensors in the folder given with --checkpoints");
	}
	TRY(check_agreement(mine, theirs, path, err));
	double state[N_STATE];
	struct part parts[N_PARTS], head = {"resume.state", BASE_DTYPE_F64, state, N_STATE};
	const int n = parts_of(t, parts);
	TRY(read_part(file, path, &head, err));
	for (int i = 0; i < n; i++)
		TRY(read_part(file, path, &parts[i], err));
	for (int i = 0; i < N_STATE; i++)
		FAIL_IF(is_count[i] && !(state[i] >= 0 && state[i] < 1e15 && state[i] == floor(state[i])), err, PV_ERR_FORMAT,
		        "'%s': the training state is damaged", path);
	FAIL_IF(state[0] > 1e9 || state[4] > state[0], err, PV_ERR_FORMAT, "'%s': the training state is damaged", path);
	unpack_state(t, state);
	return PV_OK;
}

enum pv_status trainer_resume(struct trainer *t, const char *path, struct pv_error *err)
{
	struct base_safetensors *file;
	TRY(base_safetensors_open(path, &file, err));
	enum pv_status status = read_state(t, file, path, err);
	base_safetensors_close(file);
	return status;
}
