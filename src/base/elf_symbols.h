/*
 * elf_symbols.h - the functions of an ELF file, by address
 */
#ifndef PV_BASE_ELF_SYMBOLS_H
#define PV_BASE_ELF_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/file.h"

struct pv_elf_function {
	uint64_t begin, end;
	const char *name; /* in the map */
	bool own;         /* of the source file that defines main, or named by the caller */
};

struct pv_elf_symbols {
	struct pv_map map;
	struct pv_elf_function *functions; /* (n) by begin; without overlap */
	size_t n;
};

/*
 * pv_elf_symbols_open - read the symbol table of a 64-bit little-endian ELF file
 *
 * @own  (n_own) names of functions that count as the program's own, besides main and the functions local to its source file
 *
 * Returns: PV_OK; PV_ERR_FORMAT, PV_ERR_MISSING (no symbols, no main and no names, or a name that is not there), PV_ERR_IO, PV_ERR_NOMEM.
 * pv_elf_symbols_close releases in any case.
 */
enum pv_status pv_elf_symbols_open(struct pv_elf_symbols *symbols, const char *path, const char *const *own, size_t n_own,
                                   struct pv_error *err);

/* pv_elf_symbols_parse - the same from (n_bytes) in memory, borrowed until close; path is for messages */
enum pv_status pv_elf_symbols_parse(struct pv_elf_symbols *symbols, const uint8_t *bytes, size_t n_bytes, const char *path,
                                    const char *const *own, size_t n_own, struct pv_error *err);
void pv_elf_symbols_close(struct pv_elf_symbols *symbols);

/* pv_elf_symbols_find - the function at an address; NULL when there is none */
const struct pv_elf_function *pv_elf_symbols_find(const struct pv_elf_symbols *symbols, uint64_t address);

#endif
