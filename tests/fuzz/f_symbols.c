/*
 * f_symbols.c - any bytes as an ELF file with debugging information: an error, or places that can be printed
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/symbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void find_all(const struct base_symbols *s, size_t size)
{
	size_t n = 0;
	for (uint64_t offset = 0; offset < size; offset += 4) {
		struct base_symbol_place place;
		if (!base_symbols_find(s, offset, &place))
			continue;
		n += place.function ? strlen(place.function) : 0;
		n += place.section ? strlen(place.section) : 0;
		n += place.source ? strlen(place.source) : 0;
	}
	if (n > size * size + 64)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64], id[BASE_BUILD_ID_CHARS];
	struct pv_error err = {0};
	struct base_symbols *s;
	const int fd = memfd_create("fuzz", 0);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	base_build_id(path, id);
	if (strlen(id) >= sizeof id)
		abort();
	if (base_symbols_open(path, "", &s, &err) == PV_OK) {
		find_all(s, size);
		base_symbols_close(s);
	} else if (!err.message[0]) {
		abort();
	}
	close(fd);
	return 0;
}
