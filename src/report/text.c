/*
 * text.c - text from files, made safe for where it is written
 *
 * One walk over characters serves all writers: each well-formed character is handed on as it is, anything else as its replacement.
 */
#include "report/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* C0 controls, DEL, and the C1 controls (c2 80 to c2 9f), which could drive a terminal and which XML forbids or discourages */
static bool is_control(const unsigned char *p)
{
	return *p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0) || (*p == 0xef && p[1] == 0xbf && p[2] >= 0xbe);
}

/* The character at *text, NUL-terminated, and *text moved behind it; false at the end. */
static bool next_character(const char **text, char character[8])
{
	const unsigned char *p = (const unsigned char *)*text;
	if (!*p)
		return false;
	const size_t n = base_utf8_length(*text, BASE_UTF8_LONGEST);
	if (n == 0) {
		strcpy(character, "\xef\xbf\xbd");
		*text += 1;
		return true;
	}
	*text += n;
	if (is_control(p)) {
		strcpy(character, "?");
		return true;
	}
	memcpy(character, p, n);
	character[n] = '\0';
	return true;
}

void report_text_html(FILE *f, const char *text)
{
	char c[8];
	while (next_character(&text, c)) {
		switch (c[0]) {
		case '<': fputs("&lt;", f); break;
		case '>': fputs("&gt;", f); break;
		case '&': fputs("&amp;", f); break;
		case '"': fputs("&quot;", f); break;
		case '\'': fputs("&#39;", f); break;
		default: fputs(c, f);
		}
	}
}

int report_text_width(const char *text, int longest)
{
	char c[8];
	int n = 0;
	while (next_character(&text, c))
		n++;
	return longest && n > longest ? longest : n;
}

void report_text_gnuplot(FILE *f, const char *text, int longest)
{
	const int n = report_text_width(text, 0), keep = longest && n > longest ? longest - 1 : n;
	char c[8];
	fputc('\'', f);
	for (int i = 0; i < keep && next_character(&text, c); i++)
		fputs(c[0] == '\'' ? "\xe2\x80\x99" : c, f);
	fputs(keep < n ? "\xe2\x80\xa6'" : "'", f);
}

char *report_text_cut(const char *text, int longest)
{
	const int n = report_text_width(text, 0), keep = n > longest ? longest - 1 : n;
	char c[8], *cut = malloc((size_t)keep * 4 + 4), *end = cut;
	if (!cut)
		return NULL;
	*end = '\0';
	for (int i = 0; i < keep && next_character(&text, c); i++)
		end = stpcpy(end, c);
	if (keep < n)
		strcpy(end, "\xe2\x80\xa6");
	return cut;
}
