/* SPDX-License-Identifier: MIT */
/* Recipes: all that training a net is told beside the net and the data. The published ones are rows of one table, and
 * each field can be set and shown by its name, which is a flag's on the command line. */
#ifndef ALEXCL_RECIPE_H
#define ALEXCL_RECIPE_H
#include "optimizer.h"

enum recipe_schedule {
    RECIPE_PLATEAU,  /* the rate is divided when the validation error has not improved for `patience` epochs */
    RECIPE_STEP,     /* at fixed places: every `drop_every` steps or, where that is 0, when epoch `drop_at` begins */
    RECIPE_CONSTANT, /* never */
};
enum recipe_init { RECIPE_NORMAL, RECIPE_GLOROT };
/* What the noise on colours is a multiple of (the paper's text; the 2012 code). */
enum recipe_colour { RECIPE_EIGENVALUES, RECIPE_DEVIATIONS };
enum { RECIPE_DROPS = 3 };

struct recipe {
    const char *name;
    struct optimizer_options optimizer;
    int batch;         /* images of a step, over all devices */
    int epochs, steps; /* where training ends; 0: not there. With both, at whichever comes first */
    double rate;       /* of learning, at the start */
    enum recipe_schedule schedule;
    double rate_divisor;
    int drops, patience;       /* plateau: how often the rate falls at most; epochs */
    int drop_every;            /* step: steps */
    int drop_at[RECIPE_DROPS]; /* step: epochs, from 1, in rising order; 0: none */
    double decay;
    double bias_rate, bias_decay; /* factors on rate and decay for biases */
    /* the first weights (initial.h) */
    enum recipe_init init;
    double deviation, deviation_middle, deviation_hidden, bias;
    double dropout;         /* the share that is dropped */
    int crop, mirror;       /* 1: at random */
    double colour;          /* standard deviation of the noise on colours; 0: none */
    enum recipe_colour pca; /* what it is a multiple of */
    int all_ties;           /* max-pooling's gradient goes to all of equal maxima, not to the first */
};

/* By name: "paper", "2012", "caffe", "keras". ALEXCL_E_USAGE lists them. */
int recipe_find(const char *name, struct recipe *out, struct alexcl_error *err);
/* The i-th recipe of the table; NULL behind the last. */
const struct recipe *recipe_get(size_t index);

/* The fields, in the order in which they are shown: name and meaning of the i-th; 0 behind the last. */
int recipe_field(size_t index, const char **name, const char **meaning);
enum { RECIPE_TEXT = 64 }; /* as ALEXCL_RECIPE_TEXT */
/* A field's value as text, which recipe_set reads back to the bit. */
void recipe_show(const struct recipe *r, size_t index, char out[RECIPE_TEXT]);
/* Sets a field by name. ALEXCL_E_USAGE names field, value and what it may be. A field "optimizer" also sets momentum,
 * betas and epsilon to that optimiser's own. */
int recipe_set(struct recipe *r, const char *field, const char *text, struct alexcl_error *err);
/* What holds between fields. ALEXCL_E_USAGE. */
int recipe_check(const struct recipe *r, struct alexcl_error *err);
#endif
