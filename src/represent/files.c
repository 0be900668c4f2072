/*
 * files.c - program vectors of files of any kind, with one count of progress over all of them
 */
#include <perfvec/represent_files.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

static bool ends_with(const char *text, const char *end)
{
	const size_t n = strlen(text), m = strlen(end);
	return n >= m && !strcmp(text + n - m, end);
}

static bool is_dataset(const char *path)
{
	struct stat s;
	return ends_with(path, ".yaml") || ends_with(path, ".yml") || (stat(path, &s) == 0 && S_ISDIR(s.st_mode));
}

/* One file, opened: a dataset or a trace; neither for saved vectors. */
struct file {
	const char *path;
	struct pv_dataset *dataset; /* owned by the result */
	struct pv_trace *trace;
	uint64_t n_uops; /* to represent */
};

/* ---- progress of one file as progress of all of them ---- */

struct overall {
	const struct pv_progress *to;
	uint64_t before, total;
};

static void report_overall(void *user, const char *what, const char *unit, uint64_t done, uint64_t total)
{
	const struct overall *o = user;
	(void)total;
	o->to->report(o->to->user, what, unit, o->before + done, o->total);
}

static bool stop_overall(void *user)
{
	const struct overall *o = user;
	return o->to->stop(o->to->user);
}

/* ---- files ---- */

static enum pv_status open_file(struct file *f, struct pv_error *err)
{
	if (ends_with(f->path, ".npy"))
		return PV_OK;
	if (is_dataset(f->path))
		TRY(pv_dataset_open(f->path, &f->dataset, err));
	else
		TRY(pv_trace_open(f->path, &f->trace, err));
	f->n_uops = f->dataset ? pv_dataset_info(f->dataset)->n_rows : pv_trace_info(f->trace)->n_rows;
	return PV_OK;
}

static enum pv_status add_saved(const struct pv_model *model, const char *path, struct pv_vectors *vectors, struct pv_error *err)
{
	struct pv_vectors *more;
	TRY(pv_vectors_load(path, &more, err));
	enum pv_status status;
	if (pv_vectors_foundation(more) != pv_model_info(model)->foundation) {
		base_error_set(err, PV_ERR_ARG, "'%.400s' was made with another foundation model", path);
		status = base_error_hint(err, "make it anew with 'perfvec represent' and this model");
	} else {
		status = pv_vectors_append(vectors, more, err);
	}
	pv_vectors_free(more);
	return status;
}

static enum pv_status add_file(const struct pv_model *model, const struct file *f, const struct pv_represent_options *options,
                               const struct pv_progress *progress, struct pv_vectors *vectors, struct pv_error *err)
{
	if (f->dataset)
		return pv_represent_dataset(model, f->dataset, options, progress, vectors, err);
	if (f->trace)
		return pv_represent_trace(model, f->trace, options, progress, vectors, err);
	return add_saved(model, f->path, vectors, err);
}

/* Notes where the vectors from number `from` on came from. */
static enum pv_status note_source(struct pv_represented *r, int from, const struct pv_dataset *dataset, struct pv_error *err)
{
	const int n = pv_vectors_count(r->vectors);
	const struct pv_dataset **more = realloc(r->sources, ((size_t)n + 1) * sizeof *more);
	FAIL_IF(!more, err, PV_ERR_NOMEM, "out of memory");
	r->sources = more;
	for (int i = from; i < n; i++)
		more[i] = dataset;
	return PV_OK;
}

static enum pv_status add_files(const struct pv_model *model, const struct file *files, const struct pv_represent_options *options,
                                const struct pv_progress *progress, struct pv_represented *r, struct pv_error *err)
{
	struct overall all = {.to = progress};
	const struct pv_progress one = {&all, progress && progress->report ? report_overall : NULL, NULL,
	                                progress && progress->stop ? stop_overall : NULL};
	for (int i = 0; i < r->n_files; i++)
		all.total += files[i].n_uops;
	for (int i = 0; i < r->n_files; all.before += files[i++].n_uops) {
		const int from = pv_vectors_count(r->vectors);
		TRY(add_file(model, &files[i], options, &one, r->vectors, err));
		TRY(note_source(r, from, files[i].dataset, err));
	}
	return PV_OK;
}

enum pv_status pv_represent_files(const struct pv_model *model, const char *const *paths, int n, const struct pv_represent_options *options,
                                  const struct pv_progress *progress, struct pv_represented *represented, struct pv_error *err)
{
	struct file *files = calloc((size_t)n + 1, sizeof *files);
	struct pv_represented r = {.datasets = calloc((size_t)n + 1, sizeof(struct pv_dataset *)), .n_files = n};
	enum pv_status status = PV_OK;
	if (!files || !r.datasets)
		status = base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (status == PV_OK)
		status = pv_vectors_new(model, &r.vectors, err);
	for (int i = 0; i < n && status == PV_OK; i++) {
		files[i].path = paths[i];
		status = open_file(&files[i], err);
		r.datasets[i] = files[i].dataset;
	}
	if (status == PV_OK)
		status = add_files(model, files, options, progress, &r, err);
	for (int i = 0; files && i < n; i++)
		pv_trace_close(files[i].trace);
	free(files);
	if (status == PV_OK)
		*represented = r;
	else
		pv_represented_release(&r);
	return status;
}

void pv_represented_release(struct pv_represented *r)
{
	for (int i = 0; r->datasets && i < r->n_files; i++)
		pv_dataset_close(r->datasets[i]);
	free(r->datasets);
	free(r->sources);
	pv_vectors_free(r->vectors);
	*r = (struct pv_represented){0};
}
