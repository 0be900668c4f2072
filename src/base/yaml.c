/*
 * yaml.c - YAML documents as a read-only tree; the only user of libfyaml
 *
 * libfyaml delivers events with positions. They are folded into a tree of ours, in which nodes and text live in blocks that are freed
 * together. Building the tree ourselves gives every node its position, lets us refuse what we do not want (aliases could make a small
 * file expand without bound), and keeps the library's types out of every other file.
 */
#include "base/yaml.h"

#include <ctype.h>
#include <errno.h>
#include <libfyaml.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

enum { MAX_DEPTH = 32, MAX_BYTES = 64 << 20, BLOCK_BYTES = 16384 };

struct block {
	struct block *next;
	size_t used, size;
	_Alignas(16) char data[];
};

struct base_yaml {
	struct block *blocks;
	char *name;
	struct base_yaml_node *root;
};

static void *allocate(struct base_yaml *doc, size_t n)
{
	n = (n + 15) & ~(size_t)15;
	if (!doc->blocks || doc->blocks->size - doc->blocks->used < n) {
		size_t size = n > BLOCK_BYTES ? n : BLOCK_BYTES;
		struct block *b = malloc(sizeof *b + size);
		if (!b)
			return NULL;
		*b = (struct block){.next = doc->blocks, .size = size};
		doc->blocks = b;
	}
	void *p = doc->blocks->data + doc->blocks->used;
	doc->blocks->used += n;
	return memset(p, 0, n);
}

void base_yaml_free(struct base_yaml *doc)
{
	if (!doc)
		return;
	for (struct block *b = doc->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	free(doc->name);
	free(doc);
}

const struct base_yaml_node *base_yaml_root(const struct base_yaml *doc)
{
	return doc->root;
}

const char *base_yaml_name(const struct base_yaml *doc)
{
	return doc->name;
}

/* ---- building ---------------------------------------------------------------------------------------------------------------------- */

/* The containers that are open, innermost last. In a mapping keys and values take turns. */
struct builder {
	struct base_yaml *doc;
	struct pv_error *err;
	struct base_yaml_node *open[MAX_DEPTH];
	struct base_yaml_node *last[MAX_DEPTH]; /* latest child of open[i] */
	struct base_yaml_node *key[MAX_DEPTH];  /* key that waits for its value */
	int depth;
	int n_documents;
};

static enum pv_status fail_at(struct builder *b, const struct fy_mark *mark, const char *what)
{
	if (!mark)
		return base_error_set(b->err, PV_ERR_FORMAT, "%s: %s", b->doc->name, what);
	return base_error_set(b->err, PV_ERR_FORMAT, "%s:%d:%d: %s", b->doc->name, mark->line + 1, mark->column + 1, what);
}

static enum pv_status check_duplicate(struct builder *b, const struct base_yaml_node *map, const struct base_yaml_node *key)
{
	for (const struct base_yaml_node *n = map->first; n; n = n->next)
		if (!strcmp(n->key->text, key->text))
			return base_yaml_error(key, b->err, PV_ERR_FORMAT, "duplicate key '%s'; it first stands in line %u", key->text,
			                       n->key->line);
	return PV_OK;
}

/* Hang a new node where the reading stands. */
static enum pv_status attach(struct builder *b, struct base_yaml_node *node)
{
	if (!b->depth) {
		b->doc->root = node;
		return PV_OK;
	}
	int top = b->depth - 1;
	struct base_yaml_node *parent = b->open[top];
	if (parent->kind == BASE_YAML_MAP && !b->key[top]) {
		if (node->kind != BASE_YAML_SCALAR)
			return base_yaml_error(node, b->err, PV_ERR_FORMAT, "a key must be a scalar");
		b->key[top] = node;
		node->parent = parent;
		return check_duplicate(b, parent, node);
	}
	node->parent = parent;
	node->key = b->key[top];
	b->key[top] = NULL;
	if (b->last[top])
		b->last[top]->next = node;
	else
		parent->first = node;
	b->last[top] = node;
	parent->n_items++;
	return PV_OK;
}

static enum pv_status add_node(struct builder *b, enum base_yaml_kind kind, const struct fy_mark *mark, struct base_yaml_node **node)
{
	struct base_yaml_node *n = allocate(b->doc, sizeof *n);
	FAIL_IF(!n, b->err, PV_ERR_NOMEM, "%s: out of memory", b->doc->name);
	n->kind = kind;
	n->document = b->doc;
	n->line = mark ? (uint32_t)mark->line + 1 : 1;
	n->column = mark ? (uint32_t)mark->column + 1 : 1;
	*node = n;
	return PV_OK;
}

static enum pv_status add_container(struct builder *b, enum base_yaml_kind kind, struct fy_event *event)
{
	struct base_yaml_node *node;
	TRY(add_node(b, kind, fy_event_start_mark(event), &node));
	TRY(attach(b, node));
	if (b->depth == MAX_DEPTH)
		return fail_at(b, fy_event_start_mark(event), "nested too deeply");
	b->open[b->depth] = node;
	b->last[b->depth] = NULL;
	b->key[b->depth] = NULL;
	b->depth++;
	return PV_OK;
}

static enum pv_status add_scalar(struct builder *b, struct fy_event *event)
{
	struct base_yaml_node *node;
	TRY(add_node(b, BASE_YAML_SCALAR, fy_event_start_mark(event), &node));
	struct fy_token *token = event->scalar.value;
	size_t n = 0;
	const char *text = token ? fy_token_get_text(token, &n) : "";
	if (!text)
		text = "", n = 0;
	if (memchr(text, '\0', n))
		return fail_at(b, fy_event_start_mark(event), "a NUL character in a scalar");
	char *copy = allocate(b->doc, n + 1);
	FAIL_IF(!copy, b->err, PV_ERR_NOMEM, "%s: out of memory", b->doc->name);
	memcpy(copy, text, n);
	node->text = copy;
	enum fy_scalar_style style = token ? fy_token_scalar_style(token) : FYSS_PLAIN;
	node->quoted = style > FYSS_PLAIN;
	if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED)
		node->column--; /* the library points behind the quote */
	return attach(b, node);
}

static enum pv_status take_event(struct builder *b, struct fy_event *event)
{
	switch (event->type) {
	case FYET_DOCUMENT_START:
		if (b->n_documents++)
			return fail_at(b, fy_event_start_mark(event), "a second document in one file");
		return PV_OK;
	case FYET_ALIAS: return fail_at(b, fy_event_start_mark(event), "aliases are not supported");
	case FYET_SCALAR:
		if (event->scalar.anchor || event->scalar.tag)
			return fail_at(b, fy_event_start_mark(event), "anchors and tags are not supported");
		return add_scalar(b, event);
	case FYET_SEQUENCE_START:
		if (event->sequence_start.anchor || event->sequence_start.tag)
			return fail_at(b, fy_event_start_mark(event), "anchors and tags are not supported");
		return add_container(b, BASE_YAML_SEQUENCE, event);
	case FYET_MAPPING_START:
		if (event->mapping_start.anchor || event->mapping_start.tag)
			return fail_at(b, fy_event_start_mark(event), "anchors and tags are not supported");
		return add_container(b, BASE_YAML_MAP, event);
	case FYET_SEQUENCE_END:
	case FYET_MAPPING_END: b->depth--; return PV_OK;
	default: return PV_OK;
	}
}

/* The library's own message, on one line. */
static enum pv_status syntax_error(struct builder *b, struct fy_diag *diag)
{
	void *at = NULL;
	const struct fy_diag_error *e = fy_diag_errors_iterate(diag, &at);
	if (!e || !e->msg)
		return base_error_set(b->err, PV_ERR_FORMAT, "%s: not YAML", b->doc->name);
	char message[200];
	snprintf(message, sizeof message, "%s", e->msg);
	for (char *c = message; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	if (e->line <= 0)
		return base_error_set(b->err, PV_ERR_FORMAT, "%s: not YAML: %s", b->doc->name, message);
	return base_error_set(b->err, PV_ERR_FORMAT, "%s:%d:%d: not YAML: %s", b->doc->name, e->line, e->column, message);
}

static enum pv_status run_parser(struct builder *b, struct fy_parser *parser, struct fy_diag *diag)
{
	for (struct fy_event *event; (event = fy_parser_parse(parser));) {
		enum pv_status status = take_event(b, event);
		fy_parser_event_free(parser, event);
		if (status != PV_OK)
			return status;
	}
	if (fy_parser_get_stream_error(parser))
		return syntax_error(b, diag);
	FAIL_IF(!b->doc->root, b->err, PV_ERR_FORMAT, "%s: an empty file", b->doc->name);
	return PV_OK;
}

/* ---- text before parsing ----------------------------------------------------------------------------------------------------------- */

/*
 * Only clean text reaches the library: it loops for ever on a malformed character in a directive (libfyaml 0.7.12), and nothing here
 * needs directives.
 */
static enum pv_status check_text(const struct base_yaml *doc, const char *data, size_t n_bytes, struct pv_error *err)
{
	unsigned line = 1, column = 1;
	const char *what = NULL;
	for (size_t i = 0, length; i < n_bytes; i += length) {
		unsigned char c = (unsigned char)data[i];
		length = base_utf8_length(data + i, n_bytes - i);
		if (!length)
			what = "not UTF-8";
		else if ((c < ' ' && c != '\n' && c != '\t' && c != '\r') || c == 0x7f)
			what = "a control character; not a text file";
		else if (c == '%' && column == 1)
			what = "directives are not supported";
		FAIL_IF(what, err, PV_ERR_FORMAT, "%s:%u:%u: %s", doc->name, line, column, what);
		column = c == '\n' ? 1 : column + 1;
		line += c == '\n';
	}
	return PV_OK;
}

static enum pv_status parse_into(struct base_yaml *doc, const char *data, size_t n_bytes, struct pv_error *err)
{
	FAIL_IF(n_bytes > MAX_BYTES, err, PV_ERR_FORMAT, "%s: too large for a YAML file (%zu bytes)", doc->name, n_bytes);
	FAIL_IF(!n_bytes, err, PV_ERR_FORMAT, "%s: an empty file", doc->name);
	TRY(check_text(doc, data, n_bytes, err));
	struct builder b = {.doc = doc, .err = err};
	struct fy_diag_cfg diag_cfg;
	fy_diag_cfg_default(&diag_cfg);
	diag_cfg.fp = NULL;
	struct fy_diag *diag = fy_diag_create(&diag_cfg);
	FAIL_IF(!diag, err, PV_ERR_NOMEM, "%s: out of memory", doc->name);
	fy_diag_set_collect_errors(diag, true);
	struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE, .diag = diag};
	struct fy_parser *parser = fy_parser_create(&cfg);
	enum pv_status status;
	if (!parser || fy_parser_set_string(parser, data, n_bytes))
		status = base_error_set(err, PV_ERR_NOMEM, "%s: out of memory", doc->name);
	else
		status = run_parser(&b, parser, diag);
	if (parser)
		fy_parser_destroy(parser);
	fy_diag_destroy(diag);
	return status;
}

enum pv_status base_yaml_parse(const char *name, const void *data, size_t n_bytes, struct base_yaml **doc, struct pv_error *err)
{
	struct base_yaml *d = calloc(1, sizeof *d);
	if (d)
		d->name = strdup(name);
	if (!d || !d->name) {
		free(d);
		return base_error_set(err, PV_ERR_NOMEM, "%s: out of memory", name);
	}
	enum pv_status status = parse_into(d, data, n_bytes, err);
	if (status != PV_OK) {
		base_yaml_free(d);
		return status;
	}
	*doc = d;
	return PV_OK;
}

enum pv_status base_yaml_load(const char *path, struct base_yaml **doc, struct pv_error *err)
{
	struct base_map map;
	TRY(base_map_open(&map, path, err));
	enum pv_status status = base_yaml_parse(path, map.data, map.n_bytes, doc, err);
	base_map_close(&map);
	return status;
}

/* ---- reading ----------------------------------------------------------------------------------------------------------------------- */

enum pv_status base_yaml_error(const struct base_yaml_node *node, struct pv_error *err, enum pv_status status, const char *fmt, ...)
{
	if (!err)
		return status;
	char sentence[sizeof err->message];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(sentence, sizeof sentence, fmt, ap);
	va_end(ap);
	return base_error_set(err, status, "%s:%u:%u: %s", node->document->name, node->line, node->column, sentence);
}

/* "key: " in front of messages about the value of a key; "" elsewhere. */
static const char *label(const struct base_yaml_node *node, const char **colon)
{
	*colon = node->key ? ": " : "";
	return node->key ? node->key->text : "";
}

static const char *kind_name(enum base_yaml_kind kind)
{
	return kind == BASE_YAML_SCALAR ? "a single value" : kind == BASE_YAML_MAP ? "a mapping (key: value)" : "a sequence ([a, b])";
}

static enum pv_status wrong(const struct base_yaml_node *node, struct pv_error *err, const char *wanted)
{
	const char *colon, *key = label(node, &colon);
	if (node->kind != BASE_YAML_SCALAR)
		return base_yaml_error(node, err, PV_ERR_FORMAT, "%s%sneeds %s, not %s", key, colon, wanted, kind_name(node->kind));
	return base_yaml_error(node, err, PV_ERR_FORMAT, "%s%sneeds %s, not '%s'%s", key, colon, wanted, node->text,
	                       node->quoted ? " in quotes" : "");
}

const struct base_yaml_node *base_yaml_find(const struct base_yaml_node *map, const char *key)
{
	if (!map || map->kind != BASE_YAML_MAP)
		return NULL;
	for (const struct base_yaml_node *n = map->first; n; n = n->next)
		if (!strcmp(n->key->text, key))
			return n;
	return NULL;
}

const struct base_yaml_node *base_yaml_item(const struct base_yaml_node *sequence, size_t i)
{
	const struct base_yaml_node *n = sequence && sequence->kind == BASE_YAML_SEQUENCE ? sequence->first : NULL;
	while (n && i--)
		n = n->next;
	return n;
}

enum pv_status base_yaml_expect(const struct base_yaml_node *node, enum base_yaml_kind kind, struct pv_error *err)
{
	return node->kind == kind ? PV_OK : wrong(node, err, kind_name(kind));
}

enum pv_status base_yaml_string(const struct base_yaml_node *node, const char **value, struct pv_error *err)
{
	TRY(base_yaml_expect(node, BASE_YAML_SCALAR, err));
	*value = node->text;
	return PV_OK;
}

/* Digits only, after an optional 0x; false on anything else or overflow. */
static bool parse_digits(const char *text, uint64_t *value)
{
	int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
	const char *digits = base == 16 ? text + 2 : text;
	if (!isxdigit((unsigned char)*digits))
		return false;
	char *end;
	errno = 0;
	unsigned long long v = strtoull(digits, &end, base);
	if (*end || errno || end == digits)
		return false;
	*value = v;
	return true;
}

enum pv_status base_yaml_uint(const struct base_yaml_node *node, uint64_t max, uint64_t *value, struct pv_error *err)
{
	uint64_t v;
	if (node->kind != BASE_YAML_SCALAR || node->quoted || !parse_digits(node->text, &v))
		return wrong(node, err, "a whole number, 0 or more");
	const char *colon, *key = label(node, &colon);
	if (v > max)
		return base_yaml_error(node, err, PV_ERR_RANGE, "%s%s%s is out of bounds; allowed is 0 to %llu", key, colon, node->text,
		                       (unsigned long long)max);
	*value = v;
	return PV_OK;
}

enum pv_status base_yaml_int(const struct base_yaml_node *node, int64_t min, int64_t max, int64_t *value, struct pv_error *err)
{
	uint64_t magnitude = 0;
	bool negative = node->kind == BASE_YAML_SCALAR && node->text[0] == '-';
	if (node->kind != BASE_YAML_SCALAR || node->quoted || !parse_digits(node->text + negative, &magnitude))
		return wrong(node, err, "a whole number");
	const char *colon, *key = label(node, &colon);
	int64_t v = negative ? -(int64_t)(magnitude & INT64_MAX) : (int64_t)(magnitude & INT64_MAX);
	if (magnitude > INT64_MAX || v < min || v > max)
		return base_yaml_error(node, err, PV_ERR_RANGE, "%s%s%s is out of bounds; allowed is %lld to %lld", key, colon, node->text,
		                       (long long)min, (long long)max);
	*value = v;
	return PV_OK;
}

enum pv_status base_yaml_double(const struct base_yaml_node *node, double min, double max, double *value, struct pv_error *err)
{
	if (node->kind != BASE_YAML_SCALAR || node->quoted)
		return wrong(node, err, "a number");
	char *end;
	double v = strtod(node->text, &end);
	if (end == node->text || *end || !isfinite(v) || isspace((unsigned char)node->text[0]))
		return wrong(node, err, "a number");
	const char *colon, *key = label(node, &colon);
	if (v < min || v > max)
		return base_yaml_error(node, err, PV_ERR_RANGE, "%s%s%s is out of bounds; allowed is %g to %g", key, colon, node->text, min,
		                       max);
	*value = v;
	return PV_OK;
}

enum pv_status base_yaml_bool(const struct base_yaml_node *node, bool *value, struct pv_error *err)
{
	bool is_true = node->kind == BASE_YAML_SCALAR && !node->quoted && !strcmp(node->text, "true");
	bool is_false = node->kind == BASE_YAML_SCALAR && !node->quoted && !strcmp(node->text, "false");
	if (!is_true && !is_false)
		return wrong(node, err, "true or false");
	*value = is_true;
	return PV_OK;
}

enum pv_status base_yaml_get(const struct base_yaml_node *map, const char *key, const struct base_yaml_node **value, struct pv_error *err)
{
	TRY(base_yaml_expect(map, BASE_YAML_MAP, err));
	const struct base_yaml_node *n = base_yaml_find(map, key);
	if (!n)
		return base_yaml_error(map, err, PV_ERR_MISSING, "%s%skey '%s' is missing", map->key ? map->key->text : "",
		                       map->key ? ": " : "", key);
	*value = n;
	return PV_OK;
}

#define GET(call)                                      \
	do {                                           \
		const struct base_yaml_node *n;        \
		TRY(base_yaml_get(map, key, &n, err)); \
		return call;                           \
	} while (0)

enum pv_status base_yaml_get_map(const struct base_yaml_node *map, const char *key, const struct base_yaml_node **value,
                                 struct pv_error *err)
{
	TRY(base_yaml_get(map, key, value, err));
	return base_yaml_expect(*value, BASE_YAML_MAP, err);
}

enum pv_status base_yaml_get_sequence(const struct base_yaml_node *map, const char *key, const struct base_yaml_node **value,
                                      struct pv_error *err)
{
	TRY(base_yaml_get(map, key, value, err));
	return base_yaml_expect(*value, BASE_YAML_SEQUENCE, err);
}

enum pv_status base_yaml_get_string(const struct base_yaml_node *map, const char *key, const char **value, struct pv_error *err)
{
	GET(base_yaml_string(n, value, err));
}

enum pv_status base_yaml_get_int(const struct base_yaml_node *map, const char *key, int64_t min, int64_t max, int64_t *value,
                                 struct pv_error *err)
{
	GET(base_yaml_int(n, min, max, value, err));
}

enum pv_status base_yaml_get_uint(const struct base_yaml_node *map, const char *key, uint64_t max, uint64_t *value, struct pv_error *err)
{
	GET(base_yaml_uint(n, max, value, err));
}

enum pv_status base_yaml_get_double(const struct base_yaml_node *map, const char *key, double min, double max, double *value,
                                    struct pv_error *err)
{
	GET(base_yaml_double(n, min, max, value, err));
}

enum pv_status base_yaml_get_bool(const struct base_yaml_node *map, const char *key, bool *value, struct pv_error *err)
{
	GET(base_yaml_bool(n, value, err));
}

/* ---- keys -------------------------------------------------------------------------------------------------------------------------- */

enum pv_status base_yaml_check_keys(const struct base_yaml_node *map, const char *const *known, size_t n, struct pv_error *err)
{
	TRY(base_yaml_expect(map, BASE_YAML_MAP, err));
	for (const struct base_yaml_node *entry = map->first; entry; entry = entry->next) {
		bool found = false;
		for (size_t i = 0; i < n && !found; i++)
			found = !strcmp(entry->key->text, known[i]);
		if (found)
			continue;
		base_yaml_error(entry->key, err, PV_ERR_FORMAT, "unknown key '%s'", entry->key->text);
		base_text_suggest(entry->key->text, known, n, err);
		return PV_ERR_FORMAT;
	}
	return PV_OK;
}

/* ---- printing ---------------------------------------------------------------------------------------------------------------------- */

static bool is_plain(const char *text)
{
	static const char *const words[] = {"true", "false", "null", "yes", "no", "on", "off", "True", "False", "Null", "~"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(text, words[i]))
			return false;
	if (!isalpha((unsigned char)text[0]) && text[0] != '/' && text[0] != '_')
		return false;
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_-./+", *c))
			return false;
	return true;
}

void base_yaml_print_string(FILE *out, const char *text)
{
	if (is_plain(text)) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	size_t n;
	for (const unsigned char *c = (const unsigned char *)text; *c; c += n) {
		n = base_utf8_length((const char *)c, BASE_UTF8_LONGEST);
		if (n == 0)
			fputs("\\ufffd", out);
		else if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if (*c < ' ' || *c == 0x7f)
			fprintf(out, "\\x%02x", *c);
		else if (*c == 0xc2 && c[1] < 0xa0) /* control characters of Unicode's second row, not printable in YAML */
			fprintf(out, "\\x%02x", c[1]);
		else
			fwrite(c, 1, n, out);
		n += n == 0;
	}
	fputc('"', out);
}
