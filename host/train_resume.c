/* SPDX-License-Identifier: MIT */
/* What a run was told, as notes of its checkpoints, so that it goes on from them alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "report.h"
#include "status.h"
#include "train.h"

/* Notes that are texts, and where they go. */
static const struct {
    const char *key;
    size_t at;
} texts[] = {
    {"train.data", offsetof(struct train_told, data)},
    {"train.targets", offsetof(struct train_told, targets)},
    {"train.val", offsetof(struct train_told, val)},
    {"train.val_targets", offsetof(struct train_told, val_targets)},
    {"train.layout", offsetof(struct train_told, layout)},
    {"train.model", offsetof(struct train_told, model)},
    {"train.recipe", offsetof(struct train_told, recipe)},
    {"train.devices", offsetof(struct train_told, devices)},
};
enum { TEXTS = sizeof texts / sizeof *texts };

static char **resume_text(const struct train_told *told, size_t i) {
    return (char **)(uintptr_t)((const char *)told + texts[i].at);
}

void train_resume_free(struct train_told *told) {
    for (size_t i = 0; i < TEXTS; i++) free(*resume_text(told, i));
    *told = (struct train_told){0};
}

/* ---- writing ------------------------------------------------------------------------------------- */

static int resume_note(struct train_notes *n, const char *key, const char *text, struct alexcl_error *err) {
    int status = memory_copy_text(&n->texts[n->count], text, err);
    if (status != ALEXCL_OK) return status;
    n->list[n->count] = (struct alexcl_train_note){key, n->texts[n->count]};
    n->count++;
    return ALEXCL_OK;
}

/* The names of the classes, a JSON list. */
static int resume_note_labels(const struct train_command *t, struct train_notes *n, struct alexcl_error *err) {
    json_t *list = json_array();
    for (size_t i = 0; i < t->told.classes; i++) report_append(list, report_string(t->names[i]));
    char *text = report_whole() ? json_text_dump(list, JSON_COMPACT) : NULL;
    json_decref(list);
    if (!text) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the names of the classes");
    int status = resume_note(n, "alexcl.labels", text, err);
    free(text);
    return status;
}

int train_resume_notes(const struct train_command *t, const struct train_epoch_row *row, struct train_notes *out,
                       struct alexcl_error *err) {
    char text[200];
    int status = ALEXCL_OK;
    *out = (struct train_notes){0};
    for (size_t i = 0; i < TEXTS; i++) {
        const char *value = *resume_text(&t->told, i);
        if (value) TRY(resume_note(out, texts[i].key, value, err));
    }
    snprintf(text, sizeof text, "%zu %zu %d %d %d %llu", t->told.images, t->told.classes, t->told.limit,
             t->told.keep_going, t->told.keep, (unsigned long long)t->told.save_every);
    TRY(resume_note(out, "train.numbers", text, err));
    snprintf(text, sizeof text, "%.17g %llu", t->epoch.loss, (unsigned long long)t->epoch.images);
    TRY(resume_note(out, "train.epoch", text, err));
    if (t->told.ten_crop) TRY(resume_note(out, "train.ten_crop", "1", err));
    if (t->names) TRY(resume_note_labels(t, out, err));
    if (row && !isnan(row->top1_error)) {
        snprintf(text, sizeof text, "%.9g", row->top1_error);
        TRY(resume_note(out, "alexcl.top1_error", text, err));
    }
done:
    return status;
}

void train_resume_free_notes(struct train_notes *n) {
    for (size_t i = 0; i < n->count; i++) free(n->texts[i]);
}

/* ---- reading ------------------------------------------------------------------------------------- */

/* `count` numbers with a space between them, none below 0. */
static int resume_numbers(const char *text, size_t count, double *out) {
    for (size_t i = 0; i < count; i++) {
        char *end;
        out[i] = strtod(text, &end);
        if (end == text || !(out[i] >= 0 && out[i] < 9e15)) return 0;
        text = end;
    }
    return *text == '\0';
}

/* The notes that are no texts; 0: this one is not as it was written. */
static int resume_take(struct train_command *t, const char *key, const char *value) {
    double v[6];
    if (strcmp(key, "train.numbers") == 0) {
        if (!resume_numbers(value, 6, v) || v[2] > OPTIONS_IMAGES || v[4] > OPTIONS_IMAGES) return 0;
        t->told.images = (size_t)v[0];
        t->told.classes = (size_t)v[1];
        t->told.limit = (int)v[2];
        t->told.keep_going = v[3] > 0;
        t->told.keep = (int)v[4];
        t->told.save_every = (uint64_t)v[5];
    } else if (strcmp(key, "train.ten_crop") == 0) {
        if (strcmp(value, "1") != 0) return 0;
        t->told.ten_crop = 1;
    } else if (strcmp(key, "train.epoch") == 0) {
        if (!resume_numbers(value, 2, v)) return 0;
        t->epoch = (struct train_epoch){.loss = v[0], .images = (uint64_t)v[1]};
    }
    return 1;
}

/* The names of the classes; another number of them than the net has outputs is no list of its. */
static int resume_labels(struct train_command *t, const char *text, struct alexcl_error *err) {
    json_t *list = NULL;
    json_error_t problem;
    int status;
    TRY(json_text_load(text, strlen(text), 0, "the names of the classes", &list, &problem, err));
    if (json_array_size(list) != t->told.classes) goto done;
    TRY(memory_alloc(&t->names, t->told.classes, sizeof *t->names, "the names of the classes", err));
    for (size_t i = 0; i < t->told.classes; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        TRY(memory_copy_text(&t->names[i], name ? name : "", err));
    }
done:
    json_decref(list);
    return status;
}

int train_resume_read(struct train_command *t, const char *path, struct alexcl_error *err) {
    struct alexcl_weights_file *file = NULL;
    const struct alexcl_weights_text *note;
    const char *labels = NULL;
    int status;
    TRY(alexcl_weights_file_open(path, &file, err));
    for (size_t i = 0; (note = alexcl_weights_file_text(file, i)) != NULL; i++) {
        for (size_t k = 0; k < TEXTS; k++) {
            char **to = resume_text(&t->told, k);
            if (strcmp(note->key, texts[k].key) == 0 && !*to) TRY(memory_copy_text(to, note->value, err));
        }
        if (strcmp(note->key, "alexcl.labels") == 0) labels = note->value;
        if (resume_take(t, note->key, note->value)) continue;
        status = error_set(err, ALEXCL_E_DATA, "%s: its note %s is damaged", path, note->key);
        goto done;
    }
    if (!t->told.data || !t->told.model || !t->told.recipe || !t->told.images || !t->told.keep)
        status = error_set(err, ALEXCL_E_DATA,
                           "%s: it does not say what it was trained with: `alexcl train` did not write it", path);
    else if (labels)
        status = resume_labels(t, labels, err);
done:
    alexcl_weights_file_free(file);
    return status;
}

int train_resume_check(const struct options *o, const struct train_options *own, struct alexcl_error *err) {
    const struct {
        const char *name;
        int given;
    } flags[] = {
        {"model", o->model_given},
        {"data", own->data != NULL},
        {"targets", own->targets != NULL},
        {"val", own->val != NULL},
        {"val-targets", own->val_targets != NULL},
        {"layout", own->layout != NULL},
        {"recipe", own->recipe != NULL},
        {"augment", own->augment != NULL},
        {"pca", own->pca != NULL},
        {"freeze", own->freeze != NULL},
        {"fresh", own->fresh != NULL},
        {"labels", own->labels != NULL},
        {"classes", own->classes != 0},
        {"limit", own->limit != 0},
        {"seed", own->seed != TRAIN_NO_SEED},
        {"output", o->output != NULL},
    };
    static const char why[] =
        "--resume takes all from the checkpoint, and --%s would make it another run: leave it out";
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (flags[i].given) return error_set(err, ALEXCL_E_USAGE, why, flags[i].name);
    for (size_t i = 0; i < SETTINGS_COUNT; i++) { /* one of the environment is not meant for this */
        struct setting s = settings_get(&o->given, i);
        if (strcmp(s.name, "ALEXCL_WEIGHTS") == 0 && strcmp(s.origin, "flag") == 0)
            return error_set(err, ALEXCL_E_USAGE, why, "weights");
    }
    for (size_t i = 0; i < own->values.count; i++) {
        const char *field = own->values.list[i].field;
        if (strcmp(field, "epochs") != 0 && strcmp(field, "steps") != 0) /* where it ends changes no sum */
            return error_set(err, ALEXCL_E_USAGE, why, field);
    }
    return ALEXCL_OK;
}
