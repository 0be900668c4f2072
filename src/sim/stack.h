/*
 * stack.h - where the cycles between two commits went
 *
 * The increment of the commit time is given away in parts, each at most as long as the wait that it is given to, until nothing is left: so
 * the components add up to the cycles exactly. docs/topics/simulator.md says in which order, and why.
 */
#ifndef SIM_STACK_H
#define SIM_STACK_H

#include <stdint.h>

#include <perfvec/cpi_stack.h>

struct sim_stack_share {
	uint64_t left;   /* cycles not given away yet */
	uint64_t *stack; /* [PV_N_CPI_COMPONENTS] */
};

/* a wait from a time until a later one; one that ends before it begins is none */
static inline void sim_stack_give(struct sim_stack_share *share, enum pv_cpi_component component, uint64_t from, uint64_t until)
{
	uint64_t wait = until > from ? until - from : 0, part = wait < share->left ? wait : share->left;
	share->stack[component] += part;
	share->left -= part;
}

/* the component of data from a depth: 0 L1, 1 L2, 2 memory */
static inline enum pv_cpi_component sim_stack_level(int depth)
{
	return depth >= 2 ? PV_CPI_memory : depth == 1 ? PV_CPI_l2 : PV_CPI_l1;
}

/* What the front end did for one instruction. */
struct sim_stack_supply {
	uint64_t from;  /* the previous instruction passed fetch */
	uint64_t ready; /* this one's bytes were there */
	uint64_t room;  /* the queue behind fetch had room */
	uint64_t fetch; /* it passed fetch */
	uint64_t extra; /* of `ready`: cycles that its line took longer than a hit */
	uint8_t why;    /* enum pv_cpi_component: why fetch began anew before it; PV_CPI_base: it did not */
};

/* Fetch passed an instruction: when what it waited for was there; *why it began anew is used up. `extra` is set where the line is fetched.
 */
static inline void sim_stack_keep_supply(struct sim_stack_supply *s, uint64_t from, uint64_t ready, uint64_t room, uint64_t fetch,
                                         uint8_t *why)
{
	s->from = from;
	s->ready = ready;
	s->room = room;
	s->fetch = fetch;
	s->why = *why;
	*why = PV_CPI_base;
}

/* The front end's part: at most `limit` cycles, by which the back end got the instruction later than the one before. */
static inline void sim_stack_give_supply(struct sim_stack_share *share, const struct sim_stack_supply *s, uint64_t limit)
{
	struct sim_stack_share part = {.left = share->left < limit ? share->left : limit, .stack = share->stack};
	uint64_t given = part.left, waited = s->ready > s->from ? s->ready - s->from : 0;
	uint64_t begun = s->ready > s->from ? s->ready : s->from;
	if (s->room <= begun)
		sim_stack_give(&part, PV_CPI_base, begun, s->fetch); /* the width */
	sim_stack_give(&part, PV_CPI_front_end, 0, s->extra < waited ? s->extra : waited);
	waited -= s->extra < waited ? s->extra : waited;
	if (s->why != PV_CPI_base) {
		sim_stack_give(&part, (enum pv_cpi_component)s->why, 0, waited);
	} else if (waited > 0) {
		sim_stack_give(&part, PV_CPI_front_end, 1, waited);
		sim_stack_give(&part, PV_CPI_base, 0, 1);
	}
	share->left -= given - part.left;
}

#endif
