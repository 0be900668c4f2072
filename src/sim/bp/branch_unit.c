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

enum pv_status pv_direction_new(const struct pv_uarch *uarch, struct pv_direction **direction, struct pv_error *err)
{
	const struct uarch_branch *params = &uarch->branch;
	uint32_t shift = params->inst_shift_bits;
	struct pv_tage_config tage = pv_tage_8_tables;
	tage.insn_shift = shift;
	switch (params->kind) {
	case PV_BP_LOCAL: return pv_local_new(params, direction, err);
	case PV_BP_TOURNAMENT: return pv_tournament_new(params, direction, err);
	case PV_BP_BIMODE: return pv_bimode_new(params, direction, err);
	case PV_BP_GSHARE: return pv_gshare_new(params, direction, err);
	case PV_BP_TAGE: return pv_tage_new(&tage, direction, err);
	case PV_BP_LTAGE: return pv_ltage_new(shift, direction, err);
	case PV_BP_TAGE_SC_L_8KB: return pv_tage_sc_l_new(PV_PREDICTOR_8KB, shift, direction, err);
	case PV_BP_TAGE_SC_L_64KB: return pv_tage_sc_l_new(PV_PREDICTOR_64KB, shift, direction, err);
	case PV_BP_MPP_8KB: return pv_mpp_new(PV_PREDICTOR_8KB, shift, direction, err);
	case PV_BP_MPP_64KB: return pv_mpp_new(PV_PREDICTOR_64KB, shift, direction, err);
	case PV_BP_MPP_TAGE_8KB: return pv_mpp_tage_new(PV_PREDICTOR_8KB, shift, direction, err);
	case PV_BP_MPP_TAGE_64KB: return pv_mpp_tage_new(PV_PREDICTOR_64KB, shift, direction, err);
	default:
		return pv_error_set(err, PV_ERR_RANGE, "machine '%s': branch predictor kind %d is unknown", uarch->name,
		                    uarch->branch.kind);
	}
}

enum pv_status pv_branch_unit_init(struct pv_branch_unit *unit, const struct pv_uarch *uarch, struct pv_error *err)
{
	memset(unit, 0, sizeof *unit);
	const struct uarch_branch *p = &uarch->branch;
	unit->has_indirect = p->has_indirect != 0;
	PV_TRY(pv_direction_new(uarch, &unit->direction, err));
	PV_TRY(pv_btb_init(&unit->btb, p->n_btb, p->btb_tag_bits, p->inst_shift_bits, err));
	PV_TRY(pv_ras_init(&unit->ras, p->n_ras, err));
	return unit->has_indirect ? pv_indirect_init(&unit->indirect, p, err) : PV_OK;
}

void pv_branch_unit_release(struct pv_branch_unit *unit)
{
	if (unit->direction != NULL)
		unit->direction->ops->free(unit->direction);
	unit->direction = NULL;
	pv_btb_release(&unit->btb);
	pv_ras_release(&unit->ras);
	pv_indirect_release(&unit->indirect);
}

enum pv_status pv_branch_unit_be_told(struct pv_branch_unit *unit, struct pv_error *err)
{
	struct pv_direction *told;
	PV_TRY(pv_told_new(&told, err));
	unit->direction->ops->free(unit->direction);
	unit->direction = told;
	unit->is_told = true;
	return PV_OK;
}

static uint64_t guess_target(struct pv_branch_unit *unit, const struct pv_branch *branch)
{
	if (branch->kind == PV_BRANCH_RETURN)
		return pv_ras_pop(&unit->ras);
	if (branch->kind == PV_BRANCH_INDIRECT && unit->has_indirect)
		return pv_indirect_step(&unit->indirect, branch->pc, branch->next);
	return pv_btb_lookup(&unit->btb, branch->pc);
}

static bool guess_direction(struct pv_branch_unit *unit, const struct pv_branch *branch)
{
	if (branch->kind != PV_BRANCH_COND) {
		unit->direction->ops->note_unconditional(unit->direction, branch->pc, branch->next);
		return true;
	}
	if (unit->has_indirect)
		pv_indirect_note_outcome(&unit->indirect, branch->taken);
	uint64_t target = pv_branch_target(branch->target, branch->next, branch->taken);
	return unit->direction->ops->step(unit->direction, branch->pc, target, branch->taken);
}

enum pv_branch_result pv_branch_unit_step(struct pv_branch_unit *unit, struct pv_branch *branch)
{
	uint64_t target = guess_direction(unit, branch) ? guess_target(unit, branch) : 0;
	if (branch->is_call)
		pv_ras_push(&unit->ras, branch->fall_through);
	branch->guess = target != 0 ? target : branch->fall_through;
	if (branch->guess == branch->next)
		return PV_BRANCH_RIGHT;
	bool in_btb = branch->kind == PV_BRANCH_COND || branch->kind == PV_BRANCH_DIRECT || !unit->has_indirect;
	if (branch->taken && in_btb && branch->kind != PV_BRANCH_RETURN)
		pv_btb_update(&unit->btb, branch->pc, branch->next);
	/* decode computes a direct target; it cannot know that a conditional branch guessed not taken is taken, nor the reverse */
	bool decode_knows = branch->is_direct && branch->taken && (branch->kind == PV_BRANCH_DIRECT || target != 0);
	return decode_knows ? PV_BRANCH_WRONG_DECODE : PV_BRANCH_WRONG_EXECUTE;
}
