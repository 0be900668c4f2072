/*
 * safetensors.c - reading and writing safetensors files
 *
 * A reader trusts nothing: the header's length is checked against the file and a cap, its JSON is parsed strictly, every tensor's byte
 * range must be what its dtype and shape say, and the ranges laid end to end must be exactly the data (the format forbids gaps and
 * overlaps). After that a tensor is a pointer into the map.
 *
 * A writer orders tensors by element size, widest first, then by name: without gaps that keeps every tensor aligned to its element.
 */
#include "base/safetensors.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"

#define MAX_HEADER_BYTES ((uint64_t)100 * 1000 * 1000)

static const struct {
	const char *name;
	size_t bytes;
} dtypes[] = {
    [BASE_DTYPE_BOOL] = {"BOOL", 1},       [BASE_DTYPE_U8] = {"U8", 1},           [BASE_DTYPE_I8] = {"I8", 1},
    [BASE_DTYPE_F8_E4M3] = {"F8_E4M3", 1}, [BASE_DTYPE_F8_E5M2] = {"F8_E5M2", 1}, [BASE_DTYPE_U16] = {"U16", 2},
    [BASE_DTYPE_I16] = {"I16", 2},         [BASE_DTYPE_F16] = {"F16", 2},         [BASE_DTYPE_BF16] = {"BF16", 2},
    [BASE_DTYPE_U32] = {"U32", 4},         [BASE_DTYPE_I32] = {"I32", 4},         [BASE_DTYPE_F32] = {"F32", 4},
    [BASE_DTYPE_U64] = {"U64", 8},         [BASE_DTYPE_I64] = {"I64", 8},         [BASE_DTYPE_F64] = {"F64", 8},
};
enum { N_DTYPES = sizeof dtypes / sizeof dtypes[0] };

const char *base_dtype_name(enum base_dtype dtype)
{
	return dtypes[dtype].name;
}

size_t base_dtype_bytes(enum base_dtype dtype)
{
	return dtypes[dtype].bytes;
}

/* ---- reading ---- */

struct metadata {
	const char *key, *value;
};

struct base_safetensors {
	char *label;
	struct base_map map; /* zero when over memory */
	json_t *header;      /* owns names and strings */
	struct base_tensor_view *tensors;
	size_t n_tensors;
	struct metadata *metadata;
	size_t n_metadata;
};

static int compare_views(const void *a, const void *b)
{
	return strcmp(((const struct base_tensor_view *)a)->name, ((const struct base_tensor_view *)b)->name);
}

static int compare_metadata(const void *a, const void *b)
{
	return strcmp(((const struct metadata *)a)->key, ((const struct metadata *)b)->key);
}

static int compare_places(const void *a, const void *b)
{
	const struct base_tensor_view *x = *(const struct base_tensor_view *const *)a, *y = *(const struct base_tensor_view *const *)b;
	if (x->data != y->data)
		return (const uint8_t *)x->data < (const uint8_t *)y->data ? -1 : 1;
	return x->n == y->n ? 0 : x->n < y->n ? -1 : 1; /* empty ones first */
}

static enum pv_status parse_dtype(const struct base_safetensors *f, const char *name, const json_t *value, enum base_dtype *dtype,
                                  struct pv_error *err)
{
	const char *text = json_string_value(value);
	FAIL_IF(!text, err, PV_ERR_FORMAT, "'%s', tensor '%.64s': no dtype", f->label, name);
	for (int i = 0; i < N_DTYPES; i++) {
		if (strcmp(dtypes[i].name, text) == 0) {
			*dtype = (enum base_dtype)i;
			return PV_OK;
		}
	}
	return base_error_set(err, PV_ERR_UNSUPPORTED, "'%s', tensor '%.64s': unknown dtype '%.32s'", f->label, name, text);
}

static enum pv_status parse_shape(const struct base_safetensors *f, const json_t *shape, struct base_tensor_view *view,
                                  struct pv_error *err)
{
	FAIL_IF(!json_is_array(shape), err, PV_ERR_FORMAT, "'%s', tensor '%.64s': no shape", f->label, view->name);
	size_t n_dims = json_array_size(shape);
	FAIL_IF(n_dims > BASE_SAFETENSORS_MAX_DIMS, err, PV_ERR_UNSUPPORTED, "'%s', tensor '%.64s': %zu dimensions, at most %d are read",
	        f->label, view->name, n_dims, BASE_SAFETENSORS_MAX_DIMS);
	view->n_dims = (int)n_dims;
	view->n = 1;
	for (size_t i = 0; i < n_dims; i++) {
		const json_t *dim = json_array_get(shape, i);
		FAIL_IF(!json_is_integer(dim) || json_integer_value(dim) < 0, err, PV_ERR_FORMAT,
		        "'%s', tensor '%.64s': dimension %zu is not a size", f->label, view->name, i);
		view->dims[i] = (size_t)json_integer_value(dim);
		FAIL_IF(__builtin_mul_overflow(view->n, view->dims[i], &view->n), err, PV_ERR_FORMAT,
		        "'%s', tensor '%.64s': shape too large", f->label, view->name);
	}
	return PV_OK;
}

static enum pv_status parse_tensor(const struct base_safetensors *f, const char *name, const json_t *value, const uint8_t *data,
                                   size_t n_data_bytes, struct base_tensor_view *view, struct pv_error *err)
{
	*view = (struct base_tensor_view){.name = name};
	FAIL_IF(!json_is_object(value), err, PV_ERR_FORMAT, "'%s', tensor '%.64s': not an object", f->label, name);
	TRY(parse_dtype(f, name, json_object_get(value, "dtype"), &view->dtype, err));
	TRY(parse_shape(f, json_object_get(value, "shape"), view, err));
	const json_t *offsets = json_object_get(value, "data_offsets");
	const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
	FAIL_IF(json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end), err, PV_ERR_FORMAT,
	        "'%s', tensor '%.64s': data_offsets are not two integers", f->label, name);
	const json_int_t from = json_integer_value(begin), to = json_integer_value(end);
	FAIL_IF(from < 0 || to < from || (uint64_t)to > n_data_bytes, err, PV_ERR_FORMAT,
	        "'%s', tensor '%.64s': bytes %lld to %lld of %zu bytes of data", f->label, name, (long long)from, (long long)to,
	        n_data_bytes);
	size_t n_bytes;
	const bool overflow = __builtin_mul_overflow(view->n, dtypes[view->dtype].bytes, &n_bytes);
	FAIL_IF(overflow || n_bytes != (size_t)(to - from), err, PV_ERR_FORMAT,
	        "'%s', tensor '%.64s': %lld bytes do not fit its shape and dtype", f->label, name, (long long)(to - from));
	view->data = data + from;
	return PV_OK;
}

static enum pv_status parse_metadata(struct base_safetensors *f, json_t *object, struct pv_error *err)
{
	FAIL_IF(!json_is_object(object), err, PV_ERR_FORMAT, "'%s': __metadata__ is not an object", f->label);
	f->metadata = calloc(json_object_size(object) + 1, sizeof *f->metadata);
	FAIL_IF(!f->metadata, err, PV_ERR_NOMEM, "out of memory reading '%s'", f->label);
	const char *key;
	json_t *value;
	json_object_foreach(object, key, value)
	{
		FAIL_IF(!json_is_string(value), err, PV_ERR_FORMAT, "'%s': metadata '%.64s' is not a string", f->label, key);
		f->metadata[f->n_metadata++] = (struct metadata){key, json_string_value(value)};
	}
	qsort(f->metadata, f->n_metadata, sizeof *f->metadata, compare_metadata);
	return PV_OK;
}

/* The tensors in the order of their bytes must follow each other and end with the data. */
static enum pv_status check_cover(const struct base_safetensors *f, const uint8_t *data, size_t n_data_bytes, struct pv_error *err)
{
	const struct base_tensor_view **order = calloc(f->n_tensors + 1, sizeof *order);
	FAIL_IF(!order, err, PV_ERR_NOMEM, "out of memory reading '%s'", f->label);
	for (size_t i = 0; i < f->n_tensors; i++)
		order[i] = &f->tensors[i];
	qsort(order, f->n_tensors, sizeof *order, compare_places);
	enum pv_status status = PV_OK;
	size_t end = 0;
	for (size_t i = 0; i < f->n_tensors && status == PV_OK; i++) {
		size_t begin = (size_t)((const uint8_t *)order[i]->data - data);
		if (begin != end)
			status = base_error_set(err, PV_ERR_FORMAT,
			                        "'%s', tensor '%.64s': starts at byte %zu of the data, the one before it ends at %zu",
			                        f->label, order[i]->name, begin, end);
		end = begin + order[i]->n * dtypes[order[i]->dtype].bytes;
	}
	if (status == PV_OK && end != n_data_bytes)
		status =
		    base_error_set(err, PV_ERR_FORMAT, "'%s': tensors end at byte %zu of %zu bytes of data", f->label, end, n_data_bytes);
	free(order);
	return status;
}

static enum pv_status parse_tensors(struct base_safetensors *f, const uint8_t *data, size_t n_data_bytes, struct pv_error *err)
{
	f->tensors = calloc(json_object_size(f->header) + 1, sizeof *f->tensors);
	FAIL_IF(!f->tensors, err, PV_ERR_NOMEM, "out of memory reading '%s'", f->label);
	const char *name;
	json_t *value;
	json_object_foreach(f->header, name, value)
	{
		if (strcmp(name, "__metadata__") == 0) {
			TRY(parse_metadata(f, value, err));
			continue;
		}
		TRY(parse_tensor(f, name, value, data, n_data_bytes, &f->tensors[f->n_tensors], err));
		f->n_tensors++;
	}
	qsort(f->tensors, f->n_tensors, sizeof *f->tensors, compare_views);
	return check_cover(f, data, n_data_bytes, err);
}

static enum pv_status parse_all(struct base_safetensors *f, const uint8_t *bytes, size_t n_bytes, struct pv_error *err)
{
	FAIL_IF(n_bytes < 8, err, PV_ERR_FORMAT, "'%s': %zu bytes are too short for a safetensors file", f->label, n_bytes);
	uint64_t n_header = 0;
	for (int i = 7; i >= 0; i--)
		n_header = n_header << 8 | bytes[i];
	FAIL_IF(n_header > n_bytes - 8 || n_header > MAX_HEADER_BYTES, err, PV_ERR_FORMAT,
	        "'%s': not a safetensors file, or truncated (a header of %llu bytes in a file of %zu)", f->label,
	        (unsigned long long)n_header, n_bytes);
	FAIL_IF(n_header == 0 || bytes[8] != '{', err, PV_ERR_FORMAT, "'%s': not a safetensors file (byte 8 does not start a header)",
	        f->label);
	json_error_t json_error;
	f->header = json_loadb((const char *)bytes + 8, (size_t)n_header, JSON_REJECT_DUPLICATES, &json_error);
	FAIL_IF(!f->header, err, PV_ERR_FORMAT, "'%s', header byte %d: %.100s", f->label, json_error.position, json_error.text);
	FAIL_IF(!json_is_object(f->header), err, PV_ERR_FORMAT, "'%s': the header is not an object", f->label);
	return parse_tensors(f, bytes + 8 + n_header, n_bytes - 8 - (size_t)n_header, err);
}

static enum pv_status open_over(struct base_map *map, const void *data, size_t n_bytes, const char *label, struct base_safetensors **file,
                                struct pv_error *err)
{
	struct base_safetensors *f = calloc(1, sizeof *f);
	char *copy = strdup(label);
	if (!f || !copy) {
		free(f);
		free(copy);
		base_map_close(map);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory reading '%s'", label);
	}
	f->label = copy;
	f->map = *map;
	enum pv_status status = parse_all(f, data, n_bytes, err);
	if (status == PV_OK)
		*file = f;
	else
		base_safetensors_close(f);
	return status;
}

enum pv_status base_safetensors_open(const char *path, struct base_safetensors **file, struct pv_error *err)
{
	struct base_map map;
	TRY(base_map_open(&map, path, err));
	return open_over(&map, map.data, map.n_bytes, path, file, err);
}

enum pv_status base_safetensors_parse(const void *data, size_t n_bytes, const char *label, struct base_safetensors **file,
                                      struct pv_error *err)
{
	struct base_map none = {0};
	return open_over(&none, data, n_bytes, label, file, err);
}

void base_safetensors_close(struct base_safetensors *file)
{
	if (!file)
		return;
	json_decref(file->header);
	base_map_close(&file->map);
	free(file->tensors);
	free(file->metadata);
	free(file->label);
	free(file);
}

size_t base_safetensors_count(const struct base_safetensors *file)
{
	return file->n_tensors;
}

const struct base_tensor_view *base_safetensors_at(const struct base_safetensors *file, size_t i)
{
	return i < file->n_tensors ? &file->tensors[i] : NULL;
}

const struct base_tensor_view *base_safetensors_find(const struct base_safetensors *file, const char *name)
{
	const struct base_tensor_view key = {.name = name};
	return bsearch(&key, file->tensors, file->n_tensors, sizeof key, compare_views);
}

const char *base_safetensors_metadata(const struct base_safetensors *file, const char *key)
{
	return json_string_value(json_object_get(json_object_get(file->header, "__metadata__"), key));
}

bool base_safetensors_metadata_at(const struct base_safetensors *file, size_t i, const char **key, const char **value)
{
	if (i >= file->n_metadata)
		return false;
	*key = file->metadata[i].key;
	*value = file->metadata[i].value;
	return true;
}

/* IEEE half precision to single; subnormals, infinities and NaN included. */
static float half_to_float(uint16_t half)
{
	const uint32_t sign = (uint32_t)(half & 0x8000u) << 16, exponent = half >> 10 & 0x1fu, fraction = half & 0x3ffu;
	uint32_t bits;
	float value;
	if (exponent == 0) {
		value = (float)fraction * 0x1p-24f;
		memcpy(&bits, &value, 4);
	} else {
		bits = (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | fraction << 13;
	}
	bits |= sign;
	memcpy(&value, &bits, 4);
	return value;
}

float base_dtype_to_float(enum base_dtype dtype, const void *element)
{
	const uint8_t *at = element;
	uint16_t narrow;
	float value;
	double wide;
	switch (dtype) {
	case BASE_DTYPE_F64: memcpy(&wide, at, 8); return (float)wide;
	case BASE_DTYPE_F16: memcpy(&narrow, at, 2); return half_to_float(narrow);
	case BASE_DTYPE_BF16: memcpy(&narrow, at, 2); break;
	default: memcpy(&value, at, 4); return value;
	}
	const uint32_t bits = (uint32_t)narrow << 16;
	memcpy(&value, &bits, 4);
	return value;
}

static void print_shape(char *text, size_t size, const size_t *dims, int n_dims)
{
	size_t used = (size_t)snprintf(text, size, "(");
	for (int i = 0; i < n_dims && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, i ? ", %zu" : "%zu", dims[i]);
	if (used < size)
		snprintf(text + used, size - used, ")");
}

enum pv_status base_safetensors_read_f32(const struct base_safetensors *file, const char *name, const size_t *dims, int n_dims, float *out,
                                         struct pv_error *err)
{
	const struct base_tensor_view *view = base_safetensors_find(file, name);
	FAIL_IF(!view, err, PV_ERR_MISSING, "'%s': no tensor '%s'", file->label, name);
	const enum base_dtype dtype = view->dtype;
	FAIL_IF(dtype != BASE_DTYPE_F32 && dtype != BASE_DTYPE_F64 && dtype != BASE_DTYPE_F16 && dtype != BASE_DTYPE_BF16, err,
	        PV_ERR_UNSUPPORTED, "'%s', tensor '%s': dtype %s is not floating point", file->label, name, dtypes[dtype].name);
	if (view->n_dims != n_dims || (n_dims && memcmp(view->dims, dims, (size_t)n_dims * sizeof *dims) != 0)) {
		char has[96], wants[96];
		print_shape(has, sizeof has, view->dims, view->n_dims);
		print_shape(wants, sizeof wants, dims, n_dims);
		return base_error_set(err, PV_ERR_SHAPE, "'%s', tensor '%s': shape %s, expected %s", file->label, name, has, wants);
	}
	const uint8_t *bytes = view->data;
	for (size_t i = 0; i < view->n; i++)
		out[i] = base_dtype_to_float(dtype, bytes + i * dtypes[dtype].bytes);
	return PV_OK;
}

/* ---- writing ---- */

struct item {
	char *name;
	enum base_dtype dtype;
	size_t dims[BASE_SAFETENSORS_MAX_DIMS];
	int n_dims;
	size_t n_bytes;
	const void *data;
};

struct base_safetensors_writer {
	json_t *metadata;
	struct item *items;
	size_t n_items, capacity;
};

struct base_safetensors_writer *base_safetensors_writer_new(void)
{
	struct base_safetensors_writer *w = calloc(1, sizeof *w);
	if (w && !(w->metadata = json_object())) {
		free(w);
		return NULL;
	}
	return w;
}

void base_safetensors_writer_free(struct base_safetensors_writer *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n_items; i++)
		free(w->items[i].name);
	free(w->items);
	json_decref(w->metadata);
	free(w);
}

enum pv_status base_safetensors_writer_metadata(struct base_safetensors_writer *w, const char *key, const char *value, struct pv_error *err)
{
	json_t *string = json_string(value);
	FAIL_IF(!string, err, PV_ERR_ARG, "metadata '%s' is not UTF-8 text", key);
	FAIL_IF(json_object_set_new(w->metadata, key, string) != 0, err, PV_ERR_ARG, "metadata key '%s' is not UTF-8 text", key);
	return PV_OK;
}

enum pv_status base_safetensors_writer_add(struct base_safetensors_writer *w, const char *name, enum base_dtype dtype, const size_t *dims,
                                           int n_dims, const void *data, struct pv_error *err)
{
	FAIL_IF(!*name || strcmp(name, "__metadata__") == 0, err, PV_ERR_ARG, "a tensor cannot have the name '%s'", name);
	FAIL_IF(n_dims < 0 || n_dims > BASE_SAFETENSORS_MAX_DIMS, err, PV_ERR_ARG, "tensor '%s': %d dimensions, at most %d are written",
	        name, n_dims, BASE_SAFETENSORS_MAX_DIMS);
	for (size_t i = 0; i < w->n_items; i++)
		FAIL_IF(strcmp(w->items[i].name, name) == 0, err, PV_ERR_ARG, "tensor '%s' was added twice", name);
	struct item item = {.dtype = dtype, .n_dims = n_dims, .n_bytes = dtypes[dtype].bytes, .data = data};
	for (int i = 0; i < n_dims; i++) {
		item.dims[i] = dims[i];
		FAIL_IF(__builtin_mul_overflow(item.n_bytes, dims[i], &item.n_bytes), err, PV_ERR_ARG, "tensor '%s': shape too large",
		        name);
	}
	TRY(base_array_grow(&w->items, &w->capacity, w->n_items + 1, sizeof *w->items, "tensors", err));
	item.name = strdup(name);
	FAIL_IF(!item.name, err, PV_ERR_NOMEM, "out of memory for tensor '%s'", name);
	w->items[w->n_items++] = item;
	return PV_OK;
}

static int compare_items(const void *a, const void *b)
{
	const struct item *x = *(const struct item *const *)a, *y = *(const struct item *const *)b;
	const size_t bx = dtypes[x->dtype].bytes, by = dtypes[y->dtype].bytes;
	return bx != by ? (bx > by ? -1 : 1) : strcmp(x->name, y->name);
}

/* NULL when memory is out or a name is not UTF-8. */
static json_t *item_to_json(const struct item *item, size_t begin)
{
	json_t *shape = json_array();
	for (int i = 0; i < item->n_dims; i++)
		json_array_append_new(shape, json_integer((json_int_t)item->dims[i]));
	return json_pack("{s:s, s:o, s:[I, I]}", "dtype", dtypes[item->dtype].name, "shape", shape, "data_offsets", (json_int_t)begin,
	                 (json_int_t)(begin + item->n_bytes));
}

static char *header_text(const struct base_safetensors_writer *w, const struct item **order)
{
	json_t *header = json_object();
	bool ok = header;
	if (ok && json_object_size(w->metadata))
		ok = json_object_set(header, "__metadata__", w->metadata) == 0;
	size_t begin = 0;
	for (size_t i = 0; ok && i < w->n_items; i++) {
		ok = json_object_set_new(header, order[i]->name, item_to_json(order[i], begin)) == 0;
		begin += order[i]->n_bytes;
	}
	char *text = ok ? json_dumps(header, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	json_decref(header);
	return text;
}

static enum pv_status write_all(struct base_out_file *out, const char *text, const struct item **order, size_t n_items,
                                struct pv_error *err)
{
	const size_t n_text = strlen(text), n_header = (n_text + 7) / 8 * 8;
	uint8_t length[8];
	for (int i = 0; i < 8; i++)
		length[i] = (uint8_t)((uint64_t)n_header >> 8 * i);
	TRY(base_out_file_write(out, length, 8, err));
	TRY(base_out_file_write(out, text, n_text, err));
	TRY(base_out_file_write(out, "       ", n_header - n_text, err));
	for (size_t i = 0; i < n_items; i++)
		TRY(base_out_file_write(out, order[i]->data, order[i]->n_bytes, err));
	return PV_OK;
}

enum pv_status base_safetensors_writer_write(const struct base_safetensors_writer *w, const char *path, struct pv_error *err)
{
	const struct item **order = calloc(w->n_items + 1, sizeof *order);
	FAIL_IF(!order, err, PV_ERR_NOMEM, "out of memory writing '%s'", path);
	for (size_t i = 0; i < w->n_items; i++)
		order[i] = &w->items[i];
	qsort(order, w->n_items, sizeof *order, compare_items);
	char *text = header_text(w, order);
	struct base_out_file out = {0};
	enum pv_status status;
	if (!text)
		status = base_error_set(err, PV_ERR_ARG, "cannot write '%s': a tensor's name is not UTF-8 text", path);
	else if ((status = base_out_file_open(&out, path, err)) == PV_OK)
		status = write_all(&out, text, order, w->n_items, err);
	if (status == PV_OK)
		status = base_out_file_commit(&out, err);
	else
		base_out_file_discard(&out);
	free(text);
	free(order);
	return status;
}
