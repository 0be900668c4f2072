/*
 * mpp_tage.c - TAGE and loop predictor, corrected by a multiperspective perceptron
 *
 * The perceptron's weights (6 bits, signed) are indexed by pc, TAGE's word and one view of the past each; the sum overrules TAGE where it
 * is larger than a threshold that is learnt per class of pcs; three ranges of small sums each learn whether to trust TAGE when it is sure.
 *
 * Reference: Jimenez, "Multiperspective perceptron predictor with TAGE", CBP-5 2016; tables, histories and features as published (gem5's
 * MultiperspectivePerceptronTAGE8KB and 64KB). The corrector's global, local and path tables are features like the others here; its
 * history per call depth is left out.
 */
#include "sim/bp/loop.h"
#include "sim/bp/perspective.h"
#include "sim/bp/tage.h"

#include <stdlib.h>

enum { MAX_FEATURES = 24, MAX_ENTRIES = 4096, COEFFICIENT_ONE = 64, N_THRESHOLDS = 32 };

struct mpt_config {
	struct bp_tage_config tage;
	struct bp_loop_config loop;
	uint32_t n_features, log_entries, n_locals;
	struct bp_feature features[MAX_FEATURES];
};

#define F(kind, a, b, c, coefficient)                         \
	{                                                     \
		BP_FEATURE_##kind, a, b, c, coefficient, 0, 6 \
	}

static const struct mpt_config configs[] = {
    [BP_PREDICTOR_8KB] = {.tage = {.n_tables = 10,
                                   .min_history = 4,
                                   .max_history = 359,
                                   .log_entries = {12, 8, 8, 9, 9, 8, 8, 8, 7, 6, 7},
                                   .tag_bits = {0, 7, 7, 7, 8, 9, 10, 10, 11, 13, 13},
                                   .lengths = {0, 4, 8, 13, 23, 36, 56, 93, 145, 226, 359}},
                          .loop = {.log_entries = 4, .tag_bits = 10, .iteration_bits = 10, .confidence_bits = 4, .believes_long = true},
                          .n_features = 13,
                          .log_entries = 8,
                          .n_locals = 64,
                          .features = {F(BIAS, 0, 0, 0, 2.0f), F(BLURRY, 5, 15, 0, 2.25f), F(RECENCYPOS, 31, 0, 0, 3.5f),
                                       F(GHISTMODPATH, 3, 7, 1, 2.24f), F(IMLI, 1, 0, 0, 2.23f), F(IMLI, 4, 0, 0, 1.98f),
                                       F(GHIST, 0, 16, 0, 2.0f), F(GHIST, 0, 11, 0, 2.0f), F(GHIST, 0, 6, 0, 2.0f), F(GHIST, 0, 3, 0, 2.0f),
                                       F(LOCAL, 8, 0, 0, 4.0f), F(LOCAL, 3, 0, 0, 4.0f), F(PATH, 8, 3, 0, 2.0f)}},
    [BP_PREDICTOR_64KB] = {.tage = {.n_tables = 15,
                                    .min_history = 5,
                                    .max_history = 1241,
                                    .log_entries = {14, 10, 11, 11, 11, 11, 11, 12, 12, 10, 11, 11, 9, 7, 7, 8},
                                    .tag_bits = {0, 7, 9, 9, 9, 10, 11, 11, 12, 12, 12, 13, 14, 15, 15, 15},
                                    .lengths = {0, 5, 12, 15, 21, 31, 43, 64, 93, 137, 200, 292, 424, 612, 877, 1241}},
                           .loop = {.log_entries = 6, .tag_bits = 10, .iteration_bits = 12, .confidence_bits = 4, .believes_long = true},
                           .n_features = 20,
                           .log_entries = 10,
                           .n_locals = 256,
                           .features = {F(BIAS, 0, 0, 0, 2.09f),       F(BLURRY, 5, 15, 0, 2.25f),      F(BLURRY, 8, 10, 0, 2.25f),
                                        F(RECENCYPOS, 31, 0, 0, 3.5f), F(GHISTMODPATH, 3, 7, 1, 2.24f), F(MODPATH, 3, 20, 3, 2.24f),
                                        F(IMLI, 1, 0, 0, 2.23f),       F(IMLI, 4, 0, 0, 1.98f),         F(RECENCY, 9, 3, 0, 2.51f),
                                        F(ACYCLIC, 12, 0, 0, 2.0f),    F(GHIST, 0, 27, 0, 2.0f),        F(GHIST, 0, 22, 0, 2.0f),
                                        F(GHIST, 0, 17, 0, 2.0f),      F(GHIST, 0, 11, 0, 2.0f),        F(GHIST, 0, 6, 0, 2.0f),
                                        F(GHIST, 0, 3, 0, 2.0f),       F(LOCAL, 11, 0, 0, 4.04f),       F(LOCAL, 6, 0, 0, 4.04f),
                                        F(LOCAL, 3, 0, 0, 4.04f),      F(PATH, 16, 3, 0, 2.0f)}},
};

struct mpt {
	struct bp_direction base;
	const struct mpt_config *config;
	struct bp_tage tage;
	struct bp_loop loop;
	struct bp_past past;
	int8_t *weights; /* (features, 1 << log_entries) */
	int32_t coefficient[MAX_FEATURES];
	uint32_t index[MAX_FEATURES], insn_shift;
	int16_t threshold[N_THRESHOLDS]; /* by pc */
	int8_t trust[3];                 /* 7 bits; sums below 1/3, 2/3, all of the threshold: >= 0 when a sure TAGE was right */
};

static int32_t sum_up(struct mpt *m, uint32_t word, bool before)
{
	const struct mpt_config *c = m->config;
	int32_t sum = 0;
	for (uint32_t i = 0; i < c->n_features; i++) {
		uint64_t hash = (uint64_t)bp_past_hash(&m->past, i, word) * 0x9e3779b97f4a7c15u >> 24 ^ word;
		uint32_t entry = ((uint32_t)(hash ^ hash >> 12) << 1 | before) & ((1u << c->log_entries) - 1);
		m->index[i] = (i << c->log_entries) + entry;
		sum += m->coefficient[i] * (2 * m->weights[m->index[i]] + 1);
	}
	return sum / (2 * COEFFICIENT_ONE);
}

static unsigned range_of(int32_t size, int32_t threshold)
{
	return size < threshold / 3 ? 0 : size < 2 * threshold / 3 ? 1 : size < threshold ? 2 : 3;
}

static bool mpt_step(struct bp_direction *direction, uint64_t pc, uint64_t target, bool taken)
{
	struct mpt *m = (struct mpt *)direction;
	uint32_t word = (uint32_t)(pc >> m->insn_shift);
	struct bp_tage_guess guess;
	bool other = bp_tage_predict(&m->tage, pc, &guess);
	struct bp_loop_guess loop = bp_loop_predict(&m->loop, word);
	bool before = bp_loop_choose(&m->loop, &loop, other);
	int32_t sum = sum_up(m, word, before);
	int16_t *threshold = &m->threshold[(word ^ word >> 4) % N_THRESHOLDS];
	bool says = sum >= 0, prediction = says;
	unsigned range = range_of(abs(sum), *threshold);
	if (says != before && guess.is_sure && range < 3) {
		prediction = m->trust[range] < 0 ? says : before;
		m->trust[range] = bp_signed_towards(m->trust[range], before == taken, 7);
	}
	if (says != taken || abs(sum) < *threshold) {
		*threshold = (int16_t)(says != taken ? *threshold + (*threshold < 511) : *threshold - (*threshold > 1));
		for (uint32_t i = 0; i < m->config->n_features; i++)
			m->weights[m->index[i]] = bp_signed_towards(m->weights[m->index[i]], taken, 6);
	}
	bp_loop_train(&m->loop, word, taken, &loop, other, prediction);
	bp_tage_train(&m->tage, pc, taken, &guess);
	bp_tage_push(&m->tage, pc, taken);
	bp_past_push(&m->past, word, target != 0 && target < pc, taken, true);
	return prediction;
}

static void mpt_note_unconditional(struct bp_direction *direction, uint64_t pc, uint64_t target)
{
	struct mpt *m = (struct mpt *)direction;
	(void)target;
	bp_tage_push(&m->tage, pc, true);
	bp_past_push_jump(&m->past, (uint32_t)(pc >> m->insn_shift));
}

static void mpt_free(struct bp_direction *direction)
{
	struct mpt *m = (struct mpt *)direction;
	bp_tage_release(&m->tage);
	free(m->weights);
	free(m);
}

/* The bias begins by repeating what TAGE says. */
static void init_weights(struct mpt *m)
{
	for (uint32_t j = 0; j < 1u << m->config->log_entries; j++)
		m->weights[j] = (j & 1) != 0 ? 15 : -16;
	for (uint32_t i = 0; i < m->config->n_features; i++)
		m->coefficient[i] = (int32_t)(m->config->features[i].coefficient * COEFFICIENT_ONE);
	for (uint32_t i = 0; i < N_THRESHOLDS; i++)
		m->threshold[i] = 35;
}

enum pv_status bp_mpp_tage_new(enum bp_predictor_size size, uint32_t insn_shift, struct bp_direction **direction, struct pv_error *err)
{
	static const struct bp_direction_ops ops = {"multiperspective perceptron with TAGE", mpt_step, mpt_note_unconditional, mpt_free};
	const struct mpt_config *c = &configs[size];
	struct mpt *m = calloc(1, sizeof *m);
	FAIL_IF(m == NULL, err, PV_ERR_NOMEM, "no memory for a multiperspective perceptron with TAGE");
	m->base.ops = &ops;
	m->config = c;
	m->insn_shift = insn_shift;
	struct bp_tage_config tage = c->tage;
	tage.insn_shift = insn_shift;
	m->weights = calloc((size_t)c->n_features << c->log_entries, 1);
	enum pv_status status = m->weights != NULL
	                            ? bp_tage_init(&m->tage, &tage, err)
	                            : base_error_set(err, PV_ERR_NOMEM, "no memory for a perceptron of %u tables", c->n_features);
	if (status != PV_OK) {
		mpt_free(&m->base);
		return status;
	}
	bp_loop_init(&m->loop, &c->loop);
	bp_past_init(&m->past, c->features, c->n_features, c->n_locals, 11);
	init_weights(m);
	*direction = &m->base;
	return PV_OK;
}
