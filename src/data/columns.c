/*
 * columns.c - columns of a dataset's targets, and whether its target is the one that models learn
 */
#include "data/columns.h"

#include <stdlib.h>

#include <perfvec/features.h>

enum pv_status data_columns_init(struct data_columns *c, int n, int n_per_row, struct pv_error *err)
{
	*c = (struct data_columns){.n = n, .n_per_row = n_per_row};
	c->column = calloc((size_t)n, sizeof *c->column);
	c->scale = calloc((size_t)n, sizeof *c->scale);
	c->inverse = calloc((size_t)n, sizeof *c->inverse);
	if (!c->column || !c->scale || !c->inverse) {
		data_columns_release(c);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory");
	}
	for (int k = 0; k < n; k++)
		data_columns_set_scale(c, k, 1.0);
	return PV_OK;
}

void data_columns_release(struct data_columns *c)
{
	free(c->column);
	free(c->scale);
	free(c->inverse);
	*c = (struct data_columns){0};
}

void data_columns_set_scale(struct data_columns *c, int k, double scale)
{
	c->scale[k] = scale;
	c->inverse[k] = (float)(1.0 / scale);
}

enum pv_status data_target_check(const struct pv_dataset *dataset, struct pv_error *err)
{
	const int target = pv_dataset_info(dataset)->target;
	if (target == PV_TARGET_store_commit)
		return PV_OK;
	base_error_set(err, PV_ERR_VERSION, "the dataset's target is '%s'; models learn 'store_commit', whose sum is the program's time",
	               target >= 0 && target < PV_N_TARGETS ? pv_target_name((unsigned)target) : "unknown");
	return base_error_hint(err, "make the dataset with target store_commit, the default");
}
