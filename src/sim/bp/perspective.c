/*
 * perspective.c - histories and features of multiperspective perceptrons (see perspective.h)
 */
#include "sim/bp/perspective.h"

#include <string.h>

enum { BLOCK = 21 };

static uint32_t turn(uint32_t x, int by)
{
	by &= 31;
	return by == 0 ? x : x << by | x >> (32 - by);
}

static uint32_t class_of(uint32_t word)
{
	return word ^ word >> 10;
}

void bp_past_init(struct bp_past *p, const struct bp_feature *features, uint32_t n_features, uint32_t n_locals, uint32_t local_bits)
{
	memset(p, 0, sizeof *p);
	p->features = features;
	p->n_features = n_features;
	p->n_locals = n_locals > 0 && n_locals <= BP_PAST_LOCALS ? n_locals : 1;
	p->local_bits = local_bits;
	for (uint32_t i = 0; i < n_features; i++)
		switch (features[i].kind) {
		case BP_FEATURE_MODHIST:
		case BP_FEATURE_MODPATH:
		case BP_FEATURE_GHISTMODPATH: p->moduli |= 1u << features[i].a; break;
		case BP_FEATURE_ACYCLIC: p->acyclic_moduli |= 1u << features[i].a; break;
		case BP_FEATURE_BLURRY: p->blurry_scales |= 1u << features[i].a; break;
		default: break;
		}
}

/* n (at most 32) outcomes from the first-latest on */
static uint32_t outcomes(const struct bp_past *p, uint32_t first, uint32_t n)
{
	uint32_t word = first / 64, bit = first % 64;
	uint64_t low = p->outcomes[word] >> bit;
	if (bit > 32 && word + 1 < BP_PAST_WORDS)
		low |= p->outcomes[word + 1] << (64 - bit);
	return (uint32_t)(low & ((1ull << n) - 1));
}

static uint32_t hash_outcomes(const struct bp_past *p, uint32_t from, uint32_t to)
{
	uint32_t x = 0;
	for (uint32_t i = from; i < to; i += BLOCK)
		x ^= outcomes(p, i, to - i < BLOCK ? to - i : BLOCK);
	return x;
}

static uint32_t hash_blocks(const struct bp_past *p, int first, int n, int shift)
{
	uint32_t x = 0;
	for (int i = 0; i < n; i++)
		x = turn(x, shift) ^ outcomes(p, (uint32_t)(first + i) * BLOCK, BLOCK) ^
		    (uint32_t)p->path[(p->path_head + (uint32_t)i) % BP_PAST_PATH] << 4;
	return x;
}

static uint32_t hash_list(const uint16_t *list, int n, int shift)
{
	uint32_t x = 0;
	for (int i = 0; i < n; i++)
		x = turn(x, shift) ^ list[i];
	return x;
}

static uint32_t hash_regions(const struct bp_past *p, int scale, int depth)
{
	uint32_t x = 0;
	for (int i = 0; i < depth; i++)
		x = turn(x, 5) ^ p->blurry[scale][i];
	return x;
}

uint32_t bp_past_position(const struct bp_past *p, uint32_t word, int limit)
{
	for (int i = 0; i < limit && i < BP_PAST_RECENCY; i++)
		if (p->recency[i] == (uint16_t)word)
			return (uint32_t)i;
	return (uint32_t)limit;
}

uint32_t bp_past_hash(const struct bp_past *p, uint32_t i, uint32_t word)
{
	const struct bp_feature *f = &p->features[i];
	switch (f->kind) {
	case BP_FEATURE_BIAS: return 0;
	case BP_FEATURE_GHIST: return hash_outcomes(p, (uint32_t)f->a, (uint32_t)f->b);
	case BP_FEATURE_GHISTPATH:
	case BP_FEATURE_PATH: return p->folded[i];
	case BP_FEATURE_SGHISTPATH: return hash_blocks(p, f->a, f->b, f->c);
	case BP_FEATURE_MODHIST: return p->mod_outcomes[f->a] & ((1u << f->b) - 1);
	case BP_FEATURE_MODPATH: return hash_list(p->mod_path[f->a], f->b, f->c);
	case BP_FEATURE_GHISTMODPATH:
		return hash_list(p->mod_path[f->a], f->b, f->c) << 1 ^ turn(p->mod_outcomes[f->a] & ((1u << f->b) - 1), 16);
	case BP_FEATURE_ACYCLIC: return p->acyclic[f->a];
	case BP_FEATURE_BLURRY: return hash_regions(p, f->a, f->b);
	case BP_FEATURE_IMLI: return p->imli[f->a - 1];
	case BP_FEATURE_LOCAL: return f->a > 0 ? bp_past_local(p, word) & ((1u << f->a) - 1) : bp_past_local(p, word);
	case BP_FEATURE_RECENCY: return hash_list(p->recency, f->a, f->b);
	case BP_FEATURE_RECENCYPOS: return bp_past_position(p, word, f->a);
	}
	return 0;
}

/*
 * The hash of the latest a branches v[0] (latest) .. v[a - 1] is the exclusive or of v[i] turned by b (a - 1 - i). When a branch
 * arrives, the oldest, which is not turned, goes out, the others turn back by b, and the new one comes in turned most.
 */
static void push_folded(struct bp_past *p, uint32_t word, bool bit)
{
	for (uint32_t i = 0; i < p->n_features; i++) {
		const struct bp_feature *f = &p->features[i];
		if (f->kind != BP_FEATURE_GHISTPATH && f->kind != BP_FEATURE_PATH)
			continue;
		uint32_t last = (uint32_t)f->a - 1, with_outcomes = f->kind == BP_FEATURE_GHISTPATH;
		uint32_t old_bit = (uint32_t)(p->outcomes[last / 64] >> last % 64) & with_outcomes;
		uint32_t oldest = (uint32_t)p->path[(p->path_head + last) % BP_PAST_PATH] << 1 | old_bit;
		uint32_t latest = (uint32_t)(uint16_t)word << 1 | (bit & with_outcomes);
		p->folded[i] = turn(p->folded[i] ^ oldest, -f->b) ^ turn(latest, f->b * (int)last);
	}
}

static void push_outcome(struct bp_past *p, uint32_t word, bool bit)
{
	push_folded(p, word, bit);
	for (int i = BP_PAST_WORDS - 1; i > 0; i--)
		p->outcomes[i] = p->outcomes[i] << 1 | p->outcomes[i - 1] >> 63;
	p->outcomes[0] = p->outcomes[0] << 1 | bit;
	p->path_head = (p->path_head - 1) % BP_PAST_PATH;
	p->path[p->path_head] = (uint16_t)word;
}

static void push_moduli(struct bp_past *p, uint32_t word, bool taken)
{
	uint32_t hash = class_of(word);
	for (uint32_t a = 0; a < BP_PAST_MODULI; a++)
		if ((p->moduli >> a & 1) != 0 && hash % (a + 2) == 0) {
			memmove(p->mod_path[a] + 1, p->mod_path[a], sizeof p->mod_path[a] - sizeof p->mod_path[a][0]);
			p->mod_path[a][0] = (uint16_t)word;
			p->mod_outcomes[a] = p->mod_outcomes[a] << 1 | taken;
		}
	for (uint32_t a = 0; a < BP_PAST_MODULI * 4; a++)
		if ((p->acyclic_moduli >> a & 1) != 0) {
			uint32_t bit = 1u << hash % (a + 2);
			p->acyclic[a] = taken ? p->acyclic[a] | bit : p->acyclic[a] & ~bit;
		}
}

static void push_regions(struct bp_past *p, uint32_t word)
{
	for (uint32_t scale = 0; scale < BP_PAST_BLURRY; scale++)
		if ((p->blurry_scales >> scale & 1) != 0 && p->blurry[scale][0] != word << 2 >> scale) {
			memmove(p->blurry[scale] + 1, p->blurry[scale], sizeof p->blurry[scale] - sizeof p->blurry[scale][0]);
			p->blurry[scale][0] = word << 2 >> scale;
		}
}

static void push_recency(struct bp_past *p, uint32_t word)
{
	uint32_t i = 0;
	while (i < BP_PAST_RECENCY - 1 && p->recency[i] != (uint16_t)word)
		i++;
	memmove(p->recency + 1, p->recency, i * sizeof *p->recency);
	p->recency[0] = (uint16_t)word;
}

void bp_past_push(struct bp_past *p, uint32_t word, bool is_backward, bool taken, bool local)
{
	uint32_t *in_a_row = p->imli + (is_backward ? 0 : 2);
	in_a_row[0] = taken ? in_a_row[0] + 1 : 0;
	in_a_row[1] = taken ? 0 : in_a_row[1] + 1;
	push_outcome(p, word, taken);
	push_moduli(p, word, taken);
	push_regions(p, word);
	push_recency(p, word);
	if (!local)
		return;
	uint16_t *l = &p->locals[(word ^ word >> 9) % p->n_locals];
	*l = (uint16_t)((*l << 1 | taken) & ((1u << p->local_bits) - 1));
}

void bp_past_push_jump(struct bp_past *p, uint32_t word)
{
	push_outcome(p, word, (word & 1) == 0);
}
