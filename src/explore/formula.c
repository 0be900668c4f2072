/*
 * formula.c - recursive descent straight into postfix steps, and their evaluation on a small stack
 *
 * "l2.size <= 1M && time < 2ms" becomes
 *
 *   VARIABLE l2.size_bytes | NUMBER 1048576 | LE | VARIABLE time | NUMBER 2000000 | LT | AND
 *
 * While parsing, every operand carries its unit, so that sums and comparisons of one kind of quantity come to one unit (a multiplication is
 * put behind the right side) and comparing different kinds is found. Products carry none: people weigh a size against a time on purpose.
 */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfvec/formula.h>

#include "base/error.h"
#include "base/text.h"
#include "base/yaml.h"

/* ---- units ------------------------------------------------------------------------------------------------------------------------- */

enum kind { TIME, SIZE, CYCLES, CLOCK };

static const char *const kind_names[] = {"a time", "a size", "a number of cycles", "a clock frequency"};

struct unit {
	const char *name;
	enum kind kind;
	double scale; /* of the kind's first unit, which names without a unit are in */
};

/* Literals take any of them; variables those that are lower case. */
static const struct unit units[] = {
    {"ns", TIME, 1},        {"ps", TIME, 1e-3},      {"us", TIME, 1e3},        {"ms", TIME, 1e6},         {"s", TIME, 1e9},
    {"bytes", SIZE, 1},     {"kb", SIZE, 1024},      {"mb", SIZE, 1048576},    {"gb", SIZE, 1073741824},  {"cycles", CYCLES, 1},
    {"mhz", CLOCK, 1},      {"ghz", CLOCK, 1e3},     {"B", SIZE, 1},           {"k", SIZE, 1024},         {"K", SIZE, 1024},
    {"kB", SIZE, 1024},     {"KB", SIZE, 1024},      {"KiB", SIZE, 1024},      {"M", SIZE, 1048576},      {"MB", SIZE, 1048576},
    {"MiB", SIZE, 1048576}, {"G", SIZE, 1073741824}, {"GB", SIZE, 1073741824}, {"GiB", SIZE, 1073741824}, {"MHz", CLOCK, 1},
    {"GHz", CLOCK, 1e3},
};
enum { N_UNITS = sizeof units / sizeof *units };

static const struct unit *find_unit(const char *name, size_t n)
{
	for (size_t i = 0; i < N_UNITS; i++)
		if (strlen(units[i].name) == n && !memcmp(units[i].name, name, n))
			return &units[i];
	return NULL;
}

static const struct unit *first_of_kind(enum kind kind)
{
	for (size_t i = 0; i < N_UNITS; i++)
		if (units[i].kind == kind)
			return &units[i];
	return NULL;
}

/* ---- steps ------------------------------------------------------------------------------------------------------------------------- */

enum operation {
	NUMBER,
	VARIABLE,
	ADD,
	SUBTRACT,
	MULTIPLY,
	DIVIDE,
	POWER,
	LT,
	LE,
	GT,
	GE,
	EQ,
	NE,
	AND,
	OR,
	NEGATE,
	NOT,
	MIN,
	MAX,
	LOG,
	LOG2,
	LOG10,
	EXP,
	SQRT,
	ABS,
	FLOOR,
	CEIL,
	ROUND
};

static const struct {
	const char *name;
	enum operation operation;
	bool many; /* two or more arguments; otherwise one */
} functions[] = {
    {"min", MIN, true},      {"max", MAX, true},    {"log", LOG, false},     {"log2", LOG2, false},
    {"log10", LOG10, false}, {"exp", EXP, false},   {"sqrt", SQRT, false},   {"abs", ABS, false},
    {"floor", FLOOR, false}, {"ceil", CEIL, false}, {"round", ROUND, false},
};
enum { N_FUNCTIONS = sizeof functions / sizeof *functions, MAX_NEAR = 3, MAX_WORD = 64 };

struct step {
	enum operation operation;
	int variable;
	double number;
};

struct pv_formula {
	char *text;
	const struct pv_formula_variable *variables;
	size_t n_variables;
	int n_steps;
	struct step steps[PV_FORMULA_MAX_STEPS];
};

/* What is known about the operand whose steps were emitted last. */
struct operand {
	const struct unit *unit; /* NULL: a plain number */
	const char *values;      /* of a variable that stands alone and has named values; else NULL */
	const char *name;        /* of that variable */
	const struct unit *lost; /* that a factor of a product was in */
};

struct parser {
	const char *what, *text;
	size_t at;
	int depth;
	const struct pv_formula_variable *variables;
	size_t n;
	struct pv_formula *formula;
	struct pv_error *err;
};

/* ---- errors ------------------------------------------------------------------------------------------------------------------------ */

static enum pv_status fail(struct parser *p, size_t at, enum pv_status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static enum pv_status fail(struct parser *p, size_t at, enum pv_status status, const char *format, ...)
{
	char sentence[300];
	va_list args;
	va_start(args, format);
	vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	/* Control characters would do things to a terminal. */
	for (char *c = sentence; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
	return base_error_set(p->err, status, "%s, column %zu: %s", p->what, at + 1, sentence);
}

static char peek(struct parser *p)
{
	while (isspace((unsigned char)p->text[p->at]))
		p->at++;
	return p->text[p->at];
}

static enum pv_status expected(struct parser *p, const char *thing)
{
	const char found = peek(p);
	if (!found)
		return fail(p, p->at, PV_ERR_FORMAT, "the text ends where %s is expected", thing);
	if (found == '=' && p->text[p->at + 1] != '=')
		return fail(p, p->at, PV_ERR_FORMAT, "expected %s, found '='; equality is written ==", thing);
	if ((found == '&' || found == '|') && p->text[p->at + 1] != found)
		return fail(p, p->at, PV_ERR_FORMAT, "expected %s, found '%c'; it is written %c%c", thing, found, found, found);
	return fail(p, p->at, PV_ERR_FORMAT, "expected %s, found '%c'", thing, found);
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

static size_t word_length(const char *text)
{
	size_t n = 0;
	while (is_word(text[n]))
		n++;
	return n;
}

/* ---- names ------------------------------------------------------------------------------------------------------------------------- */

static const struct unit *unit_of(const struct pv_formula_variable *v)
{
	return find_unit(v->unit, strlen(v->unit));
}

/* Length of a variable's name without "_UNIT". */
static size_t stem_length(const struct pv_formula_variable *v)
{
	const size_t n = strlen(v->name), u = strlen(v->unit);
	const bool ends = unit_of(v) && n > u + 1 && v->name[n - u - 1] == '_' && !strcmp(v->name + n - u, v->unit);
	return ends ? n - u - 1 : n;
}

/* Whether the (n) letters of word are the first (m) of name, with or without its "n_"; returns how many letters of word that takes, or 0.
 */
static size_t match_stem(const char *word, size_t n, const char *name, size_t m)
{
	if (n >= m && !memcmp(word, name, m))
		return m;
	const char *dot = memrchr(name, '.', m);
	const size_t group = dot ? (size_t)(dot + 1 - name) : 0;
	if (m < group + 3 || memcmp(name + group, "n_", 2) || n < m - 2 || memcmp(word, name, group) ||
	    memcmp(word + group, name + group + 2, m - group - 2))
		return 0;
	return m - 2;
}

/* Whether word names the variable, and in which unit; the unit is NULL for a plain number. */
static bool names_variable(const struct pv_formula_variable *v, const char *word, size_t n, const struct unit **unit)
{
	const struct unit *own = unit_of(v);
	*unit = own;
	if (strlen(v->name) == n && !memcmp(v->name, word, n))
		return true;
	const size_t stem = stem_length(v), used = match_stem(word, n, v->name, stem);
	if (!used)
		return false;
	if (used == n) {
		*unit = own && v->name[stem] ? first_of_kind(own->kind) : own;
		return true;
	}
	if (!own || word[used] != '_')
		return false;
	*unit = find_unit(word + used + 1, n - used - 1);
	return *unit && (*unit)->kind == own->kind && islower((unsigned char)(*unit)->name[0]);
}

/* An exact name wins over any other way to write one. */
static int find_variable(const struct parser *p, const char *word, size_t n, const struct unit **unit)
{
	for (size_t i = 0; i < p->n; i++)
		if (strlen(p->variables[i].name) == n && names_variable(&p->variables[i], word, n, unit))
			return (int)i;
	for (size_t i = 0; i < p->n; i++)
		if (names_variable(&p->variables[i], word, n, unit))
			return (int)i;
	return -1;
}

/* Up to MAX_NEAR names like word, best first, into hint. */
static void list_near(const struct parser *p, const char *word, char *hint, size_t n_bytes)
{
	const size_t n = 2 * p->n + N_FUNCTIONS;
	const char **names = malloc(n * sizeof *names);
	char *stems = malloc(p->n * MAX_WORD + 1);
	size_t m = 0, used = 0;
	hint[0] = 0;
	for (size_t i = 0; names && stems && i < p->n; i++) {
		const size_t stem = stem_length(&p->variables[i]);
		names[m++] = p->variables[i].name;
		if (!p->variables[i].name[stem] || stem >= MAX_WORD)
			continue;
		snprintf(stems + i * MAX_WORD, MAX_WORD, "%.*s", (int)stem, p->variables[i].name);
		names[m++] = stems + i * MAX_WORD;
	}
	for (size_t i = 0; names && stems && i < N_FUNCTIONS; i++)
		names[m++] = functions[i].name;
	for (int k = 0; m && k < MAX_NEAR && used < n_bytes; k++) {
		const char *near = base_text_nearest(word, names, m);
		if (!near)
			break;
		used += (size_t)snprintf(hint + used, n_bytes - used, "%s%s", k ? ", " : "", near);
		for (size_t i = 0; i < m; i++)
			if (names[i] == near)
				names[i] = names[--m];
	}
	free(stems);
	free(names);
}

static enum pv_status unknown_name(struct parser *p, size_t at, const char *word)
{
	char near[200];
	fail(p, at, PV_ERR_MISSING, "no variable or function is called '%s'", word);
	list_near(p, word, near, sizeof near);
	if (p->err && near[0])
		base_error_hint(p->err, "names like it: %s", near);
	return PV_ERR_MISSING;
}

/* ---- parsing ----------------------------------------------------------------------------------------------------------------------- */

static enum pv_status emit(struct parser *p, enum operation operation, int variable, double number)
{
	struct pv_formula *f = p->formula;
	if (f->n_steps == PV_FORMULA_MAX_STEPS)
		return fail(p, p->at, PV_ERR_RANGE, "the formula has more than %d operands and operations", PV_FORMULA_MAX_STEPS);
	f->steps[f->n_steps++] = (struct step){operation, variable, number};
	return PV_OK;
}

static bool take(struct parser *p, const char *token)
{
	peek(p);
	const size_t n = strlen(token);
	if (strncmp(p->text + p->at, token, n))
		return false;
	p->at += n;
	return true;
}

static enum pv_status parse_either(struct parser *p, struct operand *o);
static enum pv_status parse_sign(struct parser *p, struct operand *o);

static enum pv_status parse_number(struct parser *p, struct operand *o)
{
	char *end;
	const size_t start = p->at;
	const double number = strtod(p->text + p->at, &end);
	p->at = (size_t)(end - p->text);
	const size_t n = word_length(end);
	const struct unit *unit = n ? find_unit(end, n) : NULL;
	if (n && !unit)
		return fail(p, p->at, PV_ERR_FORMAT,
		            "'%.*s' behind a number is no unit; units are B k M G kB MB GB ps ns us ms s cycles MHz GHz",
		            (int)(n < MAX_WORD ? n : MAX_WORD), end);
	if (!isfinite(number))
		return fail(p, start, PV_ERR_RANGE, "the number is too large");
	p->at += n;
	*o = (struct operand){.unit = unit ? first_of_kind(unit->kind) : NULL};
	return emit(p, NUMBER, 0, unit ? number * unit->scale : number);
}

static enum pv_status parse_arguments(struct parser *p, size_t at, int f, struct operand *o)
{
	int n = 0;
	struct operand argument;
	do {
		TRY(parse_either(p, &argument));
		if (!n)
			*o = argument;
		/* Arguments of min and max in different units are rare: they have to be plain, or alike. */
		else if (o->unit && argument.unit && o->unit != argument.unit)
			return fail(p, at, PV_ERR_FORMAT, "the arguments of %s() are in different units", functions[f].name);
		if (n && functions[f].many)
			TRY(emit(p, functions[f].operation, 0, 0));
		n++;
	} while (take(p, ","));
	if (!take(p, ")"))
		return expected(p, "',' or ')'");
	if (functions[f].many ? n < 2 : n != 1)
		return fail(p, at, PV_ERR_FORMAT, "%s() takes %s, not %d", functions[f].name,
		            functions[f].many ? "two or more arguments" : "one argument", n);
	if (!functions[f].many)
		TRY(emit(p, functions[f].operation, 0, 0));
	const enum operation op = functions[f].operation;
	const bool keeps = functions[f].many || op == ABS || op == FLOOR || op == CEIL || op == ROUND;
	*o = (struct operand){.unit = keeps ? o->unit : NULL};
	return PV_OK;
}

static enum pv_status parse_word(struct parser *p, struct operand *o)
{
	const size_t at = p->at, n = word_length(p->text + at);
	char word[MAX_WORD];
	if (n >= sizeof word)
		return fail(p, at, PV_ERR_MISSING, "a name is too long");
	snprintf(word, sizeof word, "%.*s", (int)n, p->text + at);
	p->at += n;
	if (take(p, "(")) {
		for (int f = 0; f < N_FUNCTIONS; f++)
			if (!strcmp(functions[f].name, word))
				return parse_arguments(p, at, f, o);
		return unknown_name(p, at, word);
	}
	*o = (struct operand){0};
	if (!strcmp(word, "true") || !strcmp(word, "false"))
		return emit(p, NUMBER, 0, word[0] == 't');
	const int i = find_variable(p, word, n, &o->unit);
	if (i < 0)
		return unknown_name(p, at, word);
	o->values = *p->variables[i].values ? p->variables[i].values : NULL;
	o->name = p->variables[i].name;
	TRY(emit(p, VARIABLE, i, 0));
	const struct unit *own = unit_of(&p->variables[i]);
	if (!own || own->scale == o->unit->scale)
		return PV_OK;
	TRY(emit(p, NUMBER, 0, own->scale / o->unit->scale));
	return emit(p, MULTIPLY, 0, 0);
}

static enum pv_status parse_value(struct parser *p, struct operand *o)
{
	const char c = peek(p);
	if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)p->text[p->at + 1])))
		return parse_number(p, o);
	if (isalpha((unsigned char)c) || c == '_')
		return parse_word(p, o);
	if (!take(p, "("))
		return expected(p, "a number, a name or '('");
	TRY(parse_either(p, o));
	if (!take(p, ")"))
		return expected(p, "')'");
	*o = (struct operand){.unit = o->unit, .lost = o->lost};
	return PV_OK;
}

static enum pv_status parse_power(struct parser *p, struct operand *o)
{
	TRY(parse_value(p, o));
	if (!take(p, "^"))
		return PV_OK;
	struct operand exponent;
	TRY(parse_sign(p, &exponent));
	*o = (struct operand){0};
	return emit(p, POWER, 0, 0);
}

static enum pv_status parse_sign(struct parser *p, struct operand *o)
{
	if (p->depth >= PV_FORMULA_MAX_DEPTH)
		return fail(p, p->at, PV_ERR_RANGE, "nested deeper than %d", PV_FORMULA_MAX_DEPTH);
	const char c = peek(p);
	const bool sign = (c == '-' || c == '+' || (c == '!' && p->text[p->at + 1] != '='));
	p->depth++;
	p->at += sign;
	const enum pv_status status = sign ? parse_sign(p, o) : parse_power(p, o);
	p->depth--;
	if (status != PV_OK || !sign)
		return status;
	*o = (struct operand){.unit = c == '!' ? NULL : o->unit};
	return c == '+' ? PV_OK : emit(p, c == '-' ? NEGATE : NOT, 0, 0);
}

static enum pv_status parse_product(struct parser *p, struct operand *o)
{
	TRY(parse_sign(p, o));
	for (;;) {
		const char c = peek(p);
		if (c != '*' && c != '/')
			return PV_OK;
		p->at++;
		struct operand right;
		TRY(parse_sign(p, &right));
		*o = (struct operand){.lost = o->unit ? o->unit : o->lost ? o->lost : right.unit};
		TRY(emit(p, c == '*' ? MULTIPLY : DIVIDE, 0, 0));
	}
}

/* Bring the right operand, whose steps were emitted last, to the unit of the left one. */
static enum pv_status to_unit(struct parser *p, const struct operand *left, const struct operand *right)
{
	if (!left->unit || !right->unit || left->unit->kind != right->unit->kind || left->unit->scale == right->unit->scale)
		return PV_OK;
	TRY(emit(p, NUMBER, 0, right->unit->scale / left->unit->scale));
	return emit(p, MULTIPLY, 0, 0);
}

static enum pv_status parse_sum(struct parser *p, struct operand *o)
{
	TRY(parse_product(p, o));
	for (;;) {
		const char c = peek(p);
		if (c != '+' && c != '-')
			return PV_OK;
		p->at++;
		struct operand right;
		TRY(parse_product(p, &right));
		TRY(to_unit(p, o, &right));
		const bool mixed = o->unit && right.unit && o->unit->kind != right.unit->kind;
		*o = (struct operand){.unit = mixed ? NULL : o->unit ? o->unit : right.unit, .lost = o->lost ? o->lost : right.lost};
		TRY(emit(p, c == '+' ? ADD : SUBTRACT, 0, 0));
	}
}

/* The right side of a comparison with a variable that has named values: one of the names, or a sum. */
static enum pv_status parse_named(struct parser *p, const struct operand *left)
{
	peek(p);
	const size_t at = p->at, n = word_length(p->text + at);
	int number = 0;
	for (const char *name = left->values; *name; number++) {
		const size_t length = strcspn(name, " ");
		if (n && length == n && !memcmp(name, p->text + at, n)) {
			p->at += n;
			return emit(p, NUMBER, 0, number);
		}
		name += length + (name[length] == ' ');
	}
	return fail(p, at, PV_ERR_MISSING, "%s is never '%.*s'; it is one of: %s", left->name, (int)(n < MAX_WORD ? n : MAX_WORD),
	            p->text + at, left->values);
}

/* 2 * l2.size_kb < 1M would compare kilobytes with bytes. */
static bool differ(const struct unit *a, const struct unit *b)
{
	return a && b && a->kind == b->kind && a->scale != b->scale;
}

static enum pv_status parse_right(struct parser *p, size_t at, const struct operand *left)
{
	if (left->values)
		return parse_named(p, left);
	struct operand right;
	TRY(parse_sum(p, &right));
	if (left->unit && right.unit && left->unit->kind != right.unit->kind)
		return fail(p, at, PV_ERR_FORMAT, "%s is compared with %s", kind_names[left->unit->kind], kind_names[right.unit->kind]);
	if (differ(left->lost, right.unit) || differ(left->unit, right.lost))
		return fail(p, at, PV_ERR_FORMAT, "a product, which is a plain number, is compared with %s in another unit",
		            kind_names[(right.unit ? right.unit : left->unit)->kind]);
	return to_unit(p, left, &right);
}

static bool take_comparison(struct parser *p, enum operation *operation)
{
	static const struct {
		const char *token;
		enum operation operation;
	} tokens[] = {{"<=", LE}, {">=", GE}, {"==", EQ}, {"!=", NE}, {"<", LT}, {">", GT}};
	for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
		if (take(p, tokens[i].token)) {
			*operation = tokens[i].operation;
			return true;
		}
	return false;
}

static enum pv_status parse_comparison(struct parser *p, struct operand *o)
{
	enum operation operation, second;
	TRY(parse_sum(p, o));
	peek(p);
	const size_t at = p->at;
	if (!take_comparison(p, &operation))
		return PV_OK;
	if (o->values && operation != EQ && operation != NE)
		return fail(p, at, PV_ERR_FORMAT, "the names that %s stands for have no order: only == and != compare them", o->name);
	TRY(parse_right(p, at, o));
	TRY(emit(p, operation, 0, 0));
	peek(p);
	const size_t next = p->at;
	if (take_comparison(p, &second))
		return fail(p, next, PV_ERR_FORMAT, "a comparison of a comparison; write a < b && b < c");
	*o = (struct operand){0};
	return PV_OK;
}

static enum pv_status parse_both(struct parser *p, struct operand *o)
{
	TRY(parse_comparison(p, o));
	while (take(p, "&&")) {
		TRY(parse_comparison(p, o));
		*o = (struct operand){0};
		TRY(emit(p, AND, 0, 0));
	}
	return PV_OK;
}

static enum pv_status parse_either(struct parser *p, struct operand *o)
{
	if (p->depth >= PV_FORMULA_MAX_DEPTH)
		return fail(p, p->at, PV_ERR_RANGE, "nested deeper than %d", PV_FORMULA_MAX_DEPTH);
	p->depth++;
	enum pv_status status = parse_both(p, o);
	while (status == PV_OK && take(p, "||")) {
		TRY(parse_both(p, o));
		*o = (struct operand){0};
		status = emit(p, OR, 0, 0);
	}
	p->depth--;
	return status;
}

static enum pv_status parse_all(struct parser *p)
{
	struct operand o;
	if (strlen(p->text) > PV_FORMULA_MAX_TEXT)
		return fail(p, PV_FORMULA_MAX_TEXT, PV_ERR_RANGE, "the formula is longer than %d characters", PV_FORMULA_MAX_TEXT);
	TRY(parse_either(p, &o));
	return peek(p) ? expected(p, "an operator or the end") : PV_OK;
}

enum pv_status pv_formula_parse(const char *what, const char *text, const struct pv_formula_variable *variables, size_t n,
                                struct pv_formula **formula, struct pv_error *err)
{
	struct pv_formula *f = malloc(sizeof *f);
	char *copy = strdup(text);
	if (!f || !copy) {
		free(f);
		free(copy);
		return base_error_set(err, PV_ERR_NOMEM, "out of memory");
	}
	*f = (struct pv_formula){.text = copy, .variables = variables, .n_variables = n};
	struct parser p = {.what = what, .text = copy, .variables = variables, .n = n, .formula = f, .err = err};
	const enum pv_status status = parse_all(&p);
	if (status != PV_OK) {
		pv_formula_free(f);
		return status;
	}
	*formula = f;
	return PV_OK;
}

void pv_formula_free(struct pv_formula *formula)
{
	if (formula)
		free(formula->text);
	free(formula);
}

const char *pv_formula_text(const struct pv_formula *formula)
{
	return formula->text;
}

/* ---- evaluation -------------------------------------------------------------------------------------------------------------------- */

/* A value and its slope along the direction asked for. */
struct dual {
	double v, d;
};

static struct dual unary(enum operation operation, struct dual a)
{
	switch (operation) {
	case NEGATE: return (struct dual){-a.v, -a.d};
	case NOT: return (struct dual){!a.v, 0};
	case LOG: return (struct dual){log(a.v), a.d / a.v};
	case LOG2: return (struct dual){log2(a.v), a.d / a.v / log(2)};
	case LOG10: return (struct dual){log10(a.v), a.d / a.v / log(10)};
	case EXP: return (struct dual){exp(a.v), a.d * exp(a.v)};
	case SQRT: return (struct dual){sqrt(a.v), a.d / (2 * sqrt(a.v))};
	case ABS: return (struct dual){fabs(a.v), a.v < 0 ? -a.d : a.d};
	case FLOOR: return (struct dual){floor(a.v), 0};
	case CEIL: return (struct dual){ceil(a.v), 0};
	default: return (struct dual){round(a.v), 0};
	}
}

/* a^b; the exponent's slope counts only where it has one, so that x^2 has a slope at x <= 0. */
static struct dual power(struct dual a, struct dual b)
{
	const double v = pow(a.v, b.v);
	double d = a.d != 0 ? a.d * b.v * pow(a.v, b.v - 1) : 0;
	if (b.d != 0)
		d += b.d * v * log(a.v);
	return (struct dual){v, d};
}

static struct dual binary(enum operation operation, struct dual a, struct dual b)
{
	switch (operation) {
	case ADD: return (struct dual){a.v + b.v, a.d + b.d};
	case SUBTRACT: return (struct dual){a.v - b.v, a.d - b.d};
	case MULTIPLY: return (struct dual){a.v * b.v, a.d * b.v + a.v * b.d};
	case DIVIDE: return (struct dual){a.v / b.v, (a.d - a.v / b.v * b.d) / b.v};
	case POWER: return power(a, b);
	case LT: return (struct dual){a.v < b.v, 0};
	case LE: return (struct dual){a.v <= b.v, 0};
	case GT: return (struct dual){a.v > b.v, 0};
	case GE: return (struct dual){a.v >= b.v, 0};
	case EQ: return (struct dual){a.v == b.v, 0};
	case NE: return (struct dual){a.v < b.v || a.v > b.v, 0};
	case AND: return (struct dual){a.v != 0 && b.v != 0, 0};
	case OR: return (struct dual){a.v != 0 || b.v != 0, 0};
	case MIN: return isnan(a.v) || a.v <= b.v ? a : b;
	default: return isnan(a.v) || a.v >= b.v ? a : b;
	}
}

static bool is_unary(enum operation operation)
{
	return operation == NEGATE || operation == NOT || operation >= LOG;
}

static struct dual evaluate(const struct pv_formula *f, const double *values, const double *direction)
{
	struct dual stack[PV_FORMULA_MAX_STEPS];
	int top = 0;
	for (int i = 0; i < f->n_steps; i++) {
		const struct step *s = &f->steps[i];
		if (s->operation == NUMBER) {
			stack[top++] = (struct dual){s->number, 0};
		} else if (s->operation == VARIABLE) {
			stack[top++] = (struct dual){values[s->variable], direction ? direction[s->variable] : 0};
		} else if (is_unary(s->operation)) {
			stack[top - 1] = unary(s->operation, stack[top - 1]);
		} else {
			top--;
			stack[top - 1] = binary(s->operation, stack[top - 1], stack[top]);
		}
	}
	return stack[0];
}

double pv_formula_value(const struct pv_formula *formula, const double *values)
{
	return evaluate(formula, values, NULL).v;
}

double pv_formula_slope(const struct pv_formula *formula, const double *values, const double *direction)
{
	return evaluate(formula, values, direction).d;
}

bool pv_formula_uses(const struct pv_formula *formula, size_t i)
{
	for (int s = 0; s < formula->n_steps; s++)
		if (formula->steps[s].operation == VARIABLE && (size_t)formula->steps[s].variable == i)
			return true;
	return false;
}

int pv_formula_missing(const struct pv_formula *formula, const double *values)
{
	int first = -1;
	for (int s = 0; s < formula->n_steps; s++) {
		const int i = formula->steps[s].variable;
		if (formula->steps[s].operation == VARIABLE && isnan(values[i]) && (first < 0 || i < first))
			first = i;
	}
	return first;
}
