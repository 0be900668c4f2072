/*
 * simulate_plan.h - which rows of a trace are counted, which are only timed, and which only warm caches and predictors
 */
#ifndef PV_PIPELINE_SIMULATE_PLAN_H
#define PV_PIPELINE_SIMULATE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

enum pv_row_use {
	PV_ROWS_WARM,   /* caches and predictors see them; time stands still */
	PV_ROWS_TIMED,  /* simulated in full, neither counted nor written */
	PV_ROWS_COUNTED /* simulated in full, counted and written: a part of a unit */
};

struct pv_simulate_plan {
	uint64_t n_rows, n_warm_up;
	uint64_t unit, period, detailed; /* period 0: all rows after the warm-up are one unit */
};

/* A run of rows with the same use; it ends where a unit ends, at the latest. */
struct pv_row_span {
	enum pv_row_use use;
	uint64_t end;
	bool begins_unit; /* the row asked for is the first of a unit */
	bool ends_unit;   /* row `end` - 1 is the last of one */
};

/* pv_plan_at - the run that a row lies in, row < n_rows */
struct pv_row_span pv_plan_at(const struct pv_simulate_plan *plan, uint64_t row);

/* pv_plan_units - how many units there are */
uint64_t pv_plan_units(const struct pv_simulate_plan *plan);

#endif
