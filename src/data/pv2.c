/*
 * pv2.c - packed rows and their context into normalised float32 of schema pv2
 *
 * Runs for every row of every epoch, as unpack.c does: the integers that enter as logarithms are gathered first, and their logarithms are
 * taken in one loop without branches. Those are 2/ln 2 atanh((m - 1) / (m + 1)) by its series, with m between sqrt(1/2) and sqrt(2), plus
 * the exponent: off by less than 4e-7, exact at powers of two.
 */
#include <perfvec/dataset.h>
#include <perfvec/features.h>
#include <perfvec/uop.h>

#include <string.h>

#include "data/unpack.h"

enum { N_LANES = (PV2_COUNT + 15) / 16 * 16, N_LOGS = PV2_COUNT - PV2_LOGS, MOST_LINES = 1 << 22, FAR_ROWS = 1001 };

static inline uint32_t at_most(uint32_t x, uint32_t most)
{
	return x < most ? x : most;
}

/* How many registers of each kind there are, a byte each: integer, then floating point to predicate, condition codes, miscellaneous. */
static inline uint32_t registers(const uint8_t *classes, int n)
{
	static const uint32_t kinds[8] = {0, 1, 1u << 8, 1u << 8, 1u << 8, 1u << 8, 1u << 16, 1u << 24};
	uint32_t count = 0;
	for (int i = 0; i < n; i++)
		count += kinds[classes[i] & 7];
	return count;
}

/* log2(1 + v), v < 2^24 */
static inline float log2_1p(uint32_t v)
{
	const float x = (float)(v + 1);
	uint32_t bits;
	memcpy(&bits, &x, sizeof bits);
	const uint32_t above = (bits & 0x7fffff) > 0x3504f3; /* mantissa above sqrt(2) */
	const float exponent = (float)((int32_t)(bits >> 23) - 127 + (int32_t)above);
	bits = (bits & 0x7fffff) | ((127 - above) << 23);
	float m;
	memcpy(&m, &bits, sizeof m);
	const float s = (m - 1) / (m + 1), q = s * s;
	return exponent + s * (2.885390082F + q * (0.961796694F + q * (0.577078016F + q * (0.412198583F + q * 0.320598898F))));
}

#define FLAG(name) ((r->flags & PV_FEATURE_##name) != 0)
#define CONTEXT(name) ((c->flags & PV_CONTEXT_##name) != 0)
#define OP(first, last) (r->op > PV_OP_##first && r->op <= PV_OP_##last + 1)
#define REGS(side, kind) (side##_registers >> (8 * REGS_##kind) & 255)
#define ENTROPY(member) data_entropy_of_sixteenths(r->member)
#define LINES(distance) at_most(distance, MOST_LINES)
#define FAR(distance) ((distance) ? (uint32_t)(distance) : FAR_ROWS)

enum { REGS_INT, REGS_VEC, REGS_CC, REGS_MISC };

static inline void expand(const struct pv_feature_row *r, const struct pv_context_row *c, float *restrict x)
{
	const uint32_t src_registers = registers(r->src_class, 8), dst_registers = registers(r->dst_class, 6);
	const uint32_t v[N_LOGS] = {
#define X(name, value, meaning)
#define L(name, value, meaning) value,
#include <perfvec/pv2.def>
#undef X
#undef L
	};
#define X(name, value, meaning) x[PV2_AT_##name] = (float)(value);
#define L(name, value, meaning)
#include <perfvec/pv2.def>
#undef X
#undef L
	for (int i = 0; i < N_LOGS; i++)
		x[PV2_LOGS + i] = log2_1p(v[i]);
}

void pv_inputs_unpack(const struct pv_feature_row *rows, const struct pv_context_row *context, size_t n, const float *mean,
                      const float *std, float *out, size_t stride)
{
	float m[N_LANES] = {0}, scale[N_LANES], x[N_LANES] = {0};
	for (int f = 0; f < N_LANES; f++)
		scale[f] = 1;
	for (int f = 0; mean && f < PV2_COUNT; f++) {
		m[f] = mean[f];
		scale[f] = std[f] == 0 ? 1 : 1 / std[f];
	}
	for (size_t row = 0; row < n; row++) {
		float y[N_LANES];
		expand(&rows[row], &context[row], x);
		for (int f = 0; f < N_LANES; f++)
			y[f] = (x[f] - m[f]) * scale[f];
		memcpy(out + row * stride, y, PV2_COUNT * sizeof *y);
	}
}
