/*
 * file.h - files that appear whole or not at all, and read-only maps
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/* A file being written under a temporary name in the same folder; the final name gets it on commit. */
struct base_out_file {
	FILE *stream;    /* write here */
	char *path;      /* final name */
	char *temp_path; /* name while writing */
};

/*
 * base_out_file_open - start writing a file
 *
 * Temporary files of the same name whose writers were killed are removed.
 *
 * Returns: PV_OK; PV_ERR_MISSING (no such folder), PV_ERR_IO (a folder or a device of that name among others), PV_ERR_ARG (empty name),
 *          PV_ERR_NOMEM. On failure *f is zero.
 */
enum pv_status base_out_file_open(struct base_out_file *f, const char *path, struct pv_error *err);

/* base_out_file_commit - flush, check for write errors and rename; on failure the temporary file is removed. Always releases. */
enum pv_status base_out_file_commit(struct base_out_file *f, struct pv_error *err);

/* base_out_file_discard - close and remove the temporary file; a zero or released struct is allowed */
void base_out_file_discard(struct base_out_file *f);

/* base_out_file_write - fwrite with an error that names the file */
enum pv_status base_out_file_write(struct base_out_file *f, const void *data, size_t n_bytes, struct pv_error *err);

/* A read-only memory map of a whole file. */
struct base_map {
	const uint8_t *data; /* NULL for an empty file */
	size_t n_bytes;
};

/* base_map_open - map a regular file; PV_ERR_MISSING, PV_ERR_IO; PV_ERR_ARG when it is not a regular file */
enum pv_status base_map_open(struct base_map *map, const char *path, struct pv_error *err);

/* base_map_close - unmap; a zero struct is allowed */
void base_map_close(struct base_map *map);

/* base_path_join - "dir/name", malloc'd; NULL only when memory is out */
char *base_path_join(const char *dir, const char *name);

/* base_path_base - the last component of a path, pointing into it */
const char *base_path_base(const char *path);

/* base_path_dir - everything before the last '/', "." when there is none; malloc'd */
char *base_path_dir(const char *path);

/* base_path_is_dir - whether path names an existing folder */
bool base_path_is_dir(const char *path);

/* base_make_dirs - create a folder and its parents; existing ones are fine */
enum pv_status base_make_dirs(const char *path, struct pv_error *err);

#endif
