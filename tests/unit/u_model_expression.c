/*
 * u_model_expression.c - model expressions: what is understood, what is refused, and the column that an error names
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "model/expression.h"

static void test_expression__is_understood(void **state)
{
	static const struct {
		const char *text, *printed;
	} cases[] = {
	    {"InsLSTM(256,2,narchs=77,bias=False)", "InsLSTM(256,2,narchs=77,bias=False)"},
	    {"InsLSTM(64,2,narchs=K,bias=False)", "InsLSTM(64,2,narchs=K,bias=False)"},
	    {" InsLSTM ( 64 ,\t2 ) ", "InsLSTM(64,2,narchs=K,bias=True)"},
	    {"InsLSTM(64,2,3)", "InsLSTM(64,2,narchs=3,bias=True)"},
	    {"InsLSTM(64,2,gru=True,bias=False)", "InsLSTM(64,2,narchs=K,gru=True,bias=False)"},
	    {"InsLSTM(64,2,wide=True,bias=False)", "InsLSTM(64,2,narchs=K,bias=False,wide=True)"},
	    {"MinGRU(32,3,narchs=K,bias=False)", "MinGRU(32,3,narchs=K,bias=False)"},
	    {"InsLSTM(nlayers=1,nhidden=8,bias=True,gru=False,bi=False,norm=False,nembed=0)", "InsLSTM(8,1,narchs=K,bias=True)"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct model_expression e;
		struct pv_error err = {0};
		char printed[MODEL_EXPRESSION_CHARS];
		if (model_expression_parse(cases[i].text, &e, &err) != PV_OK)
			fail_msg("'%s': %s", cases[i].text, err.message);
		model_expression_print(&e, printed);
		assert_string_equal(printed, cases[i].printed);
	}
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
	    {"InsLSTM(64)", PV_ERR_FORMAT, "lacks the number of layers"},
	    {"InsLSTM()", PV_ERR_FORMAT, "column 9: expected a number, found ')'"},
	    {"InsLSTM(64,2x)", PV_ERR_FORMAT, "column 13: expected a number, found 'x'"},
	    {"InsLSTM(64,-2)", PV_ERR_FORMAT, "column 12: expected a number, found '-'"},
	    {"InsLSTM(64,2,bias=0)", PV_ERR_FORMAT, "column 19: expected True or False, found '0'"},
	    {"InsLSTM(64,2,narchs=k)", PV_ERR_FORMAT, "column 21: expected a number or K, found 'k'"},
	    {"InsLSTM(64,2,layers=3)", PV_ERR_FORMAT, "column 14: no argument is called 'layers'"},
	    {"InsLSTM(64,2,nhidden=3)", PV_ERR_FORMAT, "column 14: nhidden is given twice"},
	    {"InsLSTM(bias=False,64,2)", PV_ERR_FORMAT, "column 20: expected a keyword"},
	    {"InsLSTM(64,2))", PV_ERR_FORMAT, "column 14: expected the end, found ')'"},
	    {"InsLSTM(64,2,3,0,False,False,False,True,False,1)", PV_ERR_FORMAT, "column 47: more than 9 arguments"},
	    {"InsLSTM(0,2)", PV_ERR_RANGE, "column 9: nhidden is 0, allowed is 1"},
	    {"InsLSTM(99999999999999999999,2)", PV_ERR_RANGE, "column 9: nhidden is 99999999999999999999"},
	    {"InsLSTM(64,2,narchs=0)", PV_ERR_RANGE, "column 21: narchs is 0"},
	    {"MinGRU(64,2,gru=True)", PV_ERR_FORMAT, "MinGRU takes no option 'gru'"},
	    {"InsLSTM(64,2,bi=True)", PV_ERR_UNSUPPORTED, "option 'bi'"},
	    {"InsLSTM(64,2,norm=True)", PV_ERR_UNSUPPORTED, "option 'norm'"},
	    {"InsLSTM(64,2,nembed=8)", PV_ERR_UNSUPPORTED, "option 'nembed'"},
	    {"TransformerModel(4)", PV_ERR_UNSUPPORTED, "model 'TransformerModel'"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct model_expression e = {.n_hidden = -1};
		struct pv_error err = {0};
		assert_int_equal(model_expression_parse(cases[i].text, &e, &err), cases[i].status);
		if (!strstr(err.message, cases[i].part))
			fail_msg("'%s': message '%s' lacks '%s'", cases[i].text, err.message, cases[i].part);
		assert_int_equal(e.n_hidden, -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_expression__is_understood),
	    cmocka_unit_test(test_expression__errors_name_the_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
