/*
 * folder.c - folders that appear whole or not at all: filled as PATH.tmpPID, renamed at the end
 */
#include "base/folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void base_remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void release(struct base_out_folder *f)
{
	free(f->path);
	free(f->temp_path);
	*f = (struct base_out_folder){0};
}

/* rmdir tells an empty folder from a full one without reading it. */
static enum pv_status check_free(const char *path, struct pv_error *err)
{
	struct stat st;
	if (lstat(path, &st) != 0)
		return PV_OK;
	if (S_ISDIR(st.st_mode) && rmdir(path) == 0)
		return mkdir(path, 0777) == 0 ? PV_OK : base_error_errno(err, errno, "cannot create folder '%s'", path);
	base_error_set(err, PV_ERR_IO, "'%s' exists and is not an empty folder", path);
	base_error_hint(err, "choose another name, or remove it first");
	return PV_ERR_IO;
}

enum pv_status base_out_folder_open(struct base_out_folder *f, const char *path, struct pv_error *err)
{
	size_t n = strlen(path) + 32;
	*f = (struct base_out_folder){.path = strdup(path), .temp_path = malloc(n)};
	enum pv_status status = PV_OK;
	if (!f->path || !f->temp_path) {
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory writing '%s'", path);
	} else {
		for (size_t i = strlen(f->path); i > 1 && f->path[i - 1] == '/'; i--)
			f->path[i - 1] = '\0';
		snprintf(f->temp_path, n, "%s.tmp%ld", f->path, (long)getpid());
		status = check_free(f->path, err);
		if (status == PV_OK && mkdir(f->temp_path, 0777) != 0)
			status = base_error_errno(err, errno, "cannot create folder '%s'", f->path);
	}
	if (status != PV_OK)
		release(f);
	return status;
}

enum pv_status base_out_folder_commit(struct base_out_folder *f, struct pv_error *err)
{
	enum pv_status status = PV_OK;
	if (rename(f->temp_path, f->path) != 0) {
		status = base_error_errno(err, errno, "cannot give the folder its name '%s'", f->path);
		base_remove_tree(f->temp_path);
	}
	release(f);
	return status;
}

void base_out_folder_discard(struct base_out_folder *f)
{
	if (f->temp_path)
		base_remove_tree(f->temp_path);
	release(f);
}
