/*
 * log.c - what a run says of itself: a JSON object per line for every step and epoch, and lines for whoever watches
 *
 * A run that goes on from a checkpoint keeps the lines up to it and drops what was written after it: those steps come again. Its seconds go
 * on from the last line kept.
 */
#include "train/log.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <perfvec/json.h>

#include "base/clock.h"

/* ---- the file ---- */

/* Whether a line is of a step or an epoch that the checkpoint has behind it. */
static bool is_before(const struct train_run *run, const char *line)
{
	unsigned long long step;
	int epoch;
	if (!strchr(line, '\n'))
		return false;
	if (sscanf(line, "{\"step\": %llu,", &step) == 1)
		return step <= run->weights.adam.n_steps;
	return sscanf(line, "{\"epoch\": %d,", &epoch) == 1 && epoch <= run->at.epoch;
}

static void cut(struct train_run *run)
{
	char *line = NULL;
	size_t room = 0;
	long end = 0;
	while (getline(&line, &room, run->log) > 0 && is_before(run, line)) {
		const char *seconds = strstr(line, "\"seconds\": ");
		end = ftell(run->log);
		if (seconds)
			run->clock.before = strtod(seconds + strlen("\"seconds\": "), NULL);
	}
	free(line);
	fseek(run->log, end, SEEK_SET);
	if (ftruncate(fileno(run->log), end) != 0)
		fseek(run->log, 0, SEEK_END);
}

enum pv_status train_log_open(struct train_run *run, bool resumed, struct pv_error *err)
{
	const char *path = run->options.log_path;
	if (!path)
		return PV_OK;
	run->log = resumed ? fopen(path, "r+") : NULL;
	if (run->log) {
		cut(run);
		return PV_OK;
	}
	run->log = fopen(path, "w");
	return run->log ? PV_OK : base_error_errno(err, errno, "cannot write '%s'", path);
}

static double seconds(const struct train_run *run)
{
	return run->clock.before + base_clock_seconds() - run->clock.started;
}

void train_log_step(struct train_run *run, const struct train_step *step, double grad_norm)
{
	struct pv_json_writer w = {.file = run->log};
	if (!run->log)
		return;
	pv_json_begin_object(&w, NULL, PV_JSON_INLINE);
	pv_json_write_count(&w, "step", run->weights.adam.n_steps);
	pv_json_write_count(&w, "epoch", (uint64_t)run->at.epoch + 1);
	pv_json_write_number(&w, "loss", step->loss, 6);
	pv_json_write_number(&w, "grad_norm", grad_norm, 6);
	pv_json_write_number(&w, "lr", run->weights.adam.config.lr, 6);
	pv_json_write_count(&w, "rows", step->n_counted);
	pv_json_write_number(&w, "seconds", round(1e4 * seconds(run)) / 1e4, 12);
	pv_json_end(&w);
}

void train_log_epoch(struct train_run *run, const struct train_validation *v, bool improved)
{
	struct pv_json_writer w = {.file = run->log};
	if (!run->log)
		return;
	const struct {
		const char *name;
		double value;
	} numbers[] = {{"train_loss", run->at.train_loss},
	               {"validation_loss", v->loss},
	               {"trained_error", v->trained_error},
	               {"validation_error", v->error},
	               {"validation_worst", v->worst},
	               {"left_out_error", v->left_out_error},
	               {"ridge", v->ridge},
	               {"score", v->score},
	               {"seconds", seconds(run)},
	               {"train_seconds", run->clock.train}};
	pv_json_begin_object(&w, NULL, PV_JSON_INLINE);
	pv_json_write_count(&w, "epoch", (uint64_t)run->at.epoch);
	pv_json_write_flag(&w, "best", improved);
	pv_json_write_count(&w, "rows", run->at.n_rows);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (isfinite(numbers[i].value))
			pv_json_write_number(&w, numbers[i].name, numbers[i].value, 6);
	if (run->task->kind->log)
		run->task->kind->log(run->task, &w);
	pv_json_end(&w);
	fflush(run->log);
}

/* ---- lines for the user ---- */

static bool is_watched(const struct train_run *run)
{
	return run->progress && run->progress->message;
}

void train_tell_position(const struct train_run *run, const char *path)
{
	char text[4400];
	if (!is_watched(run))
		return;
	if (run->at.epoch >= run->options.epochs)
		snprintf(text, sizeof text, "going on from %s: all %d epochs are done", path, run->at.epoch);
	else
		snprintf(text, sizeof text, "going on from %s: epoch %d, after step %llu", path, run->at.epoch + 1,
		         (unsigned long long)run->weights.adam.n_steps);
	run->progress->message(run->progress->user, text);
}

void train_tell_progress(struct train_run *run)
{
	const double now = base_clock_seconds();
	if (!run->progress || !run->progress->report || now - run->clock.reported < 0.1)
		return;
	run->clock.reported = now;
	run->progress->report(run->progress->user, "training", run->feed->kind->unit, run->clock.done, run->clock.planned);
}

/* A line that is put together. */
struct line {
	char text[512];
	size_t n;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	const int n = vsnprintf(line->text + line->n, sizeof line->text - line->n, format, arguments);
	va_end(arguments);
	if (n > 0)
		line->n += (size_t)n < sizeof line->text - line->n ? (size_t)n : sizeof line->text - line->n - 1;
}

static void add_percent(struct line *line, const char *what, double fraction)
{
	if (isfinite(fraction))
		add(line, "%s %.1f %%", what, 100 * fraction);
}

static void tell_line(const struct train_run *run, const struct train_validation *v, bool improved)
{
	const struct train_clock *c = &run->clock;
	const double rate = c->train > 0 ? (double)c->done / c->train : 0;
	const double spent = base_clock_seconds() - c->started, share = (double)c->done / (double)c->planned;
	struct line line = {.n = 0};
	add(&line, "epoch %d/%d: loss %.4g", run->at.epoch, run->options.epochs, run->at.train_loss);
	if (isfinite(v->loss))
		add(&line, ", validation %.4g", v->loss);
	add_percent(&line, "; total time off by", v->error);
	add_percent(&line, ", worst", v->worst);
	if (run->options.refit) {
		add_percent(&line, ", programs left out", v->left_out_error);
		add_percent(&line, ", before the refit", v->trained_error);
	}
	add(&line, "; %.1f k %s/s", 1e-3 * rate, run->feed->kind->unit);
	if (run->at.epoch < run->options.epochs && share > 0)
		add(&line, ", %.0f s left", spent / share - spent);
	if (improved)
		add(&line, "; best so far");
	run->progress->message(run->progress->user, line.text);
}

void train_tell_epoch(const struct train_run *run, const struct train_validation *v, bool improved)
{
	const struct train_task_kind *task = run->task->kind;
	const int every = task->tell_every ? task->tell_every(run->task, run->options.epochs) : 1;
	if (!is_watched(run))
		return;
	if (run->at.epoch % every == 0 || run->at.epoch == run->options.epochs)
		tell_line(run, v, improved);
	if (run->options.show_errors && task->tell)
		task->tell(run->task, run->progress);
}
