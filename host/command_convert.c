/* SPDX-License-Identifier: MIT */
/* `alexcl convert`: weights of any format that is read, as safetensors with the model's names and conventions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "report.h"
#include "status.h"

struct convert_options {
    const char *type;
};
static int convert_set_type(const struct option_row *r, char *value, void *to, struct alexcl_error *err) {
    if (strcmp(value, "float") != 0 && strcmp(value, "half") != 0)
        return error_set(err, ALEXCL_E_USAGE, "--%s %s: float or half", r->name, value);
    *(const char **)to = value;
    return ALEXCL_OK;
}
static const struct option_row convert_rows[] = {
    {0, "type", "T", "of the values: float or half [float]",
     OPTION_VALUE(struct convert_options, type, const char *, convert_set_type)},
};
static const struct convert_options convert_defaults = {.type = "float"};
static const struct option_table convert_options = OPTION_TABLE(convert_rows, convert_defaults);

struct convert {
    const struct options *o;
    const char *path;          /* of the weights */
    struct alexcl_model *read; /* of a file, or NULL */
    struct alexcl_error first; /* why the first of two files describes no net that can be computed */
    struct alexcl_weights_file *file;
    struct alexcl_weights *weights;
    const struct alexcl_model *model;
    int classes;
    size_t tensors;
    uint64_t bytes;
};

static int convert_same_file(const char *a, const char *b) {
    struct stat x, y;
    return strcmp(a, b) == 0 || (stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

static int convert_check(const struct options *o, struct alexcl_error *err) {
    int status;
    TRY(options_expect(o, "convert", 1, 2, err));
    if (!o->output) return error_set(err, ALEXCL_E_USAGE, "`alexcl convert` wants -o FILE.safetensors");
    TRY(options_check_ending("-o", o->output, ".safetensors", err));
    if (o->argument_count == 2 && o->model_given)
        return error_set(err, ALEXCL_E_USAGE,
                         "the net is named twice: leave out the second file, or --prototxt and --model");
    for (int i = 0; i < o->argument_count; i++)
        if (convert_same_file(o->arguments[i], o->output))
            return error_set(err, ALEXCL_E_USAGE, "-o %s: is %s itself, which is read meanwhile: name another file",
                             o->output, o->arguments[i]);
done:
    return status;
}

/* Of two files the net's is the one without weights: a .caffemodel may describe a net too. */
static int convert_find_pair(struct convert *c, struct alexcl_error *err) {
    char *const *files = c->o->arguments;
    int weights = 1, status = alexcl_model_open(files[0], &c->read, &weights, &c->first);
    c->path = files[1];
    if (status == ALEXCL_OK && !weights) return status;
    if (status != ALEXCL_OK && status != ALEXCL_E_DATA) {
        *err = c->first;
        return status;
    }
    alexcl_model_free(c->read);
    c->read = NULL;
    c->path = files[0];
    return alexcl_model_open(files[1], &c->read, NULL, err);
}

/* The net that is named, NULL: none; and which file has the weights. */
static int convert_find_net(struct convert *c, const struct alexcl_model **out, struct alexcl_error *err) {
    const struct options *o = c->o;
    int status = ALEXCL_OK;
    c->path = o->arguments[0];
    *out = NULL;
    if (o->argument_count == 2) {
        TRY(convert_find_pair(c, err));
        *out = c->read;
    } else if (o->model_named) {
        TRY(options_model(o, out, err));
    }
done:
    return status;
}

static int convert_count(struct convert *c, struct alexcl_error *err) {
    struct alexcl_plan *plan = NULL;
    struct alexcl_weights_file *made = NULL;
    int status;
    TRY(options_shapes(c->o, c->model, NULL, &plan, err));
    struct alexcl_shape out = plan->layers[plan->layer_count - 1].out;
    c->classes = out.c * out.h * out.w;
    TRY(alexcl_weights_file_open(c->o->output, &made, err));
    for (const struct alexcl_weights_tensor *t; (t = alexcl_weights_file_tensor(made, c->tensors)) != NULL;
         c->tensors++)
        c->bytes += t->bytes;
done:
    alexcl_plan_free(plan);
    alexcl_weights_file_free(made);
    return status;
}

/* The lines of what was translated. */
static json_t *convert_done(const char *text) {
    json_t *list = json_array();
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
        report_append(list, json_stringn(text, strcspn(text, "\n")));
    return list;
}

static int convert_report(const struct convert *c, struct alexcl_error *err) {
    const struct options *o = c->o;
    const char *from = alexcl_weights_file_kind(c->file), *done = alexcl_weights_translated(c->weights);
    size_t i;
    int status = ALEXCL_OK;
    if (o->format == FORMAT_JSON) {
        status = report_json("convert",
                             json_pack("{s:s, s:s, s:i, s:I, s:I, s:o}", "from", from, "model", c->model->name,
                                       "classes", c->classes, "tensors", (json_int_t)c->tensors, "bytes",
                                       (json_int_t)c->bytes, "done", convert_done(done)),
                             err);
    } else if (o->format == FORMAT_CSV) {
        char numbers[3][24];
        snprintf(numbers[0], sizeof numbers[0], "%d", c->classes);
        snprintf(numbers[1], sizeof numbers[1], "%zu", c->tensors);
        snprintf(numbers[2], sizeof numbers[2], "%llu", (unsigned long long)c->bytes);
        fputs("from,model,classes,tensors,bytes,done\r\n", stdout);
        const char *fields[] = {from, c->model->name, numbers[0], numbers[1], numbers[2]};
        for (i = 0; i < sizeof fields / sizeof *fields; i++) report_csv(fields[i], 0);
        report_csv(done, 1);
    } else {
        report_text(stdout, o->output);
        printf(": %s, %d classes, %zu tensors, %s; from %s\n", c->model->name, c->classes, c->tensors,
               report_bytes(c->bytes), from);
        for (; *done; done += strcspn(done, "\n"), done += *done == '\n')
            printf("  %.*s\n", (int)strcspn(done, "\n"), done);
    }
    return status;
}

static int command_convert(const struct options *o, struct alexcl_error *err) {
    struct convert c = {.o = o};
    const struct convert_options *own = o->own;
    const struct alexcl_model *named;
    const char *why;
    int status;
    TRY(convert_check(o, err));
    TRY(convert_find_net(&c, &named, err));
    TRY(alexcl_weights_file_open(c.path, &c.file, err));
    if (c.first.status != ALEXCL_OK && !alexcl_weights_file_tensor(c.file, 0)) {
        *err = c.first;
        status = err->status;
        goto done;
    }
    TRY(alexcl_weights_file_model(c.file, named, &c.model, &why, err));
    if (*why && !o->quiet) {
        report_text(stderr, why);
        putc('\n', stderr);
    }
    TRY(alexcl_weights_file_weights(c.file, c.model, NULL, &c.weights, err));
    TRY(alexcl_weights_save_as(c.weights, o->output, own->type, err));
    TRY(convert_count(&c, err));
    TRY(convert_report(&c, err));
done:
    alexcl_weights_free(c.weights);
    alexcl_weights_file_free(c.file);
    alexcl_model_free(c.read);
    return status;
}

const struct command convert_command = {
    .name = "convert",
    .run = command_convert,
    .own = &convert_options,
    .shared = OPTION_MODEL,
    .makes_output = 1,
    .arguments = "IN [IN2] -o OUT.safetensors",
    .about = "weights of other formats as safetensors, with all conventions",
    .details = "IN is any file that --weights takes; IN2 the file that describes its net, where\n"
               "that is another. The model is chosen as by infer --weights; --model says which.\n"
               "Tensors have the model's names and layouts, and metadata say what the net does.\n\n"
               "  alexcl convert alexnet.pth -o alexnet.safetensors\n"
               "  alexcl convert deploy.prototxt net.caffemodel -o net.safetensors --type half\n",
    .also = " import export ",
};
