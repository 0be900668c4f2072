/*
 * aarch64_branch.c - branches, exception generation, hints, barriers and system registers (Arm ARM, C4.1.89 to C4.1.94)
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

/* Registers (and cache operations) that programs name, by bits 20:5 of the instruction; numbers of gem5's MiscRegIndex. */
static const struct {
	uint16_t encoding, index;
} system_registers[] = {
#define KEY(op0, op1, crn, crm, op2) ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
    {KEY(3, 3, 13, 0, 2), 675},  /* TPIDR_EL0 */
    {KEY(3, 3, 13, 0, 3), 676},  /* TPIDRRO_EL0 */
    {KEY(3, 3, 4, 4, 0), 548},   /* FPCR */
    {KEY(3, 3, 4, 4, 1), 549},   /* FPSR */
    {KEY(3, 3, 0, 0, 1), 502},   /* CTR_EL0 */
    {KEY(3, 3, 0, 0, 7), 503},   /* DCZID_EL0 */
    {KEY(3, 3, 4, 2, 1), 547},   /* DAIF */
    {KEY(3, 3, 14, 0, 0), 679},  /* CNTFRQ_EL0 */
    {KEY(3, 3, 14, 0, 1), 680},  /* CNTPCT_EL0 */
    {KEY(3, 3, 14, 0, 2), 681},  /* CNTVCT_EL0 */
    {KEY(3, 3, 14, 2, 0), 684},  /* CNTP_TVAL_EL0 */
    {KEY(3, 3, 14, 2, 1), 682},  /* CNTP_CTL_EL0 */
    {KEY(3, 3, 14, 2, 2), 683},  /* CNTP_CVAL_EL0 */
    {KEY(3, 3, 14, 3, 0), 687},  /* CNTV_TVAL_EL0 */
    {KEY(3, 3, 14, 3, 1), 685},  /* CNTV_CTL_EL0 */
    {KEY(3, 3, 14, 3, 2), 686},  /* CNTV_CVAL_EL0 */
    {KEY(3, 3, 9, 12, 4), 643},  /* PMSWINC_EL0 */
    {KEY(3, 3, 9, 12, 6), 645},  /* PMCEID0_EL0 */
    {KEY(3, 3, 9, 12, 7), 646},  /* PMCEID1_EL0 */
    {KEY(3, 3, 9, 14, 3), 652},  /* PMOVSSET_EL0 */
    {KEY(3, 3, 14, 15, 7), 649}, /* PMCCFILTR_EL0 */
    {KEY(3, 3, 14, 8, 0), 713},  /* PMEVCNTR0_EL0 */
    {KEY(3, 3, 14, 8, 1), 714},  /* PMEVCNTR1_EL0 */
    {KEY(3, 3, 14, 8, 2), 715},  /* PMEVCNTR2_EL0 */
    {KEY(3, 3, 14, 8, 3), 716},  /* PMEVCNTR3_EL0 */
    {KEY(3, 3, 14, 8, 4), 717},  /* PMEVCNTR4_EL0 */
    {KEY(3, 3, 14, 8, 5), 718},  /* PMEVCNTR5_EL0 */
    {KEY(3, 3, 14, 12, 0), 719}, /* PMEVTYPER0_EL0 */
    {KEY(3, 3, 14, 12, 1), 720}, /* PMEVTYPER1_EL0 */
    {KEY(3, 3, 14, 12, 2), 721}, /* PMEVTYPER2_EL0 */
    {KEY(3, 3, 14, 12, 3), 722}, /* PMEVTYPER3_EL0 */
    {KEY(3, 3, 14, 12, 4), 723}, /* PMEVTYPER4_EL0 */
    {KEY(3, 3, 14, 12, 5), 724}, /* PMEVTYPER5_EL0 */
    {KEY(3, 0, 0, 0, 0), 466},   /* MIDR_EL1 */
    {KEY(3, 0, 0, 0, 5), 467},   /* MPIDR_EL1 */
    {KEY(3, 0, 0, 0, 6), 468},   /* REVIDR_EL1 */
    {KEY(3, 0, 0, 4, 0), 488},   /* ID_AA64PFR0_EL1 */
    {KEY(3, 0, 0, 4, 1), 489},   /* ID_AA64PFR1_EL1 */
    {KEY(3, 0, 0, 4, 4), 963},   /* ID_AA64ZFR0_EL1 */
    {KEY(3, 0, 0, 5, 0), 490},   /* ID_AA64DFR0_EL1 */
    {KEY(3, 0, 0, 6, 0), 494},   /* ID_AA64ISAR0_EL1 */
    {KEY(3, 0, 0, 6, 1), 495},   /* ID_AA64ISAR1_EL1 */
    {KEY(3, 0, 0, 7, 0), 496},   /* ID_AA64MMFR0_EL1 */
    {KEY(3, 0, 0, 7, 1), 497},   /* ID_AA64MMFR1_EL1 */
    {KEY(3, 0, 0, 7, 2), 742},   /* ID_AA64MMFR2_EL1 */
    {KEY(3, 0, 4, 2, 2), 545},   /* CurrentEL */
    {KEY(3, 0, 4, 2, 0), 544},   /* SPSel */
    {KEY(3, 0, 4, 1, 0), 543},   /* SP_EL0 */
    {KEY(3, 3, 9, 12, 0), 639},  /* PMCR_EL0 */
    {KEY(3, 3, 9, 12, 1), 640},  /* PMCNTENSET_EL0 */
    {KEY(3, 3, 9, 12, 2), 641},  /* PMCNTENCLR_EL0 */
    {KEY(3, 3, 9, 12, 3), 642},  /* PMOVSCLR_EL0 */
    {KEY(3, 3, 9, 12, 5), 644},  /* PMSELR_EL0 */
    {KEY(3, 3, 9, 13, 0), 647},  /* PMCCNTR_EL0 */
    {KEY(3, 3, 9, 13, 1), 648},  /* PMXEVTYPER_EL0 */
    {KEY(3, 3, 9, 13, 2), 650},  /* PMXEVCNTR_EL0 */
    {KEY(3, 3, 9, 14, 0), 651},  /* PMUSERENR_EL0 */
    {KEY(1, 3, 7, 5, 1), 593},   /* IC IVAU */
    {KEY(1, 0, 7, 5, 0), 583},   /* IC IALLU */
    {KEY(0, 0, 4, 0, 5), 544},   /* MSR SPSel, #imm */
    {KEY(0, 0, 4, 0, 4), 986},   /* MSR PAN, #imm */
    {KEY(0, 0, 4, 0, 3), 987},   /* MSR UAO, #imm */
};

unsigned a64_system_register(uint32_t word)
{
	unsigned encoding = word >> 5 & 0xffff;
	if (!(encoding >> 14))
		encoding &= ~(15u << 3); /* in MSR (immediate) CRm is no part of the name */
	for (size_t i = 0; i < A64_N_ROWS(system_registers); i++) {
		if (system_registers[i].encoding == encoding)
			return system_registers[i].index;
	}
	return 973; /* gem5's MISCREG_UNKNOWN */
}

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
