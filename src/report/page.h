/*
 * page.h - the fixed parts of a report's HTML
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

extern const char *const report_page_style;  /* CSS */
extern const char *const report_page_script; /* JavaScript; the page can be read without */

#endif
