/*
 * branch_unit.h - the front end's whole guess about a branch: direction, target buffer, return stack, indirect targets
 */
#ifndef PV_SIM_BP_BRANCH_UNIT_H
#define PV_SIM_BP_BRANCH_UNIT_H

#include "sim/bp/direction.h"
#include "sim/bp/target.h"

struct pv_uarch;

struct pv_branch_unit {
	struct pv_direction *direction;
	bool is_told; /* the direction's guesses come from outside */
	struct pv_btb btb;
	struct pv_ras ras;
	struct pv_indirect indirect;
	bool has_indirect;
};

/* What kind of branch, as far as prediction cares. */
enum pv_branch_kind { PV_BRANCH_COND, PV_BRANCH_DIRECT, PV_BRANCH_INDIRECT, PV_BRANCH_RETURN };

/* Where a wrong guess is noticed. */
enum pv_branch_result { PV_BRANCH_RIGHT, PV_BRANCH_WRONG_DECODE, PV_BRANCH_WRONG_EXECUTE };

/* One executed branch. */
struct pv_branch {
	uint64_t pc, fall_through, next; /* next: where it went */
	uint64_t target;                 /* where it goes when taken, of a direct branch; 0: not known */
	enum pv_branch_kind kind;
	bool is_call, is_direct, taken;
	uint64_t guess; /* set by pv_branch_unit_step: where the front end goes on */
};

/* pv_branch_target - where a conditional branch goes when taken: as its code says, or where it went; 0: not known */
static inline uint64_t pv_branch_target(uint64_t in_code, uint64_t next, bool taken)
{
	return in_code != 0 ? in_code : taken ? next : 0;
}

/* pv_direction_new - the direction predictor of a machine's branch parameters; PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM */
enum pv_status pv_direction_new(const struct pv_uarch *uarch, struct pv_direction **direction, struct pv_error *err);

/* pv_branch_unit_init - from the machine's branch parameters; PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM. On failure release is allowed. */
enum pv_status pv_branch_unit_init(struct pv_branch_unit *unit, const struct pv_uarch *uarch, struct pv_error *err);
void pv_branch_unit_release(struct pv_branch_unit *unit);

/* pv_branch_unit_be_told - from now on directions are guessed by another predictor; PV_OK; PV_ERR_NOMEM */
enum pv_status pv_branch_unit_be_told(struct pv_branch_unit *unit, struct pv_error *err);

/* pv_branch_unit_step - guess, compare with what the branch did, learn */
enum pv_branch_result pv_branch_unit_step(struct pv_branch_unit *unit, struct pv_branch *branch);

#endif
