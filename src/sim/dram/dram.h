/*
 * dram.h - main memory: channels, ranks, banks with row buffers, data buses, write queues
 */
#ifndef PV_SIM_DRAM_DRAM_H
#define PV_SIM_DRAM_DRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "uarch/uarch.h"

struct pv_dram_stats {
	uint64_t n_reads, n_writes, n_row_hits, n_row_misses;
};

struct pv_dram_memory;

/*
 * pv_dram_new - channels of one type of memory behind a controller
 *
 * @controller  channels, interleaving and the controller's own latency
 * @device      the type of memory, controller->type in machines; times that do not apply are 0
 *
 * Both are borrowed for the call. Returns: PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM
 */
enum pv_status pv_dram_new(const struct uarch_memory *controller, const struct pv_dram *device, struct pv_dram_memory **memory,
                           struct pv_error *err);
void pv_dram_free(struct pv_dram_memory *memory);

/* dram_channel_of - which channel holds an address */
uint32_t dram_channel_of(const struct pv_dram_memory *memory, uint64_t addr);

/*
 * pv_dram_read - the time (ps) at which the line_bytes at addr, requested at time at_ps, have left the controller
 *
 * Times of calls need not rise: a request takes the first free place on the data bus after its own time.
 */
uint64_t pv_dram_read(struct pv_dram_memory *memory, uint64_t addr, uint32_t line_bytes, uint64_t at_ps);

/*
 * pv_dram_mark, pv_dram_take_back - take_back.c: the read of an address that followed the mark is taken back, only its time was wanted
 *
 * Returns: false when other bursts came between; then it stays
 */
void pv_dram_mark(struct pv_dram_memory *memory, uint64_t addr);
bool pv_dram_take_back(struct pv_dram_memory *memory);

/* pv_dram_write - a posted write: returns the time (ps) at which the controller's write queue took it */
uint64_t pv_dram_write(struct pv_dram_memory *memory, uint64_t addr, uint32_t line_bytes, uint64_t at_ps);

const struct pv_dram_stats *pv_dram_stats(const struct pv_dram_memory *memory);

#endif
