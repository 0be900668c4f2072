/*
 * mpp.c - multiperspective perceptron: a sum of weights, each chosen by another view (feature) of the past
 *
 *   weights   magnitude and two signs (which one: by pc); a stronger than linear function of the magnitude enters the sum
 *   training  when wrong, or when the sum is small (threshold theta adapts); where that does not turn a wrong sum, one weight in its way
 *             is weakened
 *   filter    (64 KB) branches that so far went one way only are not in the tables at all
 *
 * Reference: Jimenez, "Multiperspective perceptron predictor", CBP-5 2016; features, sizes and constants as published (gem5's
 * MultiperspectivePerceptron8KB and 64KB). Left out: the second vote of the 20 best tables when the sum is within 1 of 0.
 */
#include "sim/bp/direction.h"
#include "sim/bp/perspective.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_FEATURES = 37, N_SIGNS = 2, LOCAL_BITS = 11, SPEED = 9, COEFFICIENT_ONE = 64 };

struct mpp_config {
	const char *name;
	uint32_t budget_bits, n_filter, n_locals, n_features;
	uint64_t with_imli_1, with_imli_4, with_position; /* features whose index also takes iterations, recency position */
	struct bp_feature features[MAX_FEATURES];
};

#define F(kind, a, b, c, coefficient, n)                      \
	{                                                     \
		BP_FEATURE_##kind, a, b, c, coefficient, n, 6 \
	}

static const struct mpp_config configs[] = {
    [BP_PREDICTOR_8KB] = {"multiperspective perceptron 8 KB",
                          8192 * 8 + 2048,
                          0,
                          48,
                          16,
                          0x6,
                          0x4400,
                          0x100000090,
                          {F(BIAS, 0, 0, 0, 2.40625f, 0),
                           F(GHIST, 0, 19, 0, 1.4375f, 0),
                           F(GHIST, 0, 65, 0, 1.0f, 0),
                           F(GHIST, 21, 64, 0, 1.0f, 0),
                           F(GHIST, 75, 150, 0, 1.0625f, 0),
                           F(GHISTMODPATH, 0, 7, 3, 1.625f, 0),
                           F(GHISTPATH, 11, 2, 0, 1.25f, 0),
                           F(GHISTPATH, 15, 4, 0, 1.125f, 0),
                           F(GHISTPATH, 31, 1, 0, 1.40625f, 0),
                           F(GHISTPATH, 7, 1, 0, 1.5f, 600),
                           F(IMLI, 4, 0, 0, 1.28125f, 375),
                           F(LOCAL, 0, 0, 0, 1.5625f, 512),
                           F(RECENCY, 14, 4, 0, 1.25f, 0),
                           F(RECENCYPOS, 31, 0, 0, 1.875f, 0),
                           F(SGHISTPATH, 0, 4, 3, 1.65625f, 0),
                           {BP_FEATURE_SGHISTPATH, 1, 2, 5, 2.53125f, 0, 5}}},
    [BP_PREDICTOR_64KB] = {"multiperspective perceptron 64 KB",
                           65536 * 8 + 2048,
                           18025,
                           510,
                           37,
                           0xC1000,
                           0x80008000,
                           0x100000090,
                           {F(ACYCLIC, 10, 0, 0, 1.0f, 0),       F(BLURRY, 10, 7, 0, 1.0f, 0),     F(GHIST, 0, 19, 0, 1.3125f, 0),
                            F(GHIST, 0, 65, 0, 0.85f, 0),        F(GHIST, 111, 222, 0, 1.0f, 0),   F(GHIST, 115, 206, 0, 1.0f, 0),
                            F(GHIST, 190, 336, 0, 1.0f, 0),      F(GHIST, 21, 64, 0, 1.0f, 0),     F(GHIST, 48, 119, 0, 1.0f, 0),
                            F(GHIST, 67, 203, 0, 0.75f, 0),      F(GHIST, 75, 150, 0, 1.0f, 0),    F(GHISTMODPATH, 1, 5, 4, 1.45f, 1913),
                            F(GHISTMODPATH, 3, 13, 1, 1.0f, 0),  F(GHISTPATH, 105, 4, 0, 1.0f, 0), F(GHISTPATH, 11, 2, 0, 1.25f, 0),
                            F(GHISTPATH, 15, 4, 0, 1.125f, 0),   F(GHISTPATH, 23, 4, 0, 1.0f, 0),  F(GHISTPATH, 31, 1, 0, 1.0f, 0),
                            F(GHISTPATH, 32, 2, 0, 1.0f, 0),     F(GHISTPATH, 36, 4, 0, 1.0f, 0),  F(GHISTPATH, 51, 1, 0, 1.0f, 0),
                            F(GHISTPATH, 7, 1, 0, 1.5f, 0),      F(GHISTPATH, 72, 1, 0, 1.0f, 0),  F(GHISTPATH, 86, 4, 0, 1.0f, 0),
                            F(IMLI, 1, 0, 0, 1.8125f, 0),        F(IMLI, 4, 0, 0, 1.78125f, 1536), F(LOCAL, 0, 0, 0, 1.0f, 1024),
                            F(LOCAL, 0, 0, 0, 2.0f, 3467),       F(MODHIST, 1, 16, 0, 0.9375f, 0), F(MODPATH, 3, 20, 1, 1.0f, 0),
                            F(PATH, 13, 2, 0, 1.4375f, 0),       F(PATH, 27, 5, 0, 1.0f, 0),       F(RECENCY, 10, 3, 0, 0.55f, 1024),
                            F(RECENCY, 14, 4, 0, 1.3125f, 0),    F(RECENCYPOS, 31, 0, 0, 1.5f, 0), F(SGHISTPATH, 1, 2, 5, 1.25f, 768),
                            F(SGHISTPATH, 1, 5, 2, 1.3125f, 972)}},
};

/* What a magnitude is worth (weights of 6 bits, and of 5). */
static const uint8_t worth_6[32] = {1,  3,  4,  5,  7,  8,  9,  11, 12, 14, 15, 17, 19, 21, 23, 25,
                                    27, 29, 32, 34, 37, 41, 45, 49, 53, 58, 63, 69, 76, 85, 94, 106};
static const uint8_t worth_5[16] = {0, 4, 5, 7, 9, 11, 12, 14, 16, 17, 19, 22, 28, 33, 39, 45};

/* A weight is a byte: magnitude, and above it a bit for each sign that is negative. */
enum { MAGNITUDE = 31, FIRST_SIGN = 32 };

struct mpp {
	struct bp_direction base;
	const struct mpp_config *config;
	struct bp_past past;
	uint8_t *weights;                                      /* all tables, one behind the other */
	int8_t value[2][N_SIGNS][128];                         /* of a weight: by its width - 5, the sign that counts */
	uint32_t first[MAX_FEATURES], n_entries[MAX_FEATURES]; /* of each table */
	int32_t coefficient[MAX_FEATURES];                     /* in 1 / COEFFICIENT_ONE */
	uint64_t reciprocal[MAX_FEATURES];                     /* of n_entries */
	uint32_t index[MAX_FEATURES];                          /* of the branch at hand */
	uint32_t insn_shift, noise, sign;
	int32_t theta, theta_steps;
	uint8_t *filter; /* bit 0: was taken, bit 1: was not taken */
	bool last;       /* outcome of the branch before */
};

static int32_t value_of(const struct mpp *m, uint32_t i)
{
	return m->value[m->config->features[i].width - 5][m->sign][m->weights[m->index[i]]];
}

/* x modulo n without a division; reciprocal: 2^64 / n, rounded up. Reference: Lemire, Kaser and Kurz, "Faster remainder by direct
 * computation", Software: Practice and Experience 49, 2019 */
static uint32_t modulo(uint32_t x, uint64_t reciprocal, uint32_t n)
{
	uint64_t fraction = reciprocal * x;
	return (uint32_t)(((fraction >> 32) * n + ((fraction & UINT32_MAX) * n >> 32)) >> 32);
}

static void look_up(struct mpp *m, uint32_t word)
{
	const struct mpp_config *c = m->config;
	uint32_t recency = bp_past_position(&m->past, word, BP_PAST_RECENCY);
	m->sign = (word ^ word >> 10) % N_SIGNS;
	for (uint32_t i = 0; i < c->n_features; i++) {
		uint64_t hash = (uint64_t)bp_past_hash(&m->past, i, word) * 0x9e3779b97f4a7c15u >> 24 ^ word;
		hash ^= (c->with_imli_1 >> i & 1) != 0 ? m->past.imli[0] : 0;
		hash ^= (c->with_imli_4 >> i & 1) != 0 ? m->past.imli[3] : 0;
		hash ^= (c->with_position >> i & 1) != 0 ? (uint64_t)recency << 3 : 0;
		m->index[i] = m->first[i] + modulo((uint32_t)hash, m->reciprocal[i], m->n_entries[i]);
	}
}

/* A branch whose own latest outcomes are all, or all but the oldest, the same leans that way. */
static int32_t local_lean(const struct mpp *m, uint32_t word)
{
	const uint32_t all = (1u << LOCAL_BITS) - 1, oldest = 1u << (LOCAL_BITS - 1);
	uint32_t local = bp_past_local(&m->past, word);
	return local == 0 ? -5 : local == all ? 5 : local == oldest ? -1 : local == all - oldest ? 1 : 0;
}

static int32_t sum_up(const struct mpp *m, uint32_t word)
{
	int32_t sum = local_lean(m, word) * COEFFICIENT_ONE;
	for (uint32_t i = 0; i < m->config->n_features; i++)
		sum += m->coefficient[i] * value_of(m, i);
	return sum * 49 / 200 / COEFFICIENT_ONE; /* 0.245, as published: scales theta */
}

static void move_weight(uint8_t *w, uint32_t sign, bool up, uint8_t max)
{
	bool negative = (*w & FIRST_SIGN << sign) != 0;
	if (negative != up)
		*w = (uint8_t)(*w + ((*w & MAGNITUDE) < max));
	else if ((*w & MAGNITUDE) == 0)
		*w ^= (uint8_t)(FIRST_SIGN << sign);
	else
		--*w;
}

static void adapt_theta(struct mpp *m, bool right, int32_t size)
{
	if (!right && ++m->theta_steps >= SPEED) {
		m->theta++;
		m->theta_steps = 0;
	}
	if (right && size < m->theta && --m->theta_steps <= -SPEED) {
		m->theta--;
		m->theta_steps = 0;
	}
}

/* One weight without which the sum would be right loses strength. */
static void weaken_one(struct mpp *m, int32_t sum, bool taken)
{
	uint32_t n = m->config->n_features, start = bp_noise(&m->noise) % n;
	for (uint32_t k = 0; k < n; k++) {
		uint32_t i = (start + k) % n;
		if ((sum - value_of(m, i) >= 1) != taken)
			continue;
		if ((m->weights[m->index[i]] & MAGNITUDE) > 1)
			m->weights[m->index[i]]--;
		return;
	}
}

static void train(struct mpp *m, int32_t sum, bool taken)
{
	bool right = (sum >= 1) == taken;
	if (right && abs(sum) > m->theta)
		return;
	adapt_theta(m, right, abs(sum));
	int32_t after = 0;
	for (uint32_t i = 0; i < m->config->n_features; i++) {
		move_weight(&m->weights[m->index[i]], m->sign, taken, (uint8_t)((1u << (m->config->features[i].width - 1)) - 1));
		after += value_of(m, i);
	}
	if ((after >= 1) != taken)
		weaken_one(m, after, taken);
}

static bool mpp_step(struct bp_direction *direction, uint64_t pc, uint64_t target, bool taken)
{
	struct mpp *m = (struct mpp *)direction;
	uint32_t word = (uint32_t)(pc >> m->insn_shift);
	uint8_t *seen = m->filter != NULL ? &m->filter[(word ^ m->last) % m->config->n_filter] : NULL;
	bool filtered = seen != NULL && (*seen == 1 || *seen == 2), prediction = false;
	if (filtered) {
		prediction = *seen == 1;
	} else {
		look_up(m, word);
		int32_t sum = sum_up(m, word);
		prediction = sum >= 1 && (seen == NULL || *seen != 0);
		train(m, sum, taken);
	}
	if (seen != NULL)
		*seen |= taken ? 1 : 2;
	bp_past_push(&m->past, word, target != 0 && target < pc, taken, !filtered);
	m->last = taken;
	return prediction;
}

static void mpp_note_unconditional(struct bp_direction *direction, uint64_t pc, uint64_t target)
{
	struct mpp *m = (struct mpp *)direction;
	(void)target;
	bp_past_push_jump(&m->past, (uint32_t)(pc >> m->insn_shift));
}

static void mpp_free(struct bp_direction *direction)
{
	struct mpp *m = (struct mpp *)direction;
	free(m->weights);
	free(m->filter);
	free(m);
}

/* Bits that go to histories; features share what the budget leaves. */
static uint32_t history_bits(const struct mpp_config *c)
{
	return 4 * 32 + 336 + 105 * 16 + 24 * c->n_features + c->n_locals * LOCAL_BITS + 31 * 16 + 2 * c->n_filter;
}

static bool make_tables(struct mpp *m)
{
	const struct mpp_config *c = m->config;
	uint32_t left = c->budget_bits - history_bits(c), n_shares = 0, n = 0;
	for (uint32_t i = 0; i < c->n_features; i++) {
		left -= c->features[i].n_entries * (c->features[i].width + N_SIGNS - 1u);
		n_shares += c->features[i].n_entries == 0;
	}
	for (uint32_t i = 0; i < c->n_features; i++) {
		uint32_t own = c->features[i].n_entries, share = left / n_shares / (c->features[i].width + N_SIGNS - 1u);
		m->first[i] = n;
		m->n_entries[i] = own > 0 ? own : share;
		m->reciprocal[i] = UINT64_MAX / m->n_entries[i] + 1;
		m->coefficient[i] = (int32_t)(c->features[i].coefficient * COEFFICIENT_ONE);
		n += m->n_entries[i];
	}
	m->weights = calloc(n, sizeof *m->weights);
	if (m->weights == NULL)
		return false;
	for (uint32_t i = 0; i < c->n_features; i++)
		for (uint32_t j = 0; j < m->n_entries[i]; j++)
			for (unsigned k = 0; k < N_SIGNS; k++)
				m->weights[m->first[i] + j] |= (uint8_t)(((i | k) & 1) << (k + 5));
	return true;
}

static void make_values(struct mpp *m)
{
	for (unsigned sign = 0; sign < N_SIGNS; sign++)
		for (unsigned w = 0; w < 128; w++) {
			int turn = (w & FIRST_SIGN << sign) != 0 ? -1 : 1;
			m->value[0][sign][w] = (int8_t)(turn * worth_5[w & MAGNITUDE & 15]);
			m->value[1][sign][w] = (int8_t)(turn * worth_6[w & MAGNITUDE]);
		}
}

enum pv_status bp_mpp_new(enum bp_predictor_size size, uint32_t insn_shift, struct bp_direction **direction, struct pv_error *err)
{
	static const struct bp_direction_ops ops = {"multiperspective perceptron", mpp_step, mpp_note_unconditional, mpp_free};
	struct mpp *m = calloc(1, sizeof *m);
	FAIL_IF(m == NULL, err, PV_ERR_NOMEM, "no memory for a multiperspective perceptron");
	m->base.ops = &ops;
	m->config = &configs[size];
	m->insn_shift = insn_shift;
	m->noise = 0x9e3779b9;
	m->theta = 10;
	bp_past_init(&m->past, m->config->features, m->config->n_features, m->config->n_locals, LOCAL_BITS);
	make_values(m);
	m->filter = m->config->n_filter > 0 ? calloc(m->config->n_filter, 1) : NULL;
	if (!make_tables(m) || (m->config->n_filter > 0 && m->filter == NULL)) {
		mpp_free(&m->base);
		return base_error_set(err, PV_ERR_NOMEM, "no memory for a multiperspective perceptron");
	}
	*direction = &m->base;
	return PV_OK;
}
