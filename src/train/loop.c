/*
 * loop.c - the training loop
 *
 *   epoch:  feed: begin -> { next -> step -> gradient } -> clip -> optimizer
 *           task: validate -> best so far? -> keep;  checkpoints
 *   end:    task: finish the best epoch's weights -> model
 *
 * Where steps come from (streams, windows, stored samples) and what an epoch is worth are asked of the feed and of the task.
 */
#include "train/loop.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "nn/blas.h"
#include "train/log.h"
#include "train/options.h"
#include "train/state.h"

/* ---- memory ---- */

enum pv_status train_run_init(struct train_run *run, size_t n, size_t n_trained, struct pv_error *err)
{
	TRY(train_weights_init(&run->weights, n, n_trained, &run->options, err));
	run->best.params = nn_floats_new(n);
	run->n_carried = train_feed_save(run->feed, NULL);
	run->carried = nn_floats_new(run->n_carried);
	FAIL_IF(!run->best.params || !run->carried, err, PV_ERR_NOMEM, "out of memory for a model of %zu parameters", n);
	return PV_OK;
}

void train_run_release(struct train_run *run)
{
	if (run->log)
		fclose(run->log);
	train_feed_free(run->feed);
	train_weights_release(&run->weights);
	free(run->best.params);
	free(run->carried);
}

/* ---- an epoch ---- */

static bool asked_to_stop(const struct train_run *run)
{
	return run->progress && run->progress->stop && run->progress->stop(run->progress->user);
}

static enum pv_status diverged(struct train_run *run, double loss, double norm, struct pv_error *err)
{
	run->diverged = true;
	base_error_set(err, PV_ERR_RANGE, "training diverged in epoch %d, step %llu: the loss is %g, the gradient's norm %g",
	               run->at.epoch + 1, (unsigned long long)run->weights.adam.n_steps + 1, loss, norm);
	base_error_hint(err, "%s", run->task->kind->hint);
	return PV_ERR_RANGE;
}

/* Whether a step of this epoch counts in the average: in all epochs, or in the last third of them. */
static bool is_averaged(const struct train_run *run)
{
	return run->options.average != PV_TRAIN_AVERAGE_SWA || 3 * (run->at.epoch + 1) > 2 * run->options.epochs;
}

/* One optimizer step on what the feed has chosen. */
static enum pv_status take_step(struct train_run *run, struct train_step *step, struct pv_error *err)
{
	struct train_weights *w = &run->weights;
	const uint64_t n_steps = w->adam.n_steps;
	const double part = (double)run->at.step / (double)run->feed->n_steps;
	*step = (struct train_step){.params = w->params, .seed = run->options.seed + n_steps + 1, .grads = w->grads};
	TRY(train_feed_step(run->feed, step, err));
	run->at.step++;
	if (!step->n_counted)
		return PV_OK; /* every stream is warming up */
	const double norm = nn_grad_clip(w->grads, w->n_trained, run->options.clip);
	if (!isfinite(step->loss) || !isfinite(norm))
		return diverged(run, step->loss, norm, err);
	train_feed_track(run->feed, w->params, w->grads);
	train_weights_step(w, train_learning_rate(&run->options, run->at.epoch, part, n_steps), is_averaged(run));
	train_log_step(run, step, norm);
	return PV_OK;
}

static bool checkpoint_due(const struct train_run *run)
{
	const struct pv_train_options *o = &run->options;
	if (!o->checkpoints)
		return false;
	return (o->checkpoint_steps && run->at.step % o->checkpoint_steps == 0) ||
	       (o->checkpoint_seconds > 0 && base_clock_seconds() - run->clock.saved >= o->checkpoint_seconds);
}

/* What follows a step: numbers, a checkpoint, a request to stop, which is given one too. */
static enum pv_status after_step(struct train_run *run, const struct train_step *step, struct pv_error *err)
{
	run->at.loss_sum += step->loss * (double)step->n_counted;
	run->at.n_counted += step->n_counted;
	run->clock.done += step->n_counted;
	train_tell_progress(run);
	const bool stop = asked_to_stop(run);
	if (checkpoint_due(run) || (stop && run->options.checkpoints))
		TRY(train_state_save_step(run, err));
	return stop ? base_error_set(err, PV_ERR_INTERRUPTED, "stopped in epoch %d", run->at.epoch + 1) : PV_OK;
}

/* Begins an epoch, or goes on in it where a checkpoint was written: the same steps, the same carried state. */
static void begin_epoch(struct train_run *run)
{
	struct train_position *at = &run->at;
	train_feed_begin(run->feed, at->epoch);
	at->step = 0;
	if (!at->done_steps) {
		at->loss_sum = 0;
		at->n_counted = 0;
		return;
	}
	while (at->step < at->done_steps && train_feed_next(run->feed))
		at->step++;
	train_feed_restore(run->feed, run->carried);
	at->done_steps = 0;
}

static enum pv_status run_epoch(struct train_run *run, struct pv_error *err)
{
	const double started = base_clock_seconds();
	enum pv_status status = PV_OK;
	begin_epoch(run);
	while (status == PV_OK && train_feed_next(run->feed)) {
		struct train_step step;
		status = take_step(run, &step, err);
		if (status == PV_OK)
			status = after_step(run, &step, err);
	}
	run->clock.train += base_clock_seconds() - started;
	run->at.train_loss = run->at.n_counted ? run->at.loss_sum / (double)run->at.n_counted : NAN;
	run->at.n_rows += run->at.n_counted;
	return status;
}

/* ---- between epochs ---- */

static enum pv_status validate(struct train_run *run, struct train_validation *v, struct pv_error *err)
{
	struct train_task *task = run->task;
	const double started = base_clock_seconds();
	enum pv_status status = task->kind->validate(task, train_weights_current(&run->weights), run->at.train_loss, run->progress, v, err);
	run->clock.validate += base_clock_seconds() - started;
	TRY(status);
	if (!task->n_valid || isfinite(v->loss))
		return PV_OK;
	run->diverged = true;
	return base_error_set(err, PV_ERR_RANGE, "training diverged in epoch %d, step %llu: the loss on the validation %s is %g",
	                      run->at.epoch + 1, (unsigned long long)run->weights.adam.n_steps, run->feed->kind->unit, v->loss);
}

static enum pv_status finish_epoch(struct train_run *run, struct pv_error *err)
{
	struct train_validation v;
	TRY(validate(run, &v, err));
	run->at.epoch++;
	const bool improved = !run->best.epoch || v.score < run->best.v.score;
	if (improved) {
		run->best.v = v;
		run->best.epoch = run->at.epoch;
		memcpy(run->best.params, train_weights_current(&run->weights), run->weights.n * sizeof *run->best.params);
		run->task->kind->keep(run->task);
	}
	train_log_epoch(run, &v, improved);
	train_tell_epoch(run, &v, improved);
	return train_state_save_epoch(run, &v, improved, err);
}

static bool out_of_patience(const struct train_run *run)
{
	return run->options.patience && run->best.epoch && run->at.epoch - run->best.epoch >= run->options.patience;
}

static enum pv_status run_epochs(struct train_run *run, struct pv_error *err)
{
	const int left = run->options.epochs - run->at.epoch;
	train_feed_begin(run->feed, run->at.epoch);
	run->clock.planned = run->feed->n_rows * (uint64_t)(left > 0 ? left : 1) - run->at.n_counted;
	while (run->at.epoch < run->options.epochs && !out_of_patience(run)) {
		TRY(run_epoch(run, err));
		TRY(finish_epoch(run, err));
	}
	return PV_OK;
}

/* ---- the whole run ---- */

static enum pv_status go_on(struct train_run *run, struct pv_error *err)
{
	const struct pv_train_options *o = &run->options;
	char room[4096];
	const char *path = train_state_find(o, room);
	if (o->checkpoints)
		TRY(base_make_dirs(o->checkpoints, err));
	if (path) {
		enum pv_status status = train_state_resume(run, path, err);
		if (status == PV_ERR_ARG && !o->resume && err)
			base_error_hint(err, "it is in the folder of --checkpoints: name another folder, or remove it to start anew");
		TRY(status);
		train_tell_position(run, path);
	}
	run->clock.saved = base_clock_seconds();
	return train_log_open(run, path != NULL, err);
}

/* The best epoch as a model. */
static enum pv_status conclude(struct train_run *run, const struct pv_progress *progress, bool refit, struct pv_model **model,
                               struct pv_error *err)
{
	const double started = base_clock_seconds();
	struct train_task *task = run->task;
	struct train_best *best = &run->best;
	TRY(task->kind->finish(task, best->params, refit, progress, &best->v, err));
	run->clock.validate += base_clock_seconds() - started;
	return task->kind->model(task, best->params, TRAIN_VECTORS_BEST, best->epoch, &best->v, model, err);
}

enum pv_status train_run_all(struct train_run *run, struct pv_model **model, struct pv_error *err)
{
	TRY(go_on(run, err));
	enum pv_status status = run_epochs(run, err);
	const bool finished = status == PV_OK;
	if (finished)
		status = conclude(run, run->progress, run->options.refit, model, err);
	if (!(status == PV_ERR_INTERRUPTED || run->diverged) || !run->best.epoch)
		return status;
	/* Stopped on request, or diverged: what the finished epochs learnt is handed out all the same, refitted like a finished run's. The
	 * stop has been heard: it must not end that refit, too. Only a stop during the final refit itself leaves the vectors of the best
	 * epoch's validation. */
	struct pv_progress unstoppable = run->progress ? *run->progress : (struct pv_progress){0};
	unstoppable.stop = NULL;
	const enum pv_status concluded = conclude(run, &unstoppable, run->options.refit && !finished, model, NULL);
	return concluded == PV_OK ? status : concluded;
}

void train_run_report(const struct train_run *run, struct pv_train_report *r)
{
	const struct train_clock *c = &run->clock;
	const struct train_validation *v = &run->best.v;
	*r = (struct pv_train_report){.epochs = run->at.epoch,
	                              .best_epoch = run->best.epoch,
	                              .train_loss = run->at.train_loss,
	                              .validation_loss = v->loss,
	                              .validation_error = v->error,
	                              .validation_worst = v->worst,
	                              .unrefitted_error = v->trained_error,
	                              .left_out_error = v->left_out_error,
	                              .ridge = v->ridge,
	                              .rows = run->at.n_rows,
	                              .seconds = base_clock_seconds() - c->started,
	                              .train_seconds = c->train,
	                              .validate_seconds = c->validate,
	                              .rows_per_second = c->train > 0 ? (double)c->done / c->train : 0,
	                              .flops_per_row = run->task->flops_per_row};
}
