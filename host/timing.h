/* SPDX-License-Identifier: MIT */
/* `alexcl time`: what its parts share. command_time.c measures one run after the other, time_compare.c reads older
 * documents, time_output.c prints. */
#ifndef ALEXCL_TIMING_H
#define ALEXCL_TIMING_H
#include <jansson.h>

#include "machine.h"
#include "measure.h"
#include "options.h"

struct time_options {
    int repeat, seconds; /* 0: not given */
    int warm_up, reproducible, train;
    const char *input, *trace, *compare, *plot;
};

/* A model and a batch, timed. */
struct timing {
    const struct options *o;
    const struct time_options *own;
    const struct alexcl_model *model;
    struct alexcl_weights *weights;
    struct alexcl_selection *selection;
    struct alexcl_plan *plan;
    struct alexcl_net *net;
    struct alexcl_train *train; /* which has the net then; NULL: it runs forward */
    float *input;               /* images */
    size_t input_count;
    int batch;         /* images wanted at once */
    const json_t *old; /* the run of --compare that this one is compared with, or NULL */
    double start_s;
    struct measured m;
    struct machine machine; /* when it was measured, and on what */
};

/* ---- time_compare.c ---- */

/* Opens the document of --compare, of one run or of several ("runs"), and checks it; freed by json_decref also where
 * that fails. ALEXCL_E_DATA. */
int time_compare_open(const char *path, json_t **out, struct alexcl_error *err);
/* Its run of this model and batch, of training or not. ALEXCL_E_DATA where it has none. */
int time_compare_find(json_t *document, const struct timing *t, const json_t **out, struct alexcl_error *err);
/* Seconds that both halves of a layer took then, 0 where it is not known. */
double time_compare_layer(const struct timing *t, const struct layer_time *l);
/* Times as fast as then; 0 where that is not known. */
double time_compare_layer_ratio(const struct timing *t, const struct layer_time *l);
double time_compare_ratio(const struct timing *t);

/* ---- time_output.c ---- */

void time_output_text(const struct timing *t);
/* A run's document, without the command; NULL: out of memory. */
json_t *time_output_json(const struct timing *t);
/* A row a layer and half. `several`: model and batch stand before each. */
void time_output_csv_head(int several);
void time_output_csv(const struct timing *t, int several);
/* A row a run. name_wide: of the longest model's name; compared: with the times as fast in place of the memory. */
void time_output_row_head(int name_wide, int compared);
void time_output_row(const struct timing *t, int name_wide, int compared);
#endif
