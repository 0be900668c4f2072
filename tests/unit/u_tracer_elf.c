/*
 * u_tracer_elf.c - ELF headers made by hand: what is read, and what is refused
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tracer/elf.h"

/* A 64-bit little-endian program with one program header at 64 and a loader's name at 128. */
static size_t make_elf(uint8_t *file, uint16_t machine, const char *interp)
{
	memset(file, 0, 256);
	memcpy(file, "\177ELF\2\1\1", 7);
	file[16] = 3; /* ET_DYN */
	file[18] = (uint8_t)machine;
	file[32] = 64; /* program headers at 64, ... */
	file[54] = 56; /* ... 56 bytes each, ... */
	file[56] = 1;  /* ... one of them */
	file[64] = 3;  /* PT_INTERP */
	file[72] = 128;
	file[96] = (uint8_t)(strlen(interp) + 1);
	memcpy(file + 128, interp, strlen(interp));
	return 128 + strlen(interp) + 1;
}

static void test_elf__loader_of_a_dynamic_program(void **state)
{
	(void)state;
	uint8_t file[256];
	size_t n = make_elf(file, TRACER_ELF_AARCH64, "/lib/ld-linux-aarch64.so.1");
	struct tracer_elf elf;
	assert_int_equal(tracer_elf_parse(file, n, "x", &elf, NULL), PV_OK);
	assert_int_equal(elf.machine, TRACER_ELF_AARCH64);
	assert_true(elf.is_64 && elf.little && elf.is_program);
	assert_string_equal(elf.interp, "/lib/ld-linux-aarch64.so.1");
	assert_string_equal(tracer_elf_machine_name(&elf), "AArch64");
}

static void test_elf__every_truncation_is_an_error_or_lacks_the_loader(void **state)
{
	(void)state;
	uint8_t file[256];
	size_t n = make_elf(file, TRACER_ELF_AARCH64, "/lib/ld.so");
	for (size_t i = 0; i < n; i++) {
		struct tracer_elf elf;
		struct pv_error err = {0};
		assert_int_equal(tracer_elf_parse(file, i, "x", &elf, &err), PV_ERR_FORMAT);
		assert_true(err.message[0] != '\0');
	}
}

static void test_elf__big_endian_machine_is_named(void **state)
{
	(void)state;
	uint8_t file[64] = "\177ELF\2\2\1";
	file[17] = 2;
	file[19] = 21;
	struct tracer_elf elf;
	assert_int_equal(tracer_elf_parse(file, sizeof file, "x", &elf, NULL), PV_OK);
	assert_int_equal(elf.machine, 21);
	assert_string_equal(tracer_elf_machine_name(&elf), "64-bit PowerPC");
}

static void test_elf__tables_outside_the_file_are_refused(void **state)
{
	(void)state;
	uint8_t file[256];
	struct tracer_elf elf;
	size_t n = make_elf(file, TRACER_ELF_AARCH64, "/lib/ld.so");
	memset(file + 32, 0xff, 8); /* offset that overflows when the size is added */
	assert_int_equal(tracer_elf_parse(file, n, "x", &elf, NULL), PV_ERR_FORMAT);
	n = make_elf(file, TRACER_ELF_AARCH64, "/lib/ld.so");
	memset(file + 96, 0xff, 8); /* loader's name longer than the file */
	assert_int_equal(tracer_elf_parse(file, n, "x", &elf, NULL), PV_ERR_FORMAT);
	n = make_elf(file, TRACER_ELF_AARCH64, "/lib/ld.so");
	file[96]--; /* name without its end */
	assert_int_equal(tracer_elf_parse(file, n, "x", &elf, NULL), PV_ERR_FORMAT);
}

static void test_elf__script_gets_a_hint(void **state)
{
	(void)state;
	struct tracer_elf elf;
	struct pv_error err = {0};
	assert_int_equal(tracer_elf_parse((const uint8_t *)"#!/bin/sh\n", 10, "x", &elf, &err), PV_ERR_FORMAT);
	assert_non_null(strstr(err.message, "script"));
	assert_true(err.hint[0] != '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_elf__loader_of_a_dynamic_program),
	    cmocka_unit_test(test_elf__every_truncation_is_an_error_or_lacks_the_loader),
	    cmocka_unit_test(test_elf__big_endian_machine_is_named),
	    cmocka_unit_test(test_elf__tables_outside_the_file_are_refused),
	    cmocka_unit_test(test_elf__script_gets_a_hint),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
