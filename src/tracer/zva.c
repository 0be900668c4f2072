/*
 * zva.c - follows registers through blocks that hold DC ZVA, and through the few before them
 *
 * QEMU's user mode zeroes the line without a callback, but code that zeroes memory stores through a related register shortly before. The C
 * library's memset: str q0, [x0]; two branches; and x3, x0, #~63; then add x3, x3, #64; dc zva, x3 in a loop. An access with a base
 * register and a constant offset tells that register's value; moves, and additions and masks of constants, are followed; anything else
 * forgets what it writes.
 *
 * Encodings: Arm Architecture Reference Manual, C4.1.
 */
#include "tracer/zva.h"

#include <stdbool.h>
#include <string.h>

enum { LINE_BYTES = 64, LINK = 30, SP = 31, ZERO = 31 };

static int64_t sign_extend(uint32_t value, unsigned bits)
{
	return (int64_t)((uint64_t)value << (64 - bits)) >> (64 - bits);
}

static void forget(struct tracer_zva *zva, unsigned reg)
{
	zva->known &= ~(1u << reg);
}

static void learn(struct tracer_zva *zva, unsigned reg, uint64_t value)
{
	zva->known |= 1u << reg;
	zva->value[reg] = value;
}

/* A load or store with a constant offset from its base register. */
struct base_access {
	bool is_pair, is_vector;
	bool post;      /* the address is the base, the offset is added afterwards */
	bool writeback; /* the base register is changed */
	int64_t offset;
};

static bool match_access(uint32_t w, struct base_access *a)
{
	unsigned size = w >> 30, opc = w >> 22 & 3, mode;
	*a = (struct base_access){.is_vector = w >> 26 & 1};
	if ((w & 0x3b000000) == 0x39000000) { /* unsigned offset */
		unsigned shift = a->is_vector && (opc & 2) ? 4 : size;
		a->offset = (int64_t)(w >> 10 & 0xfff) << shift;
		return true;
	}
	if ((w & 0x3b200000) == 0x38000000) { /* unscaled, post-indexed, pre-indexed */
		mode = w >> 10 & 3;
		a->offset = sign_extend(w >> 12 & 0x1ff, 9);
		a->writeback = mode == 1 || mode == 3;
		a->post = mode == 1;
		return mode != 2;
	}
	if ((w & 0x3a000000) == 0x28000000) { /* pairs */
		mode = w >> 23 & 3;
		a->is_pair = true;
		a->offset = sign_extend(w >> 15 & 0x7f, 7) * (1 << (a->is_vector ? 2 + size : 2 + size / 2));
		a->writeback = mode == 1 || mode == 3;
		a->post = mode == 1;
		return true;
	}
	return false;
}

/* addr is the instruction's lowest address; reported says whether there is one. */
static void follow_access(struct tracer_zva *zva, uint32_t w, const struct base_access *a, bool reported, uint64_t addr)
{
	unsigned rn = w >> 5 & 31;
	if (!a->is_vector) { /* a load writes these; forgetting what a store reads does no harm */
		forget(zva, w & 31);
		if (a->is_pair)
			forget(zva, w >> 10 & 31);
	}
	if (!reported)
		forget(zva, rn);
	else if (a->writeback)
		learn(zva, rn, a->post ? addr + (uint64_t)a->offset : addr);
	else if ((w & 31) != rn || a->is_vector)
		learn(zva, rn, addr - (uint64_t)a->offset);
}

/* add, adds, sub, subs with a constant, 64 bits */
static void follow_add(struct tracer_zva *zva, uint32_t w)
{
	unsigned rd = w & 31, rn = w >> 5 & 31;
	uint64_t constant = (uint64_t)(w >> 10 & 0xfff) << (w >> 22 & 1 ? 12 : 0);
	uint64_t value = w >> 30 & 1 ? zva->value[rn] - constant : zva->value[rn] + constant;
	bool known = zva->known >> rn & 1;
	if (w >> 29 & 1 && rd == SP)
		return; /* a comparison */
	forget(zva, rd);
	if (known)
		learn(zva, rd, value);
}

/* and with a constant of one run of ones, 64 bits */
static void follow_and(struct tracer_zva *zva, uint32_t w)
{
	unsigned rd = w & 31, rn = w >> 5 & 31, n_ones = (w >> 10 & 63) + 1, rotate = w >> 16 & 63;
	uint64_t ones = n_ones == 64 ? UINT64_MAX : (UINT64_C(1) << n_ones) - 1;
	uint64_t mask = rotate ? ones >> rotate | ones << (64 - rotate) : ones;
	uint64_t value = zva->value[rn] & mask;
	bool known = rn != ZERO && zva->known >> rn & 1;
	forget(zva, rd);
	if (known)
		learn(zva, rd, value);
}

static void follow(struct tracer_zva *zva, uint32_t w, bool reported, uint64_t addr)
{
	struct base_access access;
	unsigned rd = w & 31, rm = w >> 16 & 31;
	if ((w & 0x0a000000) == 0x08000000) {
		if (match_access(w, &access))
			follow_access(zva, w, &access, reported, addr);
		else
			zva->known = 0; /* exclusives, atomics and others may write several registers */
	} else if ((w & 0x9f800000) == 0x91000000) {
		follow_add(zva, w);
	} else if ((w & 0xffc00000) == 0x92400000) {
		follow_and(zva, w);
	} else if ((w & 0xffe0ffe0) == 0xaa0003e0 && rm != ZERO) { /* mov between registers */
		uint64_t value = zva->value[rm];
		bool known = zva->known >> rm & 1;
		forget(zva, rd);
		if (known)
			learn(zva, rd, value);
	} else if ((w & 0xff000000) == 0xd4000000) {
		zva->known = 0; /* a system call */
	} else {
		forget(zva, rd); /* all others that write an integer register name it here, but for calls */
		if ((w & 0x1c000000) == 0x14000000)
			forget(zva, LINK);
	}
}

void tracer_zva_fill(struct tracer_zva *zva, const struct tracer_block *b, uint32_t n_insns, struct pv_row *rows)
{
	for (uint32_t i = 0; i < n_insns; i++) {
		uint32_t w, from = b->insn_access[i], to = b->insn_access[i + 1];
		memcpy(&w, b->code + 4 * i, sizeof w);
		if ((w & 0xffffffe0) == 0xd50b7420) { /* dc zva, Xt */
			bool known = zva->known >> (w & 31) & 1;
			for (uint32_t k = from; known && k < to; k++) {
				rows[b->access[k].row].addr = zva->value[w & 31] & ~(uint64_t)(LINE_BYTES - 1);
				rows[b->access[k].row].flags |= PV_ROW_HAS_ADDR;
			}
			continue;
		}
		struct pv_row *row = from < to ? &rows[b->access[from].row] : NULL;
		bool reported = row && row->flags & PV_ROW_HAS_ADDR;
		follow(zva, w, reported, reported ? row->addr - (uint64_t)(int64_t)b->access[from].offset : 0);
	}
}
