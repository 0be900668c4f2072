/*
 * perfvec/uop.h - one micro-operation: its static part (what it is), its dynamic part (what it did this time), and its times on one machine
 *
 * Micro-operations follow gem5's Arm build: the same split of pairs, pre/post-indexing and multi-register SIMD accesses, the same op
 * classes, register classes, flattened register indices and flags, so that gem5's traces and ours are interchangeable.
 */
#ifndef PERFVEC_UOP_H
#define PERFVEC_UOP_H

#include <stdbool.h>
#include <stdint.h>

#include <perfvec/api.h>

PV_API_BEGIN

/* Operation classes; PV_OP_IntAlu and so on, numbers from op_classes.def. */
enum pv_op_class {
#define X(number, name) PV_OP_##name = number,
#include <perfvec/op_classes.def>
#undef X
	PV_N_OP_CLASSES
};

/* Register classes of gem5's Arm build. */
enum pv_reg_class {
	PV_REG_INT = 0,
	PV_REG_FLOAT = 1,
	PV_REG_VEC = 2,
	PV_REG_VEC_ELEM = 3,
	PV_REG_PRED = 4,
	PV_REG_CC = 5,
	PV_REG_MISC = 6,
	PV_N_REG_CLASSES
};

/* Instruction sets; kept in trace files, so numbers never change. */
enum pv_isa { PV_ISA_UNKNOWN = 0, PV_ISA_AARCH64 = 1, PV_ISA_RISCV64 = 2, PV_ISA_X86_64 = 3 };

/* Static flags of a micro-operation (struct pv_uop.flags). The first thirteen are gem5's trace flags, in trace order. */
enum pv_uop_flag {
	PV_UOP_MICROOP = 1u << 0,           /* one of several micro-operations of an instruction */
	PV_UOP_COND_BRANCH = 1u << 1,       /* conditional control transfer */
	PV_UOP_UNCOND_BRANCH = 1u << 2,     /* unconditional control transfer */
	PV_UOP_DIRECT_BRANCH = 1u << 3,     /* target is encoded in the instruction */
	PV_UOP_SQUASH_AFTER = 1u << 4,      /* the pipeline is squashed after it commits */
	PV_UOP_SERIALIZE_AFTER = 1u << 5,   /* nothing younger issues before it commits */
	PV_UOP_SERIALIZE_BEFORE = 1u << 6,  /* it does not issue before everything older committed */
	PV_UOP_ATOMIC = 1u << 7,            /* atomic read-modify-write */
	PV_UOP_STORE_CONDITIONAL = 1u << 8, /* store exclusive */
	PV_UOP_READ_BARRIER = 1u << 9,
	PV_UOP_WRITE_BARRIER = 1u << 10,
	PV_UOP_QUIESCE = 1u << 11,
	PV_UOP_NON_SPECULATIVE = 1u << 12, /* executes only at the head of the reorder buffer */
	/* Not in gem5's trace; known by the decoder, 0 in imported traces where they cannot be derived. */
	PV_UOP_LOAD = 1u << 13,     /* reads memory */
	PV_UOP_STORE = 1u << 14,    /* writes memory */
	PV_UOP_CALL = 1u << 15,     /* pushes the return-address stack */
	PV_UOP_RETURN = 1u << 16,   /* pops the return-address stack */
	PV_UOP_SYSCALL = 1u << 17,  /* enters the kernel */
	PV_UOP_PREFETCH = 1u << 18, /* memory access without a result */
	PV_UOP_LAST = 1u << 19      /* last micro-operation of its instruction */
};
#define PV_UOP_BRANCH (PV_UOP_COND_BRANCH | PV_UOP_UNCOND_BRANCH)

enum { PV_MAX_SRC = 8, PV_MAX_DST = 6, PV_MAX_UOPS_PER_INSN = 40 };

/* One register operand, gem5's class and flattened index (index < 50 unless the class is PV_REG_MISC). */
struct pv_reg {
	uint16_t index;
	uint8_t reg_class; /* enum pv_reg_class */
	uint8_t reserved;  /* 0 */
};

/* Static part: identical every time the micro-operation at this pc (with these bytes) executes. Zero-fill before use. */
struct pv_uop {
	uint64_t pc;          /* of its instruction */
	uint64_t target;      /* of a direct branch, else 0 */
	uint32_t flags;       /* enum pv_uop_flag */
	uint8_t op_class;     /* enum pv_op_class */
	uint8_t n_src;        /* <= PV_MAX_SRC */
	uint8_t n_dst;        /* <= PV_MAX_DST */
	uint8_t insn_bytes;   /* length of the instruction */
	uint8_t uop_index;    /* position within its instruction, from 0 */
	uint8_t n_uops;       /* of its instruction */
	uint8_t access_bytes; /* bytes read or written; 0 without memory access */
	uint8_t reserved;     /* 0 */
	int16_t addr_offset;  /* its address minus the instruction's base address (its lowest accessed byte as reported by the tracer) */
	uint16_t reserved2;   /* 0 */
	struct pv_reg src[PV_MAX_SRC];
	struct pv_reg dst[PV_MAX_DST];
};

/* Flags of one executed micro-operation (struct pv_row.flags). */
enum pv_row_flag {
	PV_ROW_TAKEN = 1u << 0,   /* a branch whose successor is not the next instruction in memory, or any indirect one */
	PV_ROW_FAULT = 1u << 1,   /* raised an exception */
	PV_ROW_HAS_ADDR = 1u << 2 /* addr is valid */
};

/* Dynamic part: one executed (committed) micro-operation, in program order. 16 bytes. */
struct pv_row {
	uint64_t addr;       /* virtual byte address of its memory access, else 0 */
	uint32_t uop;        /* index into the trace's table of struct pv_uop */
	uint8_t flags;       /* enum pv_row_flag */
	uint8_t reserved[3]; /* 0 */
};

/*
 * When one executed micro-operation passed each stage on one machine, in picoseconds since the program's beginning. Simulators, the reader
 * of gem5's traces and the recorder all use this struct; targets are made of it. No target is made of issue_ps and complete_ps.
 */
struct pv_uop_times {
	uint64_t fetch_ps, decode_ps, rename_ps, dispatch_ps, issue_ps, complete_ps;
	uint64_t commit_ps; /* never earlier than that of the micro-operation before */
	uint64_t store_ps;  /* when a store left the store queue; 0: not a store, or no later than its commit */
	int8_t fetch_depth; /* where the instruction came from: 0 L1, 1 L2, 2 memory, -1 no access to a new line */
	int8_t data_depth;  /* where data came from or went to, likewise; -1 without memory access */
	bool mispredicted;
};

/*
 * pv_op_class_name - gem5's name of an operation class, such as "IntAlu"
 *
 * Returns: a static string; NULL when op_class is not below PV_N_OP_CLASSES.
 */
const char *pv_op_class_name(unsigned op_class);

/*
 * pv_isa_name - the name of an instruction set as it is written on the command line, such as "aarch64"
 *
 * Returns: a static string; NULL when isa is not in enum pv_isa.
 */
const char *pv_isa_name(enum pv_isa isa);

PV_API_END

#endif
