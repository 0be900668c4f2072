/*
 * uarch.h - the parameters of one machine as a struct, generated from params.def
 *
 * Every number, flag and enumerated value is an int32_t, so that the table can reach it by offset; sets of operation classes are bit
 * masks (bit = enum pv_op_class). A struct pv_uarch that came out of this room has passed pv_uarch_check.
 */
#ifndef PV_UARCH_UARCH_H
#define PV_UARCH_UARCH_H

#include <stdbool.h>
#include <stdint.h>

#include <perfvec/uarch.h>
#include <perfvec/uop.h>

#include "base/error.h"

/* Enumerated values, such as PV_BP_TAGE; names and meanings in enums.def. */
#define TYPE(tag)     \
	enum pv_##tag \
	{
#define VALUE(tag, constant, ...) constant,
#define TYPE_END(tag)       \
	PV_N_##tag##_VALUES \
	}                   \
	;
#include "uarch/enums.def"
#undef TYPE
#undef VALUE
#undef TYPE_END

/* PV_DRAM_ddr4_2400_16x4 and so on. */
enum pv_dram_type {
#define D(name, ...) PV_DRAM_##name,
#include "uarch/dram_types.def"
#undef D
	PV_N_DRAM_TYPES
};

/* When a controller closes a row. */
enum pv_page_policy {
	PV_PAGE_OPEN_ADAPTIVE, /* kept open unless the queue holds only conflicting accesses */
	PV_PAGE_CLOSE_ADAPTIVE /* closed unless the queue holds another access to it */
};

/* One channel of a memory type; units and meaning in dram_types.def. */
struct pv_dram {
	const char *name;
	int32_t bus_bits, device_bits, n_devices, n_ranks, n_bank_groups, n_banks, burst_beats, device_row_bytes, n_read_buffer,
	    n_write_buffer;
	enum pv_page_policy page_policy;
	int32_t tck_ps, tburst_ps, tburst_min_ps, tburst_max_ps, tccd_l_ps, tcl_ps, trcd_ps, trp_ps, tras_ps, trfc_ps, trefi_ps, twr_ps,
	    trtp_ps, twtr_ps, twtr_l_ps, trtw_ps, trrd_ps, trrd_l_ps, txaw_ps, n_activates, tcs_ps, peak_mb_per_s;
	int32_t max_accesses_per_row; /* an open row is closed after so many; 0: no limit */
};

/* Pools of functional units: PV_POOL_int_alu and so on. */
enum pv_pool {
#define POOL(name, ...) PV_POOL_##name,
#include "uarch/params.def"
	PV_N_POOLS
};

/* A cache; meaning in params.def (CINT, CBOOL, CENUM). */
struct pv_uarch_cache {
	int32_t present; /* 0 or 1; always 1 for level 1 */
	int32_t assoc, size_bytes;
	int32_t tag_latency_cycles, data_latency_cycles, response_latency_cycles;
	int32_t n_mshrs, n_targets_per_mshr, n_write_buffers;
	int32_t inclusion;   /* enum pv_inclusion; of shared levels */
	int32_t replacement; /* enum pv_replacement */
	int32_t writeback_clean;
	int32_t prefetcher; /* enum pv_prefetcher */
	int32_t prefetch_degree, prefetch_on_access, n_prefetch_queue;
};

struct pv_uarch_units {
	uint64_t ops[PV_N_POOLS];  /* bit c: executes enum pv_op_class c */
	int32_t count[PV_N_POOLS]; /* identical units of the pool */
};

struct pv_uarch_operations {
	int32_t latency_cycles[PV_N_OP_CLASSES];  /* until dependents can use the result */
	int32_t interval_cycles[PV_N_OP_CLASSES]; /* until the unit takes the next operation; 1: pipelined */
};

enum { PV_UARCH_NAME_BYTES = 64, PV_UARCH_ORIGIN_BYTES = 160, PV_LINE_BYTES = 64 };

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
 * u->units.count[PV_POOL_int_alu].
 * Fields of the other core kind hold their defaults and mean nothing.
 */
struct pv_uarch {
	char name[PV_UARCH_NAME_BYTES];
	char origin[PV_UARCH_ORIGIN_BYTES]; /* where it came from, in words; may be empty */
	struct pv_uarch_cache l1i, l1d, l2, l3;
	struct pv_uarch_units units;
	struct pv_uarch_operations operations;
#define GROUP(name, ...) struct uarch_##name name;
#include "uarch/params.def"
};

/* pv_dram_lookup - the timing of a memory type; type is an enum pv_dram_type */
const struct pv_dram *pv_dram_lookup(int32_t type);

#endif
