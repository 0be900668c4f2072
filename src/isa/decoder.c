/*
 * decoder.c - picks the instruction group, then completes what every micro-operation carries: address, length, position, last
 *
 * The groups follow the top level of the A64 encoding (Arm ARM, C4.1): bits 28:25 of the word.
 */
#include "isa/decoder.h"

#include <stdlib.h>
#include <string.h>

#include "isa/aarch64.h"

struct isa_decoder {
	uint64_t n_unknown;
};

enum pv_status isa_decoder_new(enum pv_isa isa, struct isa_decoder **decoder, struct pv_error *err)
{
	if (isa != PV_ISA_AARCH64)
		return base_error_set(err, PV_ERR_UNSUPPORTED, "no decoder for instruction set %d: only AArch64 is known", (int)isa);
	*decoder = calloc(1, sizeof **decoder);
	return *decoder ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "no memory for a decoder");
}

void isa_decoder_free(struct isa_decoder *decoder)
{
	free(decoder);
}

uint64_t isa_decoder_n_unknown(const struct isa_decoder *decoder)
{
	return decoder->n_unknown;
}

static bool decode_group(struct a64 *a)
{
	switch (a64_bits(a, 28, 25)) {
	case 8:
	case 9: return a64_decode_immediate(a);
	case 10:
	case 11: return (a->word >> 22) == 0x354 ? a64_decode_system(a) : a64_decode_branch(a);
	case 4:
	case 12:
	case 14: return a64_decode_memory(a);
	case 6: return a64_decode_memory(a);
	case 5:
	case 13: return a64_decode_register(a);
	case 7:
	case 15: return a64_decode_float(a) || a64_decode_simd(a);
	}
	return false; /* reserved, SVE, SME */
}

int isa_decode(struct isa_decoder *decoder, uint64_t pc, const uint8_t *bytes, size_t n_bytes, struct pv_uop *uops)
{
	memset(uops, 0, PV_MAX_UOPS_PER_INSN * sizeof *uops);
	struct a64 a = {.pc = pc, .uops = uops};
	bool known = n_bytes >= 4;
	if (known) {
		a.word = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
		known = decode_group(&a) && a.n > 0;
	}
	if (!known) {
		decoder->n_unknown++;
		memset(uops, 0, PV_MAX_UOPS_PER_INSN * sizeof *uops);
		a.n = 0;
		a64_add(&a, PV_OP_IntAlu, 0, "", "");
	}
	for (int i = 0; i < a.n; i++) {
		uops[i].pc = pc;
		uops[i].insn_bytes = 4;
		uops[i].uop_index = (uint8_t)i;
		uops[i].n_uops = (uint8_t)a.n;
	}
	uops[a.n - 1].flags |= PV_UOP_LAST;
	return a.n;
}
