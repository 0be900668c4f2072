/*
 * loop.h - loop predictor: branches that go one way a constant number of times, then the other way once
 *
 * An entry counts how often its branch went its usual way and compares with the last time; after several equal counts it is believed.
 *
 * Reference: Seznec, "The L-TAGE branch predictor", JILP 2007; "TAGE-SC-L branch predictors again", CBP-5 2016.
 */
#ifndef PV_SIM_BP_LOOP_H
#define PV_SIM_BP_LOOP_H

#include "sim/bp/direction.h"

enum { PV_LOOP_WAYS = 4, PV_LOOP_MAX_LOG = 8 };

struct pv_loop_config {
	uint32_t log_entries, tag_bits, iteration_bits, confidence_bits;
	bool believes_long; /* confidence x iterations above 128 is enough */
};

struct pv_loop_entry {
	uint16_t tag, total, now; /* iterations: of the last time (0: not known), so far */
	uint8_t confidence, age;
	bool usual; /* direction inside the loop */
};

struct pv_loop {
	struct pv_loop_config config;
	struct pv_loop_entry entries[1u << PV_LOOP_MAX_LOG];
	uint32_t noise;
	int8_t trust; /* 7 bits: >= 0 when loops were right where the rest was wrong */
};

struct pv_loop_guess {
	int32_t entry; /* -1: none */
	bool valid, prediction;
};

static inline void pv_loop_init(struct pv_loop *loop, const struct pv_loop_config *config)
{
	*loop = (struct pv_loop){.config = *config, .noise = 88172645u, .trust = -1};
}

struct pv_loop_guess pv_loop_predict(const struct pv_loop *loop, uint64_t word);

/* pv_loop_train - with the outcome, and what the predictor said without (other) and with (last) the loop predictor */
void pv_loop_train(struct pv_loop *loop, uint64_t word, bool taken, const struct pv_loop_guess *guess, bool other, bool last);

/* the loop's word where it counts, else the other's */
static inline bool pv_loop_choose(const struct pv_loop *loop, const struct pv_loop_guess *guess, bool other)
{
	return guess->valid && loop->trust >= 0 ? guess->prediction : other;
}

#endif
