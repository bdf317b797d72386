/* SPDX-License-Identifier: MIT */
/* The settings: a table of names, what they may be, and where their value is from: a flag or an option of the caller,
 * else the environment, else the default. There is no state: whoever computes has read them once, into a struct
 * settings. All are checked before anything is computed, so that a mistyped one fails at once. */
#include "settings.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "memory.h"
#include "sized.h"

static const char a_size[] = "a size, as 256MiB; 0";
/* Of struct alexcl_settings; 0, which is its size, for what the command line alone asks. */
#define OPTION(member) offsetof(struct alexcl_settings, member)
static const struct {
    const char *name, *about, *default_value, *values[5]; /* values: those it can have; none: any */
    size_t at;
} table[SETTINGS_COUNT] = {
    {"ALEXCL_DEVICES", "the devices, as --devices takes them", NULL, {NULL}, 0},
    {"ALEXCL_MODEL", "the model, as --model takes it", "alexnet", {NULL}, 0},
    {"ALEXCL_WEIGHTS", "the weights, as --weights takes them", NULL, {NULL}, 0},
    {"ALEXCL_DATA_DIR", "folder of the files that come with alexcl", NULL, {NULL}, 0},
    {"ALEXCL_CACHE_DIR", "folder of compiled kernels", NULL, {NULL}, OPTION(cache_folder)},
    {"ALEXCL_CACHE_LIMIT", "the most that is kept there; 0: no limit", "256MiB", {a_size}, OPTION(cache_limit)},
    {"ALEXCL_NO_CACHE", "1: compile at every start, keep nothing", "0", {"0", "1"}, OPTION(no_cache)},
    {"ALEXCL_LOG",
     "what goes to stderr: error, warning, info or debug",
     "warning",
     {"error", "warning", "info", "debug"},
     0},
    {"ALEXCL_BUILD_OPTIONS", "further options for the OpenCL compiler", NULL, {NULL}, OPTION(build_options)},
    {"ALEXCL_KERNEL_DIR", "folder of .cl files that replace the built-in ones", NULL, {NULL}, OPTION(kernel_folder)},
    {"ALEXCL_SYNC", "1: wait after every launch, to find the one that fails", "0", {"0", "1"}, OPTION(sync)},
#ifdef ALEXCL_CLBLAST
    {"ALEXCL_GEMM",
     "own or clblast: GEMM of convolutions and fully connected layers",
     "own",
     {"own", "clblast"},
     OPTION(gemm)},
#else
    {"ALEXCL_GEMM",
     "own: GEMM of convolutions and fully connected layers; built without CLBlast",
     "own",
     {"own"},
     OPTION(gemm)},
#endif
    {"ALEXCL_WEIGHTS_PRECISION",
     "float, half or int8: weights of fully connected layers",
     "float",
     {"float", "half", "int8"},
     OPTION(weights_precision)},
    {"ALEXCL_TUNE",
     "measuring what is fastest before a first use: off or first",
     "first",
     {"off", "first"},
     OPTION(tune)},
    {"ALEXCL_CHECK",
     "check of kernels before their first use: off, first or always",
     "first",
     {"off", "first", "always"},
     OPTION(check)},
};

static int settings_find(const char *name) {
    for (int i = 0; i < SETTINGS_COUNT; i++)
        if (strcmp(table[i].name, name) == 0) return i;
    return -1;
}

const char *settings_environment(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

struct setting settings_get(const struct settings_given *given, size_t i) {
    struct setting s = {table[i].name, table[i].about, table[i].default_value, "default"};
    if (given && given->values[i]) {
        s.value = given->values[i];
        s.origin = "flag";
    } else if (settings_environment(table[i].name)) {
        s.value = settings_environment(table[i].name);
        s.origin = "environment";
    }
    return s;
}

const char *settings_value(const struct settings_given *given, const char *name) {
    int i = settings_find(name);
    return i < 0 ? NULL : settings_get(given, (size_t)i).value;
}

/* ALEXCL_E_USAGE where the setting cannot have that value. */
static int settings_check_value(int i, const char *value, struct alexcl_error *err) {
    char list[64] = "";
    for (const char *const *allowed = table[i].values; *allowed; allowed++) {
        uint64_t bytes;
        if (*allowed == a_size ? settings_read_size(value, &bytes) : strcmp(*allowed, value) == 0) return ALEXCL_OK;
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", *list ? ", " : "", *allowed);
    }
    return *list ? error_set(err, ALEXCL_E_USAGE, "%s is \"%.200s\": it can be one of: %s", table[i].name, value, list)
                 : ALEXCL_OK;
}

int settings_read_size(const char *text, uint64_t *out) {
    static const struct {
        const char *unit;
        double bytes;
    } units[] = {{"", 1},          {"B", 1},          {"K", 1024},         {"KiB", 1024},        {"M", 1048576},
                 {"MiB", 1048576}, {"G", 1073741824}, {"GiB", 1073741824}, {"T", 1099511627776}, {"TiB", 1099511627776},
                 {"kB", 1e3},      {"MB", 1e6},       {"GB", 1e9},         {"TB", 1e12}};
    char *end;
    double n = strtod(text, &end);
    if (text[0] < '0' || text[0] > '9') return 0;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        double bytes = n * units[i].bytes;
        if (strcasecmp(end, units[i].unit) != 0 || (bytes < 1 && bytes != 0) || bytes > 1e18) continue;
        *out = (uint64_t)bytes;
        return 1;
    }
    return 0;
}

/* Here, where nothing runs yet: else each kernel would fail for it in turn. */
static int settings_check_folder(int i, const struct setting *s, struct alexcl_error *err) {
    struct stat info;
    if (table[i].at != OPTION(kernel_folder) || (stat(s->value, &info) == 0 && S_ISDIR(info.st_mode))) return ALEXCL_OK;
    return error_set(err, ALEXCL_E_USAGE, "%s: is not a folder (%s)", s->value,
                     strcmp(s->origin, "flag") == 0 ? "--kernel-dir" : s->name);
}

int settings_check_one(const struct settings_given *given, size_t i, struct alexcl_error *err) {
    struct setting s = settings_get(given, i);
    if (!s.value) return ALEXCL_OK;
    int status = settings_check_value((int)i, s.value, err);
    return status == ALEXCL_OK ? settings_check_folder((int)i, &s, err) : status;
}

int settings_check(const struct settings_given *given, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (size_t i = 0; i < SETTINGS_COUNT && status == ALEXCL_OK; i++) status = settings_check_one(given, i, err);
    return status;
}

int settings_give(struct settings_given *given, const char *name, const char *value, struct alexcl_error *err) {
    int i = settings_find(name);
    if (i < 0) return error_set(err, ALEXCL_E_USAGE, "no setting is called %s", name);
    int status = settings_check_value(i, value, err);
    if (status == ALEXCL_OK) given->values[i] = value;
    return status;
}

/* ---- for the library ------------------------------------------------------------------------------ */

struct alexcl_settings settings_options(const struct settings_given *given) {
    struct alexcl_settings options = {.size = sizeof options};
    for (int i = 0; i < SETTINGS_COUNT; i++)
        if (table[i].at) memcpy((char *)&options + table[i].at, &given->values[i], sizeof given->values[i]);
    return options;
}

/* ALEXCL_CACHE_DIR, else the folder of that name in the user's; *out is NULL where neither is known. */
static int settings_name_cache(const struct settings_given *given, char **out, struct alexcl_error *err) {
    const char *chosen = settings_value(given, "ALEXCL_CACHE_DIR"), *xdg = settings_environment("XDG_CACHE_HOME"),
               *home = settings_environment("HOME");
    struct string_buffer path = {0};
    if (chosen)
        string_buffer_add(&path, "%s", chosen);
    else if (xdg)
        string_buffer_add(&path, "%s/alexcl", xdg);
    else if (home)
        string_buffer_add(&path, "%s/.cache/alexcl", home);
    if (path.failed) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the cache folder's name");
    *out = path.text;
    return ALEXCL_OK;
}

/* The other way round. */
static int settings_take(const struct alexcl_settings *options, struct settings_given *given,
                         struct alexcl_error *err) {
    struct alexcl_settings today;
    *given = (struct settings_given){{NULL}};
    int status = SIZED_READ(alexcl_settings, options, &today, err);
    for (int i = 0; i < SETTINGS_COUNT && status == ALEXCL_OK; i++)
        if (table[i].at) memcpy(&given->values[i], (const char *)&today + table[i].at, sizeof given->values[i]);
    return status;
}

static int settings_is(const struct settings_given *given, const char *name, const char *value) {
    return strcmp(settings_value(given, name), value) == 0;
}

int settings_read_cache(const struct alexcl_settings *options, struct settings *out, struct alexcl_error *err) {
    struct settings_given given;
    *out = (struct settings){0};
    int status = settings_take(options, &given, err);
    if (status == ALEXCL_OK) status = settings_name_cache(&given, &out->cache_folder, err);
    const char *limit = settings_value(&given, "ALEXCL_CACHE_LIMIT");
    if (status == ALEXCL_OK && !settings_read_size(limit, &out->cache_limit)) out->cache_limit = 0;
    return status;
}

int settings_read(const struct alexcl_settings *options, struct settings *out, struct alexcl_error *err) {
    struct settings_given given;
    int status = settings_read_cache(options, out, err);
    if (status != ALEXCL_OK) return status;
    TRY(settings_take(options, &given, err));
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        if (table[i].at) TRY(settings_check_one(&given, i, err));
    const char *build = settings_value(&given, "ALEXCL_BUILD_OPTIONS"),
               *kernels = settings_value(&given, "ALEXCL_KERNEL_DIR");
    TRY(memory_copy_text(&out->build_options, build ? build : "", err));
    TRY(memory_copy_text(&out->kernel_folder, kernels ? kernels : "", err));
    for (int p = PRECISION_FLOAT; p < PRECISIONS; p++)
        if (settings_is(&given, "ALEXCL_WEIGHTS_PRECISION", precision_name((enum precision)p)))
            out->precision = (enum precision)p;
    out->clblast = settings_is(&given, "ALEXCL_GEMM", "clblast");
    out->sync = settings_is(&given, "ALEXCL_SYNC", "1");
    out->no_cache = settings_is(&given, "ALEXCL_NO_CACHE", "1");
    out->tune = !settings_is(&given, "ALEXCL_TUNE", "off");
    out->check = settings_is(&given, "ALEXCL_CHECK", "always")  ? SETTINGS_ALWAYS
                 : settings_is(&given, "ALEXCL_CHECK", "first") ? SETTINGS_FIRST
                                                                : SETTINGS_OFF;
done:
    if (status != ALEXCL_OK) settings_free(out);
    return status;
}

void settings_free(struct settings *settings) {
    free(settings->build_options);
    free(settings->kernel_folder);
    free(settings->cache_folder);
    *settings = (struct settings){0};
}
