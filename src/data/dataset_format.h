/*
 * dataset_format.h - what the writer and the reader of datasets agree on
 */
#ifndef PV_DATA_DATASET_FORMAT_H
#define PV_DATA_DATASET_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include <perfvec/dataset.h>

/* Version of the folder's layout and of the manifest. */
enum { PV_DATASET_VERSION = 1, PV_DATASET_SEQ_LENGTH = 256 };

#define PV_DATASET_MANIFEST "dataset.yaml"
#define PV_DATASET_FORMAT "perfvec-dataset"
#define PV_DATASET_TARGET_UNIT "0.1 ns"

/* The types of packed feature and context rows as NumPy writes them. */
extern const char pv_feature_row_descr[], pv_context_row_descr[];

/*
 * pv_dataset_parse_manifest - a dataset of which only the manifest is read: its programs have no features and targets
 *
 * @text  (n_bytes) content of a dataset.yaml, not kept; file names in it are taken from the folder "."
 */
enum pv_status pv_dataset_parse_manifest(const void *text, size_t n_bytes, struct pv_dataset **dataset, struct pv_error *err);

/* Keys of the manifest's sections, for strict reading: the names in order of writing. */
#define PV_DATASET_ROOT_KEYS "format", "version", "tool", "command", "features", "target", "seq_length", "machines", "programs"
#define PV_DATASET_FEATURE_KEYS "schema", "names", "row_bytes", "rows", "mean", "std", "context_schema", "context_bytes"
#define PV_DATASET_TARGET_KEYS "index", "name", "unit"
#define PV_DATASET_MACHINE_KEYS "name", "seen", "clock_mhz", "file"
#define PV_DATASET_PROGRAM_KEYS \
	"name", "seen", "source", "rows", "insns", "features", "context", "targets", "all_targets", "train", "valid", "test", "total"

#endif
