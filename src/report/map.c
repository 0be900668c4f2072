/*
 * map.c - points of many dimensions as a map: their principal components on the left, t-SNE on the right
 *
 * A group's name stands beside the point that is nearest to its middle, at the first of some places around it where it covers no other
 * name. A name that finds no place is left out: the CSV has all.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/pca.h"
#include "report/text.h"

enum { PANEL_WIDTH = 460, PANEL_HEIGHT = 430, LONGEST_LABEL = 20, MOST_POINTS = 600 };

/* What a panel is drawn from. */
struct plane {
	const struct pv_cloud *cloud;
	const double *at; /* (n, 2) */
	double x_low, x_high, y_low, y_high;
};

/* ---- names ---- */

struct box {
	double left, right, bottom, top; /* in pixels */
};

static bool overlap(const struct box *a, const struct box *b)
{
	return a->left < b->right && b->left < a->right && a->bottom < b->top && b->bottom < a->top;
}

static void pixels(const struct plane *p, size_t point, double *x, double *y)
{
	*x = (p->at[2 * point] - p->x_low) / (p->x_high - p->x_low) * PANEL_WIDTH;
	*y = (p->at[2 * point + 1] - p->y_low) / (p->y_high - p->y_low) * PANEL_HEIGHT;
}

/* Where a name may stand: at the sides and corners of its point, near first. */
static bool place_name(const struct plane *p, size_t point, int width, const struct box *taken, int n_taken, struct box *box)
{
	static const double directions[8][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {0.8, 1}, {-0.8, 1}, {0.8, -1}, {-0.8, -1}};
	const double w = 6.4 * width + 4, h = 14;
	double x, y;
	pixels(p, point, &x, &y);
	for (int i = 0; i < 16; i++) {
		const double *d = directions[i % 8];
		const double far = 7 + 12 * (i / 8), cx = x + d[0] * (far + w / 2), cy = y + d[1] * (far + h / 2);
		*box = (struct box){cx - w / 2, cx + w / 2, cy - h / 2, cy + h / 2};
		bool free = box->left > 0 && box->right < PANEL_WIDTH && box->bottom > 0 && box->top < PANEL_HEIGHT;
		for (int j = 0; j < n_taken && free; j++)
			free = !overlap(box, &taken[j]);
		if (free)
			return true;
	}
	return false;
}

/* The point of a group that is nearest to the group's middle; -1: it has none. */
static long middle_of(const struct plane *p, int group)
{
	const struct pv_cloud *c = p->cloud;
	double x = 0, y = 0, count = 0, best = INFINITY;
	long nearest = -1;
	for (size_t i = 0; i < c->n; i++)
		if (c->group[i] == group) {
			x += p->at[2 * i];
			y += p->at[2 * i + 1];
			count++;
		}
	for (size_t i = 0; i < c->n; i++) {
		const double distance = hypot(p->at[2 * i] - x / count, p->at[2 * i + 1] - y / count);
		if (c->group[i] == group && distance < best) {
			best = distance;
			nearest = (long)i;
		}
	}
	return nearest;
}

static void put_names(struct pv_figure *f, struct report_panel *panel, const struct plane *p)
{
	const struct pv_cloud *c = p->cloud;
	struct box *taken = calloc(2 * (size_t)c->n_groups + 1, sizeof *taken); /* by the groups' own points, and by names */
	int n = 0;
	struct report_series *s = report_figure_series(f, panel, REPORT_STYLE_LABELS, (struct report_look){.guide = true});
	f->failed = f->failed || !taken;
	for (int g = 0; taken && g < c->n_groups; g++) {
		const long point = middle_of(p, g);
		double x, y;
		if (point < 0)
			continue;
		pixels(p, (size_t)point, &x, &y);
		taken[n++] = (struct box){x - 5, x + 5, y - 5, y + 5};
	}
	for (int g = 0; taken && g < c->n_groups; g++) {
		const long point = middle_of(p, g);
		char *name = NULL, *cut = report_text_cut(c->names[g], LONGEST_LABEL);
		report_figure_print(f, &name, "%s%s", cut ? cut : "", c->seen[g] ? "" : " *");
		free(cut);
		if (name && point >= 0 && place_name(p, (size_t)point, report_text_width(name, 0), taken, n, &taken[n])) {
			const double x = (taken[n].left + taken[n].right) / 2 / PANEL_WIDTH,
			             y = (taken[n].bottom + taken[n].top) / 2 / PANEL_HEIGHT;
			struct report_point *at =
			    report_figure_point(f, s, p->x_low + x * (p->x_high - p->x_low), p->y_low + y * (p->y_high - p->y_low));
			at->label = name;
			name = NULL;
			n++;
		}
		free(name);
	}
	free(taken);
}

/* ---- points ---- */

/* The points of a group, or of all single points that were in training or not. */
static void put_group(struct pv_figure *f, struct report_panel *panel, const struct plane *p, int group)
{
	const struct pv_cloud *c = p->cloud;
	struct report_series *s = report_figure_series(
	    f, panel, REPORT_STYLE_POINTS,
	    (struct report_look){.colour = group % REPORT_PALETTE_COLOURS, .shape = group / REPORT_PALETTE_COLOURS, .small = true});
	s->unlisted = true;
	report_figure_print(f, &s->name, "%s", c->names[group]);
	for (size_t i = 0; i < c->n; i++)
		if (c->group[i] == group)
			report_figure_point(f, s, p->at[2 * i], p->at[2 * i + 1]);
}

static void put_singles(struct pv_figure *f, struct report_panel *panel, const struct plane *p, bool seen)
{
	const struct pv_cloud *c = p->cloud;
	struct report_series *s = NULL;
	for (size_t i = 0; i < c->n; i++) {
		if (c->seen[c->group[i]] != seen)
			continue;
		if (!s) {
			s = report_figure_series(f, panel, REPORT_STYLE_POINTS, (struct report_look){.colour = !seen, .shape = !seen});
			report_figure_print(f, &s->name, seen ? "in training" : "not in training");
		}
		struct report_point *point = report_figure_point(f, s, p->at[2 * i], p->at[2 * i + 1]);
		report_figure_print(f, &point->label, "%s", c->names[c->group[i]]);
	}
}

/* Room around the points: some for the names, on all sides. */
static void set_limits(struct plane *p)
{
	p->x_low = p->y_low = INFINITY;
	p->x_high = p->y_high = -INFINITY;
	for (size_t i = 0; i < p->cloud->n; i++) {
		p->x_low = fmin(p->x_low, p->at[2 * i]);
		p->x_high = fmax(p->x_high, p->at[2 * i]);
		p->y_low = fmin(p->y_low, p->at[2 * i + 1]);
		p->y_high = fmax(p->y_high, p->at[2 * i + 1]);
	}
	const double w = p->x_high > p->x_low ? p->x_high - p->x_low : 1, h = p->y_high > p->y_low ? p->y_high - p->y_low : 1;
	p->x_low -= 0.12 * w;
	p->x_high += 0.12 * w;
	p->y_low -= 0.08 * h;
	p->y_high += 0.08 * h;
}

static struct report_panel *put_plane(struct pv_figure *f, const struct pv_cloud *cloud, const double *at)
{
	struct plane p = {.cloud = cloud, .at = at};
	struct report_panel *panel = report_figure_panel(f);
	set_limits(&p);
	panel->x_low = p.x_low;
	panel->x_high = p.x_high;
	panel->y_low = p.y_low;
	panel->y_high = p.y_high;
	const bool single = cloud->n == (size_t)cloud->n_groups;
	for (int g = 0; g < cloud->n_groups && !single; g++)
		put_group(f, panel, &p, g);
	for (int unseen = 0; unseen < 2 && single; unseen++)
		put_singles(f, panel, &p, !unseen);
	put_names(f, panel, &p);
	return panel;
}

/* ---- the figure ---- */

/* Every so manieth point, so that no more than MOST_POINTS are left: t-SNE's cost is their square. */
static struct pv_cloud thin(const struct pv_cloud *cloud, double *x, int *group)
{
	const size_t step = (cloud->n + MOST_POINTS - 1) / MOST_POINTS;
	struct pv_cloud less = *cloud;
	less.n = 0;
	for (size_t i = 0; i < cloud->n; i++)
		if (i % step == step / 2 || step == 1) {
			memcpy(x + less.n * cloud->d, cloud->x + i * cloud->d, cloud->d * sizeof *x);
			group[less.n++] = cloud->group[i];
		}
	less.x = x;
	less.group = group;
	return less;
}

static void put_components(struct pv_figure *f, const struct pv_cloud *c, const double *plane, const double *shares)
{
	struct report_panel *panel = put_plane(f, c, plane);
	report_figure_print(f, &panel->title, "principal components");
	report_figure_print(f, &panel->x_label, "first component (%.0f %% of the variance)", 100 * shares[0]);
	report_figure_print(f, &panel->y_label, "second component (%.0f %% of the variance)", 100 * shares[1]);
}

static enum pv_status put_maps(struct pv_figure *f, const struct pv_cloud *c, uint64_t seed, struct pv_error *err)
{
	double *plane = calloc(2 * c->n + 1, sizeof *plane), shares[2];
	enum pv_status status =
	    plane ? report_pca(c->x, c->n, c->d, plane, shares, err) : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (status == PV_OK)
		put_components(f, c, plane, shares);
	if (status == PV_OK && c->n >= 4)
		status = report_tsne(c->x, c->n, c->d, 30, seed, plane, err);
	if (status == PV_OK && c->n >= 4) {
		struct report_panel *panel = put_plane(f, c, plane);
		panel->plain = true;
		report_figure_print(f, &panel->title, "t-SNE");
		report_figure_print(f, &panel->x_label, "near points are alike; axes have no unit");
	}
	free(plane);
	return status;
}

enum pv_status pv_figure_map(const struct pv_cloud *cloud, const char *what, uint64_t seed, struct pv_figure **figure, struct pv_error *err)
{
	FAIL_IF(cloud->n < 2, err, PV_ERR_ARG, "a map needs at least 2 points, not %zu", cloud->n);
	double *x = malloc(MOST_POINTS * cloud->d * sizeof *x);
	int *group = malloc(MOST_POINTS * sizeof *group);
	struct pv_figure *f = report_figure_new();
	enum pv_status status = x && group && f ? PV_OK : base_error_set(err, PV_ERR_NOMEM, "out of memory");
	if (status == PV_OK) {
		const struct pv_cloud some = thin(cloud, x, group);
		f->columns = cloud->n < 4 ? 1 : 2;
		f->width = f->columns * 540;
		f->height = 520;
		report_figure_print(f, &f->title, "Map of %s", what);
		report_figure_print(
		    f, &f->alt,
		    "Maps of %d %s by principal components and by t-SNE: the nearer two are, the more alike. %zu points of %zu "
		    "dimensions; what was not in training is marked with *.",
		    cloud->n_groups, what, some.n, some.d);
		report_figure_print(f, &f->x_name, "x");
		report_figure_print(f, &f->y_name, "y");
		status = put_maps(f, &some, seed, err);
	}
	free(x);
	free(group);
	if (status == PV_OK)
		return report_figure_finish(f, figure, err);
	pv_figure_free(f);
	return status;
}
