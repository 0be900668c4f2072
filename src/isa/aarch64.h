/*
 * aarch64.h - inside the AArch64 decoder: the rows that describe instructions, and the builder of micro-operations
 *
 * An encoding is described by one row: which bits it has, its operation class and flags, and its register operands as a short string in
 * gem5's operand order, one letter each:
 *
 *   X registers       d n m a   the fields Rd/Rt (4:0), Rn (9:5), Rm/Rs (20:16), Ra/Rt2 (14:10); 31 stays 31
 *                     D         Rd, 31 is the zero register as gem5 numbers it for destinations (34)
 *                     S N M     Rd, Rn, Rm, 31 is the stack pointer (42)
 *                     E B       the odd register of the pair that begins at Rt, at Rs
 *                     z p l i j the zero register, the stack pointer, X30, X16, X17
 *                     u         gem5's scratch register UREG0 (35), the base of a split pair access
 *   V registers       0 1 2 3   the fields Rd, Rn, Rm, Ra
 *                     4         Rm of four bits (19:16) when size (23:22) is 1, as in accesses by half-word element
 *   condition flags   f c v h   NZ, C, V, and FP (what a floating-point comparison sets)
 *                     O         three times the flag register that is always zero
 *   system registers  P         CPSR and CPACR_EL1: is SIMD and floating point enabled
 *                     X Q       FPSCR_EXC (cumulative exceptions), FPSCR_QC (cumulative saturation)
 *                     R         CPSR, HCR_EL2 and SCR_EL3: is the system register accessible
 *                     r         the system register that the instruction names
 *                     e k s     SEV_MAILBOX and LOCKFLAG; LOCKFLAG alone; SEV_MAILBOX alone
 *                     C H Y G   CPSR, HCR_EL2, SCR_EL3 alone; HCR of 32-bit state
 *                     w         DCZID_EL0
 *
 * Rows of a group are tried in order; the first that matches wins.
 */
#ifndef ISA_AARCH64_H
#define ISA_AARCH64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/uop.h>

/* Indices of gem5's Arm build that instructions do not spell out. */
enum a64_index {
	A64_INT_ZERO = 34,
	A64_INT_UREG0 = 35,
	A64_INT_SP = 42,
	A64_VEC_SCRATCH = 32, /* first of the vector registers that de-interleaving goes through */
	A64_CC_NZ = 0,
	A64_CC_C = 1,
	A64_CC_V = 2,
	A64_CC_FP = 4,
	A64_CC_ZERO = 5,
	A64_MISC_CPSR = 0,
	A64_MISC_FPSCR_EXC = 17,
	A64_MISC_FPSCR_QC = 18,
	A64_MISC_LOCKFLAG = 20,
	A64_MISC_SEV_MAILBOX = 29,
	A64_MISC_HCR = 181,
	A64_MISC_DCZID_EL0 = 503,
	A64_MISC_CPACR_EL1 = 509,
	A64_MISC_HCR_EL2 = 513,
	A64_MISC_SCR_EL3 = 520
};

struct a64_row {
	uint32_t mask, value; /* matches when (word & mask) == value */
	uint8_t op_class;     /* enum pv_op_class */
	uint32_t flags;       /* enum pv_uop_flag */
	const char *src, *dst;
};

/* An instruction being decoded. */
struct a64 {
	uint32_t word;
	uint64_t pc;
	struct pv_uop *uops; /* (PV_MAX_UOPS_PER_INSN) */
	int n;               /* micro-operations so far */
};

#define A64_N_ROWS(rows) (sizeof(rows) / sizeof(rows)[0])

static inline uint32_t a64_bits(const struct a64 *a, int high, int low)
{
	return a->word >> low & ((2u << (high - low)) - 1);
}

/* The same, as a two's complement number. */
static inline int64_t a64_signed(const struct a64 *a, int high, int low)
{
	int n = high - low + 1;
	return (int64_t)((uint64_t)a64_bits(a, high, low) << (64 - n)) >> (64 - n);
}

/* Append a micro-operation with operand strings; NULL when the instruction is full. */
struct pv_uop *a64_add(struct a64 *a, unsigned op_class, uint32_t flags, const char *src, const char *dst);

/* Append one that accesses `bytes` bytes of memory, `offset` after the instruction's first; sets PV_UOP_LOAD or PV_UOP_STORE by its class.
 */
struct pv_uop *a64_add_mem(struct a64 *a, unsigned op_class, uint32_t flags, const char *src, const char *dst, unsigned bytes, int offset);

/* Append one register operand. */
void a64_src(struct pv_uop *u, unsigned reg_class, unsigned index);
void a64_dst(struct pv_uop *u, unsigned reg_class, unsigned index);

/* Decode by the first row that matches; false when none does. */
bool a64_by_rows(struct a64 *a, const struct a64_row *rows, size_t n_rows);

/* The groups of the instruction set; false when the encoding is not known. */
bool a64_decode_immediate(struct a64 *a);   /* data processing, immediate */
bool a64_decode_register(struct a64 *a);    /* data processing, register */
bool a64_decode_branch(struct a64 *a);      /* branches, exceptions */
bool a64_decode_system(struct a64 *a);      /* hints, barriers, system registers */
bool a64_decode_memory(struct a64 *a);      /* loads and stores */
bool a64_decode_simd_memory(struct a64 *a); /* LD1 to LD4, ST1 to ST4 */
bool a64_decode_float(struct a64 *a);       /* scalar floating point */
bool a64_decode_simd(struct a64 *a);        /* advanced SIMD and cryptography */

/* gem5's number of the system register that MRS, MSR or SYS name (bits 20:5); a number past gem5's own when gem5 has none. */
unsigned a64_system_register(uint32_t word);

#endif
