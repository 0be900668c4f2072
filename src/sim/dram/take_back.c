/*
 * take_back.c - a read that is taken back: only the time at which it would have been served was wanted
 *
 * A store that misses a line may turn out not to need its data (sim/cache/line_write.c), but when they would come has to be known before
 * that. The read is made, and unless another one came since, the state of its bank, rank and channel from before is put back.
 */
#include "sim/dram/state.h"

#include <string.h>

void dram_mark(struct dram_memory *m, uint64_t addr)
{
	struct dram_mark *mark = &m->mark;
	mark->place = dram_place_of(m, addr);
	const struct dram_channel *channel = &m->channels[mark->place.channel];
	const struct dram_history *openings = dram_openings_of(m, &mark->place);
	mark->bank = m->banks[mark->place.bank];
	mark->n_columns = channel->columns.n;
	mark->n_openings = openings->n;
	memcpy(mark->columns, channel->columns.latest, channel->columns.n * sizeof *mark->columns);
	memcpy(mark->openings, openings->latest, openings->n * sizeof *mark->openings);
	mark->last_read = channel->last_read;
	mark->addr = addr;
	mark->n_before = m->n_bursts;
	mark->n_after = 0;
	mark->stats = m->stats;
}

void dram_note_read(struct dram_memory *m, uint64_t addr, uint32_t line_bytes, uint32_t n_bursts)
{
	struct dram_mark *mark = &m->mark;
	if (mark->n_after == 0 && mark->addr / line_bytes == addr / line_bytes && m->n_bursts == mark->n_before + n_bursts)
		mark->n_after = m->n_bursts;
}

bool dram_take_back(struct dram_memory *m)
{
	const struct dram_mark *mark = &m->mark;
	struct dram_channel *channel = &m->channels[mark->place.channel];
	struct dram_history *openings = dram_openings_of(m, &mark->place);
	if (mark->n_after == 0 || m->n_bursts != mark->n_after)
		return false;
	m->banks[mark->place.bank] = mark->bank;
	channel->columns.n = mark->n_columns;
	openings->n = mark->n_openings;
	memcpy(channel->columns.latest, mark->columns, mark->n_columns * sizeof *mark->columns);
	memcpy(openings->latest, mark->openings, mark->n_openings * sizeof *mark->openings);
	channel->last_read = mark->last_read;
	m->stats = mark->stats;
	return true;
}
