/*
 * calc.c - compiles arithmetic expressions for a small stack machine and runs them
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum op { OP_PUSH, OP_VAR, OP_ADD, OP_SUB, OP_MUL, OP_MOD, OP_AND, OP_END };

struct insn {
	enum op op;
	int value;
};

struct parser {
	const char *s;
	struct insn *out;
	int n;
};

static void emit(struct parser *p, enum op op, int value)
{
	p->out[p->n++] = (struct insn){op, value};
}

static void expression(struct parser *p);

static void factor(struct parser *p)
{
	if (*p->s == '(') {
		p->s++;
		expression(p);
		p->s++;
	} else if (*p->s >= '0' && *p->s <= '9') {
		emit(p, OP_PUSH, (int)strtol(p->s, (char **)&p->s, 10));
	} else {
		emit(p, OP_VAR, *p->s++ - 'a');
	}
}

static void term(struct parser *p)
{
	factor(p);
	while (*p->s == '*' || *p->s == '%' || *p->s == '&') {
		char c = *p->s++;
		factor(p);
		emit(p, c == '*' ? OP_MUL : c == '%' ? OP_MOD : OP_AND, 0);
	}
}

static void expression(struct parser *p)
{
	term(p);
	while (*p->s == '+' || *p->s == '-') {
		char c = *p->s++;
		term(p);
		emit(p, c == '+' ? OP_ADD : OP_SUB, 0);
	}
}

static int run(const struct insn *code, const int *vars)
{
	int stack[64], top = 0;
	for (;; code++)
		switch (code->op) {
		case OP_PUSH: stack[top++] = code->value; break;
		case OP_VAR: stack[top++] = vars[code->value]; break;
		case OP_ADD: top--, stack[top - 1] = (int)((unsigned)stack[top - 1] + (unsigned)stack[top]); break;
		case OP_SUB: top--, stack[top - 1] = (int)((unsigned)stack[top - 1] - (unsigned)stack[top]); break;
		case OP_MUL: top--, stack[top - 1] = (int)((unsigned)stack[top - 1] * (unsigned)stack[top]); break;
		case OP_MOD: top--, stack[top - 1] = stack[top] > 0 ? stack[top - 1] % stack[top] : 0; break;
		case OP_AND: top--, stack[top - 1] &= stack[top]; break;
		case OP_END: return stack[0];
		}
}

int main(int argc, char **argv)
{
	static const char *const sources[] = {"a*a+b*3-(c%17)*2", "(a+b)*(b+c)%(1009+a&255)", "a&b+b&c+c&a-((a*7+3)%31)*((b+1)%29)",
	                                      "a%(b%7+2)+(c-a)*(c-b)"};
	int rounds = argc > 1 ? atoi(argv[1]) : 12000;
	struct insn code[4][64];
	for (int i = 0; i < 4; i++) {
		struct parser p = {sources[i], code[i], 0};
		expression(&p);
		emit(&p, OP_END, 0);
	}
	unsigned sum = 0;
	int vars[26] = {1, 2, 3};
	for (int i = 0; i < rounds; i++) {
		int r = run(code[(sum >> 3) % 4], vars);
		vars[i % 3] = (r ^ i) & 0xffff;
		sum = sum * 31 + (unsigned)r;
	}
	printf("calc %d: %08x\n", rounds, sum);
	return 0;
}
