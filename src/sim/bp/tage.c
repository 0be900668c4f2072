/*
 * tage.c - TAGE: tagged tables indexed by geometrically growing pieces of global history
 *
 *   base    bimodal counters, indexed by pc
 *   T1..Tn  entries {3-bit counter, tag, 2-bit usefulness}, indexed by hash(pc, last L(i) outcomes, path), L(i) geometric
 *
 * The longest table whose tag matches provides the prediction; the next longest match (or the base) is the alternative, used instead
 * while an entry is new and new entries have been seen to be worse. A misprediction allocates in a longer table where usefulness is 0.
 * History is folded incrementally, so that a step costs a few operations per table whatever the history length.
 *
 * Reference: Seznec, Michaud, "A case for (partially) tagged geometric history length branch prediction", JILP 2006; table sizes as
 * gem5's TAGEBase and LTAGE.
 */
#include "sim/bp/tage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNTER_BITS = 3, COUNTER_MAX = 3, USEFUL_RESET_LOG = 18 };

const struct bp_tage_config bp_tage_8_tables = {
    .n_tables = 7,
    .min_history = 5,
    .max_history = 130,
    .log_entries = {13, 9, 9, 9, 9, 9, 9, 9},
    .tag_bits = {0, 9, 9, 10, 10, 11, 11, 12},
    .insn_shift = 2,
};

const struct bp_tage_config bp_tage_12_tables = {
    .n_tables = 12,
    .min_history = 4,
    .max_history = 640,
    .log_entries = {14, 10, 10, 11, 11, 11, 11, 10, 10, 10, 10, 9, 9},
    .tag_bits = {0, 7, 7, 8, 8, 9, 10, 11, 12, 12, 13, 14, 15},
    .insn_shift = 2,
};

void bp_tage_push(struct bp_tage *t, uint64_t pc, bool taken)
{
	t->head = (t->head - 1) & (BP_TAGE_HISTORY_BITS - 1);
	t->history[t->head] = taken;
	t->path = (t->path << 1 | (uint32_t)((pc >> t->config.insn_shift) & 1)) & ((1u << BP_TAGE_PATH_BITS) - 1);
	for (uint32_t i = 1; i <= t->config.n_tables; i++) {
		struct bp_tage_table *table = &t->tables[i];
		uint32_t oldest = t->history[(t->head + table->length) & (BP_TAGE_HISTORY_BITS - 1)];
		bp_fold_push(&table->index, taken, oldest);
		bp_fold_push(&table->tag_a, taken, oldest);
		bp_fold_push(&table->tag_b, taken, oldest);
	}
}

static uint32_t path_hash(const struct bp_tage *t, const struct bp_tage_table *table, uint32_t i)
{
	uint32_t bits = table->log_entries, mask = (1u << bits) - 1;
	uint32_t length = table->length < BP_TAGE_PATH_BITS ? table->length : BP_TAGE_PATH_BITS;
	uint32_t path = t->path & ((1u << length) - 1);
	uint32_t low = path & mask, high = path >> bits;
	high = (high << i % bits | high >> (bits - i % bits)) & mask;
	low ^= high;
	return (low << i % bits | low >> (bits - i % bits)) & mask;
}

static void look_up(struct bp_tage *t, uint64_t pc)
{
	uint32_t word = (uint32_t)(pc >> t->config.insn_shift);
	for (uint32_t i = 1; i <= t->config.n_tables; i++) {
		const struct bp_tage_table *table = &t->tables[i];
		uint32_t shift = table->log_entries > i ? table->log_entries - i : i - table->log_entries;
		t->index[i] = (word ^ word >> (shift + 1) ^ table->index.value ^ path_hash(t, table, i)) & ((1u << table->log_entries) - 1);
		t->tag[i] = (word ^ table->tag_a.value ^ table->tag_b.value << 1) & ((1u << table->tag_bits) - 1);
	}
}

static uint32_t find_match(const struct bp_tage *t, uint32_t below)
{
	for (uint32_t i = below; i-- > 1;)
		if (t->tables[i].entries[t->index[i]].tag == t->tag[i])
			return i;
	return 0;
}

static bool is_new(const struct bp_tage_entry *e)
{
	return e->counter == 0 || e->counter == -1;
}

/* Take an entry whose usefulness is 0 in one of the tables above the provider; none free: all of them age. */
static void allocate(struct bp_tage *t, uint32_t provider, bool taken)
{
	uint32_t noise = bp_noise(&t->noise);
	uint32_t first = provider + 1;
	if ((noise & 1) != 0 && first < t->config.n_tables)
		first += 1 + (uint32_t)((noise & 2) != 0 && first + 1 < t->config.n_tables);
	for (uint32_t i = first; i <= t->config.n_tables; i++) {
		struct bp_tage_entry *e = &t->tables[i].entries[t->index[i]];
		if (e->useful == 0) {
			*e = (struct bp_tage_entry){.tag = (uint16_t)t->tag[i], .counter = taken ? 0 : -1};
			return;
		}
	}
	for (uint32_t i = first; i <= t->config.n_tables; i++)
		t->tables[i].entries[t->index[i]].useful--;
}

/* Every 2^USEFUL_RESET_LOG branches usefulness is halved. */
static void age(struct bp_tage *t)
{
	t->n_updates++;
	if ((t->n_updates & ((1u << USEFUL_RESET_LOG) - 1)) != 0)
		return;
	for (uint32_t i = 1; i <= t->config.n_tables; i++)
		for (uint32_t j = 0; j < 1u << t->tables[i].log_entries; j++)
			t->tables[i].entries[j].useful >>= 1;
}

static uint8_t *base_of(struct bp_tage *t, uint64_t pc)
{
	return &t->bimodal[(pc >> t->config.insn_shift) & ((1u << t->config.log_entries[0]) - 1)];
}

static struct bp_tage_entry *entry_of(struct bp_tage *t, uint32_t table)
{
	return &t->tables[table].entries[t->index[table]];
}

bool bp_tage_predict(struct bp_tage *t, uint64_t pc, struct bp_tage_guess *g)
{
	look_up(t, pc);
	bool base_says = *base_of(t, pc) >= 2;
	*g = (struct bp_tage_guess){.provider = find_match(t, t->config.n_tables + 1), .prediction = base_says};
	g->provider_says = g->alternative_says = base_says;
	g->is_sure = *base_of(t, pc) == 0 || *base_of(t, pc) == 3;
	if (g->provider == 0)
		return base_says;
	g->alternative = find_match(t, g->provider);
	const struct bp_tage_entry *e = entry_of(t, g->provider);
	g->provider_says = e->counter >= 0;
	g->alternative_says = g->alternative > 0 ? entry_of(t, g->alternative)->counter >= 0 : base_says;
	g->fresh = is_new(e) && e->useful == 0;
	g->is_sure = e->counter == COUNTER_MAX || e->counter == -COUNTER_MAX - 1;
	g->prediction = g->fresh && t->use_alternative >= 0 ? g->alternative_says : g->provider_says;
	return g->prediction;
}

static void train_provider(struct bp_tage *t, uint64_t pc, bool taken, const struct bp_tage_guess *g)
{
	struct bp_tage_entry *e = entry_of(t, g->provider);
	if (e->useful == 0 && g->alternative > 0)
		entry_of(t, g->alternative)->counter = bp_signed_towards(entry_of(t, g->alternative)->counter, taken, COUNTER_BITS);
	else if (e->useful == 0)
		*base_of(t, pc) = bp_counter_towards(*base_of(t, pc), taken, 3);
	e->counter = bp_signed_towards(e->counter, taken, COUNTER_BITS);
	if (g->provider_says != g->alternative_says)
		e->useful = bp_counter_towards(e->useful, g->provider_says == taken, 3);
}

void bp_tage_train(struct bp_tage *t, uint64_t pc, bool taken, const struct bp_tage_guess *g)
{
	bool allocates = g->prediction != taken && g->provider < t->config.n_tables && !(g->fresh && g->provider_says == taken);
	if (g->fresh && g->provider_says != g->alternative_says)
		t->use_alternative = bp_signed_towards(t->use_alternative, g->alternative_says == taken, 4);
	if (g->provider > 0)
		train_provider(t, pc, taken, g);
	else
		*base_of(t, pc) = bp_counter_towards(*base_of(t, pc), taken, 3);
	if (allocates)
		allocate(t, g->provider, taken);
	age(t);
}

static enum pv_status check_config(const struct bp_tage_config *c, struct pv_error *err)
{
	FAIL_IF(c->n_tables < 2 || c->n_tables > BP_TAGE_MAX_TABLES, err, PV_ERR_RANGE, "TAGE: %u tagged tables, 2 to %d are possible",
	        c->n_tables, BP_TAGE_MAX_TABLES);
	FAIL_IF(c->min_history < 1 || c->max_history <= c->min_history || c->max_history >= BP_TAGE_HISTORY_BITS, err, PV_ERR_RANGE,
	        "TAGE: histories of %u to %u branches are not possible", c->min_history, c->max_history);
	for (uint32_t i = 0; i <= c->n_tables; i++)
		FAIL_IF(c->log_entries[i] < 2 || c->log_entries[i] > 20 || (i > 0 && (c->tag_bits[i] < 4 || c->tag_bits[i] > 16)), err,
		        PV_ERR_RANGE, "TAGE: table %u has 2^%u entries with %u-bit tags", i, c->log_entries[i], c->tag_bits[i]);
	return PV_OK;
}

static bool make_table(struct bp_tage *t, uint32_t i)
{
	const struct bp_tage_config *c = &t->config;
	struct bp_tage_table *table = &t->tables[i];
	double ratio = (double)c->max_history / c->min_history, power = (double)(i - 1) / (c->n_tables - 1);
	table->length = c->lengths[i] > 0 ? c->lengths[i] : (uint32_t)(c->min_history * pow(ratio, power) + 0.5);
	table->log_entries = c->log_entries[i];
	table->tag_bits = c->tag_bits[i];
	bp_fold_init(&table->index, table->length, table->log_entries);
	bp_fold_init(&table->tag_a, table->length, table->tag_bits);
	bp_fold_init(&table->tag_b, table->length, table->tag_bits - 1);
	table->entries = calloc((size_t)1 << table->log_entries, sizeof *table->entries);
	return table->entries != NULL;
}

void bp_tage_release(struct bp_tage *t)
{
	for (uint32_t i = 1; i <= BP_TAGE_MAX_TABLES; i++)
		free(t->tables[i].entries);
	free(t->bimodal);
}

enum pv_status bp_tage_init(struct bp_tage *t, const struct bp_tage_config *config, struct pv_error *err)
{
	memset(t, 0, sizeof *t);
	TRY(check_config(config, err));
	t->config = *config;
	t->noise = 0x9e3779b9;
	t->bimodal = malloc((size_t)1 << config->log_entries[0]);
	bool ok = t->bimodal != NULL;
	for (uint32_t i = 1; ok && i <= config->n_tables; i++)
		ok = make_table(t, i);
	FAIL_IF(!ok, err, PV_ERR_NOMEM, "no memory for a TAGE branch predictor");
	memset(t->bimodal, 1, (size_t)1 << config->log_entries[0]);
	return PV_OK;
}

/* ---- on its own -------------------------------------------------------------------------------------------------------------------- */

struct tage {
	struct bp_direction base;
	struct bp_tage tage;
};

static bool tage_step(struct bp_direction *direction, uint64_t pc, uint64_t target, bool taken)
{
	struct bp_tage *t = &((struct tage *)direction)->tage;
	struct bp_tage_guess guess;
	(void)target;
	bool prediction = bp_tage_predict(t, pc, &guess);
	bp_tage_train(t, pc, taken, &guess);
	bp_tage_push(t, pc, taken);
	return prediction;
}

static void tage_note_unconditional(struct bp_direction *direction, uint64_t pc, uint64_t target)
{
	(void)target;
	bp_tage_push(&((struct tage *)direction)->tage, pc, true);
}

static void tage_free(struct bp_direction *direction)
{
	bp_tage_release(&((struct tage *)direction)->tage);
	free(direction);
}

enum pv_status bp_tage_new(const struct bp_tage_config *config, struct bp_direction **direction, struct pv_error *err)
{
	static const struct bp_direction_ops ops = {"TAGE", tage_step, tage_note_unconditional, tage_free};
	struct tage *t = calloc(1, sizeof *t);
	FAIL_IF(t == NULL, err, PV_ERR_NOMEM, "no memory for a TAGE branch predictor");
	t->base.ops = &ops;
	enum pv_status status = bp_tage_init(&t->tage, config, err);
	if (status != PV_OK) {
		tage_free(&t->base);
		return status;
	}
	*direction = &t->base;
	return PV_OK;
}
