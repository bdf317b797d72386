/* SPDX-License-Identifier: MIT */
/* How values of options are read, and the rows that more than one command takes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "status.h"

/* ---- values -------------------------------------------------------------------------------------- */

int options_set_flag(const struct option_row *r, char *value, void *to, struct alexcl_error *err) {
    (void)r;
    (void)value;
    (void)err;
    *(int *)to = 1;
    return ALEXCL_OK;
}

int options_set_text(const struct option_row *r, char *value, void *to, struct alexcl_error *err) {
    (void)r;
    (void)err;
    *(const char **)to = value;
    return ALEXCL_OK;
}

/* A whole number; 0x for hexadecimal. */
int options_set_number(const struct option_row *r, char *value, void *to, struct alexcl_error *err) {
    char *end;
    errno = 0;
    int base = strncmp(value, "0x", 2) == 0 || strncmp(value, "0X", 2) == 0 ? 16 : 10;
    unsigned long long n = strtoull(value, &end, base);
    if (value[0] < '0' || value[0] > '9' || *end || errno || n < r->min || n > r->max)
        return error_set(err, ALEXCL_E_USAGE, "--%s %s: a whole number from %llu to %llu is wanted", r->name, value,
                         (unsigned long long)r->min, (unsigned long long)r->max);
    *(uint64_t *)to = n;
    return ALEXCL_OK;
}

int options_set_int(const struct option_row *r, char *value, void *to, struct alexcl_error *err) {
    uint64_t n = 0;
    int status = options_set_number(r, value, &n, err);
    *(int *)to = (int)n;
    return status;
}

int options_set_gain(const struct option_row *r, char *value, void *to, struct alexcl_error *err) {
    struct option_gains *gains = to;
    char *equals = strchr(value, '='), *end = NULL;
    double gain = equals ? strtod(equals + 1, &end) : 0;
    if (!equals || equals == value || end == equals + 1 || *end)
        return error_set(err, ALEXCL_E_USAGE, "--%s %s: LAYER=NUMBER is wanted, as fc8=0.1", r->name, value);
    if (gains->count == OPTIONS_GAINS)
        return error_set(err, ALEXCL_E_USAGE, "more than %d times --%s", OPTIONS_GAINS, r->name);
    *equals = '\0';
    gains->list[gains->count++] = (struct alexcl_gain){sizeof(struct alexcl_gain), value, gain};
    return ALEXCL_OK;
}

/* "16", or "1,16,128": which command takes several is seen later. */
static int options_set_batch(const struct option_row *r, char *value, void *to, struct alexcl_error *err) {
    struct options *o = to;
    int status = ALEXCL_OK;
    o->batches.count = 0;
    for (char *word = value, *end; word && status == ALEXCL_OK; word = end) {
        char number[24];
        end = strchr(word, ',');
        int length = end ? (int)(end++ - word) : (int)strlen(word);
        if (o->batches.count == OPTIONS_BATCHES)
            return error_set(err, ALEXCL_E_USAGE, "--%s %s: more than %d batches", r->name, value, OPTIONS_BATCHES);
        snprintf(number, sizeof number, "%.*s", length, word);
        status =
            options_set_int(r, length < (int)sizeof number ? number : value, &o->batches.list[o->batches.count++], err);
    }
    o->batch = o->batches.list[0];
    return status;
}

static int options_set_memory(const struct option_row *r, char *value, void *to, struct alexcl_error *err) {
    uint64_t *bytes = to;
    if (settings_read_size(value, bytes) && *bytes > 0) return ALEXCL_OK;
    return error_set(err, ALEXCL_E_USAGE, "--%s %s: a size is wanted, as 4GiB or 512MiB", r->name, value);
}

static int options_set_format(const struct option_row *r, char *value, void *to, struct alexcl_error *err) {
    static const char *const names[] = {"text", "json", "csv", NULL};
    for (int i = 0; names[i]; i++) {
        if (strcmp(value, names[i]) != 0) continue;
        *(enum format *)to = (enum format)i;
        return ALEXCL_OK;
    }
    return error_set(err, ALEXCL_E_USAGE, "--%s %s: text, json or csv", r->name, value);
}

static int options_set_setting(const struct option_row *r, char *value, void *to, struct alexcl_error *err) {
    return settings_give(to, r->setting, r->argument ? value : "1", err);
}

static int options_set_model(const struct option_row *r, char *value, void *to, struct alexcl_error *err) {
    struct options *o = to;
    o->model_given = 1;
    return settings_give(&o->given, r->setting, value, err);
}

static int options_set_verbose(const struct option_row *r, char *value, void *to, struct alexcl_error *err) {
    (void)value;
    struct options *o = to;
    o->verbose = 1;
    return settings_give(&o->given, r->setting, "info", err);
}

static int options_set_quiet(const struct option_row *r, char *value, void *to, struct alexcl_error *err) {
    (void)value;
    struct options *o = to;
    o->quiet = 1;
    return settings_give(&o->given, r->setting, "error", err);
}

static int options_set_version(const struct option_row *r, char *value, void *to, struct alexcl_error *err) {
    (void)r;
    (void)value;
    (void)err;
    printf("alexcl %s\n%s\n", alexcl_version(), alexcl_build_info());
    *(int *)to = -1;
    return ALEXCL_OK;
}

/* ---- rows that commands share -------------------------------------------------------------------- */

#define SETTING(variable) .set = options_set_setting, .setting = (variable), .at = offsetof(struct options, given)
#define SHARED_TABLE(rows)                                                                                             \
    { (rows), sizeof(rows) / sizeof *(rows), NULL, 0, NULL }

static const struct option_row net_rows[] = {
    {'d', "devices", "D", "0,1  0  1:0  gpu  cpu  ~name  0/2 (cut)  ref  both", SETTING("ALEXCL_DEVICES"),
     .shared = OPTION_DEVICES},
    {'m', "model", "M", "one of `alexcl models`, or a file [alexnet]", .set = options_set_model,
     .setting = "ALEXCL_MODEL", .shared = OPTION_MODEL},
    {0, "prototxt", "FILE", "a .caffemodel's net: the same as --model FILE", .set = options_set_model,
     .setting = "ALEXCL_MODEL", .shared = OPTION_MODEL},
    {0, "weights", "FILE", "safetensors, .pth .., or trained [random, seed 1]", SETTING("ALEXCL_WEIGHTS"),
     .shared = OPTION_WEIGHTS},
    {0, "weights-precision", "P", "float, half or int8: weights of fc layers [float]",
     SETTING("ALEXCL_WEIGHTS_PRECISION"), .shared = OPTION_PRECISION},
    {'b', "batch", "N", "images at once [16; plan: 1; distance: 16 to 64]", .set = options_set_batch, .min = 1,
     .max = OPTIONS_IMAGES, .shared = OPTION_BATCH},
    {0, "size", "N", "side of the net's input, in pixels [its own]",
     OPTION_INT(struct options, size, 1, OPTIONS_IMAGES), .shared = OPTION_SIZE},
    {0, "memory", "SIZE", "of each device: 4GiB, 512MiB [its own; plan: 4GiB]",
     OPTION_VALUE(struct options, memory, uint64_t, options_set_memory), .shared = OPTION_MEMORY},
    {0, "split", "S", "two devices: half, or auto or A:B, images [half]", OPTION_TEXT(struct options, split),
     .shared = OPTION_SPLIT},
};
const struct option_table options_net = SHARED_TABLE(net_rows);

static const struct option_row before_use_rows[] = {
    {0, "check", "WHEN", "kernels before use: off, first, always [first]", SETTING("ALEXCL_CHECK"),
     .shared = OPTION_CHECK},
    {0, "tune", "WHEN", "measuring before use: off, first [first]", SETTING("ALEXCL_TUNE"), .shared = OPTION_TUNE},
};
const struct option_table options_before_use = SHARED_TABLE(before_use_rows);

static const struct option_row every_rows[] = {
    {'o', "output", "FILE", "results into a file, whole or not at all [stdout]", OPTION_TEXT(struct options, output)},
    {0, "format", "F", "text, json or csv [text]",
     OPTION_VALUE(struct options, format, enum format, options_set_format)},
    {'v', "verbose", NULL, "more; log level info", .set = options_set_verbose, .setting = "ALEXCL_LOG"},
    {'q', "quiet", NULL, "results and errors only", .set = options_set_quiet, .setting = "ALEXCL_LOG"},
    {0, "log", "LEVEL", "error, warning, info or debug [warning]", SETTING("ALEXCL_LOG")},
    {0, "cache-dir", "DIR", "of compiled kernels [alexcl in your cache folder]", SETTING("ALEXCL_CACHE_DIR")},
    {0, "cache-limit", "SIZE", "the most that is kept there; 0: no limit [256MiB]", SETTING("ALEXCL_CACHE_LIMIT")},
    {0, "no-cache", NULL, "compile at every start", SETTING("ALEXCL_NO_CACHE")},
    {0, "build-options", "O", "further options for the OpenCL compiler", SETTING("ALEXCL_BUILD_OPTIONS")},
    {0, "kernel-dir", "DIR", "folder of .cl files that replace built-in ones", SETTING("ALEXCL_KERNEL_DIR")},
    {0, "sync", NULL, "wait after every launch", SETTING("ALEXCL_SYNC")},
    {0, "gemm", "G", "own or clblast [own]", SETTING("ALEXCL_GEMM")},
    {'h', "help", NULL, "this, or a command's", OPTION_FLAG(struct options, help)},
    {'V', "version", NULL, "version, loader and build", OPTION_VALUE(struct options, help, int, options_set_version)},
};
const struct option_table options_every = SHARED_TABLE(every_rows);
