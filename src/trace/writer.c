/*
 * writer.c - writes a trace file: chunks as they fill, then the table, the origin, the index and the footer
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "trace/bytes.h"
#include "trace/checksum.h"
#include "trace/chunk.h"
#include "trace/table.h"
#include "trace/writer.h"

struct pv_trace_writer {
	struct base_out_file file;
	uint64_t n_bytes; /* written so far */
	struct trace_chunk_encoder *encoder;
	struct pv_uop *uops;
	uint32_t n_uops;
	size_t uops_capacity;
	struct trace_chunk_place *chunks;
	uint32_t n_chunks;
	size_t chunks_capacity;
	uint64_t n_rows;
	bool broken; /* a call failed half-way */
};

static enum pv_status put(struct pv_trace_writer *w, const void *data, size_t n_bytes, struct pv_error *err)
{
	TRY(base_out_file_write(&w->file, data, n_bytes, err));
	w->n_bytes += n_bytes;
	return PV_OK;
}

static enum pv_status put_header(struct pv_trace_writer *w, struct pv_error *err)
{
	uint8_t header[TRACE_HEADER_BYTES] = TRACE_MAGIC;
	trace_put_u32(header + 8, TRACE_VERSION);
	trace_put_u32(header + 12, PV_TRACE_CHUNK_ROWS);
	trace_put_u64(header + 24, trace_xxh64(header, 24));
	return put(w, header, sizeof header, err);
}

enum pv_status pv_trace_create(const char *path, struct pv_trace_writer **writer, struct pv_error *err)
{
	struct pv_trace_writer *w = calloc(1, sizeof *w);
	FAIL_IF(!w, err, PV_ERR_NOMEM, "out of memory creating '%s'", path);
	enum pv_status status = base_out_file_open(&w->file, path, err);
	if (status != PV_OK) {
		free(w);
		return status;
	}
	w->encoder = trace_chunk_encoder_new();
	status = w->encoder ? put_header(w, err) : base_error_set(err, PV_ERR_NOMEM, "out of memory creating '%s'", path);
	if (status != PV_OK) {
		pv_trace_discard(w);
		return status;
	}
	*writer = w;
	return PV_OK;
}

void pv_trace_discard(struct pv_trace_writer *w)
{
	if (!w)
		return;
	base_out_file_discard(&w->file);
	trace_chunk_encoder_free(w->encoder);
	free(w->uops);
	free(w->chunks);
	free(w);
}

static enum pv_status reserve_uops(struct pv_trace_writer *w, uint32_t n, struct pv_error *err)
{
	TRY(base_array_grow(&w->uops, &w->uops_capacity, n, sizeof *w->uops, "micro-operations", err));
	/* The encoder looks at the table: tell it where that is now. */
	FAIL_IF(!trace_chunk_encoder_table(w->encoder, w->uops, w->n_uops), err, PV_ERR_NOMEM, "out of memory for %u micro-operations", n);
	return PV_OK;
}

enum pv_status pv_trace_add_uops(struct pv_trace_writer *w, const struct pv_uop *uops, size_t n, uint32_t *first_id, struct pv_error *err)
{
	FAIL_IF(w->broken, err, PV_ERR_ARG, "an earlier call on '%s' failed", w->file.path);
	FAIL_IF(n > TRACE_MAX_UOPS - w->n_uops, err, PV_ERR_RANGE, "a trace has at most %d static micro-operations", TRACE_MAX_UOPS);
	for (size_t i = 0; i < n; i++) {
		const char *wrong = trace_uop_wrong(&uops[i]);
		FAIL_IF(wrong, err, PV_ERR_RANGE, "micro-operation %u at pc 0x%llx has %s", (unsigned)(w->n_uops + i),
		        (unsigned long long)uops[i].pc, wrong);
	}
	TRY(reserve_uops(w, w->n_uops + (uint32_t)n, err));
	if (n)
		memcpy(w->uops + w->n_uops, uops, n * sizeof *uops);
	FAIL_IF(!trace_chunk_encoder_table(w->encoder, w->uops, w->n_uops + (uint32_t)n), err, PV_ERR_NOMEM,
	        "out of memory for %u micro-operations", (unsigned)(w->n_uops + n));
	*first_id = w->n_uops;
	w->n_uops += (uint32_t)n;
	return PV_OK;
}

void trace_set_late(struct pv_trace_writer *w, uint32_t id, uint64_t target, uint8_t n_uops)
{
	w->uops[id].target = target;
	w->uops[id].n_uops = n_uops;
}

static enum pv_status flush_chunk(struct pv_trace_writer *w, struct pv_error *err)
{
	TRY(base_array_grow(&w->chunks, &w->chunks_capacity, w->n_chunks + 1, sizeof *w->chunks, "chunks", err));
	struct trace_chunk_place *place = &w->chunks[w->n_chunks];
	const uint8_t *data;
	place->offset = w->n_bytes;
	w->n_rows += trace_chunk_encoder_rows(w->encoder);
	FAIL_IF(!trace_chunk_finish(w->encoder, &data, place), err, PV_ERR_NOMEM, "out of memory compressing chunk %u", w->n_chunks);
	w->n_chunks++;
	return put(w, data, place->n_bytes, err);
}

static enum pv_status append(struct pv_trace_writer *w, const struct pv_row *rows, size_t n, struct pv_error *err)
{
	for (size_t i = 0; i < n;) {
		i += trace_chunk_encode(w->encoder, rows + i, n - i);
		if (trace_chunk_encoder_rows(w->encoder) == PV_TRACE_CHUNK_ROWS)
			TRY(flush_chunk(w, err));
		else if (i < n)
			return base_error_set(err, PV_ERR_RANGE, "row %llu names micro-operation %u of %u",
			                      (unsigned long long)(w->n_rows + trace_chunk_encoder_rows(w->encoder)), rows[i].uop,
			                      w->n_uops);
	}
	return PV_OK;
}

enum pv_status pv_trace_append(struct pv_trace_writer *w, const struct pv_row *rows, size_t n, struct pv_error *err)
{
	FAIL_IF(w->broken, err, PV_ERR_ARG, "an earlier call on '%s' failed", w->file.path);
	enum pv_status status = append(w, rows, n, err);
	w->broken = status != PV_OK;
	return status;
}

/* A section at the end of the file: writes it and notes its place in the footer. */
static enum pv_status put_section(struct pv_trace_writer *w, const uint8_t *data, size_t n_bytes, uint8_t *place, struct pv_error *err)
{
	trace_put_u64(place, w->n_bytes);
	trace_put_u64(place + 8, n_bytes);
	trace_put_u64(place + 16, trace_xxh64(data, n_bytes));
	return put(w, data, n_bytes, err);
}

static enum pv_status put_table(struct pv_trace_writer *w, uint8_t *place, struct pv_error *err)
{
	uint8_t *data;
	size_t n_bytes;
	TRY(trace_table_pack(w->uops, w->n_uops, &data, &n_bytes, err));
	enum pv_status status = put_section(w, data, n_bytes, place, err);
	free(data);
	return status;
}

static uint8_t *put_string(uint8_t *p, const char *text)
{
	const size_t n = text ? strlen(text) : 0;
	trace_put_u32(p, (uint32_t)n);
	if (n)
		memcpy(p + 4, text, n);
	return p + 4 + n;
}

static size_t string_bytes(const char *text)
{
	return 4 + (text ? strlen(text) : 0);
}

static uint8_t *put_mappings(uint8_t *p, const struct pv_trace_origin *origin)
{
	trace_put_u32(p, origin->n_mappings);
	p += 4;
	for (uint32_t i = 0; i < origin->n_mappings; i++) {
		const struct pv_trace_mapping *m = &origin->mappings[i];
		trace_put_u64(p, m->begin);
		trace_put_u64(p + 8, m->end);
		trace_put_u64(p + 16, m->offset);
		p = put_string(put_string(p + 24, m->path), m->build_id);
	}
	return p;
}

static enum pv_status put_origin(struct pv_trace_writer *w, const struct pv_trace_origin *origin, uint8_t *place, struct pv_error *err)
{
	const char *strings[] = {origin->program, origin->command, origin->cpu_model, origin->tool};
	size_t n_bytes = 40 + 4;
	for (int i = 0; i < 4; i++)
		n_bytes += string_bytes(strings[i]);
	for (uint32_t i = 0; i < origin->n_mappings; i++)
		n_bytes += 24 + string_bytes(origin->mappings[i].path) + string_bytes(origin->mappings[i].build_id);
	uint8_t *data = malloc(n_bytes);
	FAIL_IF(!data, err, PV_ERR_NOMEM, "out of memory writing '%s'", w->file.path);
	trace_put_u32(data, (uint32_t)origin->isa);
	trace_put_u32(data + 4, origin->cut);
	trace_put_u64(data + 8, origin->n_skipped_insns);
	trace_put_u64(data + 16, origin->n_other_threads);
	trace_put_u64(data + 24, origin->n_other_processes);
	trace_put_u64(data + 32, origin->n_interrupted_blocks);
	uint8_t *p = data + 40;
	for (int i = 0; i < 4; i++)
		p = put_string(p, strings[i]);
	put_mappings(p, origin);
	enum pv_status status = put_section(w, data, n_bytes, place, err);
	free(data);
	return status;
}

static enum pv_status put_index(struct pv_trace_writer *w, uint8_t *place, struct pv_error *err)
{
	size_t n_bytes = (size_t)w->n_chunks * TRACE_INDEX_ENTRY_BYTES;
	uint8_t *data = malloc(n_bytes + 1);
	FAIL_IF(!data, err, PV_ERR_NOMEM, "out of memory writing '%s'", w->file.path);
	for (uint32_t i = 0; i < w->n_chunks; i++) {
		uint8_t *p = data + (size_t)i * TRACE_INDEX_ENTRY_BYTES;
		trace_put_u64(p, w->chunks[i].offset);
		trace_put_u64(p + 8, w->chunks[i].hash);
		trace_put_u32(p + 16, w->chunks[i].n_bytes);
		trace_put_u32(p + 20, w->chunks[i].first_uop);
	}
	enum pv_status status = put_section(w, data, n_bytes, place, err);
	free(data);
	return status;
}

static enum pv_status finish(struct pv_trace_writer *w, const struct pv_trace_origin *origin, struct pv_error *err)
{
	uint8_t footer[TRACE_FOOTER_BYTES];
	FAIL_IF(w->broken, err, PV_ERR_ARG, "an earlier call on '%s' failed", w->file.path);
	if (trace_chunk_encoder_rows(w->encoder) > 0)
		TRY(flush_chunk(w, err));
	TRY(put_table(w, footer, err));
	TRY(put_origin(w, origin, footer + 24, err));
	TRY(put_index(w, footer + 48, err));
	trace_put_u64(footer + 72, w->n_rows);
	trace_put_u64(footer + 80, trace_chunk_encoder_insns(w->encoder));
	trace_put_u32(footer + 88, w->n_uops);
	trace_put_u32(footer + 92, w->n_chunks);
	trace_put_u64(footer + 96, trace_xxh64(footer, 96));
	memcpy(footer + 104, TRACE_END_MAGIC, 8);
	TRY(put(w, footer, sizeof footer, err));
	return base_out_file_commit(&w->file, err);
}

enum pv_status pv_trace_finish(struct pv_trace_writer *w, const struct pv_trace_origin *origin, struct pv_error *err)
{
	enum pv_status status = finish(w, origin, err);
	pv_trace_discard(w); /* what is committed stays */
	return status;
}
