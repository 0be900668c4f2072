/*
 * dataset_task.h - the task of a foundation model: total time on a dataset, with machine vectors that are refitted after each epoch
 */
#ifndef TRAIN_DATASET_TASK_H
#define TRAIN_DATASET_TASK_H

#include "base/threads.h"
#include "model/encoder.h"
#include "fit/ridge.h"
#include "represent/segments.h"
#include "train/source.h"
#include "train/task.h"

/* Machine vectors beside the weights, 0.1 ns. */
struct train_vector_set {
	double *w, *b; /* (K, D), (K) */
};

struct train_dataset_task {
	struct train_task task;
	const struct pv_train_options *options; /* with every choice made */
	struct train_source source;
	enum nn_loss_kind loss;
	/* the network as it is trained and as it is evaluated: over streams or over windows */
	struct model_expression trained, expression;
	struct model_encoder *encoder; /* of what is trained */
	struct model_encoder
	    *evaluated; /* of what is validated, and the model made of; the same parameter block, and may be the same network */
	struct base_threads *pool;
	struct represent_segments fitted, valid; /* what validation refits on, and measures on */
	struct train_vector_set last, best;
	/* of the last validation: signed errors of total time, (n_measured, K), and whose they are */
	int n_measured, *measured;
	double *errors;
};

/*
 * train_dataset_task_init - memory for validation, when the options, source, networks and pool are set
 *
 * train_dataset_task_release takes a zero struct, too; it releases the source, the networks and the pool
 */
enum pv_status train_dataset_task_init(struct train_dataset_task *task, struct pv_error *err);
void train_dataset_task_release(struct train_dataset_task *task);

#endif
