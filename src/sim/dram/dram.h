/*
 * dram.h - main memory: channels, ranks, banks with row buffers, data buses, write queues
 */
#ifndef SIM_DRAM_DRAM_H
#define SIM_DRAM_DRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "uarch/uarch.h"

struct dram_stats {
	uint64_t n_reads, n_writes, n_row_hits, n_row_misses;
};

struct dram_memory;

/*
 * dram_new - channels of one type of memory behind a controller
 *
 * @controller  channels, interleaving and the controller's own latency
 * @device      the type of memory, controller->type in machines; times that do not apply are 0
 *
 * Both are borrowed for the call. Returns: PV_OK; PV_ERR_RANGE, PV_ERR_NOMEM
 */
enum pv_status dram_new(const struct uarch_memory *controller, const struct uarch_dram *device, struct dram_memory **memory,
                        struct pv_error *err);
void dram_free(struct dram_memory *memory);

/* dram_channel_of - which channel holds an address */
uint32_t dram_channel_of(const struct dram_memory *memory, uint64_t addr);

/*
 * dram_read - the time (ps) at which the line_bytes at addr, requested at time at_ps, have left the controller
 *
 * Times of calls need not rise: a request takes the first free place on the data bus after its own time.
 */
uint64_t dram_read(struct dram_memory *memory, uint64_t addr, uint32_t line_bytes, uint64_t at_ps);

/*
 * dram_mark, dram_take_back - take_back.c: the read of an address that followed the mark is taken back, only its time was wanted
 *
 * Returns: false when other bursts came between; then it stays
 */
void dram_mark(struct dram_memory *memory, uint64_t addr);
bool dram_take_back(struct dram_memory *memory);

/* dram_write - a posted write: returns the time (ps) at which the controller's write queue took it */
uint64_t dram_write(struct dram_memory *memory, uint64_t addr, uint32_t line_bytes, uint64_t at_ps);

const struct dram_stats *dram_stats(const struct dram_memory *memory);

#endif
