/*
 * code.c - functions and source lines of a trace's static micro-operations
 *
 * An address lies in a mapping of the trace, which leads to a byte of an ELF file, which elfutils knows about. Where it does not (the
 * program was stripped, the file is gone or another one), functions are told apart by where calls go: the latest called address before.
 */
#include "profile/code.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "base/symbols.h"

enum { NO_OBJECT = 0 }; /* code outside all files */

/* One mapping with what is known of its file. */
struct region {
	const struct pv_trace_mapping *mapping;
	struct base_symbols *symbols; /* NULL: unknown */
	uint32_t object;
	bool owner; /* of symbols: mappings of one file share them */
};

/* What a micro-operation's code belongs to; sorted to give numbers. */
struct place {
	uint32_t uop, object;
	uint64_t begin;            /* of the function */
	const char *name, *source; /* owned by the symbols, or by struct lookup */
	int line;
};

struct lookup {
	const struct pv_trace *trace;
	struct profile_code *code;
	struct region *regions;
	uint32_t n_regions;
	uint64_t *entries; /* (n_entries) addresses that direct calls go to, ascending */
	size_t n_entries;
	struct place *places; /* (n_uops) */
	char **names;         /* (n_names) of code without symbols */
	uint32_t n_names;
};

/* ---- objects and their symbols ---- */

static bool add_text(char ***list, uint32_t *n, const char *text)
{
	if (base_array_extend(list, *n, sizeof **list, "texts", NULL) != PV_OK)
		return false;
	return ((*list)[(*n)++] = strdup(text)) != NULL;
}

static bool add_note(struct profile_code *c, const char *path, const char *why)
{
	char text[512];
	snprintf(text, sizeof text, "'%.400s' %s", path, why);
	return add_text(&c->notes, &c->n_notes, text);
}

/* The symbols of a region's file; without them a note says why. */
static bool open_symbols(struct profile_code *c, struct region *r, const char *debug_path)
{
	char id[BASE_BUILD_ID_CHARS];
	struct pv_error err = {0};
	const struct pv_trace_mapping *m = r->mapping;
	if (base_symbols_open(m->path, debug_path, &r->symbols, &err) != PV_OK)
		return add_note(c, m->path, err.status == PV_ERR_MISSING ? "cannot be read" : "is not an ELF file");
	base_build_id(m->path, id);
	r->owner = true;
	if (!strcmp(id, m->build_id))
		return true;
	base_symbols_close(r->symbols);
	r->symbols = NULL;
	r->owner = false;
	return add_note(c, m->path, "is another file than the one that was recorded");
}

static bool open_region(struct lookup *l, uint32_t i, const char *debug_path)
{
	const struct pv_trace_mapping *all = pv_trace_info(l->trace)->origin.mappings;
	struct region *r = &l->regions[i];
	r->mapping = &all[i];
	for (uint32_t j = 0; j < i; j++)
		if (!strcmp(all[j].path, all[i].path)) {
			r->object = l->regions[j].object;
			r->symbols = l->regions[j].symbols;
			return true;
		}
	r->object = l->code->n_objects;
	return add_text(&l->code->objects, &l->code->n_objects, base_path_base(all[i].path)) && open_symbols(l->code, r, debug_path);
}

/* The region of an address: of several the latest one. */
static const struct region *region_of(const struct lookup *l, uint64_t pc)
{
	for (uint32_t i = l->n_regions; i-- > 0;)
		if (pc >= l->regions[i].mapping->begin && pc < l->regions[i].mapping->end)
			return &l->regions[i];
	return NULL;
}

/* ---- names ---- */

static int by_address(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void find_entries(struct lookup *l)
{
	const struct pv_uop *uops = pv_trace_uops(l->trace);
	for (uint32_t i = 0; i < l->code->n_uops; i++)
		if ((uops[i].flags & PV_UOP_CALL) && uops[i].target)
			l->entries[l->n_entries++] = uops[i].target;
	if (l->n_entries)
		qsort(l->entries, l->n_entries, sizeof *l->entries, by_address);
}

/* The latest address before pc, or at it, that is called; 0 when there is none. */
static uint64_t entry_before(const struct lookup *l, uint64_t pc)
{
	size_t low = 0, high = l->n_entries;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (l->entries[middle] <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? l->entries[low - 1] : 0;
}

/* A name for code that has none; false when memory is out. */
static bool name_by_entry(struct lookup *l, const struct region *r, const struct base_symbol_place *at, uint64_t pc, struct place *p)
{
	char text[256];
	const char *object = l->code->objects[p->object];
	const uint64_t entry = entry_before(l, pc);
	if (at->section && !strncmp(at->section, ".plt", 4)) {
		snprintf(text, sizeof text, "[%.200s %.20s]", object, at->section);
	} else if (entry && (r ? entry >= r->mapping->begin : !region_of(l, entry))) {
		p->begin = entry;
		const uint64_t shown = at->address ? at->address - (pc - entry) : entry;
		snprintf(text, sizeof text, "%.200s%s0x%" PRIx64, r ? object : "", r ? "+" : "", shown);
	} else {
		snprintf(text, sizeof text, "[%.200s]", object);
	}
	if (!l->n_names || strcmp(l->names[l->n_names - 1], text) != 0)
		if (!add_text(&l->names, &l->n_names, text))
			return false;
	p->name = l->names[l->n_names - 1];
	return true;
}

static bool look_up(struct lookup *l, uint64_t pc, struct place *p)
{
	struct base_symbol_place at = {0};
	const struct region *r = region_of(l, pc);
	p->object = r ? r->object : NO_OBJECT;
	if (r && r->symbols)
		base_symbols_find(r->symbols, pc - r->mapping->begin + r->mapping->offset, &at);
	p->source = at.source ? at.source : "?";
	p->line = at.source ? at.line : 0;
	p->name = at.function;
	p->begin = at.begin;
	return at.function || name_by_entry(l, r, &at, pc, p);
}

static bool look_up_all(struct lookup *l)
{
	const struct pv_uop *uops = pv_trace_uops(l->trace);
	bool ok = true;
	for (uint32_t i = 0; ok && i < l->code->n_uops; i++) {
		if (i && uops[i].pc == uops[i - 1].pc)
			l->places[i] = l->places[i - 1];
		else
			ok = look_up(l, uops[i].pc, &l->places[i]);
		l->places[i].uop = i;
	}
	return ok;
}

/* ---- numbers ---- */

static int by_function(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	if (x->object != y->object)
		return x->object < y->object ? -1 : 1;
	const int order = strcmp(x->name, y->name);
	return order ? order : (x->begin > y->begin) - (x->begin < y->begin);
}

static int by_source(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	const int order = strcmp(x->source, y->source);
	return order ? order : x->line - y->line;
}

static bool number_functions(struct lookup *l)
{
	struct profile_code *c = l->code;
	qsort(l->places, c->n_uops, sizeof *l->places, by_function);
	for (uint32_t i = 0; i < c->n_uops; i++) {
		const struct place *p = &l->places[i];
		if (!i || by_function(p - 1, p)) {
			c->functions[c->n_functions] = (struct profile_code_function){p->object, strdup(p->name)};
			if (!c->functions[c->n_functions++].name)
				return false;
		}
		c->function[p->uop] = c->n_functions - 1;
	}
	return true;
}

static bool number_lines(struct lookup *l)
{
	struct profile_code *c = l->code;
	qsort(l->places, c->n_uops, sizeof *l->places, by_source);
	for (uint32_t i = 0; i < c->n_uops; i++) {
		const struct place *p = &l->places[i];
		if ((!i || strcmp(p[-1].source, p->source)) && !add_text(&c->sources, &c->n_sources, p->source))
			return false;
		if (!i || by_source(p - 1, p))
			c->lines[c->n_lines++] = (struct profile_code_line){c->n_sources - 1, p->line};
		c->line[p->uop] = c->n_lines - 1;
	}
	return true;
}

/* ---- all of it ---- */

static bool allocate(struct lookup *l)
{
	struct profile_code *c = l->code;
	const struct pv_trace_info *info = pv_trace_info(l->trace);
	c->n_uops = info->n_uops;
	l->n_regions = info->origin.n_mappings;
	const size_t n = (size_t)info->n_uops + 1;
	l->regions = calloc((size_t)l->n_regions + 1, sizeof *l->regions);
	l->entries = calloc(n, sizeof *l->entries);
	l->places = calloc(n, sizeof *l->places);
	c->function = calloc(n, sizeof *c->function);
	c->line = calloc(n, sizeof *c->line);
	c->functions = calloc(n, sizeof *c->functions);
	c->lines = calloc(n, sizeof *c->lines);
	return l->regions && l->entries && l->places && c->function && c->line && c->functions && c->lines;
}

static bool run(struct lookup *l, const char *debug_path)
{
	bool ok = allocate(l) && add_text(&l->code->objects, &l->code->n_objects, "?");
	for (uint32_t i = 0; ok && i < l->n_regions; i++)
		ok = open_region(l, i, debug_path);
	if (!ok)
		return false;
	find_entries(l);
	return look_up_all(l) && number_functions(l) && number_lines(l);
}

static void free_texts(char **list, uint32_t n)
{
	for (uint32_t i = 0; list && i < n; i++)
		free(list[i]);
	free(list);
}

enum pv_status profile_code_new(const struct pv_trace *trace, const char *debug_path, struct profile_code **code, struct pv_error *err)
{
	struct lookup l = {.trace = trace, .code = calloc(1, sizeof *l.code)};
	const bool ok = l.code && run(&l, debug_path);
	for (uint32_t i = 0; l.regions && i < l.n_regions; i++)
		if (l.regions[i].owner)
			base_symbols_close(l.regions[i].symbols);
	free(l.regions);
	free(l.entries);
	free(l.places);
	free_texts(l.names, l.n_names);
	if (!ok) {
		profile_code_free(l.code);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory for the functions of a program");
	}
	*code = l.code;
	return PV_OK;
}

void profile_code_free(struct profile_code *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; c->functions && i < c->n_functions; i++)
		free(c->functions[i].name);
	free_texts(c->objects, c->n_objects);
	free_texts(c->sources, c->n_sources);
	free_texts(c->notes, c->n_notes);
	free(c->functions);
	free(c->lines);
	free(c->function);
	free(c->line);
	free(c);
}
