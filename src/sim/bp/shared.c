/*
 * shared.c - directions that another predictor, running ahead, has predicted for several machines (sim/directions.h)
 */
#include "sim/bp/direction.h"

#include <stdlib.h>

struct shared {
	struct bp_direction base;
	const uint8_t *next;
};

static bool shared_step(struct bp_direction *direction, uint64_t pc, uint64_t target, bool taken)
{
	struct shared *t = (struct shared *)direction;
	(void)pc, (void)target, (void)taken;
	return *t->next++ != 0;
}

static void shared_note_unconditional(struct bp_direction *direction, uint64_t pc, uint64_t target)
{
	(void)direction, (void)pc, (void)target;
}

static void shared_free(struct bp_direction *direction)
{
	free(direction);
}

enum pv_status bp_shared_new(struct bp_direction **direction, struct pv_error *err)
{
	static const struct bp_direction_ops ops = {"shared", shared_step, shared_note_unconditional, shared_free};
	struct shared *t = calloc(1, sizeof *t);
	FAIL_IF(t == NULL, err, PV_ERR_NOMEM, "no memory for a branch predictor");
	t->base.ops = &ops;
	*direction = &t->base;
	return PV_OK;
}

void bp_shared_set(struct bp_direction *direction, const uint8_t *taken)
{
	((struct shared *)direction)->next = taken;
}
