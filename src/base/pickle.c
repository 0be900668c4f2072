/*
 * pickle.c - a stack machine for pickles that can only build values
 *
 * Values live in one array and refer to each other by index; nothing is ever copied through a reference, so a pickle that refers to itself
 * a thousand times costs no more than its length. Calls (REDUCE) are looked up in a table of what torch.save writes: a tensor is described
 * by its storage's key, offset, shape and strides. The attributes that BUILD sets are dropped.
 */
#include "base/pickle.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum function { REBUILD_TENSOR, REBUILD_PARAMETER, ORDERED_DICT, SIZE, STORAGE_TYPE, INERT };

/* Everything that may be called. INERT results are not kept: scalars of numpy. */
static const struct {
	const char *module, *name;
	enum function function;
	enum base_dtype dtype;
} functions[] = {
    {"torch._utils", "_rebuild_tensor_v2", REBUILD_TENSOR, BASE_DTYPE_F32},
    {"torch._utils", "_rebuild_parameter", REBUILD_PARAMETER, BASE_DTYPE_F32},
    {"collections", "OrderedDict", ORDERED_DICT, BASE_DTYPE_F32},
    {"torch", "Size", SIZE, BASE_DTYPE_F32},
    {"torch", "FloatStorage", STORAGE_TYPE, BASE_DTYPE_F32},
    {"torch", "DoubleStorage", STORAGE_TYPE, BASE_DTYPE_F64},
    {"torch", "HalfStorage", STORAGE_TYPE, BASE_DTYPE_F16},
    {"torch", "BFloat16Storage", STORAGE_TYPE, BASE_DTYPE_BF16},
    {"torch", "LongStorage", STORAGE_TYPE, BASE_DTYPE_I64},
    {"torch", "IntStorage", STORAGE_TYPE, BASE_DTYPE_I32},
    {"torch", "ShortStorage", STORAGE_TYPE, BASE_DTYPE_I16},
    {"torch", "CharStorage", STORAGE_TYPE, BASE_DTYPE_I8},
    {"torch", "ByteStorage", STORAGE_TYPE, BASE_DTYPE_U8},
    {"torch", "BoolStorage", STORAGE_TYPE, BASE_DTYPE_BOOL},
    {"numpy.core.multiarray", "scalar", INERT, BASE_DTYPE_F32},
    {"numpy._core.multiarray", "scalar", INERT, BASE_DTYPE_F32},
    {"numpy", "dtype", INERT, BASE_DTYPE_F32},
    {"_codecs", "encode", INERT, BASE_DTYPE_F32},
};

static const uint32_t NOTHING = UINT32_MAX;

struct machine {
	const uint8_t *data;
	size_t n_bytes, at;
	const char *label;
	struct base_pickle *pickle;
	uint32_t *stack; /* of value indices; one for each byte of the pickle is enough */
	size_t n_stack;
	size_t *marks; /* heights of the stack */
	size_t n_marks;
	uint32_t *memo; /* likewise */
	size_t n_memo;
	struct pv_error *err;
};

static enum pv_status damaged(struct machine *m, const char *what)
{
	return base_error_set(m->err, PV_ERR_FORMAT, "'%s', byte %zu of the pickle: %s", m->label, m->at, what);
}

static struct base_pickle_value *value_at(struct machine *m, uint32_t index)
{
	return &m->pickle->values[index];
}

/* ---- stack ---- */

static enum pv_status push(struct machine *m, uint32_t index)
{
	if (m->n_stack >= m->n_bytes)
		return damaged(m, "too many values");
	m->stack[m->n_stack++] = index;
	return PV_OK;
}

static enum pv_status push_new(struct machine *m, struct base_pickle_value value)
{
	struct base_pickle *p = m->pickle;
	TRY(base_array_grow(&p->values, &p->capacity, p->n_values + 1, sizeof *p->values, "values of a pickle", m->err));
	p->values[p->n_values++] = value;
	return push(m, (uint32_t)(p->n_values - 1));
}

static size_t floor_of(const struct machine *m)
{
	return m->n_marks ? m->marks[m->n_marks - 1] : 0;
}

static enum pv_status pop(struct machine *m, uint32_t *index)
{
	if (m->n_stack <= floor_of(m))
		return damaged(m, "a value is missing");
	*index = m->stack[--m->n_stack];
	return PV_OK;
}

static enum pv_status pop_mark(struct machine *m, size_t *begin)
{
	if (!m->n_marks)
		return damaged(m, "a mark is missing");
	*begin = m->marks[--m->n_marks];
	return PV_OK;
}

/* ---- containers ---- */

static enum pv_status append(struct machine *m, uint32_t container, const uint32_t *items, size_t n)
{
	struct base_pickle_value *v = value_at(m, container);
	if (v->kind == BASE_PICKLE_OPAQUE)
		return PV_OK;
	TRY(base_array_grow(&v->items, &v->capacity, v->n + n, sizeof *v->items, "values of a pickle", m->err));
	if (n)
		memcpy(v->items + v->n, items, n * sizeof *items);
	v->n += n;
	return PV_OK;
}

/* The stack's values from `begin` on go into the container below them. */
static enum pv_status append_above(struct machine *m, size_t begin, enum base_pickle_kind kind)
{
	if (begin == 0 || begin <= floor_of(m))
		return damaged(m, "a container is missing");
	const uint32_t container = m->stack[begin - 1];
	const size_t n = m->n_stack - begin;
	if (value_at(m, container)->kind != kind && value_at(m, container)->kind != BASE_PICKLE_OPAQUE)
		return damaged(m, kind == BASE_PICKLE_DICT ? "no dictionary to put into" : "no list to append to");
	if (kind == BASE_PICKLE_DICT && n % 2)
		return damaged(m, "a key without a value");
	TRY(append(m, container, m->stack + begin, n));
	m->n_stack = begin;
	return PV_OK;
}

static enum pv_status make_tuple(struct machine *m, size_t begin)
{
	const size_t n = m->n_stack - begin;
	m->n_stack = begin;
	/* The items still stand above the stack's end; the new value takes their first place, so copy before. */
	uint32_t first = n ? m->stack[begin] : NOTHING;
	TRY(push_new(m, (struct base_pickle_value){.kind = BASE_PICKLE_LIST}));
	const uint32_t tuple = m->stack[begin];
	if (n == 0)
		return PV_OK;
	m->stack[begin] = first;
	const enum pv_status status = append(m, tuple, m->stack + begin, n);
	m->stack[begin] = tuple;
	return status;
}

/* ---- calls ---- */

static bool integer_of(struct machine *m, uint32_t index, int64_t *value)
{
	*value = value_at(m, index)->integer;
	return value_at(m, index)->kind == BASE_PICKLE_INT;
}

static bool read_dims(struct machine *m, uint32_t index, int *n_dims, int64_t dims[BASE_PICKLE_MAX_DIMS])
{
	const struct base_pickle_value *v = value_at(m, index);
	if (v->kind != BASE_PICKLE_LIST || v->n > BASE_PICKLE_MAX_DIMS)
		return false;
	*n_dims = (int)v->n;
	for (size_t i = 0; i < v->n; i++)
		if (!integer_of(m, v->items[i], &dims[i]) || dims[i] < 0)
			return false;
	return true;
}

/* (storage, offset, size, stride, requires_grad, hooks[, metadata]) */
static enum pv_status rebuild_tensor(struct machine *m, const struct base_pickle_value *args)
{
	struct base_pickle_value t = {.kind = BASE_PICKLE_TENSOR};
	int n_strides;
	if (args->n < 4 || value_at(m, args->items[0])->kind != BASE_PICKLE_STORAGE || !integer_of(m, args->items[1], &t.offset) ||
	    t.offset < 0 || !read_dims(m, args->items[2], &t.n_dims, t.dims) || !read_dims(m, args->items[3], &n_strides, t.strides) ||
	    n_strides != t.n_dims)
		return damaged(m, "a tensor that is not described by storage, offset, shape and strides");
	t.storage = args->items[0];
	t.dtype = value_at(m, t.storage)->dtype;
	return push_new(m, t);
}

static enum pv_status call(struct machine *m)
{
	uint32_t args_index = 0, function = 0;
	TRY(pop(m, &args_index));
	TRY(pop(m, &function));
	const struct base_pickle_value args = *value_at(m, args_index), f = *value_at(m, function);
	if (args.kind != BASE_PICKLE_LIST || (f.kind != BASE_PICKLE_FUNCTION && f.kind != BASE_PICKLE_OPAQUE))
		return damaged(m, "a call of something that is no function");
	if (f.kind == BASE_PICKLE_OPAQUE)
		return push_new(m, (struct base_pickle_value){.kind = BASE_PICKLE_OPAQUE});
	switch ((enum function)f.integer) {
	case REBUILD_TENSOR: return rebuild_tensor(m, &args);
	case REBUILD_PARAMETER:
	case SIZE: return args.n ? push(m, args.items[0]) : damaged(m, "a call without arguments");
	case ORDERED_DICT:
		if (args.n)
			return damaged(m, "a dictionary made from something");
		return push_new(m, (struct base_pickle_value){.kind = BASE_PICKLE_DICT});
	case STORAGE_TYPE:
	case INERT: break;
	}
	return push_new(m, (struct base_pickle_value){.kind = BASE_PICKLE_OPAQUE});
}

static bool same(const char *text, size_t n, const char *expected)
{
	return strlen(expected) == n && !memcmp(text, expected, n);
}

static enum pv_status push_function(struct machine *m, const char *module, size_t n_module, const char *name, size_t n_name)
{
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (same(module, n_module, functions[i].module) && same(name, n_name, functions[i].name)) {
			struct base_pickle_value v = {
			    .kind = BASE_PICKLE_FUNCTION, .integer = functions[i].function, .dtype = functions[i].dtype};
			return push_new(m, v);
		}
	base_error_set(m->err, PV_ERR_UNSUPPORTED, "'%s', byte %zu of the pickle: asks for %.*s.%.*s, which is not run", m->label, m->at,
	               (int)(n_module < 64 ? n_module : 64), module, (int)(n_name < 64 ? n_name : 64), name);
	if (m->err)
		base_error_hint(m->err, "only tensors, numbers, strings and dictionaries of them are read; save model.state_dict()");
	return PV_ERR_UNSUPPORTED;
}

/* ("storage", type, key, location, n_elements) */
static enum pv_status persistent_id(struct machine *m)
{
	uint32_t index = 0;
	TRY(pop(m, &index));
	const struct base_pickle_value id = *value_at(m, index);
	struct base_pickle_value v = {.kind = BASE_PICKLE_STORAGE};
	if (id.kind != BASE_PICKLE_LIST || id.n < 5)
		return damaged(m, "a reference to something that is no storage");
	const struct base_pickle_value *type = value_at(m, id.items[1]), *key = value_at(m, id.items[2]);
	if (type->kind != BASE_PICKLE_FUNCTION || type->integer != STORAGE_TYPE || key->kind != BASE_PICKLE_STRING ||
	    !integer_of(m, id.items[4], &v.n_elements) || v.n_elements < 0)
		return damaged(m, "a reference to something that is no storage");
	v.dtype = type->dtype;
	v.text = key->text;
	v.n = key->n;
	return push_new(m, v);
}

/* ---- instructions ---- */

static enum pv_status take(struct machine *m, size_t n, const uint8_t **bytes)
{
	if (m->n_bytes - m->at < n)
		return damaged(m, "the pickle ends too early");
	*bytes = m->data + m->at;
	m->at += n;
	return PV_OK;
}

static enum pv_status take_number(struct machine *m, size_t n, uint64_t *value)
{
	const uint8_t *bytes = NULL;
	TRY(take(m, n, &bytes));
	*value = 0;
	for (size_t i = n; i > 0; i--)
		*value = *value << 8 | bytes[i - 1];
	return PV_OK;
}

static enum pv_status push_integer(struct machine *m, int64_t value)
{
	return push_new(m, (struct base_pickle_value){.kind = BASE_PICKLE_INT, .integer = value, .real = (double)value});
}

static enum pv_status push_string(struct machine *m, size_t n_length_bytes)
{
	uint64_t n = 0;
	const uint8_t *text = NULL;
	TRY(take_number(m, n_length_bytes, &n));
	TRY(take(m, n, &text));
	return push_new(m, (struct base_pickle_value){.kind = BASE_PICKLE_STRING, .text = (const char *)text, .n = n});
}

/* A two's complement number of n bytes. */
static enum pv_status push_long(struct machine *m)
{
	uint64_t n = 0, value = 0;
	TRY(take_number(m, 1, &n));
	if (n > 8)
		return damaged(m, "a number of more than 64 bits");
	TRY(take_number(m, n, &value));
	if (n && n < 8 && value >> (8 * n - 1))
		value |= ~(uint64_t)0 << 8 * n;
	return push_integer(m, (int64_t)value);
}

static enum pv_status push_real(struct machine *m)
{
	const uint8_t *bytes = NULL;
	uint64_t bits = 0;
	struct base_pickle_value v = {.kind = BASE_PICKLE_REAL};
	TRY(take(m, 8, &bytes));
	for (int i = 0; i < 8; i++)
		bits = bits << 8 | bytes[i];
	memcpy(&v.real, &bits, 8);
	return push_new(m, v);
}

static enum pv_status take_line(struct machine *m, const char **line, size_t *n)
{
	const uint8_t *end = memchr(m->data + m->at, '\n', m->n_bytes - m->at);
	if (!end)
		return damaged(m, "a name without an end");
	*line = (const char *)m->data + m->at;
	*n = (size_t)(end - (m->data + m->at));
	m->at += *n + 1;
	return PV_OK;
}

static enum pv_status global(struct machine *m)
{
	const char *module = NULL, *name = NULL;
	size_t n_module = 0, n_name = 0;
	TRY(take_line(m, &module, &n_module));
	TRY(take_line(m, &name, &n_name));
	return push_function(m, module, n_module, name, n_name);
}

static enum pv_status stack_global(struct machine *m)
{
	uint32_t name = 0, module = 0;
	TRY(pop(m, &name));
	TRY(pop(m, &module));
	const struct base_pickle_value a = *value_at(m, module), b = *value_at(m, name);
	if (a.kind != BASE_PICKLE_STRING || b.kind != BASE_PICKLE_STRING)
		return damaged(m, "a function without a name");
	return push_function(m, a.text, a.n, b.text, b.n);
}

static enum pv_status memo_put(struct machine *m, uint64_t index)
{
	if (m->n_stack <= floor_of(m) || index >= m->n_bytes)
		return damaged(m, "a value that cannot be remembered");
	m->memo[index] = m->stack[m->n_stack - 1];
	m->n_memo++;
	return PV_OK;
}

static enum pv_status memo_get(struct machine *m, uint64_t index)
{
	if (index >= m->n_bytes || m->memo[index] == NOTHING)
		return damaged(m, "a value that was not remembered");
	return push(m, m->memo[index]);
}

static enum pv_status by_number(struct machine *m, size_t n_bytes, enum pv_status (*what)(struct machine *, uint64_t))
{
	uint64_t index = 0;
	TRY(take_number(m, n_bytes, &index));
	return what(m, index);
}

static enum pv_status to_container(struct machine *m, enum base_pickle_kind kind)
{
	size_t begin = 0;
	TRY(pop_mark(m, &begin));
	return append_above(m, begin, kind);
}

static enum pv_status few(struct machine *m, size_t n, enum base_pickle_kind kind)
{
	if (m->n_stack < floor_of(m) + n)
		return damaged(m, "a value is missing");
	return append_above(m, m->n_stack - n, kind);
}

static enum pv_status small_tuple(struct machine *m, size_t n)
{
	if (m->n_stack < floor_of(m) + n)
		return damaged(m, "a value is missing");
	return make_tuple(m, m->n_stack - n);
}

static enum pv_status tuple_from_mark(struct machine *m)
{
	size_t begin = 0;
	TRY(pop_mark(m, &begin));
	return make_tuple(m, begin);
}

static enum pv_status pop_to_mark(struct machine *m)
{
	size_t begin = 0;
	TRY(pop_mark(m, &begin));
	m->n_stack = begin;
	return PV_OK;
}

static enum pv_status set_mark(struct machine *m)
{
	if (m->n_marks >= m->n_bytes)
		return damaged(m, "too many marks");
	m->marks[m->n_marks++] = m->n_stack;
	return PV_OK;
}

static enum pv_status push_simple(struct machine *m, enum base_pickle_kind kind, int64_t integer)
{
	return push_new(m, (struct base_pickle_value){.kind = kind, .integer = integer, .real = (double)integer});
}

static enum pv_status skip(struct machine *m, size_t n)
{
	const uint8_t *bytes = NULL;
	return take(m, n, &bytes);
}

static enum pv_status drop(struct machine *m)
{
	uint32_t index = 0;
	return pop(m, &index);
}

static enum pv_status push_signed32(struct machine *m)
{
	uint64_t value = 0;
	TRY(take_number(m, 4, &value));
	return push_integer(m, (int32_t)(uint32_t)value);
}

static enum pv_status push_unsigned(struct machine *m, size_t n)
{
	uint64_t value = 0;
	TRY(take_number(m, n, &value));
	return push_integer(m, (int64_t)value);
}

/* Attributes of the value below are dropped. */
static enum pv_status build(struct machine *m)
{
	TRY(drop(m));
	return m->n_stack > floor_of(m) ? PV_OK : damaged(m, "a value is missing");
}

static enum pv_status step(struct machine *m, uint8_t instruction)
{
	switch (instruction) {
	case 0x80: return skip(m, 1); /* PROTO */
	case 0x95: return skip(m, 8); /* FRAME */
	case '}': return push_simple(m, BASE_PICKLE_DICT, 0);
	case ']':
	case ')': return push_simple(m, BASE_PICKLE_LIST, 0);
	case 'N': return push_simple(m, BASE_PICKLE_NONE, 0);
	case 0x88: return push_simple(m, BASE_PICKLE_BOOL, 1);
	case 0x89: return push_simple(m, BASE_PICKLE_BOOL, 0);
	case 'K': return push_unsigned(m, 1);
	case 'M': return push_unsigned(m, 2);
	case 'J': return push_signed32(m);
	case 0x8a: return push_long(m);
	case 'G': return push_real(m);
	case 'X':
	case 'T':
	case 'B': return push_string(m, 4);
	case 0x8c:
	case 'U':
	case 'C': return push_string(m, 1);
	case '(': return set_mark(m);
	case '0': return drop(m);
	case '1': return pop_to_mark(m);
	case '2': return m->n_stack > floor_of(m) ? push(m, m->stack[m->n_stack - 1]) : damaged(m, "a value is missing");
	case 't': return tuple_from_mark(m);
	case 0x85: return small_tuple(m, 1);
	case 0x86: return small_tuple(m, 2);
	case 0x87: return small_tuple(m, 3);
	case 'a': return few(m, 1, BASE_PICKLE_LIST);
	case 'e': return to_container(m, BASE_PICKLE_LIST);
	case 's': return few(m, 2, BASE_PICKLE_DICT);
	case 'u': return to_container(m, BASE_PICKLE_DICT);
	case 'q': return by_number(m, 1, memo_put);
	case 'r': return by_number(m, 4, memo_put);
	case 0x94: return memo_put(m, m->n_memo);
	case 'h': return by_number(m, 1, memo_get);
	case 'j': return by_number(m, 4, memo_get);
	case 'c': return global(m);
	case 0x93: return stack_global(m);
	case 'Q': return persistent_id(m);
	case 'R': return call(m);
	case 'b': return build(m);
	default: break;
	}
	return base_error_set(m->err, PV_ERR_UNSUPPORTED, "'%s', byte %zu of the pickle: instruction 0x%02x is not followed", m->label,
	                      m->at - 1, instruction);
}

static enum pv_status run(struct machine *m)
{
	for (;;) {
		const uint8_t *instruction = NULL;
		TRY(take(m, 1, &instruction));
		if (*instruction == '.')
			return pop(m, &m->pickle->root);
		TRY(step(m, *instruction));
	}
}

enum pv_status base_pickle_parse(const uint8_t *data, size_t n_bytes, const char *label, struct base_pickle *pickle, struct pv_error *err)
{
	*pickle = (struct base_pickle){0};
	FAIL_IF(n_bytes > BASE_PICKLE_MAX_BYTES, err, PV_ERR_RANGE, "'%s': a pickle of %zu bytes: at most %d are read", label, n_bytes,
	        BASE_PICKLE_MAX_BYTES);
	struct machine m = {.data = data, .n_bytes = n_bytes, .label = label, .pickle = pickle, .err = err};
	enum pv_status status;
	m.stack = malloc((n_bytes + 1) * sizeof *m.stack);
	m.marks = malloc((n_bytes + 1) * sizeof *m.marks);
	m.memo = malloc((n_bytes + 1) * sizeof *m.memo);
	if (m.stack && m.marks && m.memo) {
		memset(m.memo, 0xff, (n_bytes + 1) * sizeof *m.memo); /* NOTHING */
		status = run(&m);
	} else {
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory reading '%s'", label);
	}
	free(m.stack);
	free(m.marks);
	free(m.memo);
	return status;
}

void base_pickle_release(struct base_pickle *pickle)
{
	for (size_t i = 0; i < pickle->n_values; i++)
		free(pickle->values[i].items);
	free(pickle->values);
	*pickle = (struct base_pickle){0};
}

const struct base_pickle_value *base_pickle_get(const struct base_pickle *pickle, const struct base_pickle_value *dict, const char *key)
{
	if (!dict || dict->kind != BASE_PICKLE_DICT)
		return NULL;
	for (size_t i = 0; i + 1 < dict->n; i += 2) {
		const struct base_pickle_value *k = &pickle->values[dict->items[i]];
		if (k->kind == BASE_PICKLE_STRING && same(k->text, k->n, key))
			return &pickle->values[dict->items[i + 1]];
	}
	return NULL;
}
