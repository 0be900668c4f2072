/*
 * 110_decode_function.c - a whole function: prologue, copying loop, call, literal, epilogue
 *
 *   0x1000 stp x29, x30, [sp, #-32]!   4 micro-operations      0x1020 b.ne 0x1014
 *   0x1004 mov x29, sp                                         0x1024 bl 0x1000
 *   0x1008 str x19, [sp, #16]                                  0x1028 ldr x0, 0x1038
 *   0x100c mov x19, x0                                         0x102c ldr x19, [sp, #16]
 *   0x1010 cbz x1, 0x1024                                      0x1030 ldp x29, x30, [sp], #32   2
 *   0x1014 ldr q0, [x19], #16          2                       0x1034 ret
 *   0x1018 str q0, [x2], #16           3
 *   0x101c subs x1, x1, #1
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "isa/decoder.h"

enum { BASE = 0x1000, N_INSNS = 14, N_UOPS = 21 };

static const uint32_t code[N_INSNS] = {0xa9be7bfd, 0x910003fd, 0xf9000bf3, 0xaa0003f3, 0xb40000a1, 0x3cc10660, 0x3c810440,
                                       0xf1000421, 0x54ffffa1, 0x97fffff7, 0x58000080, 0xf9400bf3, 0xa8c27bfd, 0xd65f03c0};

struct totals {
	int uops, loads, stores, loaded_bytes, stored_bytes, calls, returns;
	uint64_t targets[N_INSNS];
};

static struct totals decode_all(void)
{
	struct totals t = {0};
	struct isa_decoder *decoder;
	struct pv_uop uops[PV_MAX_UOPS_PER_INSN];
	assert_int_equal(isa_decoder_new(PV_ISA_AARCH64, &decoder, NULL), PV_OK);
	for (int i = 0; i < N_INSNS; i++) {
		uint32_t w = code[i];
		uint8_t bytes[4] = {(uint8_t)w, (uint8_t)(w >> 8), (uint8_t)(w >> 16), (uint8_t)(w >> 24)};
		int n = isa_decode(decoder, BASE + 4 * (uint64_t)i, bytes, 4, uops);
		t.uops += n;
		t.targets[i] = uops[0].target;
		for (int k = 0; k < n; k++) {
			uint32_t flags = uops[k].flags;
			t.loads += !!(flags & PV_UOP_LOAD);
			t.stores += !!(flags & PV_UOP_STORE);
			t.loaded_bytes += flags & PV_UOP_LOAD ? uops[k].access_bytes : 0;
			t.stored_bytes += flags & PV_UOP_STORE ? uops[k].access_bytes : 0;
			t.calls += !!(flags & PV_UOP_CALL);
			t.returns += !!(flags & PV_UOP_RETURN);
		}
	}
	assert_int_equal(isa_decoder_n_unknown(decoder), 0);
	isa_decoder_free(decoder);
	return t;
}

static void test_decode__counts_of_a_function(void **state)
{
	(void)state;
	struct totals t = decode_all();
	assert_int_equal(t.uops, N_UOPS);
	assert_int_equal(t.loads, 4);
	assert_int_equal(t.loaded_bytes, 16 + 8 + 8 + 16);
	assert_int_equal(t.stores, 5); /* two halves of the pair, X19, two halves of Q0 */
	assert_int_equal(t.stored_bytes, 8 + 8 + 8 + 16);
	assert_int_equal(t.calls, 1);
	assert_int_equal(t.returns, 1);
}

static void test_decode__targets_of_a_function(void **state)
{
	(void)state;
	struct totals t = decode_all();
	for (int i = 0; i < N_INSNS; i++) {
		uint64_t expected = i == 4 ? 0x1024 : i == 8 ? 0x1014 : i == 9 ? 0x1000 : 0;
		assert_int_equal(t.targets[i], expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_decode__counts_of_a_function),
	    cmocka_unit_test(test_decode__targets_of_a_function),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
