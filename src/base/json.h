/*
 * json.h - JSON documents as a read-only tree, with errors that name the file and the line
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct base_json;       /* a document */
struct base_json_value; /* a value in it; owned by the document */

/*
 * base_json_parse - read one JSON value
 *
 * @name  stands for the file in messages
 * @line  of the file that the text begins in, from 1
 * @text  (n_bytes) UTF-8, not kept
 * @doc   set on success; base_json_free it
 *
 * Returns: PV_OK; PV_ERR_FORMAT ("NAME:LINE:COLUMN: ..."; also for a key twice, a NUL in a string, anything after the value), PV_ERR_NOMEM
 */
enum pv_status base_json_parse(const char *name, size_t line, const char *text, size_t n_bytes, struct base_json **doc,
                               struct pv_error *err);

/* base_json_load - the same from a file; PV_ERR_MISSING, PV_ERR_IO */
enum pv_status base_json_load(const char *path, struct base_json **doc, struct pv_error *err);

/* base_json_free - release; NULL is allowed */
void base_json_free(struct base_json *doc);

/* base_json_root - the value that the document is */
const struct base_json_value *base_json_root(const struct base_json *doc);

/* base_json_get - a member of an object; NULL when value is NULL, not an object, or has no such key */
const struct base_json_value *base_json_get(const struct base_json_value *value, const char *key);

/* base_json_is_object, base_json_is_array - false of NULL */
bool base_json_is_object(const struct base_json_value *value);
bool base_json_is_array(const struct base_json_value *value);

/* base_json_count - items of an array or members of an object; 0 of anything else */
size_t base_json_count(const struct base_json_value *value);

/* base_json_item - item i of an array; NULL when there is none */
const struct base_json_value *base_json_item(const struct base_json_value *array, size_t i);

/* base_json_text - a string, NUL-terminated UTF-8; NULL when it is none */
const char *base_json_text(const struct base_json_value *value);

/* base_json_number - a number; false, and *number as it was, when it is none */
bool base_json_number(const struct base_json_value *value, double *number);

/* base_json_flag - true or false; false, and *flag as it was, when it is neither */
bool base_json_flag(const struct base_json_value *value, bool *flag);

/* base_json_each - call member(user, key, value) for each member of an object, in the document's order, until one returns false */
bool base_json_each(const struct base_json_value *object, bool (*member)(void *user, const char *key, const struct base_json_value *value),
                    void *user);

#endif
