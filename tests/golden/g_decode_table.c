/*
 * g_decode_table.c - the decoder against tests/golden/a64_uops.txt, a table of gem5's micro-operations
 *
 * The traces of g_decode_gem5.c reach 4400 instruction words; this table has every mnemonic that gem5 knows and user code has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "isa/decoder.h"

enum { TRACE_FLAGS = 0x1fff, MIN_ROWS = 800 };

static int say_registers(char *text, const struct pv_reg *regs, int n)
{
	int at = 0;
	for (int i = 0; i < n; i++)
		at += sprintf(text + at, " %u.%u", regs[i].reg_class, regs[i].index);
	return at;
}

/* The table's notation, from " | " on. */
static void say_uops(char *text, const struct pv_uop *uops, int n)
{
	for (int i = 0; i < n; i++) {
		text += sprintf(text, " | %u %x", uops[i].op_class, uops[i].flags & TRACE_FLAGS);
		text += say_registers(text, uops[i].src, uops[i].n_src);
		text += sprintf(text, " >");
		text += say_registers(text, uops[i].dst, uops[i].n_dst);
	}
}

static void test_decode__table_of_gem5(void **state)
{
	(void)state;
	FILE *f = fopen("tests/golden/a64_uops.txt", "r");
	struct isa_decoder *decoder;
	char line[2048], ours[4096];
	int n_rows = 0, n_bad = 0;
	assert_non_null(f);
	assert_int_equal(isa_decoder_new(PV_ISA_AARCH64, &decoder, NULL), PV_OK);
	while (fgets(line, sizeof line, f)) {
		char *end = strstr(line, " ; ");
		if (line[0] == '#' || !end)
			continue;
		*end = 0;
		char *theirs;
		uint32_t word = (uint32_t)strtoul(line, &theirs, 16);
		uint8_t bytes[4] = {(uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24)};
		struct pv_uop uops[PV_MAX_UOPS_PER_INSN];
		say_uops(ours, uops, isa_decode(decoder, 0x400000, bytes, sizeof bytes, uops));
		n_rows++;
		if (strcmp(ours, theirs) == 0)
			continue;
		n_bad++;
		print_error("%08x %s  ours%s\n  gem5%s\n", word, end + 3, ours, theirs);
	}
	fclose(f);
	assert_int_equal(isa_decoder_n_unknown(decoder), 0);
	isa_decoder_free(decoder);
	assert_int_equal(n_bad, 0);
	assert_true(n_rows >= MIN_ROWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_decode__table_of_gem5)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
