/*
 * decode_compare.c - reads gem5's text traces and decodes every pc from the ELF file
 *
 * A row of the trace is one micro-operation. Rows belong to one instruction while the pc stays and the decoder expects more; a fault ends
 * leaves its micro-operation to be executed again.
 */
#include "support/decode_compare.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/uop.h>

#include "isa/decoder.h"
#include "isa/disassemble.h"

enum { N_FLAGS = 13, MAX_FIELDS = 96, PAGE_ENTRIES = 1 << 16 };

static const char *const field_names[DECODE_N_FIELDS] = {"split", "class", "flags", "sources", "destinations", "size", "offset", "target"};

/* A row of the trace: its static part as gem5 has it, and what the comparison needs of the rest. */
struct row {
	struct pv_uop uop;
	uint64_t addr;
	bool fault, has_addr, taken;
};

struct reader {
	FILE *main, *stores;
	char *line;
	size_t line_size;
};

struct elf {
	uint8_t *bytes;
	size_t size;
};

static FILE *open_maybe_zst(const char *path)
{
	size_t n = strlen(path);
	if (n < 4 || strcmp(path + n - 4, ".zst") != 0)
		return fopen(path, "r");
	char command[4096];
	snprintf(command, sizeof command, "zstd -dcq -- '%s'", path);
	return popen(command, "r");
}

static void close_maybe_zst(FILE *f, const char *path)
{
	size_t n = strlen(path);
	if (f && n >= 4 && strcmp(path + n - 4, ".zst") == 0)
		pclose(f);
	else if (f)
		fclose(f);
}

static enum pv_status read_elf(const char *path, struct elf *e, struct pv_error *err)
{
	FILE *f = open_maybe_zst(path);
	if (!f)
		return base_error_set(err, PV_ERR_IO, "cannot open '%s'", path);
	size_t capacity = 1 << 20;
	e->bytes = malloc(capacity);
	e->size = 0;
	for (size_t n; e->bytes && (n = fread(e->bytes + e->size, 1, capacity - e->size, f)) > 0;) {
		e->size += n;
		if (e->size == capacity)
			e->bytes = realloc(e->bytes, capacity *= 2);
	}
	close_maybe_zst(f, path);
	if (!e->bytes || e->size < 64 || memcmp(e->bytes, "\177ELF\2\1", 6) != 0)
		return base_error_set(err, PV_ERR_FORMAT, "'%s' is not a 64-bit little-endian ELF file", path);
	return PV_OK;
}

static uint64_t get(const uint8_t *p, int n)
{
	uint64_t v = 0;
	for (int i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

/* The instruction at pc, NULL when no loaded segment has it. */
static const uint8_t *code_at(const struct elf *e, uint64_t pc)
{
	uint64_t table = get(e->bytes + 32, 8), n = get(e->bytes + 56, 2);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t at = table + 56 * i;
		if (at + 56 > e->size)
			return NULL;
		const uint8_t *p = e->bytes + at;
		uint64_t offset = get(p + 8, 8), address = get(p + 16, 8), size = get(p + 32, 8);
		if (get(p, 4) == 1 && pc >= address && pc - address + 4 <= size && offset + (pc - address) + 4 <= e->size)
			return e->bytes + offset + (pc - address);
	}
	return NULL;
}

static int split_numbers(const char *line, int64_t *values)
{
	int n = 0;
	for (char *end; n < MAX_FIELDS; line = end) {
		int64_t v = strtoll(line, &end, 10);
		if (end == line)
			break;
		values[n++] = v;
	}
	return n;
}

/* Fields from the op class on: 1 class, 13 flags, 4 address, 9 walks, 4 pc, 8 walks, 2 counts, registers. */
static bool parse_tail(const int64_t *v, int n, struct row *r)
{
	enum { ADDRESS = 14, PC = 27, COUNTS = 39, REGS = 41 };
	if (n < REGS || v[COUNTS] < 0 || v[COUNTS] > PV_MAX_SRC || v[COUNTS + 1] < 0 || v[COUNTS + 1] > PV_MAX_DST)
		return false;
	struct pv_uop *u = &r->uop;
	memset(u, 0, sizeof *u);
	u->op_class = (uint8_t)v[0];
	for (int i = 0; i < N_FLAGS; i++)
		u->flags |= v[1 + i] ? 1u << i : 0;
	r->has_addr = v[ADDRESS];
	r->addr = (uint64_t)v[ADDRESS + 1];
	u->access_bytes = (uint8_t)v[ADDRESS + 2];
	u->pc = (uint64_t)v[PC];
	r->taken = v[PC + 1];
	u->n_src = (uint8_t)v[COUNTS];
	u->n_dst = (uint8_t)v[COUNTS + 1];
	if (n != REGS + 2 * (u->n_src + u->n_dst))
		return false;
	const int64_t *p = v + REGS;
	for (int i = 0; i < u->n_src; i++, p += 2)
		u->src[i] = (struct pv_reg){.reg_class = (uint8_t)p[0], .index = (uint16_t)p[1]};
	for (int i = 0; i < u->n_dst; i++, p += 2)
		u->dst[i] = (struct pv_reg){.reg_class = (uint8_t)p[0], .index = (uint16_t)p[1]};
	return true;
}

/* 1 when a row was read, 0 at the end, -1 when the line is malformed. */
static int read_row(struct reader *in, struct row *r)
{
	int64_t v[MAX_FIELDS];
	if (getline(&in->line, &in->line_size, in->main) < 0)
		return 0;
	int n = split_numbers(in->line, v);
	r->fault = v[0];
	int skip = 9;
	if (n == 9) { /* continues in the stores' file, after two latencies */
		if (!in->stores || getline(&in->line, &in->line_size, in->stores) < 0)
			return 0;
		n = split_numbers(in->line, v);
		skip = 11;
	}
	if (parse_tail(v + skip, n - skip, r))
		return 1;
	return parse_tail(v + 11, n - 11, r) ? 1 : -1; /* atomics carry store latencies on the main line */
}

static void print_registers(char *text, size_t size, const struct pv_reg *regs, int n)
{
	size_t at = 0;
	text[0] = 0;
	for (int i = 0; i < n && at + 16 < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%u.%u", i ? " " : "", regs[i].reg_class, regs[i].index);
}

static void describe(char *text, size_t size, enum decode_field field, const struct pv_uop *u)
{
	switch (field) {
	case DECODE_SPLIT: snprintf(text, size, "%u", u->n_uops); break;
	case DECODE_CLASS: snprintf(text, size, "%s", pv_op_class_name(u->op_class)); break;
	case DECODE_FLAGS: snprintf(text, size, "0x%04x", u->flags & 0x1fff); break;
	case DECODE_SRC: print_registers(text, size, u->src, u->n_src); break;
	case DECODE_DST: print_registers(text, size, u->dst, u->n_dst); break;
	case DECODE_SIZE: snprintf(text, size, "%u", u->access_bytes); break;
	case DECODE_OFFSET: snprintf(text, size, "%d", u->addr_offset); break;
	case DECODE_TARGET: snprintf(text, size, "0x%" PRIx64, u->target); break;
	case DECODE_N_FIELDS: break;
	}
}

static void note(struct decode_compare *c, enum decode_field field, uint32_t word, const struct pv_uop *ours, const struct pv_uop *theirs)
{
	for (size_t i = 0; i < c->n_differences; i++) {
		if (c->differences[i].field == field && c->differences[i].word == word) {
			c->differences[i].n_rows++;
			return;
		}
	}
	if (c->n_differences == c->capacity) {
		size_t capacity = c->capacity ? 2 * c->capacity : 64;
		void *more = realloc(c->differences, capacity * sizeof *c->differences);
		if (!more)
			return;
		c->differences = more;
		c->capacity = capacity;
	}
	struct decode_difference *d = &c->differences[c->n_differences++];
	*d = (struct decode_difference){.field = field, .word = word, .pc = theirs->pc, .n_rows = 1};
	describe(d->ours, sizeof d->ours, field, ours);
	describe(d->theirs, sizeof d->theirs, field, theirs);
}

static bool same_registers(const struct pv_reg *a, const struct pv_reg *b, int n)
{
	for (int i = 0; i < n; i++) {
		if (a[i].reg_class != b[i].reg_class || a[i].index != b[i].index)
			return false;
	}
	return true;
}

/* The instruction that rows are being matched with. */
struct current {
	uint64_t pc, base;
	uint32_t word;
	int n_uops, next;       /* next: micro-operation that the coming row should be; 0 begins an instruction */
	bool has_base, faulted; /* faulted: at its last row, which is then executed again */
	struct pv_uop uops[PV_MAX_UOPS_PER_INSN];
};

/* Compare one row with its micro-operation; returns whether all agrees. */
static bool compare_row(struct decode_compare *c, struct current *now, struct row *r)
{
	const struct pv_uop *ours = &now->uops[now->next];
	struct pv_uop *theirs = &r->uop;
	bool differs[DECODE_N_FIELDS] = {false};
	differs[DECODE_CLASS] = ours->op_class != theirs->op_class;
	differs[DECODE_FLAGS] = ((ours->flags ^ theirs->flags) & 0x1fff) != 0;
	differs[DECODE_SRC] = ours->n_src != theirs->n_src || !same_registers(ours->src, theirs->src, ours->n_src);
	differs[DECODE_DST] = ours->n_dst != theirs->n_dst || !same_registers(ours->dst, theirs->dst, ours->n_dst);
	if (!r->fault && r->has_addr != (ours->access_bytes != 0))
		differs[DECODE_SIZE] = true;
	if (r->has_addr) {
		differs[DECODE_SIZE] |= ours->access_bytes != theirs->access_bytes;
		if (!now->has_base)
			now->base = r->addr - (uint64_t)(int64_t)ours->addr_offset;
		now->has_base = true;
		theirs->addr_offset = (int16_t)(r->addr - now->base);
		differs[DECODE_OFFSET] = ours->addr_offset != theirs->addr_offset;
	}
	bool agree = true;
	for (int f = 0; f < DECODE_N_FIELDS; f++) {
		if (differs[f])
			note(c, (enum decode_field)f, now->word, ours, theirs);
		agree &= !differs[f];
	}
	return agree;
}

/* A row of another pc came although more of this instruction was expected, or more came than expected. */
static void note_split(struct decode_compare *c, const struct current *now, int theirs_n, uint64_t pc)
{
	struct pv_uop theirs = {.pc = pc, .n_uops = (uint8_t)theirs_n};
	note(c, DECODE_SPLIT, now->word, &now->uops[0], &theirs);
	c->n_agree -= c->n_agree ? 1 : 0;
}

static void begin_instruction(struct decode_compare *c, struct isa_decoder *decoder, const struct elf *e, struct current *now, uint64_t pc)
{
	*now = (struct current){.pc = pc};
	const uint8_t *code = code_at(e, pc);
	c->n_insns++;
	if (!code) {
		c->n_unmapped++;
		return;
	}
	now->word = (uint32_t)get(code, 4);
	now->n_uops = isa_decode(decoder, pc, code, 4, now->uops);
}

static enum pv_status compare_rows(struct decode_compare *c, struct isa_decoder *decoder, const struct elf *e, struct reader *in,
                                   const char *trace, struct pv_error *err)
{
	struct current now = {0};
	struct row r;
	uint64_t expected_pc = 0, line = 0;
	struct current branch = {0};
	int got;
	while ((got = read_row(in, &r)) > 0) {
		line++;
		c->n_rows++;
		bool begins = (now.next == 0 && !now.faulted) || r.uop.pc != now.pc;
		if (now.next && r.uop.pc != now.pc && !now.faulted)
			note_split(c, &now, now.next, now.pc);
		if (expected_pc && r.uop.pc != expected_pc) {
			struct pv_uop theirs = {.pc = branch.pc, .target = r.uop.pc};
			note(c, DECODE_TARGET, branch.word, &branch.uops[0], &theirs);
			c->n_agree -= c->n_agree ? 1 : 0;
		}
		expected_pc = 0;
		if (begins)
			begin_instruction(c, decoder, e, &now, r.uop.pc);
		if (!now.n_uops)
			continue;
		c->n_agree += compare_row(c, &now, &r);
		const struct pv_uop *u = &now.uops[now.next];
		if (r.taken && (u->flags & PV_UOP_DIRECT_BRANCH) && !r.fault) {
			branch = now;
			expected_pc = u->target;
		}
		now.faulted = r.fault;
		if (!r.fault)
			now.next = now.next + 1 == now.n_uops ? 0 : now.next + 1;
	}
	if (got < 0)
		return base_error_set(err, PV_ERR_FORMAT, "'%s', line %" PRIu64 ": not a row of a trace", trace, line + 1);
	return PV_OK;
}

static void stores_path(const char *trace, char *path, size_t size)
{
	const char *at = strstr(trace, ".txt");
	snprintf(path, size, "%.*s.sq%s", at ? (int)(at - trace) : (int)strlen(trace), trace, at ? at : "");
}

enum pv_status decode_compare_trace(struct decode_compare *c, const char *elf, const char *trace, struct pv_error *err)
{
	struct elf e = {0};
	struct reader in = {0};
	struct isa_decoder *decoder = NULL;
	char stores[4096];
	stores_path(trace, stores, sizeof stores);
	enum pv_status status = read_elf(elf, &e, err);
	if (status == PV_OK)
		status = isa_decoder_new(PV_ISA_AARCH64, &decoder, err);
	if (status == PV_OK) {
		in.main = open_maybe_zst(trace);
		in.stores = open_maybe_zst(stores);
		status =
		    in.main ? compare_rows(c, decoder, &e, &in, trace, err) : base_error_set(err, PV_ERR_IO, "cannot open '%s'", trace);
		c->n_unknown += isa_decoder_n_unknown(decoder);
	}
	close_maybe_zst(in.main, trace);
	close_maybe_zst(in.stores, stores);
	free(in.line);
	free(e.bytes);
	isa_decoder_free(decoder);
	return status;
}

static int by_rows(const void *a, const void *b)
{
	const struct decode_difference *x = a, *y = b;
	return x->n_rows < y->n_rows ? 1 : x->n_rows > y->n_rows ? -1 : 0;
}

void decode_compare_print(const struct decode_compare *c, FILE *out, int max_lines)
{
	fprintf(out, "%" PRIu64 " rows of %" PRIu64 " instructions, %" PRIu64 " unknown, %" PRIu64 " outside the file: %.4f %% agree\n",
	        c->n_rows, c->n_insns, c->n_unknown, c->n_unmapped, c->n_rows ? 100.0 * (double)c->n_agree / (double)c->n_rows : 0);
	if (c->n_differences)
		qsort(c->differences, c->n_differences, sizeof *c->differences, by_rows);
	for (size_t i = 0; i < c->n_differences && (int)i < max_lines; i++) {
		const struct decode_difference *d = &c->differences[i];
		uint8_t bytes[4] = {(uint8_t)d->word, (uint8_t)(d->word >> 8), (uint8_t)(d->word >> 16), (uint8_t)(d->word >> 24)};
		char text[200];
		isa_disassemble(PV_ISA_AARCH64, d->pc, bytes, 4, text, sizeof text);
		fprintf(out, "%8" PRIu64 " %-12s %08x %-36s ours [%s] gem5 [%s]\n", d->n_rows, field_names[d->field], d->word, text,
		        d->ours, d->theirs);
	}
	if (c->n_differences > (size_t)max_lines)
		fprintf(out, "... %zu more\n", c->n_differences - (size_t)max_lines);
}

void decode_compare_release(struct decode_compare *c)
{
	free(c->differences);
	*c = (struct decode_compare){0};
}
