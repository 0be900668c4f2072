/*
 * u_gem5_script.c - gem5/perfvec_se.py on stand-ins for gem5's Python side: it sets what machines say, and only what gem5 has
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <perfvec/uarch.h>

#include "gem5/process.h"
#include "support/gem5_machine.h"
#include "trace/gem5_op_classes.h"

static const char machines_folder[] = "../shared/gem5/machines";
static char folder[] = "/tmp/perfvec_gem5_script_XXXXXX";

static void write_run_json(const struct pv_uarch *u)
{
	const char *command[] = {"./prog", "a \"b\"", "\xc3\xa9"};
	const struct pv_gem5_run_options options = {.command = command, .n_command = 3, .max_insns = 1000};
	struct gem5_setup setup = {.program = (char[]){"/bin/prog"}, .cwd = (char[]){"/tmp"}};
	char *text = gem5_run_json(&options, &setup, u);
	assert_non_null(text);
	char path[256];
	snprintf(path, sizeof path, "%s/run.json", folder);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	free(text);
}

/* Run the script; what it prints goes to folder/log. */
static int run_script(const char *version)
{
	char command[1024];
	snprintf(command, sizeof command,
	         "here=$PWD; cd %s; FAKE_M5=$here/tests/support/fake_m5/%s.json FAKE_M5_OUT=objects.json "
	         "python3 $here/tests/support/fake_m5/gem5.py $here/gem5/perfvec_se.py run.json >log 2>&1",
	         folder, version);
	return system(command);
}

static int shell(const char *format, const char *argument)
{
	char command[1024];
	snprintf(command, sizeof command, format, folder, argument);
	return system(command);
}

static void check_machine(const struct pv_uarch *u, const char *version)
{
	write_run_json(u);
	struct trace_gem5_op_classes classes;
	char said[256];
	snprintf(said, sizeof said, "%s/op_classes.txt", folder);
	if (run_script(version) != 0 || shell("! grep -q 'no counterpart' %s/log%s", "") != 0) {
		shell("tail -n 5 %s/log%s", "");
		fail_msg("machine '%s' on the classes of %s", pv_uarch_name(u), version);
	}
	assert_int_equal(trace_gem5_op_classes_load(said, &classes, NULL), PV_OK);
	assert_int_equal(classes.n, strcmp(version, "v21") ? 74 : 53);
	unlink(said);
}

static void test_gem5_script__sets_every_parameter_of_sampled_machines(void **state)
{
	(void)state;
	const struct pv_uarch_sampling sampling = {.count = 12, .seed = 3, .ooo_share = 1, .inorder_share = 1};
	struct pv_uarch_set *set;
	assert_int_equal(pv_uarch_sample(&sampling, &set, NULL), PV_OK);
	for (size_t i = 0; i < pv_uarch_set_count(set); i++)
		check_machine(pv_uarch_set_at(set, i), i % 2 ? "v24" : "v21");
	pv_uarch_set_free(set);
}

static void test_gem5_script__takes_every_preset_in_both_versions(void **state)
{
	(void)state;
	for (size_t i = 0; i < pv_uarch_preset_count(); i++) {
		struct pv_uarch *u;
		assert_int_equal(pv_uarch_load(pv_uarch_preset_name(i), &u, NULL), PV_OK);
		check_machine(u, "v21");
		check_machine(u, "v24");
		pv_uarch_free(u);
	}
}

static void test_gem5_script__passes_the_program_on(void **state)
{
	(void)state;
	struct pv_uarch *u;
	assert_int_equal(pv_uarch_load("minor", &u, NULL), PV_OK);
	check_machine(u, "v21");
	pv_uarch_free(u);
	static const char expect[] = "python3 -c \"import json, sys\n"
	                             "cpu = json.load(open('%s/objects.json'))['system']['cpu_cluster']['cpus'][0]\n"
	                             "p = cpu['workload']\n"
	                             "ok = p['cmd'] == ['./prog', 'a \\\"b\\\"', chr(233)] and p['executable'] == '/bin/prog'\n"
	                             "ok = ok and p['cwd'] == '/tmp' and p['input'] == 'cin' and cpu['max_insts_any_thread'] == 1000\n"
	                             "sys.exit(not ok%s)\"";
	assert_int_equal(shell(expect, ""), 0);
}

static void test_gem5_script__says_what_gem5_has_not(void **state)
{
	(void)state;
	struct pv_uarch *u;
	assert_int_equal(pv_uarch_load("o3", &u, NULL), PV_OK);
	assert_int_equal(pv_uarch_set_param(u, "branch.kind", "gshare", NULL), PV_OK);
	write_run_json(u);
	assert_int_not_equal(run_script("v21"), 0);
	assert_int_equal(shell("grep -q 'this gem5 has none of: GshareBP' %s/log%s", ""), 0);
	assert_int_equal(pv_uarch_set_param(u, "branch.kind", "tournament", NULL), PV_OK);
	assert_int_equal(pv_uarch_set_param(u, "operations.IntDiv.interval_cycles", "5", NULL), PV_OK);
	write_run_json(u);
	assert_int_equal(run_script("v21"), 0);
	assert_int_equal(shell("grep -q 'operations.IntDiv: a new operation every 5 cycles' %s/log%s", ""), 0);
	pv_uarch_free(u);
}

/* Our machine out of gem5's dump, through the script, gives the dump again. */
static void compare_with_dump(const char *file)
{
	char path[512], why[256];
	snprintf(path, sizeof path, "%s/%s", machines_folder, file);
	struct pv_uarch *u;
	assert_int_equal(pv_uarch_load("o3", &u, NULL), PV_OK);
	if (!gem5_machine_load(path, u, NULL, why))
		fail_msg("%s: %s", path, why);
	check_machine(u, "v21");
	pv_uarch_free(u);
	if (shell("python3 tests/support/fake_m5/compare.py %s/objects.json %s", path) != 0)
		fail_msg("%s", path);
}

static void test_gem5_script__gives_gem5s_own_parameters(void **state)
{
	(void)state;
	DIR *dir = opendir(machines_folder);
	if (!dir) {
		print_message("no %s\n", machines_folder);
		skip();
	}
	int n = 0;
	for (const struct dirent *e; (e = readdir(dir));) {
		if (strstr(e->d_name, ".json")) {
			compare_with_dump(e->d_name);
			n++;
		}
	}
	closedir(dir);
	assert_true(n >= 18);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return shell("rm -rf %s%s", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_gem5_script__sets_every_parameter_of_sampled_machines),
	    cmocka_unit_test(test_gem5_script__takes_every_preset_in_both_versions),
	    cmocka_unit_test(test_gem5_script__passes_the_program_on),
	    cmocka_unit_test(test_gem5_script__says_what_gem5_has_not),
	    cmocka_unit_test(test_gem5_script__gives_gem5s_own_parameters),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
