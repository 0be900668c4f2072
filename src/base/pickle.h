/*
 * pickle.h - the values of a Python pickle, without running anything
 *
 * A pickle is a program for a stack machine whose instructions may call any Python function. Only those that build plain values are
 * followed here (protocols 2 to 4): numbers, strings, lists, tuples, dictionaries, and the few constructors that torch.save writes, which
 * become descriptions of tensors and storages. Any other function is refused by its name. Source: Lib/pickletools.py of CPython.
 *
 * Cost: memory proportional to the pickle's length.
 */
#ifndef BASE_PICKLE_H
#define BASE_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/safetensors.h"

enum base_pickle_kind {
	BASE_PICKLE_NONE,
	BASE_PICKLE_BOOL,
	BASE_PICKLE_INT,
	BASE_PICKLE_REAL,
	BASE_PICKLE_STRING,
	BASE_PICKLE_LIST, /* and tuples */
	BASE_PICKLE_DICT,
	BASE_PICKLE_FUNCTION, /* one of the constructors, not called yet */
	BASE_PICKLE_STORAGE,
	BASE_PICKLE_TENSOR,
	BASE_PICKLE_OPAQUE /* understood to be harmless, not kept */
};

/* A checkpoint's pickle has about 100 bytes for each tensor; the numbers lie elsewhere. */
enum { BASE_PICKLE_MAX_DIMS = 8, BASE_PICKLE_MAX_BYTES = 2 << 20 };

struct base_pickle_value {
	enum base_pickle_kind kind;
	int64_t integer;  /* BOOL, INT; FUNCTION: which */
	double real;      /* REAL; INT too */
	const char *text; /* STRING: not NUL-terminated, inside the pickle; STORAGE: its key */
	size_t n;         /* STRING, STORAGE: bytes of text; LIST: items; DICT: keys and values together */
	size_t capacity;
	uint32_t *items;       /* LIST, DICT (key, value, key, value, ..): indices of values */
	enum base_dtype dtype; /* STORAGE, TENSOR; FUNCTION: of a storage's constructor */
	int64_t n_elements;    /* STORAGE */
	uint32_t storage;      /* TENSOR: index of its storage */
	int64_t offset;        /* TENSOR: in elements */
	int n_dims;
	int64_t dims[BASE_PICKLE_MAX_DIMS], strides[BASE_PICKLE_MAX_DIMS]; /* TENSOR: in elements, not negative */
};

struct base_pickle {
	struct base_pickle_value *values;
	size_t n_values, capacity;
	uint32_t root;
};

/*
 * base_pickle_parse - data must outlive the result; release it whatever comes back
 *
 * Returns: PV_OK; PV_ERR_FORMAT (with the byte), PV_ERR_UNSUPPORTED (an instruction or a function that is not followed, named),
 * PV_ERR_NOMEM
 */
enum pv_status base_pickle_parse(const uint8_t *data, size_t n_bytes, const char *label, struct base_pickle *pickle, struct pv_error *err);
void base_pickle_release(struct base_pickle *pickle);

/* base_pickle_get - value of a string key of a dictionary; NULL when there is none, or when dict is NULL or no dictionary */
const struct base_pickle_value *base_pickle_get(const struct base_pickle *pickle, const struct base_pickle_value *dict, const char *key);

#endif
