/*
 * core.h - what the out-of-order and the in-order core share: prepared micro-operations, memory, branch unit, counts, target 2
 */
#ifndef SIM_CORE_H
#define SIM_CORE_H

#include <stdbool.h>

#include "sim/bp/branch_unit.h"
#include "sim/cache/memory.h"
#include "sim/sim.h"
#include "uarch/uarch.h"

/* What the cores ask about a micro-operation. */
enum sim_core_flag {
	SIM_CORE_LOAD = 1u << 0,
	SIM_CORE_STORE = 1u << 1,
	SIM_CORE_PREFETCH = 1u << 2,
	SIM_CORE_BRANCH = 1u << 3,
	SIM_CORE_CALL = 1u << 4,
	SIM_CORE_DIRECT = 1u << 5,
	SIM_CORE_SQUASH_AFTER = 1u << 6,
	SIM_CORE_SERIALIZE_AFTER = 1u << 7,
	SIM_CORE_SERIALIZE_BEFORE = 1u << 8,
	SIM_CORE_BARRIER = 1u << 9,
	SIM_CORE_HEAD_ONLY = 1u << 10, /* executes only as the oldest instruction: non-speculative, atomic, store-conditional */
	SIM_CORE_ATOMIC = 1u << 11,
	SIM_CORE_SYSCALL = 1u << 12,
	SIM_CORE_LAST = 1u << 13,   /* last micro-operation of its instruction */
	SIM_CORE_MICROOP = 1u << 14 /* one of several */
};

enum {
	SIM_CORE_REGS_PER_CLASS = 64,
	SIM_CORE_N_REGS = 6 * SIM_CORE_REGS_PER_CLASS, /* all classes but miscellaneous */
	SIM_CORE_MAX_POOLS = 3,
	SIM_CORE_NO_POOL = 255
};

/* A static micro-operation as the cores want it. Registers are slots; miscellaneous registers carry no dependence. */
struct sim_core_uop {
	uint64_t pc;
	uint64_t target; /* of a direct branch; 0: not known */
	uint32_t flags;  /* enum sim_core_flag */
	uint16_t src[PV_MAX_SRC], dst[PV_MAX_DST];
	uint8_t n_src, n_dst;
	uint8_t pools[SIM_CORE_MAX_POOLS]; /* pools that can execute it, SIM_CORE_NO_POOL after the last */
	uint8_t latency, interval;         /* cycles */
	uint8_t access_bytes, insn_bytes;
	uint8_t branch_kind; /* enum bp_branch_kind */
	uint8_t op_class;
	uint8_t uop_index;                                               /* within its instruction */
	uint8_t n_dst_int, n_dst_float, n_dst_vec, n_dst_pred, n_dst_cc; /* physical registers it takes */
};

struct sim_core {
	struct sim_core_uop *uops;
	uint32_t *by_pc; /* (n_uops) indices of uops in the order of pc and place in the instruction */
	uint32_t n_uops;
	uint32_t period_ps;
	struct cache_memory memory;
	struct bp_branch_unit branch;
	struct pv_sim_stats stats;
	bool keeps_stack;
	uint64_t last_store; /* target 2's running maximum, 0.1 ns */
	char stall[1024];    /* watchdog.c: what it was doing when it stopped making progress; empty: it never did */
};

/* Nothing that is modelled keeps an instruction so long from committing after the one before it. */
enum { SIM_CORE_STALL_CYCLES = 1 << 24 };

/* sim_core_is_stalled - whether a commit is later than that, or earlier than the one before */
static inline bool sim_core_is_stalled(const struct sim_core *core, uint64_t commit_at)
{
	return commit_at - core->stats.commit_cycles > SIM_CORE_STALL_CYCLES;
}

enum { SIM_CORE_N_STAGES = 7 };

/*
 * sim_core_stall - watchdog.c: write down where an instruction was when its core stalled, and what the core waited for
 *
 * @at_cycles  when it passed fetch, decode, rename, dispatch, issue, complete and commit
 * @state      printf format of what the core waited for
 */
void sim_core_stall(struct sim_core *core, const struct sim_core_uop *uop, const uint64_t at_cycles[SIM_CORE_N_STAGES], const char *state,
                    ...) __attribute__((format(printf, 4, 5)));

/* sim_core_init - PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM. On failure sim_core_release is allowed. */
enum pv_status sim_core_init(struct sim_core *core, const struct pv_uarch *uarch, const struct pv_uop *uops, uint32_t n_uops,
                             struct pv_error *err);
void sim_core_release(struct sim_core *core);

/* sim_core_uop_at - the first place in by_pc whose micro-operation is not before pc; n_uops: none */
uint32_t sim_core_uop_at(const struct sim_core *core, uint64_t pc);

/*
 * sim_core_predict - what the front end makes of a branch that went to next_pc (0: unknown, then it is right)
 *
 * @guess  set to where the front end goes on when it is wrong
 */
enum bp_branch_result sim_core_predict(struct sim_core *core, const struct sim_core_uop *uop, const struct pv_row *row, uint64_t next_pc,
                                       uint64_t *guess);

/* sim_core_warm - warm.c: caches, prefetchers and predictors learn from rows, in no time; next_pc as in sim_run */
void sim_core_warm(struct sim_core *core, const struct pv_row *rows, size_t n, uint64_t next_pc);

/* sim_core_target - target 2 of an instruction that committed at a cycle and, when store_at > 0, left the store queue at another; 0.1 ns */
static inline uint32_t sim_core_target(struct sim_core *core, uint64_t commit_at, uint64_t store_at)
{
	uint64_t now = (store_at > 0 ? store_at : commit_at) * core->period_ps / 100;
	if (now <= core->last_store)
		return 0;
	uint64_t delta = now - core->last_store;
	core->last_store = now;
	return delta > UINT32_MAX ? UINT32_MAX : (uint32_t)delta;
}

static inline uint64_t sim_later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* sim_core_count - count a micro-operation that committed, and return its target 2; arguments as for sim_core_target */
static inline uint32_t sim_core_count(struct sim_core *core, const struct sim_core_uop *uop, uint64_t commit_at, uint64_t store_at)
{
	core->stats.n_rows++;
	core->stats.n_insns += (uop->flags & SIM_CORE_LAST) != 0;
	core->stats.commit_cycles = commit_at;
	core->stats.cycles = sim_later(core->stats.cycles, sim_later(commit_at, store_at));
	return sim_core_target(core, commit_at, store_at);
}

#endif
