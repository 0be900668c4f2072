/*
 * pt.h - checkpoints that PyTorch writes with torch.save: a zip of a pickle and the tensors' storages. Nothing in them is run.
 *
 *   NAME/data.pkl   the values, tensors as references (pickle.h)
 *   NAME/data/KEY   a storage: numbers, little-endian
 *   NAME/version, NAME/byteorder ("little")
 *
 * The parameters are the dictionary of tensors under "model_state_dict" or "state_dict", or the whole file. The prefixes "module." and
 * "_orig_mod." that a distributed or compiled model leaves are taken off the names.
 */
#ifndef PV_BASE_PT_H
#define PV_BASE_PT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/safetensors.h"

struct pv_pt;

/* A parameter tensor; the numbers are got with pv_pt_read_f32. */
struct pv_pt_tensor {
	char *name; /* NUL-terminated, without prefixes */
	enum pv_dtype dtype;
	int n_dims; /* 0 is a scalar */
	size_t dims[8], strides[8];
	size_t n;            /* elements */
	const uint8_t *data; /* first element, inside the file */
};

/*
 * pv_pt_open - map and check a checkpoint: structure, checksums, and that every parameter lies inside its storage
 *
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO, PV_ERR_ARG (not a regular file), PV_ERR_FORMAT (damaged, or no parameters), PV_ERR_UNSUPPORTED
 *          (compressed; or it asks for a function to be run, which is named), PV_ERR_NOMEM. *pt is set on PV_OK only.
 */
enum pv_status pv_pt_open(const char *path, struct pv_pt **pt, struct pv_error *err);

/* pv_pt_parse - the same over memory, which must outlive it; label names it in errors */
enum pv_status pv_pt_parse(const void *data, size_t n_bytes, const char *label, struct pv_pt **pt, struct pv_error *err);

/* pv_pt_close - unmap and release; NULL is allowed */
void pv_pt_close(struct pv_pt *pt);

/* pv_pt_count, _at, _find - parameters, in the file's order; NULL when there is none of that name */
size_t pv_pt_count(const struct pv_pt *pt);
const struct pv_pt_tensor *pv_pt_at(const struct pv_pt *pt, size_t i);
const struct pv_pt_tensor *pv_pt_find(const struct pv_pt *pt, const char *name);

/* pv_pt_read_f32 - copy a tensor's numbers, row-major, (n); PV_ERR_UNSUPPORTED when they are no floats */
enum pv_status pv_pt_read_f32(const struct pv_pt *pt, const struct pv_pt_tensor *tensor, float *out, struct pv_error *err);

/* pv_pt_string, pv_pt_number - values beside the parameters ("name", "epoch", "best_loss"); a string's copy is NUL-terminated and cut to
 * fit */
bool pv_pt_string(const struct pv_pt *pt, const char *key, char *text, size_t size);
bool pv_pt_number(const struct pv_pt *pt, const char *key, double *value);

#endif
