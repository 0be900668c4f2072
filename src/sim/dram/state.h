/*
 * state.h - what main memory remembers: banks, ranks' and channels' latest commands, waiting writes. Times are in ps.
 */
#ifndef SIM_DRAM_STATE_H
#define SIM_DRAM_STATE_H

#include "sim/dram/dram.h"

enum {
	DRAM_N_COMMANDS = 64, /* remembered per channel */
	DRAM_N_OPENINGS = 16  /* remembered per rank */
};

struct dram_bank {
	uint64_t row;         /* row + 1; 0: closed */
	uint64_t close_from;  /* it may be closed */
	uint64_t open_from;   /* a row may be opened */
	uint64_t column_from; /* its open row may be read or written */
	uint64_t decided_at;  /* where rows are closed behind their accesses: a request that came later finds it closed */
	uint64_t refresh_epoch;
	int32_t n_accesses; /* to the open row */
};

/* What opened a row, or moved data: a time and a place. */
struct dram_command {
	uint64_t at;
	uint16_t rank, group;
	bool write;
};

/* The latest commands in order of time. */
struct dram_history {
	struct dram_command *latest; /* (max) */
	uint32_t n, max;
};

/* Where an address is. */
struct dram_place {
	uint32_t channel, rank, group, bank; /* bank: of all */
	uint64_t row;
};

struct dram_waiting_write {
	struct dram_place place;
	uint64_t burst; /* address / burst_bytes */
};

struct dram_channel {
	struct dram_history columns;
	struct dram_waiting_write *writes; /* (n_write_buffer) oldest first */
	uint32_t n_writes;
	uint64_t *left; /* (n_write_buffer) when the latest writes left the queue, a ring */
	uint32_t next_left;
	uint64_t last_read;               /* command of the read that was served last */
	uint64_t write_from, write_until; /* commands of the latest batch of writes: no read is served then */
};

/* What the read that follows a mark changes, as it was before. */
struct dram_mark {
	struct dram_place place;
	struct dram_bank bank;
	struct dram_command columns[DRAM_N_COMMANDS], openings[DRAM_N_OPENINGS];
	uint32_t n_columns, n_openings;
	uint64_t addr, last_read;
	uint64_t n_before, n_after; /* bursts of all, before and after the read; n_after 0: it has not come */
	struct dram_stats stats;
};

struct dram_memory {
	struct uarch_memory controller;
	struct uarch_dram device; /* a channel; times that do not apply to it are those that they stand for */
	struct dram_stats stats;
	uint32_t burst_bytes;
	uint32_t columns_per_row; /* bursts */
	uint32_t write_low, write_high;
	struct dram_bank *banks;         /* [channel][rank][bank] */
	struct dram_history *openings;   /* [channel][rank] */
	struct dram_channel *channels;   /* [channel] */
	struct dram_command *commands;   /* room of all histories */
	struct dram_waiting_write *room; /* of all write queues */
	uint64_t *left;                  /* the same */
	uint64_t n_bursts;
	struct dram_mark mark;
};

static inline uint32_t dram_channel_in(const struct dram_memory *m, uint64_t addr)
{
	return (uint32_t)(addr / m->controller.interleave_bytes & (m->controller.n_channels - 1));
}

/* where an address is */
static inline struct dram_place dram_place_of(const struct dram_memory *m, uint64_t addr)
{
	const struct uarch_dram *d = &m->device;
	uint32_t channel = dram_channel_in(m, addr), interleave_bytes = m->controller.interleave_bytes;
	uint64_t local = addr / interleave_bytes / m->controller.n_channels * interleave_bytes + addr % interleave_bytes;
	uint64_t row_unit = local / m->burst_bytes / m->columns_per_row;
	uint32_t bank = (uint32_t)(row_unit % d->n_banks);
	uint64_t rest = row_unit / d->n_banks;
	uint32_t rank = (uint32_t)(rest % d->n_ranks);
	return (struct dram_place){.channel = channel,
	                           .rank = rank,
	                           .group = d->n_bank_groups > 0 ? bank % d->n_bank_groups : 0,
	                           .bank = (channel * d->n_ranks + rank) * d->n_banks + bank,
	                           .row = rest / d->n_ranks};
}

/* the latest row openings of a place's rank */
static inline struct dram_history *dram_openings_of(const struct dram_memory *m, const struct dram_place *place)
{
	return &m->openings[place->channel * m->device.n_ranks + place->rank];
}

/* take_back.c: a read of an address has made so many bursts; if it is the one that was marked it can be taken back */
void dram_note_read(struct dram_memory *m, uint64_t addr, uint32_t line_bytes, uint32_t n_bursts);

#endif
