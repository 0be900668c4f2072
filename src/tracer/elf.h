/*
 * elf.h - the few facts of a program file that decide whether and how it can be traced
 */
#ifndef TRACER_ELF_H
#define TRACER_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { TRACER_ELF_X86 = 3, TRACER_ELF_ARM = 40, TRACER_ELF_X86_64 = 62, TRACER_ELF_AARCH64 = 183, TRACER_ELF_RISCV = 243 };

struct tracer_elf {
	uint16_t machine; /* TRACER_ELF_AARCH64 and so on */
	bool is_64;       /* 64-bit words */
	bool little;      /* little-endian */
	bool is_program;  /* executable or position-independent; not an object file or a core dump */
	char interp[256]; /* the dynamic loader it asks for; empty for a static program */
};

/*
 * tracer_elf_parse - read the header and look for the loader's name
 *
 * @data  (n_bytes) the file's contents
 * @path  for the error text
 *
 * Returns: PV_OK; PV_ERR_FORMAT (not ELF, truncated, tables outside the file)
 */
enum pv_status tracer_elf_parse(const uint8_t *data, size_t n_bytes, const char *path, struct tracer_elf *elf, struct pv_error *err);

/* tracer_elf_read - tracer_elf_parse of a file; PV_ERR_MISSING, PV_ERR_IO, PV_ERR_ARG (not a regular file) besides */
enum pv_status tracer_elf_read(const char *path, struct tracer_elf *elf, struct pv_error *err);

/* tracer_elf_machine_name - "AArch64", "x86-64", ...; NULL for one without a name here */
const char *tracer_elf_machine_name(const struct tracer_elf *elf);

#endif
