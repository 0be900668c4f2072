/*
 * array.h - arrays that grow
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
 * @items      address of the pointer; NULL with capacity 0 at first. The pointer itself may be of any object type.
 * @capacity   items that fit
 * @item       bytes of one
 * @what       for the message, in the plural: "out of memory for 8192 symbols"
 *
 * Returns: PV_OK; PV_ERR_NOMEM, and the array is as it was
 */
enum pv_status base_array_grow(void *items, size_t *capacity, size_t needed, size_t item, const char *what, struct pv_error *err);

#endif
