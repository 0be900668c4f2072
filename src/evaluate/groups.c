/*
 * groups.c - the groups of pairs that errors are summed up over, in the order in which they are reported
 */
#include "evaluate/evaluation.h"

struct pv_pairs pv_pairs_of_quadrant(int i)
{
	return pv_pairs_of(i < 2 ? PV_WHICH_SEEN : PV_WHICH_UNSEEN, i % 2 ? PV_WHICH_UNSEEN : PV_WHICH_SEEN);
}

const char *pv_quadrant_name(int i)
{
	static const char *const names[PV_N_QUADRANTS] = {"seen programs, seen machines", "seen programs, tuned machines",
	                                                  "unseen programs, seen machines", "unseen programs, tuned machines"};
	return names[i];
}

static const char *kind_of(enum pv_which which, const char *unseen)
{
	return which == PV_WHICH_SEEN ? "seen" : unseen;
}

static struct pv_evaluation_group quadrant(int i)
{
	const struct pv_pairs pairs = pv_pairs_of_quadrant(i);
	return (struct pv_evaluation_group){"quadrant", "", kind_of(pairs.programs, "unseen"), "", kind_of(pairs.machines, "tuned"), pairs};
}

/* Program i / 2 on seen machines, and on tuned ones. */
static struct pv_evaluation_group program(const struct pv_evaluation *e, int i)
{
	const struct pv_evaluated_program *p = &e->programs[i / 2];
	struct pv_pairs pairs = pv_pairs_of(PV_WHICH_ALL, i % 2 ? PV_WHICH_UNSEEN : PV_WHICH_SEEN);
	pairs.program = i / 2;
	return (struct pv_evaluation_group){"program", p->name, p->seen ? "seen" : "unseen", "", kind_of(pairs.machines, "tuned"), pairs};
}

/* Machine i / 2 with seen programs, and with unseen ones. */
static struct pv_evaluation_group machine(const struct pv_evaluation *e, int i)
{
	const struct pv_evaluated_machine *m = &e->machines[i / 2];
	struct pv_pairs pairs = pv_pairs_of(i % 2 ? PV_WHICH_UNSEEN : PV_WHICH_SEEN, PV_WHICH_ALL);
	pairs.machine = i / 2;
	return (struct pv_evaluation_group){
	    "machine", "", kind_of(pairs.programs, "unseen"), m->name, m->state == PV_MACHINE_TRAINED ? "seen" : "tuned", pairs};
}

static int n_plain_groups(const struct pv_evaluation *e)
{
	return PV_N_QUADRANTS + 2 * e->info.n_programs + 2 * e->info.n_machines;
}

static struct pv_evaluation_group plain_group(const struct pv_evaluation *e, int i)
{
	if (i < PV_N_QUADRANTS)
		return quadrant(i);
	i -= PV_N_QUADRANTS;
	return i < 2 * e->info.n_programs ? program(e, i) : machine(e, i - 2 * e->info.n_programs);
}

int pv_evaluation_n_groups(const struct pv_evaluation *e)
{
	return n_plain_groups(e) * (e->info.n_phases ? 2 : 1);
}

struct pv_evaluation_group pv_evaluation_group(const struct pv_evaluation *e, int i)
{
	const int n = n_plain_groups(e);
	if (i < n)
		return plain_group(e, i);
	struct pv_evaluation_group g = plain_group(e, i - n);
	g.section = g.section[0] == 'q' ? "phases_of_quadrant" : g.section[0] == 'p' ? "phases_of_program" : "phases_of_machine";
	g.pairs.phases = true;
	return g;
}
