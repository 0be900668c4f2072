/*
 * unpack.c - packed feature rows into normalised float32
 *
 * This runs inside the training loop, for every row of every epoch, so it is written for the vectorizer: loops of constant length over
 * small arrays without branches. The flags become 24 lanes by a shift and a mask each; class and index bytes interleave into 28 lanes;
 * the few scalars overwrite their lanes. Then one subtraction and one true division per feature, so that results equal the plain form's
 * bit for bit (a multiplication by the reciprocal would not).
 */
#include "data/unpack.h"

/* -(p ln p + (1 - p) ln (1 - p)) at p = k / 16. */
static const float entropies[32] = {
    0,
    0.233791664F,
    0.376770169F,
    0.482577562F,
    0.562335134F,
    0.621086359F,
    0.661563218F,
    0.685314178F,
    0.693147182F,
    0.685314178F,
    0.661563218F,
    0.621086359F,
    0.562335134F,
    0.482577562F,
    0.376770169F,
    0.233791664F,
    0,
};

float data_entropy_of_sixteenths(unsigned code)
{
	return code <= 16 ? entropies[code] : 0;
}

void data_feature_bounds(unsigned i, double *low, double *high)
{
	static const struct {
		double low, high;
	} bounds[PV_N_FEATURES] = {
#define X(name, value, low, high, meaning) {low, high},
#include <perfvec/features.def>
#undef X
	};
	*low = bounds[i].low;
	*high = bounds[i].high;
}

void data_features_unpack_plain(const struct pv_feature_row *rows, size_t n, const float *mean, const float *std, float *out, size_t stride)
{
	for (size_t row = 0; row < n; row++) {
		const struct pv_feature_row *r = &rows[row];
		const float x[PV_N_FEATURES] = {
#define FLAG(name) ((r->flags & PV_FEATURE_##name) != 0)
#define VALUE(member) (float)r->member
#define ENTROPY(member) data_entropy_of_sixteenths(r->member)
#define X(name, value, low, high, meaning) (float)(value),
#include <perfvec/features.def>
#undef X
#undef FLAG
#undef VALUE
#undef ENTROPY
		};
		for (int f = 0; f < PV_N_FEATURES; f++)
			out[row * stride + (size_t)f] = mean ? (x[f] - mean[f]) / (std[f] == 0 ? 1 : std[f]) : x[f];
	}
}

enum { N_LOW = 24, N_LANES = 52 };

/* Where the flags of features 0..23 are; lanes with mask 0 are filled from elsewhere. */
static const uint32_t shift[N_LOW] = {0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 0, 0, 0, 16};
static const uint32_t mask[N_LOW] = {1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 1, 1, 1, 1, 0, 0, 0, 1};

/* x has one lane more than there are features, for whole vectors. */
static inline void expand(const struct pv_feature_row *restrict r, float *restrict x)
{
	int32_t low[N_LOW];
	for (int i = 0; i < N_LOW; i++)
		low[i] = (int32_t)((r->flags >> shift[i]) & mask[i]);
	for (int i = 0; i < N_LOW; i++)
		x[i] = (float)low[i];
	x[PV_FEATURE_AT_op] = (float)r->op;
	x[PV_FEATURE_AT_entropy_before] = entropies[r->entropy_before & 31];
	x[PV_FEATURE_AT_entropy_after] = entropies[r->entropy_after & 31];
	x[PV_FEATURE_AT_fetch_reuse] = (float)r->fetch_reuse;
	x[PV_FEATURE_AT_load_reuse] = (float)r->load_reuse;
	x[PV_FEATURE_AT_store_reuse] = (float)r->store_reuse;
	x[PV_FEATURE_AT_address_distance] = (float)r->address_distance;
	float *src = x + PV_FEATURE_AT_src0_class;
	for (int i = 0; i < 8; i++) {
		src[2 * i] = (float)r->src_class[i];
		src[2 * i + 1] = (float)r->src_index[i];
	}
	float *dst = x + PV_FEATURE_AT_dst0_class;
	for (int i = 0; i < 6; i++) {
		dst[2 * i] = (float)r->dst_class[i];
		dst[2 * i + 1] = (float)r->dst_index[i];
	}
}

void pv_features_unpack(const struct pv_feature_row *rows, size_t n, const float *mean, const float *std, float *out, size_t stride)
{
	float m[N_LANES] = {0}, s[N_LANES], x[N_LANES] = {0};
	for (int f = 0; f < N_LANES; f++)
		s[f] = 1;
	for (int f = 0; mean && f < PV_N_FEATURES; f++) {
		m[f] = mean[f];
		s[f] = std[f] == 0 ? 1 : std[f];
	}
	for (size_t row = 0; row < n; row++) {
		expand(&rows[row], x);
		float y[N_LANES];
		for (int f = 0; f < N_LANES; f++)
			y[f] = (x[f] - m[f]) / s[f];
		__builtin_memcpy(out + row * stride, y, PV_N_FEATURES * sizeof *y);
	}
}
