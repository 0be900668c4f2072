/*
 * f_npy.c - any bytes as a .npy file: an error or an array whose data lie inside the file
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct base_npy a;
	struct pv_error err;
	if (base_npy_parse(&a, "fuzz", data, size, &err) != PV_OK)
		return 0;
	if ((const uint8_t *)a.data + a.n_items * a.item_bytes != data + size)
		abort();
	return 0;
}
