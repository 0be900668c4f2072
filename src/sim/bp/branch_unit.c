/*
 * branch_unit.c - a branch's way through the predictors
 *
 *   conditional   direction predictor; taken: target from the BTB
 *   direct        taken; target from the BTB
 *   indirect      taken; target from the indirect predictor (or the BTB where there is none)
 *   return        taken; target from the return-address stack
 *
 * Without a target the guess is "not taken", whatever the direction. A wrong guess is noticed in decode when decode can compute the
 * right one (a direct branch that is unconditional, or whose direction was guessed taken), else when the branch executes.
 * The BTB learns only taken branches that were guessed wrong, as in gem5.
 */
#include "sim/bp/branch_unit.h"

#include "sim/bp/tage.h"
#include "uarch/uarch.h"

#include <string.h>

enum pv_status bp_direction_new(const struct pv_uarch *uarch, struct bp_direction **direction, struct pv_error *err)
{
	const struct uarch_branch *params = &uarch->branch;
	uint32_t shift = params->inst_shift_bits;
	struct bp_tage_config tage = bp_tage_8_tables;
	tage.insn_shift = shift;
	switch (params->kind) {
	case UARCH_BP_LOCAL: return bp_local_new(params, direction, err);
	case UARCH_BP_TOURNAMENT: return bp_tournament_new(params, direction, err);
	case UARCH_BP_BIMODE: return bp_bimode_new(params, direction, err);
	case UARCH_BP_GSHARE: return bp_gshare_new(params, direction, err);
	case UARCH_BP_TAGE: return bp_tage_new(&tage, direction, err);
	case UARCH_BP_LTAGE: return bp_ltage_new(shift, direction, err);
	case UARCH_BP_TAGE_SC_L_8KB: return bp_tage_sc_l_new(BP_PREDICTOR_8KB, shift, direction, err);
	case UARCH_BP_TAGE_SC_L_64KB: return bp_tage_sc_l_new(BP_PREDICTOR_64KB, shift, direction, err);
	case UARCH_BP_MPP_8KB: return bp_mpp_new(BP_PREDICTOR_8KB, shift, direction, err);
	case UARCH_BP_MPP_64KB: return bp_mpp_new(BP_PREDICTOR_64KB, shift, direction, err);
	case UARCH_BP_MPP_TAGE_8KB: return bp_mpp_tage_new(BP_PREDICTOR_8KB, shift, direction, err);
	case UARCH_BP_MPP_TAGE_64KB: return bp_mpp_tage_new(BP_PREDICTOR_64KB, shift, direction, err);
	default:
		return base_error_set(err, PV_ERR_RANGE, "machine '%s': branch predictor kind %d is unknown", uarch->name,
		                      uarch->branch.kind);
	}
}

enum pv_status bp_branch_unit_init(struct bp_branch_unit *unit, const struct pv_uarch *uarch, struct pv_error *err)
{
	memset(unit, 0, sizeof *unit);
	const struct uarch_branch *p = &uarch->branch;
	unit->has_indirect = p->has_indirect != 0;
	TRY(bp_direction_new(uarch, &unit->direction, err));
	TRY(bp_btb_init(&unit->btb, p->n_btb, p->btb_tag_bits, p->inst_shift_bits, err));
	TRY(bp_ras_init(&unit->ras, p->n_ras, err));
	return unit->has_indirect ? bp_indirect_init(&unit->indirect, p, err) : PV_OK;
}

void bp_branch_unit_release(struct bp_branch_unit *unit)
{
	if (unit->direction != NULL)
		unit->direction->ops->free(unit->direction);
	unit->direction = NULL;
	bp_btb_release(&unit->btb);
	bp_ras_release(&unit->ras);
	bp_indirect_release(&unit->indirect);
}

enum pv_status bp_branch_unit_share_directions(struct bp_branch_unit *unit, struct pv_error *err)
{
	struct bp_direction *shared;
	TRY(bp_shared_new(&shared, err));
	unit->direction->ops->free(unit->direction);
	unit->direction = shared;
	unit->shares_directions = true;
	return PV_OK;
}

static uint64_t guess_target(struct bp_branch_unit *unit, const struct bp_branch *branch)
{
	if (branch->kind == BP_BRANCH_RETURN)
		return bp_ras_pop(&unit->ras);
	if (branch->kind == BP_BRANCH_INDIRECT && unit->has_indirect)
		return bp_indirect_step(&unit->indirect, branch->pc, branch->next);
	return bp_btb_lookup(&unit->btb, branch->pc);
}

static bool guess_direction(struct bp_branch_unit *unit, const struct bp_branch *branch)
{
	if (branch->kind != BP_BRANCH_COND) {
		unit->direction->ops->note_unconditional(unit->direction, branch->pc, branch->next);
		return true;
	}
	if (unit->has_indirect)
		bp_indirect_note_outcome(&unit->indirect, branch->taken);
	uint64_t target = bp_branch_target(branch->target, branch->next, branch->taken);
	return unit->direction->ops->step(unit->direction, branch->pc, target, branch->taken);
}

enum bp_branch_result bp_branch_unit_step(struct bp_branch_unit *unit, struct bp_branch *branch)
{
	uint64_t target = guess_direction(unit, branch) ? guess_target(unit, branch) : 0;
	if (branch->is_call)
		bp_ras_push(&unit->ras, branch->fall_through);
	branch->guess = target != 0 ? target : branch->fall_through;
	if (branch->guess == branch->next)
		return BP_BRANCH_RIGHT;
	bool in_btb = branch->kind == BP_BRANCH_COND || branch->kind == BP_BRANCH_DIRECT || !unit->has_indirect;
	if (branch->taken && in_btb && branch->kind != BP_BRANCH_RETURN)
		bp_btb_update(&unit->btb, branch->pc, branch->next);
	/* decode computes a direct target; it cannot know that a conditional branch guessed not taken is taken, nor the reverse */
	bool decode_knows = branch->is_direct && branch->taken && (branch->kind == BP_BRANCH_DIRECT || target != 0);
	return decode_knows ? BP_BRANCH_WRONG_DECODE : BP_BRANCH_WRONG_EXECUTE;
}
