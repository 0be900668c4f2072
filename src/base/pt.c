/*
 * pt.c - PyTorch checkpoints: unzip.c finds the members, pickle.c the values; here tensors get their numbers
 *
 * A tensor is a view of a storage: offset, shape and strides. A view must lie inside its storage and may not have more elements than it (no
 * strides of 0 that repeat one number), so what is copied is bounded by the file's size.
 */
#include "base/pt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/pickle.h"
#include "base/unzip.h"

struct base_pt {
	struct base_map map; /* zero when parsed from memory */
	char *label;
	struct base_unzip zip;
	struct base_pickle pickle;
	size_t folder_bytes; /* "NAME/" of all members */
	struct base_pt_tensor *tensors;
	size_t n_tensors;
};

static bool ends_with(const struct base_unzip_member *m, const char *ending)
{
	const size_t n = strlen(ending);
	return m->name_bytes >= n && !memcmp(m->name + m->name_bytes - n, ending, n);
}

/* Member FOLDER/a b, the folder being that of data.pkl. */
static const struct base_unzip_member *find_member(const struct base_pt *pt, const char *a, const char *b, size_t n_b)
{
	const size_t n_a = strlen(a), folder = pt->folder_bytes;
	for (size_t i = 0; i < pt->zip.n_members; i++) {
		const struct base_unzip_member *m = &pt->zip.members[i];
		if (m->name_bytes == folder + n_a + n_b && !memcmp(m->name + folder, a, n_a) && !memcmp(m->name + folder + n_a, b, n_b))
			return m;
	}
	return NULL;
}

static enum pv_status read_pickle(struct base_pt *pt, struct pv_error *err)
{
	const struct base_unzip_member *pickle = NULL;
	for (size_t i = 0; i < pt->zip.n_members && !pickle; i++)
		if (ends_with(&pt->zip.members[i], "data.pkl"))
			pickle = &pt->zip.members[i];
	if (!pickle) {
		base_error_set(err, PV_ERR_FORMAT, "'%s' is a zip file without data.pkl: no PyTorch checkpoint", pt->label);
		return err ? base_error_hint(err, "files of torch.jit or of PyTorch before 1.6 are not read; save model.state_dict() again")
		           : PV_ERR_FORMAT;
	}
	pt->folder_bytes = pickle->name_bytes - strlen("data.pkl");
	const struct base_unzip_member *order = find_member(pt, "byteorder", "", 0);
	FAIL_IF(order && (order->n_bytes != 6 || memcmp(order->data, "little", 6)), err, PV_ERR_UNSUPPORTED,
	        "'%s' was not written on a little-endian machine", pt->label);
	TRY(base_unzip_check(pickle, pt->label, err));
	return base_pickle_parse(pickle->data, pickle->n_bytes, pt->label, &pt->pickle, err);
}

/* ---- parameters ---- */

static const struct base_pickle_value *value_at(const struct base_pt *pt, uint32_t index)
{
	return &pt->pickle.values[index];
}

static const struct base_pickle_value *find_state(const struct base_pt *pt)
{
	const struct base_pickle_value *root = value_at(pt, pt->pickle.root);
	const struct base_pickle_value *state = base_pickle_get(&pt->pickle, root, "model_state_dict");
	if (!state)
		state = base_pickle_get(&pt->pickle, root, "state_dict");
	return state ? state : root;
}

/* Takes a prefix off; false when there is none. */
static bool without(const char *prefix, const char **text, size_t *n)
{
	const size_t n_prefix = strlen(prefix);
	if (*n <= n_prefix || memcmp(*text, prefix, n_prefix))
		return false;
	*text += n_prefix;
	*n -= n_prefix;
	return true;
}

static char *plain_name(const struct base_pickle_value *key)
{
	const char *text = key->text;
	size_t n = key->n;
	while (without("module.", &text, &n) || without("_orig_mod.", &text, &n))
		;
	return memchr(text, 0, n) ? NULL : strndup(text, n);
}

/* Shape and strides, checked against the storage's elements. */
static bool place(const struct base_pickle_value *v, size_t n_stored, struct base_pt_tensor *t)
{
	uint64_t last = (uint64_t)v->offset;
	t->n = 1;
	t->n_dims = v->n_dims;
	for (int i = 0; i < v->n_dims; i++) {
		t->dims[i] = (size_t)v->dims[i];
		t->strides[i] = (size_t)v->strides[i];
		if (t->dims[i] > n_stored || t->strides[i] > n_stored)
			return false;
		t->n *= t->dims[i];
		last += t->dims[i] ? (t->dims[i] - 1) * t->strides[i] : 0;
		if (t->n > n_stored || last > n_stored)
			return false;
	}
	return t->n == 0 || last < n_stored;
}

static enum pv_status read_tensor(struct base_pt *pt, const struct base_pickle_value *v, struct base_pt_tensor *t, struct pv_error *err)
{
	const struct base_pickle_value *storage = value_at(pt, v->storage);
	const struct base_unzip_member *m = find_member(pt, "data/", storage->text, storage->n);
	FAIL_IF(!m, err, PV_ERR_FORMAT, "'%s', tensor '%s': its storage is missing", pt->label, t->name);
	TRY(base_unzip_check(m, pt->label, err));
	t->dtype = v->dtype;
	FAIL_IF(!place(v, m->n_bytes / base_dtype_bytes(t->dtype), t), err, PV_ERR_FORMAT,
	        "'%s', tensor '%s' does not lie inside its storage", pt->label, t->name);
	t->data = m->data + (t->n ? (size_t)v->offset * base_dtype_bytes(t->dtype) : 0);
	return PV_OK;
}

static enum pv_status no_parameters(const struct base_pt *pt, struct pv_error *err)
{
	base_error_set(err, PV_ERR_FORMAT, "'%s' has no parameters: no dictionary of tensors under model_state_dict", pt->label);
	return err ? base_error_hint(err, "save a dictionary with model.state_dict() under 'model_state_dict'") : PV_ERR_FORMAT;
}

static enum pv_status read_state(struct base_pt *pt, struct pv_error *err)
{
	const struct base_pickle_value *state = find_state(pt);
	if (state->kind != BASE_PICKLE_DICT || state->n == 0)
		return no_parameters(pt, err);
	pt->tensors = calloc(state->n / 2, sizeof *pt->tensors);
	FAIL_IF(!pt->tensors, err, PV_ERR_NOMEM, "out of memory reading '%s'", pt->label);
	for (size_t i = 0; i + 1 < state->n; i += 2) {
		const struct base_pickle_value *key = value_at(pt, state->items[i]), *v = value_at(pt, state->items[i + 1]);
		if (key->kind != BASE_PICKLE_STRING || v->kind != BASE_PICKLE_TENSOR)
			return no_parameters(pt, err);
		struct base_pt_tensor *t = &pt->tensors[pt->n_tensors];
		t->name = plain_name(key);
		FAIL_IF(!t->name, err, PV_ERR_FORMAT, "'%s': the name of parameter %zu cannot be", pt->label, pt->n_tensors);
		pt->n_tensors++;
		for (size_t k = 0; k + 1 < pt->n_tensors; k++)
			FAIL_IF(!strcmp(pt->tensors[k].name, t->name), err, PV_ERR_FORMAT, "'%s' has two parameters called '%s'", pt->label,
			        t->name);
		TRY(read_tensor(pt, v, t, err));
	}
	return PV_OK;
}

/* ---- opening ---- */

static enum pv_status parse(struct base_pt *pt, const uint8_t *data, size_t n_bytes, struct pv_error *err)
{
	const enum pv_status status = base_unzip(data, n_bytes, pt->label, &pt->zip, err);
	if (status != PV_OK && err && n_bytes > 1 && data[0] == 0x80 && data[1] == 2)
		return base_error_hint(err, "PyTorch before 1.6 wrote another form; load it there and save it again");
	TRY(status);
	TRY(read_pickle(pt, err));
	return read_state(pt, err);
}

static enum pv_status new_pt(const char *label, struct base_pt **pt, struct pv_error *err)
{
	*pt = calloc(1, sizeof **pt);
	if (*pt)
		(*pt)->label = strdup(label);
	if (*pt && (*pt)->label)
		return PV_OK;
	free(*pt);
	return base_error_set(err, PV_ERR_NOMEM, "out of memory reading '%s'", label);
}

enum pv_status base_pt_parse(const void *data, size_t n_bytes, const char *label, struct base_pt **pt, struct pv_error *err)
{
	struct base_pt *new;
	TRY(new_pt(label, &new, err));
	const enum pv_status status = parse(new, data, n_bytes, err);
	if (status == PV_OK)
		*pt = new;
	else
		base_pt_close(new);
	return status;
}

enum pv_status base_pt_open(const char *path, struct base_pt **pt, struct pv_error *err)
{
	struct base_pt *new;
	TRY(new_pt(path, &new, err));
	enum pv_status status = base_map_open(&new->map, path, err);
	if (status == PV_OK)
		status = parse(new, new->map.data, new->map.n_bytes, err);
	if (status == PV_OK)
		*pt = new;
	else
		base_pt_close(new);
	return status;
}

void base_pt_close(struct base_pt *pt)
{
	if (!pt)
		return;
	for (size_t i = 0; i < pt->n_tensors; i++)
		free(pt->tensors[i].name);
	free(pt->tensors);
	base_pickle_release(&pt->pickle);
	base_unzip_release(&pt->zip);
	base_map_close(&pt->map);
	free(pt->label);
	free(pt);
}

/* ---- reading ---- */

size_t base_pt_count(const struct base_pt *pt)
{
	return pt->n_tensors;
}

const struct base_pt_tensor *base_pt_at(const struct base_pt *pt, size_t i)
{
	return &pt->tensors[i];
}

const struct base_pt_tensor *base_pt_find(const struct base_pt *pt, const char *name)
{
	for (size_t i = 0; i < pt->n_tensors; i++)
		if (!strcmp(pt->tensors[i].name, name))
			return &pt->tensors[i];
	return NULL;
}

enum pv_status base_pt_read_f32(const struct base_pt *pt, const struct base_pt_tensor *t, float *out, struct pv_error *err)
{
	const size_t bytes = base_dtype_bytes(t->dtype);
	size_t index[8] = {0};
	FAIL_IF(t->dtype != BASE_DTYPE_F32 && t->dtype != BASE_DTYPE_F64 && t->dtype != BASE_DTYPE_F16 && t->dtype != BASE_DTYPE_BF16, err,
	        PV_ERR_UNSUPPORTED, "'%s', tensor '%s': dtype %s is not floating point", pt->label, t->name, base_dtype_name(t->dtype));
	for (size_t i = 0; i < t->n; i++) {
		size_t at = 0;
		for (int d = 0; d < t->n_dims; d++)
			at += index[d] * t->strides[d];
		out[i] = base_dtype_to_float(t->dtype, t->data + at * bytes);
		for (int d = t->n_dims - 1; d >= 0 && ++index[d] == t->dims[d]; d--)
			index[d] = 0;
	}
	return PV_OK;
}

bool base_pt_string(const struct base_pt *pt, const char *key, char *text, size_t size)
{
	const struct base_pickle_value *v = base_pickle_get(&pt->pickle, value_at(pt, pt->pickle.root), key);
	if (!v || v->kind != BASE_PICKLE_STRING || size == 0)
		return false;
	snprintf(text, size, "%.*s", (int)(v->n < size ? v->n : size), v->text);
	return true;
}

bool base_pt_number(const struct base_pt *pt, const char *key, double *value)
{
	const struct base_pickle_value *v = base_pickle_get(&pt->pickle, value_at(pt, pt->pickle.root), key);
	if (!v || (v->kind != BASE_PICKLE_INT && v->kind != BASE_PICKLE_REAL))
		return false;
	*value = v->real;
	return true;
}
