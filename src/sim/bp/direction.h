/*
 * direction.h - conditional branch direction predictors behind one small interface
 *
 * A predictor is a struct that begins with struct bp_direction, in a file of its own, with a constructor listed at the end. Since the
 * simulator takes each branch once, with its outcome, prediction and training are one step: there is no window in which an older branch
 * has been predicted but has not trained the tables yet (in a pipeline that window is some tens of branches at most).
 */
#ifndef SIM_BP_DIRECTION_H
#define SIM_BP_DIRECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "uarch/uarch.h"

struct bp_direction;

struct bp_direction_ops {
	const char *name;
	/* the direction predicted for the conditional branch at pc (target: bp_branch_target); then learns what it
	 * did */
	bool (*step)(struct bp_direction *direction, uint64_t pc, uint64_t target, bool taken);
	/* an unconditional branch went by: enters the histories */
	void (*note_unconditional)(struct bp_direction *direction, uint64_t pc, uint64_t target);
	void (*free)(struct bp_direction *direction);
};

struct bp_direction {
	const struct bp_direction_ops *ops;
};

/* Tables of the sizes that a machine's parameters give. Each sets *direction, or reports PV_ERR_RANGE (a size that is not a power of two, a
 * counter width) or PV_ERR_NOMEM. */
enum pv_status bp_bimode_new(const struct uarch_branch *params, struct bp_direction **direction, struct pv_error *err);
enum pv_status bp_local_new(const struct uarch_branch *params, struct bp_direction **direction, struct pv_error *err);
enum pv_status bp_tournament_new(const struct uarch_branch *params, struct bp_direction **direction, struct pv_error *err);
enum pv_status bp_gshare_new(const struct uarch_branch *params, struct bp_direction **direction, struct pv_error *err);

/* Fixed sizes, as published (and as gem5 has them). */
enum bp_predictor_size { BP_PREDICTOR_8KB, BP_PREDICTOR_64KB };

struct bp_tage_config; /* tage.h */
enum pv_status bp_tage_new(const struct bp_tage_config *config, struct bp_direction **direction, struct pv_error *err);
enum pv_status bp_ltage_new(uint32_t insn_shift, struct bp_direction **direction, struct pv_error *err);
enum pv_status bp_tage_sc_l_new(enum bp_predictor_size size, uint32_t insn_shift, struct bp_direction **direction, struct pv_error *err);
enum pv_status bp_mpp_new(enum bp_predictor_size size, uint32_t insn_shift, struct bp_direction **direction, struct pv_error *err);
enum pv_status bp_mpp_tage_new(enum bp_predictor_size size, uint32_t insn_shift, struct bp_direction **direction, struct pv_error *err);

/* Directions predicted by another one (1: taken), in the order of the conditional branches; bp_shared_set says where the next ones are. */
enum pv_status bp_shared_new(struct bp_direction **direction, struct pv_error *err);
void bp_shared_set(struct bp_direction *direction, const uint8_t *taken);

/* Signed saturating counters of `bits` bits: taken when >= 0. */
static inline int8_t bp_signed_towards(int8_t counter, bool up, unsigned bits)
{
	int max = (1 << (bits - 1)) - 1;
	if (up)
		return counter < max ? (int8_t)(counter + 1) : counter;
	return counter > -max - 1 ? (int8_t)(counter - 1) : counter;
}

/* xorshift: the random choices of allocation; *state is not 0 */
static inline uint32_t bp_noise(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Saturating counters, shared by the table predictors: one byte each. */
static inline uint8_t bp_counter_towards(uint8_t counter, bool up, uint8_t max)
{
	if (up)
		return counter < max ? (uint8_t)(counter + 1) : max;
	return counter > 0 ? (uint8_t)(counter - 1) : 0;
}

static inline bool bp_is_power_of_two(uint64_t x)
{
	return x != 0 && (x & (x - 1)) == 0;
}

/* table sizes and counter widths that the table predictors take; `what` names the table in the error */
static inline enum pv_status bp_check_counters(const char *what, uint32_t entries, uint32_t bits, struct pv_error *err)
{
	FAIL_IF(!bp_is_power_of_two(entries), err, PV_ERR_RANGE, "branch predictor %s: %u entries is not a power of two", what, entries);
	FAIL_IF(bits < 1 || bits > 8, err, PV_ERR_RANGE, "branch predictor %s: %u-bit counters, 1 to 8 are possible", what, bits);
	return PV_OK;
}

#endif
