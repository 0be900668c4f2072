/*
 * f_elf.c - program files, as `perfvec trace` inspects them
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tracer/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tracer_elf elf;
	struct pv_error err;
	enum pv_status status = tracer_elf_parse(data, size, "x", &elf, &err);
	/* What it accepts can be used: the name ends, a failure has words. */
	if (status == PV_OK ? strlen(elf.interp) >= sizeof elf.interp : err.message[0] == '\0')
		abort();
	return 0;
}
