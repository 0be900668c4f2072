/*
 * page.h - the fixed parts of a report's HTML
 */
#ifndef PV_REPORT_PAGE_H
#define PV_REPORT_PAGE_H

extern const char *const pv_page_style;  /* CSS */
extern const char *const pv_page_script; /* JavaScript; the page can be read without */

#endif
