/*
 * options.c - declarative options: one table parses the command line and prints the help
 */
#include <errno.h>
#include <math.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* The value that an option of choices has now. */
static int chosen(const struct cli_choice *c)
{
	int value;
	memcpy(&value, c->value, sizeof value);
	return value;
}

/* ": step (a note), cosine or constant (default step)"; without notes and default for an error. */
static void print_choices(FILE *out, const struct cli_choice *c, bool in_help)
{
	const char *now = NULL;
	for (const struct pv_train_choice *v = c->choices; v->name; v++) {
		fprintf(out, "%s%s", v == c->choices ? "" : v[1].name ? ", " : " or ", v->name);
		if (in_help && v->note)
			fprintf(out, " (%s)", v->note);
		if (v->value == chosen(c))
			now = v->name;
	}
	if (in_help && now)
		fprintf(out, " (default %s)", now);
}

static void print_command_help(const struct cli_command *self, const struct cli_option *options)
{
	printf("usage: perfvec %s %s\n\n%s\n", self->name, self->usage, self->summary);
	if (self->description)
		printf("\n%s\n", self->description);
	printf("\noptions:\n");
	for (const struct cli_option *o = options; o->name; o++) {
		if (!o->help)
			continue; /* an old name */
		char left[64];
		snprintf(left, sizeof left, "%c%c%s--%s%s%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ', o->letter ? ", " : "  ",
		         o->name, o->arg ? " " : "", o->arg ? o->arg : "");
		printf("  %-28s %s", left, o->help);
		if (o->type == CLI_CHOICE) {
			printf(": ");
			print_choices(stdout, o->value, true);
		}
		printf("\n");
	}
	printf("  -h, --help                   print this help\n");
}

int cli_usage_error(const struct cli_command *self, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("error: ", stderr);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nhint: 'perfvec %s --help' lists what it takes\n", self->name);
	return CLI_USAGE;
}

/* A number and its suffix; returns what follows, NULL when there is none. */
static const char *parse_number(const char *text, uint64_t *value)
{
	if (*text < '0' || *text > '9')
		return NULL;
	char *end;
	errno = 0;
	unsigned long long v = strtoull(text, &end, 10);
	if (errno)
		return NULL;
	uint64_t scale = 1;
	switch (*end) {
	case 'k':
	case 'K':
		scale = 1000;
		end++;
		break;
	case 'M':
		scale = 1000000;
		end++;
		break;
	case 'G':
		scale = 1000000000;
		end++;
		break;
	}
	if (v && scale > UINT64_MAX / v)
		return NULL;
	*value = v * scale;
	return end;
}

static bool parse_u64(const char *text, uint64_t *value)
{
	uint64_t v;
	const char *end = parse_number(text, &v);
	if (!end || *end)
		return false;
	*value = v;
	return true;
}

bool cli_parse_sample(const char *text, uint64_t *unit, uint64_t *period, uint64_t *third)
{
	const char *p = parse_number(text, unit);
	if (!p || *p != ':' || !(p = parse_number(p + 1, period)))
		return false;
	if (*p == ':' && !(p = parse_number(p + 1, third)))
		return false;
	return *p == 0 && *unit > 0 && *unit <= *period;
}

/* Append the items of text, between which separators stand; false when one is empty or memory is out. */
static bool append_list(struct cli_list *list, const char *text, const char *separators)
{
	for (;;) {
		size_t n = strcspn(text, separators);
		char **items = realloc(list->items, (list->n + 1) * sizeof *items);
		if (!items)
			return false;
		list->items = items;
		if (n == 0 || !(items[list->n] = strndup(text, n)))
			return false;
		list->n++;
		if (!text[n])
			return true;
		text += n + 1;
	}
}

void cli_list_free(struct cli_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct cli_list){0};
}

static bool choose(const struct cli_choice *c, const char *text)
{
	_Static_assert(sizeof(enum pv_mode) == sizeof(int), "enums are as large as int");
	for (const struct pv_train_choice *v = c->choices; v->name; v++)
		if (!strcmp(text, v->name)) {
			memcpy(c->value, &v->value, sizeof v->value);
			return true;
		}
	return false;
}

/* Returns false when text is not a value of the option's type. */
static bool set_value(const struct cli_option *o, const char *text)
{
	char *end;
	errno = 0;
	switch (o->type) {
	case CLI_FLAG: *(bool *)o->value = true; return true;
	case CLI_STRING: *(const char **)o->value = text; return true;
	case CLI_U64: return parse_u64(text, o->value);
	case CLI_LIST: return append_list(o->value, text, ",");
	case CLI_TEXTS: return append_list(o->value, text, "");
	case CLI_CHOICE: return choose(o->value, text);
	case CLI_INT: {
		long v = strtol(text, &end, 10);
		if (errno || *end || end == text || v < 0 || v > INT_MAX)
			return false;
		*(int *)o->value = (int)v;
		return true;
	}
	case CLI_DOUBLE: {
		double v = strtod(text, &end);
		if (*end || end == text || !isfinite(v))
			return false;
		*(double *)o->value = v;
		return true;
	}
	}
	return false;
}

static const struct cli_option *find(const struct cli_option *options, const char *arg, const char **inline_value)
{
	*inline_value = NULL;
	if (arg[1] != '-') {
		for (const struct cli_option *o = options; o->name; o++)
			if (o->letter == arg[1]) {
				if (arg[2])
					*inline_value = arg + 2;
				return o;
			}
		return NULL;
	}
	const char *equals = strchr(arg, '=');
	size_t n = equals ? (size_t)(equals - arg - 2) : strlen(arg + 2);
	for (const struct cli_option *o = options; o->name; o++)
		if (strlen(o->name) == n && !strncmp(o->name, arg + 2, n)) {
			*inline_value = equals ? equals + 1 : NULL;
			return o;
		}
	return NULL;
}

static const char *type_name(enum cli_option_type type)
{
	switch (type) {
	case CLI_INT: return "a whole number (0 or more)";
	case CLI_U64: return "a count (such as 500000, 500k or 2M)";
	case CLI_DOUBLE: return "a number";
	case CLI_LIST: return "one or more values (A,B,...)";
	default: return "a value";
	}
}

static int value_error(const struct cli_command *self, const struct cli_option *o, const char *value)
{
	if (o->type != CLI_CHOICE)
		return cli_usage_error(self, "option '--%s' needs %s, not '%s'", o->name, type_name(o->type), value);
	fprintf(stderr, "error: option '--%s' is ", o->name);
	print_choices(stderr, o->value, false);
	fprintf(stderr, ", not '%s'\nhint: 'perfvec %s --help' lists what it takes\n", value, self->name);
	return CLI_USAGE;
}

int cli_parse(const struct cli_command *self, const struct cli_option *options, int argc, char **argv, char ***operands, int *n)
{
	char **rest = calloc((size_t)argc + 1, sizeof *rest);
	if (!rest) {
		fputs("error: out of memory\n", stderr);
		return CLI_FAILED;
	}
	int n_rest = 0;
	int status = -1;
	for (int i = 1; i < argc && status < 0; i++) {
		const char *arg = argv[i];
		if (!strcmp(arg, "--")) {
			while (++i < argc)
				rest[n_rest++] = argv[i];
			break;
		}
		if (arg[0] != '-' || !arg[1]) {
			rest[n_rest++] = argv[i];
			continue;
		}
		if (!strcmp(arg, "--help") || !strcmp(arg, "-h")) {
			print_command_help(self, options);
			status = CLI_OK;
			break;
		}
		const char *value;
		const struct cli_option *o = find(options, arg, &value);
		if (!o)
			status = cli_usage_error(self, "unknown option '%s'", arg);
		else if (o->type == CLI_FLAG && value)
			status = cli_usage_error(self, "option '--%s' takes no value", o->name);
		else if (o->type != CLI_FLAG && !value && !(value = ++i < argc ? argv[i] : NULL))
			status = cli_usage_error(self, "option '--%s' needs %s", o->name, type_name(o->type));
		else if (!set_value(o, value))
			status = value_error(self, o, value);
	}
	if (status >= 0) {
		free(rest);
		return status;
	}
	*operands = rest;
	*n = n_rest;
	return -1;
}

char *cli_command_line(const char *program, int argc, char **argv)
{
	return pv_command_line(program, (size_t)argc, (const char *const *)argv);
}

char *cli_model_command(int argc, char **argv)
{
	const char **kept = malloc(((size_t)argc + 1) * sizeof *kept);
	size_t n = 0;
	for (int i = 0; kept && i < argc; i++)
		if (!strcmp(argv[i], "--threads") || !strcmp(argv[i], "-j"))
			i++;
		else if (strncmp(argv[i], "--threads=", 10) != 0 && strncmp(argv[i], "-j", 2) != 0)
			kept[n++] = argv[i];
	char *text = kept ? pv_command_line("perfvec", n, kept) : NULL;
	free(kept);
	return text;
}
