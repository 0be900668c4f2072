/*
 * reuse.c - LRU stack distances in O(log n)
 *
 * A line's latest touch is a set bit at its time stamp:
 *
 *	stamps  0 1 2 3 4 5 6 7 8 ...        touches A B C A D B A
 *	bits    . . . 1 . 1 1 1 .            C at 3, D at 5, B at 6, A at 7
 *
 * so the lines touched since C's last touch are the three bits after 3, and C's distance is 4. Bits are counted a word at a time inside
 * a block of 512 and by a Fenwick tree (P. Fenwick, "A new data structure for cumulative frequency tables", 1994) over whole blocks. A
 * touch that moves a bit within its block leaves the tree alone; so do most touches of real programs.
 *
 * When the stamps run out, lines are given the stamps 1..n in their order (the rank of a bit is a prefix count) and the tree is built
 * anew: stamps are at least four times the lines, so this costs O(1) per touch.
 */
#include "data/reuse.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS = DATA_REUSE_BLOCK / 64 };
static const uint32_t least_capacity = 1u << 16;

static void tree_add(uint32_t *tree, uint32_t n_blocks, uint32_t block, uint32_t delta)
{
	for (uint32_t i = block + 1; i <= n_blocks; i += i & (0 - i))
		tree[i] += delta;
}

/* Bits in blocks 0..block. */
static uint32_t tree_prefix(const uint32_t *tree, uint32_t block)
{
	uint32_t sum = 0;
	for (uint32_t i = block + 1; i > 0; i -= i & (0 - i))
		sum += tree[i];
	return sum;
}

static uint32_t popcount(uint64_t word)
{
	return (uint32_t)__builtin_popcountll(word);
}

static enum pv_status stack_allocate(struct data_reuse_stack *s, uint32_t capacity, struct pv_error *err)
{
	uint32_t n_blocks = capacity / DATA_REUSE_BLOCK;
	s->bits = calloc(capacity / 64, sizeof *s->bits);
	s->tree = calloc(n_blocks + 1, sizeof *s->tree);
	s->capacity = capacity;
	if (s->bits && s->tree)
		return PV_OK;
	free(s->bits);
	free(s->tree);
	return base_error_set(err, PV_ERR_NOMEM, "out of memory for the reuse distances of %u touches", capacity);
}

enum pv_status data_reuse_init(struct data_reuse *reuse, int n_stacks, struct pv_error *err)
{
	*reuse = (struct data_reuse){.n_stacks = n_stacks};
	enum pv_status status = data_table_init(&reuse->lines, err);
	for (int i = 0; status == PV_OK && i < n_stacks; i++) {
		struct data_reuse_stack s = {.now = 1};
		status = stack_allocate(&s, least_capacity, err);
		if (status == PV_OK)
			reuse->stacks[i] = s;
	}
	if (status != PV_OK)
		data_reuse_release(reuse);
	return status;
}

void data_reuse_release(struct data_reuse *reuse)
{
	data_table_release(&reuse->lines);
	for (int i = 0; i < reuse->n_stacks; i++) {
		free(reuse->stacks[i].bits);
		free(reuse->stacks[i].tree);
	}
	*reuse = (struct data_reuse){0};
}

/* bits (capacity) in stamps [0, n) set; fills the tree in O(blocks). */
static void stack_fill(struct data_reuse_stack *s, uint32_t first, uint32_t n)
{
	for (uint32_t t = first; t < first + n; t++)
		s->bits[t / 64] |= (uint64_t)1 << t % 64;
	uint32_t n_blocks = s->capacity / DATA_REUSE_BLOCK;
	for (uint32_t i = 1; i <= n_blocks; i++) {
		for (int w = 0; w < WORDS; w++)
			s->tree[i] += popcount(s->bits[(size_t)(i - 1) * WORDS + (size_t)w]);
		uint32_t parent = i + (i & (0 - i));
		if (parent <= n_blocks)
			s->tree[parent] += s->tree[i];
	}
	s->now = first + n;
	s->n_lines = n;
}

/* Bits at stamps below t. */
static uint32_t stack_rank(const struct data_reuse_stack *s, uint32_t t)
{
	uint32_t block = t / DATA_REUSE_BLOCK;
	uint32_t n = block ? tree_prefix(s->tree, block - 1) : 0;
	for (uint32_t w = block * WORDS; w < t / 64; w++)
		n += popcount(s->bits[w]);
	return n + popcount(s->bits[t / 64] & (((uint64_t)1 << t % 64) - 1));
}

static enum pv_status stack_compact(struct data_reuse *reuse, int index, uint32_t n, struct pv_error *err)
{
	struct data_reuse_stack *old = &reuse->stacks[index], s = {0};
	uint64_t wanted = 4 * ((uint64_t)old->n_lines + n);
	if (wanted < least_capacity)
		wanted = least_capacity;
	wanted = (wanted + DATA_REUSE_BLOCK - 1) / DATA_REUSE_BLOCK * DATA_REUSE_BLOCK;
	FAIL_IF(wanted > UINT32_MAX, err, PV_ERR_RANGE, "more than %u distinct lines are touched", UINT32_MAX / 4);
	TRY(stack_allocate(&s, (uint32_t)wanted, err));
	for (size_t i = 0; i < reuse->lines.n_slots; i++) {
		uint32_t *stamp = &reuse->lines.slots[i].value[index];
		if (*stamp)
			*stamp = stack_rank(old, *stamp) + 1;
	}
	stack_fill(&s, 1, old->n_lines);
	free(old->bits);
	free(old->tree);
	*old = s;
	return PV_OK;
}

enum pv_status data_reuse_reserve(struct data_reuse *reuse, uint32_t n, struct pv_error *err)
{
	TRY(data_table_reserve(&reuse->lines, n, err));
	for (int i = 0; i < reuse->n_stacks; i++)
		if (reuse->stacks[i].capacity - reuse->stacks[i].now < n)
			TRY(stack_compact(reuse, i, n, err));
	return PV_OK;
}

/* Bits after stamp t within its block. */
static uint32_t bits_after_in_block(const struct data_reuse_stack *s, uint32_t t)
{
	uint32_t w = t / 64, end = (t / DATA_REUSE_BLOCK + 1) * WORDS;
	uint32_t n = popcount(s->bits[w] >> t % 64 >> 1);
	for (w++; w < end; w++)
		n += popcount(s->bits[w]);
	return n;
}

uint32_t data_reuse_distance(const struct data_reuse *reuse, int index, const struct data_slot *line)
{
	const struct data_reuse_stack *s = &reuse->stacks[index];
	uint32_t t = line->value[index];
	if (t == 0)
		return PV_REUSE_NEVER;
	uint32_t block = t / DATA_REUSE_BLOCK;
	uint32_t distance = 1 + bits_after_in_block(s, t);
	if (block != (s->now - 1) / DATA_REUSE_BLOCK)
		distance += s->n_lines - tree_prefix(s->tree, block);
	return distance < PV_REUSE_NEVER ? distance : PV_REUSE_NEVER;
}

void data_reuse_touch(struct data_reuse *reuse, int index, struct data_slot *line)
{
	struct data_reuse_stack *s = &reuse->stacks[index];
	uint32_t old = line->value[index], t = s->now;
	if (old && old == t - 1)
		return; /* already the latest */
	uint32_t n_blocks = s->capacity / DATA_REUSE_BLOCK;
	line->value[index] = t;
	s->bits[t / 64] |= (uint64_t)1 << t % 64;
	s->now++;
	if (!old) {
		s->n_lines++;
		tree_add(s->tree, n_blocks, t / DATA_REUSE_BLOCK, 1);
		return;
	}
	s->bits[old / 64] &= ~((uint64_t)1 << old % 64);
	if (old / DATA_REUSE_BLOCK != t / DATA_REUSE_BLOCK) {
		tree_add(s->tree, n_blocks, old / DATA_REUSE_BLOCK, UINT32_MAX); /* minus one */
		tree_add(s->tree, n_blocks, t / DATA_REUSE_BLOCK, 1);
	}
}
