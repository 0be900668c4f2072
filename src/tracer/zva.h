/*
 * zva.h - the addresses of DC ZVA, which QEMU does not report
 */
#ifndef TRACER_ZVA_H
#define TRACER_ZVA_H

#include <stdint.h>

#include <perfvec/trace.h>

#include "tracer/blocks.h"

/* Integer registers whose value is known after a block; 31 is the stack pointer. */
struct tracer_zva {
	uint32_t known; /* bit per register */
	uint64_t value[32];
};

/*
 * tracer_zva_fill - follow registers through a block and set the addresses of its DC ZVA rows where they follow from other accesses
 *
 * @zva      what is known before the block, and on return after it
 * @n_insns  instructions of the block that were executed
 * @rows     the block's; those of reported accesses have their addresses
 */
void tracer_zva_fill(struct tracer_zva *zva, const struct tracer_block *block, uint32_t n_insns, struct pv_row *rows);

#endif
