/*
 * disassemble.h - machine code as text, for reports and messages
 */
#ifndef ISA_DISASSEMBLE_H
#define ISA_DISASSEMBLE_H

#include <stddef.h>
#include <stdint.h>

#include <perfvec/uop.h>

/*
 * isa_disassemble - write one instruction as text, such as "ldp x29, x30, [sp], #0x10"
 *
 * @bytes  (n_bytes) machine code
 * @text   (size) filled and terminated; ".word 0x..." when the disassembler does not know the instruction
 *
 * Cost: opens the disassembler every time; not for the hot path.
 */
void isa_disassemble(enum pv_isa isa, uint64_t pc, const uint8_t *bytes, size_t n_bytes, char *text, size_t size);

#endif
