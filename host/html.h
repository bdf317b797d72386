/* SPDX-License-Identifier: MIT */
/* Pieces of a page in HTML. Texts come from strangers (names of files, labels, drivers): all of them go through
 * html_text. */
#ifndef ALEXCL_HTML_H
#define ALEXCL_HTML_H
#include <stdio.h>

#include "svg.h"

/* A text, for an element or an attribute in double quotes: characters of markup are written as entities, what may not
 * be shown as \xNN. */
void html_text(FILE *f, const char *text);
/* The same of at most `max` bytes, with "..." where it is cut. */
void html_cut(FILE *f, const char *text, size_t max);
/* A cell of a table, or another element that holds a text and nothing else: "td", "th scope=\"row\"". */
void html_element(FILE *f, const char *element, const char *text);
/* The same of a number; "-" where it is not finite. */
void html_number(FILE *f, const char *element, const char *format, double value);
/* The beginning and the end of a part of the page, with its heading. */
void html_section(FILE *f, const char *id, const char *title);
void html_section_end(FILE *f);
/* Around a table: where the page is narrower, it is scrolled by itself, by keyboard too. `name`: for who does not see
 * it, and its caption. */
void html_table(FILE *f, const char *name, const char *class);
/* Its first row, and the beginning of the others; a page may write that itself, from <thead> to <tbody>. */
void html_columns(FILE *f, const char *const *columns, size_t count);
void html_table_end(FILE *f);
/* A finished drawing, with what it shows as a text, and a caption. One that is not `narrow` keeps its letters large
 * enough where the page is narrower than it: it is scrolled then, as a table is. */
void html_svg(FILE *f, const struct svg *svg, int narrow, const char *shows, const char *caption);
/* "data:image/png;base64,...", for an attribute. */
void html_data(FILE *f, const char *type, const unsigned char *data, size_t length);
#endif
