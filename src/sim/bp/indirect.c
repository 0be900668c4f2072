/*
 * indirect.c - indirect target predictor: a small set-associative cache of targets
 *
 * Set = hash(pc, global outcomes, the latest few indirect targets), tag = pc: one branch may have a target per path that leads to it.
 *
 * Reference: gem5's SimpleIndirectPredictor; Chang, Hao, Patt, "Target prediction for indirect jumps", ISCA 1997.
 */
#include "sim/bp/target.h"

#include <stdlib.h>

struct bp_indirect_entry {
	uint64_t target; /* 0: empty */
	uint32_t tag, used;
};

enum pv_status bp_indirect_init(struct bp_indirect *indirect, const struct bp_indirect_config *config, struct pv_error *err)
{
	FAIL_IF(config->n_sets == 0 || (config->n_sets & (config->n_sets - 1)) != 0, err, PV_ERR_RANGE,
	        "indirect predictor: %u sets is not a power of two", config->n_sets);
	FAIL_IF(config->n_ways == 0 || config->path_length > BP_INDIRECT_MAX_PATH || config->tag_bits < 1 || config->tag_bits > 31, err,
	        PV_ERR_RANGE, "indirect predictor: %u ways, path of %u targets and %u-bit tags are not possible", config->n_ways,
	        config->path_length, config->tag_bits);
	*indirect = (struct bp_indirect){.config = *config, .set_bits = (uint32_t)__builtin_ctz(config->n_sets)};
	indirect->entries = calloc((size_t)config->n_sets * config->n_ways, sizeof *indirect->entries);
	FAIL_IF(indirect->entries == NULL, err, PV_ERR_NOMEM, "no memory for an indirect predictor");
	return PV_OK;
}

void bp_indirect_release(struct bp_indirect *indirect)
{
	free(indirect->entries);
	indirect->entries = NULL;
}

static uint32_t set_of(const struct bp_indirect *p, uint64_t pc)
{
	uint64_t hash = pc >> p->config.insn_shift;
	hash ^= p->history;
	uint32_t step = p->config.path_length > 0 ? p->set_bits / p->config.path_length : 0;
	uint32_t shift = p->set_bits;
	for (uint32_t i = 0; i < p->config.path_length; i++) {
		shift -= step;
		hash ^= p->path[(p->path_head - i) % BP_INDIRECT_MAX_PATH] >> (p->config.insn_shift + shift);
	}
	return (uint32_t)(hash & (p->config.n_sets - 1));
}

uint64_t bp_indirect_step(struct bp_indirect *p, uint64_t pc, uint64_t target)
{
	struct bp_indirect_entry *set = p->entries + (size_t)set_of(p, pc) * p->config.n_ways, *victim = set;
	uint32_t tag = (uint32_t)(pc >> p->config.insn_shift) & ((1u << p->config.tag_bits) - 1);
	uint64_t predicted = 0;
	for (uint32_t i = 0; i < p->config.n_ways; i++) {
		if (set[i].target != 0 && set[i].tag == tag) {
			victim = &set[i];
			predicted = set[i].target;
			break;
		}
		if (set[i].used < victim->used)
			victim = &set[i];
	}
	*victim = (struct bp_indirect_entry){.target = target, .tag = tag, .used = ++p->clock};
	p->path[++p->path_head % BP_INDIRECT_MAX_PATH] = target;
	return predicted;
}

void bp_indirect_note_outcome(struct bp_indirect *p, bool taken)
{
	p->history = (p->history << 1 | taken) & ((1ull << p->config.history_bits) - 1);
}
