/*
 * own_simulator.c - a timing model of our own writes a trace and a dataset through the public interface
 *
 * The program is a loop made by hand: it walks through an array, sums it up, and stores the running sum. Four machines run it, each an
 * in-order core that begins one micro-operation a cycle, with one direct-mapped cache, stores that wait in a queue, and the guess
 * that a branch goes where it went last time. What matters here is not the model but what it hands over: for each committed micro-operation
 * what it is, its address, and for each machine when it committed and when its store left the queue.
 *
 * docs/topics/your-own-simulator.md walks through it. Usage: own_simulator DATASET TRACE.pvt
 */
#include <stdint.h>
#include <stdio.h>

#include <perfvec/perfvec.h>

enum { K = 4, N_TURNS = 20000, TURNS_OF_LOOP = 8, ARRAY_BYTES = 48 * 1024, LINE_BYTES = 64, MAX_LINES = 1024, N_REGS = 50 };
enum { SUM, VALUE, FROM, TO, END }; /* integer registers */

/* ---- the program ---- */

enum { LOAD, STEP, ADD, STORE, COMPARE, BRANCH, AGAIN, N_UOPS };

/* clang-format off */
#define X(i) {.index = (i), .reg_class = PV_REG_INT}
#define NZCV {.index = 0, .reg_class = PV_REG_CC}
#define INSN .insn_bytes = 4, .op_class

/*
 * The load with post-increment is one instruction of two micro-operations: they have the same pc, and only the second is the last of its
 * instruction. Every member that is not named is 0.
 */
static const struct pv_uop program[N_UOPS] = {
	[LOAD]    = {.pc = 0x1000, INSN = PV_OP_MemRead,  .flags = PV_UOP_LOAD,                 .access_bytes = 8,
	             .n_src = 1, .src = {X(FROM)},        .n_dst = 1, .dst = {X(VALUE)}},
	[STEP]    = {.pc = 0x1000, INSN = PV_OP_IntAlu,   .flags = PV_UOP_LAST,
	             .n_src = 1, .src = {X(FROM)},        .n_dst = 1, .dst = {X(FROM)}},
	[ADD]     = {.pc = 0x1004, INSN = PV_OP_IntAlu,   .flags = PV_UOP_LAST,
	             .n_src = 2, .src = {X(SUM), X(VALUE)}, .n_dst = 1, .dst = {X(SUM)}},
	[STORE]   = {.pc = 0x1008, INSN = PV_OP_MemWrite, .flags = PV_UOP_STORE | PV_UOP_LAST,  .access_bytes = 8,
	             .n_src = 2, .src = {X(SUM), X(TO)}},
	[COMPARE] = {.pc = 0x100c, INSN = PV_OP_IntAlu,   .flags = PV_UOP_LAST,
	             .n_src = 2, .src = {X(FROM), X(END)}, .n_dst = 1, .dst = {NZCV}},
	[BRANCH]  = {.pc = 0x1010, INSN = PV_OP_IntAlu,   .flags = PV_UOP_COND_BRANCH | PV_UOP_DIRECT_BRANCH | PV_UOP_LAST,
	             .target = 0x1000, .n_src = 1, .src = {NZCV}},
	[AGAIN]   = {.pc = 0x1014, INSN = PV_OP_IntAlu,   .flags = PV_UOP_UNCOND_BRANCH | PV_UOP_DIRECT_BRANCH | PV_UOP_LAST,
	             .target = 0x1000},
};
/* clang-format on */

/* ---- the machines ---- */

struct machine {
	uint64_t cycle_ps;
	unsigned n_lines;                                /* of the cache; a power of two */
	unsigned hit_cycles, miss_cycles, refill_cycles; /* refill: after a branch guessed wrong */
	uint64_t lines[MAX_LINES];                       /* line number plus 1 */
	uint64_t ready[PV_N_REG_CLASSES][N_REGS];        /* cycle when a register has its value */
	uint64_t issue, commit, store;                   /* latest cycles */
	bool last_taken;
};

static struct pv_dataset_machine_spec specs[K] = {
    {"small-slow", true, 500, "cycle_ps: 2000\nlines: 64\nhit: 2\nmiss: 30\nrefill: 4\n"},
    {"small-fast", true, 2000, "cycle_ps: 500\nlines: 64\nhit: 3\nmiss: 120\nrefill: 8\n"},
    {"large-slow", true, 500, "cycle_ps: 2000\nlines: 1024\nhit: 3\nmiss: 30\nrefill: 4\n"},
    {"large-fast", true, 2000, "cycle_ps: 500\nlines: 1024\nhit: 4\nmiss: 120\nrefill: 8\n"},
};

/* Cycles of an access; the line is there afterwards. */
static unsigned access_cycles(struct machine *m, uint64_t addr)
{
	uint64_t line = addr / LINE_BYTES, *slot = &m->lines[line % m->n_lines];
	unsigned cycles = *slot == line + 1 ? m->hit_cycles : m->miss_cycles;
	*slot = line + 1;
	return cycles;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* In order: begin when the one before has begun and the sources are there, commit when all before have committed. */
static struct pv_uop_times run_uop(struct machine *m, const struct pv_uop *uop, uint64_t addr, bool taken)
{
	uint64_t begin = m->issue + 1;
	for (int i = 0; i < uop->n_src; i++)
		begin = max(begin, m->ready[uop->src[i].reg_class][uop->src[i].index]);
	uint64_t done = begin + (uop->flags & PV_UOP_LOAD ? access_cycles(m, addr) : 1);
	for (int i = 0; i < uop->n_dst; i++)
		m->ready[uop->dst[i].reg_class][uop->dst[i].index] = done;
	m->issue = begin;
	if (uop->flags & PV_UOP_COND_BRANCH) {
		m->issue += taken != m->last_taken ? m->refill_cycles : 0;
		m->last_taken = taken;
	}
	m->commit = max(m->commit, done);
	struct pv_uop_times times = {.commit_ps = m->commit * m->cycle_ps};
	if (uop->flags & PV_UOP_STORE) { /* one store at a time leaves the queue, after it has committed */
		m->store = max(m->store, m->commit) + access_cycles(m, addr);
		times.store_ps = m->store * m->cycle_ps;
	}
	return times;
}

/* ---- the simulation ---- */

static enum pv_status append(struct pv_recorder *r, struct machine *machines, const struct pv_uop *uop, uint64_t addr, bool taken,
                             struct pv_error *err)
{
	struct pv_uop_times times[K];
	for (int k = 0; k < K; k++)
		times[k] = run_uop(&machines[k], uop, addr, taken);
	unsigned flags = (uop->access_bytes ? PV_ROW_HAS_ADDR : 0u) | (taken ? PV_ROW_TAKEN : 0u);
	return pv_recorder_append(r, uop, addr, flags, times, err);
}

/* One turn of the loop: a load and a store, and after eight turns the way out of the inner loop and back in. */
static enum pv_status run_turn(struct pv_recorder *r, struct machine *machines, uint64_t turn, struct pv_error *err)
{
	bool stays = turn % TURNS_OF_LOOP != TURNS_OF_LOOP - 1;
	const struct {
		uint64_t addr;
		bool executed, taken;
	} what[N_UOPS] = {
	    [LOAD] = {0x100000 + 8 * turn % ARRAY_BYTES, true, false},
	    [STEP] = {0, true, false},
	    [ADD] = {0, true, false},
	    [STORE] = {0x200000 + 8 * turn % 512, true, false},
	    [COMPARE] = {0, true, false},
	    [BRANCH] = {0, true, stays},
	    [AGAIN] = {0, !stays, true},
	};
	enum pv_status status = PV_OK;
	for (int u = 0; u < N_UOPS && status == PV_OK; u++)
		if (what[u].executed)
			status = append(r, machines, &program[u], what[u].addr, what[u].taken, err);
	return status;
}

static enum pv_status run_program(struct pv_recorder *r, struct machine *machines, struct pv_error *err)
{
	enum pv_status status = PV_OK;
	for (uint64_t turn = 0; turn < N_TURNS && status == PV_OK; turn++)
		status = run_turn(r, machines, turn, err);
	return status;
}

static enum pv_status record(const char *dataset, const char *trace, struct machine *machines, struct pv_error *err)
{
	const struct pv_recorder_spec spec = {.dataset = dataset,
	                                      .machines = specs,
	                                      .n_machines = K,
	                                      .target = PV_TARGET_store_commit,
	                                      .isa = PV_ISA_AARCH64,
	                                      .simulator = "own_simulator 1.0",
	                                      .command = "sum of an array"};
	struct pv_recorder *r;
	enum pv_status status = pv_recorder_open(&spec, &r, err);
	if (status != PV_OK)
		return status;
	status = pv_recorder_begin_program(r, "sum", true, trace, err);
	if (status == PV_OK)
		status = run_program(r, machines, err);
	if (status == PV_OK)
		status = pv_recorder_end_program(r, err);
	if (status == PV_OK)
		return pv_recorder_close(r, err);
	pv_recorder_discard(r);
	return status;
}

int main(int argc, char **argv)
{
	static struct machine machines[K] = {
	    {.cycle_ps = 2000, .n_lines = 64, .hit_cycles = 2, .miss_cycles = 30, .refill_cycles = 4},
	    {.cycle_ps = 500, .n_lines = 64, .hit_cycles = 3, .miss_cycles = 120, .refill_cycles = 8},
	    {.cycle_ps = 2000, .n_lines = 1024, .hit_cycles = 3, .miss_cycles = 30, .refill_cycles = 4},
	    {.cycle_ps = 500, .n_lines = 1024, .hit_cycles = 4, .miss_cycles = 120, .refill_cycles = 8},
	};
	if (argc != 3) {
		fprintf(stderr, "usage: own_simulator DATASET TRACE.pvt\n");
		return 2;
	}
	struct pv_error err = {0};
	if (record(argv[1], argv[2], machines, &err) != PV_OK) {
		fprintf(stderr, "error: %s\n", err.message);
		if (err.hint[0])
			fprintf(stderr, "hint: %s\n", err.hint);
		return 1;
	}
	const int n_insns = N_TURNS * 5 + N_TURNS / TURNS_OF_LOOP;
	for (int k = 0; k < K; k++) {
		uint64_t cycles = max(machines[k].commit, machines[k].store);
		printf("%-10s %7.1f us, %.3f cycles per instruction\n", specs[k].name, 1e-6 * (double)(cycles * machines[k].cycle_ps),
		       (double)cycles / n_insns);
	}
	return 0;
}
