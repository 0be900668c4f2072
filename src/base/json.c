/*
 * json.c - JSON documents through Jansson
 *
 * The opaque types are Jansson's own under other names: nothing is copied.
 */
#include "base/json.h"

#include <jansson.h>
#include <string.h>

#include "base/file.h"

static const json_t *of(const struct pv_json_value *value)
{
	return (const json_t *)value;
}

enum pv_status pv_json_parse(const char *name, size_t line, const char *text, size_t n_bytes, struct pv_json **doc, struct pv_error *err)
{
	json_error_t e;
	json_t *root = json_loadb(text, n_bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (!root && json_error_code(&e) == json_error_out_of_memory)
		return pv_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (!root)
		return pv_error_set(err, PV_ERR_FORMAT, "%s:%zu:%d: not JSON: %s", name, line + (size_t)(e.line > 0 ? e.line - 1 : 0),
		                    e.column, e.text);
	*doc = (struct pv_json *)root;
	return PV_OK;
}

enum pv_status pv_json_load(const char *path, struct pv_json **doc, struct pv_error *err)
{
	struct pv_map map;
	PV_TRY(pv_map_open(&map, path, err));
	enum pv_status status = pv_json_parse(path, 1, map.data ? (const char *)map.data : "", map.n_bytes, doc, err);
	pv_map_close(&map);
	return status;
}

void pv_json_free(struct pv_json *doc)
{
	json_decref((json_t *)doc);
}

const struct pv_json_value *pv_json_root(const struct pv_json *doc)
{
	return (const struct pv_json_value *)doc;
}

const struct pv_json_value *pv_json_get(const struct pv_json_value *value, const char *key)
{
	return (const struct pv_json_value *)json_object_get(of(value), key);
}

bool pv_json_is_object(const struct pv_json_value *value)
{
	return json_is_object(of(value));
}

bool pv_json_is_array(const struct pv_json_value *value)
{
	return json_is_array(of(value));
}

size_t pv_json_count(const struct pv_json_value *value)
{
	return json_is_array(of(value)) ? json_array_size(of(value)) : json_object_size(of(value));
}

const struct pv_json_value *pv_json_item(const struct pv_json_value *array, size_t i)
{
	return (const struct pv_json_value *)json_array_get(of(array), i);
}

const char *pv_json_text(const struct pv_json_value *value)
{
	return json_string_value(of(value));
}

bool pv_json_number(const struct pv_json_value *value, double *number)
{
	if (!json_is_number(of(value)))
		return false;
	*number = json_number_value(of(value));
	return true;
}

bool pv_json_flag(const struct pv_json_value *value, bool *flag)
{
	if (!json_is_boolean(of(value)))
		return false;
	*flag = json_is_true(of(value));
	return true;
}

bool pv_json_each(const struct pv_json_value *object, bool (*member)(void *user, const char *key, const struct pv_json_value *value),
                  void *user)
{
	json_t *at = (json_t *)object;
	for (void *i = json_object_iter(at); i; i = json_object_iter_next(at, i))
		if (!member(user, json_object_iter_key(i), (const struct pv_json_value *)json_object_iter_value(i)))
			return false;
	return true;
}
