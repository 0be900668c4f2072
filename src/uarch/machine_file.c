/*
 * machine_file.c - reading and writing machine files
 *
 *   perfvec_machine: 1            version of the format
 *   name: ooo_000
 *   origin: "seed 7"              optional: where it came from, free text
 *   base: timing                  optional: where parameters come from that the file does not name
 *   core:                         groups of the table
 *     kind: ooo
 *   units:
 *     int_alu: {count: 2, ops: [IntAlu]}     parameters with a third name
 *
 * Reading notes for each parameter the node that set it, so that a combination found impossible later can still say which line to change.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "uarch/params.h"

enum { FORMAT_VERSION = 1 };

struct reader {
	struct pv_uarch *u;
	const struct base_yaml_node **nodes; /* by table index: where the parameter was set */
	struct pv_error *err;
	bool has_base;
};

static const char *kind_name(unsigned kinds)
{
	return kinds == UARCH_KIND_OOO ? "out-of-order" : "in-order";
}

/* Put "FILE:LINE:COLUMN: " before the message that is there. */
static enum pv_status at(const struct base_yaml_node *node, struct pv_error *err, enum pv_status status)
{
	if (status != PV_OK)
		base_error_prefix(err, "%s:%u:%u", base_yaml_name(node->document), node->line, node->column);
	return status;
}

/* ---- unknown keys ------------------------------------------------------------------------------------------------------------------ */

/* Length of a name without its unit: "size_kb" and "size_bytes" are one parameter in two units. */
static size_t stem_length(const char *name)
{
	static const char *const suffixes[] = {"_cycles", "_bytes", "_bits", "_insns", "_ps",  "_ns",  "_us",  "_kb", "_kB", "_KB",
	                                       "_KiB",    "_mb",    "_MiB",  "_mhz",   "_ghz", "_MHz", "_GHz", "_MB", "_kib"};
	size_t n = strlen(name);
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		size_t m = strlen(suffixes[i]);
		if (n > m && !strcmp(name + n - m, suffixes[i]))
			return n - m;
	}
	return n;
}

static enum pv_status unknown_key(const struct base_yaml_node *key, const char *group, const char *parent, const char *const *names,
                                  size_t n, struct pv_error *err)
{
	const char *dot = parent ? "." : "";
	size_t stem = stem_length(key->text);
	for (size_t i = 0; i < n; i++)
		if (stem_length(names[i]) == stem && !strncmp(names[i], key->text, stem) && strcmp(names[i], key->text)) {
			base_yaml_error(key, err, PV_ERR_FORMAT, "%s%s%s: wrong unit: '%s'", group, dot, parent ? parent : "", key->text);
			base_error_hint(err, "the parameter is '%s'", names[i]);
			return PV_ERR_FORMAT;
		}
	base_yaml_error(key, err, PV_ERR_FORMAT, "%s%s%s: unknown key '%s'", group, dot, parent ? parent : "", key->text);
	base_text_suggest(key->text, names, n, err);
	return PV_ERR_FORMAT;
}

/* The keys of a group, or with a parent the keys of that parameter's mapping. */
static enum pv_status unknown_in_group(const struct base_yaml_node *key, const char *group, const char *parent, struct pv_error *err)
{
	const char **names = malloc(uarch_n_params * sizeof *names);
	FAIL_IF(!names, err, PV_ERR_NOMEM, "out of memory");
	size_t n = 0;
	for (size_t i = 0; i < uarch_n_params; i++) {
		const struct uarch_param *p = &uarch_params[i];
		if (strcmp(p->group, group) || (parent && strcmp(p->key, parent)))
			continue;
		const char *name = parent ? p->sub : p->key;
		if (!n || strcmp(names[n - 1], name))
			names[n++] = name;
	}
	enum pv_status status = unknown_key(key, group, parent, names, n, err);
	free(names);
	return status;
}

/* ---- values ------------------------------------------------------------------------------------------------------------------------ */

static enum pv_status read_ops(struct reader *r, const struct uarch_param *p, const struct base_yaml_node *node)
{
	TRY(base_yaml_expect(node, BASE_YAML_SEQUENCE, r->err));
	uint64_t all = 0;
	for (const struct base_yaml_node *item = node->first; item; item = item->next) {
		const char *text;
		TRY(base_yaml_string(item, &text, r->err));
		TRY(at(item, r->err, uarch_param_parse(r->u, p, text, item->quoted, r->err)));
		uint64_t one = uarch_param_ops(r->u, p);
		if (all & one)
			return base_yaml_error(item, r->err, PV_ERR_FORMAT, "%s: operation class '%s' twice", p->name, text);
		all |= one;
	}
	uarch_param_put_ops(r->u, p, all);
	return PV_OK;
}

static enum pv_status read_value(struct reader *r, const struct uarch_param *p, const struct base_yaml_node *node)
{
	r->nodes[p - uarch_params] = node;
	if (p->type == UARCH_PARAM_OPS)
		return read_ops(r, p, node);
	TRY(base_yaml_expect(node, BASE_YAML_SCALAR, r->err));
	return at(node, r->err, uarch_param_parse(r->u, p, node->text, node->quoted, r->err));
}

static const struct uarch_param *find_key(const char *group, const char *key, const char *sub)
{
	for (size_t i = 0; i < uarch_n_params; i++) {
		const struct uarch_param *p = &uarch_params[i];
		if (!strcmp(p->group, group) && !strcmp(p->key, key) && (!sub || (p->sub && !strcmp(p->sub, sub))))
			return p;
	}
	return NULL;
}

static enum pv_status read_entry(struct reader *r, const char *group, const struct base_yaml_node *entry)
{
	const char *key = entry->key->text;
	const struct uarch_param *p = find_key(group, key, NULL);
	char name[128];
	snprintf(name, sizeof name, "%s.%s", group, key);
	if (!p && uarch_param_gone(name))
		return base_yaml_expect(entry, BASE_YAML_SCALAR, r->err);
	if (!p)
		return unknown_in_group(entry->key, group, NULL, r->err);
	if (!p->sub)
		return read_value(r, p, entry);
	TRY(base_yaml_expect(entry, BASE_YAML_MAP, r->err));
	for (const struct base_yaml_node *n = entry->first; n; n = n->next) {
		p = find_key(group, key, n->key->text);
		if (!p)
			return unknown_in_group(n->key, group, key, r->err);
		TRY(read_value(r, p, n));
	}
	return PV_OK;
}

static enum pv_status read_group(struct reader *r, const struct uarch_param_group *group, const struct base_yaml_node *map)
{
	unsigned kind = 1u << r->u->core.kind;
	if (!(group->kinds & kind))
		return base_yaml_error(map->key, r->err, PV_ERR_FORMAT, "'%s' belongs to %s cores; this machine's core.kind is %s",
		                       group->name, kind_name(group->kinds), kind == UARCH_KIND_OOO ? "ooo" : "inorder");
	TRY(base_yaml_expect(map, BASE_YAML_MAP, r->err));
	for (const struct base_yaml_node *entry = map->first; entry; entry = entry->next)
		TRY(read_entry(r, group->name, entry));
	return PV_OK;
}

/* ---- the file ---------------------------------------------------------------------------------------------------------------------- */

static enum pv_status check_top_keys(const struct base_yaml_node *root, struct pv_error *err)
{
	const char *known[32] = {"perfvec_machine", "name", "origin", "base"};
	size_t n = 4;
	for (const struct uarch_param_group *g = uarch_param_groups; g->name; g++)
		known[n++] = g->name;
	return base_yaml_check_keys(root, known, n, err);
}

static enum pv_status check_version(const struct base_yaml_node *root, struct pv_error *err)
{
	int64_t version;
	TRY(base_yaml_get_int(root, "perfvec_machine", 0, INT32_MAX, &version, err));
	if (version != FORMAT_VERSION)
		return base_yaml_error(base_yaml_find(root, "perfvec_machine"), err, PV_ERR_VERSION,
		                       "machine file version %d; this perfvec reads version %d", (int)version, FORMAT_VERSION);
	return PV_OK;
}

/* The core kind and the base decide which values stand where the file says nothing. */
static enum pv_status start(struct reader *r, const struct base_yaml_node *root)
{
	const struct base_yaml_node *base = base_yaml_find(root, "base");
	const struct base_yaml_node *kind = base_yaml_find(base_yaml_find(root, "core"), "kind");
	if (base) {
		const char *name;
		TRY(base_yaml_string(base, &name, r->err));
		TRY(at(base, r->err, uarch_preset(name, r->u, r->err)));
		r->has_base = true;
	} else if (!kind) {
		return base_yaml_error(root, r->err, PV_ERR_MISSING, "core.kind is missing");
	}
	if (!kind)
		return PV_OK;
	const struct uarch_param *p = uarch_param_find("core.kind");
	int32_t base_kind = r->u->core.kind;
	TRY(read_value(r, p, kind));
	if (base && base_kind != r->u->core.kind)
		return base_yaml_error(kind, r->err, PV_ERR_FORMAT, "core.kind: %s does not go with base '%s'", kind->text, base->text);
	if (!base)
		uarch_defaults(r->u, (enum uarch_core_kind)r->u->core.kind);
	return PV_OK;
}

static enum pv_status read_name(struct reader *r, const struct base_yaml_node *root)
{
	const struct base_yaml_node *node;
	const char *name;
	TRY(base_yaml_get(root, "name", &node, r->err));
	TRY(base_yaml_string(node, &name, r->err));
	TRY(at(node, r->err, pv_uarch_rename(r->u, name, r->err)));
	r->u->origin[0] = '\0';
	if (!(node = base_yaml_find(root, "origin")))
		return PV_OK;
	TRY(base_yaml_string(node, &name, r->err));
	if (strlen(name) >= sizeof r->u->origin)
		return base_yaml_error(node, r->err, PV_ERR_RANGE, "origin: longer than %zu bytes", sizeof r->u->origin - 1);
	snprintf(r->u->origin, sizeof r->u->origin, "%s", name);
	return PV_OK;
}

/* Groups and parameters that came after the first machine files: where a file says nothing of them, their default stands. */
static bool came_later(const struct uarch_param *p)
{
	static const char *const names[] = {"l3", "tlb", "bus.memory_snoop_cycles"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(p->group, names[i]) || !strcmp(p->name, names[i]))
			return true;
	return false;
}

static enum pv_status check_complete(const struct reader *r, const struct base_yaml_node *root)
{
	if (r->has_base)
		return PV_OK;
	for (size_t i = 0; i < uarch_n_params; i++) {
		const struct uarch_param *p = &uarch_params[i];
		if (r->nodes[i] || !(p->kinds & 1u << r->u->core.kind) || came_later(p))
			continue;
		const struct base_yaml_node *group = base_yaml_find(root, p->group);
		base_yaml_error(group ? group->key : root, r->err, PV_ERR_MISSING, "%s is missing", p->name);
		base_error_hint(r->err, "a machine file says everything, or takes the rest from a preset: 'base: %s'",
		                r->u->core.kind == UARCH_CORE_OOO ? "o3" : "minor");
		return PV_ERR_MISSING;
	}
	return PV_OK;
}

static enum pv_status read_machine(struct reader *r, const struct base_yaml_node *root)
{
	TRY(base_yaml_expect(root, BASE_YAML_MAP, r->err));
	TRY(check_top_keys(root, r->err));
	TRY(check_version(root, r->err));
	TRY(start(r, root));
	TRY(read_name(r, root));
	for (const struct uarch_param_group *g = uarch_param_groups; g->name; g++) {
		const struct base_yaml_node *map = base_yaml_find(root, g->name);
		if (map)
			TRY(read_group(r, g, map));
	}
	TRY(check_complete(r, root));
	return uarch_check_at(r->u, r->nodes, r->err);
}

static enum pv_status from_document(const struct base_yaml *doc, struct pv_uarch **uarch, struct pv_error *err)
{
	struct reader r = {.u = calloc(1, sizeof *r.u), .nodes = calloc(uarch_n_params, sizeof *r.nodes), .err = err};
	enum pv_status status;
	if (!r.u || !r.nodes)
		status = base_error_set(err, PV_ERR_NOMEM, "%s: out of memory", base_yaml_name(doc));
	else
		status = read_machine(&r, base_yaml_root(doc));
	free(r.nodes);
	if (status == PV_OK)
		*uarch = r.u;
	else
		free(r.u);
	return status;
}

enum pv_status pv_uarch_parse(const char *file_name, const void *text, size_t n_bytes, struct pv_uarch **uarch, struct pv_error *err)
{
	struct base_yaml *doc;
	TRY(base_yaml_parse(file_name, text, n_bytes, &doc, err));
	enum pv_status status = from_document(doc, uarch, err);
	base_yaml_free(doc);
	return status;
}

static enum pv_status load_preset(const char *name, struct pv_uarch **uarch, struct pv_error *err)
{
	struct pv_uarch *u = malloc(sizeof *u);
	FAIL_IF(!u, err, PV_ERR_NOMEM, "out of memory");
	enum pv_status status = uarch_preset(name, u, err);
	if (status == PV_OK)
		*uarch = u;
	else
		free(u);
	return status;
}

enum pv_status pv_uarch_load(const char *name_or_file, struct pv_uarch **uarch, struct pv_error *err)
{
	for (size_t i = 0; i < pv_uarch_preset_count(); i++)
		if (!strcmp(pv_uarch_preset_name(i), name_or_file))
			return load_preset(name_or_file, uarch, err);
	struct base_yaml *doc;
	enum pv_status status = base_yaml_load(name_or_file, &doc, err);
	if (status == PV_ERR_MISSING && !strpbrk(name_or_file, "/.")) {
		base_error_set(err, PV_ERR_MISSING, "no preset or machine file '%s'", name_or_file);
		base_error_hint(err, "'perfvec uarch list' lists the presets");
	}
	TRY(status);
	status = from_document(doc, uarch, err);
	base_yaml_free(doc);
	return status;
}

/* ---- writing ----------------------------------------------------------------------------------------------------------------------- */

enum { COMMENT_COLUMN = 44, LONGEST_VALUE = 1024 };

static void print_comment(const struct pv_uarch *u, const struct uarch_param *p, int column, FILE *out)
{
	const char *instead = uarch_param_instead(u, p);
	fprintf(out, "%*s# ", column < COMMENT_COLUMN ? COMMENT_COLUMN - column : 2, "");
	if (*p->unit)
		fprintf(out, "%s: ", p->unit);
	fprintf(out, "%s", p->meaning);
	if (*instead)
		fprintf(out, " [%s%s]", p->modelled ? "simulated as: " : "", instead);
	fputc('\n', out);
}

static int print_value(const struct pv_uarch *u, const struct uarch_param *p, FILE *out)
{
	char text[LONGEST_VALUE];
	uarch_param_format(u, p, ", ", text, sizeof text);
	return fprintf(out, p->type == UARCH_PARAM_OPS ? "[%s]" : "%s", text);
}

/* One parameter, or all of those that share a key: "key: {count: 2, ops: [IntAlu]}". Returns how many table rows it took. */
static size_t print_key(const struct pv_uarch *u, size_t i, FILE *out)
{
	const struct uarch_param *p = &uarch_params[i];
	int column = fprintf(out, "  %s: ", p->key);
	if (!p->sub) {
		column += print_value(u, p, out);
		print_comment(u, p, column, out);
		return 1;
	}
	size_t n = 0;
	for (; i + n < uarch_n_params && !strcmp(p[n].group, p->group) && !strcmp(p[n].key, p->key); n++) {
		column += fprintf(out, "%s%s: ", n ? ", " : "{", p[n].sub);
		column += print_value(u, &p[n], out);
	}
	column += fprintf(out, "}");
	if (!strcmp(p->group, "operations"))
		fputc('\n', out); /* the group's line says it once */
	else
		print_comment(u, p, column, out);
	return n;
}

void pv_uarch_print(const struct pv_uarch *uarch, FILE *out)
{
	fprintf(out, "# Parameters of one machine; 'perfvec uarch params' explains them.\n");
	fprintf(out, "perfvec_machine: %d\nname: ", FORMAT_VERSION);
	base_yaml_print_string(out, uarch->name);
	if (*uarch->origin) {
		fputs("\norigin: ", out);
		base_yaml_print_string(out, uarch->origin);
	}
	fputc('\n', out);
	unsigned kind = 1u << uarch->core.kind;
	for (const struct uarch_param_group *g = uarch_param_groups; g->name; g++) {
		if (!(g->kinds & kind))
			continue;
		fprintf(out, "\n%s: # %s\n", g->name, g->meaning);
		for (size_t i = 0; i < uarch_n_params;)
			i += strcmp(uarch_params[i].group, g->name) ? 1 : print_key(uarch, i, out);
	}
}

char *pv_uarch_text(const struct pv_uarch *uarch)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	if (!f)
		return NULL;
	pv_uarch_print(uarch, f);
	const bool failed = ferror(f);
	if (fclose(f) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}

enum pv_status pv_uarch_save(const struct pv_uarch *uarch, const char *path, struct pv_error *err)
{
	struct base_out_file f;
	TRY(base_out_file_open(&f, path, err));
	pv_uarch_print(uarch, f.stream);
	return base_out_file_commit(&f, err);
}
