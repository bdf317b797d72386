/* SPDX-License-Identifier: MIT */
/* The page of `alexcl report`: one file that asks no network for anything. */
#ifndef ALEXCL_REPORT_PAGE_H
#define ALEXCL_REPORT_PAGE_H
#include "confusion.h"
#include "filters.h"
#include "infer.h"
#include "machine.h"
#include "measure.h"
#include "train.h"

enum { PAGE_SHOWN = 50, PAGE_TOP = 5, PAGE_EPOCHS = 100 /* rows of a run's table, at most */ };

/* What page and document tell, of the same numbers. */
struct page {
    const struct infer *f; /* the net; with pictures, how they fared */
    const struct alexcl_plan *plan;
    const struct measured *m;
    const struct machine *machine;
    int has_pictures;
    size_t shown[PAGE_SHOWN], shown_count; /* pictures of the list, wrong ones first */
    struct confusion confusion;            /* of all that have labels; size 0: none has */
    struct filters filters;                /* of the first convolution; `values` NULL: it reads no pictures */
    const char *run_path;                  /* a training's folder, or NULL .. */
    json_t *run;                           /* .. its train.json .. */
    struct train_history history;          /* .. and its records */
};

/* The page's text and its bytes, freed by the caller. Reads the pictures that are shown once more. ALEXCL_E_DATA,
 * ALEXCL_E_MEMORY. */
int report_page_make(const struct page *p, char **text, size_t *length, struct alexcl_error *err);
#endif
