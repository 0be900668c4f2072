/*
 * perfvec/exchange.h - datasets in the published PerfVec programs' files, both ways, and as CSV and NumPy's .npz for inspection
 *
 * PerfVec's files are raw: little-endian, row after row, without a header. For each program,
 *
 *	PROGRAM.in.mmap    (N, F) float32, plain features
 *	PROGRAM.in.nmmap   (N, F) float32, normalised: (x - mean) / std, a std of 0 counting as 1
 *	PROGRAM.out.mmap   (N, K, 16) uint16 (older files: int16), all targets of all machines
 *	stats.npz          arrays mean, std of (F) float64
 *
 * and a Python module that tells PerfVec their names and sizes. Details: docs/formats/perfvec-files.md.
 *
 * Shapes: N rows (micro-operations) of a program, K machines, F = PV_N_FEATURES.
 */
#ifndef PERFVEC_EXCHANGE_H
#define PERFVEC_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/api.h>
#include <perfvec/dataset.h>
#include <perfvec/error.h>
#include <perfvec/progress.h>

PV_API_BEGIN

/* What a dataset is written as. */
enum pv_exchange_format {
	PV_EXCHANGE_PERFVEC, /* the raw files above */
	PV_EXCHANGE_CSV,     /* PROGRAM.csv: a line of names, then a line for each row: features, then each machine's target */
	PV_EXCHANGE_NPZ      /* PROGRAM.npz: features (N, F), targets (N, K), feature_names, machine_names, mean, std */
};

/* How to write. Zero is PerfVec's files with 16-bit targets. */
struct pv_export_options {
	enum pv_exchange_format format;
	bool wide;          /* PERFVEC: targets as uint32; otherwise one above 65535 is refused */
	const char *config; /* PERFVEC: name of the Python module; NULL: made from the folder's name. A Python identifier */
	uint64_t max_rows;  /* CSV and NPZ: of each program, from its start; 0: all */
};

/* What PerfVec is told about the splits: rows of the programs that are seen, all taken together. */
struct pv_export_result {
	char config[128];                              /* name of the Python module, without ".py"; empty unless PERFVEC */
	uint64_t unit;                                 /* rows that the bounds are multiples of: 4096, or 512 for few rows */
	uint64_t begin[PV_N_SPLITS], end[PV_N_SPLITS]; /* a split of no rows: begin == end */
	int n_programs, n_machines;                    /* that are seen */
};

/*
 * pv_dataset_export - write a dataset for other programs
 *
 * @folder    to be; refused when it exists and is not empty. It is filled under another name and gets its own when all is done
 * @result    may be NULL
 * @progress  may be NULL
 *
 * A dataset that keeps one target gives PERFVEC files whose other 15 targets are 0.
 * Cost: one pass; memory for blocks of rows. Returns: PV_OK; PV_ERR_RANGE (a target above 65535, with its row and machine), PV_ERR_ARG
 * (name of the module), PV_ERR_IO, PV_ERR_MISSING, PV_ERR_NOMEM, PV_ERR_INTERRUPTED. On failure nothing is left.
 */
enum pv_status pv_dataset_export(const struct pv_dataset *dataset, const char *folder, const struct pv_export_options *options,
                                 struct pv_export_result *result, const struct pv_progress *progress, struct pv_error *err);

/* Type of raw targets. */
enum pv_raw_type { PV_RAW_UINT16, PV_RAW_INT16, PV_RAW_UINT32 };

/* What to read. All members are borrowed for the call. */
struct pv_import_options {
	const char *const *inputs; /* (n_inputs) PROGRAM.in.mmap files, or folders of such; PROGRAM.out.mmap lies beside each */
	size_t n_inputs;
	enum pv_raw_type type;                          /* of the targets */
	bool one_target;                                /* keep only `target`, not all 16 */
	int target;                                     /* enum pv_target: what training reads */
	int n_machines;                                 /* K; 0: from the lengths of the files, which then hold the same rows */
	const struct pv_dataset_machine_spec *machines; /* (n_machines); NULL: "machine_0" and so on, of 1000 MHz */
	const char *const *unseen_programs;             /* (n_unseen_programs) names held out of training */
	size_t n_unseen_programs;
	const char *command; /* how this was asked for, kept in the dataset; may be NULL */
};

/*
 * pv_dataset_import - make a dataset of raw PerfVec files
 *
 * @output    dataset folder, as in pv_dataset_create
 * @progress  may be NULL
 *
 * Every feature must be a value that a packed row holds exactly: an integer within its feature's bounds, or one of the entropies of
 * a multiple of 1/16 (as float32, or rounded to six digits, as in PerfVec's own files; those become exact). Raw files do
 * not say where instructions end: a row that is not one of several micro-operations ends one, and so does the last row of a run of those
 * that are; instructions whose micro-operations follow each other without a row between count as one.
 *
 * Rows are as many as targets; features beyond them are left out.
 * Returns: PV_OK; PV_ERR_SHAPE (lengths that do not go together), PV_ERR_FORMAT (a value; with file, row and feature), PV_ERR_MISSING,
 * PV_ERR_ARG (names, no files), PV_ERR_IO, PV_ERR_NOMEM, PV_ERR_INTERRUPTED. On failure nothing is left that was not there before.
 */
enum pv_status pv_dataset_import(const struct pv_import_options *options, const char *output, const struct pv_progress *progress,
                                 struct pv_error *err);

PV_API_END

#endif
