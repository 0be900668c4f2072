/*
 * u_choose.c - choosing a machine: times and errors add up, costs come from a formula or a file, the order is that of the question
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/choose.h>

#include "model/model.h"
#include "represent/vectors.h"
#include "support/predicted.h"
#include "support/temp_folder.h"
#include "support/tiny_model.h"

enum { D = 8 };

/* Program "x" takes 10 ns on machine a and 20 ns on b, "y" 30 ns and 10 ns: 40 and 30 together. Machine errors are 10 % on average. */
struct fixture {
	struct pv_model *model;
	struct pv_vectors *vectors;
};

static void assert_near(double x, double y, double tolerance)
{
	if (!(fabs(x - y) <= tolerance))
		fail_msg("%.12g is not %.12g", x, y);
}

static struct fixture setup(void)
{
	struct fixture f = {.model = tiny_model(1)};
	const double x[D] = {1, 0}, y[D] = {0, 1};
	float *w = model_weights(f.model);
	memset(w, 0, 2 * D * sizeof *w);
	w[0] = 100;
	w[1] = 300;
	w[D] = 200;
	w[D + 1] = 100;
	f.model->info.validation_error = 0.1;
	f.model->info.left_out_error = NAN;
	f.vectors = new_vectors(f.model);
	assert_int_equal(
	    represent_vectors_add(f.vectors, &(struct pv_vector){.program = "x", .n_rows = 1, .n_insns = 5, .values = x}, NULL), PV_OK);
	assert_int_equal(
	    represent_vectors_add(f.vectors, &(struct pv_vector){.program = "y", .n_rows = 1, .n_insns = 7, .values = y}, NULL), PV_OK);
	return f;
}

static void teardown(struct fixture *f)
{
	pv_vectors_free(f->vectors);
	pv_model_free(f->model);
}

static void write_costs(const char *text)
{
	FILE *out = fopen("costs.csv", "w");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

/* Machines a and b. */
static void choose(const struct fixture *f, const struct pv_choice *c, struct pv_offer offers[2])
{
	struct pv_error err = {0};
	if (pv_choose(f->model, f->vectors, (const int[]){0, 1}, 2, c, offers, &err) != PV_OK)
		fail_msg("%s", err.message);
}

static enum pv_status refused(const struct fixture *f, const struct pv_choice *c, const char *why)
{
	struct pv_offer offers[2];
	struct pv_error err = {0};
	const enum pv_status status = pv_choose(f->model, f->vectors, (const int[]){0, 1}, 2, c, offers, &err);
	if (!strstr(err.message, why))
		fail_msg("'%s' does not say '%s'", err.message, why);
	return status;
}

static void test_choose__adds_up_programs(void **state)
{
	(void)state;
	struct fixture f = setup();
	struct pv_offer o[2];
	choose(&f, &(struct pv_choice){0}, o);
	assert_int_equal(o[0].machine, 1); /* without a question the fastest first */
	assert_near(o[0].time_ns, 30, 1e-6);
	assert_near(o[1].time_ns, 40, 1e-6);
	assert_near(o[1].model_ns, 40 * 0.1 * 1.959964 * sqrt(acos(-1) / 2), 1e-3);
	assert_near(o[1].n_insns, 12, 0);
	assert_true(o[0].sampling_ns == 0 && isnan(o[0].cost) && o[0].qualifies && o[0].clear);
	teardown(&f);
}

/* Errors are 2.456 x 10 %: 30 ns +- 7.4 and 40 ns +- 9.8. */
static void test_choose__within_a_time(void **state)
{
	(void)state;
	struct fixture f = setup();
	struct pv_offer o[2];
	choose(&f, &(struct pv_choice){.within = "50ns", .cost = "time_ns == 40"}, o);
	assert_true(o[0].machine == 1 && o[0].cost == 0 && o[1].cost == 1 && o[0].qualifies && o[1].qualifies);
	assert_true(o[0].clear && o[1].clear);
	choose(&f, &(struct pv_choice){.within = "45ns"}, o);
	assert_true(o[1].qualifies && o[0].clear && !o[1].clear); /* 49.8 ns would be too long */
	choose(&f, &(struct pv_choice){.within = "35ns", .cost = "0 - time_ns"}, o);
	assert_int_equal(o[0].machine, 1); /* a costs less, but takes 40 ns */
	assert_true(o[0].qualifies && !o[1].qualifies);
	choose(&f, &(struct pv_choice){.within = "1ns", .cost = "0 - time_ns"}, o);
	assert_true(!o[0].qualifies && o[0].machine == 0); /* none does: the cheapest first */
	teardown(&f);
}

static void test_choose__within_a_budget(void **state)
{
	(void)state;
	struct fixture f = setup();
	struct pv_offer o[2];
	const double four = 4, two = 2;
	write_costs("machine,price\nb,3\na,1\nc,0\n");
	choose(&f, &(struct pv_choice){.budget = &four, .costs = "costs.csv"}, o);
	assert_true(o[0].machine == 1 && o[0].cost == 3 && o[1].cost == 1 && o[1].qualifies);
	choose(&f, &(struct pv_choice){.budget = &two, .costs = "costs.csv"}, o);
	assert_true(o[0].machine == 0 && o[0].qualifies && !o[1].qualifies);
	teardown(&f);
}

static void test_choose__costs_from_a_column(void **state)
{
	(void)state;
	struct fixture f = setup();
	struct pv_offer o[2];
	write_costs("machine,\"note, long\", rent\na,\"old, slow\",5\n\nb,,6\n");
	choose(&f, &(struct pv_choice){.within = "1s", .costs = "costs.csv:rent"}, o);
	assert_true(o[0].machine == 0 && o[0].cost == 5 && o[1].cost == 6);
	assert_int_equal(rename("costs.csv", "costs:rent"), 0); /* a colon of its own: the second column */
	assert_int_equal(refused(&f, &(struct pv_choice){.costs = "costs:rent"}, "the cost of machine 'a' is not a number"), PV_ERR_ARG);
	teardown(&f);
}

/* Machine "o3" is a preset, and a file of that name wins over it. */
static void test_choose__parameters_of_presets_and_files(void **state)
{
	(void)state;
	struct fixture f = setup();
	struct pv_offer o[2];
	struct pv_uarch *u;
	struct pv_uarch_set *set;
	assert_int_equal(model_set_machine(f.model, 0, "o3", 1000, PV_MACHINE_TRAINED, NULL), PV_OK);
	assert_int_equal(model_set_machine(f.model, 1, "timing", 1000, PV_MACHINE_TRAINED, NULL), PV_OK);
	choose(&f, &(struct pv_choice){.cost = "l1d.size_kb"}, o);
	const double preset = o[o[0].machine != 0].cost;
	assert_int_equal(pv_uarch_load("o3", &u, NULL), PV_OK);
	assert_int_equal(pv_uarch_set_param(u, "l1d.size_bytes", "131072", NULL), PV_OK);
	assert_int_equal(pv_uarch_save(u, "mine.yaml", NULL), PV_OK);
	assert_int_equal(pv_uarch_set_load((const char *const[]){"mine.yaml"}, 1, &set, NULL), PV_OK);
	choose(&f, &(struct pv_choice){.cost = "l1d.size_kb", .uarchs = set}, o);
	assert_true(preset > 0 && preset != 128);
	assert_near(o[o[0].machine != 0].cost, 128, 0);
	pv_uarch_set_free(set);
	pv_uarch_free(u);
	teardown(&f);
}

static void test_choose__refuses(void **state)
{
	(void)state;
	struct fixture f = setup();
	struct pv_offer o[2];
	struct pv_error err = {0};
	write_costs("machine,price\na,1\n");
	assert_int_equal(refused(&f, &(struct pv_choice){.costs = "costs.csv"}, "has no cost for machine 'b'"), PV_ERR_ARG);
	assert_int_equal(refused(&f, &(struct pv_choice){.costs = "costs.csv:rent"}, "has no column 'rent'"), PV_ERR_MISSING);
	assert_int_equal(refused(&f, &(struct pv_choice){.costs = "none.csv:rent"}, "cannot open 'none.csv'"), PV_ERR_MISSING);
	assert_int_equal(refused(&f, &(struct pv_choice){.cost = "ooo.rob"}, "'ooo.n_rob', which is not known of machine 'a'"),
	                 PV_ERR_MISSING);
	assert_int_equal(refused(&f, &(struct pv_choice){.cost = "1 / 0"}, "is not a finite number"), PV_ERR_ARG);
	assert_int_equal(refused(&f, &(struct pv_choice){.within = "1MB"}, "a time is compared with a size"), PV_ERR_FORMAT);
	assert_int_equal(pv_choose(f.model, f.vectors, (const int[]){2}, 1, &(struct pv_choice){0}, o, &err), PV_ERR_ARG);
	struct pv_model *other = tiny_model(2);
	assert_int_equal(pv_choose(other, f.vectors, (const int[]){0}, 1, &(struct pv_choice){0}, o, &err), PV_ERR_ARG);
	assert_non_null(strstr(err.message, "another foundation"));
	pv_model_free(other);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_choose__adds_up_programs),
	    cmocka_unit_test(test_choose__within_a_time),
	    cmocka_unit_test(test_choose__within_a_budget),
	    cmocka_unit_test(test_choose__costs_from_a_column),
	    cmocka_unit_test(test_choose__parameters_of_presets_and_files),
	    cmocka_unit_test(test_choose__refuses),
	};
	return cmocka_run_group_tests(tests, temp_folder_enter, temp_folder_leave);
}
