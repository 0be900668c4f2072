/*
 * consume.c - one run's trace into its rows file, while gem5 writes it
 */
#include "gem5/consume.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "data/context.h"
#include "data/features.h"
#include "data/targets.h"
#include "trace/gem5_op_classes.h"
#include "trace/gem5_text.h"

struct consumer {
	struct gem5_pump *pump;
	struct trace_gem5 *trace;
	struct data_features *features;
	struct data_context *context;
	struct data_target_state state;
	struct gem5_rows out;
	struct pv_row *rows;               /* (GEM5_ROWS_BLOCK) */
	struct trace_gem5_record *records; /* (GEM5_ROWS_BLOCK) */
	struct gem5_rows_writer *writer;
	const struct gem5_rows_info *info;
	uint64_t n;
};

static enum pv_status add_targets(struct consumer *c, size_t i, bool load, struct pv_error *err)
{
	int64_t all[PV_N_TARGETS];
	data_targets_next(&c->state, &c->records[i].times, load, all);
	const int64_t *from = c->info->n_targets == 1 ? all + PV_TARGET_store_commit : all;
	uint32_t *to = c->out.targets + i * c->info->n_targets;
	for (unsigned k = 0; k < c->info->n_targets; k++) {
		FAIL_IF(from[k] < 0 || from[k] > UINT32_MAX, err, PV_ERR_RANGE, "row %" PRIu64 ": target '%s' would be %" PRId64, c->n + i,
		        pv_target_name((unsigned)(from - all) + k), from[k]);
		to[k] = (uint32_t)from[k];
	}
	return PV_OK;
}

static enum pv_status add_block(struct consumer *c, size_t n, struct pv_error *err)
{
	uint32_t n_uops;
	const struct pv_uop *uops = trace_gem5_uops(c->trace, &n_uops);
	if (c->info->features) {
		TRY(data_features_run(c->features, uops, n_uops, c->rows, n, c->out.features, err));
		TRY(data_context_run(c->context, uops, n_uops, c->rows, c->out.features, n, c->out.context, err));
	}
	for (size_t i = 0; i < n; i++) {
		c->out.pc[i] = c->records[i].pc;
		c->out.taken[i] = c->records[i].taken;
		TRY(add_targets(c, i, uops[c->rows[i].uop].op_class == PV_OP_MemRead, err));
	}
	c->out.n = n;
	c->n += n;
	return gem5_rows_write(c->writer, &c->out, err);
}

/* Not before gem5 has begun to write: only then has it said how it numbers operation classes. */
static enum pv_status open_trace(struct consumer *c, const struct gem5_consume_paths *paths, struct pv_error *err)
{
	enum pv_status status = trace_gem5_open(gem5_pump_main(c->pump), gem5_pump_stores(c->pump), &c->trace, err);
	gem5_pump_opened(c->pump);
	TRY(status);
	gem5_pump_wait(c->pump);
	const char *name = paths->op_classes ? paths->op_classes : access(paths->said_classes, F_OK) == 0 ? paths->said_classes : NULL;
	struct trace_gem5_op_classes classes;
	TRY(trace_gem5_op_classes_load(name, &classes, err));
	trace_gem5_set_op_classes(c->trace, classes.ours, classes.n);
	return PV_OK;
}

/* The first block has been read: it is long enough to tell the clock. */
static enum pv_status create_rows(struct consumer *c, const char *path, struct pv_error *err)
{
	struct gem5_rows_info info = *c->info;
	info.tick_ps = trace_gem5_tick_ps(c->trace);
	return gem5_rows_create(path, &info, &c->writer, err);
}

static enum pv_status consume(struct consumer *c, const struct gem5_consume_paths *paths, atomic_uint_least64_t *n_rows,
                              struct pv_error *err)
{
	TRY(open_trace(c, paths, err));
	c->rows = malloc(GEM5_ROWS_BLOCK * sizeof *c->rows);
	c->records = malloc(GEM5_ROWS_BLOCK * sizeof *c->records);
	FAIL_IF(!c->rows || !c->records, err, PV_ERR_NOMEM, "out of memory");
	TRY(gem5_rows_new(&c->out, c->info, err));
	TRY(data_features_new(&c->features, err));
	TRY(data_context_new(&c->context, err));
	for (size_t n = GEM5_ROWS_BLOCK; n > 0;) {
		TRY(trace_gem5_read(c->trace, c->rows, c->records, GEM5_ROWS_BLOCK, &n, err));
		if (!c->writer)
			TRY(create_rows(c, paths->rows, err));
		if (n > 0)
			TRY(add_block(c, n, err));
		atomic_store(n_rows, c->n);
	}
	struct gem5_rows_writer *writer = c->writer;
	c->writer = NULL;
	return gem5_rows_finish(writer, err);
}

enum pv_status gem5_consume(struct gem5_pump *pump, const struct gem5_consume_paths *paths, const struct gem5_rows_info *info,
                            atomic_uint_least64_t *n_rows, struct pv_error *err)
{
	struct consumer c = {.pump = pump, .info = info};
	enum pv_status status = consume(&c, paths, n_rows, err);
	trace_gem5_close(c.trace);
	gem5_rows_discard(c.writer);
	gem5_rows_release(&c.out);
	data_features_free(c.features);
	data_context_free(c.context);
	free(c.rows);
	free(c.records);
	return status;
}
