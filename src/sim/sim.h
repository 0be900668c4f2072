/*
 * sim.h - one simulated machine: takes executed micro-operations in program order and gives each its times
 *
 * Instruction-driven: each micro-operation is taken once, and its fetch, decode, rename, dispatch, issue, complete, commit and store times
 * come from resource time tables. No global state: any number of machines may live in one process.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stddef.h>
#include <stdint.h>

#include <perfvec/cpi_stack.h>
#include <perfvec/uop.h>

#include "base/error.h"

struct pv_uarch;
struct sim;

/* Counts since the machine was made. */
struct pv_sim_stats {
	uint64_t n_insns, n_rows;
	uint64_t cycles;        /* of the latest commit or store */
	uint64_t commit_cycles; /* of the latest commit */
	uint64_t n_branches, n_mispredicted;
	uint64_t n_decode_redirects; /* of those, direct branches that decode of the out-of-order core put right */
	uint64_t l1i_accesses, l1i_misses, l1i_prefetches, l1d_accesses, l1d_misses, l1d_prefetches; /* prefetches: lines asked for */
	uint64_t l2_accesses, l2_misses, l2_prefetches, l3_accesses, l3_misses, l3_prefetches;
	uint64_t itlb_misses, dtlb_misses, page_walks;
	uint64_t dram_reads, dram_writes;
	uint64_t stack_cycles[PV_N_CPI_COMPONENTS]; /* sum: commit_cycles; all 0 unless sim_keep_stack was called first */
	int8_t exit_depth;                          /* of the store that left last: 0 L1, 1 L2, 2 memory */
	uint64_t n_forwarded;                       /* loads served by an older store in the store queue */
};

/*
 * sim_new - build a machine
 *
 * @uarch  its parameters; borrowed for the call
 * @uops   (n_uops) static micro-operations that rows will name; borrowed until sim_free
 *
 * Returns: PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM
 */
enum pv_status sim_new(const struct pv_uarch *uarch, const struct pv_uop *uops, uint32_t n_uops, struct sim **sim, struct pv_error *err);

/* sim_free - release; NULL is allowed */
void sim_free(struct sim *sim);

/*
 * sim_run - time the next rows
 *
 * @rows     (n) in program order, following those of the call before
 * @next_pc  pc of the row after the last one; 0 when there is none
 * @delta    target 2 of row i is written at delta[i * stride], in 0.1 ns; may be NULL
 * @times    (n) all times, multiples of the length of a cycle; may be NULL
 *
 * Cost: no allocation. The result does not depend on how rows are cut into calls.
 */
void sim_run(struct sim *sim, const struct pv_row *rows, size_t n, uint64_t next_pc, uint32_t *delta, size_t stride,
             struct pv_uop_times *times);

/*
 * sim_stall - the watchdog: NULL while the machine makes progress, else what it was doing when an instruction did not commit for 16
 * million cycles: its times and the state of what it may have waited for
 *
 * That is a defect of ours or a machine that cannot be. sim_run stopped at that row, wrote nothing from there on, and does nothing any
 * more. Owned by the machine.
 */
const char *sim_stall(const struct sim *sim);

/* sim_keep_stack - account for where the cycles go; before the first row */
void sim_keep_stack(struct sim *sim);

/*
 * sim_share_directions, sim_set_directions - use branch directions predicted once for all machines with the same predictor
 * (sim/directions.h)
 *
 * Share before the first row; PV_OK; PV_ERR_NOMEM. Then set, before rows are run or warmed, the directions predicted for their conditional
 * branches; they are borrowed until the rows have been.
 */
enum pv_status sim_share_directions(struct sim *sim, struct pv_error *err);
void sim_set_directions(struct sim *sim, const uint8_t *taken);

/*
 * sim_warm - functional warming: caches, prefetchers and predictors learn from the next rows, in no time
 *
 * Arguments as sim_run's. Times go on afterwards where they were. Counts of accesses and branches go on, those of rows and cycles do
 * not.
 */
void sim_warm(struct sim *sim, const struct pv_row *rows, size_t n, uint64_t next_pc);

/* sim_period_ps - the length of a core cycle: times of this machine in ps are cycles x this */
uint32_t sim_period_ps(const struct sim *sim);

/* pv_sim_stats - counts so far; owned by the machine */
const struct pv_sim_stats *pv_sim_stats(const struct sim *sim);

#endif
