/*
 * btb.c - branch target buffer: direct mapped, with partial tags, so that two branches may pass for one another
 *
 * Filled only by taken branches that it did not predict, as gem5's DefaultBTB.
 */
#include "sim/bp/target.h"

#include <stdlib.h>

struct bp_btb_entry {
	uint64_t target;
	uint32_t tag;
	bool valid;
};

enum pv_status bp_btb_init(struct bp_btb *btb, uint32_t n_entries, uint32_t tag_bits, uint32_t insn_shift, struct pv_error *err)
{
	FAIL_IF(n_entries == 0 || (n_entries & (n_entries - 1)) != 0, err, PV_ERR_RANGE, "BTB: %u entries is not a power of two",
	        n_entries);
	FAIL_IF(tag_bits < 1 || tag_bits > 31, err, PV_ERR_RANGE, "BTB: %u-bit tags, 1 to 31 are possible", tag_bits);
	*btb = (struct bp_btb){.mask = n_entries - 1, .tag_mask = (1u << tag_bits) - 1, .insn_shift = insn_shift};
	btb->index_bits = (uint32_t)__builtin_ctz(n_entries);
	btb->entries = calloc(n_entries, sizeof *btb->entries);
	FAIL_IF(btb->entries == NULL, err, PV_ERR_NOMEM, "no memory for a BTB of %u entries", n_entries);
	return PV_OK;
}

void bp_btb_release(struct bp_btb *btb)
{
	free(btb->entries);
	btb->entries = NULL;
}

static uint32_t tag_of(const struct bp_btb *btb, uint64_t pc)
{
	return (uint32_t)(pc >> (btb->insn_shift + btb->index_bits)) & btb->tag_mask;
}

uint64_t bp_btb_lookup(const struct bp_btb *btb, uint64_t pc)
{
	const struct bp_btb_entry *e = &btb->entries[(pc >> btb->insn_shift) & btb->mask];
	return e->valid && e->tag == tag_of(btb, pc) ? e->target : 0;
}

void bp_btb_update(struct bp_btb *btb, uint64_t pc, uint64_t target)
{
	btb->entries[(pc >> btb->insn_shift) & btb->mask] = (struct bp_btb_entry){.target = target, .tag = tag_of(btb, pc), .valid = true};
}
