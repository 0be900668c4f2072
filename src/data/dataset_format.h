/*
 * dataset_format.h - what the writer and the reader of datasets agree on
 */
#ifndef DATA_DATASET_FORMAT_H
#define DATA_DATASET_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include <perfvec/dataset.h>

/* Version of the folder's layout and of the manifest. */
enum { DATASET_VERSION = 1, DATASET_SEQ_LENGTH = 256 };

#define DATASET_MANIFEST "dataset.yaml"
#define DATASET_FORMAT "perfvec-dataset"
#define DATASET_TARGET_UNIT "0.1 ns"

/* The types of packed feature and context rows as NumPy writes them. */
extern const char data_feature_row_descr[], data_context_row_descr[];

/*
 * dataset_parse_manifest - a dataset of which only the manifest is read: its programs have no features and targets
 *
 * @text  (n_bytes) content of a dataset.yaml, not kept; file names in it are taken from the folder "."
 */
enum pv_status dataset_parse_manifest(const void *text, size_t n_bytes, struct pv_dataset **dataset, struct pv_error *err);

/* Keys of the manifest's sections, for strict reading: the names in order of writing. */
#define DATASET_ROOT_KEYS "format", "version", "tool", "command", "features", "target", "seq_length", "machines", "programs"
#define DATASET_FEATURE_KEYS "schema", "names", "row_bytes", "rows", "mean", "std", "context_schema", "context_bytes"
#define DATASET_TARGET_KEYS "index", "name", "unit"
#define DATASET_MACHINE_KEYS "name", "seen", "clock_mhz", "file"
#define DATASET_PROGRAM_KEYS \
	"name", "seen", "source", "rows", "insns", "features", "context", "targets", "all_targets", "train", "valid", "test", "total"

#endif
