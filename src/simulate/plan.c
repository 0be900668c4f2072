/*
 * plan.c - warm-up and systematic sampling
 *
 *	| warm-up |            period             |            period             |  rest
 *	  timed     warm | detailed | unit | warm   warm | detailed | unit | warm    warm
 *
 * With sampling the warm-up only warms. A unit lies in the middle of its period, so that the sample leans neither to a period's beginning
 * nor to its end; one that does not end before the trace does is left out.
 *
 * Reference: Wunderlich, Wenisch, Falsafi, Hoe, "SMARTS: accelerating microarchitecture simulation via rigorous statistical sampling",
 * ISCA 2003.
 */
#include "simulate/plan.h"

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static struct simulate_row_span whole_trace(const struct simulate_plan *p, uint64_t row)
{
	if (row < p->n_warm_up)
		return (struct simulate_row_span){.use = SIMULATE_ROWS_TIMED, .end = smaller(p->n_warm_up, p->n_rows)};
	return (struct simulate_row_span){
	    .use = SIMULATE_ROWS_COUNTED, .end = p->n_rows, .begins_unit = row == p->n_warm_up, .ends_unit = true};
}

struct simulate_row_span simulate_plan_at(const struct simulate_plan *p, uint64_t row)
{
	if (p->period == 0)
		return whole_trace(p, row);
	if (row < p->n_warm_up)
		return (struct simulate_row_span){.use = SIMULATE_ROWS_WARM, .end = smaller(p->n_warm_up, p->n_rows)};
	uint64_t begin = row - (row - p->n_warm_up) % p->period; /* of this period */
	uint64_t unit = begin + (p->period - p->unit) / 2, unit_end = unit + p->unit;
	uint64_t timed = unit - smaller(p->detailed, unit - begin);
	if (unit_end > p->n_rows)
		return (struct simulate_row_span){.use = SIMULATE_ROWS_WARM, .end = p->n_rows};
	if (row < timed)
		return (struct simulate_row_span){.use = SIMULATE_ROWS_WARM, .end = timed};
	if (row < unit)
		return (struct simulate_row_span){.use = SIMULATE_ROWS_TIMED, .end = unit};
	if (row < unit_end)
		return (struct simulate_row_span){
		    .use = SIMULATE_ROWS_COUNTED, .end = unit_end, .begins_unit = row == unit, .ends_unit = true};
	return (struct simulate_row_span){.use = SIMULATE_ROWS_WARM, .end = smaller(begin + p->period, p->n_rows)};
}

uint64_t simulate_plan_units(const struct simulate_plan *p)
{
	if (p->n_rows <= p->n_warm_up)
		return 0;
	if (p->period == 0)
		return 1;
	uint64_t n = p->n_rows - p->n_warm_up, first_end = (p->period - p->unit) / 2 + p->unit;
	return n < first_end ? 0 : (n - first_end) / p->period + 1;
}
