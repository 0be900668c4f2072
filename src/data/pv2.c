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

enum { N_LOGS = PV2_COUNT - PV2_LOGS, MOST_LINES = 1 << 22, FAR_ROWS = 1001 };

static inline uint32_t at_most(uint32_t x, uint32_t most)
{
	return x < most ? x : most;
}

static inline float registers(const uint8_t *classes, int n, unsigned first, unsigned last)
{
	int count = 0;
	for (int i = 0; i < n; i++)
		count += classes[i] > first && classes[i] <= last + 1;
	return (float)count;
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
#define REGS(side, first, last) \
	registers(r->side##_class, (int)(sizeof r->side##_class / sizeof *r->side##_class), PV_REG_##first, PV_REG_##last)
#define ENTROPY(member) pv_entropy_of_sixteenths(r->member)
#define LINES(distance) at_most(distance, MOST_LINES)
#define FAR(distance) ((distance) ? (uint32_t)(distance) : FAR_ROWS)

static inline void expand(const struct pv_feature_row *r, const struct pv_context_row *c, float *restrict x)
{
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

void pv2_unpack(const struct pv_feature_row *rows, const struct pv_context_row *context, size_t n, const float *mean, const float *std,
                float *out, size_t stride)
{
	float m[PV2_COUNT] = {0}, s[PV2_COUNT], x[PV2_COUNT];
	for (int f = 0; f < PV2_COUNT; f++)
		s[f] = 1;
	for (int f = 0; mean && f < PV2_COUNT; f++) {
		m[f] = mean[f];
		s[f] = std[f] == 0 ? 1 : std[f];
	}
	for (size_t row = 0; row < n; row++) {
		expand(&rows[row], &context[row], x);
		float *to = out + row * stride;
		for (int f = 0; f < PV2_COUNT; f++)
			to[f] = (x[f] - m[f]) / s[f];
	}
}
