/*
 * plan.c - the dataset that a job's machines become: their names, clocks, descriptions and rows files
 */
#include "gem5/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gem5/combine.h"
#include "gem5/config_ini.h"
#include "gem5/rows.h"
#include "uarch/uarch.h"

/*
 * The text of a machine, malloc'd; NULL when memory is out. A reference machine has no machine file: the text says where it comes from, and
 * gem5's account follows as a comment.
 */
static char *machine_text(const struct gem5_job *job, int i)
{
	const struct gem5_machine *m = &job->machines[i];
	if (m->uarch)
		return pv_uarch_text(m->uarch);
	char *text = NULL, line[4096];
	size_t n;
	FILE *out = open_memstream(&text, &n);
	if (!out)
		return NULL;
	fprintf(out, "gem5_reference_machine: %d\ncpu: %s\noption: -r %d\n", m->reference, gem5_reference_cpu(job->o, m->reference),
	        m->reference + 1);
	fputs("# not a machine file: gem5's script made it; its config.ini:\n", out);
	FILE *in = fopen(m->config_ini, "re");
	while (in && fgets(line, sizeof line, in))
		fprintf(out, "# %s", line);
	if (in)
		fclose(in);
	int failed = ferror(out);
	failed |= fclose(out);
	if (!failed)
		return text;
	free(text);
	return NULL;
}

/* The dataset to be: specs and paths of the finished machines, or of all when nothing has run yet. */
struct plan {
	struct pv_dataset_machine_spec *specs;
	const char **paths;
	char **texts;
	uint64_t *totals;
	int *from; /* number of the machine among all */
	int n;
};

static void release_plan(struct plan *p)
{
	for (int k = 0; p->texts && k < p->n; k++)
		free(p->texts[k]);
	free(p->texts);
	free(p->specs);
	free(p->paths);
	free(p->totals);
	free(p->from);
}

/* What the ticks of a machine's finished trace are multiples of; 0: not known. */
static uint64_t tick_ps(const char *rows)
{
	struct gem5_rows_reader *reader = NULL;
	uint64_t ps = gem5_rows_open(rows, &reader, NULL) == PV_OK ? gem5_rows_info(reader)->tick_ps : 0;
	gem5_rows_close(reader);
	return ps;
}

/* A reference machine's clock is known when it has run: gem5's account of the machine tells,
 * or the ticks of its trace do. */
static double clock_mhz(const struct gem5_machine *m)
{
	enum { UNKNOWN_MHZ = 1000 }; /* in a check before anything has run it is of no matter */
	struct gem5_config_ini said;
	if (m->uarch)
		return pv_uarch_clock_mhz(m->uarch);
	if (gem5_config_ini_read(m->config_ini, &said) && said.clock_mhz > 0)
		return said.clock_mhz;
	uint64_t ps = tick_ps(m->rows);
	return ps ? 1e6 / (double)ps : UNKNOWN_MHZ;
}

static enum pv_status make_plan(const struct gem5_job *job, bool all, struct plan *p, struct pv_error *err)
{
	size_t n = (size_t)job->n;
	*p = (struct plan){.specs = calloc(n, sizeof *p->specs),
	                   .paths = calloc(n, sizeof *p->paths),
	                   .texts = calloc(n, sizeof *p->texts),
	                   .totals = calloc(n, sizeof *p->totals),
	                   .from = calloc(n, sizeof *p->from)};
	FAIL_IF(!p->specs || !p->paths || !p->texts || !p->totals || !p->from, err, PV_ERR_NOMEM, "out of memory");
	for (int i = 0; i < job->n; i++) {
		if (!all && !job->result->machines[i].finished)
			continue;
		struct pv_dataset_machine_spec *s = &p->specs[p->n];
		p->from[p->n] = i;
		p->paths[p->n] = job->machines[i].rows;
		s->name = job->result->machines[i].name;
		s->seen = !base_text_in(s->name, job->o->unseen_machines, job->o->n_unseen_machines);
		s->clock_mhz = clock_mhz(&job->machines[i]);
		s->text = p->texts[p->n++] = machine_text(job, i);
		FAIL_IF(!s->text, err, PV_ERR_NOMEM, "out of memory for machine '%s'", s->name);
	}
	return PV_OK;
}

static struct pv_dataset_spec spec_of(const struct gem5_job *job, const struct plan *p)
{
	return (struct pv_dataset_spec){.machines = p->specs,
	                                .n_machines = p->n,
	                                .target = PV_TARGET_store_commit,
	                                .all_targets = job->o->all_targets,
	                                .command = job->o->how};
}

static enum pv_status check_unseen(const struct gem5_job *job, struct pv_error *err)
{
	const struct pv_gem5_run_options *o = job->o;
	for (size_t i = 0; i < o->n_unseen_machines; i++) {
		bool there = false;
		for (int k = 0; k < job->n && !there; k++)
			there = !strcmp(job->result->machines[k].name, o->unseen_machines[i]);
		FAIL_IF(!there, err, PV_ERR_ARG, "there is no machine '%s' to hold out", o->unseen_machines[i]);
	}
	return PV_OK;
}

enum pv_status gem5_plan_check(const struct gem5_job *job, struct pv_error *err)
{
	TRY(check_unseen(job, err));
	struct plan p;
	struct pv_dataset_writer *writer = NULL;
	enum pv_status status = make_plan(job, true, &p, err);
	const struct pv_dataset_spec spec = spec_of(job, &p);
	if (status == PV_OK)
		status = pv_dataset_create(job->o->output, &spec, &writer, err);
	if (status == PV_OK)
		status = pv_dataset_begin_program(writer, job->program, true, NULL, err);
	pv_dataset_discard(writer);
	release_plan(&p);
	return status;
}

enum pv_status gem5_plan_write(struct gem5_job *job, struct pv_error *err)
{
	struct plan p;
	struct pv_gem5_run_result *r = job->result;
	enum pv_status status = make_plan(job, false, &p, err);
	const struct pv_dataset_spec spec = spec_of(job, &p);
	const struct gem5_combine_options c = {
	    .paths = p.paths, .spec = &spec, .program = job->program, .source = job->setup.program, .output = job->o->output};
	if (status == PV_OK) {
		status = gem5_combine(&c, &r->n_rows, p.totals, r->cut, sizeof r->cut, job->progress, err);
		for (int k = 0; k < p.n; k++)
			r->machines[p.from[k]].time_tenth_ns = p.totals[k];
	}
	release_plan(&p);
	return status;
}
