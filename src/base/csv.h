/*
 * csv.h - comma-separated values
 */
#ifndef PV_BASE_CSV_H
#define PV_BASE_CSV_H

#include <stdio.h>

/* pv_csv_text - a text as a field, quoted where it must be (RFC 4180); control characters but line ends stay as they are */
void pv_csv_text(FILE *f, const char *text);

#endif
