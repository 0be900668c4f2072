/*
 * optim.h - Adam, its learning-rate schedule and gradient clipping, over one flat parameter block
 *
 * The semantics (order of operations, where epsilon and decay enter) are those of torch.optim.Adam, AdamW and clip_grad_norm_.
 * Sources: Kingma and Ba, "Adam: a method for stochastic optimization" (ICLR 2015); Loshchilov and Hutter, "Decoupled weight decay
 * regularization" (ICLR 2019).
 */
#ifndef NN_OPTIM_H
#define NN_OPTIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct nn_adam_config {
	double lr;           /* learning rate */
	double beta1, beta2; /* decay of the first and second moment */
	double eps;
	double weight_decay; /* coupled: added to the gradient as weight_decay * parameter; decoupled: shrinks the parameter by lr *
	                        weight_decay */
	bool decoupled;      /* AdamW */
};

/* nn_adam_defaults - lr 1e-3, betas 0.9 and 0.999, eps 1e-8, no decay */
struct nn_adam_config nn_adam_defaults(void);

/* The optimizer's state is plain data: a checkpoint stores n_steps, m and v and needs nothing else. */
struct nn_adam {
	struct nn_adam_config config; /* lr may be changed between steps */
	size_t n;                     /* parameters */
	uint64_t n_steps;             /* taken so far */
	float *m, *v;                 /* (n) first and second moments, start at zero */
};

/* nn_adam_init - allocate the moments; PV_ERR_RANGE (a bad hyper-parameter, named), PV_ERR_NOMEM. On failure *adam is zero. */
enum pv_status nn_adam_init(struct nn_adam *adam, const struct nn_adam_config *config, size_t n, struct pv_error *err);
void nn_adam_release(struct nn_adam *adam);

/* nn_adam_step - one step on the (n) parameters with the (n) gradients; element by element, so any slicing gives the same bytes */
void nn_adam_step(struct nn_adam *adam, float *params, const float *grads);

/* nn_step_lr - StepLR: lr * gamma^(epoch / step_size), epoch counted from 0; step_size 0 keeps lr */
double nn_step_lr(double lr, int step_size, double gamma, int epoch);

/* nn_grad_norm - Euclidean norm of the (n) gradients, summed in double in a fixed order */
double nn_grad_norm(const float *grads, size_t n);

/* nn_grad_clip - scale the gradients by min(1, max_norm / (norm + 1e-6)); returns the norm before. max_norm <= 0 clips nothing. */
double nn_grad_clip(float *grads, size_t n, double max_norm);

/* nn_grad_add - sum += grads, element by element: shards are added in their own order */
void nn_grad_add(float *sum, const float *grads, size_t n);

#endif
