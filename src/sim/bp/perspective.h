/*
 * perspective.h - the histories that a multiperspective perceptron looks at, and its features: hashes of pieces of them
 *
 * Reference: Jimenez, "Multiperspective perceptron predictor", CBP-5 2016; parameters of the features as published (and as in gem5's
 * MultiperspectivePerceptron). The hashes are our own.
 */
#ifndef PV_SIM_BP_PERSPECTIVE_H
#define PV_SIM_BP_PERSPECTIVE_H

#include <stdbool.h>
#include <stdint.h>

enum pv_feature_kind {
	PV_FEATURE_BIAS,         /* nothing: pc alone */
	PV_FEATURE_GHIST,        /* global outcomes a .. b - 1 */
	PV_FEATURE_GHISTPATH,    /* the latest a outcomes with their pcs, shifted by b each */
	PV_FEATURE_PATH,         /* the latest a pcs, shifted by b each */
	PV_FEATURE_SGHISTPATH,   /* b blocks of 21 outcomes from block a, shifted by c each, with pcs */
	PV_FEATURE_MODHIST,      /* the latest b outcomes of branches whose pc hash is a multiple of a + 2 */
	PV_FEATURE_MODPATH,      /* the latest b pcs of those, shifted by c each */
	PV_FEATURE_GHISTMODPATH, /* both */
	PV_FEATURE_ACYCLIC,      /* latest outcome of each of a + 2 classes of branches */
	PV_FEATURE_BLURRY,       /* the latest b regions of 1 << a bytes the program was in */
	PV_FEATURE_IMLI,         /* iterations: of kind a (1..4) */
	PV_FEATURE_LOCAL,        /* outcomes of this branch (class of pcs); a > 0: the latest a */
	PV_FEATURE_RECENCY,      /* the latest a different pcs, shifted by b each */
	PV_FEATURE_RECENCYPOS    /* how many different pcs ago this one was here, at most a */
};

struct pv_feature {
	enum pv_feature_kind kind;
	int16_t a, b, c;
	float coefficient;
	uint16_t n_entries; /* 0: an equal share of the budget */
	uint8_t width;      /* of a weight, bits: 5 or 6 */
};

enum {
	PV_PAST_PATH = 128,
	PV_PAST_WORDS = 8,
	PV_PAST_MODULI = 4,
	PV_PAST_RECENCY = 31,
	PV_PAST_LOCALS = 512,
	PV_PAST_BLURRY = 16,
	PV_PAST_FEATURES = 37
};

struct pv_past {
	const struct pv_feature *features;
	uint32_t n_features;
	uint32_t folded[PV_PAST_FEATURES]; /* hashes of GHISTPATH and PATH, which are kept up to date: their cost does not grow with a */
	uint64_t outcomes[PV_PAST_WORDS];  /* bit 0 of [0] is the latest */
	uint16_t path[PV_PAST_PATH];       /* ring, latest at path_head */
	uint32_t path_head;
	uint32_t mod_outcomes[PV_PAST_MODULI];
	uint16_t mod_path[PV_PAST_MODULI][32];
	uint32_t acyclic[PV_PAST_MODULI * 4]; /* bit per class */
	uint32_t blurry[PV_PAST_BLURRY][16];
	uint32_t imli[4]; /* backward taken, backward not taken, forward taken, forward not taken in a row */
	uint16_t recency[PV_PAST_RECENCY];
	uint16_t locals[PV_PAST_LOCALS];
	uint32_t n_locals, local_bits;
	uint32_t moduli, acyclic_moduli, blurry_scales; /* bit sets: those that features ask for */
};

/* pv_past_init - empty histories for some features, n_features <= PV_PAST_FEATURES; borrowed */
void pv_past_init(struct pv_past *past, const struct pv_feature *features, uint32_t n_features, uint32_t n_locals, uint32_t local_bits);

/* pv_past_hash - what feature i sees before the branch; equal pasts give equal hashes */
uint32_t pv_past_hash(const struct pv_past *past, uint32_t i, uint32_t word);

/* pv_past_position - how many different pcs ago this one was here, at most limit */
uint32_t pv_past_position(const struct pv_past *past, uint32_t word, int limit);

/* pv_past_push - a conditional branch went by; local: also into its local history */
void pv_past_push(struct pv_past *past, uint32_t word, bool is_backward, bool taken, bool local);

/* pv_past_push_jump - an unconditional branch went by */
void pv_past_push_jump(struct pv_past *past, uint32_t word);

static inline uint16_t pv_past_local(const struct pv_past *past, uint32_t word)
{
	return past->locals[(word ^ word >> 9) % past->n_locals];
}

#endif
