/*
 * json.c - JSON documents through Jansson
 *
 * The opaque types are Jansson's own under other names: nothing is copied.
 */
#include "base/json.h"

#include <jansson.h>
#include <string.h>

#include "base/file.h"

static const json_t *of(const struct base_json_value *value)
{
	return (const json_t *)value;
}

enum pv_status base_json_parse(const char *name, size_t line, const char *text, size_t n_bytes, struct base_json **doc,
                               struct pv_error *err)
{
	json_error_t e;
	json_t *root = json_loadb(text, n_bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (!root && json_error_code(&e) == json_error_out_of_memory)
		return base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (!root)
		return base_error_set(err, PV_ERR_FORMAT, "%s:%zu:%d: not JSON: %s", name, line + (size_t)(e.line > 0 ? e.line - 1 : 0),
		                      e.column, e.text);
	*doc = (struct base_json *)root;
	return PV_OK;
}

enum pv_status base_json_load(const char *path, struct base_json **doc, struct pv_error *err)
{
	struct base_map map;
	TRY(base_map_open(&map, path, err));
	enum pv_status status = base_json_parse(path, 1, map.data ? (const char *)map.data : "", map.n_bytes, doc, err);
	base_map_close(&map);
	return status;
}

void base_json_free(struct base_json *doc)
{
	json_decref((json_t *)doc);
}

const struct base_json_value *base_json_root(const struct base_json *doc)
{
	return (const struct base_json_value *)doc;
}

const struct base_json_value *base_json_get(const struct base_json_value *value, const char *key)
{
	return (const struct base_json_value *)json_object_get(of(value), key);
}

bool base_json_is_object(const struct base_json_value *value)
{
	return json_is_object(of(value));
}

bool base_json_is_array(const struct base_json_value *value)
{
	return json_is_array(of(value));
}

size_t base_json_count(const struct base_json_value *value)
{
	return json_is_array(of(value)) ? json_array_size(of(value)) : json_object_size(of(value));
}

const struct base_json_value *base_json_item(const struct base_json_value *array, size_t i)
{
	return (const struct base_json_value *)json_array_get(of(array), i);
}

const char *base_json_text(const struct base_json_value *value)
{
	return json_string_value(of(value));
}

bool base_json_number(const struct base_json_value *value, double *number)
{
	if (!json_is_number(of(value)))
		return false;
	*number = json_number_value(of(value));
	return true;
}

bool base_json_flag(const struct base_json_value *value, bool *flag)
{
	if (!json_is_boolean(of(value)))
		return false;
	*flag = json_is_true(of(value));
	return true;
}

bool base_json_each(const struct base_json_value *object, bool (*member)(void *user, const char *key, const struct base_json_value *value),
                    void *user)
{
	json_t *at = (json_t *)object;
	for (void *i = json_object_iter(at); i; i = json_object_iter_next(at, i))
		if (!member(user, json_object_iter_key(i), (const struct base_json_value *)json_object_iter_value(i)))
			return false;
	return true;
}
