/*
 * bimode.c - bi-mode predictor
 *
 * Two tables of counters, indexed by pc xor global history, one for branches that mostly are taken and one for those that mostly are
 * not; a choice table indexed by pc alone says which to believe. Branches of opposite bias thus do not meet in one counter. The choice
 * is not trained when the chosen table was right although the choice pointed the other way.
 *
 * Reference: Lee, Chen, Mudge, "The bi-mode branch predictor", MICRO 1997; counters start at 0 as gem5's BiModeBP does.
 */
#include "sim/bp/direction.h"

#include <stdlib.h>

struct bimode {
	struct bp_direction base;
	uint64_t history;
	uint32_t global_mask, choice_mask, insn_shift;
	uint8_t global_max, choice_max;
	uint8_t *taken, *not_taken, *choice;
};

static bool bimode_step(struct bp_direction *direction, uint64_t pc, uint64_t target, bool taken)
{
	(void)target;
	struct bimode *b = (struct bimode *)direction;
	uint64_t word = pc >> b->insn_shift;
	uint8_t *choice = &b->choice[word & b->choice_mask];
	uint32_t index = (uint32_t)((word ^ b->history) & b->global_mask);
	bool use_taken = *choice > b->choice_max / 2;
	uint8_t *counter = use_taken ? &b->taken[index] : &b->not_taken[index];
	bool prediction = *counter > b->global_max / 2;
	*counter = bp_counter_towards(*counter, taken, b->global_max);
	if (prediction != taken || use_taken == taken)
		*choice = bp_counter_towards(*choice, taken, b->choice_max);
	b->history = (b->history << 1 | taken) & b->global_mask;
	return prediction;
}

static void bimode_note_unconditional(struct bp_direction *direction, uint64_t pc, uint64_t target)
{
	(void)target;
	struct bimode *b = (struct bimode *)direction;
	(void)pc;
	b->history = (b->history << 1 | 1) & b->global_mask;
}

static void bimode_free(struct bp_direction *direction)
{
	struct bimode *b = (struct bimode *)direction;
	free(b->taken);
	free(b);
}

enum pv_status bp_bimode_new(const struct uarch_branch *params, struct bp_direction **direction, struct pv_error *err)
{
	static const struct bp_direction_ops ops = {"bi-mode", bimode_step, bimode_note_unconditional, bimode_free};
	TRY(bp_check_counters("direction tables", params->n_global, params->global_counter_bits, err));
	TRY(bp_check_counters("choice table", params->n_choice, params->choice_counter_bits, err));
	struct bimode *b = calloc(1, sizeof *b);
	uint8_t *tables = calloc((size_t)2 * params->n_global + params->n_choice, 1);
	if (b == NULL || tables == NULL) {
		free(b);
		free(tables);
		return base_error_set(err, PV_ERR_NOMEM, "no memory for a bi-mode branch predictor");
	}
	b->base.ops = &ops;
	b->global_mask = params->n_global - 1;
	b->choice_mask = params->n_choice - 1;
	b->insn_shift = params->inst_shift_bits;
	b->global_max = (uint8_t)((1u << params->global_counter_bits) - 1);
	b->choice_max = (uint8_t)((1u << params->choice_counter_bits) - 1);
	b->taken = tables;
	b->not_taken = tables + params->n_global;
	b->choice = tables + 2 * (size_t)params->n_global;
	*direction = &b->base;
	return PV_OK;
}
