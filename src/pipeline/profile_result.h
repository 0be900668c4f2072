/*
 * profile_result.h - what is inside struct pv_profile
 */
#ifndef PV_PIPELINE_PROFILE_RESULT_H
#define PV_PIPELINE_PROFILE_RESULT_H

#include <perfvec/profile.h>

#include "pipeline/profile_code.h"
#include "pipeline/profile_stacks.h"

struct pv_profile {
	struct pv_code *code;
	struct pv_stacks *stacks;
	int M;
	double *ns;           /* (n_uops, M) */
	double *simulated_ns; /* (n_uops, M) NAN on machines that were not simulated; NULL: none was */
	double *stack_ns;     /* (nodes, M) */
	uint64_t *rows;       /* (n_uops) counted */
	bool *ends_insn;      /* (n_uops) */
	struct pv_profile_item total;
};

/* pv_profile_item_new - room for times, all 0; false when memory is out */
bool pv_profile_item_new(struct pv_profile_item *item, int M);

/* pv_profile_add - add a micro-operation's times and instructions to an item */
void pv_profile_add(const struct pv_profile *profile, uint32_t uop, struct pv_profile_item *item);

#endif
