/*
 * f_gem5_rows.c - rows files of gem5 runs: whatever is in one, reading ends with rows or with an error
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gem5/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("rows", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	struct gem5_rows_reader *reader = NULL;
	struct pv_error err;
	if (gem5_rows_open(path, &reader, &err) == PV_OK) {
		struct gem5_rows rows;
		if (gem5_rows_new(&rows, gem5_rows_info(reader), &err) != PV_OK)
			abort();
		while (gem5_rows_read(reader, &rows, &err) == PV_OK && rows.n)
			;
		gem5_rows_release(&rows);
		gem5_rows_close(reader);
	}
	close(fd);
	return 0;
}
