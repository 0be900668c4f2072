/*
 * names.c - names of features and targets, from their tables
 */
#include <perfvec/dataset.h>
#include <perfvec/features.h>

_Static_assert(PV_N_FEATURES == 51, "features.def lists the features of the reference");
_Static_assert(PV_N_TARGETS == 16, "targets.def must list every target");
_Static_assert(sizeof(struct pv_feature_row) == 64, "a feature row has no holes");
_Static_assert(sizeof(struct pv_context_row) == 32, "a context row has no holes");

const char *pv_feature_name(unsigned i)
{
	static const char *const names[] = {
#define X(name, value, low, high, meaning) #name,
#include <perfvec/features.def>
#undef X
	};
	return i < PV_N_FEATURES ? names[i] : 0;
}

const char *pv_input_name(unsigned i)
{
	static const char *const names[] = {
#define X(name, value, meaning) #name,
#define L(name, value, meaning) #name,
#include <perfvec/pv2.def>
#undef X
#undef L
	};
	return i < PV2_COUNT ? names[i] : 0;
}

const char *pv_target_name(unsigned i)
{
	static const char *const names[] = {
#define X(name, unit, meaning) #name,
#include <perfvec/targets.def>
#undef X
	};
	return i < PV_N_TARGETS ? names[i] : 0;
}
