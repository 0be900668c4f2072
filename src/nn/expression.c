/*
 * expression.c - recursive descent over a small call grammar, and binding of arguments to parameters
 *
 * Nodes are appended to one array as they are met; a call links its arguments through `next`. Nothing is looked up or run while parsing:
 * names mean something only to the table that a caller binds with.
 */
#include "nn/expression.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cursor {
	struct nn_expr *expr;
	size_t at;
	struct pv_error *err;
};

static char peek(struct cursor *c)
{
	while (c->expr->text[c->at] == ' ' || c->expr->text[c->at] == '\t')
		c->at++;
	return c->expr->text[c->at];
}

static bool is_word(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_';
}

static enum pv_status fail_here(struct cursor *c, const char *expected)
{
	const char found = peek(c);
	if (!found)
		return base_error_set(c->err, PV_ERR_FORMAT, "model expression '%s' ends at column %zu where %s is expected", c->expr->text,
		                      c->at + 1, expected);
	return base_error_set(c->err, PV_ERR_FORMAT, "model expression '%s', column %zu: expected %s, found '%c'", c->expr->text, c->at + 1,
	                      expected, found);
}

static enum pv_status fail_column(const struct nn_expr *expr, size_t column, struct pv_error *err, const char *what)
{
	return base_error_set(err, PV_ERR_FORMAT, "model expression '%s', column %zu: %s", expr->text, column, what);
}

enum pv_status nn_expr_fail(const struct nn_expr *expr, int node, enum pv_status status, struct pv_error *err, const char *format, ...)
{
	char what[256];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	return base_error_set(err, status, "model expression '%s', column %zu: %s", expr->text, expr->nodes[node].column, what);
}

static enum pv_status new_node(struct cursor *c, int *node)
{
	if (c->expr->n_nodes == NN_EXPR_MAX_NODES)
		return fail_column(c->expr, c->at + 1, c->err, "too many arguments");
	*node = c->expr->n_nodes++;
	c->expr->nodes[*node] = (struct nn_expr_node){.column = c->at + 1, .first = -1, .next = -1};
	return PV_OK;
}

static enum pv_status take_name(struct cursor *c, char name[NN_EXPR_MAX_NAME])
{
	const char *start = c->expr->text + c->at;
	size_t n = 0;
	while (is_word(start[n]) || (n && start[n] == '.'))
		n++;
	if (n >= NN_EXPR_MAX_NAME)
		return fail_column(c->expr, c->at + 1, c->err, "a name is too long");
	memcpy(name, start, n);
	name[n] = 0;
	c->at += n;
	return PV_OK;
}

static enum pv_status take_number(struct cursor *c, struct nn_expr_node *node)
{
	const char *start = c->expr->text + c->at, *p = start + (*start == '-');
	if (!isdigit((unsigned char)*p) && *p != '.')
		return fail_here(c, "a number");
	while (isdigit((unsigned char)*p))
		p++;
	node->whole = *p != '.' && *p != 'e' && *p != 'E';
	char *end;
	node->number = strtod(start, &end);
	c->at += (size_t)(end - start);
	node->kind = NN_EXPR_NUMBER;
	if (end == start || is_word(*end) || *end == '.' || (size_t)(end - start) > strspn(start, "+-.0123456789eE"))
		return fail_here(c, "',' or ')' after the number");
	return isfinite(node->number) ? PV_OK : fail_column(c->expr, node->column, c->err, "the number is too large");
}

/* At a quotation mark. */
static enum pv_status take_text(struct cursor *c, struct nn_expr_node *node)
{
	const char *start = c->expr->text + c->at + 1, *end = strchr(start, start[-1]);
	node->kind = NN_EXPR_TEXT;
	if (!end)
		return fail_column(c->expr, c->at + 1, c->err, "the text does not end");
	if (end - start >= NN_EXPR_MAX_NAME)
		return fail_column(c->expr, c->at + 1, c->err, "a text is too long");
	memcpy(node->name, start, (size_t)(end - start));
	c->at += (size_t)(end - start) + 2;
	return PV_OK;
}

/* At "[". */
static enum pv_status take_list(struct cursor *c, int list)
{
	c->expr->nodes[list].kind = NN_EXPR_LIST;
	c->at++;
	if (peek(c) == ']') {
		c->at++;
		return PV_OK;
	}
	for (int last = -1, node = -1;; last = node) {
		const char quote = peek(c);
		if (quote != '\'' && quote != '"')
			return fail_here(c, "a text between quotation marks");
		TRY(new_node(c, &node));
		TRY(take_text(c, &c->expr->nodes[node]));
		if (last < 0)
			c->expr->nodes[list].first = node;
		else
			c->expr->nodes[last].next = node;
		const char next = peek(c);
		if (next != ',' && next != ']')
			return fail_here(c, "',' or ']'");
		c->at++;
		if (next == ']')
			return PV_OK;
	}
}

static enum pv_status take_call(struct cursor *c, int node, int depth);

static enum pv_status take_value(struct cursor *c, int *node, int depth)
{
	const char ch = peek(c);
	TRY(new_node(c, node));
	struct nn_expr_node *v = &c->expr->nodes[*node];
	if (isdigit((unsigned char)ch) || ch == '-' || ch == '.')
		return take_number(c, v);
	if (ch == '\'' || ch == '"')
		return take_text(c, v);
	if (ch == '[')
		return take_list(c, *node);
	if (!is_word(ch))
		return fail_here(c, "a value");
	TRY(take_name(c, v->name));
	if (peek(c) == '(')
		return take_call(c, *node, depth + 1);
	const bool is_true = !strcmp(v->name, "True");
	v->kind = is_true || !strcmp(v->name, "False") ? NN_EXPR_BOOL : NN_EXPR_NAME;
	v->number = is_true;
	return PV_OK;
}

/* [NAME "="] value */
static enum pv_status take_argument(struct cursor *c, int *node, int depth)
{
	char key[NN_EXPR_MAX_NAME] = "";
	const char first = peek(c);
	const size_t start = c->at;
	if (is_word(first) && !isdigit((unsigned char)first)) {
		TRY(take_name(c, key));
		if (peek(c) == '=')
			c->at++;
		else {
			key[0] = 0;
			c->at = start;
		}
	}
	TRY(take_value(c, node, depth));
	memcpy(c->expr->nodes[*node].key, key, sizeof key);
	c->expr->nodes[*node].column = start + 1;
	return PV_OK;
}

/* At "(": the arguments of a call whose name has been taken. */
static enum pv_status take_call(struct cursor *c, int call, int depth)
{
	if (depth > NN_EXPR_MAX_DEPTH)
		return fail_column(c->expr, c->at + 1, c->err, "calls are nested too deeply");
	c->expr->nodes[call].kind = NN_EXPR_CALL;
	c->at++;
	if (peek(c) == ')') {
		c->at++;
		return PV_OK;
	}
	for (int last = -1, node = -1;; last = node) {
		TRY(take_argument(c, &node, depth));
		if (last < 0)
			c->expr->nodes[call].first = node;
		else
			c->expr->nodes[last].next = node;
		const char next = peek(c);
		if (next != ',' && next != ')')
			return fail_here(c, "',' or ')'");
		c->at++;
		if (next == ')')
			return PV_OK;
	}
}

static enum pv_status parse(struct cursor *c)
{
	int root = 0;
	const char first = peek(c);
	if (!isalpha((unsigned char)first))
		return fail_here(c, "a model name such as InsLSTM");
	TRY(new_node(c, &root));
	TRY(take_name(c, c->expr->nodes[root].name));
	if (peek(c) != '(')
		return fail_here(c, "'('");
	TRY(take_call(c, root, 1));
	return peek(c) ? fail_here(c, "the end") : PV_OK;
}

enum pv_status nn_expr_parse(const char *text, struct nn_expr **expr, struct pv_error *err)
{
	FAIL_IF(strlen(text) >= NN_EXPR_MAX_TEXT, err, PV_ERR_RANGE, "a model expression of %zu characters: %d are possible", strlen(text),
	        NN_EXPR_MAX_TEXT - 1);
	struct nn_expr *e = calloc(1, sizeof *e);
	FAIL_IF(!e, err, PV_ERR_NOMEM, "out of memory for a model expression");
	memcpy(e->text, text, strlen(text) + 1);
	struct cursor c = {e, 0, err};
	enum pv_status status = parse(&c);
	if (status != PV_OK) {
		free(e);
		return status;
	}
	*expr = e;
	return PV_OK;
}

static const char *accepted(enum nn_expr_type type)
{
	static const char *const texts[] = {"a whole number", "a number", "True or False", "a whole number or K",
	                                    "the name cfg",   "a model",  "a text",        "a list of texts"};
	return texts[type];
}

static bool accepts(enum nn_expr_type type, const struct nn_expr_node *v)
{
	switch (type) {
	case NN_EXPR_TYPE_COUNT: return v->kind == NN_EXPR_NUMBER && v->whole;
	case NN_EXPR_TYPE_REAL: return v->kind == NN_EXPR_NUMBER;
	case NN_EXPR_TYPE_FLAG: return v->kind == NN_EXPR_BOOL;
	case NN_EXPR_TYPE_MACHINES: return (v->kind == NN_EXPR_NUMBER && v->whole) || (v->kind == NN_EXPR_NAME && !strcmp(v->name, "K"));
	case NN_EXPR_TYPE_CFG: return v->kind == NN_EXPR_NAME && !strcmp(v->name, "cfg");
	case NN_EXPR_TYPE_MODEL: return v->kind == NN_EXPR_CALL;
	case NN_EXPR_TYPE_TEXT: return v->kind == NN_EXPR_TEXT;
	case NN_EXPR_TYPE_TEXTS: return v->kind == NN_EXPR_LIST;
	}
	return false;
}

static enum pv_status bind_one(const struct nn_expr *expr, int node, const struct nn_expr_param *param, struct nn_expr_value *value,
                               struct pv_error *err)
{
	const struct nn_expr_node *v = &expr->nodes[node];
	if (value->given)
		return nn_expr_fail(expr, node, PV_ERR_FORMAT, err, "%s is given twice", param->name);
	if (!accepts(param->type, v))
		return nn_expr_fail(expr, node, PV_ERR_FORMAT, err, "%s takes %s", param->name, accepted(param->type));
	if (v->kind == NN_EXPR_NUMBER && !(v->number >= param->low && v->number <= param->high))
		return nn_expr_fail(expr, node, PV_ERR_RANGE, err, "%s is %.10g, allowed is %.10g to %.10g", param->name, v->number,
		                    param->low, param->high);
	*value = (struct nn_expr_value){true, v->number, node};
	return PV_OK;
}

static enum pv_status bind_rest(const struct nn_expr *expr, int node, const struct nn_expr_signature *s, struct nn_expr_bound *bound,
                                struct pv_error *err)
{
	const struct nn_expr_node *v = &expr->nodes[node];
	if (!s->rest)
		return nn_expr_fail(expr, node, PV_ERR_FORMAT, err, "%d arguments by position are possible, not more", s->n_positional);
	if (bound->n_rest == NN_EXPR_MAX_REST)
		return nn_expr_fail(expr, node, PV_ERR_RANGE, err, "too many arguments");
	if (v->kind != NN_EXPR_NUMBER || !v->whole || v->number < 0 || v->number > 1e6)
		return nn_expr_fail(expr, node, PV_ERR_FORMAT, err, "a whole number from 0 to 1000000 is expected here");
	bound->rest[bound->n_rest++] = (int)v->number;
	return PV_OK;
}

static int find_param(const struct nn_expr_signature *s, const char *name)
{
	for (int i = 0; i < s->n_params; i++)
		if (!strcmp(s->params[i].name, name))
			return i;
	return -1;
}

static void hint_params(const struct nn_expr_signature *s, const char *name, struct pv_error *err)
{
	char list[200] = "";
	for (int i = 0; i < s->n_params; i++) {
		const size_t n = strlen(list);
		snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", s->params[i].name);
	}
	base_error_hint(err, "%s takes %s", name, list);
}

enum pv_status nn_expr_bind(const struct nn_expr *expr, int call, const struct nn_expr_signature *s, struct nn_expr_bound *bound,
                            struct pv_error *err)
{
	const struct nn_expr_node *f = &expr->nodes[call];
	bool keywords = false;
	*bound = (struct nn_expr_bound){0};
	for (int i = 0; i < s->n_params; i++)
		bound->values[i] = (struct nn_expr_value){false, s->params[i].absent, -1};
	int position = 0;
	for (int node = f->first; node >= 0; node = expr->nodes[node].next) {
		const struct nn_expr_node *v = &expr->nodes[node];
		if (!v->key[0] && keywords)
			return nn_expr_fail(expr, node, PV_ERR_FORMAT, err, "an argument by position cannot follow one by keyword");
		if (!v->key[0] && position >= s->n_positional) {
			TRY(bind_rest(expr, node, s, bound, err));
			continue;
		}
		const int which = v->key[0] ? find_param(s, v->key) : position++;
		keywords = keywords || v->key[0];
		if (which < 0) {
			nn_expr_fail(expr, node, PV_ERR_FORMAT, err, "no argument of %s is called '%s'", f->name, v->key);
			hint_params(s, f->name, err);
			return PV_ERR_FORMAT;
		}
		TRY(bind_one(expr, node, &s->params[which], &bound->values[which], err));
	}
	for (int i = 0; i < s->n_params; i++)
		if (s->params[i].required && !bound->values[i].given) {
			nn_expr_fail(expr, call, PV_ERR_FORMAT, err, "%s lacks %s", f->name, s->params[i].name);
			hint_params(s, f->name, err);
			return PV_ERR_FORMAT;
		}
	return PV_OK;
}
