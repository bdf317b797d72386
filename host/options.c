/* SPDX-License-Identifier: MIT */
/* The command line. The rows of all tables are told to getopt_long at once, since options may stand before the command:
 * each value is read where it is met, into the structure of every table that knows the name, and only then is it seen
 * whether the command takes what was given. Long names may be shortened as far as one option remains. An unknown word
 * is answered with the nearest known one. */
#include "options.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "nearest.h"
#include "report.h"
#include "status.h"

struct options_file {
    struct alexcl_model *model;
    const char *path;
    int weights;                       /* it has them too */
    struct alexcl_weights_file *given; /* the weights', by which the model is chosen */
};

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
    { (rows), sizeof(rows) / sizeof *(rows), NULL, 0 }

static const struct option_row net_rows[] = {
    {'d', "devices", "D", "0,1  0  1:0  gpu  cpu  ~name  0/2 (cut)  ref  both", SETTING("ALEXCL_DEVICES"),
     .shared = OPTION_DEVICES},
    {'m', "model", "M", "one of `alexcl models`, or a file [alexnet]", .set = options_set_model,
     .setting = "ALEXCL_MODEL", .shared = OPTION_MODEL},
    {0, "prototxt", "FILE", "a .caffemodel's net: the same as --model FILE", .set = options_set_model,
     .setting = "ALEXCL_MODEL", .shared = OPTION_MODEL},
    {0, "weights", "FILE", "safetensors, .pth, .h5, .onnx .. [random, seed 1]", SETTING("ALEXCL_WEIGHTS"),
     .shared = OPTION_WEIGHTS},
    {0, "weights-precision", "P", "float or half: weights of fc layers [float]", SETTING("ALEXCL_WEIGHTS_PRECISION"),
     .shared = OPTION_PRECISION},
    {'b', "batch", "N", "images at once [16; plan: 1; distance: 16 to 64]",
     OPTION_INT(struct options, batch, 1, OPTIONS_IMAGES), .shared = OPTION_BATCH},
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

/* ---- all rows ------------------------------------------------------------------------------------ */

enum {
    ROWS = 128, /* at most, of all tables */
    LONG = 1000 /* what getopt_long calls the first row's long name */
};

/* The rows of all tables. Two commands may have an option of the same name, each its own. */
struct known {
    int count;
    size_t size; /* of the structures of all tables */
    struct known_row {
        const struct option_row *row;
        const struct option_table *table;
        int first;    /* of the rows with this name */
        size_t place; /* of the table's structure among all */
    } all[ROWS];
};

static void options_collect_table(const struct option_table *t, struct known *out) {
    for (size_t i = 0; i < t->count; i++) {
        int first = 0;
        assert(out->count < ROWS);
        while (first < out->count && strcmp(out->all[first].row->name, t->rows[i].name) != 0) first++;
        out->all[out->count++] = (struct known_row){&t->rows[i], t, first, out->size};
    }
    size_t aligned = _Alignof(max_align_t);
    out->size += (t->size + aligned - 1) / aligned * aligned;
}

/* In the order in which help and messages name options. */
static void options_collect(struct known *out) {
    out->count = 0;
    out->size = 0;
    options_collect_table(&options_net, out);
    for (const struct command *const *c = commands; *c; c++)
        if ((*c)->own) options_collect_table((*c)->own, out);
    options_collect_table(&options_before_use, out);
    options_collect_table(&options_every, out);
}

static int options_takes(const struct known_row *k, const struct command *c) {
    if (k->table == &options_every) return 1;
    if (!c) return 0;
    return k->row->shared ? (k->row->shared & c->shared) != 0 : k->table == c->own;
}

/* Whether a command takes an option of this row's name. */
static int options_takes_name(const struct known *known, int first, const struct command *c) {
    for (int i = first; i < known->count; i++)
        if (known->all[i].first == first && options_takes(&known->all[i], c)) return 1;
    return 0;
}

void options_print(const struct command *command) {
    struct known known;
    int count = 0;
    options_collect(&known);
    for (int i = 0; i < known.count; i++) {
        const struct option_row *r = known.all[i].row;
        if ((known.all[i].table == &options_every) == (command != NULL) || !options_takes(&known.all[i], command))
            continue;
        char letter[] = "   ", left[64];
        if (r->letter) snprintf(letter, sizeof letter, "-%c,", r->letter);
        snprintf(left, sizeof left, "%s --%s%s%s", letter, r->name, r->argument ? " " : "",
                 r->argument ? r->argument : "");
        printf("%s  %-26s %s\n", count++ ? "" : "\nOptions:\n", left, r->help);
    }
    if (command) printf("\nOptions of every command, as -o, -v, -q, --format: `alexcl --help`\n");
}

/* Reads a value into the structure of every table that has an option of this name: which command is meant, is not known
 * before all is read. */
static int options_set(const struct known *known, int first, char *value, struct options *o, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (int i = first; i < known->count && status == ALEXCL_OK; i++) {
        const struct known_row *k = &known->all[i];
        char *structure = k->table->defaults ? (char *)o->structures + k->place : (char *)o;
        if (k->first == first) status = k->row->set(k->row, value, structure + k->row->at, err);
    }
    return status;
}

/* Names of the options that a word is short for, "--features, --fail-fast or --format"; how many. */
static int options_short_for(const struct known *known, const char *word, char *out, size_t size) {
    int count = 0, told = 0;
    size_t used = 0;
    for (int i = 0; i < known->count; i++)
        count += known->all[i].first == i && strncmp(known->all[i].row->name, word, strlen(word)) == 0;
    for (int i = 0; i < known->count; i++) {
        const char *name = known->all[i].row->name;
        if (known->all[i].first != i || strncmp(name, word, strlen(word)) != 0) continue;
        const char *between = told == 0 ? "" : told == count - 1 ? " or " : ", ";
        int made = snprintf(out + used, size - used, "%s--%s", between, name);
        used += (size_t)made < size - used ? (size_t)made : size - used - 1;
        told++;
    }
    return count;
}

static int options_unknown(const struct known *known, const char *text, const struct command *c,
                           struct alexcl_error *err) {
    const char *names[ROWS + 1], *near = NULL;
    char word[64], all[32 * ROWS], question[NEAREST_QUESTION];
    int count = 0;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(text + strspn(text, "-"), "="), text + strspn(text, "-"));
    if (strncmp(text, "--", 2) == 0 && options_short_for(known, word, all, sizeof all) > 1)
        return error_set(err, ALEXCL_E_USAGE, "--%s may be %s: write the one that you mean", word, all);
    for (int i = 0; i < known->count; i++)
        if (known->all[i].first == i && (!c || options_takes_name(known, i, c)))
            names[count++] = known->all[i].row->name;
    names[count] = NULL;
    near = nearest_find(word, names);
    if (near && strcmp(near, word) == 0 && strchr(text, '='))
        return error_set(err, ALEXCL_E_USAGE, "option --%s takes no value: %s", word, text);
    return error_set(err, ALEXCL_E_USAGE, "unknown option %s%s; see `alexcl %s%s--help`", text,
                     nearest_ask("--", near, "", question), c ? c->name : "", c ? " " : "");
}

static const struct command *options_command(const char *name) {
    for (const struct command *const *c = commands; *c; c++)
        if (strcmp((*c)->name, name) == 0) return *c;
    return NULL;
}

/* Commands that go by another name elsewhere, else the nearest name. */
static int options_unknown_command(const char *name, struct alexcl_error *err) {
    char word[32], near[128] = "", question[NEAREST_QUESTION];
    const char *names[32];
    int count = 0;
    snprintf(word, sizeof word, " %.29s ", name);
    for (const struct command *const *c = commands; *c; c++) {
        if (strstr((*c)->also, word))
            snprintf(near + strlen(near), sizeof near - strlen(near), "%s%s", near[0] ? " or " : "", (*c)->name);
        names[count++] = (*c)->name;
    }
    names[count++] = "help";
    names[count] = NULL;
    if (!near[0] && nearest_find(name, names)) snprintf(near, sizeof near, "%s", nearest_find(name, names));
    return error_set(err, ALEXCL_E_USAGE, "unknown command %s%s; see `alexcl --help`", name,
                     nearest_ask("", near[0] ? near : NULL, "", question));
}

/* What getopt_long takes: a long name each once, short names. */
static void options_tell_getopt(const struct known *known, struct option *longs, char *shorts) {
    for (int i = 0; i < known->count; i++) {
        const struct option_row *r = known->all[i].row;
        if (known->all[i].first != i) continue;
        *longs++ = (struct option){r->name, r->argument ? required_argument : no_argument, NULL, LONG + i};
        if (r->letter) shorts += snprintf(shorts, 3, "%c%s", r->letter, r->argument ? ":" : "");
    }
    *longs = (struct option){0};
}

/* Whether a setting has its value from a flag or the environment. */
static int options_is_given(const struct settings_given *given, const char *name) {
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        struct setting s = settings_get(given, i);
        if (strcmp(s.name, name) == 0) return strcmp(s.origin, "default") != 0;
    }
    return 0;
}

/* Memory for the structures of all commands, with their defaults. */
static int options_open(const struct known *known, struct options *out, struct alexcl_error *err) {
    *out = (struct options){.structures = calloc(1, known->size + 1), .file = calloc(1, sizeof *out->file)};
    if (!out->structures || !out->file) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the options");
    for (int i = 0; i < known->count; i++) {
        const struct known_row *k = &known->all[i];
        if (k->table->defaults) memcpy((char *)out->structures + k->place, k->table->defaults, k->table->size);
    }
    return ALEXCL_OK;
}

void options_free(struct options *o) {
    if (o->file) alexcl_weights_file_free(o->file->given);
    if (o->file) alexcl_model_free(o->file->model);
    free(o->file);
    free(o->structures);
    *o = (struct options){0};
}

/* The command that the words name, and where its arguments begin. */
static int options_find_command(char **argv, int words, int *at, int *help, const struct command **out,
                                struct alexcl_error *err) {
    *at = 1;
    *out = NULL;
    if (words == 0) return ALEXCL_OK;
    const char *name = argv[(*at)++];
    *out = options_command(name);
    if (!*out && strcmp(name, "help") == 0) { /* alexcl help COMMAND */
        *help = 1;
        if (*at <= words) *out = options_command(name = argv[(*at)++]);
        if (!*out && strcmp(name, "help") == 0) return ALEXCL_OK;
    }
    return *out ? ALEXCL_OK : options_unknown_command(name, err);
}

int options_read(int argc, char **argv, struct options *out, const struct command **command, struct alexcl_error *err) {
    struct known known;
    struct option longs[ROWS + 1];
    char shorts[2 * ROWS + 3] = "-:"; /* words are handed out where they stand, whatever POSIXLY_CORRECT says */
    int given[ROWS] = {0}, words = 0, at, which, status;
    options_collect(&known);
    options_tell_getopt(&known, longs, shorts + strlen(shorts));
    *command = NULL;
    TRY(options_open(&known, out, err));
    /* An option before the command may be mistyped: the nearest of that command's options is named. */
    for (int i = 1; i < argc && !*command; i++) *command = options_command(argv[i]);
    opterr = 0;
    optind = 0; /* from the start, whatever an earlier call left inside a cluster of short options */
    while ((at = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (at == '?')
            return options_unknown(
                &known, optopt && optopt < 256 ? (char[]){'-', (char)optopt, '\0'} : argv[optind - 1], *command, err);
        if (at == ':')
            return error_set(err, ALEXCL_E_USAGE, "option %s wants a value; see `alexcl --help`", argv[optind - 1]);
        if (at == 1) {
            argv[++words] = optarg; /* never ahead of what is read */
            continue;
        }
        which = at - LONG;
        if (at < LONG)
            for (which = 0; which < known.count - 1 && known.all[which].row->letter != at; which++) continue;
        given[which] = 1;
        TRY(options_set(&known, which, optarg, out, err));
        if (out->help < 0) return ALEXCL_OK;
    }
    while (optind < argc) argv[++words] = argv[optind++]; /* behind -- */
    TRY(options_find_command(argv, words, &at, &out->help, command, err));
    for (int i = 0; *command && i < known.count; i++)
        if (given[i] && !options_takes_name(&known, i, *command))
            return error_set(err, ALEXCL_E_USAGE, "`alexcl %s` takes no --%s; see `alexcl %s --help`", (*command)->name,
                             known.all[i].row->name, (*command)->name);
    out->arguments = argv + at;
    out->argument_count = words + 1 - at;
    for (int i = 0; *command && (*command)->own && i < known.count; i++)
        if (known.all[i].table == (*command)->own) out->own = (char *)out->structures + known.all[i].place;
    out->settings = settings_options(&out->given);
    out->devices = settings_value(&out->given, "ALEXCL_DEVICES");
    out->model = settings_value(&out->given, "ALEXCL_MODEL");
    out->model_named = options_is_given(&out->given, "ALEXCL_MODEL");
    if (*command && (*command)->shared & OPTION_WEIGHTS) out->weights = settings_value(&out->given, "ALEXCL_WEIGHTS");
    out->precision = settings_value(&out->given, "ALEXCL_WEIGHTS_PRECISION");
done:
    return status;
}

/* ---- what the options say ------------------------------------------------------------------------- */

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

/* The model that is named (NULL: none is) for the weights that are named, if the command takes any. */
static int options_choose_model(const struct options *o, const char *name, const struct alexcl_model **out,
                                struct alexcl_error *err) {
    const struct alexcl_model *named = NULL;
    const char *why;
    int status;
    if (name || !o->weights) TRY(options_find_model(o, name ? name : o->model, &named, err));
    *out = named;
    if (!o->weights) return ALEXCL_OK;
    if (!o->file->given) TRY(alexcl_weights_file_open(o->weights, &o->file->given, err));
    TRY(alexcl_weights_file_model(o->file->given, named, out, &why, err));
    if (!*why || o->quiet) return ALEXCL_OK;
    report_text(stderr, why);
    putc('\n', stderr);
done:
    return status;
}

int options_model(const struct options *o, const struct alexcl_model **out, struct alexcl_error *err) {
    return options_choose_model(o, o->model_named ? o->model : NULL, out, err);
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
    const char *path = o->weights ? o->weights : o->file->weights ? o->file->path : NULL;
    int status = o->file->given ? alexcl_weights_file_weights(o->file->given, model, last_layer, out, err)
                 : path         ? alexcl_weights_open(path, model, last_layer, out, err)
                                : alexcl_weights_generate(model, 1, NULL, NULL, 0, out, err);
    if (status == ALEXCL_OK && path) options_tell_translated(o, path, *out);
    return status;
}

const char *options_tell_precision(const struct options *o) {
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
