/*
 * u_isa.c - hand-picked encodings with their micro-operations written out (see support/uop_text.h for the notation)
 *
 * Those that occur in gem5's traces of nine programs (tests/golden/g_decode_gem5.c) are as there; the others follow from gem5's
 * instruction set description.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/uop_text.h"

enum { PC = 0x400000 };

struct encoding {
	uint32_t word;
	const char *assembly, *uops;
};

static void check(const struct encoding *e, size_t n)
{
	struct isa_decoder *decoder;
	assert_int_equal(isa_decoder_new(PV_ISA_AARCH64, &decoder, NULL), PV_OK);
	for (size_t i = 0; i < n; i++) {
		char text[2048];
		uop_text(decoder, PC, e[i].word, text, sizeof text);
		print_message("%s\n", e[i].assembly);
		assert_string_equal(text, e[i].uops);
	}
	assert_int_equal(isa_decoder_n_unknown(decoder), 0);
	isa_decoder_free(decoder);
}

#define CHECK(table) check(table, sizeof(table) / sizeof(table)[0])

static void test_isa__integer(void **state)
{
	(void)state;
	static const struct encoding table[] = {
	    {0x0b000340, "add w0, w26, w0", "IntAlu [last] 0.0 0.26 > 0.0"},
	    {0x910043e2, "add x2, sp, #16", "IntAlu [last] 0.42 > 0.2"},
	    {0xd10083ff, "sub sp, sp, #0x20", "IntAlu [last] 0.42 > 0.42"},
	    {0x6b00003f, "cmp w1, w0", "IntAlu [last] 0.0 0.1 > 0.34 5.0 5.2 5.1"},
	    {0xab17001f, "cmn x0, x23", "IntAlu [last] 0.23 0.0 > 0.34 5.0 5.2 5.1"},
	    {0xb1000442, "adds x2, x2, #1", "IntAlu [last] 0.2 > 0.2 5.0 5.2 5.1"},
	    {0xf202e47f, "tst x3, #0xcccccccccccccccc", "IntAlu [last] 0.3 > 0.34 5.0 5.2 5.1"},
	    {0x12000400, "and w0, w0, #3", "IntAlu [last] 0.0 > 0.0"},
	    {0x910003fd, "mov x29, sp", "IntAlu [last] 0.42 > 0.29"},
	    {0x2a0003e1, "mov w1, w0", "IntAlu [last] 0.0 0.31 > 0.1"},
	    {0x92800000, "mov x0, #-1", "IntAlu [last] > 0.0"},
	    {0x72a7c980, "movk w0, #0x3e4c, lsl #16", "IntAlu [last] 0.0 > 0.0"},
	    {0x90000000, "adrp x0, .+0x1000", "IntAlu [last] > 0.0"},
	    {0x13017c00, "asr w0, w0, #1", "IntAlu [last] 0.0 > 0.0"},
	    {0xb3607c04, "bfi x4, x0, #32, #32", "IntAlu [last] 0.0 0.4 > 0.4"},
	    {0x13824042, "ror w2, w2, #16", "IntAlu [last] 0.2 0.2 > 0.2"},
	    {0x93c48020, "extr x0, x1, x4, #32", "IntAlu [last] 0.4 0.1 > 0.0"},
	    {0x9a020020, "adc x0, x1, x2", "IntAlu [last] 0.2 0.1 5.1 > 0.0"},
	    {0x7a1f0083, "sbcs w3, w4, wzr", "IntAlu [last] 0.31 0.4 5.1 > 0.3 5.1 5.0 5.2"},
	    {0x7a400800, "ccmp w0, #0, #0, eq", "IntAlu [last] 5.0 5.1 5.2 0.0 > 5.0 5.1 5.2"},
	    {0x7a41c002, "ccmp w0, w1, #2, gt", "IntAlu [last] 0.1 5.0 5.1 5.2 0.0 > 5.0 5.1 5.2"},
	    {0x1a800084, "csel w4, w4, w0, eq", "IntAlu [last] 5.0 5.1 5.2 0.4 0.0 > 0.4"},
	    {0x1a9f07e1, "cset w1, ne", "IntAlu [last] 5.0 5.1 5.2 0.31 0.31 > 0.1"},
	    {0x1ac02020, "lsl w0, w1, w0", "IntAlu [last] 0.1 0.0 > 0.0"},
	    {0x1ad408a4, "udiv w4, w5, w20", "IntDiv [last] 0.20 0.5 > 0.4"},
	    {0x1ad40ca4, "sdiv w4, w5, w20", "IntDiv [last] 0.5 0.20 > 0.4"},
	    {0x9b000ca0, "madd x0, x5, x0, x3", "IntMult [last] 0.3 0.5 0.0 > 0.0"},
	    {0x9b017c13, "mul x19, x0, x1", "IntMult [last] 0.31 0.0 0.1 > 0.19"},
	    {0x9ba10063, "umaddl x3, w3, w1, x0", "IntMult [last] 0.0 0.3 0.1 > 0.3"},
	    {0x9bc17c02, "umulh x2, x0, x1", "IntMult [last] 0.0 0.1 > 0.2"},
	    {0xdac01000, "clz x0, x0", "IntAlu [last] 0.0 > 0.0"},
	    {0x9ac35c41, "crc32cx w1, w2, x3", "IntAlu [last] 0.2 0.3 > 0.1"},
	};
	CHECK(table);
}

static void test_isa__branches_and_system(void **state)
{
	(void)state;
	static const struct encoding table[] = {
	    {0x14000010, "b .+0x40", "IntAlu [uncond direct last] -> 0x400040"},
	    {0x97fffff0, "bl .-0x40", "IntAlu [uncond direct call last] > 0.30 -> 0x3fffc0"},
	    {0x54000040, "b.eq .+8", "IntAlu [cond direct last] 5.0 5.1 5.2 -> 0x400008"},
	    {0x350003e3, "cbnz w3, .+0x7c", "IntAlu [cond direct last] 0.3 -> 0x40007c"},
	    {0x3607ffa0, "tbz w0, #0, .-12", "IntAlu [cond direct last] 0.0 -> 0x3ffff4"},
	    {0xd61f0020, "br x1", "IntAlu [uncond last] 0.1"},
	    {0xd63f0000, "blr x0", "IntAlu [uncond call last] 0.0 > 0.30"},
	    {0xd65f03c0, "ret", "IntAlu [uncond return last] 0.30"},
	    {0xd4000001, "svc #0", "IntAlu [after nonspec syscall last]"},
	    {0xd4200020, "brk #1", "IntAlu [after last]"},
	    {0xd503201f, "nop", "IntAlu [last]"},
	    {0xd503203f, "yield", "IntAlu [last] 5.5 5.5 5.5"},
	    {0xd503245f, "bti c", "No_OpClass [nonspec last]"},
	    {0xd503233f, "paciasp", "IntAlu [last] 0.30 0.42 > 0.30"},
	    {0xd5033bbf, "dmb ish", "IntAlu [rb wb last]"},
	    {0xd5033f9f, "dsb sy", "IntAlu [after rb wb last]"},
	    {0xd5033fdf, "isb", "IntAlu [squash last]"},
	    {0xd5033f5f, "clrex", "IntAlu [last] > 6.20"},
	    {0xd53bd040, "mrs x0, tpidr_el0", "IntAlu [before last] 6.0 6.513 6.520 6.675 > 0.0"},
	    {0xd51bd053, "msr tpidr_el0, x19", "IntAlu [after nonspec last] 6.0 6.513 6.520 0.19 > 6.675"},
	    {0xd53b4203, "mrs x3, nzcv", "IntAlu [last] 5.0 5.1 5.2 > 0.3"},
	    {0xd51b4401, "msr fpcr, x1", "IntAlu [after nonspec last] 6.0 6.513 6.520 0.1 > 6.548"},
	    {0xd50b7423, "dc zva, x3", "MemWrite [store last] 0.3 6.0 6.513 6.520 6.503 (64+0)"},
	    {0xd50b7b23, "dc cvau, x3", "MemWrite [store last] 0.3 6.0 6.513 6.520 (64+0)"},
	};
	CHECK(table);
}

static void test_isa__memory(void **state)
{
	(void)state;
	static const struct encoding table[] = {
	    {0xf9400000, "ldr x0, [x0]", "MemRead [load last] 0.0 > 0.0 (8+0)"},
	    {0xb8404445, "ldr w5, [x2], #4", "MemRead [micro load] 0.2 > 0.5 (4+0); IntAlu [micro last] 0.2 > 0.2"},
	    {0xf85f8c41, "ldr x1, [x2, #-8]!", "MemRead [micro load] 0.2 > 0.1 (8+0); IntAlu [micro last] 0.2 > 0.2"},
	    {0x38401701, "ldrb w1, [x24], #1", "MemRead [micro load] 0.24 > 0.1 (1+0); IntAlu [micro last] 0.24 > 0.24"},
	    {0xb8a17843, "ldrsw x3, [x2, x1, lsl #2]", "MemRead [load last] 0.2 0.1 > 0.3 (4+0)"},
	    {0xf8217840, "str x0, [x2, x1, lsl #3]", "MemWrite [store last] 0.2 0.1 0.0 (8+0)"},
	    {0xf800843f, "str xzr, [x1], #8", "MemWrite [micro store] 0.1 0.31 (8+0); IntAlu [micro last] 0.1 > 0.1"},
	    {0x39001fe1, "strb w1, [sp, #7]", "MemWrite [store last] 0.42 0.1 (1+0)"},
	    {0x58000080, "ldr x0, .+16", "MemRead [load last] > 0.0 (8+0)"},
	    {0xf9802020, "prfm pldl1keep, [x1, #64]", "MemRead [load prefetch last] 0.1 (8+0)"},
	    {0xa8c17bfd, "ldp x29, x30, [sp], #16", "MemRead [micro load] 0.42 > 0.29 0.30 (16+0); IntAlu [micro last] 0.42 > 0.42"},
	    {0x294019a9, "ldp w9, w6, [x13]", "IntAlu [micro] 0.13 > 0.35; MemRead [micro load last] 0.35 > 0.9 0.6 (8+0)"},
	    {0xa9400003, "ldp x3, x0, [x0]", "IntAlu [micro] 0.0 > 0.35; MemRead [micro load last] 0.35 > 0.3 0.0 (16+0)"},
	    {0x69400861, "ldpsw x1, x2, [x3]", "IntAlu [micro] 0.3 > 0.35; MemRead [micro load last] 0.35 > 0.1 0.2 (8+0)"},
	    {0xa9a97bfd, "stp x29, x30, [sp, #-368]!",
	     "IntAlu [micro] 0.42 > 0.35; MemWrite [micro store] 0.35 0.29 (8+0); MemWrite [micro store] 0.35 0.30 (8+8); IntAlu [micro "
	     "last] 0.35 > 0.42"},
	    {0x29001989, "stp w9, w6, [x12]", "IntAlu [micro] 0.12 > 0.35; MemWrite [micro store last] 0.35 0.6 0.9 (8+0)"},
	    {0xa8810440, "stp x0, x1, [x2], #16",
	     "MemWrite [micro store] 0.2 0.0 (8+0); MemWrite [micro store] 0.2 0.1 (8+8); IntAlu [micro last] 0.2 > 0.2"},
	    {0xad400480, "ldp q0, q1, [x4]",
	     "IntAlu [micro] 0.4 > 0.35; MemRead [micro load] 0.35 6.0 6.509 > 2.0 (16+0); MemRead [micro load last] 0.35 6.0 6.509 > 2.1 "
	     "(16+16)"},
	    {0x6d4227e8, "ldp d8, d9, [sp, #32]", "IntAlu [micro] 0.42 > 0.35; MemRead [micro load last] 0.35 6.0 6.509 > 2.8 2.9 (16+0)"},
	    {0xad000440, "stp q0, q1, [x2]",
	     "IntAlu [micro] 0.2 > 0.35; MemWrite [micro store] 0.35 6.0 6.509 2.0 (8+0); MemWrite [micro store] 0.35 6.0 6.509 2.0 (8+8); "
	     "MemWrite [micro store] 0.35 6.0 6.509 2.1 (8+16); MemWrite [micro store last] 0.35 6.0 6.509 2.1 (8+24)"},
	    {0x2d000440, "stp s0, s1, [x2]", "IntAlu [micro] 0.2 > 0.35; MemWrite [micro store last] 0.35 6.0 6.509 2.1 2.0 (8+0)"},
	    {0x3dc31c20, "ldr q0, [x1, #3184]", "MemRead [micro load last] 0.1 6.0 6.509 > 2.0 (16+0)"},
	    {0x3ce26820, "ldr q0, [x1, x2]", "MemRead [load last] 0.1 6.0 6.509 0.2 > 2.0 (16+0)"},
	    {0x3cc10420, "ldr q0, [x1], #16", "MemRead [micro load] 0.1 6.0 6.509 > 2.0 (16+0); IntAlu [micro last] 0.1 > 0.1"},
	    {0x3d800260, "str q0, [x19]",
	     "MemWrite [micro store] 0.19 6.0 6.509 2.0 (8+0); MemWrite [micro store last] 0.19 6.0 6.509 2.0 (8+8)"},
	    {0x3c810e60, "str q0, [x19, #16]!",
	     "MemWrite [micro store] 0.19 6.0 6.509 2.0 (8+0); MemWrite [micro store] 0.19 6.0 6.509 2.0 (8+8); IntAlu [micro last] 0.19 > "
	     "0.19"},
	    {0xbc2169e0, "str s0, [x15, x1]", "MemWrite [store last] 0.15 6.0 6.509 0.1 2.0 (4+0)"},
	    {0xfc606820, "ldr d0, [x1, x0]", "MemRead [load last] 0.1 6.0 6.509 0.0 > 2.0 (8+0)"},
	    {0x885f7c20, "ldxr w0, [x1]", "MemRead [load last] 0.1 > 0.0 (4+0)"},
	    {0x88117c41, "stxr w17, w1, [x2]", "MemWrite [sc store last] 0.2 0.1 > 0.17 6.29 6.20 (4+0)"},
	    {0x885ffc40, "ldaxr w0, [x2]", "MemRead [rb wb load last] 0.2 > 0.0 (4+0)"},
	    {0x8811fc30, "stlxr w17, w16, [x1]", "MemWrite [sc rb wb store last] 0.1 0.16 > 0.17 6.29 6.20 (4+0)"},
	    {0xc87f8440, "ldaxp x0, x1, [x2]", "MemRead [rb wb load last] 0.2 > 0.0 0.1 (16+0)"},
	    {0xc8230440, "stxp w3, x0, x1, [x2]", "MemWrite [sc store last] 0.2 0.0 0.1 > 0.3 6.29 6.20 (16+0)"},
	    {0xc89ffc60, "stlr x0, [x3]", "MemWrite [rb wb store last] 0.3 0.0 (8+0)"},
	    {0xc8dffc60, "ldar x0, [x3]", "MemRead [rb wb load last] 0.3 > 0.0 (8+0)"},
	    {0x88e07c41, "casa w0, w1, [x2]", "MemWrite [atomic rb wb load store last] 0.2 0.0 0.1 > 0.0 6.29 6.20 (4+0)"},
	    {0x4860fc82, "caspal x0, x1, x2, x3, [x4]",
	     "MemWrite [atomic rb wb load store last] 0.4 0.0 0.1 0.2 0.3 > 0.0 0.1 6.29 6.20 (16+0)"},
	    {0xf8a00020, "ldadda x0, x0, [x1]", "MemWrite [atomic rb wb load store last] 0.1 0.0 0.0 > 0.0 6.29 6.20 (8+0)"},
	    {0xb821005f, "stadd w1, [x2]", "MemWrite [atomic load store last] 0.2 0.31 0.1 > 0.31 6.29 6.20 (4+0)"},
	    {0xb8608020, "swpl w0, w0, [x1]", "MemWrite [atomic rb wb load store last] 0.1 0.0 0.0 > 0.0 6.29 6.20 (4+0)"},
	    {0xf8bfc041, "ldapr x1, [x2]", "MemRead [rb wb load last] 0.2 > 0.1 (8+0)"},
	    {0x4c407041, "ld1 {v1.16b}, [x2]",
	     "MemRead [micro load] 6.0 6.509 0.2 > 2.32 (16+0); No_OpClass [micro last] 2.2 2.32 > 2.2 2.1"},
	    {0x4cdf7041, "ld1 {v1.16b}, [x2], #16",
	     "MemRead [micro load] 6.0 6.509 0.2 > 2.32 (16+0); IntAlu [micro] 0.2 > 0.2; No_OpClass [micro last] 2.2 2.32 > 2.2 2.1"},
	    {0x4cc32040, "ld1 {v0.16b-v3.16b}, [x2], x3",
	     "MemRead [micro load] 6.0 6.509 0.2 > 2.32 (16+0); MemRead [micro load] 6.0 6.509 0.2 > 2.33 (16+16); MemRead [micro load] "
	     "6.0 6.509 0.2 > 2.34 (16+32); MemRead [micro load] 6.0 6.509 0.2 > 2.35 (16+48); IntAlu [micro] 0.2 0.3 > 0.2; No_OpClass "
	     "[micro] 2.1 2.32 2.33 2.34 2.35 > 2.1 2.0; No_OpClass [micro last] 2.3 2.32 2.33 2.34 2.35 > 2.3 2.2"},
	    {0x0c006040, "st1 {v0.8b, v1.8b, v2.8b}, [x2]",
	     "No_OpClass [micro] 2.0 2.1 2.2 > 2.32 2.33; MemWrite [micro store] 6.0 2.32 6.509 0.2 (16+0); MemWrite [micro store last] "
	     "6.0 2.33 6.509 0.2 (8+16)"},
	    {0x4c40893e, "ld2 {v30.4s, v31.4s}, [x9]",
	     "MemRead [micro load] 6.0 6.509 0.9 > 2.32 (16+0); MemRead [micro load] 6.0 6.509 0.9 > 2.33 (16+16); No_OpClass [micro last] "
	     "2.31 2.32 2.33 > 2.31 2.30"},
	    {0x4c9f093e, "st4 {v30.4s, v31.4s, v0.4s, v1.4s}, [x9], #64",
	     "No_OpClass [micro] 2.30 2.31 2.0 2.1 > 2.32 2.33; No_OpClass [micro] 2.30 2.31 2.0 2.1 > 2.34 2.35; MemWrite [micro store] "
	     "6.0 2.32 6.509 0.9 (16+0); MemWrite [micro store] 6.0 2.33 6.509 0.9 (16+16); MemWrite [micro store] 6.0 2.34 6.509 0.9 "
	     "(16+32); MemWrite [micro store] 6.0 2.35 6.509 0.9 (16+48); IntAlu [micro last] 0.9 > 0.9"},
	    {0x0d409124, "ld1 {v4.s}[1], [x9]",
	     "MemRead [micro load] 6.0 6.509 0.9 > 2.32 (4+0); SimdAdd [micro last] 2.32 2.33 2.34 2.35 2.4 2.5 > 2.4 2.5"},
	    {0x0d002be4, "st3 {v4.b, v5.b, v6.b}[2], [sp]",
	     "SimdAdd [micro] 2.4 2.5 2.6 2.7 > 2.32 2.33; MemWrite [micro store last] 6.0 2.32 6.509 0.42 (3+0)"},
	    {0x4dffed24, "ld4r {v4.2d, v5.2d, v6.2d, v7.2d}, [x9], #32",
	     "MemRead [micro load] 6.0 6.509 0.9 > 2.32 (16+0); MemRead [micro load] 6.0 6.509 0.9 > 2.33 (16+16); IntAlu [micro] 0.9 > "
	     "0.9; SimdAdd [micro] 2.32 2.33 2.34 2.35 2.4 2.5 > 2.4 2.5; SimdAdd [micro last] 2.32 2.33 2.34 2.35 2.6 2.7 > 2.6 2.7"},
	};
	CHECK(table);
}

static void test_isa__float_and_simd(void **state)
{
	(void)state;
	static const struct encoding table[] = {
	    {0x1e212800, "fadd s0, s0, s1", "FloatAdd [last] 6.0 6.509 6.17 2.0 2.1 > 6.17 2.0"},
	    {0x1e240800, "fmul s0, s0, s4", "FloatMult [last] 6.0 6.509 6.17 2.0 2.4 > 6.17 2.0"},
	    {0x1e631841, "fdiv d1, d2, d3", "FloatDiv [last] 6.0 6.509 6.17 2.2 2.3 > 6.17 2.1"},
	    {0x1e61c041, "fsqrt d1, d2", "FloatSqrt [last] 6.0 6.509 6.17 2.2 > 6.17 2.1"},
	    {0x1f410040, "fmadd d0, d2, d1, d0", "FloatMultAcc [last] 6.0 6.509 6.17 2.2 2.1 2.0 > 6.17 2.0"},
	    {0x1e602000, "fcmp d0, d0", "FloatCmp [last] 6.0 6.509 6.17 2.0 2.0 > 6.17 5.0 5.1 5.2 5.4"},
	    {0x1e602008, "fcmp d0, #0.0", "FloatCmp [last] 6.0 6.509 6.17 2.0 > 6.17 5.0 5.1 5.2 5.4"},
	    {0x1e621420, "fccmp d1, d2, #0, ne", "FloatCmp [last] 6.0 6.509 6.17 5.0 5.1 5.2 2.1 2.2 > 6.17 5.0 5.1 5.2 5.4"},
	    {0x1e62cc20, "fcsel d0, d1, d2, gt", "FloatCvt [last] 5.0 5.1 5.2 2.1 2.2 > 2.0"},
	    {0x1e60c002, "fabs d2, d0", "FloatMisc [last] 6.0 6.509 6.17 2.0 > 6.17 2.2"},
	    {0x1e604020, "fmov d0, d1", "FloatMisc [last] 6.0 6.509 2.1 > 2.0"},
	    {0x1e6e1000, "fmov d0, #1.0", "FloatMisc [last] 6.0 6.509 > 2.0"},
	    {0x1e270004, "fmov s4, w0", "FloatMisc [last] 6.0 6.509 0.0 > 2.4"},
	    {0x9e660005, "fmov x5, d0", "FloatMisc [last] 6.0 6.509 2.0 > 0.5"},
	    {0x9eaf0041, "fmov v1.d[1], x2", "FloatMisc [last] 6.0 6.509 2.1 0.2 > 2.1"},
	    {0x1e624020, "fcvt s0, d1", "FloatCvt [last] 6.0 6.509 6.17 2.1 > 6.17 2.0"},
	    {0x1e654020, "frintm d0, d1", "FloatMisc [last] 6.0 6.509 6.17 2.1 > 6.17 2.0"},
	    {0x1e620021, "scvtf d1, w1", "FloatCvt [last] 6.0 6.509 6.17 0.1 > 6.17 2.1"},
	    {0x9e780020, "fcvtzs x0, d1", "FloatCvt [last] 6.0 6.509 6.17 2.1 > 6.17 0.0"},
	    {0x1e624820, "fmax d0, d1, d2", "FloatCmp [last] 6.0 6.509 6.17 2.1 2.2 > 6.17 2.0"},
	    {0x4e251c42, "and v2.16b, v2.16b, v5.16b", "SimdAlu [last] 6.0 6.509 2.2 2.5 > 2.2"},
	    {0x6ea41c62, "bit v2.16b, v3.16b, v4.16b", "SimdAlu [last] 6.0 6.509 2.3 2.4 2.2 > 2.2"},
	    {0x4e22bc45, "addp v5.16b, v2.16b, v2.16b", "SimdAdd [last] 6.0 6.509 2.2 2.2 > 2.5"},
	    {0x6e22a445, "umaxp v5.16b, v2.16b, v2.16b", "SimdCmp [last] 6.0 6.509 2.2 2.2 > 2.5"},
	    {0x6e208c23, "cmeq v3.16b, v1.16b, v0.16b", "SimdCmp [last] 6.0 6.509 2.1 2.0 > 2.3"},
	    {0x4e209822, "cmeq v2.16b, v1.16b, #0", "SimdCmp [last] 6.0 6.509 2.1 > 2.2"},
	    {0x6e213c62, "cmhs v2.16b, v3.16b, v1.16b", "SimdCmp [last] 6.0 6.509 2.3 2.1 > 2.2"},
	    {0x6f00b5e2, "bic v2.8h, #0xf, lsl #8", "SimdAlu [last] 6.0 6.509 2.2 > 2.2"},
	    {0x4f000400, "movi v0.4s, #0", "SimdMisc [last] 6.0 6.509 > 2.0"},
	    {0x6f000400, "mvni v0.4s, #0", "SimdAlu [last] 6.0 6.509 > 2.0"},
	    {0x4e010c20, "dup v0.16b, w1", "SimdMisc [last] 6.0 6.509 0.1 > 2.0"},
	    {0x4e0c0420, "dup v0.4s, v1.s[1]", "SimdMisc [last] 6.0 6.509 2.1 > 2.0"},
	    {0x6e004000, "ext v0.16b, v0.16b, v0.16b, #8", "SimdMisc [last] 6.0 6.509 2.0 2.0 > 2.0"},
	    {0x0f0c8464, "shrn v4.8b, v3.8h, #4", "SimdShift [last] 6.0 6.509 2.3 > 2.4"},
	    {0x4ea29420, "mla v0.4s, v1.4s, v2.4s", "SimdMultAcc [last] 6.0 6.509 2.1 2.2 2.0 > 2.0"},
	    {0x4f4f8020, "mul v0.8h, v1.8h, v15.h[0]", "SimdMult [last] 6.0 6.509 2.1 2.15 > 2.0"},
	    {0x4ea20c20, "sqadd v0.4s, v1.4s, v2.4s", "SimdAdd [last] 6.0 6.509 2.1 2.2 6.18 > 6.18 2.0"},
	    {0x5ea20c20, "sqadd s0, s1, s2", "SimdAdd [last] 6.0 6.509 2.1 2.2 6.18 > 6.18 2.0"},
	    {0x0e143c20, "umov w0, v1.s[2]", "SimdMisc [last] 6.0 6.509 2.1 > 0.0"},
	    {0x4e0c1c40, "ins v0.s[1], w2", "SimdMisc [last] 6.0 6.509 2.0 0.2 > 2.0"},
	    {0x4e0223e0, "tbl v0.16b, {v31.16b, v0.16b}, v2.16b", "SimdMisc [last] 6.0 6.509 2.2 2.0 2.31 2.0 > 2.0"},
	    {0x4e823820, "zip1 v0.4s, v1.4s, v2.4s", "SimdAlu [last] 6.0 6.509 2.1 2.2 > 2.0"},
	    {0x4e22d420, "fadd v0.4s, v1.4s, v2.4s", "SimdFloatAdd [last] 6.0 6.509 2.1 2.2 6.17 > 6.17 2.0"},
	    {0x4e62cc20, "fmla v0.2d, v1.2d, v2.2d", "SimdFloatMultAcc [last] 6.0 6.509 2.1 2.2 2.0 6.17 > 2.0 6.17"},
	    {0x4e31b820, "addv b0, v1.16b", "SimdAdd [last] 6.0 6.509 2.1 > 2.0"},
	    {0x2e303820, "uaddlv h0, v1.8b", "SimdAdd [last] 6.0 6.509 2.1 > 2.0"},
	    {0x4ee1b820, "fcvtzs v0.2d, v1.2d", "SimdCvt [last] 6.0 6.509 2.1 6.17 > 6.17 2.0"},
	    {0x4e284820, "aese v0.16b, v1.16b", "SimdAes [last] 2.0 2.1 2.0 5.5 5.5 5.5 > 2.0"},
	    {0x4e286820, "aesmc v0.16b, v1.16b", "SimdAesMix [last] 2.1 2.0 5.5 5.5 5.5 > 2.0"},
	    {0x5e024020, "sha256h q0, q1, v2.4s", "SimdSha256Hash [last] 2.1 2.2 2.0 5.5 5.5 5.5 > 2.0"},
	    {0x5e023020, "sha1su0 v0.4s, v1.4s, v2.4s", "SimdShaSigma3 [last] 2.1 2.2 2.0 5.5 5.5 5.5 > 2.0"},
	    {0x0e22e020, "pmull v0.8h, v1.8b, v2.8b", "SimdMult [last] 6.0 6.509 2.1 2.2 > 2.0"},
	    {0xce020c20, "eor3 v0.16b, v1.16b, v2.16b, v3.16b", "SimdAlu [last] 6.0 6.509 2.1 2.2 2.3 > 2.0"},
	};
	CHECK(table);
}

static void test_isa__unknown_is_one_alu_operation(void **state)
{
	(void)state;
	static const uint32_t words[] = {0x00000000, 0x04208020 /* SVE */, 0xffffffff, 0x1e800000};
	struct isa_decoder *decoder;
	assert_int_equal(isa_decoder_new(PV_ISA_AARCH64, &decoder, NULL), PV_OK);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		char text[256];
		assert_int_equal(uop_text(decoder, PC, words[i], text, sizeof text), 1);
		assert_string_equal(text, "IntAlu [last]");
		assert_int_equal(isa_decoder_n_unknown(decoder), i + 1);
	}
	isa_decoder_free(decoder);
}

static void test_isa__every_uop_is_complete(void **state)
{
	(void)state;
	static const uint8_t stp_pre[] = {0xfd, 0x7b, 0xa9, 0xa9};
	struct isa_decoder *decoder;
	struct pv_uop uops[PV_MAX_UOPS_PER_INSN];
	assert_int_equal(isa_decoder_new(PV_ISA_AARCH64, &decoder, NULL), PV_OK);
	int n = isa_decode(decoder, PC, stp_pre, sizeof stp_pre, uops);
	assert_int_equal(n, 4);
	for (int i = 0; i < n; i++) {
		assert_int_equal(uops[i].pc, PC);
		assert_int_equal(uops[i].insn_bytes, 4);
		assert_int_equal(uops[i].uop_index, i);
		assert_int_equal(uops[i].n_uops, 4);
		assert_int_equal(!!(uops[i].flags & PV_UOP_LAST), i == 3);
	}
	isa_decoder_free(decoder);
}

static void test_isa__truncated_instruction_is_unknown(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {0x1f, 0x20, 0x03};
	struct isa_decoder *decoder;
	struct pv_uop uops[PV_MAX_UOPS_PER_INSN];
	assert_int_equal(isa_decoder_new(PV_ISA_AARCH64, &decoder, NULL), PV_OK);
	assert_int_equal(isa_decode(decoder, PC, bytes, sizeof bytes, uops), 1);
	assert_int_equal(isa_decoder_n_unknown(decoder), 1);
	isa_decoder_free(decoder);
}

static void test_isa__other_instruction_sets_are_refused(void **state)
{
	(void)state;
	struct isa_decoder *decoder = NULL;
	struct pv_error err;
	assert_int_equal(isa_decoder_new(PV_ISA_RISCV64, &decoder, &err), PV_ERR_UNSUPPORTED);
	assert_null(decoder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_isa__integer),
	    cmocka_unit_test(test_isa__branches_and_system),
	    cmocka_unit_test(test_isa__memory),
	    cmocka_unit_test(test_isa__float_and_simd),
	    cmocka_unit_test(test_isa__unknown_is_one_alu_operation),
	    cmocka_unit_test(test_isa__every_uop_is_complete),
	    cmocka_unit_test(test_isa__truncated_instruction_is_unknown),
	    cmocka_unit_test(test_isa__other_instruction_sets_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
