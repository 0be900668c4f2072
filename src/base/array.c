/*
 * array.c - arrays that grow
 */
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 16 };

enum pv_status base_columns_grow(const struct base_column *columns, size_t n, size_t *capacity, size_t needed, const char *what,
                                 struct pv_error *err)
{
	if (needed <= *capacity)
		return PV_OK;
	size_t room = *capacity ? *capacity : FIRST_CAPACITY;
	while (room < needed && room <= SIZE_MAX / 2)
		room *= 2;
	for (size_t i = 0; i < n; i++) {
		void *old, *grown = NULL;
		memcpy(&old, columns[i].items, sizeof old); /* a pointer to any type may stand there */
		if (room >= needed && room <= SIZE_MAX / columns[i].item)
			grown = realloc(old, room * columns[i].item);
		FAIL_IF(!grown, err, PV_ERR_NOMEM, "out of memory for %zu %s", needed, what);
		memcpy(columns[i].items, &grown, sizeof grown);
	}
	*capacity = room;
	return PV_OK;
}

enum pv_status base_array_grow(void *items, size_t *capacity, size_t needed, size_t item, const char *what, struct pv_error *err)
{
	return base_columns_grow(&(struct base_column){items, item}, 1, capacity, needed, what, err);
}

enum pv_status base_array_extend(void *items, size_t n, size_t item, const char *what, struct pv_error *err)
{
	size_t capacity = n < FIRST_CAPACITY ? (n ? FIRST_CAPACITY : 0) : n & (n - 1) ? n + 1 : n;
	return base_array_grow(items, &capacity, n + 1, item, what, err);
}
