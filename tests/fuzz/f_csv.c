/*
 * f_csv.c - any bytes as a table of comma-separated values: an error, or fields that read back the same once they are written
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void write_table(const struct base_csv *csv, FILE *f)
{
	for (size_t line = 0; line < csv->n_lines; line++) {
		const char *field;
		for (size_t i = 0; (field = base_csv_field(csv, line, i)); i++) {
			fputs(i ? ",\"" : "\"", f);
			for (; *field; field++)
				fputs(*field == '"' ? "\"\"" : (const char[]){*field, '\0'}, f);
			fputc('"', f);
		}
		fputc('\n', f);
	}
}

static void compare(const struct base_csv *a, const struct base_csv *b)
{
	require(a->n_lines == b->n_lines && a->n_fields == b->n_fields);
	for (size_t i = 0; i < a->n_fields; i++)
		require(!strcmp(a->fields[i], b->fields[i]));
	for (size_t i = 0; i < a->n_lines; i++)
		require(a->ends[i] == b->ends[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pv_error err = {0};
	struct base_csv csv, again;
	if (base_csv_parse("fuzz", (const char *)data, size, &csv, &err) == PV_OK) {
		char *text = NULL;
		size_t n_bytes;
		FILE *f = open_memstream(&text, &n_bytes);
		require(f != NULL);
		write_table(&csv, f);
		fclose(f);
		require(base_csv_parse("again", text, n_bytes, &again, NULL) == PV_OK);
		compare(&csv, &again);
		base_csv_release(&again);
		free(text);
	} else {
		require(err.message[0]);
	}
	base_csv_release(&csv);
	return 0;
}
