/*
 * machine_inputs.h - machines as numbers: the parameters that tell some machines apart, normalised
 *
 * Numbers enter as logarithms (log2(1 + x) where 0 is allowed), flags as 0 and 1, names as one column for each that occurs, and memory
 * types as what they do: access time, burst time, bandwidth. What a machine does not have (parameters of the other core kind, of an absent
 * level-2 cache) is at the mean. Columns that are equal for all machines are left out, and so are repeats of an earlier one.
 */
#ifndef MACHINE_REGRESSION_MACHINE_INPUTS_H
#define MACHINE_REGRESSION_MACHINE_INPUTS_H

#include <stdbool.h>

#include "base/error.h"
#include "uarch/uarch.h"

struct uarch_param;

struct regression_machine_input {
	char name[96]; /* "l1d.size_bytes", "branch.kind=tage", "memory.type.access_ps" */
	const struct uarch_param *param;
	int32_t value; /* of names: the one that this column stands for; of memory types: which figure; else -1 */
	double mean, deviation;
	int same_as; /* number of the column that it repeats; -1: none, then it is an input */
};

struct regression_machine_inputs {
	int n; /* columns, repeats included */
	int d; /* inputs */
	struct regression_machine_input *columns;
	struct pv_uarch *base[2]; /* a machine of each core kind, with a level-2 cache where there is one: what no column is of is the same
	                             in all; NULL: there was none of the kind */
	int n_free;               /* parameters that differ between machines without being an input, because only some were asked for */
	const struct uarch_param **free;
};

/*
 * regression_machine_inputs_init - find the columns that tell (n) machines apart
 *
 * @parameters  (n_parameters) the only ones that may be used; n_parameters 0: any
 *
 * Returns: PV_OK; PV_ERR_MISSING (no such parameter), PV_ERR_ARG (no parameter tells the machines apart), PV_ERR_NOMEM
 */
enum pv_status regression_machine_inputs_init(const struct pv_uarch *const *machines, int n, const char *const *parameters,
                                              int n_parameters, struct regression_machine_inputs *inputs, struct pv_error *err);
void regression_machine_inputs_release(struct regression_machine_inputs *inputs);

/* regression_machine_inputs_column - fill in param and value from a name; PV_ERR_FORMAT */
enum pv_status regression_machine_inputs_column(struct regression_machine_input *column, struct pv_error *err);

/* regression_machine_inputs_get - a machine as (d) numbers */
void regression_machine_inputs_get(const struct regression_machine_inputs *inputs, const struct pv_uarch *u, double *x);

/*
 * regression_machine_inputs_check - whether a machine is like those that the columns were made from in all that is not an input
 *
 * Returns: PV_OK; PV_ERR_UNSUPPORTED with the first parameter that is not
 */
enum pv_status regression_machine_inputs_check(const struct regression_machine_inputs *inputs, const struct pv_uarch *u,
                                               struct pv_error *err);

#endif
