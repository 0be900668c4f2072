/*
 * told.c - a direction predictor that is told its guesses: another one, running ahead, made them for several machines
 */
#include "sim/bp/direction.h"

#include <stdlib.h>

struct told {
	struct bp_direction base;
	const uint8_t *next;
};

static bool told_step(struct bp_direction *direction, uint64_t pc, uint64_t target, bool taken)
{
	struct told *t = (struct told *)direction;
	(void)pc, (void)target, (void)taken;
	return *t->next++ != 0;
}

static void told_note_unconditional(struct bp_direction *direction, uint64_t pc, uint64_t target)
{
	(void)direction, (void)pc, (void)target;
}

static void told_free(struct bp_direction *direction)
{
	free(direction);
}

enum pv_status bp_told_new(struct bp_direction **direction, struct pv_error *err)
{
	static const struct bp_direction_ops ops = {"told", told_step, told_note_unconditional, told_free};
	struct told *t = calloc(1, sizeof *t);
	FAIL_IF(t == NULL, err, PV_ERR_NOMEM, "no memory for a branch predictor");
	t->base.ops = &ops;
	*direction = &t->base;
	return PV_OK;
}

void bp_told_set(struct bp_direction *direction, const uint8_t *guesses)
{
	((struct told *)direction)->next = guesses;
}
