/*
 * aarch64_system_registers.c - the numbers that gem5 gives to system registers (Arm ARM, C5.1.5: their encodings)
 */
#include "isa/aarch64.h"

#include <stddef.h>

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
