/* SPDX-License-Identifier: MIT */
/* `alexcl check`: every kernel computes a small layer on every device and is compared with the reference in C. Each
 * result is printed as soon as it is there, one line each; at the end stands what can be done about those that are
 * wrong. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "interrupt.h"
#include "monotonic.h"
#include "printable.h"
#include "progress.h"
#include "report.h"
#include "status.h"

struct check_options {
    const char *kernel, *layer;
    int fail_fast;
};

static const struct option_row check_rows[] = {
    {0, "kernel", "NAME", "checks of one file of kernels/ [all]", OPTION_TEXT(struct check_options, kernel)},
    {0, "layer", "TYPE", "checks of one kind of layer, as conv [all]", OPTION_TEXT(struct check_options, layer)},
    {0, "fail-fast", NULL, "stop behind the first check that fails", OPTION_FLAG(struct check_options, fail_fast)},
};
static const struct check_options check_defaults = {0};
static const struct option_table check_options = OPTION_TABLE(check_rows, check_defaults);

struct check {
    const struct options *o;
    const struct check_options *own;
    const struct alexcl_target *target; /* of the last result of this selection */
    int fresh, fresh_wrong;             /* no result, no failure of this target so far */
    const char *pass;                   /* of the last result in text */
    json_t *devices, *checks;           /* the document; the checks of the last device */
    unsigned done, failed, targets;
    unsigned own_gemm, clblast_gemm; /* failures of what --gemm can replace */
    unsigned replaced;               /* failures of kernels of --kernel-dir */
    int status;                      /* of the worst so far */
    int stopped;                     /* by --fail-fast */
    struct alexcl_error unwritten;   /* why results could not be written: nobody reads the rest */
    char wrong[4096];                /* "\ndevice 0 (...), driver ...: conv_cpu.cl, fc.cl" */
    size_t wrong_length;
};

/* ---- text ---------------------------------------------------------------------------------------- */

/* The driver's words, in lines of at most 74 and at most ten of them. */
static void check_print_message(const char *text) {
    for (int lines = 0; *text && lines < 10; lines++) {
        size_t length = strcspn(text, "\n"), shown = length;
        if (shown > 74) {
            shown = 74;
            while (shown > 50 && text[shown] != ' ') shown--;
            if (text[shown] != ' ') shown = 74;
        }
        if (shown < length) shown = (size_t)printable_cut(text, shown);
        if (shown == 0) return;
        char piece[80];
        snprintf(piece, sizeof piece, "%.*s", (int)shown, text);
        printf("      ");
        report_text(stdout, piece);
        printf("\n");
        text += shown;
        text += strspn(text, " \n");
    }
}

static void check_print_header(const struct check *c, const struct alexcl_check_result *r) {
    char text[96];
    if (c->done) printf("\n");
    if (!r->device) {
        printf("both devices together\n");
        return;
    }
    snprintf(text, sizeof text, "device %.*s", printable_cut(r->target->name, 71), r->target->name);
    report_text(stdout, text);
    snprintf(text, sizeof text, "%.*s, driver %.*s", printable_cut(r->device->platform_name, 28),
             r->device->platform_name, printable_cut(r->device->driver, 38), r->device->driver);
    printf("\n  ");
    report_text(stdout, text);
    printf("\n");
}

/* "im2col bias" -> "im2col bias", a net's: its name. */
static const char *check_name(const struct alexcl_check_result *r) { return r->kernels[0] ? r->kernels : r->layer; }

static const char *check_verdict(const struct alexcl_check_result *r) {
    if (r->status == ALEXCL_OK) return r->computed ? "ok" : "unused";
    return r->computed ? "WRONG" : "FAILED";
}

/* The kernels' names without the pass's name, which stands above: "lrn_input_gradient_cpu" -> "lrn_cpu". One that two
 * are shortened to stands there once. */
static void check_short_name(const struct alexcl_check_result *r, char *out, size_t size) {
    char ending[32];
    size_t made = 0, length = (size_t)snprintf(ending, sizeof ending, "_%s", r->pass);
    for (char *c = ending; *c; c++)
        if (*c == ' ') *c = '_';
    for (const char *at = check_name(r); *at && made + 1 < size;) {
        /* behind it a further part of the name, another name, or nothing */
        size_t ends = strncmp(at, ending, length) == 0 && strchr("_ ", at[length]) ? length : 0;
        at += ends;
        if (!ends) out[made++] = *at++;
    }
    out[made] = '\0';
    char *second = strchr(out, ' ');
    if (second && strncmp(out, second + 1, (size_t)(second - out)) == 0 && made == 2 * (size_t)(second - out) + 1)
        *second = '\0';
}

static void check_print(struct check *c, const struct alexcl_check_result *r) {
    char variant[16]; /* "cpu/16": in blocks of 16 channels */
    char name[64];
    int wide = r->block > 1 && strlen(r->variant) < 6;
    snprintf(variant, sizeof variant, wide ? "%.8s/%d" : "%.8s", r->variant, r->block);
    check_short_name(r, name, sizeof name);
    if (strcmp(c->pass, r->pass) != 0)
        printf("  -- %s\n", r->kernels[0] || strcmp(r->pass, "forward") != 0 ? r->pass : "a net");
    c->pass = r->pass;
    /* a name that is wider than its column takes from the next one's, which no layer fills */
    int over = strlen(name) > 12 ? (int)strlen(name) - 12 : 0;
    printf("  %-12s %-*s %-8s %-29s %s%-6s%s", name, 10 - over, r->kernels[0] ? r->layer : "", variant, r->shape,
           report_colour(stdout, r->status == ALEXCL_OK ? REPORT_GREEN : REPORT_RED), check_verdict(r),
           report_colour(stdout, REPORT_OFF));
    if (r->computed) printf("  %.1e", r->error);
    printf("\n");
    check_print_message(r->message);
}

/* ---- JSON, CSV ------------------------------------------------------------------------------------ */

/* JSON has no infinity and no NaN. */
static json_t *check_number(double x) { return isfinite(x) ? json_real(x) : json_null(); }

static json_t *check_json(const struct alexcl_check_result *r) {
    json_t *kernels = json_array(), *wrong = json_null();
    for (const char *name = r->kernels; *name; name += strspn(name, " ")) {
        size_t length = strcspn(name, " ");
        json_array_append_new(kernels, json_sprintf("%.*s.cl", (int)length, name));
        name += length;
    }
    if (r->index >= 0)
        wrong = json_pack("{s:i, s:I, s:o, s:o}", "half", r->half, "index", (json_int_t)r->index, "got",
                          check_number((double)r->got), "due", check_number((double)r->due));
    return json_pack("{s:o, s:s, s:s, s:s, s:i, s:s, s:b, s:i, s:o, s:f, s:o, s:o}", "kernels", kernels, "layer",
                     r->layer, "pass", r->pass, "variant", r->variant, "block", r->block, "shape", r->shape, "ok",
                     r->status == ALEXCL_OK, "status", r->status, "error",
                     r->computed ? check_number(r->error) : json_null(), "tolerance", r->tolerance, "first_wrong",
                     wrong, "message", report_string(r->message[0] ? r->message : NULL));
}

static json_t *check_device_json(const struct alexcl_check_result *r, json_t *checks) {
    if (!r->device) return json_pack("{s:n, s:O}", "place", "checks", checks);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:O}", "place", report_string(r->target->name), "name",
                     report_string(r->device->name), "platform", report_string(r->device->platform_name),
                     "platform_version", report_string(r->device->platform_version), "version",
                     report_string(r->device->version), "driver", report_string(r->device->driver), "checks", checks);
}

static void check_csv(const struct alexcl_check_result *r) {
    char error[32] = "", index[32] = "", got[32] = "", due[32] = "";
    if (r->computed) snprintf(error, sizeof error, "%.3g", r->error);
    if (r->index >= 0) {
        snprintf(index, sizeof index, "%lld", (long long)r->index);
        snprintf(got, sizeof got, "%.9g", (double)r->got);
        snprintf(due, sizeof due, "%.9g", (double)r->due);
    }
    const char *fields[] = {r->device ? r->target->name : "both",
                            r->device ? r->device->driver : "",
                            r->kernels,
                            r->layer,
                            r->variant,
                            r->shape,
                            r->status == ALEXCL_OK ? "yes" : "no",
                            error,
                            index,
                            got,
                            due};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) report_csv(fields[i], 0);
    report_csv(r->message, 0);
    report_csv(r->pass, 1);
}

/* ---- one check ------------------------------------------------------------------------------------ */

/* Whether a folder of kernels has something that kernels include: any of them may. */
static int check_has_shared(const char *folder) {
    DIR *dir = folder ? opendir(folder) : NULL;
    int has = 0;
    for (const struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
        const char *ending = strrchr(e->d_name, '.');
        if (ending && strcmp(ending, ".clh") == 0) has = 1;
    }
    if (dir) closedir(dir);
    return has;
}

/* Whether a kernel of it is a file of --kernel-dir. */
static int check_is_replaced(const struct check *c, const struct alexcl_check_result *r) {
    const char *folder = settings_value(&c->o->given, "ALEXCL_KERNEL_DIR");
    char path[4096];
    if (check_has_shared(folder)) return 1;
    for (const char *name = r->kernels; folder && *name; name += strspn(name, " ")) {
        int length = (int)strcspn(name, " "), made = snprintf(path, sizeof path, "%s/%.*s.cl", folder, length, name);
        if (made > 0 && (size_t)made < sizeof path && access(path, F_OK) == 0) return 1;
        name += length;
    }
    return 0;
}

static void check_note_wrong(struct check *c, const struct alexcl_check_result *r) {
    char name[64], *end = c->wrong + c->wrong_length;
    size_t capacity = sizeof c->wrong - c->wrong_length;
    const char *line = strrchr(c->wrong, '\n');
    int gemm = strcmp(r->layer, "conv") == 0 || strcmp(r->layer, "fc") == 0,
        clblast = strcmp(r->variant, "clblast") == 0, made;
    c->replaced += check_is_replaced(c, r) != 0;
    c->clblast_gemm += gemm && clblast;
    c->own_gemm += gemm && !clblast;
    snprintf(name, sizeof name, "%.40s (%s)", check_name(r)[0] ? check_name(r) : "all", r->variant);
    if (!c->fresh_wrong && line && strstr(line, name)) return; /* another shape of the same */
    if (!c->fresh_wrong)
        made = snprintf(end, capacity, ", %s", name);
    else if (r->device)
        made = snprintf(end, capacity, "\n  device %.200s, driver %.60s: %s", r->target->name, r->device->driver, name);
    else
        made = snprintf(end, capacity, "\n  both devices together: %s", name);
    if (made > 0 && (size_t)made < capacity) c->wrong_length += (size_t)made;
    c->fresh_wrong = 0;
}

static int check_take(void *user, const struct alexcl_check_result *r) {
    struct check *c = user;
    progress_clear();
    if (c->fresh || r->target != c->target) {
        if (c->o->format == FORMAT_TEXT) check_print_header(c, r);
        c->pass = "forward";
        json_decref(c->checks);
        c->checks = json_array();
        if (c->devices) json_array_append_new(c->devices, check_device_json(r, c->checks));
        c->fresh_wrong = 1;
    }
    c->fresh = 0;
    c->target = r->target;
    c->done++;
    if (r->status != ALEXCL_OK) check_note_wrong(c, r);
    if (c->o->format == FORMAT_TEXT) check_print(c, r);
    if (c->o->format == FORMAT_CSV) check_csv(r);
    if (c->devices) json_array_append_new(c->checks, check_json(r));
    int written = report_flush(&c->unwritten); /* a driver that ends the process has been named */
    if (r->number < r->count) progress_count("checks", r->number, r->count);
    c->stopped = c->own->fail_fast && r->status != ALEXCL_OK;
    return c->stopped || interrupt_asked() || written != ALEXCL_OK;
}

/* ---- the devices ---------------------------------------------------------------------------------- */

static void check_tell_reference(struct check *c) {
    static const char why[] = "the reference in C, which the devices are compared with: nothing to check";
    if (c->devices)
        json_array_append_new(c->devices, json_pack("{s:s, s:s, s:[]}", "place", "ref", "about", why, "checks"));
    if (c->o->format == FORMAT_TEXT) printf("device ref\n  %s\n", why);
}

static int check_selection(struct check *c, const char *text, struct alexcl_error *err) {
    struct alexcl_selection *selection;
    struct alexcl_check_counts counts = {.size = sizeof counts};
    int status = alexcl_selection_open(text, &selection, err);
    if (status != ALEXCL_OK) return status;
    c->fresh = 1;
    for (size_t i = 0; i < alexcl_selection_count(selection); i++)
        c->targets += alexcl_selection_target(selection, i)->device >= 0;
    progress_count("checks", 0, 0);
    const struct alexcl_check_request request = {
        .size = sizeof request, .kernel = c->own->kernel, .layer = c->own->layer, .settings = &c->o->settings};
    status = alexcl_check_run(selection, &request, check_take, c, &counts, err);
    if (c->stopped && status == ALEXCL_E_INTERRUPTED) { /* no more was wanted */
        status = ALEXCL_OK;
        *err = (struct alexcl_error){0};
    }
    progress_clear();
    for (size_t i = 0; i < alexcl_selection_count(selection) && status == ALEXCL_OK; i++)
        if (alexcl_selection_target(selection, i)->device < 0) check_tell_reference(c);
    c->failed += counts.failed;
    /* 7, 5, 4: as the library ranks them */
    if (error_exit_code(counts.status) > error_exit_code(c->status)) c->status = counts.status;
    alexcl_selection_free(selection);
    return status;
}

static int check_every_device(struct check *c, struct alexcl_error *err) {
    struct alexcl_devices *list;
    int status = alexcl_devices_list(&list, err);
    if (status != ALEXCL_OK) return status;
    for (size_t i = 0; i < alexcl_devices_count(list) && status == ALEXCL_OK && !c->stopped; i++) {
        char text[16];
        const struct alexcl_device_info *d = alexcl_devices_get(list, i);
        snprintf(text, sizeof text, "%d", d->index);
        if (d->usable)
            status = check_selection(c, text, err);
        else if (!c->o->quiet)
            fprintf(stderr, "device %d is left out, it is not usable: %.300s\n", d->index, d->why);
    }
    if (status == ALEXCL_OK && c->targets == 0)
        status = error_set(err, ALEXCL_E_NO_DEVICE, "no OpenCL device that can be used was found\n%s",
                           alexcl_devices_report(list));
    alexcl_devices_free(list);
    return status;
}

/* What failed, and what to try. */
static int check_judge(const struct check *c, struct alexcl_error *err) {
    int build = error_exit_code(c->status) == error_exit_code(ALEXCL_E_BUILD);
    const char *gemm = c->own_gemm && !c->clblast_gemm   ? " --gemm clblast, which is right there;"
                       : c->clblast_gemm && !c->own_gemm ? " leave out --gemm clblast: the other kernels are right;"
                                                         : "";
    if (c->replaced == c->failed) /* not the driver's fault, as far as one can tell */
        return error_set(err, c->status,
                         "%u of %u checks failed%s:%s\nWhat to try: look into these files of %.1000s (--kernel-dir); "
                         "without it all kernels are the built-in ones.",
                         c->failed, c->done, build ? ", kernels that do not compile" : "", c->wrong,
                         settings_value(&c->o->given, "ALEXCL_KERNEL_DIR"));
    return error_set(
        err, c->status,
        "%u of %u checks failed%s:%s\n"
        "What to try: another version of the driver;%s another device (`alexcl devices`), or --devices ref.\n"
        "If the driver is the newest, report it with the output of `alexcl check --format json`.",
        c->failed, c->done, build ? ", kernels that do not compile" : "", c->wrong, gemm);
}

static void check_print_summary(const struct check *c, double seconds) {
    printf("\n%u device%s, %u checks%s: ", c->targets, c->targets == 1 ? "" : "s", c->done,
           c->targets > 1 ? " in all" : "");
    if (c->failed)
        printf("%u failed, %.1f s\n", c->failed, seconds);
    else
        printf("all right, %.1f s\n", seconds);
}

static int command_check(const struct options *o, struct alexcl_error *err) {
    struct check c = {.o = o, .own = o->own};
    struct alexcl_error late = {0};
    double start = monotonic_now();
    int status = options_expect(o, "check", 0, 0, err);
    if (status != ALEXCL_OK) return status;
    interrupt_defer();
    if (o->format == FORMAT_JSON) c.devices = json_array();
    if (o->format == FORMAT_CSV)
        fputs("device,driver,kernels,layer,variant,shape,ok,error,index,got,due,message,pass\r\n", stdout);
    status = o->devices ? check_selection(&c, o->devices, err) : check_every_device(&c, err);
    if (status == ALEXCL_OK && c.targets && c.done == 0)
        status = error_set(err, ALEXCL_E_USAGE, "no check of %s%s%s%s%s runs on these devices",
                           c.own->kernel ? "kernel " : "", c.own->kernel ? c.own->kernel : "",
                           c.own->kernel && c.own->layer ? " and " : "", c.own->layer ? "layer " : "",
                           c.own->layer ? c.own->layer : "");
    if (c.unwritten.status != ALEXCL_OK) {
        status = c.unwritten.status;
        *err = c.unwritten;
    }
    if (o->format == FORMAT_JSON) {
        json_t *document =
            json_pack("{s:O, s:i, s:i, s:b, s:f, s:o}", "devices", c.devices, "checks", (int)c.done, "failed",
                      (int)c.failed, "interrupted", interrupt_asked(), "seconds", monotonic_now() - start, "error",
                      report_string(status == ALEXCL_OK ? NULL : err->text));
        int printed = report_json("check", document, &late);
        if (status == ALEXCL_OK && printed != ALEXCL_OK) status = error_set(err, printed, "%s", late.text);
    }
    if (o->format == FORMAT_TEXT && status == ALEXCL_OK && c.targets) check_print_summary(&c, monotonic_now() - start);
    if (status == ALEXCL_OK && c.failed) status = check_judge(&c, err);
    json_decref(c.checks);
    json_decref(c.devices);
    return status;
}

const struct command check_command = {
    .name = "check",
    .run = command_check,
    .own = &check_options,
    .shared = OPTION_DEVICES | OPTION_PRECISION,
    .arguments = "",
    .about = "compare every kernel with the reference, on every device",
    .details = "Each kernel computes a small layer on the device, then a tiny net runs and is\n"
               "trained one step; all of it is compared with the reference in C. Without\n"
               "--devices: every usable device. What a driver gets wrong is named; exit code 7:\n"
               "a kernel is wrong or fails in use, 4: some do not compile.\n\n"
               "  alexcl check\n  alexcl check --devices 1 --format json\n  alexcl check --kernel lrn --fail-fast\n\n"
               "`infer` does this in short by itself, once for each device, driver and set of\n"
               "kernels (--check).\n",
    .also = " test verify selftest ",
};
