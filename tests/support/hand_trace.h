/*
 * hand_trace.h - builds small traces by hand for tests
 *
 * First the static micro-operations, each at the next pc (4 bytes per instruction), then the executed rows:
 *
 *	struct hand_trace t;
 *	hand_init(&t, 0x1000);
 *	uint32_t add = hand_op(&t, PV_OP_IntAlu, "i1 i2 -> i3");
 *	uint32_t ld = hand_load(&t, 8, "i3 -> i4");
 *	uint32_t br = hand_branch(&t, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, 0x1000, "c0");
 *	for (int i = 0; i < 10; i++) {
 *		hand_run(&t, add);
 *		hand_run_at(&t, ld, 0x8000 + 8 * i);
 *		hand_run_branch(&t, br, i < 9);
 *	}
 *	... use t.uops, t.n_uops, t.rows, t.n_rows ...
 *	hand_release(&t);
 *
 * Operands are "sources -> destinations", each a class letter and an index: i integer, f float, v vector, e vector element,
 * p predicate, c condition code, m miscellaneous. Any misuse aborts: a test that builds a wrong trace has nothing to say.
 */
#ifndef TESTS_HAND_TRACE_H
#define TESTS_HAND_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/trace.h>

struct hand_trace {
	struct pv_uop *uops;
	uint32_t n_uops;
	struct pv_row *rows;
	size_t n_rows;
	uint64_t next_pc; /* of the next static micro-operation */
};

/* hand_init - an empty trace whose first instruction is at pc */
void hand_init(struct hand_trace *t, uint64_t pc);

/* hand_release - free the arrays */
void hand_release(struct hand_trace *t);

/* hand_pc - the next static micro-operation is at pc */
void hand_pc(struct hand_trace *t, uint64_t pc);

/* hand_op - a static micro-operation that is a whole instruction without memory access; returns its index in t->uops */
uint32_t hand_op(struct hand_trace *t, enum pv_op_class op_class, const char *operands);

/* hand_load, hand_store - MemRead and MemWrite of so many bytes, flags PV_UOP_LOAD and PV_UOP_STORE */
uint32_t hand_load(struct hand_trace *t, unsigned access_bytes, const char *operands);
uint32_t hand_store(struct hand_trace *t, unsigned access_bytes, const char *operands);

/* hand_branch - an IntAlu with the given branch flags (enum pv_uop_flag); target 0 when it is not in the instruction */
uint32_t hand_branch(struct hand_trace *t, uint32_t flags, uint64_t target, const char *operands);

/* hand_flags - add flags (enum pv_uop_flag) to a static micro-operation */
void hand_flags(struct hand_trace *t, uint32_t uop, uint32_t flags);

/*
 * hand_join - make the latest n static micro-operations one instruction at the first one's pc
 *
 * Sets uop_index, n_uops, PV_UOP_MICROOP and PV_UOP_LAST, and addr_offset so that memory accesses follow each other without gaps.
 */
void hand_join(struct hand_trace *t, unsigned n);

/* hand_run - execute a micro-operation without address; an unconditional branch is taken, a conditional one is not */
void hand_run(struct hand_trace *t, uint32_t uop);

/* hand_run_at - execute a memory access at addr */
void hand_run_at(struct hand_trace *t, uint32_t uop, uint64_t addr);

/* hand_write - write everything as a trace file; origin may be NULL */
void hand_write(const struct hand_trace *t, const char *path, const struct pv_trace_origin *origin);

/* hand_run_branch - execute a branch, taken or not */
void hand_run_branch(struct hand_trace *t, uint32_t uop, bool taken);

#endif
