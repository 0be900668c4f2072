/*
 * profile.c - predicted time by function, source line, file and call stack
 *
 * Each row's representation gives its time on every machine of interest, and each row has a tag: its static micro-operation and the call
 * stack that it ran on. Times are added up by both, per thread and as integers, whose sums do not depend on the order; afterwards
 * micro-operations are gathered into functions, lines and files.
 */
#include <perfvec/profile.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/features.h>

#include "base/error.h"
#include "base/threads.h"
#include "represent/batch.h"
#include "model/model.h"
#include "represent/pass.h"
#include "represent/sample.h"
#include "represent/trace_rows.h"
#include "profile/result.h"

/* Times are counted in 2^-20 x 0.1 ns: a row's time keeps six digits, and sums of a quarter of an hour fit. */
#define UNITS_PER_TENTH 1048576.0

/* What one thread has added up. */
struct sums {
	int64_t *uops;   /* (n_uops, M) */
	int64_t *stacks; /* (n_nodes, M) */
	size_t n_nodes;
};

struct job {
	const struct pv_model *model;
	const struct pv_profile_options *options;
	const struct pv_trace *trace;
	const struct pv_dataset_program *simulated; /* NULL: none */
	int *columns;                               /* (M) of the dataset; -1: not there */
	int n_columns;                              /* of a row of its targets */
	const struct pv_progress *progress;
	struct pv_profile *profile;
	struct base_threads *pool;
	struct represent_run pass;
	struct represent_sample_plan plan;
	struct sums *sums;                       /* (threads) */
	uint64_t *simulated_tenths;              /* (n_uops, M) */
	const struct represent_row_block *block; /* at hand */
};

/* ---- rows ---- */

static void tag_rows(void *user, const struct pv_row *rows, size_t n, uint64_t *tags)
{
	const struct job *job = user;
	for (size_t i = 0; i < n; i++)
		tags[i] = (uint64_t)profile_stacks_row(job->profile->stacks, rows[i].uop) << 32 | rows[i].uop;
}

/* Times of some rows, from several threads at once. */
static void add_times(void *user, int thread, const struct represent_slice *slice, uint64_t row, size_t n, const float *repr, size_t stride)
{
	const struct job *job = user;
	const size_t D = (size_t)job->model->info.n_repr, M = (size_t)job->profile->M;
	const float *weights = model_weights(job->model), *bias = model_bias(job->model);
	struct sums *sums = &job->sums[thread];
	(void)slice;
	for (size_t i = 0; i < n; i++, repr += stride) {
		const uint64_t tag = job->block->tags[row + i];
		int64_t *uop = sums->uops + (uint32_t)tag * M, *stack = sums->stacks + (tag >> 32) * M;
		for (size_t m = 0; m < M; m++) {
			const size_t k = (size_t)job->options->machines[m];
			const float *w = weights + k * D;
			float tenths = bias ? bias[k] : 0;
			for (size_t d = 0; d < D; d++)
				tenths += w[d] * repr[d];
			const int64_t units = (int64_t)llrint(UNITS_PER_TENTH * (double)tenths);
			uop[m] += units;
			stack[m] += units;
		}
	}
}

/* Counts rows, and adds up their simulated times where there are any. */
static void count_rows(struct job *job, const struct represent_row_span *span)
{
	const size_t M = (size_t)job->profile->M;
	for (size_t i = span->begin; i < span->end; i++) {
		const uint32_t uop = (uint32_t)job->block->tags[i];
		const size_t row = (size_t)span->row + (i - span->begin);
		job->profile->rows[uop]++;
		for (size_t m = 0; job->simulated && m < M; m++)
			if (job->columns[m] >= 0)
				job->simulated_tenths[uop * M + m] +=
				    pv_target(job->simulated, row * (size_t)job->n_columns + (size_t)job->columns[m]);
	}
}

/* Room in every thread for the call stacks of a block. */
static enum pv_status grow_sums(struct job *job, struct pv_error *err)
{
	const size_t M = (size_t)job->profile->M;
	size_t n = 0;
	for (size_t i = 0; i < job->block->n; i++)
		n = job->block->tags[i] >> 32 >= n ? (size_t)(job->block->tags[i] >> 32) + 1 : n;
	for (int i = 0; i < base_threads_count(job->pool); i++) {
		struct sums *s = &job->sums[i];
		if (n <= s->n_nodes)
			continue;
		int64_t *stacks = realloc(s->stacks, 2 * n * M * sizeof *stacks);
		FAIL_IF(!stacks, err, PV_ERR_NOMEM, "out of memory for %zu call stacks", n);
		memset(stacks + s->n_nodes * M, 0, (2 * n - s->n_nodes) * M * sizeof *stacks);
		s->stacks = stacks;
		s->n_nodes = 2 * n;
	}
	return PV_OK;
}

static enum pv_status run_block(void *user, const struct represent_row_block *block, struct pv_error *err)
{
	struct job *job = user;
	const struct pv_dataset_program program = {.features = block->rows, .context = block->context, .n_rows = block->n};
	size_t n = 0;
	job->block = block;
	TRY(grow_sums(job, err));
	for (size_t i = 0; i < block->n_spans; i++)
		n += (block->spans[i].end - block->spans[i].begin + PV_SLICE_ROWS - 1) / PV_SLICE_ROWS;
	struct represent_slice *slices = calloc(n + 1, sizeof *slices);
	FAIL_IF(!slices, err, PV_ERR_NOMEM, "out of memory");
	n = 0;
	uint64_t rows = 0;
	for (size_t i = 0; i < block->n_spans; i++) {
		const struct represent_row_span *s = &block->spans[i];
		count_rows(job, s);
		rows += s->end - s->begin;
		for (size_t at = s->begin; at < s->end; at += PV_SLICE_ROWS)
			slices[n++] = (struct represent_slice){.program = &program,
			                                       .first = s->first,
			                                       .begin = at,
			                                       .end = s->end - at < PV_SLICE_ROWS ? s->end : at + PV_SLICE_ROWS};
	}
	enum pv_status status = represent_run_slices(&job->pass, slices, n, job->pool, job->progress, err);
	job->pass.done_before += rows;
	free(slices);
	return status;
}

/* ---- results ---- */

/* What a sample's figures are multiplied by to be those of the whole program. */
static double scale_of(const struct job *job)
{
	const uint64_t all = pv_trace_info(job->trace)->n_rows, n = represent_sample_units(&job->plan, all);
	return job->plan.period ? (double)all / ((double)job->plan.unit * (double)n) : 1;
}

static void gather(const struct job *job)
{
	struct pv_profile *p = job->profile;
	const size_t M = (size_t)p->M, n_uops = p->code->n_uops * M;
	const double scale = 0.1 / UNITS_PER_TENTH * scale_of(job);
	size_t n_nodes;
	profile_stacks_nodes(p->stacks, &n_nodes);
	for (int t = 0; t < base_threads_count(job->pool); t++) {
		const struct sums *s = &job->sums[t];
		for (size_t i = 0; i < n_uops && t; i++)
			job->sums[0].uops[i] += s->uops[i];
		for (size_t i = 0; i < s->n_nodes * M && t && i < n_nodes * M; i++)
			job->sums[0].stacks[i] += s->stacks[i];
	}
	for (size_t i = 0; i < n_uops; i++)
		p->ns[i] = scale * (double)job->sums[0].uops[i];
	for (size_t i = 0; i < n_nodes * M; i++)
		p->stack_ns[i] = i < job->sums[0].n_nodes * M ? scale * (double)job->sums[0].stacks[i] : 0;
	for (size_t i = 0; p->simulated_ns && i < n_uops; i++)
		p->simulated_ns[i] = job->columns[i % M] < 0 ? NAN : 0.1 * scale_of(job) * (double)job->simulated_tenths[i];
}

static enum pv_status finish(struct job *job, struct pv_error *err)
{
	struct pv_profile *p = job->profile;
	const struct pv_uop *uops = pv_trace_uops(job->trace);
	const size_t M = (size_t)p->M, n_uops = p->code->n_uops;
	size_t n_nodes;
	profile_stacks_nodes(p->stacks, &n_nodes);
	p->ns = calloc(n_uops * M + 1, sizeof *p->ns);
	p->stack_ns = calloc(n_nodes * M + 1, sizeof *p->stack_ns);
	p->ends_insn = calloc(n_uops + 1, sizeof *p->ends_insn);
	if (job->simulated)
		p->simulated_ns = calloc(n_uops * M + 1, sizeof *p->simulated_ns);
	const bool ok = p->ns && p->stack_ns && p->ends_insn && (p->simulated_ns || !job->simulated) && profile_item_new(&p->total, p->M);
	FAIL_IF(!ok || profile_stacks_failed(p->stacks), err, PV_ERR_NOMEM, "out of memory for a profile");
	gather(job);
	for (uint32_t i = 0; i < n_uops; i++)
		p->ends_insn[i] = uops[i].flags & PV_UOP_LAST;
	for (uint32_t i = 0; i < n_uops; i++)
		profile_add(p, i, &p->total);
	return PV_OK;
}

/* ---- the job ---- */

static enum pv_status check(struct job *job, struct pv_error *err)
{
	const struct pv_profile_options *o = job->options;
	const struct pv_trace_info *info = pv_trace_info(job->trace);
	FAIL_IF(o->n_machines < 1, err, PV_ERR_ARG, "no machines to profile on");
	FAIL_IF(!info->n_rows, err, PV_ERR_ARG, "program '%s' is empty: it has no rows", info->origin.program);
	FAIL_IF(o->sample_period && (!o->sample_unit || o->sample_period < o->sample_unit + PV_SLICE_WARMUP_ROWS), err, PV_ERR_ARG,
	        "a sampling period of %" PRIu64 " is shorter than a unit of %" PRIu64 " (at least 1) and its warm-up of %d",
	        o->sample_period, o->sample_unit, PV_SLICE_WARMUP_ROWS);
	FAIL_IF(!represent_sample_units(&job->plan, info->n_rows), err, PV_ERR_ARG,
	        "no sampling unit fits into the %" PRIu64 " micro-operations of '%s' with a period of %" PRIu64, info->n_rows,
	        info->origin.program, job->plan.period);
	return PV_OK;
}

/* The program's rows and the machines' columns in the dataset, if one is given. */
static enum pv_status find_simulated(struct job *job, struct pv_error *err)
{
	const struct pv_dataset *d = job->options->dataset;
	const struct pv_trace_info *info = pv_trace_info(job->trace);
	if (!d)
		return PV_OK;
	TRY(pv_model_check_dataset(job->model, d, job->options->machines, job->options->n_machines, err));
	job->n_columns = pv_dataset_n_machines(d);
	for (int i = 0; i < pv_dataset_n_programs(d); i++)
		if (!strcmp(pv_dataset_program(d, i)->name, info->origin.program))
			job->simulated = pv_dataset_program(d, i);
	FAIL_IF(!job->simulated, err, PV_ERR_ARG, "the dataset has no program '%s'", info->origin.program);
	FAIL_IF(job->simulated->n_rows != info->n_rows, err, PV_ERR_SHAPE, "the dataset has %" PRIu64 " rows of '%s', the trace %" PRIu64,
	        job->simulated->n_rows, info->origin.program, info->n_rows);
	for (int m = 0; m < job->options->n_machines; m++) {
		job->columns[m] = -1;
		for (int k = 0; k < job->n_columns; k++)
			if (!strcmp(pv_dataset_machine(d, k)->name, pv_model_machine(job->model, job->options->machines[m])->name))
				job->columns[m] = k;
	}
	return PV_OK;
}

static enum pv_status allocate(struct job *job, struct pv_error *err)
{
	const size_t M = (size_t)job->options->n_machines, n_uops = pv_trace_info(job->trace)->n_uops;
	job->profile = calloc(1, sizeof *job->profile);
	job->pool = base_threads_new(job->options->threads);
	job->columns = calloc(M, sizeof *job->columns);
	FAIL_IF(!job->profile || !job->pool || !job->columns, err, PV_ERR_NOMEM, "out of memory for a profile");
	job->profile->M = job->options->n_machines;
	job->profile->rows = calloc(n_uops + 1, sizeof *job->profile->rows);
	job->simulated_tenths = calloc(n_uops * M + 1, sizeof *job->simulated_tenths);
	job->sums = calloc((size_t)base_threads_count(job->pool), sizeof *job->sums);
	bool ok = job->profile->rows && job->simulated_tenths && job->sums;
	for (int i = 0; ok && i < base_threads_count(job->pool); i++)
		ok = (job->sums[i].uops = calloc(n_uops * M + 1, sizeof *job->sums[i].uops)) != NULL;
	FAIL_IF(!ok, err, PV_ERR_NOMEM, "out of memory for a profile of %zu micro-operations on %zu machines", n_uops, M);
	return PV_OK;
}

static void release(struct job *job)
{
	for (int i = 0; job->sums && i < base_threads_count(job->pool); i++) {
		free(job->sums[i].uops);
		free(job->sums[i].stacks);
	}
	free(job->sums);
	free(job->columns);
	free(job->simulated_tenths);
	base_threads_free(job->pool);
	pv_profile_free(job->profile);
}

static enum pv_status run(struct job *job, struct pv_error *err)
{
	enum { BLOCK_ROWS = 2 * PV_SLICE_ROWS * REPRESENT_PASS_STREAMS };
	const struct pv_trace_info *info = pv_trace_info(job->trace);
	TRY(check(job, err));
	TRY(allocate(job, err));
	TRY(find_simulated(job, err));
	TRY(profile_code_new(job->trace, job->options->debug_path, &job->profile->code, err));
	TRY(profile_stacks_new(pv_trace_uops(job->trace), job->profile->code->function, &job->profile->stacks, err));
	job->pass = (struct represent_run){.encoder = job->model->encoder,
	                                   .params = job->model->params,
	                                   .inputs = &job->model->inputs,
	                                   .segment_rows = PV_SLICE_ROWS,
	                                   .warmup_rows = PV_SLICE_WARMUP_ROWS,
	                                   .visit = add_times,
	                                   .visit_user = job,
	                                   .what = "profiling",
	                                   .total = job->plan.period ? represent_sample_units(&job->plan, info->n_rows) * job->plan.unit
	                                                             : info->n_rows};
	const struct represent_trace_rows rows = {.trace = job->trace,
	                                          .plan = job->plan,
	                                          .block_rows = (size_t)BLOCK_ROWS * (size_t)base_threads_count(job->pool),
	                                          .context = job->model->inputs.kind == MODEL_INPUTS_PV2,
	                                          .tag = tag_rows,
	                                          .tag_user = job};
	TRY(represent_trace_rows_each(&rows, run_block, job, job->progress, err));
	return finish(job, err);
}

enum pv_status pv_profile_trace(const struct pv_model *model, const struct pv_trace *trace, const struct pv_profile_options *options,
                                const struct pv_progress *progress, struct pv_profile **profile, struct pv_error *err)
{
	struct job job = {.model = model,
	                  .options = options,
	                  .trace = trace,
	                  .progress = progress,
	                  .plan = {options->sample_unit, options->sample_period, UINT64_MAX}};
	enum pv_status status = run(&job, err);
	if (status == PV_OK) {
		*profile = job.profile;
		job.profile = NULL;
	}
	release(&job);
	return status;
}
