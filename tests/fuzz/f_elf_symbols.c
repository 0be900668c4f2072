/*
 * f_elf_symbols.c - any bytes as an ELF file: an error, or functions in order, without overlap, found at their addresses
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/elf_symbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct base_elf_symbols s;
	struct pv_error err;
	if (base_elf_symbols_parse(&s, data, size, "fuzz", NULL, 0, &err) == PV_OK) {
		for (size_t i = 0; i < s.n; i++) {
			const struct base_elf_function *f = &s.functions[i];
			if (strlen(f->name) > size || (i && (f[-1].begin >= f->begin || f[-1].end > f->begin)))
				abort();
			if (f->end > f->begin && base_elf_symbols_find(&s, f->begin) != f)
				abort();
		}
	}
	base_elf_symbols_close(&s);
	return 0;
}
