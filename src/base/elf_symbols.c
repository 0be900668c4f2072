/*
 * elf_symbols.c - the functions of an ELF file, by address
 *
 * Symbols of one source file follow its FILE symbol as long as they are local. On AArch64 each stretch of code has a local symbol "$x", so
 * the file whose "$x" lies at main's address is the one that defines main.
 */
#include "base/elf_symbols.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

struct table {
	const uint8_t *symbols;
	size_t n;
	const char *names;
	size_t n_name_bytes; /* the last one is 0 */
};

static Elf64_Sym symbol_at(const struct table *t, size_t i)
{
	Elf64_Sym s;
	memcpy(&s, t->symbols + i * sizeof s, sizeof s);
	if (s.st_name >= t->n_name_bytes)
		s.st_name = (Elf64_Word)(t->n_name_bytes - 1);
	return s;
}

static bool inside(const struct base_map *m, uint64_t offset, uint64_t n)
{
	return offset <= m->n_bytes && n <= m->n_bytes - offset;
}

static enum pv_status find_table(const struct base_map *m, const char *path, struct table *t, struct pv_error *err)
{
	Elf64_Ehdr e;
	FAIL_IF(m->n_bytes < sizeof e || memcmp(m->data, ELFMAG "\2\1", 6) != 0, err, PV_ERR_FORMAT,
	        "'%s' is not a 64-bit little-endian ELF file", path);
	memcpy(&e, m->data, sizeof e);
	FAIL_IF(e.e_shentsize != sizeof(Elf64_Shdr) || !inside(m, e.e_shoff, (uint64_t)e.e_shnum * sizeof(Elf64_Shdr)), err, PV_ERR_FORMAT,
	        "'%s' has a bad section table", path);
	for (unsigned i = 0; i < e.e_shnum; i++) {
		Elf64_Shdr s, names;
		memcpy(&s, m->data + e.e_shoff + i * sizeof s, sizeof s);
		if (s.sh_type != SHT_SYMTAB)
			continue;
		FAIL_IF(s.sh_link >= e.e_shnum || !inside(m, s.sh_offset, s.sh_size), err, PV_ERR_FORMAT, "'%s' has a bad symbol table",
		        path);
		memcpy(&names, m->data + e.e_shoff + s.sh_link * sizeof names, sizeof names);
		FAIL_IF(!inside(m, names.sh_offset, names.sh_size) || names.sh_size == 0 ||
		            m->data[names.sh_offset + names.sh_size - 1] != 0,
		        err, PV_ERR_FORMAT, "'%s' has a bad symbol table", path);
		*t = (struct table){m->data + s.sh_offset, s.sh_size / sizeof(Elf64_Sym), (const char *)m->data + names.sh_offset,
		                    names.sh_size};
		return PV_OK;
	}
	return base_error_set(err, PV_ERR_MISSING, "'%s' has no symbols: it was stripped", path);
}

static bool is_function(const Elf64_Sym *s)
{
	unsigned type = ELF64_ST_TYPE(s->st_info);
	return (type == STT_FUNC || type == STT_GNU_IFUNC) && s->st_shndx != SHN_UNDEF;
}

static bool main_address(const struct table *t, uint64_t *address)
{
	for (size_t i = 0; i < t->n; i++) {
		Elf64_Sym s = symbol_at(t, i);
		if (is_function(&s) && !strcmp(t->names + s.st_name, "main")) {
			*address = s.st_value;
			return true;
		}
	}
	return false;
}

/* Symbols [*begin, *end) that belong to the source file of main; empty when unknown. */
static void main_file(const struct table *t, uint64_t address, size_t *begin, size_t *end)
{
	size_t file = 0;
	*begin = *end = 0;
	for (size_t i = 0; i < t->n; i++) {
		Elf64_Sym s = symbol_at(t, i);
		bool local = ELF64_ST_BIND(s.st_info) == STB_LOCAL;
		if (ELF64_ST_TYPE(s.st_info) == STT_FILE || !local) {
			if (*begin) {
				*end = i;
				return;
			}
			file = local ? i : 0;
		} else if (file && s.st_value == address && !strncmp(t->names + s.st_name, "$x", 2)) {
			*begin = file;
		}
	}
	*end = t->n;
}

static int by_begin(const void *a, const void *b)
{
	const struct base_elf_function *x = a, *y = b;
	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	if (x->own != y->own)
		return x->own ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* One function for each stretch of code: aliases go, and what reaches into the next ends there. */
static void untangle(struct base_elf_symbols *s)
{
	qsort(s->functions, s->n, sizeof *s->functions, by_begin);
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (n && s->functions[n - 1].begin == s->functions[i].begin)
			continue;
		if (n && s->functions[n - 1].end > s->functions[i].begin)
			s->functions[n - 1].end = s->functions[i].begin;
		s->functions[n++] = s->functions[i];
	}
	s->n = n;
}

static bool among(const char *name, const char *const *names, size_t n, bool *found)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, names[i])) {
			found[i] = true;
			return true;
		}
	return false;
}

static enum pv_status collect(struct base_elf_symbols *s, const struct table *t, const char *path, const char *const *own, size_t n_own,
                              bool *found, struct pv_error *err)
{
	uint64_t at = 0;
	size_t begin = 0, end = 0;
	bool has_main = main_address(t, &at);
	FAIL_IF(!has_main && n_own == 0, err, PV_ERR_MISSING, "'%s' has no function 'main' and no other is named", path);
	if (has_main)
		main_file(t, at, &begin, &end);
	s->functions = calloc(t->n + 1, sizeof *s->functions);
	FAIL_IF(!s->functions, err, PV_ERR_NOMEM, "out of memory for the symbols of '%s'", path);
	for (size_t i = 0; i < t->n; i++) {
		Elf64_Sym sym = symbol_at(t, i);
		if (!is_function(&sym))
			continue;
		const char *name = t->names + sym.st_name;
		bool is_own = (i >= begin && i < end) || (has_main && sym.st_value == at);
		is_own |= among(name, own, n_own, found);
		s->functions[s->n++] = (struct base_elf_function){sym.st_value, sym.st_value + sym.st_size, name, is_own};
	}
	for (size_t i = 0; i < n_own; i++)
		FAIL_IF(!found[i], err, PV_ERR_MISSING, "'%s' has no function '%s'", path, own[i]);
	untangle(s);
	return PV_OK;
}

static enum pv_status read_symbols(struct base_elf_symbols *s, const struct base_map *m, const char *path, const char *const *own,
                                   size_t n_own, struct pv_error *err)
{
	struct table t = {0};
	TRY(find_table(m, path, &t, err));
	bool *found = calloc(n_own + 1, sizeof *found);
	FAIL_IF(!found, err, PV_ERR_NOMEM, "out of memory for the symbols of '%s'", path);
	enum pv_status status = collect(s, &t, path, own, n_own, found, err);
	free(found);
	return status;
}

enum pv_status base_elf_symbols_open(struct base_elf_symbols *s, const char *path, const char *const *own, size_t n_own,
                                     struct pv_error *err)
{
	*s = (struct base_elf_symbols){0};
	TRY(base_map_open(&s->map, path, err));
	return read_symbols(s, &s->map, path, own, n_own, err);
}

enum pv_status base_elf_symbols_parse(struct base_elf_symbols *s, const uint8_t *bytes, size_t n_bytes, const char *path,
                                      const char *const *own, size_t n_own, struct pv_error *err)
{
	*s = (struct base_elf_symbols){0};
	return read_symbols(s, &(struct base_map){bytes, n_bytes}, path, own, n_own, err);
}

void base_elf_symbols_close(struct base_elf_symbols *s)
{
	free(s->functions);
	base_map_close(&s->map);
	*s = (struct base_elf_symbols){0};
}

const struct base_elf_function *base_elf_symbols_find(const struct base_elf_symbols *s, uint64_t address)
{
	size_t low = 0, high = s->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (s->functions[middle].begin <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address < s->functions[low - 1].end ? &s->functions[low - 1] : NULL;
}
