/*
 * aarch64_mem.c - loads and stores of general and single vector registers (Arm ARM, C4.1.97), split as gem5 splits them
 *
 *   pair, offset or pre-index   UREG0 = base + offset (checks the stack pointer's alignment); access(es) by UREG0; [base = UREG0]
 *   pair, post-index            access(es) by base; base = base + offset
 *   single, pre- or post-index  access; base = base + offset
 *
 * Loads of up to 16 bytes are one micro-operation. Stores are of at most 8 bytes: 128-bit registers are stored in two halves.
 */
#include "isa/aarch64.h"

#define FENCE (PV_UOP_READ_BARRIER | PV_UOP_WRITE_BARRIER)
#define EXCLUSIVE PV_UOP_STORE_CONDITIONAL

/* Store a 128-bit register in two halves; src names base, register and so on. */
static void store_quad(struct a64 *a, const char *src, int offset)
{
	a64_add_mem(a, PV_OP_MemWrite, PV_UOP_MICROOP, src, "", 8, offset);
	a64_add_mem(a, PV_OP_MemWrite, PV_UOP_MICROOP, src, "", 8, offset + 8);
}

enum pair_index { PAIR_NO_ALLOCATE, PAIR_POST, PAIR_OFFSET, PAIR_PRE };

/* Base by UREG0 ("u") or, post-indexed, by the register itself ("N"). Rt is d/0, Rt2 is a/3. */
static void load_pair(struct a64 *a, bool fp, unsigned bytes, bool post)
{
	if (!fp) {
		a64_add_mem(a, PV_OP_MemRead, PV_UOP_MICROOP, post ? "N" : "u", "da", 2 * bytes, 0);
	} else if (bytes < 16) {
		a64_add_mem(a, PV_OP_MemRead, PV_UOP_MICROOP, post ? "NP" : "uP", "03", 2 * bytes, 0);
	} else {
		a64_add_mem(a, PV_OP_MemRead, PV_UOP_MICROOP, post ? "NP" : "uP", "0", 16, 0);
		a64_add_mem(a, PV_OP_MemRead, PV_UOP_MICROOP, post ? "NP" : "uP", "3", 16, 16);
	}
}

static void store_pair(struct a64 *a, bool fp, unsigned bytes, bool post)
{
	if (bytes == 4) { /* both at once, listed second first */
		a64_add_mem(a, PV_OP_MemWrite, PV_UOP_MICROOP, fp ? (post ? "NP30" : "uP30") : (post ? "Nad" : "uad"), "", 8, 0);
	} else if (bytes == 8) {
		a64_add_mem(a, PV_OP_MemWrite, PV_UOP_MICROOP, fp ? (post ? "NP0" : "uP0") : (post ? "Nd" : "ud"), "", 8, 0);
		a64_add_mem(a, PV_OP_MemWrite, PV_UOP_MICROOP, fp ? (post ? "NP3" : "uP3") : (post ? "Na" : "ua"), "", 8, 8);
	} else {
		store_quad(a, post ? "NP0" : "uP0", 0);
		store_quad(a, post ? "NP3" : "uP3", 16);
	}
}

static bool decode_pair(struct a64 *a)
{
	unsigned opc = a64_bits(a, 31, 30);
	bool fp = a64_bits(a, 26, 26), load = a64_bits(a, 22, 22);
	enum pair_index index = a64_bits(a, 24, 23);
	if (opc == 3)
		return false;
	if (!fp && opc == 1 && !load) { /* STGP (later) */
		a64_add(a, PV_OP_IntAlu, PV_UOP_MICROOP, "N", "u");
		store_pair(a, false, 8, false);
		return true;
	}
	unsigned bytes = fp ? 4u << opc : opc == 2 ? 8 : 4;
	bool post = index == PAIR_POST;
	if (!post)
		a64_add(a, PV_OP_IntAlu, PV_UOP_MICROOP, "N", "u");
	if (load)
		load_pair(a, fp, bytes, post);
	else
		store_pair(a, fp, bytes, post);
	if (index == PAIR_POST || index == PAIR_PRE)
		a64_add(a, PV_OP_IntAlu, PV_UOP_MICROOP, post ? "N" : "u", "N");
	return true;
}

static bool decode_literal(struct a64 *a)
{
	unsigned opc = a64_bits(a, 31, 30);
	if (a64_bits(a, 26, 26)) {
		if (opc == 3)
			return false;
		a64_add_mem(a, PV_OP_MemRead, opc == 2 ? PV_UOP_MICROOP : 0, "P", "0", 4u << opc, 0);
	} else if (opc == 3) {
		a64_add_mem(a, PV_OP_MemRead, PV_UOP_PREFETCH, "", "", 8, 0);
	} else {
		a64_add_mem(a, PV_OP_MemRead, 0, "", "d", opc == 1 ? 8 : 4, 0);
	}
	return true;
}

/* What an access of one register does. */
struct access {
	unsigned bytes;
	bool fp, load, prefetch;
};

/* size (31:30), V (26) and opc (23:22) of the single-register forms; false when they are reserved. */
static bool single_access(const struct a64 *a, struct access *x)
{
	unsigned size = a64_bits(a, 31, 30), opc = a64_bits(a, 23, 22);
	*x = (struct access){.bytes = 1u << size, .fp = a64_bits(a, 26, 26), .load = opc != 0};
	if (x->fp) {
		x->load = opc & 1;
		if (opc & 2)
			x->bytes = 16;
		return !(opc & 2) || size == 0;
	}
	x->prefetch = size == 3 && opc == 2;
	return x->prefetch || opc < 2 || (size < 2) || (size == 2 && opc == 2);
}

/* The access micro-operation(s); `offset_reg` when the address has a register offset. */
static void add_access(struct a64 *a, const struct access *x, bool offset_reg, bool micro)
{
	uint32_t flags = micro ? PV_UOP_MICROOP : 0;
	if (x->prefetch)
		a64_add_mem(a, PV_OP_MemRead, flags | PV_UOP_PREFETCH, offset_reg ? "Nm" : "N", "", 8, 0);
	else if (x->fp && x->load)
		a64_add_mem(a, PV_OP_MemRead, x->bytes == 16 && !offset_reg ? PV_UOP_MICROOP : flags, offset_reg ? "NPm" : "NP", "0",
		            x->bytes, 0);
	else if (x->fp && x->bytes == 16)
		store_quad(a, offset_reg ? "NPm0" : "NP0", 0);
	else if (x->fp)
		a64_add_mem(a, PV_OP_MemWrite, flags, offset_reg ? "NPm0" : "NP0", "", x->bytes, 0);
	else if (x->load)
		a64_add_mem(a, PV_OP_MemRead, flags, offset_reg ? "Nm" : "N", "d", x->bytes, 0);
	else
		a64_add_mem(a, PV_OP_MemWrite, flags, offset_reg ? "Nmd" : "Nd", "", x->bytes, 0);
}

/* LDADD, LDCLR, LDEOR, LDSET, LDSMAX and so on, SWP; with Rt 31 the ST forms, which gem5 lists alike. Rs is m, Rt is d. */
static bool decode_atomic(struct a64 *a)
{
	unsigned bytes = 1u << a64_bits(a, 31, 30);
	bool acquire = a64_bits(a, 23, 23), release = a64_bits(a, 22, 22), o3 = a64_bits(a, 15, 15);
	unsigned opc = a64_bits(a, 14, 12);
	if (a64_bits(a, 26, 26))
		return false;
	if (o3 && opc == 4 && acquire && !release) { /* LDAPR */
		a64_add_mem(a, PV_OP_MemRead, FENCE, "N", "d", bytes, 0);
		return true;
	}
	if (o3 && opc)
		return false;
	a64_add_mem(a, PV_OP_MemWrite, PV_UOP_ATOMIC | (acquire || release ? FENCE : 0), "Ndm", "de", bytes, 0);
	return true;
}

static bool decode_single(struct a64 *a)
{
	struct access x;
	unsigned form = a64_bits(a, 11, 10);
	bool register_forms = !a64_bits(a, 24, 24) && a64_bits(a, 21, 21);
	if (register_forms && form == 0)
		return decode_atomic(a);
	if (register_forms && (form & 1)) { /* LDRAA, LDRAB; bit 11 writes the base back */
		if (a64_bits(a, 31, 30) != 3 || a64_bits(a, 26, 26))
			return false;
		a64_add_mem(a, PV_OP_MemRead, form == 3 ? PV_UOP_MICROOP : 0, "N", form == 3 ? "Nd" : "d", 8, 0);
		if (form == 3)
			a64_add(a, PV_OP_IntAlu, PV_UOP_MICROOP, "N", "N");
		return true;
	}
	if (!single_access(a, &x) || (register_forms && !a64_bits(a, 14, 14)))
		return false;
	bool writeback = !a64_bits(a, 24, 24) && !register_forms && (form & 1);
	bool unprivileged = !a64_bits(a, 24, 24) && !register_forms && form == 2;
	if ((x.prefetch && (writeback || unprivileged)) || (x.fp && unprivileged))
		return false;
	add_access(a, &x, register_forms, writeback);
	if (writeback)
		a64_add(a, PV_OP_IntAlu, PV_UOP_MICROOP, "N", "N");
	return true;
}

/* Exclusive, acquire and release, compare and swap: o2 (23), L (22), o1 (21), o0 (15). Rt is d, Rs is m, Rt2 is a. */
static bool decode_exclusive(struct a64 *a)
{
	unsigned size = a64_bits(a, 31, 30), bytes = 1u << size;
	bool o2 = a64_bits(a, 23, 23), load = a64_bits(a, 22, 22), o1 = a64_bits(a, 21, 21), ordered = a64_bits(a, 15, 15);
	uint32_t fence = ordered ? FENCE : 0;
	if (o2 && o1) { /* CAS: acquire in L, release in o0 */
		a64_add_mem(a, PV_OP_MemWrite, PV_UOP_ATOMIC | (load || ordered ? FENCE : 0), "Nmd", "me", bytes, 0);
	} else if (o1 && size < 2) { /* CASP; the 32-bit form lists the pair second first */
		a64_add_mem(a, PV_OP_MemWrite, PV_UOP_ATOMIC | (load || ordered ? FENCE : 0), size ? "NmBdE" : "NmBEd", "mBe", 8u << size,
		            0);
	} else if (o1) { /* LDXP, STXP; so does the 32-bit STXP */
		if (load)
			a64_add_mem(a, PV_OP_MemRead, fence, "N", "da", 2 * bytes, 0);
		else
			a64_add_mem(a, PV_OP_MemWrite, fence | EXCLUSIVE, size == 3 ? "Nda" : "Nad", "me", 2 * bytes, 0);
	} else if (o2) { /* LDAR, STLR; with o0 clear LDLAR, STLLR, which gem5 has not and which order no more than these */
		if (load)
			a64_add_mem(a, PV_OP_MemRead, FENCE, "N", "d", bytes, 0);
		else
			a64_add_mem(a, PV_OP_MemWrite, FENCE, "Nd", "", bytes, 0);
	} else if (load) { /* LDXR, LDAXR */
		a64_add_mem(a, PV_OP_MemRead, fence, "N", "d", bytes, 0);
	} else { /* STXR, STLXR */
		a64_add_mem(a, PV_OP_MemWrite, fence | EXCLUSIVE, "Nd", "me", bytes, 0);
	}
	return true;
}

/* LDAPUR, STLUR (later): ordered accesses with an unscaled offset. */
static bool decode_ordered_unscaled(struct a64 *a)
{
	struct access x;
	if (a64_bits(a, 26, 26) || a64_bits(a, 21, 21) || a64_bits(a, 11, 10) || !single_access(a, &x) || x.prefetch)
		return false;
	a64_add_mem(a, x.load ? PV_OP_MemRead : PV_OP_MemWrite, FENCE, x.load ? "N" : "Nd", x.load ? "d" : "", x.bytes, 0);
	return true;
}

/* STG, ST2G, STZG, STZ2G, LDG (later): memory tags of 16 or 32 bytes; bits 11:10 say post (1), offset (2), pre (3) or LDG (0). */
static bool decode_tags(struct a64 *a)
{
	unsigned opc = a64_bits(a, 23, 22), form = a64_bits(a, 11, 10);
	if (a64_bits(a, 31, 30) != 3 || a64_bits(a, 26, 26) || (!form && opc != 1))
		return false;
	uint32_t flags = form & 1 ? PV_UOP_MICROOP : 0;
	if (!form)
		a64_add_mem(a, PV_OP_MemRead, 0, "Nd", "d", 16, 0);
	else
		a64_add_mem(a, PV_OP_MemWrite, flags, "NS", "", opc & 2 ? 32 : 16, 0);
	if (form & 1)
		a64_add(a, PV_OP_IntAlu, PV_UOP_MICROOP, "N", "N");
	return true;
}

bool a64_decode_memory(struct a64 *a)
{
	switch (a64_bits(a, 29, 28)) {
	case 0:
		if (a64_bits(a, 26, 26))
			return !a64_bits(a, 31, 31) && a64_decode_simd_memory(a);
		return !a64_bits(a, 24, 24) && decode_exclusive(a);
	case 1:
		if (!a64_bits(a, 24, 24))
			return decode_literal(a);
		return a64_bits(a, 21, 21) ? decode_tags(a) : decode_ordered_unscaled(a);
	case 2: return decode_pair(a);
	}
	return decode_single(a);
}
