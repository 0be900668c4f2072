/*
 * regression.c - regressors of a profile
 *
 * Operations are grouped, since a class that only one program has would be fitted to that program. A miss-rate curve is the number of
 * accesses from beyond a capacity, for capacities two octaves apart: what any fully associative LRU cache would miss.
 *
 * Source of the curves: R. Mattson et al.: "Evaluation Techniques for Storage Hierarchies", IBM Systems Journal 9(2), 1970.
 */
#include "evaluate/regression.h"

#include <math.h>

enum group {
	INT_ALU,
	INT_MULT,
	INT_DIV,
	FLOAT_ADD,
	FLOAT_MULT,
	FLOAT_DIV,
	SIMD_INT,
	SIMD_FLOAT,
	SIMD_DIV,
	CRYPTO,
	READ,
	WRITE,
	OTHER,
	N_GROUPS
};

static enum group group_of(unsigned op)
{
	switch (op) {
	case PV_OP_IntAlu: return INT_ALU;
	case PV_OP_IntMult: return INT_MULT;
	case PV_OP_IntDiv: return INT_DIV;
	case PV_OP_FloatAdd:
	case PV_OP_FloatCmp:
	case PV_OP_FloatCvt:
	case PV_OP_FloatMisc: return FLOAT_ADD;
	case PV_OP_FloatMult:
	case PV_OP_FloatMultAcc: return FLOAT_MULT;
	case PV_OP_FloatDiv:
	case PV_OP_FloatSqrt: return FLOAT_DIV;
	case PV_OP_SimdDiv:
	case PV_OP_SimdSqrt:
	case PV_OP_SimdFloatDiv:
	case PV_OP_SimdFloatSqrt: return SIMD_DIV;
	case PV_OP_MemRead:
	case PV_OP_FloatMemRead: return READ;
	case PV_OP_MemWrite:
	case PV_OP_FloatMemWrite: return WRITE;
	default: break;
	}
	if (op >= PV_OP_SimdAes && op <= PV_OP_SimdShaSigma3)
		return CRYPTO;
	if (op >= PV_OP_SimdFloatAdd && op <= PV_OP_SimdFloatMultAcc)
		return SIMD_FLOAT;
	return op >= PV_OP_SimdAdd && op <= PV_OP_SimdFloatReduceCmp ? SIMD_INT : OTHER;
}

/* Buckets that begin at these distances: 32 lines (2 kB) x 4^i for data, 64 (4 kB) x 2^i for code; then first touches. */
enum { N_DATA_CAPACITIES = 8, N_CODE_CAPACITIES = 6, N_REST = 10 };
_Static_assert(N_GROUPS + 2 * N_DATA_CAPACITIES + N_CODE_CAPACITIES + N_REST == EVALUATE_REGRESSORS, "regression.h counts the regressors");

/* Accesses of some kinds, first to last, from the bucket on. */
static double beyond(const struct evaluate_profile *p, enum evaluate_touch first, enum evaluate_touch last, int bucket)
{
	double n = 0;
	for (int t = (int)first; t <= (int)last; t++)
		for (int b = bucket; b < EVALUATE_REUSE_BUCKETS; b++)
			n += p->reuse[t][b];
	return n;
}

static double *curve(const struct evaluate_profile *p, enum evaluate_touch first, enum evaluate_touch last, int n, uint32_t lines,
                     unsigned octaves, double *x)
{
	for (int i = 0; i + 1 < n; i++)
		*x++ = beyond(p, first, last, evaluate_reuse_bucket((lines << (octaves * (unsigned)i)) + 1));
	*x++ = beyond(p, first, last, EVALUATE_REUSE_FIRST_TOUCH);
	return x;
}

void evaluate_regressors(const struct evaluate_profile *p, double *x)
{
	for (int g = 0; g < N_GROUPS; g++)
		x[g] = 0;
	for (unsigned op = 0; op < PV_N_OP_CLASSES; op++)
		x[group_of(op)] += p->ops[op];
	x += N_GROUPS;
	x = curve(p, EVALUATE_TOUCH_LOAD_CLEAN, EVALUATE_TOUCH_LOAD_STORED, N_DATA_CAPACITIES, 32, 2, x);
	x = curve(p, EVALUATE_TOUCH_STORE, EVALUATE_TOUCH_STORE, N_DATA_CAPACITIES, 32, 2, x);
	x = curve(p, EVALUATE_TOUCH_FETCH, EVALUATE_TOUCH_FETCH, N_CODE_CAPACITIES, 64, 1, x);
	const double rest[N_REST] = {
	    p->insns,
	    p->rows - p->reuse[EVALUATE_TOUCH_FETCH][0], /* changes of the code line */
	    p->cond_branches,
	    p->uncond_branches,
	    p->indirect_branches,
	    p->taken,
	    p->doubt,
	    p->surprises,
	    p->serializing,
	    p->atomics,
	};
	for (int i = 0; i < N_REST; i++)
		x[i] = rest[i];
}
