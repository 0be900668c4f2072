/*
 * extend.c - the same model with room for more machines
 */
#include <string.h>

#include "machine_regression/regression.h"
#include "model/model.h"

static enum pv_status copy_contents(const struct pv_model *from, struct pv_model *to, struct pv_error *err)
{
	const int n = from->encoder->n_tensors;
	const struct nn_tensor *a = from->encoder->tensors, *b = to->encoder->tensors;
	/* Both tables list the same tensors; only the last layer's have more rows in the new one, and its first rows are the old ones. */
	for (int i = 0; i < n; i++)
		memcpy(to->params + b[i].offset, from->params + a[i].offset, a[i].n * sizeof *to->params);
	TRY(model_copy_facts(from, to, err));
	return from->net ? machine_regression_copy(from->net, &to->net, err) : PV_OK;
}

enum pv_status model_extend(const struct pv_model *model, int n_more, struct pv_model **extended, struct pv_error *err)
{
	struct model_expression e = model->expression;
	struct pv_model *m;
	TRY(model_expression_set_machines(&e, e.n_machines + n_more, err));
	TRY(model_new(&e, &m, err));
	enum pv_status status = copy_contents(model, m, err);
	if (status != PV_OK) {
		pv_model_free(m);
		return status;
	}
	*extended = m;
	return PV_OK;
}
