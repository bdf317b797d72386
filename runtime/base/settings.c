/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

static const struct {
    const char *name, *about, *standard;
} table[] = {
    {"ALEXCL_DEVICES", "the devices, as --devices takes them", NULL},
    {"ALEXCL_MODEL", "the model, as --model takes it", "alexnet"},
    {"ALEXCL_WEIGHTS", "the weights, as --weights takes them", NULL},
    {"ALEXCL_CACHE_DIR", "folder of compiled kernels (unset: alexcl in your cache folder)", NULL},
    {"ALEXCL_NO_CACHE", "1: compile at every start, keep nothing", "0"},
    {"ALEXCL_LOG", "what goes to stderr: error, warning, info or debug", "warning"},
    {"ALEXCL_BUILD_OPTIONS", "further options for the OpenCL compiler", NULL},
    {"ALEXCL_KERNEL_DIR", "folder of .cl files that replace the built-in ones", NULL},
    {"ALEXCL_SYNC", "1: wait after every launch, to find the one that fails", "0"},
    {"ALEXCL_GEMM", "own or clblast: GEMM of convolutions and fully connected layers", "own"},
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
    return value && strcmp(value, "0") != 0 && strcmp(value, "no") != 0 && strcmp(value, "off") != 0;
}

int alexcl_setting_set(const char *name, const char *value, struct alexcl_error *err) {
    int i = settings_find(name);
    if (i < 0) return error_set(err, ALEXCL_E_USAGE, "no setting is called %s", name);
    char *copy;
    int status = memory_copy_text(&copy, value, err);
    if (status != ALEXCL_OK) return status;
    free(flags[i]);
    flags[i] = copy;
    return ALEXCL_OK;
}
