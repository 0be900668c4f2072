/*
 * disassemble.c - text of an instruction, by Capstone
 *
 * Only the text comes from Capstone. Its version 4 does not know the atomics of Armv8.1 and later encodings, and its operand lists lack
 * what gem5 counts as operands; micro-operations are therefore decoded from the bits (see aarch64.h).
 */
#include "isa/disassemble.h"

#include <stdio.h>

#include <capstone/capstone.h>

static void as_data(const uint8_t *bytes, size_t n_bytes, char *text, size_t size)
{
	uint32_t word = 0;
	for (size_t i = 0; i < n_bytes && i < 4; i++)
		word |= (uint32_t)bytes[i] << (8 * i);
	snprintf(text, size, ".word 0x%08x", word);
}

void isa_disassemble(enum pv_isa isa, uint64_t pc, const uint8_t *bytes, size_t n_bytes, char *text, size_t size)
{
	as_data(bytes, n_bytes, text, size);
	csh handle;
	if (isa != PV_ISA_AARCH64 || cs_open(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, &handle) != CS_ERR_OK)
		return;
	cs_insn *insn = NULL;
	size_t n = cs_disasm(handle, bytes, n_bytes, pc, 1, &insn);
	if (n)
		snprintf(text, size, "%s%s%s", insn->mnemonic, insn->op_str[0] ? " " : "", insn->op_str);
	if (n)
		cs_free(insn, n);
	cs_close(&handle);
}
