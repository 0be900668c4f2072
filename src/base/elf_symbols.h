/*
 * elf_symbols.h - the functions of an ELF file, by address
 */
#ifndef BASE_ELF_SYMBOLS_H
#define BASE_ELF_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/file.h"

struct base_elf_function {
	uint64_t begin, end;
	const char *name; /* in the map */
	bool own;         /* of the source file that defines main, or named by the caller */
};

struct base_elf_symbols {
	struct base_map map;
	struct base_elf_function *functions; /* (n) by begin; without overlap */
	size_t n;
};

/*
 * base_elf_symbols_open - read the symbol table of a 64-bit little-endian ELF file
 *
 * @own  (n_own) names of functions that count as the program's own, besides main and the functions local to its source file
 *
 * Returns: PV_OK; PV_ERR_FORMAT, PV_ERR_MISSING (no symbols, no main and no names, or a name that is not there), PV_ERR_IO, PV_ERR_NOMEM.
 * base_elf_symbols_close releases in any case.
 */
enum pv_status base_elf_symbols_open(struct base_elf_symbols *symbols, const char *path, const char *const *own, size_t n_own,
                                     struct pv_error *err);

/* base_elf_symbols_parse - the same from (n_bytes) in memory, borrowed until close; path is for messages */
enum pv_status base_elf_symbols_parse(struct base_elf_symbols *symbols, const uint8_t *bytes, size_t n_bytes, const char *path,
                                      const char *const *own, size_t n_own, struct pv_error *err);
void base_elf_symbols_close(struct base_elf_symbols *symbols);

/* base_elf_symbols_find - the function at an address; NULL when there is none */
const struct base_elf_function *base_elf_symbols_find(const struct base_elf_symbols *symbols, uint64_t address);

#endif
