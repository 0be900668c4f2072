/*
 * u_uarch_presets.c - the presets against gem5's own dumps of those machines, parameter by parameter
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "support/gem5_machine.h"
#include "uarch/params.h"

static const char folder[] = "../shared/gem5/machines";

static void load(const char *name, struct pv_uarch *u, bool *told)
{
	char path[256], why[256];
	snprintf(path, sizeof path, "%s/%s.json", folder, name);
	if (!gem5_machine_load(path, u, told, why))
		fail_msg("%s: %s", name, why);
}

/* Units with exactly these operation classes, in any pool. */
static int count_units(const struct pv_uarch *u, uint64_t ops)
{
	int n = 0;
	for (int pool = 0; pool < UARCH_N_POOLS; pool++)
		n += u->units.ops[pool] == ops ? u->units.count[pool] : 0;
	return n;
}

static void compare_units(const char *name, const struct pv_uarch *ours, const struct pv_uarch *gem5)
{
	for (int pool = 0; pool < UARCH_N_POOLS; pool++) {
		uint64_t a = ours->units.count[pool] ? ours->units.ops[pool] : 0, b = gem5->units.count[pool] ? gem5->units.ops[pool] : 0;
		if (count_units(ours, a) != count_units(gem5, a) || count_units(ours, b) != count_units(gem5, b))
			fail_msg("%s: functional units differ at pool %d", name, pool);
	}
}

static void test_presets__agree_with_gem5(void **state)
{
	(void)state;
	bool *told = calloc(uarch_n_params, sizeof *told);
	assert_non_null(told);
	for (size_t i = 0; i < pv_uarch_preset_count(); i++) {
		const char *name = pv_uarch_preset_name(i);
		struct pv_uarch gem5, *ours;
		memset(told, 0, uarch_n_params * sizeof *told);
		load(name, &gem5, told);
		assert_int_equal(pv_uarch_load(name, &ours, NULL), PV_OK);
		size_t n_told = 0;
		for (size_t j = 0; j < uarch_n_params; j++) {
			char a[1024], b[1024];
			uarch_param_format(ours, &uarch_params[j], " ", a, sizeof a);
			uarch_param_format(&gem5, &uarch_params[j], " ", b, sizeof b);
			if (told[j] && strcmp(a, b))
				fail_msg("%s: %s is %s, in gem5 %s", name, uarch_params[j].name, a, b);
			n_told += told[j];
		}
		compare_units(name, ours, &gem5);
		assert_true(n_told > 160);
		pv_uarch_free(ours);
	}
	free(told);
}

/* The generated machines lie in our space too: each is expressible and passes the checks. */
static void test_presets__generated_machines_are_expressible(void **state)
{
	(void)state;
	static const char *const names[] = {"rand_o3_0", "rand_o3_1", "rand_o3_2",     "rand_o3_3",     "rand_o3_4",    "rand_o3_5",
	                                    "rand_o3_6", "rand_o3_7", "rand_minor_60", "rand_minor_61", "rand_minor_62"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct pv_uarch u;
		struct pv_error err = {0};
		load(names[i], &u, NULL);
		if (pv_uarch_check(&u, &err) != PV_OK)
			fail_msg("%s", err.message);
	}
}

int main(void)
{
	if (access(folder, R_OK) != 0) {
		printf("skipped: %s is not there\n", folder);
		return 77;
	}
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_presets__agree_with_gem5),
	    cmocka_unit_test(test_presets__generated_machines_are_expressible),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
