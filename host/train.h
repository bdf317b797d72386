/* SPDX-License-Identifier: MIT */
/* `alexcl train`. command_train.c reads what is asked for and opens all, train_model.c the net, train_loop.c goes
 * through steps and epochs, train_run.c keeps the folder with its records and checkpoints, train_resume.c takes what a
 * run was told from its checkpoint, train_report.c prints, train_curves.c draws, train_recipes.c knows the recipes'
 * fields as flags. Each owns a part of struct train_command. */
#ifndef ALEXCL_TRAIN_COMMAND_H
#define ALEXCL_TRAIN_COMMAND_H
#include <jansson.h>
#include <math.h>

#include "alexcl_train.h"
#include "colours.h"
#include "data_set.h"
#include "memory.h"
#include "options.h"
#include "svg.h"
#include "train_data.h"

/* ---- what happened so far ------------------------------------------------------------------------ */

struct train_step_row { /* of steps.csv */
    uint64_t step, epoch;
    double loss, rate, images_per_s, wait; /* wait: seconds that it waited for its batch */
};
struct train_epoch_row { /* of epochs.csv; NaN: there is none */
    uint64_t epoch, step;
    double train_loss, val_loss, top1_error, top5_error, seconds;
};
struct train_history {
    struct train_step_row *steps;
    struct train_epoch_row *epochs;
    size_t step_count, step_room, epoch_count, epoch_room;
};
/* ALEXCL_E_MEMORY. */
int train_history_step(struct train_history *h, const struct train_step_row *row, struct alexcl_error *err);
int train_history_epoch(struct train_history *h, const struct train_epoch_row *row, struct alexcl_error *err);
/* The row with the smallest error, of equal ones the first; NULL: none has one. */
const struct train_epoch_row *train_history_best(const struct train_history *h);
void train_history_free(struct train_history *h);

/* Loss and error over the steps, as a picture. ALEXCL_E_MEMORY, ALEXCL_E_OTHER. */
int train_curves_write(const char *path, const char *title, const struct train_history *h, struct alexcl_error *err);
/* The same picture before svg_finish or svg_end. */
int train_curves_begin(struct svg *out, const char *title, const struct train_history *h, struct alexcl_error *err);

/* ---- recipes ------------------------------------------------------------------------------------- */

enum { TRAIN_VALUES = 64 };
struct train_values { /* fields that are set by flags, in their order */
    struct alexcl_recipe_value list[TRAIN_VALUES];
    size_t count;
};
/* The i-th field as a flag, whose value goes to a struct train_values; 0 behind the last (option_table.more). */
int train_recipes_row(size_t index, struct option_row *out);
/* Sets a field beside flags. ALEXCL_E_USAGE where there are too many. */
int train_recipes_set(struct train_values *v, const char *field, const char *value, struct alexcl_error *err);
/* --augment: "crop,mirror,colour", or "none". */
int train_recipes_augment(struct train_values *v, const char *recipe, const char *text, struct alexcl_error *err);
/* The value that the flags give a field, or NULL. */
const char *train_recipes_given(const struct train_values *v, const char *field);
/* --recipe show: all of them, side by side. */
int train_recipes_show(const struct options *o, struct alexcl_error *err);

/* ---- the command --------------------------------------------------------------------------------- */

/* Options that it has for itself. */
struct train_options {
    const char *data, *targets, *val, *val_targets, *layout, *recipe, *augment, *pca, *freeze, *fresh, *save_every,
        *labels;
    const char *resume;
    int classes, micro_batch, keep, limit, keep_going, ten_crop; /* 0: not given */
    uint64_t seed;                                               /* TRAIN_NO_SEED: not given */
    struct train_values values;
};
#define TRAIN_NO_SEED UINT64_MAX
enum { TRAIN_SEED = 1, TRAIN_KEEP = 3 };

/* What a run was told that a checkpoint does not know by itself: it stands there as notes. */
struct train_told {
    char *data, *targets, *val, *val_targets, *layout, *model, *recipe;
    char *devices; /* the kinds of what computes the halves */
    int limit, keep_going, keep, ten_crop;
    uint64_t save_every; /* steps; 0: epochs */
    size_t images;       /* of the training set that are used */
    size_t classes;      /* outputs of the net */
};

/* train_run.c: the folder. */
struct train_run {
    const char *path;
    int held; /* -1: not yet */
    struct record *steps, *epochs, *log;
    struct train_history history;
    uint64_t last_step, last_epoch; /* that the records are read up to */
};

/* Sums of the epoch that is going on. */
struct train_epoch {
    double loss, seconds; /* loss: of the images, one by one; seconds: of this run, up to `start` */
    uint64_t images;
    double start;
    double stepping, waited; /* of this run's steps: seconds, what they waited for data .. */
    uint64_t stepped;        /* .. and images */
};

struct train_command {
    const struct options *o;
    struct train_options own; /* with what a checkpoint says, where one is gone on from */
    struct train_told told;
    struct train_run run;
    const struct alexcl_model *model;
    struct alexcl_model *derived;
    struct alexcl_weights *weights;
    struct alexcl_selection *selection;
    struct alexcl_train *train;
    uint64_t program; /* bytes that the program took before that was opened, with the drivers in it */
    struct data_set data, val;
    unsigned char *val_told; /* pictures of `val` that were told to be damaged */
    char *before;            /* told.devices of a run that goes on on others; NULL: on the same */
    char **names;            /* of the classes, `told.classes`; NULL: there are none */
    struct colours colours;
    struct train_data *feed;
    struct train_epoch epoch;
    struct train_epoch_row crops; /* loss and errors with ten crops, at the end; step 0: there are none */
    uint64_t epochs, steps, epoch_steps, first_step; /* epochs, steps: where it ends, 0: not there */
    size_t batch;
    double begin, stepping; /* when it began to train; seconds of its steps, with what they waited for data */
    uint64_t images;        /* that steps had, in this run */
    const char *stopped;    /* NULL, "interrupted", "nan" */
    uint64_t saved_step;    /* of the last checkpoint */
};

/* train_run.c. Takes the folder: `resume`: one that has a run, else a new or an empty one. ALEXCL_E_OTHER: in use;
 * ALEXCL_E_USAGE: it has files, or none to go on from. */
int train_run_open(struct train_run *r, const char *path, int resume, struct alexcl_error *err);
/* The records, cut behind `steps` steps and `epochs` epochs, whose rows become the history. */
int train_run_records(struct train_run *r, uint64_t steps, uint64_t epochs, struct alexcl_error *err);
/* What the records of a folder say, which is only read. Freed by train_history_free, whatever it gave. */
int train_run_history(const char *path, struct train_history *out, struct alexcl_error *err);
int train_run_step(struct train_run *r, const struct train_step_row *row, struct alexcl_error *err);
int train_run_epoch(struct train_run *r, const struct train_epoch_row *row, struct alexcl_error *err);
/* A line for log.txt and, unless quiet or another format is wanted, for stdout. */
int train_run_log(struct train_command *t, const char *text, struct alexcl_error *err);
/* A file of the folder; the buffer lasts until the next call. */
const char *train_run_file(const struct train_run *r, const char *name);
/* last.safetensors. */
int train_run_save_last(struct train_command *t, struct alexcl_error *err);
/* That of the step, those that are kept of them, and last.safetensors. */
int train_run_save(struct train_command *t, struct alexcl_error *err);
int train_run_save_best(struct train_command *t, struct alexcl_error *err);
/* curves.svg. */
int train_run_draw(struct train_command *t, struct alexcl_error *err);
void train_run_free(struct train_run *r);

/* train_model.c. The model, with as many outputs as are wanted (0: as it has), and the weights it begins with. Layers
 * that begin anew may be missing in their file where no other is behind them. */
int train_model_open(struct train_command *t, const struct options *o, size_t classes, struct alexcl_error *err);
/* The layers that stay as they are and those that begin anew, by name, each with room for TRAIN_LAYERS. */
enum { TRAIN_LAYERS = 1024 };
int train_model_layers(const struct train_command *t, const char **frozen, size_t *frozen_count, const char **fresh,
                       size_t *fresh_count, struct alexcl_error *err);
/* A name that stays right in another folder; of NULL nothing. */
int train_full_path(const char *name, char **out, struct alexcl_error *err);

/* train_resume.c. What a checkpoint's notes say. ALEXCL_E_DATA. */
int train_resume_read(struct train_command *t, const char *path, struct alexcl_error *err);
/* Options that would change the sums. ALEXCL_E_USAGE. */
int train_resume_check(const struct options *o, const struct train_options *own, struct alexcl_error *err);
/* The notes of a checkpoint, as many as `out` gets; their texts are freed by train_resume_free_notes. */
enum { TRAIN_NOTES = 16 };
struct train_notes {
    struct alexcl_train_note list[TRAIN_NOTES];
    char *texts[TRAIN_NOTES];
    size_t count;
};
int train_resume_notes(const struct train_command *t, const struct train_epoch_row *row, struct train_notes *out,
                       struct alexcl_error *err);
void train_resume_free_notes(struct train_notes *n);
void train_resume_free(struct train_told *told);

/* train_loop.c. */
int train_loop_run(struct train_command *t, struct alexcl_error *err);

/* train_report.c. What is trained and how, and the table's head; a row of it; the last line; where it goes on or
 * ends. */
int train_report_begin(struct train_command *t, struct alexcl_error *err);
int train_report_epoch(struct train_command *t, const struct train_epoch_row *row, double images_per_s, double wait,
                       struct alexcl_error *err);
/* Loss and errors with ten crops. */
int train_report_crops(struct train_command *t, struct alexcl_error *err);
int train_report_end(struct train_command *t, struct alexcl_error *err);
/* train.json, as it stands. */
int train_report_save(struct train_command *t, struct alexcl_error *err);
/* The same at the end, and stdout where JSON is wanted. */
int train_report_document(struct train_command *t, struct alexcl_error *err);
#endif
