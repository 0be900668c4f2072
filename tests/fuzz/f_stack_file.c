/*
 * f_stack_file.c - any bytes as the statistics of a simulation: an error or CPI stacks
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "report/stack_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct base_json *doc;
	struct report_stacks stacks;
	struct pv_error err;
	if (base_json_parse("fuzz", 1, (const char *)data, size, &doc, &err) != PV_OK ||
	    report_stacks_read("fuzz", doc, &stacks, &err) != PV_OK)
		return 0;
	for (size_t i = 0; i < stacks.n; i++)
		for (int c = 0; c < PV_N_CPI_COMPONENTS; c++)
			if (!(stacks.items[i].cpi[c] >= 0))
				abort();
	report_stacks_release(&stacks);
	return 0;
}
