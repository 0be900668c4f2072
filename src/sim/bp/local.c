/*
 * local.c - one saturating counter per branch address, without history
 *
 * gem5 calls this "LocalBP": a table of counters indexed by pc, taken when the counter's top bit is set.
 *
 * Reference: J. E. Smith, "A study of branch prediction strategies", ISCA 1981.
 */
#include "sim/bp/direction.h"

#include <stdlib.h>

struct local {
	struct bp_direction base;
	uint32_t mask, insn_shift;
	uint8_t max;
	uint8_t *counters;
};

static bool local_step(struct bp_direction *direction, uint64_t pc, uint64_t target, bool taken)
{
	(void)target;
	struct local *l = (struct local *)direction;
	uint8_t *counter = &l->counters[(pc >> l->insn_shift) & l->mask];
	bool prediction = *counter > l->max / 2;
	*counter = bp_counter_towards(*counter, taken, l->max);
	return prediction;
}

static void local_note_unconditional(struct bp_direction *direction, uint64_t pc, uint64_t target)
{
	(void)target;
	(void)direction;
	(void)pc;
}

static void local_free(struct bp_direction *direction)
{
	struct local *l = (struct local *)direction;
	free(l->counters);
	free(l);
}

enum pv_status bp_local_new(const struct uarch_branch *params, struct bp_direction **direction, struct pv_error *err)
{
	static const struct bp_direction_ops ops = {"local", local_step, local_note_unconditional, local_free};
	TRY(bp_check_counters("local table", params->n_local, params->local_counter_bits, err));
	struct local *l = calloc(1, sizeof *l);
	uint8_t *counters = calloc(params->n_local, 1);
	if (l == NULL || counters == NULL) {
		free(l);
		free(counters);
		return base_error_set(err, PV_ERR_NOMEM, "no memory for a local branch predictor");
	}
	l->base.ops = &ops;
	l->mask = params->n_local - 1;
	l->insn_shift = params->inst_shift_bits;
	l->max = (uint8_t)((1u << params->local_counter_bits) - 1);
	l->counters = counters;
	*direction = &l->base;
	return PV_OK;
}
