/*
 * u_nn_models.c - models by expression: their tensors, initialisation, operations, agreement of streams with windows, and what is refused
 * where
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
#include "nn/expression.h"
#include "nn/sequential.h"

enum { T = 6, F = 51, K = 3, B = 4 };

static const struct nn_setting setting = {T, F, K};

static struct nn_sequential *build(const char *expression)
{
	struct nn_sequential *chain;
	struct pv_error err;
	if (nn_sequential_new(expression, &setting, &chain, &err) != PV_OK)
		fail_msg("'%s': %s", expression, err.message);
	return chain;
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
	    {"E1DNet(2,2)", PV_ERR_FORMAT, "column 1: no model is called 'E1DNet'"},
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
		struct nn_sequential *chain = NULL;
		struct pv_error err = {0};
		const enum pv_status status = nn_sequential_new(cases[i].text, &setting, &chain, &err);
		if (status != cases[i].status || err.status != status || !strstr(err.message, cases[i].message))
			fail_msg("'%s': status %d, '%s'", cases[i].text, status, err.message);
		assert_null(chain);
	}
}

static void test_models__embeddings_need_the_schema(void **state)
{
	(void)state;
	struct nn_sequential *chain;
	struct pv_error err;
	const struct nn_setting other = {T, 40, K};
	assert_int_equal(nn_sequential_new("InsEmLSTM(4,1)", &other, &chain, &err), PV_ERR_SHAPE);
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
		struct nn_sequential *g = build(cases[i].text);
		const struct nn_rows repr = nn_sequential_representation(g), out = nn_sequential_output(g);
		assert_rows(repr, cases[i].repr_T, cases[i].repr_F);
		assert_rows(out, cases[i].out_T, cases[i].out_F);
		if (nn_sequential_n_trained(g) != cases[i].n_trained)
			fail_msg("'%s' trains %zu numbers, not %zu", cases[i].text, nn_sequential_n_trained(g), cases[i].n_trained);
		nn_sequential_free(g);
	}
}

/* Where nothing is said of the data, the machines are the 18 that the reference describes. */
static void test_models__machines_that_the_reference_describes(void **state)
{
	(void)state;
	const struct nn_setting unknown = {T, F, 0};
	struct nn_sequential *g;
	int n;
	assert_int_equal(nn_sequential_new("InsLSTMDSE(8,1,bias=False)", &unknown, &g, NULL), PV_OK);
	assert_rows(nn_sequential_output(g), 1, 18);
	float *params = calloc(nn_sequential_n_params(g), sizeof *params);
	nn_sequential_init(g, params, 1);
	const struct nn_tensor *t = nn_sequential_tensors(g, &n);
	while (strcmp(t->name, "uarch_paras"))
		assert_true(t++ - nn_sequential_tensors(g, &n) < n);
	assert_true(params[t->offset] == 1 && params[t->offset + 6] == 6 && params[t->offset + 35] == 2);
	free(params);
	nn_sequential_free(g);
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
	struct nn_sequential *g = build("InsEmModel(InsEm(cfg,nop=1,nmem=1,nctrl=1,nr=1),InsLSTM(4,1))");
	int n;
	const struct nn_layer *l = nn_sequential_layers(g, &n);
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
	nn_sequential_free(g);
}

static void test_models__an_index_without_a_row_is_refused(void **state)
{
	(void)state;
	static const struct {
		int feature;
		float value;
	} bad[] = {{1, 50}, {1, -1}, {11, 100}, {24, 50}, {23, 21}, {24, NAN}, {24, 1e30f}};
	struct nn_sequential *g = build("InsEmModel(InsEm(cfg,nop=2,nmem=2,nctrl=2,nr=2),InsLSTM(4,1))");
	struct nn_work *work;
	struct pv_error err;
	float *params = floats(nn_sequential_n_params(g)), *x = floats(B * T * F);
	assert_int_equal(nn_work_windows(g, B, false, &work, NULL), PV_OK);
	nn_sequential_init(g, params, 1);
	assert_int_equal(nn_forward(work, params, x, B, 0, NULL, NULL, &err), PV_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		float *at = x + (2 * T + 3) * F + bad[i].feature;
		*at = bad[i].value;
		assert_int_equal(nn_forward(work, params, x, B, 0, NULL, NULL, &err), PV_ERR_RANGE);
		assert_non_null(strstr(err.message, "window 2, instruction 3"));
		*at = 0.0f;
	}
	/* The highest register that there is: class 7 (miscellaneous), index 689. */
	x[23] = 7;
	x[24] = 689;
	assert_int_equal(nn_forward(work, params, x, B, 0, NULL, NULL, &err), PV_OK);
	nn_work_free(work);
	nn_sequential_free(g);
	free(params);
	free(x);
}

/* Statistics undo the normalisation: the same rows are found. */
static void test_models__statistics_undo_normalisation(void **state)
{
	(void)state;
	struct nn_sequential *g = build("InsEmLSTM(4,1,nop=3)");
	struct nn_work *work;
	float *params = floats(nn_sequential_n_params(g)), x[F] = {0}, mean[F], std[F], output[K];
	const float *out;
	const struct nn_setting one = {1, F, K};
	nn_sequential_free(g);
	assert_int_equal(nn_sequential_new("InsEmLSTM(4,1,nop=3)", &one, &g, NULL), PV_OK);
	assert_int_equal(nn_work_windows(g, 1, false, &work, NULL), PV_OK);
	nn_sequential_init(g, params, 1);
	x[1] = 17;
	assert_int_equal(nn_forward(work, params, x, 1, 0, NULL, &out, NULL), PV_OK);
	memcpy(output, out, sizeof output);
	for (int f = 0; f < F; f++) {
		mean[f] = 0.0f;
		std[f] = f % 2 ? 3.0f : 0.0f;
	}
	mean[1] = 5.0f;
	nn_sequential_set_statistics(g, params, mean, std);
	x[1] = (17.0f - 5.0f) / 3.0f;
	assert_int_equal(nn_forward(work, params, x, 1, 0, NULL, &out, NULL), PV_OK);
	assert_memory_equal(out, output, sizeof output);
	nn_work_free(work);
	nn_sequential_free(g);
	free(params);
}

/* Streams that begin at zero are windows of SeqLSTM. */
static void test_models__streams_from_nothing_are_windows(void **state)
{
	(void)state;
	struct nn_sequential *g = build("SeqLSTM(8,2,bias=True)");
	struct nn_sequential *net = build("InsLSTM(8,2,bias=True)");
	struct nn_work *net_work;
	struct nn_work *work;
	const float *by_stream, *by_window;
	int n, n_net;
	const struct nn_tensor *t = nn_sequential_tensors(g, &n);
	const struct nn_tensor *net_t = nn_sequential_tensors(net, &n_net);
	assert_int_equal(n, n_net);
	for (int i = 0; i < n; i++) {
		assert_string_equal(t[i].name, net_t[i].name);
		assert_int_equal(t[i].offset, net_t[i].offset);
	}
	float *params = floats(nn_sequential_n_params(g)), *x = floats(B * T * F), *turned = floats(B * T * F);
	nn_sequential_init(g, params, 4);
	draw(x, B * T * F, 5);
	for (int b = 0; b < B; b++)
		for (int s = 0; s < T; s++)
			memcpy(turned + (s * B + b) * F, x + (b * T + s) * F, F * sizeof(float));
	assert_int_equal(nn_work_streams(net, B, T, false, &net_work, NULL), PV_OK);
	assert_int_equal(nn_work_windows(g, B, false, &work, NULL), PV_OK);
	nn_forward(net_work, params, turned, T, 0, NULL, &by_stream, NULL);
	assert_int_equal(nn_forward(work, params, x, B, 0, NULL, &by_window, NULL), PV_OK);
	for (int b = 0; b < B; b++)
		for (int s = 0; s < T; s++)
			assert_memory_equal(by_window + (b * T + s) * K, by_stream + (s * B + b) * K, K * sizeof(float));
	double forward, training, net_forward, net_training;
	nn_sequential_flops(g, false, &forward, &training);
	nn_sequential_flops(net, true, &net_forward, &net_training);
	assert_true(forward == T * net_forward && training == T * net_training);
	nn_work_free(work);
	nn_work_free(net_work);
	nn_sequential_free(net);
	nn_sequential_free(g);
	free(params);
	free(x);
	free(turned);
}

/* Running moments follow those of all windows of a step, in whatever groups they run: with the unbiased variance, as in PyTorch. */
static void test_models__running_moments_follow_the_whole_step(void **state)
{
	(void)state;
	enum { COLUMNS = 3, ROWS = B * T };
	struct nn_sequential *g;
	struct nn_work *work;
	const float *output;
	float x[ROWS * COLUMNS], grads[5 * COLUMNS] = {0}, params[4 * COLUMNS + 1];
	assert_int_equal(nn_sequential_begin((struct nn_rows){T, COLUMNS}, &g, NULL), PV_OK);
	nn_add_batch_norm(g, "bn", 0.25, 1e-3);
	assert_int_equal(nn_sequential_end(g, NULL), PV_OK);
	assert_int_equal(nn_sequential_n_trained(g), 2 * COLUMNS);
	assert_int_equal(nn_sequential_n_tracked(g), 2 * COLUMNS + 1);
	assert_int_equal(nn_sequential_n_params(g), 4 * COLUMNS + 1);
	nn_sequential_init(g, params, 1);
	draw(x, ROWS * COLUMNS, 5);
	assert_int_equal(nn_work_windows(g, B, true, &work, NULL), PV_OK);
	for (int first = 0; first < B; first += first ? B - 1 : 1) { /* a group of one window, then the others */
		const int n = first ? B - 1 : 1;
		assert_int_equal(nn_forward(work, params, x + first * T * COLUMNS, n, 1, NULL, &output, NULL), PV_OK);
		nn_backward(work, params, output, NULL, grads, NULL);
	}
	nn_sequential_track(g, params, grads);
	for (int f = 0; f < COLUMNS; f++) {
		double mean = 0, variance = 0;
		for (int row = 0; row < ROWS; row++)
			mean += (double)x[row * COLUMNS + f] / ROWS;
		for (int row = 0; row < ROWS; row++)
			variance += pow((double)x[row * COLUMNS + f] - mean, 2) / (ROWS - 1);
		assert_float_equal(params[2 * COLUMNS + f], (float)(0.25 * mean), 1e-6);
		assert_float_equal(params[3 * COLUMNS + f], (float)(0.75 + 0.25 * variance), 1e-6);
	}
	assert_true(params[4 * COLUMNS] == 1.0f);
	/* Evaluation takes them, and sees nothing. */
	memset(grads, 0, sizeof grads);
	assert_int_equal(nn_forward(work, params, x, B, 0, NULL, &output, NULL), PV_OK);
	assert_float_equal(output[0], (x[0] - params[2 * COLUMNS]) / sqrtf(params[3 * COLUMNS] + 1e-3f), 1e-5);
	nn_backward(work, params, output, NULL, grads, NULL);
	for (size_t i = nn_sequential_n_trained(g); i < 4 * COLUMNS + 1; i++)
		assert_true(grads[i] == 0.0f);
	nn_work_free(work);
	nn_sequential_free(g);
}

/* The reference's figures: 8 blocks, columns in multiples of 8, the halves of 256 rows down to one. */
static void test_models__efficient_net(void **state)
{
	(void)state;
	const struct nn_setting whole_window = {256, F, K};
	struct nn_sequential *g;
	struct pv_error err;
	int n;
	assert_int_equal(nn_sequential_new("E1DNet.from_input('e1d-b0')", &whole_window, &g, &err), PV_OK);
	assert_rows(nn_sequential_representation(g), 1, 1280);
	const struct nn_layer *l = nn_sequential_layers(g, &n);
	int rows = 256, n_depthwise = 0;
	for (int i = 0; i < n; i++)
		if (l[i].kind == &nn_layer_depthwise) {
			assert_int_equal(l[i].in.T, rows);
			assert_int_equal(l[i].out.T, rows /= 2);
			n_depthwise++;
		}
	assert_int_equal(n_depthwise, 8);
	assert_int_equal(rows, 1);
	assert_string_equal(nn_sequential_text(g), "E1DNet.from_input('e1d-b0',num_classes=3,bias=True)");
	int n_tensors;
	const struct nn_tensor *t = nn_sequential_tensors(g, &n_tensors);
	while (strcmp(t->name, "_blocks.1._project_conv.weight"))
		t++;
	assert_true(t->dims[0] == 200 && t->dims[1] == 256 && t->dims[2] == 1); /* 196 becomes 200 */
	assert_int_equal(nn_sequential_streams(g, &err), PV_ERR_UNSUPPORTED);
	nn_sequential_free(g);
	static const struct {
		const char *text, *message;
	} bad[] = {
	    {"E1DNet.from_input('e1d-b1')", "column 19: the one model of this kind is 'e1d-b0'"},
	    {"E1DNet.from_input('e1d-b0',bargs=['r1_k2'])", "column 35: 'r1_k2' is no block"},
	    {"E1DNet.from_input('e1d-b0',bargs=[])", "a list of blocks is expected"},
	    {"E1DNet.from_input('e1d-b0',bargs=['r1_k2_s2_e2_i8_o8_x3'])", "is no block"},
	    {"E1DNet.from_input('e1d-b0',bargs=['r1_k2)", "column 35: the text does not end"},
	    {"E1DNet.from_input('e1d-b0',rep_af='tanh')", "rep_af can be 'relu'"},
	    {"E1DNet.from_input(b0)", "model_name takes a text"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_true(nn_sequential_new(bad[i].text, &whole_window, &g, &err) != PV_OK);
		if (!strstr(err.message, bad[i].message))
			fail_msg("'%s': %s", bad[i].text, err.message);
	}
}

static void test_models__initialisation(void **state)
{
	(void)state;
	struct nn_sequential *g = build("TransformerModel(2,32,1,nembed=16)");
	int n;
	const struct nn_tensor *t = nn_sequential_tensors(g, &n);
	float *params = floats(nn_sequential_n_params(g)), *again = floats(nn_sequential_n_params(g));
	nn_sequential_init(g, params, 9);
	nn_sequential_init(g, again, 9);
	assert_memory_equal(params, again, nn_sequential_n_params(g) * sizeof(float));
	nn_sequential_init(g, again, 10);
	assert_memory_not_equal(params, again, nn_sequential_n_params(g) * sizeof(float));
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
	nn_sequential_free(g);
	free(params);
	free(again);
}

static void test_models__dropout_only_while_training(void **state)
{
	(void)state;
	enum { N = 64 };
	struct nn_sequential *g = build("TransformerModel(1,32,1,nembed=16,dropout=0.5)");
	struct nn_work *work;
	float *params = floats(nn_sequential_n_params(g)), *x = floats(N * T * F), output[N * K];
	const float *out;
	nn_sequential_init(g, params, 9);
	draw(x, N * T * F, 5);
	assert_int_equal(nn_work_windows(g, N, true, &work, NULL), PV_OK);
	assert_int_equal(nn_forward(work, params, x, N, 0, NULL, &out, NULL), PV_OK);
	memcpy(output, out, sizeof output);
	assert_int_equal(nn_forward(work, params, x, N, 0, NULL, &out, NULL), PV_OK);
	assert_memory_equal(out, output, sizeof output);
	assert_int_equal(nn_forward(work, params, x, N, 1, NULL, &out, NULL), PV_OK);
	assert_memory_not_equal(out, output, sizeof output);
	memcpy(output, out, sizeof output);
	assert_int_equal(nn_forward(work, params, x, N, 1, NULL, &out, NULL), PV_OK);
	assert_memory_equal(out, output, sizeof output);
	nn_work_free(work);
	nn_sequential_free(g);
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
		struct nn_sequential *g = build(texts[i]);
		struct nn_work *work;
		float *params = floats(nn_sequential_n_params(g)), all[B * K];
		const float *out;
		nn_sequential_init(g, params, 9);
		assert_int_equal(nn_work_windows(g, B, false, &work, NULL), PV_OK);
		assert_int_equal(nn_forward(work, params, x, B, 0, NULL, &out, NULL), PV_OK);
		memcpy(all, out, sizeof all);
		for (int b = 0; b < B; b++) {
			assert_int_equal(nn_forward(work, params, x + b * T * F, 1, 0, NULL, &out, NULL), PV_OK);
			for (int k = 0; k < K; k++)
				assert_true(fabsf(out[k] - all[b * K + k]) <= 1e-5f * (1.0f + fabsf(out[k])));
		}
		assert_int_equal(nn_forward(work, params, x, B + 1, 0, NULL, &out, NULL), PV_ERR_SHAPE);
		nn_work_free(work);
		nn_sequential_free(g);
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
	    cmocka_unit_test(test_models__streams_from_nothing_are_windows),
	    cmocka_unit_test(test_models__running_moments_follow_the_whole_step),
	    cmocka_unit_test(test_models__efficient_net),
	    cmocka_unit_test(test_models__initialisation),
	    cmocka_unit_test(test_models__dropout_only_while_training),
	    cmocka_unit_test(test_models__windows_are_independent),
	};
	return cmocka_run_group_tests_name("models", tests, NULL, NULL);
}
