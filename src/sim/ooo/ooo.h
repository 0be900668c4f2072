/*
 * ooo.h - the out-of-order core: one instruction's way through the stages, and the time tables between them
 */
#ifndef SIM_OOO_OOO_H
#define SIM_OOO_OOO_H

#include "sim/core.h"
#include "sim/ooo/slots.h"
#include "sim/ooo/store_set.h"
#include "sim/resource.h"
#include "sim/stack.h"
#include "sim/store_table.h"

/* One micro-operation on its way; times in cycles. */
struct ooo_insn {
	const struct sim_core_uop *uop;
	const struct pv_row *row;
	uint64_t next_pc;
	uint64_t fetch, decode;
	uint64_t rename;  /* reaches the rename stage */
	uint64_t renamed; /* leaves it: every resource is there */
	uint64_t dispatch, issue;
	uint64_t executed; /* result computed, or memory answered */
	uint64_t written;  /* result written back: dependents may issue */
	uint64_t complete; /* commit sees it */
	uint64_t commit;
	uint64_t store;      /* left the store queue */
	uint64_t squashed;   /* nothing commits before: commit undid what was behind it; 0: nothing to undo */
	uint32_t n_squashed; /* reorder buffer entries behind it that were undone */
	enum bp_branch_result branch;
	uint64_t wrong_pc; /* where fetch went after a wrong guess */
	int8_t fetch_depth, data_depth;
};

/* When the waits of the latest instruction ended: of use to the CPI stack only. In the order of time, as far as they apply. */
struct ooo_waits {
	struct sim_stack_supply supply;
	uint64_t held;          /* cycles that decode waited for rename */
	uint64_t last_dispatch; /* of the instruction before */
	uint64_t squashed;      /* an older squash let rename go on */
	uint64_t serial;        /* an older serialising instruction let rename go on */
	uint64_t free;          /* queue entries and registers were there */
	uint64_t unserialised;  /* a serialising instruction itself could go on */
	uint64_t operands;      /* were ready */
	uint64_t ordered;       /* barriers were passed, or it was the oldest */
	uint64_t addressed;     /* a load's address was known */
	uint64_t unblocked;     /* older stores to its bytes were done */
	uint64_t sent;          /* the L1D took it, or the store queue had its data */
	int8_t level;           /* where its data came from */
	bool loads;             /* the three before apply */
};

struct ooo_front {
	struct sim_width width;
	uint64_t block;    /* of the fetch buffer, + 1; 0: empty */
	uint64_t ready_at; /* when its bytes are there */
	uint64_t ask_at;   /* when the next block may be asked for */
	uint32_t block_shift;
	uint8_t why;           /* enum pv_cpi_component: fetch begins anew because of; PV_CPI_base: it does not */
	struct sim_ring queue; /* when entries left for decode */
};

struct ooo_back {
	struct sim_width decode, rename, dispatch, commit;
	struct sim_skid rename_skid, dispatch_skid;
	bool narrow_dispatch; /* narrower than rename */
	struct sim_ring rob, lq, sq;
	struct sim_ring phys_int, phys_float, phys_vec, phys_pred, phys_cc;
	struct sim_resource iq;
	uint32_t squash_width;
	uint64_t squash_until;    /* rename waits */
	uint64_t serialize_until; /* rename waits */
	uint64_t last_commit;
};

/* A line that a store missed, and the stores from that one on; line_exit.c. */
struct ooo_line_stores {
	uint64_t number;     /* + 1 of the line; 0: none */
	uint32_t n;          /* stores since, to any line, the one that missed included */
	uint64_t data_at;    /* when those to it have left if its data come */
	uint64_t owned_at;   /* when they would leave otherwise */
	uint64_t other_exit; /* when those before it, and those since to other lines, have left */
	bool expected;       /* that no data come: the stores to it are given owned_at */
};

struct ooo_lsq {
	struct sim_store_table stores;
	struct ooo_store_sets sets;
	uint32_t check_shift;   /* violations are looked for in blocks of 1 << check_shift bytes */
	struct sim_width ports; /* stores sent to the cache */
	uint64_t last_exit;
	uint64_t barrier_until;
	struct ooo_line_stores lines[CACHE_LINE_WRITES]; /* the latest, a ring; as in the L1D */
	uint32_t next_line;
};

/* What a static micro-operation did last time: wrong paths are made of it. */
struct ooo_last {
	uint64_t guess;   /* where fetch went behind a branch; 0: it was not there */
	uint32_t latency; /* from issue until a load had its data; 0: no load */
};

/* No wrong path fills the pipeline for longer than this. */
enum { OOO_WRONG_CYCLES = 1024 };

/* What wrong paths are made of, and room to follow one. */
struct ooo_wrong {
	struct ooo_last *last; /* (n_uops) */
	uint16_t iq_leaving[OOO_WRONG_CYCLES];
	uint64_t *queue_at;                 /* (n_fetch_queue) */
	uint64_t ready_at[SIM_CORE_N_REGS]; /* of its registers */
};

struct ooo {
	struct sim_core core;
	struct uarch_ooo params;
	struct ooo_front front;
	struct ooo_back back;
	struct ooo_lsq lsq;
	struct ooo_slots slots;
	struct ooo_wrong wrong;
	uint64_t ready_at[SIM_CORE_N_REGS]; /* when each register's value can be used */
	struct ooo_waits waits;             /* kept for the CPI stack only */
};

enum pv_status ooo_init(struct ooo *ooo, const struct pv_uarch *uarch, const struct pv_uop *uops, uint32_t n_uops, struct pv_error *err);
void ooo_release(struct ooo *ooo);
void ooo_run(struct ooo *ooo, const struct pv_row *rows, size_t n, uint64_t next_pc, uint32_t *delta, size_t stride,
             struct pv_uop_times *times);

/* The stages, in order; each fills its times of the instruction. One file each. */
void ooo_fetch(struct ooo *ooo, struct ooo_insn *insn);  /* fetch .. decode */
void ooo_rename(struct ooo *ooo, struct ooo_insn *insn); /* rename, dispatch */
void ooo_issue(struct ooo *ooo, struct ooo_insn *insn);  /* issue .. complete */
void ooo_commit(struct ooo *ooo, struct ooo_insn *insn); /* commit, store */

/* lsq.c: a load's data, and a store's address and way to the cache */
uint64_t ooo_load(struct ooo *ooo, struct ooo_insn *insn, uint64_t address_at);
void ooo_store_executed(struct ooo *ooo, struct ooo_insn *insn);
void ooo_store_drain(struct ooo *ooo, struct ooo_insn *insn);

/*
 * line_exit.c: the L1D has answered a store to a line; where it completes the line, the exits of the stores before it are corrected
 *
 * Returns: when the store is predicted to leave because no data come for its line; 0: when its data, and all older stores', are there
 */
uint64_t ooo_line_exit(struct ooo *ooo, const struct cache_access *access, uint64_t line);

/* fetch starts anew at a cycle, and why */
static inline void ooo_redirect(struct ooo *ooo, uint64_t at, enum pv_cpi_component why)
{
	struct ooo_front *f = &ooo->front;
	f->ask_at = sim_later(f->ask_at, at);
	f->ready_at = sim_later(f->ready_at, at);
	f->why = (uint8_t)why;
	sim_width_close(&f->width);
}

/* wrong_path.c: after a wrong guess at a branch fetch went the wrong way until a cycle, then starts anew */
void ooo_wrong_path(struct ooo *ooo, const struct ooo_insn *branch, uint64_t until, enum pv_cpi_component why);
/* wrong_path.c: the same for a guess that shows wrong in execution, and what it leaves in the pipeline */
void ooo_mispredicted(struct ooo *ooo, struct ooo_insn *branch);

/* stack.c: adds the cycles between the last commit and this one's to the CPI stack */
void ooo_account(struct ooo *ooo, const struct ooo_insn *insn, uint64_t last_commit);

#endif
