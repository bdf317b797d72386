/* SPDX-License-Identifier: MIT */
/* `alexcl tune`: measures which variant of each layer is fastest on a device (tune.c), stores that, and prints a table
 * of all that was measured, with the gain over what would be used without. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "interrupt.h"
#include "monotonic.h"
#include "printable.h"
#include "progress.h"
#include "report.h"
#include "status.h"

struct tune_options {
    int train;
};

static const struct option_row tune_rows[] = {
    {0, "train", NULL, "the passes of training, backward ones too", OPTION_FLAG(struct tune_options, train)},
};
static const struct tune_options tune_defaults = {0};
static const struct option_table tune_options = OPTION_TABLE(tune_rows, tune_defaults);

struct tuned {
    const struct options *o;
    const struct alexcl_target *target; /* of the last result */
    char shape[160];                    /* of the last result */
    json_t *devices, *layers, *ways;    /* the document; of the last device; of the last layer */
    unsigned dropped, without;          /* ways; layers for which no way is right */
    int right;                          /* a way of the last layer is */
    struct alexcl_error unwritten;      /* why results could not be written */
};

static double tune_gflops(const struct alexcl_tune_result *r) {
    return r->batch8 > 0 ? 2e-9 * (double)r->macs / r->batch8 : 0;
}

static void tune_print(const struct tuned *t, const struct alexcl_tune_result *r, int new_device, int new_layer) {
    if (new_device) {
        char name[96];
        snprintf(name, sizeof name, "device %.*s", printable_cut(r->target->name, 71), r->target->name);
        if (t->target) printf("\n");
        report_text(stdout, name);
        printf("\n");
    }
    if (new_layer) {
        printf("  %s: %s\n", r->layer, r->shape);
        printf("    %-10s %-8s %12s %14s %10s\n", "variant", "tile", "ms alone", "ms each of 8", "GFLOP/s");
    }
    printf("    %-10s %-8s ", r->variant, r->tile);
    if (r->status != ALEXCL_OK) {
        char cut[64];
        snprintf(cut, sizeof cut, "%.*s", printable_cut(r->message, 44), r->message);
        printf("dropped: ");
        report_text(stdout, cut);
        printf("\n");
        return;
    }
    printf("%12.3f %14.3f %10.1f  %s%s%s\n", r->batch1 * 1e3, r->batch8 * 1e3, tune_gflops(r),
           r->chosen ? "chosen" : "", r->chosen && r->is_default ? ", " : "",
           r->is_default   ? "standard"
           : r->other_bits ? "other bits"
                           : "");
}

static void tune_csv(const struct alexcl_tune_result *r) {
    char numbers[3][32] = {"", "", ""};
    if (r->status == ALEXCL_OK) {
        snprintf(numbers[0], sizeof numbers[0], "%.6g", r->batch1 * 1e3);
        snprintf(numbers[1], sizeof numbers[1], "%.6g", r->batch8 * 1e3);
        snprintf(numbers[2], sizeof numbers[2], "%.6g", tune_gflops(r));
    }
    const char *fields[] = {r->target->name,
                            r->layer,
                            r->shape,
                            r->variant,
                            r->tile,
                            numbers[0],
                            numbers[1],
                            numbers[2],
                            r->is_default ? "yes" : "no",
                            r->chosen ? "yes" : "no"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) report_csv(fields[i], 0);
    report_csv(r->message, 1);
}

static void tune_json(struct tuned *t, const struct alexcl_tune_result *r, int new_device, int new_layer) {
    if (new_device) {
        t->layers = json_array();
        report_append(t->devices,
                      json_pack("{s:o, s:O}", "place", report_string(r->target->name), "layers", t->layers));
        json_decref(t->layers); /* the document holds it */
    }
    if (new_layer) {
        t->ways = json_array();
        report_append(t->layers, json_pack("{s:s, s:s, s:I, s:O}", "layer", r->layer, "shape", r->shape, "macs",
                                           (json_int_t)r->macs, "ways", t->ways));
        json_decref(t->ways);
    }
    int right = r->status == ALEXCL_OK;
    report_append(t->ways,
                  json_pack("{s:s, s:s, s:b, s:b, s:b, s:i, s:o, s:o, s:o, s:o}", "variant", r->variant, "tile",
                            r->tile, "standard", r->is_default, "chosen", r->chosen, "other_bits", r->other_bits,
                            "status", r->status, "alone_ms", right ? json_real(r->batch1 * 1e3) : json_null(),
                            "together_ms", right ? json_real(r->batch8 * 1e3) : json_null(), "gflops",
                            right ? json_real(tune_gflops(r)) : json_null(), "dropped",
                            report_string(right ? NULL : r->message)));
}

static int tune_take(void *user, const struct alexcl_tune_result *r) {
    struct tuned *t = user;
    int new_device = r->target != t->target, new_layer = new_device || strcmp(r->shape, t->shape) != 0;
    progress_clear();
    if (t->o->format == FORMAT_TEXT) tune_print(t, r, new_device, new_layer);
    if (t->o->format == FORMAT_CSV) tune_csv(r);
    if (t->devices) tune_json(t, r, new_device, new_layer);
    t->target = r->target;
    snprintf(t->shape, sizeof t->shape, "%s", r->shape);
    t->dropped += r->status != ALEXCL_OK;
    if (new_layer) {
        t->without++; /* until one is right */
        t->right = 0;
    }
    if (r->status == ALEXCL_OK && !t->right) {
        t->without--;
        t->right = 1;
    }
    int written = report_flush(&t->unwritten);
    return interrupt_asked() || written != ALEXCL_OK;
}

static void tune_print_summary(const struct tuned *t, const char *path, double seconds) {
    if (!t->target)
        printf("nothing to choose: the devices have one way for each layer of this net\n");
    else if (path[0])
        printf("\nmeasured in %.1f s; kept in\n  %s\n", seconds, path);
    else
        printf("\nmeasured in %.1f s; kept nowhere, since there is no cache folder (--no-cache?)\n", seconds);
}

static int command_tune(const struct options *o, struct alexcl_error *err) {
    struct tuned t = {.o = o};
    const struct tune_options *own = o->own;
    struct alexcl_selection *selection = NULL;
    const struct alexcl_model *model;
    struct alexcl_error late = {0};
    char path[4300] = "";
    double start = monotonic_now();
    int status = options_model_argument(o, "tune", &model, err);
    /* read when PoCL first lists devices: it would keep every way that loses, for good (quirks.c) */
    setenv("POCL_KERNEL_CACHE", "0", 0);
    if (status == ALEXCL_OK) status = alexcl_selection_open(o->devices, &selection, err);
    if (status != ALEXCL_OK) return status;
    interrupt_defer();
    if (!o->quiet) fprintf(stderr, "%s\n", alexcl_selection_why(selection));
    if (o->format == FORMAT_JSON) t.devices = json_array();
    if (o->format == FORMAT_CSV)
        fputs("device,layer,shape,variant,tile,alone_ms,together_ms,gflops,standard,chosen,dropped\r\n", stdout);
    status = alexcl_tune_run(model, selection,
                             &(struct alexcl_tune_request){.size = sizeof(struct alexcl_tune_request),
                                                           .settings = &o->settings,
                                                           .training = own->train},
                             tune_take, &t, path, sizeof path, err);
    progress_clear();
    if (t.unwritten.status != ALEXCL_OK) {
        status = t.unwritten.status;
        *err = t.unwritten;
    }
    if (status == ALEXCL_OK && t.without)
        status = error_set(
            err, ALEXCL_E_DEVICE,
            "%u layer%s of %s: no way of computing it is right on this device; `alexcl check` tries every kernel",
            t.without, t.without == 1 ? "" : "s", model->name);
    if (o->format == FORMAT_JSON) {
        json_t *document = json_pack("{s:s, s:O, s:i, s:o, s:b, s:f, s:o}", "model", model->name, "devices", t.devices,
                                     "dropped", (int)t.dropped, "file", report_string(path[0] ? path : NULL),
                                     "interrupted", interrupt_asked(), "seconds", monotonic_now() - start, "error",
                                     report_string(status == ALEXCL_OK ? NULL : err->text));
        int printed = report_json("tune", document, &late);
        if (status == ALEXCL_OK && printed != ALEXCL_OK) status = error_set(err, printed, "%s", late.text);
    }
    if (o->format == FORMAT_TEXT && status == ALEXCL_OK) tune_print_summary(&t, path, monotonic_now() - start);
    json_decref(t.devices);
    alexcl_selection_free(selection);
    return status;
}

const struct command tune_command = {
    .name = "tune",
    .run = command_tune,
    .own = &tune_options,
    .shared = OPTION_DEVICES | OPTION_MODEL | OPTION_PRECISION,
    .arguments = "[MODEL]",
    .about = "measure which kernels and tiles are fastest on a device",
    .details = "Every way of computing each layer's half is compared with the reference, then\n"
               "timed on one image and on eight; the fastest is kept in a file of the cache\n"
               "folder, whose name ends the output, and used from then on. `infer` does this in\n"
               "short by itself at a device's first use of a net (--tune), and so does `train`,\n"
               "whose passes --train measures: of these only ways are chosen that give the\n"
               "same bits as the standard one, so that a run can be repeated whatever was\n"
               "measured.\n\n"
               "  alexcl tune alexnet --devices 0\n  alexcl tune alexnet --train\n",
    .also = " autotune optimize optimise ",
};
