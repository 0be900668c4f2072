/*
 * gshare.c - counters indexed by pc xor global history
 *
 * Reference: S. McFarling, "Combining branch predictors", DEC WRL TN-36, 1993.
 */
#include "sim/bp/direction.h"

#include <stdlib.h>

struct gshare {
	struct bp_direction base;
	uint64_t history;
	uint32_t mask, insn_shift;
	uint8_t max;
	uint8_t *counters;
};

static bool gshare_step(struct bp_direction *direction, uint64_t pc, uint64_t target, bool taken)
{
	(void)target;
	struct gshare *g = (struct gshare *)direction;
	uint8_t *counter = &g->counters[((pc >> g->insn_shift) ^ g->history) & g->mask];
	bool prediction = *counter > g->max / 2;
	*counter = bp_counter_towards(*counter, taken, g->max);
	g->history = (g->history << 1 | taken) & g->mask;
	return prediction;
}

static void gshare_note_unconditional(struct bp_direction *direction, uint64_t pc, uint64_t target)
{
	(void)target;
	struct gshare *g = (struct gshare *)direction;
	(void)pc;
	g->history = (g->history << 1 | 1) & g->mask;
}

static void gshare_free(struct bp_direction *direction)
{
	struct gshare *g = (struct gshare *)direction;
	free(g->counters);
	free(g);
}

enum pv_status bp_gshare_new(const struct uarch_branch *params, struct bp_direction **direction, struct pv_error *err)
{
	static const struct bp_direction_ops ops = {"gshare", gshare_step, gshare_note_unconditional, gshare_free};
	TRY(bp_check_counters("global table", params->n_global, params->global_counter_bits, err));
	struct gshare *g = calloc(1, sizeof *g);
	uint8_t *counters = calloc(params->n_global, 1);
	if (g == NULL || counters == NULL) {
		free(g);
		free(counters);
		return base_error_set(err, PV_ERR_NOMEM, "no memory for a gshare branch predictor");
	}
	g->base.ops = &ops;
	g->mask = params->n_global - 1;
	g->insn_shift = params->inst_shift_bits;
	g->max = (uint8_t)((1u << params->global_counter_bits) - 1);
	g->counters = counters;
	*direction = &g->base;
	return PV_OK;
}
