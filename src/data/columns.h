/*
 * columns.h - the machines of a dataset that a model learns from: columns of its targets, their scales, one target at a time
 */
#ifndef DATA_COLUMNS_H
#define DATA_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

#include <perfvec/dataset.h>

#include "base/error.h"

/* The machines that a model is trained on: columns of a dataset's targets, and what they are divided by. */
struct data_columns {
	int n;          /* K */
	int *column;    /* (K) */
	double *scale;  /* (K) 0.1 ns */
	float *inverse; /* (K) 1 / scale */
	int n_per_row;  /* columns of a target row in the dataset */
};

/* data_columns_init - room for n columns, scale 1; PV_ERR_NOMEM. data_columns_release takes a zero struct too. */
enum pv_status data_columns_init(struct data_columns *columns, int n, int n_per_row, struct pv_error *err);
void data_columns_release(struct data_columns *columns);
void data_columns_set_scale(struct data_columns *columns, int k, double scale);

/* data_target_check - PV_ERR_VERSION unless the dataset's target is store_commit, the one that models learn */
enum pv_status data_target_check(const struct pv_dataset *dataset, struct pv_error *err);

/* pv_target - one target of a program, 0.1 ns */
static inline uint32_t pv_target(const struct pv_dataset_program *program, size_t index)
{
	return program->target_bytes == 2 ? ((const uint16_t *)program->targets)[index] : ((const uint32_t *)program->targets)[index];
}

#endif
