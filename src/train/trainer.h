/*
 * trainer.h - the state of a training run, shared by its loop (train.c), its validation (validate.c) and its checkpoints (resume.c)
 */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include <stdio.h>

#include "base/safetensors.h"
#include "base/threads.h"
#include "model/model.h"
#include "fit/ridge.h"
#include "train/schedule.h"
#include "represent/segments.h"
#include "train/shards.h"
#include "train/source.h"
#include "train/windows.h"
#include "nn/losses.h"
#include "nn/optim.h"

/* One validation. Errors are fractions; NAN where there are no data for them. */
struct train_validation {
	double loss;           /* on the validation ranges, with the rows as trained */
	double trained_error;  /* of total time with the rows as trained, mean absolute */
	double error;          /* of total time with the rows that the model keeps (refitted unless that is off), mean absolute */
	double worst;          /* the largest of those, signed */
	double left_out_error; /* of training programs left out of the refit */
	double ridge;
	double score; /* what decides which epoch is best: lower is better */
};

struct trainer {
	struct pv_train_options options;
	const struct pv_progress *progress;
	struct train_source source;
	struct model_expression expression; /* as it is evaluated, and the model made */
	enum nn_loss_kind loss;
	struct model_expression trained; /* as it is trained; differs where training and evaluation do */
	struct model_encoder *encoder;   /* what is trained: parameters are of its layout unless they are said to be evaluated ones */
	struct model_encoder *evaluated; /* what is validated, and the model made of; may be the same */
	float *evaluated_params;         /* its parameters, while something is evaluated */
	struct base_threads *pool;
	size_t n_params; /* of the block; n_trained of them change */
	size_t n_trained;
	float *params; /* (n_params) the last layer gives scaled targets */
	float *grads;  /* (n_trained) */
	struct nn_adam adam;
	float *average; /* (n_params) of the parameters, when n_averaged is not 0; NULL: none is asked for */
	uint64_t n_averaged;
	struct train_schedule *schedule;
	struct train_slot *slots; /* (B) */
	struct train_shards *shards;
	struct train_windows *windows; /* instead of schedule, slots and shards */
	uint64_t step, n_steps;        /* of the epoch at hand */
	uint64_t done_steps;           /* of the epoch that a checkpoint was written in, when going on */
	float *carried;                /* (n_carried) what its streams carry; with windows nothing */
	size_t n_carried;
	struct represent_segments fitted, valid; /* what validation refits on, and measures on */
	double *w, *b;                           /* (K, D), (K): rows of the last validation, 0.1 ns */
	/* progress of the run */
	bool diverged; /* a loss, or a gradient, was not finite */
	int epoch;     /* epochs finished */
	uint64_t rows;
	double train_loss;
	double loss_sum; /* of the epoch at hand, each step's times its rows */
	uint64_t counted;
	/* the best epoch so far; 0: none yet */
	int best_epoch;
	float *best_params;
	double *best_w, *best_b;
	struct train_validation best;
	/* of the last validation: signed errors of total time, (n_measured, K), and whose they are */
	int n_measured, *measured;
	double *errors;
	/* bookkeeping */
	FILE *log;
	double started, train_seconds, validate_seconds, reported;
	double saved;                        /* when last.safetensors was written */
	double spent;                        /* seconds of the runs before this one */
	uint64_t planned_rows, session_rows; /* rows of all epochs, and run in this process */
};

/* train_options_check - PV_ERR_ARG with the first option that cannot be */
enum pv_status train_options_check(const struct pv_train_options *options, struct pv_error *err);

/*
 * train_learning_rate - of the next step; cosine falls from the first step to the last one of all epochs
 *
 * @epoch    from 0
 * @part     of the epoch that is done
 * @n_steps  taken so far, all epochs
 */
double train_learning_rate(const struct pv_train_options *options, int epoch, double part, uint64_t n_steps);

/* trainer_now - seconds of a steady clock */
double trainer_now(void);

/* trainer_current - the parameters that count now: their average where one is kept */
const float *trainer_current(const struct trainer *t);

/* trainer_evaluated - parameters as the evaluated encoder has them; valid until the next call */
const float *trainer_evaluated(const struct trainer *t, const float *params);

/* trainer_fold - the last layer as trained, in 0.1 ns: into w (K, D) and b (K) */
void trainer_fold(const struct trainer *t, const float *params, double *w, double *b);

/* trainer_validate - measure the current parameters; refitted rows are left in t->w, t->b */
enum pv_status trainer_validate(struct trainer *t, struct train_validation *v, struct pv_error *err);

/* trainer_final_refit - refit the best epoch's rows on more of the training ranges; updates t->best, best_w and best_b */
enum pv_status trainer_final_refit(struct trainer *t, struct pv_error *err);

/* trainer_model - a model from parameters and rows */
enum pv_status trainer_model(const struct trainer *t, const float *params, const double *w, const double *b, int epoch,
                             const struct train_validation *v, struct pv_model **model, struct pv_error *err);

/* trainer_save - write best.safetensors, last.safetensors and epoch-N.safetensors as the options ask, after an epoch */
enum pv_status trainer_save(struct trainer *t, const struct train_validation *v, bool improved, struct pv_error *err);

/* trainer_save_position - write last.safetensors within an epoch; nothing while a parameter is not finite */
enum pv_status trainer_save_position(struct trainer *t, struct pv_error *err);

/* trainer_resume - read a last.safetensors; PV_ERR_ARG when it is of a run with other options or another dataset */
enum pv_status trainer_resume(struct trainer *t, const char *path, struct pv_error *err);

/*
 * train_log_open  - start the log that the options ask for; a run that goes on keeps the lines up to its checkpoint
 * train_log_step  - a line for the step just taken
 * train_log_epoch - a line for the epoch just validated
 * train_tell_errors - a line for each program and machine of that validation, to whoever watches
 */
enum pv_status train_log_open(struct trainer *t, bool resumed, struct pv_error *err);
void train_log_step(struct trainer *t, double loss, double grad_norm, uint64_t rows);
void train_log_epoch(struct trainer *t, const struct train_validation *v, bool improved);
void train_tell_errors(const struct trainer *t);

#endif
