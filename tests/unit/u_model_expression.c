/*
 * u_model_expression.c - model expressions as models take them: their canonical form, and what is refused, with the column
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "model/encoder.h"

enum { F = 51, K = 7, STEPS = 30 };

static void test_expression__has_a_canonical_form(void **state)
{
	static const struct {
		const char *text, *printed;
	} cases[] = {
	    {"InsLSTM(256,2,narchs=7,bias=False)", "InsLSTM(256,2,narchs=7,bias=False)"},
	    {"InsLSTM(64,2,narchs=K,bias=False)", "InsLSTM(64,2,narchs=7,bias=False)"},
	    {" InsLSTM ( 64 ,\t2 ) ", "InsLSTM(64,2,narchs=7,bias=True)"},
	    {"InsLSTM(64,2,7)", "InsLSTM(64,2,narchs=7,bias=True)"},
	    {"InsLSTM(64,2,gru=True,bias=False)", "InsLSTM(64,2,narchs=7,gru=True,bias=False)"},
	    {"InsLSTM(64,2,wide=True,bias=False)", "InsLSTM(64,2,narchs=7,bias=False,wide=True)"},
	    {"MinGRU(32,3,narchs=K,bias=False)", "MinGRU(32,3,narchs=7,bias=False)"},
	    {"InsLSTM(nlayers=1,nhidden=8,bias=True,gru=False,bi=False,norm=False,nembed=0)", "InsLSTM(8,1,narchs=7,bias=True)"},
	    {"SeqLSTM(8,1,K,4)", "SeqLSTM(8,1,narchs=7,nembed=4,bias=True)"},
	    {"CNN(cfg,1,9,3,5,2,0)", "CNN(cfg,1,9,3,5,2,0,narchs=7,rows=30)"},
	    {"MLP(cfg,2,8,12,rows=1)", "MLP(cfg,2,8,12,narchs=7,rows=1)"},
	    {"InsLSTMDSE(8,1,K,bias=False)", "InsLSTMDSE(8,1,narchs=7,bias=False)"},
	    {"InsEmModel(InsEm(cfg,3),InsLSTM(8,1))", "InsEmModel(InsEm(cfg,nop=3),InsLSTM(8,1,narchs=7,bias=True))"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct model_expression e, again;
		struct pv_error err = {0};
		if (model_expression_parse(cases[i].text, 0, STEPS, F, K, &e, &err) != PV_OK)
			fail_msg("'%s': %s", cases[i].text, err.message);
		assert_string_equal(e.text, cases[i].printed);
		/* It says everything: the dataset's windows do not matter any more. */
		if (model_expression_parse(e.text, 0, 2 * STEPS, F, K, &again, &err) != PV_OK)
			fail_msg("'%s': %s", e.text, err.message);
		assert_string_equal(again.text, e.text);
		assert_int_equal(again.n_repr, e.n_repr);
	}
}

static void test_expression__of_windows_may_say_their_rows(void **state)
{
	struct model_expression e;
	(void)state;
	assert_int_equal(model_expression_parse("TransformerModel(3,8,1,dropout=0.25)", STEPS, 0, F, K, &e, NULL), PV_OK);
	assert_string_equal(e.text, "TransformerModel(3,8,1,narchs=7,dropout=0.25)");
	assert_int_equal(e.window, STEPS);
	assert_int_equal(model_expression_parse("CNN(cfg,1,9,3,5,2,1,rows=12)", STEPS, 0, F, K, &e, NULL), PV_OK);
	assert_int_equal(e.window, 12);
}

static void test_expression__takes_another_number_of_machines(void **state)
{
	struct model_expression e;
	(void)state;
	assert_int_equal(model_expression_parse("InsEmModel(InsEm(cfg),SeqLSTM(8,1))", 0, 0, F, K, &e, NULL), PV_OK);
	assert_int_equal(model_expression_set_machines(&e, 19, NULL), PV_OK);
	assert_string_equal(e.text, "InsEmModel(InsEm(cfg),SeqLSTM(8,1,narchs=19,bias=True))");
	assert_int_equal(e.n_machines, 19);
}

static void test_expression__errors_name_the_place(void **state)
{
	static const struct {
		const char *text;
		enum pv_status status;
		const char *part; /* of the message */
	} cases[] = {
	    {"", PV_ERR_FORMAT, "ends at column 1 where a model name"},
	    {"LSTM(64,2)", PV_ERR_FORMAT, "column 1: no model is called 'LSTM'"},
	    {"InsLSTM", PV_ERR_FORMAT, "ends at column 8 where '('"},
	    {"InsLSTM(64", PV_ERR_FORMAT, "ends at column 11 where ',' or ')'"},
	    {"InsLSTM(64)", PV_ERR_FORMAT, "column 1: InsLSTM lacks nlayers"},
	    {"InsLSTM()", PV_ERR_FORMAT, "column 1: InsLSTM lacks nhidden"},
	    {"InsLSTM(64,2x)", PV_ERR_FORMAT, "column 13: expected ',' or ')' after the number, found 'x'"},
	    {"InsLSTM(64,-2)", PV_ERR_RANGE, "column 12: nlayers is -2, allowed is 1"},
	    {"InsLSTM(64,2,bias=0)", PV_ERR_FORMAT, "column 14: bias takes True or False"},
	    {"InsLSTM(64,2,narchs=k)", PV_ERR_FORMAT, "column 14: narchs takes a whole number or K"},
	    {"InsLSTM(64,2,layers=3)", PV_ERR_FORMAT, "column 14: no argument of InsLSTM is called 'layers'"},
	    {"InsLSTM(64,2,nhidden=3)", PV_ERR_FORMAT, "column 14: nhidden is given twice"},
	    {"InsLSTM(bias=False,64,2)", PV_ERR_FORMAT, "column 20: an argument by position cannot follow one by keyword"},
	    {"InsLSTM(64,2))", PV_ERR_FORMAT, "column 14: expected the end, found ')'"},
	    {"InsLSTM(64,2,3,0,False,False,False,True,False)", PV_ERR_FORMAT, "column 41: 8 arguments by position are possible"},
	    {"InsLSTM(0,2)", PV_ERR_RANGE, "column 9: nhidden is 0, allowed is 1"},
	    {"InsLSTM(99999999999999999999,2)", PV_ERR_RANGE, "column 9: nhidden is 1e+20"},
	    {"InsLSTM(64,2,narchs=0)", PV_ERR_RANGE, "column 14: narchs is 0"},
	    {"MinGRU(64,2,gru=True)", PV_ERR_FORMAT, "column 13: no argument of MinGRU is called 'gru'"},
	    {"InsLSTM(8,1,rows=3)", PV_ERR_FORMAT, "column 13: no argument of InsLSTM is called 'rows'"},
	    {"MLP(cfg,1,8,rows=2000)", PV_ERR_RANGE, "column 13: rows is 2000, allowed is 1 to 1024"},
	    {"InsLSTM(64,2,3)", PV_ERR_SHAPE, "narchs=3"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct model_expression e = {.n_repr = -1};
		struct pv_error err = {0};
		const enum pv_status status = model_expression_parse(cases[i].text, 0, STEPS, F, K, &e, &err);
		if (status != cases[i].status || !strstr(err.message, cases[i].part))
			fail_msg("'%s': status %d, message '%s' lacks '%s'", cases[i].text, status, err.message, cases[i].part);
		assert_int_equal(e.n_repr, -1);
	}
}

/* One sentence: which layer, and why. */
static void test_expression__says_why_it_needs_windows(void **state)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
	    {"InsLSTM(64,2,bi=True)", "does not run over streams: layer 1 (recurrent) reads its window from the end, too (bi=True)"},
	    {"SeqEmLSTM(64,1,bi=True)", "layer 2 (recurrent) reads its window from the end"},
	    {"InsLSTM(64,2,norm=True)", "layer 1 (norm) normalises over all rows of its window (norm=True)"},
	    {"TransformerModel(3,8,1)", "layer 1 (positions) numbers the rows of its window"},
	    {"CNN(cfg,1,9,3,5,2,1)", "layer 1 (conv) pads its windows with zeros at both ends"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct model_expression e;
		struct pv_error err = {0};
		assert_int_equal(model_expression_parse(cases[i].text, 0, STEPS, F, K, &e, &err), PV_ERR_UNSUPPORTED);
		if (!strstr(err.message, cases[i].part) || !strstr(err.hint, "--mode window"))
			fail_msg("'%s': '%s' (%s)", cases[i].text, err.message, err.hint);
		assert_int_equal(model_expression_parse(cases[i].text, STEPS, 0, F, K, &e, &err), PV_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_expression__has_a_canonical_form),
	    cmocka_unit_test(test_expression__of_windows_may_say_their_rows),
	    cmocka_unit_test(test_expression__takes_another_number_of_machines),
	    cmocka_unit_test(test_expression__errors_name_the_place),
	    cmocka_unit_test(test_expression__says_why_it_needs_windows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
