/*
 * table.c - the table of static micro-operations on disk: blocks of records, each block one zstd frame
 *
 *	block:  u32 micro-operations | u32 bytes unpacked | u32 bytes stored | zstd frame
 *	record: pc difference | flags | op class, bit 7 target | register counts | 4 bytes | address offset | (target) | registers
 */
#include "trace/table.h"

#include <stdlib.h>
#include <zstd.h>

#include "base/array.h"
#include "trace/bytes.h"
#include "trace/format.h"

enum {
	HAS_TARGET = 0x80,
	COMPRESSION_LEVEL = 3,
	MAX_RECORD_BYTES = 10 + 5 + 1 + 1 + 4 + 3 + 10 + 3 * (PV_MAX_SRC + PV_MAX_DST),
	MAX_BLOCK_BYTES = MAX_RECORD_BYTES * TRACE_TABLE_BLOCK_UOPS
};

static bool regs_ok(const struct pv_reg *regs, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (regs[i].reg_class >= PV_N_REG_CLASSES)
			return false;
	return true;
}

const char *trace_uop_wrong(const struct pv_uop *u)
{
	if (u->op_class >= PV_N_OP_CLASSES)
		return "an operation class that does not exist";
	if (u->n_src > PV_MAX_SRC || u->n_dst > PV_MAX_DST)
		return "too many register operands";
	if (!regs_ok(u->src, u->n_src) || !regs_ok(u->dst, u->n_dst))
		return "a register class that does not exist";
	return NULL;
}

static uint8_t *put_regs(uint8_t *p, const struct pv_reg *regs, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		p = trace_put_leb(p, (uint64_t)regs[i].index << 3 | regs[i].reg_class);
	return p;
}

static uint8_t *put_record(uint8_t *p, const struct pv_uop *u, uint64_t last_pc)
{
	p = trace_put_leb(p, trace_zigzag(u->pc - last_pc));
	p = trace_put_leb(p, u->flags);
	*p++ = (uint8_t)(u->op_class | (u->target ? HAS_TARGET : 0));
	*p++ = (uint8_t)(u->n_src | u->n_dst << 4);
	*p++ = u->insn_bytes;
	*p++ = u->uop_index;
	*p++ = u->n_uops;
	*p++ = u->access_bytes;
	p = trace_put_leb(p, trace_zigzag((uint64_t)(int64_t)u->addr_offset));
	if (u->target)
		p = trace_put_leb(p, trace_zigzag(u->target - u->pc));
	p = put_regs(p, u->src, u->n_src);
	return put_regs(p, u->dst, u->n_dst);
}

enum pv_status trace_table_pack(const struct pv_uop *uops, uint32_t n, uint8_t **data, size_t *n_bytes, struct pv_error *err)
{
	size_t n_blocks = ((size_t)n + TRACE_TABLE_BLOCK_UOPS - 1) / TRACE_TABLE_BLOCK_UOPS;
	size_t block_room = TRACE_TABLE_BLOCK_HEADER_BYTES + ZSTD_COMPRESSBOUND(MAX_BLOCK_BYTES);
	uint8_t *raw = malloc(MAX_BLOCK_BYTES);
	uint8_t *out = NULL, *grown = NULL;
	size_t used = 0;
	enum pv_status status = PV_OK;
	for (size_t b = 0; b < n_blocks && status == PV_OK; b++) {
		uint32_t first = (uint32_t)b * TRACE_TABLE_BLOCK_UOPS;
		uint32_t count = n - first < TRACE_TABLE_BLOCK_UOPS ? n - first : TRACE_TABLE_BLOCK_UOPS;
		grown = raw ? realloc(out, used + block_room) : NULL;
		if (!grown) {
			status = base_error_set(err, PV_ERR_NOMEM, "out of memory for %u micro-operations", n);
			break;
		}
		out = grown;
		uint8_t *p = raw;
		for (uint32_t i = 0; i < count; i++)
			p = put_record(p, &uops[first + i], i ? uops[first + i - 1].pc : 0);
		uint8_t *header = out + used;
		size_t stored = ZSTD_compress(header + TRACE_TABLE_BLOCK_HEADER_BYTES, ZSTD_COMPRESSBOUND(MAX_BLOCK_BYTES), raw,
		                              (size_t)(p - raw), COMPRESSION_LEVEL);
		if (ZSTD_isError(stored))
			status = base_error_set(err, PV_ERR_NOMEM, "zstd: %s", ZSTD_getErrorName(stored));
		trace_put_u32(header, count);
		trace_put_u32(header + 4, (uint32_t)(p - raw));
		trace_put_u32(header + 8, (uint32_t)stored);
		used += TRACE_TABLE_BLOCK_HEADER_BYTES + stored;
	}
	free(raw);
	if (status != PV_OK) {
		free(out);
		return status;
	}
	*data = out;
	*n_bytes = used;
	return PV_OK;
}

static bool get_regs(const uint8_t **p, const uint8_t *end, struct pv_reg *regs, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t code;
		if (!trace_get_leb(p, end, &code) || code >> 3 > UINT16_MAX)
			return false;
		regs[i] = (struct pv_reg){.index = (uint16_t)(code >> 3), .reg_class = (uint8_t)(code & 7)};
	}
	return true;
}

/* One record; false when it is cut or has a value that no micro-operation has. */
static bool get_record(const uint8_t **p, const uint8_t *end, struct pv_uop *u, uint64_t last_pc)
{
	uint64_t pc, flags, offset, target;
	*u = (struct pv_uop){0};
	if (!trace_get_leb(p, end, &pc) || !trace_get_leb(p, end, &flags) || flags > UINT32_MAX || end - *p < 6)
		return false;
	const uint8_t *bytes = *p;
	*p += 6;
	if (!trace_get_leb(p, end, &offset) || offset > UINT16_MAX)
		return false;
	u->pc = last_pc + trace_unzigzag(pc);
	u->flags = (uint32_t)flags;
	u->op_class = bytes[0] & (HAS_TARGET - 1);
	u->n_src = bytes[1] & 15;
	u->n_dst = bytes[1] >> 4;
	u->insn_bytes = bytes[2];
	u->uop_index = bytes[3];
	u->n_uops = bytes[4];
	u->access_bytes = bytes[5];
	u->addr_offset = (int16_t)trace_unzigzag(offset);
	if (bytes[0] & HAS_TARGET) {
		if (!trace_get_leb(p, end, &target))
			return false;
		u->target = u->pc + trace_unzigzag(target);
	}
	if (u->n_src > PV_MAX_SRC || u->n_dst > PV_MAX_DST)
		return false;
	return get_regs(p, end, u->src, u->n_src) && get_regs(p, end, u->dst, u->n_dst) && !trace_uop_wrong(u);
}

/* The records of one unpacked block. */
static enum pv_status get_records(const uint8_t *p, const uint8_t *end, struct pv_uop *uops, uint32_t first, uint32_t count,
                                  struct pv_error *err)
{
	for (uint32_t i = 0; i < count; i++)
		if (!get_record(&p, end, &uops[first + i], i ? uops[first + i - 1].pc : 0))
			return base_error_set(err, PV_ERR_FORMAT, "micro-operation %u of the table is malformed", first + i);
	FAIL_IF(p != end, err, PV_ERR_FORMAT, "the table's block at micro-operation %u is too long", first);
	return PV_OK;
}

/* One block at *p: makes room for its records, reads them, and moves *p past it. */
static enum pv_status get_block(const uint8_t **p, const uint8_t *end, uint8_t *raw, struct pv_uop **uops, uint32_t n, uint32_t *done,
                                size_t *capacity, struct pv_error *err)
{
	size_t left = (size_t)(end - *p);
	uint32_t expected = n - *done < TRACE_TABLE_BLOCK_UOPS ? n - *done : TRACE_TABLE_BLOCK_UOPS;
	FAIL_IF(left < TRACE_TABLE_BLOCK_HEADER_BYTES, err, PV_ERR_FORMAT, "the table ends after %u of %u micro-operations", *done, n);
	size_t n_raw = trace_get_u32(*p + 4), n_stored = trace_get_u32(*p + 8);
	FAIL_IF(trace_get_u32(*p) != expected || n_raw > MAX_BLOCK_BYTES || n_stored > left - TRACE_TABLE_BLOCK_HEADER_BYTES, err,
	        PV_ERR_FORMAT, "the table's block at micro-operation %u has sizes out of bounds", *done);
	*p += TRACE_TABLE_BLOCK_HEADER_BYTES;
	FAIL_IF(ZSTD_decompress(raw, n_raw, *p, n_stored) != n_raw, err, PV_ERR_FORMAT,
	        "the table's block at micro-operation %u does not decompress", *done);
	*p += n_stored;
	TRY(base_array_grow(uops, capacity, *done + expected, sizeof **uops, "micro-operations", err));
	TRY(get_records(raw, raw + n_raw, *uops, *done, expected, err));
	*done += expected;
	return PV_OK;
}

enum pv_status trace_table_unpack(const uint8_t *data, size_t n_bytes, uint32_t n, struct pv_uop **uops, struct pv_error *err)
{
	const uint8_t *p = data, *end = data + n_bytes;
	uint8_t *raw = malloc(MAX_BLOCK_BYTES);
	uint32_t done = 0;
	size_t capacity = 0;
	enum pv_status status = PV_OK;
	*uops = NULL;
	if (!raw)
		return base_error_set(err, PV_ERR_NOMEM, "out of memory");
	while (status == PV_OK && done < n)
		status = get_block(&p, end, raw, uops, n, &done, &capacity, err);
	free(raw);
	if (status == PV_OK && p != end)
		status = base_error_set(err, PV_ERR_FORMAT, "the table has bytes after its last micro-operation");
	if (status != PV_OK) {
		free(*uops);
		*uops = NULL;
	}
	return status;
}
