/*
 * sample.c - Latin hypercube sampling of the axes of the parameter table
 *
 * With n machines of a core kind every axis is cut into n strata of equal probability. A random permutation deals one stratum to each
 * machine, and a random point within it picks the value: for an axis of m equally likely values each one is used n/m times, rounded up or
 * down. Permutations of different axes are independent; with few machines chance would still correlate some pairs, so pairs are swapped
 * until the axes are nearly uncorrelated.
 *
 * An axis may depend on parameters further up ("ooo.fetch_width + 0..1 <= 8"): the same point then picks among the values that they leave,
 * so every constraint holds by construction and nothing is drawn twice.
 *
 * Source: McKay, Beckman, Conover, "A Comparison of Three Methods for Selecting Values of Input Variables", Technometrics 21 (1979).
 */
#include <stdlib.h>
#include <string.h>

#include <perfvec/version.h>

#include "base/hash.h"
#include "base/random.h"
#include "uarch/params.h"

enum { MOST_MACHINES = 100000, MOST_VALUES = 256, TRIES_PER_MACHINE = 64, FEW_MACHINES = 1000 };

/* ---- axes -------------------------------------------------------------------------------------------------------------------------- */

/* A word of the axis text; the scanner moves on. */
struct words {
	const char *at;
	char word[96];
};

static bool next_word(struct words *w)
{
	w->at += strspn(w->at, " ");
	size_t n = strcspn(w->at, " ");
	if (!n || n >= sizeof w->word)
		return false;
	memcpy(w->word, w->at, n);
	w->word[n] = '\0';
	w->at += n;
	return true;
}

/* A whole number, or the present value of a parameter. */
static bool operand(const struct pv_uarch *u, const char *word, int64_t *value)
{
	const struct uarch_param *ref = uarch_param_find(word);
	if (ref) {
		*value = uarch_param_int(u, ref);
		return true;
	}
	char *end;
	*value = strtoll(word, &end, 10);
	return end != word && !*end;
}

/* "3", "1..8", "4..20/4" or, for enumerated types, a name or "*". Returns how many values were appended. */
static size_t expand_item(const struct uarch_param *p, const char *word, int64_t *values, size_t max)
{
	if (p->type == UARCH_PARAM_ENUM) {
		size_t n = 0;
		for (int32_t v = 0; v <= p->max && n < max; v++)
			if (!strcmp(word, "*") || !strcmp(word, p->values[v].name))
				values[n++] = v;
		return n;
	}
	long long low, high, step = 1;
	int end[3] = {0, 0, 0};
	int fields = sscanf(word, "%lld%n..%lld%n/%lld%n", &low, &end[0], &high, &end[1], &step, &end[2]);
	if (fields < 1 || word[end[fields - 1]])
		return 0;
	if (fields == 1)
		high = low;
	size_t n = 0;
	for (long long v = low; step > 0 && v <= high && n < max; v += step)
		values[n++] = v;
	return n;
}

/* Drop what is above the limit, but never the smallest value. */
static size_t apply_limit(int64_t *values, size_t n, int64_t limit)
{
	int64_t smallest = values[0];
	for (size_t i = 1; i < n; i++)
		smallest = values[i] < smallest ? values[i] : smallest;
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (values[i] <= limit || values[i] == smallest)
			values[kept++] = values[i];
	return kept;
}

/* "REF +", "REF *", "REF / 2 +" in front of the items. False when there is no such thing. */
static bool parse_base(const struct pv_uarch *u, struct words *w, int64_t *base, bool *multiply)
{
	struct words ahead = *w;
	if (!next_word(&ahead) || !uarch_param_find(ahead.word) || !operand(u, ahead.word, base) || !next_word(&ahead))
		return false;
	if (!strcmp(ahead.word, "/")) {
		int64_t divisor;
		if (!next_word(&ahead) || !operand(u, ahead.word, &divisor) || divisor <= 0 || !next_word(&ahead))
			return false;
		*base /= divisor;
	}
	*multiply = !strcmp(ahead.word, "*");
	if (!*multiply && strcmp(ahead.word, "+"))
		return false;
	*w = ahead;
	return true;
}

size_t uarch_axis_values(const struct pv_uarch *u, const struct uarch_param *p, const char *axis, int32_t *values, size_t max)
{
	struct words w = {.at = axis};
	int64_t base = 0, list[MOST_VALUES];
	bool multiply = false;
	bool relative = parse_base(u, &w, &base, &multiply);
	size_t n = 0;
	while (next_word(&w)) {
		bool is_limit = !strcmp(w.word, "<="), is_if = !strcmp(w.word, "if"), is_unless = !strcmp(w.word, "unless");
		if (!is_limit && !is_if && !is_unless) {
			size_t added = expand_item(p, w.word, list + n, MOST_VALUES - n);
			if (!added)
				return 0;
			for (size_t i = n; i < n + added && relative; i++)
				list[i] = multiply ? base * list[i] : base + list[i];
			n += added;
			continue;
		}
		int64_t value;
		if (!next_word(&w) || !operand(u, w.word, &value) || !n)
			return 0;
		if (is_limit)
			n = apply_limit(list, n, value);
		else if (!value == is_if)
			list[0] = 0, n = 1;
	}
	n = n < max ? n : max;
	for (size_t i = 0; i < n; i++)
		values[i] = (int32_t)list[i];
	return n;
}

/* ---- the hypercube ----------------------------------------------------------------------------------------------------------------- */

/* A rank's place around the middle, twice, so that it is whole. */
static int64_t centred(uint32_t rank, size_t n)
{
	return 2 * (int64_t)rank - ((int64_t)n - 1);
}

/*
 * Deal the strata of one axis: shuffle, then swap pairs as long as that lowers the sum of squared correlations with the earlier axes.
 * A swap changes each covariance by one product, so a try costs O(n_earlier). Whole numbers: no rounding, the same on every machine.
 * covariance (n_earlier) is scratch.
 */
static void deal(struct base_random *rng, const uint32_t *const *earlier, size_t n_earlier, uint32_t *ranks, int64_t *covariance, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ranks[i] = (uint32_t)i;
	base_random_shuffle(rng, ranks, n);
	for (size_t j = 0; j < n_earlier; j++) {
		covariance[j] = 0;
		for (size_t i = 0; i < n; i++)
			covariance[j] += centred(ranks[i], n) * centred(earlier[j][i], n);
	}
	size_t n_tries = n > FEW_MACHINES ? 0 : TRIES_PER_MACHINE * n;
	for (size_t t = 0; t < n_tries; t++) {
		size_t a = base_random_below(rng, n), b = base_random_below(rng, n);
		int64_t rise = 2 * ((int64_t)ranks[b] - ranks[a]);
		__int128 change = 0; /* of the sum of squares */
		for (size_t j = 0; j < n_earlier; j++) {
			int64_t d = rise * 2 * ((int64_t)earlier[j][a] - earlier[j][b]);
			change += (__int128)d * (2 * covariance[j] + d);
		}
		if (change >= 0)
			continue;
		for (size_t j = 0; j < n_earlier; j++)
			covariance[j] += rise * 2 * ((int64_t)earlier[j][a] - earlier[j][b]);
		uint32_t rank = ranks[a];
		ranks[a] = ranks[b];
		ranks[b] = rank;
	}
}

static void put_sampled(struct pv_uarch *u, const struct uarch_param *p, const char *axis, double point)
{
	int32_t values[MOST_VALUES];
	size_t n = uarch_axis_values(u, p, axis, values, MOST_VALUES);
	size_t i = (size_t)(point * (double)n);
	if (n)
		uarch_param_put(u, p, values[i < n ? i : n - 1]);
}

/* Sample n machines of one kind; (n) machines exist and hold the defaults. */
static enum pv_status sample_kind(struct pv_uarch **machines, size_t n, enum uarch_core_kind kind, uint64_t seed, struct pv_error *err)
{
	uint32_t **dealt = calloc(uarch_n_params, sizeof *dealt);
	int64_t *scratch = malloc(uarch_n_params * sizeof *scratch);
	size_t n_axes = 0;
	enum pv_status status = dealt && scratch ? PV_OK : PV_ERR_NOMEM;
	for (size_t j = 0; j < uarch_n_params && status == PV_OK; j++) {
		const struct uarch_param *p = &uarch_params[j];
		if (!*p->axis[kind] || !(p->kinds & 1u << kind))
			continue;
		uint32_t *permutation = malloc(n * sizeof *permutation);
		if (!permutation) {
			status = PV_ERR_NOMEM;
			break;
		}
		struct base_random rng;
		base_random_init(&rng, seed ^ base_hash_text(BASE_HASH_START, p->name) ^ (uint64_t)kind);
		deal(&rng, (const uint32_t *const *)dealt, n_axes, permutation, scratch, n);
		dealt[n_axes++] = permutation;
		for (size_t i = 0; i < n; i++)
			put_sampled(machines[i], p, p->axis[kind], ((double)permutation[i] + base_random_unit(&rng)) / (double)n);
	}
	for (size_t j = 0; j < n_axes; j++)
		free(dealt[j]);
	free(dealt);
	free(scratch);
	return status == PV_OK ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
}

/* ---- the set ----------------------------------------------------------------------------------------------------------------------- */

static size_t count_inorder(const struct pv_uarch_sampling *what)
{
	size_t shares = (size_t)what->ooo_share + what->inorder_share;
	size_t n = (what->count * what->inorder_share + shares / 2) / shares;
	if (what->inorder_share && !n && what->count > 1)
		n = 1; /* a kind that was asked for is there */
	if (what->ooo_share && n == what->count && what->count > 1)
		n--;
	return n;
}

static enum pv_status make_machines(struct pv_uarch **machines, const struct pv_uarch_sampling *what, size_t n_inorder,
                                    struct pv_error *err)
{
	size_t n = what->count;
	int digits = n > 10000 ? 5 : n > 1000 ? 4 : 3;
	for (size_t i = 0; i < n; i++) {
		machines[i] = malloc(sizeof **machines);
		FAIL_IF(!machines[i], err, PV_ERR_NOMEM, "out of memory");
		bool inorder = i < n_inorder;
		uarch_defaults(machines[i], inorder ? UARCH_CORE_INORDER : UARCH_CORE_OOO);
		snprintf(machines[i]->name, sizeof machines[i]->name, "%s_%0*zu", inorder ? "inorder" : "ooo", digits,
		         inorder ? i : i - n_inorder);
		snprintf(machines[i]->origin, sizeof machines[i]->origin,
		         "perfvec %s uarch sample: %zu machines, seed %llu, kinds ooo:%u,inorder:%u", PV_VERSION, n,
		         (unsigned long long)what->seed, what->ooo_share, what->inorder_share);
	}
	return PV_OK;
}

static enum pv_status fill(struct pv_uarch **machines, const struct pv_uarch_sampling *what, struct pv_error *err)
{
	size_t n_inorder = count_inorder(what), n_ooo = what->count - n_inorder;
	TRY(make_machines(machines, what, n_inorder, err));
	if (n_inorder)
		TRY(sample_kind(machines, n_inorder, UARCH_CORE_INORDER, what->seed, err));
	if (n_ooo)
		TRY(sample_kind(machines + n_inorder, n_ooo, UARCH_CORE_OOO, what->seed, err));
	for (size_t i = 0; i < what->count; i++)
		TRY(pv_uarch_check(machines[i], err));
	return PV_OK;
}

enum pv_status pv_uarch_sample(const struct pv_uarch_sampling *what, struct pv_uarch_set **set, struct pv_error *err)
{
	FAIL_IF(what->count < 1 || what->count > MOST_MACHINES, err, PV_ERR_ARG, "cannot sample %zu machines; allowed is 1 to %d",
	        what->count, MOST_MACHINES);
	FAIL_IF(!what->ooo_share && !what->inorder_share, err, PV_ERR_ARG, "no kind of core to sample");
	struct pv_uarch **machines = calloc(what->count, sizeof *machines);
	FAIL_IF(!machines, err, PV_ERR_NOMEM, "out of memory");
	enum pv_status status = fill(machines, what, err);
	if (status == PV_OK)
		return uarch_set_new(machines, what->count, set, err);
	for (size_t i = 0; i < what->count; i++)
		pv_uarch_free(machines[i]);
	free(machines);
	return status;
}
