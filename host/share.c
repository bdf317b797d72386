/* SPDX-License-Identifier: MIT */
#include "share.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "status.h"

/* The folder ../share/alexcl beside the folder of the program itself; "" where the system does not tell it. */
static void share_beside_program(char out[PATH_MAX]) {
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    out[0] = '\0';
    if (length < 0) return;
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (!slash) return;
    *slash = '\0';
    if (snprintf(out, PATH_MAX, "%s/../share/alexcl", program) >= PATH_MAX) out[0] = '\0';
}

const char *share_trained(size_t index, const char **model) {
    static const struct {
        const char *model, *name;
    } all[] = {
        {"alexnet-small", "alexnet_small_fashion_mnist.safetensors"}, /* docs/training.md */
    };
    if (index >= sizeof all / sizeof *all) return NULL;
    *model = all[index].model;
    return all[index].name;
}

const char *share_trained_of(const char *model) {
    const char *name, *of;
    for (size_t i = 0; (name = share_trained(i, &of)) != NULL; i++)
        if (strcmp(of, model) == 0) return name;
    return NULL;
}

int share_find(const struct options *o, const char *name, char **path, struct alexcl_error *err) {
    char beside[PATH_MAX], found[2 * PATH_MAX];
    share_beside_program(beside);
    const char *named = settings_value(&o->given, "ALEXCL_DATA_DIR");
    const char *folders[] = {named, beside, ALEXCL_SOURCE_SHARE};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        if (!folders[i] || !folders[i][0]) continue;
        snprintf(found, sizeof found, "%s/%s", folders[i], name);
        if (access(found, F_OK) != 0) continue;
        *path = strdup(found);
        return *path ? ALEXCL_OK : error_set(err, ALEXCL_E_MEMORY, "out of host memory: %s", found);
    }
    return error_set(err, ALEXCL_E_DATA,
                     "%s, which comes with alexcl, is in none of: the folder that ALEXCL_DATA_DIR names (%s), %s, %s; "
                     "install alexcl whole, or set ALEXCL_DATA_DIR",
                     name, named ? named : "not set", beside[0] ? beside : "../share/alexcl beside the program",
                     ALEXCL_SOURCE_SHARE);
}
