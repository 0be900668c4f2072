/*
 * space.h - what is inside struct pv_space
 */
#ifndef EXPLORE_SPACE_H
#define EXPLORE_SPACE_H

#include <perfvec/explore.h>

#include "uarch/params.h"

enum { EXPLORE_AXIS_MAX_PARAMS = 8 };

struct explore_axis {
	const struct uarch_param *params[EXPLORE_AXIS_MAX_PARAMS]; /* (n_params) all get the same value */
	int n_params;
	int32_t *values; /* (n_values) */
	int n_values;
};

struct pv_space {
	struct pv_uarch *base;
	struct explore_axis axes[PV_SPACE_MAX_AXES];
	int n_axes;
};

/* explore_space_fill - make u, any machine, that of a design; it may be one that cannot be (pv_uarch_check) */
void explore_space_fill(const struct pv_space *space, const int *choices, struct pv_uarch *u);

#endif
