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
	struct pv_expr *expr;
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
		return pv_error_set(c->err, PV_ERR_FORMAT, "model expression '%s' ends at column %zu where %s is expected", c->expr->text,
		                    c->at + 1, expected);
	return pv_error_set(c->err, PV_ERR_FORMAT, "model expression '%s', column %zu: expected %s, found '%c'", c->expr->text, c->at + 1,
	                    expected, found);
}

static enum pv_status fail_column(const struct pv_expr *expr, size_t column, struct pv_error *err, const char *what)
{
	return pv_error_set(err, PV_ERR_FORMAT, "model expression '%s', column %zu: %s", expr->text, column, what);
}

enum pv_status pv_expr_fail(const struct pv_expr *expr, int node, enum pv_status status, struct pv_error *err, const char *format, ...)
{
	char what[256];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	return pv_error_set(err, status, "model expression '%s', column %zu: %s", expr->text, expr->nodes[node].column, what);
}

static enum pv_status new_node(struct cursor *c, int *node)
{
	if (c->expr->n_nodes == PV_EXPR_MAX_NODES)
		return fail_column(c->expr, c->at + 1, c->err, "too many arguments");
	*node = c->expr->n_nodes++;
	c->expr->nodes[*node] = (struct pv_expr_node){.column = c->at + 1, .first = -1, .next = -1};
	return PV_OK;
}

static enum pv_status take_name(struct cursor *c, char name[PV_EXPR_MAX_NAME])
{
	const char *start = c->expr->text + c->at;
	size_t n = 0;
	while (is_word(start[n]))
		n++;
	if (n >= PV_EXPR_MAX_NAME)
		return fail_column(c->expr, c->at + 1, c->err, "a name is too long");
	memcpy(name, start, n);
	name[n] = 0;
	c->at += n;
	return PV_OK;
}

static enum pv_status take_number(struct cursor *c, struct pv_expr_node *node)
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
	node->kind = PV_EXPR_NUMBER;
	if (end == start || is_word(*end) || *end == '.' || (size_t)(end - start) > strspn(start, "+-.0123456789eE"))
		return fail_here(c, "',' or ')' after the number");
	return isfinite(node->number) ? PV_OK : fail_column(c->expr, node->column, c->err, "the number is too large");
}

static enum pv_status take_call(struct cursor *c, int node, int depth);

static enum pv_status take_value(struct cursor *c, int *node, int depth)
{
	const char ch = peek(c);
	PV_TRY(new_node(c, node));
	struct pv_expr_node *v = &c->expr->nodes[*node];
	if (isdigit((unsigned char)ch) || ch == '-' || ch == '.')
		return take_number(c, v);
	if (!is_word(ch))
		return fail_here(c, "a value");
	PV_TRY(take_name(c, v->name));
	if (peek(c) == '(')
		return take_call(c, *node, depth + 1);
	const bool is_true = !strcmp(v->name, "True");
	v->kind = is_true || !strcmp(v->name, "False") ? PV_EXPR_BOOL : PV_EXPR_NAME;
	v->number = is_true;
	return PV_OK;
}

/* [NAME "="] value */
static enum pv_status take_argument(struct cursor *c, int *node, int depth)
{
	char key[PV_EXPR_MAX_NAME] = "";
	const char first = peek(c);
	const size_t start = c->at;
	if (is_word(first) && !isdigit((unsigned char)first)) {
		PV_TRY(take_name(c, key));
		if (peek(c) == '=')
			c->at++;
		else {
			key[0] = 0;
			c->at = start;
		}
	}
	PV_TRY(take_value(c, node, depth));
	memcpy(c->expr->nodes[*node].key, key, sizeof key);
	c->expr->nodes[*node].column = start + 1;
	return PV_OK;
}

/* At "(": the arguments of a call whose name has been taken. */
static enum pv_status take_call(struct cursor *c, int call, int depth)
{
	if (depth > PV_EXPR_MAX_DEPTH)
		return fail_column(c->expr, c->at + 1, c->err, "calls are nested too deeply");
	c->expr->nodes[call].kind = PV_EXPR_CALL;
	c->at++;
	if (peek(c) == ')') {
		c->at++;
		return PV_OK;
	}
	for (int last = -1, node = -1;; last = node) {
		PV_TRY(take_argument(c, &node, depth));
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
	PV_TRY(new_node(c, &root));
	PV_TRY(take_name(c, c->expr->nodes[root].name));
	if (peek(c) != '(')
		return fail_here(c, "'('");
	PV_TRY(take_call(c, root, 1));
	return peek(c) ? fail_here(c, "the end") : PV_OK;
}

enum pv_status pv_expr_parse(const char *text, struct pv_expr **expr, struct pv_error *err)
{
	PV_FAIL_IF(strlen(text) >= PV_EXPR_MAX_TEXT, err, PV_ERR_RANGE, "a model expression of %zu characters: %d are possible",
	           strlen(text), PV_EXPR_MAX_TEXT - 1);
	struct pv_expr *e = calloc(1, sizeof *e);
	PV_FAIL_IF(!e, err, PV_ERR_NOMEM, "out of memory for a model expression");
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

static const char *accepted(enum pv_expr_type type)
{
	static const char *const texts[] = {"a whole number",      "a number",     "True or False",
	                                    "a whole number or K", "the name cfg", "a model"};
	return texts[type];
}

static bool accepts(enum pv_expr_type type, const struct pv_expr_node *v)
{
	switch (type) {
	case PV_EXPR_TYPE_COUNT: return v->kind == PV_EXPR_NUMBER && v->whole;
	case PV_EXPR_TYPE_REAL: return v->kind == PV_EXPR_NUMBER;
	case PV_EXPR_TYPE_FLAG: return v->kind == PV_EXPR_BOOL;
	case PV_EXPR_TYPE_MACHINES: return (v->kind == PV_EXPR_NUMBER && v->whole) || (v->kind == PV_EXPR_NAME && !strcmp(v->name, "K"));
	case PV_EXPR_TYPE_CFG: return v->kind == PV_EXPR_NAME && !strcmp(v->name, "cfg");
	case PV_EXPR_TYPE_MODEL: return v->kind == PV_EXPR_CALL;
	}
	return false;
}

static enum pv_status bind_one(const struct pv_expr *expr, int node, const struct pv_expr_param *param, struct pv_expr_value *value,
                               struct pv_error *err)
{
	const struct pv_expr_node *v = &expr->nodes[node];
	if (value->given)
		return pv_expr_fail(expr, node, PV_ERR_FORMAT, err, "%s is given twice", param->name);
	if (!accepts(param->type, v))
		return pv_expr_fail(expr, node, PV_ERR_FORMAT, err, "%s takes %s", param->name, accepted(param->type));
	if (v->kind == PV_EXPR_NUMBER && !(v->number >= param->low && v->number <= param->high))
		return pv_expr_fail(expr, node, PV_ERR_RANGE, err, "%s is %.10g, allowed is %.10g to %.10g", param->name, v->number,
		                    param->low, param->high);
	*value = (struct pv_expr_value){true, v->number, node};
	return PV_OK;
}

static enum pv_status bind_rest(const struct pv_expr *expr, int node, const struct pv_expr_signature *s, struct pv_expr_bound *bound,
                                struct pv_error *err)
{
	const struct pv_expr_node *v = &expr->nodes[node];
	if (!s->rest)
		return pv_expr_fail(expr, node, PV_ERR_FORMAT, err, "%d arguments by position are possible, not more", s->n_positional);
	if (bound->n_rest == PV_EXPR_MAX_REST)
		return pv_expr_fail(expr, node, PV_ERR_RANGE, err, "too many arguments");
	if (v->kind != PV_EXPR_NUMBER || !v->whole || v->number < 0 || v->number > 1e6)
		return pv_expr_fail(expr, node, PV_ERR_FORMAT, err, "a whole number from 0 to 1000000 is expected here");
	bound->rest[bound->n_rest++] = (int)v->number;
	return PV_OK;
}

static int find_param(const struct pv_expr_signature *s, const char *name)
{
	for (int i = 0; i < s->n_params; i++)
		if (!strcmp(s->params[i].name, name))
			return i;
	return -1;
}

static void hint_params(const struct pv_expr_signature *s, const char *name, struct pv_error *err)
{
	char list[200] = "";
	for (int i = 0; i < s->n_params; i++) {
		const size_t n = strlen(list);
		snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", s->params[i].name);
	}
	pv_error_hint(err, "%s takes %s", name, list);
}

enum pv_status pv_expr_bind(const struct pv_expr *expr, int call, const struct pv_expr_signature *s, struct pv_expr_bound *bound,
                            struct pv_error *err)
{
	const struct pv_expr_node *f = &expr->nodes[call];
	bool keywords = false;
	*bound = (struct pv_expr_bound){0};
	for (int i = 0; i < s->n_params; i++)
		bound->values[i] = (struct pv_expr_value){false, s->params[i].absent, -1};
	int position = 0;
	for (int node = f->first; node >= 0; node = expr->nodes[node].next) {
		const struct pv_expr_node *v = &expr->nodes[node];
		if (!v->key[0] && keywords)
			return pv_expr_fail(expr, node, PV_ERR_FORMAT, err, "an argument by position cannot follow one by keyword");
		if (!v->key[0] && position >= s->n_positional) {
			PV_TRY(bind_rest(expr, node, s, bound, err));
			continue;
		}
		const int which = v->key[0] ? find_param(s, v->key) : position++;
		keywords = keywords || v->key[0];
		if (which < 0) {
			pv_expr_fail(expr, node, PV_ERR_FORMAT, err, "no argument of %s is called '%s'", f->name, v->key);
			hint_params(s, f->name, err);
			return PV_ERR_FORMAT;
		}
		PV_TRY(bind_one(expr, node, &s->params[which], &bound->values[which], err));
	}
	for (int i = 0; i < s->n_params; i++)
		if (s->params[i].required && !bound->values[i].given) {
			pv_expr_fail(expr, call, PV_ERR_FORMAT, err, "%s lacks %s", f->name, s->params[i].name);
			hint_params(s, f->name, err);
			return PV_ERR_FORMAT;
		}
	return PV_OK;
}
