/*
 * dram.h - main memory: channels, ranks, banks with row buffers, data buses, write queues
 */
#ifndef SIM_DRAM_DRAM_H
#define SIM_DRAM_DRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* One channel's timing, in ps; sizes in bytes. A time that does not apply is 0. */
struct dram_config {
	uint32_t n_channels, interleave_bytes; /* powers of two */
	uint32_t n_ranks, n_banks;             /* banks per rank */
	uint32_t n_bank_groups;                /* per rank; 0: none */
	uint32_t row_bytes, burst_bytes;       /* of a channel */
	uint32_t t_burst, t_cl, t_rcd, t_rp, t_ras, t_rfc, t_refi;
	uint32_t t_burst_min;                 /* between bursts to different bank groups; 0: t_burst */
	uint32_t t_burst_max;                 /* of a burst to one bank group, for bus turn-around; 0: t_burst */
	uint32_t t_ccd_l;                     /* between bursts to the same bank group; 0: t_burst */
	uint32_t t_wr, t_rtp;                 /* from the end of a write, from a read command, to closing the row */
	uint32_t t_wtr, t_wtr_l, t_rtw, t_cs; /* bus turn-around: after a write (same bank group), after a read, to another rank */
	uint32_t t_rrd, t_rrd_l;              /* between opening rows of a rank, of a bank group */
	uint32_t t_xaw, n_activates;          /* at most n_activates rows of a rank are opened in t_xaw; 0: no limit */
	uint32_t closes_rows;                 /* rows are closed after each access, unless the next one waits for them */
	uint32_t max_accesses_per_row;        /* an open row is closed after so many; 0 no limit */
	uint32_t n_write_buffer;              /* bursts that can wait to be written; 0: none wait */
	uint32_t t_frontend, t_backend;       /* controller pipeline before and after */
};

struct dram_stats {
	uint64_t n_reads, n_writes, n_row_hits, n_row_misses;
};

struct dram_memory;

/* dram_new - PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM */
enum pv_status dram_new(const struct dram_config *config, struct dram_memory **memory, struct pv_error *err);
void dram_free(struct dram_memory *memory);

/* dram_channel - which channel holds an address */
uint32_t dram_channel(const struct dram_memory *memory, uint64_t addr);

/*
 * dram_read - the time (ps) at which the line_bytes at addr, requested at time at_ps, have left the controller
 *
 * Times of calls need not rise: a request takes the first free place on the data bus after its own time.
 */
uint64_t dram_read(struct dram_memory *memory, uint64_t addr, uint32_t line_bytes, uint64_t at_ps);

/*
 * dram_mark, dram_take_back - the read of an address that followed the mark is taken back: only its time was wanted
 *
 * Returns: false when other bursts came between; then it stays
 */
void dram_mark(struct dram_memory *memory, uint64_t addr);
bool dram_take_back(struct dram_memory *memory);

/* dram_write - a posted write: returns the time (ps) at which the controller's write queue took it */
uint64_t dram_write(struct dram_memory *memory, uint64_t addr, uint32_t line_bytes, uint64_t at_ps);

const struct dram_stats *dram_stats(const struct dram_memory *memory);

#endif
