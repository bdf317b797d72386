/* SPDX-License-Identifier: MIT */
/* The pictures of the report's page, and their confusion matrix. */
#ifndef ALEXCL_REPORT_PICTURES_H
#define ALEXCL_REPORT_PICTURES_H
#include "report_page.h"

/* Each with its best classes as bars. Reads the pictures. ALEXCL_E_DATA, ALEXCL_E_MEMORY. */
int report_pictures_write(const struct page *p, FILE *f, struct alexcl_error *err);
int report_pictures_confusion(const struct page *p, FILE *f, struct alexcl_error *err);
#endif
