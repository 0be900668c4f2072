/*
 * feed_samples.c - training on stored representations with measured times
 *
 *   x (B, D) -> network -> output * y_scale -> loss against y, and its gradient back
 *
 * A step takes microseconds: it runs on one thread.
 */
#include "train/feed_samples.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "nn/blas.h"

struct samples {
	struct train_feed feed;
	struct train_samples of;
	const struct nn_sequential *chain;
	struct nn_work *work;
	size_t B;
	enum nn_loss_kind loss;
	uint64_t seed;
	uint32_t *order;        /* (n_train) numbers of samples */
	int n_shuffled;         /* epochs that the order is of; 0: none */
	size_t at, n;           /* the step at hand: order[at..at + n) */
	float *x, *y, *out, *d; /* (B, D), (B), (B), (B) */
};

static struct samples *samples_of(struct train_feed *feed)
{
	return (struct samples *)feed;
}

/* An epoch's order is that of the epoch before, shuffled again: the order of any other epoch is made from the first one on. */
static void begin(struct train_feed *feed, int epoch)
{
	struct samples *s = samples_of(feed);
	if (!s->n_shuffled || s->n_shuffled > epoch + 1) {
		memcpy(s->order, s->of.train, s->of.n_train * sizeof *s->order);
		s->n_shuffled = 0;
	}
	for (; s->n_shuffled <= epoch; s->n_shuffled++) {
		struct base_random rng;
		base_random_init(&rng, s->seed * 0x9e3779b97f4a7c15u + (uint64_t)s->n_shuffled + 1);
		base_random_shuffle(&rng, s->order, s->of.n_train);
	}
	s->at = s->n = 0;
	feed->n_rows = s->of.n_train;
	feed->n_steps = (s->of.n_train + s->B - 1) / s->B;
}

static bool next(struct train_feed *feed)
{
	struct samples *s = samples_of(feed);
	const size_t left = s->of.n_train - (s->at += s->n);
	s->n = left < s->B ? left : s->B;
	return s->n > 0;
}

static enum pv_status step(struct train_feed *feed, struct train_step *step, struct pv_error *err)
{
	struct samples *s = samples_of(feed);
	const size_t D = (size_t)s->of.D;
	const float *output;
	for (size_t i = 0; i < s->n; i++) {
		const size_t sample = s->order[s->at + i];
		memcpy(s->x + i * D, s->of.x + sample * D, D * sizeof *s->x);
		s->y[i] = s->of.y[sample];
	}
	TRY(nn_forward(s->work, step->params, s->x, (int)s->n, step->seed, NULL, &output, err));
	for (size_t i = 0; i < s->n; i++)
		s->out[i] = output[i] * s->of.y_scale;
	const double sum = nn_loss_sum(s->loss, s->out, s->y, NULL, s->n, 1), n = (double)s->n;
	nn_loss_gradient(s->loss, s->out, s->y, NULL, s->n, 1, nn_loss_scale(s->loss, sum, n), s->d);
	for (size_t i = 0; i < s->n; i++)
		s->d[i] *= s->of.y_scale;
	memset(step->grads, 0, nn_sequential_n_trained(s->chain) * sizeof *step->grads);
	nn_backward(s->work, step->params, s->d, NULL, step->grads, NULL);
	step->n_counted = s->n;
	step->loss = nn_loss_value(s->loss, sum, n);
	return PV_OK;
}

static void samples_free(struct train_feed *feed)
{
	struct samples *s = samples_of(feed);
	nn_work_free(s->work);
	free(s->order);
	free(s->x);
	free(s->y);
	free(s->out);
	free(s->d);
	free(s);
}

enum pv_status train_samples_new(const struct train_samples *samples, const struct nn_sequential *chain, int B, enum nn_loss_kind loss,
                                 uint64_t seed, struct train_feed **feed, struct pv_error *err)
{
	static const struct train_feed_kind kind = {.unit = "samples", .begin = begin, .next = next, .step = step, .free = samples_free};
	struct samples *s = calloc(1, sizeof *s);
	FAIL_IF(!s, err, PV_ERR_NOMEM, "out of memory");
	*s = (struct samples){.feed = {.kind = &kind}, .of = *samples, .chain = chain, .B = (size_t)B, .loss = loss, .seed = seed};
	s->order = malloc((samples->n_train + 1) * sizeof *s->order);
	s->x = nn_floats_new(s->B * (size_t)samples->D);
	s->y = nn_floats_new(s->B);
	s->out = nn_floats_new(s->B);
	s->d = nn_floats_new(s->B);
	enum pv_status status = s->order && s->x && s->y && s->out && s->d ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (status == PV_OK)
		status = nn_work_windows(chain, B, true, &s->work, err);
	if (status != PV_OK) {
		samples_free(&s->feed);
		return status;
	}
	*feed = &s->feed;
	return PV_OK;
}
