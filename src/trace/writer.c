/*
 * writer.c - writes a trace file: chunks as they fill, then the table, the origin, the index and the footer
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "trace/bytes.h"
#include "trace/checksum.h"
#include "trace/chunk.h"
#include "trace/table.h"
#include "trace/writer.h"

struct pv_trace_writer {
	struct pv_out_file file;
	uint64_t n_bytes; /* written so far */
	struct pv_chunk_encoder *encoder;
	struct pv_uop *uops;
	uint32_t n_uops, uops_capacity;
	struct pv_chunk_place *chunks;
	uint32_t n_chunks, chunks_capacity;
	uint64_t n_rows;
	bool broken; /* a call failed half-way */
};

static enum pv_status put(struct pv_trace_writer *w, const void *data, size_t n_bytes, struct pv_error *err)
{
	PV_TRY(pv_out_file_write(&w->file, data, n_bytes, err));
	w->n_bytes += n_bytes;
	return PV_OK;
}

static enum pv_status put_header(struct pv_trace_writer *w, struct pv_error *err)
{
	uint8_t header[PV_TRACE_HEADER_BYTES] = PV_TRACE_MAGIC;
	pv_put_u32(header + 8, PV_TRACE_VERSION);
	pv_put_u32(header + 12, PV_TRACE_CHUNK_ROWS);
	pv_put_u64(header + 24, pv_xxh64(header, 24));
	return put(w, header, sizeof header, err);
}

enum pv_status pv_trace_create(const char *path, struct pv_trace_writer **writer, struct pv_error *err)
{
	struct pv_trace_writer *w = calloc(1, sizeof *w);
	PV_FAIL_IF(!w, err, PV_ERR_NOMEM, "out of memory creating '%s'", path);
	enum pv_status status = pv_out_file_open(&w->file, path, err);
	if (status != PV_OK) {
		free(w);
		return status;
	}
	w->encoder = pv_chunk_encoder_new();
	status = w->encoder ? put_header(w, err) : pv_error_set(err, PV_ERR_NOMEM, "out of memory creating '%s'", path);
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
	pv_out_file_discard(&w->file);
	pv_chunk_encoder_free(w->encoder);
	free(w->uops);
	free(w->chunks);
	free(w);
}

static enum pv_status reserve_uops(struct pv_trace_writer *w, uint32_t n, struct pv_error *err)
{
	if (n <= w->uops_capacity)
		return PV_OK;
	uint32_t capacity = n > 2 * w->uops_capacity ? n : 2 * w->uops_capacity;
	struct pv_uop *uops = realloc(w->uops, capacity * sizeof *uops);
	PV_FAIL_IF(!uops, err, PV_ERR_NOMEM, "out of memory for %u micro-operations", n);
	w->uops = uops;
	w->uops_capacity = capacity;
	/* The encoder looks at the table: tell it where that is now. */
	PV_FAIL_IF(!pv_chunk_encoder_table(w->encoder, uops, w->n_uops), err, PV_ERR_NOMEM, "out of memory for %u micro-operations", n);
	return PV_OK;
}

enum pv_status pv_trace_add_uops(struct pv_trace_writer *w, const struct pv_uop *uops, size_t n, uint32_t *first_id, struct pv_error *err)
{
	PV_FAIL_IF(w->broken, err, PV_ERR_ARG, "an earlier call on '%s' failed", w->file.path);
	PV_FAIL_IF(n > PV_TRACE_MAX_UOPS - w->n_uops, err, PV_ERR_RANGE, "a trace has at most %d static micro-operations",
	           PV_TRACE_MAX_UOPS);
	for (size_t i = 0; i < n; i++) {
		const char *wrong = pv_uop_wrong(&uops[i]);
		PV_FAIL_IF(wrong, err, PV_ERR_RANGE, "micro-operation %u at pc 0x%llx has %s", (unsigned)(w->n_uops + i),
		           (unsigned long long)uops[i].pc, wrong);
	}
	PV_TRY(reserve_uops(w, w->n_uops + (uint32_t)n, err));
	if (n)
		memcpy(w->uops + w->n_uops, uops, n * sizeof *uops);
	PV_FAIL_IF(!pv_chunk_encoder_table(w->encoder, w->uops, w->n_uops + (uint32_t)n), err, PV_ERR_NOMEM,
	           "out of memory for %u micro-operations", (unsigned)(w->n_uops + n));
	*first_id = w->n_uops;
	w->n_uops += (uint32_t)n;
	return PV_OK;
}

void pv_trace_set_late(struct pv_trace_writer *w, uint32_t id, uint64_t target, uint8_t n_uops)
{
	w->uops[id].target = target;
	w->uops[id].n_uops = n_uops;
}

static enum pv_status flush_chunk(struct pv_trace_writer *w, struct pv_error *err)
{
	if (w->n_chunks == w->chunks_capacity) {
		uint32_t capacity = 2 * w->chunks_capacity + 64;
		struct pv_chunk_place *chunks = realloc(w->chunks, capacity * sizeof *chunks);
		PV_FAIL_IF(!chunks, err, PV_ERR_NOMEM, "out of memory for %u chunks", w->n_chunks);
		w->chunks = chunks;
		w->chunks_capacity = capacity;
	}
	struct pv_chunk_place *place = &w->chunks[w->n_chunks];
	const uint8_t *data;
	place->offset = w->n_bytes;
	w->n_rows += pv_chunk_encoder_rows(w->encoder);
	PV_FAIL_IF(!pv_chunk_finish(w->encoder, &data, place), err, PV_ERR_NOMEM, "out of memory compressing chunk %u", w->n_chunks);
	w->n_chunks++;
	return put(w, data, place->n_bytes, err);
}

static enum pv_status append(struct pv_trace_writer *w, const struct pv_row *rows, size_t n, struct pv_error *err)
{
	for (size_t i = 0; i < n;) {
		i += pv_chunk_encode(w->encoder, rows + i, n - i);
		if (pv_chunk_encoder_rows(w->encoder) == PV_TRACE_CHUNK_ROWS)
			PV_TRY(flush_chunk(w, err));
		else if (i < n)
			return pv_error_set(err, PV_ERR_RANGE, "row %llu names micro-operation %u of %u",
			                    (unsigned long long)(w->n_rows + pv_chunk_encoder_rows(w->encoder)), rows[i].uop, w->n_uops);
	}
	return PV_OK;
}

enum pv_status pv_trace_append(struct pv_trace_writer *w, const struct pv_row *rows, size_t n, struct pv_error *err)
{
	PV_FAIL_IF(w->broken, err, PV_ERR_ARG, "an earlier call on '%s' failed", w->file.path);
	enum pv_status status = append(w, rows, n, err);
	w->broken = status != PV_OK;
	return status;
}

/* A section at the end of the file: writes it and notes its place in the footer. */
static enum pv_status put_section(struct pv_trace_writer *w, const uint8_t *data, size_t n_bytes, uint8_t *place, struct pv_error *err)
{
	pv_put_u64(place, w->n_bytes);
	pv_put_u64(place + 8, n_bytes);
	pv_put_u64(place + 16, pv_xxh64(data, n_bytes));
	return put(w, data, n_bytes, err);
}

static enum pv_status put_table(struct pv_trace_writer *w, uint8_t *place, struct pv_error *err)
{
	uint8_t *data;
	size_t n_bytes;
	PV_TRY(pv_table_pack(w->uops, w->n_uops, &data, &n_bytes, err));
	enum pv_status status = put_section(w, data, n_bytes, place, err);
	free(data);
	return status;
}

static uint8_t *put_string(uint8_t *p, const char *text)
{
	const size_t n = text ? strlen(text) : 0;
	pv_put_u32(p, (uint32_t)n);
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
	pv_put_u32(p, origin->n_mappings);
	p += 4;
	for (uint32_t i = 0; i < origin->n_mappings; i++) {
		const struct pv_trace_mapping *m = &origin->mappings[i];
		pv_put_u64(p, m->begin);
		pv_put_u64(p + 8, m->end);
		pv_put_u64(p + 16, m->offset);
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
	PV_FAIL_IF(!data, err, PV_ERR_NOMEM, "out of memory writing '%s'", w->file.path);
	pv_put_u32(data, (uint32_t)origin->isa);
	pv_put_u32(data + 4, origin->cut);
	pv_put_u64(data + 8, origin->n_skipped_insns);
	pv_put_u64(data + 16, origin->n_other_threads);
	pv_put_u64(data + 24, origin->n_other_processes);
	pv_put_u64(data + 32, origin->n_interrupted_blocks);
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
	size_t n_bytes = (size_t)w->n_chunks * PV_TRACE_INDEX_ENTRY_BYTES;
	uint8_t *data = malloc(n_bytes + 1);
	PV_FAIL_IF(!data, err, PV_ERR_NOMEM, "out of memory writing '%s'", w->file.path);
	for (uint32_t i = 0; i < w->n_chunks; i++) {
		uint8_t *p = data + (size_t)i * PV_TRACE_INDEX_ENTRY_BYTES;
		pv_put_u64(p, w->chunks[i].offset);
		pv_put_u64(p + 8, w->chunks[i].hash);
		pv_put_u32(p + 16, w->chunks[i].n_bytes);
		pv_put_u32(p + 20, w->chunks[i].first_uop);
	}
	enum pv_status status = put_section(w, data, n_bytes, place, err);
	free(data);
	return status;
}

static enum pv_status finish(struct pv_trace_writer *w, const struct pv_trace_origin *origin, struct pv_error *err)
{
	uint8_t footer[PV_TRACE_FOOTER_BYTES];
	PV_FAIL_IF(w->broken, err, PV_ERR_ARG, "an earlier call on '%s' failed", w->file.path);
	if (pv_chunk_encoder_rows(w->encoder) > 0)
		PV_TRY(flush_chunk(w, err));
	PV_TRY(put_table(w, footer, err));
	PV_TRY(put_origin(w, origin, footer + 24, err));
	PV_TRY(put_index(w, footer + 48, err));
	pv_put_u64(footer + 72, w->n_rows);
	pv_put_u64(footer + 80, pv_chunk_encoder_insns(w->encoder));
	pv_put_u32(footer + 88, w->n_uops);
	pv_put_u32(footer + 92, w->n_chunks);
	pv_put_u64(footer + 96, pv_xxh64(footer, 96));
	memcpy(footer + 104, PV_TRACE_END_MAGIC, 8);
	PV_TRY(put(w, footer, sizeof footer, err));
	return pv_out_file_commit(&w->file, err);
}

enum pv_status pv_trace_finish(struct pv_trace_writer *w, const struct pv_trace_origin *origin, struct pv_error *err)
{
	enum pv_status status = finish(w, origin, err);
	pv_trace_discard(w); /* what is committed stays */
	return status;
}
