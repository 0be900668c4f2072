/*
 * array.c - arrays that grow
 */
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 16 };

enum pv_status base_array_grow(void *items, size_t *capacity, size_t needed, size_t item, const char *what, struct pv_error *err)
{
	if (needed <= *capacity)
		return PV_OK;
	size_t n = *capacity ? *capacity : FIRST_CAPACITY;
	while (n < needed && n <= SIZE_MAX / 2)
		n *= 2;
	void *old, *grown = NULL;
	memcpy(&old, items, sizeof old); /* through memcpy: a pointer to any type may stand there */
	if (n >= needed && n <= SIZE_MAX / item)
		grown = realloc(old, n * item);
	FAIL_IF(!grown, err, PV_ERR_NOMEM, "out of memory for %zu %s", needed, what);
	memcpy(items, &grown, sizeof grown);
	*capacity = n;
	return PV_OK;
}
