/*
 * perspective.h - the histories that a multiperspective perceptron looks at, and its features: hashes of pieces of them
 *
 * Reference: Jimenez, "Multiperspective perceptron predictor", CBP-5 2016; parameters of the features as published (and as in gem5's
 * MultiperspectivePerceptron). The hashes are our own.
 */
#ifndef SIM_BP_PERSPECTIVE_H
#define SIM_BP_PERSPECTIVE_H

#include <stdbool.h>
#include <stdint.h>

enum bp_feature_kind {
	BP_FEATURE_BIAS,         /* nothing: pc alone */
	BP_FEATURE_GHIST,        /* global outcomes a .. b - 1 */
	BP_FEATURE_GHISTPATH,    /* the latest a outcomes with their pcs, shifted by b each */
	BP_FEATURE_PATH,         /* the latest a pcs, shifted by b each */
	BP_FEATURE_SGHISTPATH,   /* b blocks of 21 outcomes from block a, shifted by c each, with pcs */
	BP_FEATURE_MODHIST,      /* the latest b outcomes of branches whose pc hash is a multiple of a + 2 */
	BP_FEATURE_MODPATH,      /* the latest b pcs of those, shifted by c each */
	BP_FEATURE_GHISTMODPATH, /* both */
	BP_FEATURE_ACYCLIC,      /* latest outcome of each of a + 2 classes of branches */
	BP_FEATURE_BLURRY,       /* the latest b regions of 1 << a bytes the program was in */
	BP_FEATURE_IMLI,         /* iterations: of kind a (1..4) */
	BP_FEATURE_LOCAL,        /* outcomes of this branch (class of pcs); a > 0: the latest a */
	BP_FEATURE_RECENCY,      /* the latest a different pcs, shifted by b each */
	BP_FEATURE_RECENCYPOS    /* how many different pcs ago this one was here, at most a */
};

struct bp_feature {
	enum bp_feature_kind kind;
	int16_t a, b, c;
	float coefficient;
	uint16_t n_entries; /* 0: an equal share of the budget */
	uint8_t width;      /* of a weight, bits: 5 or 6 */
};

enum {
	BP_PAST_PATH = 128,
	BP_PAST_WORDS = 8,
	BP_PAST_MODULI = 4,
	BP_PAST_RECENCY = 31,
	BP_PAST_LOCALS = 512,
	BP_PAST_BLURRY = 16,
	BP_PAST_FEATURES = 37
};

struct bp_past {
	const struct bp_feature *features;
	uint32_t n_features;
	uint32_t folded[BP_PAST_FEATURES]; /* hashes of GHISTPATH and PATH, which are kept up to date: their cost does not grow with a */
	uint64_t outcomes[BP_PAST_WORDS];  /* bit 0 of [0] is the latest */
	uint16_t path[BP_PAST_PATH];       /* ring, latest at path_head */
	uint32_t path_head;
	uint32_t mod_outcomes[BP_PAST_MODULI];
	uint16_t mod_path[BP_PAST_MODULI][32];
	uint32_t acyclic[BP_PAST_MODULI * 4]; /* bit per class */
	uint32_t blurry[BP_PAST_BLURRY][16];
	uint32_t imli[4]; /* backward taken, backward not taken, forward taken, forward not taken in a row */
	uint16_t recency[BP_PAST_RECENCY];
	uint16_t locals[BP_PAST_LOCALS];
	uint32_t n_locals, local_bits;
	uint32_t moduli, acyclic_moduli, blurry_scales; /* bit sets: those that features ask for */
};

/* bp_past_init - empty histories for some features, n_features <= BP_PAST_FEATURES; borrowed */
void bp_past_init(struct bp_past *past, const struct bp_feature *features, uint32_t n_features, uint32_t n_locals, uint32_t local_bits);

/* bp_past_hash - what feature i sees before the branch; equal pasts give equal hashes */
uint32_t bp_past_hash(const struct bp_past *past, uint32_t i, uint32_t word);

/* bp_past_position - how many different pcs ago this one was here, at most limit */
uint32_t bp_past_position(const struct bp_past *past, uint32_t word, int limit);

/* bp_past_push - a conditional branch went by; local: also into its local history */
void bp_past_push(struct bp_past *past, uint32_t word, bool is_backward, bool taken, bool local);

/* bp_past_push_jump - an unconditional branch went by */
void bp_past_push_jump(struct bp_past *past, uint32_t word);

static inline uint16_t bp_past_local(const struct bp_past *past, uint32_t word)
{
	return past->locals[(word ^ word >> 9) % past->n_locals];
}

#endif
