/*
 * targets.c - makes the 16 targets of a micro-operation from its times
 *
 * Times of a stage are increments over the stage's previous time, so that their sum over a program is its duration. A store is not done
 * when it commits but when it leaves the store queue; other micro-operations then add only what they commit later than that.
 */
#include "data/targets.h"

enum { PS_PER_UNIT = 100 }; /* targets are in 0.1 ns */

static int64_t advance(uint64_t *last_tenth_ns, uint64_t now_ps)
{
	uint64_t now_tenth_ns = now_ps / PS_PER_UNIT;
	int64_t delta = (int64_t)(now_tenth_ns - *last_tenth_ns);
	*last_tenth_ns = now_tenth_ns;
	return delta;
}

static int64_t advance_store(uint64_t *last_tenth_ns, const struct pv_uop_times *t)
{
	if (t->store_ps >= PS_PER_UNIT)
		return advance(last_tenth_ns, t->store_ps);
	return t->commit_ps / PS_PER_UNIT > *last_tenth_ns ? advance(last_tenth_ns, t->commit_ps) : 0;
}

static void accesses(const struct pv_uop_times *t, int fetch_depth, bool is_load, int64_t *out)
{
	static const enum pv_target fetch[3] = {PV_TARGET_l1_fetch, PV_TARGET_l2_fetch, PV_TARGET_memory_fetch};
	static const enum pv_target load[3] = {PV_TARGET_l1_load, PV_TARGET_l2_load, PV_TARGET_memory_load};
	static const enum pv_target store[3] = {PV_TARGET_l1_store, PV_TARGET_l2_store, PV_TARGET_memory_store};
	for (int depth = 0; depth < 3; depth++) {
		out[fetch[depth]] = fetch_depth >= depth;
		out[load[depth]] = t->data_depth >= depth && is_load;
		out[store[depth]] = t->data_depth >= depth && !is_load;
	}
}

enum pv_target data_targets_next(struct data_target_state *s, const struct pv_uop_times *t, bool load, int64_t *out)
{
	out[PV_TARGET_fetch] = advance(&s->fetch_tenth_ns, t->fetch_ps);
	out[PV_TARGET_commit] = advance(&s->commit_tenth_ns, t->commit_ps);
	out[PV_TARGET_store_commit] = advance_store(&s->store_tenth_ns, t);
	out[PV_TARGET_decode] = advance(&s->decode_tenth_ns, t->decode_ps);
	out[PV_TARGET_rename] = advance(&s->rename_tenth_ns, t->rename_ps);
	out[PV_TARGET_dispatch] = advance(&s->dispatch_tenth_ns, t->dispatch_ps);
	accesses(t, s->begun ? t->fetch_depth : 2, load, out); /* the first fetch of a program comes from memory */
	out[PV_TARGET_mispredicted] = t->mispredicted;
	s->begun = true;
	for (int i = 0; i < PV_N_TARGETS; i++)
		if (out[i] < 0)
			return (enum pv_target)i;
	return PV_N_TARGETS;
}
