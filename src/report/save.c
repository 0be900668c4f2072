/*
 * save.c - a figure into a file, in the format that its name says
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "report/formats.h"

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n > m && !strcmp(text + n - m, end);
}

static enum pv_status save_csv(const struct pv_figure *figure, const char *path, struct pv_error *err)
{
	struct base_out_file f;
	TRY(base_out_file_open(&f, path, err));
	report_figure_csv(figure, f.stream);
	return base_out_file_commit(&f, err);
}

static enum pv_status save_picture(const struct pv_figure *figure, enum report_picture picture, const char *path, struct pv_error *err)
{
	struct base_out_file f;
	char *bytes;
	size_t n;
	TRY(base_out_file_open(&f, path, err));
	enum pv_status status = report_figure_draw(figure, picture, NULL, &bytes, &n, err);
	if (status != PV_OK) {
		base_out_file_discard(&f);
		return status;
	}
	status = base_out_file_write(&f, bytes, n, err);
	free(bytes);
	if (status != PV_OK) {
		base_out_file_discard(&f);
		return status;
	}
	return base_out_file_commit(&f, err);
}

enum ending { SVG, PNG, CSV, OTHER };

static enum ending ending_of(const char *path)
{
	return ends_with(path, ".svg") ? SVG : ends_with(path, ".png") ? PNG : ends_with(path, ".csv") ? CSV : OTHER;
}

static enum pv_status refuse(const char *path, struct pv_error *err)
{
	return base_error_set(err, PV_ERR_ARG, "'%.300s' does not say what to draw: names of figures end in .svg, .png or .csv", path);
}

enum pv_status pv_figure_save(const struct pv_figure *figure, const char *path, struct pv_error *err)
{
	switch (ending_of(path)) {
	case CSV: return save_csv(figure, path, err);
	case SVG: return save_picture(figure, REPORT_PICTURE_SVG, path, err);
	case PNG: return save_picture(figure, REPORT_PICTURE_PNG, path, err);
	default: return refuse(path, err);
	}
}

/* Opens the file as saving would, and gives it up. */
static enum pv_status check_place(const char *path, struct pv_error *err)
{
	struct base_out_file f;
	TRY(base_out_file_open(&f, path, err));
	base_out_file_discard(&f);
	return PV_OK;
}

enum pv_status pv_figure_ready(const char *path, struct pv_error *err)
{
	if (ending_of(path) == OTHER)
		return refuse(path, err);
	TRY(check_place(path, err));
	return ending_of(path) == CSV ? PV_OK : report_gnuplot_check(err);
}

enum pv_status pv_report_ready(const char *path, struct pv_error *err)
{
	TRY(check_place(path, err));
	return report_gnuplot_check(err);
}
