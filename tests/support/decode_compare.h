/*
 * decode_compare.h - holds the decoder against traces of gem5: the same instructions, micro-operation by micro-operation
 */
#ifndef TESTS_DECODE_COMPARE_H
#define TESTS_DECODE_COMPARE_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/* What can differ in a row; a row agrees when nothing does. */
enum decode_field {
	DECODE_SPLIT,  /* number of micro-operations */
	DECODE_CLASS,  /* operation class */
	DECODE_FLAGS,  /* the thirteen flags of the trace */
	DECODE_SRC,    /* source registers, in order */
	DECODE_DST,    /* destination registers, in order */
	DECODE_SIZE,   /* bytes accessed */
	DECODE_OFFSET, /* address within the instruction's accesses */
	DECODE_TARGET, /* of a taken direct branch */
	DECODE_N_FIELDS
};

/* One kind of difference: a field of an instruction word. */
struct decode_difference {
	enum decode_field field;
	uint32_t word;
	uint64_t pc;
	uint64_t n_rows;
	char ours[160], theirs[160];
};

/* Counts over all traces so far. Zero-fill before use. */
struct decode_compare {
	uint64_t n_rows, n_agree, n_insns, n_unmapped;
	uint64_t n_static, n_unknown;
	struct decode_difference *differences;
	size_t n_differences, capacity;
};

/*
 * decode_compare_trace - compare one trace with the file that ran
 *
 * @elf, @trace  paths; a name that ends in .zst is read through `zstd -dc`. The stores' file is found beside the trace: NAME.sq.txt.
 *
 * Returns: PV_OK; PV_ERR_IO, PV_ERR_FORMAT.
 */
enum pv_status decode_compare_trace(struct decode_compare *c, const char *elf, const char *trace, struct pv_error *err);

/* decode_compare_print - agreement, then a table of the differences, most frequent first, at most max_lines */
void decode_compare_print(const struct decode_compare *c, FILE *out, int max_lines);

/* decode_compare_release - free what the counts hold */
void decode_compare_release(struct decode_compare *c);

#endif
