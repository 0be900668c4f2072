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
 * there. Closed rows (page_policy): a row closes behind its access unless the next access to the bank had come by then and wants it.
 *
 * Simplifications: reads are served in the order they are made (the simulator's program order), not the ones to open rows first; command
 * bandwidth and low-power states are left out.
 *
 * take_back.c takes back a read that was made to know its time.
 *
 * Reference: Hansson et al., "Simulating DRAM controllers for future system architecture exploration", ISPASS 2014; the constraints and
 * the write queue's thresholds are those of gem5's MemCtrl and DRAMInterface (src/mem/mem_ctrl.cc, mem_interface.cc).
 */
#include "sim/dram/state.h"

#include <stdlib.h>
#include <string.h>

enum {
	WRITE_LOW_PERCENT = 50,
	WRITE_HIGH_PERCENT = 85,
	MIN_WRITES = 16 /* that are written at a time */
};

/* ---- building ---------------------------------------------------------------------------------------------------------------------- */

static bool is_power(int32_t x)
{
	return x > 0 && (x & (x - 1)) == 0;
}

static int32_t row_bytes(const struct uarch_dram *d)
{
	return d->device_row_bytes * d->n_devices;
}

static int32_t burst_bytes(const struct uarch_dram *d)
{
	return d->bus_bits / 8 * d->burst_beats;
}

static enum pv_status check(const struct uarch_memory *c, const struct uarch_dram *d, struct pv_error *err)
{
	FAIL_IF(!is_power(c->n_channels) || !is_power(c->interleave_bytes), err, PV_ERR_RANGE,
	        "memory: %d channels interleaved by %d bytes, powers of two are needed", c->n_channels, c->interleave_bytes);
	FAIL_IF(d->n_ranks <= 0 || d->n_banks <= 0 || burst_bytes(d) <= 0 || row_bytes(d) < burst_bytes(d), err, PV_ERR_RANGE,
	        "memory: %d ranks of %d banks with rows of %d and bursts of %d bytes are not possible", d->n_ranks, d->n_banks,
	        row_bytes(d), burst_bytes(d));
	FAIL_IF(d->tburst_ps <= 0 || (d->trefi_ps > 0 && d->trfc_ps >= d->trefi_ps), err, PV_ERR_RANGE,
	        "memory: a burst of %d ps, refresh of %d ps every %d ps", d->tburst_ps, d->trfc_ps, d->trefi_ps);
	FAIL_IF(d->n_activates > DRAM_N_OPENINGS, err, PV_ERR_RANGE, "memory: %d row openings in a window, at most %d are possible",
	        d->n_activates, DRAM_N_OPENINGS);
	return PV_OK;
}

/* Times that do not apply get those that they stand for. */
static void complete(struct uarch_dram *d)
{
	d->tburst_min_ps = d->tburst_min_ps > 0 ? d->tburst_min_ps : d->tburst_ps;
	d->tburst_max_ps = d->tburst_max_ps > 0 ? d->tburst_max_ps : d->tburst_ps;
	d->tccd_l_ps = d->tccd_l_ps > 0 ? d->tccd_l_ps : d->tburst_ps;
	d->trrd_l_ps = d->trrd_l_ps > 0 ? d->trrd_l_ps : d->trrd_ps;
	d->twtr_l_ps = d->twtr_l_ps > 0 ? d->twtr_l_ps : d->twtr_ps;
}

static bool make_tables(struct dram_memory *m)
{
	const size_t n_channels = (size_t)m->controller.n_channels, n_ranks = n_channels * (size_t)m->device.n_ranks;
	const size_t n_banks = n_ranks * (size_t)m->device.n_banks, n_writes = (size_t)m->device.n_write_buffer;
	m->banks = calloc(n_banks, sizeof *m->banks);
	m->openings = calloc(n_ranks, sizeof *m->openings);
	m->channels = calloc(n_channels, sizeof *m->channels);
	m->commands = calloc(n_channels * DRAM_N_COMMANDS + n_ranks * DRAM_N_OPENINGS, sizeof *m->commands);
	m->room = calloc(n_channels * n_writes + 1, sizeof *m->room);
	m->left = calloc(n_channels * n_writes + 1, sizeof *m->left);
	if (m->left == NULL || m->banks == NULL || m->openings == NULL || m->channels == NULL || m->commands == NULL || m->room == NULL)
		return false;
	for (size_t i = 0; i < n_channels; i++) {
		m->channels[i].columns = (struct dram_history){.latest = m->commands + i * DRAM_N_COMMANDS, .max = DRAM_N_COMMANDS};
		m->channels[i].writes = m->room + i * n_writes;
		m->channels[i].left = m->left + i * n_writes;
	}
	struct dram_command *rest = m->commands + n_channels * DRAM_N_COMMANDS;
	for (size_t i = 0; i < n_ranks; i++)
		m->openings[i] = (struct dram_history){.latest = rest + i * DRAM_N_OPENINGS, .max = DRAM_N_OPENINGS};
	return true;
}

enum pv_status dram_new(const struct uarch_memory *controller, const struct uarch_dram *device, struct dram_memory **memory,
                        struct pv_error *err)
{
	TRY(check(controller, device, err));
	struct dram_memory *m = calloc(1, sizeof *m);
	FAIL_IF(m == NULL, err, PV_ERR_NOMEM, "no memory for the memory model");
	m->controller = *controller;
	m->device = *device;
	complete(&m->device);
	m->burst_bytes = burst_bytes(device);
	m->columns_per_row = row_bytes(device) / burst_bytes(device);
	m->write_low = device->n_write_buffer * WRITE_LOW_PERCENT / 100;
	m->write_high = device->n_write_buffer * WRITE_HIGH_PERCENT / 100;
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

uint32_t dram_channel_of(const struct dram_memory *memory, uint64_t addr)
{
	return dram_channel_in(memory, addr);
}

/* ---- commands in order of time ----------------------------------------------------------------------------------------------------- */

/* How many commands are at or before a time. */
static uint32_t count_until(const struct dram_history *h, uint64_t at)
{
	uint32_t n = h->n;
	while (n > 0 && h->latest[n - 1].at > at)
		n--;
	return n;
}

static void remember(struct dram_history *h, struct dram_command command)
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
static uint64_t in_memory(const struct dram_history *h, uint64_t at)
{
	return h->n == h->max && at < h->latest[0].at ? h->latest[0].at : at;
}

/* The time between two column commands of a channel. */
static int32_t distance(const struct uarch_dram *d, const struct dram_command *then, const struct dram_command *now)
{
	if (then->rank != now->rank)
		return d->tcs_ps + d->tburst_ps;
	bool same = d->n_bank_groups > 0 && then->group == now->group;
	if (then->write == now->write)
		return same ? d->tccd_l_ps : d->tburst_ps;
	if (now->write)
		return d->trtw_ps + (same ? d->tburst_max_ps : d->tburst_ps);
	return d->tcl_ps + (same ? d->tburst_max_ps + d->twtr_l_ps : d->tburst_ps + d->twtr_ps);
}

/* Whether a command may come in the middle of the burst of another, at its half. */
static bool interleaves(const struct uarch_dram *d, const struct dram_history *h, uint32_t i, const struct dram_command *now)
{
	const struct dram_command *then = &h->latest[i];
	if (d->tburst_min_ps >= d->tburst_ps || then->rank != now->rank || then->group == now->group || then->write != now->write)
		return false;
	bool is_second = i > 0 && then->at < h->latest[i - 1].at + d->tburst_ps;
	return now->at <= then->at + d->tburst_min_ps && !is_second;
}

/* The first time for a command that comes behind the first n of a history. */
static uint64_t place_behind(const struct uarch_dram *d, const struct dram_history *h, uint32_t n, const struct dram_command *now)
{
	uint64_t at = now->at;
	for (uint32_t k = n; k > 0 && k + 4 > n; k--) { /* over four others no distance reaches */
		const struct dram_command *then = &h->latest[k - 1];
		bool in_gap = k == n && interleaves(d, h, k - 1, now);
		uint64_t from = then->at + (in_gap ? d->tburst_min_ps : distance(d, then, now));
		if (at < from)
			at = from;
	}
	return at;
}

/* The first time for a column command that keeps its distance from those around it. */
static uint64_t place_column(const struct uarch_dram *d, const struct dram_history *h, struct dram_command now)
{
	now.at = in_memory(h, now.at);
	for (uint32_t i = count_until(h, now.at);; i++) {
		now.at = place_behind(d, h, i, &now);
		if (i == h->n || now.at + distance(d, &now, &h->latest[i]) <= h->latest[i].at)
			return now.at;
		if (now.at < h->latest[i].at)
			now.at = h->latest[i].at;
	}
}

/* The first time for opening a row. */
static uint64_t place_opening(const struct uarch_dram *d, const struct dram_history *h, struct dram_command now)
{
	const uint32_t n_activates = d->n_activates;
	now.at = in_memory(h, now.at);
	for (uint32_t i = 0; i < h->n; i++) {
		const struct dram_command *then = &h->latest[i];
		uint64_t apart = d->n_bank_groups > 0 && then->group == now.group ? d->trrd_l_ps : d->trrd_ps;
		if (now.at < then->at + apart && then->at < now.at + apart)
			now.at = then->at + apart;
		if (n_activates == 0 || i + 1 < n_activates || then->at > now.at)
			continue;
		uint64_t window = h->latest[i + 1 - n_activates].at + d->txaw_ps;
		if (now.at < window)
			now.at = window;
	}
	return now.at;
}

/* ---- banks ------------------------------------------------------------------------------------------------------------------------- */

static void close_row(const struct uarch_dram *d, struct dram_bank *bank, uint64_t at)
{
	uint64_t close_at = at > bank->close_from ? at : bank->close_from;
	bank->row = 0;
	if (bank->open_from < close_at + d->trp_ps)
		bank->open_from = close_at + d->trp_ps;
}

static uint64_t after_refresh(const struct uarch_dram *d, struct dram_bank *bank, uint64_t at)
{
	if (d->trefi_ps == 0)
		return at;
	uint64_t epoch = at / d->trefi_ps;
	uint64_t refreshed_at = epoch * d->trefi_ps + d->trfc_ps;
	if (epoch > 0 && at < refreshed_at)
		at = refreshed_at;
	if (epoch > bank->refresh_epoch) {
		bank->refresh_epoch = epoch;
		bank->row = 0;
	}
	return at;
}

/* The row is open for a request that came at a time; returns when its column command may be given. */
static uint64_t open_row(struct dram_memory *m, const struct dram_place *place, uint64_t at)
{
	const struct uarch_dram *d = &m->device;
	struct dram_bank *bank = &m->banks[place->bank];
	bool same_row = bank->row == place->row + 1;
	if (d->page_policy == UARCH_PAGE_CLOSE_ADAPTIVE && bank->row != 0 && (!same_row || at > bank->decided_at))
		close_row(d, bank, 0);
	at = after_refresh(d, bank, at);
	if (bank->row == place->row + 1) {
		m->stats.n_row_hits++;
		return at > bank->column_from ? at : bank->column_from;
	}
	m->stats.n_row_misses++;
	if (bank->row != 0)
		close_row(d, bank, at);
	struct dram_history *openings = dram_openings_of(m, place);
	struct dram_command opening = {.at = at > bank->open_from ? at : bank->open_from, .rank = (uint16_t)place->rank};
	opening.group = (uint16_t)place->group;
	opening.at = place_opening(d, openings, opening);
	remember(openings, opening);
	bank->row = place->row + 1;
	bank->n_accesses = 0;
	bank->close_from = opening.at + d->tras_ps;
	bank->column_from = opening.at + d->trcd_ps;
	return bank->column_from;
}

/* One burst; returns the time of its column command. */
static uint64_t burst(struct dram_memory *m, const struct dram_place *place, uint64_t at, bool write)
{
	const struct uarch_dram *d = &m->device;
	struct dram_bank *bank = &m->banks[place->bank];
	m->n_bursts++;
	struct dram_history *columns = &m->channels[place->channel].columns;
	struct dram_command command = {
	    .at = open_row(m, place, at), .rank = (uint16_t)place->rank, .group = (uint16_t)place->group, .write = write};
	command.at = place_column(d, columns, command);
	remember(columns, command);
	uint64_t close_from = write ? command.at + d->tcl_ps + d->tburst_ps + d->twr_ps : command.at + d->trtp_ps;
	if (bank->close_from < close_from)
		bank->close_from = close_from;
	bank->decided_at = command.at;
	bank->n_accesses++;
	if (d->max_accesses_per_row > 0 && bank->n_accesses >= d->max_accesses_per_row)
		close_row(d, bank, 0);
	return command.at;
}

/* ---- the write queue --------------------------------------------------------------------------------------------------------------- */

static bool waits(const struct dram_channel *channel, uint64_t burst)
{
	for (uint32_t i = 0; i < channel->n_writes; i++)
		if (channel->writes[i].burst == burst)
			return true;
	return false;
}

/* The oldest write to an open row; the oldest of all when there is none. */
static uint32_t choose_write(const struct dram_memory *m, const struct dram_channel *channel)
{
	for (uint32_t i = 0; i < channel->n_writes; i++) {
		const struct dram_place *place = &channel->writes[i].place;
		if (m->banks[place->bank].row == place->row + 1)
			return i;
	}
	return 0;
}

/* Writes n bursts, from a time on, one after the other. */
static void write_out(struct dram_memory *m, struct dram_channel *channel, uint32_t n, uint64_t at)
{
	channel->write_from = at;
	for (; n > 0 && channel->n_writes > 0; n--) {
		uint32_t i = choose_write(m, channel);
		struct dram_place place = channel->writes[i].place;
		channel->n_writes--;
		memmove(channel->writes + i, channel->writes + i + 1, (channel->n_writes - i) * sizeof *channel->writes);
		at = channel->write_until = burst(m, &place, at, true);
		channel->left[channel->next_left] = at;
		channel->next_left = (channel->next_left + 1) % m->device.n_write_buffer;
	}
}

/* What the controller writes by a time, on its own. */
static void drain(struct dram_memory *m, struct dram_channel *channel, uint64_t at)
{
	if (channel->n_writes <= m->write_low)
		return;
	if (channel->last_read <= at)
		write_out(m, channel, channel->n_writes + MIN_WRITES - m->write_low + 1, at);
	else if (channel->n_writes > m->write_high)
		write_out(m, channel, MIN_WRITES, at);
}

/* ---- requests ---------------------------------------------------------------------------------------------------------------------- */

uint64_t dram_read(struct dram_memory *m, uint64_t addr, uint32_t line_bytes, uint64_t at_ps)
{
	const struct uarch_dram *d = &m->device;
	struct dram_place place = dram_place_of(m, addr);
	struct dram_channel *channel = &m->channels[place.channel];
	uint32_t n_bursts = (line_bytes + m->burst_bytes - 1) / m->burst_bytes;
	uint64_t done = at_ps;
	m->stats.n_reads++;
	if (at_ps >= channel->write_from && at_ps < channel->write_until)
		at_ps = channel->write_until;
	for (uint32_t i = 0; i < n_bursts; i++) {
		if (channel->n_writes > 0 && waits(channel, addr / m->burst_bytes + i))
			continue;
		uint64_t command = burst(m, &place, at_ps, false);
		if (channel->last_read < command)
			channel->last_read = command;
		done = command + d->tcl_ps + d->tburst_ps > done ? command + d->tcl_ps + d->tburst_ps : done;
	}
	dram_note_read(m, addr, line_bytes, n_bursts);
	return done + m->controller.frontend_latency_ps + m->controller.backend_latency_ps;
}

uint64_t dram_write(struct dram_memory *m, uint64_t addr, uint32_t line_bytes, uint64_t at_ps)
{
	const struct uarch_dram *d = &m->device;
	struct dram_place place = dram_place_of(m, addr);
	struct dram_channel *channel = &m->channels[place.channel];
	uint32_t n_bursts = (line_bytes + m->burst_bytes - 1) / m->burst_bytes;
	m->stats.n_writes++;
	for (uint32_t i = 0; i < n_bursts; i++) {
		uint64_t address = addr / m->burst_bytes + i;
		if (d->n_write_buffer == 0) {
			burst(m, &place, at_ps, true);
			continue;
		}
		if (waits(channel, address))
			continue;
		uint64_t room_at = channel->left[(channel->next_left + channel->n_writes) % d->n_write_buffer];
		at_ps = room_at > at_ps ? room_at : at_ps;
		channel->writes[channel->n_writes++] = (struct dram_waiting_write){.place = place, .burst = address};
		drain(m, channel, at_ps);
	}
	return at_ps;
}

const struct dram_stats *dram_stats(const struct dram_memory *memory)
{
	return &memory->stats;
}
