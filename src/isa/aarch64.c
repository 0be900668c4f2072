/*
 * aarch64.c - builds micro-operations of AArch64 instructions from rows (see aarch64.h)
 *
 * The rows state facts of gem5's Arm build: which registers its micro-operations read and write, and in which order it lists them.
 * Checked against gem5's traces by tests/golden/g_decode_gem5.c.
 */
#include "isa/aarch64.h"

#include <stddef.h>

struct operand {
	uint8_t reg_class;
	uint16_t index;
};

void a64_src(struct pv_uop *u, unsigned reg_class, unsigned index)
{
	if (u->n_src < PV_MAX_SRC)
		u->src[u->n_src++] = (struct pv_reg){.reg_class = (uint8_t)reg_class, .index = (uint16_t)index};
}

void a64_dst(struct pv_uop *u, unsigned reg_class, unsigned index)
{
	if (u->n_dst < PV_MAX_DST)
		u->dst[u->n_dst++] = (struct pv_reg){.reg_class = (uint8_t)reg_class, .index = (uint16_t)index};
}

static unsigned instead_of_31(unsigned reg, unsigned other)
{
	return reg == 31 ? other : reg;
}

/* An integer register operand, by its letter; -1 when the letter means something else. */
static int int_index(const struct a64 *a, char letter)
{
	unsigned rd = a64_bits(a, 4, 0), rn = a64_bits(a, 9, 5), rm = a64_bits(a, 20, 16), ra = a64_bits(a, 14, 10);
	switch (letter) {
	case 'd': return (int)rd;
	case 'n': return (int)rn;
	case 'm': return (int)rm;
	case 'a': return (int)ra;
	case 'D': return (int)instead_of_31(rd, A64_INT_ZERO);
	case 'S': return (int)instead_of_31(rd, A64_INT_SP);
	case 'N': return (int)instead_of_31(rn, A64_INT_SP);
	case 'M': return (int)instead_of_31(rm, A64_INT_SP);
	case 'E': return (int)(rd + 1);
	case 'B': return (int)(rm + 1);
	case 'z': return A64_INT_ZERO;
	case 'p': return A64_INT_SP;
	case 'l': return 30;
	case 'i': return 16;
	case 'j': return 17;
	case 'u': return A64_INT_UREG0;
	}
	return -1;
}

/* A vector register operand, likewise. */
static int vec_index(const struct a64 *a, char letter)
{
	switch (letter) {
	case '0': return (int)a64_bits(a, 4, 0);
	case '1': return (int)a64_bits(a, 9, 5);
	case '2': return (int)a64_bits(a, 20, 16);
	case '3': return (int)a64_bits(a, 14, 10);
	case '4': return (int)a64_bits(a, a64_bits(a, 23, 22) == 1 ? 19 : 20, 16);
	}
	return -1;
}

/* The operands that a letter stands for, at most three. */
static int expand(const struct a64 *a, char letter, struct operand out[3])
{
	int index = int_index(a, letter);
	if (index >= 0) {
		out[0] = (struct operand){PV_REG_INT, (uint16_t)index};
		return 1;
	}
	index = vec_index(a, letter);
	if (index >= 0) {
		out[0] = (struct operand){PV_REG_VEC, (uint16_t)index};
		return 1;
	}
	static const struct {
		char letter;
		uint8_t n;
		struct operand operands[3];
	} fixed[] = {
	    {'f', 1, {{PV_REG_CC, A64_CC_NZ}}},
	    {'c', 1, {{PV_REG_CC, A64_CC_C}}},
	    {'v', 1, {{PV_REG_CC, A64_CC_V}}},
	    {'h', 1, {{PV_REG_CC, A64_CC_FP}}},
	    {'O', 3, {{PV_REG_CC, A64_CC_ZERO}, {PV_REG_CC, A64_CC_ZERO}, {PV_REG_CC, A64_CC_ZERO}}},
	    {'P', 2, {{PV_REG_MISC, A64_MISC_CPSR}, {PV_REG_MISC, A64_MISC_CPACR_EL1}}},
	    {'X', 1, {{PV_REG_MISC, A64_MISC_FPSCR_EXC}}},
	    {'Q', 1, {{PV_REG_MISC, A64_MISC_FPSCR_QC}}},
	    {'R', 3, {{PV_REG_MISC, A64_MISC_CPSR}, {PV_REG_MISC, A64_MISC_HCR_EL2}, {PV_REG_MISC, A64_MISC_SCR_EL3}}},
	    {'e', 2, {{PV_REG_MISC, A64_MISC_SEV_MAILBOX}, {PV_REG_MISC, A64_MISC_LOCKFLAG}}},
	    {'k', 1, {{PV_REG_MISC, A64_MISC_LOCKFLAG}}},
	    {'s', 1, {{PV_REG_MISC, A64_MISC_SEV_MAILBOX}}},
	    {'C', 1, {{PV_REG_MISC, A64_MISC_CPSR}}},
	    {'H', 1, {{PV_REG_MISC, A64_MISC_HCR_EL2}}},
	    {'G', 1, {{PV_REG_MISC, A64_MISC_HCR}}},
	    {'Y', 1, {{PV_REG_MISC, A64_MISC_SCR_EL3}}},
	    {'w', 1, {{PV_REG_MISC, A64_MISC_DCZID_EL0}}},
	};
	for (size_t i = 0; i < A64_N_ROWS(fixed); i++) {
		if (fixed[i].letter != letter)
			continue;
		for (int k = 0; k < fixed[i].n; k++)
			out[k] = fixed[i].operands[k];
		return fixed[i].n;
	}
	out[0] = (struct operand){PV_REG_MISC, (uint16_t)a64_system_register(a->word)}; /* 'r' */
	return 1;
}

struct pv_uop *a64_add(struct a64 *a, unsigned op_class, uint32_t flags, const char *src, const char *dst)
{
	if (a->n >= PV_MAX_UOPS_PER_INSN)
		return NULL;
	struct pv_uop *u = &a->uops[a->n++];
	u->op_class = (uint8_t)op_class;
	u->flags = flags;
	struct operand operands[3];
	for (; *src; src++) {
		int n = expand(a, *src, operands);
		for (int i = 0; i < n; i++)
			a64_src(u, operands[i].reg_class, operands[i].index);
	}
	for (; *dst; dst++) {
		int n = expand(a, *dst, operands);
		for (int i = 0; i < n; i++)
			a64_dst(u, operands[i].reg_class, operands[i].index);
	}
	return u;
}

struct pv_uop *a64_add_mem(struct a64 *a, unsigned op_class, uint32_t flags, const char *src, const char *dst, unsigned bytes, int offset)
{
	if (flags & PV_UOP_ATOMIC)
		flags |= PV_UOP_LOAD | PV_UOP_STORE;
	else
		flags |= op_class == PV_OP_MemRead ? PV_UOP_LOAD : PV_UOP_STORE;
	struct pv_uop *u = a64_add(a, op_class, flags, src, dst);
	if (u) {
		u->access_bytes = (uint8_t)bytes;
		u->addr_offset = (int16_t)offset;
	}
	return u;
}

bool a64_by_rows(struct a64 *a, const struct a64_row *rows, size_t n_rows)
{
	for (size_t i = 0; i < n_rows; i++) {
		if ((a->word & rows[i].mask) != rows[i].value)
			continue;
		a64_add(a, rows[i].op_class, rows[i].flags, rows[i].src, rows[i].dst);
		return true;
	}
	return false;
}
