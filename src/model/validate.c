/*
 * validate.c - what an epoch is worth: loss and total-time error on the validation ranges, machine rows refitted
 */
#include <math.h>
#include <string.h>

#include "model/trainer.h"

void pv_trainer_fold(const struct pv_trainer *t, const float *params, double *w, double *b)
{
	int n;
	const struct pv_net_tensor *tensors = pv_net_tensors(t->net, &n);
	const size_t K = (size_t)t->source.columns.n, D = (size_t)t->expression.n_hidden;
	for (int i = 0; i < n; i++) {
		const float *from = params + tensors[i].offset;
		bool weights = !strcmp(tensors[i].name, "linear.weight"), bias = !strcmp(tensors[i].name, "linear.bias");
		for (size_t k = 0; k < K; k++) {
			for (size_t d = 0; weights && d < D; d++)
				w[k * D + d] = (double)from[k * D + d] * t->source.columns.scale[k];
			if (bias)
				b[k] = (double)from[k] * t->source.columns.scale[k];
		}
	}
}

static struct pv_pass make_pass(const struct pv_trainer *t, const float *params, const char *what)
{
	return (struct pv_pass){.net = t->net, .params = params, .inputs = &t->source.inputs, .loss = t->loss, .what = what};
}

/* Lower is better. The reference's rule, the validation loss, where rows stay as trained. */
static double score_of(const struct pv_trainer *t, const struct pv_validation *v)
{
	if (!t->options.refit)
		return isnan(v->loss) ? t->train_loss : v->loss;
	if (isnan(v->left_out_error))
		return isnan(v->error) ? t->train_loss : v->error;
	return isnan(v->error) ? v->left_out_error : 0.5 * (v->error + v->left_out_error);
}

static enum pv_status refit(struct pv_trainer *t, const struct pv_segments *fitted, double *w, double *b, struct pv_validation *v,
                            struct pv_error *err)
{
	struct pv_refit_result r;
	PV_TRY(pv_refit(fitted, &t->valid, w, t->expression.bias ? b : NULL, &r, err));
	v->error = r.error;
	v->worst = r.worst;
	v->left_out_error = r.left_out_error;
	v->ridge = r.ridge;
	return PV_OK;
}

enum pv_status pv_trainer_validate(struct pv_trainer *t, struct pv_validation *v, struct pv_error *err)
{
	double *b = t->expression.bias ? t->b : NULL;
	struct pv_pass pass = make_pass(t, t->params, "validating");
	*v = (struct pv_validation){.loss = NAN, .trained_error = NAN, .error = NAN, .worst = NAN, .left_out_error = NAN};
	pass.columns = &t->source.columns;
	PV_TRY(pv_segments_run(&t->valid, &pass, t->pool, t->progress, err));
	v->loss = pv_segments_loss(&t->valid, t->loss);
	pv_trainer_fold(t, t->params, t->w, b);
	v->trained_error = v->error = pv_total_error(&t->valid, t->w, b, &v->worst);
	if (t->options.refit) {
		pass.columns = NULL;
		PV_TRY(pv_segments_run(&t->fitted, &pass, t->pool, t->progress, err));
		PV_TRY(refit(t, &t->fitted, t->w, b, v, err));
	}
	v->score = score_of(t, v);
	return PV_OK;
}

enum pv_status pv_trainer_final_refit(struct pv_trainer *t, struct pv_error *err)
{
	struct pv_segments all;
	struct pv_pass pass = make_pass(t, t->best_params, "refitting");
	PV_TRY(pv_segments_new(t->source.dataset, t->source.train, t->source.n_train, t->options.refit_rows, &t->source.columns,
	                       t->expression.n_hidden, t->pool, &all, err));
	/* The validation segments hold the last epoch's representations; the best epoch's are needed. */
	enum pv_status status = pv_segments_run(&t->valid, &pass, t->pool, NULL, err);
	if (status == PV_OK)
		status = pv_segments_run(&all, &pass, t->pool, t->progress, err);
	if (status == PV_OK)
		status = refit(t, &all, t->best_w, t->best_b, &t->best, err);
	pv_segments_release(&all);
	return status;
}
