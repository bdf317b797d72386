/* SPDX-License-Identifier: MIT */
/* Checkpoints. A file has the weights by their names, as any file of weights; of each that is trained the optimiser's
 * states, as "optimizer/<name>/<state>"; and in its metadata all else that a step depends on. Tensors are read from the
 * targets and written in pieces, so that none is held whole beside the net. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph_backward.h"
#include "memory.h"
#include "metadata.h"
#include "safetensors.h"
#include "sized.h"
#include "train_private.h"
#include "weights_match.h"

static const char *const state_names[2][UPDATE_STATES] = {{"velocity", NULL}, {"mean", "square"}};

/* A tensor of the file. */
struct checkpoint_entry {
    const struct weights_tensor *tensor;
    int layer, index; /* of the graph; which of the layer's tensors */
    int state;        /* -1: the weights themselves */
    struct string_buffer name;
};
struct checkpoint {
    struct alexcl_train *train;
    struct weights_list list;
    struct checkpoint_entry *entries;
    size_t count;
    float *rows; /* of the last call */
};

/* ---- which tensors ---- */

static const char *checkpoint_state_name(const struct alexcl_train *t, int state) {
    return state_names[update_states(t->recipe.optimizer.form) > 1][state];
}

static void checkpoint_find_layer(const struct alexcl_train *t, struct checkpoint_entry *e) {
    const struct graph *g = t->net->workers[0].graph;
    const char *name = alexcl_model_row(t->model, (size_t)e->tensor->layer)->name;
    e->layer = -1;
    for (int i = 0; i < g->layer_count; i++) {
        const struct layer_shape *s = &g->layers[i].half[0].shape;
        if (strcmp(s->desc->name, name) != 0) continue;
        e->layer = i;
        for (int k = 0; k < s->tensor_count; k++)
            if (strcmp(s->tensors[k].suffix, e->tensor->tensor.suffix) == 0) e->index = k;
    }
}

static int checkpoint_is_trained(const struct alexcl_train *t, const struct checkpoint_entry *e) {
    return e->layer >= 0 && t->net->workers[0].graph->backward->layers[e->layer].runs[LAYER_WEIGHT_GRADIENT];
}

static int checkpoint_make(struct alexcl_train *t, struct checkpoint *c, struct alexcl_error *err) {
    int status = ALEXCL_OK, states = update_states(t->recipe.optimizer.form);
    *c = (struct checkpoint){.train = t};
    TRY(weights_list_make(t->model, NULL, &c->list, err));
    TRY(memory_alloc(&c->entries, c->list.count * (1 + UPDATE_STATES), sizeof *c->entries, "a checkpoint", err));
    for (int state = -1; state < states; state++)
        for (size_t i = 0; i < c->list.count; i++) {
            struct checkpoint_entry *e = &c->entries[c->count];
            *e = (struct checkpoint_entry){.tensor = &c->list.tensors[i], .state = state};
            checkpoint_find_layer(t, e);
            if (state >= 0 && !checkpoint_is_trained(t, e)) continue;
            c->count++;
            if (state < 0)
                string_buffer_add(&e->name, "%s", e->tensor->name);
            else
                string_buffer_add(&e->name, "optimizer/%s/%s", e->tensor->name, checkpoint_state_name(t, state));
            if (e->name.failed) {
                status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: a checkpoint");
                goto done;
            }
        }
done:
    return status;
}

static void checkpoint_free(struct checkpoint *c) {
    for (size_t i = 0; i < c->count; i++) string_buffer_free(&c->entries[i].name);
    free(c->entries);
    free(c->rows);
    weights_list_free(&c->list);
}

/* ---- where their values are ---- */

/* Rows of an entry that a half has. */
struct checkpoint_part {
    struct storage *storage;
    int first, count; /* rows of the whole tensor */
    size_t at;        /* the float in `storage` at which they begin */
};

/* What half `half` has of rows first .. first+count-1. */
static struct checkpoint_part checkpoint_part(const struct alexcl_train *t, const struct checkpoint_entry *e, int half,
                                              int first, int count) {
    struct worker *worker = train_worker(t, half);
    struct layer *l = &worker->graph->layers[e->layer].half[half];
    const struct layer_tensor *tensor = &l->shape.tensors[e->index];
    int from = first > tensor->first ? first : tensor->first, mine = tensor->first + tensor->count,
        end = first + count < mine ? first + count : mine;
    struct checkpoint_part part = {&l->master[e->index], from, end > from ? end - from : 0,
                                   (size_t)(from - tensor->first) * layer_tensor_row(tensor)};
    if (e->state >= 0) part.storage = &worker->backward->states[half][e->layer][e->index][e->state];
    return part;
}

/* Reads or writes rows of an entry that is trained. */
static int checkpoint_move(const struct alexcl_train *t, const struct checkpoint_entry *e, int first, int count,
                           float *rows, int write, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    size_t row = layer_tensor_row(&e->tensor->tensor);
    for (int h = 0; h < 2 && status == ALEXCL_OK; h++) {
        struct checkpoint_part part = checkpoint_part(t, e, h, first, count);
        float *at = rows + (size_t)(part.first - first) * row;
        if (part.count == 0) continue;
        status = write ? storage_write(part.storage, part.at, at, (size_t)part.count * row, err)
                       : storage_read(part.storage, part.at, at, (size_t)part.count * row, err);
    }
    return status;
}

/* ---- saving ---- */

static int checkpoint_rows(void *user, size_t entry, int first, int count, const float **values,
                           struct alexcl_error *err) {
    struct checkpoint *c = user;
    const struct checkpoint_entry *e = &c->entries[entry];
    const struct layer_tensor *tensor = &e->tensor->tensor;
    int status = memory_alloc_floats(&c->rows, (size_t)count * layer_tensor_row(tensor), "rows of a checkpoint", err);
    if (status != ALEXCL_OK) return status;
    *values = c->rows;
    if (checkpoint_is_trained(c->train, e)) return checkpoint_move(c->train, e, first, count, c->rows, 0, err);
    struct weights_view view; /* nothing has changed it */
    status = weights_view_open(c->train->weights, alexcl_model_row(c->train->model, (size_t)e->tensor->layer),
                               tensor->suffix, tensor->dims, tensor->shape, first, count, &view, err);
    if (status == ALEXCL_OK) memcpy(c->rows, view.values, view.count * sizeof *c->rows);
    weights_view_close(&view);
    return status;
}

static void checkpoint_rows_done(void *user) {
    struct checkpoint *c = user;
    free(c->rows);
    c->rows = NULL;
}

/* Keys of metadata.c's list. */
enum { TEXT_STEP, TEXT_EPOCH, TEXT_SEED, TEXT_RECIPE, TEXT_SCHEDULE, TEXT_FROZEN, TEXT_MICRO_BATCH, TEXTS };
static const char *const text_keys[TEXTS] = {"alexcl.step",     "alexcl.epoch",  "alexcl.seed",       "alexcl.recipe",
                                             "alexcl.schedule", "alexcl.frozen", "alexcl.micro_batch"};

static int checkpoint_make_texts(const struct alexcl_train *t, struct string_buffer texts[TEXTS],
                                 struct alexcl_error *err) {
    const struct train_progress *p = &t->progress;
    const struct graph *g = t->net->workers[0].graph;
    const char *field, *meaning;
    int failed = 0;
    string_buffer_add(&texts[TEXT_STEP], "%" PRIu64, p->steps);
    string_buffer_add(&texts[TEXT_EPOCH], "%" PRIu64, p->epochs);
    string_buffer_add(&texts[TEXT_SEED], "%" PRIu64, t->seed);
    string_buffer_add(&texts[TEXT_RECIPE], "%s", t->recipe.name);
    for (size_t i = 0; recipe_field(i, &field, &meaning); i++) {
        char value[RECIPE_TEXT];
        recipe_show(&t->recipe, i, value);
        string_buffer_add(&texts[TEXT_RECIPE], " %s=%s", field, value);
    }
    string_buffer_add(&texts[TEXT_SCHEDULE], "%d %d %d %a", p->schedule.drops, p->schedule.waited, p->schedule.known,
                      p->schedule.best);
    string_buffer_add(&texts[TEXT_FROZEN], "%s", "");
    for (int i = 0; i < g->layer_count; i++) {
        const struct layer_shape *s = &g->layers[i].half[0].shape;
        int frozen = 0;
        for (int k = 0; k < s->tensor_count; k++) frozen |= s->tensors[k].trainable;
        if (frozen && !g->backward->layers[i].runs[LAYER_WEIGHT_GRADIENT])
            string_buffer_add(&texts[TEXT_FROZEN], "%s%s", texts[TEXT_FROZEN].length ? "\n" : "", s->desc->name);
    }
    string_buffer_add(&texts[TEXT_MICRO_BATCH], "%d", t->net->images);
    for (int i = 0; i < TEXTS; i++) failed |= texts[i].failed;
    return failed ? error_set(err, ALEXCL_E_MEMORY, "out of host memory: a checkpoint's metadata") : ALEXCL_OK;
}

int alexcl_train_save(struct alexcl_train *t, const char *path, const struct alexcl_train_note *notes,
                      size_t note_count, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct checkpoint c = {0};
    struct metadata told = {0};
    struct string_buffer texts[TEXTS] = {{0}};
    struct source_pair *pairs = NULL;
    struct safetensors_entry *entries = NULL;
    size_t count = 0;
    TRY(train_check_whole(t, err));
    TRY(checkpoint_make(t, &c, err));
    TRY(metadata_make(t->model, &told, err));
    TRY(checkpoint_make_texts(t, texts, err));
    TRY(memory_alloc(&pairs, told.count + TEXTS + note_count + 1, sizeof *pairs, "a checkpoint's metadata", err));
    for (size_t i = 0; i < told.count; i++)
        pairs[count++] = (struct source_pair){told.list[i].key.text, told.list[i].value.text};
    pairs[count++] = (struct source_pair){METADATA_ORIGIN, "training"};
    for (int i = 0; i < TEXTS; i++)
        if (texts[i].length) pairs[count++] = (struct source_pair){text_keys[i], texts[i].text};
    for (size_t i = 0; i < note_count; i++) pairs[count++] = (struct source_pair){notes[i].key, notes[i].value};
    TRY(memory_alloc(&entries, c.count, sizeof *entries, "a checkpoint", err));
    for (size_t i = 0; i < c.count; i++) {
        const struct layer_tensor *tensor = &c.entries[i].tensor->tensor;
        entries[i] = (struct safetensors_entry){.name = c.entries[i].name.text, .dims = tensor->dims};
        memcpy(entries[i].shape, tensor->shape, sizeof entries[i].shape);
    }
    const struct safetensors_content content = {.metadata = pairs,
                                                .metadata_count = count,
                                                .entries = entries,
                                                .entry_count = c.count,
                                                .rows = checkpoint_rows,
                                                .rows_done = checkpoint_rows_done,
                                                .user = &c};
    TRY(safetensors_write(path, &content, err));
done:
    checkpoint_free(&c);
    metadata_free(&told);
    for (int i = 0; i < TEXTS; i++) string_buffer_free(&texts[i]);
    free(pairs);
    free(entries);
    return status;
}

/* ---- going on ---- */

static const char *checkpoint_text(const struct source *file, int text) {
    for (size_t i = 0; i < file->pair_count; i++)
        if (strcmp(file->pairs[i].key, text_keys[text]) == 0) return file->pairs[i].value;
    return NULL;
}

static int checkpoint_refuse(const char *path, int text, struct alexcl_error *err) {
    return error_set(err, ALEXCL_E_DATA,
                     "%s: its %s is missing or none that training writes: name a checkpoint, last.safetensors of a "
                     "folder of training",
                     path, text_keys[text]);
}

/* A text that is a number of digits alone. */
static int checkpoint_number(const struct source *file, int text, const char *path, uint64_t *out,
                             struct alexcl_error *err) {
    const char *value = checkpoint_text(file, text);
    char *end = NULL;
    if (!value || strspn(value, "0123456789") != strlen(value) || strlen(value) > 19 || !*value)
        return checkpoint_refuse(path, text, err);
    *out = strtoull(value, &end, 10);
    return ALEXCL_OK;
}

/* "paper optimizer=sgd momentum=0.9 ..." */
static int checkpoint_recipe(const struct source *file, const char *path, struct recipe *out,
                             struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const char *value = checkpoint_text(file, TEXT_RECIPE);
    char *text = NULL, *rest, *word;
    if (!value) return checkpoint_refuse(path, TEXT_RECIPE, err);
    TRY(memory_copy_text(&text, value, err));
    word = strtok_r(text, " ", &rest);
    struct alexcl_error why = {0};
    if (!word || recipe_find(word, out, &why) != ALEXCL_OK) status = checkpoint_refuse(path, TEXT_RECIPE, err);
    while (status == ALEXCL_OK && (word = strtok_r(NULL, " ", &rest)) != NULL) {
        char *equals = strchr(word, '=');
        if (equals) *equals = '\0';
        if (!equals || recipe_set(out, word, equals + 1, &why) != ALEXCL_OK)
            status = checkpoint_refuse(path, TEXT_RECIPE, err);
    }
    if (status == ALEXCL_OK && recipe_check(out, &why) != ALEXCL_OK) status = checkpoint_refuse(path, TEXT_RECIPE, err);
done:
    free(text);
    return status;
}

static int checkpoint_progress(const struct source *file, const char *path, struct train_progress *out,
                               struct alexcl_error *err) {
    int status = ALEXCL_OK, used = 0;
    const char *text = checkpoint_text(file, TEXT_SCHEDULE);
    struct schedule *s = &out->schedule;
    TRY(checkpoint_number(file, TEXT_STEP, path, &out->steps, err));
    TRY(checkpoint_number(file, TEXT_EPOCH, path, &out->epochs, err));
    if (!text || sscanf(text, "%d %d %d %la%n", &s->drops, &s->waited, &s->known, &s->best, &used) != 4 || text[used] ||
        s->drops < 0 || s->waited < 0)
        status = checkpoint_refuse(path, TEXT_SCHEDULE, err);
done:
    return status;
}

/* Gives the optimiser the states of the file. */
static int checkpoint_restore(struct alexcl_train *t, const struct source *file, const char *path,
                              struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct checkpoint c;
    TRY(checkpoint_make(t, &c, err));
    for (size_t i = 0; i < c.count; i++) {
        const struct checkpoint_entry *e = &c.entries[i];
        const struct layer_tensor *tensor = &e->tensor->tensor;
        const struct source_tensor *from = source_find(file, e->name.text);
        size_t row = layer_tensor_row(tensor), count = (size_t)tensor->shape[0] * row;
        if (e->state < 0) continue; /* opened as weights */
        if (!from || from->type != SOURCE_F32 || from->bytes != count * sizeof(float)) {
            status = error_set(err, ALEXCL_E_DATA, "%s: tensor %s, which the optimiser goes on with, %s", path,
                               e->name.text, from ? "is of another size or type" : "is missing");
            goto done;
        }
        TRY(memory_alloc_floats(&c.rows, count, "an optimiser's state", err));
        source_read(from, 0, count, c.rows);
        TRY(checkpoint_move(t, e, 0, tensor->shape[0], c.rows, 1, err));
        checkpoint_rows_done(&c);
    }
done:
    checkpoint_free(&c);
    return status;
}

/* The lines of a text, in place; as many as there are. */
static size_t checkpoint_lines(char *text, const char **lines) {
    size_t count = 0;
    char *rest;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) lines[count++] = line;
    return count;
}

int alexcl_train_resume(const char *path, const struct alexcl_model *model, const struct alexcl_selection *sel,
                        const struct alexcl_train_options *asked, struct alexcl_train **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_train_options o, options;
    struct alexcl_train *t = NULL;
    struct alexcl_weights *weights = NULL;
    struct source *file = NULL;
    struct recipe recipe;
    struct train_progress progress = {0};
    uint64_t seed, micro_batch;
    char *frozen = NULL;
    const char **lines = NULL;
    TRY(SIZED_READ(alexcl_train_options, asked, &o, err));
    TRY(source_open(path, &file, err));
    TRY(checkpoint_progress(file, path, &progress, err));
    TRY(checkpoint_number(file, TEXT_SEED, path, &seed, err));
    TRY(checkpoint_number(file, TEXT_MICRO_BATCH, path, &micro_batch, err));
    TRY(checkpoint_recipe(file, path, &recipe, err));
    const char *text = checkpoint_text(file, TEXT_FROZEN);
    TRY(memory_copy_text(&frozen, text ? text : "", err));
    TRY(memory_alloc(&lines, strlen(frozen) + 1, sizeof *lines, "the frozen layers", err));
    TRY(alexcl_weights_open(path, model, NULL, &weights, err));
    options = (struct alexcl_train_options){.size = sizeof options,
                                            .micro_batch = o.micro_batch ? o.micro_batch : (int)micro_batch,
                                            .memory = o.memory,
                                            .frozen = lines,
                                            .frozen_count = checkpoint_lines(frozen, lines),
                                            .settings = o.settings,
                                            .progress = o.progress,
                                            .cancel = o.cancel,
                                            .user = o.user};
    TRY(train_open(model, weights, sel, &options, &recipe, seed, &t, err));
    t->resumed = weights;
    weights = NULL;
    t->progress = progress;
    TRY(checkpoint_restore(t, file, path, err));
    *out = t;
    t = NULL;
done:
    alexcl_train_free(t);
    alexcl_weights_free(weights);
    source_free(file);
    free(frozen);
    free(lines);
    return status;
}
