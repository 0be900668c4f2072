/*
 * reader.c - opens a trace file and reads its chunks in any order, from any thread
 *
 * Every byte belongs to exactly one part (header, chunk, table, origin, index, footer), the parts lie without gaps, and each has a hash;
 * so any change is found, at the latest when the part is read. Decoders are kept in a list and lent to the threads that read.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "trace/bytes.h"
#include "trace/checksum.h"
#include "trace/chunk.h"
#include "trace/table.h"

struct lent_decoder {
	struct trace_chunk_decoder *decoder;
	struct lent_decoder *next;
};

/* What threads change; apart from it an open trace is constant. */
struct decoder_list {
	pthread_mutex_t mutex;
	struct lent_decoder *idle;
};

struct pv_trace {
	char *path;
	int fd;
	struct pv_trace_info info;
	struct pv_uop *uops;
	struct trace_chunk_place *chunks;
	char *strings; /* of info.origin */
	struct pv_trace_mapping *mappings;
	struct decoder_list *decoders;
};

/* A section as the footer gives it. */
struct section {
	const char *name;
	uint64_t offset, n_bytes, hash;
};

static enum pv_status damaged(const struct pv_trace *t, struct pv_error *err, const char *what, uint64_t offset)
{
	base_error_set(err, PV_ERR_FORMAT, "trace '%s' is damaged: %s (at byte %llu)", t->path, what, (unsigned long long)offset);
	base_error_hint(err, "the file was changed or cut after it was written: copy or record it again");
	return PV_ERR_FORMAT;
}

static enum pv_status read_at(const struct pv_trace *t, uint64_t offset, void *data, size_t n_bytes, struct pv_error *err)
{
	for (size_t done = 0; done < n_bytes;) {
		ssize_t n = pread(t->fd, (char *)data + done, n_bytes - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return base_error_errno(err, errno, "cannot read '%s'", t->path);
		if (n == 0)
			return damaged(t, err, "it is shorter than when it was opened", offset + done);
		done += (size_t)n;
	}
	return PV_OK;
}

static enum pv_status open_file(struct pv_trace *t, struct pv_error *err)
{
	struct stat st;
	t->fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe is refused below, not waited for */
	if (t->fd < 0 || fstat(t->fd, &st) != 0)
		return base_error_errno(err, errno, "cannot open '%s'", t->path);
	FAIL_IF(!S_ISREG(st.st_mode), err, PV_ERR_IO, "cannot open '%s': not a regular file", t->path);
	t->info.file_bytes = (uint64_t)st.st_size;
	return PV_OK;
}

static enum pv_status read_header(struct pv_trace *t, struct pv_error *err)
{
	uint8_t header[TRACE_HEADER_BYTES] = {0};
	uint64_t size = t->info.file_bytes;
	TRY(read_at(t, 0, header, size < sizeof header ? (size_t)size : sizeof header, err));
	if (memcmp(header, TRACE_MAGIC, 8) != 0) {
		base_error_set(err, PV_ERR_FORMAT, "'%s' is not a perfvec trace", t->path);
		return base_error_hint(err, size == 0 ? "the file is empty" : "traces are written by 'perfvec trace' and end in .pvt");
	}
	if (size < TRACE_HEADER_BYTES + TRACE_FOOTER_BYTES)
		return damaged(t, err, "the file is cut short", size);
	if (trace_get_u64(header + 24) != trace_xxh64(header, 24))
		return damaged(t, err, "the header's checksum differs", 0);
	t->info.version = trace_get_u32(header + 8);
	if (t->info.version < 1 || t->info.version > TRACE_VERSION) {
		base_error_set(err, PV_ERR_VERSION, "trace '%s' has format version %u", t->path, t->info.version);
		return base_error_hint(err, "this build reads versions 1 to %d", TRACE_VERSION);
	}
	if (trace_get_u32(header + 12) != PV_TRACE_CHUNK_ROWS || trace_get_u64(header + 16) != 0)
		return damaged(t, err, "the header holds values that its version does not have", 12);
	return PV_OK;
}

/* Check the footer and fill in the sections: table, origin, index. */
static enum pv_status read_footer(struct pv_trace *t, struct section *sections, struct pv_error *err)
{
	uint8_t footer[TRACE_FOOTER_BYTES];
	uint64_t at = t->info.file_bytes - sizeof footer;
	TRY(read_at(t, at, footer, sizeof footer, err));
	if (memcmp(footer + 104, TRACE_END_MAGIC, 8) != 0)
		return damaged(t, err, "its end is missing", t->info.file_bytes);
	if (trace_get_u64(footer + 96) != trace_xxh64(footer, 96))
		return damaged(t, err, "the footer's checksum differs", at);
	for (int i = 0; i < 3; i++) {
		sections[i].offset = trace_get_u64(footer + 24 * i);
		sections[i].n_bytes = trace_get_u64(footer + 24 * i + 8);
		sections[i].hash = trace_get_u64(footer + 24 * i + 16);
	}
	t->info.n_rows = trace_get_u64(footer + 72);
	t->info.n_insns = trace_get_u64(footer + 80);
	t->info.n_uops = trace_get_u32(footer + 88);
	t->info.n_chunks = trace_get_u32(footer + 92);
	uint64_t next = sections[0].offset;
	bool ok = next >= TRACE_HEADER_BYTES && next <= at;
	for (int i = 0; i < 3 && ok; i++) {
		ok = sections[i].offset == next && sections[i].n_bytes <= at - next;
		next += sections[i].n_bytes;
	}
	if (!ok || next != at)
		return damaged(t, err, "the footer's sections do not fill the file", at);
	uint64_t n_chunks = t->info.n_rows / PV_TRACE_CHUNK_ROWS + (t->info.n_rows % PV_TRACE_CHUNK_ROWS != 0);
	if (t->info.n_chunks != n_chunks || sections[2].n_bytes != n_chunks * TRACE_INDEX_ENTRY_BYTES || t->info.n_uops > TRACE_MAX_UOPS ||
	    t->info.n_insns > t->info.n_rows)
		return damaged(t, err, "the footer's counts do not agree", at);
	return PV_OK;
}

/* Read a section into malloc'd memory and check its hash. */
static enum pv_status read_section(const struct pv_trace *t, const struct section *s, uint8_t **data, struct pv_error *err)
{
	*data = malloc((size_t)s->n_bytes + 1);
	FAIL_IF(!*data, err, PV_ERR_NOMEM, "out of memory reading '%s'", t->path);
	enum pv_status status = read_at(t, s->offset, *data, (size_t)s->n_bytes, err);
	if (status == PV_OK && trace_xxh64(*data, (size_t)s->n_bytes) != s->hash) {
		char what[64];
		snprintf(what, sizeof what, "the checksum of its %s differs", s->name);
		status = damaged(t, err, what, s->offset);
	}
	if (status != PV_OK) {
		free(*data);
		*data = NULL;
	}
	return status;
}

static enum pv_status parse_table(struct pv_trace *t, const struct section *s, const uint8_t *data, struct pv_error *err)
{
	enum pv_status status = trace_table_unpack(data, (size_t)s->n_bytes, t->info.n_uops, &t->uops, err);
	if (status != PV_OK)
		base_error_prefix(err, "trace '%s' is damaged", t->path);
	return status;
}

/* A string of the section: its length and where it is; returns what follows, NULL when it does not fit. */
static uint8_t *parse_string(uint8_t *p, const uint8_t *end, const char **text, uint32_t *n)
{
	if (!p || end - p < 4)
		return NULL;
	*n = trace_get_u32(p);
	*text = (const char *)p + 4;
	return *n > (size_t)(end - p) - 4 || memchr(p + 4, 0, *n) ? NULL : p + 4 + *n;
}

/* Ends a string in place; all lengths and numbers were read. */
static void end_string(const char *text, uint32_t n)
{
	*((char *)(uintptr_t)text + n) = '\0';
}

/* Mappings, and then the strings of the origin and theirs get their ends: there is one byte more than the section has. */
static enum pv_status parse_mappings(struct pv_trace *t, uint8_t *p, const uint8_t *end, bool *ok, struct pv_error *err)
{
	enum { LEAST_BYTES = 32 };
	struct pv_trace_origin *o = &t->info.origin;
	*ok = end - p >= 4 && trace_get_u32(p) <= (size_t)(end - p) / LEAST_BYTES;
	if (!*ok)
		return PV_OK;
	const uint32_t n = trace_get_u32(p);
	uint32_t(*lengths)[2] = calloc(n + 1, sizeof *lengths);
	t->mappings = calloc(n + 1, sizeof *t->mappings);
	if (!lengths || !t->mappings) {
		free(lengths);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory reading '%s'", t->path);
	}
	p += 4;
	for (uint32_t i = 0; i < n && *ok; i++) {
		struct pv_trace_mapping *m = &t->mappings[i];
		*ok = end - p >= LEAST_BYTES;
		if (!*ok)
			break;
		*m = (struct pv_trace_mapping){.begin = trace_get_u64(p), .end = trace_get_u64(p + 8), .offset = trace_get_u64(p + 16)};
		p = parse_string(p + 24, end, &m->path, &lengths[i][0]);
		p = parse_string(p, end, &m->build_id, &lengths[i][1]);
		*ok = p && m->begin < m->end;
	}
	*ok = *ok && p == end;
	for (uint32_t i = 0; i < n && *ok; i++) {
		end_string(t->mappings[i].path, lengths[i][0]);
		end_string(t->mappings[i].build_id, lengths[i][1]);
	}
	free(lengths);
	o->mappings = t->mappings;
	o->n_mappings = n;
	return PV_OK;
}

/* The origin's four strings, and from version 2 on the mappings. */
static enum pv_status parse_strings(struct pv_trace *t, uint8_t *p, const uint8_t *end, bool *ok, struct pv_error *err)
{
	const char **targets[] = {&t->info.origin.program, &t->info.origin.command, &t->info.origin.cpu_model, &t->info.origin.tool};
	uint32_t lengths[4];
	for (int i = 0; i < 4; i++)
		p = parse_string(p, end, targets[i], &lengths[i]);
	*ok = p != NULL;
	if (*ok && t->info.version >= 2)
		TRY(parse_mappings(t, p, end, ok, err));
	else
		*ok = *ok && p == end;
	for (int i = 0; i < 4 && *ok; i++)
		end_string(*targets[i], lengths[i]);
	return PV_OK;
}

static enum pv_status parse_origin(struct pv_trace *t, const struct section *s, uint8_t *data, struct pv_error *err)
{
	struct pv_trace_origin *o = &t->info.origin;
	bool ok;
	if (s->n_bytes < 40)
		return damaged(t, err, "the origin is too short", s->offset);
	uint32_t isa = trace_get_u32(data), flags = trace_get_u32(data + 4);
	o->n_skipped_insns = trace_get_u64(data + 8);
	o->n_other_threads = trace_get_u64(data + 16);
	o->n_other_processes = trace_get_u64(data + 24);
	o->n_interrupted_blocks = trace_get_u64(data + 32);
	if (isa > PV_ISA_X86_64 || flags > 1)
		return damaged(t, err, "the origin has an unknown instruction set or flag", s->offset);
	o->isa = (enum pv_isa)isa;
	o->cut = flags & 1;
	TRY(parse_strings(t, data + 40, data + s->n_bytes, &ok, err));
	return ok ? PV_OK : damaged(t, err, "the origin's strings do not fill it", s->offset);
}

static enum pv_status parse_index(struct pv_trace *t, const struct section *s, uint64_t chunks_end, const uint8_t *data,
                                  struct pv_error *err)
{
	t->chunks = malloc((size_t)t->info.n_chunks * sizeof *t->chunks + 1);
	FAIL_IF(!t->chunks, err, PV_ERR_NOMEM, "out of memory reading '%s'", t->path);
	uint64_t next = TRACE_HEADER_BYTES;
	bool ok = true;
	for (uint32_t i = 0; i < t->info.n_chunks && ok; i++) {
		const uint8_t *p = data + (size_t)i * TRACE_INDEX_ENTRY_BYTES;
		struct trace_chunk_place *c = &t->chunks[i];
		c->offset = trace_get_u64(p);
		c->hash = trace_get_u64(p + 8);
		c->n_bytes = trace_get_u32(p + 16);
		c->first_uop = trace_get_u32(p + 20);
		ok = c->offset == next && c->n_bytes >= TRACE_CHUNK_HEADER_BYTES && c->n_bytes <= trace_chunk_max_bytes() &&
		     c->first_uop < t->info.n_uops;
		next += c->n_bytes;
	}
	return ok && next == chunks_end ? PV_OK : damaged(t, err, "the index does not agree with the file", s->offset);
}

static enum pv_status read_sections(struct pv_trace *t, struct pv_error *err)
{
	struct section s[3] = {{.name = "table of micro-operations"}, {.name = "origin"}, {.name = "index"}};
	TRY(read_footer(t, s, err));
	uint8_t *data;
	TRY(read_section(t, &s[0], &data, err));
	enum pv_status status = parse_table(t, &s[0], data, err);
	free(data);
	TRY(status);
	TRY(read_section(t, &s[1], &data, err));
	t->strings = (char *)data;
	TRY(parse_origin(t, &s[1], data, err));
	TRY(read_section(t, &s[2], &data, err));
	status = parse_index(t, &s[2], s[0].offset, data, err);
	free(data);
	return status;
}

static enum pv_status open_trace(struct pv_trace *t, struct pv_error *err)
{
	FAIL_IF(!t->path || !t->decoders, err, PV_ERR_NOMEM, "out of memory opening a trace");
	pthread_mutex_init(&t->decoders->mutex, NULL);
	TRY(open_file(t, err));
	TRY(read_header(t, err));
	return read_sections(t, err);
}

enum pv_status pv_trace_open(const char *path, struct pv_trace **trace, struct pv_error *err)
{
	struct pv_trace *t = calloc(1, sizeof *t);
	FAIL_IF(!t, err, PV_ERR_NOMEM, "out of memory opening '%s'", path);
	t->fd = -1;
	t->path = strdup(path);
	t->decoders = calloc(1, sizeof *t->decoders);
	enum pv_status status = open_trace(t, err);
	if (status == PV_OK)
		*trace = t;
	else
		pv_trace_close(t);
	return status;
}

void pv_trace_close(struct pv_trace *t)
{
	if (!t)
		return;
	while (t->decoders && t->decoders->idle) {
		struct lent_decoder *l = t->decoders->idle;
		t->decoders->idle = l->next;
		trace_chunk_decoder_free(l->decoder);
		free(l);
	}
	if (t->fd >= 0)
		close(t->fd);
	free(t->decoders);
	free(t->path);
	free(t->uops);
	free(t->chunks);
	free(t->strings);
	free(t->mappings);
	free(t);
}

const struct pv_trace_info *pv_trace_info(const struct pv_trace *trace)
{
	return &trace->info;
}

const struct pv_uop *pv_trace_uops(const struct pv_trace *trace)
{
	return trace->uops;
}

/* A decoder for this thread: an idle one, or a new one; NULL when memory is out. */
static struct lent_decoder *borrow(const struct pv_trace *t)
{
	pthread_mutex_lock(&t->decoders->mutex);
	struct lent_decoder *l = t->decoders->idle;
	if (l)
		t->decoders->idle = l->next;
	pthread_mutex_unlock(&t->decoders->mutex);
	if (l)
		return l;
	l = calloc(1, sizeof *l);
	if (l)
		l->decoder = trace_chunk_decoder_new(t->uops, t->info.n_uops);
	if (l && l->decoder)
		return l;
	free(l);
	return NULL;
}

static void give_back(const struct pv_trace *t, struct lent_decoder *l)
{
	pthread_mutex_lock(&t->decoders->mutex);
	l->next = t->decoders->idle;
	t->decoders->idle = l;
	pthread_mutex_unlock(&t->decoders->mutex);
}

enum pv_status pv_trace_read_chunk(const struct pv_trace *t, uint32_t chunk, struct pv_row *rows, size_t *n_rows, uint64_t *next_pc,
                                   struct pv_error *err)
{
	FAIL_IF(chunk >= t->info.n_chunks, err, PV_ERR_ARG, "trace '%s' has %u chunks, there is no number %u", t->path, t->info.n_chunks,
	        chunk);
	const struct trace_chunk_place *place = &t->chunks[chunk];
	uint64_t first_row = (uint64_t)chunk * PV_TRACE_CHUNK_ROWS;
	size_t n = t->info.n_rows - first_row < PV_TRACE_CHUNK_ROWS ? (size_t)(t->info.n_rows - first_row) : PV_TRACE_CHUNK_ROWS;
	struct lent_decoder *l = borrow(t);
	FAIL_IF(!l, err, PV_ERR_NOMEM, "out of memory reading '%s'", t->path);
	enum pv_status status = read_at(t, place->offset, trace_chunk_decoder_buffer(l->decoder), place->n_bytes, err);
	const char *wrong = status == PV_OK ? trace_chunk_decode(l->decoder, place, rows, n) : NULL;
	give_back(t, l);
	TRY(status);
	if (wrong) {
		char what[128];
		snprintf(what, sizeof what, "chunk %u: %s", chunk, wrong);
		return damaged(t, err, what, place->offset);
	}
	*n_rows = n;
	if (next_pc)
		*next_pc = chunk + 1 < t->info.n_chunks ? t->uops[t->chunks[chunk + 1].first_uop].pc : 0;
	return PV_OK;
}
