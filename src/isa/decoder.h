/*
 * decoder.h - machine code into micro-operations
 */
#ifndef ISA_DECODER_H
#define ISA_DECODER_H

#include <stddef.h>
#include <stdint.h>

#include <perfvec/uop.h>

#include "base/error.h"

struct isa_decoder; /* one thread at a time */

/* isa_decoder_new - a decoder for an instruction set; PV_ERR_UNSUPPORTED, PV_ERR_NOMEM */
enum pv_status isa_decoder_new(enum pv_isa isa, struct isa_decoder **decoder, struct pv_error *err);

/* isa_decoder_free - release; NULL is allowed */
void isa_decoder_free(struct isa_decoder *decoder);

/*
 * isa_decode - split one instruction into micro-operations as gem5's Arm build does
 *
 * @pc     its address; direct branch targets are computed from it
 * @bytes  (n_bytes) machine code, at least one instruction
 * @uops   (PV_MAX_UOPS_PER_INSN) filled, zeroed first
 *
 * An instruction that is not known becomes one IntAlu micro-operation without operands, and is counted.
 *
 * Returns: number of micro-operations, >= 1.
 */
int isa_decode(struct isa_decoder *decoder, uint64_t pc, const uint8_t *bytes, size_t n_bytes, struct pv_uop *uops);

/* isa_decoder_n_unknown - how many calls met an instruction that is not known */
uint64_t isa_decoder_n_unknown(const struct isa_decoder *decoder);

#endif
