/*
 * npy.c - NumPy's .npy files
 *
 *	+----------+---------+------------+----------------------------------------------------------+------+
 *	| \x93NUMPY | version | header len | {'descr': ..., 'fortran_order': False, 'shape': (N, K)}   \n | data |
 *	| 6 bytes  | 2       | 2 (4 in 2+)| padded with spaces so that data begins at a multiple of 64 |      |
 *	+----------+---------+------------+----------------------------------------------------------+------+
 *
 * The header is a Python literal: a small recursive-descent parser reads exactly the forms NumPy writes. The writer leaves room for the
 * largest row count and writes the header again at the end.
 *
 * Reference: NEP 1, "A simple file format for NumPy arrays".
 */
#include "base/npy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading the header ---- */

struct cursor {
	const char *at, *end;
};

static void skip_space(struct cursor *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t' || *c->at == '\r'))
		c->at++;
}

static bool accept(struct cursor *c, char symbol)
{
	skip_space(c);
	if (c->at == c->end || *c->at != symbol)
		return false;
	c->at++;
	return true;
}

static bool accept_word(struct cursor *c, const char *word)
{
	skip_space(c);
	size_t n = strlen(word);
	if ((size_t)(c->end - c->at) < n || memcmp(c->at, word, n) != 0)
		return false;
	c->at += n;
	return true;
}

/* A quoted string without escapes. */
static bool read_string(struct cursor *c, char *text, size_t size)
{
	skip_space(c);
	if (c->at == c->end || (*c->at != '\'' && *c->at != '"'))
		return false;
	char quote = *c->at++;
	size_t n = 0;
	while (c->at < c->end && *c->at != quote) {
		if (*c->at == '\\' || n + 1 >= size)
			return false;
		text[n++] = *c->at++;
	}
	text[n] = '\0';
	return c->at < c->end && *c->at++ == quote;
}

static bool read_number(struct cursor *c, uint64_t *value)
{
	skip_space(c);
	if (c->at == c->end || *c->at < '0' || *c->at > '9')
		return false;
	uint64_t v = 0;
	for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(*c->at - '0'), &v))
			return false;
	(void)accept(c, 'L'); /* Python 2 wrote 3L */
	*value = v;
	return true;
}

/* (), (3,), (3, 4). Returns the number of dimensions, -1 when it is not a shape. */
static int read_shape(struct cursor *c, uint64_t *shape)
{
	if (!accept(c, '('))
		return -1;
	int n = 0;
	while (!accept(c, ')')) {
		if (n == BASE_NPY_MAX_DIMS || !read_number(c, &shape[n++]))
			return -1;
		if (!accept(c, ',') && !(c->at < c->end && *c->at == ')'))
			return -1;
	}
	return n;
}

/* Bytes of a simple type; 0 when it is not one we read. */
static unsigned type_bytes(const char *type)
{
	if (type[0] != '<' && type[0] != '|')
		return 0;
	if (!type[1] || !strchr("fiub", type[1]) || type[2] < '1' || type[2] > '8' || type[3])
		return 0;
	unsigned n = (unsigned)(type[2] - '0');
	bool power = n == 1 || n == 2 || n == 4 || n == 8;
	if (!power || (type[0] == '|' && n != 1) || (type[1] == 'b' && n != 1) || (type[1] == 'f' && n == 1))
		return 0;
	return n;
}

static bool add_field(struct base_npy *npy, const struct base_npy_field *f)
{
	uint64_t n_bytes = (uint64_t)type_bytes(f->type) * f->count;
	if (n_bytes == 0 || npy->n_fields == BASE_NPY_MAX_FIELDS || npy->item_bytes + n_bytes > 1u << 20)
		return false;
	struct base_npy_field *slot = &npy->fields[npy->n_fields++];
	*slot = *f;
	slot->offset = (uint32_t)npy->item_bytes;
	npy->item_bytes += n_bytes;
	return true;
}

/* ('name', 'type') or ('name', 'type', (n,)) */
static bool read_field(struct cursor *c, struct base_npy *npy)
{
	struct base_npy_field f = {.count = 1};
	if (!accept(c, '(') || !read_string(c, f.name, sizeof f.name) || !accept(c, ',') || !read_string(c, f.type, sizeof f.type))
		return false;
	if (accept(c, ',') && !(c->at < c->end && *c->at == ')')) {
		uint64_t shape[BASE_NPY_MAX_DIMS], count = 1;
		int n = read_shape(c, shape);
		if (n < 0)
			return false;
		for (int i = 0; i < n; i++)
			if (__builtin_mul_overflow(count, shape[i], &count) || count > 1u << 20)
				return false;
		f.count = (uint32_t)count;
	}
	return accept(c, ')') && add_field(npy, &f);
}

static bool read_descr(struct cursor *c, struct base_npy *npy)
{
	if (!accept(c, '[')) {
		struct base_npy_field f = {.count = 1};
		return read_string(c, f.type, sizeof f.type) && add_field(npy, &f);
	}
	do {
		skip_space(c);
		if (c->at < c->end && *c->at == ']')
			break;
		if (!read_field(c, npy))
			return false;
	} while (accept(c, ','));
	return accept(c, ']') && npy->n_fields > 0;
}

static enum pv_status read_header(struct cursor *c, struct base_npy *npy, const char *what, struct pv_error *err)
{
	bool have_descr = false, have_order = false, have_shape = false, fortran = false;
	FAIL_IF(!accept(c, '{'), err, PV_ERR_FORMAT, "'%s': the header is not a Python dictionary", what);
	while (!accept(c, '}')) {
		char key[32];
		FAIL_IF(!read_string(c, key, sizeof key) || !accept(c, ':'), err, PV_ERR_FORMAT, "'%s': malformed key in the header", what);
		if (!strcmp(key, "descr") && !have_descr) {
			have_descr = true;
			FAIL_IF(!read_descr(c, npy), err, PV_ERR_UNSUPPORTED,
			        "'%s': 'descr' is malformed or not a little-endian type of 1, 2, 4 or 8 bytes", what);
		} else if (!strcmp(key, "fortran_order") && !have_order) {
			have_order = true;
			fortran = accept_word(c, "True");
			FAIL_IF(!fortran && !accept_word(c, "False"), err, PV_ERR_FORMAT, "'%s': 'fortran_order' is neither True nor False",
			        what);
		} else if (!strcmp(key, "shape") && !have_shape) {
			have_shape = true;
			npy->n_dims = read_shape(c, npy->shape);
			FAIL_IF(npy->n_dims < 0, err, PV_ERR_FORMAT, "'%s': 'shape' is not a tuple of at most %d sizes", what,
			        BASE_NPY_MAX_DIMS);
		} else {
			return base_error_set(err, PV_ERR_FORMAT, "'%s': unknown or repeated key '%s' in the header", what, key);
		}
		if (!accept(c, ','))
			skip_space(c);
	}
	skip_space(c);
	FAIL_IF(c->at != c->end, err, PV_ERR_FORMAT, "'%s': text after the header's dictionary", what);
	FAIL_IF(!have_descr || !have_order || !have_shape, err, PV_ERR_FORMAT, "'%s': the header lacks '%s'", what,
	        !have_descr   ? "descr"
	        : !have_order ? "fortran_order"
	                      : "shape");
	FAIL_IF(fortran && npy->n_dims > 1, err, PV_ERR_UNSUPPORTED, "'%s': the array is in Fortran order", what);
	return PV_OK;
}

enum pv_status base_npy_parse(struct base_npy *npy, const char *what, const uint8_t *bytes, size_t n_bytes, struct pv_error *err)
{
	*npy = (struct base_npy){0};
	FAIL_IF(n_bytes < 10 || memcmp(bytes, "\x93NUMPY", 6) != 0, err, PV_ERR_FORMAT, "'%s' is not a .npy file", what);
	FAIL_IF(bytes[6] < 1 || bytes[6] > 3, err, PV_ERR_VERSION, "'%s': .npy version %d.%d is not known", what, bytes[6], bytes[7]);
	size_t prefix = bytes[6] == 1 ? 10 : 12;
	FAIL_IF(n_bytes < prefix, err, PV_ERR_FORMAT, "'%s' ends inside its header", what);
	size_t n_header = (size_t)bytes[8] | (size_t)bytes[9] << 8;
	if (bytes[6] > 1)
		n_header |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
	FAIL_IF(n_bytes - prefix < n_header, err, PV_ERR_FORMAT, "'%s' ends inside its header", what);
	struct cursor c = {(const char *)bytes + prefix, (const char *)bytes + prefix + n_header};
	TRY(read_header(&c, npy, what, err));
	uint64_t n_items = 1, n_data;
	bool overflow = false;
	for (int i = 0; i < npy->n_dims; i++)
		overflow |= __builtin_mul_overflow(n_items, npy->shape[i], &n_items);
	overflow |= __builtin_mul_overflow(n_items, npy->item_bytes, &n_data);
	size_t n_have = n_bytes - prefix - n_header;
	FAIL_IF(overflow || n_data != n_have, err, PV_ERR_SHAPE, "'%s' holds %zu bytes of data, its shape needs %" PRIu64, what, n_have,
	        overflow ? UINT64_MAX : n_data);
	npy->n_items = n_items;
	npy->data = bytes + prefix + n_header;
	return PV_OK;
}

enum pv_status base_npy_open(struct base_npy *npy, const char *path, struct pv_error *err)
{
	*npy = (struct base_npy){0};
	struct base_map map;
	TRY(base_map_open(&map, path, err));
	enum pv_status status = base_npy_parse(npy, path, map.data, map.n_bytes, err);
	if (status == PV_OK && (uintptr_t)npy->data % 8 != 0)
		status = base_error_set(err, PV_ERR_UNSUPPORTED, "'%s': data does not begin at a multiple of 8 bytes", path);
	if (status != PV_OK) {
		base_map_close(&map);
		*npy = (struct base_npy){0};
		return status;
	}
	npy->map = map;
	return PV_OK;
}

void base_npy_close(struct base_npy *npy)
{
	base_map_close(&npy->map);
	*npy = (struct base_npy){0};
}

static bool same_type(const struct base_npy *a, const struct base_npy *b)
{
	if (a->n_fields != b->n_fields)
		return false;
	for (int i = 0; i < a->n_fields; i++) {
		const struct base_npy_field *x = &a->fields[i], *y = &b->fields[i];
		if (strcmp(x->name, y->name) != 0 || strcmp(x->type, y->type) != 0 || x->count != y->count)
			return false;
	}
	return true;
}

enum pv_status base_npy_expect(const struct base_npy *npy, const char *what, const char *descr, struct pv_error *err)
{
	struct base_npy wanted = {0};
	struct cursor c = {descr, descr + strlen(descr)};
	FAIL_IF(!read_descr(&c, &wanted), err, PV_ERR_ARG, "malformed type %s", descr);
	if (same_type(npy, &wanted))
		return PV_OK;
	if (npy->n_fields == 1 && wanted.n_fields == 1)
		return base_error_set(err, PV_ERR_FORMAT, "'%s' holds '%s', expected %s", what, npy->fields[0].type, descr);
	return base_error_set(err, PV_ERR_FORMAT, "'%s' holds items of %d members and %zu bytes, expected %d members and %zu bytes", what,
	                      npy->n_fields, npy->item_bytes, wanted.n_fields, wanted.item_bytes);
}

/* ---- writing ---- */

enum { MAX_U64_DIGITS = 20 };

/* Room is left for the largest first size: the header's length does not depend on it. */
char *base_npy_header(const char *descr, const uint64_t *dims, int n_dims, size_t *n_bytes)
{
	char shape[BASE_NPY_MAX_DIMS * (MAX_U64_DIGITS + 2) + 4];
	int n = snprintf(shape, sizeof shape, "%" PRIu64 ",", dims[0]);
	for (int i = 1; i < n_dims; i++)
		n += snprintf(shape + n, sizeof shape - (size_t)n, "%s%" PRIu64, i > 1 ? ", " : " ", dims[i]);
	size_t room = 10 + strlen(descr) + sizeof shape + 64;
	room = (room + 63) / 64 * 64;
	char *header = malloc(room);
	if (!header)
		return NULL;
	memcpy(header, "\x93NUMPY\x01\x00", 8);
	header[8] = (char)((room - 10) & 255);
	header[9] = (char)((room - 10) >> 8);
	n = snprintf(header + 10, room - 10, "{'descr': %s, 'fortran_order': False, 'shape': (%s), }", descr, shape);
	memset(header + 10 + n, ' ', room - 10 - (size_t)n);
	header[room - 1] = '\n';
	*n_bytes = room;
	return header;
}

static enum pv_status write_header(struct base_npy_writer *w, struct pv_error *err)
{
	size_t n_bytes;
	uint64_t shape[BASE_NPY_MAX_DIMS] = {w->n_rows};
	memcpy(shape + 1, w->row_shape, (size_t)w->n_row_dims * sizeof *shape);
	char *header = base_npy_header(w->descr, shape, w->n_row_dims + 1, &n_bytes);
	FAIL_IF(!header, err, PV_ERR_NOMEM, "out of memory writing '%s'", w->file.path);
	enum pv_status status = base_out_file_write(&w->file, header, n_bytes, err);
	free(header);
	return status;
}

enum pv_status base_npy_create(struct base_npy_writer *w, const char *path, const char *descr, const uint64_t *row_shape, int n_row_dims,
                               struct pv_error *err)
{
	*w = (struct base_npy_writer){.n_row_dims = n_row_dims};
	struct base_npy type = {0};
	struct cursor c = {descr, descr + strlen(descr)};
	FAIL_IF(n_row_dims < 0 || n_row_dims >= BASE_NPY_MAX_DIMS || strlen(descr) > 60000 || !read_descr(&c, &type), err, PV_ERR_ARG,
	        "'%s': malformed type %.100s or too many dimensions", path, descr);
	w->row_bytes = type.item_bytes;
	for (int i = 0; i < n_row_dims; i++) {
		w->row_shape[i] = row_shape[i];
		w->row_bytes *= row_shape[i];
	}
	w->descr = strdup(descr);
	FAIL_IF(!w->descr, err, PV_ERR_NOMEM, "out of memory writing '%s'", path);
	enum pv_status status = base_out_file_open(&w->file, path, err);
	if (status == PV_OK)
		status = write_header(w, err);
	if (status != PV_OK)
		base_npy_discard(w);
	return status;
}

enum pv_status base_npy_append(struct base_npy_writer *w, const void *rows, uint64_t n, struct pv_error *err)
{
	TRY(base_out_file_write(&w->file, rows, n * w->row_bytes, err));
	w->n_rows += n;
	return PV_OK;
}

enum pv_status base_npy_commit(struct base_npy_writer *w, struct pv_error *err)
{
	enum pv_status status = PV_OK;
	if (fseeko(w->file.stream, 0, SEEK_SET) != 0)
		status = base_error_set(err, PV_ERR_IO, "cannot go back to the header of '%s'", w->file.path);
	if (status == PV_OK)
		status = write_header(w, err);
	if (status == PV_OK)
		status = base_out_file_commit(&w->file, err);
	base_npy_discard(w);
	return status;
}

void base_npy_discard(struct base_npy_writer *w)
{
	base_out_file_discard(&w->file);
	free(w->descr);
	*w = (struct base_npy_writer){0};
}
