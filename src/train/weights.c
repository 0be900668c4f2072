/*
 * weights.c - the parameters that a run trains
 */
#include "train/weights.h"

#include <math.h>
#include <stdlib.h>

#include "nn/blas.h"
#include "train/options.h"

enum pv_status train_weights_init(struct train_weights *w, size_t n, size_t n_trained, const struct pv_train_options *o,
                                  struct pv_error *err)
{
	const struct nn_adam_config adam = train_adam_config(o);
	const bool averaged = o->average != PV_TRAIN_AVERAGE_NONE;
	*w = (struct train_weights){.n = n, .n_trained = n_trained, .kind = o->average, .decay = o->average_decay};
	w->params = nn_floats_new(n);
	w->grads = nn_floats_new(n);
	w->average = averaged ? nn_floats_new(n) : NULL;
	FAIL_IF(!w->params || !w->grads || (averaged && !w->average), err, PV_ERR_NOMEM, "out of memory for a model of %zu parameters", n);
	return nn_adam_init(&w->adam, &adam, n_trained, err);
}

void train_weights_release(struct train_weights *w)
{
	nn_adam_release(&w->adam);
	free(w->params);
	free(w->grads);
	free(w->average);
	*w = (struct train_weights){0};
}

static void add_to_average(struct train_weights *w)
{
	const double even = 1 / (double)++w->n_averaged, least = 1 - w->decay;
	const float share = (float)(w->kind == PV_TRAIN_AVERAGE_EMA && least > even ? least : even);
	for (size_t i = 0; i < w->n; i++)
		w->average[i] += share * (w->params[i] - w->average[i]);
}

void train_weights_step(struct train_weights *w, double learning_rate, bool averaged)
{
	w->adam.config.lr = learning_rate;
	nn_adam_step(&w->adam, w->params, w->grads);
	if (w->average && averaged)
		add_to_average(w);
}

float *train_weights_current(const struct train_weights *w)
{
	return w->n_averaged ? w->average : w->params;
}

bool train_weights_finite(const struct train_weights *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (!isfinite(w->params[i]))
			return false;
	return true;
}
