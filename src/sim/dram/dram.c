/*
 * dram.c - main memory as time tables
 *
 *   address   ... row | rank | bank | column | channel | offset in interleave unit       (RoRaBaCoCh)
 *   read      row open:   tCL + tBURST        closed: tRCD + tCL + tBURST        another row open: tRP + tRCD + tCL + tBURST
 *
 * A bank remembers its open row and when it may be closed (tRAS, tRTP, tWR) and opened again (tRP). A rank remembers its latest row
 * openings: two are tRRD apart (tRRD_L in one bank group), and no more than n_activates fall into tXAW. A channel remembers its latest
 * column commands in order of time; a new one takes the first gap that keeps its distance from both neighbours:
 *
 *   then -> now       same bank group           another bank group     another rank
 *   read -> read      tCCD_L                    tBURST                 tCS + tBURST
 *   write -> write    tCCD_L                    tBURST                 tCS + tBURST
 *   read -> write     tRTW + tBURST_MAX         tRTW + tBURST          tCS + tBURST
 *   write -> read     tCL + tBURST_MAX + tWTR_L tCL + tBURST + tWTR    tCS + tBURST
 *
 * Where a burst to another bank group may begin in the middle of one (tBURST_MIN < tBURST, LPDDR5), it begins then or after its end, and
 * only one does. Bank i of a rank is in group i % n_bank_groups. Refresh: every tREFI all banks close and nothing starts for tRFC.
 *
 * Writes wait in a queue. When it is more than half full and no read waits they are written, the oldest first but those to an open row
 * before, until it is 16 below half; when it is more than 85 % full, 16 of them whatever waits. A read of what waits there takes it from
 * there. Closed rows (closes_rows): a row closes behind its access unless the next access to the bank had come by then and wants it.
 *
 * Simplifications: reads are served in the order they are made (the simulator's program order), not the ones to open rows first; command
 * bandwidth and low-power states are left out.
 *
 * Reference: Hansson et al., "Simulating DRAM controllers for future system architecture exploration", ISPASS 2014; the constraints and
 * the write queue's thresholds are those of gem5's MemCtrl and DRAMInterface (src/mem/mem_ctrl.cc, mem_interface.cc).
 */
#include "sim/dram/dram.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	N_COMMANDS = 64, /* remembered per channel */
	N_OPENINGS = 16, /* remembered per rank */
	WRITE_LOW_PERCENT = 50,
	WRITE_HIGH_PERCENT = 85,
	MIN_WRITES = 16 /* that are written at a time */
};

struct bank {
	uint64_t row;         /* row + 1; 0: closed */
	uint64_t close_from;  /* it may be closed */
	uint64_t open_from;   /* a row may be opened */
	uint64_t column_from; /* its open row may be read or written */
	uint64_t decided_at;  /* closes_rows: a request that came later finds it closed */
	uint64_t refresh_epoch;
	uint32_t n_accesses; /* to the open row */
};

/* What opened a row, or moved data: a time and a place. */
struct command {
	uint64_t at;
	uint16_t rank, group;
	bool write;
};

/* The latest commands in order of time. */
struct history {
	struct command *latest; /* (max) */
	uint32_t n, max;
};

/* Where an address is. */
struct place {
	uint32_t channel, rank, group, bank; /* bank: of all */
	uint64_t row;
};

struct waiting_write {
	struct place place;
	uint64_t burst; /* address / burst_bytes */
};

struct channel {
	struct history columns;
	struct waiting_write *writes; /* (n_write_buffer) oldest first */
	uint32_t n_writes;
	uint64_t *left; /* (n_write_buffer) when the latest writes left the queue, a ring */
	uint32_t next_left;
	uint64_t last_read;               /* command of the read that was served last */
	uint64_t write_from, write_until; /* commands of the latest batch of writes: no read is served then */
};

/* What a read changed, as it was before. */
struct mark {
	struct place place;
	struct bank bank;
	struct command columns[N_COMMANDS], openings[N_OPENINGS];
	uint32_t n_columns, n_openings;
	uint64_t addr, last_read;
	uint64_t n_before, n_after; /* bursts of all, before and after the read; n_after 0: it has not come */
	struct dram_stats stats;
};

struct dram_memory {
	struct dram_config config;
	struct dram_stats stats;
	uint32_t columns_per_row; /* bursts */
	uint32_t write_low, write_high;
	struct bank *banks;         /* [channel][rank][bank] */
	struct history *openings;   /* [channel][rank] */
	struct channel *channels;   /* [channel] */
	struct command *commands;   /* room of all histories */
	struct waiting_write *room; /* of all write queues */
	uint64_t *left;             /* the same */
	uint64_t n_bursts;
	struct mark mark;
};

/* ---- building ---------------------------------------------------------------------------------------------------------------------- */

static bool is_power(uint32_t x)
{
	return x != 0 && (x & (x - 1)) == 0;
}

static enum pv_status check(const struct dram_config *c, struct pv_error *err)
{
	FAIL_IF(!is_power(c->n_channels) || !is_power(c->interleave_bytes), err, PV_ERR_RANGE,
	        "memory: %u channels interleaved by %u bytes, powers of two are needed", c->n_channels, c->interleave_bytes);
	FAIL_IF(c->n_ranks == 0 || c->n_banks == 0 || c->burst_bytes == 0 || c->row_bytes < c->burst_bytes, err, PV_ERR_RANGE,
	        "memory: %u ranks of %u banks with rows of %u and bursts of %u bytes are not possible", c->n_ranks, c->n_banks,
	        c->row_bytes, c->burst_bytes);
	FAIL_IF(c->t_burst == 0 || (c->t_refi > 0 && c->t_rfc >= c->t_refi), err, PV_ERR_RANGE,
	        "memory: a burst of %u ps, refresh of %u ps every %u ps", c->t_burst, c->t_rfc, c->t_refi);
	FAIL_IF(c->n_activates > N_OPENINGS, err, PV_ERR_RANGE, "memory: %u row openings in a window, at most %d are possible",
	        c->n_activates, N_OPENINGS);
	return PV_OK;
}

/* Times that do not apply get those that they stand for. */
static void complete(struct dram_config *c)
{
	c->t_burst_min = c->t_burst_min > 0 ? c->t_burst_min : c->t_burst;
	c->t_burst_max = c->t_burst_max > 0 ? c->t_burst_max : c->t_burst;
	c->t_ccd_l = c->t_ccd_l > 0 ? c->t_ccd_l : c->t_burst;
	c->t_rrd_l = c->t_rrd_l > 0 ? c->t_rrd_l : c->t_rrd;
	c->t_wtr_l = c->t_wtr_l > 0 ? c->t_wtr_l : c->t_wtr;
}

static bool make_tables(struct dram_memory *m)
{
	const struct dram_config *c = &m->config;
	uint32_t n_ranks = c->n_channels * c->n_ranks;
	m->banks = calloc((size_t)n_ranks * c->n_banks, sizeof *m->banks);
	m->openings = calloc(n_ranks, sizeof *m->openings);
	m->channels = calloc(c->n_channels, sizeof *m->channels);
	m->commands = calloc((size_t)c->n_channels * N_COMMANDS + (size_t)n_ranks * N_OPENINGS, sizeof *m->commands);
	m->room = calloc((size_t)c->n_channels * c->n_write_buffer + 1, sizeof *m->room);
	m->left = calloc((size_t)c->n_channels * c->n_write_buffer + 1, sizeof *m->left);
	if (m->left == NULL || m->banks == NULL || m->openings == NULL || m->channels == NULL || m->commands == NULL || m->room == NULL)
		return false;
	for (uint32_t i = 0; i < c->n_channels; i++) {
		m->channels[i].columns = (struct history){.latest = m->commands + (size_t)i * N_COMMANDS, .max = N_COMMANDS};
		m->channels[i].writes = m->room + (size_t)i * c->n_write_buffer;
		m->channels[i].left = m->left + (size_t)i * c->n_write_buffer;
	}
	struct command *rest = m->commands + (size_t)c->n_channels * N_COMMANDS;
	for (uint32_t i = 0; i < n_ranks; i++)
		m->openings[i] = (struct history){.latest = rest + (size_t)i * N_OPENINGS, .max = N_OPENINGS};
	return true;
}

enum pv_status dram_new(const struct dram_config *config, struct dram_memory **memory, struct pv_error *err)
{
	TRY(check(config, err));
	struct dram_memory *m = calloc(1, sizeof *m);
	FAIL_IF(m == NULL, err, PV_ERR_NOMEM, "no memory for the memory model");
	m->config = *config;
	complete(&m->config);
	m->columns_per_row = config->row_bytes / config->burst_bytes;
	m->write_low = config->n_write_buffer * WRITE_LOW_PERCENT / 100;
	m->write_high = config->n_write_buffer * WRITE_HIGH_PERCENT / 100;
	if (!make_tables(m)) {
		dram_free(m);
		return base_error_set(err, PV_ERR_NOMEM, "no memory for the memory model");
	}
	*memory = m;
	return PV_OK;
}

void dram_free(struct dram_memory *memory)
{
	if (memory == NULL)
		return;
	free(memory->banks);
	free(memory->openings);
	free(memory->channels);
	free(memory->commands);
	free(memory->room);
	free(memory->left);
	free(memory);
}

/* ---- places ------------------------------------------------------------------------------------------------------------------------ */

uint32_t dram_channel(const struct dram_memory *memory, uint64_t addr)
{
	return (uint32_t)(addr / memory->config.interleave_bytes & (memory->config.n_channels - 1));
}

static struct place place_of(const struct dram_memory *m, uint64_t addr)
{
	const struct dram_config *c = &m->config;
	uint32_t channel = dram_channel(m, addr);
	uint64_t local = addr / c->interleave_bytes / c->n_channels * c->interleave_bytes + addr % c->interleave_bytes;
	uint64_t row_unit = local / c->burst_bytes / m->columns_per_row;
	uint32_t bank = (uint32_t)(row_unit % c->n_banks);
	uint64_t rest = row_unit / c->n_banks;
	uint32_t rank = (uint32_t)(rest % c->n_ranks);
	return (struct place){.channel = channel,
	                      .rank = rank,
	                      .group = c->n_bank_groups > 0 ? bank % c->n_bank_groups : 0,
	                      .bank = (channel * c->n_ranks + rank) * c->n_banks + bank,
	                      .row = rest / c->n_ranks};
}

/* ---- commands in order of time ----------------------------------------------------------------------------------------------------- */

/* How many commands are at or before a time. */
static uint32_t count_until(const struct history *h, uint64_t at)
{
	uint32_t n = h->n;
	while (n > 0 && h->latest[n - 1].at > at)
		n--;
	return n;
}

static void remember(struct history *h, struct command command)
{
	uint32_t i = count_until(h, command.at);
	if (h->n == h->max) { /* the oldest is forgotten */
		if (i == 0)
			return;
		memmove(h->latest, h->latest + 1, (--i) * sizeof *h->latest);
	} else {
		memmove(h->latest + i + 1, h->latest + i, (h->n - i) * sizeof *h->latest);
		h->n++;
	}
	h->latest[i] = command;
}

/* Nothing is known of the time before the oldest command of a full history: a new one does not go there. */
static uint64_t in_memory(const struct history *h, uint64_t at)
{
	return h->n == h->max && at < h->latest[0].at ? h->latest[0].at : at;
}

/* The time between two column commands of a channel. */
static uint64_t distance(const struct dram_config *c, const struct command *then, const struct command *now)
{
	if (then->rank != now->rank)
		return c->t_cs + c->t_burst;
	bool same = c->n_bank_groups > 0 && then->group == now->group;
	if (then->write == now->write)
		return same ? c->t_ccd_l : c->t_burst;
	if (now->write)
		return c->t_rtw + (same ? c->t_burst_max : c->t_burst);
	return c->t_cl + (same ? c->t_burst_max + c->t_wtr_l : c->t_burst + c->t_wtr);
}

/* Whether a command may come in the middle of the burst of another, at its half. */
static bool interleaves(const struct dram_config *c, const struct history *h, uint32_t i, const struct command *now)
{
	const struct command *then = &h->latest[i];
	if (c->t_burst_min >= c->t_burst || then->rank != now->rank || then->group == now->group || then->write != now->write)
		return false;
	bool is_second = i > 0 && then->at < h->latest[i - 1].at + c->t_burst;
	return now->at <= then->at + c->t_burst_min && !is_second;
}

/* The first time for a command that comes behind the first n of a history. */
static uint64_t place_behind(const struct dram_config *c, const struct history *h, uint32_t n, const struct command *now)
{
	uint64_t at = now->at;
	for (uint32_t k = n; k > 0 && k + 4 > n; k--) { /* over four others no distance reaches */
		const struct command *then = &h->latest[k - 1];
		bool in_gap = k == n && interleaves(c, h, k - 1, now);
		uint64_t from = then->at + (in_gap ? c->t_burst_min : distance(c, then, now));
		if (at < from)
			at = from;
	}
	return at;
}

/* The first time for a column command that keeps its distance from those around it. */
static uint64_t place_column(const struct dram_config *c, const struct history *h, struct command now)
{
	now.at = in_memory(h, now.at);
	for (uint32_t i = count_until(h, now.at);; i++) {
		now.at = place_behind(c, h, i, &now);
		if (i == h->n || now.at + distance(c, &now, &h->latest[i]) <= h->latest[i].at)
			return now.at;
		if (now.at < h->latest[i].at)
			now.at = h->latest[i].at;
	}
}

/* The first time for opening a row. */
static uint64_t place_opening(const struct dram_config *c, const struct history *h, struct command now)
{
	now.at = in_memory(h, now.at);
	for (uint32_t i = 0; i < h->n; i++) {
		const struct command *then = &h->latest[i];
		uint64_t apart = c->n_bank_groups > 0 && then->group == now.group ? c->t_rrd_l : c->t_rrd;
		if (now.at < then->at + apart && then->at < now.at + apart)
			now.at = then->at + apart;
		if (c->n_activates == 0 || i + 1 < c->n_activates || then->at > now.at)
			continue;
		uint64_t window = h->latest[i + 1 - c->n_activates].at + c->t_xaw;
		if (now.at < window)
			now.at = window;
	}
	return now.at;
}

/* ---- banks ------------------------------------------------------------------------------------------------------------------------- */

static void close_row(const struct dram_config *c, struct bank *bank, uint64_t at)
{
	uint64_t close_at = at > bank->close_from ? at : bank->close_from;
	bank->row = 0;
	if (bank->open_from < close_at + c->t_rp)
		bank->open_from = close_at + c->t_rp;
}

static uint64_t after_refresh(const struct dram_config *c, struct bank *bank, uint64_t at)
{
	if (c->t_refi == 0)
		return at;
	uint64_t epoch = at / c->t_refi;
	if (epoch > 0 && at % c->t_refi < c->t_rfc)
		at = epoch * c->t_refi + c->t_rfc;
	if (epoch > bank->refresh_epoch) {
		bank->refresh_epoch = epoch;
		bank->row = 0;
	}
	return at;
}

static struct history *openings_of(const struct dram_memory *m, const struct place *place)
{
	return &m->openings[place->channel * m->config.n_ranks + place->rank];
}

/* The row is open for a request that came at a time; returns when its column command may be given. */
static uint64_t open_row(struct dram_memory *m, const struct place *place, uint64_t at)
{
	const struct dram_config *c = &m->config;
	struct bank *bank = &m->banks[place->bank];
	bool same_row = bank->row == place->row + 1;
	if (c->closes_rows && bank->row != 0 && (!same_row || at > bank->decided_at))
		close_row(c, bank, 0);
	at = after_refresh(c, bank, at);
	if (bank->row == place->row + 1) {
		m->stats.n_row_hits++;
		return at > bank->column_from ? at : bank->column_from;
	}
	m->stats.n_row_misses++;
	if (bank->row != 0)
		close_row(c, bank, at);
	struct history *openings = openings_of(m, place);
	struct command opening = {.at = at > bank->open_from ? at : bank->open_from, .rank = (uint16_t)place->rank};
	opening.group = (uint16_t)place->group;
	opening.at = place_opening(c, openings, opening);
	remember(openings, opening);
	bank->row = place->row + 1;
	bank->n_accesses = 0;
	bank->close_from = opening.at + c->t_ras;
	bank->column_from = opening.at + c->t_rcd;
	return bank->column_from;
}

/* One burst; returns the time of its column command. */
static uint64_t burst(struct dram_memory *m, const struct place *place, uint64_t at, bool write)
{
	const struct dram_config *c = &m->config;
	struct bank *bank = &m->banks[place->bank];
	m->n_bursts++;
	struct history *columns = &m->channels[place->channel].columns;
	struct command command = {
	    .at = open_row(m, place, at), .rank = (uint16_t)place->rank, .group = (uint16_t)place->group, .write = write};
	command.at = place_column(c, columns, command);
	remember(columns, command);
	uint64_t close_from = write ? command.at + c->t_cl + c->t_burst + c->t_wr : command.at + c->t_rtp;
	if (bank->close_from < close_from)
		bank->close_from = close_from;
	bank->decided_at = command.at;
	bank->n_accesses++;
	if (c->max_accesses_per_row > 0 && bank->n_accesses >= c->max_accesses_per_row)
		close_row(c, bank, 0);
	return command.at;
}

/* ---- the write queue --------------------------------------------------------------------------------------------------------------- */

static bool waits(const struct channel *channel, uint64_t burst)
{
	for (uint32_t i = 0; i < channel->n_writes; i++)
		if (channel->writes[i].burst == burst)
			return true;
	return false;
}

/* The oldest write to an open row; the oldest of all when there is none. */
static uint32_t choose_write(const struct dram_memory *m, const struct channel *channel)
{
	for (uint32_t i = 0; i < channel->n_writes; i++) {
		const struct place *place = &channel->writes[i].place;
		if (m->banks[place->bank].row == place->row + 1)
			return i;
	}
	return 0;
}

/* Writes n bursts, from a time on, one after the other. */
static void write_out(struct dram_memory *m, struct channel *channel, uint32_t n, uint64_t at)
{
	channel->write_from = at;
	for (; n > 0 && channel->n_writes > 0; n--) {
		uint32_t i = choose_write(m, channel);
		struct place place = channel->writes[i].place;
		channel->n_writes--;
		memmove(channel->writes + i, channel->writes + i + 1, (channel->n_writes - i) * sizeof *channel->writes);
		at = channel->write_until = burst(m, &place, at, true);
		channel->left[channel->next_left] = at;
		channel->next_left = (channel->next_left + 1) % m->config.n_write_buffer;
	}
}

/* What the controller writes by a time, on its own. */
static void drain(struct dram_memory *m, struct channel *channel, uint64_t at)
{
	if (channel->n_writes <= m->write_low)
		return;
	if (channel->last_read <= at)
		write_out(m, channel, channel->n_writes + MIN_WRITES - m->write_low + 1, at);
	else if (channel->n_writes > m->write_high)
		write_out(m, channel, MIN_WRITES, at);
}

/* ---- taking back ------------------------------------------------------------------------------------------------------------------ */

void dram_mark(struct dram_memory *m, uint64_t addr)
{
	struct mark *mark = &m->mark;
	mark->place = place_of(m, addr);
	const struct channel *channel = &m->channels[mark->place.channel];
	const struct history *openings = openings_of(m, &mark->place);
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

bool dram_take_back(struct dram_memory *m)
{
	const struct mark *mark = &m->mark;
	struct channel *channel = &m->channels[mark->place.channel];
	struct history *openings = openings_of(m, &mark->place);
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

/* ---- requests ---------------------------------------------------------------------------------------------------------------------- */

uint64_t dram_read(struct dram_memory *m, uint64_t addr, uint32_t line_bytes, uint64_t at_ps)
{
	const struct dram_config *c = &m->config;
	struct place place = place_of(m, addr);
	struct channel *channel = &m->channels[place.channel];
	uint32_t n_bursts = (line_bytes + c->burst_bytes - 1) / c->burst_bytes;
	uint64_t done = at_ps;
	m->stats.n_reads++;
	if (at_ps >= channel->write_from && at_ps < channel->write_until)
		at_ps = channel->write_until;
	for (uint32_t i = 0; i < n_bursts; i++) {
		if (channel->n_writes > 0 && waits(channel, addr / c->burst_bytes + i))
			continue;
		uint64_t command = burst(m, &place, at_ps, false);
		if (channel->last_read < command)
			channel->last_read = command;
		done = command + c->t_cl + c->t_burst > done ? command + c->t_cl + c->t_burst : done;
	}
	if (m->mark.n_after == 0 && m->mark.addr / line_bytes == addr / line_bytes && m->n_bursts == m->mark.n_before + n_bursts)
		m->mark.n_after = m->n_bursts;
	return done + c->t_frontend + c->t_backend;
}

uint64_t dram_write(struct dram_memory *m, uint64_t addr, uint32_t line_bytes, uint64_t at_ps)
{
	const struct dram_config *c = &m->config;
	struct place place = place_of(m, addr);
	struct channel *channel = &m->channels[place.channel];
	uint32_t n_bursts = (line_bytes + c->burst_bytes - 1) / c->burst_bytes;
	m->stats.n_writes++;
	for (uint32_t i = 0; i < n_bursts; i++) {
		uint64_t address = addr / c->burst_bytes + i;
		if (c->n_write_buffer == 0) {
			burst(m, &place, at_ps, true);
			continue;
		}
		if (waits(channel, address))
			continue;
		uint64_t room_at = channel->left[(channel->next_left + channel->n_writes) % c->n_write_buffer];
		at_ps = room_at > at_ps ? room_at : at_ps;
		channel->writes[channel->n_writes++] = (struct waiting_write){.place = place, .burst = address};
		drain(m, channel, at_ps);
	}
	return at_ps;
}

const struct dram_stats *dram_stats(const struct dram_memory *memory)
{
	return &memory->stats;
}
