/*
 * aarch64_int.c - integer data processing, immediate and register (Arm ARM, C4.1.86 and C4.1.95)
 *
 * gem5 lists the shifted or extended second operand before the first. A destination of 31 is the zero register (34), a source of 31
 * stays 31, so XZR as a source and as a destination are two registers in its traces. Rows marked "later" are extensions that gem5 21 has
 * not; they follow their nearest relative.
 */
#include "isa/aarch64.h"

static const struct a64_row immediate[] = {
    {0x1f000000, 0x10000000, PV_OP_IntAlu, 0, "", "D"},     /* ADR, ADRP */
    {0x3f800000, 0x11000000, PV_OP_IntAlu, 0, "N", "S"},    /* ADD, SUB */
    {0x3f800000, 0x31000000, PV_OP_IntAlu, 0, "N", "Dfvc"}, /* ADDS, SUBS */
    {0xffc00000, 0x91800000, PV_OP_IntAlu, 0, "N", "S"},    /* ADDG (later) */
    {0xffc00000, 0xd1800000, PV_OP_IntAlu, 0, "N", "S"},    /* SUBG (later) */
    {0x7f800000, 0x72000000, PV_OP_IntAlu, 0, "n", "Dfvc"}, /* ANDS */
    {0x1f800000, 0x12000000, PV_OP_IntAlu, 0, "n", "S"},    /* AND, ORR, EOR */
    {0x7ff00000, 0x11c00000, PV_OP_IntAlu, 0, "n", "D"},    /* SMAX, SMIN, UMAX, UMIN (later) */
    {0x7f800000, 0x12800000, PV_OP_IntAlu, 0, "", "D"},     /* MOVN */
    {0x7f800000, 0x52800000, PV_OP_IntAlu, 0, "", "D"},     /* MOVZ */
    {0x7f800000, 0x72800000, PV_OP_IntAlu, 0, "D", "D"},    /* MOVK */
    {0x7f800000, 0x13000000, PV_OP_IntAlu, 0, "n", "D"},    /* SBFM: ASR, SBFX, SXTB, SXTW */
    {0x7f800000, 0x33000000, PV_OP_IntAlu, 0, "nD", "D"},   /* BFM */
    {0x7f800000, 0x53000000, PV_OP_IntAlu, 0, "n", "D"},    /* UBFM: LSL, LSR, UBFX, UXTB */
    {0x7fa00000, 0x13800000, PV_OP_IntAlu, 0, "mn", "D"},   /* EXTR, ROR */
};

static const struct a64_row reg[] = {
    {0x7f000000, 0x6a000000, PV_OP_IntAlu, 0, "mn", "Dfvc"},   /* ANDS, BICS (shifted) */
    {0x1f000000, 0x0a000000, PV_OP_IntAlu, 0, "mn", "D"},      /* AND, BIC, ORR, ORN, EOR, EON (shifted) */
    {0x3f200000, 0x0b000000, PV_OP_IntAlu, 0, "mn", "D"},      /* ADD, SUB (shifted) */
    {0x3f200000, 0x2b000000, PV_OP_IntAlu, 0, "mn", "Dfvc"},   /* ADDS, SUBS (shifted) */
    {0x3fe00000, 0x0b200000, PV_OP_IntAlu, 0, "mN", "S"},      /* ADD, SUB (extended) */
    {0x3fe00000, 0x2b200000, PV_OP_IntAlu, 0, "mN", "Dfvc"},   /* ADDS, SUBS (extended) */
    {0x3fe0fc00, 0x1a000000, PV_OP_IntAlu, 0, "mnc", "D"},     /* ADC, SBC */
    {0x3fe0fc00, 0x3a000000, PV_OP_IntAlu, 0, "mnc", "Dcfv"},  /* ADCS, SBCS */
    {0xffe07c10, 0xba000400, PV_OP_IntAlu, 0, "nfcv", "fcv"},  /* RMIF (later) */
    {0xffffbc1f, 0x3a00080d, PV_OP_IntAlu, 0, "n", "fv"},      /* SETF8, SETF16 (later) */
    {0x3fe00c10, 0x3a400000, PV_OP_IntAlu, 0, "mfcvn", "fcv"}, /* CCMN, CCMP (register) */
    {0x3fe00c10, 0x3a400800, PV_OP_IntAlu, 0, "fcvn", "fcv"},  /* CCMN, CCMP (immediate) */
    {0x3fe00800, 0x1a800000, PV_OP_IntAlu, 0, "fcvnm", "D"},   /* CSEL, CSINC, CSINV, CSNEG */
    {0x7fe0f000, 0x1ac06000, PV_OP_IntAlu, 0, "nm", "D"},      /* SMAX, SMIN, UMAX, UMIN (later) */
    {0x7fe0fc00, 0x1ac00800, PV_OP_IntDiv, 0, "mn", "D"},      /* UDIV */
    {0x7fe0fc00, 0x1ac00c00, PV_OP_IntDiv, 0, "nm", "D"},      /* SDIV */
    {0x7fe0f000, 0x1ac02000, PV_OP_IntAlu, 0, "nm", "D"},      /* LSLV, LSRV, ASRV, RORV */
    {0xffe0fc00, 0x9ac03000, PV_OP_IntAlu, 0, "nM", "d"},      /* PACGA */
    {0xffe0e000, 0x9ac04000, PV_OP_IntAlu, 0, "nm", "D"},      /* CRC32X, CRC32CX */
    {0x7fe0e000, 0x1ac04000, PV_OP_IntAlu, 0, "nm", "D"},      /* CRC32B and kin */
    {0xffe0fc00, 0x9ac00000, PV_OP_IntAlu, 0, "mN", "D"},      /* SUBP (later) */
    {0xffe0fc00, 0xbac00000, PV_OP_IntAlu, 0, "mN", "Dfvc"},   /* SUBPS (later) */
    {0xffe0fc00, 0x9ac01000, PV_OP_IntAlu, 0, "Nm", "S"},      /* IRG (later) */
    {0xffe0fc00, 0x9ac01400, PV_OP_IntAlu, 0, "Nm", "D"},      /* GMI (later) */
    {0x7fffe000, 0x5ac00000, PV_OP_IntAlu, 0, "n", "D"},       /* RBIT, REV16, REV, REV32, CLZ, CLS and the later CTZ, CNT, ABS */
    {0xffffe000, 0xdac10000, PV_OP_IntAlu, 0, "dN", "d"},      /* PACIA and kin, AUTIA and kin */
    {0xffffe3e0, 0xdac123e0, PV_OP_IntAlu, 0, "dz", "d"},      /* PACIZA and kin, AUTIZA and kin */
    {0xfffffbe0, 0xdac143e0, PV_OP_IntAlu, 0, "d", "d"},       /* XPACI, XPACD */
    {0x7fe00000, 0x1b000000, PV_OP_IntMult, 0, "anm", "D"},    /* MADD, MSUB */
    {0xff600000, 0x9b200000, PV_OP_IntMult, 0, "anm", "D"},    /* SMADDL, SMSUBL, UMADDL, UMSUBL */
    {0xff608000, 0x9b400000, PV_OP_IntMult, 0, "nm", "D"},     /* SMULH, UMULH */
};

/* 32-bit forms leave the sixth bit of a shift, a position or a half-word number unused. */
static bool reserved_immediate(const struct a64 *a)
{
	if (a64_bits(a, 31, 31) || a64_bits(a, 28, 23) < 0x24)
		return false;
	bool positions = a64_bits(a, 25, 24) == 3; /* bit fields and EXTR; else logical and wide moves */
	return a64_bits(a, 22, 22) || (positions && (a64_bits(a, 15, 15) || (a64_bits(a, 23, 23) == 0 && a64_bits(a, 21, 21))));
}

bool a64_decode_immediate(struct a64 *a)
{
	if (reserved_immediate(a))
		return false;
	return a64_by_rows(a, immediate, A64_N_ROWS(immediate));
}

bool a64_decode_register(struct a64 *a)
{
	return a64_by_rows(a, reg, A64_N_ROWS(reg));
}
