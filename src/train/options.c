/*
 * options.c - options of training
 *
 * The tables below are the only place where choices have names: the command line reads and explains them from here, and checkpoints record
 * them from here.
 */
#include "train/options.h"

#include <math.h>
#include <string.h>

enum { MAX_CHOICES = 6 };

static const double pi = 3.14159265358979323846;

static const struct {
	const char *option;
	struct pv_train_choice choices[MAX_CHOICES]; /* the last one is zero */
} table[] = {
    {"mode", {{"stream", PV_MODE_STREAM, "carried state, a loss at every row"}, {"window", PV_MODE_WINDOW, "as PerfVec does, any model"}}},
    {"evaluate",
     {{"auto", PV_MODE_AUTO, "as streams where the model can"}, {"stream", PV_MODE_STREAM, NULL}, {"window", PV_MODE_WINDOW, NULL}}},
    {"optimizer", {{"adam", PV_TRAIN_ADAM, NULL}, {"adamw", PV_TRAIN_ADAMW, NULL}}},
    {"schedule",
     {{"step", PV_TRAIN_SCHEDULE_STEP, "see --lr-step"},
      {"cosine", PV_TRAIN_SCHEDULE_COSINE, NULL},
      {"constant", PV_TRAIN_SCHEDULE_CONSTANT, NULL}}},
    {"average",
     {{"none", PV_TRAIN_AVERAGE_NONE, "as trained"},
      {"ema", PV_TRAIN_AVERAGE_EMA, "of the steps"},
      {"swa", PV_TRAIN_AVERAGE_SWA, "of the last epochs"}}},
    {"loss",
     {{"MSE", PV_TRAIN_LOSS_MSE, NULL},
      {"L1", PV_TRAIN_LOSS_L1, NULL},
      {"NMSE", PV_TRAIN_LOSS_NMSE, NULL},
      {"NL1", PV_TRAIN_LOSS_NL1, NULL},
      {"RMSE", PV_TRAIN_LOSS_RMSE, NULL}}},
    {"inputs",
     {{"auto", PV_TRAIN_INPUTS_AUTO, "pv2; log with windows"},
      {"pv2", PV_TRAIN_INPUTS_PV2, NULL},
      {"log", PV_TRAIN_INPUTS_LOG, "pv1 with logarithms"},
      {"plain", PV_TRAIN_INPUTS_PLAIN, "pv1 as it is"}}},
    {"targets",
     {{"scaled", PV_TRAIN_TARGETS_SCALED, "each machine's times count the same"},
      {"plain", PV_TRAIN_TARGETS_PLAIN, "in 0.1 ns, as PerfVec does"}}},
};

struct pv_train_options pv_train_defaults(void)
{
	return (struct pv_train_options){.mode = PV_MODE_STREAM,
	                                 .sbatch_rows = 512,
	                                 .average_decay = 0.999,
	                                 .valid_rows = PV_TRAIN_AUTO,
	                                 .epochs = 3,
	                                 .batch_size = 64,
	                                 .bptt_rows = 32,
	                                 .warmup_rows = 128,
	                                 .learning_rate = 3e-3,
	                                 .lr_step = -1,
	                                 .checkpoint_seconds = 60,
	                                 .refit = true,
	                                 .refit_rows = PV_TRAIN_AUTO};
}

/* ---- choices ---- */

const struct pv_train_choice *pv_train_choices(const char *option)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (!strcmp(option, table[i].option))
			return table[i].choices;
	return NULL;
}

const char *train_choice_name(const char *option, int value)
{
	for (const struct pv_train_choice *c = pv_train_choices(option); c && c->name; c++)
		if (c->value == value)
			return c->name;
	return NULL;
}

/* A program that fills the options in itself may have put anything there. */
static enum pv_status check_choices(const struct pv_train_options *o, struct pv_error *err)
{
	const int values[] = {(int)o->mode,    (int)o->evaluate, (int)o->optimizer, (int)o->schedule,
	                      (int)o->average, (int)o->loss,     (int)o->inputs,    (int)o->targets};
	_Static_assert(sizeof values / sizeof *values == sizeof table / sizeof *table, "in the order of the table");
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		FAIL_IF(!train_choice_name(table[i].option, values[i]), err, PV_ERR_ARG, "option '%s' cannot have the value %d",
		        table[i].option, values[i]);
	return PV_OK;
}

enum pv_status train_options_check(const struct pv_train_options *o, struct pv_error *err)
{
	FAIL_IF(o->epochs < 1, err, PV_ERR_ARG, "training needs at least one epoch, not %d", o->epochs);
	FAIL_IF(o->batch_size < 1 || o->batch_size > 65536, err, PV_ERR_ARG, "batch size %d is not between 1 and 65536", o->batch_size);
	FAIL_IF(o->bptt_rows < 1 || o->bptt_rows > 65536, err, PV_ERR_ARG, "%d rows of back-propagation are not between 1 and 65536",
	        o->bptt_rows);
	FAIL_IF(o->warmup_rows < 0, err, PV_ERR_ARG, "%d rows of warm-up cannot be", o->warmup_rows);
	FAIL_IF(!(o->learning_rate > 0), err, PV_ERR_ARG, "learning rate %g is not above 0", o->learning_rate);
	FAIL_IF(!(o->weight_decay >= 0) || !(o->clip >= 0) || o->lr_step < -1 || o->save_interval < 0 || !(o->sum_weight >= 0), err,
	        PV_ERR_ARG, "weight decay, clipping, learning-rate step, save interval and sum weight cannot be negative");
	FAIL_IF(o->warmup_steps < 0 || o->patience < 0, err, PV_ERR_ARG, "warm-up steps and patience cannot be negative");
	FAIL_IF(!(o->checkpoint_seconds >= 0), err, PV_ERR_ARG, "%g seconds between checkpoints cannot be", o->checkpoint_seconds);
	FAIL_IF(o->sbatch_rows < 1, err, PV_ERR_ARG, "blocks of %d rows cannot be", o->sbatch_rows);
	FAIL_IF(!(o->average_decay > 0 && o->average_decay < 1), err, PV_ERR_ARG, "a decay of %g is not between 0 and 1", o->average_decay);
	TRY(check_choices(o, err));
	FAIL_IF(o->sbatch && o->mode != PV_MODE_WINDOW, err, PV_ERR_ARG, "blocks of windows (sbatch) go with mode window");
	FAIL_IF(o->sum_weight > 0 && o->mode != PV_MODE_STREAM, err, PV_ERR_ARG, "a weight on summed time goes with mode stream");
	FAIL_IF(o->sum_weight > 0 && o->loss != PV_TRAIN_LOSS_MSE, err, PV_ERR_ARG, "a weight on summed time goes with loss MSE only");
	return PV_OK;
}

/* ---- in other rooms' words ---- */

enum nn_loss_kind train_loss_kind(enum pv_train_loss loss)
{
	static const enum nn_loss_kind kinds[] = {[PV_TRAIN_LOSS_MSE] = NN_LOSS_MSE,
	                                          [PV_TRAIN_LOSS_L1] = NN_LOSS_L1,
	                                          [PV_TRAIN_LOSS_NMSE] = NN_LOSS_NMSE,
	                                          [PV_TRAIN_LOSS_NL1] = NN_LOSS_NL1,
	                                          [PV_TRAIN_LOSS_RMSE] = NN_LOSS_RMSE};
	return kinds[loss];
}

enum model_inputs_kind train_inputs_kind(enum pv_train_inputs inputs)
{
	return inputs == PV_TRAIN_INPUTS_PV2 ? MODEL_INPUTS_PV2 : inputs == PV_TRAIN_INPUTS_LOG ? MODEL_INPUTS_LOG : MODEL_INPUTS_PLAIN;
}

enum pv_train_inputs train_inputs_of(enum model_inputs_kind kind)
{
	return kind == MODEL_INPUTS_PV2 ? PV_TRAIN_INPUTS_PV2 : kind == MODEL_INPUTS_LOG ? PV_TRAIN_INPUTS_LOG : PV_TRAIN_INPUTS_PLAIN;
}

struct nn_adam_config train_adam_config(const struct pv_train_options *o)
{
	struct nn_adam_config adam = nn_adam_defaults();
	adam.lr = o->learning_rate;
	adam.weight_decay = o->weight_decay;
	adam.decoupled = o->optimizer == PV_TRAIN_ADAMW;
	return adam;
}

double train_learning_rate(const struct pv_train_options *o, int epoch, double part, uint64_t n_steps)
{
	double lr = o->learning_rate;
	if (o->schedule == PV_TRAIN_SCHEDULE_STEP)
		lr = nn_step_lr(lr, o->lr_step, 0.1, epoch);
	if (o->schedule == PV_TRAIN_SCHEDULE_COSINE)
		lr *= 0.5 * (1 + cos(pi * (epoch + part) / o->epochs));
	if (n_steps < (uint64_t)o->warmup_steps)
		lr *= (double)(n_steps + 1) / o->warmup_steps;
	return lr;
}
