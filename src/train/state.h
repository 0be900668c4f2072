/*
 * state.h - a run as files in the folder of checkpoints: best.safetensors, last.safetensors, epoch-N.safetensors
 */
#ifndef TRAIN_STATE_H
#define TRAIN_STATE_H

#include "train/run.h"

/* train_state_save_epoch - write the files that the options ask for, after an epoch */
enum pv_status train_state_save_epoch(struct train_run *run, const struct train_validation *v, bool improved, struct pv_error *err);

/* train_state_save_step - write last.safetensors within an epoch; nothing while a parameter is not finite */
enum pv_status train_state_save_step(struct train_run *run, struct pv_error *err);

/*
 * train_state_find   - the checkpoint to go on from: the one that the options name, or the last one of their folder; NULL: none
 * train_state_resume - read it; PV_ERR_ARG when it is of a run with other options or other data
 *
 * @room  for the path
 */
const char *train_state_find(const struct pv_train_options *options, char room[4096]);
enum pv_status train_state_resume(struct train_run *run, const char *path, struct pv_error *err);

#endif
