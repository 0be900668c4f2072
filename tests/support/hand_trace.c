/*
 * hand_trace.c - builds small traces by hand for tests
 */
#include "support/hand_trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void misuse(const char *what, const char *text)
{
	fprintf(stderr, "hand_trace: %s '%s'\n", what, text);
	abort();
}

/* Room for one more element; capacities are powers of two, so a power-of-two count means full. */
static void *grown(void *array, size_t n, size_t element_bytes)
{
	if (n & (n - 1))
		return array;
	array = realloc(array, (n ? 2 * n : 1) * element_bytes);
	if (!array)
		misuse("out of memory", "");
	return array;
}

void hand_init(struct hand_trace *t, uint64_t pc)
{
	*t = (struct hand_trace){.next_pc = pc};
}

void hand_release(struct hand_trace *t)
{
	free(t->uops);
	free(t->rows);
	*t = (struct hand_trace){0};
}

void hand_pc(struct hand_trace *t, uint64_t pc)
{
	t->next_pc = pc;
}

/* Parse one operand such as "i12" at *text and move past it. */
static struct pv_reg parse_reg(const char **text, const char *operands)
{
	static const char letters[] = "ifvepcm"; /* in the order of enum pv_reg_class */
	const char *letter = strchr(letters, **text);
	if (!letter || !*letter)
		misuse("unknown register class in", operands);
	char *end;
	unsigned long index = strtoul(*text + 1, &end, 10);
	if (end == *text + 1 || index > UINT16_MAX)
		misuse("register without index in", operands);
	*text = end;
	return (struct pv_reg){.index = (uint16_t)index, .reg_class = (uint8_t)(letter - letters)};
}

static void parse_operands(struct pv_uop *u, const char *operands)
{
	bool dst = false;
	for (const char *s = operands; *s;) {
		if (*s == ' ') {
			s++;
		} else if (!strncmp(s, "->", 2)) {
			dst = true;
			s += 2;
		} else {
			struct pv_reg reg = parse_reg(&s, operands);
			if (dst ? u->n_dst == PV_MAX_DST : u->n_src == PV_MAX_SRC)
				misuse("too many operands in", operands);
			if (dst)
				u->dst[u->n_dst++] = reg;
			else
				u->src[u->n_src++] = reg;
		}
	}
}

static uint32_t add(struct hand_trace *t, enum pv_op_class op_class, uint32_t flags, unsigned access_bytes, uint64_t target,
                    const char *operands)
{
	t->uops = grown(t->uops, t->n_uops, sizeof *t->uops);
	struct pv_uop *u = &t->uops[t->n_uops];
	memset(u, 0, sizeof *u);
	u->pc = t->next_pc;
	u->target = target;
	u->flags = flags | PV_UOP_LAST;
	u->op_class = (uint8_t)op_class;
	u->insn_bytes = 4;
	u->n_uops = 1;
	u->access_bytes = (uint8_t)access_bytes;
	parse_operands(u, operands);
	t->next_pc += 4;
	return t->n_uops++;
}

uint32_t hand_op(struct hand_trace *t, enum pv_op_class op_class, const char *operands)
{
	return add(t, op_class, 0, 0, 0, operands);
}

uint32_t hand_load(struct hand_trace *t, unsigned access_bytes, const char *operands)
{
	return add(t, PV_OP_MemRead, PV_UOP_LOAD, access_bytes, 0, operands);
}

uint32_t hand_store(struct hand_trace *t, unsigned access_bytes, const char *operands)
{
	return add(t, PV_OP_MemWrite, PV_UOP_STORE, access_bytes, 0, operands);
}

uint32_t hand_branch(struct hand_trace *t, uint32_t flags, uint64_t target, const char *operands)
{
	if (!(flags & PV_UOP_BRANCH))
		misuse("branch without a branch flag", operands);
	return add(t, PV_OP_IntAlu, flags, 0, target, operands);
}

void hand_flags(struct hand_trace *t, uint32_t uop, uint32_t flags)
{
	t->uops[uop].flags |= flags;
}

void hand_join(struct hand_trace *t, unsigned n)
{
	if (n == 0 || n > t->n_uops || n > PV_MAX_UOPS_PER_INSN)
		misuse("cannot join", "");
	struct pv_uop *u = &t->uops[t->n_uops - n];
	int16_t offset = 0;
	for (unsigned i = 0; i < n; i++) {
		u[i].pc = u[0].pc;
		u[i].uop_index = (uint8_t)i;
		u[i].n_uops = (uint8_t)n;
		u[i].flags &= ~(uint32_t)PV_UOP_LAST;
		u[i].flags |= n > 1 ? (uint32_t)PV_UOP_MICROOP : 0;
		u[i].addr_offset = u[i].access_bytes ? offset : 0;
		offset = (int16_t)(offset + u[i].access_bytes);
	}
	u[n - 1].flags |= PV_UOP_LAST;
	t->next_pc = u[0].pc + u[0].insn_bytes;
}

static void run(struct hand_trace *t, uint32_t uop, uint64_t addr, unsigned flags)
{
	if (uop >= t->n_uops)
		misuse("no such micro-operation", "");
	t->rows = grown(t->rows, t->n_rows, sizeof *t->rows);
	t->rows[t->n_rows++] = (struct pv_row){.addr = addr, .uop = uop, .flags = (uint8_t)flags};
}

void hand_run(struct hand_trace *t, uint32_t uop)
{
	bool taken = uop < t->n_uops && t->uops[uop].flags & PV_UOP_UNCOND_BRANCH;
	run(t, uop, 0, taken ? PV_ROW_TAKEN : 0);
}

void hand_run_at(struct hand_trace *t, uint32_t uop, uint64_t addr)
{
	run(t, uop, addr, PV_ROW_HAS_ADDR);
}

void hand_run_branch(struct hand_trace *t, uint32_t uop, bool taken)
{
	run(t, uop, 0, taken ? PV_ROW_TAKEN : 0);
}

void hand_write(const struct hand_trace *t, const char *path, const struct pv_trace_origin *origin)
{
	static const struct pv_trace_origin by_hand = {
	    .isa = PV_ISA_AARCH64, .program = "hand", .command = "hand", .cpu_model = "none", .tool = "hand_trace"};
	struct pv_trace_writer *w;
	struct pv_error err = {0};
	uint32_t id;
	if (pv_trace_create(path, &w, &err))
		misuse("cannot create", err.message);
	if (pv_trace_add_uops(w, t->uops, t->n_uops, &id, &err) || pv_trace_append(w, t->rows, t->n_rows, &err))
		misuse("cannot write", err.message);
	if (pv_trace_finish(w, origin ? origin : &by_hand, &err))
		misuse("cannot finish", err.message);
}
