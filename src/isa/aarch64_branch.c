/*
 * aarch64_branch.c - branches, exception generation, hints, barriers and moves of system registers (Arm ARM, C4.1.89 to C4.1.94)
 */
#include "isa/aarch64.h"

#include <stddef.h>

#define COND (PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH)
#define DIRECT (PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH)
#define INDIRECT PV_UOP_UNCOND_BRANCH
#define TRAP (PV_UOP_SERIALIZE_AFTER | PV_UOP_NON_SPECULATIVE | PV_UOP_SYSCALL)
#define FENCE (PV_UOP_READ_BARRIER | PV_UOP_WRITE_BARRIER)

static const struct a64_row direct[] = {
    {0xfc000000, 0x14000000, PV_OP_IntAlu, DIRECT, "", ""},                /* B */
    {0xfc000000, 0x94000000, PV_OP_IntAlu, DIRECT | PV_UOP_CALL, "", "l"}, /* BL */
    {0x7e000000, 0x34000000, PV_OP_IntAlu, COND, "d", ""},                 /* CBZ, CBNZ */
    {0x7e000000, 0x36000000, PV_OP_IntAlu, COND, "d", ""},                 /* TBZ, TBNZ */
    {0xff000000, 0x54000000, PV_OP_IntAlu, COND, "fcv", ""},               /* B.cond (bit 4: BC.cond, later than gem5's) */
};

static const struct a64_row indirect[] = {
    {0xfffffc1f, 0xd61f0000, PV_OP_IntAlu, INDIRECT, "n", ""},                  /* BR */
    {0xfffffc1f, 0xd63f0000, PV_OP_IntAlu, INDIRECT | PV_UOP_CALL, "n", "l"},   /* BLR */
    {0xfffffc1f, 0xd65f0000, PV_OP_IntAlu, INDIRECT | PV_UOP_RETURN, "n", ""},  /* RET */
    {0xfffff81f, 0xd61f081f, PV_OP_IntAlu, INDIRECT, "n", ""},                  /* BRAAZ, BRABZ */
    {0xfffff81f, 0xd63f081f, PV_OP_IntAlu, INDIRECT | PV_UOP_CALL, "n", "l"},   /* BLRAAZ, BLRABZ */
    {0xfffffbff, 0xd65f0bff, PV_OP_IntAlu, INDIRECT | PV_UOP_RETURN, "lp", ""}, /* RETAA, RETAB */
    {0xfffff800, 0xd71f0800, PV_OP_IntAlu, INDIRECT, "nS", ""},                 /* BRAA, BRAB */
    {0xfffff800, 0xd73f0800, PV_OP_IntAlu, INDIRECT | PV_UOP_CALL, "nS", "l"},  /* BLRAA, BLRAB */
    {0xfffff3ff, 0xd69f03e0, PV_OP_IntAlu, PV_UOP_SERIALIZE_AFTER | PV_UOP_SQUASH_AFTER | PV_UOP_NON_SPECULATIVE, "C", "C"}, /* ERET */
    {0xffe0001f, 0xd4000001, PV_OP_IntAlu, TRAP, "", ""},                                                                    /* SVC */
    {0xffe0001f, 0xd4000002, PV_OP_IntAlu, TRAP, "CYH", ""},                                                                 /* HVC */
    {0xffe0001f, 0xd4000003, PV_OP_IntAlu, PV_UOP_SERIALIZE_AFTER | PV_UOP_NON_SPECULATIVE, "CY", ""},                       /* SMC */
    {0xffe0001f, 0xd4200000, PV_OP_IntAlu, PV_UOP_SERIALIZE_AFTER, "", ""},                                                  /* BRK */
    {0xffe0001f, 0xd4400000, PV_OP_IntAlu, PV_UOP_SERIALIZE_AFTER | PV_UOP_NON_SPECULATIVE, "", ""},                         /* HLT */
};

/* Hints that gem5 has not, such as BTI, are its "unimplemented" instruction: no operation class, executed non-speculatively. */
static const struct a64_row system_rows[] = {
    {0xffffffff, 0xd503201f, PV_OP_IntAlu, 0, "", ""},                                                                     /* NOP */
    {0xffffffff, 0xd503203f, PV_OP_IntAlu, 0, "O", ""},                                                                    /* YIELD */
    {0xffffffff, 0xd503205f, PV_OP_IntAlu, PV_UOP_QUIESCE | PV_UOP_SERIALIZE_AFTER | PV_UOP_NON_SPECULATIVE, "CYsO", "s"}, /* WFE */
    {0xffffffff, 0xd503207f, PV_OP_IntAlu, PV_UOP_QUIESCE | PV_UOP_SERIALIZE_AFTER | PV_UOP_NON_SPECULATIVE, "CGYO", ""},  /* WFI */
    {0xffffffdf, 0xd503209f, PV_OP_IntAlu, PV_UOP_SQUASH_AFTER | PV_UOP_NON_SPECULATIVE, "O", "s"},                        /* SEV, SEVL */
    {0xffffffff, 0xd50320ff, PV_OP_IntAlu, 0, "l", "l"},                                                                   /* XPACLRI */
    {0xffffff3f, 0xd503211f, PV_OP_IntAlu, 0, "ji", "j"},                                               /* PACIA1716 and kin */
    {0xffffff3f, 0xd503231f, PV_OP_IntAlu, 0, "lz", "l"},                                               /* PACIAZ and kin */
    {0xffffff3f, 0xd503233f, PV_OP_IntAlu, 0, "lp", "l"},                                               /* PACIASP, AUTIASP and kin */
    {0xfffff01f, 0xd503201f, PV_OP_No_OpClass, PV_UOP_NON_SPECULATIVE, "", ""},                         /* BTI, CSDB, other hints */
    {0xfffff0ff, 0xd503305f, PV_OP_IntAlu, 0, "", "k"},                                                 /* CLREX */
    {0xfffff0ff, 0xd503309f, PV_OP_IntAlu, FENCE | PV_UOP_SERIALIZE_AFTER, "", ""},                     /* DSB */
    {0xfffff0ff, 0xd50330bf, PV_OP_IntAlu, FENCE, "", ""},                                              /* DMB */
    {0xfffff0ff, 0xd50330df, PV_OP_IntAlu, PV_UOP_SQUASH_AFTER, "", ""},                                /* ISB */
    {0xfffff0ff, 0xd50330ff, PV_OP_IntAlu, PV_UOP_SQUASH_AFTER | PV_UOP_SERIALIZE_AFTER, "", ""},       /* SB (later) */
    {0xffffff1f, 0xd500401f, PV_OP_IntAlu, 0, "fcv", "fcv"},                                            /* CFINV, XAFLAG, AXFLAG (later) */
    {0xfffff0df, 0xd50340df, PV_OP_IntAlu, PV_UOP_SERIALIZE_AFTER | PV_UOP_NON_SPECULATIVE, "R", "C"},  /* MSR DAIFSet, DAIFClr */
    {0xfff8f01f, 0xd500401f, PV_OP_IntAlu, PV_UOP_SERIALIZE_AFTER | PV_UOP_NON_SPECULATIVE, "R", "r"},  /* MSR (immediate) */
    {0xffffffe0, 0xd53b4200, PV_OP_IntAlu, 0, "fcv", "d"},                                              /* MRS NZCV */
    {0xffffffe0, 0xd51b4200, PV_OP_IntAlu, 0, "d", "fcv"},                                              /* MSR NZCV */
    {0xfff00000, 0xd5300000, PV_OP_IntAlu, PV_UOP_SERIALIZE_BEFORE, "Rr", "d"},                         /* MRS */
    {0xfff00000, 0xd5100000, PV_OP_IntAlu, PV_UOP_SERIALIZE_AFTER | PV_UOP_NON_SPECULATIVE, "Rd", "r"}, /* MSR */
    {0xfff80000, 0xd5280000, PV_OP_IntAlu, PV_UOP_SERIALIZE_BEFORE, "Rr", "d"},                         /* SYSL */
    {0xfff80000, 0xd5080000, PV_OP_IntAlu, PV_UOP_SERIALIZE_AFTER | PV_UOP_NON_SPECULATIVE, "Rd", "r"}, /* SYS: IC, AT, TLBI */
};

static void set_target(struct a64 *a)
{
	int64_t words;
	if (a64_bits(a, 30, 26) == 5)
		words = a64_signed(a, 25, 0);
	else if (a64_bits(a, 30, 25) == 0x1b)
		words = a64_signed(a, 18, 5);
	else
		words = a64_signed(a, 23, 5);
	a->uops[0].target = a->pc + (uint64_t)(words * 4);
}

bool a64_decode_branch(struct a64 *a)
{
	if (a64_by_rows(a, direct, A64_N_ROWS(direct))) {
		set_target(a);
		return true;
	}
	return a64_by_rows(a, indirect, A64_N_ROWS(indirect));
}

/* DC: cleaning and zeroing are stores of a cache block in gem5. */
static bool decode_data_cache(struct a64 *a)
{
	enum { BLOCK_BYTES = 64 };
	if (a64_bits(a, 31, 19) != 0x1aa1 || a64_bits(a, 15, 12) != 7) /* SYS with CRn 7 */
		return false;
	switch (a64_bits(a, 18, 16) << 8 | a64_bits(a, 11, 8) << 4 | a64_bits(a, 7, 5)) {
	case 0x341: /* DC ZVA */ a64_add_mem(a, PV_OP_MemWrite, 0, "dRw", "", BLOCK_BYTES, 0); return true;
	case 0x3a1: /* DC CVAC */
	case 0x3b1: /* DC CVAU */
	case 0x3c1: /* DC CVAP (later) */
	case 0x3e1: /* DC CIVAC */
	case 0x061: /* DC IVAC */ a64_add_mem(a, PV_OP_MemWrite, 0, "dR", "", BLOCK_BYTES, 0); return true;
	}
	return false;
}

bool a64_decode_system(struct a64 *a)
{
	return decode_data_cache(a) || a64_by_rows(a, system_rows, A64_N_ROWS(system_rows));
}
