/*
 * text.c - UTF-8, likeness of names, the alphabet of program and machine names, and command lines that a shell reads back
 */
#include "base/text.h"

#include <perfvec/text.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* ---- UTF-8 ---- */

size_t base_utf8_length(const char *text, size_t n_bytes)
{
	const unsigned char *s = (const unsigned char *)text;
	if (s[0] < 0x80)
		return 1;
	const size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || length > n_bytes)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	const bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
	const bool surrogate = s[0] == 0xed && s[1] > 0x9f, beyond = s[0] == 0xf4 && s[1] > 0x8f;
	return overlong || surrogate || beyond ? 0 : length;
}

/* ---- names ---- */

/* Edit distance of two short names, a line of the table at a time; longer names count as far away. */
static size_t distance(const char *a, const char *b)
{
	enum { LONGEST = 63 };
	size_t n = strlen(a), m = strlen(b), line[LONGEST + 1];
	if (n > LONGEST || m > LONGEST)
		return SIZE_MAX;
	for (size_t j = 0; j <= m; j++)
		line[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t diagonal = line[0];
		line[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t above = line[j];
			size_t best = diagonal + (a[i - 1] != b[j - 1]);
			if (above + 1 < best)
				best = above + 1;
			if (line[j - 1] + 1 < best)
				best = line[j - 1] + 1;
			line[j] = best;
			diagonal = above;
		}
	}
	return line[m];
}

const char *base_text_nearest(const char *name, const char *const *names, size_t n)
{
	size_t best = strlen(name) / 2 + 1;
	const char *found = NULL;
	for (size_t i = 0; i < n; i++) {
		size_t d = distance(name, names[i]);
		if (d < best) {
			best = d;
			found = names[i];
		}
	}
	return found;
}

bool base_text_in(const char *text, const char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(texts[i], text))
			return true;
	return false;
}

void base_text_suggest(const char *name, const char *const *names, size_t n, struct pv_error *err)
{
	const char *near = base_text_nearest(name, names, n);
	if (near)
		base_error_hint(err, "did you mean '%s'?", near);
}

#define NAME_CHARACTERS ALPHANUMERIC "._+-"

bool base_name_ok(const char *name)
{
	const size_t n = strlen(name);
	return n > 0 && n <= BASE_NAME_LONGEST && name[0] != '.' && strspn(name, NAME_CHARACTERS) == n;
}

char *base_name_from(const char *text)
{
	char *name = strndup(text, BASE_NAME_LONGEST);
	for (char *c = name; c && *c; c++)
		if (!strchr(NAME_CHARACTERS, *c) || (c == name && *c == '.'))
			*c = '_';
	return name;
}

/* ---- command lines ---- */

/* A word that no shell changes; as the first one, a word with '=' would be an assignment. */
static bool is_plain(const char *word, bool first)
{
	const size_t n = strlen(word);
	return n > 0 && strspn(word, first ? ALPHANUMERIC "_-+./,:@%" : ALPHANUMERIC "_-+./,:@%=") == n;
}

static void put_word(FILE *out, const char *word, bool first)
{
	if (is_plain(word, first)) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++)
		if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	fputc('\'', out);
}

char *pv_command_line(const char *before, size_t n, const char *const *arguments)
{
	char *text = NULL;
	size_t n_bytes;
	FILE *out = open_memstream(&text, &n_bytes);
	if (!out)
		return NULL;
	if (before)
		fputs(before, out);
	for (size_t i = 0; i < n; i++) {
		fputs(i || before ? " " : "", out);
		put_word(out, arguments[i], !i && !before);
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
