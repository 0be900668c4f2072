/*
 * stacks.c - CPI stacks: a bar for each machine (mean over the programs) and for each program (mean over the machines)
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/stack_file.h"

/* Which runs, and by what bars are told apart. */
struct choice {
	const struct report_stacks *stacks;
	const char *program, *machine; /* NULL: all */
};

static bool chosen(const struct choice *c, const struct report_stack *s)
{
	return (!c->program || !strcmp(c->program, s->program)) && (!c->machine || !strcmp(c->machine, s->machine));
}

static const char *name_of(const struct report_stack *s, bool programs)
{
	return programs ? s->program : s->machine;
}

/* The chosen runs' programs or machines in the order of their first run: (n) names; returns n. */
static size_t list_names(const struct choice *c, bool programs, const char **names)
{
	size_t n = 0;
	for (size_t i = 0; i < c->stacks->n; i++) {
		const char *name = name_of(&c->stacks->items[i], programs);
		bool known = !chosen(c, &c->stacks->items[i]);
		for (size_t j = 0; j < n && !known; j++)
			known = !strcmp(names[j], name);
		if (!known)
			names[n++] = name;
	}
	return n;
}

/* Mean of a component over the chosen runs of one program or machine. */
static double mean_of(const struct choice *c, bool programs, const char *name, int component)
{
	double sum = 0, count = 0;
	for (size_t i = 0; i < c->stacks->n; i++)
		if (chosen(c, &c->stacks->items[i]) && !strcmp(name_of(&c->stacks->items[i], programs), name)) {
			sum += c->stacks->items[i].cpi[component];
			count++;
		}
	return sum / count;
}

static void put_bars(struct pv_figure *f, const struct choice *c, bool programs, const char *const *names, size_t n, const char *title)
{
	struct report_panel *panel = report_figure_panel(f);
	double *tops = calloc(n + 1, sizeof *tops);
	f->failed = f->failed || !tops;
	panel->zero = true;
	report_figure_print(f, &panel->title, "%s", title);
	report_figure_print(f, &panel->y_label, "CPI (cycles per instruction)");
	for (size_t i = 0; i < n; i++)
		report_figure_tick(f, panel, names[i]);
	for (int component = 0; tops && component < PV_N_CPI_COMPONENTS; component++) {
		struct report_series *s = report_figure_series(f, panel, REPORT_STYLE_BAR, (struct report_look){.colour = component - 1});
		report_figure_print(f, &s->name, "%s", report_stack_component(component));
		for (char *p = s->name; p && *p; p++)
			*p = *p == '_' ? ' ' : *p;
		for (size_t i = 0; i < n; i++) {
			const double cycles = mean_of(c, programs, names[i], component);
			struct report_point *p = report_figure_point(f, s, (double)i, cycles);
			p->low = tops[i];
			p->high = tops[i] += cycles;
		}
	}
	free(tops);
}

static void describe(struct pv_figure *f, const struct choice *c, size_t n_programs, size_t n_machines, const char *program,
                     const char *machine)
{
	double mean[PV_N_CPI_COMPONENTS] = {0}, whole = 0;
	int largest = 0;
	for (size_t i = 0; i < c->stacks->n; i++)
		for (int k = 0; chosen(c, &c->stacks->items[i]) && k < PV_N_CPI_COMPONENTS; k++) {
			mean[k] += c->stacks->items[i].cpi[k];
			whole += c->stacks->items[i].cpi[k];
		}
	for (int k = 1; k < PV_N_CPI_COMPONENTS; k++)
		largest = mean[k] > mean[largest] ? k : largest;
	if (n_machines == 1)
		report_figure_print(f, &f->title, "CPI stacks on %s", machine);
	else if (n_programs == 1)
		report_figure_print(f, &f->title, "CPI stacks of %s", program);
	else
		report_figure_print(f, &f->title, "CPI stacks");
	report_figure_print(
	    f, &f->alt,
	    "Where the cycles of %zu program%s on %zu machine%s went, as bars of cycles per instruction: most of them to '%s' (%.0f %%).",
	    n_programs, n_programs == 1 ? "" : "s", n_machines, n_machines == 1 ? "" : "s", report_stack_component(largest),
	    whole > 0 ? 100 * mean[largest] / whole : 0);
}

static void draw(struct pv_figure *f, const struct choice *c, const char **programs, size_t n_programs, const char **machines,
                 size_t n_machines)
{
	describe(f, c, n_programs, n_machines, programs[0], machines[0]);
	f->width = report_figure_width(1080, n_programs > n_machines ? n_programs : n_machines);
	f->shared_key = true;
	report_figure_print(f, &f->x_name, "name");
	report_figure_print(f, &f->y_name, "cycles_per_instruction");
	if (n_machines > 1)
		put_bars(f, c, false, machines, n_machines, n_programs > 1 ? "machines: mean over the programs" : "machines");
	if (n_programs > 1 || n_machines == 1)
		put_bars(f, c, true, programs, n_programs, n_machines > 1 ? "programs: mean over the machines" : "programs");
	f->height = f->n_panels > 1 ? 860 : 470;
}

enum pv_status pv_figure_stacks(const char *path, const char *program, const char *machine, struct pv_figure **figure, struct pv_error *err)
{
	struct base_json *doc;
	struct report_stacks stacks;
	TRY(base_json_load(path, &doc, err));
	TRY(report_stacks_read(path, doc, &stacks, err));
	const struct choice c = {&stacks, program, machine};
	const char **programs = calloc(stacks.n, sizeof *programs), **machines = calloc(stacks.n, sizeof *machines);
	struct pv_figure *f = report_figure_new();
	enum pv_status status = PV_OK;
	if (programs && machines && f) {
		const size_t n_programs = list_names(&c, true, programs), n_machines = list_names(&c, false, machines);
		if (n_programs)
			draw(f, &c, programs, n_programs, machines, n_machines);
		else
			status = base_error_set(err, PV_ERR_ARG, "%s: there is no run of program '%s' on machine '%s'", path,
			                        program ? program : "any", machine ? machine : "any");
	}
	free(programs);
	free(machines);
	report_stacks_release(&stacks);
	if (status == PV_OK)
		return report_figure_finish(f, figure, err);
	pv_figure_free(f);
	return status;
}
