/* SPDX-License-Identifier: MIT */
/* `alexcl weights`: makes a file of synthetic weights, lists what is in a file, or opens one for a model. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "report.h"
#include "status.h"

static const struct option_row weights_rows[] = {
    {0, "seed", "S", "seed of the generator, also as 0x.. [1]",
     OPTION_NUMBER(struct weights_options, seed, UINT64_MAX)},
    {0, "name", "CASE", "case in the generator's names [the model's]", OPTION_TEXT(struct weights_options, name)},
    {0, "gain", "LAYER=G", "factor on a layer's weights; repeatable", OPTION_GAIN(struct weights_options, gains)},
    {0, "no-statistics", NULL, "show: headers only, no value is read",
     OPTION_FLAG(struct weights_options, no_statistics)},
};
static const struct weights_options weights_defaults = {.seed = 1};
static const struct option_table weights_options = OPTION_TABLE(weights_rows, weights_defaults);

static int weights_init(const struct options *o, const struct alexcl_model *model, struct alexcl_error *err) {
    const struct weights_options *own = o->own;
    struct alexcl_weights *w = NULL;
    int status;
    if (!o->output) return error_set(err, ALEXCL_E_USAGE, "`alexcl weights init` wants -o FILE.safetensors");
    TRY(options_check_ending("-o", o->output, ".safetensors", err));
    TRY(alexcl_weights_generate(model, own->seed, own->name, own->gains.count ? own->gains.list : NULL,
                                (size_t)own->gains.count, &w, err));
    TRY(alexcl_weights_save(w, o->output, err));
    if (!o->quiet) {
        report_text(stderr, o->output);
        fputs(": ", stderr);
        report_text(stderr, alexcl_weights_describe(w));
        putc('\n', stderr);
    }
done:
    alexcl_weights_free(w);
    return status;
}

/* Checks a file against a model. */
static int weights_check(const struct options *o, const struct alexcl_model *model, struct alexcl_error *err) {
    struct alexcl_weights *w = NULL;
    int status;
    TRY(options_check_results(o, err));
    if (o->output) TRY(report_to(o->output, err));
    TRY(alexcl_weights_open(o->arguments[1], model, NULL, &w, err));
    if (o->format == FORMAT_JSON) {
        status = report_json("weights",
                             json_pack("{s:o, s:s, s:o, s:b}", "path", report_string(o->arguments[1]), "model",
                                       model->name, "about", report_string(alexcl_weights_describe(w)), "random",
                                       alexcl_weights_random(w)),
                             err);
    } else if (o->format == FORMAT_CSV) {
        const char *fields[] = {o->arguments[1], model->name, alexcl_weights_describe(w),
                                alexcl_weights_random(w) ? "yes" : "no"};
        fputs("path,model,about,random\r\n", stdout);
        for (size_t i = 0; i < 4; i++) report_csv(fields[i], i == 3);
    } else {
        report_text(stdout, alexcl_weights_describe(w));
        putchar('\n');
    }
done:
    alexcl_weights_free(w);
    return status;
}

/* ---- what is in a file --------------------------------------------------------------------------- */

enum { SHOWN_NAME = 20 };

/* Of tensor `i`, unless nobody wants them or its type is none that is read. */
static int weights_statistics(const struct options *o, const struct alexcl_weights_file *f, size_t i,
                              struct alexcl_weights_statistics *out, struct alexcl_error *err) {
    const struct weights_options *own = o->own;
    *out = (struct alexcl_weights_statistics){.size = sizeof *out};
    return own->no_statistics ? ALEXCL_OK : alexcl_weights_file_statistics(f, i, out, err);
}

static void weights_shape_text(const struct alexcl_weights_tensor *t, char *out, size_t size) {
    size_t used = (size_t)snprintf(out, size, "%s", t->dims ? "" : "scalar");
    for (int d = 0; d < t->dims && used < size; d++)
        used += d < 4
                    ? (size_t)snprintf(out + used, size - used, "%s%llu", d ? "x" : "", (unsigned long long)t->shape[d])
                    : (size_t)snprintf(out + used, size - used, "%s", d == 4 ? "x..." : "");
}

static json_t *weights_tensor_document(const struct alexcl_weights_tensor *t,
                                       const struct alexcl_weights_statistics *s) {
    json_t *shape = json_array();
    for (int d = 0; d < t->dims && d < 4; d++) report_append(shape, json_integer((json_int_t)t->shape[d]));
    json_t *out = json_pack("{s:o, s:o, s:s, s:I}", "name", report_string(t->name), "shape", shape, "type", t->type,
                            "bytes", (json_int_t)t->bytes);
    report_set(out, "min", s->known ? json_real(s->min) : json_null());
    report_set(out, "max", s->known ? json_real(s->max) : json_null());
    report_set(out, "mean", s->known ? json_real(s->mean) : json_null());
    report_set(out, "finite", s->known ? json_boolean(s->finite) : json_null());
    return out;
}

/* `f` NULL: of a file that is not read. */
static int weights_document(const struct options *o, struct alexcl_weights_file *f, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const char *path = o->arguments[1];
    json_t *metadata = json_object(), *tensors = json_array(), *nets = json_array();
    const struct alexcl_weights_fit *fits = NULL;
    const struct alexcl_weights_tensor *t;
    const struct alexcl_weights_text *text;
    size_t count = 0;
    for (size_t i = 0; f && (text = alexcl_weights_file_text(f, i)) != NULL; i++)
        report_set(metadata, text->key, report_string(text->value));
    for (size_t i = 0; f && (t = alexcl_weights_file_tensor(f, i)) != NULL; i++) {
        struct alexcl_weights_statistics s;
        TRY(weights_statistics(o, f, i, &s, err));
        report_append(tensors, weights_tensor_document(t, &s));
    }
    if (f) TRY(alexcl_weights_file_fits(f, &fits, &count, err));
    for (size_t i = 0; i < count; i++)
        report_append(nets, json_pack("{s:s, s:i, s:b}", "model", fits[i].model->name, "classes", fits[i].classes,
                                      "exact", fits[i].exact));
    json_t *document = json_pack("{s:o, s:s, s:O, s:O, s:O, s:b}", "path", report_string(path), "kind",
                                 f ? alexcl_weights_file_kind(f) : alexcl_weights_kind(path), "metadata", metadata,
                                 "tensors", tensors, "fits", nets, "random", f ? alexcl_weights_file_random(f) : 0);
    status = report_json("weights", document, err);
done:
    json_decref(metadata);
    json_decref(tensors);
    json_decref(nets);
    return status;
}

static int weights_csv(const struct options *o, const struct alexcl_weights_file *f, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct alexcl_weights_tensor *t;
    fputs("name,shape,type,bytes,min,max,mean,finite\r\n", stdout);
    for (size_t i = 0; (t = alexcl_weights_file_tensor(f, i)) != NULL; i++) {
        struct alexcl_weights_statistics s;
        char shape[100], bytes[24], numbers[3][32] = {"", "", ""};
        TRY(weights_statistics(o, f, i, &s, err));
        weights_shape_text(t, shape, sizeof shape);
        snprintf(bytes, sizeof bytes, "%llu", (unsigned long long)t->bytes);
        const double values[] = {s.min, s.max, s.mean};
        for (int k = 0; k < 3 && s.known; k++) snprintf(numbers[k], sizeof numbers[k], "%.9g", values[k]);
        const char *fields[] = {t->name,    shape,      t->type,    bytes,
                                numbers[0], numbers[1], numbers[2], !s.known ? "" : s.finite ? "yes" : "no"};
        for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
            report_csv(fields[k], k + 1 == sizeof fields / sizeof *fields);
    }
done:
    return status;
}

static int weights_text(const struct options *o, struct alexcl_weights_file *f, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct alexcl_weights_fit *fits;
    const struct alexcl_weights_tensor *t;
    const struct alexcl_weights_text *text;
    size_t count, tensors = 0, odd = 0;
    uint64_t bytes = 0;
    for (; (t = alexcl_weights_file_tensor(f, tensors)) != NULL; tensors++) bytes += t->bytes;
    TRY(alexcl_weights_file_fits(f, &fits, &count, err));
    report_text(stdout, o->arguments[1]);
    printf(": %s, %zu tensors, %s%s\n", alexcl_weights_file_kind(f), tensors, report_bytes(bytes),
           alexcl_weights_file_random(f) ? "; random: labels mean nothing" : "");
    for (size_t i = 0; i < count; i++)
        printf("%s%s, %d classes%s\n", i ? "          " : "fits      ", fits[i].model->name, fits[i].classes,
               fits[i].exact ? "" : " (its own number is another)");
    if (!count) puts("fits      none of `alexcl models`");
    for (size_t i = 0; o->verbose && (text = alexcl_weights_file_text(f, i)) != NULL; i++) {
        fputs(i ? "          " : "metadata  ", stdout);
        report_text(stdout, text->key);
        fputs(": ", stdout);
        report_text(stdout, text->value);
        putchar('\n');
    }
    printf("\n%-20s %-13s %-8s %9s %8s %8s %8s\n", "tensor", "shape", "type", "bytes", "min", "max", "mean");
    for (size_t i = 0; i < tensors; i++) {
        struct alexcl_weights_statistics s;
        char shape[100];
        t = alexcl_weights_file_tensor(f, i);
        TRY(weights_statistics(o, f, i, &s, err));
        weights_shape_text(t, shape, sizeof shape);
        report_text(stdout, t->name);
        if (strlen(t->name) > SHOWN_NAME) putchar('\n');
        printf("%*s %-13s %-8s %9s", strlen(t->name) > SHOWN_NAME ? SHOWN_NAME : SHOWN_NAME - (int)strlen(t->name), "",
               shape, t->type, report_bytes(t->bytes));
        if (s.known) printf(" %8.2g %8.2g %8.2g", s.min, s.max, s.mean);
        putchar('\n');
        odd += s.known && !s.finite;
    }
    if (odd) printf("\n%zu tensor%s not finite in all values\n", odd, odd == 1 ? " is" : "s are");
done:
    return status;
}

static int weights_show(const struct options *o, struct alexcl_error *err) {
    int status;
    struct alexcl_weights_file *f = NULL;
    TRY(options_check_results(o, err));
    if (o->output) TRY(report_to(o->output, err));
    status = alexcl_weights_file_open(o->arguments[1], &f, err);
    if (status == ALEXCL_E_DATA && o->format == FORMAT_JSON)
        weights_document(o, NULL, err); /* what it is all the same */
    if (status != ALEXCL_OK) goto done;
    status = o->format == FORMAT_JSON  ? weights_document(o, f, err)
             : o->format == FORMAT_CSV ? weights_csv(o, f, err)
                                       : weights_text(o, f, err);
done:
    alexcl_weights_file_free(f);
    return status;
}

static int command_weights(const struct options *o, struct alexcl_error *err) {
    const struct weights_options *own = o->own;
    const struct alexcl_model *model;
    int status = options_expect(o, "weights", 1, 2, err);
    if (status != ALEXCL_OK) return status;
    int init = strcmp(o->arguments[0], "init") == 0 && o->argument_count == 1,
        show = strcmp(o->arguments[0], "show") == 0 && o->argument_count == 2;
    if (own->no_statistics && (!show || o->model_named))
        return error_set(err, ALEXCL_E_USAGE, "--no-statistics is for `alexcl weights show FILE`, without --model");
    if (show && !o->model_named) return weights_show(o, err);
    status = options_model(o, &model, err);
    if (status != ALEXCL_OK) return status;
    if (init) return weights_init(o, model, err);
    if (show) return weights_check(o, model, err);
    return error_set(
        err, ALEXCL_E_USAGE,
        "`alexcl weights init -o FILE` makes weights, `alexcl weights show FILE` looks into a file; not %s",
        o->arguments[0]);
}

const struct command weights_command = {
    .name = "weights",
    .run = command_weights,
    .own = &weights_options,
    .shared = OPTION_MODEL,
    .makes_output = 1,
    .arguments = "init -o FILE\nshow FILE",
    .about = "make weights by the generator, or look into a file",
    .details = "  alexcl weights init --model alexnet --seed 1 -o alexnet.safetensors\n"
               "  alexcl weights show alexnet.pth\n\n"
               "Shown are the file's kind, the models that it fits, and its tensors; with -v its\n"
               "metadata; with --model whether it fits that one.\n\n"
               "Without --gain the model's own gains hold; with it those given, 1 for the rest.\n",
    .also = " inspect ",
};
