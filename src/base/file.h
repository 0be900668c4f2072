/*
 * file.h - files that appear whole or not at all, and read-only maps
 */
#ifndef PV_BASE_FILE_H
#define PV_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/* A file being written under a temporary name in the same folder; the final name gets it on commit. */
struct pv_out_file {
	FILE *stream;    /* write here */
	char *path;      /* final name */
	char *temp_path; /* name while writing */
};

/*
 * pv_out_file_open - start writing a file
 *
 * Temporary files of the same name whose writers were killed are removed.
 *
 * Returns: PV_OK; PV_ERR_MISSING (no such folder), PV_ERR_IO (a folder or a device of that name among others), PV_ERR_ARG (empty name),
 *          PV_ERR_NOMEM. On failure *f is zero.
 */
enum pv_status pv_out_file_open(struct pv_out_file *f, const char *path, struct pv_error *err);

/* pv_out_file_commit - flush, check for write errors and rename; on failure the temporary file is removed. Always releases. */
enum pv_status pv_out_file_commit(struct pv_out_file *f, struct pv_error *err);

/* pv_out_file_discard - close and remove the temporary file; a zero or released struct is allowed */
void pv_out_file_discard(struct pv_out_file *f);

/* pv_out_file_write - fwrite with an error that names the file */
enum pv_status pv_out_file_write(struct pv_out_file *f, const void *data, size_t n_bytes, struct pv_error *err);

/* A read-only memory map of a whole file. */
struct pv_map {
	const uint8_t *data; /* NULL for an empty file */
	size_t n_bytes;
};

/* pv_map_open - map a regular file; PV_ERR_MISSING, PV_ERR_IO; PV_ERR_ARG when it is not a regular file */
enum pv_status pv_map_open(struct pv_map *map, const char *path, struct pv_error *err);

/* pv_map_close - unmap; a zero struct is allowed */
void pv_map_close(struct pv_map *map);

/* pv_path_join - "dir/name", malloc'd; NULL only when memory is out */
char *pv_path_join(const char *dir, const char *name);

/* pv_path_base - the last component of a path, pointing into it */
const char *pv_path_base(const char *path);

/* pv_path_dir - everything before the last '/', "." when there is none; malloc'd */
char *pv_path_dir(const char *path);

/* pv_path_is_dir - whether path names an existing folder */
bool pv_path_is_dir(const char *path);

/* pv_make_dirs - create a folder and its parents; existing ones are fine */
enum pv_status pv_make_dirs(const char *path, struct pv_error *err);

#endif
