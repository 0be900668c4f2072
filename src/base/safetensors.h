/*
 * safetensors.h - named tensors and a string map in one file (https://github.com/huggingface/safetensors, format of version 0.3 and later)
 *
 *   8 bytes  n, little-endian length of the header
 *   n bytes  JSON: {"__metadata__": {key: string}, NAME: {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]}, ...}, padded with
 * spaces rest     the data, row-major, little-endian, without gaps or overlaps
 */
#ifndef PV_BASE_SAFETENSORS_H
#define PV_BASE_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum pv_dtype {
	PV_DTYPE_BOOL,
	PV_DTYPE_U8,
	PV_DTYPE_I8,
	PV_DTYPE_F8_E4M3,
	PV_DTYPE_F8_E5M2,
	PV_DTYPE_U16,
	PV_DTYPE_I16,
	PV_DTYPE_F16,
	PV_DTYPE_BF16,
	PV_DTYPE_U32,
	PV_DTYPE_I32,
	PV_DTYPE_F32,
	PV_DTYPE_U64,
	PV_DTYPE_I64,
	PV_DTYPE_F64
};

enum { PV_SAFETENSORS_MAX_DIMS = 8 };

/* pv_dtype_name, pv_dtype_bytes - "F32" and the size of one element */
const char *pv_dtype_name(enum pv_dtype dtype);
size_t pv_dtype_bytes(enum pv_dtype dtype);

/* pv_dtype_to_float - one element (F64, F32, F16 or BF16, aligned or not) as float */
float pv_dtype_to_float(enum pv_dtype dtype, const void *element);

/* One tensor of an open file. */
struct pv_tensor_view {
	const char *name; /* NUL-terminated UTF-8, owned by the file */
	enum pv_dtype dtype;
	int n_dims; /* 0 is a scalar */
	size_t dims[PV_SAFETENSORS_MAX_DIMS];
	size_t n;         /* elements */
	const void *data; /* inside the map, n * pv_dtype_bytes(dtype) bytes; foreign files may leave it unaligned */
};

struct pv_safetensors;

/*
 * pv_safetensors_open - map a file and check all of its header before anything is used
 *
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO, PV_ERR_ARG (not a regular file), PV_ERR_FORMAT (with the tensor or byte),
 *          PV_ERR_UNSUPPORTED (unknown dtype, more than 8 dimensions), PV_ERR_NOMEM. *file is set on PV_OK only.
 */
enum pv_status pv_safetensors_open(const char *path, struct pv_safetensors **file, struct pv_error *err);

/* pv_safetensors_parse - the same over memory, which must outlive the file; label names it in errors */
enum pv_status pv_safetensors_parse(const void *data, size_t n_bytes, const char *label, struct pv_safetensors **file,
                                    struct pv_error *err);

/* pv_safetensors_close - unmap and release; NULL is allowed. Every view and string of the file ends here. */
void pv_safetensors_close(struct pv_safetensors *file);

/* pv_safetensors_count, _at - tensors, sorted by name */
size_t pv_safetensors_count(const struct pv_safetensors *file);
const struct pv_tensor_view *pv_safetensors_at(const struct pv_safetensors *file, size_t i);

/* pv_safetensors_find - a tensor by name; NULL when there is none */
const struct pv_tensor_view *pv_safetensors_find(const struct pv_safetensors *file, const char *name);

/*
 * pv_safetensors_read_f32 - copy a tensor of a known shape, converted from F64, F16 or BF16 where needed
 *
 * @dims  (n_dims) the shape that is expected
 * @out   (product of dims)
 *
 * Returns: PV_OK; PV_ERR_MISSING (no such tensor), PV_ERR_SHAPE (another shape), PV_ERR_UNSUPPORTED (not a float). Nothing is written on
 * failure.
 */
enum pv_status pv_safetensors_read_f32(const struct pv_safetensors *file, const char *name, const size_t *dims, int n_dims, float *out,
                                       struct pv_error *err);

/* pv_safetensors_metadata - the string under a metadata key; NULL when there is none */
const char *pv_safetensors_metadata(const struct pv_safetensors *file, const char *key);

/* pv_safetensors_metadata_at - the i-th key (sorted) and its string; false past the end */
bool pv_safetensors_metadata_at(const struct pv_safetensors *file, size_t i, const char **key, const char **value);

/* A file being put together. Tensors and strings may be added in any order; the bytes written depend on the contents only. */
struct pv_safetensors_writer;

/* pv_safetensors_writer_new - NULL when memory is out */
struct pv_safetensors_writer *pv_safetensors_writer_new(void);
void pv_safetensors_writer_free(struct pv_safetensors_writer *w);

/* pv_safetensors_writer_metadata - set a metadata string (UTF-8); the last one given for a key stays. PV_ERR_ARG (not UTF-8), PV_ERR_NOMEM
 */
enum pv_status pv_safetensors_writer_metadata(struct pv_safetensors_writer *w, const char *key, const char *value, struct pv_error *err);

/*
 * pv_safetensors_writer_add - add a tensor
 *
 * @name  copied; not empty, not "__metadata__"
 * @data  borrowed until pv_safetensors_writer_write
 *
 * Returns: PV_OK; PV_ERR_ARG (name, duplicate or dimensions), PV_ERR_NOMEM.
 */
enum pv_status pv_safetensors_writer_add(struct pv_safetensors_writer *w, const char *name, enum pv_dtype dtype, const size_t *dims,
                                         int n_dims, const void *data, struct pv_error *err);

/* pv_safetensors_writer_write - write the file; it appears whole or not at all. Data starts at a multiple of 8 bytes, wide types first. */
enum pv_status pv_safetensors_writer_write(const struct pv_safetensors_writer *w, const char *path, struct pv_error *err);

#endif
