/*
 * array.h - arrays that grow
 *
 * Each of these words its own failure: "out of memory for 8192 symbols".
 */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>

#include "base/error.h"

/*
 * base_array_grow - make room in a malloc'd array
 *
 * The capacity doubles until `needed` items fit; new items are not set. Nothing is done when they already fit.
 *
 * @items      address of the pointer, which may be of any object type; NULL with capacity 0 at first
 * @capacity   items that fit
 * @item       bytes of one, not 0
 * @what       for the message, in the plural
 *
 * Returns: PV_OK; PV_ERR_NOMEM, and the array is as it was
 */
enum pv_status base_array_grow(void *items, size_t *capacity, size_t needed, size_t item, const char *what, struct pv_error *err);

/* Arrays that grow together: address of the pointer, bytes of an item. */
struct base_column {
	void *items;
	size_t item;
};

/* base_columns_grow - the same for (n) arrays with one capacity; on failure all items are as they were */
enum pv_status base_columns_grow(const struct base_column *columns, size_t n, size_t *capacity, size_t needed, const char *what,
                                 struct pv_error *err);

/*
 * base_array_extend - make room for one item behind n, in an array that only ever grew by this function
 *
 * The capacity is not stored: it is the power of two from n on, and 16 at first.
 */
enum pv_status base_array_extend(void *items, size_t n, size_t item, const char *what, struct pv_error *err);

#endif
