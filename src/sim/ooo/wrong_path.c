/*
 * wrong_path.c - what the pipeline does behind a wrong guess, and what is left of it after the squash
 *
 *   branch       F . . . . . . . . X C s s      executes; commit squashes, n / squash_width cycles long
 *   wrong path     F . . R . . . . . .          those renamed by then are in the reorder buffer
 *   right path                         F . . R
 *
 * The trace has no wrong path, but it was in most of that code before: from the guessed pc on the static micro-operations are followed,
 * past branches the way that fetch went there last, each load as long as it took last. They go through fetch, and through rename while
 * reorder buffer, issue queue, load and store queue have room, until the squash. Of that remains:
 *
 *   - lines in the L1I: the wrong path of today often is the right one soon
 *   - reorder buffer entries, until the branch commits: squashed entries leave at the head only
 *   - cycles of undoing, in which nothing commits and nothing is dispatched
 *   - store sets without a last store: a squashed store takes the place of an older one in flight with it
 *
 * Left out: commits of older instructions that the undoing holds up; units, data caches, and what predictors see.
 *
 * Reference: gem5 21.2, src/cpu/o3: rob.cc, commit.cc, store_set.cc.
 */
#include "sim/ooo/ooo.h"

#define NEVER (UINT64_MAX / 2) /* delays can be added */

/* The wrong path's own view of the stages; it must leave no trace in the time tables. */
struct wrong_path {
	uint64_t squash_at; /* of commit */
	struct sim_width fetch, decode, rename;
	struct sim_ring queue;
	struct sim_skid rename_skid;
	uint16_t *iq_leaving; /* (n_cycles) issue queue entries freed in each cycle from begin_at on */
	uint64_t begin_at, iq_at;
	uint32_t n_cycles, n_iq_free; /* free entries in cycle iq_at */
	uint32_t n_rob, n_lq, n_sq;   /* entries taken; the first of the reorder buffer is the branch's */
	uint32_t n_squashed;          /* in the reorder buffer when the squash comes */
	uint32_t place;               /* in core.by_pc */
	bool renames;                 /* the squash has not come yet */
};

static struct sim_ring copy_ring(const struct sim_ring *ring, uint64_t *at)
{
	memcpy(at, ring->at, ring->n * sizeof *at);
	return (struct sim_ring){.at = at, .n = ring->n, .next = ring->next};
}

static void begin(struct ooo *ooo, struct wrong_path *path, const struct ooo_insn *branch, uint64_t squash_at)
{
	struct ooo_wrong *w = &ooo->wrong;
	const struct ooo_back *b = &ooo->back;
	memcpy(w->ready_at, ooo->ready_at, sizeof w->ready_at);
	*path = (struct wrong_path){
	    .squash_at = squash_at,
	    .fetch = ooo->front.width,
	    .decode = b->decode,
	    .rename = b->rename,
	    .queue = copy_ring(&ooo->front.queue, w->queue_at),
	    .rename_skid = b->rename_skid,
	    .iq_leaving = w->iq_leaving,
	    .begin_at = b->rename.cycle,
	    .iq_at = b->rename.cycle,
	    .n_rob = 1,
	    .place = sim_core_uop_at(&ooo->core, branch->wrong_pc),
	};
	uint64_t end_at = squash_at + ooo->params.commit_to_rename_cycles;
	if (end_at <= path->begin_at)
		return;
	path->renames = true;
	path->n_cycles = (uint32_t)(end_at - path->begin_at < OOO_WRONG_CYCLES ? end_at - path->begin_at : OOO_WRONG_CYCLES);
	memset(w->iq_leaving, 0, path->n_cycles * sizeof *w->iq_leaving);
	for (uint32_t i = 0; i < b->iq.n; i++) {
		uint64_t until = b->iq.until[i];
		if (until <= path->begin_at)
			path->n_iq_free++;
		else if (until - path->begin_at < path->n_cycles)
			w->iq_leaving[until - path->begin_at]++;
	}
}

/* the first cycle >= at with a free issue queue entry */
static uint64_t issue_queue_room(struct wrong_path *path, uint64_t at)
{
	while (path->iq_at < at || path->n_iq_free == 0) {
		if (++path->iq_at - path->begin_at >= path->n_cycles)
			return NEVER;
		path->n_iq_free += path->iq_leaving[path->iq_at - path->begin_at];
	}
	return path->iq_at;
}

static void take_issue_queue(struct wrong_path *path, uint64_t until)
{
	path->n_iq_free--;
	if (until - path->begin_at < path->n_cycles)
		path->iq_leaving[until - path->begin_at]++;
}

/* when the k-th entry from now on is free */
static uint64_t peek(const struct sim_ring *ring, uint32_t k)
{
	if (k >= ring->n)
		return NEVER;
	uint32_t at = ring->next + k;
	return ring->at[at >= ring->n ? at - ring->n : at];
}

/* when it issues, by its operands; a load keeps its issue queue entry until it has its data */
static uint64_t leaves_issue_queue(struct ooo *ooo, const struct sim_core_uop *uop, uint64_t at)
{
	uint64_t *ready_at = ooo->wrong.ready_at;
	for (unsigned i = 0; i < uop->n_src; i++)
		at = sim_later(at, ready_at[uop->src[i]]);
	uint32_t last = ooo->wrong.last[uop - ooo->core.uops].latency;
	uint64_t done = at + (last > 0 ? last : uop->latency);
	for (unsigned i = 0; i < uop->n_dst; i++)
		ready_at[uop->dst[i]] = done;
	return (uop->flags & (SIM_CORE_LOAD | SIM_CORE_STORE)) != 0 ? done : at;
}

/* one micro-operation (NULL: an unknown one) that reaches rename at a cycle; when it has passed */
static uint64_t rename_one(struct ooo *ooo, struct wrong_path *path, const struct sim_core_uop *uop, uint64_t at)
{
	struct ooo_back *b = &ooo->back;
	uint32_t flags = uop != NULL ? uop->flags : 0;
	if (!path->renames)
		return NEVER;
	at = sim_later(at, peek(&b->rob, path->n_rob));
	if ((flags & SIM_CORE_LOAD) != 0)
		at = sim_later(at, peek(&b->lq, path->n_lq++));
	if ((flags & SIM_CORE_STORE) != 0)
		at = sim_later(at, peek(&b->sq, path->n_sq++));
	at = sim_width_take(&path->rename, issue_queue_room(path, at));
	path->renames = at < path->squash_at + ooo->params.commit_to_rename_cycles;
	if (!path->renames)
		return NEVER;
	path->n_rob++;
	path->n_squashed += at + ooo->params.rename_to_rob_cycles < path->squash_at;
	uint64_t dispatch = at + ooo->params.rename_to_issue_cycles;
	uint64_t leaves = uop != NULL ? leaves_issue_queue(ooo, uop, dispatch) : dispatch;
	take_issue_queue(path, leaves + ooo->params.execute_to_rename_cycles);
	if ((flags & SIM_CORE_STORE) != 0 && dispatch < path->squash_at + ooo->params.commit_to_execute_cycles)
		ooo_store_sets_forget(&ooo->lsq.sets, uop->pc);
	return at;
}

/* one micro-operation through fetch, decode and rename; when it was fetched */
static uint64_t pass(struct ooo *ooo, struct wrong_path *path, const struct sim_core_uop *uop, uint64_t ready_at)
{
	const struct uarch_ooo *p = &ooo->params;
	uint64_t fetch = sim_width_take(&path->fetch, sim_later(ready_at, sim_ring_free_at(&path->queue)));
	uint64_t decode = sim_width_next(&path->decode, fetch + p->fetch_to_decode_cycles);
	decode = sim_width_take(&path->decode, sim_skid_send_at(&path->rename_skid, decode, p->rename_to_decode_cycles));
	sim_ring_take(&path->queue, decode - p->fetch_to_decode_cycles + 1);
	uint64_t arrival = decode + p->decode_to_rename_cycles;
	sim_skid_pass(&path->rename_skid, arrival, rename_one(ooo, path, uop, sim_skid_from(&path->rename_skid, arrival)));
	return fetch;
}

/* The instruction at pc, whose bytes are there at a cycle; *fetched says when fetch passed it. Returns where fetch goes on. */
static uint64_t follow(struct ooo *ooo, struct wrong_path *path, uint64_t pc, uint64_t ready_at, uint64_t *fetched)
{
	const struct sim_core *core = &ooo->core;
	while (path->place < core->n_uops && core->uops[core->by_pc[path->place]].pc < pc)
		path->place++;
	if (path->place == core->n_uops || core->uops[core->by_pc[path->place]].pc != pc) { /* the trace was never there */
		*fetched = pass(ooo, path, NULL, ready_at);
		return pc + 4;
	}
	uint64_t next = pc + 4;
	for (; path->place < core->n_uops && core->uops[core->by_pc[path->place]].pc == pc; path->place++) {
		uint32_t index = core->by_pc[path->place];
		const struct sim_core_uop *uop = &core->uops[index];
		uint64_t guess = (uop->flags & SIM_CORE_BRANCH) != 0 ? ooo->wrong.last[index].guess : 0;
		*fetched = pass(ooo, path, uop, ready_at);
		next = guess != 0 ? guess : pc + uop->insn_bytes;
	}
	if (next < pc || next > pc + 4) {
		path->place = sim_core_uop_at(core, next);
		sim_width_close(&path->fetch);
	}
	return next;
}

/* Fetch runs down the wrong path until a cycle, as fetch.c does down the right one. */
static void fetch_wrong(struct ooo *ooo, const struct ooo_insn *branch, struct wrong_path *path, uint64_t until)
{
	struct ooo_front *f = &ooo->front;
	uint64_t pc = branch->wrong_pc, ask_at = f->ask_at, ready_at = f->ready_at;
	if (pc != branch->uop->pc + branch->uop->insn_bytes)
		sim_width_close(&path->fetch);
	for (;;) {
		if (f->block != (pc >> f->block_shift) + 1) {
			bool same_line = f->block != 0 && ((f->block - 1) << f->block_shift) / UARCH_LINE_BYTES == pc / UARCH_LINE_BYTES;
			if (ask_at + 1 >= until) /* fetch takes the squash in the cycle before */
				return;
			ready_at = same_line ? ask_at + ooo->core.memory.l1i.hit_cycles
			                     : cache_memory_fetch(&ooo->core.memory, pc, ask_at).ready_at;
			f->block = (pc >> f->block_shift) + 1;
		}
		if (ready_at >= until) { /* the answer is not waited for any more; the line is on its way */
			f->block = 0;
			return;
		}
		pc = follow(ooo, path, pc, ready_at, &ask_at);
		if (ask_at + 1 >= until)
			return;
	}
}

void ooo_wrong_path(struct ooo *ooo, const struct ooo_insn *branch, uint64_t until, enum pv_cpi_component why)
{
	struct wrong_path path;
	begin(ooo, &path, branch, until - ooo->params.commit_to_fetch_cycles);
	fetch_wrong(ooo, branch, &path, until);
	ooo_redirect(ooo, until, why);
}

void ooo_mispredicted(struct ooo *ooo, struct ooo_insn *branch)
{
	struct ooo_back *b = &ooo->back;
	struct wrong_path path;
	uint64_t squash_at = branch->executed + ooo->params.execute_to_commit_cycles,
	         redirect_at = squash_at + ooo->params.commit_to_fetch_cycles + 1;
	begin(ooo, &path, branch, squash_at);
	fetch_wrong(ooo, branch, &path, redirect_at);
	branch->n_squashed = path.n_squashed;
	uint64_t n_cycles = (branch->n_squashed + b->squash_width - 1) / b->squash_width;
	branch->squashed = squash_at + (n_cycles > 1 ? n_cycles : 1);
	if (n_cycles > 1) /* dispatch has blocked rename and lets it go on */
		b->squash_until = branch->squashed + ooo->params.commit_to_execute_cycles + ooo->params.execute_to_rename_cycles;
	ooo_redirect(ooo, redirect_at, PV_CPI_branch);
}
