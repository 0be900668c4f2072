/*
 * gem5_op_classes.c - operation classes as other versions of gem5 number them
 *
 * gem5 21 and 22 have 53 classes with the same numbers. 23.0 put two matrix products and three matrix classes between them and RISC-V
 * vector classes behind; 24.0 renamed the latter. (src/cpu/FuncUnit.py of the releases 21.2, 22.1, 23.0, 23.1 and 24.0.)
 */
#include "trace/gem5_op_classes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Classes that 21 has not, and what they become. */
static const struct {
	const char *name;
	uint8_t ours;
} relatives[] = {
    {"SimdMatMultAcc", PV_OP_SimdMultAcc},
    {"SimdFloatMatMultAcc", PV_OP_SimdFloatMultAcc},
    {"Matrix", PV_OP_SimdFloatMultAcc},
    {"MatrixMov", PV_OP_SimdMisc},
    {"MatrixOP", PV_OP_SimdFloatMultAcc},
    {"SimdDotProd", PV_OP_SimdMultAcc},
    {"SimdExt", PV_OP_SimdMisc},
    {"SimdFloatExt", PV_OP_SimdFloatMisc},
    {"SimdConfig", PV_OP_SimdMisc},
    {"VectorIntegerArith", PV_OP_SimdAlu},
    {"VectorFloatArith", PV_OP_SimdFloatAlu},
    {"VectorFloatConvert", PV_OP_SimdFloatCvt},
    {"VectorIntegerReduce", PV_OP_SimdReduceAdd},
    {"VectorFloatReduce", PV_OP_SimdFloatReduceAdd},
    {"VectorMisc", PV_OP_SimdMisc},
    {"VectorIntegerExtension", PV_OP_SimdMisc},
    {"VectorConfig", PV_OP_SimdMisc},
    {"System", PV_OP_No_OpClass},
};

/* Numbers 0 to 57 of gem5 23 and 24; those above are RISC-V's. */
static const char gem5_23[] =
    "No_OpClass IntAlu IntMult IntDiv FloatAdd FloatCmp FloatCvt FloatMult FloatMultAcc FloatDiv FloatMisc FloatSqrt SimdAdd SimdAddAcc "
    "SimdAlu SimdCmp SimdCvt SimdMisc SimdMult SimdMultAcc SimdMatMultAcc SimdShift SimdShiftAcc SimdDiv SimdSqrt SimdFloatAdd "
    "SimdFloatAlu SimdFloatCmp SimdFloatCvt SimdFloatDiv SimdFloatMisc SimdFloatMult SimdFloatMultAcc SimdFloatMatMultAcc SimdFloatSqrt "
    "SimdReduceAdd SimdReduceAlu SimdReduceCmp SimdFloatReduceAdd SimdFloatReduceCmp SimdAes SimdAesMix SimdSha1Hash SimdSha1Hash2 "
    "SimdSha256Hash SimdSha256Hash2 SimdShaSigma2 SimdShaSigma3 SimdPredAlu Matrix MatrixMov MatrixOP MemRead MemWrite FloatMemRead "
    "FloatMemWrite IprAccess InstPrefetch";

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n > m && !strcmp(text + n - m, end);
}

static int class_of(const char *name)
{
	for (unsigned i = 0; i < PV_N_OP_CLASSES; i++)
		if (!strcmp(name, pv_op_class_name(i)))
			return (int)i;
	for (size_t i = 0; i < sizeof relatives / sizeof *relatives; i++)
		if (!strcmp(name, relatives[i].name))
			return relatives[i].ours;
	bool vector = !strncmp(name, "Simd", 4) || !strncmp(name, "Vector", 6);
	if (vector && ends_with(name, "Load"))
		return PV_OP_MemRead;
	if (vector && ends_with(name, "Store"))
		return PV_OP_MemWrite;
	return -1;
}

static enum pv_status parse(const char *text, const char *from, struct trace_gem5_op_classes *c, struct pv_error *err)
{
	static const char separators[] = " \t\r\n,'\"[]";
	char seen[TRACE_GEM5_MAX_OP_CLASSES][40];
	c->n = 0;
	for (const char *p = text; *(p += strspn(p, separators));) {
		if (*p == '#') {
			p += strcspn(p, "\n");
			continue;
		}
		size_t n = strcspn(p, separators);
		FAIL_IF(c->n == TRACE_GEM5_MAX_OP_CLASSES, err, PV_ERR_FORMAT, "'%s' names more than %d operation classes", from,
		        TRACE_GEM5_MAX_OP_CLASSES);
		char *name = seen[c->n];
		snprintf(name, sizeof seen[0], "%.*s", (int)(n < sizeof seen[0] ? n : sizeof seen[0] - 1), p);
		int ours = class_of(name);
		FAIL_IF(ours < 0, err, PV_ERR_FORMAT, "'%s': '%s' (number %u) is no operation class of gem5", from, name, c->n);
		for (unsigned i = 0; i < c->n; i++)
			FAIL_IF(!strcmp(name, seen[i]), err, PV_ERR_FORMAT, "'%s': '%s' is both number %u and number %u", from, name, i,
			        c->n);
		c->ours[c->n++] = (uint8_t)ours;
		p += n;
	}
	FAIL_IF(c->n == 0, err, PV_ERR_FORMAT, "'%s' names no operation class", from);
	return PV_OK;
}

static enum pv_status read_file(const char *path, char *text, size_t size, struct pv_error *err)
{
	FILE *f = fopen(path, "r");
	if (!f) {
		enum pv_status status = base_error_errno(err, errno, "cannot open the operation classes '%s'", path);
		base_error_hint(err, "known are gem5-21, gem5-22, gem5-23 and gem5-24");
		return status;
	}
	size_t n = fread(text, 1, size - 1, f);
	bool failed = ferror(f), more = n == size - 1 && fgetc(f) != EOF;
	fclose(f);
	FAIL_IF(failed, err, PV_ERR_IO, "cannot read '%s'", path);
	FAIL_IF(more, err, PV_ERR_FORMAT, "'%s' is too long for a list of operation classes", path);
	FAIL_IF(memchr(text, '\0', n), err, PV_ERR_FORMAT, "'%s' is not a text", path);
	text[n] = '\0';
	return PV_OK;
}

enum pv_status trace_gem5_op_classes_load(const char *name, struct trace_gem5_op_classes *c, struct pv_error *err)
{
	if (!name || !strcmp(name, "gem5-21") || !strcmp(name, "gem5-22")) {
		c->n = PV_N_OP_CLASSES;
		for (unsigned i = 0; i < c->n; i++)
			c->ours[i] = (uint8_t)i;
		return PV_OK;
	}
	if (!strcmp(name, "gem5-23") || !strcmp(name, "gem5-24"))
		return parse(gem5_23, name, c, err);
	char text[16384];
	TRY(read_file(name, text, sizeof text, err));
	return parse(text, name, c, err);
}
