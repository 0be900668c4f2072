/*
 * train_log.c - one JSON object per line: every step, every epoch
 *
 * A run that goes on from a checkpoint keeps the lines up to it and drops what was written after it: those steps come again. Its seconds go
 * on from the last line kept.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/trainer.h"

/* Whether a line is of a step or an epoch that the checkpoint has behind it. */
static bool is_before(const struct pv_trainer *t, const char *line)
{
	unsigned long long step;
	int epoch;
	if (!strchr(line, '\n'))
		return false;
	if (sscanf(line, "{\"step\": %llu,", &step) == 1)
		return step <= t->adam.n_steps;
	return sscanf(line, "{\"epoch\": %d,", &epoch) == 1 && epoch <= t->epoch;
}

static void cut(struct pv_trainer *t)
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

enum pv_status pv_train_log_open(struct pv_trainer *t, bool resumed, struct pv_error *err)
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
	return t->log ? PV_OK : pv_error_errno(err, errno, "cannot write '%s'", path);
}

static double seconds(const struct pv_trainer *t)
{
	return t->spent + pv_trainer_now() - t->started;
}

void pv_train_log_step(struct pv_trainer *t, double loss, double grad_norm, uint64_t rows)
{
	if (t->log)
		fprintf(t->log,
		        "{\"step\": %llu, \"epoch\": %d, \"loss\": %.6g, \"grad_norm\": %.6g, \"lr\": %.6g, \"rows\": %llu, "
		        "\"seconds\": %.4f}\n",
		        (unsigned long long)t->adam.n_steps, t->epoch + 1, loss, grad_norm, t->adam.config.lr, (unsigned long long)rows,
		        seconds(t));
}

void pv_train_log_epoch(struct pv_trainer *t, const struct pv_validation *v, bool improved)
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
	fputs("}\n", t->log);
	fflush(t->log);
}
