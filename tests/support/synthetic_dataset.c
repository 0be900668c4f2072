/*
 * synthetic_dataset.c - a dataset made of a formula
 */
#include "support/synthetic_dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/features.h>
#include <perfvec/uop.h>

#include "base/random.h"
#include "uarch/uarch.h"

enum { PIECE = 1000, PHASE_ROWS = 3000, MAX_MACHINES = 128 };

static void must(enum pv_status status, const struct pv_error *err)
{
	if (status == PV_OK)
		return;
	fprintf(stderr, "synthetic dataset: %s\n", err->message);
	abort();
}

/* What a program does in one of its phases. */
struct phase {
	double loads, stores, branches, multiplies; /* shares */
	double near, middle;                        /* shares of short and middling reuse distances */
	unsigned entropy;                           /* sixteenths */
};

static struct phase phase_of(struct base_random *rng)
{
	struct phase p = {.loads = 0.1 + 0.2 * base_random_unit(rng),
	                  .stores = 0.05 + 0.1 * base_random_unit(rng),
	                  .branches = 0.1 + 0.1 * base_random_unit(rng),
	                  .multiplies = 0.1 * base_random_unit(rng),
	                  .near = 0.7 + 0.28 * base_random_unit(rng),
	                  .entropy = (unsigned)base_random_below(rng, 9)};
	p.middle = p.near + (1 - p.near) * base_random_unit(rng);
	return p;
}

static struct pv_feature_row row_of(const struct phase *p, struct base_random *rng)
{
	struct pv_feature_row r = {.flags = PV_FEATURE_LAST, .op = PV_OP_IntAlu + 1, .fetch_reuse = 1};
	double u = base_random_unit(rng), v = base_random_unit(rng);
	uint32_t reuse = v < p->near     ? 1 + (uint32_t)base_random_below(rng, 100)
	                 : v < p->middle ? 500 + (uint32_t)base_random_below(rng, 5000)
	                                 : 200000;
	if (u < p->loads) {
		r.flags |= PV_FEATURE_LOAD | PV_FEATURE_HAS_ADDR;
		r.op = PV_OP_MemRead + 1;
		r.load_reuse = reuse;
		r.store_reuse = reuse;
	} else if (u < p->loads + p->stores) {
		r.flags |= PV_FEATURE_STORE | PV_FEATURE_HAS_ADDR;
		r.op = PV_OP_MemWrite + 1;
		r.load_reuse = reuse;
		r.store_reuse = reuse;
	} else if (u < p->loads + p->stores + p->branches) {
		r.flags |= PV_FEATURE_COND_BRANCH | PV_FEATURE_DIRECT_BRANCH;
		r.entropy_before = r.entropy_after = (uint8_t)p->entropy;
	} else if (u < p->loads + p->stores + p->branches + p->multiplies) {
		r.op = PV_OP_IntMult + 1;
	}
	r.dst_class[0] = 1;
	r.dst_index[0] = (uint16_t)(1 + base_random_below(rng, 30));
	return r;
}

/* Machine k's time for a row, given whether the row before missed its first cache. */
static uint32_t time_of(const struct pv_feature_row *r, int k, bool after_miss)
{
	const uint32_t width = 1 + (uint32_t)k % 4, miss = 60 + 25 * ((uint32_t)k % 3), memory = 300 + 90 * ((uint32_t)k % 5);
	uint32_t time = 8 / width;
	if (r->op == PV_OP_IntMult + 1)
		time += 6;
	if (r->flags & PV_FEATURE_LOAD)
		time += r->load_reuse <= 400 ? 2 : r->load_reuse <= 10000 ? miss : memory;
	if (r->flags & PV_FEATURE_COND_BRANCH)
		time += r->entropy_before * (2 + (uint32_t)k % 6);
	return time + (after_miss ? 20 : 0);
}

/* The same for a sampled machine; 0.1 ns. */
static uint32_t time_on(const struct pv_feature_row *r, const struct pv_uarch *u, bool after_miss)
{
	const double cycle = u->core.period_ps * 0.01, overlap = u->core.kind == UARCH_CORE_OOO ? u->ooo.n_rob / 256.0 : 0;
	const double bytes = 64.0 * r->load_reuse;
	double time = 2 * cycle;
	if (r->op == PV_OP_IntMult + 1)
		time += 3 * cycle;
	if (r->flags & PV_FEATURE_LOAD) {
		const bool l1 = bytes <= u->l1d.size_bytes, l2 = u->l2.present && bytes <= u->l2.size_bytes;
		time +=
		    l1 ? u->l1d.tag_latency_cycles * cycle : (1 - overlap) * (l2 ? 2 * u->l2.tag_latency_cycles * cycle : 600 + 5 * cycle);
	}
	if (r->flags & PV_FEATURE_COND_BRANCH)
		time += r->entropy_before * 0.5 * cycle;
	return (uint32_t)(time + (after_miss ? 3 * cycle : 0));
}

static bool misses(const struct pv_feature_row *r)
{
	return (r->flags & PV_FEATURE_LOAD) && r->load_reuse > 400;
}

static void write_program(struct pv_dataset_writer *w, const struct synthetic *s, const struct pv_uarch_set *uarchs, int p)
{
	static const struct pv_feature_row none;
	struct base_random rng;
	struct pv_error err = {0};
	base_random_init(&rng, s->seed * 1000 + (uint64_t)p);
	struct phase phases[3] = {phase_of(&rng), phase_of(&rng), phase_of(&rng)};
	struct pv_feature_row *rows = calloc(PIECE + 1, sizeof *rows);
	uint32_t *targets = calloc((size_t)PIECE * (size_t)s->n_machines, sizeof *targets);
	char name[16];
	snprintf(name, sizeof name, "p%d", p);
	must(pv_dataset_begin_program(w, name, p < s->n_programs - s->n_held_programs, "formula", &err), &err);
	uint64_t n = s->n_rows + s->n_rows * (uint64_t)(p % 3) / 6;
	struct pv_feature_row last = none;
	for (uint64_t at = 0; at < n; at += PIECE) {
		size_t count = n - at < PIECE ? (size_t)(n - at) : PIECE;
		for (size_t i = 0; i < count; i++) {
			rows[i] = row_of(&phases[(at + i) / PHASE_ROWS % 3], &rng);
			for (int k = 0; k < s->n_machines; k++)
				targets[i * (size_t)s->n_machines + (size_t)k] =
				    uarchs ? time_on(&rows[i], pv_uarch_set_at(uarchs, (size_t)k), misses(&last))
				           : time_of(&rows[i], k, misses(&last));
			last = rows[i];
		}
		must(pv_dataset_append(w, rows, targets, count, &err), &err);
	}
	must(pv_dataset_end_program(w, &err), &err);
	free(rows);
	free(targets);
}

/* Machines are sampled, and described by their files; texts (n_machines) are to be freed. */
static struct pv_uarch_set *sample_machines(const struct synthetic *s, uint64_t seed, struct pv_dataset_machine_spec *machines,
                                            char **texts)
{
	const struct pv_uarch_sampling what = {.count = (size_t)s->n_machines, .seed = seed, .ooo_share = 6, .inorder_share = 1};
	struct pv_uarch_set *set;
	struct pv_error err = {0};
	must(pv_uarch_sample(&what, &set, &err), &err);
	for (int k = 0; k < s->n_machines; k++) {
		const struct pv_uarch *u = pv_uarch_set_at(set, (size_t)k);
		size_t n;
		FILE *f = open_memstream(&texts[k], &n);
		if (!f)
			abort();
		pv_uarch_print(u, f);
		fclose(f);
		/* Sets are sorted by name: every few of them one is held out, so that there are some of both kinds. */
		const bool held = s->n_held_machines && k % (s->n_machines / s->n_held_machines) == 0;
		machines[k] = (struct pv_dataset_machine_spec){pv_uarch_name(u), !held, pv_uarch_clock_mhz(u), texts[k]};
	}
	return set;
}

static void write_dataset(const char *path, const struct synthetic *s, const struct pv_dataset_machine_spec *machines,
                          const struct pv_uarch_set *uarchs)
{
	struct pv_error err = {0};
	struct pv_dataset_writer *w;
	const struct pv_dataset_spec spec = {.machines = machines,
	                                     .n_machines = s->n_machines,
	                                     .target = PV_TARGET_store_commit,
	                                     .seq_length = s->seq_length,
	                                     .train_share = 0.8,
	                                     .valid_share = 0.1};
	must(pv_dataset_create(path, &spec, &w, &err), &err);
	for (int p = 0; p < s->n_programs; p++)
		write_program(w, s, uarchs, p);
	must(pv_dataset_finish(w, &err), &err);
}

void synthetic_dataset_write(const char *path, const struct synthetic *s)
{
	struct pv_dataset_machine_spec machines[MAX_MACHINES];
	char names[MAX_MACHINES][16];
	for (int k = 0; k < s->n_machines && k < MAX_MACHINES; k++) {
		snprintf(names[k], sizeof names[k], "m%d", k);
		machines[k] =
		    (struct pv_dataset_machine_spec){names[k], k < s->n_machines - s->n_held_machines, 1000 + 500 * (k % 3), "# formula\n"};
	}
	write_dataset(path, s, machines, NULL);
}

void synthetic_uarch_dataset_write(const char *path, const struct synthetic *s, uint64_t uarch_seed)
{
	struct pv_dataset_machine_spec machines[MAX_MACHINES];
	char *texts[MAX_MACHINES] = {NULL};
	struct pv_uarch_set *uarchs = sample_machines(s, uarch_seed, machines, texts);
	write_dataset(path, s, machines, uarchs);
	pv_uarch_set_free(uarchs);
	for (int k = 0; k < MAX_MACHINES; k++)
		free(texts[k]);
}
