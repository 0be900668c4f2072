/*
 * export_config.c - the Python module that tells the published PerfVec programs what the exported files are
 *
 * PerfVec reads blocks of 512 rows. Its training, validation and test ranges are counted over all programs together, and each program gives
 * the same share of its rows, rounded down to blocks; the last program in the list gives what is then missing. A range is wrong when the
 * last program does not have those rows, or has given them to the range before. So the longest program comes last, ranges leave a gap,
 * and training gives up rows until PerfVec's own arithmetic, repeated here in the same double precision, fits.
 *
 * Source: PerfVec's published ML/custom_data_inout.py (CombinedMMBDataset), CFG/ and Tutorials/train.md.
 */
#include "data/export.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/features.h>
#include <perfvec/version.h>

#include "base/file.h"

enum { BLOCK = 512, BATCH = 4096, FEW_BATCHES = 20 };

/* ---- names ---- */

static bool is_identifier(const char *s)
{
	if (!isalpha((unsigned char)*s) && *s != '_')
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '_')
			return false;
	return true;
}

enum pv_status data_export_config_name(const char *wanted, const char *folder, char *name, size_t size, struct pv_error *err)
{
	if (wanted) {
		FAIL_IF(!is_identifier(wanted) || strlen(wanted) >= size, err, PV_ERR_ARG, "'%.100s' is not the name of a Python module",
		        wanted);
		snprintf(name, size, "%s", wanted);
		return PV_OK;
	}
	const char *base = base_path_base(folder);
	snprintf(name, size, "%s%.100s", isalpha((unsigned char)*base) ? "" : "data_", base);
	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p))
			*p = '_';
	return PV_OK;
}

/* A Python string. */
static void print_string(FILE *out, const char *s)
{
	fputc('\'', out);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '\'' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
	fputc('\'', out);
}

/* ---- the programs that are seen, the longest last ---- */

struct list {
	const struct pv_dataset_program **programs; /* (n) */
	int n;
};

static enum pv_status list_seen(const struct pv_dataset *d, struct list *list, struct pv_error *err)
{
	*list = (struct list){.programs = calloc((size_t)pv_dataset_n_programs(d), sizeof *list->programs)};
	FAIL_IF(!list->programs, err, PV_ERR_NOMEM, "out of memory for a list of programs");
	int longest = 0;
	for (int i = 0; i < pv_dataset_n_programs(d); i++) {
		const struct pv_dataset_program *p = pv_dataset_program(d, i);
		if (!p->seen)
			continue;
		list->programs[list->n++] = p;
		if (p->n_rows >= list->programs[longest]->n_rows)
			longest = list->n - 1;
	}
	for (int i = longest; i + 1 < list->n; i++) {
		const struct pv_dataset_program *p = list->programs[i];
		list->programs[i] = list->programs[i + 1];
		list->programs[i + 1] = p;
	}
	return PV_OK;
}

/* The blocks of the last program that PerfVec will take for [begin, end). */
struct range {
	double begin, end;
};

static struct range last_range(const struct list *list, uint64_t total_rows, uint64_t begin, uint64_t end)
{
	double total = (double)total_rows / BLOCK, first = (double)(begin / BLOCK), size = (double)(end / BLOCK) - first;
	double from = first, count = size;
	for (int i = 0; i + 1 < list->n; i++) {
		double n = (double)list->programs[i]->n_rows;
		from -= (double)(uint64_t)(n * (first / total) / BLOCK);
		count -= (double)(uint64_t)(n * (size / total) / BLOCK);
	}
	return (struct range){from, from + count};
}

/* Give each split its rows, one after the other; false when PerfVec would ask the last program for rows twice or for some it has not. */
static bool place(const struct list *list, uint64_t total, const uint64_t *rows, struct pv_export_result *r)
{
	const double n_last = (double)(list->programs[list->n - 1]->n_rows / BLOCK);
	double taken = 0;
	uint64_t at = 0;
	for (int s = 0; s < PV_N_SPLITS; s++) {
		r->begin[s] = r->end[s] = at;
		if (!rows[s])
			continue;
		while (at + rows[s] <= total && last_range(list, total, at, at + rows[s]).begin < taken)
			at += r->unit;
		if (at + rows[s] > total)
			return false;
		taken = last_range(list, total, at, at + rows[s]).end;
		if (taken > n_last)
			return false;
		r->begin[s] = at;
		r->end[s] = at += rows[s];
	}
	return true;
}

/* The most training rows, down to half of them, with which the splits have a place. */
static bool place_with_less_training(const struct list *list, uint64_t total, const uint64_t *wanted, struct pv_export_result *r)
{
	uint64_t rows[PV_N_SPLITS];
	memcpy(rows, wanted, sizeof rows);
	for (; rows[PV_SPLIT_TRAIN] && rows[PV_SPLIT_TRAIN] >= wanted[PV_SPLIT_TRAIN] / 2; rows[PV_SPLIT_TRAIN] -= r->unit)
		if (place(list, total, rows, r))
			return true;
	return false;
}

/* Validation and testing as wanted if that is possible, then less and less of them, then none for testing; at last nothing at all. */
static void set_splits(const struct list *list, struct pv_export_result *r)
{
	uint64_t total = 0, rows[PV_N_SPLITS] = {0};
	for (int i = 0; i < list->n; i++) {
		const struct pv_dataset_program *p = list->programs[i];
		total += p->n_rows;
		for (int s = 0; s < PV_N_SPLITS; s++)
			rows[s] += p->end[s] - p->begin[s];
	}
	r->unit = total >= (uint64_t)FEW_BATCHES * BATCH ? BATCH : BLOCK;
	for (int with_test = 1; with_test >= 0; with_test--)
		for (uint64_t part = 1; part <= 16; part *= 2) {
			uint64_t wanted[PV_N_SPLITS] = {rows[PV_SPLIT_TRAIN] / r->unit * r->unit};
			for (int s = PV_SPLIT_VALID; s <= PV_SPLIT_VALID + with_test; s++)
				wanted[s] = (rows[s] / part + r->unit - 1) / r->unit * r->unit;
			if (place_with_less_training(list, total, wanted, r))
				return;
		}
	memset(r->begin, 0, sizeof r->begin);
	memset(r->end, 0, sizeof r->end);
}

enum pv_status data_export_splits(const struct pv_dataset *d, struct pv_export_result *r, struct pv_error *err)
{
	struct list list;
	TRY(list_seen(d, &list, err));
	r->n_programs = list.n;
	for (int k = 0; k < pv_dataset_n_machines(d); k++)
		r->n_machines += pv_dataset_machine(d, k)->seen;
	set_splits(&list, r);
	free(list.programs);
	return PV_OK;
}

/* ---- the module ---- */

/* The folder's final name from the root, with '/' at its end. */
static enum pv_status absolute_name(const struct base_out_folder *folder, char **name, struct pv_error *err)
{
	char *dir = base_path_dir(folder->path), *real = dir ? realpath(dir, NULL) : NULL;
	char *joined = real ? base_path_join(real, base_path_base(folder->path)) : NULL;
	*name = joined ? base_path_join(joined, "") : NULL;
	free(dir);
	free(real);
	free(joined);
	FAIL_IF(!*name, err, PV_ERR_NOMEM, "out of memory writing '%s'", folder->path);
	return PV_OK;
}

static void print_program(FILE *out, const struct pv_dataset_program *p)
{
	fprintf(out, "  (data_set_dir + '%s.in.nmmap', %" PRIu64 ", %" PRIu64 "),\n", p->name, p->n_rows, p->n_rows);
}

static void print_programs(FILE *out, const struct pv_dataset *d, const struct list *list)
{
	fprintf(out,
	        "\n# Feature file, its rows, rows of its target file. Every program gives the same share to each split.\ndatasets = [\n");
	for (int i = 0; i < list->n; i++)
		print_program(out, list->programs[i]);
	fprintf(out, "]\ndata_set_idx = %d  # how many of them to use\n", list->n);
	fprintf(out, "\n# All programs, also those held out of training.\nsim_datasets = [\n");
	for (int i = 0; i < pv_dataset_n_programs(d); i++)
		print_program(out, pv_dataset_program(d, i));
	fprintf(out, "]\n");
}

static void print_machines(FILE *out, const struct pv_dataset *d, const struct pv_export_result *r)
{
	int n = pv_dataset_n_machines(d);
	fprintf(out, "\n# Machines in the order of the target files; True: its representation is trained.\nmachines = [\n");
	for (int k = 0; k < n; k++) {
		const struct pv_dataset_machine *m = pv_dataset_machine(d, k);
		fprintf(out, "  ('%s', %s),\n", m->name, m->seen ? "True" : "False");
	}
	fprintf(out, "]\ncfg_num = %d\n", n);
	if (r->n_machines < n)
		fprintf(out, "sel_cfg_num = %d  # those that are trained: what the model's narchs must be\n", r->n_machines);
}

static void print_splits(FILE *out, const struct pv_export_result *r)
{
	static const char *const names[PV_N_SPLITS] = {NULL, "valid", "test"};
	fprintf(out, "\n# Splits, in batches of ori_batch_size rows of all programs together.\nori_batch_size = %" PRIu64 "\n", r->unit);
	fprintf(out, "train_size = %" PRIu64 " * ori_batch_size  # for --train-size: %" PRIu64 "\n", r->end[PV_SPLIT_TRAIN] / r->unit,
	        r->end[PV_SPLIT_TRAIN]);
	for (int s = PV_SPLIT_VALID; s < PV_N_SPLITS; s++) {
		fprintf(out, "%sbatchnum = %" PRIu64 "\n%sbatchsize = %" PRIu64 "\n", names[s], r->begin[s] / r->unit, names[s],
		        (r->end[s] - r->begin[s]) / r->unit);
		fprintf(out, "%s_start = %sbatchnum * ori_batch_size\n%s_end = (%sbatchnum + %sbatchsize) * ori_batch_size\n", names[s],
		        names[s], names[s], names[s], names[s]);
	}
}

/* Columns of one target: of every machine by a stride, of some by their numbers. */
static void print_functions(FILE *out, const struct pv_dataset *d, const struct pv_export_result *r)
{
	int target = pv_dataset_info(d)->target;
	fprintf(out, "\n\ndef get_out_name(name):\n  return name[:-len('.in.nmmap')] + '.out.mmap'\n");
	fprintf(out,
	        "\n\ndef sel_batch_out(y):\n  # Target %d, %s, of each machine that is trained; columns are 16 targets for each machine.\n",
	        target, pv_target_name((unsigned)target));
	if (r->n_machines == pv_dataset_n_machines(d)) {
		fprintf(out, "  return y[:, %d::ori_tgt_length]\n", target);
		return;
	}
	fprintf(out, "  return y[:, [ori_tgt_length * k + %d for k, (_, seen) in enumerate(machines) if seen]]\n", target);
}

static void print_module(FILE *out, const struct pv_dataset *d, const char *dir, bool wide, const struct list *list,
                         const struct pv_export_result *r)
{
	fprintf(out, "# %s.py - what the PerfVec programs need to know about these files; written by perfvec %s\n#\n", r->config,
	        PV_VERSION);
	fprintf(out, "# Copy or link it into PerfVec's CFG folder; then, in PerfVec's own folder:\n#\n");
	fprintf(out, "#   python -m ML.train --cfg=%s --train-size=%" PRIu64 " --sbatch --batch-size=8 \\\n", r->config,
	        r->end[PV_SPLIT_TRAIN]);
	fprintf(out, "#     \"InsLSTM(256,2,narchs=%d,bias=False)\"\n", r->n_machines);
	fprintf(out, "import numpy as np\n\n# Where the files are: to be changed when they move.\ndata_set_dir = ");
	print_string(out, dir);
	fputc('\n', out);
	print_programs(out, d, list);
	print_machines(out, d, r);
	fprintf(out, "\nfeature_format = np.float32\ntarget_format = np.uint%d\n", wide ? 32 : 16);
	fprintf(out, "input_length = %d\nori_tgt_length = %d\ntgt_length = 1\nseq_length = %u\n", PV_N_FEATURES, PV_N_TARGETS,
	        pv_dataset_info(d)->seq_length);
	print_splits(out, r);
	print_functions(out, d, r);
}

enum pv_status data_export_config(const struct pv_dataset *d, const struct base_out_folder *folder, bool wide,
                                  const struct pv_export_result *r, struct pv_error *err)
{
	char name[sizeof r->config + 4];
	snprintf(name, sizeof name, "%s.py", r->config);
	char *path = base_path_join(folder->temp_path, name), *dir = NULL;
	FAIL_IF(!path, err, PV_ERR_NOMEM, "out of memory writing '%s'", folder->path);
	struct list list = {0};
	struct base_out_file f = {0};
	enum pv_status status = list_seen(d, &list, err);
	if (status == PV_OK)
		status = absolute_name(folder, &dir, err);
	if (status == PV_OK)
		status = base_out_file_open(&f, path, err);
	if (status == PV_OK) {
		print_module(f.stream, d, dir, wide, &list, r);
		status = base_out_file_commit(&f, err);
	}
	free(list.programs);
	free(path);
	free(dir);
	return status;
}
