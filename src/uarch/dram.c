/*
 * dram.c - the memory types as a table
 */
#include "uarch/uarch.h"

/* gem5's controller closes a row after so many accesses, whatever the device (src/mem/DRAMInterface.py). */
enum { MAX_ACCESSES_PER_ROW = 16 };

#define D(name, bus_bits, device_bits, n_devices, n_ranks, n_bank_groups, n_banks, burst_beats, row_bytes, n_read, n_write, page, ...) \
	{#name,       bus_bits,  device_bits, n_devices, n_ranks, n_bank_groups, n_banks,                                              \
	 burst_beats, row_bytes, n_read,      n_write,   page,    __VA_ARGS__,   MAX_ACCESSES_PER_ROW},

static const struct uarch_dram types[UARCH_N_DRAM_TYPES] = {
#include "uarch/dram_types.def"
};

const struct uarch_dram *uarch_dram_lookup(int32_t type)
{
	return type >= 0 && type < UARCH_N_DRAM_TYPES ? &types[type] : NULL;
}
