/*
 * task.h - what a training run learns: how its weights are judged after each epoch, and the model that is made of them
 *
 *   dataset_task.c   a foundation model, on the times of a dataset: total time on the validation ranges, machine vectors refitted
 *   tune/learn_rep.c one machine's vector, on stored representations: the loss of the samples that validate
 *
 * The loop asks after each epoch: validate -> keep, if it is the best so far -> model, for a checkpoint; and in the end: finish -> model.
 * Vectors that belong to weights, but are not among them (the refitted ones), are the task's own: it holds those of the last validation and
 * those of the best epoch.
 */
#ifndef TRAIN_TASK_H
#define TRAIN_TASK_H

#include <math.h>
#include <stdio.h>

#include <perfvec/json.h>
#include <perfvec/model.h>
#include <perfvec/progress.h>

#include "base/safetensors.h"

/* What one validation found. Errors are fractions; NAN where there are no data for them. */
struct train_validation {
	double loss;           /* on the validation data, with the machine vectors as trained */
	double trained_error;  /* of total time with the vectors as trained, mean absolute */
	double error;          /* of total time with the vectors that the model keeps (refitted unless that is off), mean absolute */
	double worst;          /* the largest of those, signed */
	double left_out_error; /* of training programs left out of the refit */
	double ridge;          /* strength that the refit chose */
	double score;          /* decides which epoch is best: lower is better */
};

/* train_validation_none - nothing is known yet */
static inline struct train_validation train_validation_none(void)
{
	return (struct train_validation){.loss = NAN, .trained_error = NAN, .error = NAN, .worst = NAN, .left_out_error = NAN};
}

/* Whose machine vectors a model gets. */
enum train_vectors {
	TRAIN_VECTORS_TRAINED, /* as the last layer of its weights has them */
	TRAIN_VECTORS_LAST,    /* of the last validation */
	TRAIN_VECTORS_BEST     /* of the best epoch */
};

/* What must be the same in a run that goes on from a checkpoint, beside its options. */
struct train_identity {
	char model[512];     /* expression */
	uint64_t n_train;    /* rows or samples there are */
	uint64_t n_valid;    /* the same of validation */
	uint64_t data;       /* fingerprint of what is learnt from */
	int n_machines;      /* K */
	int window_rows;     /* of a window that is trained on; 0: none */
	int evaluate_window; /* the same for validation */
};

/* An array that a checkpoint holds. */
struct train_state_part {
	const char *name;
	enum base_dtype dtype;
	void *data;
	size_t n; /* 0: it does not exist in this run */
};

enum { TRAIN_TASK_PARTS = 2 };

struct train_task;

struct train_task_kind {
	const char *hint;                                             /* when training diverges */
	int (*tell_every)(const struct train_task *task, int epochs); /* a line for the user after every so many epochs; NULL: after each */

	/* validate - what weights are worth. @train_loss  of the epoch, which decides where there is nothing else */
	enum pv_status (*validate)(struct train_task *task, const float *params, double train_loss, const struct pv_progress *progress,
	                           struct train_validation *v, struct pv_error *err);
	/* keep - the weights just validated are the best so far */
	void (*keep)(struct train_task *task);
	/* finish - what is done once, for the best epoch's weights; updates *v. @refit  fit machine vectors on more data */
	enum pv_status (*finish)(struct train_task *task, float *params, bool refit, const struct pv_progress *progress,
	                         struct train_validation *v, struct pv_error *err);
	/* model - a model of weights and vectors */
	enum pv_status (*model)(struct train_task *task, const float *params, enum train_vectors vectors, int epoch,
	                        const struct train_validation *v, struct pv_model **model, struct pv_error *err);
	/* identify, parts - for checkpoints: what must agree, and the task's own state. NULL: it has none */
	void (*identify)(const struct train_task *task, struct train_identity *identity);
	void (*parts)(const struct train_task *task, struct train_state_part parts[TRAIN_TASK_PARTS]);
	/* log - more members of the log's object for the last validation; tell - its errors one by one. NULL: there are none */
	void (*log)(const struct train_task *task, struct pv_json_writer *w);
	void (*tell)(const struct train_task *task, const struct pv_progress *progress);
};

/* The first member of every task. */
struct train_task {
	const struct train_task_kind *kind;
	uint64_t n_valid;     /* rows or samples that validate: their loss must be finite */
	double flops_per_row; /* forward and backward, for each row or sample */
};

#endif
