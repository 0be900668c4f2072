/*
 * aarch64_simd.c - advanced SIMD, vector and scalar, and cryptography (Arm ARM, C4.1.96)
 *
 * gem5 gives the scalar forms the classes and operands of the vector forms, so one row serves both: the masks leave out Q (30) and
 * scalar (28). Every micro-operation reads CPSR and CPACR_EL1, cryptography apart. Accumulating and inserting instructions read their
 * destination too; saturating ones read and write FPSCR_QC, floating-point ones FPSCR_EXC, in the order that the strings show.
 * Rows marked "later" are extensions that gem5 21 has not; they follow their nearest relative.
 */
#include "isa/aarch64.h"

/* Groups by their fixed bits; u is bit 29. EITHER_ leaves u out. */
#define SAME(u, op) 0xaf20fc00, 0x0e200400 | (u) << 29 | (op) << 11
#define EITHER_SAME(op) 0x8f20fc00, 0x0e200400 | (op) << 11
#define SAME_HIGH(u, op) 0xafa0fc00, 0x0ea00400 | (u) << 29 | (op) << 11 /* size<1> set */
#define DIFF(u, op) 0xaf20fc00, 0x0e200000 | (u) << 29 | (op) << 12
#define EITHER_DIFF(op) 0x8f20fc00, 0x0e200000 | (op) << 12
#define EITHER_DIFF_Q(q, op) 0xcf20fc00, 0x0e200000 | (q) << 30 | (op) << 12
#define MISC(u, op) 0xaf3ffc00, 0x0e200800 | (u) << 29 | (op) << 12
#define EITHER_MISC(op) 0x8f3ffc00, 0x0e200800 | (op) << 12
#define MISC_Q2(u, op) 0xff3ffc00, 0x4e200800 | (u) << 29 | (op) << 12 /* the "2" form: writes the upper half of a vector */
#define MISC_HIGH(u, op) 0xafbffc00, 0x0ea00800 | (u) << 29 | (op) << 12
#define ACROSS(u, op) 0xaf3ffc00, 0x0e300800 | (u) << 29 | (op) << 12
#define EITHER_ACROSS(op) 0x8f3ffc00, 0x0e300800 | (op) << 12

/* Mask and value are one column of these rows: a pair of numbers that a macro gives. */
static const struct a64_row same[] = {
    {SAME_HIGH(1, 0x03), PV_OP_SimdAlu, 0, "P120", "0"},                 /* BIT, BIF */
    {0xafe0fc00, 0x2e601c00, PV_OP_SimdAlu, 0, "P120", "0"},             /* BSL */
    {EITHER_SAME(0x03), PV_OP_SimdAlu, 0, "P12", "0"},                   /* AND, BIC, ORR, ORN, EOR */
    {EITHER_SAME(0x01), PV_OP_SimdAdd, 0, "P12Q", "Q0"},                 /* SQADD, UQADD */
    {EITHER_SAME(0x05), PV_OP_SimdAdd, 0, "P12Q", "Q0"},                 /* SQSUB, UQSUB */
    {0x8f20dc00, 0x0e200400 | 0x00 << 11, PV_OP_SimdAdd, 0, "P12", "0"}, /* SHADD, UHADD, SHSUB, UHSUB */
    {EITHER_SAME(0x02), PV_OP_SimdAdd, 0, "P12", "0"},                   /* SRHADD, URHADD */
    {0x8f20f400, 0x0e200400 | 0x06 << 11, PV_OP_SimdCmp, 0, "P12", "0"}, /* CMGT, CMHI, CMGE, CMHS */
    {EITHER_SAME(0x08), PV_OP_SimdShift, 0, "P12", "0"},                 /* SSHL, USHL */
    {EITHER_SAME(0x0a), PV_OP_SimdShift, 0, "P12", "0"},                 /* SRSHL, URSHL */
    {EITHER_SAME(0x09), PV_OP_SimdAlu, 0, "P12Q", "Q0"},                 /* SQSHL, UQSHL */
    {EITHER_SAME(0x0b), PV_OP_SimdCmp, 0, "P12Q", "Q0"},                 /* SQRSHL, UQRSHL: a comparison in gem5's table */
    {EITHER_SAME(0x0c), PV_OP_SimdCmp, 0, "P12", "0"},                   /* SMAX, UMAX */
    {EITHER_SAME(0x0d), PV_OP_SimdCmp, 0, "P12", "0"},                   /* SMIN, UMIN */
    {EITHER_SAME(0x0e), PV_OP_SimdAdd, 0, "P12", "0"},                   /* SABD, UABD */
    {EITHER_SAME(0x0f), PV_OP_SimdAddAcc, 0, "P120", "0"},               /* SABA, UABA */
    {EITHER_SAME(0x10), PV_OP_SimdAdd, 0, "P12", "0"},                   /* ADD, SUB */
    {SAME(0, 0x11), PV_OP_SimdAlu, 0, "P12", "0"},                       /* CMTST */
    {SAME(1, 0x11), PV_OP_SimdCmp, 0, "P12", "0"},                       /* CMEQ */
    {EITHER_SAME(0x12), PV_OP_SimdMultAcc, 0, "P120", "0"},              /* MLA, MLS */
    {EITHER_SAME(0x13), PV_OP_SimdMult, 0, "P12", "0"},                  /* MUL, PMUL */
    {EITHER_SAME(0x14), PV_OP_SimdCmp, 0, "P12", "0"},                   /* SMAXP, UMAXP */
    {EITHER_SAME(0x15), PV_OP_SimdCmp, 0, "P12", "0"},                   /* SMINP, UMINP */
    {EITHER_SAME(0x16), PV_OP_SimdMult, 0, "P12Q", "Q0"},                /* SQDMULH, SQRDMULH */
    {SAME(0, 0x17), PV_OP_SimdAdd, 0, "P12", "0"},                       /* ADDP */
    {EITHER_SAME(0x18), PV_OP_SimdFloatCmp, 0, "P12X", "X0"},            /* FMAXNM, FMINNM, FMAXNMP, FMINNMP */
    {EITHER_SAME(0x19), PV_OP_SimdFloatMultAcc, 0, "P120X", "0X"},       /* FMLA, FMLS; FMLAL2, FMLSL2 (later) */
    {EITHER_SAME(0x1a), PV_OP_SimdFloatAdd, 0, "P12X", "X0"},            /* FADD, FSUB, FABD, FADDP */
    {EITHER_SAME(0x1b), PV_OP_SimdFloatMult, 0, "P12X", "X0"},           /* FMULX, FMUL */
    {EITHER_SAME(0x1c), PV_OP_SimdFloatCmp, 0, "P12X", "X0"},            /* FCMEQ, FCMGE, FCMGT */
    {SAME(1, 0x1d), PV_OP_SimdFloatCmp, 0, "P12X", "X0"},                /* FACGE, FACGT */
    {SAME(0, 0x1d), PV_OP_SimdFloatMultAcc, 0, "P120X", "0X"},           /* FMLAL, FMLSL (later) */
    {EITHER_SAME(0x1e), PV_OP_SimdFloatCmp, 0, "P12X", "X0"},            /* FMAX, FMIN, FMAXP, FMINP */
    {SAME_HIGH(0, 0x1f), PV_OP_SimdFloatMisc, 0, "P12X", "X0"},          /* FRSQRTS */
    {SAME(0, 0x1f), PV_OP_SimdFloatMultAcc, 0, "P12X", "X0"},            /* FRECPS */
    {SAME(1, 0x1f), PV_OP_SimdFloatDiv, 0, "P12X", "X0"},                /* FDIV */
};

static const struct a64_row different[] = {
    {EITHER_DIFF(0x0), PV_OP_SimdAddAcc, 0, "P12", "0"},    /* SADDL, UADDL */
    {EITHER_DIFF(0x1), PV_OP_SimdAddAcc, 0, "P12", "0"},    /* SADDW, UADDW */
    {EITHER_DIFF(0x2), PV_OP_SimdAdd, 0, "P12", "0"},       /* SSUBL, USUBL */
    {EITHER_DIFF(0x3), PV_OP_SimdAdd, 0, "P12", "0"},       /* SSUBW, USUBW */
    {EITHER_DIFF_Q(0, 0x4), PV_OP_SimdAdd, 0, "P12", "0"},  /* ADDHN, RADDHN */
    {EITHER_DIFF_Q(1, 0x4), PV_OP_SimdAdd, 0, "P120", "0"}, /* ADDHN2, RADDHN2 */
    {EITHER_DIFF_Q(0, 0x6), PV_OP_SimdAdd, 0, "P12", "0"},  /* SUBHN, RSUBHN */
    {EITHER_DIFF_Q(1, 0x6), PV_OP_SimdAdd, 0, "P120", "0"}, /* SUBHN2, RSUBHN2 */
    {EITHER_DIFF(0x5), PV_OP_SimdAddAcc, 0, "P120", "0"},   /* SABAL, UABAL */
    {EITHER_DIFF(0x7), PV_OP_SimdAddAcc, 0, "P120", "0"},   /* SABDL, UABDL: an accumulation in gem5's table */
    {EITHER_DIFF(0x8), PV_OP_SimdMultAcc, 0, "P120", "0"},  /* SMLAL, UMLAL */
    {EITHER_DIFF(0xa), PV_OP_SimdMultAcc, 0, "P120", "0"},  /* SMLSL, UMLSL */
    {EITHER_DIFF(0xc), PV_OP_SimdMult, 0, "P12", "0"},      /* SMULL, UMULL */
    {DIFF(0, 0x9), PV_OP_SimdMultAcc, 0, "P120Q", "0Q"},    /* SQDMLAL */
    {DIFF(0, 0xb), PV_OP_SimdMultAcc, 0, "P120Q", "0Q"},    /* SQDMLSL */
    {DIFF(0, 0xd), PV_OP_SimdMult, 0, "P120Q", "0Q"},       /* SQDMULL */
    {DIFF(0, 0xe), PV_OP_SimdMult, 0, "P12", "0"},          /* PMULL (of doublewords: later) */
};

static const struct a64_row two_register[] = {
    {0xff3ffc00, 0x4e280800 | 0x4 << 12, PV_OP_SimdAes, 0, "010O", "0"},      /* AESE */
    {0xff3ffc00, 0x4e280800 | 0x5 << 12, PV_OP_SimdAes, 0, "010O", "0"},      /* AESD */
    {0xff3fec00, 0x4e280800 | 0x6 << 12, PV_OP_SimdAesMix, 0, "10O", "0"},    /* AESMC, AESIMC */
    {0xff3ffc00, 0x5e280800 | 0x0 << 12, PV_OP_SimdSha1Hash2, 0, "10O", "0"}, /* SHA1H */
    {0xff3ffc00, 0x5e280800 | 0x1 << 12, PV_OP_SimdShaSigma2, 0, "10O", "0"}, /* SHA1SU1 */
    {0xff3ffc00, 0x5e280800 | 0x2 << 12, PV_OP_SimdShaSigma2, 0, "10O", "0"}, /* SHA256SU0 */
    {EITHER_MISC(0x00), PV_OP_SimdAlu, 0, "P1", "0"},                         /* REV64, REV32 */
    {MISC(0, 0x01), PV_OP_SimdAlu, 0, "P1", "0"},                             /* REV16 */
    {EITHER_MISC(0x02), PV_OP_SimdAdd, 0, "P1", "0"},                         /* SADDLP, UADDLP */
    {EITHER_MISC(0x03), PV_OP_SimdAdd, 0, "P10Q", "0Q"},                      /* SUQADD, USQADD */
    {EITHER_MISC(0x04), PV_OP_SimdAlu, 0, "P1", "0"},                         /* CLS, CLZ */
    {EITHER_MISC(0x05), PV_OP_SimdAlu, 0, "P1", "0"},                         /* CNT, NOT, RBIT */
    {EITHER_MISC(0x06), PV_OP_SimdAdd, 0, "P10", "0"},                        /* SADALP, UADALP */
    {EITHER_MISC(0x07), PV_OP_SimdAlu, 0, "P1Q", "Q0"},                       /* SQABS, SQNEG */
    {EITHER_MISC(0x08), PV_OP_SimdCmp, 0, "P1", "0"},                         /* CMGT, CMGE (zero) */
    {EITHER_MISC(0x09), PV_OP_SimdCmp, 0, "P1", "0"},                         /* CMEQ, CMLE (zero) */
    {MISC(0, 0x0a), PV_OP_SimdCmp, 0, "P1", "0"},                             /* CMLT (zero) */
    {EITHER_MISC(0x0b), PV_OP_SimdAlu, 0, "P1", "0"},                         /* ABS, NEG */
    {EITHER_MISC(0x0c), PV_OP_SimdFloatCmp, 0, "P1X", "X0"},                  /* FCMGT, FCMGE (zero) */
    {EITHER_MISC(0x0d), PV_OP_SimdFloatCmp, 0, "P1X", "X0"},                  /* FCMEQ, FCMLE (zero) */
    {MISC(0, 0x0e), PV_OP_SimdFloatCmp, 0, "P1X", "X0"},                      /* FCMLT (zero) */
    {EITHER_MISC(0x0f), PV_OP_SimdFloatAlu, 0, "P1X", "X0"},                  /* FABS, FNEG */
    {MISC_Q2(0, 0x12), PV_OP_SimdMisc, 0, "P10", "0"},                        /* XTN2 */
    {MISC(0, 0x12), PV_OP_SimdMisc, 0, "P1", "0"},                            /* XTN */
    {MISC_Q2(1, 0x12), PV_OP_SimdMisc, 0, "P1Q0", "Q0"},                      /* SQXTUN2 */
    {MISC(1, 0x12), PV_OP_SimdMisc, 0, "P1Q", "Q0"},                          /* SQXTUN */
    {MISC(1, 0x13), PV_OP_SimdShift, 0, "P1", "0"},                           /* SHLL */
    {MISC_Q2(0, 0x14), PV_OP_SimdMisc, 0, "P1Q0", "Q0"},                      /* SQXTN2 */
    {MISC_Q2(1, 0x14), PV_OP_SimdMisc, 0, "P1Q0", "Q0"},                      /* UQXTN2 */
    {EITHER_MISC(0x14), PV_OP_SimdMisc, 0, "P1Q", "Q0"},                      /* SQXTN, UQXTN */
    {MISC_Q2(0, 0x16), PV_OP_SimdCvt, 0, "P1X0", "X0"},                       /* FCVTN2, BFCVTN2 (later) */
    {MISC_Q2(1, 0x16), PV_OP_SimdCvt, 0, "P1X0", "X0"},                       /* FCVTXN2 */
    {EITHER_MISC(0x16), PV_OP_SimdCvt, 0, "P1X", "X0"},                       /* FCVTN, FCVTXN, BFCVTN (later) */
    {MISC(0, 0x17), PV_OP_SimdCvt, 0, "P1X", "X0"},                           /* FCVTL */
    {EITHER_MISC(0x18), PV_OP_SimdCvt, 0, "P1X", "X0"},                       /* FRINTN, FRINTP, FRINTA */
    {EITHER_MISC(0x19), PV_OP_SimdCvt, 0, "P1X", "X0"},                       /* FRINTM, FRINTZ, FRINTX, FRINTI */
    {EITHER_MISC(0x1a), PV_OP_SimdCvt, 0, "P1X", "X0"},                       /* FCVTNS, FCVTPS and unsigned */
    {EITHER_MISC(0x1b), PV_OP_SimdCvt, 0, "P1X", "X0"},                       /* FCVTMS, FCVTZS and unsigned */
    {MISC_HIGH(0, 0x1c), PV_OP_SimdMultAcc, 0, "P1", "0"},                    /* URECPE */
    {MISC_HIGH(1, 0x1c), PV_OP_SimdSqrt, 0, "P1", "0"},                       /* URSQRTE */
    {EITHER_MISC(0x1c), PV_OP_SimdCvt, 0, "P1X", "X0"},                       /* FCVTAS, FCVTAU */
    {MISC_HIGH(0, 0x1d), PV_OP_SimdFloatMultAcc, 0, "P1X", "X0"},             /* FRECPE */
    {MISC_HIGH(1, 0x1d), PV_OP_SimdFloatSqrt, 0, "P1X", "X0"},                /* FRSQRTE */
    {EITHER_MISC(0x1d), PV_OP_SimdCvt, 0, "P1X", "X0"},                       /* SCVTF, UCVTF */
    {EITHER_MISC(0x1e), PV_OP_SimdCvt, 0, "P1X", "X0"},                       /* FRINT32Z, FRINT32X (later) */
    {MISC_HIGH(0, 0x1f), PV_OP_SimdFloatMultAcc, 0, "P1X", "X0"},             /* FRECPX */
    {MISC_HIGH(1, 0x1f), PV_OP_SimdFloatSqrt, 0, "P1X", "X0"},                /* FSQRT */
    {EITHER_MISC(0x1f), PV_OP_SimdCvt, 0, "P1X", "X0"},                       /* FRINT64Z, FRINT64X (later) */
    {EITHER_ACROSS(0x03), PV_OP_SimdAdd, 0, "P1", "0"},                       /* SADDLV, UADDLV */
    {EITHER_ACROSS(0x0a), PV_OP_SimdCmp, 0, "P1", "0"},                       /* SMAXV, UMAXV */
    {EITHER_ACROSS(0x1a), PV_OP_SimdCmp, 0, "P1", "0"},                       /* SMINV, UMINV */
    {ACROSS(0, 0x1b), PV_OP_SimdAdd, 0, "P1", "0"},                           /* ADDV, ADDP (scalar) */
    {EITHER_ACROSS(0x0c), PV_OP_SimdFloatCmp, 0, "P1X", "X0"},                /* FMAXNMV, FMINNMV, FMAXNMP, FMINNMP (U clear: later) */
    {EITHER_ACROSS(0x0d), PV_OP_SimdFloatAdd, 0, "P1X", "X0"},                /* FADDP (scalar) */
    {EITHER_ACROSS(0x0f), PV_OP_SimdFloatCmp, 0, "P1X", "X0"},                /* FMAXV, FMINV, FMAXP, FMINP */
};

/* Bit 21 clear: three registers of later extensions, permutation, table look-up, copies, SHA of three registers. */
static const struct a64_row without_21[] = {
    {0xffe0fc00, 0x5e000000 | 0x3 << 12, PV_OP_SimdShaSigma3, 0, "120O", "0"},   /* SHA1SU0 */
    {0xffe0cc00, 0x5e000000 | 0x0 << 12, PV_OP_SimdSha1Hash, 0, "120O", "0"},    /* SHA1C, SHA1P, SHA1M */
    {0xffe0fc00, 0x5e000000 | 0x4 << 12, PV_OP_SimdSha256Hash, 0, "120O", "0"},  /* SHA256H */
    {0xffe0fc00, 0x5e000000 | 0x5 << 12, PV_OP_SimdSha256Hash2, 0, "120O", "0"}, /* SHA256H2 */
    {0xffe0fc00, 0x5e000000 | 0x6 << 12, PV_OP_SimdShaSigma3, 0, "120O", "0"},   /* SHA256SU1 */
    {0xaf20f400, 0x2e008400, PV_OP_SimdMult, 0, "P120Q", "0Q"},                  /* SQRDMLAH, SQRDMLSH */
    {0x8f20fc00, 0x0e009400, PV_OP_SimdMultAcc, 0, "P120", "0"},                 /* SDOT, UDOT (later) */
    {0xaf20fc00, 0x0e009c00, PV_OP_SimdMultAcc, 0, "P120", "0"},                 /* USDOT (later) */
    {0xaf20e400, 0x2e00c400, PV_OP_SimdFloatMultAcc, 0, "P120X", "0X"},          /* FCMLA (later) */
    {0xaf20ec00, 0x2e00e400, PV_OP_SimdFloatAdd, 0, "P12X", "X0"},               /* FCADD (later) */
    {0xaf20ec00, 0x2e00ec00, PV_OP_SimdFloatMultAcc, 0, "P120X", "0X"},          /* BFDOT, BFMMLA, BFMLAL (later) */
    {0x8f20f400, 0x0e00a400, PV_OP_SimdMultAcc, 0, "P120", "0"},                 /* SMMLA, UMMLA, USMMLA (later) */
    {0xbfe0fc00, 0x0e000400, PV_OP_SimdMisc, 0, "P1", "0"},                      /* DUP (element), vector */
    {0xffe0fc00, 0x5e000400, PV_OP_SimdMisc, 0, "P1", "0"},                      /* DUP (element), scalar */
    {0xbfe0fc00, 0x0e000c00, PV_OP_SimdMisc, 0, "Pn", "0"},                      /* DUP (general) */
    {0xffe0fc00, 0x4e001c00, PV_OP_SimdMisc, 0, "P0n", "0"},                     /* INS (general) */
    {0xbfe0fc00, 0x0e002c00, PV_OP_SimdMisc, 0, "P1", "d"},                      /* SMOV */
    {0xbfe0fc00, 0x0e003c00, PV_OP_SimdMisc, 0, "P1", "d"},                      /* UMOV */
    {0xffe08400, 0x6e000400, PV_OP_SimdMisc, 0, "P10", "0"},                     /* INS (element) */
    {0xbfe08400, 0x2e000000, PV_OP_SimdMisc, 0, "P12", "0"},                     /* EXT */
    {0xbf20bc00, 0x0e000800 | 0x1 << 12, PV_OP_SimdAlu, 0, "P12", "0"},          /* UZP1, UZP2 */
    {0xbf20bc00, 0x0e000800 | 0x2 << 12, PV_OP_SimdAlu, 0, "P12", "0"},          /* TRN1, TRN2 */
    {0xbf20bc00, 0x0e000800 | 0x3 << 12, PV_OP_SimdAlu, 0, "P12", "0"},          /* ZIP1, ZIP2 */
};

#define IDX(u, op) 0xaf00f400, 0x0f000000 | (u) << 29 | (op) << 12
#define EITHER_IDX(op) 0x8f00f400, 0x0f000000 | (op) << 12

/* By element: '4' is Rm of four bits where the element is a half-word. */
static const struct a64_row by_element[] = {
    {IDX(1, 0x0), PV_OP_SimdMultAcc, 0, "P140", "0"},                   /* MLA */
    {IDX(1, 0x4), PV_OP_SimdMultAcc, 0, "P140", "0"},                   /* MLS */
    {EITHER_IDX(0x2), PV_OP_SimdMultAcc, 0, "P140", "0"},               /* SMLAL, UMLAL */
    {EITHER_IDX(0x6), PV_OP_SimdMultAcc, 0, "P140", "0"},               /* SMLSL, UMLSL */
    {IDX(0, 0x3), PV_OP_SimdMultAcc, 0, "P140Q", "0Q"},                 /* SQDMLAL */
    {IDX(0, 0x7), PV_OP_SimdMultAcc, 0, "P140Q", "0Q"},                 /* SQDMLSL */
    {IDX(0, 0x8), PV_OP_SimdMult, 0, "P14", "0"},                       /* MUL */
    {EITHER_IDX(0xa), PV_OP_SimdMult, 0, "P14", "0"},                   /* SMULL, UMULL */
    {IDX(0, 0xb), PV_OP_SimdMult, 0, "P140Q", "0Q"},                    /* SQDMULL */
    {IDX(0, 0xc), PV_OP_SimdMult, 0, "P14Q", "Q0"},                     /* SQDMULH */
    {IDX(0, 0xd), PV_OP_SimdMult, 0, "P14Q", "Q0"},                     /* SQRDMULH */
    {IDX(1, 0xd), PV_OP_SimdMult, 0, "P140Q", "0Q"},                    /* SQRDMLAH */
    {IDX(1, 0xf), PV_OP_SimdMult, 0, "P140Q", "0Q"},                    /* SQRDMLSH */
    {IDX(0, 0x1), PV_OP_SimdFloatMultAcc, 0, "P140X", "0X"},            /* FMLA (half precision: later) */
    {IDX(0, 0x5), PV_OP_SimdFloatMultAcc, 0, "P140X", "0X"},            /* FMLS (likewise) */
    {EITHER_IDX(0x9), PV_OP_SimdFloatMult, 0, "P14X", "X0"},            /* FMUL, FMULX (likewise) */
    {0xaf009400, 0x2f001000, PV_OP_SimdFloatMultAcc, 0, "P120X", "0X"}, /* FCMLA */
    {EITHER_IDX(0xe), PV_OP_SimdMultAcc, 0, "P120", "0"},               /* SDOT, UDOT (later) */
    {0xafc0f400, 0x0f40f000, PV_OP_SimdFloatMultAcc, 0, "P120", "0"},   /* BFDOT (later) */
    {IDX(0, 0xf), PV_OP_SimdMultAcc, 0, "P120", "0"},                   /* SUDOT, USDOT, BFMLAL (later) */
    {0x8f00b400, 0x0f000000, PV_OP_SimdFloatMultAcc, 0, "P140X", "0X"}, /* FMLAL, FMLSL (later) */
    {0xaf00b400, 0x2f008000, PV_OP_SimdFloatMultAcc, 0, "P140X", "0X"}, /* FMLAL2, FMLSL2 (later) */
};

#define IMM(u, op) 0xaf80fc00, 0x0f000400 | (u) << 29 | (op) << 11
#define EITHER_IMM(op) 0x8f80fc00, 0x0f000400 | (op) << 11
#define IMM_Q2(u, op) 0xff80fc00, 0x4f000400 | (u) << 29 | (op) << 11

static const struct a64_row shift_by_immediate[] = {
    {EITHER_IMM(0x00), PV_OP_SimdShift, 0, "P1", "0"},         /* SSHR, USHR */
    {EITHER_IMM(0x02), PV_OP_SimdShift, 0, "P10", "0"},        /* SSRA, USRA */
    {EITHER_IMM(0x04), PV_OP_SimdShift, 0, "P1", "0"},         /* SRSHR, URSHR */
    {EITHER_IMM(0x06), PV_OP_SimdShift, 0, "P10", "0"},        /* SRSRA, URSRA */
    {IMM(1, 0x08), PV_OP_SimdShift, 0, "P10", "0"},            /* SRI */
    {IMM(0, 0x0a), PV_OP_SimdShift, 0, "P1", "0"},             /* SHL */
    {IMM(1, 0x0a), PV_OP_SimdShift, 0, "P10", "0"},            /* SLI */
    {IMM(1, 0x0c), PV_OP_SimdAlu, 0, "P1Q", "Q0"},             /* SQSHLU */
    {EITHER_IMM(0x0e), PV_OP_SimdAlu, 0, "P1Q", "Q0"},         /* SQSHL, UQSHL */
    {IMM_Q2(0, 0x10), PV_OP_SimdShift, 0, "P10", "0"},         /* SHRN2 */
    {IMM_Q2(0, 0x11), PV_OP_SimdShift, 0, "P10", "0"},         /* RSHRN2 */
    {IMM(0, 0x10), PV_OP_SimdShift, 0, "P1", "0"},             /* SHRN */
    {IMM(0, 0x11), PV_OP_SimdShift, 0, "P1", "0"},             /* RSHRN */
    {IMM_Q2(1, 0x10), PV_OP_SimdShift, 0, "P1Q0", "Q0"},       /* SQSHRUN2 */
    {IMM_Q2(1, 0x11), PV_OP_SimdShift, 0, "P1Q0", "Q0"},       /* SQRSHRUN2 */
    {IMM_Q2(0, 0x12), PV_OP_SimdShift, 0, "P1Q0", "Q0"},       /* SQSHRN2 */
    {IMM_Q2(1, 0x12), PV_OP_SimdShift, 0, "P1Q0", "Q0"},       /* UQSHRN2 */
    {IMM_Q2(0, 0x13), PV_OP_SimdShift, 0, "P1Q0", "Q0"},       /* SQRSHRN2 */
    {IMM_Q2(1, 0x13), PV_OP_SimdShift, 0, "P1Q0", "Q0"},       /* UQRSHRN2 */
    {0xaf80f400, 0x2f008400, PV_OP_SimdShift, 0, "P1Q", "Q0"}, /* SQSHRUN, SQRSHRUN */
    {0x8f80f400, 0x0f009400, PV_OP_SimdShift, 0, "P1Q", "Q0"}, /* SQSHRN, UQSHRN, SQRSHRN, UQRSHRN */
    {EITHER_IMM(0x14), PV_OP_SimdShift, 0, "P1", "0"},         /* SSHLL, USHLL (SXTL, UXTL): see below for shifts */
    {EITHER_IMM(0x1c), PV_OP_SimdCvt, 0, "P1X", "X0"},         /* SCVTF, UCVTF (half precision: later) */
    {EITHER_IMM(0x1f), PV_OP_SimdCvt, 0, "P1X", "X0"},         /* FCVTZS, FCVTZU (likewise) */
};

/* immh is zero: cmode (15:12) and op (29). */
static const struct a64_row modified_immediate[] = {
    {0xbff8fc00, 0x0f00fc00, PV_OP_SimdMisc, 0, "P", "0"}, /* FMOV, half precision (later) */
    {0xbff8dc00, 0x0f009400, PV_OP_SimdAlu, 0, "P0", "0"}, /* ORR of half-words */
    {0xbff89c00, 0x0f001400, PV_OP_SimdAlu, 0, "P0", "0"}, /* ORR of words */
    {0xbff80c00, 0x0f000400, PV_OP_SimdMisc, 0, "P", "0"}, /* MOVI, FMOV */
    {0xbff8ec00, 0x2f00e400, PV_OP_SimdMisc, 0, "P", "0"}, /* MOVI of doublewords, FMOV of doubles */
    {0xbff8dc00, 0x2f009400, PV_OP_SimdAlu, 0, "P0", "0"}, /* BIC of half-words */
    {0xbff89c00, 0x2f001400, PV_OP_SimdAlu, 0, "P0", "0"}, /* BIC of words */
    {0xbff80c00, 0x2f000400, PV_OP_SimdAlu, 0, "P", "0"},  /* MVNI */
};

/* Cryptography of Armv8.2 and later, top byte ce. */
static const struct a64_row later_crypto[] = {
    {0xffffe000, 0xcec08000, PV_OP_SimdShaSigma2, 0, "10O", "0"},   /* SHA512SU0, SM4E */
    {0xffe0f000, 0xce608000, PV_OP_SimdSha256Hash, 0, "120O", "0"}, /* SHA512H, H2, SU1, RAX1 */
    {0xffe0f000, 0xce60c000, PV_OP_SimdShaSigma3, 0, "120O", "0"},  /* SM3PARTW, SM4EKEY */
    {0xffe0c000, 0xce408000, PV_OP_SimdShaSigma3, 0, "120O", "0"},  /* SM3TT */
    {0xff808000, 0xce000000, PV_OP_SimdAlu, 0, "P123", "0"},        /* EOR3, BCAX, SM3SS1 */
    {0xffe00000, 0xce800000, PV_OP_SimdAlu, 0, "P12", "0"},         /* XAR */
};

/* TBL, TBX: the index register first, then the destination, then one to four table registers that wrap at 32. */
static bool decode_table(struct a64 *a)
{
	if ((a->word & 0xbfe08c00) != 0x0e000000)
		return false;
	struct pv_uop *u = a64_add(a, PV_OP_SimdMisc, 0, "P20", "0");
	for (unsigned i = 0; i <= a64_bits(a, 14, 13); i++)
		a64_src(u, PV_REG_VEC, (a64_bits(a, 9, 5) + i) % 32);
	return true;
}

#define BY_ROWS(a, rows) a64_by_rows(a, rows, A64_N_ROWS(rows))

/* Half precision (later) of vectors: the opcodes of single precision, in an encoding of its own. Decode that instead. */
static bool decode_half(struct a64 *a)
{
	uint32_t word = a->word;
	bool known = false;
	if ((word & 0x8f60c400) == 0x0e400400) { /* three registers: opcode 14..11 lacks its upper two bits */
		a->word = (word & ~0x00400000u) | 0x0020c000;
		known = BY_ROWS(a, same);
	} else if ((word & 0x8f7e0c00) == 0x0e780800) { /* two registers */
		a->word = word & ~0x00180000u;
		known = BY_ROWS(a, two_register);
	}
	a->word = word;
	return known;
}

/* Bit 24 set: by element, shifts and modified immediates. */
static bool decode_immediate_group(struct a64 *a)
{
	if (!a64_bits(a, 10, 10))
		return BY_ROWS(a, by_element);
	if (a64_bits(a, 23, 23))
		return false;
	if (a64_bits(a, 22, 19))
		return BY_ROWS(a, shift_by_immediate);
	return !a64_bits(a, 28, 28) && BY_ROWS(a, modified_immediate);
}

bool a64_decode_simd(struct a64 *a)
{
	if (a64_bits(a, 31, 24) == 0xce)
		return BY_ROWS(a, later_crypto);
	if (a64_bits(a, 31, 31) || (a64_bits(a, 28, 28) && !a64_bits(a, 30, 30)))
		return false;
	if (a64_bits(a, 24, 24))
		return decode_immediate_group(a);
	if (!a64_bits(a, 21, 21))
		return decode_table(a) || BY_ROWS(a, without_21) || decode_half(a);
	if (a64_bits(a, 10, 10))
		return BY_ROWS(a, same);
	return a64_bits(a, 11, 11) ? BY_ROWS(a, two_register) || decode_half(a) : BY_ROWS(a, different);
}
