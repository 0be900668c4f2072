/*
 * gem5_text.c - reads the text traces of PerfVec's gem5
 *
 *	lines (plain or zstd) -> fields -> record -> row + times
 *	                                     |
 *	                       table of static micro-operations (hash by content)
 *
 * One line is about 150 bytes of small decimal numbers, so the time goes into the number scanner: it works on a whole line in a large
 * buffer, and a bad field is only remembered; the line is judged once, at its end. One record is kept back, because only the next one
 * tells whether a micro-operation was the last of its instruction and where a branch went.
 */
#include "trace/gem5_text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

enum { BUFFER = 1 << 20, LONGEST_LINE = 1 << 16, PS_PER_UNIT = 100 };

/* ---- lines ---- */

struct lines {
	char *name;
	int fd;             /* -1: the text is in memory */
	ZSTD_DStream *zstd; /* NULL: plain */
	uint8_t *packed;    /* (BUFFER) compressed bytes */
	ZSTD_inBuffer in;
	const char *text; /* buffer, or the caller's memory */
	char *buffer;     /* (BUFFER) */
	size_t begin, end;
	bool at_end;     /* nothing more to read */
	bool frame_open; /* the compressed stream stopped inside a frame */
	uint64_t number; /* of the latest line, from 1 */
};

static void lines_close(struct lines *l)
{
	if (l->fd >= 0)
		close(l->fd);
	ZSTD_freeDStream(l->zstd);
	free(l->packed);
	free(l->buffer);
	free(l->name);
	*l = (struct lines){.fd = -1};
}

/* Read n bytes at most; 0 at the end of the file. */
static enum pv_status read_some(struct lines *l, void *to, size_t n, size_t *got, struct pv_error *err)
{
	ssize_t r;
	do
		r = read(l->fd, to, n);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return pv_error_errno(err, errno, "cannot read '%s'", l->name);
	*got = (size_t)r;
	return PV_OK;
}

static enum pv_status unpack_some(struct lines *l, struct pv_error *err)
{
	ZSTD_outBuffer out = {l->buffer, BUFFER, l->end};
	while (out.pos == l->end) {
		if (l->in.pos == l->in.size) {
			size_t got = 0;
			PV_TRY(read_some(l, l->packed, BUFFER, &got, err));
			l->in = (ZSTD_inBuffer){l->packed, got, 0};
			if (got == 0) {
				l->at_end = true;
				PV_FAIL_IF(l->frame_open, err, PV_ERR_FORMAT, "'%s' ends inside its compressed data", l->name);
				return PV_OK;
			}
		}
		size_t r = ZSTD_decompressStream(l->zstd, &out, &l->in);
		PV_FAIL_IF(ZSTD_isError(r), err, PV_ERR_FORMAT, "'%s' is damaged: %s", l->name, ZSTD_getErrorName(r));
		l->frame_open = r != 0;
	}
	l->end = out.pos;
	return PV_OK;
}

static enum pv_status fill(struct lines *l, struct pv_error *err)
{
	memmove(l->buffer, l->buffer + l->begin, l->end - l->begin);
	l->end -= l->begin;
	l->begin = 0;
	if (l->zstd)
		return unpack_some(l, err);
	size_t got = 0;
	PV_TRY(read_some(l, l->buffer + l->end, BUFFER - l->end, &got, err));
	l->end += got;
	l->at_end = got == 0;
	return PV_OK;
}

/* Compressed files say so in their first four bytes. */
static enum pv_status start(struct lines *l, struct pv_error *err)
{
	static const uint8_t magic[4] = {0x28, 0xb5, 0x2f, 0xfd};
	while (l->end < sizeof magic && !l->at_end)
		PV_TRY(fill(l, err));
	if (l->end < sizeof magic || memcmp(l->buffer, magic, sizeof magic) != 0)
		return PV_OK;
	l->packed = malloc(BUFFER);
	l->zstd = ZSTD_createDStream();
	PV_FAIL_IF(!l->packed || !l->zstd, err, PV_ERR_NOMEM, "out of memory reading '%s'", l->name);
	memcpy(l->packed, l->buffer, l->end);
	l->in = (ZSTD_inBuffer){l->packed, l->end, 0};
	l->end = 0;
	l->at_end = false;
	l->frame_open = true;
	return PV_OK;
}

static enum pv_status lines_open(struct lines *l, const char *path, struct pv_error *err)
{
	*l = (struct lines){.fd = -1};
	l->name = strdup(path);
	l->buffer = malloc(BUFFER);
	l->text = l->buffer;
	PV_FAIL_IF(!l->name || !l->buffer, err, PV_ERR_NOMEM, "out of memory reading '%s'", path);
	l->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (l->fd < 0)
		return pv_error_errno(err, errno, "cannot open '%s'", path);
	return start(l, err);
}

/* The next line without its end; *line is NULL after the last one. */
static enum pv_status next_line(struct lines *l, const char **line, const char **line_end, struct pv_error *err)
{
	*line = NULL;
	for (;;) {
		const char *from = l->text + l->begin;
		const char *newline = l->end > l->begin ? memchr(from, '\n', l->end - l->begin) : NULL;
		if (newline || (l->at_end && l->end > l->begin)) {
			*line = from;
			*line_end = newline ? newline : l->text + l->end;
			l->begin = newline ? (size_t)(newline + 1 - l->text) : l->end;
			l->number++;
			return PV_OK;
		}
		if (l->at_end)
			return PV_OK;
		PV_FAIL_IF(l->end - l->begin > LONGEST_LINE, err, PV_ERR_FORMAT, "%s:%" PRIu64 ": the line is longer than %d bytes",
		           l->name, l->number + 1, LONGEST_LINE);
		PV_TRY(fill(l, err));
	}
}

/* ---- fields ---- */

/* A line being read. The first thing wrong is kept: which field, and what. */
struct fields {
	const char *at, *end;
	int number; /* fields taken */
	int bad;    /* number of the first bad field; 0 none */
	const char *why;
};

static void blame(struct fields *f, const char *why)
{
	if (!f->bad) {
		f->bad = f->number;
		f->why = why;
	}
}

static inline void skip_blanks(struct fields *f)
{
	while (f->at < f->end && (*f->at == ' ' || *f->at == '\t' || *f->at == '\r'))
		f->at++;
}

static inline bool line_done(struct fields *f)
{
	skip_blanks(f);
	return f->at == f->end;
}

/* Digits up to the next blank. */
static inline uint64_t digits(struct fields *f, uint64_t max)
{
	const char *first = f->at;
	uint64_t v = 0;
	unsigned d;
	while (f->at < f->end && (d = (unsigned)(*f->at - '0')) <= 9) {
		v = v * 10 + d;
		f->at++;
	}
	size_t n = (size_t)(f->at - first);
	if (n == 0)
		blame(f, f->at == f->end ? "is missing" : "is not a number");
	else if (f->at < f->end && *f->at != ' ' && *f->at != '\t' && *f->at != '\r')
		blame(f, "is not a number");
	else if (n > 20 || v > max || (n == 20 && (first[0] > '1' || v < 10000000000000000000u)))
		blame(f, "is out of range");
	return v;
}

static inline uint64_t number(struct fields *f, uint64_t max)
{
	skip_blanks(f);
	f->number++;
	return digits(f, max);
}

/* A number or -1. */
static inline int64_t number_or_minus_1(struct fields *f, int64_t max)
{
	skip_blanks(f);
	f->number++;
	if (f->at == f->end || *f->at != '-')
		return (int64_t)digits(f, (uint64_t)max);
	f->at++;
	if (digits(f, INT64_MAX) != 1)
		blame(f, "is negative");
	return -1;
}

static inline uint32_t flag(struct fields *f, uint32_t bit)
{
	return number(f, 1) ? bit : 0;
}

/* Any number, with or without a sign: a field that is not used. */
static inline void unused(struct fields *f)
{
	skip_blanks(f);
	f->number++;
	if (f->at < f->end && *f->at == '-')
		f->at++;
	digits(f, UINT64_MAX);
}

static enum pv_status judge(const struct lines *l, const struct fields *f, struct pv_error *err)
{
	if (!f->bad)
		return PV_OK;
	pv_error_set(err, PV_ERR_FORMAT, "%s:%" PRIu64 ": field %d %s", l->name, l->number, f->bad, f->why);
	return PV_ERR_FORMAT;
}

/* ---- records ---- */

/* Fields 1-9: what both files begin with. Latencies are in ps after the fetch. */
struct stages {
	uint64_t fault;
	int64_t sq_index;
	uint64_t fetch, complete;
	int64_t retire, decode, rename, dispatch, issue; /* -1: not (yet) */
};

struct record {
	struct pv_uop uop; /* without what the next record tells */
	struct pv_row row;
	struct pv_gem5_times times;
};

struct pv_gem5 {
	struct lines main, sq;
	bool has_sq;
	bool ended;
	struct record next; /* kept back */
	bool have_next;
	uint8_t next_index;  /* position of `next` within its instruction */
	struct pv_uop *uops; /* (n_uops) */
	uint32_t n_uops, room;
	uint32_t *slots; /* (n_slots) open addressing: index + 1 of a micro-operation, 0 free */
	uint32_t n_slots;
};

static const uint64_t latest_tick = (uint64_t)1 << 62;

/* A store may leave the store queue before it retires; its line there then says -1 for the retirement. */
static void read_stages(struct fields *f, struct stages *s, bool in_sq)
{
	s->fault = number(f, 1);
	skip_blanks(f);
	if (f->end - f->at >= 4 && !memcmp(f->at, "-99 ", 4)) {
		f->number++;
		blame(f, "is -99: sampled traces with restart records are not read");
	} else {
		s->sq_index = number_or_minus_1(f, INT64_MAX);
	}
	s->fetch = number(f, latest_tick);
	s->complete = number(f, latest_tick);
	s->retire = number_or_minus_1(f, (int64_t)latest_tick);
	if (s->retire < 0 && !in_sq)
		blame(f, "is negative");
	if (s->retire >= 0 && s->complete > (uint64_t)s->retire)
		blame(f, "is below field 4: it retires before it is complete");
	/* gem5 writes -1 for a stage that a micro-operation without work did not enter */
	s->decode = number_or_minus_1(f, (int64_t)latest_tick);
	s->rename = number_or_minus_1(f, (int64_t)latest_tick);
	s->dispatch = number_or_minus_1(f, (int64_t)latest_tick);
	s->issue = number_or_minus_1(f, (int64_t)latest_tick);
}

/* The .sq.txt line of a store repeats its stages. */
static int first_difference(const struct stages *a, const struct stages *b)
{
	if (a->fault != b->fault)
		return 1;
	if (a->sq_index != b->sq_index && a->sq_index != 0)
		return 2;
	if (a->fetch != b->fetch)
		return 3;
	if (a->decode != b->decode)
		return 6;
	if (a->rename != b->rename)
		return 7;
	if (a->dispatch != b->dispatch)
		return 8;
	return a->issue != b->issue ? 9 : 0;
}

static uint64_t after(uint64_t fetch, uint64_t latency_ps)
{
	return fetch + latency_ps / PS_PER_UNIT;
}

static void set_times(const struct stages *s, uint64_t store_exit_ps, struct pv_gem5_times *t)
{
	uint64_t fetch = s->fetch / PS_PER_UNIT;
	t->fetch = fetch;
	t->complete = after(fetch, s->complete);
	t->commit = after(fetch, (uint64_t)s->retire);
	t->decode = after(fetch, s->decode < 0 ? 0 : (uint64_t)s->decode);
	t->rename = after(fetch, s->rename < 0 ? 0 : (uint64_t)s->rename);
	t->dispatch = after(fetch, s->dispatch < 0 ? 0 : (uint64_t)s->dispatch);
	t->issue = after(fetch, s->issue < 0 ? 0 : (uint64_t)s->issue);
	t->store = store_exit_ps / PS_PER_UNIT ? after(fetch, store_exit_ps) : 0;
}

static void read_registers(struct fields *f, int n, struct pv_reg *regs)
{
	for (int i = 0; i < n; i++) {
		uint64_t reg_class = number(f, PV_N_REG_CLASSES - 1);
		uint64_t index = number(f, reg_class == PV_REG_MISC ? UINT16_MAX - 1 : 49);
		regs[i] = (struct pv_reg){.index = (uint16_t)index, .reg_class = (uint8_t)reg_class};
	}
}

static void read_data_access(struct fields *f, struct record *r)
{
	bool has_addr = number(f, 1);
	uint64_t addr = number(f, UINT64_MAX);
	uint64_t size = number(f, UINT32_MAX);
	r->times.data_depth = (int8_t)number_or_minus_1(f, 2);
	for (int i = 0; i < 9; i++)
		unused(f); /* page walks and write-backs */
	if (has_addr) {
		r->row.addr = addr;
		r->row.flags |= PV_ROW_HAS_ADDR;
		r->uop.access_bytes = (uint8_t)(size < UINT8_MAX ? size : UINT8_MAX);
	}
}

static void read_fetch(struct fields *f, struct record *r)
{
	r->times.pc = r->uop.pc = number(f, UINT64_MAX);
	r->times.taken = number(f, 1) != 0;
	r->times.mispredicted = number(f, 1) != 0;
	r->times.fetch_depth = (int8_t)number_or_minus_1(f, 2);
	for (int i = 0; i < 8; i++)
		unused(f);
	if (r->times.taken)
		r->row.flags |= PV_ROW_TAKEN;
}

/* From the op class on. */
static void read_operation(struct fields *f, struct record *r)
{
	struct pv_uop *u = &r->uop;
	u->op_class = (uint8_t)number(f, PV_N_OP_CLASSES - 1);
	for (int i = 0; i < 13; i++)
		u->flags |= flag(f, 1u << i); /* the flags are in the order of the trace */
	read_data_access(f, r);
	read_fetch(f, r);
	u->n_src = (uint8_t)number(f, PV_MAX_SRC);
	u->n_dst = (uint8_t)number(f, PV_MAX_DST);
	if (f->bad)
		return;
	read_registers(f, u->n_src, u->src);
	read_registers(f, u->n_dst, u->dst);
	if (!f->bad && !line_done(f)) {
		f->number++;
		blame(f, "is one too many");
	}
}

static bool has_link_register(const struct pv_reg *regs, int n)
{
	enum { LINK = 30 };
	for (int i = 0; i < n; i++)
		if (regs[i].reg_class == PV_REG_INT && regs[i].index == LINK)
			return true;
	return false;
}

/* What gem5's flags do not say. */
static void derive_flags(struct pv_uop *u, bool in_store_queue)
{
	u->insn_bytes = 4;
	if (u->op_class == PV_OP_MemRead || u->op_class == PV_OP_FloatMemRead)
		u->flags |= PV_UOP_LOAD;
	if (in_store_queue)
		u->flags |= PV_UOP_STORE;
	if (u->op_class == PV_OP_InstPrefetch)
		u->flags |= PV_UOP_PREFETCH;
	if (!(u->flags & PV_UOP_UNCOND_BRANCH))
		return;
	if (has_link_register(u->dst, u->n_dst))
		u->flags |= PV_UOP_CALL;
	else if (!(u->flags & PV_UOP_DIRECT_BRANCH) && has_link_register(u->src, u->n_src))
		u->flags |= PV_UOP_RETURN;
}

/* The store's line of .sq.txt; *end when the trace stops before it. */
static enum pv_status read_sq_line(struct pv_gem5 *t, const struct stages *s, struct record *r, uint64_t *store_exit, bool *end,
                                   struct pv_error *err)
{
	const char *line, *line_end;
	PV_TRY(next_line(&t->sq, &line, &line_end, err));
	*end = !line;
	if (!line)
		return PV_OK;
	struct fields f = {.at = line, .end = line_end};
	struct stages s2 = {0};
	read_stages(&f, &s2, true);
	uint64_t store = number(&f, latest_tick);
	*store_exit = number(&f, latest_tick);
	if (*store_exit < store)
		blame(&f, "is below field 10: it leaves the store queue before it is stored");
	PV_TRY(judge(&t->sq, &f, err));
	int different = first_difference(s, &s2);
	PV_FAIL_IF(different, err, PV_ERR_FORMAT, "%s:%" PRIu64 ": field %d disagrees with that of the store at %s:%" PRIu64, t->sq.name,
	           t->sq.number, different, t->main.name, t->main.number);
	read_operation(&f, r);
	return judge(&t->sq, &f, err);
}

/* Parse one record into t->next; *end at the end of the trace. */
static enum pv_status read_record(struct pv_gem5 *t, bool *end, struct pv_error *err)
{
	const char *line, *line_end;
	PV_TRY(next_line(&t->main, &line, &line_end, err));
	*end = !line;
	if (!line)
		return PV_OK;
	struct fields f = {.at = line, .end = line_end};
	struct stages s = {0};
	struct record *r = &t->next;
	memset(r, 0, sizeof *r);
	read_stages(&f, &s, false);
	PV_TRY(judge(&t->main, &f, err));
	bool is_store = s.sq_index >= 0 && !s.fault;
	uint64_t store_exit = 0;
	if (t->has_sq && is_store && line_done(&f)) {
		PV_TRY(read_sq_line(t, &s, r, &store_exit, end, err));
		if (*end)
			return PV_OK;
	} else {
		if (!t->has_sq || is_store) {
			number(&f, latest_tick);
			store_exit = number(&f, latest_tick);
		}
		read_operation(&f, r);
		PV_TRY(judge(&t->main, &f, err));
	}
	if (s.fault)
		r->row.flags |= PV_ROW_FAULT;
	set_times(&s, store_exit, &r->times);
	derive_flags(&r->uop, s.sq_index >= 0);
	return PV_OK;
}

/* ---- static micro-operations ---- */

/* The part that identifies one: everything but the target, which comes later. */
static bool same_uop(const struct pv_uop *a, const struct pv_uop *b)
{
	return a->pc == b->pc && memcmp(&a->flags, &b->flags, sizeof *a - offsetof(struct pv_uop, flags)) == 0;
}

static uint32_t home(const struct pv_uop *u, uint32_t n_slots)
{
	uint64_t h = u->pc ^ (uint64_t)u->flags << 32 ^ (uint64_t)u->uop_index << 56;
	uint64_t regs[2];
	memcpy(regs, u->src, 8);
	memcpy(regs + 1, u->dst, 8);
	h = (h ^ regs[0] * 31 ^ regs[1]) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(h >> 32) & (n_slots - 1);
}

static enum pv_status grow_slots(struct pv_gem5 *t, struct pv_error *err)
{
	uint32_t n = t->n_slots ? 2 * t->n_slots : 1u << 14;
	uint32_t *slots = calloc(n, sizeof *slots);
	PV_FAIL_IF(!slots, err, PV_ERR_NOMEM, "out of memory reading '%s'", t->main.name);
	for (uint32_t i = 0; i < t->n_uops; i++) {
		uint32_t at = home(&t->uops[i], n);
		while (slots[at])
			at = (at + 1) & (n - 1);
		slots[at] = i + 1;
	}
	free(t->slots);
	t->slots = slots;
	t->n_slots = n;
	return PV_OK;
}

static enum pv_status find_uop(struct pv_gem5 *t, const struct pv_uop *u, uint32_t *index, struct pv_error *err)
{
	if (2 * t->n_uops >= t->n_slots)
		PV_TRY(grow_slots(t, err));
	uint32_t at = home(u, t->n_slots);
	for (; t->slots[at]; at = (at + 1) & (t->n_slots - 1))
		if (same_uop(&t->uops[t->slots[at] - 1], u)) {
			*index = t->slots[at] - 1;
			return PV_OK;
		}
	if (t->n_uops == t->room) {
		uint32_t room = t->room ? 2 * t->room : 4096;
		struct pv_uop *uops = realloc(t->uops, room * sizeof *uops);
		PV_FAIL_IF(!uops, err, PV_ERR_NOMEM, "out of memory reading '%s'", t->main.name);
		t->uops = uops;
		t->room = room;
	}
	t->uops[t->n_uops] = *u;
	*index = t->n_uops;
	t->slots[at] = ++t->n_uops;
	return PV_OK;
}

const struct pv_uop *pv_gem5_uops(const struct pv_gem5 *t, uint32_t *n_uops)
{
	*n_uops = t->n_uops;
	return t->uops;
}

/* ---- reading ---- */

static bool continues(const struct pv_uop *a, const struct pv_uop *b, uint8_t index)
{
	return (a->flags & b->flags & PV_UOP_MICROOP) && a->pc == b->pc && index + 1 < PV_MAX_UOPS_PER_INSN;
}

/* Give out the record kept back, now that its successor (NULL at the end) is known. */
static enum pv_status emit(struct pv_gem5 *t, struct record *r, const struct record *successor, struct pv_row *row,
                           struct pv_gem5_times *times, struct pv_error *err)
{
	uint8_t index = t->next_index;
	bool last = !successor || !continues(&r->uop, &successor->uop, index);
	t->next_index = last ? 0 : index + 1;
	r->uop.uop_index = index;
	r->uop.flags |= last ? PV_UOP_LAST : 0;
	PV_TRY(find_uop(t, &r->uop, &r->row.uop, err));
	if (successor && r->times.taken && (r->uop.flags & PV_UOP_DIRECT_BRANCH))
		t->uops[r->row.uop].target = successor->uop.pc;
	*row = r->row;
	*times = r->times;
	return PV_OK;
}

enum pv_status pv_gem5_read(struct pv_gem5 *t, struct pv_row *rows, struct pv_gem5_times *times, size_t max, size_t *n,
                            struct pv_error *err)
{
	size_t count = 0;
	while (count < max && !t->ended) {
		struct record now = t->next;
		PV_TRY(read_record(t, &t->ended, err));
		if (t->have_next) {
			PV_TRY(emit(t, &now, t->ended ? NULL : &t->next, &rows[count], &times[count], err));
			count++;
		}
		t->have_next = true;
	}
	*n = count;
	return PV_OK;
}

/* ---- opening ---- */

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* prefix(n) + suffix, as it is or compressed, whichever exists; else NULL. */
static char *existing(const char *prefix, size_t n, const char *suffix)
{
	size_t room = n + strlen(suffix) + 8;
	char *path = malloc(room);
	if (!path)
		return NULL;
	snprintf(path, room, "%.*s%s", (int)n, prefix, suffix);
	if (exists(path))
		return path;
	strcat(path, ".zst");
	if (exists(path))
		return path;
	free(path);
	return NULL;
}

static char *find_sq(const char *path)
{
	size_t n = strlen(path);
	if (n > 4 && !strcmp(path + n - 4, ".zst"))
		n -= 4;
	if (n > 4 && !strncmp(path + n - 4, ".txt", 4))
		n -= 4;
	char *sq = existing(path, n, ".sq.txt");
	if (!sq && n >= 5 && !strncmp(path + n - 5, "trace", 5))
		sq = existing(path, n - 5, "sq.trace.txt");
	return sq;
}

enum pv_status pv_gem5_open(const char *path, const char *sq_path, struct pv_gem5 **trace, struct pv_error *err)
{
	struct pv_gem5 *t = calloc(1, sizeof *t);
	PV_FAIL_IF(!t, err, PV_ERR_NOMEM, "out of memory reading '%s'", path);
	t->sq.fd = -1;
	char *found = sq_path ? NULL : find_sq(path);
	enum pv_status status = lines_open(&t->main, path, err);
	if (status == PV_OK && (sq_path || found)) {
		t->has_sq = true;
		status = lines_open(&t->sq, sq_path ? sq_path : found, err);
	}
	free(found);
	if (status != PV_OK) {
		pv_gem5_close(t);
		return status;
	}
	*trace = t;
	return PV_OK;
}

static enum pv_status lines_memory(struct lines *l, const char *name, const void *text, size_t n_bytes, struct pv_error *err)
{
	*l = (struct lines){.fd = -1, .text = text, .end = n_bytes, .at_end = true};
	l->name = strdup(name);
	PV_FAIL_IF(!l->name, err, PV_ERR_NOMEM, "out of memory reading '%s'", name);
	return PV_OK;
}

enum pv_status pv_gem5_open_memory(const char *name, const void *text, size_t n_bytes, const void *sq, size_t n_sq_bytes,
                                   struct pv_gem5 **trace, struct pv_error *err)
{
	struct pv_gem5 *t = calloc(1, sizeof *t);
	PV_FAIL_IF(!t, err, PV_ERR_NOMEM, "out of memory reading '%s'", name);
	t->sq.fd = -1;
	t->has_sq = sq != NULL;
	enum pv_status status = lines_memory(&t->main, name, text, n_bytes, err);
	char *sq_name = NULL;
	if (status == PV_OK && sq) {
		sq_name = malloc(strlen(name) + 4);
		status = sq_name ? PV_OK : pv_error_set(err, PV_ERR_NOMEM, "out of memory reading '%s'", name);
		if (status == PV_OK) {
			sprintf(sq_name, "%s.sq", name);
			status = lines_memory(&t->sq, sq_name, sq, n_sq_bytes, err);
		}
	}
	free(sq_name);
	if (status != PV_OK) {
		pv_gem5_close(t);
		return status;
	}
	*trace = t;
	return PV_OK;
}

void pv_gem5_close(struct pv_gem5 *t)
{
	if (!t)
		return;
	lines_close(&t->main);
	lines_close(&t->sq);
	free(t->uops);
	free(t->slots);
	free(t);
}
