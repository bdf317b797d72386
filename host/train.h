/* SPDX-License-Identifier: MIT */
/* `alexcl train`. command_train.c reads what is asked for and opens all, train_loop.c goes through steps and epochs,
 * train_run.c keeps the folder with its records and checkpoints, train_data.c makes batches, train_curves.c draws,
 * train_recipes.c knows the recipes' fields as flags. Each owns a part of struct train_command. */
#ifndef ALEXCL_TRAIN_COMMAND_H
#define ALEXCL_TRAIN_COMMAND_H
#include <math.h>

#include "alexcl_train.h"
#include "colour_pca.h"
#include "data_set.h"
#include "options.h"
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
#endif
