/*
 * dram.c - main memory as time tables
 *
 *   address   ... row | rank | bank | column | channel | offset in interleave unit       (RoRaBaCoCh)
 *   read      row open:   tCL + tBURST        closed: tRCD + tCL + tBURST        another row open: tRP + tRCD + tCL + tBURST
 *
 * A bank remembers its open row, when it was opened (tRAS bounds the next precharge) and when it takes the next column command. Bursts
 * of one channel share its data bus, kept as a ring of burst-long slots. Refresh: every tREFI all banks close and nothing starts for tRFC.
 *
 * Simplifications: requests are served in the order they are made (the simulator's program order), not reordered; writes occupy the bus
 * but leave rows alone (a controller drains them in batches); tRRD, tXAW, bank groups and bus turn-around are left out.
 *
 * Reference: Hansson et al., "Simulating DRAM controllers for future system architecture exploration", ISPASS 2014.
 */
#include "sim/dram/dram.h"

#include <stdbool.h>
#include <stdlib.h>

enum { N_BUS_SLOTS = 1024 };

struct bank {
	uint64_t row; /* row + 1; 0: closed */
	uint64_t opened_at, ready_at;
	uint64_t refresh_epoch;
	uint32_t n_accesses; /* to the open row */
};

struct pv_dram_memory {
	struct pv_dram_config config;
	struct pv_dram_stats stats;
	uint32_t columns_per_row; /* bursts */
	struct bank *banks;       /* [channel][rank][bank] */
	uint64_t *bus;            /* [channel][slot]: the slot number taken there last, + 1 */
};

static bool is_power(uint32_t x)
{
	return x != 0 && (x & (x - 1)) == 0;
}

enum pv_status pv_dram_new(const struct pv_dram_config *config, struct pv_dram_memory **memory, struct pv_error *err)
{
	PV_FAIL_IF(!is_power(config->n_channels) || !is_power(config->interleave_bytes), err, PV_ERR_RANGE,
	           "memory: %u channels interleaved by %u bytes, powers of two are needed", config->n_channels, config->interleave_bytes);
	PV_FAIL_IF(config->n_ranks == 0 || config->n_banks == 0 || config->burst_bytes == 0 || config->row_bytes < config->burst_bytes, err,
	           PV_ERR_RANGE, "memory: %u ranks of %u banks with rows of %u and bursts of %u bytes are not possible", config->n_ranks,
	           config->n_banks, config->row_bytes, config->burst_bytes);
	PV_FAIL_IF(config->t_burst == 0 || (config->t_refi > 0 && config->t_rfc >= config->t_refi), err, PV_ERR_RANGE,
	           "memory: a burst of %u ps, refresh of %u ps every %u ps", config->t_burst, config->t_rfc, config->t_refi);
	struct pv_dram_memory *m = calloc(1, sizeof *m);
	PV_FAIL_IF(m == NULL, err, PV_ERR_NOMEM, "no memory for the memory model");
	m->config = *config;
	m->columns_per_row = config->row_bytes / config->burst_bytes;
	m->banks = calloc((size_t)config->n_channels * config->n_ranks * config->n_banks, sizeof *m->banks);
	m->bus = calloc((size_t)config->n_channels * N_BUS_SLOTS, sizeof *m->bus);
	if (m->banks == NULL || m->bus == NULL) {
		pv_dram_free(m);
		return pv_error_set(err, PV_ERR_NOMEM, "no memory for the memory model");
	}
	*memory = m;
	return PV_OK;
}

void pv_dram_free(struct pv_dram_memory *memory)
{
	if (memory == NULL)
		return;
	free(memory->banks);
	free(memory->bus);
	free(memory);
}

/* Which channel, bank and row an address is in. */
struct place {
	uint32_t channel, bank;
	uint64_t row;
};

static struct place place_of(const struct pv_dram_memory *m, uint64_t addr)
{
	const struct pv_dram_config *c = &m->config;
	uint64_t unit = addr / c->interleave_bytes;
	uint32_t channel = (uint32_t)(unit & (c->n_channels - 1));
	uint64_t local = unit / c->n_channels * c->interleave_bytes + addr % c->interleave_bytes;
	uint64_t row_unit = local / c->burst_bytes / m->columns_per_row;
	uint32_t bank = (uint32_t)(row_unit % c->n_banks);
	uint64_t rest = row_unit / c->n_banks;
	uint32_t rank = (uint32_t)(rest % c->n_ranks);
	return (struct place){.channel = channel, .bank = (channel * c->n_ranks + rank) * c->n_banks + bank, .row = rest / c->n_ranks};
}

/* Start of the first free run of n burst slots at or after a time; takes them. */
static uint64_t take_bus(struct pv_dram_memory *m, uint32_t channel, uint64_t at, uint32_t n)
{
	uint64_t *bus = m->bus + (size_t)channel * N_BUS_SLOTS;
	uint64_t slot = at / m->config.t_burst, start = at;
	bool moved = false;
	for (uint32_t found = 0; found < n; slot++) {
		uint64_t *place = &bus[slot % N_BUS_SLOTS];
		if (*place == slot + 1) {
			moved = true;
			continue;
		}
		if (*place < slot + 1)
			*place = slot + 1;
		if (found++ == 0 && moved)
			start = slot * m->config.t_burst;
	}
	return start;
}

static uint64_t after_refresh(const struct pv_dram_config *c, struct bank *bank, uint64_t at)
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

/* The time a column command to the row can be given; opens it. */
static uint64_t open_row(struct pv_dram_memory *m, struct bank *bank, uint64_t row, uint64_t at)
{
	const struct pv_dram_config *c = &m->config;
	at = after_refresh(c, bank, at);
	if (bank->row == row + 1) {
		m->stats.n_row_hits++;
		return at > bank->ready_at ? at : bank->ready_at;
	}
	m->stats.n_row_misses++;
	if (at < bank->ready_at)
		at = bank->ready_at;
	if (bank->row != 0) {
		if (at < bank->opened_at + c->t_ras)
			at = bank->opened_at + c->t_ras;
		at += c->t_rp;
	}
	bank->opened_at = at;
	bank->row = row + 1;
	bank->n_accesses = 0;
	return at + c->t_rcd;
}

/* After the column command at a time: may close the row (auto-precharge). */
static void leave_row(const struct pv_dram_config *c, struct bank *bank, uint64_t command_at)
{
	bank->ready_at = command_at;
	bank->n_accesses++;
	if (!c->closes_rows && (c->max_accesses_per_row == 0 || bank->n_accesses < c->max_accesses_per_row))
		return;
	uint64_t close_at = command_at + c->t_burst;
	if (close_at < bank->opened_at + c->t_ras)
		close_at = bank->opened_at + c->t_ras;
	bank->row = 0;
	bank->ready_at = close_at + c->t_rp;
}

uint64_t pv_dram_read(struct pv_dram_memory *m, uint64_t addr, uint32_t line_bytes, uint64_t at_ps)
{
	const struct pv_dram_config *c = &m->config;
	struct place place = place_of(m, addr);
	struct bank *bank = &m->banks[place.bank];
	uint32_t n_bursts = (line_bytes + c->burst_bytes - 1) / c->burst_bytes;
	uint64_t command = open_row(m, bank, place.row, at_ps);
	uint64_t data = take_bus(m, place.channel, command + c->t_cl, n_bursts);
	leave_row(c, bank, data - c->t_cl);
	m->stats.n_reads++;
	return data + (uint64_t)n_bursts * c->t_burst + c->t_frontend + c->t_backend;
}

void pv_dram_write(struct pv_dram_memory *m, uint64_t addr, uint32_t line_bytes, uint64_t at_ps)
{
	struct place place = place_of(m, addr);
	take_bus(m, place.channel, at_ps, (line_bytes + m->config.burst_bytes - 1) / m->config.burst_bytes);
	m->stats.n_writes++;
}

const struct pv_dram_stats *pv_dram_stats(const struct pv_dram_memory *memory)
{
	return &memory->stats;
}
