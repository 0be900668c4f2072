/*
 * weights.h - the parameters that a run trains, and what an optimizer keeps beside them
 */
#ifndef TRAIN_WEIGHTS_H
#define TRAIN_WEIGHTS_H

#include <perfvec/model.h>

#include "nn/optim.h"

struct train_weights {
	size_t n, n_trained; /* of the network's block; its first part, which changes */
	float *params;       /* (n) */
	float *grads;        /* (n) the gradient, and room for what is tracked */
	struct nn_adam adam;
	enum pv_train_average kind;
	double decay;        /* of an exponential average */
	float *average;      /* (n) when n_averaged is not 0; NULL: none is asked for */
	uint64_t n_averaged; /* steps that are in it */
};

/* train_weights_init - room for a block; PV_ERR_NOMEM, PV_ERR_RANGE (the optimizer's). train_weights_release takes a zero struct, too */
enum pv_status train_weights_init(struct train_weights *weights, size_t n, size_t n_trained, const struct pv_train_options *options,
                                  struct pv_error *err);
void train_weights_release(struct train_weights *weights);

/*
 * train_weights_step - one step of the optimizer with the gradients
 *
 * @averaged  the step counts in the average, if there is one: it begins with the first step it sees, so that it never remembers the
 *            initial weights
 */
void train_weights_step(struct train_weights *weights, double learning_rate, bool averaged);

/* train_weights_current - the parameters that count now: their average where there is one */
float *train_weights_current(const struct train_weights *weights);

/* train_weights_finite - whether every parameter is a number */
bool train_weights_finite(const struct train_weights *weights);

#endif
