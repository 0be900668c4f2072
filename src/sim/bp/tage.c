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
 * The loop predictor of L-TAGE and the statistical corrector of TAGE-SC-L are not here; machines that name them get this TAGE with the
 * geometry of their tagged tables.
 *
 * Reference: Seznec, Michaud, "A case for (partially) tagged geometric history length branch prediction", JILP 2006; table sizes as
 * gem5's TAGEBase and LTAGE.
 */
#include "sim/bp/direction.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HISTORY_BITS = 4096, PATH_BITS = 16, COUNTER_MAX = 3, COUNTER_MIN = -4, USEFUL_RESET_LOG = 18 };

const struct pv_tage_config pv_tage_8_tables = {
    .n_tables = 7,
    .min_history = 5,
    .max_history = 130,
    .log_entries = {13, 9, 9, 9, 9, 9, 9, 9},
    .tag_bits = {0, 9, 9, 10, 10, 11, 11, 12},
    .insn_shift = 2,
};

const struct pv_tage_config pv_tage_12_tables = {
    .n_tables = 12,
    .min_history = 4,
    .max_history = 640,
    .log_entries = {14, 10, 10, 11, 11, 11, 11, 10, 10, 10, 10, 9, 9},
    .tag_bits = {0, 7, 7, 8, 8, 9, 10, 11, 12, 12, 13, 14, 15},
    .insn_shift = 2,
};

struct entry {
	uint16_t tag;
	int8_t counter; /* COUNTER_MIN..COUNTER_MAX, taken when >= 0 */
	uint8_t useful; /* 0..3 */
};

/* A history of `length` outcomes folded by xor into `bits` bits, kept up to date outcome by outcome. */
struct fold {
	uint32_t value, length, bits, out_bit;
};

struct table {
	struct entry *entries;
	struct fold index, tag_a, tag_b;
	uint32_t log_entries, tag_bits, length;
};

struct tage {
	struct pv_direction base;
	struct pv_tage_config config;
	struct table tables[PV_TAGE_MAX_TABLES + 1]; /* [0] is not used */
	uint8_t *bimodal;                            /* 2-bit */
	uint8_t history[HISTORY_BITS];               /* ring of outcomes, the newest at head */
	uint32_t head, path;
	int8_t use_alternative; /* -8..7: >= 0 when new entries are worse than the alternative */
	uint64_t n_updates;
	uint32_t noise; /* xorshift state that spreads allocations */
	uint32_t index[PV_TAGE_MAX_TABLES + 1], tag[PV_TAGE_MAX_TABLES + 1];
};

static void fold_init(struct fold *f, uint32_t length, uint32_t bits)
{
	*f = (struct fold){.length = length, .bits = bits, .out_bit = length % bits};
}

static void fold_push(struct fold *f, uint32_t newest, uint32_t oldest)
{
	f->value = f->value << 1 | newest;
	f->value ^= oldest << f->out_bit;
	f->value ^= f->value >> f->bits;
	f->value &= (1u << f->bits) - 1;
}

static void push_history(struct tage *t, uint64_t pc, bool taken)
{
	t->head = (t->head - 1) & (HISTORY_BITS - 1);
	t->history[t->head] = taken;
	t->path = (t->path << 1 | (uint32_t)((pc >> t->config.insn_shift) & 1)) & ((1u << PATH_BITS) - 1);
	for (uint32_t i = 1; i <= t->config.n_tables; i++) {
		struct table *table = &t->tables[i];
		uint32_t oldest = t->history[(t->head + table->length) & (HISTORY_BITS - 1)];
		fold_push(&table->index, taken, oldest);
		fold_push(&table->tag_a, taken, oldest);
		fold_push(&table->tag_b, taken, oldest);
	}
}

static uint32_t path_hash(const struct tage *t, const struct table *table, uint32_t i)
{
	uint32_t bits = table->log_entries, mask = (1u << bits) - 1;
	uint32_t length = table->length < PATH_BITS ? table->length : PATH_BITS;
	uint32_t path = t->path & ((1u << length) - 1);
	uint32_t low = path & mask, high = path >> bits;
	high = (high << i % bits | high >> (bits - i % bits)) & mask;
	low ^= high;
	return (low << i % bits | low >> (bits - i % bits)) & mask;
}

static void look_up(struct tage *t, uint64_t pc)
{
	uint32_t word = (uint32_t)(pc >> t->config.insn_shift);
	for (uint32_t i = 1; i <= t->config.n_tables; i++) {
		const struct table *table = &t->tables[i];
		uint32_t shift = table->log_entries > i ? table->log_entries - i : i - table->log_entries;
		t->index[i] = (word ^ word >> (shift + 1) ^ table->index.value ^ path_hash(t, table, i)) & ((1u << table->log_entries) - 1);
		t->tag[i] = (word ^ table->tag_a.value ^ table->tag_b.value << 1) & ((1u << table->tag_bits) - 1);
	}
}

static uint32_t find_match(const struct tage *t, uint32_t below)
{
	for (uint32_t i = below; i-- > 1;)
		if (t->tables[i].entries[t->index[i]].tag == t->tag[i])
			return i;
	return 0;
}

static bool is_new(const struct entry *e)
{
	return e->counter == 0 || e->counter == -1;
}

static void counter_step(int8_t *counter, bool up, int8_t min, int8_t max)
{
	if (up && *counter < max)
		(*counter)++;
	else if (!up && *counter > min)
		(*counter)--;
}

/* Take an entry whose usefulness is 0 in one of the tables above the provider; none free: all of them age. */
static void allocate(struct tage *t, uint32_t provider, bool taken)
{
	t->noise ^= t->noise << 13;
	t->noise ^= t->noise >> 17;
	t->noise ^= t->noise << 5;
	uint32_t first = provider + 1;
	if ((t->noise & 1) != 0 && first < t->config.n_tables)
		first += 1 + (uint32_t)((t->noise & 2) != 0 && first + 1 < t->config.n_tables);
	for (uint32_t i = first; i <= t->config.n_tables; i++) {
		struct entry *e = &t->tables[i].entries[t->index[i]];
		if (e->useful == 0) {
			*e = (struct entry){.tag = (uint16_t)t->tag[i], .counter = taken ? 0 : -1};
			return;
		}
	}
	for (uint32_t i = first; i <= t->config.n_tables; i++)
		t->tables[i].entries[t->index[i]].useful--;
}

/* Every 2^USEFUL_RESET_LOG branches usefulness is halved. */
static void age(struct tage *t)
{
	t->n_updates++;
	if ((t->n_updates & ((1u << USEFUL_RESET_LOG) - 1)) != 0)
		return;
	for (uint32_t i = 1; i <= t->config.n_tables; i++)
		for (uint32_t j = 0; j < 1u << t->tables[i].log_entries; j++)
			t->tables[i].entries[j].useful >>= 1;
}

static void train_provider(struct entry *e, bool provider_says, bool alternative_says, bool taken)
{
	counter_step(&e->counter, taken, COUNTER_MIN, COUNTER_MAX);
	if (provider_says != alternative_says)
		e->useful = pv_counter_towards(e->useful, provider_says == taken, 3);
}

static bool tage_step(struct pv_direction *direction, uint64_t pc, bool taken)
{
	struct tage *t = (struct tage *)direction;
	look_up(t, pc);
	uint8_t *bimodal = &t->bimodal[(pc >> t->config.insn_shift) & ((1u << t->config.log_entries[0]) - 1)];
	uint32_t provider = find_match(t, t->config.n_tables + 1), alternative = provider > 0 ? find_match(t, provider) : 0;
	bool base_says = *bimodal >= 2, prediction = base_says;
	if (provider > 0) {
		struct entry *e = &t->tables[provider].entries[t->index[provider]];
		bool provider_says = e->counter >= 0;
		bool alternative_says = alternative > 0 ? t->tables[alternative].entries[t->index[alternative]].counter >= 0 : base_says;
		bool fresh = is_new(e) && e->useful == 0;
		prediction = fresh && t->use_alternative >= 0 ? alternative_says : provider_says;
		if (fresh && provider_says != alternative_says)
			counter_step(&t->use_alternative, alternative_says == taken, -8, 7);
		bool allocates = prediction != taken && provider < t->config.n_tables && !(fresh && provider_says == taken);
		if (e->useful == 0 && alternative > 0)
			counter_step(&t->tables[alternative].entries[t->index[alternative]].counter, taken, COUNTER_MIN, COUNTER_MAX);
		else if (e->useful == 0)
			*bimodal = pv_counter_towards(*bimodal, taken, 3);
		train_provider(e, provider_says, alternative_says, taken);
		if (allocates)
			allocate(t, provider, taken);
	} else {
		*bimodal = pv_counter_towards(*bimodal, taken, 3);
		if (prediction != taken)
			allocate(t, 0, taken);
	}
	age(t);
	push_history(t, pc, taken);
	return prediction;
}

static void tage_note_unconditional(struct pv_direction *direction, uint64_t pc)
{
	push_history((struct tage *)direction, pc, true);
}

static void tage_free(struct pv_direction *direction)
{
	struct tage *t = (struct tage *)direction;
	for (uint32_t i = 1; i <= PV_TAGE_MAX_TABLES; i++)
		free(t->tables[i].entries);
	free(t->bimodal);
	free(t);
}

static enum pv_status check_config(const struct pv_tage_config *c, struct pv_error *err)
{
	PV_FAIL_IF(c->n_tables < 2 || c->n_tables > PV_TAGE_MAX_TABLES, err, PV_ERR_RANGE, "TAGE: %u tagged tables, 2 to %d are possible",
	           c->n_tables, PV_TAGE_MAX_TABLES);
	PV_FAIL_IF(c->min_history < 1 || c->max_history <= c->min_history || c->max_history >= HISTORY_BITS, err, PV_ERR_RANGE,
	           "TAGE: histories of %u to %u branches are not possible", c->min_history, c->max_history);
	for (uint32_t i = 0; i <= c->n_tables; i++)
		PV_FAIL_IF(c->log_entries[i] < 2 || c->log_entries[i] > 20 || (i > 0 && (c->tag_bits[i] < 4 || c->tag_bits[i] > 16)), err,
		           PV_ERR_RANGE, "TAGE: table %u has 2^%u entries with %u-bit tags", i, c->log_entries[i], c->tag_bits[i]);
	return PV_OK;
}

static bool make_table(struct tage *t, uint32_t i)
{
	const struct pv_tage_config *c = &t->config;
	struct table *table = &t->tables[i];
	double ratio = (double)c->max_history / c->min_history, power = (double)(i - 1) / (c->n_tables - 1);
	table->length = (uint32_t)(c->min_history * pow(ratio, power) + 0.5);
	table->log_entries = c->log_entries[i];
	table->tag_bits = c->tag_bits[i];
	fold_init(&table->index, table->length, table->log_entries);
	fold_init(&table->tag_a, table->length, table->tag_bits);
	fold_init(&table->tag_b, table->length, table->tag_bits - 1);
	table->entries = calloc((size_t)1 << table->log_entries, sizeof *table->entries);
	return table->entries != NULL;
}

enum pv_status pv_tage_new(const struct pv_tage_config *config, struct pv_direction **direction, struct pv_error *err)
{
	static const struct pv_direction_ops ops = {"TAGE", tage_step, tage_note_unconditional, tage_free};
	PV_TRY(check_config(config, err));
	struct tage *t = calloc(1, sizeof *t);
	if (t == NULL)
		return pv_error_set(err, PV_ERR_NOMEM, "no memory for a TAGE branch predictor");
	t->base.ops = &ops;
	t->config = *config;
	t->noise = 0x9e3779b9;
	t->bimodal = malloc((size_t)1 << config->log_entries[0]);
	bool ok = t->bimodal != NULL;
	for (uint32_t i = 1; ok && i <= config->n_tables; i++)
		ok = make_table(t, i);
	if (!ok) {
		tage_free(&t->base);
		return pv_error_set(err, PV_ERR_NOMEM, "no memory for a TAGE branch predictor");
	}
	memset(t->bimodal, 1, (size_t)1 << config->log_entries[0]);
	*direction = &t->base;
	return PV_OK;
}
