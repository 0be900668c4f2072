/*
 * loss.c - training logs drawn: loss of the steps and of validation above, error of total time below, against steps, rows and seconds
 *
 * Losses of single steps jump about. Steps are gathered into at most N_BINS stretches of equal length, each drawn as its mean.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "report/figure.h"
#include "report/loss_log.h"
#include "report/text.h"

enum { N_BINS = 75, N_AXES = 3, LONGEST_NAME = 20 };

static const char *const axis_labels[N_AXES] = {"optimizer steps", "million micro-operations trained on", "wall time (s)"};

static double place(const struct report_log_step *s, int axis)
{
	return axis == 0 ? s->step : axis == 1 ? 1e-6 * s->rows : s->seconds;
}

static double place_of_epoch(const struct report_log_epoch *e, int axis)
{
	return axis == 0 ? e->step : axis == 1 ? 1e-6 * e->rows : e->seconds;
}

/* What a log is called: its file's name without folder and ending; with them where another log has the same. malloc'd; NULL: no memory */
static char *name_log(const char *const *paths, size_t n, size_t i)
{
	const char *base = base_path_base(paths[i]);
	const char *dot = strrchr(base, '.');
	for (size_t j = 0; j < n; j++)
		if (j != i && !strcmp(base_path_base(paths[j]), base))
			return report_text_cut(paths[i], LONGEST_NAME);
	char *stem = strndup(base, dot && dot != base ? (size_t)(dot - base) : strlen(base));
	char *name = stem ? report_text_cut(stem, LONGEST_NAME) : NULL;
	free(stem);
	return name;
}

static void put_steps(struct pv_figure *f, struct report_panel *panel, const struct report_loss_log *log, int axis, int colour,
                      const char *name)
{
	struct report_series *s = report_figure_series(f, panel, REPORT_STYLE_LINE, (struct report_look){.colour = colour});
	const size_t n_bins = log->n_steps < N_BINS ? log->n_steps : N_BINS;
	report_figure_print(f, &s->name, "%s: training", name);
	for (size_t b = 0; b < n_bins; b++) {
		const size_t from = b * log->n_steps / n_bins, to = (b + 1) * log->n_steps / n_bins;
		double sum = 0;
		for (size_t i = from; i < to; i++)
			sum += log->steps[i].loss;
		const double x = place(&log->steps[(from + to - 1) / 2], axis);
		if (!isnan(x))
			report_figure_point(f, s, x, sum / (double)(to - from));
	}
}

static bool has(const struct report_loss_log *log, bool error)
{
	for (size_t i = 0; i < log->n_epochs; i++)
		if (isfinite(error ? log->epochs[i].validation_error : log->epochs[i].validation_loss))
			return true;
	return false;
}

/* Of all epochs, as points on a line: loss, or error in percent. */
static void put_epochs(struct pv_figure *f, struct report_panel *panel, const struct report_loss_log *log, int axis, int colour,
                       const char *name, bool error)
{
	if (!has(log, error))
		return;
	struct report_series *line = report_figure_series(
	    f, panel, REPORT_STYLE_LINE, (struct report_look){.colour = colour, .dashed = true, .thin = true, .guide = true});
	struct report_series *points =
	    report_figure_series(f, panel, REPORT_STYLE_POINTS, (struct report_look){.colour = colour, .shape = colour});
	report_figure_print(f, &points->name, "%s: validation", name);
	for (size_t i = 0; i < log->n_epochs; i++) {
		const struct report_log_epoch *e = &log->epochs[i];
		const double x = place_of_epoch(e, axis), y = error ? 100 * e->validation_error : e->validation_loss;
		if (isnan(x) || isnan(y))
			continue;
		report_figure_point(f, line, x, y);
		report_figure_point(f, points, x, y);
	}
}

static void put_panels(struct pv_figure *f, const struct report_loss_log *logs, char *const *names, size_t n, bool error)
{
	for (int axis = 0; axis < N_AXES; axis++) {
		struct report_panel *panel = report_figure_panel(f);
		report_figure_print(f, &panel->x_label, "%s", axis_labels[axis]);
		report_figure_print(f, &panel->title, "%s against %s", error ? "error" : "loss", axis_labels[axis]);
		panel->quiet_title = true;
		panel->log_y = !error;
		panel->zero = error;
		if (axis == 0)
			report_figure_print(f, &panel->y_label, error ? "validation error of time (%%)" : "loss (targets in 0.1 ns)");
		for (size_t i = 0; i < n; i++) {
			const char *name = names[i] ? names[i] : "";
			if (!error)
				put_steps(f, panel, &logs[i], axis, (int)i, name);
			put_epochs(f, panel, &logs[i], axis, (int)i, name, error);
		}
	}
}

static void describe(struct pv_figure *f, const struct report_loss_log *logs, char *const *names, size_t n)
{
	report_figure_print(f, &f->title,
	                    n == 1 ? "Training: loss and validation error" : "Training: loss and validation error of %zu runs", n);
	report_figure_print(f, &f->alt,
	                    "Curves of the training loss, the validation loss and the validation error of total time against steps, "
	                    "micro-operations and wall time.");
	for (size_t i = 0; i < n; i++) {
		const struct report_log_epoch *e = logs[i].n_epochs ? &logs[i].epochs[logs[i].n_epochs - 1] : NULL;
		char *before = f->alt;
		f->alt = NULL;
		if (e && isfinite(e->validation_error))
			report_figure_print(f, &f->alt, "%s %s: %zu steps, validation error %.1f %% after %.3g s.", before ? before : "",
			                    names[i] ? names[i] : "", logs[i].n_steps, 100 * e->validation_error, e->seconds);
		else
			report_figure_print(f, &f->alt, "%s %s: %zu steps.", before ? before : "", names[i] ? names[i] : "",
			                    logs[i].n_steps);
		free(before);
	}
}

static void draw(struct pv_figure *f, const struct report_loss_log *logs, const char *const *paths, size_t n)
{
	char **names = calloc(n + 1, sizeof *names);
	bool errors = false;
	for (size_t i = 0; names && i < n; i++) {
		names[i] = name_log(paths, n, i);
		f->failed = f->failed || !names[i];
		errors = errors || has(&logs[i], true);
	}
	if (names) {
		f->columns = N_AXES;
		f->width = 1080;
		f->height = errors ? 680 : 380;
		f->shared_key = true;
		describe(f, logs, names, n);
		put_panels(f, logs, names, n, false);
		if (errors)
			put_panels(f, logs, names, n, true);
	}
	for (size_t i = 0; names && i < n; i++)
		free(names[i]);
	f->failed = f->failed || !names;
	free(names);
}

enum pv_status pv_figure_loss(const char *const *paths, size_t n, struct pv_figure **figure, struct pv_error *err)
{
	FAIL_IF(!n, err, PV_ERR_ARG, "no training log to draw");
	struct report_loss_log *logs = calloc(n, sizeof *logs);
	FAIL_IF(!logs, err, PV_ERR_NOMEM, "out of memory");
	enum pv_status status = PV_OK;
	for (size_t i = 0; i < n && status == PV_OK; i++)
		status = report_loss_log_load(paths[i], &logs[i], err);
	if (status == PV_OK) {
		struct pv_figure *f = report_figure_new();
		if (f)
			draw(f, logs, paths, n);
		status = report_figure_finish(f, figure, err);
	}
	for (size_t i = 0; i < n; i++)
		report_loss_log_release(&logs[i]);
	free(logs);
	return status;
}
