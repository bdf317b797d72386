/* SPDX-License-Identifier: MIT */
/* `alexcl models`: the built-in models, all conventions of one, and what is another in others. Figures come from a
 * plan, by the same functions that build a net. A net is laid out once, as the JSON document; text and comparison are
 * made of that. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "report.h"
#include "share.h"
#include "status.h"

struct models_options {
    const char *compare;
};
static const struct option_row models_rows[] = {
    {0, "compare", "MODEL", "what is another in it, and in those behind it",
     OPTION_TEXT(struct models_options, compare)},
};
static const struct models_options models_defaults = {0};
static const struct option_table models_options = OPTION_TABLE(models_rows, models_defaults);

/* `trained`: the file of weights that come with alexcl, or NULL. */
static void models_line(const struct alexcl_model *m, const struct alexcl_plan *plan, const char *trained) {
    char input[40];
    snprintf(input, sizeof input, "%dx%dx%d", m->channels, m->height, m->width);
    printf("%-19s %-11s %11s parameters %14s MACs/image\n    %s\n", m->name, input, report_count(plan->parameters),
           report_count(plan->macs), m->about);
    if (trained) printf("    weights come with alexcl: %s\n", trained);
}

#define MODELS_CSV "name,input,parameters,macs,about,trained\r\n"
static void models_csv(const struct alexcl_model *m, const struct alexcl_plan *plan, const char *trained, int alone) {
    char input[40], number[24];
    if (alone) fputs(MODELS_CSV, stdout);
    snprintf(input, sizeof input, "%dx%dx%d", m->channels, m->height, m->width);
    report_csv(m->name, 0);
    report_csv(input, 0);
    snprintf(number, sizeof number, "%llu", (unsigned long long)plan->parameters);
    report_csv(number, 0);
    snprintf(number, sizeof number, "%llu", (unsigned long long)plan->macs);
    report_csv(number, 0);
    report_csv(m->about, 0);
    report_csv(trained, 1);
}

static int models_list(const struct options *o, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    json_t *list = o->format == FORMAT_JSON ? json_array() : NULL;
    if (o->format == FORMAT_CSV) fputs(MODELS_CSV, stdout);
    const struct alexcl_model *m;
    for (size_t i = 0; status == ALEXCL_OK && (m = alexcl_model_get(i)) != NULL; i++) {
        struct alexcl_plan *plan;
        if (alexcl_model_hidden(m) && !o->verbose) continue;
        status = options_shapes(o, m, NULL, &plan, err);
        if (status != ALEXCL_OK) break;
        const char *trained = share_trained_of(m->name);
        if (o->format == FORMAT_JSON) {
            report_append(list,
                          json_pack("{s:s, s:[i,i,i], s:I, s:I, s:s, s:o}", "name", m->name, "input", m->channels,
                                    m->height, m->width, "parameters", (json_int_t)plan->parameters, "macs",
                                    (json_int_t)plan->macs, "about", m->about, "trained", report_string(trained)));
        } else if (o->format == FORMAT_CSV) {
            models_csv(m, plan, trained, 0);
        } else {
            models_line(m, plan, trained);
        }
        alexcl_plan_free(plan);
    }
    if (status != ALEXCL_OK) {
        json_decref(list);
        return status;
    }
    return o->format == FORMAT_JSON ? report_json_list("models", "models", list, err) : ALEXCL_OK;
}

/* ---- all conventions of a net -------------------------------------------------------------------- */

static const char *models_colour(const struct alexcl_model *m) {
    static const char *const colours[] = {[ALEXCL_RGB] = "RGB", [ALEXCL_BGR] = "BGR", [ALEXCL_GREY] = "grey"};
    return colours[m->colour];
}

static json_t *models_numbers(const int *numbers, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) report_append(list, json_integer(numbers[i]));
    return list;
}

/* One a channel. */
static json_t *models_channels(const struct alexcl_model *m, const double *values, double without) {
    json_t *list = json_array();
    for (int c = 0; c < m->channels; c++) report_append(list, json_real(values ? values[c] : without));
    return list;
}

static void models_set_numbers(json_t *out, const char *key, const int *numbers, size_t count) {
    int any = 0;
    for (size_t i = 0; i < count; i++) any |= numbers[i];
    if (any) report_set(out, key, count == 1 ? json_integer(numbers[0]) : models_numbers(numbers, count));
}

static void models_set_real(json_t *out, const char *key, double value) {
    if (value != 0) report_set(out, key, json_real(value));
}

/* A layer, with the fields that are not 0. */
static json_t *models_layer(const struct alexcl_model *m, size_t index) {
    const struct alexcl_layer *l = alexcl_model_row(m, index);
    const char *before = index ? alexcl_model_row(m, index - 1)->name : ALEXCL_INPUT;
    const char *const alone[] = {before, NULL}, *const *inputs = l->inputs ? l->inputs : alone;
    json_t *list = json_array();
    for (; *inputs; inputs++) report_append(list, report_string(*inputs));
    json_t *out = json_pack("{s:o, s:s, s:o}", "name", report_string(l->name), "type", alexcl_layer_type_name(l->type),
                            "inputs", list);
    models_set_numbers(out, "outputs", &l->outputs, 1);
    models_set_numbers(out, "kernel", l->kernel, 2);
    models_set_numbers(out, "stride", l->stride, 2);
    models_set_numbers(out, "dilation", l->dilation, 2);
    models_set_numbers(out, "pad", l->pad, 4);
    models_set_numbers(out, "ceil_mode", &l->ceil_mode, 1);
    models_set_numbers(out, "count_include_pad", &l->count_include_pad, 1);
    models_set_numbers(out, "groups", &l->groups, 1);
    models_set_numbers(out, "window", l->window, 2);
    models_set_real(out, "k", l->k);
    models_set_real(out, "alpha", l->alpha);
    models_set_real(out, "beta", l->beta);
    if (strcmp(alexcl_layer_type_name(l->type), "lrn") == 0)
        report_set(out, "lrn_scope", json_string(l->lrn_scope == ALEXCL_LRN_SCOPE_HALF ? "half" : "layer"));
    if (l->rate != 0)
        report_set(out, "dropout", json_string(l->dropout == ALEXCL_DROPOUT_PAPER ? "paper" : "inverted"));
    models_set_real(out, "rate", l->rate);
    models_set_real(out, "gain", l->gain);
    if (l->connections) report_set(out, "connections", json_true());
    return out;
}

/* Of the net's first normalisation across channels; null where it has none. Alpha is always on the plain sum here. */
static json_t *models_lrn(const struct alexcl_model *m) {
    for (size_t i = 0; i < m->layer_count; i++) {
        const struct alexcl_layer *l = alexcl_model_row(m, i);
        if (strcmp(alexcl_layer_type_name(l->type), "lrn") != 0) continue;
        return json_pack("{s:i, s:f, s:f, s:f, s:b, s:s}", "n", l->window[1] - l->window[0] + 1, "k", l->k, "alpha",
                         l->alpha, "beta", l->beta, "divided_by_n", 0, "scope",
                         l->lrn_scope == ALEXCL_LRN_SCOPE_HALF ? "half" : "layer");
    }
    return json_null();
}

/* One of the nets that are named. */
struct models_net {
    const char *name; /* as it is named */
    const struct alexcl_model *model;
    struct alexcl_model *read; /* of a file */
    struct alexcl_plan *plan;
    json_t *document;
};

static const char *models_trained(const struct models_net *n) {
    return n->read ? NULL : share_trained_of(n->model->name);
}

static json_t *models_document(const struct models_net *n) {
    const struct alexcl_model *m = n->model;
    struct alexcl_shape out = n->plan->layers[n->plan->layer_count - 1].out;
    json_t *layers = json_array();
    for (size_t i = 0; i < m->layer_count; i++) report_append(layers, models_layer(m, i));
    return json_pack("{s:o, s:o, s:o, s:[i,i,i], s:s, s:i, s:f, s:o, s:o, s:[i,i], s:i, s:I, s:I, s:o, s:o, s:o}",
                     "name", report_string(m->name), "about", report_string(m->about), "source",
                     report_string(n->read ? n->name : "built in"), "input", m->channels, m->height, m->width, "colour",
                     models_colour(m), "resize", m->resize, "scale", m->scale, "mean", models_channels(m, m->mean, 0),
                     "std", models_channels(m, m->std, 1), "crop", m->height, m->width, "classes",
                     out.c * out.h * out.w, "parameters", (json_int_t)n->plan->parameters, "macs",
                     (json_int_t)n->plan->macs, "layers", layers, "lrn", models_lrn(m), "trained",
                     report_string(models_trained(n)));
}

/* A value on one line: numbers shortly, a list's with commas between them. NULL is "-". */
static void models_value(const json_t *value, char *out, size_t size) {
    size_t used = 0;
    const char *key;
    json_t *part;
    char text[300];
    out[0] = '\0';
    if (json_is_object(value)) {
        json_object_foreach((json_t *)value, key, part) {
            models_value(part, text, sizeof text);
            if (used < size) used += (size_t)snprintf(out + used, size - used, "%s%s %s", used ? ", " : "", key, text);
        }
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            models_value(json_array_get(value, i), text, sizeof text);
            if (used < size) used += (size_t)snprintf(out + used, size - used, "%s%s", i ? "," : "", text);
        }
    } else if (json_is_string(value)) {
        snprintf(out, size, "%s", json_string_value(value));
    } else if (json_is_integer(value)) {
        snprintf(out, size, "%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        snprintf(out, size, "%.6g", json_real_value(value));
    } else {
        snprintf(out, size, "%s", json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "-");
    }
}

/* A layer's fields: the column where they begin, and where a line ends. */
enum { FIELDS = 21, WIDTH = 80 };

/* Prints a field from a column on, and says at which one it ended: a list that is too long for a line goes on in the
 * next ones, under its first. */
static size_t models_field(const char *key, const char *value, size_t column) {
    size_t begin = column + (size_t)printf(" %s ", key);
    column = begin;
    for (size_t length; *value; value += length) {
        length = strcspn(value, ",");
        length += value[length] == ',';
        if (column + length > WIDTH && column > begin) {
            printf("\n%*s", (int)begin, "");
            column = begin;
        }
        column += (size_t)printf("%.*s", (int)length, value);
    }
    return column;
}

static void models_text(const struct models_net *n) {
    static const char *const conventions[] = {"source", "colour", "resize", "crop",   "scale",
                                              "mean",   "std",    "lrn",    "classes"};
    char value[1000];
    models_line(n->model, n->plan, models_trained(n));
    putchar('\n');
    for (size_t i = 0; i < sizeof conventions / sizeof *conventions; i++) {
        models_value(json_object_get(n->document, conventions[i]), value, sizeof value);
        printf("%-10s ", conventions[i]);
        report_text(stdout, value);
        putchar('\n');
    }
    puts("           value = (pixel * scale - mean) / std, pixel 0..255\n\nlayers");
    json_t *layer, *field;
    size_t i;
    const char *key, *before = ALEXCL_INPUT;
    json_array_foreach(json_object_get(n->document, "layers"), i, layer) {
        const char *name = json_string_value(json_object_get(layer, "name")),
                   *type = json_string_value(json_object_get(layer, "type"));
        size_t column = 0;
        models_value(json_object_get(layer, "inputs"), value, sizeof value);
        int elsewhere = strcmp(value, before) != 0;
        int name_width = printf("%-11s", name ? name : "");
        printf(" %s", type);
        json_object_foreach(layer, key, field) {
            if (strcmp(key, "name") == 0 || strcmp(key, "type") == 0 || (strcmp(key, "inputs") == 0 && !elsewhere))
                continue;
            models_value(field, value, sizeof value);
            size_t length = strlen(key) + strlen(value) + 2;
            size_t used = column ? column : (size_t)(name_width + 1) + strlen(type);
            if (used + length > WIDTH || (!column && used > FIELDS)) {
                printf("\n%*s", FIELDS, "");
                column = FIELDS;
            } else if (!column) {
                printf("%*s", FIELDS - (int)used, "");
                column = FIELDS;
            }
            column = models_field(key, value, column);
        }
        putchar('\n');
        before = name ? name : "";
    }
}

/* ---- side by side -------------------------------------------------------------------------------- */

static json_t *models_find_layer(const json_t *document, const char *name) {
    json_t *layer;
    size_t i;
    json_array_foreach(json_object_get(document, "layers"), i, layer) {
        const char *own = json_string_value(json_object_get(layer, "name"));
        if (own && strcmp(own, name) == 0) return layer;
    }
    return NULL;
}

/* Adds a row where the nets' values are not all the same; a NULL is "-". */
static void models_compare_values(json_t *rows, const char *key, const struct models_net *nets, size_t count,
                                  json_t *(*value)(const json_t *document, const void *user), const void *user) {
    json_t *values = json_array();
    int differ = 0;
    for (size_t i = 0; i < count; i++) {
        json_t *v = value(nets[i].document, user), *first = json_array_get(values, 0);
        report_append(values, v ? json_incref(v) : json_null());
        if (i) differ |= !json_equal(first, v ? v : json_null());
    }
    if (differ)
        report_append(rows, json_pack("{s:s, s:o}", "what", key, "values", values));
    else
        json_decref(values);
}

static json_t *models_whole(const json_t *document, const void *key) { return json_object_get(document, key); }

struct models_field {
    const char *layer, *field;
};
static json_t *models_field_of(const json_t *document, const void *user) {
    const struct models_field *f = user;
    return json_object_get(models_find_layer(document, f->layer), f->field);
}

/* The layers of the i-th net that none before it has, and all their fields in any of them. */
static void models_compare_layers(json_t *rows, const struct models_net *nets, size_t count, size_t i) {
    static const char *const fields[] = {"type",  "inputs",    "outputs",           "kernel",  "stride", "dilation",
                                         "pad",   "ceil_mode", "count_include_pad", "groups",  "window", "k",
                                         "alpha", "beta",      "lrn_scope",         "dropout", "rate",   "connections"};
    json_t *layer;
    size_t at;
    json_array_foreach(json_object_get(nets[i].document, "layers"), at, layer) {
        struct models_field f = {json_string_value(json_object_get(layer, "name")), NULL};
        int seen = 0;
        for (size_t j = 0; j < i && f.layer; j++) seen |= models_find_layer(nets[j].document, f.layer) != NULL;
        for (size_t k = 0; k < sizeof fields / sizeof *fields && f.layer && !seen; k++) {
            char key[300];
            f.field = fields[k];
            snprintf(key, sizeof key, "%.255s.%s", f.layer, f.field);
            models_compare_values(rows, key, nets, count, models_field_of, &f);
        }
    }
}

static int models_compare(const struct options *o, const struct models_net *nets, size_t count,
                          struct alexcl_error *err) {
    static const char *const whole[] = {"source", "input", "colour", "resize",  "scale",      "mean",
                                        "std",    "crop",  "lrn",    "classes", "parameters", "macs"};
    json_t *rows = json_array(), *row, *names = json_array();
    char value[1000];
    size_t r;
    int status = ALEXCL_OK, first = 8, width = 8;
    for (size_t i = 0; i < count; i++) report_append(names, report_string(nets[i].model->name));
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        models_compare_values(rows, whole[i], nets, count, models_whole, whole[i]);
    for (size_t i = 0; i < count; i++) models_compare_layers(rows, nets, count, i);
    json_array_foreach(rows, r, row) {
        first = report_column(first, json_string_value(json_object_get(row, "what")));
        for (size_t i = 0; i < count; i++) {
            width = report_column(width, nets[i].model->name);
            models_value(json_array_get(json_object_get(row, "values"), i), value, sizeof value);
            if (strlen(value) <= 24) width = report_column(width, value); /* longer ones have lines of their own */
        }
    }
    if (o->format == FORMAT_JSON) {
        status = report_json("models", json_pack("{s:O, s:O}", "models", names, "differ", rows), err);
    } else if (o->format == FORMAT_CSV) {
        fputs("what,", stdout);
        for (size_t i = 0; i < count; i++) report_csv(nets[i].model->name, i + 1 == count);
        json_array_foreach(rows, r, row) {
            report_csv(json_string_value(json_object_get(row, "what")), 0);
            for (size_t i = 0; i < count; i++) {
                models_value(json_array_get(json_object_get(row, "values"), i), value, sizeof value);
                report_csv(value, i + 1 == count);
            }
        }
    } else {
        printf("%-*s", first, "");
        for (size_t i = 0; i < count; i++) printf("  %-*s", i + 1 == count ? 0 : width, nets[i].model->name);
        putchar('\n');
        json_array_foreach(rows, r, row) {
            int broken = 0;
            printf("%-*s", first, json_string_value(json_object_get(row, "what")));
            for (size_t i = 0; i < count; i++) {
                models_value(json_array_get(json_object_get(row, "values"), i), value, sizeof value);
                if (broken) printf("\n%*s", first + (int)i * (width + 2), "");
                broken = strlen(value) > (size_t)width && i + 1 < count;
                printf("  %-*s", i + 1 == count ? 0 : width, value);
            }
            putchar('\n');
        }
        if (!json_array_size(rows)) puts("nothing differs");
    }
    json_decref(rows);
    json_decref(names);
    return status;
}

static int models_open(const struct options *o, const char *name, struct models_net *out, struct alexcl_error *err) {
    struct alexcl_error unknown = {0};
    int status = alexcl_model_find(name, &out->model, &unknown);
    out->name = name;
    if (status != ALEXCL_OK && !strpbrk(name, "/.") && access(name, F_OK) != 0) return error_copy(err, &unknown);
    if (status != ALEXCL_OK) {
        TRY(alexcl_model_open(name, &out->read, NULL, err));
        out->model = out->read;
    }
    TRY(options_shapes(o, out->model, NULL, &out->plan, err));
    out->document = models_document(out);
done:
    return status;
}

static int command_models(const struct options *o, struct alexcl_error *err) {
    enum { MOST = 8 };
    const struct models_options *own = o->own;
    struct models_net nets[MOST] = {{0}};
    const char *names[MOST] = {NULL};
    size_t count = 0;
    int status;
    TRY(options_expect(o, "models", 0, own->compare ? MOST - 2 : 1, err));
    if (o->argument_count && o->model_given && strcmp(o->arguments[0], o->model) != 0)
        return error_set(err, ALEXCL_E_USAGE, "two models are named, %s and --model %s: leave one out", o->arguments[0],
                         o->model);
    if (o->argument_count || o->model_given) names[count++] = o->argument_count ? o->arguments[0] : o->model;
    if (own->compare && !count)
        return error_set(err, ALEXCL_E_USAGE, "`alexcl models NAME --compare NAME2` wants both");
    if (own->compare) names[count++] = own->compare;
    for (int i = 1; i < o->argument_count; i++) names[count++] = o->arguments[i];
    if (!count) return models_list(o, err);
    for (size_t i = 0; i < count; i++) TRY(models_open(o, names[i], &nets[i], err));
    if (own->compare) {
        status = models_compare(o, nets, count, err);
    } else if (o->format == FORMAT_JSON) {
        status = report_json("models", json_incref(nets[0].document), err);
    } else if (o->format == FORMAT_CSV) {
        models_csv(nets[0].model, nets[0].plan, models_trained(&nets[0]), 1);
    } else {
        models_text(&nets[0]);
    }
done:
    for (size_t i = 0; i < count; i++) {
        json_decref(nets[i].document);
        alexcl_plan_free(nets[i].plan);
        alexcl_model_free(nets[i].read);
    }
    return status;
}

const struct command models_command = {
    .name = "models",
    .run = command_models,
    .own = &models_options,
    .shared = OPTION_MODEL,
    .arguments = "[MODEL [--compare MODEL2 ..]]",
    .about = "list the built-in nets, or show what one does",
    .details = "-v lists the small ones for tests as well. MODEL is one of the list or a file:\n"
               "all its conventions are shown, with --compare those that are others in the nets\n"
               "that follow.\n\n"
               "  alexcl models alexnet-caffe\n"
               "  alexcl models alexnet --compare alexnet-caffe caffenet\n",
    .also = " list model nets ",
};
