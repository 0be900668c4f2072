/*
 * loop.h - loop predictor: branches that go one way a constant number of times, then the other way once
 *
 * An entry counts how often its branch went its usual way and compares with the last time; after several equal counts it is believed.
 *
 * Reference: Seznec, "The L-TAGE branch predictor", JILP 2007; "TAGE-SC-L branch predictors again", CBP-5 2016.
 */
#ifndef SIM_BP_LOOP_H
#define SIM_BP_LOOP_H

#include "sim/bp/direction.h"

enum { BP_LOOP_WAYS = 4, BP_LOOP_MAX_LOG = 8 };

struct bp_loop_config {
	uint32_t log_entries, tag_bits, iteration_bits, confidence_bits;
	bool believes_long; /* confidence x iterations above 128 is enough */
};

struct bp_loop_entry {
	uint16_t tag, total, now; /* iterations: of the last time (0: not known), so far */
	uint8_t confidence, age;
	bool usual; /* direction inside the loop */
};

struct bp_loop {
	struct bp_loop_config config;
	struct bp_loop_entry entries[1u << BP_LOOP_MAX_LOG];
	uint32_t noise;
	int8_t trust; /* 7 bits: >= 0 when loops were right where the rest was wrong */
};

struct bp_loop_guess {
	int32_t entry; /* -1: none */
	bool valid, prediction;
};

static inline void bp_loop_init(struct bp_loop *loop, const struct bp_loop_config *config)
{
	*loop = (struct bp_loop){.config = *config, .noise = 88172645u, .trust = -1};
}

struct bp_loop_guess bp_loop_predict(const struct bp_loop *loop, uint64_t word);

/* bp_loop_train - with the outcome, and what the predictor said without (other) and with (last) the loop predictor */
void bp_loop_train(struct bp_loop *loop, uint64_t word, bool taken, const struct bp_loop_guess *guess, bool other, bool last);

/* the loop's word where it counts, else the other's */
static inline bool bp_loop_choose(const struct bp_loop *loop, const struct bp_loop_guess *guess, bool other)
{
	return guess->valid && loop->trust >= 0 ? guess->prediction : other;
}

#endif
