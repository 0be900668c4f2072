/*
 * symbols.h - functions and source lines of ELF files (the only place that knows elfutils)
 */
#ifndef BASE_SYMBOLS_H
#define BASE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { BASE_BUILD_ID_CHARS = 2 * 64 + 1 };

/* base_build_id - a file's build ID in hexadecimal; empty when there is no such file, or it has none */
void base_build_id(const char *path, char id[BASE_BUILD_ID_CHARS]);

struct base_symbols; /* one ELF file, and its separate debug file where there is one; one thread */

/* What stands at an address. Strings are owned by the struct base_symbols; NULL and 0: not known. */
struct base_symbol_place {
	uint64_t address;     /* as the file counts */
	const char *function; /* as linked: names of C++ are not made readable */
	uint64_t begin;       /* address of the function */
	const char *section;
	const char *source; /* path, as the compiler noted it */
	int line;
};

/*
 * base_symbols_open - open a file; separate debug files are found by build ID or debug link
 *
 * @debug_path  as GDB's debug-file-directory, colon-separated; NULL: the file's own folder, its .debug and /usr/lib/debug
 *
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_FORMAT (not an ELF file), PV_ERR_NOMEM
 */
enum pv_status base_symbols_open(const char *path, const char *debug_path, struct base_symbols **symbols, struct pv_error *err);

/* base_symbols_close - release; NULL is allowed */
void base_symbols_close(struct base_symbols *symbols);

/* base_symbols_find - what stands at a byte of the file; false when it is not part of the program that the file holds */
bool base_symbols_find(const struct base_symbols *symbols, uint64_t file_offset, struct base_symbol_place *place);

#endif
