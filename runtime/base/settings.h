/* SPDX-License-Identifier: MIT */
/* The settings by the names of their variables, and the one place that asks the environment. */
#ifndef ALEXCL_SETTINGS_H
#define ALEXCL_SETTINGS_H
#include "precision.h"
#include "status.h"

/* A variable of the environment that is not alexcl's own (HOME, OCL_ICD_VENDORS ...); NULL when unset or empty. */
const char *settings_environment(const char *name);
/* Reads a number of bytes: 4GiB, 4G, 512MiB, 3gb, 1048576, 0; in capitals or not. 1, or 0 where it is none. */
int settings_read_size(const char *text, uint64_t *bytes);

/* ---- as texts: flag > environment > default ---- */

enum { SETTINGS_COUNT = 15 };
/* What flags say, in the order of the table; NULL: nothing. */
struct settings_given {
    const char *values[SETTINGS_COUNT];
};
struct setting {
    const char *name;   /* the environment variable: "ALEXCL_CACHE_DIR" */
    const char *about;  /* one line */
    const char *value;  /* NULL when unset and without a default */
    const char *origin; /* "flag", "environment" or "default" */
};
/* `given` may be NULL: no flags. */
struct setting settings_get(const struct settings_given *given, size_t index);
/* The value of one setting by its variable's name, or NULL. */
const char *settings_value(const struct settings_given *given, const char *name);
/* A flag; one that it cannot be is ALEXCL_E_USAGE. The text is kept, not copied. */
int settings_give(struct settings_given *given, const char *name, const char *value, struct alexcl_error *err);
/* ALEXCL_E_USAGE, naming the values it can have, for the first setting that has another, or that names a folder of
 * kernels which is none. */
int settings_check(const struct settings_given *given, struct alexcl_error *err);
int settings_check_one(const struct settings_given *given, size_t index, struct alexcl_error *err);
/* What is given of those that the library takes. */
struct alexcl_settings settings_options(const struct settings_given *given);

/* ---- as the library computes by them ---- */

enum settings_when { SETTINGS_OFF, SETTINGS_FIRST, SETTINGS_ALWAYS };
struct settings {
    enum precision precision; /* of the weights of fully connected layers */
    int clblast;
    int sync; /* after every launch */
    int no_cache;
    int tune; /* before a first use */
    enum settings_when check;
    uint64_t cache_limit;                /* bytes; 0: none */
    char *build_options, *kernel_folder; /* "": none */
    char *cache_folder;                  /* NULL: none can be named */
    /* of a net: what its caller is told and asked (callbacks.h); NULL: nothing */
    alexcl_progress_fn *progress;
    alexcl_cancel_fn *cancel;
    void *user;
};
/* What a caller asks for (NULL: nothing), and of the rest what the environment says, which is read here and no more.
 * ALEXCL_E_USAGE as settings_check. On failure there is nothing to free. */
int settings_read(const struct alexcl_settings *options, struct settings *out, struct alexcl_error *err);
/* cache_folder and cache_limit alone, of which a limit that cannot be is none: no other setting is looked at. */
int settings_read_cache(const struct alexcl_settings *options, struct settings *out, struct alexcl_error *err);
void settings_free(struct settings *settings);
#endif
