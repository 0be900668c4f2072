/*
 * dataset.c - opens a dataset folder: the manifest is read strictly, every array is mapped and its type and shape compared with it
 */
#include <perfvec/dataset.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/features.h>

#include "base/npy.h"
#include "base/text.h"
#include "base/yaml.h"
#include "data/dataset_format.h"

struct arrays {
	char *features_path, *targets_path, *all_targets_path, *context_path; /* the last two may be NULL */
	struct base_npy features, targets, all_targets, context;              /* zero before they are opened */
	uint64_t *total;
};

struct pv_dataset {
	char *folder;
	struct base_yaml *manifest; /* owns the strings */
	struct pv_dataset_info info;
	struct pv_dataset_program *programs; /* (n_programs) */
	struct arrays *arrays;               /* (n_programs) */
	int n_programs;
	struct pv_dataset_machine *machines; /* (n_machines) */
	char **machine_paths;                /* (n_machines) */
	int n_machines;
	float mean[PV_N_FEATURES], std[PV_N_FEATURES];
};

void pv_dataset_close(struct pv_dataset *d)
{
	if (!d)
		return;
	for (int i = 0; d->arrays && i < d->n_programs; i++) {
		base_npy_close(&d->arrays[i].features);
		base_npy_close(&d->arrays[i].targets);
		base_npy_close(&d->arrays[i].all_targets);
		base_npy_close(&d->arrays[i].context);
		free(d->arrays[i].context_path);
		free(d->arrays[i].features_path);
		free(d->arrays[i].targets_path);
		free(d->arrays[i].all_targets_path);
		free(d->arrays[i].total);
	}
	for (int k = 0; d->machine_paths && k < d->n_machines; k++)
		free(d->machine_paths[k]);
	free(d->arrays);
	free(d->programs);
	free(d->machine_paths);
	free(d->machines);
	base_yaml_free(d->manifest);
	free(d->folder);
	free(d);
}

int pv_dataset_n_programs(const struct pv_dataset *d)
{
	return d->n_programs;
}

int pv_dataset_n_machines(const struct pv_dataset *d)
{
	return d->n_machines;
}

const struct pv_dataset_program *pv_dataset_program(const struct pv_dataset *d, int i)
{
	return &d->programs[i];
}

const struct pv_dataset_machine *pv_dataset_machine(const struct pv_dataset *d, int i)
{
	return &d->machines[i];
}

const struct pv_dataset_info *pv_dataset_info(const struct pv_dataset *d)
{
	return &d->info;
}

void pv_dataset_stats(const struct pv_dataset *d, const float **mean, const float **std)
{
	*mean = d->mean;
	*std = d->std;
}

/* ---- manifest ---- */

#define CHECK_KEYS(node, err, ...)                                       \
	base_yaml_check_keys((node), (const char *const[]){__VA_ARGS__}, \
	                     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), (err))

static enum pv_status read_version(struct pv_dataset *d, const struct base_yaml_node *root, struct pv_error *err)
{
	const struct base_yaml_node *node;
	const char *format;
	uint64_t version;
	TRY(base_yaml_expect(root, BASE_YAML_MAP, err));
	TRY(base_yaml_get(root, "format", &node, err));
	TRY(base_yaml_string(node, &format, err));
	if (strcmp(format, DATASET_FORMAT) != 0)
		return base_yaml_error(node, err, PV_ERR_FORMAT, "the format is '%s', not '%s'", format, DATASET_FORMAT);
	TRY(base_yaml_get(root, "version", &node, err));
	TRY(base_yaml_uint(node, UINT32_MAX, &version, err));
	if (version != DATASET_VERSION)
		return base_yaml_error(node, err, PV_ERR_VERSION, "datasets of version %" PRIu64 " are not known, only %d", version,
		                       DATASET_VERSION);
	d->info.version = (unsigned)version;
	return CHECK_KEYS(root, err, DATASET_ROOT_KEYS);
}

static enum pv_status read_floats(const struct base_yaml_node *map, const char *key, double min, float *x, struct pv_error *err)
{
	const struct base_yaml_node *list;
	TRY(base_yaml_get_sequence(map, key, &list, err));
	if (list->n_items != PV_N_FEATURES)
		return base_yaml_error(list, err, PV_ERR_SHAPE, "'%s' has %zu numbers, not %d", key, list->n_items, PV_N_FEATURES);
	for (const struct base_yaml_node *n = list->first; n; n = n->next) {
		double v;
		TRY(base_yaml_double(n, min, 1e30, &v, err));
		*x++ = (float)v;
	}
	return PV_OK;
}

/* Absent in datasets without context rows. */
static enum pv_status read_context(struct pv_dataset *d, const struct base_yaml_node *map, struct pv_error *err)
{
	const struct base_yaml_node *schema = base_yaml_find(map, "context_schema"), *bytes;
	uint64_t v;
	if (!schema)
		return PV_OK;
	TRY(base_yaml_uint(schema, UINT32_MAX, &v, err));
	if (v != PV_CONTEXT_SCHEMA)
		return base_yaml_error(schema, err, PV_ERR_VERSION, "context schema %" PRIu64 " is not known, only %d", v,
		                       PV_CONTEXT_SCHEMA);
	TRY(base_yaml_get(map, "context_bytes", &bytes, err));
	TRY(base_yaml_uint(bytes, UINT32_MAX, &v, err));
	if (v != sizeof(struct pv_context_row))
		return base_yaml_error(bytes, err, PV_ERR_VERSION, "a context row of %" PRIu64 " bytes is not known, only of %zu", v,
		                       sizeof(struct pv_context_row));
	d->info.has_context = true;
	return PV_OK;
}

static enum pv_status read_features(struct pv_dataset *d, const struct base_yaml_node *root, struct pv_error *err)
{
	const struct base_yaml_node *map, *node, *names;
	uint64_t v;
	TRY(base_yaml_get_map(root, "features", &map, err));
	TRY(base_yaml_get(map, "schema", &node, err));
	TRY(base_yaml_uint(node, UINT32_MAX, &v, err));
	if (v != PV_FEATURE_SCHEMA)
		return base_yaml_error(node, err, PV_ERR_VERSION, "feature schema %" PRIu64 " is not known, only %d", v, PV_FEATURE_SCHEMA);
	TRY(CHECK_KEYS(map, err, DATASET_FEATURE_KEYS));
	TRY(base_yaml_get_sequence(map, "names", &names, err));
	if (names->n_items != PV_N_FEATURES)
		return base_yaml_error(names, err, PV_ERR_SHAPE, "'names' has %zu entries, not %d", names->n_items, PV_N_FEATURES);
	unsigned i = 0;
	for (const struct base_yaml_node *n = names->first; n; n = n->next, i++)
		if (n->kind != BASE_YAML_SCALAR || strcmp(n->text, pv_feature_name(i)) != 0)
			return base_yaml_error(n, err, PV_ERR_VERSION, "feature %u is not '%s'", i, pv_feature_name(i));
	TRY(base_yaml_get(map, "row_bytes", &node, err));
	TRY(base_yaml_uint(node, UINT32_MAX, &v, err));
	if (v != sizeof(struct pv_feature_row))
		return base_yaml_error(node, err, PV_ERR_VERSION, "a feature row of %" PRIu64 " bytes is not known, only of %zu", v,
		                       sizeof(struct pv_feature_row));
	TRY(read_context(d, map, err));
	TRY(base_yaml_get_uint(map, "rows", UINT64_MAX, &d->info.n_train_rows, err));
	TRY(read_floats(map, "mean", -1e30, d->mean, err));
	return read_floats(map, "std", 0, d->std, err);
}

static enum pv_status read_target(struct pv_dataset *d, const struct base_yaml_node *root, struct pv_error *err)
{
	const struct base_yaml_node *map, *node;
	const char *name, *unit;
	uint64_t v;
	TRY(base_yaml_get_map(root, "target", &map, err));
	TRY(CHECK_KEYS(map, err, DATASET_TARGET_KEYS));
	TRY(base_yaml_get_uint(map, "index", PV_N_TARGETS - 1, &v, err));
	d->info.target = (int)v;
	TRY(base_yaml_get(map, "name", &node, err));
	TRY(base_yaml_string(node, &name, err));
	if (strcmp(name, pv_target_name((unsigned)v)) != 0)
		return base_yaml_error(node, err, PV_ERR_FORMAT, "target %" PRIu64 " is '%s', not '%s'", v, pv_target_name((unsigned)v),
		                       name);
	TRY(base_yaml_get(map, "unit", &node, err));
	TRY(base_yaml_string(node, &unit, err));
	if (strcmp(unit, DATASET_TARGET_UNIT) != 0)
		return base_yaml_error(node, err, PV_ERR_UNSUPPORTED, "targets are in '%s', not in '%s'", unit, DATASET_TARGET_UNIT);
	TRY(base_yaml_get_uint(root, "seq_length", 1u << 20, &v, err));
	d->info.seq_length = (unsigned)v;
	TRY(base_yaml_get_string(root, "tool", &d->info.tool, err));
	return base_yaml_get_string(root, "command", &d->info.command, err);
}

/* A file name inside the folder: relative and without "..". */
static enum pv_status read_file_name(const struct pv_dataset *d, const struct base_yaml_node *map, const char *key, char **path,
                                     struct pv_error *err)
{
	const struct base_yaml_node *node;
	const char *name;
	TRY(base_yaml_get(map, key, &node, err));
	TRY(base_yaml_string(node, &name, err));
	if (!*name || *name == '/' || !strncmp(name, "../", 3) || strstr(name, "/../"))
		return base_yaml_error(node, err, PV_ERR_FORMAT, "'%s' is not the name of a file inside the dataset", name);
	*path = base_path_join(d->folder, name);
	FAIL_IF(!*path, err, PV_ERR_NOMEM, "out of memory opening '%s'", d->folder);
	return PV_OK;
}

static enum pv_status check_name(const struct base_yaml_node *node, const char *name, struct pv_error *err)
{
	if (base_name_ok(name))
		return PV_OK;
	return base_yaml_error(node, err, PV_ERR_FORMAT,
	                       "the name '%.100s' is empty, too long, or has other characters than letters, digits and ._+-", name);
}

static enum pv_status read_machine(struct pv_dataset *d, const struct base_yaml_node *map, int k, struct pv_error *err)
{
	struct pv_dataset_machine *m = &d->machines[k];
	TRY(base_yaml_expect(map, BASE_YAML_MAP, err));
	TRY(CHECK_KEYS(map, err, DATASET_MACHINE_KEYS));
	TRY(base_yaml_get_string(map, "name", &m->name, err));
	TRY(check_name(map, m->name, err));
	for (int j = 0; j < k; j++)
		if (!strcmp(m->name, d->machines[j].name))
			return base_yaml_error(map, err, PV_ERR_FORMAT, "two machines are named '%s'", m->name);
	TRY(base_yaml_get_bool(map, "seen", &m->seen, err));
	TRY(base_yaml_get_double(map, "clock_mhz", 1e-3, 1e9, &m->clock_mhz, err));
	TRY(read_file_name(d, map, "file", &d->machine_paths[k], err));
	m->path = d->machine_paths[k];
	return PV_OK;
}

static enum pv_status read_machines(struct pv_dataset *d, const struct base_yaml_node *root, struct pv_error *err)
{
	const struct base_yaml_node *list;
	TRY(base_yaml_get_sequence(root, "machines", &list, err));
	if (list->n_items < 1 || list->n_items > 1u << 16)
		return base_yaml_error(list, err, PV_ERR_SHAPE, "a dataset has 1 to 65536 machines, not %zu", list->n_items);
	d->n_machines = (int)list->n_items;
	d->machines = calloc(list->n_items, sizeof *d->machines);
	d->machine_paths = calloc(list->n_items, sizeof *d->machine_paths);
	FAIL_IF(!d->machines || !d->machine_paths, err, PV_ERR_NOMEM, "out of memory opening '%s'", d->folder);
	int k = 0;
	for (const struct base_yaml_node *n = list->first; n; n = n->next)
		TRY(read_machine(d, n, k++, err));
	return PV_OK;
}

static enum pv_status read_splits(const struct base_yaml_node *map, struct pv_dataset_program *p, struct pv_error *err)
{
	static const char *const names[PV_N_SPLITS] = {"train", "valid", "test"};
	for (int s = 0; s < PV_N_SPLITS; s++) {
		const struct base_yaml_node *list;
		TRY(base_yaml_get_sequence(map, names[s], &list, err));
		if (list->n_items != 2)
			return base_yaml_error(list, err, PV_ERR_FORMAT, "'%s' must be [first row, row after the last]", names[s]);
		TRY(base_yaml_uint(list->first, p->n_rows, &p->begin[s], err));
		TRY(base_yaml_uint(list->first->next, p->n_rows, &p->end[s], err));
		if (p->begin[s] > p->end[s])
			return base_yaml_error(list, err, PV_ERR_RANGE, "'%s' ends before it begins", names[s]);
	}
	return PV_OK;
}

static enum pv_status read_total(struct pv_dataset *d, const struct base_yaml_node *map, int i, struct pv_error *err)
{
	const struct base_yaml_node *list;
	TRY(base_yaml_get_sequence(map, "total", &list, err));
	if (list->n_items != (size_t)d->n_machines)
		return base_yaml_error(list, err, PV_ERR_SHAPE, "'total' has %zu numbers for %d machines", list->n_items, d->n_machines);
	uint64_t *total = d->arrays[i].total = calloc(list->n_items, sizeof *total);
	FAIL_IF(!total, err, PV_ERR_NOMEM, "out of memory opening '%s'", d->folder);
	d->programs[i].total = total;
	for (const struct base_yaml_node *n = list->first; n; n = n->next)
		TRY(base_yaml_uint(n, UINT64_MAX, total++, err));
	return PV_OK;
}

static enum pv_status read_program(struct pv_dataset *d, const struct base_yaml_node *map, int i, struct pv_error *err)
{
	struct pv_dataset_program *p = &d->programs[i];
	TRY(base_yaml_expect(map, BASE_YAML_MAP, err));
	TRY(CHECK_KEYS(map, err, DATASET_PROGRAM_KEYS));
	TRY(base_yaml_get_string(map, "name", &p->name, err));
	TRY(check_name(map, p->name, err));
	for (int j = 0; j < i; j++)
		if (!strcmp(p->name, d->programs[j].name))
			return base_yaml_error(map, err, PV_ERR_FORMAT, "two programs are named '%s'", p->name);
	TRY(base_yaml_get_bool(map, "seen", &p->seen, err));
	TRY(base_yaml_get_string(map, "source", &p->source, err));
	TRY(base_yaml_get_uint(map, "rows", UINT64_MAX, &p->n_rows, err));
	TRY(base_yaml_get_uint(map, "insns", p->n_rows, &p->n_insns, err));
	TRY(read_splits(map, p, err));
	TRY(read_total(d, map, i, err));
	TRY(read_file_name(d, map, "features", &d->arrays[i].features_path, err));
	TRY(read_file_name(d, map, "targets", &d->arrays[i].targets_path, err));
	if (d->info.has_context)
		TRY(read_file_name(d, map, "context", &d->arrays[i].context_path, err));
	if (base_yaml_find(map, "all_targets"))
		TRY(read_file_name(d, map, "all_targets", &d->arrays[i].all_targets_path, err));
	if (__builtin_add_overflow(d->info.n_rows, p->n_rows, &d->info.n_rows))
		return base_yaml_error(map, err, PV_ERR_RANGE, "more than 2^64 rows in all");
	d->info.n_insns += p->n_insns; /* not above n_rows */
	return PV_OK;
}

static enum pv_status read_programs(struct pv_dataset *d, const struct base_yaml_node *root, struct pv_error *err)
{
	const struct base_yaml_node *list;
	TRY(base_yaml_get_sequence(root, "programs", &list, err));
	if (list->n_items < 1 || list->n_items > 1u << 20)
		return base_yaml_error(list, err, PV_ERR_SHAPE, "a dataset has at least one program, not %zu", list->n_items);
	d->n_programs = (int)list->n_items;
	d->programs = calloc(list->n_items, sizeof *d->programs);
	d->arrays = calloc(list->n_items, sizeof *d->arrays);
	FAIL_IF(!d->programs || !d->arrays, err, PV_ERR_NOMEM, "out of memory opening '%s'", d->folder);
	int i = 0;
	for (const struct base_yaml_node *n = list->first; n; n = n->next)
		TRY(read_program(d, n, i++, err));
	return PV_OK;
}

static enum pv_status read_manifest(struct pv_dataset *d, struct pv_error *err)
{
	const struct base_yaml_node *root = base_yaml_root(d->manifest);
	TRY(read_version(d, root, err));
	TRY(read_features(d, root, err));
	TRY(read_target(d, root, err));
	TRY(read_machines(d, root, err));
	return read_programs(d, root, err);
}

enum pv_status dataset_parse_manifest(const void *text, size_t n_bytes, struct pv_dataset **dataset, struct pv_error *err)
{
	struct pv_dataset *d = calloc(1, sizeof *d);
	FAIL_IF(!d, err, PV_ERR_NOMEM, "out of memory for a manifest");
	enum pv_status status = PV_OK;
	d->folder = strdup(".");
	if (!d->folder)
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory for a manifest");
	if (status == PV_OK)
		status = base_yaml_parse(DATASET_MANIFEST, text, n_bytes, &d->manifest, err);
	if (status == PV_OK)
		status = read_manifest(d, err);
	if (status == PV_OK)
		*dataset = d;
	else
		pv_dataset_close(d);
	return status;
}

/* ---- arrays ---- */

static enum pv_status open_features(struct pv_dataset *d, int i, struct pv_error *err)
{
	const char *path = d->arrays[i].features_path;
	struct pv_dataset_program *p = &d->programs[i];
	struct base_npy *a = &d->arrays[i].features;
	TRY(base_npy_open(a, path, err));
	TRY(base_npy_expect(a, path, data_feature_row_descr, err));
	FAIL_IF(a->n_dims != 1 || a->shape[0] != p->n_rows, err, PV_ERR_SHAPE, "'%s' holds %" PRIu64 " rows, the manifest says %" PRIu64,
	        path, a->n_items, p->n_rows);
	p->features = a->data;
	return PV_OK;
}

static enum pv_status open_context(struct pv_dataset *d, int i, struct pv_error *err)
{
	const char *path = d->arrays[i].context_path;
	struct pv_dataset_program *p = &d->programs[i];
	struct base_npy *a = &d->arrays[i].context;
	TRY(base_npy_open(a, path, err));
	TRY(base_npy_expect(a, path, data_context_row_descr, err));
	FAIL_IF(a->n_dims != 1 || a->shape[0] != p->n_rows, err, PV_ERR_SHAPE, "'%s' holds %" PRIu64 " rows, the manifest says %" PRIu64,
	        path, a->n_items, p->n_rows);
	p->context = a->data;
	return PV_OK;
}

static enum pv_status open_targets(struct pv_dataset *d, int i, struct pv_error *err)
{
	const char *path = d->arrays[i].targets_path;
	struct pv_dataset_program *p = &d->programs[i];
	struct base_npy *a = &d->arrays[i].targets;
	TRY(base_npy_open(a, path, err));
	p->target_bytes = (unsigned)a->item_bytes;
	TRY(base_npy_expect(a, path, p->target_bytes == 4 ? "'<u4'" : "'<u2'", err));
	FAIL_IF(a->n_dims != 2, err, PV_ERR_SHAPE, "'%s' has %d dimensions, not 2", path, a->n_dims);
	FAIL_IF(a->shape[0] != p->n_rows || a->shape[1] != (uint64_t)d->n_machines, err, PV_ERR_SHAPE,
	        "'%s' holds %" PRIu64 " x %" PRIu64 " targets, the manifest says %" PRIu64 " rows and %d machines", path, a->shape[0],
	        a->shape[1], p->n_rows, d->n_machines);
	p->targets = a->data;
	return PV_OK;
}

static enum pv_status open_all_targets(struct pv_dataset *d, int i, struct pv_error *err)
{
	const char *path = d->arrays[i].all_targets_path;
	struct pv_dataset_program *p = &d->programs[i];
	struct base_npy *a = &d->arrays[i].all_targets;
	if (!path)
		return PV_OK;
	TRY(base_npy_open(a, path, err));
	p->all_target_bytes = (unsigned)a->item_bytes;
	TRY(base_npy_expect(a, path, p->all_target_bytes == 4 ? "'<u4'" : "'<u2'", err));
	FAIL_IF(a->n_dims != 3 || a->shape[0] != p->n_rows || a->shape[1] != (uint64_t)d->n_machines || a->shape[2] != PV_N_TARGETS, err,
	        PV_ERR_SHAPE, "'%s' does not hold %" PRIu64 " x %d x %d targets", path, p->n_rows, d->n_machines, PV_N_TARGETS);
	p->all_targets = a->data;
	return PV_OK;
}

static enum pv_status load_manifest(struct pv_dataset *d, const char *path, struct pv_error *err)
{
	bool is_folder = base_path_is_dir(path);
	char *manifest = is_folder ? base_path_join(path, DATASET_MANIFEST) : strdup(path);
	d->folder = is_folder ? strdup(path) : base_path_dir(path);
	enum pv_status status = PV_OK;
	if (!manifest || !d->folder)
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory opening '%s'", path);
	else
		status = base_yaml_load(manifest, &d->manifest, err);
	if (status == PV_ERR_MISSING && is_folder)
		base_error_hint(err, "'%s' is a folder without a dataset in it", path);
	free(manifest);
	return status;
}

enum pv_status pv_dataset_open(const char *path, struct pv_dataset **dataset, struct pv_error *err)
{
	struct pv_dataset *d = calloc(1, sizeof *d);
	FAIL_IF(!d, err, PV_ERR_NOMEM, "out of memory opening '%s'", path);
	enum pv_status status;
	TRY_GOTO(load_manifest(d, path, err), failed);
	TRY_GOTO(read_manifest(d, err), failed);
	for (int i = 0; i < d->n_programs; i++) {
		TRY_GOTO(open_features(d, i, err), failed);
		if (d->info.has_context)
			TRY_GOTO(open_context(d, i, err), failed);
		TRY_GOTO(open_targets(d, i, err), failed);
		TRY_GOTO(open_all_targets(d, i, err), failed);
	}
	*dataset = d;
	return PV_OK;
failed:
	pv_dataset_close(d);
	return status;
}
