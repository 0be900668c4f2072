/*
 * aarch64_simd_mem.c - LD1 to LD4, ST1 to ST4 and LD1R to LD4R (Arm ARM, C4.1.97), split as gem5 splits them
 *
 *   load   memory -> scratch registers V32.., 16 bytes each; [base += size]; scratch -> destination, two registers at a time
 *   store  sources -> scratch registers, two at a time; scratch -> memory, 16 bytes each; [base += size]
 *
 * The de-interleaving micro-operations always name two destinations, and read the second (whole) or both (one lane), even where the
 * instruction has only one; register numbers wrap at 32.
 */
#include "isa/aarch64.h"

enum { CHUNK_BYTES = 16, N_SCRATCH = 4 };

static unsigned vd_plus(const struct a64 *a, int i)
{
	return (a64_bits(a, 4, 0) + (unsigned)i) % 32;
}

static struct pv_uop *add_shuffle(struct a64 *a, unsigned op_class)
{
	return a64_add(a, op_class, PV_UOP_MICROOP, "", "");
}

/* One access per 16 bytes; a scratch register is the destination of a load and the source of a store. */
static void add_accesses(struct a64 *a, bool load, int n_bytes)
{
	for (int at = 0; at < n_bytes; at += CHUNK_BYTES) {
		unsigned bytes = (unsigned)(n_bytes - at < CHUNK_BYTES ? n_bytes - at : CHUNK_BYTES);
		unsigned scratch = A64_VEC_SCRATCH + (unsigned)(at / CHUNK_BYTES);
		if (load) {
			struct pv_uop *u = a64_add_mem(a, PV_OP_MemRead, PV_UOP_MICROOP, "PN", "", bytes, at);
			a64_dst(u, PV_REG_VEC, scratch);
			continue;
		}
		struct pv_uop *u = a64_add_mem(a, PV_OP_MemWrite, PV_UOP_MICROOP, "C", "", bytes, at);
		a64_src(u, PV_REG_VEC, scratch);
		a64_src(u, PV_REG_MISC, A64_MISC_CPACR_EL1);
		a64_src(u, PV_REG_INT, a64_bits(a, 9, 5) == 31 ? A64_INT_SP : a64_bits(a, 9, 5));
	}
}

static void add_writeback(struct a64 *a)
{
	a64_add(a, PV_OP_IntAlu, PV_UOP_MICROOP, a64_bits(a, 20, 16) == 31 ? "N" : "Nm", "N");
}

/* Registers vd + 2 step and the next, from scratch registers. */
static void add_unpack_whole(struct a64 *a, int n_regs, int step)
{
	struct pv_uop *u = add_shuffle(a, PV_OP_No_OpClass);
	a64_src(u, PV_REG_VEC, vd_plus(a, 2 * step + 1));
	for (int i = 0; i < n_regs; i++)
		a64_src(u, PV_REG_VEC, A64_VEC_SCRATCH + (unsigned)i);
	a64_dst(u, PV_REG_VEC, vd_plus(a, 2 * step + 1));
	a64_dst(u, PV_REG_VEC, vd_plus(a, 2 * step));
}

static void add_unpack_lane(struct a64 *a, int step)
{
	struct pv_uop *u = add_shuffle(a, PV_OP_SimdAdd);
	for (int i = 0; i < N_SCRATCH; i++)
		a64_src(u, PV_REG_VEC, A64_VEC_SCRATCH + (unsigned)i);
	for (int i = 0; i < 2; i++) {
		a64_src(u, PV_REG_VEC, vd_plus(a, 2 * step + i));
		a64_dst(u, PV_REG_VEC, vd_plus(a, 2 * step + i));
	}
}

/* Scratch registers 2 step and the next, from n_regs registers. */
static void add_pack(struct a64 *a, unsigned op_class, int n_regs, int step)
{
	struct pv_uop *u = add_shuffle(a, op_class);
	for (int i = 0; i < n_regs; i++)
		a64_src(u, PV_REG_VEC, vd_plus(a, i));
	for (int i = 0; i < 2; i++)
		a64_dst(u, PV_REG_VEC, A64_VEC_SCRATCH + (unsigned)(2 * step + i));
}

static void decode_load(struct a64 *a, int n_bytes, int n_regs, bool lane, bool writeback)
{
	add_accesses(a, true, n_bytes);
	if (writeback)
		add_writeback(a);
	for (int step = 0; step < (n_regs + 1) / 2; step++) {
		if (lane)
			add_unpack_lane(a, step);
		else
			add_unpack_whole(a, n_regs, step);
	}
}

static void decode_store(struct a64 *a, int n_bytes, int n_regs, bool lane, bool writeback)
{
	for (int step = 0; step < (n_bytes > 2 * CHUNK_BYTES ? 2 : 1); step++) {
		if (lane)
			add_pack(a, PV_OP_SimdAdd, N_SCRATCH, step);
		else
			add_pack(a, PV_OP_No_OpClass, n_regs, step);
	}
	add_accesses(a, false, n_bytes);
	if (writeback)
		add_writeback(a);
}

static bool decode_multiple(struct a64 *a, bool writeback)
{
	static const int8_t n_regs_by_opcode[16] = {[0] = 4, [2] = 4, [4] = 3, [6] = 3, [7] = 1, [8] = 2, [10] = 2};
	unsigned opcode = a64_bits(a, 15, 12);
	int n_regs = n_regs_by_opcode[opcode];
	bool interleaved = !(opcode & 2) || opcode == 0;
	if (!n_regs || (interleaved && opcode != 7 && a64_bits(a, 11, 10) == 3 && !a64_bits(a, 30, 30)))
		return false; /* LD2 to LD4 of one doubleword per register */
	int n_bytes = n_regs * (a64_bits(a, 30, 30) ? 16 : 8);
	if (a64_bits(a, 22, 22))
		decode_load(a, n_bytes, n_regs, false, writeback);
	else
		decode_store(a, n_bytes, n_regs, false, writeback);
	return true;
}

/* One lane, or one element to all lanes: opcode (15:13), S (12), size (11:10), R (21). */
static bool decode_lane(struct a64 *a, bool writeback)
{
	unsigned opcode = a64_bits(a, 15, 13), size = a64_bits(a, 11, 10);
	int n_regs = (int)((opcode & 1) * 2 + a64_bits(a, 21, 21) + 1);
	bool load = a64_bits(a, 22, 22), replicate = opcode >= 6;
	unsigned scale = opcode >> 1;
	if (replicate)
		scale = size;
	else if (scale == 2 && (size & 1))
		scale = 3;
	bool bad_size = (scale == 1 && (size & 1)) || (opcode >> 1 == 2 && size > 1) || (scale == 3 && a64_bits(a, 12, 12));
	if (replicate ? !load || a64_bits(a, 12, 12) : bad_size)
		return false;
	if (load)
		decode_load(a, n_regs << scale, n_regs, true, writeback);
	else
		decode_store(a, n_regs << scale, n_regs, true, writeback);
	return true;
}

bool a64_decode_simd_memory(struct a64 *a)
{
	bool post = a64_bits(a, 23, 23), lane = a64_bits(a, 24, 24);
	if (!post && (a64_bits(a, 20, 16) || (!lane && a64_bits(a, 21, 21))))
		return false;
	if (!lane && a64_bits(a, 21, 21))
		return false;
	return lane ? decode_lane(a, post) : decode_multiple(a, post);
}
