/*
 * dataset_folder.c - a dataset's folder takes its name, and replaces nothing but another dataset
 */
#include "data/dataset_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "data/dataset_format.h"

static bool is_dataset(const char *path)
{
	char *manifest = base_path_join(path, DATASET_MANIFEST);
	bool yes = manifest && access(manifest, F_OK) == 0;
	free(manifest);
	return yes;
}

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);
	return n > m && !strcmp(name + n - m, end);
}

static bool is_part(const char *name, bool in_machines)
{
	if (in_machines)
		return ends_with(name, ".yaml");
	return !strcmp(name, DATASET_MANIFEST) || !strcmp(name, "machines") || ends_with(name, ".features.npy") ||
	       ends_with(name, ".context.npy") || ends_with(name, ".targets.npy") || ends_with(name, ".all_targets.npy");
}

/* PROGRAM.pvt beside PROGRAM.features.npy: an import's trace. */
static bool is_trace_of_program(const char *path, const char *name)
{
	char features[512];
	if (!ends_with(name, ".pvt"))
		return false;
	snprintf(features, sizeof features, "%.*s.features.npy", (int)(strlen(name) - 4), name);
	char *beside = base_path_join(path, features);
	bool yes = beside && access(beside, F_OK) == 0;
	free(beside);
	return yes;
}

/* Whether a folder holds something that no dataset has, and its name: people keep models beside their data. */
static bool find_foreign(const char *path, bool in_machines, char name[256])
{
	DIR *dir = opendir(path);
	bool found = false;
	const struct dirent *e;
	while (dir && !found && (e = readdir(dir))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || is_part(e->d_name, in_machines))
			continue;
		if (!in_machines && is_trace_of_program(path, e->d_name))
			continue;
		found = true;
		snprintf(name, 256, "%s", e->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Refuse to replace a dataset together with what is not part of it. */
static enum pv_status check_only_dataset(const char *path, struct pv_error *err)
{
	char name[256], *machines = base_path_join(path, "machines");
	FAIL_IF(!machines, err, PV_ERR_NOMEM, "out of memory writing '%s'", path);
	bool foreign = find_foreign(path, false, name) || find_foreign(machines, true, name);
	free(machines);
	if (!foreign)
		return PV_OK;
	base_error_set(err, PV_ERR_IO, "'%s' holds '%s', which is not part of a dataset and would be lost", path, name);
	base_error_hint(err, "move it away, or choose another name for the dataset");
	return PV_ERR_IO;
}

enum pv_status dataset_folder_check(const char *path, struct pv_error *err)
{
	struct stat st;
	if (lstat(path, &st) != 0)
		return PV_OK;
	if (S_ISDIR(st.st_mode) && is_dataset(path))
		return check_only_dataset(path, err);
	if (S_ISDIR(st.st_mode) && st.st_nlink <= 2) {
		/* rmdir tells an empty folder from a full one without reading it */
		if (rmdir(path) == 0)
			return mkdir(path, 0777) == 0 ? PV_OK : base_error_errno(err, errno, "cannot create folder '%s'", path);
	}
	base_error_set(err, PV_ERR_IO, "'%s' exists and is not a dataset", path);
	base_error_hint(err, "choose another name, or remove it first");
	return PV_ERR_IO;
}

enum pv_status dataset_folder_move(const char *temp, const char *path, struct pv_error *err)
{
	if (rename(temp, path) == 0)
		return PV_OK;
	if ((errno != ENOTEMPTY && errno != EEXIST) || !is_dataset(path))
		return base_error_errno(err, errno, "cannot give the dataset its name '%s'", path);
	TRY(check_only_dataset(path, err)); /* again, for it may have come meanwhile */
	if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_EXCHANGE) == 0) {
		base_remove_tree(temp);
		return PV_OK;
	}
	size_t n = strlen(temp) + 5;
	char *old = malloc(n);
	FAIL_IF(!old, err, PV_ERR_NOMEM, "out of memory writing '%s'", path);
	snprintf(old, n, "%s.old", temp);
	enum pv_status status = PV_OK;
	if (rename(path, old) != 0) {
		status = base_error_errno(err, errno, "cannot replace the dataset '%s'", path);
	} else if (rename(temp, path) != 0) {
		status = base_error_errno(err, errno, "cannot give the dataset its name '%s'", path);
		(void)!rename(old, path);
	} else {
		base_remove_tree(old);
	}
	free(old);
	return status;
}
