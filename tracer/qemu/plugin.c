/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * plugin.c - what runs inside QEMU: reports translated blocks once, then executed blocks and memory addresses
 *
 * Everything else (decoding, micro-operations, compression) happens in the tracer, in another process; src/tracer/protocol.h is what
 * they share. The guest's path holds one call per executed block and one per memory access; each stores one word.
 *
 * Only the guest's first thread (vCPU 0) of the first process writes. QEMU calls translation callbacks one at a time, under the lock
 * that guards the guest's memory map, so descriptions need no lock of their own.
 *
 * QEMU's callbacks carry no pointer to a plugin's state: the static data below are that state.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "qemu_plugin_api.h"
#include "tracer/protocol.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

enum { N_BUCKETS = 1 << 16, N_KINDS = 64, N_RANGES = 256, NOBODY = INT_MAX };

/* System calls of the guest, arm64 numbers. */
enum { GUEST_MUNMAP = 215, GUEST_EXECVE = 221, GUEST_EXECVEAT = 281 };

static struct {
	unsigned vcpu;   /* the vCPU whose events are recorded; NOBODY while skipping and in children */
	bool skipping;   /* counting instructions that are not recorded */
	bool child;      /* a forked guest process */
	int64_t left;    /* instructions before recording begins or ends */
	uint64_t *limit; /* end of the buffer being filled */
	struct tracer_shared *shared;
	uint8_t *blocks;
	/* guest memory whose file, if it has one, was looked up */
	struct {
		uint64_t begin, end;
	} range[N_RANGES];
	unsigned n_ranges;
	/* QEMU's description of an access -> our bits; slots are filled on first sight */
	struct {
		qemu_plugin_meminfo_t info;
		bool known;
		uint64_t bits;
	} kind[N_KINDS];
} st = {.vcpu = NOBODY};

static uint64_t buckets[N_BUCKETS]; /* 1 + offset of the first description */

/* ---- hand-over ---- */

static void futex_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Waits while *word is value, a while at most; ends the process when the tracer is gone. */
static void futex_wait(_Atomic uint32_t *word, uint32_t value)
{
	struct timespec timeout = {.tv_nsec = 200 * 1000 * 1000};
	syscall(SYS_futex, word, FUTEX_WAIT, value, &timeout, NULL, 0);
	if (getppid() != st.shared->parent_pid)
		_exit(1);
}

static void use_buffer(uint32_t i)
{
	struct tracer_shared *sh = st.shared;
	uint64_t *words = (uint64_t *)((uint8_t *)sh + TRACER_SHARED_EVENTS) + (size_t)(i % TRACER_N_BUFFERS) * TRACER_BUFFER_WORDS;
	st.limit = words + TRACER_BUFFER_WORDS;
	sh->cursor = words;
	sh->buffer = words;
	atomic_signal_fence(memory_order_seq_cst);
	sh->filling = i;
}

static void hand_over(void)
{
	struct tracer_shared *sh = st.shared;
	uint32_t n = atomic_load_explicit(&sh->n_filled, memory_order_relaxed);
	sh->filled_words[n % TRACER_N_BUFFERS] = (uint32_t)(sh->cursor - sh->buffer);
	atomic_store_explicit(&sh->n_filled, ++n, memory_order_release);
	futex_wake(&sh->n_filled);
	for (;;) {
		uint32_t emptied = atomic_load_explicit(&sh->n_emptied, memory_order_acquire);
		if (n - emptied < TRACER_N_BUFFERS)
			break;
		futex_wait(&sh->n_emptied, emptied);
	}
	use_buffer(n);
}

static void stop(enum tracer_shared_stop why)
{
	atomic_store(&st.shared->stopped, why);
	_exit(0);
}

/* All instructions asked for are in the buffers, as far as is known here: let the tracer say how many are missing. */
static void ask_for_more(void)
{
	struct tracer_shared *sh = st.shared;
	uint32_t before = atomic_load(&sh->n_answered);
	hand_over();
	atomic_fetch_add(&sh->n_asked, 1); /* after the events, so that the answer counts them */
	futex_wake(&sh->n_filled);
	while (atomic_load(&sh->n_answered) == before)
		futex_wait(&sh->n_answered, before);
	if (sh->granted == 0)
		stop(TRACER_STOP_LENGTH);
	st.left = (int64_t)sh->granted;
}

/* ---- the guest's path ---- */

static inline void put(uint64_t word)
{
	uint64_t *p = st.shared->cursor;
	*p++ = word;
	st.shared->cursor = p;
	if (__builtin_expect(p == st.limit, 0))
		hand_over();
}

/* Counts a block that is not recorded; returns true when recording begins with it. */
static bool skip_block(int64_t n_insns)
{
	struct tracer_shared *sh = st.shared;
	if (st.left >= n_insns) {
		st.left -= n_insns;
		sh->n_skipped += (uint64_t)n_insns;
		return false;
	}
	sh->n_skipped += (uint64_t)st.left;
	sh->first_drop = (uint32_t)st.left;
	uint64_t left = sh->n_record > (uint64_t)INT64_MAX - sh->first_drop ? (uint64_t)INT64_MAX : sh->n_record + sh->first_drop;
	st.left = (int64_t)left;
	st.skipping = false;
	st.vcpu = 0;
	atomic_store(&sh->recording, 1);
	return true;
}

static void on_block(unsigned vcpu, void *userdata)
{
	uint64_t word = (uint64_t)(uintptr_t)userdata;
	int64_t n_insns = (int64_t)(word >> TRACER_EVENT_BLOCK_INSNS_SHIFT);
	if (__builtin_expect(vcpu != st.vcpu, 0) && (vcpu != 0 || !st.skipping || !skip_block(n_insns)))
		return;
	put(word);
	if (__builtin_expect(st.left <= 0, 0))
		ask_for_more();
	st.left -= n_insns;
}

/* Size and direction of an access; asked of QEMU once for each kind. */
static uint64_t kind_bits(qemu_plugin_meminfo_t info)
{
	unsigned slot = (info ^ info >> 11) % N_KINDS;
	if (__builtin_expect(!st.kind[slot].known || st.kind[slot].info != info, 0)) {
		st.kind[slot].info = info;
		st.kind[slot].known = true;
		st.kind[slot].bits = (uint64_t)(qemu_plugin_mem_size_shift(info) & 7) << TRACER_EVENT_SIZE_SHIFT |
		                     (qemu_plugin_mem_is_store(info) ? TRACER_EVENT_STORE : 0);
	}
	return st.kind[slot].bits;
}

static void on_access(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t addr, void *userdata)
{
	if (vcpu != st.vcpu)
		return;
	put((uint64_t)(uintptr_t)userdata | (addr & TRACER_EVENT_ADDR_MASK) | kind_bits(info));
}

/* ---- files ---- */

/* Adds a file to those reported, unless it is there already. */
static void report_file(uint64_t begin, uint64_t end, uint64_t offset, const char *path)
{
	struct tracer_shared *sh = st.shared;
	uint8_t *files = (uint8_t *)sh + TRACER_SHARED_FILES;
	const struct tracer_file_header header = {begin, end, offset, strlen(path) + 1};
	const uint64_t used = atomic_load(&sh->files_used), bytes = (sizeof header + header.path_bytes + 7) & ~UINT64_C(7);
	for (uint64_t at = 0; at < used;) {
		const struct tracer_file_header *other = (const struct tracer_file_header *)(files + at);
		if (memcmp(other, &header, sizeof header) == 0 && strcmp((const char *)(other + 1), path) == 0)
			return;
		at += (sizeof *other + other->path_bytes + 7) & ~UINT64_C(7);
	}
	if (bytes > TRACER_SHARED_FILES_BYTES - used)
		return;
	memcpy(files + used, &header, sizeof header);
	memcpy(files + used + sizeof header, path, header.path_bytes);
	atomic_store_explicit(&sh->files_used, used + bytes, memory_order_release);
}

/* Finds out which file an instruction came from: the kernel knows our memory, of which the guest's is a part, shifted. */
static void find_file(uint64_t pc, uint64_t host)
{
	char *line = NULL;
	size_t room = 0;
	FILE *maps = fopen("/proc/self/maps", "re");
	while (maps && getline(&line, &room, maps) > 0) {
		unsigned long long begin, end, offset;
		int at = 0;
		if (sscanf(line, "%llx-%llx %*4s %llx %*s %*s %n", &begin, &end, &offset, &at) != 3 || host < begin || host >= end)
			continue;
		line[strcspn(line, "\n")] = '\0';
		const uint64_t shift = host - pc;
		if (st.n_ranges == N_RANGES)
			st.n_ranges = 0;
		st.range[st.n_ranges].begin = begin - shift;
		st.range[st.n_ranges++].end = end - shift;
		if (line[at] == '/')
			report_file(begin - shift, end - shift, offset, line + at);
		break;
	}
	if (maps)
		fclose(maps);
	free(line);
}

static void note_file(const struct qemu_plugin_tb *tb)
{
	const uint64_t pc = qemu_plugin_tb_vaddr(tb);
	for (unsigned i = 0; i < st.n_ranges; i++)
		if (pc - st.range[i].begin < st.range[i].end - st.range[i].begin)
			return;
	const void *host = qemu_plugin_insn_haddr(qemu_plugin_tb_get_insn(tb, 0));
	if (host)
		find_file(pc, (uint64_t)(uintptr_t)host);
}

/* ---- translated blocks ---- */

static uint32_t hash_bytes(uint64_t seed, const uint8_t *bytes, size_t n)
{
	return base_hash_fold(base_hash(BASE_HASH_START ^ seed, bytes, n));
}

/* Writes the description of a block at the end of the channel; nobody sees it before it is published. Returns its bytes. */
static uint64_t describe(const struct qemu_plugin_tb *tb, struct tracer_block_header *header)
{
	uint32_t n = (uint32_t)qemu_plugin_tb_n_insns(tb);
	*header = (struct tracer_block_header){.pc = qemu_plugin_tb_vaddr(tb), .n_insns = n};
	uint8_t *lengths = (uint8_t *)(header + 1);
	uint8_t *code = lengths + n;
	for (uint32_t i = 0; i < n; i++) {
		const struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		size_t bytes = qemu_plugin_insn_size(insn);
		lengths[i] = (uint8_t)bytes;
		memcpy(code + header->code_bytes, qemu_plugin_insn_data(insn), bytes);
		header->code_bytes += (uint32_t)bytes;
	}
	header->hash = hash_bytes(header->pc, code, header->code_bytes);
	return (sizeof *header + n + header->code_bytes + 7) & ~UINT64_C(7);
}

static bool same_block(const struct tracer_block_header *a, const struct tracer_block_header *b)
{
	return a->hash == b->hash && a->pc == b->pc && a->n_insns == b->n_insns && a->code_bytes == b->code_bytes &&
	       memcmp(a + 1, b + 1, a->n_insns + a->code_bytes) == 0;
}

/* The number of a block: the one it had before if it was translated before. */
static uint32_t block_id(const struct qemu_plugin_tb *tb)
{
	struct tracer_shared *sh = st.shared;
	uint64_t used = atomic_load(&sh->blocks_used);
	if (used + 65536 > TRACER_SHARED_BLOCKS_BYTES)
		stop(TRACER_STOP_BLOCKS_FULL);
	struct tracer_block_header *header = (struct tracer_block_header *)(st.blocks + used);
	uint64_t bytes = describe(tb, header);
	uint64_t *bucket = &buckets[header->hash % N_BUCKETS];
	for (uint64_t at = *bucket; at;) {
		const struct tracer_block_header *other = (const struct tracer_block_header *)(st.blocks + at - 1);
		if (same_block(header, other))
			return other->id;
		at = other->next;
	}
	header->id = (uint32_t)atomic_load(&sh->n_blocks);
	header->next = *bucket;
	*bucket = used + 1;
	atomic_store_explicit(&sh->blocks_used, used + bytes, memory_order_release);
	atomic_store_explicit(&sh->n_blocks, header->id + 1u, memory_order_release);
	return header->id;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	size_t n_insns = qemu_plugin_tb_n_insns(tb);
	if (st.child || n_insns == 0 || n_insns > TRACER_MAX_BLOCK_INSNS)
		return;
	note_file(tb);
	uint64_t word = (uint64_t)n_insns << TRACER_EVENT_BLOCK_INSNS_SHIFT | block_id(tb);
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)word);
	/* QEMU calls back only where the instruction accesses memory. */
	for (size_t i = 0; i < n_insns; i++)
		qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), on_access, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW,
		                                 (void *)(uintptr_t)(TRACER_EVENT_MEM | (uint64_t)i << TRACER_EVENT_INSN_SHIFT));
}

/* ---- threads, processes, the end ---- */

static void on_vcpu(qemu_plugin_id_t id, unsigned vcpu)
{
	(void)id;
	if (vcpu != 0 && !st.child)
		atomic_fetch_add(&st.shared->n_other_threads, 1);
}

/* Counted on the parent's side, so that the count does not depend on how fast the child gets going. */
static void after_fork_parent(void)
{
	atomic_fetch_add(&st.shared->n_other_processes, 1);
}

static void after_fork_child(void)
{
	st.vcpu = NOBODY;
	st.skipping = false;
	st.child = true;
}

static void on_syscall(qemu_plugin_id_t id, unsigned vcpu, int64_t number, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                       uint64_t a6, uint64_t a7, uint64_t a8)
{
	(void)id, (void)a1, (void)a2, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
	if ((number == GUEST_EXECVE || number == GUEST_EXECVEAT) && vcpu == 0 && !st.child)
		atomic_store(&st.shared->in_exec, 1);
}

static void on_syscall_return(qemu_plugin_id_t id, unsigned vcpu, int64_t number, int64_t value)
{
	(void)id, (void)value;
	if (number == GUEST_MUNMAP)
		st.n_ranges = 0; /* another file may come to lie there */
	if ((number == GUEST_EXECVE || number == GUEST_EXECVEAT) && vcpu == 0 && !st.child)
		atomic_store(&st.shared->in_exec, 0);
}

static void on_guest_exit(qemu_plugin_id_t id, void *userdata)
{
	(void)id, (void)userdata;
	if (!st.child)
		atomic_store(&st.shared->stopped, TRACER_STOP_EXIT);
}

/* ---- start ---- */

static int refuse(const char *why)
{
	fprintf(stderr, "error: perfvec's plugin for QEMU %s\n", why);
	return -1;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	int fd = -1;
	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], "fd=", 3) == 0)
			fd = atoi(argv[i] + 3);
	if (fd < 0)
		return refuse("is started by 'perfvec trace' only");
	if (info->system_emulation)
		return refuse("works in user mode only");
	/* The guest must see the descriptors it would see without us: the mapping stays, the descriptor goes. */
	void *map = mmap(NULL, TRACER_SHARED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return refuse(strerror(errno));
	st.shared = map;
	st.blocks = (uint8_t *)map + TRACER_SHARED_BLOCKS;
	if (st.shared->magic != TRACER_SHARED_MAGIC)
		return refuse("is of another version than the perfvec that started it");
	st.skipping = true; /* also with nothing to skip: recording begins with the first block */
	st.left = (int64_t)(st.shared->n_skip > INT64_MAX ? INT64_MAX : st.shared->n_skip);
	use_buffer(0);
	pthread_atfork(NULL, after_fork_parent, after_fork_child);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	qemu_plugin_register_vcpu_init_cb(id, on_vcpu);
	qemu_plugin_register_vcpu_syscall_cb(id, on_syscall);
	qemu_plugin_register_vcpu_syscall_ret_cb(id, on_syscall_return);
	qemu_plugin_register_atexit_cb(id, on_guest_exit, NULL);
	atomic_store(&st.shared->ready, 1);
	return 0;
}
