/*
 * loop.h - the training loop: a feed's steps, an optimizer, a task's verdict after each epoch, and the best epoch kept
 */
#ifndef TRAIN_LOOP_H
#define TRAIN_LOOP_H

#include "train/run.h"

/*
 * train_run_init - memory for a run, whose options, progress, task, feed and start on the clock are set; the weights are zero
 *
 * @n, @n_trained  of the network's block of parameters, and of its first part, which changes
 */
enum pv_status train_run_init(struct train_run *run, size_t n, size_t n_trained, struct pv_error *err);
void train_run_release(struct train_run *run);

/*
 * train_run_all - go on from a checkpoint if there is one, train, and make the model of the best epoch
 *
 * @model  set on success; also when training was stopped or diverged, if an epoch was finished
 *
 * Returns: PV_OK; PV_ERR_RANGE (a loss or gradient is not finite: the message names the step), PV_ERR_INTERRUPTED; those of the feed, the
 * task and the files
 */
enum pv_status train_run_all(struct train_run *run, struct pv_model **model, struct pv_error *err);

/* train_run_report - what it did so far */
void train_run_report(const struct train_run *run, struct pv_train_report *report);

#endif
