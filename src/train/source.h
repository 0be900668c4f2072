/*
 * source.h - what a dataset gives to training: row ranges of the seen programs, and the seen machines with the scale of their targets
 */
#ifndef TRAIN_SOURCE_H
#define TRAIN_SOURCE_H

#include "represent/batch.h"
#include "train/schedule.h"

struct train_source {
	const struct pv_dataset *dataset;
	struct data_range *train, *valid; /* (n_train), (n_valid) one per program that has any */
	int n_train, n_valid;
	uint64_t train_rows, valid_rows;
	struct data_columns columns;
	struct model_inputs inputs; /* plain, until train_source_inputs */
};

/*
 * train_source_init - take the seen programs and, of the machines, the given columns or (NULL) the seen ones
 *
 * Returns: PV_OK; PV_ERR_ARG (no seen machine, no training rows), PV_ERR_NOMEM. On failure *source is zero.
 */
enum pv_status train_source_init(struct train_source *source, const struct pv_dataset *dataset, const int *machines, int n,
                                 struct pv_error *err);
void train_source_release(struct train_source *source);

/*
 * train_source_scale - divide every machine's targets by their standard deviation over the training rows
 *
 * Latencies differ by machine and are heavy-tailed: most are 0, a few above 500. With this every machine counts the same in the loss; the
 * factors are folded back into the last layer when a model is saved.
 */
enum pv_status train_source_scale(struct train_source *source, struct pv_error *err);

/* train_source_inputs - choose what enters, normalised over the training rows; PV_ERR_VERSION (model_inputs_check), PV_ERR_NOMEM */
enum pv_status train_source_inputs(struct train_source *source, enum model_inputs_kind kind, struct pv_error *err);

#endif
