/*
 * u_gem5_config_ini.c - what is read of gem5's own account of a machine
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "gem5/config_ini.h"
#include "support/temp_folder.h"

static struct gem5_config_ini read_text(const char *text)
{
	FILE *f = fopen("config.ini", "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	struct gem5_config_ini said;
	assert_true(gem5_config_ini_read("config.ini", &said));
	return said;
}

static void test_config_ini__the_clock_is_that_of_the_core(void **state)
{
	(void)state;
	struct gem5_config_ini said = read_text("[system.clk_domain]\nclock=1000\n\n[system.cpu_cluster.clk_domain]\nclock=400\n"
	                                        "\n[system.cpu_cluster.l2]\nclock=7\n");
	assert_float_equal(said.clock_mhz, 2500, 1e-9);
	assert_float_equal(read_text("[system.clk_domain]\nclock=1000\n").clock_mhz, 0, 0);
	assert_float_equal(read_text("[system.cpu.clk_domain]\nclock=0\n").clock_mhz, 0, 0);
}

static void test_config_ini__the_working_folder_does_not_tell_machines_apart(void **state)
{
	(void)state;
	uint64_t a = read_text("[system.cpu]\nnumROBEntries=40\ncwd=/tmp/a\n").hash;
	assert_true(a == read_text("[system.cpu]\nnumROBEntries=40\ncwd=/tmp/other\n").hash);
	assert_true(a != read_text("[system.cpu]\nnumROBEntries=41\ncwd=/tmp/a\n").hash);
}

static void test_config_ini__no_file_says_nothing(void **state)
{
	(void)state;
	struct gem5_config_ini said = {.clock_mhz = 1, .hash = 1};
	assert_false(gem5_config_ini_read("none.ini", &said));
	assert_float_equal(said.clock_mhz, 0, 0);
	assert_true(said.hash == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_config_ini__the_clock_is_that_of_the_core, temp_folder_enter, temp_folder_leave),
	    cmocka_unit_test_setup_teardown(test_config_ini__the_working_folder_does_not_tell_machines_apart, temp_folder_enter,
	                                    temp_folder_leave),
	    cmocka_unit_test_setup_teardown(test_config_ini__no_file_says_nothing, temp_folder_enter, temp_folder_leave),
	};
	return cmocka_run_group_tests_name("gem5's config.ini", tests, NULL, NULL);
}
