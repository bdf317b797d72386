/* SPDX-License-Identifier: MIT */
/* A file of weights that is looked into before a net is chosen for it. Every built-in net is tried on it: which tensor
 * is which, and what the file's metadata say. Only the number of classes may be another than the net's. Nets of one
 * shape are told apart by what the file says of itself: its metadata, the net that it describes, the names of its
 * tensors, its format. Where that does not decide there is the default net, or an answer that names what fits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metadata.h"
#include "model_check.h"
#include "sized.h"
#include "weights.h"
#include "weights_match.h"

struct alexcl_weights_file {
    char *path;
    struct source *source;
    struct alexcl_weights_tensor *tensors;
    struct alexcl_weights_text *texts;
    int tried; /* the built-in nets were */
    struct alexcl_weights_fit *fits;
    int *by_order; /* of each: its tensors are told by their order alone */
    size_t fit_count;
    /* Where none fits: the net of which most tensors do, why not all, and whether the file only ends before the net. */
    const struct alexcl_model *nearest;
    int nearest_ends;
    struct alexcl_error reason;
    struct alexcl_model **derived; /* of other numbers of classes */
    size_t derived_count;
    char *why; /* the last model was chosen */
};

int alexcl_weights_file_open(const char *path, struct alexcl_weights_file **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_weights_file *f = NULL;
    TRY(memory_alloc(&f, 1, sizeof *f, "a file of weights", err));
    TRY(memory_copy_text(&f->path, path, err));
    TRY(source_open(path, &f->source, err));
    TRY(memory_alloc(&f->tensors, f->source->tensor_count, sizeof *f->tensors, "a file's tensors", err));
    TRY(memory_alloc(&f->texts, f->source->pair_count, sizeof *f->texts, "a file's metadata", err));
    for (size_t i = 0; i < f->source->tensor_count; i++) {
        const struct source_tensor *t = &f->source->tensors[i];
        f->tensors[i] =
            (struct alexcl_weights_tensor){.name = t->name, .type = t->type_name, .dims = t->dims, .bytes = t->bytes};
        memcpy(f->tensors[i].shape, t->shape, sizeof t->shape);
    }
    for (size_t i = 0; i < f->source->pair_count; i++)
        f->texts[i] = (struct alexcl_weights_text){f->source->pairs[i].key, f->source->pairs[i].value};
    *out = f;
    f = NULL;
done:
    alexcl_weights_file_free(f);
    return status;
}

void alexcl_weights_file_free(struct alexcl_weights_file *f) {
    if (!f) return;
    for (size_t i = 0; i < f->derived_count; i++) alexcl_model_free(f->derived[i]);
    free(f->derived);
    free(f->fits);
    free(f->by_order);
    free(f->tensors);
    free(f->texts);
    free(f->why);
    free(f->path);
    source_free(f->source);
    free(f);
}

const char *alexcl_weights_kind(const char *path) { return source_kind(path); }

const char *alexcl_weights_file_kind(const struct alexcl_weights_file *f) { return f->source->kind; }

const struct alexcl_weights_tensor *alexcl_weights_file_tensor(const struct alexcl_weights_file *f, size_t index) {
    return index < f->source->tensor_count ? &f->tensors[index] : NULL;
}

const struct alexcl_weights_text *alexcl_weights_file_text(const struct alexcl_weights_file *f, size_t index) {
    return index < f->source->pair_count ? &f->texts[index] : NULL;
}

int alexcl_weights_file_random(const struct alexcl_weights_file *f) { return metadata_random(f->source); }

/* NULL, with ALEXCL_E_USAGE, behind the last one. */
static const struct source_tensor *file_tensor(const struct alexcl_weights_file *f, size_t index,
                                               struct alexcl_error *err) {
    if (index < f->source->tensor_count) return &f->source->tensors[index];
    error_set(err, ALEXCL_E_USAGE, "%s: has %zu tensors, no number %zu", f->path, f->source->tensor_count, index);
    return NULL;
}

int alexcl_weights_file_statistics(const struct alexcl_weights_file *f, size_t index,
                                   struct alexcl_weights_statistics *out, struct alexcl_error *err) {
    enum { SOME = 1 << 14 };
    int status = ALEXCL_OK;
    float *values = NULL;
    struct alexcl_weights_statistics s = {.finite = 1};
    double low = HUGE_VAL, high = -HUGE_VAL, sum = 0;
    uint64_t finite = 0;
    const struct source_tensor *t = file_tensor(f, index, err);
    if (!t) return ALEXCL_E_USAGE;
    unsigned width = source_width(t->type);
    s.known = width > 0;
    uint64_t count = width ? t->bytes / width : 0;
    TRY(memory_alloc(&values, SOME, sizeof *values, "a tensor's values", err));
    for (uint64_t first = 0; first < count; first += SOME) {
        size_t some = count - first < SOME ? (size_t)(count - first) : SOME;
        source_read(t, first, some, values);
        for (size_t i = 0; i < some; i++) {
            if (!isfinite(values[i])) continue;
            low = fmin(low, (double)values[i]);
            high = fmax(high, (double)values[i]);
            sum += (double)values[i];
            finite++;
        }
    }
    s.finite = finite == count;
    if (finite) s.min = low, s.max = high, s.mean = sum / (double)finite;
    TRY(SIZED_WRITE(alexcl_weights_statistics, &s, out, err));
done:
    free(values);
    return status;
}

int alexcl_weights_file_read(const struct alexcl_weights_file *f, size_t index, float *out, size_t count,
                             struct alexcl_error *err) {
    const struct source_tensor *t = file_tensor(f, index, err);
    if (!t) return ALEXCL_E_USAGE;
    char shown[SOURCE_SHOWN];
    unsigned width = source_width(t->type);
    if (!width)
        return error_set(err, ALEXCL_E_DATA, "%s: tensor %s is of type %s, which is not read", f->path,
                         source_show(t->name, shown), t->type_name);
    if (t->bytes / width != count)
        return error_set(err, ALEXCL_E_USAGE, "%s: tensor %s has %llu values, not %zu", f->path,
                         source_show(t->name, shown), (unsigned long long)(t->bytes / width), count);
    source_read(t, 0, count, out);
    return ALEXCL_OK;
}

/* ---- which nets fit ------------------------------------------------------------------------------ */

/* The model with that number of classes; it is the file's. */
static int file_derive(struct alexcl_weights_file *f, const struct alexcl_model *base, int classes,
                       const struct alexcl_model **out, struct alexcl_error *err) {
    const struct alexcl_model_change change = {.size = sizeof change, .classes = classes};
    struct alexcl_model **more = realloc(f->derived, (f->derived_count + 1) * sizeof *more);
    if (!more) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: a model");
    f->derived = more;
    int status = alexcl_model_derive(base, &change, &f->derived[f->derived_count], err);
    if (status == ALEXCL_OK) *out = f->derived[f->derived_count++];
    return status;
}

/* Whether a net fits, and then as which model; else why not. */
struct attempt {
    int fits, classes, by_order;
    const struct alexcl_model *model;
    size_t count; /* of tensors that do */
    int ends;     /* there are no others */
    struct alexcl_error reason;
};
static int file_try(struct alexcl_weights_file *f, const struct alexcl_model *model, struct attempt *out,
                    struct alexcl_error *err) {
    int status = ALEXCL_OK, agrees = 0;
    struct weights_list list = {0};
    struct weights_matched matched = {.any_classes = 1};
    *out = (struct attempt){.model = model};
    TRY(metadata_agrees(f->source, model, &agrees, err));
    TRY(weights_list_make(model, NULL, &list, err));
    status = weights_match(&list, f->source, f->path, 1, &matched, &out->reason);
    out->count = matched.count;
    out->ends = matched.ends;
    if (status != ALEXCL_OK && status != ALEXCL_E_DATA) {
        status = error_copy(err, &out->reason);
        goto done;
    }
    out->fits = status == ALEXCL_OK && agrees;
    status = ALEXCL_OK;
    if (!out->fits || list.count == 0) goto done;
    out->by_order = matched.by_order;
    out->classes = matched.classes ? matched.classes : list.tensors[list.count - 1].tensor.shape[0];
    if (matched.classes) TRY(file_derive(f, model, matched.classes, &out->model, err));
done:
    weights_list_free(&list);
    return status;
}

/* The built-in nets that are for tests, or those that are not. */
static int file_try_all(struct alexcl_weights_file *f, int hidden, struct alexcl_error *err) {
    const struct alexcl_model *model;
    size_t best = 0;
    for (size_t i = 0; (model = alexcl_model_get(i)) != NULL; i++) {
        struct attempt a;
        if (alexcl_model_hidden(model) != hidden) continue;
        int status = file_try(f, model, &a, err);
        if (status != ALEXCL_OK) return status;
        if (a.fits) {
            f->fits[f->fit_count] =
                (struct alexcl_weights_fit){.model = a.model, .classes = a.classes, .exact = a.model == model};
            f->by_order[f->fit_count++] = a.by_order;
        } else if (!f->nearest || a.count > best || (a.count == best && a.ends > f->nearest_ends)) {
            best = a.count;
            f->nearest = model;
            f->nearest_ends = a.ends;
            f->reason = a.reason;
        }
    }
    return ALEXCL_OK;
}

/* Names say more than an order: where they tell the tensors of one net, others are none of the file's. */
static void file_keep_named(struct alexcl_weights_file *f) {
    int named = 0;
    size_t kept = 0;
    for (size_t i = 0; i < f->fit_count; i++) named |= !f->by_order[i];
    for (size_t i = 0; i < f->fit_count; i++) {
        if (named && f->by_order[i]) continue;
        f->fits[kept] = f->fits[i];
        f->by_order[kept++] = f->by_order[i];
    }
    f->fit_count = kept;
}

int alexcl_weights_file_fits(struct alexcl_weights_file *f, const struct alexcl_weights_fit **list, size_t *count,
                             struct alexcl_error *err) {
    int status = ALEXCL_OK;
    size_t models = 0;
    while (alexcl_model_get(models)) models++;
    if (!f->fits) TRY(memory_alloc(&f->fits, models, sizeof *f->fits, "the nets that fit", err));
    if (!f->by_order) TRY(memory_alloc(&f->by_order, models, sizeof *f->by_order, "the nets that fit", err));
    if (!f->tried) {
        f->fit_count = 0;
        TRY(file_try_all(f, 0, err));
        if (!f->fit_count) TRY(file_try_all(f, 1, err)); /* those for tests would only be in the way */
        file_keep_named(f);
        f->tried = 1;
    }
    *list = f->fits;
    *count = f->fit_count;
done:
    return status;
}

/* ---- which one it is ----------------------------------------------------------------------------- */

static const struct alexcl_model *file_fit_named(const struct alexcl_weights_file *f, const char *name) {
    for (size_t i = 0; i < f->fit_count; i++)
        if (strcmp(f->fits[i].model->name, name) == 0) return f->fits[i].model;
    return NULL;
}

/* "alexnet-227, caffenet": the nets that fit, but for one; how many. */
static size_t file_list(const struct alexcl_weights_file *f, const struct alexcl_model *but,
                        struct string_buffer *out) {
    size_t listed = 0;
    for (size_t i = 0; i < f->fit_count; i++) {
        if (f->fits[i].model == but) continue;
        string_buffer_add(out, "%s%s", listed++ ? ", " : "", f->fits[i].model->name);
    }
    return listed;
}

static int file_none_fits(const struct alexcl_weights_file *f, struct alexcl_error *err) {
    return f->reason.status != ALEXCL_OK
               ? error_set(err, ALEXCL_E_DATA, "%s; no other model is nearer: `alexcl weights show` lists its tensors",
                           f->reason.text)
               : error_set(err, ALEXCL_E_DATA, "%s: its metadata are of no model of `alexcl models`", f->path);
}

static int file_say(struct alexcl_weights_file *f, struct string_buffer *why, struct alexcl_error *err) {
    free(f->why);
    f->why = why->text;
    if (!why->failed) return ALEXCL_OK;
    return error_set(err, ALEXCL_E_MEMORY, "out of host memory: why a model was chosen");
}

/* The net that fits and is meant where the format has its own, by its name; NULL: it has none, or that does not fit. */
static const struct alexcl_model *file_of_kind(const struct alexcl_weights_file *f) {
    static const char *const kinds[][2] = {{"caffemodel", "alexnet-caffe"},
                                           {"keras", "alexnet-keras"},
                                           {"keras-h5", "alexnet-keras"},
                                           {"keras-weights-h5", "alexnet-keras"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(f->source->kind, kinds[i][0]) == 0) return file_fit_named(f, kinds[i][1]);
    return NULL;
}

/* Of the nets that fit. */
static int file_choose(struct alexcl_weights_file *f, const struct alexcl_model **out, struct alexcl_error *err) {
    struct string_buffer others = {0}, why = {0};
    int status = ALEXCL_OK;
    const struct alexcl_model *chosen = NULL;
    if (f->fit_count == 1)
        chosen = f->fits[0].model;
    else if (!(chosen = file_of_kind(f)))
        chosen = file_fit_named(f, "alexnet");
    size_t count = file_list(f, chosen, &others);
    if (f->fit_count == 0 && f->nearest && f->nearest_ends)
        chosen = f->nearest; /* it may be enough for the layers that are wanted */
    else if (f->fit_count == 0)
        status = file_none_fits(f, err);
    else if (!chosen)
        status = error_set(err, ALEXCL_E_DATA,
                           "%s: %s have these tensors, and differ in what they make of them: say which "
                           "by --model",
                           f->path, others.text ? others.text : "?");
    if (status == ALEXCL_OK) {
        string_buffer_add(&why, "%s: taken for %s", f->path, chosen->name);
        if (count)
            string_buffer_add(&why, "; %s fit%s as well, and differ%s in preparation or layers: --model says which",
                              others.text ? others.text : "?", count == 1 ? "s" : "", count == 1 ? "s" : "");
        status = file_say(f, &why, err);
        *out = chosen;
    }
    string_buffer_free(&others);
    return status;
}

/* One that is named: of another number of classes where only that is the file's. */
static int file_model_named(struct alexcl_weights_file *f, const struct alexcl_model *model,
                            const struct alexcl_model **out, struct alexcl_error *err) {
    struct attempt a;
    int status = file_try(f, model, &a, err);
    if (status == ALEXCL_OK) *out = a.model;
    return status;
}

int alexcl_weights_file_model(struct alexcl_weights_file *f, const struct alexcl_model *wanted,
                              const struct alexcl_model **out, const char **why, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    size_t count;
    const struct alexcl_weights_fit *fits;
    const struct alexcl_model *chosen = wanted ? wanted : metadata_model(f->source);
    TRY(file_say(f, &(struct string_buffer){0}, err));
    if (chosen) {
        TRY(file_model_named(f, chosen, out, err));
    } else if (f->source->model) {
        status = file_derive(f, f->source->model, 0, out, err);
        if (status == ALEXCL_E_USAGE && err) err->status = status = ALEXCL_E_DATA;
        if (status != ALEXCL_OK) error_prefix(err, "%s: ", f->path);
        if (status == ALEXCL_OK) source_tell(f->source, f->path);
    } else {
        TRY(alexcl_weights_file_fits(f, &fits, &count, err));
        TRY(file_choose(f, out, err));
    }
    if (why) *why = f->why ? f->why : "";
done:
    return status;
}

int alexcl_weights_file_weights(const struct alexcl_weights_file *f, const struct alexcl_model *model,
                                const char *last_layer, struct alexcl_weights **out, struct alexcl_error *err) {
    return weights_of_source(f->source, f->path, model, last_layer, out, err);
}
