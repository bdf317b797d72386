/* SPDX-License-Identifier: MIT */
/* `alexcl train`: what is asked for, checked and opened. A run that goes on takes it from its checkpoint. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "labels.h"
#include "report.h"
#include "resident.h"
#include "status.h"
#include "train.h"

static const struct option_row train_rows[] = {
    {0, "data", "D", "list, folder of classes, MNIST, CIFAR, x.npy", OPTION_TEXT(struct train_options, data)},
    {0, "targets", "Y", "the labels of x.npy: y.npy", OPTION_TEXT(struct train_options, targets)},
    {0, "val", "D", "validated on after each epoch", OPTION_TEXT(struct train_options, val)},
    {0, "val-targets", "Y", "its labels", OPTION_TEXT(struct train_options, val_targets)},
    {0, "layout", "L", "x.npy: nchw or nhwc, where both would do", OPTION_TEXT(struct train_options, layout)},
    {0, "limit", "N", "the first N pictures of --data only [all]",
     OPTION_INT(struct train_options, limit, 1, OPTIONS_IMAGES)},
    {0, "labels", "FILE", "names of the classes, kept in checkpoints", OPTION_TEXT(struct train_options, labels)},
    {0, "keep-going", NULL, "leave out pictures that cannot be read", OPTION_FLAG(struct train_options, keep_going)},
    {0, "resume", "RUN", "go on from a run's last checkpoint", OPTION_TEXT(struct train_options, resume)},
    {0, "recipe", "R", "paper, 2012, caffe, keras; or show [paper]", OPTION_TEXT(struct train_options, recipe)},
    {0, "augment", "A", "crop,mirror,colour or none [the recipe's]", OPTION_TEXT(struct train_options, augment)},
    {0, "pca", "FILE", "colours' components, of alexcl pca [made]", OPTION_TEXT(struct train_options, pca)},
    {0, "seed", "S", "of all that is random [1]", OPTION_NUMBER(struct train_options, seed, INT64_MAX)},
    {0, "micro-batch", "N", "images computed at once [what fits]",
     OPTION_INT(struct train_options, micro_batch, 1, OPTIONS_IMAGES)},
    {0, "freeze", "A-B[,C]", "layers that stay as they are", OPTION_TEXT(struct train_options, freeze)},
    {0, "fresh", "A-B[,C]", "layers that begin anew, which --weights may lack",
     OPTION_TEXT(struct train_options, fresh)},
    {0, "classes", "N", "a new last layer of N outputs", OPTION_INT(struct train_options, classes, 2, OPTIONS_IMAGES)},
    {0, "ten-crop", NULL, "at the end ten crops of each of --val, averaged",
     OPTION_FLAG(struct train_options, ten_crop)},
    {0, "save-every", "WHEN", "checkpoints: a number of steps, or epoch [epoch]",
     OPTION_TEXT(struct train_options, save_every)},
    {0, "keep", "N", "checkpoints of steps that are kept [3]",
     OPTION_INT(struct train_options, keep, 1, OPTIONS_IMAGES)},
};
static const struct train_options train_defaults = {.seed = TRAIN_NO_SEED};
static const struct option_table train_options_table = OPTION_TABLE_MORE(train_rows, train_defaults, train_recipes_row);

/* ---- what is asked for --------------------------------------------------------------------------- */

static int train_check_options(const struct options *o, const struct train_options *own, struct alexcl_error *err) {
    int status;
    TRY(options_expect(o, "train", 0, 0, err));
    if (o->split && strcmp(o->split, "half") != 0)
        return error_set(err, ALEXCL_E_USAGE,
                         "--split %s: training splits by halves alone: each half's weights live on one device",
                         o->split);
    if (own->resume) return train_resume_check(o, own, err);
    if (!own->data) return error_set(err, ALEXCL_E_USAGE, "`alexcl train` wants --data D; see `alexcl train --help`");
    if (!o->output)
        return error_set(err, ALEXCL_E_USAGE, "`alexcl train` wants -o RUN, a folder; see `alexcl train --help`");
    if (own->val_targets && !own->val)
        return error_set(err, ALEXCL_E_USAGE, "--val-targets are the labels of --val, which is not given");
done:
    return status;
}

/* "epoch", or a number of steps. */
static int train_save_every(const char *text, uint64_t *out, struct alexcl_error *err) {
    static const struct option_row steps = {.name = "save-every", .min = 1, .max = 1u << 30};
    char copy[32];
    *out = 0;
    if (!text || strcmp(text, "epoch") == 0) return ALEXCL_OK;
    snprintf(copy, sizeof copy, "%.31s", text);
    return options_set_number(&steps, copy, out, err);
}

static int train_tell(struct train_command *t, struct alexcl_error *err) {
    const struct train_options *own = &t->own;
    struct train_told *told = &t->told;
    char value[ALEXCL_RECIPE_TEXT];
    int status;
    TRY(train_full_path(own->data, &told->data, err));
    TRY(train_full_path(own->targets, &told->targets, err));
    TRY(train_full_path(own->val, &told->val, err));
    TRY(train_full_path(own->val_targets, &told->val_targets, err));
    if (own->layout) TRY(memory_copy_text(&told->layout, own->layout, err));
    TRY(memory_copy_text(&told->recipe, own->recipe ? own->recipe : "paper", err));
    TRY(alexcl_recipe_value(told->recipe, "lr", value, err)); /* that there is such a recipe */
    told->limit = own->limit;
    if (own->augment) TRY(train_recipes_augment(&t->own.values, told->recipe, own->augment, err));
done:
    return status;
}

/* What a run that goes on may be told anew. */
static int train_tell_again(struct train_command *t, struct alexcl_error *err) {
    const struct train_options *own = &t->own;
    int status = ALEXCL_OK;
    if (own->keep) t->told.keep = own->keep;
    if (!t->told.keep) t->told.keep = TRAIN_KEEP;
    if (own->keep_going) t->told.keep_going = 1;
    if (own->ten_crop) t->told.ten_crop = 1;
    if (t->told.ten_crop && !t->told.val)
        return error_set(err, ALEXCL_E_USAGE, "--ten-crop is of the pictures of --val, which is not given");
    if (own->save_every) TRY(train_save_every(own->save_every, &t->told.save_every, err));
done:
    return status;
}

/* ---- data ---------------------------------------------------------------------------------------- */

static int train_read_labels(struct train_command *t, struct alexcl_error *err) {
    struct labels *labels = NULL;
    int status;
    TRY(labels_open(t->own.labels, t->told.classes, &labels, err));
    TRY(memory_alloc(&t->names, t->told.classes, sizeof *t->names, "the names of the classes", err));
    for (size_t i = 0; i < t->told.classes; i++) {
        const char *name = labels_name(labels, i);
        TRY(memory_copy_text(&t->names[i], name ? name : "", err));
    }
done:
    labels_free(labels);
    return status;
}

/* The names that the data set has of its own, for all outputs. */
static int train_take_names(struct train_command *t, struct alexcl_error *err) {
    int status;
    TRY(memory_alloc(&t->names, t->told.classes, sizeof *t->names, "the names of the classes", err));
    for (size_t i = 0; i < t->told.classes; i++)
        TRY(memory_copy_text(&t->names[i], i < t->data.classes ? t->data.names[i] : "", err));
done:
    return status;
}

static void train_tell_note(const struct train_command *t, const struct data_set *set) {
    if (set->note && !t->o->quiet) report_message(NULL, set->note);
}

static int train_open_data(struct train_command *t, struct alexcl_error *err) {
    struct data_set_options o = {.targets = t->told.targets,
                                 .channels = t->model->channels,
                                 .side = t->model->resize ? t->model->resize : t->model->height,
                                 .classes = t->told.classes};
    int status;
    TRY(options_layout(t->told.layout, &o.layout, err));
    if (t->own.labels) TRY(train_read_labels(t, err));
    o.names = (const char *const *)t->names;
    TRY(data_set_open(t->told.data, &o, &t->data, err));
    train_tell_note(t, &t->data);
    TRY(train_data_check(&t->data, t->model, err));
    if (!t->names && t->data.names) TRY(train_take_names(t, err));
    size_t images = t->data.count;
    if (t->told.limit && (size_t)t->told.limit < images) images = (size_t)t->told.limit;
    if (t->own.resume && images != t->told.images) {
        status = error_set(err, ALEXCL_E_DATA,
                           "%s: has %zu pictures, and the run was begun with %zu: its order would be "
                           "another",
                           t->told.data, images, t->told.images);
        goto done;
    }
    t->told.images = images;
    if (!t->told.val) return ALEXCL_OK;
    o.targets = t->told.val_targets;
    o.test = 1;
    if (t->names && t->data.names) { /* as numbered there */
        o.names = (const char *const *)t->data.names;
        o.classes = t->data.classes;
    }
    TRY(data_set_open(t->told.val, &o, &t->val, err));
    train_tell_note(t, &t->val);
    TRY(train_data_check(&t->val, t->model, err));
    TRY(memory_alloc(&t->val_told, t->val.count, 1, "a data set", err));
done:
    return status;
}

/* The components of the training set's colours, of --pca or computed, are kept in the folder and read from there, so
 * that a run that goes on has the same ones to the bit. */
static int train_open_colours(struct train_command *t, struct alexcl_error *err) {
    const char *colour = alexcl_train_recipe(t->train, "colour");
    int status = ALEXCL_OK;
    if (t->model->channels != 3 || strtod(colour, NULL) <= 0) return ALEXCL_OK;
    if (!t->own.resume) {
        if (t->own.pca)
            TRY(colours_read(t->own.pca, &t->colours, err));
        else
            TRY(colours_compute(&t->data, &t->colours, err));
        TRY(report_json_save(train_run_file(&t->run, "pca.json"), "pca", colours_document(&t->colours, t->told.data),
                             err));
    }
    TRY(colours_read(train_run_file(&t->run, "pca.json"), &t->colours, err));
    if (t->colours.floats != t->data.floats)
        status = error_set(err, ALEXCL_E_DATA, "--pca %s: its values are %s, and those of %s are %s", t->own.pca,
                           colours_units(t->colours.floats), t->told.data, colours_units(t->data.floats));
done:
    return status;
}

/* ---- training ------------------------------------------------------------------------------------ */

static int train_open_training(struct train_command *t, struct alexcl_error *err) {
    const struct options *o = t->o;
    const char *frozen[TRAIN_LAYERS], *fresh[TRAIN_LAYERS];
    struct alexcl_train_options options = {.size = sizeof options,
                                           .recipe = t->told.recipe,
                                           .values = t->own.values.list,
                                           .value_count = t->own.values.count,
                                           .seed = t->own.seed == TRAIN_NO_SEED ? TRAIN_SEED : t->own.seed,
                                           .micro_batch = t->own.micro_batch,
                                           .memory = o->memory,
                                           .frozen = frozen,
                                           .fresh = fresh,
                                           .settings = &o->settings};
    int status;
    TRY(train_model_layers(t, frozen, &options.frozen_count, fresh, &options.fresh_count, err));
    int random = !t->weights || alexcl_weights_random(t->weights);
    TRY(options_selection(o, &t->selection, err));
    t->program = resident_largest();
    if (t->own.resume)
        TRY(alexcl_train_resume(train_run_file(&t->run, "last.safetensors"), t->model, t->selection, &options,
                                &t->train, err));
    else
        TRY(alexcl_train_open(t->model, random ? NULL : t->weights, t->selection, &options, &t->train, err));
done:
    return status;
}

/* The kind of what computes each half, told once where it is the same. Parts of a device are of its kind: they come to
 * the bits of the whole. */
static int train_tell_devices(struct train_command *t, struct alexcl_error *err) {
    char kinds[2][600] = {"", ""}, text[1204];
    size_t count = alexcl_selection_count(t->selection);
    for (size_t i = 0; i < count; i++) {
        const struct alexcl_device_info *d = alexcl_selection_device(t->selection, i);
        if (d)
            snprintf(kinds[i], sizeof kinds[i], "%s %s (%s)", d->platform_name, d->driver, d->name);
        else
            snprintf(kinds[i], sizeof kinds[i], "ref");
    }
    int two = count == 2 && strcmp(kinds[0], kinds[1]) != 0;
    snprintf(text, sizeof text, "%s%s%s", kinds[0], two ? ", " : "", two ? kinds[1] : "");
    if (t->told.devices && strcmp(t->told.devices, text) != 0)
        t->before = t->told.devices;
    else
        free(t->told.devices);
    t->told.devices = NULL;
    return memory_copy_text(&t->told.devices, text, err);
}

/* Where it ends: by the recipe, or what a run that goes on was told anew. */
static int train_open_end(struct train_command *t, struct alexcl_error *err) {
    static const struct option_row rows[] = {{.name = "epochs", .max = 1u << 30}, {.name = "steps", .max = 1u << 30}};
    uint64_t *const to[] = {&t->epochs, &t->steps};
    int status = ALEXCL_OK;
    for (int i = 0; i < 2; i++) {
        const char *given = t->own.resume ? train_recipes_given(&t->own.values, rows[i].name) : NULL;
        char text[64];
        snprintf(text, sizeof text, "%.60s", given ? given : alexcl_train_recipe(t->train, rows[i].name));
        TRY(options_set_number(&rows[i], text, to[i], err));
    }
    t->batch = (size_t)alexcl_train_batch_size(t->train);
    t->epoch_steps = train_data_steps(t->told.images, t->batch);
    t->first_step = alexcl_train_steps(t->train);
    t->saved_step = t->first_step;
done:
    return status;
}

static int train_open(struct train_command *t, struct alexcl_error *err) {
    const char *folder = t->own.resume ? t->own.resume : t->o->output;
    struct options o = *t->o;
    int status;
    if (!t->own.resume) TRY(train_tell(t, err));
    TRY(train_run_open(&t->run, folder, t->own.resume != NULL, err));
    if (t->own.resume) {
        TRY(train_resume_read(t, train_run_file(&t->run, "last.safetensors"), err));
        o.model = t->told.model;
        o.model_named = 1;
        o.weights = NULL;
    }
    TRY(train_tell_again(t, err));
    TRY(train_model_open(t, &o, t->own.resume ? t->told.classes : (size_t)t->own.classes, err));
    TRY(train_open_data(t, err));
    TRY(train_open_training(t, err));
    TRY(train_tell_devices(t, err));
    TRY(train_open_colours(t, err));
    TRY(train_open_end(t, err));
    if (!t->own.resume) TRY(train_run_save_last(t, err)); /* from now on there is one to go on from */
    TRY(train_run_records(&t->run, t->first_step, alexcl_train_epochs(t->train), err));
done:
    return status;
}

static void train_free(struct train_command *t) {
    train_data_free(t->feed);
    alexcl_train_free(t->train);
    alexcl_selection_free(t->selection);
    alexcl_weights_free(t->weights);
    alexcl_model_free(t->derived);
    for (size_t i = 0; t->names && i < t->told.classes; i++) free(t->names[i]);
    free(t->names);
    free(t->before);
    data_set_free(&t->data);
    data_set_free(&t->val);
    free(t->val_told);
    train_run_free(&t->run);
    train_resume_free(&t->told);
}

static int command_train(const struct options *o, struct alexcl_error *err) {
    struct train_command t = {.o = o, .own = *(const struct train_options *)o->own, .run.held = -1};
    struct alexcl_error late = {0};
    int status;
    if (t.own.recipe && strcmp(t.own.recipe, "show") == 0) return train_recipes_show(o, err);
    TRY(train_check_options(o, &t.own, err));
    TRY(train_open(&t, err));
    TRY(train_report_begin(&t, err));
    status = train_loop_run(&t, err);
    /* what was done is told, whatever stopped the rest */
    if (t.feed) {
        int told = train_report_end(&t, &late);
        if (told == ALEXCL_OK) told = train_report_document(&t, &late);
        if (status == ALEXCL_OK && told != ALEXCL_OK) status = error_copy(err, &late);
    }
done:
    train_free(&t);
    return status;
}

const struct command train_command = {
    .name = "train",
    .run = command_train,
    .own = &train_options_table,
    .shared =
        OPTION_DEVICES | OPTION_MODEL | OPTION_WEIGHTS | OPTION_CHECK | OPTION_TUNE | OPTION_MEMORY | OPTION_SPLIT,
    .makes_output = 1,
    .arguments = "--data D -o RUN\n--resume RUN",
    .about = "train a net, half of its channels on each device",
    .details = "D is a list of pictures with their classes, a folder with a folder a class,\n"
               "MNIST's or CIFAR's files (a folder, or one of them), or x.npy with --targets\n"
               "y.npy. A folder with both parts of MNIST or CIFAR can be named twice: --data\n"
               "takes the one to train with, --val the one to test with.\n\n"
               "RUN, a folder, gets last.safetensors, best.safetensors and the last of\n"
               "step-NNNNNN.safetensors, which any command takes as --weights, steps.csv,\n"
               "epochs.csv, curves.svg, train.json and log.txt. Ctrl-C and SIGTERM write\n"
               "last.safetensors; --resume RUN goes on as if nothing had happened, and takes\n"
               "all but --epochs, --steps, --keep, --save-every, --ten-crop and devices from\n"
               "there.\n\n"
               "  alexcl -d 0,1 train -m lenet5 --data mnist/ --val mnist/ -o run/\n"
               "  alexcl train --recipe show\n",
    .also = " fit learn fine-tune finetune ",
};
