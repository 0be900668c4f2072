/*
 * unzip.c - reading the central directory of a zip file
 *
 * The end record lies in the last 64 KiB. It, or the zip64 one in front of it, points to the directory, whose entries point to local
 * headers; data follow those. Every offset is checked against the file before it is followed.
 */
#include "base/unzip.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { END_BYTES = 22, ENTRY_BYTES = 46, LOCAL_BYTES = 30, LOCATOR_BYTES = 20, END64_BYTES = 56 };

static uint64_t le(const uint8_t *at, int n)
{
	uint64_t value = 0;
	for (int i = n - 1; i >= 0; i--)
		value = value << 8 | at[i];
	return value;
}

struct directory {
	uint64_t n_entries, offset, n_bytes;
};

static const uint8_t *find_end(const uint8_t *data, size_t n_bytes)
{
	const size_t lowest = n_bytes > 65535 + END_BYTES ? n_bytes - 65535 - END_BYTES : 0;
	for (size_t at = n_bytes < END_BYTES ? 0 : n_bytes - END_BYTES + 1; at > lowest; at--)
		if (le(data + at - 1, 4) == 0x06054b50)
			return data + at - 1;
	return NULL;
}

static bool read_end64(const uint8_t *data, size_t n_bytes, const uint8_t *end, struct directory *d)
{
	if (end - data < LOCATOR_BYTES || le(end - LOCATOR_BYTES, 4) != 0x07064b50)
		return false;
	const uint64_t at = le(end - LOCATOR_BYTES + 8, 8);
	if (at > n_bytes || n_bytes - at < END64_BYTES || le(data + at, 4) != 0x06064b50)
		return false;
	*d = (struct directory){le(data + at + 32, 8), le(data + at + 48, 8), le(data + at + 40, 8)};
	return true;
}

/* Sizes and offset that did not fit into 32 bits stand in an extra field, in this order. */
static bool read_extra64(const uint8_t *extra, size_t n_bytes, uint64_t *size, uint64_t *stored, uint64_t *offset)
{
	uint64_t *values[] = {size, stored, offset};
	while (n_bytes >= 4) {
		const size_t n = le(extra + 2, 2);
		if (n > n_bytes - 4)
			return false;
		size_t used = 0;
		for (int i = 0; i < 3 && le(extra, 2) == 1; i++) {
			if (*values[i] != 0xffffffff)
				continue;
			if (n - used < 8)
				return false;
			*values[i] = le(extra + 4 + used, 8);
			used += 8;
		}
		extra += 4 + n;
		n_bytes -= 4 + n;
	}
	return true;
}

static enum pv_status read_entry(const uint8_t *data, size_t n_bytes, size_t *at, const char *label, struct base_unzip_member *m,
                                 struct pv_error *err)
{
	const uint8_t *e = data + *at;
	FAIL_IF(n_bytes - *at < ENTRY_BYTES || le(e, 4) != 0x02014b50, err, PV_ERR_FORMAT, "'%s', byte %zu: no entry of a zip directory",
	        label, *at);
	const size_t name = le(e + 28, 2), extra = le(e + 30, 2), comment = le(e + 32, 2);
	uint64_t stored = le(e + 20, 4), size = le(e + 24, 4), offset = le(e + 42, 4);
	FAIL_IF(n_bytes - *at - ENTRY_BYTES < name + extra + comment ||
	            !read_extra64(e + ENTRY_BYTES + name, extra, &size, &stored, &offset),
	        err, PV_ERR_FORMAT, "'%s', byte %zu: a damaged entry of a zip directory", label, *at);
	FAIL_IF(le(e + 10, 2) != 0 || le(e + 8, 2) & 1, err, PV_ERR_UNSUPPORTED,
	        "'%s': member '%.*s' is compressed or encrypted; stored members are read", label, (int)(name < 64 ? name : 64),
	        (const char *)e + ENTRY_BYTES);
	FAIL_IF(offset > n_bytes || n_bytes - offset < LOCAL_BYTES || le(data + offset, 4) != 0x04034b50, err, PV_ERR_FORMAT,
	        "'%s', byte %zu: the entry points to no member", label, *at);
	const uint64_t begin = offset + LOCAL_BYTES + le(data + offset + 26, 2) + le(data + offset + 28, 2);
	FAIL_IF(begin > n_bytes || n_bytes - begin < size || size != stored, err, PV_ERR_FORMAT,
	        "'%s', byte %zu: the entry's member does not fit into the file", label, *at);
	*m = (struct base_unzip_member){(const char *)e + ENTRY_BYTES, name, data + begin, size, (uint32_t)le(e + 16, 4)};
	*at += ENTRY_BYTES + name + extra + comment;
	return PV_OK;
}

enum pv_status base_unzip(const uint8_t *data, size_t n_bytes, const char *label, struct base_unzip *zip, struct pv_error *err)
{
	*zip = (struct base_unzip){0};
	const uint8_t *end = find_end(data, n_bytes);
	FAIL_IF(!end, err, PV_ERR_FORMAT, "'%s' is not a zip file, or its end is missing", label);
	struct directory d = {le(end + 10, 2), le(end + 16, 4), le(end + 12, 4)};
	if (d.n_entries == 0xffff || d.offset == 0xffffffff || d.n_bytes == 0xffffffff)
		FAIL_IF(!read_end64(data, n_bytes, end, &d), err, PV_ERR_FORMAT, "'%s': the zip64 end is missing", label);
	FAIL_IF(d.offset > n_bytes || d.n_entries > n_bytes / ENTRY_BYTES, err, PV_ERR_FORMAT,
	        "'%s': the zip directory does not fit into the file", label);
	zip->members = calloc(d.n_entries + 1, sizeof *zip->members);
	FAIL_IF(!zip->members, err, PV_ERR_NOMEM, "out of memory reading '%s'", label);
	size_t at = d.offset;
	for (; zip->n_members < d.n_entries; zip->n_members++) {
		const enum pv_status status = read_entry(data, n_bytes, &at, label, &zip->members[zip->n_members], err);
		if (status != PV_OK) {
			base_unzip_release(zip);
			return status;
		}
	}
	return PV_OK;
}

void base_unzip_release(struct base_unzip *zip)
{
	free(zip->members);
	*zip = (struct base_unzip){0};
}

enum pv_status base_unzip_check(const struct base_unzip_member *m, const char *label, struct pv_error *err)
{
	FAIL_IF((uint32_t)crc32_z(0, m->data, m->n_bytes) != m->crc, err, PV_ERR_FORMAT, "'%s': member '%.*s' differs from its checksum",
	        label, (int)(m->name_bytes < 64 ? m->name_bytes : 64), m->name);
	return PV_OK;
}
