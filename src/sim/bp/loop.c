/*
 * loop.c - loop predictor (see loop.h)
 */
#include "sim/bp/loop.h"

enum { NEW_AGE = 7, MAX_AGE = 15, TRUST_BITS = 7 };

static uint32_t first_of(const struct bp_loop *loop, uint64_t word)
{
	uint32_t n_sets = (1u << loop->config.log_entries) / BP_LOOP_WAYS;
	return (uint32_t)((word ^ word >> 2) & (n_sets - 1)) * BP_LOOP_WAYS;
}

static uint16_t tag_of(const struct bp_loop *loop, uint64_t word)
{
	uint32_t set_bits = loop->config.log_entries - 2, bits = loop->config.tag_bits;
	return (uint16_t)((word >> set_bits ^ word >> (set_bits + bits)) & ((1u << bits) - 1));
}

struct bp_loop_guess bp_loop_predict(const struct bp_loop *loop, uint64_t word)
{
	const struct bp_loop_config *c = &loop->config;
	uint32_t first = first_of(loop, word);
	uint16_t tag = tag_of(loop, word);
	for (uint32_t i = first; i < first + BP_LOOP_WAYS; i++) {
		const struct bp_loop_entry *e = &loop->entries[i];
		if (e->tag != tag || e->age == 0)
			continue;
		bool sure = e->confidence == (1u << c->confidence_bits) - 1 || (c->believes_long && e->confidence * e->total > 128);
		bool ends = e->now + 1 == e->total;
		return (struct bp_loop_guess){.entry = (int32_t)i, .valid = sure && e->total > 0, .prediction = e->usual != ends};
	}
	return (struct bp_loop_guess){.entry = -1};
}

static void forget(struct bp_loop_entry *e)
{
	e->total = e->now = 0;
	e->confidence = e->age = 0;
}

/* The loop went its other way after now iterations. */
static void end_of_loop(const struct bp_loop *loop, struct bp_loop_entry *e)
{
	if (e->now == e->total) {
		e->confidence = bp_counter_towards(e->confidence, true, (uint8_t)((1u << loop->config.confidence_bits) - 1));
		if (e->total < 3) /* histories see that better */
			forget(e);
	} else {
		e->total = e->total == 0 ? e->now : 0; /* the first time tells the count; another count starts over */
		e->confidence = 0;
	}
	e->now = 0;
}

static void train_entry(struct bp_loop *loop, struct bp_loop_entry *e, bool taken, const struct bp_loop_guess *guess, bool other)
{
	if (guess->valid && guess->prediction != taken) {
		forget(e);
		return;
	}
	if (guess->valid && (guess->prediction != other || (bp_noise(&loop->noise) & 7) == 0))
		e->age = bp_counter_towards(e->age, true, MAX_AGE);
	e->now = (uint16_t)((e->now + 1u) & ((1u << loop->config.iteration_bits) - 1));
	if (e->now > e->total && e->total > 0) {
		e->total = 0;
		e->confidence = 0;
	}
	if (taken != e->usual)
		end_of_loop(loop, e);
}

void bp_loop_train(struct bp_loop *loop, uint64_t word, bool taken, const struct bp_loop_guess *guess, bool other, bool last)
{
	if (guess->valid && guess->prediction != other)
		loop->trust = bp_signed_towards(loop->trust, guess->prediction == taken, TRUST_BITS);
	if (guess->entry >= 0) {
		train_entry(loop, &loop->entries[guess->entry], taken, guess, other);
		return;
	}
	if (last == taken || (bp_noise(&loop->noise) & 3) != 0)
		return;
	/* a misprediction may be a loop's end: what came before was the other way */
	struct bp_loop_entry *e = &loop->entries[first_of(loop, word) + (loop->noise >> 8) % BP_LOOP_WAYS];
	if (e->age > 0)
		e->age--;
	else
		*e = (struct bp_loop_entry){.tag = tag_of(loop, word), .age = NEW_AGE, .usual = !taken};
}
