/*
 * log.h - what a run says of itself: lines of the log file, and lines for whoever watches
 */
#ifndef TRAIN_LOG_H
#define TRAIN_LOG_H

#include "train/run.h"

/*
 * train_log_open  - start the log that the options ask for; a run that goes on keeps the lines up to its checkpoint
 * train_log_step  - a line for the step just taken
 * train_log_epoch - a line for the epoch just validated
 */
enum pv_status train_log_open(struct train_run *run, bool resumed, struct pv_error *err);
void train_log_step(struct train_run *run, const struct train_step *step, double grad_norm);
void train_log_epoch(struct train_run *run, const struct train_validation *v, bool improved);

/*
 * train_tell_position - where a run goes on from a checkpoint
 * train_tell_progress - rows that are done; at most ten times a second
 * train_tell_epoch    - a line for the epoch just validated, and its errors one by one where the options ask for them
 */
void train_tell_position(const struct train_run *run, const char *path);
void train_tell_progress(struct train_run *run);
void train_tell_epoch(const struct train_run *run, const struct train_validation *v, bool improved);

#endif
