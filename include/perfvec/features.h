/*
 * perfvec/features.h - the packed feature row and the names of the 51 features
 *
 * A row holds everything the 51 features of features.def need, exactly, in 64 bytes (as float32 they are 204). As a file it is a NumPy
 * structured array with named members. pv_features_unpack of perfvec/dataset.h makes float32 from it.
 */
#ifndef PERFVEC_FEATURES_H
#define PERFVEC_FEATURES_H

#include <stdint.h>

#include <perfvec/api.h>

PV_API_BEGIN

/* Version of what feature rows and their 51 features mean, and of context rows; written into datasets, which are refused when it differs.
 */
enum { PV_FEATURE_SCHEMA = 1, PV_CONTEXT_SCHEMA = 1 };

/* Bits of struct pv_feature_row.flags. All but the last are features. */
enum pv_feature_flag {
	PV_FEATURE_FAULT = 1u << 0,
	PV_FEATURE_STORE = 1u << 1,
	PV_FEATURE_LOAD = 1u << 2,
	PV_FEATURE_MICROOP = 1u << 3,
	PV_FEATURE_COND_BRANCH = 1u << 4,
	PV_FEATURE_UNCOND_BRANCH = 1u << 5,
	PV_FEATURE_DIRECT_BRANCH = 1u << 6,
	PV_FEATURE_SQUASH_AFTER = 1u << 7,
	PV_FEATURE_SERIALIZE_AFTER = 1u << 8,
	PV_FEATURE_SERIALIZE_BEFORE = 1u << 9,
	PV_FEATURE_STORE_CONDITIONAL = 1u << 10,
	PV_FEATURE_ATOMIC = 1u << 11,
	PV_FEATURE_READ_BARRIER = 1u << 12,
	PV_FEATURE_WRITE_BARRIER = 1u << 13,
	PV_FEATURE_NON_SPECULATIVE = 1u << 14,
	PV_FEATURE_TAKEN = 1u << 15,
	PV_FEATURE_HAS_ADDR = 1u << 16,
	PV_FEATURE_LAST = 1u << 17 /* last micro-operation of its instruction: their count is the number of instructions */
};

/* Caps of the distances. */
enum { PV_REUSE_NEVER = 100000000, PV_ADDRESS_NEVER = 1000 };

/* One packed row, 64 bytes, no holes; members in feature_row.def. */
struct pv_feature_row {
#define S(type, dtype, name, meaning) type name;
#define A(type, dtype, name, count, meaning) type name[count];
#include <perfvec/feature_row.def>
#undef S
#undef A
};

/* Bits of struct pv_context_row.flags. */
enum pv_context_flag {
	PV_CONTEXT_BIMODAL_WRONG = 1u << 0,
	PV_CONTEXT_LOCAL_WRONG = 1u << 1,
	PV_CONTEXT_GLOBAL_WRONG = 1u << 2,
	PV_CONTEXT_NEW_TARGET = 1u << 3,
	PV_CONTEXT_NEXT_LINE = 1u << 4,
	PV_CONTEXT_CROSSES_LINE = 1u << 5,
	PV_CONTEXT_PRODUCER_LOADS = 1u << 6,
	PV_CONTEXT_PRODUCER2_LOADS = 1u << 7
};

/* What schema pv2 needs beside a feature row: 32 bytes, no holes; members in context_row.def. */
struct pv_context_row {
#define S(type, dtype, name, meaning) type name;
#define A(type, dtype, name, count, meaning) type name[count];
#include <perfvec/context_row.def>
#undef S
#undef A
};

/* Numbers of the inputs of schema pv2: PV2_AT_fault is 0, and so on. Those from PV2_LOGS on are logarithms. */
enum pv2_input {
#define X(name, value, meaning) PV2_AT_##name,
#define L(name, value, meaning)
#include <perfvec/pv2.def>
#undef X
#undef L
	PV2_LOGS,
	PV2_BEFORE_LOGS = PV2_LOGS - 1,
#define X(name, value, meaning)
#define L(name, value, meaning) PV2_AT_##name,
#include <perfvec/pv2.def>
#undef X
#undef L
	PV2_COUNT
};

/* pv_input_name - the name of input i of schema pv2; a static string; NULL when i is not below PV2_COUNT */
const char *pv_input_name(unsigned i);

/* Numbers of the features: PV_FEATURE_AT_fault is 0, and so on. */
enum pv_feature {
#define X(name, value, low, high, meaning) PV_FEATURE_AT_##name,
#include <perfvec/features.def>
#undef X
	PV_N_FEATURES
};

/* pv_feature_name - the name of feature i, such as "fetch_reuse"; a static string; NULL when i is not below PV_N_FEATURES */
const char *pv_feature_name(unsigned i);

/* Numbers of the 16 targets: PV_TARGET_store_commit is 2, and so on. */
enum pv_target {
#define X(name, unit, meaning) PV_TARGET_##name,
#include <perfvec/targets.def>
#undef X
	PV_N_TARGETS
};

/* pv_target_name - the name of target i, such as "store_commit"; a static string; NULL when i is not below PV_N_TARGETS */
const char *pv_target_name(unsigned i);

PV_API_END

#endif
