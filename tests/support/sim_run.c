/*
 * sim_run.c - runs a hand-written trace on a machine and looks at the times
 */
#include "support/sim_run.h"

#include <perfvec/uarch.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

static void must(enum pv_status status, const struct pv_error *err)
{
	if (status == PV_OK)
		return;
	fprintf(stderr, "%s\n", err->message);
	abort();
}

struct pv_uarch *sim_machine(const char *preset, const char *changes)
{
	struct pv_uarch *uarch = NULL;
	struct pv_error err = {0};
	must(pv_uarch_load(preset, &uarch, &err), &err);
	char *text = strdup(changes != NULL ? changes : ""), *rest = NULL;
	for (char *item = strtok_r(text, " ", &rest); item != NULL; item = strtok_r(NULL, " ", &rest)) {
		char *value = strchr(item, '=');
		if (value == NULL)
			abort();
		*value++ = '\0';
		must(pv_uarch_set_param(uarch, item, value, &err), &err);
	}
	free(text);
	return uarch;
}

void sim_run_open(struct sim_run *r, const char *preset, const char *changes)
{
	memset(r, 0, sizeof *r);
	r->uarch = sim_machine(preset, changes);
	hand_init(&r->trace, 0x10000);
}

void sim_run_go(struct sim_run *r)
{
	struct sim *sim = NULL;
	struct pv_error err = {0};
	size_t n = r->trace.n_rows;
	free(r->times);
	free(r->delta);
	r->times = calloc(n, sizeof *r->times);
	r->delta = calloc(n, sizeof *r->delta);
	if (r->times == NULL || r->delta == NULL)
		abort();
	must(sim_new(r->uarch, r->trace.uops, r->trace.n_uops, &sim, &err), &err);
	sim_keep_stack(sim);
	sim_run(sim, r->trace.rows, n, 0, r->delta, 1, r->times);
	r->period_ps = sim_period_ps(sim);
	r->stats = *pv_sim_stats(sim);
	uint64_t sum = 0;
	for (int i = 0; i < PV_N_CPI_COMPONENTS; i++)
		sum += r->stats.stack_cycles[i];
	if (sum != r->stats.commit_cycles) /* whatever the trace: nothing is lost, nothing counted twice */
		abort();
	sim_free(sim);
}

void sim_run_close(struct sim_run *r)
{
	hand_release(&r->trace);
	pv_uarch_free(r->uarch);
	free(r->times);
	free(r->delta);
}

#define RELATIVE(name, field)                                                                                \
	int64_t name(const struct sim_run *r, size_t i)                                                      \
	{                                                                                                    \
		if (i >= r->trace.n_rows)                                                                    \
			abort();                                                                             \
		return ((int64_t)r->times[i].field - (int64_t)r->times[0].fetch_ps) / (int64_t)r->period_ps; \
	}
RELATIVE(sim_fetch, fetch_ps)
RELATIVE(sim_decode, decode_ps)
RELATIVE(sim_dispatch, dispatch_ps)
RELATIVE(sim_issue, issue_ps)
RELATIVE(sim_complete, complete_ps)
RELATIVE(sim_commit, commit_ps)
RELATIVE(sim_store, store_ps)

uint64_t sim_cycles(const struct hand_trace *trace, const char *preset, const char *changes)
{
	struct pv_uarch *uarch = sim_machine(preset, changes);
	struct sim *sim = NULL;
	struct pv_error err = {0};
	must(sim_new(uarch, trace->uops, trace->n_uops, &sim, &err), &err);
	sim_run(sim, trace->rows, trace->n_rows, 0, NULL, 1, NULL);
	uint64_t cycles = pv_sim_stats(sim)->cycles;
	sim_free(sim);
	pv_uarch_free(uarch);
	return cycles;
}

/* One function of the mixed program: a body in a loop, and a return. */
struct function {
	uint32_t body[12], loop, call, ret;
	unsigned n_body;
	uint64_t footprint;
};

static void make_function(struct hand_trace *t, struct function *f, struct base_random *random, unsigned number)
{
	static const char *const alu[] = {"i1 i2 -> i3", "i3 i1 -> i4", "i4 -> i1", "i5 i6 -> i5 c0", "i7 -> i8", "i8 -> i2"};
	static const enum pv_op_class classes[] = {PV_OP_IntAlu, PV_OP_IntAlu, PV_OP_IntAlu, PV_OP_IntMult, PV_OP_IntAlu, PV_OP_FloatAdd};
	hand_pc(t, 0x10000 + 0x1000 * (uint64_t)number);
	f->call = hand_branch(t, PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH | PV_UOP_CALL, t->next_pc + 0x400, "-> i30");
	hand_pc(t, 0x10400 + 0x1000 * (uint64_t)number);
	uint64_t start = t->next_pc;
	f->n_body = 4 + (unsigned)base_random_below(random, 8);
	f->footprint = 64ull << base_random_below(random, 14);
	for (unsigned i = 0; i < f->n_body; i++) {
		unsigned kind = (unsigned)base_random_below(random, 10);
		if (kind < 6)
			f->body[i] = hand_op(t, classes[kind], classes[kind] == PV_OP_FloatAdd ? "v1 v2 -> v1" : alu[kind]);
		else
			f->body[i] = kind < 9 ? hand_load(t, 8, kind == 6 ? "i1 -> i1" : "i9 -> i7") : hand_store(t, 8, "i9 i3");
	}
	f->loop = hand_branch(t, PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH, start, "c0");
	f->ret = hand_branch(t, PV_UOP_UNCOND_BRANCH | PV_UOP_RETURN, 0, "i30");
}

static void run_function(struct hand_trace *t, const struct function *f, struct base_random *random, size_t n_rows)
{
	unsigned n_loops = 1 + (unsigned)base_random_below(random, 9);
	hand_run(t, f->call);
	for (unsigned k = 0; k < n_loops && t->n_rows < n_rows; k++) {
		for (unsigned i = 0; i < f->n_body; i++) {
			bool memory = (t->uops[f->body[i]].flags & (PV_UOP_LOAD | PV_UOP_STORE)) != 0;
			if (memory)
				hand_run_at(t, f->body[i], 0x400000 + 8 * base_random_below(random, f->footprint / 8));
			else
				hand_run(t, f->body[i]);
		}
		hand_run_branch(t, f->loop, k + 1 < n_loops);
	}
	hand_run(t, f->ret);
}

void sim_mixed_trace(struct hand_trace *t, size_t n_rows, uint64_t seed)
{
	enum { N_FUNCTIONS = 12 };
	struct function functions[N_FUNCTIONS];
	struct base_random random;
	base_random_init(&random, seed);
	hand_init(t, 0x10000);
	for (unsigned i = 0; i < N_FUNCTIONS; i++)
		make_function(t, &functions[i], &random, i);
	/* a jump from behind each call to the next function's call keeps the rows a possible execution */
	uint32_t jumps[N_FUNCTIONS];
	for (unsigned i = 0; i < N_FUNCTIONS; i++) {
		hand_pc(t, 0x10004 + 0x1000 * (uint64_t)i);
		jumps[i] = hand_branch(t, PV_UOP_UNCOND_BRANCH, 0, "i11");
	}
	while (t->n_rows < n_rows) {
		unsigned i = (unsigned)base_random_below(&random, N_FUNCTIONS);
		run_function(t, &functions[i], &random, n_rows);
		hand_run(t, jumps[i]);
	}
}
