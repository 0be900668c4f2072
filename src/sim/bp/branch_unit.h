/*
 * branch_unit.h - the front end's whole guess about a branch: direction, target buffer, return stack, indirect targets
 */
#ifndef SIM_BP_BRANCH_UNIT_H
#define SIM_BP_BRANCH_UNIT_H

#include "sim/bp/direction.h"
#include "sim/bp/target.h"

struct pv_uarch;

struct bp_branch_unit {
	struct bp_direction *direction;
	bool shares_directions; /* they are predicted outside, once for several machines */
	struct bp_btb btb;
	struct bp_ras ras;
	struct bp_indirect indirect;
	bool has_indirect;
};

/* What kind of branch, as far as prediction cares. */
enum bp_branch_kind { BP_BRANCH_COND, BP_BRANCH_DIRECT, BP_BRANCH_INDIRECT, BP_BRANCH_RETURN };

/* Where a wrong guess is noticed. */
enum bp_branch_result { BP_BRANCH_RIGHT, BP_BRANCH_WRONG_DECODE, BP_BRANCH_WRONG_EXECUTE };

/* One executed branch. */
struct bp_branch {
	uint64_t pc, fall_through, next; /* next: where it went */
	uint64_t target;                 /* where it goes when taken, of a direct branch; 0: not known */
	enum bp_branch_kind kind;
	bool is_call, is_direct, taken;
	uint64_t guess; /* set by bp_branch_unit_step: where the front end goes on */
};

/* bp_branch_target - where a conditional branch goes when taken: as its code says, or where it went; 0: not known */
static inline uint64_t bp_branch_target(uint64_t in_code, uint64_t next, bool taken)
{
	return in_code != 0 ? in_code : taken ? next : 0;
}

/* bp_direction_new - the direction predictor of a machine's branch parameters; PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM */
enum pv_status bp_direction_new(const struct pv_uarch *uarch, struct bp_direction **direction, struct pv_error *err);

/* bp_branch_unit_init - from the machine's branch parameters; PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM. On failure release is allowed. */
enum pv_status bp_branch_unit_init(struct bp_branch_unit *unit, const struct pv_uarch *uarch, struct pv_error *err);
void bp_branch_unit_release(struct bp_branch_unit *unit);

/* bp_branch_unit_share_directions - from now on directions are those of another predictor; PV_OK; PV_ERR_NOMEM */
enum pv_status bp_branch_unit_share_directions(struct bp_branch_unit *unit, struct pv_error *err);

/* bp_branch_unit_step - guess, compare with what the branch did, learn */
enum bp_branch_result bp_branch_unit_step(struct bp_branch_unit *unit, struct bp_branch *branch);

#endif
