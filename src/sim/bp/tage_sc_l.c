/*
 * tage_sc_l.c - TAGE-SC-L: TAGE in shared banks, a loop predictor, and a statistical corrector that may overrule both
 *
 *   TAGE        pairs of tables of one history length (two ways); all tables with short tags share one pool of banks, those with long
 *               tags another; where a table's entries lie in the pool turns with pc and path
 *   L           loop.h
 *   corrector   sums of 6-bit counters: biases indexed by pc and what TAGE says, and groups of tables (GEHL) indexed by pc and a history:
 *               global outcomes of backward branches, path, local histories, iterations of the innermost loop (IMLI); where the sum's sign
 *               differs from TAGE and the sum is large for TAGE's confidence, the sum wins
 *
 * Reference: Seznec, "TAGE-SC-L branch predictors again", CBP-5 2016; sizes, history lengths and tables in use as gem5's TAGE_SC_L_8KB and
 * TAGE_SC_L_64KB. Simplified: the bimodal base has a hysteresis bit per entry.
 */
#include "sim/bp/loop.h"
#include "sim/bp/tage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TABLES = 36, MAX_GROUPS = 7, MAX_PER_GROUP = 3, COUNTER_BITS = 3, PATH_BITS = 27, TICKS = 1024, HISTORY = 4096 };

/* What a group of the corrector looks at. */
enum source { BACKWARD, GLOBAL, PATH, LOCAL_1, LOCAL_2, LOCAL_3, IMLI, IMLI_GLOBAL };

struct group_config {
	enum source source;
	uint8_t n, log_entries;
	uint8_t lengths[MAX_PER_GROUP];
};

struct scl_config {
	const char *name;
	uint32_t n_tables, min_history, max_history, log_bank, n_banks[2], tag_bits[2], first_long, useful_max, log_base;
	uint64_t used; /* bit i: table i exists */
	struct bp_loop_config loop;
	uint32_t log_bias, n_locals, n_groups;
	bool threshold_grows; /* with the groups that are trusted */
	struct group_config groups[MAX_GROUPS];
};

static const struct scl_config configs[] = {
    [BP_PREDICTOR_8KB] = {.name = "TAGE-SC-L 8 KB",
                          .n_tables = 30,
                          .min_history = 4,
                          .max_history = 1000,
                          .log_bank = 7,
                          .n_banks = {9, 17},
                          .tag_bits = {8, 12},
                          .first_long = 11,
                          .useful_max = 3,
                          .log_base = 12,
                          .used = 0x555fffd4,
                          .loop = {.log_entries = 3, .tag_bits = 10, .iteration_bits = 10, .confidence_bits = 4, .believes_long = true},
                          .log_bias = 7,
                          .n_locals = 64,
                          .n_groups = 4,
                          .groups = {{GLOBAL, 2, 7, {6, 3}}, {BACKWARD, 2, 7, {16, 8}}, {LOCAL_1, 2, 7, {6, 3}}, {IMLI, 1, 7, {8}}}},
    [BP_PREDICTOR_64KB] = {.name = "TAGE-SC-L 64 KB",
                           .n_tables = 36,
                           .min_history = 6,
                           .max_history = 3000,
                           .log_bank = 10,
                           .n_banks = {10, 20},
                           .tag_bits = {8, 12},
                           .first_long = 13,
                           .useful_max = 1,
                           .log_base = 13,
                           .used = 0x11157ffe44,
                           .loop = {.log_entries = 5, .tag_bits = 10, .iteration_bits = 10, .confidence_bits = 4, .believes_long = true},
                           .log_bias = 8,
                           .n_locals = 256,
                           .n_groups = 7,
                           .threshold_grows = true,
                           .groups = {{BACKWARD, 3, 10, {40, 24, 10}},
                                      {PATH, 3, 9, {25, 16, 9}},
                                      {LOCAL_1, 3, 10, {11, 6, 3}},
                                      {LOCAL_2, 3, 9, {16, 11, 6}},
                                      {LOCAL_3, 2, 10, {9, 4}},
                                      {IMLI_GLOBAL, 2, 9, {10, 4}},
                                      {IMLI, 1, 8, {8}}}},
};

struct group {
	struct group_config config;
	int8_t *counters[MAX_PER_GROUP]; /* 6 bits */
	int8_t weight[8];                /* by pc: >= 0 counts double */
	uint32_t index[MAX_PER_GROUP];   /* of the branch at hand */
	int32_t sum;
};

struct corrector {
	struct group groups[MAX_GROUPS];
	int8_t *bias[3];
	uint32_t bias_index[3];
	int8_t bias_weight[8];
	int32_t bias_sum;
	int32_t threshold; /* in eighths */
	int8_t pc_threshold[64];
	int8_t first, second; /* 7 bits: >= 0 when TAGE was right at low sums */
	uint64_t backward, global, imli_global[256];
	uint32_t imli;
	uint16_t local_1[256], local_2[16], local_3[16];
};

struct scl {
	struct bp_direction base;
	const struct scl_config *config;
	uint32_t insn_shift, noise, path, head;
	int32_t ticks;
	uint8_t *bimodal;
	struct bp_tage_entry *pool[2];               /* short tags, long tags */
	struct bp_fold folds[MAX_TABLES / 2 + 1][3]; /* index, tags; of each pair of tables */
	uint32_t index[MAX_TABLES + 1];              /* in the pool */
	uint16_t tag[MAX_TABLES + 1];
	uint8_t history[HISTORY];
	int8_t use_alternative[16]; /* 5 bits */
	struct bp_loop loop;
	struct corrector sc;
};

/* TAGE's word and why. */
struct guess {
	uint32_t provider, alternative;
	bool prediction, longest, other;
	bool low, medium, high, other_sure; /* confidence */
};

/* ---- TAGE -------------------------------------------------------------------------------------------------------------------------- */

static bool in_use(const struct scl *s, uint32_t i)
{
	return (s->config->used >> i & 1) != 0;
}

static struct bp_tage_entry *entry_of(struct scl *s, uint32_t i)
{
	return &s->pool[i >= s->config->first_long][s->index[i]];
}

static uint32_t mix_path(const struct scl *s, uint32_t length, uint32_t turn)
{
	uint32_t bits = s->config->log_bank, mask = (1u << bits) - 1;
	uint32_t path = s->path & ((1u << (length < PATH_BITS ? length : PATH_BITS)) - 1);
	uint32_t mixed = path ^ path >> bits << (turn % bits) ^ path >> 2 * bits;
	return (mixed ^ mixed >> bits) & mask;
}

/* Where each table's entry is: index in the bank, the second way displaced by its tag; banks follow one another from a turning start. */
static void look_up(struct scl *s, uint32_t word)
{
	const struct scl_config *c = s->config;
	uint32_t mask = (1u << c->log_bank) - 1;
	for (uint32_t i = 1; i <= c->n_tables; i += 2) {
		const struct bp_fold *f = s->folds[i / 2 + 1];
		uint32_t shift = (c->log_bank > i ? c->log_bank - i : i - c->log_bank) + 1;
		uint32_t tag_mask = (1u << c->tag_bits[i >= c->first_long]) - 1;
		uint32_t index = (word ^ word >> (shift & 31) ^ f[0].value ^ mix_path(s, f[0].length, i)) & mask;
		s->tag[i] = s->tag[i + 1] = (uint16_t)((word ^ word >> 2 ^ f[1].value ^ f[2].value << 1) & tag_mask);
		s->index[i] = index;
		s->index[i + 1] = index ^ (s->tag[i] & mask);
	}
	for (unsigned pool = 0; pool < 2; pool++) {
		uint32_t first = pool == 0 ? 1 : c->first_long, last = pool == 0 ? c->first_long - 1 : c->n_tables;
		uint32_t length = s->folds[first / 2 + 1][0].length;
		uint32_t bank = (word ^ (s->path & ((1u << (length < PATH_BITS ? length : PATH_BITS)) - 1))) % c->n_banks[pool];
		for (uint32_t i = first; i <= last; i++)
			if (in_use(s, i)) {
				s->index[i] += bank << c->log_bank;
				bank = bank + 1 == c->n_banks[pool] ? 0 : bank + 1;
			}
	}
}

static uint8_t *bimodal_of(struct scl *s, uint32_t word)
{
	return &s->bimodal[word & ((1u << s->config->log_base) - 1)];
}

static uint32_t find_match(struct scl *s, uint32_t below)
{
	for (uint32_t i = below; i-- > 1;)
		if (in_use(s, i) && entry_of(s, i)->tag == s->tag[i])
			return i;
	return 0;
}

static int strength(int counter)
{
	return abs(2 * counter + 1);
}

static int8_t *use_alternative_of(struct scl *s, const struct guess *g)
{
	return &s->use_alternative[((g->provider - 1) / 8 * 2 + g->other_sure) % 15];
}

static void tage_predict(struct scl *s, uint32_t word, struct guess *g)
{
	look_up(s, word);
	uint8_t base = *bimodal_of(s, word);
	*g = (struct guess){.prediction = base >= 2, .longest = base >= 2, .other = base >= 2, .high = base == 0 || base == 3};
	g->low = !g->high;
	g->other_sure = g->high;
	g->provider = find_match(s, s->config->n_tables + 1);
	if (g->provider == 0)
		return;
	int counter = entry_of(s, g->provider)->counter;
	g->alternative = find_match(s, g->provider);
	if (g->alternative > 0) {
		g->other = entry_of(s, g->alternative)->counter >= 0;
		g->other_sure = strength(entry_of(s, g->alternative)->counter) > 1;
	}
	g->longest = counter >= 0;
	g->low = strength(counter) == 1;
	g->medium = strength(counter) == 5;
	g->high = strength(counter) >= 7;
	g->prediction = g->low && *use_alternative_of(s, g) >= 0 ? g->other : g->longest;
}

/* true when table i took the branch; what it cost is counted */
static bool try_table(struct scl *s, uint32_t i, bool taken, int *penalty)
{
	if (i < 1 || i > s->config->n_tables || !in_use(s, i))
		return false;
	struct bp_tage_entry *e = entry_of(s, i);
	if (e->useful > 0) {
		(*penalty)++;
		return false;
	}
	*e = (struct bp_tage_entry){.tag = s->tag[i], .counter = taken ? 0 : -1};
	return true;
}

static void age(struct scl *s)
{
	s->ticks = 0;
	for (unsigned pool = 0; pool < 2; pool++)
		for (uint32_t j = 0; j < s->config->n_banks[pool] << s->config->log_bank; j++)
			s->pool[pool][j].useful >>= 1;
}

/* Up to two entries with longer histories, either way of a pair; how hard that was decides when usefulness ages. */
static void allocate(struct scl *s, uint32_t provider, bool taken)
{
	int n_taken = 0, penalty = 0;
	uint32_t ahead = (bp_noise(&s->noise) & 127) < 32 ? 2 : 1;
	uint32_t first = (((provider > 0 ? provider - 1 : 0) + 2 * ahead) & ~1u) ^ (s->noise >> 8 & 1);
	if (provider == 0 && ahead == 1)
		first = s->noise >> 8 & 1;
	for (uint32_t i = first; i < s->config->n_tables && n_taken < 2; i += 2)
		if (try_table(s, i + 1, taken, &penalty) || try_table(s, (i ^ 1) + 1, taken, &penalty)) {
			n_taken++;
			i += 2;
		}
	s->ticks += penalty - 2 * n_taken;
	if (s->ticks < 0)
		s->ticks = 0;
	if (s->ticks >= TICKS)
		age(s);
}

static void train_base(struct scl *s, uint32_t word, bool taken)
{
	*bimodal_of(s, word) = bp_counter_towards(*bimodal_of(s, word), taken, 3);
}

static void tage_train(struct scl *s, uint32_t word, bool taken, const struct guess *g, bool final)
{
	bool allocates = g->prediction != taken && g->provider < s->config->n_tables;
	if (g->provider > 0 && g->low) {
		allocates = allocates && g->longest != taken;
		int8_t *use = use_alternative_of(s, g);
		if (g->longest != g->other)
			*use = bp_signed_towards(*use, g->other == taken, 5);
	}
	if (final == taken && (bp_noise(&s->noise) & 31) != 0)
		allocates = false;
	if (allocates)
		allocate(s, g->provider, taken);
	if (g->provider == 0) {
		train_base(s, word, taken);
		return;
	}
	struct bp_tage_entry *e = entry_of(s, g->provider);
	if (g->low && g->longest != taken && g->alternative > 0)
		entry_of(s, g->alternative)->counter = bp_signed_towards(entry_of(s, g->alternative)->counter, taken, COUNTER_BITS);
	else if (g->low && g->longest != taken)
		train_base(s, word, taken);
	e->counter = bp_signed_towards(e->counter, taken, COUNTER_BITS);
	if (strength(e->counter) == 1)
		e->useful = 0;
	if (g->longest != g->other && g->longest == taken && e->useful < s->config->useful_max)
		e->useful++;
}

/* Two bits of a branch enter the history: outcome and pc mixed; of a jump also where it went. */
static void push_history(struct scl *s, uint32_t word, uint32_t to, bool taken)
{
	uint32_t bits = word ^ word >> 2 ^ to ^ taken, path = word ^ word >> 2 ^ to;
	for (unsigned k = 0; k < 2; k++, bits >>= 1, path >>= 1) {
		s->head = (s->head - 1) & (HISTORY - 1);
		s->history[s->head] = bits & 1;
		s->path = ((s->path << 1) ^ (path & 127)) & ((1u << PATH_BITS) - 1);
		for (uint32_t p = 1; p <= s->config->n_tables / 2; p++) {
			uint32_t oldest = s->history[(s->head + s->folds[p][0].length) & (HISTORY - 1)];
			for (unsigned f = 0; f < 3; f++)
				bp_fold_push(&s->folds[p][f], bits & 1, oldest);
		}
	}
}

/* ---- statistical corrector --------------------------------------------------------------------------------------------------------- */

static uint32_t local_2_of(uint32_t word)
{
	return (word ^ word >> 5) & 15;
}

static uint32_t local_3_of(uint32_t word)
{
	return (word ^ word >> 10) & 15;
}

static uint16_t *local_1_of(struct scl *s, uint32_t word)
{
	return &s->sc.local_1[(word ^ word >> 2) & (s->config->n_locals - 1)];
}

static uint64_t history_of(struct scl *s, enum source source, uint32_t word)
{
	const struct corrector *sc = &s->sc;
	switch (source) {
	case BACKWARD: return sc->backward;
	case GLOBAL: return sc->global;
	case PATH: return s->path;
	case LOCAL_1: return *local_1_of(s, word);
	case LOCAL_2: return sc->local_2[local_2_of(word)];
	case LOCAL_3: return sc->local_3[local_3_of(word)];
	case IMLI: return sc->imli;
	case IMLI_GLOBAL: return sc->imli_global[sc->imli];
	}
	return 0;
}

static int32_t group_predict(struct scl *s, struct group *g, uint32_t word)
{
	uint64_t history = history_of(s, g->config.source, word);
	int32_t sum = 0;
	for (unsigned i = 0; i < g->config.n; i++) {
		uint64_t h = history & ((1ull << g->config.lengths[i]) - 1);
		uint64_t mixed = word ^ h ^ h >> (8 - i) ^ h >> (16 - 2 * i) ^ h >> (24 - 3 * i) ^ h >> (32 - 3 * i) ^ h >> (40 - 4 * i);
		g->index[i] = (uint32_t)(mixed & ((1u << g->config.log_entries) - 1));
		sum += 2 * g->counters[i][g->index[i]] + 1;
	}
	g->sum = sum;
	return sum * (1 + (g->weight[word & 7] >= 0));
}

static int32_t corrector_sum(struct scl *s, uint32_t word, const struct guess *g, bool before)
{
	struct corrector *sc = &s->sc;
	uint32_t mask = (1u << s->config->log_bias) - 1;
	sc->bias_index[0] = ((word << 1 ^ (g->low && g->longest != g->other)) << 1 | before) & mask;
	sc->bias_index[1] = (((word ^ word >> (s->config->log_bias - 2)) << 1 ^ g->high) << 1 | before) & mask;
	uint32_t sure = (uint32_t)(g->alternative != 0) << 3 | (uint32_t)g->low << 2 | (uint32_t)g->high << 1 | (uint32_t)before;
	sc->bias_index[2] = ((g->provider + 1) / 4 << 4 | sure) & mask;
	sc->bias_sum = 0;
	for (unsigned i = 0; i < 3; i++)
		sc->bias_sum += 2 * sc->bias[i][sc->bias_index[i]] + 1;
	int32_t sum = sc->bias_sum * (1 + (sc->bias_weight[word & 7] >= 0));
	for (uint32_t i = 0; i < s->config->n_groups; i++)
		sum += group_predict(s, &sc->groups[i], word);
	return sum;
}

static int32_t corrector_threshold(const struct scl *s, uint32_t word)
{
	const struct corrector *sc = &s->sc;
	int32_t threshold = (sc->threshold >> 3) + sc->pc_threshold[word & 63];
	if (!s->config->threshold_grows)
		return threshold;
	threshold += 12 * (sc->bias_weight[word & 7] >= 0);
	for (uint32_t i = 0; i < s->config->n_groups; i++)
		threshold += 12 * (sc->groups[i].weight[word & 7] >= 0);
	return threshold;
}

static bool corrector_choose(const struct corrector *sc, const struct guess *g, bool before, int32_t sum, int32_t threshold)
{
	bool says = sum >= 0;
	if (says == before)
		return says;
	if (g->high && abs(sum) < threshold / 4)
		return before;
	if (g->high && abs(sum) < threshold / 2)
		return sc->second < 0 ? says : before;
	if (g->medium && abs(sum) < threshold / 4)
		return sc->first < 0 ? says : before;
	return says;
}

static void train_chooser(struct corrector *sc, const struct guess *g, bool before, bool taken, int32_t size, int32_t threshold)
{
	if (g->high && size < threshold / 2 && size >= threshold / 4)
		sc->second = bp_signed_towards(sc->second, before == taken, 7);
	if (g->medium && size < threshold / 4)
		sc->first = bp_signed_towards(sc->first, before == taken, 7);
}

/* A weight is trained where doubling its part would turn the sum. */
static void train_weight(int8_t *weight, int32_t sum, int32_t part, bool taken)
{
	int32_t rest = sum - (*weight >= 0 ? part : 0);
	if ((rest + part >= 0) != (rest >= 0))
		*weight = bp_signed_towards(*weight, (part >= 0) == taken, 6);
}

static void corrector_train(struct scl *s, uint32_t word, const struct guess *g, bool before, bool taken, int32_t sum, int32_t threshold)
{
	struct corrector *sc = &s->sc;
	bool says = sum >= 0;
	if (says != before)
		train_chooser(sc, g, before, taken, abs(sum), threshold);
	if (says == taken && abs(sum) >= threshold)
		return;
	if (says != taken && sc->threshold < 2047)
		sc->threshold++;
	else if (says == taken && sc->threshold > 0)
		sc->threshold--;
	sc->pc_threshold[word & 63] = bp_signed_towards(sc->pc_threshold[word & 63], says != taken, 8);
	train_weight(&sc->bias_weight[word & 7], sum, sc->bias_sum, taken);
	for (unsigned i = 0; i < 3; i++)
		sc->bias[i][sc->bias_index[i]] = bp_signed_towards(sc->bias[i][sc->bias_index[i]], taken, 6);
	for (uint32_t k = 0; k < s->config->n_groups; k++) {
		struct group *group = &sc->groups[k];
		train_weight(&group->weight[word & 7], sum, group->sum, taken);
		for (unsigned i = 0; i < group->config.n; i++)
			group->counters[i][group->index[i]] = bp_signed_towards(group->counters[i][group->index[i]], taken, 6);
	}
}

static void corrector_push(struct scl *s, uint32_t word, bool is_backward, bool taken)
{
	struct corrector *sc = &s->sc;
	sc->imli_global[sc->imli] = sc->imli_global[sc->imli] << 1 | taken;
	if (is_backward)
		sc->imli = taken ? sc->imli + (sc->imli < 255) : 0;
	sc->backward = sc->backward << 1 | (taken && is_backward);
	sc->global = sc->global << 1 | taken;
	uint16_t *local = local_1_of(s, word);
	*local = (uint16_t)(*local << 1 | taken);
	local = &sc->local_2[local_2_of(word)];
	*local = (uint16_t)((*local << 1 | taken) ^ (word & 15));
	local = &sc->local_3[local_3_of(word)];
	*local = (uint16_t)(*local << 1 | taken);
}

/* ---- the whole --------------------------------------------------------------------------------------------------------------------- */

static bool scl_step(struct bp_direction *direction, uint64_t pc, uint64_t target, bool taken)
{
	struct scl *s = (struct scl *)direction;
	uint32_t word = (uint32_t)(pc >> s->insn_shift);
	struct guess g;
	tage_predict(s, word, &g);
	struct bp_loop_guess loop = bp_loop_predict(&s->loop, word);
	bool before = bp_loop_choose(&s->loop, &loop, g.prediction);
	int32_t sum = corrector_sum(s, word, &g, before), threshold = corrector_threshold(s, word);
	bool prediction = corrector_choose(&s->sc, &g, before, sum, threshold);
	corrector_train(s, word, &g, before, taken, sum, threshold);
	bp_loop_train(&s->loop, word, taken, &loop, g.prediction, prediction);
	tage_train(s, word, taken, &g, prediction);
	corrector_push(s, word, target != 0 && target < pc, taken);
	push_history(s, word, 0, taken);
	return prediction;
}

static void scl_note_unconditional(struct bp_direction *direction, uint64_t pc, uint64_t target)
{
	struct scl *s = (struct scl *)direction;
	push_history(s, (uint32_t)(pc >> s->insn_shift), (uint32_t)(target >> s->insn_shift), true);
}

static void scl_free(struct bp_direction *direction)
{
	struct scl *s = (struct scl *)direction;
	free(s->bimodal);
	free(s->pool[0]);
	free(s->pool[1]);
	for (unsigned i = 0; i < 3; i++)
		free(s->sc.bias[i]);
	for (unsigned k = 0; k < MAX_GROUPS; k++)
		for (unsigned i = 0; i < MAX_PER_GROUP; i++)
			free(s->sc.groups[k].counters[i]);
	free(s);
}

static void init_folds(struct scl *s)
{
	const struct scl_config *c = s->config;
	uint32_t n = c->n_tables / 2;
	for (uint32_t p = 1; p <= n; p++) {
		double ratio = (double)c->max_history / c->min_history, power = (double)(p - 1) / (n - 1);
		uint32_t length = (uint32_t)(c->min_history * pow(ratio, power) + 0.5), tag = c->tag_bits[2 * p >= c->first_long];
		bp_fold_init(&s->folds[p][0], length, c->log_bank);
		bp_fold_init(&s->folds[p][1], length, tag);
		bp_fold_init(&s->folds[p][2], length, tag - 1);
	}
}

/* The biases begin by repeating what TAGE says, with more weight where it is sure. */
static bool make_biases(struct scl *s)
{
	static const int8_t start[3][4] = {{-32, 31, -1, 0}, {-8, 7, -32, 31}, {-32, 31, -1, 0}};
	uint32_t n = 1u << s->config->log_bias;
	for (unsigned i = 0; i < 3; i++) {
		s->sc.bias[i] = malloc(n);
		if (s->sc.bias[i] == NULL)
			return false;
		for (uint32_t j = 0; j < n; j++)
			s->sc.bias[i][j] = start[i][j & 3];
	}
	memset(s->sc.bias_weight, 4, sizeof s->sc.bias_weight);
	s->sc.threshold = 35 << 3;
	return true;
}

static bool make_groups(struct scl *s)
{
	for (uint32_t k = 0; k < s->config->n_groups; k++) {
		struct group *g = &s->sc.groups[k];
		g->config = s->config->groups[k];
		memset(g->weight, 7, sizeof g->weight);
		for (unsigned i = 0; i < g->config.n; i++) {
			g->counters[i] = calloc((size_t)1 << g->config.log_entries, 1);
			if (g->counters[i] == NULL)
				return false;
			for (uint32_t j = 0; j < 1u << g->config.log_entries; j += 2)
				g->counters[i][j] = -1;
		}
	}
	return true;
}

enum pv_status bp_tage_sc_l_new(enum bp_predictor_size size, uint32_t insn_shift, struct bp_direction **direction, struct pv_error *err)
{
	static const struct bp_direction_ops ops = {"TAGE-SC-L", scl_step, scl_note_unconditional, scl_free};
	struct scl *s = calloc(1, sizeof *s);
	FAIL_IF(s == NULL, err, PV_ERR_NOMEM, "no memory for a TAGE-SC-L branch predictor");
	const struct scl_config *c = &configs[size];
	s->base.ops = &ops;
	s->config = c;
	s->insn_shift = insn_shift;
	s->noise = 0x9e3779b9;
	bp_loop_init(&s->loop, &c->loop);
	init_folds(s);
	s->bimodal = malloc((size_t)1 << c->log_base);
	for (unsigned pool = 0; pool < 2; pool++)
		s->pool[pool] = calloc((size_t)c->n_banks[pool] << c->log_bank, sizeof *s->pool[pool]);
	if (s->bimodal == NULL || s->pool[0] == NULL || s->pool[1] == NULL || !make_biases(s) || !make_groups(s)) {
		scl_free(&s->base);
		return base_error_set(err, PV_ERR_NOMEM, "no memory for a TAGE-SC-L branch predictor");
	}
	memset(s->bimodal, 1, (size_t)1 << c->log_base);
	*direction = &s->base;
	return PV_OK;
}
