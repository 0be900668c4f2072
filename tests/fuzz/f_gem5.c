/*
 * f_gem5.c - any bytes as a gem5 text trace: an error, or rows that name micro-operations of the table
 *
 * A line of "--" parts the trace from its stores; without one every line is taken to be complete.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trace/gem5_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = size ? memmem(data, size, "--\n", 3) : NULL;
	size_t n_main = cut ? (size_t)(cut - data) : size;
	struct pv_gem5 *t;
	struct pv_error err;
	if (pv_gem5_open_memory("fuzz", data, n_main, cut ? cut + 3 : NULL, cut ? size - n_main - 3 : 0, &t, &err) != PV_OK)
		return 0;
	struct pv_row rows[16];
	struct pv_gem5_times times[16];
	size_t n;
	while (pv_gem5_read(t, rows, times, 16, &n, &err) == PV_OK && n > 0) {
		uint32_t n_uops;
		const struct pv_uop *uops = pv_gem5_uops(t, &n_uops);
		for (size_t i = 0; i < n; i++)
			if (rows[i].uop >= n_uops || uops[rows[i].uop].n_src > PV_MAX_SRC || uops[rows[i].uop].n_dst > PV_MAX_DST)
				abort();
	}
	pv_gem5_close(t);
	return 0;
}
