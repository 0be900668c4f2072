/*
 * perfvec/dataset.h - a dataset: packed features and targets of several programs on several machines, with everything training needs
 *
 * A dataset is a folder: dataset.yaml (the manifest and training configuration), machines/NAME.yaml, and for each program
 * PROGRAM.features.npy and PROGRAM.targets.npy. Format: docs/formats/dataset.md.
 *
 * Shapes: N rows (micro-operations) of a program, K machines, F = PV_N_FEATURES.
 */
#ifndef PERFVEC_DATASET_H
#define PERFVEC_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { PV_N_FEATURES = 51 };

struct pv_dataset;     /* an open dataset; safe to read from several threads */
struct pv_feature_row; /* one packed feature row, at most 64 bytes; see perfvec/features.h */

/* Parts of a program's rows. */
enum pv_split { PV_SPLIT_TRAIN, PV_SPLIT_VALID, PV_SPLIT_TEST, PV_N_SPLITS };

/* One program of a dataset. Pointers are owned by the dataset. */
struct pv_dataset_program {
	const char *name;
	bool seen;                                     /* used for training; otherwise held out */
	uint64_t n_rows;                               /* N */
	uint64_t n_insns;                              /* architectural instructions among them */
	const struct pv_feature_row *features;         /* (N), mapped */
	const void *targets;                           /* (N, K) uint16 or uint32, 0.1 ns, mapped */
	unsigned target_bytes;                         /* 2 or 4 */
	uint64_t begin[PV_N_SPLITS], end[PV_N_SPLITS]; /* row ranges; begin == end when a program has no such part */
	const uint64_t *total;                         /* (K) sum of the targets, 0.1 ns: simulated time */
};

/* One machine of a dataset; K of them, in target column order. */
struct pv_dataset_machine {
	const char *name;
	bool seen; /* its vector is trained; otherwise held out */
	double clock_mhz;
	const char *path; /* of its machine file */
};

/*
 * pv_dataset_open - open a dataset for reading
 *
 * @path  its folder, or the dataset.yaml in it
 *
 * Checks sizes, shapes and schema of every file. Returns: PV_OK; PV_ERR_MISSING, PV_ERR_FORMAT, PV_ERR_VERSION, PV_ERR_SHAPE, PV_ERR_IO
 */
enum pv_status pv_dataset_open(const char *path, struct pv_dataset **dataset, struct pv_error *err);

/* pv_dataset_close - release; NULL is allowed */
void pv_dataset_close(struct pv_dataset *dataset);

int pv_dataset_n_programs(const struct pv_dataset *dataset);
int pv_dataset_n_machines(const struct pv_dataset *dataset);

/* pv_dataset_program, pv_dataset_machine - by number, 0 <= i < n; owned by the dataset */
const struct pv_dataset_program *pv_dataset_program(const struct pv_dataset *dataset, int i);
const struct pv_dataset_machine *pv_dataset_machine(const struct pv_dataset *dataset, int i);

/* pv_dataset_stats - mean and standard deviation of each feature over the training rows: two arrays (F), owned by the dataset */
void pv_dataset_stats(const struct pv_dataset *dataset, const float **mean, const float **std);

/*
 * pv_features_unpack - turn packed rows into normalised float32
 *
 * @rows   (n)
 * @mean, @std  (F); a std of 0 counts as 1. Both NULL: plain values
 * @out    row i is written at out + i * stride, F floats
 */
void pv_features_unpack(const struct pv_feature_row *rows, size_t n, const float *mean, const float *std, float *out, size_t stride);

#ifdef __cplusplus
}
#endif

#endif
