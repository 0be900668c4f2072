/*
 * expression.h - expressions such as InsEmModel(InsEm(cfg,nop=4),InsLSTM(16,2,bias=False)): parsed into a tree, never evaluated
 *
 *   expression = NAME "(" [argument {"," argument}] ")"
 *   argument   = [NAME "="] value;   those without a NAME come first
 *   value      = integer | real | True | False | NAME | text | "[" [text {"," text}] "]" | expression
 *   text       = characters between ' and ', or " and "
 *
 * A NAME may have points inside, as in E1DNet.from_input.
 *
 * A reader of such expressions has a table of parameters for each name and binds a call's arguments to it, by position or by keyword.
 */
#ifndef NN_EXPRESSION_H
#define NN_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { NN_EXPR_MAX_NODES = 256, NN_EXPR_MAX_NAME = 64, NN_EXPR_MAX_DEPTH = 8, NN_EXPR_MAX_TEXT = 1024 };

enum nn_expr_kind { NN_EXPR_NUMBER, NN_EXPR_BOOL, NN_EXPR_NAME, NN_EXPR_TEXT, NN_EXPR_LIST, NN_EXPR_CALL };

struct nn_expr_node {
	enum nn_expr_kind kind;
	bool whole;                  /* NUMBER: written without a point or an exponent */
	size_t column;               /* 1-based, of its first character */
	double number;               /* NUMBER; BOOL: 0 or 1 */
	char name[NN_EXPR_MAX_NAME]; /* NAME, CALL, TEXT */
	char key[NN_EXPR_MAX_NAME];  /* keyword that it was given by; empty by position */
	int first;                   /* CALL, LIST: its first argument or text, an index of nodes; -1: none */
	int next;                    /* the next one of the same call or list; -1: none */
};

/* nodes[0] is the outermost call. */
struct nn_expr {
	char text[NN_EXPR_MAX_TEXT];
	int n_nodes;
	struct nn_expr_node nodes[NN_EXPR_MAX_NODES];
};

/* nn_expr_parse - a new tree, released with free(). PV_ERR_FORMAT (column, and what is expected there), PV_ERR_RANGE, PV_ERR_NOMEM */
enum pv_status nn_expr_parse(const char *text, struct nn_expr **expr, struct pv_error *err);

/* nn_expr_fail - an error that begins with the expression and the node's column; returns status */
enum pv_status nn_expr_fail(const struct nn_expr *expr, int node, enum pv_status status, struct pv_error *err, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* What a parameter accepts. */
enum nn_expr_type {
	NN_EXPR_TYPE_COUNT,    /* a whole number */
	NN_EXPR_TYPE_REAL,     /* any number */
	NN_EXPR_TYPE_FLAG,     /* True or False */
	NN_EXPR_TYPE_MACHINES, /* a whole number, or K: 0 */
	NN_EXPR_TYPE_CFG,      /* the name cfg: the reference passes its configuration here */
	NN_EXPR_TYPE_MODEL,    /* a call */
	NN_EXPR_TYPE_TEXT,     /* a text */
	NN_EXPR_TYPE_TEXTS     /* a list of texts */
};

struct nn_expr_param {
	const char *name;
	enum nn_expr_type type;
	bool required;
	double absent;    /* its value when it is not given */
	double low, high; /* numbers: allowed, both inclusive */
};

/* A bound value. */
struct nn_expr_value {
	bool given;
	double number; /* COUNT, REAL, FLAG (0, 1), MACHINES (K: 0) */
	int node;      /* where it was given; -1 when absent */
};

/* What a name takes: n_params parameters, the first n_positional of them also by position; more whole numbers by position when rest. */
struct nn_expr_signature {
	const struct nn_expr_param *params;
	int n_params, n_positional;
	bool rest;
};

enum { NN_EXPR_MAX_PARAMS = 12, NN_EXPR_MAX_REST = 128 };

struct nn_expr_bound {
	struct nn_expr_value values[NN_EXPR_MAX_PARAMS]; /* in the signature's order */
	int n_rest;
	int rest[NN_EXPR_MAX_REST];
};

/* nn_expr_bind - check a call's arguments against a signature; PV_ERR_FORMAT, PV_ERR_RANGE name the argument and its column */
enum pv_status nn_expr_bind(const struct nn_expr *expr, int call, const struct nn_expr_signature *signature, struct nn_expr_bound *bound,
                            struct pv_error *err);

#endif
