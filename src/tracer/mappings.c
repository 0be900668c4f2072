/*
 * mappings.c - the files that recorded code came from, as the plugin reported them
 */
#include "tracer/mappings.h"

#include <stdlib.h>
#include <string.h>

#include "base/symbols.h"

static const struct tracer_file_header *file_at(const struct tracer_shared *sh, uint64_t at)
{
	return (const struct tracer_file_header *)((const uint8_t *)sh + TRACER_SHARED_FILES + at);
}

static uint64_t file_bytes(const struct tracer_file_header *f)
{
	return (sizeof *f + f->path_bytes + 7) & ~UINT64_C(7);
}

static bool copy_file(const struct tracer_file_header *f, struct pv_trace_mapping *m)
{
	char id[BASE_BUILD_ID_CHARS];
	const char *path = (const char *)(f + 1);
	base_build_id(path, id);
	*m = (struct pv_trace_mapping){.begin = f->begin, .end = f->end, .offset = f->offset, .path = strdup(path), .build_id = strdup(id)};
	return m->path && m->build_id;
}

enum pv_status tracer_mappings_new(const struct tracer_shared *sh, struct pv_trace_mapping **mappings, uint32_t *n, struct pv_error *err)
{
	const uint64_t used = atomic_load_explicit(&sh->files_used, memory_order_acquire);
	uint32_t count = 0;
	for (uint64_t at = 0; at < used; at += file_bytes(file_at(sh, at)))
		count++;
	struct pv_trace_mapping *m = calloc(count + 1, sizeof *m);
	bool ok = m != NULL;
	uint32_t i = 0;
	for (uint64_t at = 0; ok && at < used; at += file_bytes(file_at(sh, at)))
		ok = copy_file(file_at(sh, at), &m[i++]);
	if (!ok) {
		tracer_mappings_free(m, i);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory for the program's files");
	}
	*mappings = m;
	*n = count;
	return PV_OK;
}

void tracer_mappings_free(struct pv_trace_mapping *m, uint32_t n)
{
	for (uint32_t i = 0; m && i < n; i++) {
		free((void *)(uintptr_t)m[i].path);
		free((void *)(uintptr_t)m[i].build_id);
	}
	free(m);
}
