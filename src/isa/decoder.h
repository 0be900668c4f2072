/*
 * decoder.h - machine code into micro-operations
 */
#ifndef PV_ISA_DECODER_H
#define PV_ISA_DECODER_H

#include <stddef.h>
#include <stdint.h>

#include <perfvec/uop.h>

#include "base/error.h"

struct pv_decoder; /* one thread at a time */

/* pv_decoder_new - a decoder for an instruction set; PV_ERR_UNSUPPORTED, PV_ERR_NOMEM */
enum pv_status pv_decoder_new(enum pv_isa isa, struct pv_decoder **decoder, struct pv_error *err);

/* pv_decoder_free - release; NULL is allowed */
void pv_decoder_free(struct pv_decoder *decoder);

/*
 * pv_decode - split one instruction into micro-operations as gem5's Arm build does
 *
 * @pc     its address; direct branch targets are computed from it
 * @bytes  (n_bytes) machine code, at least one instruction
 * @uops   (PV_MAX_UOPS_PER_INSN) filled, zeroed first
 *
 * An instruction that is not known becomes one IntAlu micro-operation without operands, and is counted.
 *
 * Returns: number of micro-operations, >= 1.
 */
int pv_decode(struct pv_decoder *decoder, uint64_t pc, const uint8_t *bytes, size_t n_bytes, struct pv_uop *uops);

/* pv_decoder_n_unknown - how many calls met an instruction that is not known */
uint64_t pv_decoder_n_unknown(const struct pv_decoder *decoder);

#endif
