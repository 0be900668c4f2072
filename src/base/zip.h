/*
 * zip.h - writes .zip files whose members are stored as they are: what NumPy's .npz is
 *
 * Members may be larger than 4 GiB. Times are 1980-01-01, so that the same content gives the same bytes.
 * Format: PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5.
 *
 * This and unzip.c stand in place of libzip because Debian has no static library of it, while a program that links libperfvec.a and all its
 * other libraries statically works; because libzip brings OpenSSL's libcrypto, which adds 2.9 ms to the 6.6 ms of processor time that every
 * command takes to start (Debian 12, libzip 1.7.3); and because it calls for the bytes of a member, where rows here arrive block by block.
 */
#ifndef BASE_ZIP_H
#define BASE_ZIP_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/file.h"

struct base_zip_member {
	char name[64];
	uint64_t offset, n_bytes;
	uint32_t crc;
};

/* A .zip file being written. */
struct base_zip_writer {
	struct base_out_file file;
	struct base_zip_member *members; /* (n_members); the last one is open until n_left is 0 */
	size_t n_members;
	uint64_t n_left; /* bytes of the open member still to come */
	uint64_t at;     /* bytes written */
};

/* base_zip_create - start writing; the file gets its name at base_zip_commit. On failure *z can be discarded only. */
enum pv_status base_zip_create(struct base_zip_writer *z, const char *path, struct pv_error *err);

/* base_zip_begin - start a member; the one before must be complete. name: at most 63 bytes */
enum pv_status base_zip_begin(struct base_zip_writer *z, const char *name, uint64_t n_bytes, struct pv_error *err);

/* base_zip_write - the next bytes of the member */
enum pv_status base_zip_write(struct base_zip_writer *z, const void *data, size_t n_bytes, struct pv_error *err);

/* base_zip_commit - write the directory and give the file its name; releases z whatever happens */
enum pv_status base_zip_commit(struct base_zip_writer *z, struct pv_error *err);

/* base_zip_discard - remove the unfinished file; a zero or released struct is allowed */
void base_zip_discard(struct base_zip_writer *z);

#endif
