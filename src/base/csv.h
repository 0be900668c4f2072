/*
 * csv.h - comma-separated values
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stdio.h>

/* base_csv_text - a text as a field, quoted where it must be (RFC 4180); control characters but line ends stay as they are */
void base_csv_text(FILE *f, const char *text);

#endif
