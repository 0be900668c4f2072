/*
 * oracle.c - holds the models against states that PyTorch computed: oracle FOLDER
 *
 * Every FOLDER/NAME.safetensors whose metadata names a model is run: the model is built from its expression, given the file's parameters
 * and input, and everything else that the file holds is compared: output, representation, loss, gradients, parameters, running moments and
 * loss after some steps of the optimizer; or the losses of a whole trajectory with decay, clipping and a schedule; or, for a file about a
 * checkpoint, output and representation. One line for each file, with the largest relative error of each kind. Exit status 0: all within
 * tolerance; 1: one is off, or nothing was found.
 *
 * The relative error of an element is |is - expected| / (|expected| + floor / RTOL), and is off above RTOL = 1e-4. The floor is what
 * float32 rounding can do to the element, in PyTorch as here:
 *  - 1e-6 of the tensor's largest element: it is a sum of terms of either sign, with a rounding of 6e-8 of the terms;
 *  - for outputs, representations and gradients, 4 times the largest change among 8 runs whose inputs and parameters are each changed by at
 *    most one rounding (2^-23). The inputs of some states are not normalised (up to 1e6): gates are sums of terms near 1e5, known to 1e-2
 *    only, and so are the slopes of those gates and what is made of them;
 *  - for gradients, 1e-9: some (of the keys' bias in attention) are zero but for rounding;
 *  - for running moments after Adam, a tenth of lr: what normalised weights weigh has no gradient but rounding, and moves by lr all the
 *    same;
 *  - for parameters after Adam, what an uncertain gradient can do: Adam moves an element by lr g / |g|, so a gradient known to a share u
 *    moves it by lr u more or less, at most 2 lr; and 1e-3 of all steps, for the gradients of later steps, which the files do not have.
 */
#include <dirent.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/pt.h"
#include "base/random.h"
#include "base/safetensors.h"
#include "nn/sequential.h"
#include "nn/losses.h"
#include "nn/optim.h"
#include "train/options.h"

#define RTOL 1e-4

enum kind { OUTPUT, REPRESENTATION, LOSS, GRADS, AFTER, LOSS_AFTER, LOSSES, BUFFERS, RUNNING, OUTPUT_PT, REPRESENTATION_PT, N_KINDS };

static const char *const kind_names[N_KINDS] = {
    "output", "representation", "loss", "grads", "after", "loss_after", "losses", "buffers", "running", "output_pt", "representation_pt"};

/* The optimizer as the metadata tells it. */
struct recipe {
	struct nn_adam_config adam;
	double clip;
	int step_size;
	double gamma;
	int steps;
};

struct state {
	struct base_safetensors *file;
	struct nn_sequential *chain;
	struct nn_work *work;
	const char *model;
	enum nn_loss_kind loss_kind;
	struct recipe recipe;
	int B;
	float *x, *target, *params, *grads, *doutput;
	const float *output, *representation;
	double loss;
	uint64_t seed;                                    /* 1: batches are normalised by their own moments; 0: by running ones */
	float *output_spread, *repr_spread, *grad_spread; /* what one rounding of the inputs and parameters changes */
	double errors[N_KINDS];                           /* -1: nothing of this kind */
	char where[200];                                  /* the worst element that is off */
};

struct floors {
	double all;       /* for every element */
	const float *own; /* or each its own; may be NULL */
};

static void *allocate(size_t n, size_t size)
{
	void *p = calloc(n + 1, size);
	if (!p) {
		fprintf(stderr, "error: out of memory\n");
		exit(1);
	}
	return p;
}

static float *read_tensor(const struct state *s, const char *name, size_t *n)
{
	const struct base_tensor_view *v = base_safetensors_find(s->file, name);
	if (!v)
		return NULL;
	float *p = allocate(v->n, sizeof *p);
	*n = v->n;
	if (base_safetensors_read_f32(s->file, name, v->dims, v->n_dims, p, NULL) == PV_OK)
		return p;
	free(p);
	return NULL;
}

static double largest_of(const float *v, size_t n)
{
	double largest = 0.0;
	for (size_t i = 0; i < n; i++)
		largest = fmax(largest, fabs((double)v[i]));
	return largest;
}

static void compare_values(struct state *s, enum kind kind, const char *name, const float *is, const float *expected, size_t n,
                           struct floors floors)
{
	const double largest = largest_of(expected, n);
	for (size_t i = 0; i < n; i++) {
		const double floor = 1e-6 * largest + floors.all + (floors.own ? (double)floors.own[i] : 0.0), e = (double)expected[i];
		double error = fabs((double)is[i] - e) / (fabs(e) + floor / RTOL);
		if ((double)is[i] == e)
			error = 0.0;
		if (isnan(error))
			error = INFINITY;
		if (error > s->errors[kind] && error > RTOL)
			snprintf(s->where, sizeof s->where, "%s[%zu] is %.9g, expected %.9g", name, i, (double)is[i], e);
		s->errors[kind] = fmax(s->errors[kind], error);
	}
}

/* The tensor of this name, when the file has it: its length must be n. */
static void compare(struct state *s, enum kind kind, const char *name, const float *is, size_t n, struct floors floors)
{
	size_t n_expected = 0;
	float *expected = read_tensor(s, name, &n_expected);
	if (!expected)
		return;
	if (!is || n_expected != n) {
		snprintf(s->where, sizeof s->where, "%s has %zu numbers, the model %zu", name, n_expected, is ? n : 0);
		s->errors[kind] = INFINITY;
	} else {
		compare_values(s, kind, name, is, expected, n, floors);
	}
	free(expected);
}

/* ---- reading a file ---- */

static double number_after(const char *text, const char *key, double absent)
{
	const char *at = strstr(text, key);
	return at ? strtod(at + strlen(key), NULL) : absent;
}

static bool read_recipe(struct state *s)
{
	const char *text = base_safetensors_metadata(s->file, "optimizer"), *steps = base_safetensors_metadata(s->file, "steps");
	struct recipe *r = &s->recipe;
	if (!text || !steps)
		return true; /* nothing is asked for */
	if (strncmp(text, "Adam", 4))
		return false;
	r->adam = nn_adam_defaults();
	r->adam.decoupled = !strncmp(text, "AdamW", 5);
	r->adam.lr = number_after(text, "lr=", r->adam.lr);
	r->adam.weight_decay = number_after(text, "weight_decay=", 0.0);
	r->adam.beta1 = number_after(text, "betas=(", r->adam.beta1);
	const char *betas = strstr(text, "betas=(");
	r->adam.beta2 = betas ? number_after(betas, ",", r->adam.beta2) : r->adam.beta2;
	r->adam.eps = number_after(text, "eps=", r->adam.eps);
	r->clip = number_after(text, "clip_grad_norm ", 0.0);
	r->step_size = (int)number_after(text, "step_size=", 0.0);
	r->gamma = number_after(text, "gamma=", 1.0);
	r->steps = atoi(steps);
	return r->steps >= 0 && r->steps <= 1000;
}

/* An expression for a recurrent model whose parameters are all there is: read from their names and shapes. */
static const char *recurrent_expression(const struct state *s, char text[200])
{
	const struct base_tensor_view *hh = base_safetensors_find(s->file, "param.lstm.weight_hh_l0");
	const struct base_tensor_view *linear = base_safetensors_find(s->file, "param.linear.weight");
	int layers = 0;
	char name[64];
	if (!hh || !linear || hh->n_dims != 2 || linear->n_dims != 2)
		return NULL;
	do
		snprintf(name, sizeof name, "param.lstm.weight_hh_l%d", ++layers);
	while (base_safetensors_find(s->file, name));
	snprintf(text, 200, "InsLSTM(%zu,%d,narchs=%zu,gru=%s,bi=%s,bias=%s)", hh->dims[1], layers, linear->dims[0],
	         hh->dims[0] == 3 * hh->dims[1] ? "True" : "False",
	         base_safetensors_find(s->file, "param.lstm.weight_hh_l0_reverse") ? "True" : "False",
	         base_safetensors_find(s->file, "param.linear.bias") ? "True" : "False");
	return text;
}

static size_t n_grads(const struct state *s)
{
	return nn_sequential_n_trained(s->chain) + nn_sequential_n_tracked(s->chain);
}

static const struct nn_tensor *find_tensor(const struct nn_sequential *chain, const char *name)
{
	int n;
	const struct nn_tensor *t = nn_sequential_tensors(chain, &n);
	for (int i = 0; i < n; i++)
		if (!strcmp(t[i].name, name))
			return &t[i];
	return NULL;
}

/* Every parameter of the file goes into the block, and every tensor of the model must have come from the file. */
static enum pv_status read_params(struct state *s, struct pv_error *err)
{
	int n, n_read = 0;
	const struct nn_tensor *t = nn_sequential_tensors(s->chain, &n);
	for (size_t i = 0; i < base_safetensors_count(s->file); i++) {
		const struct base_tensor_view *v = base_safetensors_at(s->file, i);
		if (strncmp(v->name, "param.", 6))
			continue;
		const struct nn_tensor *to = find_tensor(s->chain, v->name + 6);
		FAIL_IF(!to, err, PV_ERR_MISSING, "the model has no tensor %s", v->name + 6);
		TRY(base_safetensors_read_f32(s->file, v->name, to->dims, to->n_dims, s->params + to->offset, err));
		n_read++;
	}
	for (int i = 0; i < n && n_read < n; i++) {
		char name[100];
		snprintf(name, sizeof name, "param.%s", t[i].name);
		FAIL_IF(!base_safetensors_find(s->file, name), err, PV_ERR_MISSING, "the file has no tensor %s", name);
	}
	return PV_OK;
}

/* A loss as the command line calls it. */
static enum pv_status read_loss(const char *name, enum nn_loss_kind *kind, struct pv_error *err)
{
	for (const struct pv_train_choice *c = pv_train_choices("loss"); c->name; c++)
		if (!strcmp(name, c->name)) {
			*kind = train_loss_kind((enum pv_train_loss)c->value);
			return PV_OK;
		}
	return base_error_set(err, PV_ERR_UNSUPPORTED, "no loss is called '%s'", name);
}

static enum pv_status read_model(struct state *s, struct pv_error *err)
{
	const struct base_tensor_view *input = base_safetensors_find(s->file, "input"), *output = base_safetensors_find(s->file, "output");
	const struct base_tensor_view *target = base_safetensors_find(s->file, "target");
	const char *loss = base_safetensors_metadata(s->file, "loss"), *steps = base_safetensors_metadata(s->file, "seq_length");
	size_t n;
	FAIL_IF(!input || input->n_dims < 2 || input->n_dims > 3 || (!output && !target), err, PV_ERR_MISSING, "no input or no output");
	const struct base_tensor_view *like = target ? target : output;
	const struct nn_setting setting = {input->n_dims == 3 ? (int)input->dims[1]
	                                   : steps            ? atoi(steps)
	                                                      : 1,
	                                   (int)input->dims[input->n_dims - 1], (int)like->dims[like->n_dims - 1]};
	TRY(nn_sequential_new(s->model, &setting, &s->chain, err));
	const struct nn_rows in = nn_sequential_input(s->chain), out = nn_sequential_output(s->chain);
	s->B = (int)input->dims[0];
	FAIL_IF(input->n != (size_t)s->B * (size_t)in.T * (size_t)in.F, err, PV_ERR_SHAPE, "input is not (B, %d, %d)", in.T, in.F);
	FAIL_IF(target && target->n != (size_t)s->B * (size_t)out.T * (size_t)out.F, err, PV_ERR_SHAPE, "target is not (B, %d, %d)", out.T,
	        out.F);
	if (loss)
		TRY(read_loss(loss, &s->loss_kind, err));
	FAIL_IF(!read_recipe(s), err, PV_ERR_UNSUPPORTED, "only Adam and AdamW are known");
	TRY(nn_work_windows(s->chain, s->B, true, &s->work, err));
	const char *mode = base_safetensors_metadata(s->file, "mode");
	s->seed = mode && !strcmp(mode, "training");
	s->x = read_tensor(s, "input", &n);
	s->target = read_tensor(s, "target", &n);
	s->params = allocate(nn_sequential_n_params(s->chain), sizeof(float));
	s->grads = allocate(n_grads(s), sizeof(float));
	s->doutput = allocate((size_t)s->B * (size_t)out.T * (size_t)out.F, sizeof(float));
	nn_sequential_init(s->chain, s->params, 1);
	int n_tensors;
	const struct nn_tensor *t = nn_sequential_tensors(s->chain, &n_tensors);
	for (int i = 0; i < n_tensors; i++)
		if (t[i].init == NN_TENSOR_POSITIONS) {
			char name[100];
			snprintf(name, sizeof name, "param.%s", t[i].name);
			compare(s, BUFFERS, name, s->params + t[i].offset, t[i].n, (struct floors){0, NULL});
		}
	return read_params(s, err);
}

/* ---- running it ---- */

static enum pv_status run(struct state *s, bool backward, struct pv_error *err)
{
	const struct nn_rows out = nn_sequential_output(s->chain);
	const size_t N = (size_t)s->B * (size_t)out.T;
	TRY(nn_forward(s->work, s->params, s->x, s->B, s->seed, &s->representation, &s->output, err));
	if (!s->target)
		return PV_OK;
	const double sum = nn_loss_sum(s->loss_kind, s->output, s->target, NULL, N, out.F), count = nn_loss_count(NULL, N, out.F);
	s->loss = nn_loss_value(s->loss_kind, sum, count);
	if (!backward)
		return PV_OK;
	nn_loss_gradient(s->loss_kind, s->output, s->target, NULL, N, out.F, nn_loss_scale(s->loss_kind, sum, count), s->doutput);
	memset(s->grads, 0, n_grads(s) * sizeof(float));
	nn_backward(s->work, s->params, s->doutput, NULL, s->grads, NULL);
	return PV_OK;
}

/* All steps of the recipe, from the state just run; losses (steps) of each step before it. */
static enum pv_status train(struct state *s, float *losses, struct pv_error *err)
{
	struct nn_adam adam;
	TRY(nn_adam_init(&adam, &s->recipe.adam, nn_sequential_n_trained(s->chain), err));
	enum pv_status status = PV_OK;
	for (int step = 0; step < s->recipe.steps && status == PV_OK; step++) {
		losses[step] = (float)s->loss;
		nn_grad_clip(s->grads, adam.n, s->recipe.clip);
		adam.config.lr = nn_step_lr(s->recipe.adam.lr, s->recipe.step_size, s->recipe.gamma, step);
		nn_adam_step(&adam, s->params, s->grads);
		nn_sequential_track(s->chain, s->params, s->grads);
		status = run(s, true, err);
	}
	nn_sequential_track(s->chain, s->params, s->grads); /* the last pass has been seen, too */
	nn_adam_release(&adam);
	return status;
}

static void widen(float *spread, const float *a, const float *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		spread[i] = fmaxf(spread[i], 4.0f * fabsf(a[i] - b[i]));
}

static float *nudged(const float *values, size_t n, struct base_random *rng)
{
	float *p = allocate(n, sizeof *p);
	for (size_t i = 0; i < n; i++)
		p[i] = values[i] * (float)(1.0 + (2.0 * base_random_unit(rng) - 1.0) * 0x1p-23);
	return p;
}

/* From the state just run: its spreads. The state is run again at the end. */
static enum pv_status measure_spread(struct state *s, struct pv_error *err)
{
	const struct nn_rows in = nn_sequential_input(s->chain), out = nn_sequential_output(s->chain),
	                     repr = nn_sequential_representation(s->chain);
	const size_t B = (size_t)s->B, n_x = B * (size_t)in.T * (size_t)in.F, n_params = nn_sequential_n_params(s->chain);
	const size_t n_out = B * (size_t)out.T * (size_t)out.F, n_repr = B * (size_t)repr.T * (size_t)repr.F;
	const size_t n_trained = nn_sequential_n_trained(s->chain);
	struct base_random rng;
	enum pv_status status = PV_OK;
	base_random_init(&rng, 1);
	s->output_spread = allocate(n_out, sizeof(float));
	s->repr_spread = allocate(n_repr, sizeof(float));
	s->grad_spread = allocate(n_trained, sizeof(float));
	float *output = allocate(n_out, sizeof *output), *representation = allocate(n_repr, sizeof *representation);
	float *grads = allocate(n_trained, sizeof *grads), *x = s->x, *params = s->params;
	memcpy(output, s->output, n_out * sizeof *output);
	if (n_repr)
		memcpy(representation, s->representation, n_repr * sizeof *representation);
	memcpy(grads, s->grads, n_trained * sizeof *grads);
	for (int i = 0; i < 8 && status == PV_OK; i++) {
		s->x = nudged(x, n_x, &rng);
		s->params = nudged(params, n_params, &rng);
		status = run(s, true, err);
		widen(s->output_spread, s->output, output, n_out);
		widen(s->repr_spread, s->representation, representation, n_repr);
		widen(s->grad_spread, s->grads, grads, n_trained);
		free(s->x);
		free(s->params);
	}
	s->x = x;
	s->params = params;
	free(output);
	free(representation);
	free(grads);
	return status == PV_OK ? run(s, true, err) : status;
}

/* How far apart Adam may leave two elements whose gradients agree within the tolerance. */
static float *after_floors(const struct state *s, const struct nn_tensor *t, const float *grads)
{
	const float *g = grads + t->offset;
	const double largest = largest_of(g, t->n);
	double distance = 0.0;
	char name[120];
	size_t n = 0;
	snprintf(name, sizeof name, "grad.%s", t->name);
	float *theirs = read_tensor(s, name, &n);
	for (int i = 0; i < s->recipe.steps; i++)
		distance += nn_step_lr(s->recipe.adam.lr, s->recipe.step_size, s->recipe.gamma, i);
	float *floors = allocate(t->n, sizeof *floors);
	for (size_t i = 0; i < t->n; i++) {
		const double expected = theirs && n == t->n ? fabs((double)theirs[i]) : 0.0, size = fmax(fabs((double)g[i]), expected);
		const double uncertain = 1e-6 * largest + 1e-9 + (double)s->grad_spread[t->offset + i];
		floors[i] = (float)(distance * (1e-3 + (size > 0.0 ? fmin(2.0, uncertain / size) : 0.0)));
	}
	free(theirs);
	return floors;
}

/* Whether the file has any tensor PREFIX.NAME. */
static bool has_any(const struct state *s, const char *prefix)
{
	const size_t n = strlen(prefix);
	for (size_t i = 0; i < base_safetensors_count(s->file); i++) {
		const char *name = base_safetensors_at(s->file, i)->name;
		if (!strncmp(name, prefix, n) && name[n] == '.')
			return true;
	}
	return false;
}

static void compare_tensors(struct state *s, enum kind kind, const char *prefix, const float *block, const float *grads)
{
	int n;
	const bool expected = has_any(s, prefix);
	const struct nn_tensor *t = nn_sequential_tensors(s->chain, &n);
	for (int i = 0; i < n; i++) {
		char name[120];
		if (t[i].tracked && kind == AFTER) {
			snprintf(name, sizeof name, "%s.%s", prefix, t[i].name);
			compare(s, RUNNING, name, block + t[i].offset, t[i].n, (struct floors){0.1 * s->recipe.adam.lr, NULL});
		}
		if (t[i].frozen)
			continue;
		float *after = kind == AFTER ? after_floors(s, &t[i], grads) : NULL;
		const struct floors floors = {kind == GRADS ? 1e-9 : 0.0, after ? after : s->grad_spread + t[i].offset};
		snprintf(name, sizeof name, "%s.%s", prefix, t[i].name);
		compare(s, kind, name, block + t[i].offset, t[i].n, floors);
		if (expected && !base_safetensors_find(s->file, name)) {
			snprintf(s->where, sizeof s->where, "the file has no %s", name);
			s->errors[kind] = INFINITY;
		}
		free(after);
	}
}

static enum pv_status check(struct state *s, struct pv_error *err)
{
	TRY(read_model(s, err));
	const struct nn_rows out = nn_sequential_output(s->chain), repr = nn_sequential_representation(s->chain);
	const struct floors none = {0.0, NULL};
	TRY(run(s, true, err));
	TRY(measure_spread(s, err));
	compare(s, OUTPUT, "output", s->output, (size_t)s->B * (size_t)out.T * (size_t)out.F, (struct floors){0.0, s->output_spread});
	compare(s, REPRESENTATION, "representation", s->representation, (size_t)s->B * (size_t)repr.T * (size_t)repr.F,
	        (struct floors){0.0, s->repr_spread});
	if (!s->target)
		return PV_OK;
	compare(s, LOSS, "loss", &(float){(float)s->loss}, 1, none);
	compare_tensors(s, GRADS, "grad", s->grads, s->grads);
	if (!s->recipe.steps)
		return PV_OK;
	char after[32], loss_after[32];
	float *first = allocate(nn_sequential_n_trained(s->chain), sizeof *first),
	      *losses = allocate((size_t)s->recipe.steps, sizeof *losses);
	memcpy(first, s->grads, nn_sequential_n_trained(s->chain) * sizeof *first);
	enum pv_status status = train(s, losses, err);
	snprintf(after, sizeof after, "after%d", s->recipe.steps);
	snprintf(loss_after, sizeof loss_after, "loss_after%d", s->recipe.steps);
	if (status == PV_OK) {
		compare_tensors(s, AFTER, after, s->params, first);
		compare(s, LOSS_AFTER, loss_after, &(float){(float)s->loss}, 1, none);
		compare(s, LOSSES, "losses", losses, (size_t)s->recipe.steps, none);
	}
	free(first);
	free(losses);
	return status;
}

/* Output and representation again, with the parameters of a PyTorch checkpoint. */
static enum pv_status check_pt(struct state *s, const char *path, struct pv_error *err)
{
	const struct nn_rows out = nn_sequential_output(s->chain), repr = nn_sequential_representation(s->chain);
	struct base_pt *pt;
	int n;
	const struct nn_tensor *t = nn_sequential_tensors(s->chain, &n);
	TRY(base_pt_open(path, &pt, err));
	enum pv_status status = PV_OK;
	for (int i = 0; i < n && status == PV_OK; i++) {
		const struct base_pt_tensor *from = base_pt_find(pt, t[i].name);
		memset(s->params + t[i].offset, 0xff, t[i].n * sizeof(float));
		if (!from || from->n_dims != t[i].n_dims || memcmp(from->dims, t[i].dims, (size_t)t[i].n_dims * sizeof *t[i].dims))
			status = base_error_set(err, PV_ERR_SHAPE, "'%s': no tensor %s of the model's shape", path, t[i].name);
		else
			status = base_pt_read_f32(pt, from, s->params + t[i].offset, err);
	}
	if (status == PV_OK)
		status = run(s, false, err);
	if (status == PV_OK) {
		compare(s, OUTPUT_PT, "output", s->output, (size_t)s->B * (size_t)out.T * (size_t)out.F,
		        (struct floors){0.0, s->output_spread});
		compare(s, REPRESENTATION_PT, "representation", s->representation, (size_t)s->B * (size_t)repr.T * (size_t)repr.F,
		        (struct floors){0.0, s->repr_spread});
	}
	base_pt_close(pt);
	return status;
}

static enum pv_status check_checkpoint(struct state *s, const char *folder, struct pv_error *err)
{
	static const char *const endings[] = {".pt", "_compiled.pt"};
	const char *name = base_safetensors_metadata(s->file, "checkpoint");
	const size_t n = name ? strlen(name) : 0;
	for (int i = 0; i < 2 && n > 3 && !strcmp(name + n - 3, ".pt"); i++) {
		char path[1024];
		snprintf(path, sizeof path, "%s/%.*s%s", folder, (int)(n - 3), name, endings[i]);
		if (access(path, F_OK) == 0)
			TRY(check_pt(s, path, err));
	}
	return PV_OK;
}

static void release(struct state *s)
{
	nn_work_free(s->work);
	nn_sequential_free(s->chain);
	base_safetensors_close(s->file);
	free(s->x);
	free(s->target);
	free(s->params);
	free(s->grads);
	free(s->doutput);
	free(s->output_spread);
	free(s->repr_spread);
	free(s->grad_spread);
}

/* Prints the file's line. 1: all within tolerance; 0: off; -1: not a model's state. */
static int check_file(const char *folder, const char *name)
{
	struct state s = {0};
	struct pv_error err;
	char path[1024], guess[200];
	int result = 1, n_compared = 0;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	for (int i = 0; i < N_KINDS; i++)
		s.errors[i] = -1.0;
	enum pv_status status = base_safetensors_open(path, &s.file, &err);
	if (status == PV_OK) {
		s.model = base_safetensors_metadata(s.file, "model");
		if (!s.model && base_safetensors_metadata(s.file, "checkpoint"))
			s.model = recurrent_expression(&s, guess);
		if (!s.model) {
			printf("%s: not the state of a model\n", name);
			release(&s);
			return -1;
		}
		status = check(&s, &err);
		if (status == PV_OK)
			status = check_checkpoint(&s, folder, &err);
	}
	printf("%s: %s", name, s.model ? s.model : "");
	for (int i = 0; i < N_KINDS; i++)
		if (s.errors[i] >= 0.0) {
			printf(" %s", kind_names[i]);
			if (i == AFTER || i == LOSS_AFTER)
				printf("%d", s.recipe.steps);
			printf(" %.1e", s.errors[i]);
			result &= s.errors[i] <= RTOL;
			n_compared++;
		}
	if (status != PV_OK)
		printf(" FAIL: %s", err.message);
	else if (!n_compared)
		printf(" FAIL: nothing to compare");
	else
		printf(result ? " ok" : " OFF: %s", s.where);
	printf("\n");
	release(&s);
	return status == PV_OK && n_compared && result;
}

static int is_state(const struct dirent *entry)
{
	const size_t n = strlen(entry->d_name);
	return n > 12 && !strcmp(entry->d_name + n - 12, ".safetensors");
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	if (argc != 2) {
		fprintf(stderr, "usage: oracle FOLDER\n");
		return 2;
	}
	const int n = scandir(argv[1], &entries, is_state, alphasort);
	if (n < 0) {
		fprintf(stderr, "error: cannot read folder '%s'\n", argv[1]);
		return 1;
	}
	int n_checked = 0, n_ok = 0;
	for (int i = 0; i < n; i++) {
		const int result = check_file(argv[1], entries[i]->d_name);
		n_checked += result >= 0;
		n_ok += result == 1;
		free(entries[i]);
	}
	free(entries);
	printf("%d of %d states agree within %.0e\n", n_ok, n_checked, RTOL);
	return n_checked && n_ok == n_checked ? 0 : 1;
}
