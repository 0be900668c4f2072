/*
 * import.c - traces of one program by gem5 on K machines, combined row by row
 *
 * Work goes in steps of one chunk of rows. In step c, side by side:
 *
 *     trace k, c:  read and parse, make targets; of the first trace features, too    -> chunks[c % 2]
 *     write c-1:   how far all traces agree; rows to the dataset and to the .pvt      <- chunks[(c-1) % 2]
 *
 * Between steps the static micro-operations met by the first trace go to the .pvt. The dataset is created after the first step: only then
 * are the clocks known. Memory does not grow with the traces, and FIFOs are read as they are written.
 */
#include <perfvec/gem5.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <perfvec/dataset.h>
#include <perfvec/trace.h>
#include <perfvec/version.h>

#include "base/file.h"
#include "base/text.h"
#include "base/threads.h"
#include "data/dataset_format.h"
#include "gem5/source.h"
#include "trace/writer.h"

struct import {
	const struct pv_gem5_import_options *options;
	const struct pv_progress *progress;
	struct pv_gem5_import_result *result;
	size_t K;
	struct gem5_source *sources; /* (K) */
	struct base_threads *pool;
	struct pv_dataset_writer *writer;
	struct pv_trace_writer *trace;
	uint32_t n_uops_added;
	size_t n_values;   /* targets of a machine kept: 1 or PV_N_TARGETS */
	uint32_t *targets; /* (GEM5_CHUNK, K, n_values) */
	uint64_t step;
	bool over;        /* the last row in common was met */
	bool has_context; /* the dataset keeps context rows; not when it adds to one without */
	enum pv_status *status, write_status;
	struct pv_error *errors, write_error; /* (K), one */
};

/* ---- names ---- */

/* "dir/o3.txt.zst" is machine o3; "o3/trace.txt", as gem5 itself names it, too. */
static enum pv_status name_from_path(const char *path, char *name, size_t size, struct pv_error *err)
{
	static const char *const endings[] = {".zst", ".gz", ".xz", ".txt"};
	const char *base = base_path_base(path);
	size_t n = strlen(base);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t m = strlen(endings[i]);
		if (n > m && !strncmp(base + n - m, endings[i], m))
			n -= m;
	}
	if (n == 5 && !strncmp(base, "trace", 5) && base > path + 1) {
		const char *end = base - 1;
		const char *from = end;
		while (from > path && from[-1] != '/')
			from--;
		base = from;
		n = (size_t)(end - from);
	}
	snprintf(name, size, "%.*s", (int)(n < size ? n : size - 1), base);
	if (n < size && base_name_ok(name))
		return PV_OK;
	base_error_set(err, PV_ERR_ARG, "the name of '%s' gives no machine name", path);
	return base_error_hint(err, "--uarch-names gives the machines names of letters, digits and ._+-");
}

static enum pv_status name_machines(struct import *im, struct pv_error *err)
{
	const struct pv_gem5_import_options *o = im->options;
	for (size_t k = 0; k < im->K; k++) {
		struct pv_gem5_import_machine *m = &im->result->machines[k];
		if (o->machine_names)
			snprintf(m->name, sizeof m->name, "%s", o->machine_names[k]);
		else
			TRY(name_from_path(o->traces[k], m->name, sizeof m->name, err));
		for (size_t j = 0; j < k; j++)
			if (!strcmp(m->name, im->result->machines[j].name)) {
				base_error_set(err, PV_ERR_ARG, "'%s' and '%s' would both be machine '%s'", o->traces[j], o->traces[k],
				               m->name);
				base_error_hint(err, "--uarch-names gives the machines other names");
				return PV_ERR_ARG;
			}
	}
	return PV_OK;
}

static enum pv_status check_unseen(const struct import *im, struct pv_error *err)
{
	const struct pv_gem5_import_options *o = im->options;
	for (size_t i = 0; i < o->n_unseen_machines; i++) {
		bool found = false;
		for (size_t k = 0; k < im->K; k++)
			found |= !strcmp(o->unseen_machines[i], im->result->machines[k].name);
		FAIL_IF(!found, err, PV_ERR_ARG, "there is no machine '%s' to hold out", o->unseen_machines[i]);
	}
	FAIL_IF(o->n_unseen_machines >= im->K, err, PV_ERR_ARG, "all %zu machines are held out: none is left to learn from", im->K);
	return PV_OK;
}

/* ---- the dataset to be ---- */

static char *machine_text(const struct import *im, size_t k)
{
	const struct pv_gem5_import_options *o = im->options;
	if (o->machine_texts && o->machine_texts[k])
		return strdup(o->machine_texts[k]);
	char *text = NULL;
	const struct pv_gem5_import_machine *m = &im->result->machines[k];
	if (asprintf(&text, "# timed by gem5; a trace does not tell its parameters\nname: %s\nclock_mhz: %.17g\n", m->name, m->clock_mhz) <
	    0)
		return NULL;
	return text;
}

static void find_clocks(struct import *im)
{
	const double *given = im->options->clock_mhz;
	for (size_t k = 0; k < im->K; k++) {
		uint64_t tick_ps = trace_gem5_tick_ps(im->sources[k].trace);
		im->result->machines[k].clock_mhz = given && given[k] > 0 ? given[k] : 1e6 / (double)(tick_ps ? tick_ps : 1000);
	}
}

static enum pv_status create_dataset(struct import *im, struct pv_error *err)
{
	struct pv_dataset_machine_spec *machines = calloc(im->K, sizeof *machines);
	FAIL_IF(!machines, err, PV_ERR_NOMEM, "out of memory for %zu machines", im->K);
	enum pv_status status = PV_OK;
	for (size_t k = 0; k < im->K && status == PV_OK; k++) {
		const struct pv_gem5_import_machine *m = &im->result->machines[k];
		machines[k] = (struct pv_dataset_machine_spec){
		    m->name, !base_text_in(m->name, im->options->unseen_machines, im->options->n_unseen_machines), m->clock_mhz,
		    machine_text(im, k)};
		if (!machines[k].text)
			status = base_error_set(err, PV_ERR_NOMEM, "out of memory for %zu machines", im->K);
	}
	if (status == PV_OK) {
		struct pv_dataset_spec spec = {.machines = machines,
		                               .n_machines = (int)im->K,
		                               .target = PV_TARGET_store_commit,
		                               .all_targets = im->options->all_targets,
		                               .context = im->has_context,
		                               .command = im->options->command};
		status = pv_dataset_create(im->options->output, &spec, &im->writer, err);
	}
	for (size_t k = 0; k < im->K; k++)
		free((void *)(uintptr_t)machines[k].text);
	free(machines);
	return status;
}

/* ---- adding to a dataset ---- */

static enum pv_status check_same_machines(const struct import *im, const struct pv_dataset *old, struct pv_error *err)
{
	const char *path = im->options->output;
	FAIL_IF((size_t)pv_dataset_n_machines(old) != im->K, err, PV_ERR_ARG, "dataset '%s' is of %d machines, not %zu", path,
	        pv_dataset_n_machines(old), im->K);
	FAIL_IF(pv_dataset_info(old)->target != PV_TARGET_store_commit, err, PV_ERR_ARG, "dataset '%s' has another target", path);
	FAIL_IF((pv_dataset_program(old, 0)->all_targets != NULL) != im->options->all_targets, err, PV_ERR_ARG,
	        "dataset '%s' keeps %s, not %s", path, im->options->all_targets ? "one target" : "all targets",
	        im->options->all_targets ? "all" : "one");
	for (size_t k = 0; k < im->K; k++) {
		const struct pv_dataset_machine *a = pv_dataset_machine(old, (int)k);
		const struct pv_gem5_import_machine *b = &im->result->machines[k];
		FAIL_IF(strcmp(a->name, b->name) != 0, err, PV_ERR_ARG, "machine %zu of dataset '%s' is '%s', not '%s'", k, path, a->name,
		        b->name);
		FAIL_IF(a->clock_mhz != b->clock_mhz, err, PV_ERR_ARG, "machine '%s' runs at %g MHz in dataset '%s', not at %g", a->name,
		        a->clock_mhz, path, b->clock_mhz);
	}
	for (int i = 0; i < pv_dataset_n_programs(old); i++)
		FAIL_IF(!strcmp(pv_dataset_program(old, i)->name, im->options->program), err, PV_ERR_ARG,
		        "dataset '%s' has a program '%s' already", path, im->options->program);
	return PV_OK;
}

/* Rows [begin, begin + n) of a program, values widened to 32 bits. */
static enum pv_status copy_rows(struct import *im, const struct pv_dataset_program *p, uint64_t begin, size_t n, struct pv_error *err)
{
	const void *values = p->all_targets ? p->all_targets : p->targets;
	unsigned bytes = p->all_targets ? p->all_target_bytes : p->target_bytes;
	size_t row_values = im->K * im->n_values;
	for (size_t i = 0; i < n * row_values; i++) {
		uint64_t at = begin * row_values + i;
		im->targets[i] = bytes == 2 ? ((const uint16_t *)values)[at] : ((const uint32_t *)values)[at];
	}
	if (im->has_context)
		TRY(pv_dataset_append_context(im->writer, p->context + begin, n, err));
	return (p->all_targets ? pv_dataset_append_all : pv_dataset_append)(im->writer, p->features + begin, im->targets, n, err);
}

/* Its .pvt, too, when one lies there: another name for the same file, since neither is written to again. */
static void keep_trace(const struct import *im, const char *program)
{
	char name[128];
	snprintf(name, sizeof name, "%s.pvt", program);
	char *from = base_path_join(im->options->output, name), *to = base_path_join(pv_dataset_writer_folder(im->writer), name);
	if (from && to)
		(void)!link(from, to);
	free(from);
	free(to);
}

static enum pv_status copy_program(struct import *im, const struct pv_dataset_program *p, struct pv_error *err)
{
	TRY(pv_dataset_begin_program(im->writer, p->name, p->seen, p->source, err));
	for (uint64_t begin = 0; begin < p->n_rows; begin += GEM5_CHUNK) {
		uint64_t left = p->n_rows - begin;
		TRY(copy_rows(im, p, begin, left < GEM5_CHUNK ? (size_t)left : GEM5_CHUNK, err));
	}
	keep_trace(im, p->name);
	return pv_dataset_end_program(im->writer, err);
}

static enum pv_status add_to_dataset(struct import *im, struct pv_dataset *old, struct pv_error *err)
{
	TRY(check_same_machines(im, old, err));
	im->has_context = pv_dataset_info(old)->has_context;
	TRY(create_dataset(im, err));
	for (int i = 0; i < pv_dataset_n_programs(old); i++)
		TRY(copy_program(im, pv_dataset_program(old, i), err));
	return PV_OK;
}

static enum pv_status begin_output(struct import *im, struct pv_error *err)
{
	const struct pv_gem5_import_options *o = im->options;
	find_clocks(im);
	im->has_context = true;
	struct pv_dataset *old = NULL;
	if (o->add && access(o->output, F_OK) == 0) {
		TRY(pv_dataset_open(o->output, &old, err));
		enum pv_status status = add_to_dataset(im, old, err);
		pv_dataset_close(old);
		TRY(status);
	} else {
		TRY(create_dataset(im, err));
	}
	TRY(pv_dataset_begin_program(im->writer, o->program, !o->unseen_program, o->traces[0], err));
	if (o->trace_output)
		return pv_trace_create(o->trace_output, &im->trace, err);
	char name[128];
	snprintf(name, sizeof name, "%s.pvt", o->program);
	char *path = base_path_join(pv_dataset_writer_folder(im->writer), name);
	FAIL_IF(!path, err, PV_ERR_NOMEM, "out of memory writing '%s'", o->output);
	enum pv_status status = pv_trace_create(path, &im->trace, err);
	free(path);
	return status;
}

/* ---- combining ---- */

/* Why the rows end at row `at` of this chunk because of trace k. */
static void note_end(struct import *im, size_t k, size_t at, const struct gem5_chunk *a, const struct gem5_chunk *b)
{
	struct pv_gem5_import_result *r = im->result;
	const char *first = im->options->traces[0], *other = im->options->traces[k];
	uint64_t row = r->n_rows + at;
	r->disagree = at < a->n && at < b->n;
	if (!r->disagree && at == a->n && at == b->n)
		snprintf(r->end, sizeof r->end, "both '%s' and '%s' end there", first, other);
	else if (!r->disagree)
		snprintf(r->end, sizeof r->end, "'%s' ends there", at == a->n ? first : other);
	else if (a->pcs[at] != b->pcs[at])
		snprintf(r->end, sizeof r->end, "row %" PRIu64 " is at pc 0x%" PRIx64 " in '%s' and at pc 0x%" PRIx64 " in '%s'", row,
		         a->pcs[at], first, b->pcs[at], other);
	else
		snprintf(r->end, sizeof r->end, "the branch of row %" PRIu64 " at pc 0x%" PRIx64 " is taken in '%s' and not in '%s'", row,
		         a->pcs[at], a->taken[at] ? first : other, a->taken[at] ? other : first);
}

static size_t agreement(const struct gem5_chunk *a, const struct gem5_chunk *b)
{
	size_t n = a->n < b->n ? a->n : b->n;
	if (!memcmp(a->pcs, b->pcs, n * sizeof *a->pcs) && !memcmp(a->taken, b->taken, n))
		return n;
	size_t i = 0;
	while (a->pcs[i] == b->pcs[i] && a->taken[i] == b->taken[i])
		i++;
	return i;
}

/* Rows of chunk `which` that all traces have in common. */
static size_t in_common(struct import *im, int which)
{
	const struct gem5_chunk *a = &im->sources[0].chunks[which];
	size_t n = a->n;
	if (n < GEM5_CHUNK)
		snprintf(im->result->end, sizeof im->result->end, "'%s' ends there", im->options->traces[0]);
	for (size_t k = 1; k < im->K; k++) {
		const struct gem5_chunk *b = &im->sources[k].chunks[which];
		size_t m = agreement(a, b);
		if (m < n) {
			n = m;
			note_end(im, k, m, a, b);
		}
	}
	im->over = n < GEM5_CHUNK;
	return n;
}

static void gather_targets(struct import *im, int which, size_t n)
{
	const size_t v = im->n_values;
	for (size_t k = 0; k < im->K; k++) {
		const uint32_t *from = im->sources[k].chunks[which].targets;
		uint64_t sum = 0;
		for (size_t i = 0; i < n; i++) {
			memcpy(im->targets + (i * im->K + k) * v, from + i * v, v * sizeof *from);
			sum += from[i * v + (v > 1 ? PV_TARGET_store_commit : 0)];
		}
		im->result->machines[k].time_tenth_ns += sum;
	}
}

static enum pv_status write_chunk(struct import *im, int which, struct pv_error *err)
{
	const struct gem5_chunk *first = &im->sources[0].chunks[which];
	size_t n = in_common(im, which);
	gather_targets(im, which, n);
	for (size_t i = 0; i < n; i++)
		im->result->n_insns += (first->features[i].flags & PV_FEATURE_LAST) != 0;
	im->result->n_rows += n;
	if (im->has_context)
		TRY(pv_dataset_append_context(im->writer, first->context, n, err));
	TRY((im->n_values > 1 ? pv_dataset_append_all : pv_dataset_append)(im->writer, first->features, im->targets, n, err));
	return pv_trace_append(im->trace, first->rows, n, err);
}

static void run_task(void *context, int i, int thread)
{
	(void)thread;
	struct import *im = context;
	if (i == 0) {
		if (im->step > 0)
			im->write_status = write_chunk(im, (int)(im->step - 1) % 2, &im->write_error);
		return;
	}
	int k = i - 1;
	im->status[k] = gem5_source_read(&im->sources[k], (int)(im->step % 2), &im->errors[k]);
}

static enum pv_status pass_on(enum pv_status status, const struct pv_error *from, struct pv_error *to)
{
	if (status != PV_OK && to)
		*to = *from;
	return status;
}

/* The micro-operations that the rows of the chunk just read name. */
static enum pv_status add_uops(struct import *im, struct pv_error *err)
{
	uint32_t n, first;
	const struct pv_uop *uops = trace_gem5_uops(im->sources[0].trace, &n);
	TRY(pv_trace_add_uops(im->trace, uops + im->n_uops_added, n - im->n_uops_added, &first, err));
	im->n_uops_added = n;
	return PV_OK;
}

static enum pv_status run_steps(struct import *im, struct pv_error *err)
{
	const struct pv_progress *p = im->progress;
	for (im->step = 0; !im->over; im->step++) {
		base_threads_run(im->pool, run_task, im, (int)im->K + 1);
		TRY(pass_on(im->write_status, &im->write_error, err));
		if (im->over) /* what was read after the last row in common does not matter, nor what is wrong there */
			break;
		for (size_t k = 0; k < im->K; k++)
			TRY(pass_on(im->status[k], &im->errors[k], err)); /* PV_ERR_INTERRUPTED, too */
		if (im->step == 0)
			TRY(begin_output(im, err));
		TRY(add_uops(im, err));
		if (p && p->report)
			p->report(p->user, "importing", "micro-operations", im->result->n_rows, 0);
		if (p && p->stop && p->stop(p->user))
			return base_error_set(err, PV_ERR_INTERRUPTED, "interrupted while importing '%s'; nothing was written",
			                      im->options->program);
	}
	return PV_OK;
}

/* ---- the whole ---- */

static enum pv_status finish(struct import *im, struct pv_error *err)
{
	const struct pv_gem5_import_options *o = im->options;
	struct pv_gem5_import_result *r = im->result;
	for (size_t k = 0; r->n_rows == 0 && k < im->K; k++)
		FAIL_IF(im->sources[k].n_rows == 0, err, PV_ERR_SHAPE, "'%s' holds no micro-operation", o->traces[k]);
	FAIL_IF(r->n_rows == 0, err, PV_ERR_SHAPE, "the traces have no row in common: %s", r->end);
	const struct pv_uop *uops = trace_gem5_uops(im->sources[0].trace, &(uint32_t){0});
	for (uint32_t i = 0; i < im->n_uops_added; i++)
		trace_set_late(im->trace, i, uops[i].target, uops[i].n_uops ? uops[i].n_uops : (uint8_t)(uops[i].uop_index + 1));
	struct pv_trace_origin origin = {.isa = PV_ISA_AARCH64,
	                                 .program = o->program,
	                                 .command = o->traces[0],
	                                 .cpu_model = "gem5",
	                                 .tool = "perfvec " PV_VERSION " (gem5 import)",
	                                 .cut = true};
	struct pv_trace_writer *trace = im->trace;
	im->trace = NULL;
	TRY(pv_dataset_end_program(im->writer, err));
	struct pv_dataset_writer *writer = im->writer;
	if (!o->trace_output)
		TRY(pv_trace_finish(trace, &origin, err));
	im->writer = NULL;
	enum pv_status status = pv_dataset_finish(writer, err);
	if (o->trace_output && status == PV_OK)
		return pv_trace_finish(trace, &origin, err);
	if (o->trace_output)
		pv_trace_discard(trace);
	return status;
}

static enum pv_status open_sources(struct import *im, struct pv_error *err)
{
	const struct pv_gem5_import_options *o = im->options;
	struct trace_gem5_op_classes op_classes;
	TRY(trace_gem5_op_classes_load(o->op_classes, &op_classes, err));
	for (size_t k = 0; k < im->K; k++) {
		TRY(gem5_source_open(&im->sources[k], o->traces[k], o->stores ? o->stores[k] : NULL, &op_classes, k == 0, o->all_targets,
		                     err));
		trace_gem5_set_progress(im->sources[k].trace, im->progress);
	}
	return PV_OK;
}

static enum pv_status run(struct import *im, struct pv_error *err)
{
	im->sources = calloc(im->K, sizeof *im->sources);
	im->status = calloc(im->K, sizeof *im->status);
	im->errors = calloc(im->K, sizeof *im->errors);
	im->result->machines = calloc(im->K, sizeof *im->result->machines);
	im->result->n_machines = im->K;
	im->n_values = im->options->all_targets ? PV_N_TARGETS : 1;
	im->targets = malloc(GEM5_CHUNK * im->K * im->n_values * sizeof *im->targets);
	im->pool = base_threads_new(im->options->n_threads);
	FAIL_IF(!im->sources || !im->status || !im->errors || !im->result->machines || !im->targets || !im->pool, err, PV_ERR_NOMEM,
	        "out of memory for %zu machines", im->K);
	TRY(name_machines(im, err));
	TRY(check_unseen(im, err));
	TRY(open_sources(im, err));
	TRY(run_steps(im, err));
	for (size_t k = 0; k < im->K; k++)
		im->result->n_bytes += trace_gem5_n_bytes(im->sources[k].trace);
	return finish(im, err);
}

enum pv_status pv_gem5_import(const struct pv_gem5_import_options *options, const struct pv_progress *progress,
                              struct pv_gem5_import_result *result, struct pv_error *err)
{
	FAIL_IF(options->n_traces == 0, err, PV_ERR_ARG, "no trace to import");
	FAIL_IF(!options->program || !base_name_ok(options->program), err, PV_ERR_ARG,
	        "program name '%s' has other characters than letters, digits and ._+-", options->program ? options->program : "");
	struct pv_gem5_import_result own = {0};
	struct import im = {.options = options, .progress = progress, .result = &own, .K = options->n_traces};
	enum pv_status status = run(&im, err);
	for (size_t k = 0; im.sources && k < im.K; k++)
		gem5_source_close(&im.sources[k]);
	pv_trace_discard(im.trace);
	pv_dataset_discard(im.writer);
	base_threads_free(im.pool);
	free(im.sources);
	free(im.status);
	free(im.errors);
	free(im.targets);
	if (status == PV_OK && result)
		*result = own;
	else
		pv_gem5_import_result_release(&own);
	return status;
}

void pv_gem5_import_result_release(struct pv_gem5_import_result *result)
{
	free(result->machines);
	*result = (struct pv_gem5_import_result){0};
}
