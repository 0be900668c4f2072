/*
 * safetensors.h - named tensors and a string map in one file (https://github.com/huggingface/safetensors, format of version 0.3 and later)
 *
 *   8 bytes  n, little-endian length of the header
 *   n bytes  JSON: {"__metadata__": {key: string}, NAME: {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]}, ...}, padded with
 * spaces rest     the data, row-major, little-endian, without gaps or overlaps
 */
#ifndef BASE_SAFETENSORS_H
#define BASE_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum base_dtype {
	BASE_DTYPE_BOOL,
	BASE_DTYPE_U8,
	BASE_DTYPE_I8,
	BASE_DTYPE_F8_E4M3,
	BASE_DTYPE_F8_E5M2,
	BASE_DTYPE_U16,
	BASE_DTYPE_I16,
	BASE_DTYPE_F16,
	BASE_DTYPE_BF16,
	BASE_DTYPE_U32,
	BASE_DTYPE_I32,
	BASE_DTYPE_F32,
	BASE_DTYPE_U64,
	BASE_DTYPE_I64,
	BASE_DTYPE_F64
};

enum { BASE_SAFETENSORS_MAX_DIMS = 8 };

/* base_dtype_name, base_dtype_bytes - "F32" and the size of one element */
const char *base_dtype_name(enum base_dtype dtype);
size_t base_dtype_bytes(enum base_dtype dtype);

/* base_dtype_to_float - one element (F64, F32, F16 or BF16, aligned or not) as float */
float base_dtype_to_float(enum base_dtype dtype, const void *element);

/* One tensor of an open file. */
struct base_tensor_view {
	const char *name; /* NUL-terminated UTF-8, owned by the file */
	enum base_dtype dtype;
	int n_dims; /* 0 is a scalar */
	size_t dims[BASE_SAFETENSORS_MAX_DIMS];
	size_t n;         /* elements */
	const void *data; /* inside the map, n * base_dtype_bytes(dtype) bytes; foreign files may leave it unaligned */
};

struct base_safetensors;

/*
 * base_safetensors_open - map a file and check all of its header before anything is used
 *
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO, PV_ERR_ARG (not a regular file), PV_ERR_FORMAT (with the tensor or byte),
 *          PV_ERR_UNSUPPORTED (unknown dtype, more than 8 dimensions), PV_ERR_NOMEM. *file is set on PV_OK only.
 */
enum pv_status base_safetensors_open(const char *path, struct base_safetensors **file, struct pv_error *err);

/* base_safetensors_parse - the same over memory, which must outlive the file; label names it in errors */
enum pv_status base_safetensors_parse(const void *data, size_t n_bytes, const char *label, struct base_safetensors **file,
                                      struct pv_error *err);

/* base_safetensors_close - unmap and release; NULL is allowed. Every view and string of the file ends here. */
void base_safetensors_close(struct base_safetensors *file);

/* base_safetensors_count, _at - tensors, sorted by name */
size_t base_safetensors_count(const struct base_safetensors *file);
const struct base_tensor_view *base_safetensors_at(const struct base_safetensors *file, size_t i);

/* base_safetensors_find - a tensor by name; NULL when there is none */
const struct base_tensor_view *base_safetensors_find(const struct base_safetensors *file, const char *name);

/*
 * base_safetensors_read_f32 - copy a tensor of a known shape, converted from F64, F16 or BF16 where needed
 *
 * @dims  (n_dims) the shape that is expected
 * @out   (product of dims)
 *
 * Returns: PV_OK; PV_ERR_MISSING (no such tensor), PV_ERR_SHAPE (another shape), PV_ERR_UNSUPPORTED (not a float). Nothing is written on
 * failure.
 */
enum pv_status base_safetensors_read_f32(const struct base_safetensors *file, const char *name, const size_t *dims, int n_dims, float *out,
                                         struct pv_error *err);

/* base_safetensors_metadata - the string under a metadata key; NULL when there is none */
const char *base_safetensors_metadata(const struct base_safetensors *file, const char *key);

/* base_safetensors_metadata_at - the i-th key (sorted) and its string; false past the end */
bool base_safetensors_metadata_at(const struct base_safetensors *file, size_t i, const char **key, const char **value);

/* A file being put together. Tensors and strings may be added in any order; the bytes written depend on the contents only. */
struct base_safetensors_writer;

/* base_safetensors_writer_new - NULL when memory is out */
struct base_safetensors_writer *base_safetensors_writer_new(void);
void base_safetensors_writer_free(struct base_safetensors_writer *w);

/* base_safetensors_writer_metadata - set a metadata string (UTF-8); the last one given for a key stays. PV_ERR_ARG (not UTF-8),
 * PV_ERR_NOMEM
 */
enum pv_status base_safetensors_writer_metadata(struct base_safetensors_writer *w, const char *key, const char *value,
                                                struct pv_error *err);

/*
 * base_safetensors_writer_add - add a tensor
 *
 * @name  copied; not empty, not "__metadata__"
 * @data  borrowed until base_safetensors_writer_write
 *
 * Returns: PV_OK; PV_ERR_ARG (name, duplicate or dimensions), PV_ERR_NOMEM.
 */
enum pv_status base_safetensors_writer_add(struct base_safetensors_writer *w, const char *name, enum base_dtype dtype, const size_t *dims,
                                           int n_dims, const void *data, struct pv_error *err);

/* base_safetensors_writer_write - write the file; it appears whole or not at all. Data starts at a multiple of 8 bytes, wide types first.
 */
enum pv_status base_safetensors_writer_write(const struct base_safetensors_writer *w, const char *path, struct pv_error *err);

#endif
