/*
 * source.h - one gem5 trace of an import: its rows in chunks, as targets and as what the traces must agree in
 */
#ifndef GEM5_SOURCE_H
#define GEM5_SOURCE_H

#include <perfvec/features.h>
#include <perfvec/uop.h>

#include "base/error.h"
#include "data/context.h"
#include "data/features.h"
#include "data/targets.h"
#include "trace/gem5_op_classes.h"
#include "trace/gem5_text.h"

enum { GEM5_CHUNK = 4096 };

/* One chunk on its way; two of them take turns. */
struct gem5_chunk {
	size_t n;          /* rows; fewer than GEM5_CHUNK at the end */
	uint64_t *pcs;     /* (GEM5_CHUNK) */
	uint8_t *taken;    /* (GEM5_CHUNK) */
	uint32_t *targets; /* (GEM5_CHUNK, n_values) */
	/* of the first trace only */
	struct pv_row *rows;
	struct pv_feature_row *features;
	struct pv_context_row *context;
};

struct gem5_source {
	const char *path;
	struct trace_gem5 *trace;
	struct data_features *features;    /* NULL: targets only */
	struct data_context *context;      /* likewise */
	struct trace_gem5_record *records; /* (GEM5_CHUNK) */
	struct data_target_state state;
	int n_values; /* 1 (the time) or PV_N_TARGETS */
	uint64_t n_rows;
	struct gem5_chunk chunks[2];
};

/* gem5_source_open - open; with_rows: rows and features, too. gem5_source_close releases in any case; zero-filled is allowed */
enum pv_status gem5_source_open(struct gem5_source *source, const char *path, const char *stores,
                                const struct trace_gem5_op_classes *op_classes, bool with_rows, bool all_targets, struct pv_error *err);
void gem5_source_close(struct gem5_source *source);

/* gem5_source_read - the next chunk into chunks[which]; as trace_gem5_read, or PV_ERR_RANGE with the row */
enum pv_status gem5_source_read(struct gem5_source *source, int which, struct pv_error *err);

#endif
