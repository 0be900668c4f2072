/*
 * validate.c - what an epoch is worth: loss and total-time error on the validation ranges, machine vectors refitted
 */
#include <math.h>
#include <string.h>

#include "train/trainer.h"

const float *trainer_evaluated(const struct trainer *t, const float *params)
{
	if (t->evaluated == t->encoder)
		return params;
	model_encoder_copy(t->encoder, params, t->evaluated, t->evaluated_params);
	return t->evaluated_params;
}

void trainer_fold(const struct trainer *t, const float *params, double *w, double *b)
{
	const struct model_encoder *e = t->encoder;
	const size_t K = (size_t)e->K, D = (size_t)e->D;
	model_encoder_rows(e, params, w, b);
	for (size_t k = 0; k < K; k++) {
		const double scale = t->source.columns.scale[k];
		for (size_t d = 0; d < D; d++)
			w[k * D + d] *= scale;
		if (e->bias)
			b[k] *= scale;
	}
}

static struct represent_run make_pass(const struct trainer *t, const float *params, const char *what)
{
	return (struct represent_run){
	    .encoder = t->evaluated, .params = trainer_evaluated(t, params), .inputs = &t->source.inputs, .loss = t->loss, .what = what};
}

/* Lower is better. The reference's rule, the validation loss, where rows stay as trained. */
static double score_of(const struct trainer *t, const struct train_validation *v)
{
	if (!t->options.refit)
		return isnan(v->loss) ? t->train_loss : v->loss;
	if (isnan(v->left_out_error))
		return isnan(v->error) ? t->train_loss : v->error;
	return isnan(v->error) ? v->left_out_error : 0.5 * (v->error + v->left_out_error);
}

static enum pv_status refit(struct trainer *t, const struct represent_segments *fitted, double *w, double *b, struct train_validation *v,
                            struct pv_error *err)
{
	struct fit_ridge_result r;
	TRY(fit_ridge(fitted, &t->valid, w, t->expression.bias ? b : NULL, &r, err));
	v->error = r.error;
	v->worst = r.worst;
	v->left_out_error = r.left_out_error;
	v->ridge = r.ridge;
	return PV_OK;
}

enum pv_status trainer_validate(struct trainer *t, struct train_validation *v, struct pv_error *err)
{
	double *b = t->expression.bias ? t->b : NULL;
	struct represent_run pass = make_pass(t, trainer_current(t), "validating");
	*v = (struct train_validation){.loss = NAN, .trained_error = NAN, .error = NAN, .worst = NAN, .left_out_error = NAN};
	pass.columns = &t->source.columns;
	TRY(represent_segments_run(&t->valid, &pass, t->pool, t->progress, err));
	v->loss = represent_segments_loss(&t->valid, t->loss);
	trainer_fold(t, trainer_current(t), t->w, b);
	v->trained_error = v->error = fit_total_error(&t->valid, t->w, b, &v->worst);
	if (t->options.refit) {
		pass.columns = NULL;
		TRY(represent_segments_run(&t->fitted, &pass, t->pool, t->progress, err));
		TRY(refit(t, &t->fitted, t->w, b, v, err));
	}
	t->n_measured = fit_total_errors(&t->valid, t->w, b, t->measured, t->errors);
	v->score = score_of(t, v);
	return PV_OK;
}

enum pv_status trainer_final_refit(struct trainer *t, struct pv_error *err)
{
	struct represent_segments all;
	struct represent_run pass = make_pass(t, t->best_params, "refitting");
	TRY(represent_segments_new(t->source.dataset, t->source.train, t->source.n_train, t->options.refit_rows, &t->source.columns,
	                           model_expression_repr(&t->expression), t->pool, &all, err));
	/* The validation segments hold the last epoch's representations; the best epoch's are needed. */
	enum pv_status status = represent_segments_run(&t->valid, &pass, t->pool, NULL, err);
	if (status == PV_OK)
		status = represent_segments_run(&all, &pass, t->pool, t->progress, err);
	if (status == PV_OK)
		status = refit(t, &all, t->best_w, t->best_b, &t->best, err);
	represent_segments_release(&all);
	return status;
}
