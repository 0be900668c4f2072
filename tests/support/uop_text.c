/*
 * uop_text.c - see uop_text.h
 */
#include "support/uop_text.h"

#include <stdarg.h>
#include <stdio.h>

struct out {
	char *text;
	size_t size, at;
};

static void __attribute__((format(printf, 2, 3))) say(struct out *o, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(o->text + o->at, o->size - o->at, fmt, args);
	va_end(args);
	if (n > 0 && o->at + (size_t)n < o->size)
		o->at += (size_t)n;
}

static void say_flags(struct out *o, uint32_t flags)
{
	static const char *const names[] = {"micro",  "cond", "uncond", "direct",  "squash",   "after",   "before",
	                                    "atomic", "sc",   "rb",     "wb",      "quiesce",  "nonspec", "load",
	                                    "store",  "call", "return", "syscall", "prefetch", "last"};
	const char *separator = " [";
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!(flags >> i & 1))
			continue;
		say(o, "%s%s", separator, names[i]);
		separator = " ";
	}
	if (flags)
		say(o, "]");
}

static void say_registers(struct out *o, const struct pv_reg *regs, int n)
{
	for (int i = 0; i < n; i++)
		say(o, " %u.%u", regs[i].reg_class, regs[i].index);
}

int uop_text(struct isa_decoder *decoder, uint64_t pc, uint32_t word, char *text, size_t size)
{
	uint8_t bytes[4] = {(uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24)};
	struct pv_uop uops[PV_MAX_UOPS_PER_INSN];
	struct out o = {text, size, 0};
	int n = isa_decode(decoder, pc, bytes, sizeof bytes, uops);
	text[0] = 0;
	for (int i = 0; i < n; i++) {
		const struct pv_uop *u = &uops[i];
		say(&o, "%s%s", i ? "; " : "", pv_op_class_name(u->op_class));
		say_flags(&o, u->flags);
		say_registers(&o, u->src, u->n_src);
		if (u->n_dst)
			say(&o, " >");
		say_registers(&o, u->dst, u->n_dst);
		if (u->access_bytes)
			say(&o, " (%u+%d)", u->access_bytes, u->addr_offset);
		if (u->target)
			say(&o, " -> 0x%llx", (unsigned long long)u->target);
	}
	return n;
}
