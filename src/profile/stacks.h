/*
 * stacks.h - call stacks of a running program, from its calls and returns
 */
#ifndef PROFILE_STACKS_H
#define PROFILE_STACKS_H

#include <stdbool.h>
#include <stddef.h>

#include <perfvec/uop.h>

#include "base/error.h"

/* A function called by another stack; node 0 is no function, the bottom of all stacks. */
struct profile_stack_node {
	uint32_t parent, function;
	uint32_t depth; /* functions from the bottom on */
};

/* Deeper recursion, and stacks beyond so many different ones, count for the deepest there is. */
enum { PROFILE_MAX_STACK_DEPTH = 256, PROFILE_MAX_STACK_NODES = 1 << 18 };

struct profile_stacks;

/*
 * profile_stacks_new - an empty stack
 *
 * @uops, @function  (n_uops) micro-operations and the number of the function that each is of; borrowed
 */
enum pv_status profile_stacks_new(const struct pv_uop *uops, const uint32_t *function, struct profile_stacks **stacks,
                                  struct pv_error *err);
void profile_stacks_free(struct profile_stacks *stacks);

/* profile_stacks_row - the node of the next executed micro-operation */
uint32_t profile_stacks_row(struct profile_stacks *stacks, uint32_t uop);

/* profile_stacks_nodes - all so far, parents before children; profile_stacks_failed - whether memory ran out: nodes are missing then */
const struct profile_stack_node *profile_stacks_nodes(const struct profile_stacks *stacks, size_t *n);
bool profile_stacks_failed(const struct profile_stacks *stacks);

#endif
