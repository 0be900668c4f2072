/*
 * f_trace.c - any bytes as a trace file
 *
 * Each input is read as it is, and once more with its checksums put right, since otherwise almost every change would end at the first one.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <perfvec/trace.h>

#include "trace/bytes.h"
#include "trace/checksum.h"
#include "trace/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything that was read must be within its bounds. */
static void check_rows(const struct pv_trace *t, const struct pv_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].uop >= pv_trace_info(t)->n_uops)
			abort();
}

static void read_all(const char *path)
{
	static struct pv_row rows[PV_TRACE_CHUNK_ROWS];
	struct pv_error err = {0};
	struct pv_trace *t;
	size_t n;
	if (pv_trace_open(path, &t, &err) != PV_OK) {
		if (!err.message[0])
			abort();
		return;
	}
	for (uint32_t c = 0; c < pv_trace_info(t)->n_chunks; c++)
		if (pv_trace_read_chunk(t, c, rows, &n, NULL, &err) == PV_OK)
			check_rows(t, rows, n);
	struct pv_trace_summary summary;
	pv_trace_summarize(t, &summary, NULL, &err);
	pv_trace_close(t);
}

/* Hash the chunks that the index names. */
static void repair_chunks(uint8_t *data, size_t size, uint64_t index, uint64_t n_bytes)
{
	for (uint64_t i = 0; i + TRACE_INDEX_ENTRY_BYTES <= n_bytes; i += TRACE_INDEX_ENTRY_BYTES) {
		uint8_t *entry = data + index + i;
		uint64_t offset = trace_get_u64(entry);
		uint32_t n = trace_get_u32(entry + 16);
		if (offset <= size && n <= size - offset)
			trace_put_u64(entry + 8, trace_xxh64(data + offset, n));
	}
}

static void repair(uint8_t *data, size_t size)
{
	if (size < TRACE_HEADER_BYTES + TRACE_FOOTER_BYTES)
		return;
	memcpy(data, TRACE_MAGIC, 8);
	trace_put_u64(data + 24, trace_xxh64(data, 24));
	uint8_t *footer = data + size - TRACE_FOOTER_BYTES;
	for (int i = 2; i >= 0; i--) {
		uint64_t offset = trace_get_u64(footer + 24 * i), n = trace_get_u64(footer + 24 * i + 8);
		if (offset > size || n > size - offset)
			continue;
		if (i == 2)
			repair_chunks(data, size, offset, n);
		trace_put_u64(footer + 24 * i + 16, trace_xxh64(data + offset, (size_t)n));
	}
	trace_put_u64(footer + 96, trace_xxh64(footer, 96));
	memcpy(footer + 104, TRACE_END_MAGIC, 8);
}

static void read_bytes(const uint8_t *data, size_t size)
{
	char path[64];
	int fd = memfd_create("f_trace", MFD_CLOEXEC);
	if (fd < 0)
		return;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (write(fd, data, size) == (ssize_t)size)
		read_all(path);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_bytes(data, size);
	uint8_t *copy = malloc(size + 1);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	repair(copy, size);
	read_bytes(copy, size);
	free(copy);
	return 0;
}
