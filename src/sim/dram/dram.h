/*
 * dram.h - main memory: channels, banks with row buffers, data buses
 */
#ifndef PV_SIM_DRAM_DRAM_H
#define PV_SIM_DRAM_DRAM_H

#include <stdint.h>

#include "base/error.h"

/* One channel's timing, in ps; sizes in bytes. */
struct pv_dram_config {
	uint32_t n_channels, interleave_bytes; /* powers of two */
	uint32_t n_ranks, n_banks;             /* banks per rank */
	uint32_t row_bytes, burst_bytes;       /* of a channel */
	uint32_t t_burst, t_cl, t_rcd, t_rp, t_ras, t_rfc, t_refi;
	uint32_t closes_rows;           /* rows are closed after each access */
	uint32_t max_accesses_per_row;  /* an open row is closed after so many; 0 no limit */
	uint32_t t_frontend, t_backend; /* controller pipeline before and after */
};

struct pv_dram_stats {
	uint64_t n_reads, n_writes, n_row_hits, n_row_misses;
};

struct pv_dram_memory;

/* pv_dram_new - PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM */
enum pv_status pv_dram_new(const struct pv_dram_config *config, struct pv_dram_memory **memory, struct pv_error *err);
void pv_dram_free(struct pv_dram_memory *memory);

/*
 * pv_dram_read - the time (ps) at which the line_bytes at addr, requested at time at_ps, have left the controller
 *
 * Times of calls need not rise: a request takes the first free place on the data bus after its own time.
 */
uint64_t pv_dram_read(struct pv_dram_memory *memory, uint64_t addr, uint32_t line_bytes, uint64_t at_ps);

/* pv_dram_write - a posted write: takes its place on the data bus, nobody waits for it */
void pv_dram_write(struct pv_dram_memory *memory, uint64_t addr, uint32_t line_bytes, uint64_t at_ps);

const struct pv_dram_stats *pv_dram_stats(const struct pv_dram_memory *memory);

#endif
