/*
 * pack.c - plain float32 features back into packed rows
 *
 * Every feature but the entropies is an integer, and float32 holds those up to 2^24 and, beyond, the ones that pv_features_unpack makes.
 * So: a value must be an integer within the feature's bounds, and then goes where unpacking takes it from. Of two histories with the same
 * entropy (p and 1 - p) the one with fewer taken is chosen; unpacked they are the same.
 */
#include "data/pack.h"

#include <math.h>
#include <string.h>

#include "data/unpack.h"

enum { MOST_SIXTEENTHS = 8, NO_ENTROPY = 255 };

static bool is_entropy(enum pv_feature f)
{
	return f == PV_FEATURE_AT_entropy_before || f == PV_FEATURE_AT_entropy_after;
}

/* Six significant digits of a number between 0.1 and 1 are within 5e-7 of it. */
static uint8_t sixteenths_of(float entropy)
{
	for (uint8_t code = 0; code <= MOST_SIXTEENTHS; code++)
		if (fabsf(entropy - data_entropy_of_sixteenths(code)) <= (code ? 5.1e-7F : 0))
			return code;
	return NO_ENTROPY;
}

static bool holds(enum pv_feature f, float x)
{
	if (is_entropy(f))
		return sixteenths_of(x) != NO_ENTROPY;
	double low, high;
	data_feature_bounds(f, &low, &high);
	return (double)x >= low && (double)x <= high && x == floorf(x);
}

static uint32_t flags_of(const float *x)
{
	static const struct {
		enum pv_feature feature;
		uint32_t flag;
	} flags[] = {
	    {PV_FEATURE_AT_fault, PV_FEATURE_FAULT},
	    {PV_FEATURE_AT_store, PV_FEATURE_STORE},
	    {PV_FEATURE_AT_load, PV_FEATURE_LOAD},
	    {PV_FEATURE_AT_microop, PV_FEATURE_MICROOP},
	    {PV_FEATURE_AT_cond_branch, PV_FEATURE_COND_BRANCH},
	    {PV_FEATURE_AT_uncond_branch, PV_FEATURE_UNCOND_BRANCH},
	    {PV_FEATURE_AT_direct_branch, PV_FEATURE_DIRECT_BRANCH},
	    {PV_FEATURE_AT_squash_after, PV_FEATURE_SQUASH_AFTER},
	    {PV_FEATURE_AT_serialize_after, PV_FEATURE_SERIALIZE_AFTER},
	    {PV_FEATURE_AT_serialize_before, PV_FEATURE_SERIALIZE_BEFORE},
	    {PV_FEATURE_AT_read_barrier, PV_FEATURE_READ_BARRIER},
	    {PV_FEATURE_AT_write_barrier, PV_FEATURE_WRITE_BARRIER},
	    {PV_FEATURE_AT_non_speculative, PV_FEATURE_NON_SPECULATIVE},
	    {PV_FEATURE_AT_taken, PV_FEATURE_TAKEN},
	    {PV_FEATURE_AT_has_addr, PV_FEATURE_HAS_ADDR},
	};
	uint32_t all = 0;
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (x[flags[i].feature] != 0)
			all |= flags[i].flag;
	int conditional_atomic = (int)x[PV_FEATURE_AT_conditional_atomic];
	all |= conditional_atomic & 1 ? PV_FEATURE_STORE_CONDITIONAL : 0;
	all |= conditional_atomic & 2 ? PV_FEATURE_ATOMIC : 0;
	return all;
}

enum pv_feature data_feature_row_pack(const float *x, struct pv_feature_row *row)
{
	for (int f = 0; f < PV_N_FEATURES; f++)
		if (!holds((enum pv_feature)f, x[f]))
			return (enum pv_feature)f;
	*row = (struct pv_feature_row){
	    .flags = flags_of(x),
	    .fetch_reuse = (uint32_t)x[PV_FEATURE_AT_fetch_reuse],
	    .load_reuse = (uint32_t)x[PV_FEATURE_AT_load_reuse],
	    .store_reuse = (uint32_t)x[PV_FEATURE_AT_store_reuse],
	    .address_distance = (uint16_t)x[PV_FEATURE_AT_address_distance],
	    .op = (uint8_t)x[PV_FEATURE_AT_op],
	    .entropy_before = sixteenths_of(x[PV_FEATURE_AT_entropy_before]),
	    .entropy_after = sixteenths_of(x[PV_FEATURE_AT_entropy_after]),
	};
	for (int i = 0; i < 8; i++) {
		row->src_class[i] = (uint8_t)x[PV_FEATURE_AT_src0_class + 2 * i];
		row->src_index[i] = (uint16_t)x[PV_FEATURE_AT_src0_index + 2 * i];
	}
	for (int i = 0; i < 6; i++) {
		row->dst_class[i] = (uint8_t)x[PV_FEATURE_AT_dst0_class + 2 * i];
		row->dst_index[i] = (uint16_t)x[PV_FEATURE_AT_dst0_index + 2 * i];
	}
	return PV_N_FEATURES;
}
