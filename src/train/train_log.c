/*
 * train_log.c - what a run says of itself: a JSON object per line for every step and epoch, and errors for whoever watches
 *
 * A run that goes on from a checkpoint keeps the lines up to it and drops what was written after it: those steps come again. Its seconds go
 * on from the last line kept.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "train/trainer.h"

/* Whether a line is of a step or an epoch that the checkpoint has behind it. */
static bool is_before(const struct trainer *t, const char *line)
{
	unsigned long long step;
	int epoch;
	if (!strchr(line, '\n'))
		return false;
	if (sscanf(line, "{\"step\": %llu,", &step) == 1)
		return step <= t->adam.n_steps;
	return sscanf(line, "{\"epoch\": %d,", &epoch) == 1 && epoch <= t->epoch;
}

static void cut(struct trainer *t)
{
	char *line = NULL;
	size_t room = 0;
	long end = 0;
	while (getline(&line, &room, t->log) > 0 && is_before(t, line)) {
		const char *seconds = strstr(line, "\"seconds\": ");
		end = ftell(t->log);
		if (seconds)
			t->spent = strtod(seconds + strlen("\"seconds\": "), NULL);
	}
	free(line);
	fseek(t->log, end, SEEK_SET);
	if (ftruncate(fileno(t->log), end) != 0)
		fseek(t->log, 0, SEEK_END);
}

enum pv_status train_log_open(struct trainer *t, bool resumed, struct pv_error *err)
{
	const char *path = t->options.log_path;
	if (!path)
		return PV_OK;
	t->log = resumed ? fopen(path, "r+") : NULL;
	if (t->log) {
		cut(t);
		return PV_OK;
	}
	t->log = fopen(path, "w");
	return t->log ? PV_OK : base_error_errno(err, errno, "cannot write '%s'", path);
}

static double seconds(const struct trainer *t)
{
	return t->spent + trainer_now() - t->started;
}

void train_log_step(struct trainer *t, double loss, double grad_norm, uint64_t rows)
{
	if (t->log)
		fprintf(t->log,
		        "{\"step\": %llu, \"epoch\": %d, \"loss\": %.6g, \"grad_norm\": %.6g, \"lr\": %.6g, \"rows\": %llu, "
		        "\"seconds\": %.4f}\n",
		        (unsigned long long)t->adam.n_steps, t->epoch + 1, loss, grad_norm, t->adam.config.lr, (unsigned long long)rows,
		        seconds(t));
}

static const char *program_name(const struct trainer *t, int i)
{
	return pv_dataset_program(t->source.dataset, t->measured[i])->name;
}

static const char *machine_name(const struct trainer *t, int k)
{
	return pv_dataset_machine(t->source.dataset, t->source.columns.column[k])->name;
}

/* "machines": [names], "errors": {program: [signed errors of total time]}. Names are letters, digits and ._+-: nothing to escape. */
static void put_errors(const struct trainer *t)
{
	const int K = t->source.columns.n;
	fputs(", \"machines\": [", t->log);
	for (int k = 0; k < K; k++)
		fprintf(t->log, "%s\"%s\"", k ? ", " : "", machine_name(t, k));
	fputs("], \"errors\": {", t->log);
	for (int i = 0; i < t->n_measured; i++) {
		fprintf(t->log, "%s\"%s\": [", i ? ", " : "", program_name(t, i));
		for (int k = 0; k < K; k++)
			fprintf(t->log, "%s%.4g", k ? ", " : "", isfinite(t->errors[i * K + k]) ? t->errors[i * K + k] : 0);
		fputs("]", t->log);
	}
	fputs("}", t->log);
}

/* Mean and worst of n errors that are `stride` apart, and which is the worst. */
static void tell_line(const struct trainer *t, const char *what, const char *name, const double *errors, int n, int stride, bool of_machine)
{
	char text[256];
	double sum = 0, absolute = 0;
	int worst = 0;
	for (int i = 0; i < n; i++) {
		sum += errors[i * stride];
		absolute += fabs(errors[i * stride]);
		worst = fabs(errors[i * stride]) > fabs(errors[worst * stride]) ? i : worst;
	}
	snprintf(text, sizeof text, "  %s %-16s mean %+6.1f %%, absolute %5.1f %%, worst %+6.1f %% (%s)", what, name, 100 * sum / n,
	         100 * absolute / n, 100 * errors[worst * stride], of_machine ? program_name(t, worst) : machine_name(t, worst));
	t->progress->message(t->progress->user, text);
}

void train_tell_errors(const struct trainer *t)
{
	const int K = t->source.columns.n;
	if (!t->progress || !t->progress->message || !t->n_measured)
		return;
	for (int i = 0; i < t->n_measured; i++)
		tell_line(t, "program", program_name(t, i), t->errors + i * K, K, 1, false);
	for (int k = 0; k < K; k++)
		tell_line(t, "machine", machine_name(t, k), t->errors + k, t->n_measured, K, true);
}

void train_log_epoch(struct trainer *t, const struct train_validation *v, bool improved)
{
	if (!t->log)
		return;
	const struct {
		const char *name;
		double value;
	} figures[] = {{"train_loss", t->train_loss},
	               {"validation_loss", v->loss},
	               {"trained_error", v->trained_error},
	               {"validation_error", v->error},
	               {"validation_worst", v->worst},
	               {"left_out_error", v->left_out_error},
	               {"ridge", v->ridge},
	               {"score", v->score},
	               {"seconds", seconds(t)},
	               {"train_seconds", t->train_seconds}};
	fprintf(t->log, "{\"epoch\": %d, \"best\": %s, \"rows\": %llu", t->epoch, improved ? "true" : "false", (unsigned long long)t->rows);
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
		if (isfinite(figures[i].value))
			fprintf(t->log, ", \"%s\": %.6g", figures[i].name, figures[i].value);
	put_errors(t);
	fputs("}\n", t->log);
	fflush(t->log);
}
