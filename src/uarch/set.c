/*
 * set.c - machines from folders, files and names, sorted and without namesakes
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/file.h"
#include "uarch/params.h"

struct pv_uarch_set {
	struct pv_uarch **machines;
	size_t n;
};

static void free_machines(struct pv_uarch **machines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		pv_uarch_free(machines[i]);
	free(machines);
}

void pv_uarch_set_free(struct pv_uarch_set *set)
{
	if (!set)
		return;
	free_machines(set->machines, set->n);
	free(set);
}

size_t pv_uarch_set_count(const struct pv_uarch_set *set)
{
	return set->n;
}

const struct pv_uarch *pv_uarch_set_at(const struct pv_uarch_set *set, size_t i)
{
	return set->machines[i];
}

static int by_name(const void *a, const void *b)
{
	const struct pv_uarch *const *x = a, *const *y = b;
	return strcmp((*x)->name, (*y)->name);
}

enum pv_status uarch_set_new(struct pv_uarch **machines, size_t n, struct pv_uarch_set **set, struct pv_error *err)
{
	struct pv_uarch_set *s = malloc(sizeof *s);
	enum pv_status status = s ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (n)
		qsort(machines, n, sizeof *machines, by_name);
	for (size_t i = 1; i < n && status == PV_OK; i++)
		if (!strcmp(machines[i - 1]->name, machines[i]->name)) {
			status = base_error_set(err, PV_ERR_FORMAT, "two machines are named '%s'", machines[i]->name);
			base_error_hint(err, "change 'name:' in one of their files");
		}
	if (status != PV_OK) {
		free_machines(machines, n);
		free(s);
		return status;
	}
	*s = (struct pv_uarch_set){machines, n};
	*set = s;
	return PV_OK;
}

/* ---- loading ----------------------------------------------------------------------------------------------------------------------- */

/* A growing list. */
struct list {
	struct pv_uarch **machines;
	size_t n, capacity;
};

static enum pv_status add(struct list *list, const char *name_or_file, struct pv_error *err)
{
	TRY(base_array_grow(&list->machines, &list->capacity, list->n + 1, sizeof *list->machines, "machines", err));
	TRY(pv_uarch_load(name_or_file, &list->machines[list->n], err));
	list->n++;
	return PV_OK;
}

static int is_machine_file(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);
	return entry->d_name[0] != '.' && n > 5 && !strcmp(entry->d_name + n - 5, ".yaml");
}

static enum pv_status add_folder(struct list *list, const char *dir, struct pv_error *err)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, is_machine_file, alphasort);
	if (n < 0)
		return base_error_errno(err, errno, "cannot read folder '%s'", dir);
	enum pv_status status = n ? PV_OK : base_error_set(err, PV_ERR_MISSING, "no machine file (*.yaml) in folder '%s'", dir);
	for (int i = 0; i < n; i++) {
		char *path = status == PV_OK ? base_path_join(dir, entries[i]->d_name) : NULL;
		if (status == PV_OK)
			status = path ? add(list, path, err) : base_error_set(err, PV_ERR_NOMEM, "out of memory");
		free(path);
		free(entries[i]);
	}
	free(entries);
	return status;
}

enum pv_status pv_uarch_set_load(const char *const *arguments, size_t n, struct pv_uarch_set **set, struct pv_error *err)
{
	struct list list = {0};
	enum pv_status status = PV_OK;
	for (size_t i = 0; i < n && status == PV_OK; i++)
		status = base_path_is_dir(arguments[i]) ? add_folder(&list, arguments[i], err) : add(&list, arguments[i], err);
	if (status != PV_OK) {
		free_machines(list.machines, list.n);
		return status;
	}
	return uarch_set_new(list.machines, list.n, set, err);
}

/* ---- saving ------------------------------------------------------------------------------------------------------------------------ */

static char *file_path(const char *dir, const struct pv_uarch *u)
{
	char name[UARCH_NAME_BYTES + 8];
	snprintf(name, sizeof name, "%s.yaml", u->name);
	return base_path_join(dir, name);
}

static enum pv_status refuse_existing(const struct pv_uarch_set *set, const char *dir, struct pv_error *err)
{
	for (size_t i = 0; i < set->n; i++) {
		char *path = file_path(dir, set->machines[i]);
		FAIL_IF(!path, err, PV_ERR_NOMEM, "out of memory");
		struct stat st;
		bool exists = lstat(path, &st) == 0;
		if (exists)
			base_error_set(err, PV_ERR_ARG, "'%s' exists already", path);
		free(path);
		if (exists)
			return PV_ERR_ARG;
	}
	return PV_OK;
}

enum pv_status pv_uarch_set_save(const struct pv_uarch_set *set, const char *dir, bool replace, struct pv_error *err)
{
	if (!replace)
		TRY(refuse_existing(set, dir, err));
	TRY(base_make_dirs(dir, err));
	for (size_t i = 0; i < set->n; i++) {
		char *path = file_path(dir, set->machines[i]);
		FAIL_IF(!path, err, PV_ERR_NOMEM, "out of memory");
		enum pv_status status = pv_uarch_save(set->machines[i], path, err);
		free(path);
		TRY(status);
	}
	return PV_OK;
}
