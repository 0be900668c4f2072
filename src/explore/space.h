/*
 * space.h - what is inside struct pv_space
 */
#ifndef PV_EXPLORE_SPACE_H
#define PV_EXPLORE_SPACE_H

#include <perfvec/explore.h>

#include "uarch/params.h"

enum { PV_AXIS_MAX_PARAMS = 8 };

struct pv_axis {
	const struct pv_param *params[PV_AXIS_MAX_PARAMS]; /* (n_params) all get the same value */
	int n_params;
	int32_t *values; /* (n_values) */
	int n_values;
};

struct pv_space {
	struct pv_uarch *base;
	struct pv_axis axes[PV_SPACE_MAX_AXES];
	int n_axes;
};

/* pv_space_fill - make u, any machine, that of a design; it may be one that cannot be (pv_uarch_check) */
void pv_space_fill(const struct pv_space *space, const int *choices, struct pv_uarch *u);

#endif
