/*
 * stacks.c - call stacks of a running program, from its calls and returns
 *
 * A frame is what a call leaves behind: where it will return to, and the stack of the function that called. A return ends the frame whose
 * return address control goes to, and all frames above it: so functions that never return (longjmp, exceptions) are made up for at the next
 * return below them. A return to where nobody called from, as when recording began in the middle, leaves the stack as it is. Code of
 * another function that was not called (a jump at a function's end, a stub of the dynamic linker) takes the place of the one before it.
 */
#include "profile/stacks.h"

#include <stdlib.h>

#include "base/array.h"

enum { MAX_FRAMES = 1 << 16, SEARCH_FRAMES = 1024 };

struct frame {
	uint64_t returns_to;
	uint32_t below; /* node that functions called beside this frame stand on */
};

struct profile_stacks {
	const struct pv_uop *uops;
	const uint32_t *function;
	struct profile_stack_node *nodes;
	size_t n_nodes, room;
	uint32_t *table; /* (n_table) nodes by parent and function; 0: free */
	size_t n_table;
	struct frame *frames; /* (n_frames) of room for MAX_FRAMES */
	size_t n_frames;
	uint32_t below, at;        /* node that the running function stands on; its own */
	const struct pv_uop *left; /* the call or return before this instruction; NULL: neither */
	bool failed;
};

enum pv_status profile_stacks_new(const struct pv_uop *uops, const uint32_t *function, struct profile_stacks **stacks, struct pv_error *err)
{
	struct profile_stacks *s = calloc(1, sizeof *s);
	FAIL_IF(!s, err, PV_ERR_NOMEM, "out of memory for call stacks");
	*s = (struct profile_stacks){.uops = uops, .function = function, .room = 1024, .n_table = 4096, .n_nodes = 1};
	s->nodes = calloc(s->room, sizeof *s->nodes);
	s->table = calloc(s->n_table, sizeof *s->table);
	s->frames = calloc(MAX_FRAMES, sizeof *s->frames);
	if (!s->nodes || !s->table || !s->frames) {
		profile_stacks_free(s);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory for call stacks");
	}
	s->nodes[0].function = UINT32_MAX;
	*stacks = s;
	return PV_OK;
}

void profile_stacks_free(struct profile_stacks *s)
{
	if (!s)
		return;
	free(s->nodes);
	free(s->table);
	free(s->frames);
	free(s);
}

/* ---- nodes ---- */

static uint32_t *slot_of(struct profile_stacks *s, uint32_t parent, uint32_t function)
{
	const uint64_t key = ((uint64_t)parent << 32 | function) * 0x9e3779b97f4a7c15u;
	size_t i = (size_t)(key >> 20) & (s->n_table - 1);
	while (s->table[i] && (s->nodes[s->table[i]].parent != parent || s->nodes[s->table[i]].function != function))
		i = (i + 1) & (s->n_table - 1);
	return &s->table[i];
}

/* Room for one more node; the table stays at most half full. */
static bool grow(struct profile_stacks *s)
{
	if (base_array_grow(&s->nodes, &s->room, s->n_nodes + 1, sizeof *s->nodes, "call stacks", NULL) != PV_OK)
		return false;
	if (2 * s->n_nodes < s->n_table)
		return true;
	uint32_t *table = calloc(2 * s->n_table, sizeof *table);
	if (!table)
		return false;
	free(s->table);
	s->table = table;
	s->n_table *= 2;
	for (uint32_t i = 1; i < s->n_nodes; i++)
		*slot_of(s, s->nodes[i].parent, s->nodes[i].function) = i;
	return true;
}

static uint32_t child(struct profile_stacks *s, uint32_t parent, uint32_t function)
{
	uint32_t *slot = slot_of(s, parent, function);
	if (*slot)
		return *slot;
	if (s->nodes[parent].depth == PROFILE_MAX_STACK_DEPTH || s->n_nodes == PROFILE_MAX_STACK_NODES)
		return parent;
	if (!grow(s)) {
		s->failed = true;
		return parent;
	}
	s->nodes[s->n_nodes] = (struct profile_stack_node){parent, function, s->nodes[parent].depth + 1};
	return *slot_of(s, parent, function) = (uint32_t)s->n_nodes++;
}

/* ---- frames ---- */

static void call(struct profile_stacks *s, const struct pv_uop *from)
{
	if (s->n_frames == MAX_FRAMES)
		return;
	s->frames[s->n_frames++] = (struct frame){from->pc + from->insn_bytes, s->below};
	s->below = s->at;
}

static void return_to(struct profile_stacks *s, uint64_t pc)
{
	const size_t lowest = s->n_frames > SEARCH_FRAMES ? s->n_frames - SEARCH_FRAMES : 0;
	for (size_t i = s->n_frames; i-- > lowest;)
		if (s->frames[i].returns_to == pc) {
			s->below = s->frames[i].below;
			s->n_frames = i;
			return;
		}
}

uint32_t profile_stacks_row(struct profile_stacks *s, uint32_t uop)
{
	const struct pv_uop *u = &s->uops[uop];
	if (s->left && u->uop_index == 0) {
		if (s->left->flags & PV_UOP_CALL)
			call(s, s->left);
		else
			return_to(s, u->pc);
		s->left = NULL;
		s->at = child(s, s->below, s->function[uop]);
	} else if (s->nodes[s->at].function != s->function[uop]) {
		s->at = child(s, s->below, s->function[uop]);
	}
	if (u->flags & (PV_UOP_CALL | PV_UOP_RETURN))
		s->left = u;
	return s->at;
}

const struct profile_stack_node *profile_stacks_nodes(const struct profile_stacks *s, size_t *n)
{
	*n = s->n_nodes;
	return s->nodes;
}

bool profile_stacks_failed(const struct profile_stacks *s)
{
	return s->failed;
}
