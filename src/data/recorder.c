/*
 * recorder.c - micro-operations and times from any simulator into traces and a dataset
 *
 * Rows wait in a buffer until their instruction is complete: only then can it be looked up in the static table, where each content of an
 * instruction stands once (code that was rewritten has several at one pc). When the buffer is full it goes to the trace, through the
 * features, and to the dataset.
 *
 *	append -> rows[n_rows - n_open .. n_rows), open[]   until PV_UOP_LAST
 *	       -> table (trace/uop_table.h), rows[].uop
 *	flush  -> pv_trace_append, data_features_run, pv_dataset_append
 */
#include <perfvec/recorder.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/features.h>
#include <perfvec/version.h>

#include "base/error.h"
#include "data/context.h"
#include "data/features.h"
#include "data/targets.h"
#include "trace/table.h"
#include "trace/uop_table.h"

enum { BATCH = 4096, ROOM = BATCH + PV_MAX_UOPS_PER_INSN };

struct pv_recorder {
	struct pv_recorder_spec spec; /* without its pointers */
	char *simulator, *command;
	char **machine_names; /* (K) for errors */
	size_t K, n_kept;     /* targets kept of each machine: 1 or 16 */
	struct pv_dataset_writer *dataset;

	/* the program at hand */
	char *program;
	struct pv_trace_writer *trace;
	struct data_features *features;
	struct data_context *context;
	struct data_target_state *states; /* (K) */
	uint64_t n_done;                  /* rows flushed */
	struct trace_uop_table table;

	/* rows on their way */
	struct pv_row *rows;                 /* (ROOM) */
	struct pv_feature_row *feature_rows; /* (ROOM) */
	struct pv_context_row *context_rows; /* (ROOM) */
	uint32_t *targets;                   /* (ROOM, K, n_kept) */
	size_t n_rows;
	struct pv_uop open[PV_MAX_UOPS_PER_INSN]; /* (n_open) of the instruction that is not complete */
	int n_open;
};

/* ---- opening and closing ---- */

static void forget_program(struct pv_recorder *r)
{
	free(r->program);
	r->program = NULL;
	pv_trace_discard(r->trace);
	r->trace = NULL;
	data_features_free(r->features);
	r->features = NULL;
	data_context_free(r->context);
	r->context = NULL;
	trace_uop_table_clear(&r->table);
	r->n_rows = 0;
	r->n_open = 0;
	r->n_done = 0;
}

void pv_recorder_discard(struct pv_recorder *r)
{
	if (!r)
		return;
	forget_program(r);
	pv_dataset_discard(r->dataset);
	for (size_t k = 0; r->machine_names && k < r->K; k++)
		free(r->machine_names[k]);
	free(r->machine_names);
	free(r->simulator);
	free(r->command);
	free(r->states);
	trace_uop_table_release(&r->table);
	free(r->rows);
	free(r->feature_rows);
	free(r->context_rows);
	free(r->targets);
	free(r);
}

static enum pv_status allocate(struct pv_recorder *r, const struct pv_recorder_spec *spec, struct pv_error *err)
{
	r->simulator = strdup(spec->simulator ? spec->simulator : "");
	r->command = strdup(spec->command ? spec->command : "");
	r->rows = malloc(ROOM * sizeof *r->rows);
	r->feature_rows = malloc(ROOM * sizeof *r->feature_rows);
	r->context_rows = malloc(ROOM * sizeof *r->context_rows);
	r->targets = malloc(ROOM * (r->K * r->n_kept + 1) * sizeof *r->targets);
	r->states = calloc(r->K + 1, sizeof *r->states);
	r->machine_names = calloc(r->K + 1, sizeof *r->machine_names);
	bool ok =
	    r->simulator && r->command && r->rows && r->feature_rows && r->context_rows && r->targets && r->states && r->machine_names;
	for (size_t k = 0; ok && k < r->K; k++)
		ok = (r->machine_names[k] = strdup(spec->machines[k].name)) != NULL;
	FAIL_IF(!ok, err, PV_ERR_NOMEM, "out of memory for recording %zu machines", r->K);
	return PV_OK;
}

enum pv_status pv_recorder_open(const struct pv_recorder_spec *spec, struct pv_recorder **recorder, struct pv_error *err)
{
	FAIL_IF(spec->dataset && spec->n_machines < 1, err, PV_ERR_ARG, "a dataset needs at least one machine");
	FAIL_IF(!spec->dataset && spec->n_machines != 0, err, PV_ERR_ARG, "there are machines but no dataset");
	struct pv_recorder *r = calloc(1, sizeof *r);
	FAIL_IF(!r, err, PV_ERR_NOMEM, "out of memory for a recorder");
	r->spec = (struct pv_recorder_spec){.target = spec->target, .all_targets = spec->all_targets, .isa = spec->isa};
	r->K = (size_t)spec->n_machines;
	r->n_kept = spec->all_targets ? PV_N_TARGETS : 1;
	enum pv_status status = PV_OK;
	if (spec->dataset) {
		struct pv_dataset_spec d = {.machines = spec->machines,
		                            .n_machines = spec->n_machines,
		                            .target = spec->target,
		                            .all_targets = spec->all_targets,
		                            .context = true,
		                            .command = spec->command};
		status = pv_dataset_create(spec->dataset, &d, &r->dataset, err);
	}
	if (status == PV_OK)
		status = allocate(r, spec, err);
	if (status == PV_OK)
		*recorder = r;
	else
		pv_recorder_discard(r);
	return status;
}

enum pv_status pv_recorder_close(struct pv_recorder *r, struct pv_error *err)
{
	enum pv_status status = PV_OK;
	struct pv_dataset_writer *dataset = r->dataset;
	if (r->program) {
		status = base_error_set(err, PV_ERR_ARG, "program '%s' has not ended", r->program);
	} else if (dataset) {
		r->dataset = NULL; /* finishing releases it whatever happens */
		status = pv_dataset_finish(dataset, err);
	}
	pv_recorder_discard(r);
	return status;
}

/* ---- the static table ---- */

/* The number of the open instruction's first micro-operation. */
static enum pv_status find_uops(struct pv_recorder *r, uint32_t *first, struct pv_error *err)
{
	uint32_t n = (uint32_t)r->n_open, before = r->table.n_uops, id;
	TRY(trace_uop_table_find(&r->table, r->open, n, first, err));
	if (r->trace && r->table.n_uops > before)
		TRY(pv_trace_add_uops(r->trace, r->open, n, &id, err));
	return PV_OK;
}

static enum pv_status complete_insn(struct pv_recorder *r, struct pv_error *err)
{
	for (int i = 0; i < r->n_open; i++) {
		r->open[i].uop_index = (uint8_t)i;
		r->open[i].n_uops = (uint8_t)r->n_open;
		r->open[i].flags |= r->n_open > 1 ? (uint32_t)PV_UOP_MICROOP : 0;
	}
	uint32_t first;
	TRY(find_uops(r, &first, err));
	for (int i = 0; i < r->n_open; i++)
		r->rows[r->n_rows - (size_t)r->n_open + (size_t)i].uop = first + (uint32_t)i;
	r->n_open = 0;
	return PV_OK;
}

/* ---- programs ---- */

static enum pv_status flush(struct pv_recorder *r, struct pv_error *err)
{
	if (r->trace)
		TRY(pv_trace_append(r->trace, r->rows, r->n_rows, err));
	if (r->dataset) {
		TRY(data_features_run(r->features, r->table.uops, r->table.n_uops, r->rows, r->n_rows, r->feature_rows, err));
		TRY(data_context_run(r->context, r->table.uops, r->table.n_uops, r->rows, r->feature_rows, r->n_rows, r->context_rows,
		                     err));
		TRY(pv_dataset_append_context(r->dataset, r->context_rows, r->n_rows, err));
		TRY((r->spec.all_targets ? pv_dataset_append_all : pv_dataset_append)(r->dataset, r->feature_rows, r->targets, r->n_rows,
		                                                                      err));
	}
	r->n_done += r->n_rows;
	r->n_rows = 0;
	return PV_OK;
}

enum pv_status pv_recorder_begin_program(struct pv_recorder *r, const char *name, bool seen, const char *trace, struct pv_error *err)
{
	FAIL_IF(r->program, err, PV_ERR_ARG, "program '%s' begins before '%s' has ended", name, r->program);
	r->program = strdup(name);
	FAIL_IF(!r->program, err, PV_ERR_NOMEM, "out of memory for program '%s'", name);
	memset(r->states, 0, r->K * sizeof *r->states);
	enum pv_status status;
	if (trace)
		TRY_GOTO(pv_trace_create(trace, &r->trace, err), failed);
	if (r->dataset) {
		TRY_GOTO(data_features_new(&r->features, err), failed);
		TRY_GOTO(data_context_new(&r->context, err), failed);
		TRY_GOTO(pv_dataset_begin_program(r->dataset, name, seen, r->command, err), failed);
	}
	return PV_OK;
failed:
	forget_program(r);
	return status;
}

enum pv_status pv_recorder_end_program(struct pv_recorder *r, struct pv_error *err)
{
	FAIL_IF(!r->program, err, PV_ERR_ARG, "a program ends that did not begin");
	FAIL_IF(r->n_open, err, PV_ERR_ARG, "program '%s' ends inside the instruction at pc 0x%" PRIx64, r->program, r->open[0].pc);
	FAIL_IF(r->n_done + r->n_rows == 0, err, PV_ERR_SHAPE, "program '%s' has no rows", r->program);
	TRY(flush(r, err));
	if (r->trace) {
		char tool[256];
		snprintf(tool, sizeof tool, "perfvec %s (%.200s)", PV_VERSION, r->simulator);
		struct pv_trace_origin origin = {
		    .isa = r->spec.isa, .program = r->program, .command = r->command, .cpu_model = r->simulator, .tool = tool};
		struct pv_trace_writer *trace = r->trace;
		r->trace = NULL; /* finishing releases it whatever happens */
		TRY(pv_trace_finish(trace, &origin, err));
	}
	if (r->dataset)
		TRY(pv_dataset_end_program(r->dataset, err));
	forget_program(r);
	return PV_OK;
}

/* ---- one micro-operation ---- */

static enum pv_status keep(const struct pv_recorder *r, size_t k, int target, int64_t value, uint32_t *out, struct pv_error *err)
{
	FAIL_IF(value < 0 || value > UINT32_MAX, err, PV_ERR_RANGE,
	        "program '%s', row %" PRIu64 ": '%s' on machine '%s' is %" PRId64 " x 0.1 ns after the one before", r->program,
	        r->n_done + r->n_rows, pv_target_name((unsigned)target), r->machine_names[k], value);
	*out = (uint32_t)value;
	return PV_OK;
}

static enum pv_status add_targets(struct pv_recorder *r, bool load, const struct pv_uop_times *times, struct pv_error *err)
{
	uint32_t *out = r->targets + r->n_rows * r->K * r->n_kept;
	for (size_t k = 0; k < r->K; k++) {
		int64_t all[PV_N_TARGETS];
		data_targets_next(&r->states[k], &times[k], load, all);
		for (int i = 0; r->spec.all_targets && i < PV_N_TARGETS; i++)
			TRY(keep(r, k, i, all[i], out++, err));
		if (!r->spec.all_targets)
			TRY(keep(r, k, r->spec.target, all[r->spec.target], out++, err));
	}
	return PV_OK;
}

static enum pv_status check(const struct pv_recorder *r, const struct pv_uop *uop, const struct pv_uop_times *times, struct pv_error *err)
{
	FAIL_IF(!r->program, err, PV_ERR_ARG, "micro-operations are appended outside a program");
	FAIL_IF(r->dataset && !times, err, PV_ERR_ARG, "micro-operations of a dataset need times");
	const char *wrong = trace_uop_wrong(uop);
	FAIL_IF(wrong, err, PV_ERR_RANGE, "program '%s', row %" PRIu64 ", pc 0x%" PRIx64 ": %s", r->program, r->n_done + r->n_rows, uop->pc,
	        wrong);
	FAIL_IF(r->n_open && r->open[0].pc != uop->pc, err, PV_ERR_ARG,
	        "program '%s', row %" PRIu64 ": the pc changes from 0x%" PRIx64 " to 0x%" PRIx64 " inside an instruction", r->program,
	        r->n_done + r->n_rows, r->open[0].pc, uop->pc);
	FAIL_IF(r->n_open == PV_MAX_UOPS_PER_INSN, err, PV_ERR_RANGE,
	        "program '%s', row %" PRIu64 ": more than %d micro-operations at pc 0x%" PRIx64, r->program, r->n_done + r->n_rows,
	        PV_MAX_UOPS_PER_INSN, uop->pc);
	return PV_OK;
}

/* What reads back: reserved fields and operands past the counts are 0. */
static struct pv_uop clean(const struct pv_uop *uop)
{
	struct pv_uop u = *uop;
	u.reserved = 0;
	u.reserved2 = 0;
	memset(u.src + u.n_src, 0, (size_t)(PV_MAX_SRC - u.n_src) * sizeof *u.src);
	memset(u.dst + u.n_dst, 0, (size_t)(PV_MAX_DST - u.n_dst) * sizeof *u.dst);
	return u;
}

enum pv_status pv_recorder_append(struct pv_recorder *r, const struct pv_uop *uop, uint64_t addr, unsigned row_flags,
                                  const struct pv_uop_times *times, struct pv_error *err)
{
	TRY(check(r, uop, times, err));
	if (r->dataset)
		TRY(add_targets(r, uop->op_class == PV_OP_MemRead, times, err));
	r->rows[r->n_rows++] = (struct pv_row){.addr = addr, .flags = (uint8_t)row_flags};
	r->open[r->n_open++] = clean(uop);
	if (!(uop->flags & PV_UOP_LAST))
		return PV_OK;
	TRY(complete_insn(r, err));
	return r->n_rows >= BATCH ? flush(r, err) : PV_OK;
}
