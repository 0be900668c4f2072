/*
 * symbols.c - functions and source lines of ELF files, through elfutils
 */
#include "base/symbols.h"

#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void base_build_id(const char *path, char id[BASE_BUILD_ID_CHARS])
{
	const void *bytes = NULL;
	id[0] = '\0';
	elf_version(EV_CURRENT);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	ssize_t n = elf ? dwelf_elf_gnu_build_id(elf, &bytes) : 0;
	for (ssize_t i = 0; i < n && 2 * i + 2 < BASE_BUILD_ID_CHARS; i++)
		sprintf(id + 2 * i, "%02x", ((const unsigned char *)bytes)[i]);
	elf_end(elf);
	if (fd >= 0)
		close(fd);
}

struct base_symbols {
	Dwfl_Callbacks callbacks;
	char *debug_path; /* elfutils keeps a pointer to this */
	Dwfl *dwfl;
	Dwfl_Module *module;
	Elf *elf;       /* of the file itself; owned by elfutils */
	GElf_Addr bias; /* address for elfutils - address as the file counts */
};

static enum pv_status open_module(struct base_symbols *s, const char *path, struct pv_error *err)
{
	s->callbacks = (Dwfl_Callbacks){.find_elf = dwfl_build_id_find_elf,
	                                .find_debuginfo = dwfl_standard_find_debuginfo,
	                                .section_address = dwfl_offline_section_address,
	                                .debuginfo_path = s->debug_path ? &s->debug_path : NULL};
	FAIL_IF(access(path, R_OK) != 0, err, PV_ERR_MISSING, "cannot open '%s': %s", path, strerror(errno));
	s->dwfl = dwfl_begin(&s->callbacks);
	FAIL_IF(!s->dwfl, err, PV_ERR_NOMEM, "out of memory for the symbols of '%s'", path);
	s->module = dwfl_report_offline(s->dwfl, path, path, -1);
	dwfl_report_end(s->dwfl, NULL, NULL);
	s->elf = s->module ? dwfl_module_getelf(s->module, &s->bias) : NULL;
	if (!s->elf || elf_kind(s->elf) != ELF_K_ELF)
		return base_error_set(err, PV_ERR_FORMAT, "'%s' is not an ELF file: %s", path, dwfl_errmsg(-1));
	return PV_OK;
}

enum pv_status base_symbols_open(const char *path, const char *debug_path, struct base_symbols **symbols, struct pv_error *err)
{
	struct base_symbols *s = calloc(1, sizeof *s);
	FAIL_IF(!s, err, PV_ERR_NOMEM, "out of memory for the symbols of '%s'", path);
	s->debug_path = debug_path ? strdup(debug_path) : NULL;
	enum pv_status status = open_module(s, path, err);
	if (status == PV_OK)
		*symbols = s;
	else
		base_symbols_close(s);
	return status;
}

void base_symbols_close(struct base_symbols *s)
{
	if (!s)
		return;
	if (s->dwfl)
		dwfl_end(s->dwfl);
	free(s->debug_path);
	free(s);
}

/* The address of a byte of the file. */
static bool address_of(Elf *elf, uint64_t offset, uint64_t *address)
{
	size_t n = 0;
	elf_getphdrnum(elf, &n);
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr p;
		if (!gelf_getphdr(elf, (int)i, &p) || p.p_type != PT_LOAD || offset - p.p_offset >= p.p_filesz)
			continue;
		*address = p.p_vaddr + (offset - p.p_offset);
		return true;
	}
	return false;
}

static const char *section_of(Elf *elf, uint64_t address)
{
	size_t names;
	GElf_Shdr h;
	if (elf_getshdrstrndx(elf, &names) != 0)
		return NULL;
	for (Elf_Scn *s = elf_nextscn(elf, NULL); s; s = elf_nextscn(elf, s))
		if (gelf_getshdr(s, &h) && (h.sh_flags & SHF_ALLOC) && address - h.sh_addr < h.sh_size)
			return elf_strptr(elf, names, h.sh_name);
	return NULL;
}

bool base_symbols_find(const struct base_symbols *s, uint64_t file_offset, struct base_symbol_place *place)
{
	*place = (struct base_symbol_place){0};
	if (!address_of(s->elf, file_offset, &place->address))
		return false;
	const GElf_Addr at = place->address + s->bias;
	GElf_Off inside;
	GElf_Sym symbol;
	const char *name = dwfl_module_addrinfo(s->module, at, &inside, &symbol, NULL, NULL, NULL);
	/* what merely comes before, without saying how long it is, is a guess: only a function's own bytes count, or its first one */
	if (name && *name &&
	    (inside < symbol.st_size || inside == 0 || (symbol.st_size == 0 && GELF_ST_TYPE(symbol.st_info) == STT_FUNC))) {
		place->function = name;
		place->begin = place->address - inside;
	}
	Dwfl_Line *line = dwfl_module_getsrc(s->module, at);
	if (line)
		place->source = dwfl_lineinfo(line, NULL, &place->line, NULL, NULL, NULL);
	place->section = section_of(s->elf, place->address);
	return true;
}
