/*
 * perfvec/dataset.h - a dataset: packed features and targets of several programs on several machines, with everything training needs
 *
 * A dataset is a folder: dataset.yaml (the manifest and training configuration), machines/NAME.yaml, and for each program
 * PROGRAM.features.npy, PROGRAM.targets.npy, PROGRAM.context.npy where schema pv2 can be made and, on request, PROGRAM.all_targets.npy.
 * Format: docs/formats/dataset.md.
 *
 * Shapes: N rows (micro-operations) of a program, K machines, F = PV_N_FEATURES.
 */
#ifndef PERFVEC_DATASET_H
#define PERFVEC_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/api.h>
#include <perfvec/error.h>
#include <perfvec/features.h>
#include <perfvec/progress.h>

PV_API_BEGIN

struct pv_dataset; /* an open dataset; safe to read from several threads */

/* Parts of a program's rows. */
enum pv_split { PV_SPLIT_TRAIN, PV_SPLIT_VALID, PV_SPLIT_TEST, PV_N_SPLITS };

/* One program of a dataset. Pointers are owned by the dataset. */
struct pv_dataset_program {
	const char *name;
	const char *source;                            /* where its rows come from, such as the program's command line; may be empty */
	bool seen;                                     /* used for training; otherwise held out */
	uint64_t n_rows;                               /* N */
	uint64_t n_insns;                              /* architectural instructions among them */
	const struct pv_feature_row *features;         /* (N), mapped */
	const struct pv_context_row *context;          /* (N), mapped; NULL: the dataset has none */
	const void *targets;                           /* (N, K) uint16 or uint32, 0.1 ns, mapped */
	unsigned target_bytes;                         /* 2 or 4 */
	const void *all_targets;                       /* (N, K, 16) uint16 or uint32, mapped; NULL when only one target is kept */
	unsigned all_target_bytes;                     /* 2 or 4; 0 without all_targets */
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

/* What a dataset says about itself. Strings are owned by the dataset. */
struct pv_dataset_info {
	unsigned version;         /* of the format */
	const char *tool;         /* what wrote it, such as "perfvec 0.1.0" */
	const char *command;      /* how it was made; may be empty */
	int target;               /* enum pv_target of perfvec/features.h */
	unsigned seq_length;      /* rows of a training window */
	uint64_t n_rows, n_insns; /* of all programs */
	uint64_t n_train_rows;    /* the feature statistics are over these */
	bool has_context;         /* every program has context rows: schema pv2 can be made from it */
};

/* pv_dataset_info - owned by the dataset */
const struct pv_dataset_info *pv_dataset_info(const struct pv_dataset *dataset);

/*
 * pv_dataset_check - read everything: features in range, sums of the targets equal to the totals, instructions counted, statistics right,
 * parts of a program apart from each other
 *
 * @problem   called with one line for each problem: at most one for each program and kind; may be NULL
 * @user      handed to it
 * @progress  may be NULL
 *
 * Opening has checked shapes and sizes already.
 * Returns: PV_OK when there is no problem; PV_ERR_FORMAT with their number; PV_ERR_NOMEM; PV_ERR_INTERRUPTED
 */
enum pv_status pv_dataset_check(const struct pv_dataset *dataset, void (*problem)(void *user, const char *text), void *user,
                                const struct pv_progress *progress, struct pv_error *err);

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

/*
 * pv_inputs_unpack - turn packed rows and their context into float32 of schema pv2; see perfvec/features.h
 *
 * @rows, @context  (n)
 * @mean, @std      (PV2_COUNT); a std of 0 counts as 1. Both NULL: as they are
 * @out             row i is written at out + i * stride, PV2_COUNT floats
 */
void pv_inputs_unpack(const struct pv_feature_row *rows, const struct pv_context_row *context, size_t n, const float *mean,
                      const float *std, float *out, size_t stride);

/* ---- writing ---- */

struct pv_dataset_writer; /* a dataset being written; one thread */

/* One machine of a dataset to be. */
struct pv_dataset_machine_spec {
	const char *name; /* letters, digits and any of "._+-", not starting with '.'; unique */
	bool seen;
	double clock_mhz;
	const char *text; /* content of its machine file */
};

/* A dataset to be. */
struct pv_dataset_spec {
	const struct pv_dataset_machine_spec *machines; /* (n_machines), in target column order */
	int n_machines;                                 /* K >= 1 */
	int target;                                     /* enum pv_target of perfvec/features.h: what the targets are */
	bool all_targets;                               /* keep all 16 targets, too; rows then go through pv_dataset_append_all */
	bool context;                                   /* keep context rows, too: pv_dataset_append_context */
	unsigned seq_length;                            /* rows of a training window; 0: 256 */
	double train_share, valid_share;                /* of each seen program's rows; both 0: 0.90 and 0.05. The rest is for testing */
	const char *command;                            /* how it is made; may be NULL */
};

/*
 * pv_dataset_create - start writing a dataset
 *
 * @path  the folder to be. It is built under a temporary name beside it and gets its name in pv_dataset_finish; a dataset of that name is
 *        then replaced, anything else of that name is refused, and so is a dataset with other files in its folder
 * @spec  copied
 *
 * Returns: PV_OK; PV_ERR_ARG (names, shares), PV_ERR_IO, PV_ERR_MISSING, PV_ERR_NOMEM
 */
enum pv_status pv_dataset_create(const char *path, const struct pv_dataset_spec *spec, struct pv_dataset_writer **writer,
                                 struct pv_error *err);

/*
 * pv_dataset_begin_program - start the next program
 *
 * @name    as a machine's; unique
 * @seen    used for training; an unseen program is for testing only
 * @source  where its rows come from, such as a trace's name; may be NULL
 */
enum pv_status pv_dataset_begin_program(struct pv_dataset_writer *writer, const char *name, bool seen, const char *source,
                                        struct pv_error *err);

/*
 * pv_dataset_append - append rows to the current program
 *
 * @rows     (n) read only, not kept
 * @targets  (n, K) 0.1 ns. Kept as uint16; a program with a value above 65535 is kept as uint32 throughout
 *
 * Returns: PV_OK; PV_ERR_IO, PV_ERR_NOMEM. After a failure only pv_dataset_discard is valid.
 */
enum pv_status pv_dataset_append(struct pv_dataset_writer *writer, const struct pv_feature_row *rows, const uint32_t *targets, size_t n,
                                 struct pv_error *err);

/*
 * pv_dataset_append_all - append rows with all their targets; for a dataset with all_targets
 *
 * @targets  (n, K, PV_N_TARGETS) in the order of perfvec/targets.def. Training reads the one that the dataset's target names.
 *
 * Returns: as pv_dataset_append
 */
enum pv_status pv_dataset_append_all(struct pv_dataset_writer *writer, const struct pv_feature_row *rows, const uint32_t *targets, size_t n,
                                     struct pv_error *err);

/*
 * pv_dataset_append_context - append context rows to the current program of a dataset with context; before it ends there must be as many
 * as other rows
 *
 * @context  (n) read only, not kept
 *
 * Returns: as pv_dataset_append
 */
enum pv_status pv_dataset_append_context(struct pv_dataset_writer *writer, const struct pv_context_row *context, size_t n,
                                         struct pv_error *err);

/* pv_dataset_writer_folder - the folder where the dataset is being built: for files of the caller's own that go with it. Not "*.npy" or
 * "*.yaml" */
const char *pv_dataset_writer_folder(const struct pv_dataset_writer *writer);

/* pv_dataset_end_program - the current program is complete; PV_ERR_SHAPE when it has no row */
enum pv_status pv_dataset_end_program(struct pv_dataset_writer *writer, struct pv_error *err);

/*
 * pv_dataset_finish - compute the feature statistics, write the manifest and give the folder its name
 *
 * Releases the writer whatever happens. On failure nothing is left that was not there before.
 */
enum pv_status pv_dataset_finish(struct pv_dataset_writer *writer, struct pv_error *err);

/* pv_dataset_discard - give up: removes what was written and releases the writer; NULL is allowed */
void pv_dataset_discard(struct pv_dataset_writer *writer);

PV_API_END

#endif
