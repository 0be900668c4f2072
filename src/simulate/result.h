/*
 * result.h - counts of every program on every machine
 */
#ifndef SIMULATE_RESULT_H
#define SIMULATE_RESULT_H

#include <perfvec/simulate.h>

struct pv_simulate_result {
	int n_programs, n_machines;
	bool sampled, has_stacks;
	char **programs;                  /* (n_programs), room for all traces */
	char **machines;                  /* (n_machines) */
	struct pv_machine_counts *counts; /* (n_programs, n_machines) */
};

/* simulate_result_new - no programs yet, room for n_traces; NULL when memory is out */
struct pv_simulate_result *simulate_result_new(size_t n_traces, const struct pv_uarch_set *machines);

/* simulate_result_at - counts of one program on one machine, to be filled */
struct pv_machine_counts *simulate_result_at(struct pv_simulate_result *result, int program, int machine);

#endif
