/*
 * expression.c - a model's shape as users write it
 *
 * A cursor over the text and one table of arguments: the table gives each argument its name, its kind and, for the first ones, its
 * position. An error names the 1-based column in the text.
 */
#include "model/expression.h"

#include <stdio.h>
#include <string.h>

#include <perfvec/dataset.h>

#include "nn/net.h"

enum argument_kind { COUNT, COUNT_OR_K, BOOLEAN };

enum argument { ARG_HIDDEN, ARG_LAYERS, ARG_NARCHS, ARG_NEMBED, ARG_GRU, ARG_BI, ARG_NORM, ARG_BIAS, ARG_WIDE, N_ARGUMENTS };

/* In the reference's order, which is also the order by position. */
static const struct {
	const char *name;
	enum argument_kind kind;
	long low, high;
} arguments[N_ARGUMENTS] = {
    [ARG_HIDDEN] = {"nhidden", COUNT, 1, MODEL_MAX_HIDDEN},
    [ARG_LAYERS] = {"nlayers", COUNT, 1, MODEL_MAX_LAYERS},
    [ARG_NARCHS] = {"narchs", COUNT_OR_K, 1, MODEL_MAX_MACHINES},
    [ARG_NEMBED] = {"nembed", COUNT, 0, MODEL_MAX_HIDDEN},
    [ARG_GRU] = {"gru", BOOLEAN, 0, 1},
    [ARG_BI] = {"bi", BOOLEAN, 0, 1},
    [ARG_NORM] = {"norm", BOOLEAN, 0, 1},
    [ARG_BIAS] = {"bias", BOOLEAN, 0, 1},
    [ARG_WIDE] = {"wide", BOOLEAN, 0, 1}, /* ours */
};

/* Models of the reference that are not built yet. */
static const char *const other_models[] = {"SeqLSTM",   "InsLSTMDSE", "SeqEmLSTM",        "InsEmLSTM", "InsLSTMRep", "InsEmModel",
                                           "Predictor", "MLP",        "TransformerModel", "CNN",       "E1DNet"};

struct cursor {
	const char *text;
	size_t at;
	struct pv_error *err;
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void skip_blanks(struct cursor *c)
{
	while (c->text[c->at] == ' ' || c->text[c->at] == '\t')
		c->at++;
}

static enum pv_status fail_at(struct cursor *c, size_t at, const char *expected)
{
	char found = c->text[at];
	if (!found)
		return base_error_set(c->err, PV_ERR_FORMAT, "model expression '%s' ends at column %zu where %s is expected", c->text,
		                      at + 1, expected);
	return base_error_set(c->err, PV_ERR_FORMAT, "model expression '%s', column %zu: expected %s, found '%c'", c->text, at + 1,
	                      expected, found);
}

/* Takes a word (letters, digits, underscores); length 0 when there is none. */
static size_t take_word(struct cursor *c, const char **word)
{
	skip_blanks(c);
	*word = c->text + c->at;
	size_t n = 0;
	while (is_word((*word)[n]))
		n++;
	c->at += n;
	return n;
}

static bool same(const char *word, size_t n, const char *name)
{
	return strlen(name) == n && !memcmp(word, name, n);
}

static enum pv_status parse_model_name(struct cursor *c, enum nn_cell *cell)
{
	const char *word;
	size_t n = take_word(c, &word);
	if (!n)
		return fail_at(c, c->at, "a model name such as InsLSTM");
	*cell = same(word, n, "MinGRU") ? NN_CELL_MINGRU : NN_CELL_LSTM;
	if (*cell == NN_CELL_MINGRU || same(word, n, "InsLSTM"))
		return PV_OK;
	for (size_t i = 0; i < sizeof other_models / sizeof *other_models; i++)
		if (same(word, n, other_models[i])) {
			base_error_set(c->err, PV_ERR_UNSUPPORTED, "model '%s' is not supported", other_models[i]);
			base_error_hint(c->err, "supported: InsLSTM(hidden,layers,narchs=K,bias=False), with gru=True, too, and "
			                        "MinGRU(hidden,layers,narchs=K,bias=False)");
			return PV_ERR_UNSUPPORTED;
		}
	base_error_set(c->err, PV_ERR_FORMAT, "model expression '%s', column %zu: no model is called '%.*s'", c->text,
	               (size_t)(word - c->text) + 1, (int)n, word);
	return base_error_hint(
	    c->err,
	    "supported: InsLSTM(hidden,layers,narchs=K,bias=False), with gru=True, too, and MinGRU(hidden,layers,narchs=K,bias=False)");
}

static enum pv_status parse_count(struct cursor *c, enum argument which, const char *word, size_t n, long *value)
{
	size_t at = (size_t)(word - c->text);
	long v = 0;
	for (size_t i = 0; i < n; i++) {
		if (word[i] < '0' || word[i] > '9')
			return fail_at(c, at + i, arguments[which].kind == COUNT_OR_K ? "a number or K" : "a number");
		v = v > 100000000 ? v : v * 10 + (word[i] - '0');
	}
	FAIL_IF(v < arguments[which].low || v > arguments[which].high, c->err, PV_ERR_RANGE,
	        "model expression '%s', column %zu: %s is %.*s, allowed is %ld to %ld", c->text, at + 1, arguments[which].name, (int)n,
	        word, arguments[which].low, arguments[which].high);
	*value = v;
	return PV_OK;
}

static enum pv_status parse_value(struct cursor *c, enum argument which, long *value)
{
	const char *word;
	size_t n = take_word(c, &word);
	size_t at = (size_t)(word - c->text);
	if (arguments[which].kind == BOOLEAN) {
		if (!same(word, n, "True") && !same(word, n, "False"))
			return fail_at(c, at, "True or False");
		*value = same(word, n, "True");
		return PV_OK;
	}
	if (arguments[which].kind == COUNT_OR_K && same(word, n, "K")) {
		*value = 0;
		return PV_OK;
	}
	if (!n)
		return fail_at(c, at, arguments[which].kind == COUNT_OR_K ? "a number or K" : "a number");
	return parse_count(c, which, word, n, value);
}

/* Finds which argument comes: by keyword when a '=' follows the word, else the next by position. */
static enum pv_status parse_key(struct cursor *c, int position, bool keywords_began, enum argument *which, bool *keyword)
{
	const char *word;
	size_t start = c->at;
	size_t n = take_word(c, &word);
	size_t at = (size_t)(word - c->text);
	skip_blanks(c);
	if (c->text[c->at] != '=') {
		*keyword = false;
		c->at = start;
		if (keywords_began)
			return fail_at(c, at, "a keyword (an argument by position cannot follow one by keyword)");
		FAIL_IF(position >= N_ARGUMENTS, c->err, PV_ERR_FORMAT, "model expression '%s', column %zu: more than %d arguments",
		        c->text, at + 1, N_ARGUMENTS);
		*which = (enum argument)position;
		return PV_OK;
	}
	c->at++;
	*keyword = true;
	for (int i = 0; i < N_ARGUMENTS; i++)
		if (same(word, n, arguments[i].name)) {
			*which = (enum argument)i;
			return PV_OK;
		}
	base_error_set(c->err, PV_ERR_FORMAT, "model expression '%s', column %zu: no argument is called '%.*s'", c->text, at + 1, (int)n,
	               word);
	return base_error_hint(c->err, "keywords are narchs (a number or K), bias (True or False), nembed, gru, bi, norm and wide");
}

static enum pv_status parse_arguments(struct cursor *c, long values[N_ARGUMENTS], bool given[N_ARGUMENTS])
{
	bool keyword = false;
	for (int position = 0;; position++) {
		enum argument which = ARG_HIDDEN;
		bool keywords_began = keyword;
		skip_blanks(c);
		size_t at = c->at;
		TRY(parse_key(c, position, keywords_began, &which, &keyword));
		FAIL_IF(given[which], c->err, PV_ERR_FORMAT, "model expression '%s', column %zu: %s is given twice", c->text, at + 1,
		        arguments[which].name);
		TRY(parse_value(c, which, &values[which]));
		given[which] = true;
		skip_blanks(c);
		char next = c->text[c->at];
		if (next != ',' && next != ')')
			return fail_at(c, c->at, "',' or ')'");
		c->at++;
		if (next == ')')
			return PV_OK;
	}
}

/* Options of the reference that are understood, but not built. */
static enum pv_status check_supported(enum nn_cell cell, const long values[N_ARGUMENTS], struct pv_error *err)
{
	static const enum argument missing[] = {ARG_NEMBED, ARG_BI, ARG_NORM};
	for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
		if (values[missing[i]])
			return base_error_set(err, PV_ERR_UNSUPPORTED, "option '%s' of InsLSTM is not supported",
			                      arguments[missing[i]].name);
	FAIL_IF(values[ARG_GRU] && cell == NN_CELL_MINGRU, err, PV_ERR_FORMAT, "MinGRU takes no option '%s'", arguments[ARG_GRU].name);
	return PV_OK;
}

enum pv_status model_expression_parse(const char *text, struct model_expression *expression, struct pv_error *err)
{
	struct cursor c = {text, 0, err};
	long values[N_ARGUMENTS] = {[ARG_BIAS] = 1};
	bool given[N_ARGUMENTS] = {false};
	enum nn_cell cell;
	TRY(parse_model_name(&c, &cell));
	skip_blanks(&c);
	if (c.text[c.at] != '(')
		return fail_at(&c, c.at, "'('");
	c.at++;
	TRY(parse_arguments(&c, values, given));
	skip_blanks(&c);
	if (c.text[c.at])
		return fail_at(&c, c.at, "the end");
	FAIL_IF(!given[ARG_HIDDEN] || !given[ARG_LAYERS], err, PV_ERR_FORMAT,
	        "model expression '%s' lacks the number of %s; write InsLSTM(hidden,layers,...)", text,
	        given[ARG_HIDDEN] ? "layers" : "hidden units");
	TRY(check_supported(cell, values, err));
	*expression = (struct model_expression){0};
	expression->n_hidden = (int)values[ARG_HIDDEN];
	expression->n_layers = (int)values[ARG_LAYERS];
	expression->n_machines = (int)values[ARG_NARCHS];
	expression->bias = values[ARG_BIAS] != 0;
	expression->cell = values[ARG_GRU] ? NN_CELL_GRU : cell;
	expression->wide = values[ARG_WIDE] != 0;
	return PV_OK;
}

int model_expression_repr(const struct model_expression *e)
{
	const struct nn_net_config config = {
	    .n_features = e->n_inputs ? e->n_inputs : PV_N_FEATURES, .n_hidden = e->n_hidden, .wide = e->wide};
	return e->window ? e->n_hidden : nn_net_repr(&config);
}

void model_expression_print(const struct model_expression *e, char text[MODEL_EXPRESSION_CHARS])
{
	if (e->window) {
		memcpy(text, e->text, sizeof e->text);
		return;
	}
	char narchs[16] = "K";
	if (e->n_machines)
		snprintf(narchs, sizeof narchs, "%d", e->n_machines);
	snprintf(text, MODEL_EXPRESSION_CHARS, "%s(%d,%d,narchs=%s,%sbias=%s%s)", e->cell == NN_CELL_MINGRU ? "MinGRU" : "InsLSTM",
	         e->n_hidden, e->n_layers, narchs, e->cell == NN_CELL_GRU ? "gru=True," : "", e->bias ? "True" : "False",
	         e->wide ? ",wide=True" : "");
}

enum pv_status model_expression_set_machines(struct model_expression *e, struct pv_error *err)
{
	char text[MODEL_EXPRESSION_CHARS];
	const char *at = strstr(e->text, "narchs=");
	if (!at)
		return PV_OK;
	at += strlen("narchs=");
	const int n = snprintf(text, sizeof text, "%.*s%d%s", (int)(at - e->text), e->text, e->n_machines, at + strspn(at, "0123456789K"));
	FAIL_IF(n < 0 || (size_t)n >= sizeof text, err, PV_ERR_RANGE, "the model expression gets longer than %d characters",
	        MODEL_EXPRESSION_CHARS - 1);
	memcpy(e->text, text, sizeof text);
	return PV_OK;
}
