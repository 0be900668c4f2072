/*
 * cmd_uarch.c - perfvec uarch: list, show, check and sample machines, and explain their parameters
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const char description[] = "  list                     presets\n"
                                  "  show NAME|FILE           a machine as a complete machine file\n"
                                  "  check FILE|DIR|NAME...   validate machine files\n"
                                  "  sample -o DIR            draw machines: a Latin hypercube over every axis of the space\n"
                                  "  params [GROUP|NAME]      every parameter: unit, bounds, what is sampled, meaning";

/* Values of the options; the sub-command's own ones only have a meaning for it. */
struct options {
	uint64_t count, seed;
	const char *kind, *out;
	bool force, markdown;
};

static int list(void)
{
	for (size_t i = 0; i < pv_uarch_preset_count(); i++)
		printf("%-8s %s\n", pv_uarch_preset_name(i), pv_uarch_preset_summary(i));
	return CLI_OK;
}

static bool has_param(const struct pv_uarch *u, const struct pv_uarch_param *p)
{
	return pv_uarch_is_inorder(u) ? p->inorder : p->ooo;
}

/* Comments at the end, so that the output is still a machine file. */
static void print_not_modelled(const struct pv_uarch *u)
{
	size_t n = 0;
	for (size_t i = 0; i < pv_uarch_param_count(); i++) {
		struct pv_uarch_param p = pv_uarch_param_info(i);
		const char *note = pv_uarch_param_note(u, i);
		if (!*note || !has_param(u, &p))
			continue;
		if (!n++)
			printf("\n# The simulator does not do all of this yet:\n");
		printf("#   %-32s %s%s\n", p.name, p.modelled ? "simulated as: " : "", note);
	}
}

static int show(const char *name)
{
	struct pv_error err = {0};
	struct pv_uarch *u;
	if (pv_uarch_load(name, &u, &err) != PV_OK)
		return cli_error(&err);
	pv_uarch_print(u, stdout);
	print_not_modelled(u);
	pv_uarch_free(u);
	return CLI_OK;
}

/* Every argument is looked at, so that one run shows all that is wrong. */
static int check(char **names, int n)
{
	int status = CLI_OK;
	for (int i = 0; i < n; i++) {
		struct pv_error err = {0};
		struct pv_uarch_set *set;
		const char *one = names[i];
		if (pv_uarch_set_load(&one, 1, &set, &err) != PV_OK) {
			status = cli_error(&err);
			continue;
		}
		for (size_t j = 0; j < pv_uarch_set_count(set); j++) {
			const struct pv_uarch *u = pv_uarch_set_at(set, j);
			printf("%s: ok (%s, %.0f MHz)\n", pv_uarch_name(u), pv_uarch_is_inorder(u) ? "in-order" : "out-of-order",
			       pv_uarch_clock_mhz(u));
		}
		pv_uarch_set_free(set);
	}
	return status;
}

/* ---- sample ------------------------------------------------------------------------------------------------------------------------ */

enum { OOO_SHARE = 6, INORDER_SHARE = 1 };

/* "ooo", "ooo,inorder", "ooo:3,inorder:2"; false when it is none of these. */
static bool parse_kinds(const char *text, struct pv_uarch_sampling *what)
{
	what->ooo_share = what->inorder_share = 0;
	while (*text) {
		size_t n = strcspn(text, ",:");
		bool ooo = n == 3 && !strncmp(text, "ooo", n), inorder = n == 7 && !strncmp(text, "inorder", n);
		unsigned *share = ooo ? &what->ooo_share : &what->inorder_share;
		if ((!ooo && !inorder) || *share)
			return false;
		*share = ooo ? OOO_SHARE : INORDER_SHARE;
		text += n;
		if (*text == ':') {
			char *end;
			unsigned long v = strtoul(text + 1, &end, 10);
			if (end == text + 1 || text[1] < '0' || text[1] > '9' || v < 1 || v > 1000)
				return false;
			*share = (unsigned)v;
			text = end;
		}
		if (*text && (*text != ',' || !*++text))
			return false;
	}
	return what->ooo_share || what->inorder_share;
}

static int sample(const struct cli_command *self, const struct options *o)
{
	struct pv_uarch_sampling what = {.count = (size_t)o->count, .seed = o->seed};
	if (!o->out)
		return cli_usage_error(self, "sample needs -o DIR");
	if (!o->count)
		return cli_usage_error(self, "sample needs --count of at least 1");
	if (!parse_kinds(o->kind, &what))
		return cli_usage_error(self, "--kind takes ooo, inorder or both, with shares if you like ('ooo:6,inorder:1'), not '%s'",
		                       o->kind);
	struct pv_error err = {0};
	struct pv_uarch_set *set;
	if (pv_uarch_sample(&what, &set, &err) != PV_OK)
		return cli_error(&err);
	enum pv_status status = pv_uarch_set_save(set, o->out, o->force, &err);
	size_t n_inorder = 0;
	for (size_t i = 0; i < pv_uarch_set_count(set); i++)
		n_inorder += pv_uarch_is_inorder(pv_uarch_set_at(set, i));
	size_t n = pv_uarch_set_count(set);
	pv_uarch_set_free(set);
	if (status == PV_ERR_ARG && !o->force && !err.hint[0])
		snprintf(err.hint, sizeof err.hint, "--force replaces files");
	if (status != PV_OK)
		return cli_error(&err);
	printf("%zu machines in %s: %zu out-of-order, %zu in-order, seed %llu\n", n, o->out, n - n_inorder, n_inorder,
	       (unsigned long long)o->seed);
	return CLI_OK;
}

/* ---- params ------------------------------------------------------------------------------------------------------------------------ */

/* What a parameter may be, in words. */
static void print_allowed(const struct pv_uarch_param *p)
{
	if (*p->names) {
		size_t n = strlen(p->names);
		printf("%.*s", (int)(n - 1), p->names); /* without the last space */
	} else if (!strcmp(p->type, "flag")) {
		printf("true, false");
	} else if (!strcmp(p->type, "operation classes")) {
		printf("operation classes");
	} else {
		printf("%lld to %lld%s", (long long)p->min, (long long)p->max, !strcmp(p->type, "power of two") ? ", a power of two" : "");
	}
}

static bool same_axis(const struct pv_uarch_param *p)
{
	return !strcmp(p->axis[0], p->axis[1]) || !p->ooo || !p->inorder;
}

static void print_axis(const struct pv_uarch_param *p)
{
	if (same_axis(p))
		printf("%s", *p->axis[p->ooo ? 0 : 1] ? p->axis[p->ooo ? 0 : 1] : "not sampled");
	else
		printf("ooo: %s; inorder: %s", *p->axis[0] ? p->axis[0] : "not sampled", *p->axis[1] ? p->axis[1] : "not sampled");
}

static void print_text(const struct pv_uarch_param *p)
{
	printf("%s\n  %s%s\n  allowed: ", p->name, p->meaning, p->modelled ? "" : " [not modelled yet]");
	print_allowed(p);
	printf("%s%s\n  sampled: ", *p->unit ? ", in " : "", p->unit);
	print_axis(p);
	printf("\n");
}

/* The defaults are the presets o3 and minor. */
struct defaults {
	struct pv_uarch *ooo, *inorder;
};

static void print_default(const struct pv_uarch *u, const char *name)
{
	char text[1024];
	pv_uarch_get_param(u, name, text, sizeof text, NULL);
	printf("%s", text);
}

/* "value", or "out of order; in order" where they differ. */
static void print_defaults(const struct defaults *d, const struct pv_uarch_param *p)
{
	char a[1024], b[1024];
	pv_uarch_get_param(d->ooo, p->name, a, sizeof a, NULL);
	pv_uarch_get_param(d->inorder, p->name, b, sizeof b, NULL);
	if (!p->ooo || !p->inorder || !strcmp(a, b) || !strcmp(p->name, "core.kind"))
		printf("%s", p->ooo ? a : b);
	else
		printf("%s; in-order: %s", *a ? a : "none", *b ? b : "none");
}

static void print_row(const struct defaults *d, const struct pv_uarch_param *p)
{
	printf("| `%s` | %s | ", strchr(p->name, '.') + 1, p->unit);
	print_allowed(p);
	printf(" | ");
	print_defaults(d, p);
	printf(" | ");
	bool sampled = *p->axis[0] || *p->axis[1];
	if (sampled)
		printf("`");
	print_axis(p);
	printf("%s | %s | %s | %s |\n", sampled ? "`" : "", p->modelled ? "yes" : "not yet", p->meaning, p->source);
}

static const char head[] =
    "| parameter | unit | allowed | default | sampled | modelled | meaning | source |\n|---|---|---|---|---|---|---|---|\n";

/* Every class has the same two parameters, in neighbouring rows of the table: one line a class. */
static size_t print_operation(const struct defaults *d, size_t i)
{
	struct pv_uarch_param latency = pv_uarch_param_info(i), interval = pv_uarch_param_info(i + 1);
	const char *class = strchr(latency.name, '.') + 1;
	printf("| `%.*s` | ", (int)strcspn(class, "."), class);
	print_default(d->ooo, latency.name);
	printf(" | ");
	print_default(d->ooo, interval.name);
	printf(" | ");
	print_default(d->inorder, latency.name);
	printf(" | ");
	print_default(d->inorder, interval.name);
	printf(" |\n");
	return 2;
}

static void print_operations_head(size_t i)
{
	struct pv_uarch_param latency = pv_uarch_param_info(i), interval = pv_uarch_param_info(i + 1);
	printf("`CLASS.latency_cycles`: %s; %lld to %lld.\n", latency.meaning, (long long)latency.min, (long long)latency.max);
	printf("`CLASS.interval_cycles`: %s; 1 to the latency.\n", interval.meaning);
	printf("Neither is sampled; both are modelled: %s. Defaults:\n\n", latency.modelled && interval.modelled ? "yes" : "not yet");
	printf("| class | latency | interval | in-order latency | in-order interval |\n|---|---|---|---|---|\n");
}

static void print_tables(const struct defaults *d)
{
	char group[32] = "";
	for (size_t i = 0; i < pv_uarch_param_count();) {
		struct pv_uarch_param p = pv_uarch_param_info(i);
		size_t n = strcspn(p.name, ".");
		bool is_operation = !strncmp(p.name, "operations.", 11);
		if (strlen(group) != n || strncmp(group, p.name, n)) {
			snprintf(group, sizeof group, "%.*s", (int)n, p.name);
			printf("\n### %s\n\nThe %s group: %s.\n\n", group, group, pv_uarch_group_meaning(group));
			if (is_operation)
				print_operations_head(i);
			else
				printf("%s", head);
		}
		if (is_operation) {
			i += print_operation(d, i);
			continue;
		}
		print_row(d, &p);
		i++;
	}
	printf("\n");
}

static int print_markdown(void)
{
	struct defaults d = {NULL, NULL};
	struct pv_error err = {0};
	bool ok = pv_uarch_load("o3", &d.ooo, &err) == PV_OK && pv_uarch_load("minor", &d.inorder, &err) == PV_OK;
	if (ok)
		print_tables(&d);
	pv_uarch_free(d.ooo);
	pv_uarch_free(d.inorder);
	return ok ? CLI_OK : cli_error(&err);
}

static int params(const char *prefix, bool markdown)
{
	if (markdown)
		return print_markdown();
	size_t n = 0, length = strlen(prefix);
	for (size_t i = 0; i < pv_uarch_param_count(); i++) {
		struct pv_uarch_param p = pv_uarch_param_info(i);
		if (strncmp(p.name, prefix, length) || (length && p.name[length] && p.name[length] != '.' && prefix[length - 1] != '.'))
			continue;
		print_text(&p);
		n++;
	}
	if (n)
		return CLI_OK;
	fprintf(stderr, "error: no parameter or group '%s'\nhint: 'perfvec uarch params' lists all\n", prefix);
	return CLI_FAILED;
}

static int run_verb(const struct cli_command *self, const struct options *o, char **words, int n)
{
	const char *verb = n ? words[0] : "";
	if (!strcmp(verb, "list") && n == 1)
		return list();
	if (!strcmp(verb, "show") && n == 2)
		return show(words[1]);
	if (!strcmp(verb, "check") && n > 1)
		return check(words + 1, n - 1);
	if (!strcmp(verb, "sample") && n == 1)
		return sample(self, o);
	if (!strcmp(verb, "params") && n <= 2)
		return params(n == 2 ? words[1] : "", o->markdown);
	if (!n)
		return cli_usage_error(self, "uarch needs list, show, check, sample or params");
	if (!strcmp(verb, "show"))
		return cli_usage_error(self, "show takes one NAME or FILE");
	if (!strcmp(verb, "check"))
		return cli_usage_error(self, "check needs a FILE");
	if (!strcmp(verb, "list") || !strcmp(verb, "sample") || !strcmp(verb, "params"))
		return cli_usage_error(self, "too many arguments for %s: '%s'", verb, words[n - 1]);
	return cli_usage_error(self, "no 'uarch %s'", verb);
}

static int run(const struct cli_command *self, int argc, char **argv)
{
	struct options o = {.count = 77, .seed = 1, .kind = "ooo,inorder"};
	const struct cli_option table[] = {
	    {"count", 'n', CLI_U64, &o.count, "N", "sample: number of machines in all (default 77)"},
	    {"seed", 's', CLI_U64, &o.seed, "S", "sample: random seed; the same seed gives the same files (default 1)"},
	    {"kind", 0, CLI_STRING, &o.kind, "KINDS", "sample: kind of core: ooo, inorder, or shares (default ooo:6,inorder:1)"},
	    {"out", 'o', CLI_STRING, &o.out, "DIR", "sample: folder for the machine files; made if missing"},
	    {"force", 'f', CLI_FLAG, &o.force, NULL, "sample: replace files that exist"},
	    {"markdown", 0, CLI_FLAG, &o.markdown, NULL, "params: print the tables of docs/topics/machines.md"},
	    {0},
	};
	char **words;
	int n;
	int status = cli_parse(self, table, argc, argv, &words, &n);
	if (status >= 0)
		return status;
	status = run_verb(self, &o, words, n);
	free(words);
	return status;
}

const struct cli_command cmd_uarch = {"uarch", "machines: list presets, show, check and sample",
                                      "list|show|check|sample|params [OPTIONS] ...", description, run};
