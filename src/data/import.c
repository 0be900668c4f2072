/*
 * import.c - makes a dataset of PerfVec's raw files
 *
 * Raw files have no header: their lengths must say how many rows there are. A row of features is F float32, a row of targets K x 16
 * numbers; both files are mapped, checked against each other, and taken in blocks.
 */
#include <perfvec/exchange.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <dirent.h>

#include <perfvec/features.h>

#include "base/array.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/dataset_format.h"
#include "data/pack.h"

#define SUFFIX_IN ".in.mmap"
#define SUFFIX_OUT ".out.mmap"

enum { BLOCK = 256, PROGRESS_ROWS = 1 << 16, DEFAULT_MHZ = 1000, FEATURE_BYTES = PV_N_FEATURES * 4 };

struct raw_program {
	char *name, *in_path, *out_path;
	struct base_map in, out;
	uint64_t n_rows;
};

struct job {
	const struct pv_import_options *options;
	const struct pv_progress *progress;
	struct raw_program *programs; /* (n_programs) */
	size_t n_programs;
	size_t K;
	struct pv_dataset_writer *writer;
	struct pv_feature_row *rows; /* (BLOCK) */
	uint32_t *targets;           /* (BLOCK, K, 16) */
	uint32_t *selected;          /* (BLOCK, K) */
	uint64_t n_done, n_total;
};

/* ---- which files ---- */

static bool ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);
	return n > m && !strcmp(s + n - m, suffix);
}

static enum pv_status wrong_name(const char *path, struct pv_error *err)
{
	base_error_set(err, PV_ERR_ARG, "'%s' is neither a folder nor named PROGRAM%s", path, SUFFIX_IN);
	if (ends_with(path, ".nmmap") || ends_with(path, ".norm"))
		base_error_hint(err, "plain features are needed: normalised ones do not give back exact values");
	return PV_ERR_ARG;
}

static enum pv_status add_program(struct job *job, const char *path, struct pv_error *err)
{
	const char *base = base_path_base(path);
	if (!ends_with(base, SUFFIX_IN))
		return wrong_name(path, err);
	TRY(base_array_extend(&job->programs, job->n_programs, sizeof *job->programs, "programs", err));
	struct raw_program *all = job->programs, *p = &all[job->n_programs++];
	size_t stem = strlen(path) - strlen(SUFFIX_IN), n_out = stem + sizeof SUFFIX_OUT;
	*p = (struct raw_program){
	    .name = strndup(base, strlen(base) - strlen(SUFFIX_IN)), .in_path = strdup(path), .out_path = malloc(n_out)};
	FAIL_IF(!p->name || !p->in_path || !p->out_path, err, PV_ERR_NOMEM, "out of memory for '%s'", path);
	snprintf(p->out_path, n_out, "%.*s%s", (int)stem, path, SUFFIX_OUT);
	for (size_t i = 0; i + 1 < job->n_programs; i++)
		FAIL_IF(!strcmp(p->name, all[i].name), err, PV_ERR_ARG, "'%s' and '%s' are both of program '%s'", all[i].in_path, path,
		        p->name);
	return PV_OK;
}

static int is_feature_file(const struct dirent *entry)
{
	return ends_with(entry->d_name, SUFFIX_IN);
}

/* All of a folder, in the order of their names. */
static enum pv_status add_folder(struct job *job, const char *folder, struct pv_error *err)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_feature_file, alphasort);
	FAIL_IF(n < 0, err, PV_ERR_IO, "cannot read the folder '%s'", folder);
	enum pv_status status = PV_OK;
	if (n == 0)
		status = base_error_set(err, PV_ERR_MISSING, "'%s' holds no file named PROGRAM%s", folder, SUFFIX_IN);
	for (int i = 0; i < n; i++) {
		char *path = base_path_join(folder, entries[i]->d_name);
		if (status == PV_OK)
			status = path ? add_program(job, path, err) : base_error_set(err, PV_ERR_NOMEM, "out of memory for '%s'", folder);
		free(path);
		free(entries[i]);
	}
	free(entries);
	return status;
}

/* ---- their lengths ---- */

static size_t value_bytes(const struct job *job)
{
	return job->options->type == PV_RAW_UINT32 ? 4 : 2;
}

static enum pv_status set_n_machines(struct job *job, const struct raw_program *p, struct pv_error *err)
{
	uint64_t n_in = p->in.n_bytes / FEATURE_BYTES, per_machine = n_in * PV_N_TARGETS * value_bytes(job);
	if (per_machine && p->out.n_bytes && p->out.n_bytes % per_machine == 0) {
		job->K = p->out.n_bytes / per_machine;
		return PV_OK;
	}
	base_error_set(err, PV_ERR_SHAPE,
	               "'%s' holds %zu bytes: not a whole number of machines for the %" PRIu64 " rows of '%s', at %d targets of %zu bytes",
	               p->out_path, p->out.n_bytes, n_in, p->in_path, PV_N_TARGETS, value_bytes(job));
	base_error_hint(err, "name the machines, or say how many there are, when there are fewer rows of targets than of features");
	return PV_ERR_SHAPE;
}

static enum pv_status measure(struct job *job, struct raw_program *p, struct pv_error *err)
{
	FAIL_IF(p->in.n_bytes == 0 || p->in.n_bytes % FEATURE_BYTES, err, PV_ERR_SHAPE,
	        "'%s' holds %zu bytes: not a whole number of rows of %d bytes", p->in_path, p->in.n_bytes, FEATURE_BYTES);
	if (job->K == 0)
		TRY(set_n_machines(job, p, err));
	size_t row_bytes = job->K * PV_N_TARGETS * value_bytes(job);
	FAIL_IF(p->out.n_bytes == 0 || p->out.n_bytes % row_bytes, err, PV_ERR_SHAPE,
	        "'%s' holds %zu bytes: not a whole number of rows of %zu bytes (%zu machines, %d targets of %zu bytes)", p->out_path,
	        p->out.n_bytes, row_bytes, job->K, PV_N_TARGETS, value_bytes(job));
	p->n_rows = p->out.n_bytes / row_bytes;
	FAIL_IF(p->n_rows > p->in.n_bytes / FEATURE_BYTES, err, PV_ERR_SHAPE, "'%s' holds %" PRIu64 " rows, '%s' only %zu", p->out_path,
	        p->n_rows, p->in_path, p->in.n_bytes / FEATURE_BYTES);
	job->n_total += p->n_rows;
	return PV_OK;
}

static enum pv_status open_programs(struct job *job, struct pv_error *err)
{
	const struct pv_import_options *o = job->options;
	for (size_t i = 0; i < o->n_inputs; i++)
		TRY(base_path_is_dir(o->inputs[i]) ? add_folder(job, o->inputs[i], err) : add_program(job, o->inputs[i], err));
	FAIL_IF(job->n_programs == 0, err, PV_ERR_ARG, "no files to import");
	for (size_t i = 0; i < job->n_programs; i++) {
		struct raw_program *p = &job->programs[i];
		TRY(base_map_open(&p->in, p->in_path, err));
		TRY(base_map_open(&p->out, p->out_path, err));
		TRY(measure(job, p, err));
	}
	return PV_OK;
}

/* ---- values ---- */

static enum pv_status bad_feature(const struct raw_program *p, uint64_t row, enum pv_feature f, float value, struct pv_error *err)
{
	base_error_set(err, PV_ERR_FORMAT, "'%s', row %" PRIu64 ": feature %d ('%s') is %.9g, which no packed row holds", p->in_path, row,
	               (int)f, pv_feature_name(f), (double)value);
	if (row == 0)
		base_error_hint(err, "are these plain features of %d float32 a row, not normalised ones?", PV_N_FEATURES);
	return PV_ERR_FORMAT;
}

static enum pv_status take_features(struct job *job, const struct raw_program *p, uint64_t begin, size_t n, struct pv_error *err)
{
	const uint8_t *from = p->in.data + begin * FEATURE_BYTES;
	for (size_t i = 0; i < n; i++) {
		float x[PV_N_FEATURES];
		memcpy(x, from + i * FEATURE_BYTES, sizeof x);
		enum pv_feature f = data_feature_row_pack(x, &job->rows[i]);
		if (f != PV_N_FEATURES)
			return bad_feature(p, begin + i, f, x[f], err);
		bool last = begin + i + 1 == p->n_rows;
		float next_is_microop = 0;
		if (!last)
			memcpy(&next_is_microop, from + (i + 1) * FEATURE_BYTES + 4 * PV_FEATURE_AT_microop, sizeof next_is_microop);
		if (!(job->rows[i].flags & PV_FEATURE_MICROOP) || next_is_microop == 0)
			job->rows[i].flags |= PV_FEATURE_LAST;
	}
	return PV_OK;
}

static enum pv_status bad_target(const struct job *job, const struct raw_program *p, uint64_t at, int16_t value, struct pv_error *err)
{
	uint64_t k = at / PV_N_TARGETS % job->K, row = at / PV_N_TARGETS / job->K;
	base_error_set(err, PV_ERR_FORMAT, "'%s', row %" PRIu64 ": target '%s' of machine %" PRIu64 " is %d", p->out_path, row,
	               pv_target_name((unsigned)(at % PV_N_TARGETS)), k, value);
	return base_error_hint(err, "times are not negative: are these 16-bit targets without a sign?");
}

static enum pv_status take_targets(struct job *job, const struct raw_program *p, uint64_t begin, size_t n, struct pv_error *err)
{
	size_t per_row = job->K * PV_N_TARGETS, count = n * per_row;
	const uint8_t *from = p->out.data + begin * per_row * value_bytes(job);
	if (job->options->type == PV_RAW_UINT32) {
		memcpy(job->targets, from, count * sizeof *job->targets);
		return PV_OK;
	}
	for (size_t i = 0; i < count; i++) {
		uint16_t value;
		memcpy(&value, from + 2 * i, sizeof value);
		if (value > INT16_MAX && job->options->type == PV_RAW_INT16)
			return bad_target(job, p, begin * per_row + i, (int16_t)value, err);
		job->targets[i] = value;
	}
	return PV_OK;
}

static enum pv_status append(struct job *job, size_t n, struct pv_error *err)
{
	if (!job->options->one_target)
		return pv_dataset_append_all(job->writer, job->rows, job->targets, n, err);
	for (size_t i = 0; i < n * job->K; i++)
		job->selected[i] = job->targets[i * PV_N_TARGETS + (size_t)job->options->target];
	return pv_dataset_append(job->writer, job->rows, job->selected, n, err);
}

/* ---- the loop ---- */

static enum pv_status step(struct job *job, const char *name, size_t n, struct pv_error *err)
{
	const struct pv_progress *p = job->progress;
	uint64_t before = job->n_done;
	job->n_done += n;
	if (!p || before / PROGRESS_ROWS == job->n_done / PROGRESS_ROWS)
		return PV_OK;
	if (p->report)
		p->report(p->user, "importing", "rows", job->n_done, job->n_total);
	FAIL_IF(p->stop && p->stop(p->user), err, PV_ERR_INTERRUPTED, "interrupted while importing '%s'; nothing was written", name);
	return PV_OK;
}

static enum pv_status import_program(struct job *job, const struct raw_program *p, struct pv_error *err)
{
	const struct pv_import_options *o = job->options;
	TRY(pv_dataset_begin_program(job->writer, p->name, !base_text_in(p->name, o->unseen_programs, o->n_unseen_programs), p->in_path,
	                             err));
	for (uint64_t begin = 0; begin < p->n_rows; begin += BLOCK) {
		size_t n = p->n_rows - begin < BLOCK ? (size_t)(p->n_rows - begin) : BLOCK;
		TRY(take_features(job, p, begin, n, err));
		TRY(take_targets(job, p, begin, n, err));
		TRY(append(job, n, err));
		TRY(step(job, p->name, n, err));
	}
	return pv_dataset_end_program(job->writer, err);
}

static enum pv_status create(struct job *job, const char *output, const struct pv_dataset_machine_spec *machines, struct pv_error *err)
{
	const struct pv_import_options *o = job->options;
	struct pv_dataset_spec spec = {
	    .machines = machines, .n_machines = (int)job->K, .target = o->target, .all_targets = !o->one_target, .command = o->command};
	return pv_dataset_create(output, &spec, &job->writer, err);
}

/* Machines of which nothing is known but their number. */
static enum pv_status create_unnamed(struct job *job, const char *output, struct pv_error *err)
{
	enum { NAME_BYTES = 32 };
	struct pv_dataset_machine_spec *machines = calloc(job->K, sizeof *machines);
	char(*names)[NAME_BYTES] = calloc(job->K, sizeof *names);
	enum pv_status status = PV_OK;
	if (!machines || !names)
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory for %zu machines", job->K);
	for (size_t k = 0; k < job->K && status == PV_OK; k++) {
		snprintf(names[k], NAME_BYTES, "machine_%zu", k);
		machines[k] = (struct pv_dataset_machine_spec){names[k], true, DEFAULT_MHZ, "# imported: its parameters are not known\n"};
	}
	if (status == PV_OK)
		status = create(job, output, machines, err);
	free(machines);
	free(names);
	return status;
}

static enum pv_status check_options(const struct job *job, struct pv_error *err)
{
	const struct pv_import_options *o = job->options;
	FAIL_IF(job->K > 1 << 16, err, PV_ERR_SHAPE, "%zu machines are more than a dataset holds", job->K);
	FAIL_IF(o->target < 0 || o->target >= PV_N_TARGETS, err, PV_ERR_ARG, "there is no target %d", o->target);
	for (size_t i = 0; i < o->n_unseen_programs; i++) {
		bool found = false;
		for (size_t j = 0; j < job->n_programs; j++)
			found |= !strcmp(o->unseen_programs[i], job->programs[j].name);
		FAIL_IF(!found, err, PV_ERR_ARG, "there is no program '%s' to hold out", o->unseen_programs[i]);
	}
	FAIL_IF(o->n_unseen_programs >= job->n_programs, err, PV_ERR_ARG, "all %zu programs are held out: none is left to learn from",
	        job->n_programs);
	return PV_OK;
}

static enum pv_status run_job(struct job *job, const char *output, struct pv_error *err)
{
	TRY(open_programs(job, err));
	TRY(check_options(job, err));
	job->rows = calloc(BLOCK, sizeof *job->rows);
	job->targets = malloc(BLOCK * job->K * PV_N_TARGETS * sizeof *job->targets);
	job->selected = malloc(BLOCK * job->K * sizeof *job->selected);
	FAIL_IF(!job->rows || !job->targets || !job->selected, err, PV_ERR_NOMEM, "out of memory for %zu machines", job->K);
	TRY(job->options->machines ? create(job, output, job->options->machines, err) : create_unnamed(job, output, err));
	for (size_t i = 0; i < job->n_programs; i++)
		TRY(import_program(job, &job->programs[i], err));
	struct pv_dataset_writer *writer = job->writer;
	job->writer = NULL; /* finishing releases it whatever happens */
	return pv_dataset_finish(writer, err);
}

static void release(struct job *job)
{
	pv_dataset_discard(job->writer);
	for (size_t i = 0; i < job->n_programs; i++) {
		base_map_close(&job->programs[i].in);
		base_map_close(&job->programs[i].out);
		free(job->programs[i].name);
		free(job->programs[i].in_path);
		free(job->programs[i].out_path);
	}
	free(job->programs);
	free(job->rows);
	free(job->targets);
	free(job->selected);
}

enum pv_status pv_dataset_import(const struct pv_import_options *options, const char *output, const struct pv_progress *progress,
                                 struct pv_error *err)
{
	struct job job = {.options = options, .progress = progress, .K = (size_t)options->n_machines};
	enum pv_status status = run_job(&job, output, err);
	release(&job);
	return status;
}
