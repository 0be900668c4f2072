/*
 * simulate.c - one pass over each trace, all machines, into a dataset
 *
 * Work goes in steps of one chunk. In step c four kinds of tasks run side by side on the pool, each on its own buffers:
 *
 *     prepare c+2:  read the chunk, make its features           -> rows[(c+2) % 3], features[(c+2) % 4], context[(c+2) % 4]
 *     guess g, c+1: directions for machines that guess alike    -> groups[g].taken[(c+1) % 2]
 *     machine k, c: time the chunk on machine k                 -> columns[c % 2][k]
 *     write c-1:    turn columns into rows, append to dataset   <- columns[(c-1) % 2], features[(c-1) % 4]
 *
 * so that nothing but the pool's own barrier stands between chunks. Of each chunk only the rows that the plan counts are written; the
 * others warm machines and features. Every task's result depends on its inputs only: the dataset has the same bytes at any thread count.
 */
#include <perfvec/simulate.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/dataset.h>
#include <perfvec/features.h>
#include <perfvec/trace.h>

#include "base/error.h"
#include "base/text.h"
#include "base/threads.h"
#include "data/context.h"
#include "data/dataset_format.h"
#include "data/features.h"
#include "simulate/machine.h"
#include "simulate/plan.h"
#include "simulate/result.h"
#include "sim/directions.h"
#include "uarch/uarch.h"

enum { CHUNK = PV_TRACE_CHUNK_ROWS, N_ROWS = 3, N_CHUNKS = 4 };

/* One chunk on its way. */
struct chunk {
	size_t n;
	size_t n_counted; /* those whose features are kept */
	uint64_t next_pc;
};

/* Machines whose direction predictors guess alike, two at least. */
struct group {
	int first; /* of its machines */
	struct sim_directions *directions;
	uint8_t *taken[2]; /* (CHUNK) each */
};

struct job {
	const struct pv_simulate_options *options;
	const struct pv_progress *progress;
	struct base_threads *pool;
	struct pv_dataset_writer *writer;
	struct pv_simulate_result *result;
	int K;

	/* buffers, used round and round */
	struct pv_row *rows[N_ROWS];               /* (CHUNK) each */
	struct pv_feature_row *features[N_CHUNKS]; /* (CHUNK) each */
	struct pv_context_row *context[N_CHUNKS];  /* (CHUNK) each */
	uint32_t *columns[2];                      /* (K, CHUNK) each */
	uint32_t *targets;                         /* (CHUNK, K) */
	uint32_t *all[2];                          /* (CHUNK, K, 16), with all targets; else NULL */
	struct chunk chunks[N_CHUNKS];

	/* the program being simulated */
	struct pv_trace **traces; /* (n_traces) */
	const struct pv_trace *trace;
	struct data_features *extractor;
	struct data_context *context_extractor;
	struct simulate_machine *machines; /* (K) */
	struct simulate_plan plan;
	uint32_t n_chunks;
	uint32_t step;
	struct pv_error prepare_error, write_error;
	enum pv_status prepare_status, write_status;

	struct group *groups; /* (n_groups) */
	int n_groups;
	int *group_of; /* (K) -1: the machine guesses for itself */

	uint64_t n_done, n_total; /* rows x machines, over all programs */
};

/* ---- the three kinds of tasks ---- */

/* Every row goes through the features, which remember; only those of counted rows stay. Returns how many. */
static size_t keep_counted(const struct simulate_plan *plan, uint64_t first, struct pv_feature_row *rows, struct pv_context_row *context,
                           size_t n)
{
	size_t n_kept = 0;
	for (size_t i = 0; i < n;) {
		struct simulate_row_span span = simulate_plan_at(plan, first + i);
		size_t end = span.end - first < n ? (size_t)(span.end - first) : n;
		if (span.use == SIMULATE_ROWS_COUNTED) {
			if (n_kept < i) {
				memmove(rows + n_kept, rows + i, (end - i) * sizeof *rows);
				memmove(context + n_kept, context + i, (end - i) * sizeof *context);
			}
			n_kept += end - i;
		}
		i = end;
	}
	return n_kept;
}

static void prepare(struct job *job, uint32_t c)
{
	struct chunk *chunk = &job->chunks[c % N_CHUNKS];
	struct pv_row *rows = job->rows[c % N_ROWS];
	job->prepare_status = pv_trace_read_chunk(job->trace, c, rows, &chunk->n, &chunk->next_pc, &job->prepare_error);
	if (job->prepare_status != PV_OK)
		return;
	const struct pv_uop *uops = pv_trace_uops(job->trace);
	uint64_t left = job->plan.n_rows - (uint64_t)c * CHUNK;
	if (chunk->n > left) {
		chunk->next_pc = uops[rows[left].uop].pc;
		chunk->n = (size_t)left;
	}
	if (!job->writer)
		return;
	struct pv_feature_row *features = job->features[c % N_CHUNKS];
	struct pv_context_row *context = job->context[c % N_CHUNKS];
	const uint32_t n_uops = pv_trace_info(job->trace)->n_uops;
	job->prepare_status = data_features_run(job->extractor, uops, n_uops, rows, chunk->n, features, &job->prepare_error);
	if (job->prepare_status == PV_OK)
		job->prepare_status =
		    data_context_run(job->context_extractor, uops, n_uops, rows, features, chunk->n, context, &job->prepare_error);
	chunk->n_counted = keep_counted(&job->plan, (uint64_t)c * CHUNK, features, context, chunk->n);
}

static void guess(struct job *job, uint32_t c, struct group *group)
{
	const struct chunk *chunk = &job->chunks[c % N_CHUNKS];
	sim_directions_run(group->directions, job->rows[c % N_ROWS], chunk->n, chunk->next_pc, group->taken[c % 2]);
}

static void run_machine(struct job *job, uint32_t c, int k)
{
	const struct chunk *chunk = &job->chunks[c % N_CHUNKS];
	size_t K = (size_t)job->K;
	struct simulate_chunk rows = {
	    .rows = job->rows[c % N_ROWS],
	    .n = chunk->n,
	    .first = (uint64_t)c * CHUNK,
	    .next_pc = chunk->next_pc,
	    .targets = job->columns[c % 2] + (size_t)k * CHUNK,
	    .all = job->all[0] ? job->all[c % 2] + (size_t)k * PV_N_TARGETS : NULL,
	    .all_stride = K * PV_N_TARGETS,
	};
	if (job->group_of[k] >= 0)
		sim_set_directions(job->machines[k].sim, job->groups[job->group_of[k]].taken[c % 2]);
	simulate_machine_run(&job->machines[k], &job->plan, &rows);
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
	size_t n = job->chunks[c % N_CHUNKS].n_counted;
	if (!job->writer || n == 0)
		return;
	job->write_status = pv_dataset_append_context(job->writer, job->context[c % N_CHUNKS], n, &job->write_error);
	if (job->write_status != PV_OK)
		return;
	if (job->all[0]) {
		job->write_status = pv_dataset_append_all(job->writer, job->features[c % N_CHUNKS], job->all[c % 2], n, &job->write_error);
		return;
	}
	columns_to_rows(job->columns[c % 2], job->targets, n, job->K);
	job->write_status = pv_dataset_append(job->writer, job->features[c % N_CHUNKS], job->targets, n, &job->write_error);
}

/* Task numbers of a step: the two serial tasks first, since they take longest. */
static void run_task(void *context, int i, int thread)
{
	(void)thread;
	struct job *job = context;
	uint32_t c = job->step;
	if (i == 0) {
		if (c + 2 < job->n_chunks)
			prepare(job, c + 2);
	} else if (i == 1) {
		if (c > 0)
			write_out(job, c - 1);
	} else if (i < 2 + job->n_groups) {
		if (c + 1 < job->n_chunks)
			guess(job, c + 1, &job->groups[i - 2]);
	} else if (c < job->n_chunks) {
		run_machine(job, c, i - 2 - job->n_groups);
	}
}

/* ---- one program ---- */

static void keep_counts(struct job *job, int program)
{
	for (int k = 0; k < job->K; k++)
		*simulate_result_at(job->result, program, k) = simulate_machine_counts(&job->machines[k], &job->plan);
}

static enum pv_status pass_on(enum pv_status status, const struct pv_error *from, struct pv_error *to)
{
	if (status != PV_OK && to)
		*to = *from;
	return status;
}

/* A machine that its watchdog stopped has no times to write. */
static enum pv_status check_progress(const struct job *job, int program, struct pv_error *err)
{
	for (int k = 0; k < job->K; k++) {
		const char *stall = sim_stall(job->machines[k].sim);
		FAIL_IF(stall != NULL, err, PV_ERR_RANGE, "machine '%s' makes no progress in '%s': %s",
		        pv_uarch_name(pv_uarch_set_at(job->options->machines, (size_t)k)), job->result->programs[program], stall);
	}
	return PV_OK;
}

static enum pv_status run_steps(struct job *job, int program, struct pv_error *err)
{
	const struct pv_progress *p = job->progress;
	for (uint32_t c = 0; c < 2 && c < job->n_chunks; c++) {
		prepare(job, c);
		TRY(pass_on(job->prepare_status, &job->prepare_error, err));
	}
	for (int g = 0; g < job->n_groups; g++)
		guess(job, 0, &job->groups[g]);
	for (uint32_t c = 0; c <= job->n_chunks; c++) {
		TRY(pass_on(job->prepare_status, &job->prepare_error, err));
		job->step = c;
		base_threads_run(job->pool, run_task, job, 2 + job->n_groups + job->K);
		TRY(pass_on(job->write_status, &job->write_error, err));
		TRY(check_progress(job, program, err));
		if (c < job->n_chunks)
			job->n_done += (uint64_t)job->chunks[c % N_CHUNKS].n * (uint64_t)job->K;
		if (p && p->report)
			p->report(p->user, "simulating", "micro-operations", job->n_done, job->n_total);
		if (p && p->stop && p->stop(p->user))
			return base_error_set(err, PV_ERR_INTERRUPTED, "interrupted while simulating '%s'; nothing was written",
			                      job->result->programs[program]);
	}
	return PV_OK;
}

static enum pv_status build_machines(struct job *job, struct pv_error *err)
{
	const struct pv_trace_info *info = pv_trace_info(job->trace);
	for (int k = 0; k < job->K; k++) {
		const struct pv_uarch *u = pv_uarch_set_at(job->options->machines, (size_t)k);
		struct simulate_machine *m = &job->machines[k];
		*m = (struct simulate_machine){.uops = pv_trace_uops(job->trace), .keeps_stack = job->options->cpi_stacks};
		enum pv_status status = sim_new(u, m->uops, info->n_uops, &m->sim, err);
		if (status != PV_OK) {
			base_error_prefix(err, "machine '%s'", pv_uarch_name(u));
			return status;
		}
		if (m->keeps_stack)
			sim_keep_stack(m->sim);
		if (job->group_of[k] >= 0)
			TRY(sim_share_directions(m->sim, err));
	}
	for (int g = 0; g < job->n_groups; g++)
		TRY(sim_directions_new(pv_uarch_set_at(job->options->machines, (size_t)job->groups[g].first), pv_trace_uops(job->trace),
		                       info->n_uops, &job->groups[g].directions, err));
	return PV_OK;
}

static void free_machines(struct job *job)
{
	for (int k = 0; k < job->K; k++) {
		sim_free(job->machines[k].sim);
		job->machines[k].sim = NULL;
	}
	for (int g = 0; g < job->n_groups; g++) {
		sim_directions_free(job->groups[g].directions);
		job->groups[g].directions = NULL;
	}
}

static uint64_t rows_of(const struct job *job, const struct pv_trace *trace)
{
	uint64_t n = pv_trace_info(trace)->n_rows, max = job->options->max_rows;
	return max && max < n ? max : n;
}

static struct simulate_plan plan_of(const struct job *job, const struct pv_trace *trace)
{
	const struct pv_simulate_options *o = job->options;
	return (struct simulate_plan){
	    .n_rows = rows_of(job, trace),
	    .n_warm_up = o->n_warm_up,
	    .unit = o->sample_unit,
	    .period = o->sample_period,
	    .detailed = o->sample_detailed,
	};
}

static enum pv_status begin_output(struct job *job, const char *name, struct pv_error *err)
{
	const struct pv_simulate_options *o = job->options;
	bool seen = !base_text_in(name, o->unseen_programs, o->n_unseen_programs);
	if (!job->writer)
		return PV_OK;
	TRY(data_features_new(&job->extractor, err));
	TRY(data_context_new(&job->context_extractor, err));
	return pv_dataset_begin_program(job->writer, name, seen, pv_trace_info(job->trace)->origin.command, err);
}

static enum pv_status run_program(struct job *job, int program, struct pv_error *err)
{
	job->trace = job->traces[program];
	job->plan = plan_of(job, job->trace);
	job->n_chunks = (uint32_t)((job->plan.n_rows + CHUNK - 1) / CHUNK);
	enum pv_status status = build_machines(job, err);
	if (status == PV_OK)
		status = begin_output(job, job->result->programs[program], err);
	if (status == PV_OK)
		status = run_steps(job, program, err);
	if (status == PV_OK) {
		keep_counts(job, program);
		status = job->writer ? pv_dataset_end_program(job->writer, err) : PV_OK;
	}
	data_features_free(job->extractor);
	job->extractor = NULL;
	data_context_free(job->context_extractor);
	job->context_extractor = NULL;
	free_machines(job);
	return status;
}

/* ---- before the first program ---- */

static enum pv_status open_traces(struct job *job, struct pv_error *err)
{
	const struct pv_simulate_options *o = job->options;
	struct pv_simulate_result *r = job->result;
	for (size_t i = 0; i < o->n_traces; i++) {
		TRY(pv_trace_open(o->traces[i], &job->traces[i], err));
		const struct pv_trace_info *info = pv_trace_info(job->traces[i]);
		const char *name = info->origin.program;
		FAIL_IF(info->n_rows == 0, err, PV_ERR_ARG, "'%s' holds no instruction", o->traces[i]);
		if (!base_name_ok(name)) {
			base_error_set(err, PV_ERR_ARG, "'%s' is of program '%.100s', a name that datasets do not allow", o->traces[i],
			               name);
			return base_error_hint(err, "names are letters, digits and ._+-; 'perfvec trace --program NAME' gives one");
		}
		for (size_t j = 0; j < i; j++)
			if (!strcmp(r->programs[j], name)) {
				base_error_set(err, PV_ERR_ARG, "'%s' and '%s' are both of program '%s'", o->traces[j], o->traces[i], name);
				return base_error_hint(err, "'perfvec trace --program NAME' gives a trace another name");
			}
		struct simulate_plan plan = plan_of(job, job->traces[i]);
		FAIL_IF(plan.n_rows <= plan.n_warm_up, err, PV_ERR_ARG, "'%s': the warm-up takes all %" PRIu64 " micro-operations",
		        o->traces[i], plan.n_rows);
		FAIL_IF(simulate_plan_units(&plan) == 0, err, PV_ERR_ARG,
		        "'%s': no sampling unit fits into %" PRIu64 " micro-operations with a period of %" PRIu64, o->traces[i],
		        plan.n_rows - plan.n_warm_up, plan.period);
		r->programs[i] = strdup(name);
		FAIL_IF(!r->programs[i], err, PV_ERR_NOMEM, "out of memory");
		r->n_programs++;
		job->n_total += rows_of(job, job->traces[i]) * (uint64_t)job->K;
	}
	return PV_OK;
}

/* Names to hold out that match nothing are typing errors. */
static enum pv_status check_names(const char *what, const char *const *wanted, size_t n_wanted, char **names, int n, struct pv_error *err)
{
	for (size_t i = 0; i < n_wanted; i++)
		FAIL_IF(!base_text_in(wanted[i], (const char *const *)names, (size_t)n), err, PV_ERR_ARG, "there is no %s '%s' to hold out",
		        what, wanted[i]);
	FAIL_IF(n_wanted >= (size_t)n, err, PV_ERR_ARG, "all %d %ss are held out: none is left to learn from", n, what);
	return PV_OK;
}

static enum pv_status create_dataset(struct job *job, struct pv_error *err)
{
	const struct pv_simulate_options *o = job->options;
	struct pv_dataset_machine_spec *machines = calloc((size_t)job->K, sizeof *machines);
	FAIL_IF(!machines, err, PV_ERR_NOMEM, "out of memory");
	enum pv_status status = PV_OK;
	for (int k = 0; k < job->K && status == PV_OK; k++) {
		const struct pv_uarch *u = pv_uarch_set_at(o->machines, (size_t)k);
		machines[k].name = pv_uarch_name(u);
		machines[k].seen = !base_text_in(machines[k].name, o->unseen_machines, o->n_unseen_machines);
		machines[k].clock_mhz = pv_uarch_clock_mhz(u);
		machines[k].text = pv_uarch_text(u);
		if (!machines[k].text)
			status = base_error_set(err, PV_ERR_NOMEM, "out of memory for machine '%s'", machines[k].name);
	}
	if (status == PV_OK) {
		struct pv_dataset_spec spec = {
		    .machines = machines,
		    .n_machines = job->K,
		    .target = PV_TARGET_store_commit,
		    .all_targets = o->all_targets,
		    .context = true,
		    .command = o->command,
		};
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
	for (int i = 0; i < N_ROWS; i++)
		ok &= (job->rows[i] = malloc(CHUNK * sizeof(struct pv_row))) != NULL;
	for (int i = 0; i < N_CHUNKS; i++) {
		ok &= (job->features[i] = malloc(CHUNK * sizeof(struct pv_feature_row))) != NULL;
		ok &= (job->context[i] = malloc(CHUNK * sizeof(struct pv_context_row))) != NULL;
	}
	for (int i = 0; i < 2; i++) {
		ok &= (job->columns[i] = malloc(column_bytes)) != NULL;
		if (job->options->all_targets && job->options->output) /* a line of 64 bytes for each row and machine: threads share none */
			ok &= (job->all[i] = aligned_alloc(64, column_bytes * PV_N_TARGETS)) != NULL;
	}
	return ok;
}

/* The machine before k that guesses as k does; -1: none. */
static int guesses_as(const struct job *job, int k)
{
	for (int j = 0; j < k; j++)
		if (sim_directions_alike(pv_uarch_set_at(job->options->machines, (size_t)j),
		                         pv_uarch_set_at(job->options->machines, (size_t)k)))
			return j;
	return -1;
}

static bool make_groups(struct job *job)
{
	job->group_of = malloc((size_t)job->K * sizeof *job->group_of);
	job->groups = calloc((size_t)job->K, sizeof *job->groups);
	if (!job->group_of || !job->groups)
		return false;
	for (int k = 0; k < job->K; k++) {
		int j = guesses_as(job, k);
		job->group_of[k] = -1;
		if (j < 0)
			continue;
		if (job->group_of[j] < 0) {
			struct group *group = &job->groups[job->n_groups];
			group->first = j;
			for (int i = 0; i < 2; i++)
				if ((group->taken[i] = malloc(CHUNK)) == NULL)
					return false;
			job->group_of[j] = job->n_groups++;
		}
		job->group_of[k] = job->group_of[j];
	}
	return true;
}

static enum pv_status allocate(struct job *job, struct pv_error *err)
{
	const struct pv_simulate_options *o = job->options;
	bool ok = allocate_buffers(job) && make_groups(job);
	ok &= (job->machines = calloc((size_t)job->K, sizeof *job->machines)) != NULL;
	ok &= (job->traces = calloc(o->n_traces, sizeof(struct pv_trace *))) != NULL;
	ok &= (job->pool = base_threads_new(o->n_threads)) != NULL;
	ok &= (job->result = simulate_result_new(o->n_traces, o->machines)) != NULL;
	FAIL_IF(!ok, err, PV_ERR_NOMEM, "out of memory for %d machines", job->K);
	return PV_OK;
}

static void release(struct job *job)
{
	for (int i = 0; i < N_ROWS; i++)
		free(job->rows[i]);
	for (int i = 0; i < N_CHUNKS; i++) {
		free(job->features[i]);
		free(job->context[i]);
	}
	for (int k = 0; job->groups && k < job->K; k++)
		for (int i = 0; i < 2; i++)
			free(job->groups[k].taken[i]);
	free(job->groups);
	free(job->group_of);
	for (int i = 0; i < 2; i++) {
		free(job->columns[i]);
		free(job->all[i]);
	}
	free(job->targets);
	free(job->machines);
	for (size_t i = 0; job->traces && i < job->options->n_traces; i++)
		pv_trace_close(job->traces[i]);
	free(job->traces);
	base_threads_free(job->pool);
	pv_dataset_discard(job->writer);
	pv_simulate_result_free(job->result);
}

static enum pv_status run_job(struct job *job, struct pv_error *err)
{
	const struct pv_simulate_options *o = job->options;
	TRY(allocate(job, err));
	job->result->sampled = o->sample_period > 0;
	job->result->has_stacks = o->cpi_stacks;
	TRY(open_traces(job, err));
	TRY(check_names("program", o->unseen_programs, o->n_unseen_programs, job->result->programs, job->result->n_programs, err));
	TRY(check_names("machine", o->unseen_machines, o->n_unseen_machines, job->result->machines, job->K, err));
	if (o->output)
		TRY(create_dataset(job, err));
	for (int i = 0; i < job->result->n_programs; i++) {
		enum pv_status status = run_program(job, i, err);
		if (status != PV_OK && status != PV_ERR_INTERRUPTED)
			base_error_prefix(err, "program '%s'", job->result->programs[i]);
		TRY(status);
	}
	struct pv_dataset_writer *writer = job->writer;
	job->writer = NULL; /* finishing releases it whatever happens */
	return writer ? pv_dataset_finish(writer, err) : PV_OK;
}

enum pv_status pv_simulate(const struct pv_simulate_options *options, const struct pv_progress *progress,
                           struct pv_simulate_result **result, struct pv_error *err)
{
	FAIL_IF(options->n_traces == 0, err, PV_ERR_ARG, "no traces to simulate");
	FAIL_IF(pv_uarch_set_count(options->machines) == 0, err, PV_ERR_ARG, "no machines to simulate on");
	FAIL_IF(options->sample_period > 0 && (options->sample_unit == 0 || options->sample_unit > options->sample_period), err, PV_ERR_ARG,
	        "a sampling unit of %" PRIu64 " in a period of %" PRIu64, options->sample_unit, options->sample_period);
	struct job job = {.options = options, .progress = progress, .K = (int)pv_uarch_set_count(options->machines)};
	enum pv_status status = run_job(&job, err);
	if (status == PV_OK && result) {
		*result = job.result;
		job.result = NULL;
	}
	release(&job);
	return status;
}
