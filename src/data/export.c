/*
 * export.c - writes a dataset as PerfVec's raw files, as CSV or as .npz
 *
 * Each format is a set of functions that one loop over programs and blocks of rows calls: open a program's files, take a block, close.
 */
#include "data/export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/features.h>

#include "base/npy.h"
#include "base/zip.h"

enum { BLOCK = 512, PROGRESS_ROWS = 1 << 16 };

struct job {
	const struct pv_dataset *dataset;
	const struct pv_export_options *options;
	const struct pv_progress *progress;
	const struct pv_dataset_program *program; /* at hand */
	uint64_t n_rows;                          /* of it, that are written */
	size_t K;
	struct base_out_folder folder;
	struct base_out_file files[3]; /* of the program */
	struct base_zip_writer zip;
	float *plain, *normal; /* (BLOCK, F) */
	uint32_t *wide;        /* (K, 16) one row's targets */
	uint16_t *narrow;      /* (K, 16) */
	uint64_t n_done, n_total;
};

/* ---- values ---- */

static uint32_t value_at(const void *values, unsigned bytes, uint64_t i)
{
	return bytes == 2 ? ((const uint16_t *)values)[i] : ((const uint32_t *)values)[i];
}

static uint32_t target_at(const struct job *job, uint64_t row, size_t k)
{
	return value_at(job->program->targets, job->program->target_bytes, row * job->K + k);
}

/* All 16 targets of every machine; those that the dataset does not keep are 0. */
static void row_targets(const struct job *job, uint64_t row, uint32_t *out)
{
	const struct pv_dataset_program *p = job->program;
	size_t n = job->K * PV_N_TARGETS;
	if (p->all_targets) {
		for (size_t i = 0; i < n; i++)
			out[i] = value_at(p->all_targets, p->all_target_bytes, row * n + i);
		return;
	}
	memset(out, 0, n * sizeof *out);
	size_t target = (size_t)pv_dataset_info(job->dataset)->target;
	for (size_t k = 0; k < job->K; k++)
		out[k * PV_N_TARGETS + target] = target_at(job, row, k);
}

static uint64_t rows_of(const struct job *job, const struct pv_dataset_program *p)
{
	uint64_t max = job->options->format == PV_EXCHANGE_PERFVEC ? 0 : job->options->max_rows;
	return max && max < p->n_rows ? max : p->n_rows;
}

/* ---- files ---- */

static char *file_name(const struct job *job, const char *suffix)
{
	char name[160];
	snprintf(name, sizeof name, "%s%s", job->program->name, suffix);
	return base_path_join(job->folder.temp_path, name);
}

static enum pv_status open_file(struct job *job, int i, const char *suffix, struct pv_error *err)
{
	char *path = file_name(job, suffix);
	FAIL_IF(!path, err, PV_ERR_NOMEM, "out of memory writing '%s'", job->folder.path);
	enum pv_status status = base_out_file_open(&job->files[i], path, err);
	free(path);
	return status;
}

/* ---- PerfVec's raw files ---- */

enum { PLAIN, NORMAL, TARGETS };

static enum pv_status raw_begin(struct job *job, struct pv_error *err)
{
	TRY(open_file(job, PLAIN, ".in.mmap", err));
	TRY(open_file(job, NORMAL, ".in.nmmap", err));
	return open_file(job, TARGETS, ".out.mmap", err);
}

static enum pv_status too_large(const struct job *job, uint64_t row, size_t i, struct pv_error *err)
{
	base_error_set(err, PV_ERR_RANGE,
	               "program '%s', row %" PRIu64 ": target '%s' on machine '%s' is %" PRIu32 ", more than 16 bits hold",
	               job->program->name, row, pv_target_name((unsigned)(i % PV_N_TARGETS)),
	               pv_dataset_machine(job->dataset, (int)(i / PV_N_TARGETS))->name, job->wide[i]);
	base_error_hint(err, "--wide writes targets of 32 bits; the configuration module then says so");
	return PV_ERR_RANGE;
}

static enum pv_status raw_targets(struct job *job, uint64_t row, struct pv_error *err)
{
	size_t n = job->K * PV_N_TARGETS;
	row_targets(job, row, job->wide);
	if (job->options->wide)
		return base_out_file_write(&job->files[TARGETS], job->wide, n * sizeof *job->wide, err);
	uint32_t all = 0;
	for (size_t i = 0; i < n; i++) {
		all |= job->wide[i];
		job->narrow[i] = (uint16_t)job->wide[i];
	}
	for (size_t i = 0; all > UINT16_MAX && i < n; i++)
		if (job->wide[i] > UINT16_MAX)
			return too_large(job, row, i, err);
	return base_out_file_write(&job->files[TARGETS], job->narrow, n * sizeof *job->narrow, err);
}

static enum pv_status raw_block(struct job *job, uint64_t begin, size_t n, struct pv_error *err)
{
	const float *mean, *std;
	pv_dataset_stats(job->dataset, &mean, &std);
	pv_features_unpack(job->program->features + begin, n, mean, std, job->normal, PV_N_FEATURES);
	TRY(base_out_file_write(&job->files[PLAIN], job->plain, n * PV_N_FEATURES * sizeof(float), err));
	TRY(base_out_file_write(&job->files[NORMAL], job->normal, n * PV_N_FEATURES * sizeof(float), err));
	for (size_t i = 0; i < n; i++)
		TRY(raw_targets(job, begin + i, err));
	return PV_OK;
}

static enum pv_status files_end(struct job *job, struct pv_error *err)
{
	for (size_t i = 0; i < sizeof job->files / sizeof *job->files; i++)
		if (job->files[i].stream)
			TRY(base_out_file_commit(&job->files[i], err));
	return PV_OK;
}

/* ---- CSV ---- */

static enum pv_status csv_begin(struct job *job, struct pv_error *err)
{
	TRY(open_file(job, 0, ".csv", err));
	FILE *out = job->files[0].stream;
	for (unsigned f = 0; f < PV_N_FEATURES; f++)
		fprintf(out, "%s,", pv_feature_name(f));
	for (size_t k = 0; k < job->K; k++)
		fprintf(out, "%s%c", pv_dataset_machine(job->dataset, (int)k)->name, k + 1 < job->K ? ',' : '\n');
	return PV_OK;
}

static enum pv_status csv_block(struct job *job, uint64_t begin, size_t n, struct pv_error *err)
{
	FILE *out = job->files[0].stream;
	for (size_t i = 0; i < n; i++) {
		for (int f = 0; f < PV_N_FEATURES; f++)
			fprintf(out, "%.9g,", (double)job->plain[i * PV_N_FEATURES + (size_t)f]);
		for (size_t k = 0; k < job->K; k++)
			fprintf(out, "%" PRIu32 "%c", target_at(job, begin + i, k), k + 1 < job->K ? ',' : '\n');
	}
	return ferror(out) ? base_error_errno(err, errno, "cannot write '%s'", job->files[0].path) : PV_OK;
}

/* ---- .npz ---- */

static enum pv_status begin_array(struct base_zip_writer *z, const char *name, const char *descr, const uint64_t *shape, int n_dims,
                                  uint64_t n_data, struct pv_error *err)
{
	size_t n_header;
	char *header = base_npy_header(descr, shape, n_dims, &n_header);
	FAIL_IF(!header, err, PV_ERR_NOMEM, "out of memory writing '%s'", z->file.path);
	enum pv_status status = base_zip_begin(z, name, n_header + n_data, err);
	if (status == PV_OK)
		status = base_zip_write(z, header, n_header, err);
	free(header);
	return status;
}

/* mean and std as PerfVec reads them: float64. */
static enum pv_status write_stats(struct base_zip_writer *z, const struct pv_dataset *d, struct pv_error *err)
{
	const float *stats[2];
	const uint64_t n = PV_N_FEATURES;
	pv_dataset_stats(d, &stats[0], &stats[1]);
	for (int s = 0; s < 2; s++) {
		double x[PV_N_FEATURES];
		for (int f = 0; f < PV_N_FEATURES; f++)
			x[f] = (double)stats[s][f];
		TRY(begin_array(z, s ? "std.npy" : "mean.npy", "'<f8'", &n, 1, sizeof x, err));
		TRY(base_zip_write(z, x, sizeof x, err));
	}
	return PV_OK;
}

static const char *feature_name(const struct pv_dataset *d, int i)
{
	(void)d;
	return pv_feature_name((unsigned)i);
}

static const char *machine_name(const struct pv_dataset *d, int i)
{
	return pv_dataset_machine(d, i)->name;
}

/* An array of NumPy's fixed-width text: 4 bytes a character. Names are ASCII. */
static enum pv_status write_names(struct base_zip_writer *z, const struct pv_dataset *d, const char *array,
                                  const char *(*name)(const struct pv_dataset *d, int i), int n, struct pv_error *err)
{
	uint32_t text[128];
	size_t width = 1;
	for (int i = 0; i < n; i++)
		width = strlen(name(d, i)) > width ? strlen(name(d, i)) : width;
	FAIL_IF(width > sizeof text / sizeof *text, err, PV_ERR_RANGE, "a name is longer than %zu characters", sizeof text / sizeof *text);
	char descr[16];
	snprintf(descr, sizeof descr, "'<U%zu'", width);
	uint64_t shape = (uint64_t)n;
	TRY(begin_array(z, array, descr, &shape, 1, shape * width * sizeof *text, err));
	for (int i = 0; i < n; i++) {
		const char *from = name(d, i);
		for (size_t c = 0; c < width; c++)
			text[c] = *from ? (unsigned char)*from++ : 0;
		TRY(base_zip_write(z, text, width * sizeof *text, err));
	}
	return PV_OK;
}

/* A program's mapped targets are the array's bytes. */
static enum pv_status npz_begin(struct job *job, struct pv_error *err)
{
	char *path = file_name(job, ".npz");
	FAIL_IF(!path, err, PV_ERR_NOMEM, "out of memory writing '%s'", job->folder.path);
	enum pv_status status = base_zip_create(&job->zip, path, err);
	free(path);
	TRY(status);
	const struct pv_dataset_program *p = job->program;
	const uint64_t targets[2] = {job->n_rows, job->K}, features[2] = {job->n_rows, PV_N_FEATURES};
	uint64_t n_bytes = job->n_rows * job->K * p->target_bytes;
	TRY(write_names(&job->zip, job->dataset, "feature_names.npy", feature_name, PV_N_FEATURES, err));
	TRY(write_names(&job->zip, job->dataset, "machine_names.npy", machine_name, (int)job->K, err));
	TRY(write_stats(&job->zip, job->dataset, err));
	TRY(begin_array(&job->zip, "targets.npy", p->target_bytes == 2 ? "'<u2'" : "'<u4'", targets, 2, n_bytes, err));
	TRY(base_zip_write(&job->zip, p->targets, n_bytes, err));
	return begin_array(&job->zip, "features.npy", "'<f4'", features, 2, job->n_rows * PV_N_FEATURES * sizeof(float), err);
}

static enum pv_status npz_block(struct job *job, uint64_t begin, size_t n, struct pv_error *err)
{
	(void)begin;
	return base_zip_write(&job->zip, job->plain, n * PV_N_FEATURES * sizeof(float), err);
}

static enum pv_status npz_end(struct job *job, struct pv_error *err)
{
	return base_zip_commit(&job->zip, err);
}

/* ---- the loop ---- */

static const struct {
	enum pv_status (*begin)(struct job *job, struct pv_error *err);
	enum pv_status (*block)(struct job *job, uint64_t begin, size_t n, struct pv_error *err); /* job->plain holds the rows */
	enum pv_status (*end)(struct job *job, struct pv_error *err);
} formats[] = {
    [PV_EXCHANGE_PERFVEC] = {raw_begin, raw_block, files_end},
    [PV_EXCHANGE_CSV] = {csv_begin, csv_block, files_end},
    [PV_EXCHANGE_NPZ] = {npz_begin, npz_block, npz_end},
};

static enum pv_status step(struct job *job, size_t n, struct pv_error *err)
{
	const struct pv_progress *p = job->progress;
	uint64_t before = job->n_done;
	job->n_done += n;
	if (!p || before / PROGRESS_ROWS == job->n_done / PROGRESS_ROWS)
		return PV_OK;
	if (p->report)
		p->report(p->user, "exporting", "rows", job->n_done, job->n_total);
	FAIL_IF(p->stop && p->stop(p->user), err, PV_ERR_INTERRUPTED, "interrupted while exporting '%s'; nothing was written",
	        job->program->name);
	return PV_OK;
}

static enum pv_status export_program(struct job *job, struct pv_error *err)
{
	job->n_rows = rows_of(job, job->program);
	TRY(formats[job->options->format].begin(job, err));
	for (uint64_t begin = 0; begin < job->n_rows; begin += BLOCK) {
		size_t n = job->n_rows - begin < BLOCK ? (size_t)(job->n_rows - begin) : BLOCK;
		pv_features_unpack(job->program->features + begin, n, NULL, NULL, job->plain, PV_N_FEATURES);
		TRY(formats[job->options->format].block(job, begin, n, err));
		TRY(step(job, n, err));
	}
	return formats[job->options->format].end(job, err);
}

/* What belongs to all programs of PerfVec's files. */
static enum pv_status export_common(struct job *job, struct pv_export_result *result, struct pv_error *err)
{
	char *path = base_path_join(job->folder.temp_path, "stats.npz");
	FAIL_IF(!path, err, PV_ERR_NOMEM, "out of memory writing '%s'", job->folder.path);
	enum pv_status status = base_zip_create(&job->zip, path, err);
	free(path);
	TRY(status);
	TRY(write_stats(&job->zip, job->dataset, err));
	TRY(base_zip_commit(&job->zip, err));
	return data_export_config(job->dataset, &job->folder, job->options->wide, result, err);
}

static enum pv_status run_job(struct job *job, struct pv_export_result *result, struct pv_error *err)
{
	size_t n_features = (size_t)BLOCK * PV_N_FEATURES, n_targets = job->K * PV_N_TARGETS;
	job->plain = malloc(n_features * sizeof(float));
	job->normal = malloc(n_features * sizeof(float));
	job->wide = malloc(n_targets * sizeof *job->wide);
	job->narrow = malloc(n_targets * sizeof *job->narrow);
	FAIL_IF(!job->plain || !job->normal || !job->wide || !job->narrow, err, PV_ERR_NOMEM, "out of memory for %zu machines", job->K);
	for (int i = 0; i < pv_dataset_n_programs(job->dataset); i++) {
		job->program = pv_dataset_program(job->dataset, i);
		TRY(export_program(job, err));
	}
	return job->options->format == PV_EXCHANGE_PERFVEC ? export_common(job, result, err) : PV_OK;
}

static void release(struct job *job)
{
	for (size_t i = 0; i < sizeof job->files / sizeof *job->files; i++)
		base_out_file_discard(&job->files[i]);
	base_zip_discard(&job->zip);
	free(job->plain);
	free(job->normal);
	free(job->wide);
	free(job->narrow);
}

enum pv_status pv_dataset_export(const struct pv_dataset *dataset, const char *folder, const struct pv_export_options *options,
                                 struct pv_export_result *result, const struct pv_progress *progress, struct pv_error *err)
{
	struct pv_export_result r = {0};
	struct job job = {.dataset = dataset, .options = options, .progress = progress, .K = (size_t)pv_dataset_n_machines(dataset)};
	for (int i = 0; i < pv_dataset_n_programs(dataset); i++)
		job.n_total += rows_of(&job, pv_dataset_program(dataset, i));
	TRY(data_export_splits(dataset, &r, err));
	TRY(base_out_folder_open(&job.folder, folder, err));
	enum pv_status status = PV_OK;
	if (options->format == PV_EXCHANGE_PERFVEC)
		status = data_export_config_name(options->config, job.folder.path, r.config, sizeof r.config, err);
	if (status == PV_OK)
		status = run_job(&job, &r, err);
	release(&job);
	if (status == PV_OK)
		status = base_out_folder_commit(&job.folder, err);
	else
		base_out_folder_discard(&job.folder);
	if (status == PV_OK && result)
		*result = r;
	return status;
}
