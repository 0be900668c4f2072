/*
 * folder.h - folders that appear whole or not at all
 */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include "base/error.h"

/* A folder being filled under a temporary name beside its own. Zero-fill before use. */
struct base_out_folder {
	char *path;      /* final name, without '/' at its end */
	char *temp_path; /* name while it is filled */
};

/*
 * base_out_folder_open - start filling a folder
 *
 * Refused when the final name is taken by anything but an empty folder.
 * Returns: PV_OK; PV_ERR_MISSING (no such folder to put it in), PV_ERR_IO, PV_ERR_NOMEM. On failure *f is zero.
 */
enum pv_status base_out_folder_open(struct base_out_folder *f, const char *path, struct pv_error *err);

/* base_out_folder_commit - give the folder its name; on failure it is removed. Always releases. */
enum pv_status base_out_folder_commit(struct base_out_folder *f, struct pv_error *err);

/* base_out_folder_discard - remove the unfinished folder; a zero or released struct is allowed */
void base_out_folder_discard(struct base_out_folder *f);

/* base_remove_tree - remove a folder and all in it, as far as that goes; links are removed, not followed */
void base_remove_tree(const char *path);

#endif
