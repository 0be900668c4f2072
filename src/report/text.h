/*
 * text.h - text from files, made safe for where it is written
 *
 * Bytes that are not UTF-8 become U+FFFD and control characters become '?', everywhere.
 */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include <stdio.h>

/* report_text_html - as HTML or XML text, in an element or in a quoted attribute */
void report_text_html(FILE *f, const char *text);

/*
 * report_text_gnuplot - as a gnuplot string with its quotes; nothing in it is run or substituted
 *
 * Single quotes become typographic ones (U+2019): gnuplot 5.4 reads a doubled quote at the start of a string as an empty string.
 *
 * @longest  characters; a longer text is cut and ends in an ellipsis; 0: all of it
 */
void report_text_gnuplot(FILE *f, const char *text, int longest);

/* report_text_cut - a text of at most `longest` characters, with an ellipsis where it was cut; malloc'd, NULL when memory is out */
char *report_text_cut(const char *text, int longest);

/* report_text_width - characters of a text, with what is cut by `longest` (0: all) not counted */
int report_text_width(const char *text, int longest);

#endif
