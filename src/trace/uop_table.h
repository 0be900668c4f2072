/*
 * uop_table.h - the table of static micro-operations that a program meets: each content is numbered once, at its first appearance
 *
 * For sources that give the static part with every execution. An entry is an instruction, found by the content of all its
 * micro-operations, which get consecutive numbers; or a single micro-operation, when a source looks each up by itself.
 */
#ifndef TRACE_UOP_TABLE_H
#define TRACE_UOP_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <perfvec/uop.h>

#include "base/error.h"

/* Zero-fill before use; one program, one thread. */
struct trace_uop_table {
	bool is_completed_later; /* members target and n_uops are written into the table afterwards: they do not tell entries apart */
	struct pv_uop *uops;     /* (n_uops) */
	uint32_t n_uops;
	size_t capacity;
	uint32_t *slots; /* (n_slots, a power of two) open addressing: number of an entry's first micro-operation + 1; 0: free */
	uint32_t n_slots, n_entries;
};

/*
 * trace_uop_table_find - the number of an entry, which is added when it is new
 *
 * @uops   (n) its micro-operations; unused members and operands past the counts are 0, and n_uops of an instruction is n
 * @n      1 when the table is completed later
 * @first  set to the number of uops[0]; uops[i] has number *first + i
 *
 * Returns: PV_OK; PV_ERR_NOMEM
 */
enum pv_status trace_uop_table_find(struct trace_uop_table *table, const struct pv_uop *uops, uint32_t n, uint32_t *first,
                                    struct pv_error *err);

/* trace_uop_table_clear - forget all entries, for the next program */
void trace_uop_table_clear(struct trace_uop_table *table);

/* trace_uop_table_release - free; the table is empty afterwards. A zero-filled table is allowed */
void trace_uop_table_release(struct trace_uop_table *table);

#endif
