/*
 * text.h - UTF-8, likeness of names, the alphabet of program and machine names, and command lines that a shell reads back
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum {
	BASE_UTF8_LONGEST = 4, /* bytes of a character */
	BASE_NAME_LONGEST = 100
};

/*
 * base_utf8_length - bytes of the UTF-8 character at the start of text; 0 when it is none (overlong forms and surrogates included)
 *
 * @text     (n_bytes), n_bytes >= 1. Of a text that ends with a NUL, n_bytes may be BASE_UTF8_LONGEST: nothing behind the NUL is read.
 *
 * Source: Unicode 15, table 3-7
 */
size_t base_utf8_length(const char *text, size_t n_bytes);

/* base_text_nearest - of the (n) names the one most like `name` by edit distance; NULL when none is near */
const char *base_text_nearest(const char *name, const char *const *names, size_t n);

/* base_text_suggest - add "did you mean ...?" to the failure in err, where one of the (n) names is near */
void base_text_suggest(const char *name, const char *const *names, size_t n, struct pv_error *err);

/* base_text_in - whether a text is one of (n) */
bool base_text_in(const char *text, const char *const *texts, size_t n);

/* base_name_ok - whether datasets take this name: letters, digits and any of "._+-", no '.' first, 1 to BASE_NAME_LONGEST characters */
bool base_name_ok(const char *name);

/*
 * base_name_from - the name of a program from a file's name
 *
 * @text   not empty; other characters become '_', what is too long is cut
 *
 * Returns: malloc'd; NULL when memory is out
 */
char *base_name_from(const char *text);

#endif
