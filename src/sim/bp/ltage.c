/*
 * ltage.c - L-TAGE: TAGE with 12 tagged tables, and a loop predictor that overrules it for loops with a constant count
 *
 * Reference: Seznec, "The L-TAGE branch predictor", JILP 2007; sizes as gem5's LTAGE. The loop predictor allocates on mispredictions
 * (the original: on taken branches), in either direction.
 */
#include "sim/bp/loop.h"
#include "sim/bp/tage.h"

#include <stdlib.h>

struct ltage {
	struct bp_direction base;
	struct bp_tage tage;
	struct bp_loop loop;
};

static bool ltage_step(struct bp_direction *direction, uint64_t pc, uint64_t target, bool taken)
{
	struct ltage *l = (struct ltage *)direction;
	struct bp_tage_guess guess;
	(void)target;
	uint64_t word = pc >> l->tage.config.insn_shift;
	bool other = bp_tage_predict(&l->tage, pc, &guess);
	struct bp_loop_guess loop = bp_loop_predict(&l->loop, word);
	bool prediction = bp_loop_choose(&l->loop, &loop, other);
	bp_loop_train(&l->loop, word, taken, &loop, other, prediction);
	bp_tage_train(&l->tage, pc, taken, &guess);
	bp_tage_push(&l->tage, pc, taken);
	return prediction;
}

static void ltage_note_unconditional(struct bp_direction *direction, uint64_t pc, uint64_t target)
{
	(void)target;
	bp_tage_push(&((struct ltage *)direction)->tage, pc, true);
}

static void ltage_free(struct bp_direction *direction)
{
	bp_tage_release(&((struct ltage *)direction)->tage);
	free(direction);
}

enum pv_status bp_ltage_new(uint32_t insn_shift, struct bp_direction **direction, struct pv_error *err)
{
	static const struct bp_direction_ops ops = {"L-TAGE", ltage_step, ltage_note_unconditional, ltage_free};
	static const struct bp_loop_config loop = {.log_entries = 8, .tag_bits = 14, .iteration_bits = 14, .confidence_bits = 2};
	struct bp_tage_config config = bp_tage_12_tables;
	config.insn_shift = insn_shift;
	struct ltage *l = calloc(1, sizeof *l);
	FAIL_IF(l == NULL, err, PV_ERR_NOMEM, "no memory for an L-TAGE branch predictor");
	l->base.ops = &ops;
	bp_loop_init(&l->loop, &loop);
	enum pv_status status = bp_tage_init(&l->tage, &config, err);
	if (status != PV_OK) {
		ltage_free(&l->base);
		return status;
	}
	*direction = &l->base;
	return PV_OK;
}
