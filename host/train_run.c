/* SPDX-License-Identifier: MIT */
/* The folder of a run: it is taken by one process, which adds to its records line by line and writes checkpoints, each
 * whole or not at all. A run that goes on cuts what the records have behind its checkpoint. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "report.h"
#include "status.h"
#include "train.h"

enum { MAX_RECORD = 1 << 30, MAX_PATH = 4096, MAX_STEPS_KEPT = 4096 };
#define MAX_STEP ((uint64_t)1 << 53) /* up to which a double counts */

const char *train_run_file(const struct train_run *r, const char *name) {
    static char path[MAX_PATH];
    snprintf(path, sizeof path, "%s/%s", r->path, name);
    return path;
}

/* ---- opening ------------------------------------------------------------------------------------- */

/* What a run leaves that ended before its first checkpoint was whole. */
static int run_is_left_over(const char *name) {
    const char *end = strrchr(name, '.');
    return strcmp(name, "pca.json") == 0 || (end && strcmp(end, ".alexcl") == 0);
}

static int run_is_empty(const char *path, struct alexcl_error *err) {
    int empty, status = files_is_empty(path, run_is_left_over, &empty, err);
    if (status != ALEXCL_OK || empty) return status;
    return error_set(err, ALEXCL_E_USAGE,
                     "%s: is not empty: name a new folder, or go on from its checkpoint by --resume %s", path, path);
}

int train_run_open(struct train_run *r, const char *path, int resume, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    r->path = path;
    if (strlen(path) + 64 > MAX_PATH)
        return error_set(err, ALEXCL_E_OTHER, "the folder's name is too long: %.100s...", path);
    if (!resume) TRY(files_make_folder(path, err));
    TRY(files_hold_folder(path, &r->held, err));
    if (!resume) TRY(run_is_empty(path, err));
    if (resume && access(train_run_file(r, "last.safetensors"), F_OK) != 0)
        status =
            error_set(err, ALEXCL_E_USAGE,
                      "--resume %s: there is no last.safetensors in it to go on from: name the folder of a run that "
                      "has a checkpoint",
                      path);
done:
    return status;
}

/* The next number of a row, NaN where there is none; 0: there is no such row. */
static int run_number(const char **at, int last, double *out) {
    char *end = NULL;
    *out = **at == ',' || **at == '\n' ? NAN : strtod(*at, &end);
    if (end) {
        if (end == *at) return 0;
        *at = end;
    }
    if (**at != (last ? '\n' : ',')) return 0;
    ++*at;
    return 1;
}

/* Reads the rows of a record while `take` does; *keep: the bytes up to the end of the last one. */
static int run_read(struct train_run *r, const char *name, int columns,
                    int (*take)(struct train_run *r, const double *row, struct alexcl_error *err), uint64_t *keep,
                    struct alexcl_error *err) {
    unsigned char *data = NULL;
    size_t length = 0;
    double row[8];
    int status = ALEXCL_OK;
    *keep = 0;
    if (access(train_run_file(r, name), F_OK) != 0) return ALEXCL_OK;
    TRY(files_read(train_run_file(r, name), MAX_RECORD, &data, &length, err));
    const char *text = (const char *)data, *at = strchr(text, '\n');
    if (!at) goto done;
    for (at++;;) {
        int i = 0;
        *keep = (uint64_t)(at - text);
        while (i < columns && run_number(&at, i == columns - 1, &row[i])) i++;
        if (i < columns) break;
        int taken = take(r, row, err);
        if (taken < 0) status = taken;
        if (taken <= 0) break;
    }
done:
    free(data);
    return status;
}

static int run_take_step(struct train_run *r, const double *v, struct alexcl_error *err) {
    if (!(v[0] >= 0 && v[0] <= (double)r->last_step && v[1] >= 0 && v[1] <= (double)MAX_STEP)) return 0;
    struct train_step_row row = {(uint64_t)v[0], (uint64_t)v[1], v[2], v[3], v[4], v[5]};
    int status = train_history_step(&r->history, &row, err);
    return status == ALEXCL_OK ? 1 : status;
}

static int run_take_epoch(struct train_run *r, const double *v, struct alexcl_error *err) {
    if (!(v[0] >= 0 && v[0] <= (double)r->last_epoch && v[1] >= 0 && v[1] <= (double)MAX_STEP)) return 0;
    struct train_epoch_row row = {(uint64_t)v[0], (uint64_t)v[1], v[2], v[3], v[4], v[5], v[6]};
    int status = train_history_epoch(&r->history, &row, err);
    return status == ALEXCL_OK ? 1 : status;
}

int train_run_records(struct train_run *r, uint64_t steps, uint64_t epochs, struct alexcl_error *err) {
    uint64_t keep;
    int status;
    r->last_step = steps;
    r->last_epoch = epochs;
    TRY(run_read(r, "steps.csv", 6, run_take_step, &keep, err));
    TRY(record_open(train_run_file(r, "steps.csv"), keep, &r->steps, err));
    if (!keep) TRY(record_add(r->steps, "step,epoch,loss,lr,images_per_s,wait\n", err));
    TRY(run_read(r, "epochs.csv", 7, run_take_epoch, &keep, err));
    TRY(record_open(train_run_file(r, "epochs.csv"), keep, &r->epochs, err));
    if (!keep) TRY(record_add(r->epochs, "epoch,step,train_loss,val_loss,top1_error,top5_error,seconds\n", err));
    TRY(record_open(train_run_file(r, "log.txt"), UINT64_MAX, &r->log, err));
done:
    return status;
}

int train_run_history(const char *path, struct train_history *out, struct alexcl_error *err) {
    struct train_run r = {.path = path, .held = -1, .last_step = MAX_STEP, .last_epoch = MAX_STEP};
    uint64_t keep;
    int status;
    if (strlen(path) + 64 > MAX_PATH)
        return error_set(err, ALEXCL_E_DATA, "the folder's name is too long: %.100s...", path);
    TRY(run_read(&r, "steps.csv", 6, run_take_step, &keep, err));
    TRY(run_read(&r, "epochs.csv", 7, run_take_epoch, &keep, err));
done:
    *out = r.history;
    return status;
}

void train_run_free(struct train_run *r) {
    record_free(r->steps);
    record_free(r->epochs);
    record_free(r->log);
    train_history_free(&r->history);
    if (r->held >= 0) close(r->held);
}

/* ---- records ------------------------------------------------------------------------------------- */

int train_run_step(struct train_run *r, const struct train_step_row *row, struct alexcl_error *err) {
    char line[200];
    int status = train_history_step(&r->history, row, err);
    if (status != ALEXCL_OK) return status;
    snprintf(line, sizeof line, "%llu,%llu,%.9g,%.9g,%.6g,%.6g\n", (unsigned long long)row->step,
             (unsigned long long)row->epoch, row->loss, row->rate, row->images_per_s, row->wait);
    return record_add(r->steps, line, err);
}

/* A number with a comma before it, or the comma alone. */
static void run_add_number(char *line, size_t size, double number) {
    size_t length = strlen(line);
    if (isnan(number))
        snprintf(line + length, size - length, ",");
    else
        snprintf(line + length, size - length, ",%.9g", number);
}

int train_run_epoch(struct train_run *r, const struct train_epoch_row *row, struct alexcl_error *err) {
    char line[200];
    int status = train_history_epoch(&r->history, row, err);
    if (status != ALEXCL_OK) return status;
    snprintf(line, sizeof line, "%llu,%llu", (unsigned long long)row->epoch, (unsigned long long)row->step);
    run_add_number(line, sizeof line, row->train_loss);
    run_add_number(line, sizeof line, row->val_loss);
    run_add_number(line, sizeof line, row->top1_error);
    run_add_number(line, sizeof line, row->top5_error);
    run_add_number(line, sizeof line, row->seconds);
    snprintf(line + strlen(line), sizeof line - strlen(line), "\n");
    return record_add(r->epochs, line, err);
}

int train_run_log(struct train_command *t, const char *text, struct alexcl_error *err) {
    int status;
    TRY(record_add(t->run.log, text, err));
    TRY(record_add(t->run.log, "\n", err));
    if (t->o->format == FORMAT_TEXT && !t->o->quiet) {
        report_text(stdout, text);
        putchar('\n');
        TRY(report_flush(err));
    }
done:
    return status;
}

/* ---- checkpoints --------------------------------------------------------------------------------- */

static int run_save(struct train_command *t, const char *name, const struct train_epoch_row *row,
                    struct alexcl_error *err) {
    struct train_notes notes = {0};
    int status;
    TRY(train_resume_notes(t, row, &notes, err));
    TRY(alexcl_train_save(t->train, train_run_file(&t->run, name), notes.list, notes.count, err));
done:
    train_resume_free_notes(&notes);
    return status;
}

/* The row of the epoch that has just ended, if one has. */
static const struct train_epoch_row *run_row(const struct train_command *t) {
    const struct train_history *h = &t->run.history;
    const struct train_epoch_row *row = h->epoch_count ? &h->epochs[h->epoch_count - 1] : NULL;
    return row && row->step == alexcl_train_steps(t->train) ? row : NULL;
}

int train_run_save_last(struct train_command *t, struct alexcl_error *err) {
    int status = run_save(t, "last.safetensors", run_row(t), err);
    if (status != ALEXCL_OK) return status;
    t->saved_step = alexcl_train_steps(t->train);
    return ALEXCL_OK;
}

int train_run_save_best(struct train_command *t, struct alexcl_error *err) {
    return run_save(t, "best.safetensors", run_row(t), err);
}

/* The step of "step-000123.safetensors"; 0: it is called otherwise. */
static unsigned long long run_step_of(const char *name) {
    static const char before[] = "step-", behind[] = ".safetensors";
    char *end;
    if (strncmp(name, before, strlen(before)) != 0 || name[strlen(before)] < '0' || name[strlen(before)] > '9')
        return 0;
    unsigned long long step = strtoull(name + strlen(before), &end, 10);
    return strcmp(end, behind) == 0 ? step : 0;
}

static void run_step_name(unsigned long long step, char out[64]) { snprintf(out, 64, "step-%06llu.safetensors", step); }

/* Removes all but the `keep` newest; one that cannot be removed stays. */
static void run_forget(const struct train_run *r, int keep) {
    unsigned long long newest[MAX_STEPS_KEPT];
    size_t count = 0;
    char name[64];
    DIR *folder = opendir(r->path);
    for (const struct dirent *e; folder && (e = readdir(folder)) != NULL;) {
        unsigned long long step = run_step_of(e->d_name);
        if (step && count < MAX_STEPS_KEPT) newest[count++] = step;
    }
    if (folder) closedir(folder);
    for (size_t i = 0; i < count; i++) {
        int newer = 0;
        for (size_t k = 0; k < count; k++) newer += newest[k] > newest[i];
        if (newer < keep) continue;
        run_step_name(newest[i], name);
        (void)unlink(train_run_file(r, name));
    }
}

int train_run_save(struct train_command *t, struct alexcl_error *err) {
    char name[64];
    int status;
    run_step_name((unsigned long long)alexcl_train_steps(t->train), name);
    TRY(run_save(t, name, run_row(t), err));
    TRY(train_run_save_last(t, err));
    run_forget(&t->run, t->told.keep);
done:
    return status;
}

int train_run_draw(struct train_command *t, struct alexcl_error *err) {
    char title[400];
    const char *slash = strrchr(t->told.data, '/');
    snprintf(title, sizeof title, "%s, recipe %s, on %.200s", t->model->name, t->told.recipe,
             slash && slash[1] ? slash + 1 : t->told.data);
    return train_curves_write(train_run_file(&t->run, "curves.svg"), title, &t->run.history, err);
}
