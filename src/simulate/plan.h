/*
 * plan.h - which rows of a trace are counted, which are only timed, and which only warm caches and predictors
 */
#ifndef SIMULATE_PLAN_H
#define SIMULATE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

enum simulate_row_use {
	SIMULATE_ROWS_WARM,   /* caches and predictors see them; time stands still */
	SIMULATE_ROWS_TIMED,  /* simulated in full, neither counted nor written */
	SIMULATE_ROWS_COUNTED /* simulated in full, counted and written: a part of a unit */
};

struct simulate_plan {
	uint64_t n_rows, n_warm_up;
	uint64_t unit, period, detailed; /* period 0: all rows after the warm-up are one unit */
};

/* A run of rows with the same use; it ends where a unit ends, at the latest. */
struct simulate_row_span {
	enum simulate_row_use use;
	uint64_t end;
	bool begins_unit; /* the row asked for is the first of a unit */
	bool ends_unit;   /* row `end` - 1 is the last of one */
};

/* simulate_plan_at - the run that a row lies in, row < n_rows */
struct simulate_row_span simulate_plan_at(const struct simulate_plan *plan, uint64_t row);

/* simulate_plan_units - how many units there are */
uint64_t simulate_plan_units(const struct simulate_plan *plan);

#endif
