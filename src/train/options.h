/*
 * options.h - options of training: their choices by name, what cannot be, and what the network and the data know them as
 */
#ifndef TRAIN_OPTIONS_H
#define TRAIN_OPTIONS_H

#include <perfvec/model.h>

#include "model/inputs.h"
#include "nn/losses.h"
#include "nn/optim.h"

/* train_choice_name - the name of a value of an option that is a choice (pv_train_choices); NULL: it has no such value */
const char *train_choice_name(const char *option, int value);

/* train_options_check - PV_ERR_ARG with the first option that cannot be */
enum pv_status train_options_check(const struct pv_train_options *options, struct pv_error *err);

/* train_loss_kind, train_inputs_kind - the same choice in other rooms' words; inputs must not be AUTO. train_inputs_of is the reverse */
enum nn_loss_kind train_loss_kind(enum pv_train_loss loss);
enum model_inputs_kind train_inputs_kind(enum pv_train_inputs inputs);
enum pv_train_inputs train_inputs_of(enum model_inputs_kind kind);

/* train_adam_config - the optimizer that the options ask for */
struct nn_adam_config train_adam_config(const struct pv_train_options *options);

/*
 * train_learning_rate - of the next step; cosine falls from the first step to the last one of all epochs
 *
 * @epoch    from 0
 * @part     of the epoch that is done
 * @n_steps  taken so far, all epochs
 */
double train_learning_rate(const struct pv_train_options *options, int epoch, double part, uint64_t n_steps);

#endif
