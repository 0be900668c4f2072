/*
 * dataset_write.c - writes a dataset folder
 *
 *	PATH.tmpPID/            renamed to PATH at the very end
 *	  machines/NAME.yaml    at once
 *	  PROGRAM.features.npy  while the program is appended
 *	  PROGRAM.context.npy   likewise; only when asked for
 *	  PROGRAM.targets.npy   uint16; written anew as uint32 when a value does not fit
 *	  PROGRAM.all_targets.npy   likewise, all 16 targets; only when asked for
 *	  dataset.yaml          last: statistics need every training row
 */
#include <perfvec/dataset.h>

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <perfvec/features.h>
#include <perfvec/version.h>

#include "base/array.h"
#include "base/folder.h"
#include "base/npy.h"
#include "base/text.h"
#include "base/yaml.h"
#include "data/dataset_folder.h"
#include "data/dataset_format.h"
#include "data/stats.h"

enum { NARROW = 1 << 16 }; /* values narrowed at once; at least one row of them */

struct program {
	char *name, *source;
	bool seen;
	uint64_t n_rows, n_insns;
	uint64_t begin[PV_N_SPLITS], end[PV_N_SPLITS];
	uint64_t *total; /* (K) */
};

struct machine {
	char *name;
	bool seen;
	double clock_mhz;
};

/* The target array of the open program. */
struct target_out {
	struct base_npy_writer npy;
	uint64_t row_shape[2]; /* (K) or (K, PV_N_TARGETS) */
	int n_row_dims;
	size_t n_values; /* of a row */
	unsigned bytes;  /* of a value, 2 or 4 */
};

struct pv_dataset_writer {
	char *path, *temp; /* folder to be, folder now */
	char *command;
	struct machine *machines; /* (n_machines) */
	int n_machines;
	int target;
	unsigned seq_length;
	double train_share, valid_share;
	struct program *programs; /* (n_programs); the last one is open between begin and end */
	int n_programs;
	bool open;
	struct base_npy_writer features, context;
	bool has_context;
	uint64_t n_context; /* rows of the open program */
	struct target_out targets, all_targets;
	bool has_all_targets;
	uint16_t *narrow;   /* (NARROW) buffer */
	uint32_t *selected; /* (NARROW) buffer: the one target that is trained on */
};

/* ---- opening ---- */

void pv_dataset_discard(struct pv_dataset_writer *w)
{
	if (!w)
		return;
	base_npy_discard(&w->features);
	base_npy_discard(&w->context);
	base_npy_discard(&w->targets.npy);
	base_npy_discard(&w->all_targets.npy);
	if (w->temp)
		base_remove_tree(w->temp);
	for (int i = 0; i < w->n_programs; i++) {
		free(w->programs[i].name);
		free(w->programs[i].source);
		free(w->programs[i].total);
	}
	for (int k = 0; w->machines && k < w->n_machines; k++)
		free(w->machines[k].name);
	free(w->machines);
	free(w->programs);
	free(w->path);
	free(w->temp);
	free(w->command);
	free(w->narrow);
	free(w->selected);
	free(w);
}

static enum pv_status check_spec(const struct pv_dataset_spec *spec, struct pv_error *err)
{
	FAIL_IF(spec->n_machines < 1 || spec->n_machines > NARROW, err, PV_ERR_ARG, "a dataset has 1 to %d machines, not %d", NARROW,
	        spec->n_machines);
	FAIL_IF(spec->all_targets && spec->n_machines > NARROW / PV_N_TARGETS, err, PV_ERR_ARG,
	        "a dataset with all targets has at most %d machines, not %d", NARROW / PV_N_TARGETS, spec->n_machines);
	FAIL_IF(spec->target < 0 || spec->target >= PV_N_TARGETS, err, PV_ERR_ARG, "there is no target %d", spec->target);
	FAIL_IF(!(spec->train_share >= 0 && spec->valid_share >= 0 && spec->train_share + spec->valid_share <= 1), err, PV_ERR_ARG,
	        "the shares of training (%g) and validation (%g) must lie between 0 and 1 together", spec->train_share, spec->valid_share);
	for (int i = 0; i < spec->n_machines; i++) {
		const struct pv_dataset_machine_spec *m = &spec->machines[i];
		FAIL_IF(!base_name_ok(m->name), err, PV_ERR_ARG, "machine name '%s' has other characters than letters, digits and ._+-",
		        m->name);
		FAIL_IF(!(m->clock_mhz > 0) || !isfinite(m->clock_mhz), err, PV_ERR_ARG, "machine '%s' has a clock of %g MHz", m->name,
		        m->clock_mhz);
		for (int j = 0; j < i; j++)
			FAIL_IF(!strcmp(m->name, spec->machines[j].name), err, PV_ERR_ARG, "two machines are named '%s'", m->name);
	}
	return PV_OK;
}

static enum pv_status write_machine_file(const char *folder, const struct pv_dataset_machine_spec *m, struct pv_error *err)
{
	char name[128];
	snprintf(name, sizeof name, "machines/%s.yaml", m->name);
	char *path = base_path_join(folder, name);
	FAIL_IF(!path, err, PV_ERR_NOMEM, "out of memory writing a dataset");
	struct base_out_file f;
	enum pv_status status = base_out_file_open(&f, path, err);
	if (status == PV_OK) {
		status = base_out_file_write(&f, m->text, strlen(m->text), err);
		if (status == PV_OK)
			status = base_out_file_commit(&f, err);
		else
			base_out_file_discard(&f);
	}
	free(path);
	return status;
}

static enum pv_status copy_spec(struct pv_dataset_writer *w, const char *path, const struct pv_dataset_spec *spec, struct pv_error *err)
{
	bool default_shares = spec->train_share == 0 && spec->valid_share == 0;
	w->target = spec->target;
	w->seq_length = spec->seq_length ? spec->seq_length : DATASET_SEQ_LENGTH;
	w->train_share = default_shares ? 0.90 : spec->train_share;
	w->valid_share = default_shares ? 0.05 : spec->valid_share;
	w->n_machines = spec->n_machines;
	w->machines = calloc((size_t)spec->n_machines, sizeof *w->machines);
	w->narrow = malloc(NARROW * sizeof *w->narrow);
	w->selected = malloc(NARROW * sizeof *w->selected);
	w->has_all_targets = spec->all_targets;
	w->has_context = spec->context;
	const uint64_t k_machines = (uint64_t)spec->n_machines;
	w->targets = (struct target_out){.row_shape = {k_machines}, .n_row_dims = 1, .n_values = k_machines};
	w->all_targets =
	    (struct target_out){.row_shape = {k_machines, PV_N_TARGETS}, .n_row_dims = 2, .n_values = k_machines * PV_N_TARGETS};
	w->command = strdup(spec->command ? spec->command : "");
	w->path = strdup(path);
	FAIL_IF(!w->machines || !w->narrow || !w->selected || !w->command || !w->path, err, PV_ERR_NOMEM, "out of memory writing '%s'",
	        path);
	size_t n = strlen(w->path);
	while (n > 1 && w->path[n - 1] == '/')
		w->path[--n] = '\0';
	for (int k = 0; k < w->n_machines; k++) {
		const struct pv_dataset_machine_spec *m = &spec->machines[k];
		w->machines[k] = (struct machine){strdup(m->name), m->seen, m->clock_mhz};
		FAIL_IF(!w->machines[k].name, err, PV_ERR_NOMEM, "out of memory writing '%s'", path);
	}
	return PV_OK;
}

static enum pv_status make_temp_folder(struct pv_dataset_writer *w, struct pv_error *err)
{
	size_t n = strlen(w->path) + 32;
	char *temp = malloc(n);
	char *machines = malloc(n + 16);
	enum pv_status status = PV_OK;
	if (!temp || !machines) {
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory writing '%s'", w->path);
	} else {
		snprintf(temp, n, "%s.tmp%ld", w->path, (long)getpid());
		snprintf(machines, n + 16, "%s/machines", temp);
		if (mkdir(temp, 0777) != 0) {
			status = base_error_errno(err, errno, "cannot create folder '%s'", temp);
		} else {
			w->temp = temp;
			temp = NULL;
			if (mkdir(machines, 0777) != 0)
				status = base_error_errno(err, errno, "cannot create folder '%s'", machines);
		}
	}
	free(temp);
	free(machines);
	return status;
}

enum pv_status pv_dataset_create(const char *path, const struct pv_dataset_spec *spec, struct pv_dataset_writer **writer,
                                 struct pv_error *err)
{
	TRY(check_spec(spec, err));
	struct pv_dataset_writer *w = calloc(1, sizeof *w);
	FAIL_IF(!w, err, PV_ERR_NOMEM, "out of memory writing '%s'", path);
	enum pv_status status;
	TRY_GOTO(copy_spec(w, path, spec, err), failed);
	TRY_GOTO(dataset_folder_check(w->path, err), failed);
	TRY_GOTO(make_temp_folder(w, err), failed);
	for (int k = 0; k < spec->n_machines; k++)
		TRY_GOTO(write_machine_file(w->temp, &spec->machines[k], err), failed);
	*writer = w;
	return PV_OK;
failed:
	pv_dataset_discard(w);
	return status;
}

/* ---- programs ---- */

static enum pv_status open_part(struct pv_dataset_writer *w, struct base_npy_writer *npy, const char *part, const char *descr,
                                const uint64_t *row_shape, int n_row_dims, struct pv_error *err)
{
	char name[160];
	snprintf(name, sizeof name, "%s.%s.npy", w->programs[w->n_programs - 1].name, part);
	char *path = base_path_join(w->temp, name);
	FAIL_IF(!path, err, PV_ERR_NOMEM, "out of memory writing a dataset");
	enum pv_status status = base_npy_create(npy, path, descr, row_shape, n_row_dims, err);
	free(path);
	return status;
}

static enum pv_status open_targets(struct pv_dataset_writer *w, struct target_out *t, const char *part, struct pv_error *err)
{
	t->bytes = 2;
	return open_part(w, &t->npy, part, "'<u2'", t->row_shape, t->n_row_dims, err);
}

enum pv_status pv_dataset_begin_program(struct pv_dataset_writer *w, const char *name, bool seen, const char *source, struct pv_error *err)
{
	FAIL_IF(w->open, err, PV_ERR_ARG, "program '%s' begins before the one before has ended", name);
	FAIL_IF(!base_name_ok(name), err, PV_ERR_ARG, "program name '%s' has other characters than letters, digits and ._+-", name);
	for (int i = 0; i < w->n_programs; i++)
		FAIL_IF(!strcmp(name, w->programs[i].name), err, PV_ERR_ARG, "two programs are named '%s'", name);
	TRY(base_array_extend(&w->programs, (size_t)w->n_programs, sizeof *w->programs, "programs", err));
	struct program *p = &w->programs[w->n_programs++];
	*p = (struct program){.name = strdup(name), .source = strdup(source ? source : ""), .seen = seen};
	p->total = calloc((size_t)w->n_machines, sizeof *p->total);
	FAIL_IF(!p->name || !p->source || !p->total, err, PV_ERR_NOMEM, "out of memory for program '%s'", name);
	w->open = true;
	TRY(open_part(w, &w->features, "features", data_feature_row_descr, NULL, 0, err));
	w->n_context = 0;
	if (w->has_context)
		TRY(open_part(w, &w->context, "context", data_context_row_descr, NULL, 0, err));
	TRY(open_targets(w, &w->targets, "targets", err));
	return w->has_all_targets ? open_targets(w, &w->all_targets, "all_targets", err) : PV_OK;
}

/* Append n_rows rows of a uint16 array to t. */
static enum pv_status copy_wide(struct target_out *t, const uint16_t *from, uint64_t n_rows, uint32_t *wide, struct pv_error *err)
{
	uint64_t k = t->n_values, at_once = NARROW / k;
	while (n_rows) {
		uint64_t n = n_rows < at_once ? n_rows : at_once;
		for (uint64_t i = 0; i < n * k; i++)
			wide[i] = from[i];
		TRY(base_npy_append(&t->npy, wide, n, err));
		from += n * k;
		n_rows -= n;
	}
	return PV_OK;
}

/* Rewrite the open program's targets as uint32: the narrow file is completed and mapped, the wide one takes its name when it is. */
static enum pv_status widen(struct target_out *t, struct pv_error *err)
{
	uint32_t *wide = malloc(NARROW * sizeof *wide);
	char *path = strdup(t->npy.file.path);
	struct base_npy narrow = {0};
	enum pv_status status = PV_OK;
	if (!wide || !path)
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory writing '%s'", t->npy.file.path);
	if (status == PV_OK)
		status = base_npy_commit(&t->npy, err);
	if (status == PV_OK)
		status = base_npy_open(&narrow, path, err);
	if (status == PV_OK)
		status = base_npy_create(&t->npy, path, "'<u4'", t->row_shape, t->n_row_dims, err);
	if (status == PV_OK)
		status = copy_wide(t, narrow.data, narrow.shape[0], wide, err);
	base_npy_close(&narrow);
	free(path);
	free(wide);
	t->bytes = 4;
	return status;
}

static enum pv_status append_targets(struct pv_dataset_writer *w, struct target_out *t, const uint32_t *targets, size_t n,
                                     struct pv_error *err)
{
	size_t k = t->n_values, at_once = NARROW / k;
	if (t->bytes == 4)
		return base_npy_append(&t->npy, targets, n, err);
	for (size_t begin = 0; begin < n; begin += at_once) {
		size_t rows = n - begin < at_once ? n - begin : at_once;
		const uint32_t *from = targets + begin * k;
		uint32_t all = 0;
		for (size_t i = 0; i < rows * k; i++) {
			all |= from[i];
			w->narrow[i] = (uint16_t)from[i];
		}
		if (all > UINT16_MAX) {
			TRY(widen(t, err));
			return base_npy_append(&t->npy, from, n - begin, err);
		}
		TRY(base_npy_append(&t->npy, w->narrow, rows, err));
	}
	return PV_OK;
}

/* The part of appending that has one target a machine. */
static enum pv_status append_rows(struct pv_dataset_writer *w, const struct pv_feature_row *rows, const uint32_t *targets, size_t n,
                                  struct pv_error *err)
{
	struct program *p = &w->programs[w->n_programs - 1];
	TRY(base_npy_append(&w->features, rows, n, err));
	TRY(append_targets(w, &w->targets, targets, n, err));
	for (size_t i = 0; i < n; i++) {
		p->n_insns += (rows[i].flags & PV_FEATURE_LAST) != 0;
		for (int k = 0; k < w->n_machines; k++)
			p->total[k] += targets[i * (size_t)w->n_machines + (size_t)k];
	}
	p->n_rows += n;
	return PV_OK;
}

enum pv_status pv_dataset_append(struct pv_dataset_writer *w, const struct pv_feature_row *rows, const uint32_t *targets, size_t n,
                                 struct pv_error *err)
{
	FAIL_IF(!w->open, err, PV_ERR_ARG, "rows are appended outside a program");
	FAIL_IF(w->has_all_targets, err, PV_ERR_ARG, "rows with one target are appended to a dataset of all targets");
	return append_rows(w, rows, targets, n, err);
}

enum pv_status pv_dataset_append_all(struct pv_dataset_writer *w, const struct pv_feature_row *rows, const uint32_t *targets, size_t n,
                                     struct pv_error *err)
{
	FAIL_IF(!w->open, err, PV_ERR_ARG, "rows are appended outside a program");
	FAIL_IF(!w->has_all_targets, err, PV_ERR_ARG, "rows with all targets are appended to a dataset of one target");
	size_t k = (size_t)w->n_machines, at_once = NARROW / k;
	for (size_t begin = 0; begin < n; begin += at_once) {
		size_t rows_now = n - begin < at_once ? n - begin : at_once;
		const uint32_t *from = targets + begin * k * PV_N_TARGETS;
		for (size_t i = 0; i < rows_now * k; i++)
			w->selected[i] = from[i * PV_N_TARGETS + (size_t)w->target];
		TRY(append_targets(w, &w->all_targets, from, rows_now, err));
		TRY(append_rows(w, rows + begin, w->selected, rows_now, err));
	}
	return PV_OK;
}

enum pv_status pv_dataset_append_context(struct pv_dataset_writer *w, const struct pv_context_row *context, size_t n, struct pv_error *err)
{
	FAIL_IF(!w->open, err, PV_ERR_ARG, "context rows are appended outside a program");
	FAIL_IF(!w->has_context, err, PV_ERR_ARG, "context rows are appended to a dataset without them");
	w->n_context += n;
	return base_npy_append(&w->context, context, n, err);
}

/*
 * Parts of a program: its first rows for training, then validation, the rest for testing. Bounds are multiples of 256 rows when the program
 * has 20 times that, so that windows and blocks fill up. An unseen program is for testing only.
 */
static void split(const struct pv_dataset_writer *w, struct program *p)
{
	const uint64_t unit = 256;
	uint64_t align = p->n_rows >= 20 * unit ? unit : 1;
	double n = (double)(p->n_rows / align);
	uint64_t train = p->seen ? (uint64_t)ceil(n * w->train_share - 1e-6) * align : 0;
	uint64_t valid = p->seen ? (uint64_t)ceil(n * (w->train_share + w->valid_share) - 1e-6) * align : 0;
	if (p->seen && w->train_share + w->valid_share >= 1)
		valid = p->n_rows;
	if (p->seen && w->train_share >= 1)
		train = p->n_rows;
	p->begin[PV_SPLIT_TRAIN] = 0;
	p->end[PV_SPLIT_TRAIN] = p->begin[PV_SPLIT_VALID] = train;
	p->end[PV_SPLIT_VALID] = p->begin[PV_SPLIT_TEST] = valid;
	p->end[PV_SPLIT_TEST] = p->n_rows;
}

enum pv_status pv_dataset_end_program(struct pv_dataset_writer *w, struct pv_error *err)
{
	FAIL_IF(!w->open, err, PV_ERR_ARG, "a program ends that did not begin");
	struct program *p = &w->programs[w->n_programs - 1];
	w->open = false;
	FAIL_IF(p->n_rows == 0, err, PV_ERR_SHAPE, "program '%s' has no rows", p->name);
	FAIL_IF(w->has_context && w->n_context != p->n_rows, err, PV_ERR_SHAPE,
	        "program '%s' has %" PRIu64 " rows and %" PRIu64 " context rows", p->name, p->n_rows, w->n_context);
	split(w, p);
	TRY(base_npy_commit(&w->features, err));
	if (w->has_context)
		TRY(base_npy_commit(&w->context, err));
	TRY(base_npy_commit(&w->targets.npy, err));
	return w->has_all_targets ? base_npy_commit(&w->all_targets.npy, err) : PV_OK;
}

/* ---- finishing ---- */

const char *pv_dataset_writer_folder(const struct pv_dataset_writer *w)
{
	return w->temp;
}

static enum pv_status add_training_rows(const struct pv_dataset_writer *w, const struct program *p, struct data_feature_stats *stats,
                                        struct pv_error *err)
{
	uint64_t begin = p->begin[PV_SPLIT_TRAIN], end = p->end[PV_SPLIT_TRAIN];
	if (begin == end)
		return PV_OK;
	char name[160];
	snprintf(name, sizeof name, "%s.features.npy", p->name);
	char *path = base_path_join(w->temp, name);
	FAIL_IF(!path, err, PV_ERR_NOMEM, "out of memory writing a dataset");
	struct base_npy npy;
	enum pv_status status = base_npy_open(&npy, path, err);
	if (status == PV_OK)
		data_feature_stats_add(stats, (const struct pv_feature_row *)npy.data + begin, end - begin);
	base_npy_close(&npy);
	free(path);
	return status;
}

static void print_floats(FILE *out, const char *key, const float *x)
{
	fprintf(out, "  %s: [", key);
	for (int i = 0; i < PV_N_FEATURES; i++)
		fprintf(out, "%s%.9g", i ? ", " : "", (double)x[i]);
	fprintf(out, "]\n");
}

static void print_string(FILE *out, const char *key, const char *text)
{
	fprintf(out, "%s: ", key);
	base_yaml_print_string(out, text);
	fputc('\n', out);
}

static void print_features(FILE *out, const struct data_feature_stats *stats, bool has_context)
{
	float mean[PV_N_FEATURES], std[PV_N_FEATURES];
	data_feature_stats_get(stats, mean, std);
	fprintf(out, "features:\n  schema: %d\n  names: [", PV_FEATURE_SCHEMA);
	for (unsigned i = 0; i < PV_N_FEATURES; i++)
		fprintf(out, "%s%s", i ? ", " : "", pv_feature_name(i));
	fprintf(out, "]\n  row_bytes: %zu\n  # over the training rows; a std of 0 counts as 1\n  rows: %" PRIu64 "\n",
	        sizeof(struct pv_feature_row), stats->n);
	print_floats(out, "mean", mean);
	print_floats(out, "std", std);
	if (has_context)
		fprintf(out, "  context_schema: %d\n  context_bytes: %zu\n", PV_CONTEXT_SCHEMA, sizeof(struct pv_context_row));
}

static void print_program(FILE *out, const struct program *p, int n_machines, bool has_context, bool has_all_targets)
{
	static const char *const split_names[PV_N_SPLITS] = {"train", "valid", "test"};
	print_string(out, "  - name", p->name);
	fprintf(out, "    seen: %s\n", p->seen ? "true" : "false");
	print_string(out, "    source", p->source);
	fprintf(out, "    rows: %" PRIu64 "\n    insns: %" PRIu64 "\n", p->n_rows, p->n_insns);
	fprintf(out, "    features: %s.features.npy\n", p->name);
	if (has_context)
		fprintf(out, "    context: %s.context.npy\n", p->name);
	fprintf(out, "    targets: %s.targets.npy\n", p->name);
	if (has_all_targets)
		fprintf(out, "    all_targets: %s.all_targets.npy\n", p->name);
	for (int s = 0; s < PV_N_SPLITS; s++)
		fprintf(out, "    %s: [%" PRIu64 ", %" PRIu64 "]\n", split_names[s], p->begin[s], p->end[s]);
	fprintf(out, "    total: [");
	for (int k = 0; k < n_machines; k++)
		fprintf(out, "%s%" PRIu64, k ? ", " : "", p->total[k]);
	fprintf(out, "]\n");
}

static void print_manifest(FILE *out, const struct pv_dataset_writer *w, const struct data_feature_stats *stats)
{
	fprintf(out, "# perfvec dataset and training configuration; times and targets are in 0.1 ns, row ranges exclude their end\n");
	fprintf(out, "format: %s\nversion: %d\n", DATASET_FORMAT, DATASET_VERSION);
	print_string(out, "tool", "perfvec " PV_VERSION);
	print_string(out, "command", w->command);
	print_features(out, stats, w->has_context);
	fprintf(out, "target:\n  index: %d\n  name: %s\n  unit: %s\n", w->target, pv_target_name((unsigned)w->target), DATASET_TARGET_UNIT);
	fprintf(out, "seq_length: %u\nmachines:\n", w->seq_length);
	for (int k = 0; k < w->n_machines; k++) {
		const struct machine *m = &w->machines[k];
		print_string(out, "  - name", m->name);
		fprintf(out, "    seen: %s\n    clock_mhz: %.17g\n", m->seen ? "true" : "false", m->clock_mhz);
		fprintf(out, "    file: machines/%s.yaml\n", m->name);
	}
	fprintf(out, "programs:\n");
	for (int i = 0; i < w->n_programs; i++)
		print_program(out, &w->programs[i], w->n_machines, w->has_context, w->has_all_targets);
}

static enum pv_status write_manifest(const struct pv_dataset_writer *w, const struct data_feature_stats *stats, struct pv_error *err)
{
	char *path = base_path_join(w->temp, DATASET_MANIFEST);
	FAIL_IF(!path, err, PV_ERR_NOMEM, "out of memory writing a dataset");
	struct base_out_file f;
	enum pv_status status = base_out_file_open(&f, path, err);
	free(path);
	TRY(status);
	print_manifest(f.stream, w, stats);
	return base_out_file_commit(&f, err);
}

enum pv_status pv_dataset_finish(struct pv_dataset_writer *w, struct pv_error *err)
{
	struct data_feature_stats stats = {0};
	enum pv_status status = PV_OK;
	if (w->open)
		status = base_error_set(err, PV_ERR_ARG, "program '%s' has not ended", w->programs[w->n_programs - 1].name);
	else if (w->n_programs == 0)
		status = base_error_set(err, PV_ERR_SHAPE, "a dataset needs at least one program");
	for (int i = 0; i < w->n_programs && status == PV_OK; i++)
		status = add_training_rows(w, &w->programs[i], &stats, err);
	if (status == PV_OK)
		status = write_manifest(w, &stats, err);
	if (status == PV_OK)
		status = dataset_folder_move(w->temp, w->path, err);
	pv_dataset_discard(w);
	return status;
}
