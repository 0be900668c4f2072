/*
 * zip.c - writes .zip files whose members are stored as they are
 *
 *	+--------------+------+-------+--------+------+-------+-----+-----------+-----------------+---------+
 *	| local header | name | [z64] | data   | ...          | dir | [z64 end] | [z64 locator]   | end     |
 *	+--------------+------+-------+--------+------+-------+-----+-----------+-----------------+---------+
 *
 * A member's checksum stands before its data: it is filled in when the data are complete. Sizes and places of 0xffffffff and more stand
 * in the extra field "z64", whose presence is known from the start since a member's size is.
 *
 * Reference: PKWARE APPNOTE 6.3.10, 4.3.7 (local header), 4.3.12 (directory), 4.3.14 to 4.3.16 (ends), 4.5.3 (extra field).
 */
#include "base/zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/array.h"

enum { LOCAL_BYTES = 30, DIRECTORY_BYTES = 46, CRC_AT = 14, DOS_1980 = 0x21 };
#define FULL 0xffffffffu

/* ---- little-endian fields ---- */

struct fields {
	uint8_t bytes[256];
	size_t n;
};

static void put(struct fields *f, uint64_t value, int n_bytes)
{
	for (int i = 0; i < n_bytes; i++)
		f->bytes[f->n++] = (uint8_t)(value >> 8 * i);
}

static uint32_t clip(uint64_t value)
{
	return value < FULL ? (uint32_t)value : FULL;
}

/* What local headers and directory entries share: from "version needed" to the name's length. */
static void put_common(struct fields *f, const struct base_zip_member *m, bool large)
{
	put(f, large ? 45 : 20, 2);
	put(f, 0, 2); /* flags */
	put(f, 0, 2); /* stored */
	put(f, 0, 2);
	put(f, DOS_1980, 2);
	put(f, m->crc, 4);
	put(f, clip(m->n_bytes), 4);
	put(f, clip(m->n_bytes), 4);
	put(f, strlen(m->name), 2);
}

/* ---- writing ---- */

static enum pv_status emit(struct base_zip_writer *z, const void *data, size_t n_bytes, struct pv_error *err)
{
	z->at += n_bytes;
	return base_out_file_write(&z->file, data, n_bytes, err);
}

enum pv_status base_zip_create(struct base_zip_writer *z, const char *path, struct pv_error *err)
{
	*z = (struct base_zip_writer){0};
	return base_out_file_open(&z->file, path, err);
}

enum pv_status base_zip_begin(struct base_zip_writer *z, const char *name, uint64_t n_bytes, struct pv_error *err)
{
	FAIL_IF(z->n_left, err, PV_ERR_ARG, "'%s': a member begins inside another", z->file.path);
	FAIL_IF(strlen(name) >= sizeof z->members->name, err, PV_ERR_ARG, "'%s': the member name '%.80s' is too long", z->file.path, name);
	TRY(base_array_extend(&z->members, z->n_members, sizeof *z->members, "members", err));
	struct base_zip_member *m = &z->members[z->n_members++];
	*m = (struct base_zip_member){.offset = z->at, .n_bytes = n_bytes};
	strcpy(m->name, name);
	z->n_left = n_bytes;
	bool large = n_bytes >= FULL;
	struct fields f = {.n = 0};
	put(&f, 0x04034b50, 4);
	put_common(&f, m, large);
	put(&f, large ? 20 : 0, 2); /* bytes of extra fields */
	TRY(emit(z, f.bytes, f.n, err));
	TRY(emit(z, name, strlen(name), err));
	if (!large)
		return PV_OK;
	f.n = 0;
	put(&f, 1, 2);
	put(&f, 16, 2);
	put(&f, n_bytes, 8);
	put(&f, n_bytes, 8);
	return emit(z, f.bytes, f.n, err);
}

static enum pv_status fill_in_crc(struct base_zip_writer *z, const struct base_zip_member *m, struct pv_error *err)
{
	struct fields f = {.n = 0};
	put(&f, m->crc, 4);
	FILE *out = z->file.stream;
	FAIL_IF(fseeko(out, (off_t)(m->offset + CRC_AT), SEEK_SET) != 0, err, PV_ERR_IO, "cannot go back in '%s'", z->file.path);
	TRY(base_out_file_write(&z->file, f.bytes, f.n, err));
	FAIL_IF(fseeko(out, 0, SEEK_END) != 0, err, PV_ERR_IO, "cannot go to the end of '%s'", z->file.path);
	return PV_OK;
}

enum pv_status base_zip_write(struct base_zip_writer *z, const void *data, size_t n_bytes, struct pv_error *err)
{
	FAIL_IF(n_bytes > z->n_left, err, PV_ERR_ARG, "'%s': more bytes than a member was to have", z->file.path);
	struct base_zip_member *m = &z->members[z->n_members - 1];
	m->crc = (uint32_t)crc32_z(m->crc, data, n_bytes);
	z->n_left -= n_bytes;
	TRY(emit(z, data, n_bytes, err));
	return z->n_left ? PV_OK : fill_in_crc(z, m, err);
}

static enum pv_status write_directory_entry(struct base_zip_writer *z, const struct base_zip_member *m, struct pv_error *err)
{
	struct fields extra = {.n = 4};
	if (m->n_bytes >= FULL) {
		put(&extra, m->n_bytes, 8);
		put(&extra, m->n_bytes, 8);
	}
	if (m->offset >= FULL)
		put(&extra, m->offset, 8);
	bool large = extra.n > 4;
	size_t n_extra = large ? extra.n : 0;
	extra.n = 0;
	put(&extra, 1, 2);
	put(&extra, large ? n_extra - 4 : 0, 2);
	struct fields f = {.n = 0};
	put(&f, 0x02014b50, 4);
	put(&f, 3 << 8 | (large ? 45 : 20), 2); /* made on Unix */
	put_common(&f, m, large);
	put(&f, n_extra, 2);
	put(&f, 0, 2);              /* comment */
	put(&f, 0, 2);              /* disk */
	put(&f, 0, 2);              /* internal attributes */
	put(&f, 0100644u << 16, 4); /* a regular file */
	put(&f, clip(m->offset), 4);
	TRY(emit(z, f.bytes, f.n, err));
	TRY(emit(z, m->name, strlen(m->name), err));
	return emit(z, extra.bytes, n_extra, err);
}

static void put_large_end(struct fields *f, const struct base_zip_writer *z, uint64_t directory, uint64_t end)
{
	put(f, 0x06064b50, 4);
	put(f, 44, 8); /* bytes that follow */
	put(f, 3 << 8 | 45, 2);
	put(f, 45, 2);
	put(f, 0, 8); /* disks */
	put(f, z->n_members, 8);
	put(f, z->n_members, 8);
	put(f, end - directory, 8);
	put(f, directory, 8);
	put(f, 0x07064b50, 4);
	put(f, 0, 4);
	put(f, end, 8);
	put(f, 1, 4);
}

static enum pv_status write_end(struct base_zip_writer *z, struct pv_error *err)
{
	FAIL_IF(z->n_left, err, PV_ERR_ARG, "'%s': the last member is not complete", z->file.path);
	FAIL_IF(z->n_members > 0xfffe, err, PV_ERR_RANGE, "'%s': too many members", z->file.path);
	uint64_t directory = z->at;
	for (size_t i = 0; i < z->n_members; i++)
		TRY(write_directory_entry(z, &z->members[i], err));
	uint64_t end = z->at;
	struct fields f = {.n = 0};
	if (end >= FULL)
		put_large_end(&f, z, directory, end);
	put(&f, 0x06054b50, 4);
	put(&f, 0, 4); /* disks */
	put(&f, z->n_members, 2);
	put(&f, z->n_members, 2);
	put(&f, clip(end - directory), 4);
	put(&f, clip(directory), 4);
	put(&f, 0, 2); /* comment */
	return emit(z, f.bytes, f.n, err);
}

enum pv_status base_zip_commit(struct base_zip_writer *z, struct pv_error *err)
{
	enum pv_status status = write_end(z, err);
	if (status == PV_OK)
		status = base_out_file_commit(&z->file, err);
	base_zip_discard(z);
	return status;
}

void base_zip_discard(struct base_zip_writer *z)
{
	base_out_file_discard(&z->file);
	free(z->members);
	*z = (struct base_zip_writer){0};
}
