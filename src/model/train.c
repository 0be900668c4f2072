/*
 * train.c - training a foundation model: streaming truncated back-propagation, validation each epoch, the best epoch kept
 *
 *   epoch:  schedule -> slots of B streams -> shards (unpack, forward, loss, backward; in parallel) -> gradient -> clip -> Adam
 *           then a forward pass over the validation ranges and a sample of the training ranges -> refit -> total-time error -> best?
 *
 * The reference predicts one instruction from a window of 256; here streams carry their state along and predict at every instruction.
 * Source: Williams, Peng, "An efficient gradient-based algorithm for on-line training of recurrent network trajectories" (1990).
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/linalg.h"
#include "model/machines.h"
#include "model/trainer.h"
#include "nn/blas.h"

/* Length of the shuffled segments: long against the warm-up, short against a program; shorter when an epoch is small. */
enum { TRAIN_SEGMENT_ROWS = 4096, TRAIN_SEGMENT_LEAST = 512, TRAIN_SEGMENTS = 64 };

/* What validation and refits run when nobody says how much. */
enum { VALIDATION_FIT_ROWS = 400000, STREAM_REFIT_ROWS = 2000000, WINDOW_VALID_ROWS = 20000, WINDOW_REFIT_ROWS = 50000 };

static const double pi = 3.14159265358979323846;

struct pv_train_options pv_train_defaults(void)
{
	return (struct pv_train_options){.mode = "stream",
	                                 .sbatch_rows = 512,
	                                 .optimizer = "adam",
	                                 .schedule = "step",
	                                 .average = "none",
	                                 .average_decay = 0.999,
	                                 .valid_rows = PV_TRAIN_AUTO,
	                                 .epochs = 3,
	                                 .batch_size = 64,
	                                 .bptt_rows = 32,
	                                 .warmup_rows = 128,
	                                 .learning_rate = 3e-3,
	                                 .lr_step = -1,
	                                 .loss = "MSE",
	                                 .targets = "scaled",
	                                 .checkpoint_seconds = 60,
	                                 .refit = true,
	                                 .refit_rows = PV_TRAIN_AUTO};
}

double pv_trainer_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- setting up ---- */

static enum pv_status check_choice(const char *what, const char *name, const char *a, const char *b, const char *c, struct pv_error *err)
{
	if (!strcmp(name, a) || !strcmp(name, b) || !strcmp(name, c))
		return PV_OK;
	pv_error_set(err, PV_ERR_ARG, "no %s is called '%.40s'", what, name);
	return strcmp(b, c) ? pv_error_hint(err, "there are %s, %s and %s", a, b, c) : pv_error_hint(err, "there are %s and %s", a, b);
}

enum pv_status pv_train_options_check(const struct pv_train_options *o, struct pv_error *err)
{
	PV_FAIL_IF(o->epochs < 1, err, PV_ERR_ARG, "training needs at least one epoch, not %d", o->epochs);
	PV_FAIL_IF(o->batch_size < 1 || o->batch_size > 65536, err, PV_ERR_ARG, "batch size %d is not between 1 and 65536", o->batch_size);
	PV_FAIL_IF(o->bptt_rows < 1 || o->bptt_rows > 65536, err, PV_ERR_ARG, "%d rows of back-propagation are not between 1 and 65536",
	           o->bptt_rows);
	PV_FAIL_IF(o->warmup_rows < 0, err, PV_ERR_ARG, "%d rows of warm-up cannot be", o->warmup_rows);
	PV_FAIL_IF(!(o->learning_rate > 0), err, PV_ERR_ARG, "learning rate %g is not above 0", o->learning_rate);
	PV_FAIL_IF(!(o->weight_decay >= 0) || !(o->clip >= 0) || o->lr_step < -1 || o->save_interval < 0 || !(o->sum_weight >= 0), err,
	           PV_ERR_ARG, "weight decay, clipping, learning-rate step, save interval and sum weight cannot be negative");
	PV_FAIL_IF(o->warmup_steps < 0 || o->patience < 0, err, PV_ERR_ARG, "warm-up steps and patience cannot be negative");
	PV_FAIL_IF(!(o->checkpoint_seconds >= 0), err, PV_ERR_ARG, "%g seconds between checkpoints cannot be", o->checkpoint_seconds);
	PV_FAIL_IF(o->sbatch_rows < 1, err, PV_ERR_ARG, "blocks of %d rows cannot be", o->sbatch_rows);
	PV_TRY(check_choice("mode", o->mode, "stream", "window", "window", err));
	if (o->evaluate)
		PV_TRY(check_choice("evaluation", o->evaluate, "stream", "window", "window", err));
	PV_TRY(check_choice("way of targets", o->targets, "scaled", "plain", "plain", err));
	PV_TRY(check_choice("average", o->average, "none", "ema", "swa", err));
	PV_FAIL_IF(!(o->average_decay > 0 && o->average_decay < 1), err, PV_ERR_ARG, "a decay of %g is not between 0 and 1",
	           o->average_decay);
	PV_TRY(check_choice("optimizer", o->optimizer, "adam", "adamw", "adamw", err));
	PV_FAIL_IF(o->sbatch && strcmp(o->mode, "window"), err, PV_ERR_ARG, "blocks of windows (sbatch) go with mode window");
	PV_FAIL_IF(o->sum_weight > 0 && strcmp(o->mode, "stream"), err, PV_ERR_ARG, "a weight on summed time goes with mode stream");
	return check_choice("schedule", o->schedule, "step", "cosine", "constant", err);
}

/*
 * What is trained and what is evaluated. Both are over streams or over windows; a model that streams can run is evaluated so unless asked
 * otherwise, because windows cost T times as much.
 */
static enum pv_status make_encoders(struct pv_trainer *t, const char *text, struct pv_error *err)
{
	const struct pv_train_options *o = &t->options;
	const int F = pv_inputs_count(t->source.inputs.kind), K = t->source.columns.n,
	          T = (int)pv_dataset_info(t->source.dataset)->seq_length;
	const bool windows = !strcmp(o->mode, "window");
	struct pv_expression plain;
	const bool streams = o->evaluate ? !strcmp(o->evaluate, "stream") : pv_expression_parse(text, &plain, NULL) == PV_OK || !windows;
	PV_FAIL_IF((windows || !streams) && (T < 1 || T > PV_MAX_WINDOW_ROWS), err, PV_ERR_RANGE,
	           "the dataset's windows have %d rows; 1 to %d can be", T, PV_MAX_WINDOW_ROWS);
	PV_TRY(pv_encoder_parse(text, windows ? T : 0, F, K, &t->trained, err));
	PV_TRY(pv_encoder_new(&t->trained, &t->encoder, err));
	PV_TRY(pv_encoder_parse(text, streams ? 0 : T, F, K, &t->expression, err));
	t->evaluated = t->encoder;
	if (windows == streams)
		PV_TRY(pv_encoder_new(&t->expression, &t->evaluated, err));
	t->n_params = t->encoder->n_params;
	t->n_trained = t->encoder->n_trained;
	if (o->valid_rows == PV_TRAIN_AUTO)
		t->options.valid_rows = streams ? 0 : WINDOW_VALID_ROWS;
	if (o->refit_rows == PV_TRAIN_AUTO)
		t->options.refit_rows = streams ? STREAM_REFIT_ROWS : WINDOW_REFIT_ROWS;
	return PV_OK;
}

/* An epoch of a few long segments would miss whole programs: it has TRAIN_SEGMENTS at least, as far as they are not too short. */
static uint64_t segment_rows(uint64_t asked, uint64_t all)
{
	const uint64_t epoch = asked && asked < all ? asked : all;
	uint64_t rows = TRAIN_SEGMENT_ROWS;
	while (rows > TRAIN_SEGMENT_LEAST && epoch / rows < TRAIN_SEGMENTS)
		rows /= 2;
	return rows;
}

static enum pv_status make_plan(struct pv_trainer *t, struct pv_threads *pool, struct pv_error *err)
{
	const struct pv_train_options *o = &t->options;
	if (t->trained.window) {
		const struct pv_windows_config config = {.B = o->batch_size,
		                                         .block_rows = o->sbatch ? (uint64_t)o->sbatch_rows : 0,
		                                         .epoch_rows = o->train_rows,
		                                         .seed = o->seed,
		                                         .loss = t->loss};
		return pv_windows_new(&t->source, t->encoder, &config, pool, &t->windows, err);
	}
	const struct pv_schedule_config plan = {.n_streams = o->batch_size,
	                                        .chunk_rows = o->bptt_rows,
	                                        .warmup_rows = o->warmup_rows,
	                                        .segment_rows = segment_rows(o->train_rows, t->source.train_rows),
	                                        .epoch_rows = o->train_rows,
	                                        .seed = o->seed};
	return pv_schedule_new(t->source.train, t->source.n_train, &plan, &t->schedule, err);
}

/* The better schema where the dataset has it; the reference's models over windows know its features by number. */
static enum pv_status choose_inputs(struct pv_trainer *t, struct pv_error *err)
{
	const bool windows = !strcmp(t->options.mode, "window"), context = pv_dataset_info(t->source.dataset)->has_context;
	if (!t->options.inputs)
		t->options.inputs = context && !windows ? "pv2" : "log";
	PV_TRY(pv_inputs_parse(t->options.inputs, &t->source.inputs.kind, err));
	return pv_inputs_check(t->source.inputs.kind, t->source.dataset, err);
}

/* Everything that only needs the dataset and the options. */
static enum pv_status prepare(struct pv_trainer *t, const struct pv_dataset *dataset, const char *expression,
                              const struct pv_train_options *options, struct pv_error *err)
{
	t->options = *options;
	PV_TRY(pv_train_options_check(options, err));
	if (options->lr_step == -1)
		t->options.lr_step = (2 * options->epochs + 1) / 3;
	PV_TRY(pv_loss_parse(options->loss, &t->loss, err));
	PV_FAIL_IF(options->sum_weight > 0 && t->loss != PV_LOSS_MSE, err, PV_ERR_ARG, "a weight on summed time goes with loss MSE only");
	PV_TRY(pv_source_init(&t->source, dataset, NULL, 0, err));
	if (options->initial)
		t->options.inputs = pv_inputs_name(options->initial->inputs.kind);
	PV_TRY(choose_inputs(t, err));
	return make_encoders(t, expression, err);
}

static enum pv_status allocate(struct pv_trainer *t, struct pv_error *err)
{
	const size_t K = (size_t)t->source.columns.n, D = (size_t)pv_expression_repr(&t->expression);
	t->pool = pv_threads_new(t->options.threads);
	t->params = pv_floats_new(t->n_params);
	t->grads = pv_floats_new(t->n_trained);
	t->evaluated_params = pv_floats_new(t->evaluated->n_params);
	t->best_params = pv_floats_new(t->n_params);
	if (strcmp(t->options.average, "none"))
		t->average = pv_floats_new(t->n_params);
	t->slots = calloc((size_t)t->options.batch_size, sizeof *t->slots);
	t->w = calloc(K * D, sizeof *t->w);
	t->b = calloc(K, sizeof *t->b);
	t->best_w = calloc(K * D, sizeof *t->best_w);
	t->best_b = calloc(K, sizeof *t->best_b);
	t->measured = calloc((size_t)t->source.n_valid + 1, sizeof *t->measured);
	t->errors = calloc(((size_t)t->source.n_valid + 1) * K, sizeof *t->errors);
	PV_FAIL_IF(!t->measured || !t->errors, err, PV_ERR_NOMEM, "out of memory");
	PV_FAIL_IF((strcmp(t->options.average, "none") && !t->average) || !t->pool || !t->params || !t->evaluated_params || !t->grads ||
	               !t->best_params || !t->slots || !t->w || !t->b || !t->best_w || !t->best_b,
	           err, PV_ERR_NOMEM, "out of memory for a model of %zu parameters", t->n_params);
	struct pv_adam_config adam = pv_adam_defaults();
	adam.lr = t->options.learning_rate;
	adam.weight_decay = t->options.weight_decay;
	adam.decoupled = !strcmp(t->options.optimizer, "adamw");
	PV_TRY(pv_adam_init(&t->adam, &adam, t->n_trained, err));
	PV_TRY(make_plan(t, t->pool, err));
	if (t->windows)
		return PV_OK;
	PV_TRY(pv_shards_new(&t->source, t->encoder->net, t->options.batch_size, t->options.bptt_rows, t->loss, t->options.sum_weight,
	                     t->pool, &t->shards, err));
	t->n_carried = pv_shards_carried(t->shards, NULL);
	t->carried = pv_floats_new(t->n_carried);
	PV_FAIL_IF(!t->carried, err, PV_ERR_NOMEM, "out of memory");
	return PV_OK;
}

/* Says where a run goes on. */
static void tell_position(const struct pv_trainer *t, const char *path)
{
	char text[4400];
	if (!t->progress || !t->progress->message)
		return;
	if (t->epoch >= t->options.epochs)
		snprintf(text, sizeof text, "going on from %s: all %d epochs are done", path, t->epoch);
	else
		snprintf(text, sizeof text, "going on from %s: epoch %d, after step %llu", path, t->epoch + 1,
		         (unsigned long long)t->adam.n_steps);
	t->progress->message(t->progress->user, text);
}

/* The checkpoint that is asked for, or that the folder of checkpoints has. */
static enum pv_status go_on(struct pv_trainer *t, struct pv_error *err)
{
	const struct pv_train_options *o = &t->options;
	char last[4096];
	const char *path = o->resume;
	if (!path && o->checkpoints) {
		snprintf(last, sizeof last, "%s/last.safetensors", o->checkpoints);
		path = access(last, F_OK) == 0 ? last : NULL;
	}
	if (path) {
		enum pv_status status = pv_trainer_resume(t, path, err);
		if (status == PV_ERR_ARG && !o->resume && err)
			pv_error_hint(err, "it is in the folder of --checkpoints: name another folder, or remove it to start anew");
		PV_TRY(status);
		tell_position(t, path);
	}
	t->saved = pv_trainer_now();
	return pv_train_log_open(t, path != NULL, err);
}

/* Rows that a description gives are comparable: their times have one scale. */
static void share_scale(struct pv_columns *columns)
{
	double sum = 0;
	for (int k = 0; k < columns->n; k++)
		sum += columns->scale[k];
	for (int k = 0; k < columns->n; k++)
		pv_columns_set_scale(columns, k, sum / columns->n);
}

/* Begins with the weights of a model; its rows in the scale of training. */
static enum pv_status take_initial(struct pv_trainer *t, const struct pv_model *initial, struct pv_error *err)
{
	const struct pv_encoder *e = t->encoder;
	const size_t D = (size_t)e->D;
	PV_FAIL_IF(e->described, err, PV_ERR_UNSUPPORTED,
	           "a model whose rows follow from descriptions of machines cannot be trained further");
	pv_encoder_copy(initial->encoder, initial->params, e, t->params);
	for (int k = 0; k < t->source.columns.n; k++) {
		const char *name = pv_dataset_machine(t->source.dataset, t->source.columns.column[k])->name;
		const int row = pv_model_find_machine(initial, name);
		const float unit = (float)t->source.columns.scale[k];
		PV_FAIL_IF(row < 0, err, PV_ERR_MISSING, "the initial model has no row of machine '%s'", name);
		for (size_t d = 0; d < D; d++)
			t->params[e->weight->offset + (size_t)k * D + d] = pv_model_weights(initial)[(size_t)row * D + d] / unit;
		if (e->bias)
			t->params[e->bias->offset + (size_t)k] = pv_model_bias(initial)[row] / unit;
	}
	return PV_OK;
}

static enum pv_status start(struct pv_trainer *t, struct pv_error *err)
{
	base_blas_single_thread();
	PV_TRY(allocate(t, err));
	PV_TRY(pv_source_inputs(&t->source, t->source.inputs.kind, err));
	if (t->options.initial)
		t->source.inputs = t->options.initial->inputs;
	/* The relative losses need no scale of their own. */
	if (!strcmp(t->options.targets, "scaled") && t->loss != PV_LOSS_NMSE && t->loss != PV_LOSS_NL1)
		PV_TRY(pv_source_scale(&t->source, err));
	if (t->encoder->described)
		share_scale(&t->source.columns);
	const int D = pv_expression_repr(&t->expression);
	const uint64_t valid = t->options.valid_rows, fit = valid ? valid : VALIDATION_FIT_ROWS;
	if (t->options.refit)
		PV_TRY(pv_segments_new(t->source.dataset, t->source.train, t->source.n_train, fit, &t->source.columns, D, t->pool,
		                       &t->fitted, err));
	PV_TRY(
	    pv_segments_new(t->source.dataset, t->source.valid, t->source.n_valid, valid, &t->source.columns, D, t->pool, &t->valid, err));
	pv_encoder_init(t->encoder, &t->trained, t->params, t->options.seed);
	if (t->encoder->graph)
		pv_graph_set_statistics(t->encoder->graph, t->params, t->source.inputs.mean, t->source.inputs.std);
	if (t->encoder->described)
		PV_TRY(pv_describe_machines(t->encoder, t->source.dataset, &t->source.columns, t->params, err));
	if (t->options.initial)
		PV_TRY(take_initial(t, t->options.initial, err));
	if (t->options.checkpoints)
		PV_TRY(pv_make_dirs(t->options.checkpoints, err));
	return go_on(t, err);
}

static void release(struct pv_trainer *t)
{
	if (t->log)
		fclose(t->log);
	pv_shards_free(t->shards);
	pv_schedule_free(t->schedule);
	pv_segments_release(&t->fitted);
	pv_segments_release(&t->valid);
	pv_adam_release(&t->adam);
	pv_threads_free(t->pool);
	pv_windows_free(t->windows);
	if (t->evaluated != t->encoder)
		pv_encoder_free(t->evaluated);
	pv_encoder_free(t->encoder);
	free(t->evaluated_params);
	pv_source_release(&t->source);
	free(t->params);
	free(t->average);
	free(t->grads);
	free(t->best_params);
	free(t->slots);
	free(t->w);
	free(t->b);
	free(t->best_w);
	free(t->best_b);
	free(t->measured);
	free(t->errors);
	free(t->carried);
}

/* ---- the loop ---- */

static bool asked_to_stop(const struct pv_trainer *t)
{
	return t->progress && t->progress->stop && t->progress->stop(t->progress->user);
}

static void report_rows(struct pv_trainer *t)
{
	double now = pv_trainer_now();
	if (!t->progress || !t->progress->report || now - t->reported < 0.1)
		return;
	t->reported = now;
	t->progress->report(t->progress->user, "training", "rows", t->session_rows, t->planned_rows);
}

double pv_train_learning_rate(const struct pv_train_options *o, int epoch, double part, uint64_t n_steps)
{
	double lr = o->learning_rate;
	if (!strcmp(o->schedule, "step"))
		lr = pv_step_lr(lr, o->lr_step, 0.1, epoch);
	if (!strcmp(o->schedule, "cosine"))
		lr *= 0.5 * (1 + cos(pi * (epoch + part) / o->epochs));
	if (n_steps < (uint64_t)o->warmup_steps)
		lr *= (double)(n_steps + 1) / o->warmup_steps;
	return lr;
}

static void begin_epoch(struct pv_trainer *t)
{
	t->step = 0;
	if (t->windows) {
		pv_windows_begin(t->windows, t->epoch);
		t->n_steps = pv_windows_n_steps(t->windows);
		return;
	}
	pv_schedule_begin(t->schedule, t->epoch);
	t->n_steps = pv_schedule_n_steps(t->schedule);
	if (t->shards)
		pv_shards_reset(t->shards);
}

static bool next_step(struct pv_trainer *t)
{
	return t->windows ? pv_windows_next(t->windows) : pv_schedule_step(t->schedule, t->slots);
}

static uint64_t epoch_rows(const struct pv_trainer *t)
{
	return t->windows ? pv_windows_n_rows(t->windows) : pv_schedule_n_rows(t->schedule);
}

/* An average that begins with the first step it sees: neither kind remembers the initial weights. */
static void add_to_average(struct pv_trainer *t)
{
	const bool ema = !strcmp(t->options.average, "ema");
	if (!t->average || (!ema && 3 * (t->epoch + 1) <= 2 * t->options.epochs))
		return;
	const double even = 1 / (double)++t->n_averaged, least = 1 - t->options.average_decay;
	const float share = (float)(ema && least > even ? least : even);
	for (size_t i = 0; i < t->n_params; i++)
		t->average[i] += share * (t->params[i] - t->average[i]);
}

const float *pv_trainer_current(const struct pv_trainer *t)
{
	return t->n_averaged ? t->average : t->params;
}

/* One optimizer step on the slots. */
static enum pv_status take_step(struct pv_trainer *t, double *loss, uint64_t *rows, struct pv_error *err)
{
	if (t->windows)
		PV_TRY(pv_windows_step(t->windows, t->params, t->options.seed + t->adam.n_steps + 1, t->grads, loss, rows, err));
	else
		pv_shards_step(t->shards, t->params, t->slots, t->grads, loss, rows);
	t->adam.config.lr = pv_train_learning_rate(&t->options, t->epoch, (double)t->step / (double)t->n_steps, t->adam.n_steps);
	t->step++;
	if (!*rows)
		return PV_OK; /* every stream is warming up */
	double norm = pv_grad_clip(t->grads, t->n_trained, t->options.clip);
	if (!isfinite(*loss) || !isfinite(norm)) {
		t->diverged = true;
		pv_error_set(err, PV_ERR_RANGE, "training diverged in epoch %d, step %llu: the loss is %g, the gradient's norm %g",
		             t->epoch + 1, (unsigned long long)t->adam.n_steps + 1, *loss, norm);
		return pv_error_hint(err, "try a smaller learning rate (--lr), or clip gradients (--clip 1)");
	}
	pv_adam_step(&t->adam, t->params, t->grads);
	add_to_average(t);
	pv_train_log_step(t, *loss, norm, *rows);
	return PV_OK;
}

static bool checkpoint_due(const struct pv_trainer *t)
{
	const struct pv_train_options *o = &t->options;
	if (!o->checkpoints)
		return false;
	return (o->checkpoint_steps && t->step % o->checkpoint_steps == 0) ||
	       (o->checkpoint_seconds > 0 && pv_trainer_now() - t->saved >= o->checkpoint_seconds);
}

/* What follows a step: figures, a checkpoint, a request to stop, which is given one too. */
static enum pv_status after_step(struct pv_trainer *t, double loss, uint64_t rows, struct pv_error *err)
{
	t->loss_sum += loss * (double)rows;
	t->counted += rows;
	t->session_rows += rows;
	report_rows(t);
	const bool stop = asked_to_stop(t);
	if (checkpoint_due(t) || (stop && t->options.checkpoints))
		PV_TRY(pv_trainer_save_position(t, err));
	return stop ? pv_error_set(err, PV_ERR_INTERRUPTED, "stopped in epoch %d", t->epoch + 1) : PV_OK;
}

/* Where the checkpoint was written: the same slots or windows, the same carried state. */
static void skip_done_steps(struct pv_trainer *t)
{
	while (t->step < t->done_steps && next_step(t))
		t->step++;
	if (t->done_steps && t->shards)
		pv_shards_carry(t->shards, t->carried);
	t->done_steps = 0;
}

static enum pv_status run_epoch(struct pv_trainer *t, struct pv_error *err)
{
	const double started = pv_trainer_now();
	enum pv_status status = PV_OK;
	begin_epoch(t);
	if (!t->done_steps) {
		t->loss_sum = 0;
		t->counted = 0;
	}
	skip_done_steps(t);
	while (status == PV_OK && next_step(t)) {
		double loss = 0;
		uint64_t rows = 0;
		status = take_step(t, &loss, &rows, err);
		if (status == PV_OK)
			status = after_step(t, loss, rows, err);
	}
	t->train_seconds += pv_trainer_now() - started;
	t->train_loss = t->counted ? t->loss_sum / (double)t->counted : NAN;
	t->rows += t->counted;
	return status;
}

static int percent(char *text, size_t n, const char *what, double fraction)
{
	if (!isfinite(fraction))
		return 0;
	int length = snprintf(text, n, "%s %.1f %%", what, 100 * fraction);
	return length > 0 && (size_t)length < n ? length : 0;
}

/* One line for the user after each epoch. */
static void tell_epoch(struct pv_trainer *t, const struct pv_validation *v, bool improved)
{
	if (!t->progress || !t->progress->message)
		return;
	double rate = t->train_seconds > 0 ? (double)t->session_rows / t->train_seconds : 0;
	double spent = pv_trainer_now() - t->started, share = (double)t->session_rows / (double)t->planned_rows;
	char text[512];
	size_t n = sizeof text;
	int at = snprintf(text, n, "epoch %d/%d: loss %.4g", t->epoch, t->options.epochs, t->train_loss);
	if (isfinite(v->loss))
		at += snprintf(text + at, n - (size_t)at, ", validation %.4g", v->loss);
	at += percent(text + at, n - (size_t)at, "; total time off by", v->error);
	at += percent(text + at, n - (size_t)at, ", worst", v->worst);
	if (t->options.refit) {
		at += percent(text + at, n - (size_t)at, ", programs left out", v->left_out_error);
		at += percent(text + at, n - (size_t)at, ", before the refit", v->trained_error);
	}
	at += snprintf(text + at, n - (size_t)at, "; %.1f k rows/s", 1e-3 * rate);
	if (t->epoch < t->options.epochs && share > 0)
		at += snprintf(text + at, n - (size_t)at, ", %.0f s left", spent / share - spent);
	if (improved)
		snprintf(text + at, n - (size_t)at, "; best so far");
	t->progress->message(t->progress->user, text);
}

static void keep_best(struct pv_trainer *t, const struct pv_validation *v)
{
	const size_t K = (size_t)t->source.columns.n, D = (size_t)pv_expression_repr(&t->expression);
	t->best = *v;
	t->best_epoch = t->epoch;
	memcpy(t->best_params, pv_trainer_current(t), t->n_params * sizeof *t->params);
	memcpy(t->best_w, t->w, K * D * sizeof *t->w);
	memcpy(t->best_b, t->b, K * sizeof *t->b);
}

static enum pv_status finish_epoch(struct pv_trainer *t, struct pv_error *err)
{
	struct pv_validation v;
	double started = pv_trainer_now();
	t->epoch++;
	enum pv_status status = pv_trainer_validate(t, &v, err);
	t->validate_seconds += pv_trainer_now() - started;
	if (status == PV_OK && t->source.valid_rows && !isfinite(v.loss)) {
		t->diverged = true;
		status =
		    pv_error_set(err, PV_ERR_RANGE, "training diverged in epoch %d, step %llu: the loss on the validation ranges is %g",
		                 t->epoch, (unsigned long long)t->adam.n_steps, v.loss);
	}
	if (status != PV_OK) {
		t->epoch--;
		return status;
	}
	bool improved = !t->best_epoch || v.score < t->best.score;
	if (improved)
		keep_best(t, &v);
	pv_train_log_epoch(t, &v, improved);
	tell_epoch(t, &v, improved);
	if (t->options.show_errors)
		pv_train_tell_errors(t);
	return pv_trainer_save(t, &v, improved, err);
}

static bool out_of_patience(const struct pv_trainer *t)
{
	return t->options.patience && t->best_epoch && t->epoch - t->best_epoch >= t->options.patience;
}

static enum pv_status run_epochs(struct pv_trainer *t, struct pv_error *err)
{
	begin_epoch(t);
	t->planned_rows = epoch_rows(t) * (uint64_t)(t->epoch < t->options.epochs ? t->options.epochs - t->epoch : 1) - t->counted;
	while (t->epoch < t->options.epochs && !out_of_patience(t)) {
		PV_TRY(run_epoch(t, err));
		PV_TRY(finish_epoch(t, err));
	}
	return PV_OK;
}

static void fill_report(const struct pv_trainer *t, struct pv_train_report *r)
{
	double forward;
	*r = (struct pv_train_report){.epochs = t->epoch,
	                              .best_epoch = t->best_epoch,
	                              .train_loss = t->train_loss,
	                              .validation_loss = t->best.loss,
	                              .validation_error = t->best.error,
	                              .validation_worst = t->best.worst,
	                              .unrefitted_error = t->best.trained_error,
	                              .left_out_error = t->best.left_out_error,
	                              .ridge = t->best.ridge,
	                              .rows = t->rows,
	                              .seconds = pv_trainer_now() - t->started,
	                              .train_seconds = t->train_seconds,
	                              .validate_seconds = t->validate_seconds};
	r->rows_per_second = t->train_seconds > 0 ? (double)t->session_rows / t->train_seconds : 0;
	pv_encoder_flops(t->encoder, &forward, &r->flops_per_row);
}

/* The best epoch as a model, its rows refitted on more data. */
static enum pv_status conclude(struct pv_trainer *t, bool refit, struct pv_model **model, struct pv_error *err)
{
	double started = pv_trainer_now();
	if (refit)
		PV_TRY(pv_trainer_final_refit(t, err));
	t->validate_seconds += pv_trainer_now() - started;
	return pv_trainer_model(t, t->best_params, t->best_w, t->best_b, t->best_epoch, &t->best, model, err);
}

/* The same for a reason that ended training early. A stop has been heard: it must not end the refit too. */
static enum pv_status conclude_early(struct pv_trainer *t, bool refit, enum pv_status reason, struct pv_model **model)
{
	struct pv_progress deaf = t->progress ? *t->progress : (struct pv_progress){0};
	deaf.stop = NULL;
	t->progress = &deaf;
	enum pv_status status = conclude(t, refit, model, NULL);
	t->progress = NULL;
	return status == PV_OK ? reason : status;
}

enum pv_status pv_train(const struct pv_dataset *dataset, const char *expression, const struct pv_train_options *options,
                        const struct pv_progress *progress, struct pv_model **model, struct pv_train_report *report, struct pv_error *err)
{
	struct pv_trainer t = {.progress = progress, .started = pv_trainer_now()};
	enum pv_status status = prepare(&t, dataset, expression, options, err);
	if (status == PV_OK)
		status = start(&t, err);
	if (status == PV_OK)
		status = run_epochs(&t, err);
	bool finished = status == PV_OK;
	if (finished)
		status = conclude(&t, options->refit, model, err);
	/* Stopped on request, or diverged: what the finished epochs learnt is handed out all the same, refitted like a finished run's. Only
	 * a stop during the final refit itself leaves the rows of the best epoch's validation. */
	if ((status == PV_ERR_INTERRUPTED || t.diverged) && t.best_epoch)
		status = conclude_early(&t, options->refit && !finished, status, model);
	if (report && t.encoder)
		fill_report(&t, report);
	release(&t);
	return status;
}

enum pv_status pv_train_plan(const struct pv_dataset *dataset, const char *expression, const struct pv_train_options *options,
                             struct pv_train_plan *plan, struct pv_error *err)
{
	struct pv_trainer t = {0};
	enum pv_status status = prepare(&t, dataset, expression, options, err);
	if (status == PV_OK)
		status = make_plan(&t, NULL, err);
	if (status == PV_OK) {
		*plan = (struct pv_train_plan){.n_params = t.n_trained,
		                               .windows = t.trained.window > 0,
		                               .evaluate_windows = t.expression.window > 0,
		                               .window_rows = t.trained.window ? t.trained.window : t.expression.window,
		                               .train_rows = t.source.train_rows,
		                               .valid_rows = t.source.valid_rows,
		                               .n_machines = t.source.columns.n,
		                               .n_programs = t.source.n_train};
		pv_expression_print(&t.expression, plan->expression);
		pv_encoder_flops(t.encoder, &plan->forward_flops, &plan->training_flops);
		begin_epoch(&t);
		plan->epoch_rows = epoch_rows(&t);
		plan->epoch_steps = t.n_steps;
	}
	release(&t);
	return status;
}
