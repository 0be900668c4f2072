/*
 * u_nn_models.c - models by expression: their tensors, initialisation, operations, agreement with net.h, and what is refused where
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "nn/expr.h"
#include "nn/graph.h"
#include "nn/net.h"

enum { T = 6, F = 51, K = 3, B = 4 };

static const struct nn_graph_setting setting = {T, F, K};

static struct nn_graph *build(const char *expression)
{
	struct nn_graph *graph;
	struct pv_error err;
	if (nn_graph_new(expression, &setting, &graph, &err) != PV_OK)
		fail_msg("'%s': %s", expression, err.message);
	return graph;
}

static float *floats(size_t n)
{
	float *p = calloc(n + 1, sizeof *p);
	assert_non_null(p);
	return p;
}

static void draw(float *p, size_t n, uint64_t seed)
{
	struct base_random rng;
	base_random_init(&rng, seed);
	for (size_t i = 0; i < n; i++)
		p[i] = (float)(2.0 * base_random_unit(&rng) - 1.0);
}

/* Numbers and letters of a tree, in one line. */
static void test_expr__tree(void **state)
{
	(void)state;
	struct nn_expr *e;
	assert_int_equal(nn_expr_parse(" A( B( cfg , 1e-1 ) , key = True, n=-3 ) ", &e, NULL), PV_OK);
	const struct nn_expr_node *n = e->nodes;
	assert_int_equal(e->n_nodes, 6);
	assert_string_equal(n[0].name, "A");
	const struct nn_expr_node *b = &n[n[0].first];
	assert_int_equal(b->kind, NN_EXPR_CALL);
	assert_int_equal(b->column, 5);
	const struct nn_expr_node *cfg = &n[b->first], *real = &n[cfg->next];
	assert_int_equal(cfg->kind, NN_EXPR_NAME);
	assert_string_equal(cfg->name, "cfg");
	assert_true(real->kind == NN_EXPR_NUMBER && !real->whole && real->number == 0.1 && real->next < 0);
	const struct nn_expr_node *key = &n[b->next], *last = &n[key->next];
	assert_string_equal(key->key, "key");
	assert_true(key->kind == NN_EXPR_BOOL && key->number == 1.0);
	assert_true(last->kind == NN_EXPR_NUMBER && last->whole && last->number == -3.0 && last->next < 0);
	free(e);
}

static void test_models__errors_name_the_place(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum pv_status status;
		const char *message;
	} cases[] = {
	    {"", PV_ERR_FORMAT, "ends at column 1 where a model name"},
	    {"InsLSTM", PV_ERR_FORMAT, "ends at column 8 where '('"},
	    {"InsLSTM(2,2", PV_ERR_FORMAT, "ends at column 12 where ',' or ')'"},
	    {"InsLSTM(2,2) x", PV_ERR_FORMAT, "column 14: expected the end, found 'x'"},
	    {"InsLSTM(2,)", PV_ERR_FORMAT, "column 11: expected a value, found ')'"},
	    {"InsLSTM(2,0x10)", PV_ERR_FORMAT, "column 15: expected ',' or ')'"},
	    {"InsLSTM(2)", PV_ERR_FORMAT, "column 1: InsLSTM lacks nlayers"},
	    {"InsLSTM(2,2.5)", PV_ERR_FORMAT, "column 11: nlayers takes a whole number"},
	    {"InsLSTM(2,99)", PV_ERR_RANGE, "column 11: nlayers is 99, allowed is 1 to 16"},
	    {"InsLSTM(2,2,gru=1)", PV_ERR_FORMAT, "column 13: gru takes True or False"},
	    {"InsLSTM(2,2,nlayers=1)", PV_ERR_FORMAT, "column 13: nlayers is given twice"},
	    {"InsLSTM(2,2,depth=1)", PV_ERR_FORMAT, "column 13: no argument of InsLSTM is called 'depth'"},
	    {"InsLSTM(2,nlayers=2,3)", PV_ERR_FORMAT, "column 21: an argument by position"},
	    {"InsLSTM(2,2,3,0,False,False,False,True,1)", PV_ERR_FORMAT, "column 40: 8 arguments by position"},
	    {"Lstm(2,2)", PV_ERR_FORMAT, "column 1: no model is called 'Lstm'"},
	    {"E1DNet(2,2)", PV_ERR_UNSUPPORTED, "E1DNet is not supported"},
	    {"InsLSTMDSE(2,2)", PV_ERR_FORMAT, "needs bias=False"},
	    {"InsEm(cfg)", PV_ERR_FORMAT, "InsEm is a part"},
	    {"InsEmModel(InsLSTM(2,2),InsLSTM(2,2))", PV_ERR_FORMAT, "column 12: embed_model takes InsEm"},
	    {"InsEmModel(InsEm(cfg),InsEm(cfg))", PV_ERR_FORMAT, "column 23: main_model takes a model"},
	    {"InsEmModel(InsEm(cfg),Predictor(cfg))", PV_ERR_FORMAT, "column 23: Predictor has no representation"},
	    {"InsEmModel(InsEm(cfg),InsEmLSTM(2,2))", PV_ERR_FORMAT, "column 23: a model with embeddings of its own"},
	    {"MLP(2,24)", PV_ERR_FORMAT, "column 5: cfg takes the name cfg"},
	    {"MLP(cfg,3,24,48)", PV_ERR_FORMAT, "MLP of 3 layers takes 2 hidden sizes after h, not 1"},
	    {"MLP(cfg,2,24,0)", PV_ERR_RANGE, "hidden size 1 of the MLP is 0"},
	    {"CNN(cfg,1,24,3,16,2)", PV_ERR_FORMAT, "takes 4 numbers after h"},
	    {"CNN(cfg,1,24,9,16,1,0)", PV_ERR_RANGE, "layer 1 of the CNN: kernel 9"},
	    {"CNN(cfg,1,24,3,16,0,0)", PV_ERR_RANGE, "stride 0"},
	    {"TransformerModel(4,64,2)", PV_ERR_FORMAT, "51 columns cannot be shared by 4 heads"},
	    {"TransformerModel(3,64,2,dropout=1.5)", PV_ERR_RANGE, "dropout is 1.5, allowed is 0 to 1"},
	    {"Predictor(cfg,bias=True,global_bias=True)", PV_ERR_FORMAT, "bias or global_bias"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct nn_graph *graph = NULL;
		struct pv_error err = {0};
		const enum pv_status status = nn_graph_new(cases[i].text, &setting, &graph, &err);
		if (status != cases[i].status || err.status != status || !strstr(err.message, cases[i].message))
			fail_msg("'%s': status %d, '%s'", cases[i].text, status, err.message);
		assert_null(graph);
	}
}

static void test_models__embeddings_need_the_schema(void **state)
{
	(void)state;
	struct nn_graph *graph;
	struct pv_error err;
	const struct nn_graph_setting other = {T, 40, K};
	assert_int_equal(nn_graph_new("InsEmLSTM(4,1)", &other, &graph, &err), PV_ERR_SHAPE);
	assert_non_null(strstr(err.message, "the data has 40"));
}

static void assert_rows(struct nn_rows is, int rows, int columns)
{
	assert_int_equal(is.T, rows);
	assert_int_equal(is.F, columns);
}

static void test_models__shapes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int repr_T, repr_F, out_T, out_F;
		size_t n_trained;
	} cases[] = {
	    {"InsLSTM(8,2,bias=False)", 1, 8, 1, K, 4 * 8 * (F + 8 + 2) + 4 * 8 * (8 + 8 + 2) + 8 * K},
	    {"InsLSTM(8,1,narchs=K)", 1, 8, 1, K, 4 * 8 * (F + 8 + 2) + 8 * K + K},
	    {"SeqLSTM(8,1,5,gru=True,bi=True)", T, 16, T, 5, 2 * 3 * 8 * (F + 8 + 2) + 16 * 5 + 5},
	    {"InsLSTM(8,1,7,4,norm=True,bias=False)", 1, 8, 1, 7, 4 * F + 4 + 2 * T * 4 + 4 * 8 * (4 + 8 + 2) + 8 * 7},
	    {"InsLSTMDSE(8,1,bias=False)", 1, 8, 1, K, 4 * 8 * (F + 8 + 2) + 16 * 3 + 8 * 17},
	    {"SeqEmLSTM(8,1,nop=3,nr=2)", T, 8, T, K, 50 * 3 + 1024 * 2 + 4 * 8 * (3 + 28 + 22 + 8 + 2) + 8 * K + K},
	    {"InsEmModel(InsEm(cfg,nop=2,nmem=3),TransformerModel(1,16,1,nembed=8))", 1, 8, 1, K,
	     50 * 2 + 256 * 3 + (2 + 3 + 51 - 8) * 8 + 8 + 4 * (64 + 8) + 2 * 128 + 16 + 8 + 4 * 8 + 8 * K + K},
	    {"MLP(cfg,1,9)", 1, 9, 1, K, T * F * 9 + 9 + 9 * K},
	    {"CNN(cfg,1,9,3,5,2,1,narchs=2)", 1, 9, 1, 2, 5 * F * 3 + 5 + 3 * 5 * 9 + 9 + 9 * 2},
	    {"Predictor(cfg,bias=False,global_bias=True)", 0, 0, 1, K, F * K + 1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct nn_graph *g = build(cases[i].text);
		const struct nn_rows repr = nn_graph_representation(g), out = nn_graph_output(g);
		assert_rows(repr, cases[i].repr_T, cases[i].repr_F);
		assert_rows(out, cases[i].out_T, cases[i].out_F);
		if (nn_graph_n_trained(g) != cases[i].n_trained)
			fail_msg("'%s' trains %zu numbers, not %zu", cases[i].text, nn_graph_n_trained(g), cases[i].n_trained);
		nn_graph_free(g);
	}
}

/* Where nothing is said of the data, the machines are the 18 that the reference describes. */
static void test_models__machines_that_the_reference_describes(void **state)
{
	(void)state;
	const struct nn_graph_setting unknown = {T, F, 0};
	struct nn_graph *g;
	int n;
	assert_int_equal(nn_graph_new("InsLSTMDSE(8,1,bias=False)", &unknown, &g, NULL), PV_OK);
	assert_rows(nn_graph_output(g), 1, 18);
	float *params = calloc(nn_graph_n_params(g), sizeof *params);
	nn_graph_init(g, params, 1);
	const struct nn_tensor *t = nn_graph_tensors(g, &n);
	while (strcmp(t->name, "uarch_paras"))
		assert_true(t++ - nn_graph_tensors(g, &n) < n);
	assert_true(params[t->offset] == 1 && params[t->offset + 6] == 6 && params[t->offset + 35] == 2);
	free(params);
	nn_graph_free(g);
}

/* Which features the embeddings look up, by name. */
static void test_models__embeddings_look_up_the_right_features(void **state)
{
	(void)state;
	static const char *const features[] = {
#define X(name, ...) #name,
#include <perfvec/features.def>
#undef X
	};
	static const char *const expected[4][10] = {
	    {"op"},
	    {"fault", "store", "load", "conditional_atomic", "read_barrier", "write_barrier", "has_addr"},
	    {"microop", "cond_branch", "uncond_branch", "direct_branch", "squash_after", "serialize_after", "serialize_before",
	     "non_speculative", "taken"},
	    {"src0_class", "src0_index"},
	};
	struct nn_graph *g = build("InsEmModel(InsEm(cfg,nop=1,nmem=1,nctrl=1,nr=1),InsLSTM(4,1))");
	int n;
	const struct nn_layer *l = nn_graph_layers(g, &n);
	assert_ptr_equal(l->kind, &nn_layer_embed);
	for (int i = 0; i < 4; i++) {
		const struct nn_embed_table *t = &l->as.embed->tables[i];
		for (int k = 0; k < t->n_fields; k++)
			assert_string_equal(features[t->feature[k]], expected[i][k]);
		assert_null(expected[i][t->n_fields]);
	}
	const struct nn_embed_table *registers = &l->as.embed->tables[3];
	const int last = registers->feature[0] + (registers->repeat - 1) * registers->stride;
	assert_string_equal(features[last], "dst5_class");
	assert_int_equal(last + 2, (int)(sizeof features / sizeof *features));
	nn_graph_free(g);
}

static void test_models__an_index_without_a_row_is_refused(void **state)
{
	(void)state;
	static const struct {
		int feature;
		float value;
	} bad[] = {{1, 50}, {1, -1}, {11, 100}, {24, 50}, {23, 21}, {24, NAN}, {24, 1e30f}};
	struct nn_graph *g = build("InsEmModel(InsEm(cfg,nop=2,nmem=2,nctrl=2,nr=2),InsLSTM(4,1))");
	struct nn_graph_work *work;
	struct pv_error err;
	float *params = floats(nn_graph_n_params(g)), *x = floats(B * T * F);
	assert_int_equal(nn_graph_work_new(g, B, false, &work, NULL), PV_OK);
	nn_graph_init(g, params, 1);
	assert_int_equal(nn_graph_forward(g, params, work, x, B, 0, NULL, NULL, &err), PV_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		float *at = x + (2 * T + 3) * F + bad[i].feature;
		*at = bad[i].value;
		assert_int_equal(nn_graph_forward(g, params, work, x, B, 0, NULL, NULL, &err), PV_ERR_RANGE);
		assert_non_null(strstr(err.message, "window 2, instruction 3"));
		*at = 0.0f;
	}
	/* The highest register that there is: class 7 (miscellaneous), index 689. */
	x[23] = 7;
	x[24] = 689;
	assert_int_equal(nn_graph_forward(g, params, work, x, B, 0, NULL, NULL, &err), PV_OK);
	nn_graph_work_free(work);
	nn_graph_free(g);
	free(params);
	free(x);
}

/* Statistics undo the normalisation: the same rows are found. */
static void test_models__statistics_undo_normalisation(void **state)
{
	(void)state;
	struct nn_graph *g = build("InsEmLSTM(4,1,nop=3)");
	struct nn_graph_work *work;
	float *params = floats(nn_graph_n_params(g)), x[F] = {0}, mean[F], std[F], output[K];
	const float *out;
	const struct nn_graph_setting one = {1, F, K};
	nn_graph_free(g);
	assert_int_equal(nn_graph_new("InsEmLSTM(4,1,nop=3)", &one, &g, NULL), PV_OK);
	assert_int_equal(nn_graph_work_new(g, 1, false, &work, NULL), PV_OK);
	nn_graph_init(g, params, 1);
	x[1] = 17;
	assert_int_equal(nn_graph_forward(g, params, work, x, 1, 0, NULL, &out, NULL), PV_OK);
	memcpy(output, out, sizeof output);
	for (int f = 0; f < F; f++) {
		mean[f] = 0.0f;
		std[f] = f % 2 ? 3.0f : 0.0f;
	}
	mean[1] = 5.0f;
	nn_graph_set_statistics(g, params, mean, std);
	x[1] = (17.0f - 5.0f) / 3.0f;
	assert_int_equal(nn_graph_forward(g, params, work, x, 1, 0, NULL, &out, NULL), PV_OK);
	assert_memory_equal(out, output, sizeof output);
	nn_graph_work_free(work);
	nn_graph_free(g);
	free(params);
}

/* The stream network, begun at zero, is the same function. */
static void test_models__agree_with_the_stream_network(void **state)
{
	(void)state;
	const struct nn_net_config config = {F, 8, 2, K, true, NN_CELL_LSTM, false};
	struct nn_graph *g = build("SeqLSTM(8,2,bias=True)");
	struct nn_net *net;
	struct nn_net_work *net_work;
	struct nn_graph_work *work;
	const float *by_net, *by_graph;
	int n, n_net;
	assert_int_equal(nn_net_new(&config, &net, NULL), PV_OK);
	const struct nn_tensor *t = nn_graph_tensors(g, &n);
	const struct nn_net_tensor *net_t = nn_net_tensors(net, &n_net);
	assert_int_equal(n, n_net);
	for (int i = 0; i < n; i++) {
		assert_string_equal(t[i].name, net_t[i].name);
		assert_int_equal(t[i].offset, net_t[i].offset);
	}
	float *params = floats(nn_graph_n_params(g)), *x = floats(B * T * F), *turned = floats(B * T * F);
	nn_graph_init(g, params, 4);
	draw(x, B * T * F, 5);
	for (int b = 0; b < B; b++)
		for (int s = 0; s < T; s++)
			memcpy(turned + (s * B + b) * F, x + (b * T + s) * F, F * sizeof(float));
	assert_int_equal(nn_net_work_new(net, B, T, false, &net_work, NULL), PV_OK);
	assert_int_equal(nn_graph_work_new(g, B, false, &work, NULL), PV_OK);
	nn_net_forward(net, params, net_work, turned, T, NULL, &by_net);
	assert_int_equal(nn_graph_forward(g, params, work, x, B, 0, NULL, &by_graph, NULL), PV_OK);
	for (int b = 0; b < B; b++)
		for (int s = 0; s < T; s++)
			assert_memory_equal(by_graph + (b * T + s) * K, by_net + (s * B + b) * K, K * sizeof(float));
	double forward, training, net_forward, net_training;
	nn_graph_flops(g, &forward, &training);
	nn_net_flops(net, &net_forward, &net_training);
	assert_true(forward == T * net_forward && training == T * net_training);
	nn_graph_work_free(work);
	nn_net_work_free(net_work);
	nn_net_free(net);
	nn_graph_free(g);
	free(params);
	free(x);
	free(turned);
}

static void test_models__initialisation(void **state)
{
	(void)state;
	struct nn_graph *g = build("TransformerModel(2,32,1,nembed=16)");
	int n;
	const struct nn_tensor *t = nn_graph_tensors(g, &n);
	float *params = floats(nn_graph_n_params(g)), *again = floats(nn_graph_n_params(g));
	nn_graph_init(g, params, 9);
	nn_graph_init(g, again, 9);
	assert_memory_equal(params, again, nn_graph_n_params(g) * sizeof(float));
	nn_graph_init(g, again, 10);
	assert_memory_not_equal(params, again, nn_graph_n_params(g) * sizeof(float));
	static const struct {
		const char *name;
		double low, high; /* all inside; the extremes at least half way out */
	} bounds[] = {{"inst_embed.weight", -0.1, 0.1},
	              {"linear.bias", 0, 0},
	              {"encoder.layers.0.norm1.weight", 1, 1},
	              {"encoder.layers.0.self_attn.in_proj_weight", -0.30618622, 0.30618622},
	              {"encoder.layers.0.linear2.weight", -0.17677670, 0.17677670},
	              {"pos_encoder.pe", -1, 1}};
	for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
		int k = 0;
		while (k < n && strcmp(t[k].name, bounds[i].name))
			k++;
		assert_true(k < n);
		double low = INFINITY, high = -INFINITY;
		for (size_t j = 0; j < t[k].n; j++) {
			low = fmin(low, (double)params[t[k].offset + j]);
			high = fmax(high, (double)params[t[k].offset + j]);
		}
		assert_true(low >= bounds[i].low - 1e-6 && high <= bounds[i].high + 1e-6);
		assert_true(low <= bounds[i].low / 2 + fmax(0, bounds[i].low) && high >= bounds[i].high / 2);
	}
	nn_graph_free(g);
	free(params);
	free(again);
}

static void test_models__dropout_only_while_training(void **state)
{
	(void)state;
	enum { N = 64 };
	struct nn_graph *g = build("TransformerModel(1,32,1,nembed=16,dropout=0.5)");
	struct nn_graph_work *work;
	float *params = floats(nn_graph_n_params(g)), *x = floats(N * T * F), output[N * K];
	const float *out;
	nn_graph_init(g, params, 9);
	draw(x, N * T * F, 5);
	assert_int_equal(nn_graph_work_new(g, N, true, &work, NULL), PV_OK);
	assert_int_equal(nn_graph_forward(g, params, work, x, N, 0, NULL, &out, NULL), PV_OK);
	memcpy(output, out, sizeof output);
	assert_int_equal(nn_graph_forward(g, params, work, x, N, 0, NULL, &out, NULL), PV_OK);
	assert_memory_equal(out, output, sizeof output);
	assert_int_equal(nn_graph_forward(g, params, work, x, N, 1, NULL, &out, NULL), PV_OK);
	assert_memory_not_equal(out, output, sizeof output);
	memcpy(output, out, sizeof output);
	assert_int_equal(nn_graph_forward(g, params, work, x, N, 1, NULL, &out, NULL), PV_OK);
	assert_memory_equal(out, output, sizeof output);
	nn_graph_work_free(work);
	nn_graph_free(g);
	free(params);
	free(x);
}

/* A window's result does not depend on its neighbours in the batch, nor on how many there are. */
static void test_models__windows_are_independent(void **state)
{
	(void)state;
	static const char *const texts[] = {"InsLSTM(8,2,gru=True,bi=True)", "InsLSTM(8,1,norm=True)", "CNN(cfg,1,9,3,5,1,0)",
	                                    "MLP(cfg,1,9)", "TransformerModel(3,8,1)"};
	float *x = floats(B * T * F);
	draw(x, B * T * F, 5);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct nn_graph *g = build(texts[i]);
		struct nn_graph_work *work;
		float *params = floats(nn_graph_n_params(g)), all[B * K];
		const float *out;
		nn_graph_init(g, params, 9);
		assert_int_equal(nn_graph_work_new(g, B, false, &work, NULL), PV_OK);
		assert_int_equal(nn_graph_forward(g, params, work, x, B, 0, NULL, &out, NULL), PV_OK);
		memcpy(all, out, sizeof all);
		for (int b = 0; b < B; b++) {
			assert_int_equal(nn_graph_forward(g, params, work, x + b * T * F, 1, 0, NULL, &out, NULL), PV_OK);
			for (int k = 0; k < K; k++)
				assert_true(fabsf(out[k] - all[b * K + k]) <= 1e-5f * (1.0f + fabsf(out[k])));
		}
		assert_int_equal(nn_graph_forward(g, params, work, x, B + 1, 0, NULL, &out, NULL), PV_ERR_SHAPE);
		nn_graph_work_free(work);
		nn_graph_free(g);
		free(params);
	}
	free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_expr__tree),
	    cmocka_unit_test(test_models__errors_name_the_place),
	    cmocka_unit_test(test_models__embeddings_need_the_schema),
	    cmocka_unit_test(test_models__shapes),
	    cmocka_unit_test(test_models__machines_that_the_reference_describes),
	    cmocka_unit_test(test_models__embeddings_look_up_the_right_features),
	    cmocka_unit_test(test_models__an_index_without_a_row_is_refused),
	    cmocka_unit_test(test_models__statistics_undo_normalisation),
	    cmocka_unit_test(test_models__agree_with_the_stream_network),
	    cmocka_unit_test(test_models__initialisation),
	    cmocka_unit_test(test_models__dropout_only_while_training),
	    cmocka_unit_test(test_models__windows_are_independent),
	};
	return cmocka_run_group_tests_name("models", tests, NULL, NULL);
}
