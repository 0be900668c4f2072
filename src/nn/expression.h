/*
 * expression.h - expressions such as InsEmModel(InsEm(cfg,nop=4),InsLSTM(16,2,bias=False)): parsed into a tree, never evaluated
 *
 *   expression = NAME "(" [argument {"," argument}] ")"
 *   argument   = [NAME "="] value;   those without a NAME come first
 *   value      = integer | real | True | False | NAME | expression
 *
 * A reader of such expressions has a table of parameters for each name and binds a call's arguments to it, by position or by keyword.
 */
#ifndef PV_NN_EXPRESSION_H
#define PV_NN_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { PV_EXPR_MAX_NODES = 256, PV_EXPR_MAX_NAME = 32, PV_EXPR_MAX_DEPTH = 8, PV_EXPR_MAX_TEXT = 1024 };

enum pv_expr_kind { PV_EXPR_NUMBER, PV_EXPR_BOOL, PV_EXPR_NAME, PV_EXPR_CALL };

struct pv_expr_node {
	enum pv_expr_kind kind;
	bool whole;                  /* NUMBER: written without a point or an exponent */
	size_t column;               /* 1-based, of its first character */
	double number;               /* NUMBER; BOOL: 0 or 1 */
	char name[PV_EXPR_MAX_NAME]; /* NAME, CALL */
	char key[PV_EXPR_MAX_NAME];  /* keyword that it was given by; empty by position */
	int first;                   /* CALL: its first argument, an index of nodes; -1: none */
	int next;                    /* the next argument of the same call; -1: none */
};

/* nodes[0] is the outermost call. */
struct pv_expr {
	char text[PV_EXPR_MAX_TEXT];
	int n_nodes;
	struct pv_expr_node nodes[PV_EXPR_MAX_NODES];
};

/* pv_expr_parse - a new tree, released with free(). PV_ERR_FORMAT (column, and what is expected there), PV_ERR_RANGE, PV_ERR_NOMEM */
enum pv_status pv_expr_parse(const char *text, struct pv_expr **expr, struct pv_error *err);

/* pv_expr_fail - an error that begins with the expression and the node's column; returns status */
enum pv_status pv_expr_fail(const struct pv_expr *expr, int node, enum pv_status status, struct pv_error *err, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* What a parameter accepts. */
enum pv_expr_type {
	PV_EXPR_TYPE_COUNT,    /* a whole number */
	PV_EXPR_TYPE_REAL,     /* any number */
	PV_EXPR_TYPE_FLAG,     /* True or False */
	PV_EXPR_TYPE_MACHINES, /* a whole number, or K: 0 */
	PV_EXPR_TYPE_CFG,      /* the name cfg: the reference passes its configuration here */
	PV_EXPR_TYPE_MODEL     /* a call */
};

struct pv_expr_param {
	const char *name;
	enum pv_expr_type type;
	bool required;
	double absent;    /* its value when it is not given */
	double low, high; /* numbers: allowed, both inclusive */
};

/* A bound value. */
struct pv_expr_value {
	bool given;
	double number; /* COUNT, REAL, FLAG (0, 1), MACHINES (K: 0) */
	int node;      /* where it was given; -1 when absent */
};

/* What a name takes: n_params parameters, the first n_positional of them also by position; more whole numbers by position when rest. */
struct pv_expr_signature {
	const struct pv_expr_param *params;
	int n_params, n_positional;
	bool rest;
};

enum { PV_EXPR_MAX_PARAMS = 12, PV_EXPR_MAX_REST = 128 };

struct pv_expr_bound {
	struct pv_expr_value values[PV_EXPR_MAX_PARAMS]; /* in the signature's order */
	int n_rest;
	int rest[PV_EXPR_MAX_REST];
};

/* pv_expr_bind - check a call's arguments against a signature; PV_ERR_FORMAT, PV_ERR_RANGE name the argument and its column */
enum pv_status pv_expr_bind(const struct pv_expr *expr, int call, const struct pv_expr_signature *signature, struct pv_expr_bound *bound,
                            struct pv_error *err);

#endif
