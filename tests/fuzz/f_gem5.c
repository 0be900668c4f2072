/*
 * f_gem5.c - any bytes as a gem5 text trace: an error, or rows that name micro-operations of the table
 *
 * A line of "--" parts the trace from its stores; without one every line is taken to be complete. Both may be packed (zstd, gzip, xz).
 * What is read with rows must be as long without them.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trace/gem5_op_classes.h"
#include "trace/gem5_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { AT_ONCE = 16 };

static void check_rows(const struct trace_gem5 *t, const struct pv_row *rows, size_t n)
{
	uint32_t n_uops;
	const struct pv_uop *uops = trace_gem5_uops(t, &n_uops);
	for (size_t i = 0; i < n; i++)
		if (rows[i].uop >= n_uops || uops[rows[i].uop].n_src > PV_MAX_SRC || uops[rows[i].uop].n_dst > PV_MAX_DST ||
		    uops[rows[i].uop].op_class >= PV_N_OP_CLASSES)
			abort();
}

/* Rows until the end or the error; *failed says which. */
static size_t read_all(const uint8_t *main_text, size_t n_main, const uint8_t *sq, size_t n_sq, bool with_rows, bool newer, bool *failed)
{
	struct trace_gem5 *t;
	struct pv_error err;
	*failed = true;
	if (trace_gem5_open_memory("fuzz", main_text, n_main, sq, n_sq, &t, &err) != PV_OK)
		return 0;
	struct trace_gem5_op_classes classes;
	if (trace_gem5_op_classes_load(newer ? "gem5-23" : "gem5-21", &classes, &err) != PV_OK)
		abort();
	trace_gem5_set_op_classes(t, classes.ours, classes.n);
	struct pv_row rows[AT_ONCE];
	struct trace_gem5_record records[AT_ONCE];
	size_t n, total = 0;
	enum pv_status status;
	while ((status = trace_gem5_read(t, with_rows ? rows : NULL, records, AT_ONCE, &n, &err)) == PV_OK && n > 0) {
		if (with_rows)
			check_rows(t, rows, n);
		total += n;
	}
	*failed = status != PV_OK;
	trace_gem5_close(t);
	return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = size ? memmem(data, size, "--\n", 3) : NULL;
	size_t n_main = cut ? (size_t)(cut - data) : size;
	const uint8_t *sq = cut ? cut + 3 : NULL;
	size_t n_sq = cut ? size - n_main - 3 : 0;
	bool failed, failed_too;
	size_t n = read_all(data, n_main, sq, n_sq, true, false, &failed);
	if (read_all(data, n_main, sq, n_sq, false, false, &failed_too) != n || failed != failed_too)
		abort();
	read_all(data, n_main, sq, n_sq, true, true, &failed);
	return 0;
}
