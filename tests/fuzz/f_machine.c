/*
 * f_machine.c - machine files: any bytes give a machine that passes its checks and survives printing, or one error
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/uarch.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses 2 kB when a quoted key has many escapes and the file is refused later; not ours to mend. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml\n";
}

/* Our own output must be accepted and mean the same. */
static void print_and_read_back(const struct pv_uarch *u)
{
	char *text[2] = {NULL, NULL};
	size_t n[2] = {0, 0};
	struct pv_uarch *back;
	FILE *f = open_memstream(&text[0], &n[0]);
	if (!f)
		return;
	pv_uarch_print(u, f);
	fclose(f);
	if (pv_uarch_parse("printed", text[0], n[0], &back, NULL) != PV_OK)
		abort();
	f = open_memstream(&text[1], &n[1]);
	if (f) {
		pv_uarch_print(back, f);
		fclose(f);
		if (n[0] != n[1] || memcmp(text[0], text[1], n[0]))
			abort();
	}
	pv_uarch_free(back);
	free(text[0]);
	free(text[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pv_error err = {0};
	struct pv_uarch *u = NULL;
	if (pv_uarch_parse("fuzz", data, size, &u, &err) != PV_OK) {
		if (u || !err.message[0])
			abort();
		return 0;
	}
	if (pv_uarch_check(u, NULL) != PV_OK)
		abort();
	print_and_read_back(u);
	pv_uarch_free(u);
	return 0;
}
