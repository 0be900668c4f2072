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
	struct pv_direction base;
	struct pv_tage tage;
	struct pv_loop loop;
};

static bool ltage_step(struct pv_direction *direction, uint64_t pc, uint64_t target, bool taken)
{
	struct ltage *l = (struct ltage *)direction;
	struct pv_tage_guess guess;
	(void)target;
	uint64_t word = pc >> l->tage.config.insn_shift;
	bool other = pv_tage_predict(&l->tage, pc, &guess);
	struct pv_loop_guess loop = pv_loop_predict(&l->loop, word);
	bool prediction = pv_loop_choose(&l->loop, &loop, other);
	pv_loop_train(&l->loop, word, taken, &loop, other, prediction);
	pv_tage_train(&l->tage, pc, taken, &guess);
	pv_tage_push(&l->tage, pc, taken);
	return prediction;
}

static void ltage_note_unconditional(struct pv_direction *direction, uint64_t pc, uint64_t target)
{
	(void)target;
	pv_tage_push(&((struct ltage *)direction)->tage, pc, true);
}

static void ltage_free(struct pv_direction *direction)
{
	pv_tage_release(&((struct ltage *)direction)->tage);
	free(direction);
}

enum pv_status pv_ltage_new(uint32_t insn_shift, struct pv_direction **direction, struct pv_error *err)
{
	static const struct pv_direction_ops ops = {"L-TAGE", ltage_step, ltage_note_unconditional, ltage_free};
	static const struct pv_loop_config loop = {.log_entries = 8, .tag_bits = 14, .iteration_bits = 14, .confidence_bits = 2};
	struct pv_tage_config config = pv_tage_12_tables;
	config.insn_shift = insn_shift;
	struct ltage *l = calloc(1, sizeof *l);
	PV_FAIL_IF(l == NULL, err, PV_ERR_NOMEM, "no memory for an L-TAGE branch predictor");
	l->base.ops = &ops;
	pv_loop_init(&l->loop, &loop);
	enum pv_status status = pv_tage_init(&l->tage, &config, err);
	if (status != PV_OK) {
		ltage_free(&l->base);
		return status;
	}
	*direction = &l->base;
	return PV_OK;
}
