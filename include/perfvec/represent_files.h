/*
 * perfvec/represent_files.h - program vectors of files of any kind: datasets, traces and saved program vectors
 */
#ifndef PERFVEC_REPRESENT_FILES_H
#define PERFVEC_REPRESENT_FILES_H

#include <perfvec/api.h>
#include <perfvec/dataset.h>
#include <perfvec/error.h>
#include <perfvec/model.h>
#include <perfvec/progress.h>

PV_API_BEGIN

/* The program vectors of some files, and the datasets among these. Released by pv_represented_release. */
struct pv_represented {
	struct pv_vectors *vectors;
	struct pv_dataset **datasets; /* (n_files) open; NULL for a file that is none */
	int n_files;
	const struct pv_dataset **sources; /* (number of vectors) the dataset that each came from; NULL: from another file */
};

/*
 * pv_represent_files - open files and represent what is not represented yet
 *
 * A folder or a .yaml file is a dataset, an .npy file holds program vectors, anything else is a trace.
 *
 * @paths        (n)
 * @options      NULL: all zero
 * @progress     may be NULL; all files are opened first, so that it counts over all of them together
 * @represented  filled on success, vectors in the order of the files
 *
 * Returns: PV_OK; PV_ERR_ARG (saved vectors of another foundation), and what opening and representing return
 */
enum pv_status pv_represent_files(const struct pv_model *model, const char *const *paths, int n, const struct pv_represent_options *options,
                                  const struct pv_progress *progress, struct pv_represented *represented, struct pv_error *err);

/* pv_represented_release - close the datasets and free the vectors; a zero struct is allowed */
void pv_represented_release(struct pv_represented *represented);

PV_API_END

#endif
