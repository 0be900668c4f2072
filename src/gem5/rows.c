/*
 * rows.c - rows of one finished gem5 run in a compressed file
 *
 * Integers are in the machine's order, which is little-endian wherever perfvec runs. Columns of a block lie one after another, so that zstd
 * finds the repetitions of loops: some 8 bytes a row with features, 3 without.
 */
#include "gem5/rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/file.h"

#define FIRST_LINE "perfvec gem5 rows 2"

enum { LEVEL = 1 };

/* A block's parts in file order, for both directions. */
struct parts {
	struct {
		void *data;
		size_t row_bytes;
	} part[5];
	int n;
	size_t row_bytes; /* of all */
};

static struct parts parts_of(const struct gem5_rows *rows, const struct gem5_rows_info *info)
{
	struct parts p = {0};
	if (info->features) {
		p.part[p.n].data = rows->features;
		p.part[p.n++].row_bytes = sizeof *rows->features;
		p.part[p.n].data = rows->context;
		p.part[p.n++].row_bytes = sizeof *rows->context;
	}
	p.part[p.n].data = rows->pc;
	p.part[p.n++].row_bytes = sizeof *rows->pc;
	p.part[p.n].data = rows->taken;
	p.part[p.n++].row_bytes = sizeof *rows->taken;
	p.part[p.n].data = rows->targets;
	p.part[p.n++].row_bytes = info->n_targets * sizeof *rows->targets;
	for (int i = 0; i < p.n; i++)
		p.row_bytes += p.part[i].row_bytes;
	return p;
}

enum pv_status gem5_rows_new(struct gem5_rows *rows, const struct gem5_rows_info *info, struct pv_error *err)
{
	size_t n = GEM5_ROWS_BLOCK;
	*rows = (struct gem5_rows){.features = info->features ? malloc(n * sizeof *rows->features) : NULL,
	                           .context = info->features ? malloc(n * sizeof *rows->context) : NULL,
	                           .pc = malloc(n * sizeof *rows->pc),
	                           .taken = malloc(n),
	                           .targets = malloc(n * info->n_targets * sizeof *rows->targets)};
	if (((rows->features && rows->context) || !info->features) && rows->pc && rows->taken && rows->targets)
		return PV_OK;
	gem5_rows_release(rows);
	return base_error_set(err, PV_ERR_NOMEM, "out of memory");
}

void gem5_rows_release(struct gem5_rows *rows)
{
	free(rows->features);
	free(rows->context);
	free(rows->pc);
	free(rows->taken);
	free(rows->targets);
	*rows = (struct gem5_rows){0};
}

/* ---- writing ---- */

struct gem5_rows_writer {
	struct base_out_file file;
	struct gem5_rows_info info;
	uint8_t *flat, *packed; /* a block, before and after compression */
	size_t packed_room;
	ZSTD_CCtx *zstd;
	uint64_t n_rows;
};

void gem5_rows_discard(struct gem5_rows_writer *w)
{
	if (!w)
		return;
	base_out_file_discard(&w->file);
	ZSTD_freeCCtx(w->zstd);
	free(w->flat);
	free(w->packed);
	free(w);
}

enum pv_status gem5_rows_create(const char *path, const struct gem5_rows_info *info, struct gem5_rows_writer **writer, struct pv_error *err)
{
	struct gem5_rows_writer *w = calloc(1, sizeof *w);
	FAIL_IF(!w, err, PV_ERR_NOMEM, "out of memory");
	struct gem5_rows none = {0};
	size_t bytes = parts_of(&none, info).row_bytes * GEM5_ROWS_BLOCK;
	w->info = *info;
	w->packed_room = ZSTD_compressBound(bytes);
	w->flat = malloc(bytes);
	w->packed = malloc(w->packed_room);
	w->zstd = ZSTD_createCCtx();
	enum pv_status status = PV_OK;
	if (!w->flat || !w->packed || !w->zstd)
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (status == PV_OK)
		status = base_out_file_open(&w->file, path, err);
	if (status != PV_OK) {
		gem5_rows_discard(w);
		return status;
	}
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_checksumFlag, 1);
	fprintf(w->file.stream, FIRST_LINE "\nmachine: %s\nkey: %016" PRIx64 "\ntargets: %u\nfeatures: %d\ntick_ps: %" PRIu64 "\n\n",
	        info->machine, info->key, info->n_targets, info->features, info->tick_ps);
	*writer = w;
	return PV_OK;
}

enum pv_status gem5_rows_write(struct gem5_rows_writer *w, const struct gem5_rows *rows, struct pv_error *err)
{
	struct parts p = parts_of(rows, &w->info);
	uint8_t *at = w->flat;
	for (int i = 0; i < p.n; i++) {
		memcpy(at, p.part[i].data, rows->n * p.part[i].row_bytes);
		at += rows->n * p.part[i].row_bytes;
	}
	size_t packed = ZSTD_compress2(w->zstd, w->packed, w->packed_room, w->flat, rows->n * p.row_bytes);
	FAIL_IF(ZSTD_isError(packed), err, PV_ERR_NOMEM, "cannot compress '%s': %s", w->file.path, ZSTD_getErrorName(packed));
	uint32_t sizes[2] = {(uint32_t)rows->n, (uint32_t)packed};
	w->n_rows += rows->n;
	TRY(base_out_file_write(&w->file, sizes, sizeof sizes, err));
	return base_out_file_write(&w->file, w->packed, packed, err);
}

enum pv_status gem5_rows_finish(struct gem5_rows_writer *w, struct pv_error *err)
{
	uint32_t sizes[2] = {0, sizeof w->n_rows};
	enum pv_status status = base_out_file_write(&w->file, sizes, sizeof sizes, err);
	if (status == PV_OK)
		status = base_out_file_write(&w->file, &w->n_rows, sizeof w->n_rows, err);
	if (status == PV_OK)
		status = base_out_file_commit(&w->file, err);
	gem5_rows_discard(w);
	return status;
}

/* ---- reading ---- */

struct gem5_rows_reader {
	FILE *file;
	char *path;
	struct gem5_rows_info info;
	uint8_t *flat, *packed;
	size_t flat_room, packed_room;
	uint64_t n_rows;
	bool ended;
};

void gem5_rows_close(struct gem5_rows_reader *r)
{
	if (!r)
		return;
	if (r->file)
		fclose(r->file);
	free(r->path);
	free(r->flat);
	free(r->packed);
	free(r);
}

static enum pv_status read_header(struct gem5_rows_reader *r, struct pv_error *err)
{
	char line[256], *value;
	bool first = true;
	while (fgets(line, sizeof line, r->file) && line[0] != '\n') {
		line[strcspn(line, "\n")] = '\0';
		if (first)
			FAIL_IF(strcmp(line, FIRST_LINE) != 0, err, PV_ERR_VERSION, "'%s' does not begin with '" FIRST_LINE "'", r->path);
		first = false;
		if (!(value = strstr(line, ": ")))
			continue;
		*value = '\0';
		value += 2;
		if (!strcmp(line, "machine"))
			snprintf(r->info.machine, sizeof r->info.machine, "%.63s", value);
		else if (!strcmp(line, "key"))
			r->info.key = strtoull(value, NULL, 16);
		else if (!strcmp(line, "targets"))
			r->info.n_targets = (unsigned)strtoul(value, NULL, 10);
		else if (!strcmp(line, "features"))
			r->info.features = *value == '1';
		else if (!strcmp(line, "tick_ps"))
			r->info.tick_ps = strtoull(value, NULL, 10);
	}
	bool ok = !first && (r->info.n_targets == 1 || r->info.n_targets == PV_N_TARGETS) && *r->info.machine;
	FAIL_IF(!ok, err, PV_ERR_FORMAT, "the header of '%s' is damaged", r->path);
	return PV_OK;
}

static enum pv_status start_reading(struct gem5_rows_reader *r, const char *path, struct pv_error *err)
{
	r->path = strdup(path);
	FAIL_IF(!r->path, err, PV_ERR_NOMEM, "out of memory");
	r->file = fopen(path, "rbe");
	if (!r->file)
		return base_error_errno(err, errno, "cannot open '%s'", path);
	TRY(read_header(r, err));
	struct gem5_rows none = {0};
	r->flat_room = parts_of(&none, &r->info).row_bytes * GEM5_ROWS_BLOCK;
	r->packed_room = ZSTD_compressBound(r->flat_room);
	r->flat = malloc(r->flat_room);
	r->packed = malloc(r->packed_room);
	FAIL_IF(!r->flat || !r->packed, err, PV_ERR_NOMEM, "out of memory");
	return PV_OK;
}

enum pv_status gem5_rows_open(const char *path, struct gem5_rows_reader **reader, struct pv_error *err)
{
	struct gem5_rows_reader *r = calloc(1, sizeof *r);
	FAIL_IF(!r, err, PV_ERR_NOMEM, "out of memory");
	enum pv_status status = start_reading(r, path, err);
	if (status != PV_OK) {
		gem5_rows_close(r);
		return status;
	}
	*reader = r;
	return PV_OK;
}

const struct gem5_rows_info *gem5_rows_info(const struct gem5_rows_reader *r)
{
	return &r->info;
}

static enum pv_status cut(const struct gem5_rows_reader *r, struct pv_error *err)
{
	return base_error_set(err, PV_ERR_FORMAT, "'%s' is damaged after row %" PRIu64, r->path, r->n_rows);
}

enum pv_status gem5_rows_read(struct gem5_rows_reader *r, struct gem5_rows *rows, struct pv_error *err)
{
	uint32_t sizes[2];
	rows->n = 0;
	if (r->ended)
		return PV_OK;
	if (fread(sizes, sizeof sizes, 1, r->file) != 1 || sizes[0] > GEM5_ROWS_BLOCK || sizes[1] > r->packed_room)
		return cut(r, err);
	if (fread(r->packed, 1, sizes[1], r->file) != sizes[1])
		return cut(r, err);
	if (sizes[0] == 0) {
		uint64_t n = 0;
		if (sizes[1] == sizeof n)
			memcpy(&n, r->packed, sizeof n);
		r->ended = true;
		return n == r->n_rows ? PV_OK : cut(r, err);
	}
	struct parts p = parts_of(rows, &r->info);
	if (ZSTD_decompress(r->flat, r->flat_room, r->packed, sizes[1]) != sizes[0] * p.row_bytes)
		return cut(r, err);
	const uint8_t *at = r->flat;
	for (int i = 0; i < p.n; i++) {
		memcpy(p.part[i].data, at, sizes[0] * p.part[i].row_bytes);
		at += sizes[0] * p.part[i].row_bytes;
	}
	rows->n = sizes[0];
	r->n_rows += rows->n;
	return PV_OK;
}
