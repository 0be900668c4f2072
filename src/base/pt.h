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
#ifndef BASE_PT_H
#define BASE_PT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/safetensors.h"

struct base_pt;

/* A parameter tensor; the numbers are got with base_pt_read_f32. */
struct base_pt_tensor {
	char *name; /* NUL-terminated, without prefixes */
	enum base_dtype dtype;
	int n_dims; /* 0 is a scalar */
	size_t dims[8], strides[8];
	size_t n;            /* elements */
	const uint8_t *data; /* first element, inside the file */
};

/*
 * base_pt_open - map and check a checkpoint: structure, checksums, and that every parameter lies inside its storage
 *
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO, PV_ERR_ARG (not a regular file), PV_ERR_FORMAT (damaged, or no parameters), PV_ERR_UNSUPPORTED
 *          (compressed; or it asks for a function to be run, which is named), PV_ERR_NOMEM. *pt is set on PV_OK only.
 */
enum pv_status base_pt_open(const char *path, struct base_pt **pt, struct pv_error *err);

/* base_pt_parse - the same over memory, which must outlive it; label names it in errors */
enum pv_status base_pt_parse(const void *data, size_t n_bytes, const char *label, struct base_pt **pt, struct pv_error *err);

/* base_pt_close - unmap and release; NULL is allowed */
void base_pt_close(struct base_pt *pt);

/* base_pt_count, _at, _find - parameters, in the file's order; NULL when there is none of that name */
size_t base_pt_count(const struct base_pt *pt);
const struct base_pt_tensor *base_pt_at(const struct base_pt *pt, size_t i);
const struct base_pt_tensor *base_pt_find(const struct base_pt *pt, const char *name);

/* base_pt_read_f32 - copy a tensor's numbers, row-major, (n); PV_ERR_UNSUPPORTED when they are no floats */
enum pv_status base_pt_read_f32(const struct base_pt *pt, const struct base_pt_tensor *tensor, float *out, struct pv_error *err);

/* base_pt_string, base_pt_number - values beside the parameters ("name", "epoch", "best_loss"); a string's copy is NUL-terminated and cut
 * to fit */
bool base_pt_string(const struct base_pt *pt, const char *key, char *text, size_t size);
bool base_pt_number(const struct base_pt *pt, const char *key, double *value);

#endif
