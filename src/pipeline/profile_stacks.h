/*
 * profile_stacks.h - call stacks of a running program, from its calls and returns
 */
#ifndef PV_PIPELINE_PROFILE_STACKS_H
#define PV_PIPELINE_PROFILE_STACKS_H

#include <stdbool.h>
#include <stddef.h>

#include <perfvec/uop.h>

#include "base/error.h"

/* A function called by another stack; node 0 is no function, the bottom of all stacks. */
struct pv_stack_node {
	uint32_t parent, function;
	uint32_t depth; /* functions from the bottom on */
};

/* Deeper recursion, and stacks beyond so many different ones, count for the deepest there is. */
enum { PV_MAX_STACK_DEPTH = 256, PV_MAX_STACK_NODES = 1 << 18 };

struct pv_stacks;

/*
 * pv_stacks_new - an empty stack
 *
 * @uops, @function  (n_uops) micro-operations and the number of the function that each is of; borrowed
 */
enum pv_status pv_stacks_new(const struct pv_uop *uops, const uint32_t *function, struct pv_stacks **stacks, struct pv_error *err);
void pv_stacks_free(struct pv_stacks *stacks);

/* pv_stacks_row - the node of the next executed micro-operation */
uint32_t pv_stacks_row(struct pv_stacks *stacks, uint32_t uop);

/* pv_stacks_nodes - all so far, parents before children; pv_stacks_failed - whether memory ran out: nodes are missing then */
const struct pv_stack_node *pv_stacks_nodes(const struct pv_stacks *stacks, size_t *n);
bool pv_stacks_failed(const struct pv_stacks *stacks);

#endif
