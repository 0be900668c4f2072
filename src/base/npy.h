/*
 * npy.h - NumPy's .npy files: written in pieces without knowing the length, read through a memory map after full validation
 *
 * Format: NEP 1; versions 1.0, 2.0 and 3.0 are read, 1.0 is written. Little-endian plain and structured types.
 */
#ifndef BASE_NPY_H
#define BASE_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/file.h"

enum { BASE_NPY_MAX_DIMS = 8, BASE_NPY_MAX_FIELDS = 64, BASE_NPY_NAME_BYTES = 64 };

/* One member of a structured type; a plain type is one unnamed member. */
struct base_npy_field {
	char name[BASE_NPY_NAME_BYTES];
	char type[8];    /* such as "<u4" or "|u1" */
	uint32_t count;  /* elements; 1 unless the member is an array */
	uint32_t offset; /* bytes from the start of the item */
};

/* An array in a file (or in memory). */
struct base_npy {
	const void *data;
	int n_dims;
	uint64_t shape[BASE_NPY_MAX_DIMS];
	uint64_t n_items; /* product of shape */
	size_t item_bytes;
	int n_fields;
	struct base_npy_field fields[BASE_NPY_MAX_FIELDS];
	struct base_map map; /* zero when parsed from memory */
};

/*
 * base_npy_parse - understand a .npy file in memory
 *
 * @what   names it in errors
 * @bytes  (n_bytes) borrowed; npy->data points into it
 *
 * Refused: Fortran order with two or more dimensions, big-endian and object types, shapes that do not match n_bytes exactly.
 * Returns: PV_OK; PV_ERR_FORMAT, PV_ERR_VERSION, PV_ERR_UNSUPPORTED, PV_ERR_SHAPE (size)
 */
enum pv_status base_npy_parse(struct base_npy *npy, const char *what, const uint8_t *bytes, size_t n_bytes, struct pv_error *err);

/* base_npy_open - map a file and parse it; on failure *npy is zero. base_npy_close unmaps; a zero struct is allowed */
enum pv_status base_npy_open(struct base_npy *npy, const char *path, struct pv_error *err);
void base_npy_close(struct base_npy *npy);

/*
 * base_npy_expect - check the type: same members, types, counts and offsets
 *
 * @descr  the type as NumPy writes it: "'<f4'" or "[('a', '<u4'), ('b', '<u2', (8,))]"
 *
 * Returns: PV_OK; PV_ERR_FORMAT with both types in the message
 */
enum pv_status base_npy_expect(const struct base_npy *npy, const char *what, const char *descr, struct pv_error *err);

/*
 * base_npy_header - what stands before the data of a .npy file, for arrays inside other files
 *
 * @descr   type as in base_npy_expect
 * @shape   (n_dims) n_dims >= 1
 *
 * Returns: malloc'd, *n_bytes long, a multiple of 64; NULL when memory is out
 */
char *base_npy_header(const char *descr, const uint64_t *shape, int n_dims, size_t *n_bytes);

/* An array being written row by row; the first dimension is counted. */
struct base_npy_writer {
	struct base_out_file file;
	char *descr;
	size_t row_bytes;
	int n_row_dims;
	uint64_t row_shape[BASE_NPY_MAX_DIMS];
	uint64_t n_rows;
};

/*
 * base_npy_create - start writing an array of shape (rows, row_shape...)
 *
 * @descr       type as in base_npy_expect; copied
 * @row_shape   (n_row_dims) may be NULL with n_row_dims 0: a one-dimensional array
 *
 * The file gets its name at base_npy_commit. On failure *w is zero.
 */
enum pv_status base_npy_create(struct base_npy_writer *w, const char *path, const char *descr, const uint64_t *row_shape, int n_row_dims,
                               struct pv_error *err);

/* base_npy_append - write n more rows */
enum pv_status base_npy_append(struct base_npy_writer *w, const void *rows, uint64_t n, struct pv_error *err);

/* base_npy_commit - write the number of rows into the header and give the file its name; releases w whatever happens */
enum pv_status base_npy_commit(struct base_npy_writer *w, struct pv_error *err);

/* base_npy_discard - remove the unfinished file; a zero or released struct is allowed */
void base_npy_discard(struct base_npy_writer *w);

#endif
