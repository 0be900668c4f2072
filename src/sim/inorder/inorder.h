/*
 * inorder.h - the in-order core: one instruction's way through fetch 1, fetch 2, decode and execute
 */
#ifndef SIM_INORDER_INORDER_H
#define SIM_INORDER_INORDER_H

#include "sim/core.h"
#include "sim/resource.h"
#include "sim/stack.h"
#include "sim/store_table.h"

/* One micro-operation on its way; times in cycles. */
struct inorder_insn {
	const struct sim_core_uop *uop;
	const struct pv_row *row;
	uint64_t next_pc;
	uint64_t fetch;  /* passes fetch 2 */
	uint64_t decode; /* passes decode */
	uint64_t issue;
	uint64_t done; /* reaches the end of its unit */
	uint64_t commit;
	uint64_t store; /* left the store buffer */
	bool mispredicted;
	uint64_t wrong_pc; /* where fetch went after a wrong guess */
	int8_t fetch_depth, data_depth;
};

/* When the waits of the latest instruction ended: of use to the CPI stack only. In the order of time, as far as they apply. */
struct inorder_waits {
	struct sim_stack_supply supply;
	uint64_t queues;      /* cycles it waited for room behind decode */
	uint64_t last_issue;  /* of the instruction before */
	uint64_t arrival;     /* it reached issue */
	uint64_t operands;    /* were promised */
	uint64_t issue_turn;  /* the instructions before had issued, within the limits */
	uint64_t committed;   /* a memory access had its address in the register file, and barriers were passed */
	uint64_t queued;      /* and a place among those executed */
	uint64_t turn;        /* and was the oldest, where it has to be */
	uint64_t unblocked;   /* older stores to a load's bytes were done */
	uint64_t sent;        /* the L1D took it, or the store buffer had its data */
	uint64_t may_commit;  /* as far as the operation itself is concerned */
	uint64_t ordered;     /* all older stores had left, where it has to wait for them */
	int8_t level;         /* where a load's data came from */
	bool accesses, loads; /* memory; a load */
};

enum { INORDER_MAX_LINES = 128 }; /* > the largest fetch 2 buffer */

struct inorder_front {
	struct sim_width fetch2, decode;
	uint64_t line;        /* being taken apart by fetch 2, + 1; 0: none */
	uint64_t line_at;     /* when fetch 2 has it */
	uint64_t ask_at;      /* when fetch 1 may ask for the next line */
	uint64_t ask_pc;      /* what it asks for */
	uint64_t previous_pc; /* of the latest micro-operation */
	uint32_t line_shift, n_buffer;
	uint8_t why;                          /* enum pv_cpi_component: the stream begins anew because of; PV_CPI_base: it does not */
	uint64_t n_asked, n_taken;            /* lines fetch 1 asked for; lines fetch 2 began with */
	uint64_t arrival[INORDER_MAX_LINES];  /* of line number n, at n % INORDER_MAX_LINES */
	uint64_t taken_at[INORDER_MAX_LINES]; /* when fetch 2 went on from line number n */
	int8_t depth[INORDER_MAX_LINES];
	uint64_t extra[INORDER_MAX_LINES]; /* cycles it took longer than a hit */
	struct sim_ring lines_in_flight, decode_buffer, execute_buffer;
};

/* A functional unit is a pipe that moves only while its oldest operation can leave: it remembers when it stood still. */
enum { INORDER_MAX_UNITS = 32, INORDER_STALLS = 8 };

struct inorder_unit {
	uint64_t stall_from[INORDER_STALLS], stall_until[INORDER_STALLS]; /* the latest ones, a ring */
	uint32_t next;
	uint64_t moves_from; /* end of the latest stall */
	uint64_t free_at;    /* takes the next operation then */
};

struct inorder {
	struct sim_core core;
	struct uarch_inorder params;
	struct inorder_front front;
	struct sim_width issue, commit, memory_issue, memory_commit, store_ports;
	struct inorder_unit units[INORDER_MAX_UNITS];
	uint8_t first_unit[UARCH_N_POOLS + 1];  /* units of a pool: first_unit[p] .. first_unit[p + 1] - 1 */
	uint64_t ready_at[SIM_CORE_N_REGS];     /* when each register's value is promised */
	uint64_t committed_at[SIM_CORE_N_REGS]; /* when it is in the register file: memory accesses read it there */
	uint8_t operand_slack[PV_N_OP_CLASSES];
	struct sim_store_table stores;
	struct sim_resource outstanding; /* accesses in the memory system */
	struct sim_ring store_buffer;    /* when each entry was freed */
	struct sim_ring memory_queue;    /* accesses executed and not committed */
	uint64_t last_exit;
	uint64_t barrier_until;
	struct inorder_waits waits; /* kept for the CPI stack only */
};

enum pv_status inorder_init(struct inorder *inorder, const struct pv_uarch *uarch, const struct pv_uop *uops, uint32_t n_uops,
                            struct pv_error *err);
void inorder_release(struct inorder *inorder);
void inorder_run(struct inorder *inorder, const struct pv_row *rows, size_t n, uint64_t next_pc, uint32_t *delta, size_t stride,
                 struct pv_uop_times *times);

/* The stages; each fills its times of the instruction. */
void inorder_fetch(struct inorder *inorder, struct inorder_insn *insn);   /* fetch, decode */
void inorder_execute(struct inorder *inorder, struct inorder_insn *insn); /* issue .. commit, store */

/* fetch.c: at a cycle fetch 1 turns to the stream at pc, and why */
void inorder_redirect(struct inorder *inorder, uint64_t at, uint64_t pc, enum pv_cpi_component why);
/* fetch.c: after a wrong guess at a branch, what fetch does until a cycle */
void inorder_wrong_path(struct inorder *inorder, const struct inorder_insn *branch, uint64_t until);

/* stack.c: adds the cycles between the last commit and this one's to the CPI stack */
void inorder_account(struct inorder *inorder, const struct inorder_insn *insn, uint64_t last_commit);

/* memory.c: when an address that is ready at a cycle has its data */
uint64_t inorder_load(struct inorder *inorder, struct inorder_insn *insn, uint64_t at);
/* memory.c: a store commits: enters the store buffer and is sent to the cache */
void inorder_store(struct inorder *inorder, struct inorder_insn *insn);

#endif
