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

enum pv_status bp_indirect_init(struct bp_indirect *indirect, const struct uarch_branch *params, struct pv_error *err)
{
	const struct uarch_branch *p = params;
	FAIL_IF(p->n_indirect_sets <= 0 || (p->n_indirect_sets & (p->n_indirect_sets - 1)) != 0, err, PV_ERR_RANGE,
	        "indirect predictor: %d sets is not a power of two", p->n_indirect_sets);
	FAIL_IF(p->n_indirect_ways <= 0 || p->indirect_path_length > BP_INDIRECT_MAX_PATH || p->indirect_tag_bits < 1 ||
	            p->indirect_tag_bits > 31,
	        err, PV_ERR_RANGE, "indirect predictor: %d ways, path of %d targets and %d-bit tags are not possible", p->n_indirect_ways,
	        p->indirect_path_length, p->indirect_tag_bits);
	*indirect = (struct bp_indirect){.params = *params, .set_bits = (uint32_t)__builtin_ctz((uint32_t)p->n_indirect_sets)};
	indirect->entries = calloc((size_t)p->n_indirect_sets * p->n_indirect_ways, sizeof *indirect->entries);
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
	uint64_t hash = pc >> p->params.inst_shift_bits;
	hash ^= p->history;
	uint32_t n_path = p->params.indirect_path_length, step = n_path > 0 ? p->set_bits / n_path : 0;
	uint32_t shift = p->set_bits;
	for (uint32_t i = 0; i < n_path; i++) {
		shift -= step;
		hash ^= p->path[(p->path_head - i) % BP_INDIRECT_MAX_PATH] >> (p->params.inst_shift_bits + shift);
	}
	return (uint32_t)(hash & (p->params.n_indirect_sets - 1));
}

uint64_t bp_indirect_step(struct bp_indirect *p, uint64_t pc, uint64_t target)
{
	struct bp_indirect_entry *set = p->entries + (size_t)set_of(p, pc) * p->params.n_indirect_ways, *victim = set;
	uint32_t tag = (uint32_t)(pc >> p->params.inst_shift_bits) & ((1u << p->params.indirect_tag_bits) - 1);
	uint64_t predicted = 0;
	for (int32_t i = 0; i < p->params.n_indirect_ways; i++) {
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
	p->history = (p->history << 1 | taken) & ((1ull << p->params.indirect_history_bits) - 1);
}
