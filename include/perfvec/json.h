/*
 * perfvec/json.h - JSON written member by member
 *
 * Commas, line ends and quoting are the writer's. Numbers have the digits they are asked for, and no more; a document is never held in
 * memory. Errors of the file stay with the file: ferror() at the end tells.
 */
#ifndef PERFVEC_JSON_H
#define PERFVEC_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <perfvec/api.h>

PV_API_BEGIN

/* How the members of an object or the items of an array stand: one behind the other, or each on a line of its own. */
enum pv_json_layout { PV_JSON_INLINE, PV_JSON_LINES };

/* Objects and arrays inside each other, at most. */
#define PV_JSON_DEPTH 16

/* A document being written: {.file = stdout} begins one. The members from depth on are the writer's own. */
struct pv_json_writer {
	FILE *file;
	bool any_bytes; /* bytes that are not UTF-8 are written as they are, for a reader that takes texts as names of files */
	int depth;
	struct {
		enum pv_json_layout layout;
		bool array, begun; /* begun: has a member or an item */
	} level[PV_JSON_DEPTH];
};

/*
 * In each of these, key is the member's name in an object, and NULL for an item of an array and for the document itself.
 * The end of the outermost object or array ends the line.
 */
void pv_json_begin_object(struct pv_json_writer *w, const char *key, enum pv_json_layout layout);
void pv_json_begin_array(struct pv_json_writer *w, const char *key, enum pv_json_layout layout);

/* pv_json_end - the innermost object or array is complete */
void pv_json_end(struct pv_json_writer *w);

/* pv_json_write_text - a string; bytes that are not UTF-8 become U+FFFD each, unless w->any_bytes; null for NULL */
void pv_json_write_text(struct pv_json_writer *w, const char *key, const char *text);

/* pv_json_write_number - value rounded to so many significant digits (17 keep all of a double); null where it is not finite */
void pv_json_write_number(struct pv_json_writer *w, const char *key, double value, int digits);

void pv_json_write_count(struct pv_json_writer *w, const char *key, uint64_t value);
void pv_json_write_flag(struct pv_json_writer *w, const char *key, bool value);
/* pv_json_write_literal - what is JSON already, such as the text of a number */
void pv_json_write_literal(struct pv_json_writer *w, const char *key, const char *json);
void pv_json_write_null(struct pv_json_writer *w, const char *key);

PV_API_END

#endif
