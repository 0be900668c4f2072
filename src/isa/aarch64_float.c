/*
 * aarch64_float.c - scalar floating point (Arm ARM, C4.1.96: bits 30 and 28:25 = 0 1111)
 *
 * Every micro-operation reads CPSR and CPACR_EL1 ("is floating point enabled"); arithmetic also reads and writes the cumulative exception
 * flags (FPSCR_EXC). FCSEL is the exception: gem5 checks nothing there.
 */
#include "isa/aarch64.h"

/* Half precision (type 11) is later than gem5's and follows single and double. */
static const struct a64_row rows[] = {
    {0xff000000, 0x1f000000, PV_OP_FloatMultAcc, 0, "PX123", "X0"},  /* FMADD, FMSUB, FNMADD, FNMSUB */
    {0xff201fe0, 0x1e201000, PV_OP_FloatMisc, 0, "P", "0"},          /* FMOV (immediate) */
    {0xff200c00, 0x1e200400, PV_OP_FloatCmp, 0, "PXfcv12", "Xfcvh"}, /* FCCMP, FCCMPE */
    {0xff200c00, 0x1e200c00, PV_OP_FloatCvt, 0, "fcv12", "0"},       /* FCSEL */
    {0xff20fc00, 0x1e200800, PV_OP_FloatMult, 0, "PX12", "X0"},      /* FMUL */
    {0xff20fc00, 0x1e208800, PV_OP_FloatMult, 0, "PX12", "X0"},      /* FNMUL */
    {0xff20fc00, 0x1e201800, PV_OP_FloatDiv, 0, "PX12", "X0"},       /* FDIV */
    {0xff20ec00, 0x1e202800, PV_OP_FloatAdd, 0, "PX12", "X0"},       /* FADD, FSUB */
    {0xff20cc00, 0x1e204800, PV_OP_FloatCmp, 0, "PX12", "X0"},       /* FMAX, FMIN, FMAXNM, FMINNM */
    {0xff3ffc00, 0x1e204000, PV_OP_FloatMisc, 0, "P1", "0"},         /* FMOV (register) */
    {0xff3ffc00, 0x1e21c000, PV_OP_FloatSqrt, 0, "PX1", "X0"},       /* FSQRT */
    {0xff3ffc00, 0x1e20c000, PV_OP_FloatMisc, 0, "PX1", "X0"},       /* FABS */
    {0xff3ffc00, 0x1e214000, PV_OP_FloatMisc, 0, "PX1", "X0"},       /* FNEG */
    {0xff3e7c00, 0x1e224000, PV_OP_FloatCvt, 0, "PX1", "X0"},        /* FCVT between precisions, BFCVT (later) */
    {0xff3c7c00, 0x1e244000, PV_OP_FloatMisc, 0, "PX1", "X0"},       /* FRINTN to FRINTI */
    {0xff3c7c00, 0x1e284000, PV_OP_FloatMisc, 0, "PX1", "X0"},       /* FRINT32Z and kin (later) */
    {0x7f26fc00, 0x1e220000, PV_OP_FloatCvt, 0, "PXn", "X0"},        /* SCVTF, UCVTF (integer) */
    {0xfffffc00, 0x1e7e0000, PV_OP_FloatCvt, 0, "PX1", "Xdfvc"},     /* FJCVTZS */
    {0x7f3ffc00, 0x1e260000, PV_OP_FloatMisc, 0, "P1", "d"},         /* FMOV to W, X */
    {0x7f3ffc00, 0x1e270000, PV_OP_FloatMisc, 0, "Pn", "0"},         /* FMOV from W, X */
    {0xfffffc00, 0x9eae0000, PV_OP_FloatMisc, 0, "P1", "d"},         /* FMOV X, V.D[1] */
    {0xfffffc00, 0x9eaf0000, PV_OP_FloatMisc, 0, "P0n", "0"},        /* FMOV V.D[1], X */
    {0x7f20fc00, 0x1e200000, PV_OP_FloatCvt, 0, "PX1", "Xd"},        /* FCVTNS and kin: to integer */
    {0x7f3e0000, 0x1e020000, PV_OP_FloatCvt, 0, "PXn", "X0"},        /* SCVTF, UCVTF (fixed point) */
    {0x7f3e0000, 0x1e180000, PV_OP_FloatCvt, 0, "PX1", "Xd"},        /* FCVTZS, FCVTZU (fixed point) */
};

/* FCMP, FCMPE: the compared registers are Rn and, unless with zero, Rm. */
static bool decode_compare(struct a64 *a)
{
	if ((a->word & 0xff20fc07) != 0x1e202000)
		return false;
	a64_add(a, PV_OP_FloatCmp, 0, a64_bits(a, 3, 3) ? "PX1" : "PX12", "Xfcvh");
	return true;
}

bool a64_decode_float(struct a64 *a)
{
	return decode_compare(a) || a64_by_rows(a, rows, A64_N_ROWS(rows));
}
