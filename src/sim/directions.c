/*
 * directions.c - one direction predictor running ahead of the machines that share it
 *
 * Each branch is shown to the predictor exactly as sim_core_predict and the branch unit show it.
 */
#include "sim/directions.h"

#include <stdlib.h>

#include "sim/bp/branch_unit.h"
#include "uarch/uarch.h"

/* What predictors see of a static micro-operation. */
struct branch_uop {
	uint64_t pc, target;
	bool is_branch, is_conditional;
};

struct sim_directions {
	struct bp_direction *direction;
	struct branch_uop *uops; /* (n_uops) */
};

static bool same_global(const struct pv_uarch *a, const struct pv_uarch *b)
{
	return a->branch.n_global == b->branch.n_global && a->branch.global_counter_bits == b->branch.global_counter_bits;
}

static bool same_local(const struct pv_uarch *a, const struct pv_uarch *b)
{
	return a->branch.n_local == b->branch.n_local && a->branch.local_counter_bits == b->branch.local_counter_bits;
}

static bool same_choice(const struct pv_uarch *a, const struct pv_uarch *b)
{
	return a->branch.n_choice == b->branch.n_choice && a->branch.choice_counter_bits == b->branch.choice_counter_bits;
}

bool sim_directions_alike(const struct pv_uarch *a, const struct pv_uarch *b)
{
	if (a->branch.kind != b->branch.kind || a->branch.inst_shift_bits != b->branch.inst_shift_bits)
		return false;
	switch (a->branch.kind) {
	case UARCH_BP_LOCAL: return same_local(a, b);
	case UARCH_BP_GSHARE: return same_global(a, b);
	case UARCH_BP_BIMODE: return same_global(a, b) && same_choice(a, b);
	case UARCH_BP_TOURNAMENT:
		return same_global(a, b) && same_local(a, b) && same_choice(a, b) && a->branch.n_local_history == b->branch.n_local_history;
	default: return true; /* fixed sizes */
	}
}

enum pv_status sim_directions_new(const struct pv_uarch *uarch, const struct pv_uop *uops, uint32_t n_uops,
                                  struct sim_directions **directions, struct pv_error *err)
{
	struct sim_directions *d = calloc(1, sizeof *d);
	if (d != NULL)
		d->uops = calloc((size_t)n_uops + 1, sizeof *d->uops);
	if (d == NULL || d->uops == NULL) {
		sim_directions_free(d);
		return base_error_set(err, PV_ERR_NOMEM, "no memory for %u micro-operations", n_uops);
	}
	for (uint32_t i = 0; i < n_uops; i++)
		d->uops[i] = (struct branch_uop){
		    .pc = uops[i].pc,
		    .target = uops[i].target,
		    .is_branch = (uops[i].flags & PV_UOP_BRANCH) != 0,
		    .is_conditional = (uops[i].flags & PV_UOP_COND_BRANCH) != 0,
		};
	enum pv_status status = bp_direction_new(uarch, &d->direction, err);
	if (status != PV_OK) {
		sim_directions_free(d);
		return status;
	}
	*directions = d;
	return PV_OK;
}

void sim_directions_free(struct sim_directions *d)
{
	if (d == NULL)
		return;
	if (d->direction != NULL)
		d->direction->ops->free(d->direction);
	free(d->uops);
	free(d);
}

void sim_directions_run(struct sim_directions *d, const struct pv_row *rows, size_t n, uint64_t next_pc, uint8_t *taken)
{
	struct bp_direction *predictor = d->direction;
	for (size_t i = 0; i < n; i++) {
		const struct branch_uop *uop = &d->uops[rows[i].uop];
		if (!uop->is_branch)
			continue;
		uint64_t next = i + 1 < n ? d->uops[rows[i + 1].uop].pc : next_pc;
		bool was_taken = (rows[i].flags & PV_ROW_TAKEN) != 0;
		if (next == 0)
			continue;
		if (uop->is_conditional)
			*taken++ = predictor->ops->step(predictor, uop->pc, bp_branch_target(uop->target, next, was_taken), was_taken);
		else
			predictor->ops->note_unconditional(predictor, uop->pc, next);
	}
}
