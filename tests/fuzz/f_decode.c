/*
 * f_decode.c - every 32-bit word decodes into valid micro-operations
 *
 * The input is machine code: each word at its own address, the rest of fewer than four bytes too.
 */
#include <stdint.h>
#include <stdlib.h>

#include "isa/decoder.h"

static void check_registers(const struct pv_reg *regs, int n)
{
	for (int i = 0; i < n; i++) {
		if (regs[i].reg_class >= PV_N_REG_CLASSES || regs[i].reserved)
			abort();
		if (regs[i].reg_class != PV_REG_MISC && regs[i].index >= 50)
			abort();
	}
}

static void check_uop(const struct pv_uop *u, uint64_t pc, int i, int n)
{
	int is_mem = (u->flags & (PV_UOP_LOAD | PV_UOP_STORE)) != 0;
	if (u->pc != pc || u->uop_index != i || u->n_uops != n || u->insn_bytes != 4 || u->op_class >= PV_N_OP_CLASSES)
		abort();
	if (u->n_src > PV_MAX_SRC || u->n_dst > PV_MAX_DST || !(u->flags & PV_UOP_LAST) != (i != n - 1))
		abort();
	if (is_mem != (u->access_bytes != 0) || is_mem != (u->op_class == PV_OP_MemRead || u->op_class == PV_OP_MemWrite))
		abort();
	if (n > 1 && !(u->flags & PV_UOP_MICROOP))
		abort();
	if ((u->flags & PV_UOP_DIRECT_BRANCH) && !(u->flags & PV_UOP_BRANCH))
		abort();
	check_registers(u->src, u->n_src);
	check_registers(u->dst, u->n_dst);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct isa_decoder *decoder;
	struct pv_uop uops[PV_MAX_UOPS_PER_INSN];
	if (isa_decoder_new(PV_ISA_AARCH64, &decoder, NULL) != PV_OK)
		abort();
	for (size_t at = 0; at < size; at += 4) {
		uint64_t pc = 0x400000 + at;
		int n = isa_decode(decoder, pc, data + at, size - at, uops);
		if (n < 1 || n > PV_MAX_UOPS_PER_INSN)
			abort();
		for (int i = 0; i < n; i++)
			check_uop(&uops[i], pc, i, n);
	}
	isa_decoder_free(decoder);
	return 0;
}
