/*
 * state.c - a run as files
 *
 * last.safetensors is a model like any other, with what going on needs beside it: the parameters in training's own scale, Adam's moments,
 * the best epoch's parameters and vectors, and a line of the options that must agree. Epochs are planned from the seed and their number:
 * within an epoch the number of its steps that are done and what the feed carries are all that is needed besides to go on with the same
 * bytes.
 */
#include "train/state.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/model_file.h"
#include "train/options.h"

/* The options and data that must agree for the same bytes. */
static void agreement(const struct train_run *run, char *text, size_t n)
{
	const struct pv_train_options *o = &run->options;
	struct train_identity id;
	run->task->kind->identify(run->task, &id);
	snprintf(text, n,
	         "%s train_rows=%" PRIu64
	         " batch=%d bptt=%d warmup=%d lr=%.17g wd=%.17g lr_step=%d clip=%.17g loss=%s sum_weight=%.17g seed=%" PRIu64
	         " refit=%d inputs=%s targets=%s data=%" PRIu64 "+%" PRIu64 "x%d/%016" PRIx64
	         " mode=%s window=%d evaluate=%d sbatch=%d optimizer=%s schedule=%s/%d"
	         " warmup_steps=%d patience=%d valid=%" PRIu64 " average=%s/%.17g/%d",
	         id.model, o->train_rows, o->batch_size, o->bptt_rows, o->warmup_rows, o->learning_rate, o->weight_decay, o->lr_step,
	         o->clip, train_choice_name("loss", (int)o->loss), o->sum_weight, o->seed, o->refit,
	         train_choice_name("inputs", (int)o->inputs), train_choice_name("targets", (int)o->targets), id.n_train, id.n_valid,
	         id.n_machines, id.data, train_choice_name("mode", (int)o->mode), id.window_rows, id.evaluate_window,
	         o->sbatch ? o->sbatch_rows : 0, train_choice_name("optimizer", (int)o->optimizer),
	         train_choice_name("schedule", (int)o->schedule), o->schedule == PV_TRAIN_SCHEDULE_COSINE ? o->epochs : 0, o->warmup_steps,
	         o->patience, o->valid_rows, train_choice_name("average", (int)o->average), o->average_decay,
	         o->average == PV_TRAIN_AVERAGE_SWA ? o->epochs : 0);
}

enum { N_STATE = 16 };

/* @step  of the epoch at hand; 0: between epochs */
static void pack_state(const struct train_run *run, uint64_t step, double s[N_STATE])
{
	const struct train_validation *v = &run->best.v;
	const double state[N_STATE] = {run->at.epoch,
	                               (double)run->at.n_rows,
	                               run->at.train_loss,
	                               (double)run->weights.adam.n_steps,
	                               run->best.epoch,
	                               v->loss,
	                               v->trained_error,
	                               v->error,
	                               v->worst,
	                               v->left_out_error,
	                               v->ridge,
	                               v->score,
	                               (double)step,
	                               step ? run->at.loss_sum : 0,
	                               step ? (double)run->at.n_counted : 0,
	                               (double)run->weights.n_averaged};
	memcpy(s, state, sizeof state);
}

static void unpack_state(struct train_run *run, const double s[N_STATE])
{
	run->at = (struct train_position){.epoch = (int)s[0],
	                                  .n_rows = (uint64_t)s[1],
	                                  .train_loss = s[2],
	                                  .done_steps = (uint64_t)s[12],
	                                  .loss_sum = s[13],
	                                  .n_counted = (uint64_t)s[14]};
	run->weights.adam.n_steps = (uint64_t)s[3];
	run->weights.n_averaged = (uint64_t)s[15];
	run->best.epoch = (int)s[4];
	run->best.v = (struct train_validation){s[5], s[6], s[7], s[8], s[9], s[10], s[11]};
}

/* Elements of the state that count something. */
static const bool is_count[N_STATE] = {[0] = true, [1] = true, [3] = true, [4] = true, [12] = true, [14] = true, [15] = true};

enum { MAX_PARTS = 6 + TRAIN_TASK_PARTS };

/* The arrays that exist in this run; returns their number. */
static int parts_of(const struct train_run *run, struct train_state_part parts[MAX_PARTS])
{
	const struct train_weights *w = &run->weights;
	struct train_state_part all[MAX_PARTS] = {{"resume.params", BASE_DTYPE_F32, w->params, w->n},
	                                          {"resume.adam_m", BASE_DTYPE_F32, w->adam.m, w->n_trained},
	                                          {"resume.adam_v", BASE_DTYPE_F32, w->adam.v, w->n_trained},
	                                          {"resume.best_params", BASE_DTYPE_F32, run->best.params, w->n},
	                                          {.n = 0},
	                                          {.n = 0},
	                                          {"resume.carried", BASE_DTYPE_F32, run->carried, run->n_carried},
	                                          {"resume.average", BASE_DTYPE_F32, w->average, w->average ? w->n : 0}};
	int n = 0;
	if (run->task->kind->parts)
		run->task->kind->parts(run->task, all + 4);
	for (int i = 0; i < MAX_PARTS; i++)
		if (all[i].n)
			parts[n++] = all[i];
	return n;
}

/* ---- saving ---- */

static enum pv_status put_state(const struct train_run *run, struct base_safetensors_writer *w, const double *state, struct pv_error *err)
{
	struct train_state_part parts[MAX_PARTS];
	const int n = parts_of(run, parts);
	const size_t n_state = N_STATE;
	char text[2048];
	agreement(run, text, sizeof text);
	TRY(base_safetensors_writer_metadata(w, "resume_options", text, err));
	TRY(base_safetensors_writer_add(w, "resume.state", BASE_DTYPE_F64, &n_state, 1, state, err));
	for (int i = 0; i < n; i++)
		TRY(base_safetensors_writer_add(w, parts[i].name, parts[i].dtype, &parts[i].n, 1, parts[i].data, err));
	return PV_OK;
}

static enum pv_status save_last(const struct train_run *run, const struct pv_model *model, uint64_t step, struct pv_error *err)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/last.safetensors", run->options.checkpoints);
	struct base_safetensors_writer *w = base_safetensors_writer_new();
	FAIL_IF(!w, err, PV_ERR_NOMEM, "out of memory");
	double state[N_STATE];
	pack_state(run, step, state);
	enum pv_status status = model_file_put(w, model, err);
	if (status == PV_OK)
		status = put_state(run, w, state, err);
	if (status == PV_OK)
		status = base_safetensors_writer_write(w, path, err);
	base_safetensors_writer_free(w);
	return status;
}

enum pv_status train_state_save_epoch(struct train_run *run, const struct train_validation *v, bool improved, struct pv_error *err)
{
	if (!run->options.checkpoints)
		return PV_OK;
	struct pv_model *model;
	const int epoch = run->at.epoch, interval = run->options.save_interval;
	TRY(run->task->kind->model(run->task, train_weights_current(&run->weights), TRAIN_VECTORS_LAST, epoch, v, &model, err));
	char path[4096];
	enum pv_status status = PV_OK;
	if (improved) {
		snprintf(path, sizeof path, "%s/best.safetensors", run->options.checkpoints);
		status = pv_model_save(model, path, err);
	}
	if (status == PV_OK && interval && epoch % interval == 0) {
		snprintf(path, sizeof path, "%s/epoch-%d.safetensors", run->options.checkpoints, epoch);
		status = pv_model_save(model, path, err);
	}
	if (status == PV_OK)
		status = save_last(run, model, 0, err);
	pv_model_free(model);
	run->clock.saved = base_clock_seconds();
	return status;
}

enum pv_status train_state_save_step(struct train_run *run, struct pv_error *err)
{
	const struct train_validation none = train_validation_none();
	struct pv_model *model;
	if (!train_weights_finite(&run->weights))
		return PV_OK;
	train_feed_save(run->feed, run->carried);
	if (run->log)
		fflush(run->log); /* the log is never behind the checkpoint */
	TRY(run->task->kind->model(run->task, train_weights_current(&run->weights), TRAIN_VECTORS_TRAINED, run->at.epoch, &none, &model,
	                           err));
	enum pv_status status = save_last(run, model, run->at.step, err);
	pv_model_free(model);
	run->clock.saved = base_clock_seconds();
	return status;
}

/* ---- going on ---- */

static enum pv_status read_part(const struct base_safetensors *file, const char *path, const struct train_state_part *part,
                                struct pv_error *err)
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

static enum pv_status read_state(struct train_run *run, const struct base_safetensors *file, const char *path, struct pv_error *err)
{
	char mine[2048];
	agreement(run, mine, sizeof mine);
	const char *theirs = base_safetensors_metadata(file, "resume_options");
	if (!theirs) {
		base_error_set(err, PV_ERR_ARG, "'%s' holds no training state to resume from", path);
		return base_error_hint(err, "resume from the last.safetensors in the folder given with --checkpoints");
	}
	TRY(check_agreement(mine, theirs, path, err));
	double state[N_STATE];
	struct train_state_part parts[MAX_PARTS], head = {"resume.state", BASE_DTYPE_F64, state, N_STATE};
	const int n = parts_of(run, parts);
	TRY(read_part(file, path, &head, err));
	for (int i = 0; i < n; i++)
		TRY(read_part(file, path, &parts[i], err));
	for (int i = 0; i < N_STATE; i++)
		FAIL_IF(is_count[i] && !(state[i] >= 0 && state[i] < 1e15 && state[i] == floor(state[i])), err, PV_ERR_FORMAT,
		        "'%s': the training state is damaged", path);
	FAIL_IF(state[0] > 1e9 || state[4] > state[0], err, PV_ERR_FORMAT, "'%s': the training state is damaged", path);
	unpack_state(run, state);
	return PV_OK;
}

const char *train_state_find(const struct pv_train_options *o, char room[4096])
{
	if (o->resume || !o->checkpoints)
		return o->resume;
	snprintf(room, 4096, "%s/last.safetensors", o->checkpoints);
	return access(room, F_OK) == 0 ? room : NULL;
}

enum pv_status train_state_resume(struct train_run *run, const char *path, struct pv_error *err)
{
	struct base_safetensors *file;
	TRY(base_safetensors_open(path, &file, err));
	enum pv_status status = read_state(run, file, path, err);
	base_safetensors_close(file);
	return status;
}
