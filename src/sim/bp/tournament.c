/*
 * tournament.c - a local-history and a global-history predictor, and a table that chooses between them
 *
 * As in the Alpha 21264: local histories indexed by pc select a counter; the global history selects another and also the chooser.
 * The chooser is trained only when the two disagree.
 *
 * Reference: R. Kessler, "The Alpha 21264 microprocessor", IEEE Micro 1999; sizes and start values as gem5's TournamentBP.
 */
#include "sim/bp/direction.h"

#include <stdlib.h>

struct tournament {
	struct bp_direction base;
	uint64_t history;
	uint32_t history_mask, global_mask, choice_mask, local_mask, local_history_mask, insn_shift;
	uint8_t global_max, choice_max, local_max;
	uint8_t *global, *choice, *local;
	uint32_t *local_history;
};

static bool tournament_step(struct bp_direction *direction, uint64_t pc, uint64_t target, bool taken)
{
	(void)target;
	struct tournament *t = (struct tournament *)direction;
	uint32_t *past = &t->local_history[(pc >> t->insn_shift) & t->local_history_mask];
	uint8_t *local = &t->local[*past & t->local_mask];
	uint8_t *global = &t->global[t->history & t->global_mask];
	uint8_t *choice = &t->choice[t->history & t->choice_mask];
	bool says_local = *local > t->local_max / 2, says_global = *global > t->global_max / 2;
	bool prediction = *choice > t->choice_max / 2 ? says_global : says_local;
	if (says_local != says_global)
		*choice = bp_counter_towards(*choice, says_global == taken, t->choice_max);
	*local = bp_counter_towards(*local, taken, t->local_max);
	*global = bp_counter_towards(*global, taken, t->global_max);
	*past = (*past << 1 | taken) & t->local_mask;
	t->history = (t->history << 1 | taken) & t->history_mask;
	return prediction;
}

static void tournament_note_unconditional(struct bp_direction *direction, uint64_t pc, uint64_t target)
{
	(void)target;
	struct tournament *t = (struct tournament *)direction;
	(void)pc;
	t->history = (t->history << 1 | 1) & t->history_mask;
}

static void tournament_free(struct bp_direction *direction)
{
	struct tournament *t = (struct tournament *)direction;
	free(t->global);
	free(t->local_history);
	free(t);
}

enum pv_status bp_tournament_new(const struct uarch_branch *params, struct bp_direction **direction, struct pv_error *err)
{
	static const struct bp_direction_ops ops = {"tournament", tournament_step, tournament_note_unconditional, tournament_free};
	TRY(bp_check_counters("global table", params->n_global, params->global_counter_bits, err));
	TRY(bp_check_counters("choice table", params->n_choice, params->choice_counter_bits, err));
	TRY(bp_check_counters("local table", params->n_local, params->local_counter_bits, err));
	TRY(bp_check_counters("local histories", params->n_local_history, 1, err));
	struct tournament *t = calloc(1, sizeof *t);
	uint8_t *tables = calloc((size_t)params->n_global + params->n_choice + params->n_local, 1);
	uint32_t *histories = calloc(params->n_local_history, sizeof *histories);
	if (t == NULL || tables == NULL || histories == NULL) {
		free(t);
		free(tables);
		free(histories);
		return base_error_set(err, PV_ERR_NOMEM, "no memory for a tournament branch predictor");
	}
	t->base.ops = &ops;
	t->global_mask = params->n_global - 1;
	t->choice_mask = params->n_choice - 1;
	t->local_mask = params->n_local - 1;
	t->local_history_mask = params->n_local_history - 1;
	t->history_mask = t->global_mask > t->choice_mask ? t->global_mask : t->choice_mask;
	t->insn_shift = params->inst_shift_bits;
	t->global_max = (uint8_t)((1u << params->global_counter_bits) - 1);
	t->choice_max = (uint8_t)((1u << params->choice_counter_bits) - 1);
	t->local_max = (uint8_t)((1u << params->local_counter_bits) - 1);
	t->global = tables;
	t->choice = tables + params->n_global;
	t->local = t->choice + params->n_choice;
	t->local_history = histories;
	*direction = &t->base;
	return PV_OK;
}
