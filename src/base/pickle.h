/*
 * pickle.h - the values of a Python pickle, without running anything
 *
 * A pickle is a program for a stack machine whose instructions may call any Python function. Only those that build plain values are
 * followed here (protocols 2 to 4): numbers, strings, lists, tuples, dictionaries, and the few constructors that torch.save writes, which
 * become descriptions of tensors and storages. Any other function is refused by its name. Source: Lib/pickletools.py of CPython.
 *
 * Cost: memory proportional to the pickle's length.
 */
#ifndef PV_BASE_PICKLE_H
#define PV_BASE_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/safetensors.h"

enum pv_pickle_kind {
	PV_PICKLE_NONE,
	PV_PICKLE_BOOL,
	PV_PICKLE_INT,
	PV_PICKLE_REAL,
	PV_PICKLE_STRING,
	PV_PICKLE_LIST, /* and tuples */
	PV_PICKLE_DICT,
	PV_PICKLE_FUNCTION, /* one of the constructors, not called yet */
	PV_PICKLE_STORAGE,
	PV_PICKLE_TENSOR,
	PV_PICKLE_OPAQUE /* understood to be harmless, not kept */
};

/* A checkpoint's pickle has about 100 bytes for each tensor; the numbers lie elsewhere. */
enum { PV_PICKLE_MAX_DIMS = 8, PV_PICKLE_MAX_BYTES = 2 << 20 };

struct pv_pickle_value {
	enum pv_pickle_kind kind;
	int64_t integer;  /* BOOL, INT; FUNCTION: which */
	double real;      /* REAL; INT too */
	const char *text; /* STRING: not NUL-terminated, inside the pickle; STORAGE: its key */
	size_t n;         /* STRING, STORAGE: bytes of text; LIST: items; DICT: keys and values together */
	size_t capacity;
	uint32_t *items;     /* LIST, DICT (key, value, key, value, ..): indices of values */
	enum pv_dtype dtype; /* STORAGE, TENSOR; FUNCTION: of a storage's constructor */
	int64_t n_elements;  /* STORAGE */
	uint32_t storage;    /* TENSOR: index of its storage */
	int64_t offset;      /* TENSOR: in elements */
	int n_dims;
	int64_t dims[PV_PICKLE_MAX_DIMS], strides[PV_PICKLE_MAX_DIMS]; /* TENSOR: in elements, not negative */
};

struct pv_pickle {
	struct pv_pickle_value *values;
	size_t n_values, capacity;
	uint32_t root;
};

/*
 * pv_pickle_parse - data must outlive the result; release it whatever comes back
 *
 * Returns: PV_OK; PV_ERR_FORMAT (with the byte), PV_ERR_UNSUPPORTED (an instruction or a function that is not followed, named),
 * PV_ERR_NOMEM
 */
enum pv_status pv_pickle_parse(const uint8_t *data, size_t n_bytes, const char *label, struct pv_pickle *pickle, struct pv_error *err);
void pv_pickle_release(struct pv_pickle *pickle);

/* pv_pickle_get - value of a string key of a dictionary; NULL when there is none, or when dict is NULL or no dictionary */
const struct pv_pickle_value *pv_pickle_get(const struct pv_pickle *pickle, const struct pv_pickle_value *dict, const char *key);

#endif
