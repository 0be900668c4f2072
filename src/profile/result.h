/*
 * result.h - what is inside struct pv_profile
 */
#ifndef PROFILE_RESULT_H
#define PROFILE_RESULT_H

#include <perfvec/profile.h>

#include "profile/code.h"
#include "profile/stacks.h"

struct pv_profile {
	struct profile_code *code;
	struct profile_stacks *stacks;
	int M;
	double *ns;           /* (n_uops, M) */
	double *simulated_ns; /* (n_uops, M) NAN on machines that were not simulated; NULL: none was */
	double *stack_ns;     /* (nodes, M) */
	uint64_t *rows;       /* (n_uops) counted */
	bool *ends_insn;      /* (n_uops) */
	struct pv_profile_item total;
};

/* profile_item_new - room for times, all 0; false when memory is out */
bool profile_item_new(struct pv_profile_item *item, int M);

/* profile_add - add a micro-operation's times and instructions to an item */
void profile_add(const struct pv_profile *profile, uint32_t uop, struct pv_profile_item *item);

#endif
