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
#include "model/machines.h"
#include "train/trainer.h"
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

double trainer_now(void)
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
	base_error_set(err, PV_ERR_ARG, "no %s is called '%.40s'", what, name);
	return strcmp(b, c) ? base_error_hint(err, "there are %s, %s and %s", a, b, c) : base_error_hint(err, "there are %s and %s", a, b);
}

enum pv_status train_options_check(const struct pv_train_options *o, struct pv_error *err)
{
	FAIL_IF(o->epochs < 1, err, PV_ERR_ARG, "training needs at least one epoch, not %d", o->epochs);
	FAIL_IF(o->batch_size < 1 || o->batch_size > 65536, err, PV_ERR_ARG, "batch size %d is not between 1 and 65536", o->batch_size);
	FAIL_IF(o->bptt_rows < 1 || o->bptt_rows > 65536, err, PV_ERR_ARG, "%d rows of back-propagation are not between 1 and 65536",
	        o->bptt_rows);
	FAIL_IF(o->warmup_rows < 0, err, PV_ERR_ARG, "%d rows of warm-up cannot be", o->warmup_rows);
	FAIL_IF(!(o->learning_rate > 0), err, PV_ERR_ARG, "learning rate %g is not above 0", o->learning_rate);
	FAIL_IF(!(o->weight_decay >= 0) || !(o->clip >= 0) || o->lr_step < -1 || o->save_interval < 0 || !(o->sum_weight >= 0), err,
	        PV_ERR_ARG, "weight decay, clipping, learning-rate step, save interval and sum weight cannot be negative");
	FAIL_IF(o->warmup_steps < 0 || o->patience < 0, err, PV_ERR_ARG, "warm-up steps and patience cannot be negative");
	FAIL_IF(!(o->checkpoint_seconds >= 0), err, PV_ERR_ARG, "%g seconds between checkpoints cannot be", o->checkpoint_seconds);
	FAIL_IF(o->sbatch_rows < 1, err, PV_ERR_ARG, "blocks of %d rows cannot be", o->sbatch_rows);
	TRY(check_choice("mode", o->mode, "stream", "window", "window", err));
	if (o->evaluate)
		TRY(check_choice("evaluation", o->evaluate, "stream", "window", "window", err));
	TRY(check_choice("way of targets", o->targets, "scaled", "plain", "plain", err));
	TRY(check_choice("average", o->average, "none", "ema", "swa", err));
	FAIL_IF(!(o->average_decay > 0 && o->average_decay < 1), err, PV_ERR_ARG, "a decay of %g is not between 0 and 1", o->average_decay);
	TRY(check_choice("optimizer", o->optimizer, "adam", "adamw", "adamw", err));
	FAIL_IF(o->sbatch && strcmp(o->mode, "window"), err, PV_ERR_ARG, "blocks of windows (sbatch) go with mode window");
	FAIL_IF(o->sum_weight > 0 && strcmp(o->mode, "stream"), err, PV_ERR_ARG, "a weight on summed time goes with mode stream");
	return check_choice("schedule", o->schedule, "step", "cosine", "constant", err);
}

/*
 * What is trained and what is evaluated. Both are over streams or over windows; a model that streams can run is evaluated so unless asked
 * otherwise, because windows cost T times as much.
 */
static enum pv_status make_encoders(struct trainer *t, const char *text, struct pv_error *err)
{
	const struct pv_train_options *o = &t->options;
	const int F = model_inputs_count(t->source.inputs.kind), K = t->source.columns.n,
	          T = (int)pv_dataset_info(t->source.dataset)->seq_length;
	const bool windows = !strcmp(o->mode, "window");
	struct model_expression plain;
	const bool streams = o->evaluate ? !strcmp(o->evaluate, "stream") : model_expression_parse(text, &plain, NULL) == PV_OK || !windows;
	FAIL_IF((windows || !streams) && (T < 1 || T > MODEL_MAX_WINDOW_ROWS), err, PV_ERR_RANGE,
	        "the dataset's windows have %d rows; 1 to %d can be", T, MODEL_MAX_WINDOW_ROWS);
	TRY(model_encoder_parse(text, windows ? T : 0, F, K, &t->trained, err));
	TRY(model_encoder_new(&t->trained, &t->encoder, err));
	TRY(model_encoder_parse(text, streams ? 0 : T, F, K, &t->expression, err));
	t->evaluated = t->encoder;
	if (windows == streams)
		TRY(model_encoder_new(&t->expression, &t->evaluated, err));
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

static enum pv_status make_plan(struct trainer *t, struct base_threads *pool, struct pv_error *err)
{
	const struct pv_train_options *o = &t->options;
	if (t->trained.window) {
		const struct train_windows_config config = {.B = o->batch_size,
		                                            .block_rows = o->sbatch ? (uint64_t)o->sbatch_rows : 0,
		                                            .epoch_rows = o->train_rows,
		                                            .seed = o->seed,
		                                            .loss = t->loss};
		return train_windows_new(&t->source, t->encoder, &config, pool, &t->windows, err);
	}
	const struct train_schedule_config plan = {.n_streams = o->batch_size,
	                                           .chunk_rows = o->bptt_rows,
	                                           .warmup_rows = o->warmup_rows,
	                                           .segment_rows = segment_rows(o->train_rows, t->source.train_rows),
	                                           .epoch_rows = o->train_rows,
	                                           .seed = o->seed};
	return train_schedule_new(t->source.train, t->source.n_train, &plan, &t->schedule, err);
}

/* The better schema where the dataset has it; the reference's models over windows know its features by number. */
static enum pv_status choose_inputs(struct trainer *t, struct pv_error *err)
{
	const bool windows = !strcmp(t->options.mode, "window"), context = pv_dataset_info(t->source.dataset)->has_context;
	if (!t->options.inputs)
		t->options.inputs = context && !windows ? "pv2" : "log";
	TRY(model_inputs_parse(t->options.inputs, &t->source.inputs.kind, err));
	return model_inputs_check(t->source.inputs.kind, t->source.dataset, err);
}

/* Everything that only needs the dataset and the options. */
static enum pv_status prepare(struct trainer *t, const struct pv_dataset *dataset, const char *expression,
                              const struct pv_train_options *options, struct pv_error *err)
{
	t->options = *options;
	TRY(train_options_check(options, err));
	if (options->lr_step == -1)
		t->options.lr_step = (2 * options->epochs + 1) / 3;
	TRY(nn_loss_parse(options->loss, &t->loss, err));
	FAIL_IF(options->sum_weight > 0 && t->loss != NN_LOSS_MSE, err, PV_ERR_ARG, "a weight on summed time goes with loss MSE only");
	TRY(train_source_init(&t->source, dataset, NULL, 0, err));
	if (options->initial)
		t->options.inputs = model_inputs_name(options->initial->inputs.kind);
	TRY(choose_inputs(t, err));
	return make_encoders(t, expression, err);
}

static enum pv_status allocate(struct trainer *t, struct pv_error *err)
{
	const size_t K = (size_t)t->source.columns.n, D = (size_t)model_expression_repr(&t->expression);
	t->pool = base_threads_new(t->options.threads);
	t->params = nn_floats_new(t->n_params);
	t->grads = nn_floats_new(t->n_trained);
	t->evaluated_params = nn_floats_new(t->evaluated->n_params);
	t->best_params = nn_floats_new(t->n_params);
	if (strcmp(t->options.average, "none"))
		t->average = nn_floats_new(t->n_params);
	t->slots = calloc((size_t)t->options.batch_size, sizeof *t->slots);
	t->w = calloc(K * D, sizeof *t->w);
	t->b = calloc(K, sizeof *t->b);
	t->best_w = calloc(K * D, sizeof *t->best_w);
	t->best_b = calloc(K, sizeof *t->best_b);
	t->measured = calloc((size_t)t->source.n_valid + 1, sizeof *t->measured);
	t->errors = calloc(((size_t)t->source.n_valid + 1) * K, sizeof *t->errors);
	FAIL_IF(!t->measured || !t->errors, err, PV_ERR_NOMEM, "out of memory");
	FAIL_IF((strcmp(t->options.average, "none") && !t->average) || !t->pool || !t->params || !t->evaluated_params || !t->grads ||
	            !t->best_params || !t->slots || !t->w || !t->b || !t->best_w || !t->best_b,
	        err, PV_ERR_NOMEM, "out of memory for a model of %zu parameters", t->n_params);
	struct nn_adam_config adam = nn_adam_defaults();
	adam.lr = t->options.learning_rate;
	adam.weight_decay = t->options.weight_decay;
	adam.decoupled = !strcmp(t->options.optimizer, "adamw");
	TRY(nn_adam_init(&t->adam, &adam, t->n_trained, err));
	TRY(make_plan(t, t->pool, err));
	if (t->windows)
		return PV_OK;
	TRY(train_shards_new(&t->source, t->encoder->net, t->options.batch_size, t->options.bptt_rows, t->loss, t->options.sum_weight,
	                     t->pool, &t->shards, err));
	t->n_carried = train_shards_carried(t->shards, NULL);
	t->carried = nn_floats_new(t->n_carried);
	FAIL_IF(!t->carried, err, PV_ERR_NOMEM, "out of memory");
	return PV_OK;
}

/* Says where a run goes on. */
static void tell_position(const struct trainer *t, const char *path)
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
static enum pv_status go_on(struct trainer *t, struct pv_error *err)
{
	const struct pv_train_options *o = &t->options;
	char last[4096];
	const char *path = o->resume;
	if (!path && o->checkpoints) {
		snprintf(last, sizeof last, "%s/last.safetensors", o->checkpoints);
		path = access(last, F_OK) == 0 ? last : NULL;
	}
	if (path) {
		enum pv_status status = trainer_resume(t, path, err);
		if (status == PV_ERR_ARG && !o->resume && err)
			base_error_hint(err, "it is in the folder of --checkpoints: name another folder, or remove it to start anew");
		TRY(status);
		tell_position(t, path);
	}
	t->saved = trainer_now();
	return train_log_open(t, path != NULL, err);
}

/* Rows that a description gives are comparable: their times have one scale. */
static void share_scale(struct data_columns *columns)
{
	double sum = 0;
	for (int k = 0; k < columns->n; k++)
		sum += columns->scale[k];
	for (int k = 0; k < columns->n; k++)
		data_columns_set_scale(columns, k, sum / columns->n);
}

/* Begins with the weights of a model; its rows in the scale of training. */
static enum pv_status take_initial(struct trainer *t, const struct pv_model *initial, struct pv_error *err)
{
	const struct model_encoder *e = t->encoder;
	const size_t D = (size_t)e->D;
	FAIL_IF(e->described, err, PV_ERR_UNSUPPORTED, "a model whose rows follow from descriptions of machines cannot be trained further");
	model_encoder_copy(initial->encoder, initial->params, e, t->params);
	for (int k = 0; k < t->source.columns.n; k++) {
		const char *name = pv_dataset_machine(t->source.dataset, t->source.columns.column[k])->name;
		const int row = pv_model_find_machine(initial, name);
		const float unit = (float)t->source.columns.scale[k];
		FAIL_IF(row < 0, err, PV_ERR_MISSING, "the initial model has no row of machine '%s'", name);
		for (size_t d = 0; d < D; d++)
			t->params[e->weight->offset + (size_t)k * D + d] = model_weights(initial)[(size_t)row * D + d] / unit;
		if (e->bias)
			t->params[e->bias->offset + (size_t)k] = model_bias(initial)[row] / unit;
	}
	return PV_OK;
}

static enum pv_status start(struct trainer *t, struct pv_error *err)
{
	nn_blas_single_thread();
	TRY(allocate(t, err));
	TRY(train_source_inputs(&t->source, t->source.inputs.kind, err));
	if (t->options.initial)
		t->source.inputs = t->options.initial->inputs;
	/* The relative losses need no scale of their own. */
	if (!strcmp(t->options.targets, "scaled") && t->loss != NN_LOSS_NMSE && t->loss != NN_LOSS_NL1)
		TRY(train_source_scale(&t->source, err));
	if (t->encoder->described)
		share_scale(&t->source.columns);
	const int D = model_expression_repr(&t->expression);
	const uint64_t valid = t->options.valid_rows, fit = valid ? valid : VALIDATION_FIT_ROWS;
	if (t->options.refit)
		TRY(represent_segments_new(t->source.dataset, t->source.train, t->source.n_train, fit, &t->source.columns, D, t->pool,
		                           &t->fitted, err));
	TRY(represent_segments_new(t->source.dataset, t->source.valid, t->source.n_valid, valid, &t->source.columns, D, t->pool, &t->valid,
	                           err));
	model_encoder_init(t->encoder, &t->trained, t->params, t->options.seed);
	if (t->encoder->graph)
		nn_graph_set_statistics(t->encoder->graph, t->params, t->source.inputs.mean, t->source.inputs.std);
	if (t->encoder->described)
		TRY(model_describe_machines(t->encoder, t->source.dataset, &t->source.columns, t->params, err));
	if (t->options.initial)
		TRY(take_initial(t, t->options.initial, err));
	if (t->options.checkpoints)
		TRY(base_make_dirs(t->options.checkpoints, err));
	return go_on(t, err);
}

static void release(struct trainer *t)
{
	if (t->log)
		fclose(t->log);
	train_shards_free(t->shards);
	train_schedule_free(t->schedule);
	represent_segments_release(&t->fitted);
	represent_segments_release(&t->valid);
	nn_adam_release(&t->adam);
	base_threads_free(t->pool);
	train_windows_free(t->windows);
	if (t->evaluated != t->encoder)
		model_encoder_free(t->evaluated);
	model_encoder_free(t->encoder);
	free(t->evaluated_params);
	train_source_release(&t->source);
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

static bool asked_to_stop(const struct trainer *t)
{
	return t->progress && t->progress->stop && t->progress->stop(t->progress->user);
}

static void report_rows(struct trainer *t)
{
	double now = trainer_now();
	if (!t->progress || !t->progress->report || now - t->reported < 0.1)
		return;
	t->reported = now;
	t->progress->report(t->progress->user, "training", "rows", t->session_rows, t->planned_rows);
}

double train_learning_rate(const struct pv_train_options *o, int epoch, double part, uint64_t n_steps)
{
	double lr = o->learning_rate;
	if (!strcmp(o->schedule, "step"))
		lr = nn_step_lr(lr, o->lr_step, 0.1, epoch);
	if (!strcmp(o->schedule, "cosine"))
		lr *= 0.5 * (1 + cos(pi * (epoch + part) / o->epochs));
	if (n_steps < (uint64_t)o->warmup_steps)
		lr *= (double)(n_steps + 1) / o->warmup_steps;
	return lr;
}

static void begin_epoch(struct trainer *t)
{
	t->step = 0;
	if (t->windows) {
		train_windows_begin(t->windows, t->epoch);
		t->n_steps = train_windows_n_steps(t->windows);
		return;
	}
	train_schedule_begin(t->schedule, t->epoch);
	t->n_steps = train_schedule_n_steps(t->schedule);
	if (t->shards)
		train_shards_reset(t->shards);
}

static bool next_step(struct trainer *t)
{
	return t->windows ? train_windows_next(t->windows) : train_schedule_step(t->schedule, t->slots);
}

static uint64_t epoch_rows(const struct trainer *t)
{
	return t->windows ? train_windows_n_rows(t->windows) : train_schedule_n_rows(t->schedule);
}

/* An average that begins with the first step it sees: neither kind remembers the initial weights. */
static void add_to_average(struct trainer *t)
{
	const bool ema = !strcmp(t->options.average, "ema");
	if (!t->average || (!ema && 3 * (t->epoch + 1) <= 2 * t->options.epochs))
		return;
	const double even = 1 / (double)++t->n_averaged, least = 1 - t->options.average_decay;
	const float share = (float)(ema && least > even ? least : even);
	for (size_t i = 0; i < t->n_params; i++)
		t->average[i] += share * (t->params[i] - t->average[i]);
}

const float *trainer_current(const struct trainer *t)
{
	return t->n_averaged ? t->average : t->params;
}

/* One optimizer step on the slots. */
static enum pv_status take_step(struct trainer *t, double *loss, uint64_t *rows, struct pv_error *err)
{
	if (t->windows)
		TRY(train_windows_step(t->windows, t->params, t->options.seed + t->adam.n_steps + 1, t->grads, loss, rows, err));
	else
		train_shards_step(t->shards, t->params, t->slots, t->grads, loss, rows);
	t->adam.config.lr = train_learning_rate(&t->options, t->epoch, (double)t->step / (double)t->n_steps, t->adam.n_steps);
	t->step++;
	if (!*rows)
		return PV_OK; /* every stream is warming up */
	double norm = nn_grad_clip(t->grads, t->n_trained, t->options.clip);
	if (!isfinite(*loss) || !isfinite(norm)) {
		t->diverged = true;
		base_error_set(err, PV_ERR_RANGE, "training diverged in epoch %d, step %llu: the loss is %g, the gradient's norm %g",
		               t->epoch + 1, (unsigned long long)t->adam.n_steps + 1, *loss, norm);
		return base_error_hint(err, "try a smaller learning rate (--lr), or clip gradients (--clip 1)");
	}
	nn_adam_step(&t->adam, t->params, t->grads);
	add_to_average(t);
	train_log_step(t, *loss, norm, *rows);
	return PV_OK;
}

static bool checkpoint_due(const struct trainer *t)
{
	const struct pv_train_options *o = &t->options;
	if (!o->checkpoints)
		return false;
	return (o->checkpoint_steps && t->step % o->checkpoint_steps == 0) ||
	       (o->checkpoint_seconds > 0 && trainer_now() - t->saved >= o->checkpoint_seconds);
}

/* What follows a step: figures, a checkpoint, a request to stop, which is given one too. */
static enum pv_status after_step(struct trainer *t, double loss, uint64_t rows, struct pv_error *err)
{
	t->loss_sum += loss * (double)rows;
	t->counted += rows;
	t->session_rows += rows;
	report_rows(t);
	const bool stop = asked_to_stop(t);
	if (checkpoint_due(t) || (stop && t->options.checkpoints))
		TRY(trainer_save_position(t, err));
	return stop ? base_error_set(err, PV_ERR_INTERRUPTED, "stopped in epoch %d", t->epoch + 1) : PV_OK;
}

/* Where the checkpoint was written: the same slots or windows, the same carried state. */
static void skip_done_steps(struct trainer *t)
{
	while (t->step < t->done_steps && next_step(t))
		t->step++;
	if (t->done_steps && t->shards)
		train_shards_carry(t->shards, t->carried);
	t->done_steps = 0;
}

static enum pv_status run_epoch(struct trainer *t, struct pv_error *err)
{
	const double started = trainer_now();
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
	t->train_seconds += trainer_now() - started;
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
static void tell_epoch(struct trainer *t, const struct train_validation *v, bool improved)
{
	if (!t->progress || !t->progress->message)
		return;
	double rate = t->train_seconds > 0 ? (double)t->session_rows / t->train_seconds : 0;
	double spent = trainer_now() - t->started, share = (double)t->session_rows / (double)t->planned_rows;
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

static void keep_best(struct trainer *t, const struct train_validation *v)
{
	const size_t K = (size_t)t->source.columns.n, D = (size_t)model_expression_repr(&t->expression);
	t->best = *v;
	t->best_epoch = t->epoch;
	memcpy(t->best_params, trainer_current(t), t->n_params * sizeof *t->params);
	memcpy(t->best_w, t->w, K * D * sizeof *t->w);
	memcpy(t->best_b, t->b, K * sizeof *t->b);
}

static enum pv_status finish_epoch(struct trainer *t, struct pv_error *err)
{
	struct train_validation v;
	double started = trainer_now();
	t->epoch++;
	enum pv_status status = trainer_validate(t, &v, err);
	t->validate_seconds += trainer_now() - started;
	if (status == PV_OK && t->source.valid_rows && !isfinite(v.loss)) {
		t->diverged = true;
		status =
		    base_error_set(err, PV_ERR_RANGE, "training diverged in epoch %d, step %llu: the loss on the validation ranges is %g",
		                   t->epoch, (unsigned long long)t->adam.n_steps, v.loss);
	}
	if (status != PV_OK) {
		t->epoch--;
		return status;
	}
	bool improved = !t->best_epoch || v.score < t->best.score;
	if (improved)
		keep_best(t, &v);
	train_log_epoch(t, &v, improved);
	tell_epoch(t, &v, improved);
	if (t->options.show_errors)
		train_tell_errors(t);
	return trainer_save(t, &v, improved, err);
}

static bool out_of_patience(const struct trainer *t)
{
	return t->options.patience && t->best_epoch && t->epoch - t->best_epoch >= t->options.patience;
}

static enum pv_status run_epochs(struct trainer *t, struct pv_error *err)
{
	begin_epoch(t);
	t->planned_rows = epoch_rows(t) * (uint64_t)(t->epoch < t->options.epochs ? t->options.epochs - t->epoch : 1) - t->counted;
	while (t->epoch < t->options.epochs && !out_of_patience(t)) {
		TRY(run_epoch(t, err));
		TRY(finish_epoch(t, err));
	}
	return PV_OK;
}

static void fill_report(const struct trainer *t, struct pv_train_report *r)
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
	                              .seconds = trainer_now() - t->started,
	                              .train_seconds = t->train_seconds,
	                              .validate_seconds = t->validate_seconds};
	r->rows_per_second = t->train_seconds > 0 ? (double)t->session_rows / t->train_seconds : 0;
	model_encoder_flops(t->encoder, &forward, &r->flops_per_row);
}

/* The best epoch as a model, its rows refitted on more data. */
static enum pv_status conclude(struct trainer *t, bool refit, struct pv_model **model, struct pv_error *err)
{
	double started = trainer_now();
	if (refit)
		TRY(trainer_final_refit(t, err));
	t->validate_seconds += trainer_now() - started;
	return trainer_model(t, t->best_params, t->best_w, t->best_b, t->best_epoch, &t->best, model, err);
}

/* The same for a reason that ended training early. A stop has been heard: it must not end the refit too. */
static enum pv_status conclude_early(struct trainer *t, bool refit, enum pv_status reason, struct pv_model **model)
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
	struct trainer t = {.progress = progress, .started = trainer_now()};
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
	struct trainer t = {0};
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
		model_expression_print(&t.expression, plan->expression);
		model_encoder_flops(t.encoder, &plan->forward_flops, &plan->training_flops);
		begin_epoch(&t);
		plan->epoch_rows = epoch_rows(&t);
		plan->epoch_steps = t.n_steps;
	}
	release(&t);
	return status;
}
