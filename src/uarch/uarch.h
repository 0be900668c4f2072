/*
 * uarch.h - the parameters of one machine as a struct, generated from params.def
 *
 * Every number, flag and enumerated value is an int32_t, so that the table can reach it by offset; sets of operation classes are bit
 * masks (bit = enum pv_op_class). A struct pv_uarch that came out of this room has passed pv_uarch_check.
 */
#ifndef UARCH_UARCH_H
#define UARCH_UARCH_H

#include <stdbool.h>
#include <stdint.h>

#include <perfvec/uarch.h>
#include <perfvec/uop.h>

#include "base/error.h"

/* Enumerated values, such as UARCH_BP_TAGE; names and meanings in enums.def. */
#define TYPE(tag)        \
	enum uarch_##tag \
	{
#define VALUE(tag, constant, ...) constant,
#define TYPE_END(tag)          \
	UARCH_N_##tag##_VALUES \
	}                      \
	;
#include "uarch/enums.def"
#undef TYPE
#undef VALUE
#undef TYPE_END

/* UARCH_DRAM_ddr4_2400_16x4 and so on. */
enum uarch_dram_type {
#define D(name, ...) UARCH_DRAM_##name,
#include "uarch/dram_types.def"
#undef D
	UARCH_N_DRAM_TYPES
};

/* When a controller closes a row. */
enum uarch_page_policy {
	UARCH_PAGE_OPEN_ADAPTIVE, /* kept open unless the queue holds only conflicting accesses */
	UARCH_PAGE_CLOSE_ADAPTIVE /* closed unless the queue holds another access to it */
};

/* One channel of a memory type; units and meaning in dram_types.def. */
struct uarch_dram {
	const char *name;
	int32_t bus_bits, device_bits, n_devices, n_ranks, n_bank_groups, n_banks, burst_beats, device_row_bytes, n_read_buffer,
	    n_write_buffer;
	enum uarch_page_policy page_policy;
	int32_t tck_ps, tburst_ps, tburst_min_ps, tburst_max_ps, tccd_l_ps, tcl_ps, trcd_ps, trp_ps, tras_ps, trfc_ps, trefi_ps, twr_ps,
	    trtp_ps, twtr_ps, twtr_l_ps, trtw_ps, trrd_ps, trrd_l_ps, txaw_ps, n_activates, tcs_ps, peak_mb_per_s;
	int32_t max_accesses_per_row; /* an open row is closed after so many; 0: no limit */
};

/* Pools of functional units: UARCH_POOL_int_alu and so on. */
enum uarch_pool {
#define POOL(name, ...) UARCH_POOL_##name,
#include "uarch/params.def"
	UARCH_N_POOLS
};

/* A cache; meaning in params.def (CINT, CBOOL, CENUM). */
struct uarch_cache {
	int32_t present; /* 0 or 1; always 1 for level 1 */
	int32_t assoc, size_bytes;
	int32_t tag_latency_cycles, data_latency_cycles, response_latency_cycles;
	int32_t n_mshrs, n_targets_per_mshr, n_write_buffers;
	int32_t inclusion;   /* enum uarch_inclusion; of shared levels */
	int32_t replacement; /* enum uarch_replacement */
	int32_t writeback_clean;
	int32_t prefetcher; /* enum uarch_prefetcher */
	int32_t prefetch_degree, prefetch_on_access, n_prefetch_queue;
};

struct uarch_units {
	uint64_t ops[UARCH_N_POOLS];  /* bit c: executes enum pv_op_class c */
	int32_t count[UARCH_N_POOLS]; /* identical units of the pool */
};

struct uarch_operations {
	int32_t latency_cycles[PV_N_OP_CLASSES];  /* until dependents can use the result */
	int32_t interval_cycles[PV_N_OP_CLASSES]; /* until the unit takes the next operation; 1: pipelined */
};

enum { UARCH_NAME_BYTES = 64, UARCH_ORIGIN_BYTES = 160, UARCH_LINE_BYTES = 64 };

/* A struct for each GROUP of params.def, with its parameters: struct uarch_core, uarch_memory, uarch_bus, uarch_tlb, uarch_ooo ... */
#define GROUP(name, ...) struct uarch_##name {
#define END(name) \
	}         \
	;
#define INT(group, name, ...) int32_t name;
#define POW2(group, name, ...) int32_t name;
#define BOOL(group, name, ...) int32_t name;
#define ENUM(group, name, ...) int32_t name;
#include "uarch/params.def"

/*
 * One member for each group of params.def, such as u->core.period_ps, u->l1d.size_bytes, u->ooo.n_rob, u->branch.kind,
 * u->units.count[UARCH_POOL_int_alu].
 * Fields of the other core kind hold their defaults and mean nothing.
 */
struct pv_uarch {
	char name[UARCH_NAME_BYTES];
	char origin[UARCH_ORIGIN_BYTES]; /* where it came from, in words; may be empty */
	struct uarch_cache l1i, l1d, l2, l3;
	struct uarch_units units;
	struct uarch_operations operations;
#define GROUP(name, ...) struct uarch_##name name;
#include "uarch/params.def"
};

/* uarch_dram_lookup - the timing of a memory type; type is an enum uarch_dram_type */
const struct uarch_dram *uarch_dram_lookup(int32_t type);

#endif
