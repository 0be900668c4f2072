/*
 * uop_text.h - micro-operations as one line of text, for expectations that a person can read
 *
 *   "MemRead [micro] 0.42 > 0.29 0.30 (16+0); IntAlu [micro last] 0.42 > 0.42"
 *
 * class, [flags], source registers > destination registers as class.index, (bytes + offset); micro-operations separated by "; ".
 */
#ifndef TESTS_UOP_TEXT_H
#define TESTS_UOP_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "isa/decoder.h"

/* uop_text - decode one 32-bit word at pc and write its micro-operations into text; returns their number */
int uop_text(struct isa_decoder *decoder, uint64_t pc, uint32_t word, char *text, size_t size);

#endif
