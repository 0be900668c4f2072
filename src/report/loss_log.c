/*
 * loss_log.c - what `perfvec train --log` wrote
 */
#include "report/loss_log.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "base/json.h"

struct reader {
	const char *name;
	size_t line;
	struct report_loss_log *log;
	size_t step_capacity, epoch_capacity;
};

static enum pv_status refuse(const struct reader *r, struct pv_error *err, const char *what)
{
	base_error_set(err, PV_ERR_FORMAT, "%s:%zu: %s", r->name, r->line, what);
	return base_error_hint(err, "logs are what 'perfvec train --log FILE' writes, a JSON object per line");
}

static double number_of(const struct base_json_value *object, const char *key)
{
	double x = NAN;
	base_json_number(base_json_get(object, key), &x);
	return x;
}

static enum pv_status add_step(struct reader *r, const struct base_json_value *object, struct pv_error *err)
{
	struct report_loss_log *log = r->log;
	struct report_log_step s = {number_of(object, "step"), number_of(object, "epoch"), number_of(object, "loss"),
	                            number_of(object, "rows"), number_of(object, "seconds")};
	if (!(s.step >= 1) || !(s.epoch >= 1) || !(s.rows >= 0) || !isfinite(s.loss))
		return refuse(r, err, "a step needs the numbers 'step', 'epoch', 'loss' and 'rows'");
	while (log->n_steps && log->steps[log->n_steps - 1].step >= s.step)
		log->n_steps--;
	if (log->n_steps)
		s.rows += log->steps[log->n_steps - 1].rows;
	TRY(base_array_grow(&log->steps, &r->step_capacity, log->n_steps + 1, sizeof *log->steps, "steps", err));
	log->steps[log->n_steps++] = s;
	return PV_OK;
}

static enum pv_status add_epoch(struct reader *r, const struct base_json_value *object, struct pv_error *err)
{
	struct report_loss_log *log = r->log;
	struct report_log_epoch e = {.epoch = number_of(object, "epoch"),
	                             .rows = number_of(object, "rows"),
	                             .seconds = number_of(object, "seconds"),
	                             .validation_loss = number_of(object, "validation_loss"),
	                             .validation_error = number_of(object, "validation_error")};
	if (!(e.epoch >= 1))
		return refuse(r, err, "neither a step nor an epoch");
	e.step = log->n_steps ? log->steps[log->n_steps - 1].step : 0;
	while (log->n_epochs && log->epochs[log->n_epochs - 1].epoch >= e.epoch)
		log->n_epochs--;
	TRY(base_array_grow(&log->epochs, &r->epoch_capacity, log->n_epochs + 1, sizeof *log->epochs, "epochs", err));
	log->epochs[log->n_epochs++] = e;
	return PV_OK;
}

static enum pv_status add_line(struct reader *r, const char *text, size_t n, struct pv_error *err)
{
	struct base_json *doc;
	TRY(base_json_parse(r->name, r->line, text, n, &doc, err));
	const struct base_json_value *root = base_json_root(doc);
	enum pv_status status;
	if (!base_json_is_object(root))
		status = refuse(r, err, "not a JSON object");
	else if (base_json_get(root, "step"))
		status = add_step(r, root, err);
	else
		status = add_epoch(r, root, err);
	base_json_free(doc);
	return status;
}

static bool is_blank(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r')
			return false;
	return true;
}

enum pv_status report_loss_log_parse(const char *name, const char *text, size_t n_bytes, struct report_loss_log *log, struct pv_error *err)
{
	struct reader r = {.name = name, .log = log};
	enum pv_status status = PV_OK;
	*log = (struct report_loss_log){0};
	for (size_t at = 0; at < n_bytes && status == PV_OK;) {
		const char *end = memchr(text + at, '\n', n_bytes - at);
		const size_t n = end ? (size_t)(end - (text + at)) : n_bytes - at;
		r.line++;
		if (!is_blank(text + at, n))
			status = add_line(&r, text + at, n, err);
		if (status == PV_ERR_FORMAT && !end && log->n_steps)
			status = PV_OK; /* the line that was being written */
		at += n + 1;
	}
	if (status == PV_OK && !log->n_steps) {
		base_error_set(err, PV_ERR_FORMAT, "%s: there is no training step in it", name);
		status = base_error_hint(err, "logs are what 'perfvec train --log FILE' writes, a JSON object per line");
	}
	if (status != PV_OK)
		report_loss_log_release(log);
	return status;
}

enum pv_status report_loss_log_load(const char *path, struct report_loss_log *log, struct pv_error *err)
{
	struct base_map map;
	TRY(base_map_open(&map, path, err));
	enum pv_status status = report_loss_log_parse(path, (const char *)map.data, map.n_bytes, log, err);
	base_map_close(&map);
	return status;
}

void report_loss_log_release(struct report_loss_log *log)
{
	free(log->steps);
	free(log->epochs);
	*log = (struct report_loss_log){0};
}
