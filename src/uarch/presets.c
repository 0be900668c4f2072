/*
 * presets.c - the named machines of presets.def
 */
#include <stdlib.h>
#include <string.h>

#include <perfvec/version.h>

#include "uarch/params.h"

struct setting {
	const char *param, *value;
};

/* One list of settings for each preset, ended by a NULL parameter. */
#define PRESET(name, kind, summary) static const struct setting name##_settings[] = {
#define SET(param, value) {param, value},
#define PRESET_END(name)   \
	{                  \
		NULL, NULL \
	}                  \
	}                  \
	;
#include "uarch/presets.def"
#undef PRESET
#undef SET
#undef PRESET_END

static const struct {
	const char *name, *summary;
	enum uarch_core_kind kind;
	const struct setting *settings;
} presets[] = {
#define PRESET(name, kind, summary) {#name, summary, kind, name##_settings},
#define SET(...)
#define PRESET_END(...)
#include "uarch/presets.def"
#undef PRESET
#undef SET
#undef PRESET_END
};

size_t pv_uarch_preset_count(void)
{
	return sizeof presets / sizeof *presets;
}

const char *pv_uarch_preset_name(size_t i)
{
	return presets[i].name;
}

const char *pv_uarch_preset_summary(size_t i)
{
	return presets[i].summary;
}

enum pv_status uarch_preset(const char *name, struct pv_uarch *u, struct pv_error *err)
{
	for (size_t i = 0; i < pv_uarch_preset_count(); i++) {
		if (strcmp(presets[i].name, name))
			continue;
		uarch_defaults(u, presets[i].kind);
		snprintf(u->name, sizeof u->name, "%s", name);
		snprintf(u->origin, sizeof u->origin, "preset of perfvec %s: %s", PV_VERSION, presets[i].summary);
		for (const struct setting *s = presets[i].settings; s->param; s++)
			TRY(pv_uarch_set_param(u, s->param, s->value, err));
		return PV_OK;
	}
	return base_error_set(err, PV_ERR_MISSING, "no preset '%s'", name);
}
