/*
 * loss_log.h - what `perfvec train --log` wrote
 */
#ifndef REPORT_LOSS_LOG_H
#define REPORT_LOSS_LOG_H

#include <stddef.h>

#include "base/error.h"

/* An optimizer step. */
struct report_log_step {
	double step, epoch; /* counted from 1 */
	double loss;
	double rows;    /* trained on up to here */
	double seconds; /* since training began; NAN: not known */
};

/* An epoch's end. What the log does not say is NAN. */
struct report_log_epoch {
	double epoch;
	double step, rows; /* up to here */
	double seconds;
	double validation_loss;  /* mean over rows and machines */
	double validation_error; /* mean absolute error of total time, as a fraction */
};

struct report_loss_log {
	struct report_log_step *steps; /* (n_steps) in order */
	size_t n_steps;
	struct report_log_epoch *epochs; /* (n_epochs) in order */
	size_t n_epochs;
};

/*
 * report_loss_log_parse - read a log
 *
 * @name  stands for the file in messages
 * @text  (n_bytes) lines of JSON objects: of steps ("step", "loss", "rows") and of epochs ("epoch" without "step")
 *
 * Where steps or epochs begin anew from an earlier number, as in logs that were joined, those from that number on are replaced. A last line
 * without its end, as training that is still running or was killed leaves it, is passed over.
 * Returns: PV_OK; PV_ERR_FORMAT (the message names the line; no step at all), PV_ERR_NOMEM
 */
enum pv_status report_loss_log_parse(const char *name, const char *text, size_t n_bytes, struct report_loss_log *log, struct pv_error *err);

/* report_loss_log_load - the same from a file; PV_ERR_MISSING, PV_ERR_IO */
enum pv_status report_loss_log_load(const char *path, struct report_loss_log *log, struct pv_error *err);

/* report_loss_log_release - a zero struct is allowed */
void report_loss_log_release(struct report_loss_log *log);

#endif
