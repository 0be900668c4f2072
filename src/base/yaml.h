/*
 * yaml.h - YAML documents as a read-only tree in which every node knows its file, line and column
 *
 * A subset on purpose: one document a file, mappings with scalar keys, sequences, scalars. Anchors, aliases and tags are refused, and so
 * are duplicate keys: what a file says is what stands in it. Scalars stay text until a typed getter reads them.
 *
 * Every getter's error begins with "FILE:LINE:COLUMN: ".
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

struct base_yaml; /* a document */

enum base_yaml_kind { BASE_YAML_SCALAR, BASE_YAML_MAP, BASE_YAML_SEQUENCE };

/* A node; read only, owned by its document. Iterate with: for (n = map->first; n; n = n->next) */
struct base_yaml_node {
	enum base_yaml_kind kind;
	bool quoted;                         /* a scalar in quotes or a block scalar: text, never a number or a flag */
	uint32_t line, column;               /* from 1 */
	const char *text;                    /* of a scalar, UTF-8, NUL-terminated, no NUL inside; else NULL */
	const struct base_yaml_node *key;    /* of an entry of a mapping: its key; else NULL */
	const struct base_yaml_node *parent; /* NULL for the root */
	const struct base_yaml_node *first;  /* first entry or item */
	const struct base_yaml_node *next;   /* next entry or item of the parent */
	size_t n_items;                      /* entries or items */
	const struct base_yaml *document;
};

/*
 * base_yaml_load - read a file
 *
 * @doc  set on success; base_yaml_free it
 *
 * Returns: PV_OK; PV_ERR_MISSING, PV_ERR_IO; PV_ERR_FORMAT (syntax, duplicate key, alias, tag, empty, several documents, not UTF-8)
 */
enum pv_status base_yaml_load(const char *path, struct base_yaml **doc, struct pv_error *err);

/* base_yaml_parse - the same from (n_bytes) in memory, not kept; name stands for the file in messages and is copied */
enum pv_status base_yaml_parse(const char *name, const void *data, size_t n_bytes, struct base_yaml **doc, struct pv_error *err);

/* base_yaml_free - release; NULL is allowed */
void base_yaml_free(struct base_yaml *doc);

/* base_yaml_root - the top node, never NULL */
const struct base_yaml_node *base_yaml_root(const struct base_yaml *doc);

/* base_yaml_name - the file's name, as in messages */
const char *base_yaml_name(const struct base_yaml *doc);

/* base_yaml_error - record a failure at a node: "FILE:LINE:COLUMN: sentence"; returns status */
enum pv_status base_yaml_error(const struct base_yaml_node *node, struct pv_error *err, enum pv_status status, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* base_yaml_find - the value of a key; NULL when map is NULL, not a mapping, or has no such key */
const struct base_yaml_node *base_yaml_find(const struct base_yaml_node *map, const char *key);

/* base_yaml_item - item i of a sequence; NULL when there is none. Cost: O(i) */
const struct base_yaml_node *base_yaml_item(const struct base_yaml_node *sequence, size_t i);

/* base_yaml_expect - PV_ERR_FORMAT unless the node is of this kind */
enum pv_status base_yaml_expect(const struct base_yaml_node *node, enum base_yaml_kind kind, struct pv_error *err);

/*
 * Typed readings of one scalar. PV_ERR_FORMAT when it is not a scalar of the type, PV_ERR_RANGE when min <= value <= max does not hold.
 * Whole numbers are decimal, or hexadecimal after 0x. A flag is true or false. Text may be anything, quoted or not.
 */
enum pv_status base_yaml_string(const struct base_yaml_node *node, const char **value, struct pv_error *err);
enum pv_status base_yaml_int(const struct base_yaml_node *node, int64_t min, int64_t max, int64_t *value, struct pv_error *err);
enum pv_status base_yaml_uint(const struct base_yaml_node *node, uint64_t max, uint64_t *value, struct pv_error *err);
enum pv_status base_yaml_double(const struct base_yaml_node *node, double min, double max, double *value, struct pv_error *err);
enum pv_status base_yaml_bool(const struct base_yaml_node *node, bool *value, struct pv_error *err);

/* The same for a key that a mapping must have; PV_ERR_MISSING at the mapping's place when it has not. */
enum pv_status base_yaml_get(const struct base_yaml_node *map, const char *key, const struct base_yaml_node **value, struct pv_error *err);
enum pv_status base_yaml_get_map(const struct base_yaml_node *map, const char *key, const struct base_yaml_node **value,
                                 struct pv_error *err);
enum pv_status base_yaml_get_sequence(const struct base_yaml_node *map, const char *key, const struct base_yaml_node **value,
                                      struct pv_error *err);
enum pv_status base_yaml_get_string(const struct base_yaml_node *map, const char *key, const char **value, struct pv_error *err);
enum pv_status base_yaml_get_int(const struct base_yaml_node *map, const char *key, int64_t min, int64_t max, int64_t *value,
                                 struct pv_error *err);
enum pv_status base_yaml_get_uint(const struct base_yaml_node *map, const char *key, uint64_t max, uint64_t *value, struct pv_error *err);
enum pv_status base_yaml_get_double(const struct base_yaml_node *map, const char *key, double min, double max, double *value,
                                    struct pv_error *err);
enum pv_status base_yaml_get_bool(const struct base_yaml_node *map, const char *key, bool *value, struct pv_error *err);

/*
 * base_yaml_check_keys - refuse keys that are not among the known ones
 *
 * @known  (n) names
 *
 * Returns: PV_OK; PV_ERR_FORMAT at the first unknown key, with the nearest known name as a hint
 */
enum pv_status base_yaml_check_keys(const struct base_yaml_node *map, const char *const *known, size_t n, struct pv_error *err);

/*
 * base_yaml_print_string - write text as a scalar that reads back as the same text: plain where that is safe, else in double quotes
 *
 * Bytes that are not UTF-8, which YAML cannot hold, become U+FFFD each.
 */
void base_yaml_print_string(FILE *out, const char *text);

#endif
