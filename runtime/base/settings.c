/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "memory.h"

static const struct {
    const char *name, *about, *standard, *values[5]; /* values: those it can have; none: any */
} table[] = {
    {"ALEXCL_DEVICES", "the devices, as --devices takes them", NULL, {NULL}},
    {"ALEXCL_MODEL", "the model, as --model takes it", "alexnet", {NULL}},
    {"ALEXCL_WEIGHTS", "the weights, as --weights takes them", NULL, {NULL}},
    {"ALEXCL_CACHE_DIR", "folder of compiled kernels (unset: alexcl in your cache folder)", NULL, {NULL}},
    {"ALEXCL_NO_CACHE", "1: compile at every start, keep nothing", "0", {"0", "1"}},
    {"ALEXCL_LOG", "what goes to stderr: error, warning, info or debug", "warning", {"error", "warning", "info", "debug"}},
    {"ALEXCL_BUILD_OPTIONS", "further options for the OpenCL compiler", NULL, {NULL}},
    {"ALEXCL_KERNEL_DIR", "folder of .cl files that replace the built-in ones", NULL, {NULL}},
    {"ALEXCL_SYNC", "1: wait after every launch, to find the one that fails", "0", {"0", "1"}},
    {"ALEXCL_GEMM", "own or clblast: GEMM of convolutions and fully connected layers", "own", {"own", "clblast"}},
    {"ALEXCL_WEIGHTS_PRECISION", "float or half: weights of fully connected layers", "float", {"float", "half"}},
    {"ALEXCL_TUNE", "measuring what is fastest before a first use: off or first", "first", {"off", "first"}},
    {"ALEXCL_CHECK", "check of kernels before their first use: off, first or always", "first", {"off", "first", "always"}},
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
        if (strcmp(*allowed, value) == 0) return ALEXCL_OK;
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", *list ? ", " : "", *allowed);
    }
    return *list ? error_set(err, ALEXCL_E_USAGE, "%s is \"%.200s\": it can be one of: %s", table[i].name, value, list) : ALEXCL_OK;
}

int alexcl_settings_check(struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (int i = 0; i < COUNT && status == ALEXCL_OK; i++) {
        const char *value = alexcl_settings_get((size_t)i).value;
        if (value) status = settings_check_value(i, value, err);
    }
    /* Here, where nothing runs yet: else each kernel would fail for it in turn. */
    const char *folder = alexcl_setting_value("ALEXCL_KERNEL_DIR");
    struct stat info;
    if (status == ALEXCL_OK && folder && (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode)))
        status = error_set(err, ALEXCL_E_USAGE, "%s: is not a folder (%s)", folder,
                           flags[settings_find("ALEXCL_KERNEL_DIR")] ? "--kernel-dir" : "ALEXCL_KERNEL_DIR");
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
