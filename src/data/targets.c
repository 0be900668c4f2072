/*
 * targets.c - the 16 targets of a micro-operation from its times
 *
 * Times of a stage are increments over the stage's previous time, so that their sum over a program is its duration. A store is not done
 * when it commits but when it leaves the store queue; other micro-operations then add only what they commit later than that.
 */
#include "data/targets.h"

static int64_t advance(uint64_t *last, uint64_t now)
{
	int64_t delta = (int64_t)(now - *last);
	*last = now;
	return delta;
}

static int64_t advance_store(uint64_t *last, const struct data_target_times *t)
{
	if (t->store)
		return advance(last, t->store);
	return t->commit > *last ? advance(last, t->commit) : 0;
}

static void accesses(const struct data_target_times *t, int fetch_depth, int64_t *out)
{
	static const enum pv_target fetch[3] = {PV_TARGET_l1_fetch, PV_TARGET_l2_fetch, PV_TARGET_memory_fetch};
	static const enum pv_target load[3] = {PV_TARGET_l1_load, PV_TARGET_l2_load, PV_TARGET_memory_load};
	static const enum pv_target store[3] = {PV_TARGET_l1_store, PV_TARGET_l2_store, PV_TARGET_memory_store};
	for (int depth = 0; depth < 3; depth++) {
		out[fetch[depth]] = fetch_depth >= depth;
		out[load[depth]] = t->data_depth >= depth && t->load;
		out[store[depth]] = t->data_depth >= depth && !t->load;
	}
}

enum pv_target data_targets_next(struct data_target_state *s, const struct data_target_times *t, int64_t *out)
{
	out[PV_TARGET_fetch] = advance(&s->fetch, t->fetch);
	out[PV_TARGET_commit] = advance(&s->commit, t->commit);
	out[PV_TARGET_store_commit] = advance_store(&s->store, t);
	out[PV_TARGET_decode] = advance(&s->decode, t->decode);
	out[PV_TARGET_rename] = advance(&s->rename, t->rename);
	out[PV_TARGET_dispatch] = advance(&s->dispatch, t->dispatch);
	accesses(t, s->begun ? t->fetch_depth : 2, out); /* the first fetch of a program comes from memory */
	out[PV_TARGET_mispredicted] = t->mispredicted;
	s->begun = true;
	for (int i = 0; i < PV_N_TARGETS; i++)
		if (out[i] < 0)
			return (enum pv_target)i;
	return PV_N_TARGETS;
}
