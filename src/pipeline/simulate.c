/*
 * simulate.c - one pass over each trace, all machines, into a dataset
 *
 * Work goes in steps of one chunk. In step c three kinds of tasks run side by side on the pool, each on its own buffers:
 *
 *     prepare c+1:  read the chunk, make its features           -> rows[(c+1) % 2], features[(c+1) % 3]
 *     machine k, c: time the chunk on machine k                 -> columns[c % 2][k]
 *     write c-1:    turn columns into rows, append to dataset   <- columns[(c-1) % 2], features[(c-1) % 3]
 *
 * so that nothing but the pool's own barrier stands between chunks. Every task's result depends on its inputs only: the dataset has the
 * same bytes at any thread count.
 */
#include <perfvec/simulate.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/dataset.h>
#include <perfvec/features.h>
#include <perfvec/trace.h>

#include "base/error.h"
#include "base/threads.h"
#include "data/features.h"
#include "pipeline/simulate_result.h"
#include "sim/sim.h"

enum { CHUNK = PV_TRACE_CHUNK_ROWS };

/* One chunk on its way. */
struct chunk {
	size_t n;
	uint64_t next_pc;
};

struct job {
	const struct pv_simulate_options *options;
	const struct pv_progress *progress;
	struct pv_threads *pool;
	struct pv_dataset_writer *writer;
	struct pv_simulate_result *result;
	int K;

	/* buffers, used round and round */
	struct pv_row *rows[2];             /* (CHUNK) each */
	struct pv_feature_row *features[3]; /* (CHUNK) each */
	uint32_t *columns[2];               /* (K, CHUNK) each */
	uint32_t *targets;                  /* (CHUNK, K) */
	struct chunk chunks[3];

	/* the program being simulated */
	struct pv_trace **traces; /* (n_traces) */
	const struct pv_trace *trace;
	struct pv_features *extractor;
	struct pv_sim **sims; /* (K) */
	uint64_t n_rows;      /* of the program, after max_rows */
	uint32_t n_chunks;
	uint32_t step;
	struct pv_error prepare_error, write_error;
	enum pv_status prepare_status, write_status;

	uint64_t n_done, n_total; /* rows x machines, over all programs */
};

/* ---- the three kinds of tasks ---- */

static void prepare(struct job *job, uint32_t c)
{
	struct chunk *chunk = &job->chunks[c % 3];
	struct pv_row *rows = job->rows[c % 2];
	job->prepare_status = pv_trace_read_chunk(job->trace, c, rows, &chunk->n, &chunk->next_pc, &job->prepare_error);
	if (job->prepare_status != PV_OK)
		return;
	const struct pv_uop *uops = pv_trace_uops(job->trace);
	uint64_t left = job->n_rows - (uint64_t)c * CHUNK;
	if (chunk->n > left) {
		chunk->next_pc = uops[rows[left].uop].pc;
		chunk->n = (size_t)left;
	}
	job->prepare_status = pv_features_run(job->extractor, uops, pv_trace_info(job->trace)->n_uops, rows, chunk->n, job->features[c % 3],
	                                      &job->prepare_error);
}

static void run_machine(struct job *job, uint32_t c, int k)
{
	const struct chunk *chunk = &job->chunks[c % 3];
	uint32_t *column = job->columns[c % 2] + (size_t)k * CHUNK;
	pv_sim_run(job->sims[k], job->rows[c % 2], chunk->n, chunk->next_pc, column, 1, NULL);
}

/* Transpose in blocks, so that both sides stay in the first-level cache. */
static void columns_to_rows(const uint32_t *columns, uint32_t *rows, size_t n, int K)
{
	enum { BLOCK = 64 };
	for (size_t begin = 0; begin < n; begin += BLOCK) {
		size_t end = begin + BLOCK < n ? begin + BLOCK : n;
		for (int k = 0; k < K; k++)
			for (size_t i = begin; i < end; i++)
				rows[i * (size_t)K + (size_t)k] = columns[(size_t)k * CHUNK + i];
	}
}

static void write_out(struct job *job, uint32_t c)
{
	size_t n = job->chunks[c % 3].n;
	columns_to_rows(job->columns[c % 2], job->targets, n, job->K);
	job->write_status = pv_dataset_append(job->writer, job->features[c % 3], job->targets, n, &job->write_error);
}

/* Task numbers of a step: the two serial tasks first, since they take longest. */
static void run_task(void *context, int i, int thread)
{
	(void)thread;
	struct job *job = context;
	uint32_t c = job->step;
	if (i == 0) {
		if (c + 1 < job->n_chunks)
			prepare(job, c + 1);
	} else if (i == 1) {
		if (c > 0)
			write_out(job, c - 1);
	} else if (c < job->n_chunks) {
		run_machine(job, c, i - 2);
	}
}

/* ---- one program ---- */

static void keep_counts(struct job *job, int program)
{
	for (int k = 0; k < job->K; k++) {
		struct pv_machine_counts *counts = pv_simulate_result_at(job->result, program, k);
		const struct pv_sim_stats *s = pv_sim_stats(job->sims[k]);
		counts->n_insns = s->n_insns;
		counts->n_rows = s->n_rows;
		counts->cycles = s->cycles;
		counts->n_branches = s->n_branches;
		counts->n_mispredicted = s->n_mispredicted;
		counts->n_l1i_misses = s->l1i_misses;
		counts->n_l1d_misses = s->l1d_misses;
		counts->n_l2_misses = s->l2_misses;
		counts->n_dram_reads = s->dram_reads;
		counts->n_dram_writes = s->dram_writes;
	}
}

static void add_times(struct job *job, int program, uint32_t c)
{
	size_t n = job->chunks[c % 3].n;
	for (int k = 0; k < job->K; k++) {
		const uint32_t *column = job->columns[c % 2] + (size_t)k * CHUNK;
		uint64_t sum = 0;
		for (size_t i = 0; i < n; i++)
			sum += column[i];
		pv_simulate_result_at(job->result, program, k)->time_tenth_ns += sum;
	}
}

static enum pv_status pass_on(enum pv_status status, const struct pv_error *from, struct pv_error *to)
{
	if (status != PV_OK && to)
		*to = *from;
	return status;
}

static enum pv_status run_steps(struct job *job, int program, struct pv_error *err)
{
	const struct pv_progress *p = job->progress;
	prepare(job, 0);
	for (uint32_t c = 0; c <= job->n_chunks; c++) {
		PV_TRY(pass_on(job->prepare_status, &job->prepare_error, err));
		job->step = c;
		pv_threads_run(job->pool, run_task, job, 2 + job->K);
		PV_TRY(pass_on(job->write_status, &job->write_error, err));
		if (c < job->n_chunks) {
			add_times(job, program, c);
			job->n_done += (uint64_t)job->chunks[c % 3].n * (uint64_t)job->K;
		}
		if (p && p->report)
			p->report(p->user, "simulating", "micro-operations", job->n_done, job->n_total);
		if (p && p->stop && p->stop(p->user))
			return pv_error_set(err, PV_ERR_INTERRUPTED, "interrupted while simulating '%s'; nothing was written",
			                    job->result->programs[program]);
	}
	return PV_OK;
}

static bool contains(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static enum pv_status build_machines(struct job *job, struct pv_error *err)
{
	const struct pv_trace_info *info = pv_trace_info(job->trace);
	for (int k = 0; k < job->K; k++) {
		const struct pv_uarch *u = pv_uarch_set_at(job->options->machines, (size_t)k);
		enum pv_status status = pv_sim_new(u, pv_trace_uops(job->trace), info->n_uops, &job->sims[k], err);
		if (status != PV_OK) {
			pv_error_prefix(err, "machine '%s'", pv_uarch_name(u));
			return status;
		}
	}
	return PV_OK;
}

static void free_machines(struct job *job)
{
	for (int k = 0; k < job->K; k++) {
		pv_sim_free(job->sims[k]);
		job->sims[k] = NULL;
	}
}

static uint64_t rows_of(const struct job *job, const struct pv_trace *trace)
{
	uint64_t n = pv_trace_info(trace)->n_rows, max = job->options->max_rows;
	return max && max < n ? max : n;
}

static enum pv_status run_program(struct job *job, int program, struct pv_error *err)
{
	const struct pv_simulate_options *o = job->options;
	const char *name = job->result->programs[program];
	bool seen = !contains(o->unseen_programs, o->n_unseen_programs, name);
	job->trace = job->traces[program];
	job->n_rows = rows_of(job, job->trace);
	job->n_chunks = (uint32_t)((job->n_rows + CHUNK - 1) / CHUNK);
	enum pv_status status = build_machines(job, err);
	if (status == PV_OK)
		status = pv_features_new(&job->extractor, err);
	if (status == PV_OK)
		status = pv_dataset_begin_program(job->writer, name, seen, pv_trace_info(job->trace)->origin.command, err);
	if (status == PV_OK)
		status = run_steps(job, program, err);
	if (status == PV_OK) {
		keep_counts(job, program);
		status = pv_dataset_end_program(job->writer, err);
	}
	pv_features_free(job->extractor);
	job->extractor = NULL;
	free_machines(job);
	return status;
}

/* ---- before the first program ---- */

static enum pv_status open_traces(struct job *job, struct pv_error *err)
{
	const struct pv_simulate_options *o = job->options;
	struct pv_simulate_result *r = job->result;
	for (size_t i = 0; i < o->n_traces; i++) {
		PV_TRY(pv_trace_open(o->traces[i], &job->traces[i], err));
		const struct pv_trace_info *info = pv_trace_info(job->traces[i]);
		const char *name = info->origin.program;
		PV_FAIL_IF(info->n_rows == 0, err, PV_ERR_ARG, "'%s' holds no instruction", o->traces[i]);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(r->programs[j], name)) {
				pv_error_set(err, PV_ERR_ARG, "'%s' and '%s' are both of program '%s'", o->traces[j], o->traces[i], name);
				return pv_error_hint(err, "'perfvec trace --program NAME' gives a trace another name");
			}
		r->programs[i] = strdup(name);
		PV_FAIL_IF(!r->programs[i], err, PV_ERR_NOMEM, "out of memory");
		r->n_programs++;
		job->n_total += rows_of(job, job->traces[i]) * (uint64_t)job->K;
	}
	return PV_OK;
}

/* Names to hold out that match nothing are typing errors. */
static enum pv_status check_names(const char *what, const char *const *wanted, size_t n_wanted, char **names, int n, struct pv_error *err)
{
	for (size_t i = 0; i < n_wanted; i++)
		PV_FAIL_IF(!contains((const char *const *)names, (size_t)n, wanted[i]), err, PV_ERR_ARG, "there is no %s '%s' to hold out",
		           what, wanted[i]);
	PV_FAIL_IF(n_wanted >= (size_t)n, err, PV_ERR_ARG, "all %d %ss are held out: none is left to learn from", n, what);
	return PV_OK;
}

static enum pv_status machine_text(const struct pv_uarch *uarch, char **text, struct pv_error *err)
{
	size_t n = 0;
	FILE *f = open_memstream(text, &n);
	PV_FAIL_IF(!f, err, PV_ERR_NOMEM, "out of memory");
	pv_uarch_print(uarch, f);
	int failed = ferror(f);
	failed |= fclose(f);
	PV_FAIL_IF(failed, err, PV_ERR_NOMEM, "out of memory");
	return PV_OK;
}

static enum pv_status create_dataset(struct job *job, struct pv_error *err)
{
	const struct pv_simulate_options *o = job->options;
	struct pv_dataset_machine_spec *machines = calloc((size_t)job->K, sizeof *machines);
	PV_FAIL_IF(!machines, err, PV_ERR_NOMEM, "out of memory");
	enum pv_status status = PV_OK;
	for (int k = 0; k < job->K && status == PV_OK; k++) {
		const struct pv_uarch *u = pv_uarch_set_at(o->machines, (size_t)k);
		char *text = NULL;
		status = machine_text(u, &text, err);
		machines[k].name = pv_uarch_name(u);
		machines[k].seen = !contains(o->unseen_machines, o->n_unseen_machines, machines[k].name);
		machines[k].clock_mhz = pv_uarch_clock_mhz(u);
		machines[k].text = text;
	}
	if (status == PV_OK) {
		struct pv_dataset_spec spec = {
		    .machines = machines, .n_machines = job->K, .target = PV_TARGET_store_commit, .command = o->command};
		status = pv_dataset_create(o->output, &spec, &job->writer, err);
	}
	for (int k = 0; k < job->K; k++)
		free((void *)(uintptr_t)machines[k].text);
	free(machines);
	return status;
}

static bool allocate_buffers(struct job *job)
{
	size_t column_bytes = (size_t)job->K * CHUNK * sizeof(uint32_t);
	bool ok = (job->targets = malloc(column_bytes)) != NULL;
	for (int i = 0; i < 3; i++)
		ok &= (job->features[i] = malloc(CHUNK * sizeof(struct pv_feature_row))) != NULL;
	for (int i = 0; i < 2; i++) {
		ok &= (job->rows[i] = malloc(CHUNK * sizeof(struct pv_row))) != NULL;
		ok &= (job->columns[i] = malloc(column_bytes)) != NULL;
	}
	return ok;
}

static enum pv_status allocate(struct job *job, struct pv_error *err)
{
	const struct pv_simulate_options *o = job->options;
	bool ok = allocate_buffers(job);
	ok &= (job->sims = calloc((size_t)job->K, sizeof(struct pv_sim *))) != NULL;
	ok &= (job->traces = calloc(o->n_traces, sizeof(struct pv_trace *))) != NULL;
	ok &= (job->pool = pv_threads_new(o->n_threads)) != NULL;
	ok &= (job->result = pv_simulate_result_new(o->n_traces, o->machines)) != NULL;
	PV_FAIL_IF(!ok, err, PV_ERR_NOMEM, "out of memory for %d machines", job->K);
	return PV_OK;
}

static void release(struct job *job)
{
	for (int i = 0; i < 3; i++)
		free(job->features[i]);
	for (int i = 0; i < 2; i++) {
		free(job->rows[i]);
		free(job->columns[i]);
	}
	free(job->targets);
	free(job->sims);
	for (size_t i = 0; job->traces && i < job->options->n_traces; i++)
		pv_trace_close(job->traces[i]);
	free(job->traces);
	pv_threads_free(job->pool);
	pv_dataset_discard(job->writer);
	pv_simulate_result_free(job->result);
}

static enum pv_status run_job(struct job *job, struct pv_error *err)
{
	const struct pv_simulate_options *o = job->options;
	PV_TRY(allocate(job, err));
	PV_TRY(open_traces(job, err));
	PV_TRY(check_names("program", o->unseen_programs, o->n_unseen_programs, job->result->programs, job->result->n_programs, err));
	PV_TRY(check_names("machine", o->unseen_machines, o->n_unseen_machines, job->result->machines, job->K, err));
	PV_TRY(create_dataset(job, err));
	for (int i = 0; i < job->result->n_programs; i++) {
		enum pv_status status = run_program(job, i, err);
		if (status != PV_OK && status != PV_ERR_INTERRUPTED)
			pv_error_prefix(err, "program '%s'", job->result->programs[i]);
		PV_TRY(status);
	}
	struct pv_dataset_writer *writer = job->writer;
	job->writer = NULL; /* finishing releases it whatever happens */
	return pv_dataset_finish(writer, err);
}

enum pv_status pv_simulate(const struct pv_simulate_options *options, const struct pv_progress *progress,
                           struct pv_simulate_result **result, struct pv_error *err)
{
	PV_FAIL_IF(options->n_traces == 0, err, PV_ERR_ARG, "no traces to simulate");
	PV_FAIL_IF(pv_uarch_set_count(options->machines) == 0, err, PV_ERR_ARG, "no machines to simulate on");
	struct job job = {.options = options, .progress = progress, .K = (int)pv_uarch_set_count(options->machines)};
	enum pv_status status = run_job(&job, err);
	if (status == PV_OK && result) {
		*result = job.result;
		job.result = NULL;
	}
	release(&job);
	return status;
}
