/*
 * line_exit.c - when stores leave the store queue that share a line which one of them missed
 *
 * Whole-line writes: if younger stores cover a missing line before its request has left the L1D, no data are needed, and all stores to the
 * line leave as soon as the L1D owns it (sim/cache/line_write.c). That is learned only at the last of these stores, when the earlier ones
 * have already been given a time. Those times are therefore predicted: they are the ones with data, unless the last line that the same
 * store missed was covered. Once the line is covered the entries of the store queue are corrected, so that younger instructions wait no
 * longer than they have to, whatever was predicted.
 */
#include "sim/ooo/ooo.h"

/* A store missed a line: the exits of those that follow depend on what becomes of it. */
static void follow_new_line(struct ooo_lsq *q, const struct cache_access *access, uint64_t line)
{
	struct ooo_line_stores *l = &q->lines[q->next_line];
	q->next_line = (q->next_line + 1) % CACHE_LINE_WRITES;
	*l = (struct ooo_line_stores){
	    .number = line + 1, .owned_at = access->owned_at, .other_exit = q->last_exit, .expected = access->expected};
}

/* Counts a store for all lines that are followed; returns the store's own line, NULL when it is not followed. */
static struct ooo_line_stores *count_store(struct ooo_lsq *q, const struct cache_access *access, uint64_t line)
{
	struct ooo_line_stores *own = NULL;
	for (unsigned i = 0; i < CACHE_LINE_WRITES; i++) {
		struct ooo_line_stores *l = &q->lines[i];
		l->n++;
		if (l->number == line + 1) {
			l->data_at = sim_later(l->data_at, access->ready_at);
			own = l;
		} else {
			l->other_exit = sim_later(l->other_exit, access->ready_at);
		}
	}
	return own;
}

/* The line is covered: the stores to it leave as soon as it is owned. */
static void leave_owned(struct ooo *ooo, struct ooo_line_stores *line)
{
	struct ooo_lsq *q = &ooo->lsq;
	struct sim_ring *sq = &ooo->back.sq;
	uint64_t exit = sim_later(line->other_exit, line->owned_at), free_at = exit + ooo->params.execute_to_rename_cycles;
	for (uint32_t i = 1; i < line->n && i <= sq->n; i++) { /* the latest holds its entry still */
		uint64_t *until = &sq->at[(sq->next + sq->n - i) % sq->n];
		if (*until > free_at)
			*until = free_at;
	}
	sim_store_table_leave(&q->stores, line->n, exit);
	if (q->last_exit > exit)
		q->last_exit = exit;
	for (unsigned i = 0; i < CACHE_LINE_WRITES; i++) /* others that waited for its data do not any more */
		if (q->lines[i].other_exit <= line->data_at && q->lines[i].other_exit > exit)
			q->lines[i].other_exit = exit;
	line->number = 0;
}

uint64_t ooo_line_exit(struct ooo *ooo, const struct cache_access *access, uint64_t line)
{
	struct ooo_lsq *q = &ooo->lsq;
	if (access->opens_line)
		follow_new_line(q, access, line);
	struct ooo_line_stores *own = count_store(q, access, line);
	if (own == NULL)
		return 0;
	if (access->covers_line) {
		own->owned_at = access->ready_at;
		leave_owned(ooo, own);
		return 0;
	}
	return own->expected ? sim_later(own->other_exit, own->owned_at) : 0;
}
