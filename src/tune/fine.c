/*
 * fine.c - fine tuning: all weights of a model, from where they are, on another dataset
 *
 *   vectors of the dataset's machines, by ridge fit -> training from there -> vectors of the machines held out, by ridge fit
 *
 * What it gains is measured the same way before and after: vectors of all machines learnt by a ridge fit from the seen programs, on the
 * foundation as it was and as it is.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

/* Columns of the dataset. */
struct columns {
	int *all; /* (n) */
	int n, n_seen;
	int *unseen; /* (n - n_seen) */
};

static enum pv_status columns_init(struct columns *c, const struct pv_dataset *dataset, struct pv_error *err)
{
	*c = (struct columns){.n = pv_dataset_n_machines(dataset)};
	c->all = calloc((size_t)c->n + 1, sizeof *c->all);
	c->unseen = calloc((size_t)c->n + 1, sizeof *c->unseen);
	FAIL_IF(!c->all || !c->unseen, err, PV_ERR_NOMEM, "out of memory");
	int n_unseen = 0;
	for (int k = 0; k < c->n; k++) {
		c->all[k] = k;
		if (pv_dataset_machine(dataset, k)->seen)
			c->n_seen++;
		else
			c->unseen[n_unseen++] = k;
	}
	return PV_OK;
}

/* Vectors of all machines on a model's foundation, and their errors; the tuned model, too, when it is asked for. */
static enum pv_status measure(const struct pv_model *model, const struct pv_dataset *dataset, const struct columns *c,
                              const struct pv_train_options *options, const struct pv_progress *progress, struct pv_model **tuned,
                              struct pv_fine_errors *errors, struct pv_error *err)
{
	const struct pv_tune_options tune = {.refit_rows = options->refit_rows, .held_out = errors != NULL, .threads = options->threads};
	struct pv_tune_result *r = calloc((size_t)c->n, sizeof *r);
	double *x = calloc(4 * (size_t)c->n + 1, sizeof *x);
	struct pv_model *m = NULL;
	enum pv_status status = r && x ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (status == PV_OK)
		status = pv_model_tune(model, dataset, c->all, c->n, &tune, progress, &m, errors ? r : NULL, err);
	size_t n[4] = {0};
	for (int k = 0; status == PV_OK && errors && k < c->n; k++) {
		const int seen = pv_dataset_machine(dataset, k)->seen ? 0 : 2;
		const double of[2] = {r[k].validation.mean, r[k].held_out.mean};
		for (int i = 0; i < 2; i++)
			if (isfinite(of[i]))
				x[(seen + i) * c->n + (int)n[seen + i]++] = of[i];
	}
	if (status == PV_OK && errors)
		*errors = (struct pv_fine_errors){.seen = pv_error_summarize(x, n[0]),
		                                  .seen_held = pv_error_summarize(x + c->n, n[1]),
		                                  .unseen = pv_error_summarize(x + 2 * c->n, n[2]),
		                                  .unseen_held = pv_error_summarize(x + 3 * c->n, n[3])};
	if (status == PV_OK && tuned)
		*tuned = m;
	else
		pv_model_free(m);
	free(r);
	free(x);
	return status;
}

/* The expression with as many machines as the dataset has seen ones. */
static enum pv_status expression_of(const struct pv_model *model, int n_machines, char text[MODEL_EXPRESSION_CHARS], struct pv_error *err)
{
	struct model_expression e = model->expression;
	TRY(model_expression_set_machines(&e, n_machines, err));
	memcpy(text, e.text, sizeof e.text);
	return PV_OK;
}

/* Programs that the model was trained on before stay seen. */
static enum pv_status remember_programs(const struct pv_model *from, struct pv_model *to, struct pv_error *err)
{
	for (int i = 0; i < from->info.n_programs; i++)
		if (!pv_model_saw_program(to, from->programs[i]))
			TRY(model_add_program(to, from->programs[i], err));
	return PV_OK;
}

/* Training from `start`, which has a vector of every machine; then vectors of the machines held out. */
static enum pv_status train_on(const struct pv_model *start, const struct pv_dataset *dataset, const struct columns *c,
                               const struct pv_train_options *options, const struct pv_progress *progress, struct pv_model **fine,
                               struct pv_error *err)
{
	struct pv_train_options o = *options;
	const struct pv_tune_options tune = {.refit_rows = o.refit_rows, .threads = o.threads, .command = o.command};
	struct pv_model *trained = NULL;
	char text[MODEL_EXPRESSION_CHARS];
	o.initial = start;
	o.mode = start->expression.window ? PV_MODE_WINDOW : PV_MODE_STREAM;
	o.checkpoints = o.resume = NULL;
	TRY(expression_of(start, c->n_seen, text, err));
	enum pv_status status = pv_train(dataset, text, &o, progress, &trained, NULL, err);
	if (status == PV_OK)
		status = remember_programs(start, trained, err);
	if (status != PV_OK || c->n == c->n_seen) {
		if (status == PV_OK)
			*fine = trained;
		else
			pv_model_free(trained);
		return status;
	}
	status = pv_model_tune(trained, dataset, c->unseen, c->n - c->n_seen, &tune, progress, fine, NULL, err);
	pv_model_free(trained);
	return status;
}

enum pv_status pv_model_fine_tune(const struct pv_model *model, const struct pv_dataset *dataset, const struct pv_train_options *options,
                                  const struct pv_progress *progress, struct pv_model **fine, struct pv_fine_errors *before,
                                  struct pv_fine_errors *after, struct pv_error *err)
{
	struct columns c;
	struct pv_model *start = NULL, *made = NULL;
	enum pv_status status = columns_init(&c, dataset, err);
	if (status == PV_OK && model->encoder->described)
		status = base_error_set(err, PV_ERR_UNSUPPORTED,
		                        "a model whose machine vectors follow from descriptions of machines cannot be trained further");
	if (status == PV_OK)
		status = measure(model, dataset, &c, options, progress, &start, before, err);
	if (status == PV_OK)
		status = train_on(start, dataset, &c, options, progress, &made, err);
	if (status == PV_OK && after)
		status = measure(made, dataset, &c, options, progress, NULL, after, err);
	if (status == PV_OK)
		*fine = made;
	else
		pv_model_free(made);
	pv_model_free(start);
	free(c.all);
	free(c.unseen);
	return status;
}
