/*
 * sim_run.h - runs a hand-written trace on a machine and looks at the times
 *
 *	struct sim_run r;
 *	sim_run_open(&r, "o3", "ooo.n_rob=32 units.int_alu.count=1");   a preset and the parameters to change
 *	... build r.trace ...
 *	sim_run_go(&r);
 *	assert_int_equal(sim_issue(&r, 3) - sim_issue(&r, 2), 1);
 *	sim_run_close(&r);
 *
 * Anything that fails aborts the test.
 */
#ifndef TESTS_SIM_RUN_H
#define TESTS_SIM_RUN_H

#include "sim/sim.h"
#include "support/hand_trace.h"

struct pv_uarch;

struct sim_run {
	struct hand_trace trace; /* begins at pc 0x10000, a page and line boundary */
	struct pv_uarch *uarch;
	struct pv_uop_times *times;
	uint32_t period_ps;
	uint32_t *delta;
	struct pv_sim_stats stats;
};

void sim_run_open(struct sim_run *r, const char *preset, const char *changes);
void sim_run_go(struct sim_run *r);
void sim_run_close(struct sim_run *r);

/* times of row i in cycles, relative to the fetch of row 0 */
int64_t sim_fetch(const struct sim_run *r, size_t i);
int64_t sim_decode(const struct sim_run *r, size_t i);
int64_t sim_dispatch(const struct sim_run *r, size_t i);
int64_t sim_issue(const struct sim_run *r, size_t i);
int64_t sim_complete(const struct sim_run *r, size_t i);
int64_t sim_commit(const struct sim_run *r, size_t i);
int64_t sim_store(const struct sim_run *r, size_t i);

/* a machine with some parameters changed, "group.name=value group.name=value"; NULL and "" change nothing */
struct pv_uarch *sim_machine(const char *preset, const char *changes);

/* the cycles a trace takes on a machine */
uint64_t sim_cycles(const struct hand_trace *trace, const char *preset, const char *changes);

/*
 * sim_mixed_trace - a pseudo-random program: loops, calls, dependent and independent arithmetic, loads and stores of several footprints
 *
 * Branches, fall-throughs and targets agree with the rows' order, as in a real trace.
 */
void sim_mixed_trace(struct hand_trace *t, size_t n_rows, uint64_t seed);

#endif
