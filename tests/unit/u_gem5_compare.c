/*
 * u_gem5_compare.c - aligning streams that part and meet again, and the symbols that say which code is a program's own
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "gem5/align.h"
#include "base/elf_symbols.h"

enum { N = 3000 };

/* Distinct keys, but for a loop of 50 in the middle. */
static void make_keys(uint64_t *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		keys[i] = i < 1000 || i >= 2000 ? 1000 + i : 5000 + i % 50;
}

static void resume(const uint64_t *a, size_t n_a, size_t i, const uint64_t *b, size_t n_b, size_t j, bool found, size_t skip_a,
                   size_t skip_b)
{
	struct gem5_align_stream x, y;
	assert_true(gem5_align_init(&x, a, n_a) && gem5_align_init(&y, b, n_b));
	size_t got_a = 0, got_b = 0;
	assert_int_equal(gem5_align_resume(&x, i, &y, j, &got_a, &got_b), found);
	if (found) {
		assert_int_equal(got_a, skip_a);
		assert_int_equal(got_b, skip_b);
	}
	gem5_align_release(&x);
	gem5_align_release(&y);
}

static void test_align__leaves_out_the_fewest(void **state)
{
	(void)state;
	static uint64_t a[N], b[2 * N];
	make_keys(a, N);
	/* 7 more in b, at 500 */
	memcpy(b, a, sizeof a);
	memmove(b + 507, b + 500, (N - 500) * sizeof *b);
	for (int i = 0; i < 7; i++)
		b[500 + i] = 90000 + (uint64_t)i;
	resume(a, N, 500, b, N + 7, 500, true, 0, 7);
	resume(b, N + 7, 500, a, N, 500, true, 7, 0);
	/* other code of other length: 3 for 900, far beyond the first reach */
	memcpy(b, a, sizeof a);
	memmove(b + 500 + 900, b + 503, (N - 503) * sizeof *b);
	for (int i = 0; i < 900; i++)
		b[500 + i] = 90000 + (uint64_t)i;
	resume(a, N, 500, b, N + 897, 500, true, 3, 900);
	/* nothing in common any more */
	for (size_t i = 500; i < N; i++)
		b[i] = 90000 + i;
	resume(a, N, 500, b, N, 500, false, 0, 0);
	/* a difference within the last keys, too few to be sure */
	memcpy(b, a, sizeof a);
	b[N - 5] = 1;
	resume(a, N, N - 5, b, N, N - 5, false, 0, 0);
}

/* A loop that runs twice more: the extra turns are left out, not the loop. */
static void test_align__loops(void **state)
{
	(void)state;
	static uint64_t a[N], b[N + 100];
	make_keys(a, N);
	memcpy(b, a, 2000 * sizeof *a);
	for (size_t i = 0; i < 100; i++)
		b[2000 + i] = a[1000 + i];
	memcpy(b + 2100, a + 2000, (N - 2000) * sizeof *a);
	resume(a, N, 2000, b, N + 100, 2000, true, 0, 100);
}

static void test_align__any_edit(void **state)
{
	(void)state;
	struct base_random random;
	base_random_init(&random, 7);
	static uint64_t a[N], b[N];
	for (int round = 0; round < 200; round++) {
		make_keys(a, N);
		size_t at = (size_t)(base_random_below(&random, 900)), cut = 1 + (size_t)(base_random_below(&random, 70));
		memcpy(b, a, at * sizeof *a);
		memcpy(b + at, a + at + cut, (N - at - cut) * sizeof *a);
		resume(a, N, at, b, N - cut, at, true, cut, 0);
	}
}

/* An ELF file of two source files: lib.c with `helper`, prog.c with `main` and the local `work`; `memset` is global elsewhere. */
struct image {
	Elf64_Ehdr header;
	Elf64_Sym symbols[10];
	char names[64];
	Elf64_Shdr sections[3];
};

static Elf64_Sym symbol(const char *names, const char *name, int bind, int type, uint64_t value, uint64_t size)
{
	const char *at = names;
	while (strcmp(at, name) != 0)
		at += strlen(at) + 1;
	return (Elf64_Sym){.st_name = (Elf64_Word)(at - names),
	                   .st_info = (unsigned char)ELF64_ST_INFO(bind, type),
	                   .st_shndx = type == STT_FILE ? SHN_ABS : 1,
	                   .st_value = value,
	                   .st_size = size};
}

static struct image make_image(void)
{
	struct image m = {0};
	memcpy(m.header.e_ident, ELFMAG "\2\1\1", 7);
	m.header.e_shentsize = sizeof(Elf64_Shdr);
	m.header.e_shnum = 3;
	m.header.e_shoff = offsetof(struct image, sections);
	static const char names[] = "\0lib.c\0helper\0prog.c\0$x\0work\0main\0memset\0alias";
	memcpy(m.names, names, sizeof names);
	const char *s = m.names;
	Elf64_Sym symbols[] = {{0},
	                       symbol(s, "lib.c", STB_LOCAL, STT_FILE, 0, 0),
	                       symbol(s, "$x", STB_LOCAL, STT_NOTYPE, 0x900, 0),
	                       symbol(s, "helper", STB_LOCAL, STT_FUNC, 0x900, 0x80),
	                       symbol(s, "prog.c", STB_LOCAL, STT_FILE, 0, 0),
	                       symbol(s, "work", STB_LOCAL, STT_FUNC, 0x600, 0x40),
	                       symbol(s, "$x", STB_LOCAL, STT_NOTYPE, 0x400, 0),
	                       symbol(s, "main", STB_GLOBAL, STT_FUNC, 0x400, 0x100),
	                       symbol(s, "memset", STB_GLOBAL, STT_FUNC, 0x700, 0x1000),
	                       symbol(s, "alias", STB_GLOBAL, STT_FUNC, 0x700, 0x1000)};
	memcpy(m.symbols, symbols, sizeof symbols);
	m.sections[1] =
	    (Elf64_Shdr){.sh_type = SHT_SYMTAB, .sh_offset = offsetof(struct image, symbols), .sh_size = sizeof m.symbols, .sh_link = 2};
	m.sections[2] = (Elf64_Shdr){.sh_type = SHT_STRTAB, .sh_offset = offsetof(struct image, names), .sh_size = sizeof m.names};
	return m;
}

static void test_elf_symbols__own_code(void **state)
{
	(void)state;
	struct image m = make_image();
	struct base_elf_symbols s;
	struct pv_error err = {0};
	assert_int_equal(base_elf_symbols_parse(&s, (const uint8_t *)&m, sizeof m, "p", NULL, 0, &err), PV_OK);
	assert_int_equal(s.n, 4);
	assert_true(base_elf_symbols_find(&s, 0x400)->own && base_elf_symbols_find(&s, 0x4ff)->own);
	assert_string_equal(base_elf_symbols_find(&s, 0x63f)->name, "work");
	assert_true(base_elf_symbols_find(&s, 0x600)->own);
	assert_null(base_elf_symbols_find(&s, 0x640));
	assert_null(base_elf_symbols_find(&s, 0x3ff));
	assert_string_equal(base_elf_symbols_find(&s, 0x8ff)->name, "alias");
	assert_string_equal(base_elf_symbols_find(&s, 0x900)->name, "helper"); /* what reaches into it ends there */
	assert_false(base_elf_symbols_find(&s, 0x900)->own);
	base_elf_symbols_close(&s);
	const char *own[] = {"memset"};
	assert_int_equal(base_elf_symbols_parse(&s, (const uint8_t *)&m, sizeof m, "p", own, 1, &err), PV_OK);
	assert_true(base_elf_symbols_find(&s, 0x700)->own);
	base_elf_symbols_close(&s);
	own[0] = "nowhere";
	assert_int_equal(base_elf_symbols_parse(&s, (const uint8_t *)&m, sizeof m, "p", own, 1, &err), PV_ERR_MISSING);
	assert_string_equal(err.message, "'p' has no function 'nowhere'");
	base_elf_symbols_close(&s);
	m.sections[1].sh_type = SHT_DYNSYM;
	assert_int_equal(base_elf_symbols_parse(&s, (const uint8_t *)&m, sizeof m, "p", NULL, 0, &err), PV_ERR_MISSING);
	base_elf_symbols_close(&s);
}

int main(int argc, char **argv)
{
	if (argc > 1) { /* writes the file, for the fuzz corpus */
		struct image m = make_image();
		FILE *f = fopen(argv[1], "wb");
		return !f || fwrite(&m, sizeof m, 1, f) != 1 || fclose(f) != 0;
	}
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_align__leaves_out_the_fewest),
	    cmocka_unit_test(test_align__loops),
	    cmocka_unit_test(test_align__any_edit),
	    cmocka_unit_test(test_elf_symbols__own_code),
	};
	return cmocka_run_group_tests_name("gem5_compare", tests, NULL, NULL);
}
