/*
 * source.c - one gem5 trace of an import, in chunks
 */
#include "gem5/source.h"

#include <inttypes.h>
#include <stdlib.h>

static bool allocate(struct gem5_source *s, bool with_rows)
{
	bool ok = (s->records = malloc(GEM5_CHUNK * sizeof *s->records)) != NULL;
	for (int i = 0; i < 2; i++) {
		struct gem5_chunk *c = &s->chunks[i];
		ok &= (c->pcs = malloc(GEM5_CHUNK * sizeof *c->pcs)) != NULL;
		ok &= (c->taken = malloc(GEM5_CHUNK * sizeof *c->taken)) != NULL;
		ok &= (c->targets = malloc((size_t)GEM5_CHUNK * (size_t)s->n_values * sizeof *c->targets)) != NULL;
		ok &= !with_rows || (c->rows = malloc(GEM5_CHUNK * sizeof *c->rows)) != NULL;
		ok &= !with_rows || (c->features = malloc(GEM5_CHUNK * sizeof *c->features)) != NULL;
		ok &= !with_rows || (c->context = malloc(GEM5_CHUNK * sizeof *c->context)) != NULL;
	}
	return ok;
}

enum pv_status gem5_source_open(struct gem5_source *s, const char *path, const char *stores, const struct trace_gem5_op_classes *op_classes,
                                bool with_rows, bool all_targets, struct pv_error *err)
{
	*s = (struct gem5_source){.path = path, .n_values = all_targets ? PV_N_TARGETS : 1};
	FAIL_IF(!allocate(s, with_rows), err, PV_ERR_NOMEM, "out of memory reading '%s'", path);
	if (with_rows) {
		TRY(data_features_new(&s->features, err));
		TRY(data_context_new(&s->context, err));
	}
	TRY(trace_gem5_open(path, stores, &s->trace, err));
	trace_gem5_set_op_classes(s->trace, op_classes->ours, op_classes->n);
	return PV_OK;
}

void gem5_source_close(struct gem5_source *s)
{
	trace_gem5_close(s->trace);
	data_features_free(s->features);
	data_context_free(s->context);
	free(s->records);
	for (int i = 0; i < 2; i++) {
		struct gem5_chunk *c = &s->chunks[i];
		free(c->pcs);
		free(c->taken);
		free(c->targets);
		free(c->rows);
		free(c->features);
		free(c->context);
	}
	*s = (struct gem5_source){0};
}

static enum pv_status keep_target(const struct gem5_source *s, uint64_t row, int target, int64_t value, uint32_t *out, struct pv_error *err)
{
	*out = (uint32_t)value;
	if (value >= 0 && value <= UINT32_MAX)
		return PV_OK;
	const char *name = pv_target_name((unsigned)target);
	FAIL_IF(value >= 0, err, PV_ERR_RANGE, "%s:%" PRIu64 ": target '%s' is %" PRId64 " tenths of a ns, more than 32 bits hold", s->path,
	        row + 1, name, value);
	base_error_set(err, PV_ERR_RANGE, "%s:%" PRIu64 ": target '%s' is %" PRId64 " tenths of a ns: time goes back", s->path, row + 1,
	               name, value);
	if (s->n_values > 1 && target != PV_TARGET_store_commit)
		base_error_hint(err, "with '--targets time' only the target that is trained on is kept");
	return PV_ERR_RANGE;
}

static enum pv_status make_targets(struct gem5_source *s, const struct trace_gem5_record *g, uint64_t row, uint32_t *out,
                                   struct pv_error *err)
{
	int64_t targets[PV_N_TARGETS];
	data_targets_next(&s->state, &g->times, g->op_class == PV_OP_MemRead, targets);
	if (s->n_values == 1)
		return keep_target(s, row, PV_TARGET_store_commit, targets[PV_TARGET_store_commit], out, err);
	for (int i = 0; i < PV_N_TARGETS; i++)
		TRY(keep_target(s, row, i, targets[i], &out[i], err));
	return PV_OK;
}

enum pv_status gem5_source_read(struct gem5_source *s, int which, struct pv_error *err)
{
	struct gem5_chunk *c = &s->chunks[which];
	TRY(trace_gem5_read(s->trace, c->rows, s->records, GEM5_CHUNK, &c->n, err));
	for (size_t i = 0; i < c->n; i++) {
		c->pcs[i] = s->records[i].pc;
		c->taken[i] = s->records[i].taken;
		TRY(make_targets(s, &s->records[i], s->n_rows + i, c->targets + i * (size_t)s->n_values, err));
	}
	s->n_rows += c->n;
	if (!s->features)
		return PV_OK;
	uint32_t n_uops;
	const struct pv_uop *uops = trace_gem5_uops(s->trace, &n_uops);
	TRY(data_features_run(s->features, uops, n_uops, c->rows, c->n, c->features, err));
	return data_context_run(s->context, uops, n_uops, c->rows, c->features, c->n, c->context, err);
}
