/* SPDX-License-Identifier: MIT */
/* What the options that commands share name: a model, built in or a file, by itself or by its weights; devices,
 * weights, pictures; and whether arguments and names of files fit. Choices that the user did not make are told on
 * stderr. */
#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "files.h"
#include "memory.h"
#include "options.h"
#include "report.h"
#include "share.h"
#include "status.h"

/* A built-in model of this name, else the file. */
static int options_find_model(const struct options *o, const char *name, const struct alexcl_model **out,
                              struct alexcl_error *err) {
    struct alexcl_error unknown = {0};
    assert(name); /* the setting has a default */
    int status = alexcl_model_find(name, out, &unknown);
    if (status == ALEXCL_OK) return status;
    if (!strpbrk(name, "/.") && access(name, F_OK) != 0) return error_set(err, status, "%s", unknown.text);
    status = alexcl_model_open(name, &o->file->model, &o->file->weights, err);
    o->file->path = name;
    *out = o->file->model;
    return status;
}

/* The weights of this model that come with alexcl, where they are asked for or the command takes them by itself. */
static int options_find_trained(const struct options *o, const struct alexcl_model *model, struct alexcl_error *err) {
    assert(model);                                                            /* it was found or opened */
    const char *name = o->file->model ? NULL : share_trained_of(model->name); /* a file's net is none of ours */
    if (!name && !o->weights) return ALEXCL_OK;
    if (name) return share_find(o, name, &o->file->trained, err);
    struct string_buffer models = {0};
    const char *of;
    for (size_t i = 0; share_trained(i, &of); i++) string_buffer_add(&models, "%s%s", i ? ", " : "", of);
    int status = error_set(err, ALEXCL_E_USAGE,
                           "--weights trained: none of %s come with alexcl, only of: %s; name such a model by --model, "
                           "or a file",
                           model->name, models.text ? models.text : "");
    string_buffer_free(&models);
    return status;
}

/* "alexnet-small: weights that come with alexcl, share/alexcl/x.safetensors; top-1 error 8.00% when trained" */
static void options_tell_trained(const struct options *o, const struct alexcl_model *model) {
    const struct alexcl_weights_text *text;
    fprintf(stderr, "%s: weights that come with alexcl, ", model->name);
    report_text(stderr, o->file->trained);
    for (size_t i = 0; (text = alexcl_weights_file_text(o->file->given, i)) != NULL; i++)
        if (strcmp(text->key, "alexcl.top1_error") == 0)
            fprintf(stderr, "; top-1 error %.2f%% when trained", 100 * strtod(text->value, NULL));
    putc('\n', stderr);
}

const char *options_weights_path(const struct options *o) { return o->file->trained ? o->file->trained : o->weights; }

/* The model that is named (NULL: none is) for the weights that are named, if the command takes any. */
static int options_choose_model(const struct options *o, const char *name, const struct alexcl_model **out,
                                struct alexcl_error *err) {
    const struct alexcl_model *named = NULL;
    const char *why;
    int status;
    int trained = o->weights ? strcmp(o->weights, "trained") == 0 : o->takes_trained;
    if (name || !o->weights || trained) TRY(options_find_model(o, name ? name : o->model, &named, err));
    *out = named;
    if (trained && !o->file->trained) TRY(options_find_trained(o, named, err));
    const char *path = options_weights_path(o);
    if (!path) return ALEXCL_OK;
    if (!o->file->given) TRY(alexcl_weights_file_open(path, &o->file->given, err));
    TRY(alexcl_weights_file_model(o->file->given, named, out, &why, err));
    if (o->file->trained && !o->quiet) options_tell_trained(o, *out);
    if (!*why || o->quiet) return ALEXCL_OK;
    report_text(stderr, why);
    putc('\n', stderr);
done:
    return status;
}

int options_model(const struct options *o, const struct alexcl_model **out, struct alexcl_error *err) {
    int status = options_choose_model(o, o->model_named ? o->model : NULL, out, err);
    if (status != ALEXCL_OK || !o->size) return status;
    o->file->own = *out;
    const struct alexcl_model_change change = {.size = sizeof change, .height = o->size, .width = o->size};
    status = alexcl_model_derive(*out, &change, &o->file->resized, err);
    if (status != ALEXCL_OK) error_prefix(err, "--size %d: ", o->size);
    *out = o->file->resized;
    return status;
}

int options_model_argument(const struct options *o, const char *command, const struct alexcl_model **out,
                           struct alexcl_error *err) {
    int status = options_expect(o, command, 0, 1, err);
    if (status != ALEXCL_OK) return status;
    if (o->argument_count && o->model_given && strcmp(o->arguments[0], o->model) != 0)
        return error_set(err, ALEXCL_E_USAGE, "two models are named, %s and --model %s: leave one out", o->arguments[0],
                         o->model);
    return options_choose_model(o, o->argument_count ? o->arguments[0] : o->model_named ? o->model : NULL, out, err);
}

/* Those of one word, "a,b" or "all" or a name, added to the list; a file's name may hold a comma. */
static int options_add_models(char *word, struct options_list *out, struct alexcl_error *err) {
    const struct alexcl_model *m;
    size_t count = 1;
    int all = strcmp(word, "all") == 0, one = strchr(word, ',') && access(word, F_OK) == 0;
    for (char *c = word; !all && !one && *c; c++) count += *c == ',';
    for (size_t i = 0; all && (m = alexcl_model_get(i)) != NULL; i++) count += !alexcl_model_hidden(m);
    const char **names = realloc(out->names, (out->count + count) * sizeof *names);
    if (!names) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the names of models");
    out->names = names;
    for (size_t i = 0; all && (m = alexcl_model_get(i)) != NULL; i++)
        if (!alexcl_model_hidden(m)) names[out->count++] = m->name;
    for (char *end; !all && word; word = end) {
        end = one ? NULL : strchr(word, ',');
        if (end) *end++ = '\0';
        names[out->count++] = word;
    }
    return ALEXCL_OK;
}

int options_models(const struct options *o, const char *command, struct options_list *out, struct alexcl_error *err) {
    int status = options_expect(o, command, 0, INT_MAX, err);
    size_t size = 1;
    *out = (struct options_list){0};
    TRY(status);
    if (o->argument_count && o->model_given && (o->argument_count > 1 || strcmp(o->arguments[0], o->model) != 0)) {
        status = error_set(err, ALEXCL_E_USAGE, "two models are named, %s and --model %s: leave one out",
                           o->arguments[0], o->model);
        goto done;
    }
    const char *const *words = (const char *const *)o->arguments;
    size_t count = (size_t)o->argument_count;
    if (!count && o->model_named) {
        words = &o->model;
        count = 1;
    }
    for (size_t i = 0; i < count; i++) size += strlen(words[i]) + 1;
    TRY(memory_alloc(&out->text, size, 1, "the names of models", err));
    char *at = out->text;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(words[i]) + 1;
        memcpy(at, words[i], length);
        TRY(options_add_models(at, out, err));
        at += length;
    }
    if (count) goto done;
    TRY(memory_alloc(&out->names, 1, sizeof *out->names, "the names of models", err)); /* the one of options_model */
    out->count = 1;
done:
    if (status == ALEXCL_OK && out->count > 1 && o->weights)
        status = error_set(err, ALEXCL_E_USAGE, "--weights are one model's: name one, or leave them out");
    if (status != ALEXCL_OK) options_list_free(out);
    return status;
}

void options_list_free(struct options_list *list) {
    free(list->names);
    free(list->text);
    *list = (struct options_list){0};
}

int options_shapes(const struct options *o, const struct alexcl_model *model, const char *last_layer,
                   struct alexcl_plan **out, struct alexcl_error *err) {
    struct alexcl_plan_request request = {.size = sizeof request,
                                          .last_layer = last_layer,
                                          .targets = 1,
                                          .memory = {INT64_MAX},
                                          .max_alloc = {INT64_MAX},
                                          .settings = &o->settings};
    return alexcl_plan_make(model, &request, out, err);
}

int options_split_images(const struct options *o) { return o->split && strcmp(o->split, "half") != 0; }

int options_selection(const struct options *o, struct alexcl_selection **out, struct alexcl_error *err) {
    int images = options_split_images(o); /* which are split by speed, so a slow device helps as well */
    int status = alexcl_selection_open(o->devices || !images ? o->devices : "both", out, err);
    if (status != ALEXCL_OK || o->quiet) return status;
    report_text(stderr, alexcl_selection_why(*out));
    if (alexcl_selection_count(*out) < 2)
        report_text(stderr, ": both halves");
    else
        report_text(stderr, images ? ": images split " : ": one half each");
    if (alexcl_selection_count(*out) == 2 && images) report_text(stderr, o->split);
    putc('\n', stderr);
    return ALEXCL_OK;
}

/* "weights.h5: kernels from H,W,I,O to O,I,H,W; fc6: columns from H,W,C to C,H,W" */
static void options_tell_translated(const struct options *o, const char *path, const struct alexcl_weights *weights) {
    const char *line = alexcl_weights_translated(weights), *between = ": ";
    if (o->quiet || !*line) return;
    report_text(stderr, path);
    for (; *line; line += strcspn(line, "\n"), line += *line == '\n', between = "; ")
        fprintf(stderr, "%s%.*s", between, (int)strcspn(line, "\n"), line);
    putc('\n', stderr);
}

int options_weights(const struct options *o, const struct alexcl_model *model, const char *last_layer,
                    struct alexcl_weights **out, struct alexcl_error *err) {
    const char *named = options_weights_path(o), *path = named ? named : o->file->weights ? o->file->path : NULL;
    const struct alexcl_model *own = model == o->file->resized ? o->file->own : model;
    int status = o->file->given ? alexcl_weights_file_weights(o->file->given, own, last_layer, out, err)
                 : path         ? alexcl_weights_open(path, own, last_layer, out, err)
                                : alexcl_weights_generate(model, 1, NULL, NULL, 0, out, err);
    if (status == ALEXCL_OK && path) options_tell_translated(o, path, *out);
    return status;
}

const char *options_tell_precision(const struct options *o) {
    if (strcmp(o->precision, "int8") == 0) return "; weights of fully connected layers in 8 bits";
    return strcmp(o->precision, "half") == 0 ? "; weights of fully connected layers in half precision" : "";
}

int options_inputs(const struct options *o, int first, int count, int keep_going, struct image_list *out,
                   struct alexcl_error *err) {
    const char *const *names = (const char *const *)(o->arguments + first);
    for (int i = 0; i < count && !o->quiet; i++)
        if (strcmp(names[i], "-") == 0 && isatty(STDIN_FILENO))
            fprintf(stderr, "reading names from the terminal; end with Ctrl-D\n");
    int status = inputs_read(names, (size_t)count, keep_going, out, err);
    if (status != ALEXCL_OK) return status;
    if (out->note && !o->quiet) report_message(NULL, out->note);
    return out->count ? ALEXCL_OK
                      : error_set(err, ALEXCL_E_DATA, "%s names no image", count == 1 ? names[0] : "none of them");
}

int options_expect(const struct options *o, const char *command, int min, int max, struct alexcl_error *err) {
    if (o->argument_count >= min && o->argument_count <= max) return ALEXCL_OK;
    if (o->argument_count < min)
        return error_set(err, ALEXCL_E_USAGE, "`alexcl %s` wants %.*s; see `alexcl %s --help`", command,
                         (int)strcspn(options_command(command)->arguments, "\n"), options_command(command)->arguments,
                         command);
    return error_set(err, ALEXCL_E_USAGE, "`alexcl %s` does not know what to do with %s; see `alexcl %s --help`",
                     command, o->arguments[max], command);
}

int options_check_ending(const char *option, const char *path, const char *ending, struct alexcl_error *err) {
    if (!path) return ALEXCL_OK;
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path, *dot = strrchr(file, '.');
    if (!dot || dot == file || !dot[1] || strcasecmp(dot, ending) == 0) return ALEXCL_OK;
    return error_set(err, ALEXCL_E_USAGE,
                     "%s %s: a %s file is written, no other format: let its name end so, or without a point", option,
                     path, ending);
}

int options_try_file(const char *path, struct alexcl_error *err) {
    struct file *file = NULL;
    int status = path ? file_open(path, &file, err) : ALEXCL_OK;
    file_free(file);
    return status;
}

int options_check_results(const struct options *o, struct alexcl_error *err) {
    static const struct {
        const char *ending, *format;
    } known[] = {{".json", "json"}, {".csv", "csv"}, {".npy", NULL}, {".safetensors", NULL},
                 {".svg", NULL},    {".png", NULL},  {".jpg", NULL}};
    static const char *const formats[] = {"text", "json", "csv"};
    const char *dot = o->output ? strrchr(o->output, '.') : NULL;
    for (size_t i = 0; dot && i < sizeof known / sizeof known[0]; i++) {
        if (strcasecmp(dot, known[i].ending) != 0 ||
            (known[i].format && strcmp(known[i].format, formats[o->format]) == 0))
            continue;
        return error_set(err, ALEXCL_E_USAGE, "-o %s: the results are %s: %s%s", o->output, formats[o->format],
                         known[i].format ? "to have them so, add --format " : "name a file for text, JSON or CSV",
                         known[i].format ? known[i].format : "");
    }
    return ALEXCL_OK;
}

int options_layout(const char *layout, enum data_set_layout *out, struct alexcl_error *err) {
    *out = DATA_SET_TOLD;
    if (!layout) return ALEXCL_OK;
    if (strcmp(layout, "nchw") != 0 && strcmp(layout, "nhwc") != 0)
        return error_set(err, ALEXCL_E_USAGE, "--layout %s: it can be nchw or nhwc", layout);
    *out = layout[1] == 'c' ? DATA_SET_NCHW : DATA_SET_NHWC;
    return ALEXCL_OK;
}
