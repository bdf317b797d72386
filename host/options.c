/* SPDX-License-Identifier: MIT */
/* The command line. Each option is a row with its name, what it takes and which commands have it; long names may be
 * shortened as far as one option remains. An unknown word is answered with the nearest known one. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fail.h"
#include "report.h"

enum id {
    ID_BUILD_OPTIONS = 256,
    ID_CACHE_DIR,
    ID_CACHE_LIMIT,
    ID_CHECK,
    ID_COMPARE,
    ID_DUMP_PATCHES,
    ID_FAIL_FAST,
    ID_FEATURES,
    ID_FORMAT,
    ID_GAIN,
    ID_GEMM,
    ID_INPUT,
    ID_KEEP_GOING,
    ID_KERNEL,
    ID_KERNEL_DIR,
    ID_KIND,
    ID_LABELS,
    ID_LAYER,
    ID_LIMIT,
    ID_LOG,
    ID_MEMORY,
    ID_NAME,
    ID_NO_CACHE,
    ID_PLOT,
    ID_REPEAT,
    ID_REPRODUCIBLE,
    ID_SAVE,
    ID_SEED,
    ID_SPLIT,
    ID_SYNC,
    ID_TEN_CROP,
    ID_TOP,
    ID_TRACE,
    ID_TUNE,
    ID_WARM_UP,
    ID_WEIGHTS,
    ID_WEIGHTS_PRECISION,
};

/* `commands`: the names of those that take it, each with a space before and behind; NULL: all. `setting`: the variable
 * that the flag beats. */
static const struct row {
    int id;
    const char *name, *argument, *help, *commands, *setting;
} rows[] = {
    {'d', "devices", "D", "0,1  0  1:0  gpu  cpu  ~name  0/2 (cut)  ref  both", " infer check tune plan time env ",
     "ALEXCL_DEVICES"},
    {'m', "model", "M", "one of `alexcl models` [alexnet]", " infer tune models plan summary time weights env ",
     "ALEXCL_MODEL"},
    {ID_WEIGHTS, "weights", "FILE", "safetensors [random, from seed 1]", " infer time env ", "ALEXCL_WEIGHTS"},
    {ID_WEIGHTS_PRECISION, "weights-precision", "P", "float or half: weights of fc layers [float]",
     " infer check tune plan time env ", "ALEXCL_WEIGHTS_PRECISION"},
    {'b', "batch", "N", "images at once [16; plan: 1]", " infer plan time ", NULL},
    {ID_MEMORY, "memory", "SIZE", "of each device: 4GiB, 512MiB [its own; plan: 4GiB]", " infer plan time ", NULL},
    {ID_SPLIT, "split", "S", "two devices: half, or auto or A:B, images [half]", " infer plan time ", NULL},
    {ID_TEN_CROP, "ten-crop", NULL, "average over corners, centre, and mirrored", " infer ", NULL},
    {ID_TOP, "top", "K", "scores to show of each image [5]", " infer ", NULL},
    {ID_LABELS, "labels", "FILE", "names, one a line or JSON [ImageNet's, for 1000]", " infer ", NULL},
    {ID_SAVE, "save", "FILE.npy", "all scores, or the features", " infer ", NULL},
    {ID_FEATURES, "features", "LAYER", "stop at a layer and save its values (--save)", " infer ", NULL},
    {ID_INPUT, "input", "FILE.npy", "N x C x H x W in place of a list", " infer time ", NULL},
    {ID_DUMP_PATCHES, "dump-patches", "DIR", "write what the net sees, .npy and .png", " infer ", NULL},
    {ID_KEEP_GOING, "keep-going", NULL, "go on behind a bad image; exit 6 at the end", " infer ", NULL},
    {ID_LIMIT, "limit", "N", "the first N images only [all]", " infer ", NULL},
    {ID_REPRODUCIBLE, "reproducible", NULL, "the same bits at every start, for every batch", " infer time ", NULL},
    {ID_REPEAT, "repeat", "N", "batches to time [10]", " time ", NULL},
    {ID_WARM_UP, "warm-up", "N", "batches before them [2]", " time ", NULL},
    {ID_TRACE, "trace", "FILE.json", "what ran when, as a Chrome trace", " time ", NULL},
    {ID_COMPARE, "compare", "FILE.json", "times as fast as in an older document", " time ", NULL},
    {ID_PLOT, "plot", "FILE.svg", "roofline picture of the layers", " time ", NULL},
    {ID_KERNEL, "kernel", "NAME", "checks of one file of kernels/ [all]", " check ", NULL},
    {ID_LAYER, "layer", "TYPE", "checks of one kind of layer, as conv [all]", " check ", NULL},
    {ID_FAIL_FAST, "fail-fast", NULL, "stop behind the first check that fails", " check ", NULL},
    {ID_CHECK, "check", "WHEN", "kernels before use: off, first, always [first]", " infer time env ", "ALEXCL_CHECK"},
    {ID_TUNE, "tune", "WHEN", "measuring before use: off, first [first]", " infer time env ", "ALEXCL_TUNE"},
    {ID_SEED, "seed", "S", "seed of the generator, also as 0x.. [1]", " weights ", NULL},
    {ID_NAME, "name", "CASE", "case in the generator's names [the model's]", " weights ", NULL},
    {ID_GAIN, "gain", "LAYER=G", "factor on a layer's weights; repeatable", " weights ", NULL},
    {ID_KIND, "kind", "K", "clear: binaries, tuning, checks or logs [all]", " cache ", NULL},
    {'o', "output", "FILE", "results into a file, whole or not at all [stdout]", NULL, NULL},
    {ID_FORMAT, "format", "F", "text, json or csv [text]", NULL, NULL},
    {'v', "verbose", NULL, "more; log level info", NULL, NULL},
    {'q', "quiet", NULL, "results and errors only", NULL, NULL},
    {ID_LOG, "log", "LEVEL", "error, warning, info or debug [warning]", NULL, "ALEXCL_LOG"},
    {ID_CACHE_DIR, "cache-dir", "DIR", "of compiled kernels [alexcl in your cache folder]", NULL, "ALEXCL_CACHE_DIR"},
    {ID_CACHE_LIMIT, "cache-limit", "SIZE", "the most that is kept there; 0: no limit [256MiB]", NULL,
     "ALEXCL_CACHE_LIMIT"},
    {ID_NO_CACHE, "no-cache", NULL, "compile at every start", NULL, "ALEXCL_NO_CACHE"},
    {ID_BUILD_OPTIONS, "build-options", "O", "further options for the OpenCL compiler", NULL, "ALEXCL_BUILD_OPTIONS"},
    {ID_KERNEL_DIR, "kernel-dir", "DIR", "folder of .cl files that replace built-in ones", NULL, "ALEXCL_KERNEL_DIR"},
    {ID_SYNC, "sync", NULL, "wait after every launch", NULL, "ALEXCL_SYNC"},
    {ID_GEMM, "gemm", "G", "own or clblast [own]", NULL, "ALEXCL_GEMM"},
    {'h', "help", NULL, "this, or a command's", NULL, NULL},
    {'V', "version", NULL, "version, loader and build", NULL, NULL},
};
enum {
    ROWS = sizeof rows / sizeof rows[0],
    MOST = 1000000,
    LONG = 1000 /* what getopt_long calls the first row's long name */
};

static int options_takes(const struct row *r, const struct command *c) {
    char name[32];
    if (!r->commands) return 1;
    if (!c) return 0;
    snprintf(name, sizeof name, " %s ", c->name);
    return strstr(r->commands, name) != NULL;
}

void options_print(const struct command *command) {
    int count = 0;
    for (int i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        if ((r->commands == NULL) == (command != NULL) || !options_takes(r, command)) continue;
        char left[64];
        snprintf(left, sizeof left, "%c%c%c --%s%s%s", r->id < 256 ? '-' : ' ', r->id < 256 ? r->id : ' ',
                 r->id < 256 ? ',' : ' ', r->name, r->argument ? " " : "", r->argument ? r->argument : "");
        printf("%s  %-26s %s\n", count++ ? "" : "\nOptions:\n", left, r->help);
    }
    if (command) printf("\nOptions of every command, as -o, -v, -q, --format: `alexcl --help`\n");
}

/* A whole number from `least` to `most`; 0x for hexadecimal. */
static int options_number(const char *name, const char *text, uint64_t least, uint64_t most, uint64_t *out,
                          struct alexcl_error *err) {
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, strncmp(text, "0x", 2) == 0 || strncmp(text, "0X", 2) == 0 ? 16 : 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || n < least || n > most)
        return fail(err, ALEXCL_E_USAGE, "--%s %s: a whole number from %llu to %llu is wanted", name, text,
                    (unsigned long long)least, (unsigned long long)most);
    *out = n;
    return ALEXCL_OK;
}

static int options_int(const char *name, const char *text, int least, int most, int *out, struct alexcl_error *err) {
    uint64_t n = 0;
    int status = options_number(name, text, (uint64_t)least, (uint64_t)most, &n, err);
    *out = (int)n;
    return status;
}

static int options_size(const char *text, uint64_t *out, struct alexcl_error *err) {
    if (alexcl_size_read(text, out) && *out > 0) return ALEXCL_OK;
    return fail(err, ALEXCL_E_USAGE, "--memory %s: a size is wanted, as 4GiB or 512MiB", text);
}

static int options_gain(struct options *o, char *text, struct alexcl_error *err) {
    char *equals = strchr(text, '='), *end = NULL;
    double gain = equals ? strtod(equals + 1, &end) : 0;
    if (!equals || equals == text || end == equals + 1 || *end)
        return fail(err, ALEXCL_E_USAGE, "--gain %s: LAYER=NUMBER is wanted, as fc8=0.1", text);
    if (o->gain_count == OPTIONS_GAINS) return fail(err, ALEXCL_E_USAGE, "more than %d times --gain", OPTIONS_GAINS);
    *equals = '\0';
    o->gains[o->gain_count++] = (struct alexcl_gain){text, gain};
    return ALEXCL_OK;
}

static int options_format(const char *text, enum format *out, struct alexcl_error *err) {
    static const char *const names[] = {"text", "json", "csv", NULL};
    for (int i = 0; names[i]; i++) {
        if (strcmp(text, names[i]) != 0) continue;
        *out = (enum format)i;
        return ALEXCL_OK;
    }
    return fail(err, ALEXCL_E_USAGE, "--format %s: text, json or csv", text);
}

static int options_set(struct options *o, const struct row *r, char *value, struct alexcl_error *err) {
    if (r->setting) return alexcl_setting_set(r->setting, r->argument ? value : "1", err);
    switch (r->id) {
    case 'b': return options_int("batch", value, 1, MOST, &o->batch, err);
    case ID_MEMORY: return options_size(value, &o->memory, err);
    case ID_SPLIT: o->split = value; break;
    case ID_TEN_CROP: o->ten_crop = 1; break;
    case ID_TOP: return options_int("top", value, 1, MOST, &o->top, err);
    case ID_LABELS: o->labels = value; break;
    case ID_SAVE: o->save = value; break;
    case ID_FEATURES: o->features = value; break;
    case ID_INPUT: o->input = value; break;
    case ID_DUMP_PATCHES: o->dump_patches = value; break;
    case ID_KERNEL: o->kernel = value; break;
    case ID_KIND: o->kind = value; break;
    case ID_LAYER: o->layer = value; break;
    case ID_FAIL_FAST: o->fail_fast = 1; break;
    case ID_KEEP_GOING: o->keep_going = 1; break;
    case ID_LIMIT: return options_int("limit", value, 1, MOST, &o->limit, err);
    case ID_REPRODUCIBLE: o->reproducible = 1; break;
    case ID_REPEAT: return options_int("repeat", value, 1, OPTIONS_REPEATS, &o->repeat, err);
    case ID_WARM_UP: return options_int("warm-up", value, 0, OPTIONS_REPEATS, &o->warm_up, err);
    case ID_TRACE: o->trace = value; break;
    case ID_COMPARE: o->compare = value; break;
    case ID_PLOT: o->plot = value; break;
    case 'o': o->output = value; break;
    case ID_SEED: o->seed_given = 1; return options_number("seed", value, 0, UINT64_MAX, &o->seed, err);
    case ID_NAME: o->name = value; break;
    case ID_GAIN: return options_gain(o, value, err);
    case ID_FORMAT: return options_format(value, &o->format, err);
    case 'v': o->verbose = 1; return alexcl_setting_set("ALEXCL_LOG", "info", err);
    case 'q': o->quiet = 1; return alexcl_setting_set("ALEXCL_LOG", "error", err);
    case 'h': o->help = 1; break;
    default: break;
    }
    return ALEXCL_OK;
}

/* Names of the options that a word is short for, "--features, --fail-fast or --format"; how many. */
static int options_short_for(const char *word, char *out, size_t size) {
    int count = 0, told = 0;
    size_t used = 0;
    for (int i = 0; i < ROWS; i++) count += strncmp(rows[i].name, word, strlen(word)) == 0;
    for (int i = 0; i < ROWS; i++) {
        if (strncmp(rows[i].name, word, strlen(word)) != 0) continue;
        int made = snprintf(out + used, size - used, "%s--%s",
                            !told               ? ""
                            : told == count - 1 ? " or "
                                                : ", ",
                            rows[i].name);
        used += (size_t)made < size - used ? (size_t)made : size - used - 1;
        told++;
    }
    return count;
}

static int options_unknown(const char *text, const struct command *c, struct alexcl_error *err) {
    const char *names[ROWS + 1], *near = NULL;
    char word[64], all[32 * ROWS];
    int count = 0;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(text + strspn(text, "-"), "="), text + strspn(text, "-"));
    if (strncmp(text, "--", 2) == 0 && options_short_for(word, all, sizeof all) > 1)
        return fail(err, ALEXCL_E_USAGE, "--%s may be %s: write the one that you mean", word, all);
    for (int i = 0; i < ROWS; i++)
        if (!c || options_takes(&rows[i], c)) names[count++] = rows[i].name;
    names[count] = NULL;
    near = alexcl_nearest(word, names);
    if (near && strcmp(near, word) == 0 && strchr(text, '='))
        return fail(err, ALEXCL_E_USAGE, "option --%s takes no value: %s", word, text);
    return fail(err, ALEXCL_E_USAGE, "unknown option %s%s%s%s; see `alexcl %s%s--help`", text,
                near ? ": did you mean --" : "", near ? near : "", near ? "?" : "", c ? c->name : "", c ? " " : "");
}

static const struct command *options_command(const char *name) {
    for (const struct command *c = commands; c->name; c++)
        if (strcmp(c->name, name) == 0) return c;
    return NULL;
}

/* Commands that go by another name elsewhere, else the nearest name. */
static int options_unknown_command(const char *name, struct alexcl_error *err) {
    char word[32], near[128] = "";
    const char *names[32];
    int count = 0;
    snprintf(word, sizeof word, " %.29s ", name);
    for (const struct command *c = commands; c->name; c++) {
        if (strstr(c->also, word))
            snprintf(near + strlen(near), sizeof near - strlen(near), "%s%s", near[0] ? " or " : "", c->name);
        names[count++] = c->name;
    }
    names[count++] = "help";
    names[count] = NULL;
    if (!near[0] && alexcl_nearest(name, names)) snprintf(near, sizeof near, "%s", alexcl_nearest(name, names));
    return fail(err, ALEXCL_E_USAGE, "unknown command %s%s%s%s; see `alexcl --help`", name,
                near[0] ? ": did you mean " : "", near, near[0] ? "?" : "");
}

int options_read(int argc, char **argv, struct options *out, const struct command **command, struct alexcl_error *err) {
    struct option longs[ROWS + 1];
    char shorts[2 * ROWS + 3] = "-:"; /* words are handed out where they stand, whatever POSIXLY_CORRECT says */
    int given[ROWS] = {0}, words = 0, at, which, status;
    *out = (struct options){.top = 5, .seed = 1, .warm_up = -1};
    *command = NULL;
    for (int i = 0; i < ROWS; i++) {
        longs[i] = (struct option){rows[i].name, rows[i].argument ? required_argument : no_argument, NULL, LONG + i};
        if (rows[i].id < 256) snprintf(shorts + strlen(shorts), 3, "%c%s", rows[i].id, rows[i].argument ? ":" : "");
    }
    longs[ROWS] = (struct option){0};
    /* An option before the command may be mistyped: the nearest of that command's options is named. */
    for (int i = 1; i < argc && !*command; i++) *command = options_command(argv[i]);
    opterr = 0;
    optind = 0; /* from the start, whatever an earlier call left inside a cluster of short options */
    while ((at = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (at == '?')
            return options_unknown(optopt && optopt < 256 ? (char[]){'-', (char)optopt, '\0'} : argv[optind - 1],
                                   *command, err);
        if (at == ':')
            return fail(err, ALEXCL_E_USAGE, "option %s wants a value; see `alexcl --help`", argv[optind - 1]);
        if (at == 1) {
            argv[++words] = optarg; /* never ahead of what is read */
            continue;
        }
        which = at - LONG;
        if (at < LONG)
            for (which = 0; which < ROWS - 1 && rows[which].id != at; which++) continue;
        given[which] = 1;
        if (rows[which].id == 'V') {
            printf("alexcl %s\n%s\n", alexcl_version(), alexcl_build_info());
            out->help = -1;
            return ALEXCL_OK;
        }
        status = options_set(out, &rows[which], optarg, err);
        if (status != ALEXCL_OK) return status;
    }
    while (optind < argc) argv[++words] = argv[optind++]; /* behind -- */
    *command = NULL;
    at = 1;
    if (at <= words) {
        const char *name = argv[at++];
        *command = options_command(name);
        if (!*command && strcmp(name, "help") == 0) { /* alexcl help COMMAND */
            out->help = 1;
            if (at <= words) *command = options_command(name = argv[at++]);
            if (!*command && strcmp(name, "help") == 0) return ALEXCL_OK;
        }
        if (!*command) return options_unknown_command(name, err);
    }
    for (int i = 0; *command && i < ROWS; i++)
        if (given[i] && !options_takes(&rows[i], *command))
            return fail(err, ALEXCL_E_USAGE, "`alexcl %s` takes no --%s; see `alexcl %s --help`", (*command)->name,
                        rows[i].name, (*command)->name);
    out->arguments = argv + at;
    out->argument_count = words + 1 - at;
    for (int i = 0; i < ROWS; i++) out->model_given |= given[i] && rows[i].id == 'm';
    out->devices = alexcl_setting_value("ALEXCL_DEVICES");
    out->model = alexcl_setting_value("ALEXCL_MODEL");
    out->weights = alexcl_setting_value("ALEXCL_WEIGHTS");
    out->precision = alexcl_setting_value("ALEXCL_WEIGHTS_PRECISION");
    return ALEXCL_OK;
}

int options_model(const struct options *o, const struct alexcl_model **out, struct alexcl_error *err) {
    return alexcl_model_find(o->model, out, err);
}

int options_model_argument(const struct options *o, const char *command, const struct alexcl_model **out,
                           struct alexcl_error *err) {
    int status = options_expect(o, command, 0, 1, err);
    if (status != ALEXCL_OK) return status;
    if (o->argument_count && o->model_given && strcmp(o->arguments[0], o->model) != 0)
        return fail(err, ALEXCL_E_USAGE, "two models are named, %s and --model %s: leave one out", o->arguments[0],
                    o->model);
    return alexcl_model_find(o->argument_count ? o->arguments[0] : o->model, out, err);
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

int options_weights(const struct options *o, const struct alexcl_model *model, const char *last_layer,
                    struct alexcl_weights **out, struct alexcl_error *err) {
    return o->weights ? alexcl_weights_open(o->weights, model, last_layer, out, err)
                      : alexcl_weights_generate(model, 1, NULL, NULL, 0, out, err);
}

const char *options_tell_precision(const struct options *o) {
    return strcmp(o->precision, "half") == 0 ? "; weights of fully connected layers in half precision" : "";
}

int options_expect(const struct options *o, const char *command, int least, int most, struct alexcl_error *err) {
    if (o->argument_count >= least && o->argument_count <= most) return ALEXCL_OK;
    if (o->argument_count < least)
        return fail(err, ALEXCL_E_USAGE, "`alexcl %s` wants %.*s; see `alexcl %s --help`", command,
                    (int)strcspn(options_command(command)->arguments, "\n"), options_command(command)->arguments,
                    command);
    return fail(err, ALEXCL_E_USAGE, "`alexcl %s` does not know what to do with %s; see `alexcl %s --help`", command,
                o->arguments[most], command);
}

int options_check_ending(const char *option, const char *path, const char *ending, struct alexcl_error *err) {
    if (!path) return ALEXCL_OK;
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path, *dot = strrchr(file, '.');
    if (!dot || dot == file || !dot[1] || strcasecmp(dot, ending) == 0) return ALEXCL_OK;
    return fail(err, ALEXCL_E_USAGE,
                "%s %s: a %s file is written, no other format: let its name end so, or without a point", option, path,
                ending);
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
        return fail(err, ALEXCL_E_USAGE, "-o %s: the results are %s: %s%s", o->output, formats[o->format],
                    known[i].format ? "to have them so, add --format " : "name a file for text, JSON or CSV",
                    known[i].format ? known[i].format : "");
    }
    return ALEXCL_OK;
}
