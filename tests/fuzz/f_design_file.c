/*
 * f_design_file.c - any bytes as a design space: an error or designs that all have the same parameters
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "report/design_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct base_json *doc;
	struct report_design_file file;
	struct pv_error err;
	if (base_json_parse("fuzz", 1, (const char *)data, size, &doc, &err) != PV_OK ||
	    report_design_file_read("fuzz", doc, &file, &err) != PV_OK)
		return 0;
	for (size_t e = 0; e < file.n; e++) {
		const struct report_designs *d = &file.items[e];
		for (size_t i = 0; i < d->n; i++)
			for (int a = 0; a < d->n_axes; a++)
				if (!d->values[i * REPORT_DESIGN_AXES + (size_t)a].name &&
				    !isfinite(d->values[i * REPORT_DESIGN_AXES + (size_t)a].number))
					abort();
	}
	report_design_file_release(&file);
	return 0;
}
