/*
 * machine.h - one machine of a job: it takes a chunk of rows as the plan says, and keeps what it counted
 */
#ifndef SIMULATE_MACHINE_H
#define SIMULATE_MACHINE_H

#include <stddef.h>

#include <perfvec/simulate.h>

#include "data/targets.h"
#include "simulate/plan.h"
#include "sim/sim.h"

struct simulate_machine {
	struct sim *sim;
	bool keeps_stack;
	const struct pv_uop *uops;        /* those the machine was made with */
	struct data_target_state targets; /* of the 16 targets */
	struct pv_sim_stats begin;        /* the machine's counts at the beginning of the unit it is in */
	struct pv_machine_counts counts;  /* over the units so far */
	double sum_c, sum_m;              /* over units: cycles c, instructions m */
	double sum_cc, sum_mm, sum_cm;    /* and their products */
};

/* A chunk of rows, and where its targets go. */
struct simulate_chunk {
	const struct pv_row *rows; /* (n) */
	size_t n;
	uint64_t first;    /* number of rows[0] in the trace */
	uint64_t next_pc;  /* of the row after the last; 0: there is none */
	uint32_t *targets; /* target 2 of counted row i at [i] */
	uint32_t *all;     /* NULL, or its 16 targets at [i * all_stride] */
	size_t all_stride;
};

/* simulate_machine_run - take the next chunk of a program */
void simulate_machine_run(struct simulate_machine *machine, const struct simulate_plan *plan, const struct simulate_chunk *chunk);

/* simulate_machine_counts - what was counted; the error of the CPI included when the plan samples */
struct pv_machine_counts simulate_machine_counts(const struct simulate_machine *machine, const struct simulate_plan *plan);

#endif
