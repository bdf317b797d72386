/* SPDX-License-Identifier: MIT */
/* The settings: a table of names, what they may be, and where their value is from. A value that was set beats the
 * environment. All are checked before anything is computed, so that a mistyped one fails at once. */
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "memory.h"

static const char a_size[] = "a size, as 256MiB; 0";
static const struct {
    const char *name, *about, *standard, *values[5]; /* values: those it can have; none: any */
} table[] = {
    {"ALEXCL_DEVICES", "the devices, as --devices takes them", NULL, {NULL}},
    {"ALEXCL_MODEL", "the model, as --model takes it", "alexnet", {NULL}},
    {"ALEXCL_WEIGHTS", "the weights, as --weights takes them", NULL, {NULL}},
    {"ALEXCL_CACHE_DIR", "folder of compiled kernels", NULL, {NULL}},
    {"ALEXCL_CACHE_LIMIT", "the most that is kept there; 0: no limit", "256MiB", {a_size}},
    {"ALEXCL_NO_CACHE", "1: compile at every start, keep nothing", "0", {"0", "1"}},
    {"ALEXCL_LOG",
     "what goes to stderr: error, warning, info or debug",
     "warning",
     {"error", "warning", "info", "debug"}},
    {"ALEXCL_BUILD_OPTIONS", "further options for the OpenCL compiler", NULL, {NULL}},
    {"ALEXCL_KERNEL_DIR", "folder of .cl files that replace the built-in ones", NULL, {NULL}},
    {"ALEXCL_SYNC", "1: wait after every launch, to find the one that fails", "0", {"0", "1"}},
#ifdef ALEXCL_CLBLAST
    {"ALEXCL_GEMM", "own or clblast: GEMM of convolutions and fully connected layers", "own", {"own", "clblast"}},
#else
    {"ALEXCL_GEMM", "own: GEMM of convolutions and fully connected layers; built without CLBlast", "own", {"own"}},
#endif
    {"ALEXCL_WEIGHTS_PRECISION", "float or half: weights of fully connected layers", "float", {"float", "half"}},
    {"ALEXCL_TUNE", "measuring what is fastest before a first use: off or first", "first", {"off", "first"}},
    {"ALEXCL_CHECK",
     "check of kernels before their first use: off, first or always",
     "first",
     {"off", "first", "always"}},
};
enum { COUNT = sizeof table / sizeof table[0] };
static char *flags[COUNT];

static int settings_find(const char *name) {
    for (int i = 0; i < COUNT; i++)
        if (strcmp(table[i].name, name) == 0) return i;
    return -1;
}

const char *settings_environment(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

size_t alexcl_settings_count(void) { return COUNT; }

struct alexcl_setting alexcl_settings_get(size_t i) {
    if (i >= COUNT) return (struct alexcl_setting){0};
    struct alexcl_setting s = {table[i].name, table[i].about, table[i].standard, "default"};
    if (flags[i]) {
        s.value = flags[i];
        s.origin = "flag";
    } else if (settings_environment(table[i].name)) {
        s.value = settings_environment(table[i].name);
        s.origin = "environment";
    }
    return s;
}

const char *alexcl_setting_value(const char *name) {
    int i = settings_find(name);
    return i < 0 ? NULL : alexcl_settings_get((size_t)i).value;
}

int settings_switch(const char *name) {
    const char *value = alexcl_setting_value(name);
    return value && strcmp(value, "1") == 0;
}

/* ALEXCL_E_USAGE where the setting cannot have that value. */
static int settings_check_value(int i, const char *value, struct alexcl_error *err) {
    char list[64] = "";
    for (const char *const *allowed = table[i].values; *allowed; allowed++) {
        uint64_t bytes;
        if (*allowed == a_size ? alexcl_size_read(value, &bytes) : strcmp(*allowed, value) == 0) return ALEXCL_OK;
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", *list ? ", " : "", *allowed);
    }
    return *list ? error_set(err, ALEXCL_E_USAGE, "%s is \"%.200s\": it can be one of: %s", table[i].name, value, list)
                 : ALEXCL_OK;
}

int alexcl_size_read(const char *text, uint64_t *out) {
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
static int settings_check_folder(int i, const char *path, struct alexcl_error *err) {
    struct stat info;
    if (strcmp(table[i].name, "ALEXCL_KERNEL_DIR") != 0 || (stat(path, &info) == 0 && S_ISDIR(info.st_mode)))
        return ALEXCL_OK;
    return error_set(err, ALEXCL_E_USAGE, "%s: is not a folder (%s)", path, flags[i] ? "--kernel-dir" : table[i].name);
}

int alexcl_setting_check(const char *name, struct alexcl_error *err) {
    int i = settings_find(name);
    const char *value = alexcl_setting_value(name);
    if (i < 0) return error_set(err, ALEXCL_E_USAGE, "no setting is called %s", name);
    int status = value ? settings_check_value(i, value, err) : ALEXCL_OK;
    return value && status == ALEXCL_OK ? settings_check_folder(i, value, err) : status;
}

int alexcl_settings_check(struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (int i = 0; i < COUNT && status == ALEXCL_OK; i++) status = alexcl_setting_check(table[i].name, err);
    return status;
}

int alexcl_setting_set(const char *name, const char *value, struct alexcl_error *err) {
    int i = settings_find(name);
    if (i < 0) return error_set(err, ALEXCL_E_USAGE, "no setting is called %s", name);
    char *copy;
    int status = settings_check_value(i, value, err);
    if (status == ALEXCL_OK) status = memory_copy_text(&copy, value, err);
    if (status != ALEXCL_OK) return status;
    free(flags[i]);
    flags[i] = copy;
    return ALEXCL_OK;
}
