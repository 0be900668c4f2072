/*
 * expression.h - a model's shape as users write it, such as "InsLSTM(64,2,narchs=16,bias=False)"
 *
 * Grammar (blanks anywhere between tokens):
 *
 *   model    = NAME "(" argument { "," argument } ")"
 *   argument = value | KEY "=" value          values by position come first: hidden units, layers
 *   value    = digits | "True" | "False" | "K"
 *
 * Names, keywords and their order are the reference's; wide is ours, and MinGRU, which takes nhidden, nlayers, narchs, bias and wide.
 * Nothing is evaluated.
 */
#ifndef MODEL_EXPRESSION_H
#define MODEL_EXPRESSION_H

#include <stdbool.h>

#include "base/error.h"
#include "nn/cell.h"

enum { MODEL_MAX_HIDDEN = 4096, MODEL_MAX_LAYERS = 16, MODEL_MAX_MACHINES = 65536, MODEL_EXPRESSION_CHARS = 256 };

struct model_expression {
	int n_hidden;   /* H, 1..MODEL_MAX_HIDDEN */
	int n_layers;   /* L, 1..MODEL_MAX_LAYERS */
	int n_machines; /* K; 0: as many as the dataset trains on ("narchs=K", or absent) */
	bool bias;      /* of the last linear layer; true when absent, as in the reference */
	enum nn_cell cell;
	bool wide;    /* inputs are part of the representation: D is larger than H */
	int n_inputs; /* F; not part of the text. 0: PV_N_FEATURES */
	/* Models over windows (encoder.h): n_hidden is D, n_layers 0, and the text says the rest. */
	int window; /* rows of a window; 0: over streams */
	char text[MODEL_EXPRESSION_CHARS];
};

/*
 * model_expression_parse - read a model expression
 *
 * Returns: PV_OK; PV_ERR_FORMAT (the position and what is allowed there), PV_ERR_RANGE, PV_ERR_UNSUPPORTED (a model or option of the
 * reference that is understood, but not built)
 */
enum pv_status model_expression_parse(const char *text, struct model_expression *expression, struct pv_error *err);

/* model_expression_repr - D, when the machines and inputs are filled in */
int model_expression_repr(const struct model_expression *expression);

/* model_expression_print - the canonical form, every figure filled in; parses back to the same */
void model_expression_print(const struct model_expression *expression, char text[MODEL_EXPRESSION_CHARS]);

/* model_expression_set_machines - make the text of a model over windows say n_machines, where it has a narchs=; PV_ERR_RANGE: too long */
enum pv_status model_expression_set_machines(struct model_expression *expression, struct pv_error *err);

#endif
