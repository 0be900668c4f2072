/*
 * compare.c - gem5's trace of a program beside ours
 *
 *	keys (pc, position in the instruction) of both ... equal: compare the rows
 *	                                                    else:  leave out the fewest rows until both agree again
 *
 * Rows left out and rows that differ are counted by kind and function, and a small table of glibc's functions says why start-up differs.
 */
#include <perfvec/gem5.h>

#include <stdlib.h>
#include <string.h>

#include <perfvec/trace.h>
#include <perfvec/uop.h>

#include "base/array.h"
#include "gem5/align.h"
#include "base/elf_symbols.h"
#include "trace/gem5_op_classes.h"

static const uint32_t gem5_flags = (1u << 13) - 1;

static const char *const names[PV_GEM5_N_DIFFERENCES] = {
    "only in gem5",   "only in ours", "executed again after a fault", "op class", "flags", "split", "sources", "destinations",
    "branch outcome", "access size"};

const char *pv_gem5_difference_name(enum pv_gem5_difference kind)
{
	return kind < PV_GEM5_N_DIFFERENCES ? names[kind] : NULL;
}

/* Why two runs of one file part in these functions. A name that ends in '*' stands for all that begin so; the first match counts. */
static const struct {
	const char *function, *reason;
} reasons[] = {
    {"_dl_relocate_static_pie", "auxiliary vector: other entries"},
    {"__libc_start_main*", "auxiliary vector and environment: other lengths"},
    {"_dl_aux_init", "auxiliary vector: other entries"},
    {"_dl_non_dynamic_init", "auxiliary vector and environment: other entries"},
    {"__libc_init_secure", "auxiliary vector: other entries"},
    {"__tunables_init", "environment: other variables"},
    {"tunable*", "environment: other variables"},
    {"getenv", "environment: other variables"},
    {"_dl_discover_osversion", "uname: another kernel"},
    {"init_cpu_features*", "processor: other identification registers"},
    {"__init_cpu_features*", "processor: other identification registers"},
    {"cpu_features*", "processor: other identification registers"},
    {"init_have_lse_atomics", "processor: other capabilities (HWCAP)"},
    {"__getauxval*", "auxiliary vector: other entries"},
    {"memcpy", "IFUNC: another implementation is chosen for the processor"},
    {"__libc_mem*", "IFUNC: the choice itself"},
    {"__mem*", "IFUNC: another implementation, or another alignment of addresses"},
    {"__str*", "IFUNC: another implementation, or another alignment of addresses"},
    {"mem*", "alignment of addresses"},
    {"str*", "IFUNC: the choice itself"},
    {"__libc_setup_tls", "addresses: the heap begins elsewhere"},
    {"_dl_setup_stack_chk_guard", "random bytes of the auxiliary vector"},
    {"sysmalloc", "addresses: the heap begins elsewhere"},
    {"_int_malloc", "addresses: the heap begins elsewhere"},
    {"ptmalloc_init*", "addresses: the heap begins elsewhere"},
    {"tcache*", "random bytes: getrandom"},
    {"__brk*", "system call: another answer"},
    {"__sbrk*", "addresses: the heap begins elsewhere"},
    {"_IO_file*", "system call: another answer (standard output)"},
    {"__fstat*", "system call: another answer"},
    {"__newfstatat*", "system call: another answer"},
    {"__GI___fstatat*", "system call: another answer"},
    {"__clock_gettime", "random bytes: getrandom gives none in gem5, the clock stands in"},
    {"rindex", "path of the program: another length"},
    {"strrchr", "path of the program: another length"},
    {"_dl_get_origin", "path of the program: another length"},
    {"isatty", "system call: another answer"},
    {"__isatty", "system call: another answer"},
    {"__tcgetattr", "system call: another answer"},
    {"__libc_early_init*", "limits and threads: other answers"},
    {"__pthread_initialize_minimal*", "limits: other answers"},
};

static const char *reason_of(const char *function, enum pv_gem5_difference kind)
{
	if (kind == PV_GEM5_AGAIN)
		return "gem5 faults at the first touch of a page, maps it and executes the instruction again";
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
		const char *name = reasons[i].function;
		size_t n = strlen(name);
		if (name[n - 1] == '*' ? !strncmp(function, name, n - 1) : !strcmp(function, name))
			return reasons[i].reason;
	}
	return "";
}

/* ---- the two streams ---- */

struct stream {
	struct pv_row *rows; /* (n) */
	uint64_t *keys;      /* (n) */
	size_t n, room;
	const struct pv_uop *uops;
	struct gem5_align_stream align;
};

static uint64_t key_of(const struct pv_uop *u)
{
	return u->pc << 8 | u->uop_index;
}

static enum pv_status grow(struct stream *s, size_t n, struct pv_error *err)
{
	const struct base_column columns[] = {{&s->rows, sizeof *s->rows}, {&s->keys, sizeof *s->keys}};
	return base_columns_grow(columns, 2, &s->room, s->n + n, "micro-operations", err);
}

static void add_keys(struct stream *s, size_t n)
{
	for (size_t i = s->n; i < s->n + n; i++)
		s->keys[i] = key_of(&s->uops[s->rows[i].uop]);
	s->n += n;
}

static enum pv_status read_gem5(struct stream *s, struct trace_gem5 *trace, const struct pv_progress *p, struct pv_error *err)
{
	enum { CHUNK = 4096 };
	struct trace_gem5_record *records = malloc(CHUNK * sizeof *records);
	FAIL_IF(!records, err, PV_ERR_NOMEM, "out of memory for records of gem5");
	enum pv_status status = PV_OK;
	for (size_t n = CHUNK; status == PV_OK && n > 0;) {
		status = grow(s, CHUNK, err);
		if (status == PV_OK)
			status = trace_gem5_read(trace, s->rows + s->n, records, CHUNK, &n, err);
		uint32_t n_uops;
		s->uops = trace_gem5_uops(trace, &n_uops);
		if (status == PV_OK)
			add_keys(s, n);
		if (p && p->stop && p->stop(p->user))
			status = base_error_set(err, PV_ERR_INTERRUPTED, "interrupted while comparing");
	}
	free(records);
	return status;
}

/* As much of ours as gem5's has, and then some: start-up differs in length. */
static enum pv_status read_ours(struct stream *s, const struct pv_trace *trace, size_t n_theirs, const struct pv_progress *p,
                                struct pv_error *err)
{
	const size_t enough = n_theirs + n_theirs / 4 + 200000;
	s->uops = pv_trace_uops(trace);
	for (uint32_t c = 0; c < pv_trace_info(trace)->n_chunks && s->n < enough; c++) {
		size_t n;
		TRY(grow(s, PV_TRACE_CHUNK_ROWS, err));
		TRY(pv_trace_read_chunk(trace, c, s->rows + s->n, &n, NULL, err));
		add_keys(s, n);
		FAIL_IF(p && p->stop && p->stop(p->user), err, PV_ERR_INTERRUPTED, "interrupted while comparing");
	}
	return PV_OK;
}

static void release(struct stream *s)
{
	gem5_align_release(&s->align);
	free(s->rows);
	free(s->keys);
}

/* ---- counting ---- */

struct compare {
	struct stream theirs, ours;
	struct base_elf_symbols symbols;
	bool has_symbols, out_of_memory;
	struct pv_gem5_compare_result *result;
};

static struct pv_gem5_place *place_of(struct compare *c, const char *function, bool own, enum pv_gem5_difference kind, uint64_t pc)
{
	struct pv_gem5_compare_result *r = c->result;
	for (size_t i = 0; i < r->n_places; i++)
		if (r->places[i].kind == kind && !strcmp(r->places[i].function, function))
			return &r->places[i];
	if (base_array_extend(&r->places, r->n_places, sizeof *r->places, "places", NULL) != PV_OK)
		return NULL;
	r->places[r->n_places] = (struct pv_gem5_place){.function = function, .kind = kind, .own = own, .pc = pc};
	return &r->places[r->n_places++];
}

static const struct base_elf_function *function_at(const struct compare *c, uint64_t pc)
{
	return c->has_symbols ? base_elf_symbols_find(&c->symbols, pc) : NULL;
}

static bool is_own(const struct compare *c, uint64_t pc)
{
	const struct base_elf_function *f = function_at(c, pc);
	return !c->has_symbols || (f && f->own);
}

static void note(struct compare *c, enum pv_gem5_difference kind, uint64_t pc)
{
	const struct base_elf_function *f = function_at(c, pc);
	bool own = is_own(c, pc);
	struct pv_gem5_place *place = place_of(c, f ? f->name : "", own, kind, pc);
	c->out_of_memory |= !place;
	if (place)
		place->n_rows++;
	c->result->n[kind]++;
	c->result->n_own_by[kind] += own;
}

static bool same_registers(const struct pv_reg *a, int n_a, const struct pv_reg *b, int n_b)
{
	if (n_a != n_b)
		return false;
	for (int i = 0; i < n_a; i++)
		if (a[i].reg_class != b[i].reg_class || a[i].index != b[i].index)
			return false;
	return true;
}

/* Whether two aligned rows agree; differences are noted. */
static bool rows_agree(struct compare *c, const struct pv_row *a, const struct pv_row *b)
{
	const struct pv_uop *x = &c->theirs.uops[a->uop], *y = &c->ours.uops[b->uop];
	bool has_a = a->flags & PV_ROW_HAS_ADDR, has_b = b->flags & PV_ROW_HAS_ADDR;
	const bool differs[PV_GEM5_N_DIFFERENCES] = {
	    [PV_GEM5_OP_CLASS] = x->op_class != y->op_class,
	    [PV_GEM5_FLAGS] = ((x->flags ^ y->flags) & gem5_flags) != 0,
	    [PV_GEM5_SPLIT] = ((x->flags ^ y->flags) & PV_UOP_LAST) != 0,
	    [PV_GEM5_SOURCES] = !same_registers(x->src, x->n_src, y->src, y->n_src),
	    [PV_GEM5_DESTINATIONS] = !same_registers(x->dst, x->n_dst, y->dst, y->n_dst),
	    [PV_GEM5_OUTCOME] = ((a->flags ^ b->flags) & PV_ROW_TAKEN) != 0,
	    [PV_GEM5_ACCESS] = has_a != has_b || (has_a && x->access_bytes != y->access_bytes),
	};
	bool agree = true;
	for (int kind = 0; kind < PV_GEM5_N_DIFFERENCES; kind++)
		if (differs[kind]) {
			note(c, (enum pv_gem5_difference)kind, x->pc);
			agree = false;
		}
	return agree;
}

/* A row that gem5 executes again because it faulted. */
static bool is_repeated(const struct stream *s, size_t i)
{
	return (s->rows[i].flags & PV_ROW_FAULT) && i + 1 < s->n && s->keys[i] == s->keys[i + 1];
}

static void skip(struct compare *c, const struct stream *s, enum pv_gem5_difference kind, size_t from, size_t n)
{
	for (size_t k = from; k < from + n; k++)
		note(c, kind, s->keys[k] >> 8);
}

static void align(struct compare *c)
{
	const struct stream *a = &c->theirs, *b = &c->ours;
	struct pv_gem5_compare_result *r = c->result;
	size_t i = 0, j = 0;
	while (i < a->n && j < b->n) {
		size_t skip_a, skip_b;
		if (is_repeated(b, j)) {
			j++; /* a trace that was itself imported */
		} else if (is_repeated(a, i)) {
			skip(c, a, PV_GEM5_AGAIN, i++, 1);
		} else if (a->keys[i] == b->keys[j]) {
			bool agree = rows_agree(c, &a->rows[i], &b->rows[j]);
			r->n_aligned++;
			r->n_agree += agree;
			r->n_own_agree += agree && is_own(c, a->keys[i] >> 8);
			i++;
			j++;
		} else if (gem5_align_resume(&a->align, i, &b->align, j, &skip_a, &skip_b)) {
			skip(c, a, PV_GEM5_ONLY_THEIRS, i, skip_a);
			skip(c, b, PV_GEM5_ONLY_OURS, j, skip_b);
			i += skip_a;
			j += skip_b;
		} else {
			break;
		}
	}
	skip(c, a, PV_GEM5_ONLY_THEIRS, i, a->n - i);
	r->n_theirs = a->n;
	r->n_ours = j;
	for (size_t k = 0; k < a->n; k++)
		r->n_own += is_own(c, a->keys[k] >> 8);
}

static int by_rows(const void *a, const void *b)
{
	const struct pv_gem5_place *x = a, *y = b;
	if (x->own != y->own)
		return x->own ? -1 : 1;
	if (x->n_rows != y->n_rows)
		return x->n_rows > y->n_rows ? -1 : 1;
	return x->pc < y->pc ? -1 : x->pc > y->pc;
}

/* Names outlive the ELF file's map. */
static enum pv_status finish_places(struct pv_gem5_compare_result *r, struct pv_error *err)
{
	size_t n_bytes = 1;
	for (size_t i = 0; i < r->n_places; i++)
		n_bytes += strlen(r->places[i].function) + 1;
	char *p = r->names = malloc(n_bytes);
	FAIL_IF(!p, err, PV_ERR_NOMEM, "out of memory for names");
	for (size_t i = 0; i < r->n_places; i++) {
		struct pv_gem5_place *place = &r->places[i];
		char *end = stpcpy(p, place->function);
		place->function = p;
		place->reason = reason_of(p, place->kind);
		p = end + 1;
	}
	if (r->n_places)
		qsort(r->places, r->n_places, sizeof *r->places, by_rows);
	return PV_OK;
}

/* ---- the whole ---- */

static enum pv_status run(struct compare *c, const struct pv_gem5_compare_options *o, struct trace_gem5 *gem5, const struct pv_trace *trace,
                          const struct pv_progress *progress, struct pv_error *err)
{
	if (o->elf) {
		TRY(base_elf_symbols_open(&c->symbols, o->elf, o->own, o->n_own, err));
		c->has_symbols = true;
	}
	TRY(read_gem5(&c->theirs, gem5, progress, err));
	TRY(read_ours(&c->ours, trace, c->theirs.n, progress, err));
	bool ok =
	    gem5_align_init(&c->theirs.align, c->theirs.keys, c->theirs.n) && gem5_align_init(&c->ours.align, c->ours.keys, c->ours.n);
	FAIL_IF(!ok, err, PV_ERR_NOMEM, "out of memory for %zu rows", c->ours.n);
	align(c);
	FAIL_IF(c->out_of_memory, err, PV_ERR_NOMEM, "out of memory for the differences");
	return finish_places(c->result, err);
}

static enum pv_status open_and_run(struct compare *c, const struct pv_gem5_compare_options *o, const struct pv_progress *progress,
                                   struct pv_error *err)
{
	struct trace_gem5_op_classes op_classes;
	struct trace_gem5 *gem5 = NULL;
	struct pv_trace *trace = NULL;
	TRY(trace_gem5_op_classes_load(o->op_classes, &op_classes, err));
	TRY(pv_trace_open(o->trace, &trace, err));
	enum pv_status status = trace_gem5_open(o->gem5, o->stores, &gem5, err);
	if (status == PV_OK) {
		trace_gem5_set_op_classes(gem5, op_classes.ours, op_classes.n);
		status = run(c, o, gem5, trace, progress, err);
	}
	trace_gem5_close(gem5);
	pv_trace_close(trace);
	return status;
}

enum pv_status pv_gem5_compare(const struct pv_gem5_compare_options *options, const struct pv_progress *progress,
                               struct pv_gem5_compare_result *result, struct pv_error *err)
{
	*result = (struct pv_gem5_compare_result){0};
	struct compare c = {.result = result};
	enum pv_status status = open_and_run(&c, options, progress, err);
	release(&c.theirs);
	release(&c.ours);
	base_elf_symbols_close(&c.symbols);
	if (status != PV_OK)
		pv_gem5_compare_result_release(result);
	return status;
}

void pv_gem5_compare_result_release(struct pv_gem5_compare_result *result)
{
	free(result->places);
	free(result->names);
	*result = (struct pv_gem5_compare_result){0};
}
