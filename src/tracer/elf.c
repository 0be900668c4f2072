/*
 * elf.c - reads an ELF header and the name of the dynamic loader
 *
 * Layout (System V ABI, ELF-64): identification in bytes 0..15 (4: class, 5: byte order), type at 16, machine at 18, program header
 * offset at 32, entry size at 54, count at 56; a program header has its type at 0, file offset at 8, file size at 32. ELF-32: offset at
 * 28, size and count at 42 and 44; entries: type 0, offset 4, file size 16. Only little-endian files are read further than the machine.
 */
#include "tracer/elf.h"

#include <string.h>

#include "base/file.h"

enum { ET_EXEC_ = 2, ET_DYN_ = 3, PT_INTERP_ = 3 };

static uint64_t read_le(const uint8_t *p, int n)
{
	uint64_t v = 0;
	for (int i = n - 1; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

static uint16_t read_half(const uint8_t *p, bool little)
{
	return (uint16_t)(little ? p[0] | p[1] << 8 : p[0] << 8 | p[1]);
}

static enum pv_status not_elf(const uint8_t *data, size_t n, const char *path, struct pv_error *err)
{
	if (n >= 2 && data[0] == '#' && data[1] == '!') {
		base_error_set(err, PV_ERR_FORMAT, "'%s' is a script, not an ELF program", path);
		return base_error_hint(err, "trace its interpreter, with the script as argument"), PV_ERR_FORMAT;
	}
	return base_error_set(err, PV_ERR_FORMAT, "'%s' is not an ELF program", path);
}

static enum pv_status truncated(const char *path, const char *what, struct pv_error *err)
{
	return base_error_set(err, PV_ERR_FORMAT, "'%s' is a damaged ELF file: %s lies outside the file", path, what);
}

/* Copies the loader's name from a PT_INTERP segment. */
static enum pv_status read_interp(const uint8_t *data, size_t n, uint64_t offset, uint64_t size, const char *path, struct tracer_elf *elf,
                                  struct pv_error *err)
{
	if (offset > n || size > n - offset)
		return truncated(path, "the loader's name", err);
	size_t length = strnlen((const char *)data + offset, (size_t)size);
	if (length == 0 || length == size || length >= sizeof elf->interp)
		return base_error_set(err, PV_ERR_FORMAT, "'%s' is a damaged ELF file: its loader's name is empty or does not end", path);
	memcpy(elf->interp, data + offset, length + 1);
	return PV_OK;
}

enum pv_status tracer_elf_parse(const uint8_t *data, size_t n, const char *path, struct tracer_elf *elf, struct pv_error *err)
{
	*elf = (struct tracer_elf){0};
	if (n < 4 || memcmp(data, "\177ELF", 4) != 0)
		return not_elf(data, n, path, err);
	if (n < 52)
		return truncated(path, "the header", err);
	elf->is_64 = data[4] == 2;
	elf->little = data[5] == 1;
	if (elf->is_64 && n < 64)
		return truncated(path, "the header", err);
	elf->machine = read_half(data + 18, elf->little);
	uint16_t type = read_half(data + 16, elf->little);
	elf->is_program = type == ET_EXEC_ || type == ET_DYN_;
	if (!elf->little || !elf->is_program)
		return PV_OK;
	bool is_64 = elf->is_64;
	uint64_t table = read_le(data + (is_64 ? 32 : 28), is_64 ? 8 : 4);
	size_t entry_bytes = (size_t)read_le(data + (is_64 ? 54 : 42), 2);
	size_t count = (size_t)read_le(data + (is_64 ? 56 : 44), 2);
	if (count == 0)
		return PV_OK;
	if (entry_bytes < (is_64 ? 56u : 32u) || table > n || count * entry_bytes > n - table)
		return truncated(path, "the program header table", err);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *p = data + table + i * entry_bytes;
		if (read_le(p, 4) == PT_INTERP_)
			return read_interp(data, n, is_64 ? read_le(p + 8, 8) : read_le(p + 4, 4),
			                   is_64 ? read_le(p + 32, 8) : read_le(p + 16, 4), path, elf, err);
	}
	return PV_OK;
}

enum pv_status tracer_elf_read(const char *path, struct tracer_elf *elf, struct pv_error *err)
{
	struct base_map map;
	TRY(base_map_open(&map, path, err));
	enum pv_status status = tracer_elf_parse(map.data, map.n_bytes, path, elf, err);
	base_map_close(&map);
	return status;
}

const char *tracer_elf_machine_name(const struct tracer_elf *elf)
{
	switch (elf->machine) {
	case TRACER_ELF_X86: return "32-bit x86";
	case 8: return "MIPS";
	case 20: return "32-bit PowerPC";
	case 21: return "64-bit PowerPC";
	case 22: return "S/390";
	case TRACER_ELF_ARM: return "32-bit Arm";
	case TRACER_ELF_X86_64: return "x86-64";
	case TRACER_ELF_AARCH64: return "AArch64";
	case TRACER_ELF_RISCV: return elf->is_64 ? "64-bit RISC-V" : "32-bit RISC-V";
	case 258: return "LoongArch";
	default: return NULL;
	}
}
