/* SPDX-License-Identifier: MIT */
/* Before a driver runs a net for the first time: each kernel of it on one small shape against the reference. A file in
 * the cache folder
 *     <SHA-256 of the driver, the kernels and the shapes>.checked
 * remembers that all were right; it holds one line for people, and the hash of name and line. Any doubt means: check
 * again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "callbacks.h"
#include "graph_backward.h"
#include "hash.h"
#include "kernel.h"
#include "log.h"
#include "memory.h"
#include "selfcheck.h"
#include "settings.h"
#include "timeline.h"

enum { FILE_LIMIT = 4096, PARTS = 5 };

struct first_check {
    struct selfcheck_case *cases;
    int count;
    char key[HASH_HEX];
};

/* ---- which cases ---- */

struct selfcheck_case selfcheck_shrink(const struct layer *l, enum layer_pass_kind pass) {
    struct selfcheck_case c = {.pass = pass,
                               .variant = l->pass[pass].variant,
                               .images = 5,
                               .reproducible = l->choice.reproducible,
                               .one_image = l->choice.max_images == 1,
                               .precision = l->choice.precision,
                               .training = l->choice.training,
                               .all_ties = l->choice.all_ties,
                               .in_block = l->choice.in_block,
                               .out_block = l->choice.out_block,
                               .tile = l->pass[pass].tile};
    layer_shrink(l, &c.desc, &c.in);
    memcpy(c.more, l->shape.ops->more, sizeof c.more);
    return c;
}

/* Writes all that tells one case from another. */
static void first_write(const struct selfcheck_case *c, struct string_buffer *out) {
    const struct alexcl_layer *d = &c->desc;
    string_buffer_add(
        out,
        "%d %s %d  %d %d %d  %d %dx%d %dx%d %dx%d %d %d %d %d %d %d %d %d %d  %a %a %a %d %d %a %d %d %d %d %d "
        "%dx%dx%d\n",
        (int)d->type, c->variant ? c->variant->name : c->part->kernels, c->images, c->in.c, c->in.h, c->in.w,
        d->outputs, d->kernel[0], d->kernel[1], d->stride[0], d->stride[1], d->dilation[0], d->dilation[1], d->pad[0],
        d->pad[1], d->pad[2], d->pad[3], d->groups, d->ceil_mode, d->count_include_pad, d->window[0], d->window[1],
        d->k, d->alpha, d->beta, (int)d->lrn_scope, (int)d->dropout, d->rate, c->reproducible, c->one_image,
        (int)c->precision, c->in_block, c->out_block, c->tile.size[0], c->tile.size[1], c->tile.size[2]);
    if (c->pass != LAYER_FORWARD) string_buffer_add(out, "pass %d, all ties %d\n", (int)c->pass, c->all_ties);
}

/* Adds a case unless it is there. */
static int first_add(struct first_check *f, const struct selfcheck_case *c, struct string_buffer *all,
                     struct alexcl_error *err) {
    struct string_buffer line = {0};
    first_write(c, &line);
    if (line.failed) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the check before the first use");
    if (!all->text || !strstr(all->text, line.text)) {
        f->cases[f->count++] = *c;
        string_buffer_add(all, "%s", line.text);
    }
    string_buffer_free(&line);
    return all->failed ? error_set(err, ALEXCL_E_MEMORY, "out of host memory: the check before the first use")
                       : ALEXCL_OK;
}

/* Whether CLBlast computes a pass: it compiles other kernels for small shapes; `alexcl check` checks those of the sizes
 * here. */
static int first_is_clblast(const struct layer *l, int pass) {
    return strcmp(l->pass[pass].variant->name, "clblast") == 0;
}

/* Adds the passes of a half of a layer that are prepared. */
static int first_add_layer(struct first_check *f, const struct layer *l, int images, int *clblast,
                           struct string_buffer *all, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (int pass = LAYER_FORWARD; pass < LAYER_PASSES && status == ALEXCL_OK; pass++) {
        if (!layer_is_run(l, (enum layer_pass_kind)pass) || !l->pass[pass].variant) continue;
        if (first_is_clblast(l, pass)) {
            *clblast = 1;
            continue;
        }
        struct selfcheck_case c = selfcheck_shrink(l, (enum layer_pass_kind)pass);
        if (images == 1) c.images = 1; /* so kernels for several images are not compiled for nothing */
        status = first_add(f, &c, all, err);
    }
    return status;
}

static int first_collect(struct first_check *f, const struct graph *g, unsigned halves, const struct target *target,
                         int images, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct string_buffer all = {0};
    struct selfcheck_case c;
    int clblast = 0;
    unsigned char hash[HASH_BYTES];
    TRY(memory_alloc(&f->cases, (size_t)2 * LAYER_PASSES * (size_t)g->layer_count + PARTS, sizeof *f->cases,
                     "the check before the first use", err));
    for (int h = 0; h < 2; h++) {
        for (int i = 0; i < g->layer_count && halves >> h & 1u; i++)
            TRY(first_add_layer(f, &g->layers[i].half[h], images, &clblast, &all, err));
    }
    const struct selfcheck_part *const parts[PARTS] = {
        &selfcheck_join,
        clblast ? &selfcheck_im2col : NULL,
        clblast ? &selfcheck_bias : NULL,
        g->backward ? &selfcheck_accumulate : NULL,
        !g->backward              ? NULL
        : g->backward->states > 1 ? &selfcheck_adam
                                  : &selfcheck_sgd,
    };
    for (int i = 0; i < PARTS; i++) {
        if (!parts[i]) continue;
        c = selfcheck_case_of_part(parts[i], 0);
        TRY(first_add(f, &c, &all, err));
    }
    kernel_hash_programs(target->device, hash);
    hash_to_hex(hash, f->key);
    string_buffer_add(&all, "%s\nALEXCLC1 %s\n", f->key, alexcl_version());
    if (all.failed) {
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: the check before the first use");
        goto done;
    }
    hash_sha256(all.text, all.length, hash);
    hash_to_hex(hash, f->key);
done:
    string_buffer_free(&all);
    return status;
}

/* ---- what is remembered ---- */

static int first_path(const struct settings *settings, const struct first_check *f, char *out, size_t size,
                      struct alexcl_error *err) {
    return cache_path(settings, CACHE_CHECKS, f->key, out, size, err);
}

/* Makes the file's second line: the hash of the key and the first line. */
static void first_seal(const struct first_check *f, const char *line, char out[HASH_HEX]) {
    char both[HASH_HEX + FILE_LIMIT];
    unsigned char hash[HASH_BYTES];
    int made = snprintf(both, sizeof both, "%s%s", f->key, line);
    hash_sha256(both, (size_t)made < sizeof both ? (size_t)made : sizeof both - 1, hash);
    hash_to_hex(hash, out);
}

static int first_remembered(const struct settings *settings, const struct first_check *f) {
    char path[4200], seal[HASH_HEX];
    struct alexcl_error ignored = {0};
    unsigned char *file = NULL;
    size_t length = 0;
    int sound = 0;
    if (settings->no_cache || first_path(settings, f, path, sizeof path, &ignored) != ALEXCL_OK) return 0;
    if (cache_load(path, FILE_LIMIT, &file, &length, &ignored) != ALEXCL_OK) return 0;
    char *line = (char *)file, *end = strchr(line, '\n');
    if (end && strlen(line) == length) {
        *end = '\0';
        first_seal(f, line, seal);
        sound = strlen(end + 1) == HASH_HEX && strncmp(end + 1, seal, HASH_HEX - 1) == 0 && end[HASH_HEX] == '\n';
    }
    if (!sound) log_write(ALEXCL_LOG_INFO, "%s: not believed, the kernels are checked again", path);
    free(file);
    return sound;
}

static int first_remember(const struct settings *settings, const struct first_check *f, const char *line) {
    char path[4200], seal[HASH_HEX], file[FILE_LIMIT];
    struct alexcl_error why = {0};
    if (settings->no_cache) return 0;
    first_seal(f, line, seal);
    int made = snprintf(file, sizeof file, "%s\n%s\n", line, seal);
    if (made < 0 || (size_t)made >= sizeof file) return 0;
    int status = first_path(settings, f, path, sizeof path, &why);
    if (status == ALEXCL_OK) status = cache_store(settings, path, file, (size_t)made, &why);
    if (status != ALEXCL_OK) cache_warn("kernels are checked", why.text);
    return status == ALEXCL_OK;
}

/* ---- the check ---- */

static int first_run_case(struct target *target, const struct selfcheck_case *c, const char *driver,
                          struct alexcl_error *err) {
    struct selfcheck_found found;
    char what[160], shape[48];
    int status = selfcheck_run_case(target, c, &found, err);
    if (status != ALEXCL_OK) error_prefix(err, "checking kernel %s.cl before its first use: ", selfcheck_kernels(c));
    if (status != ALEXCL_OK || (!found.wrong && !found.unasked)) return status;
    selfcheck_explain(&found, what, sizeof what);
    selfcheck_describe(c, shape, sizeof shape);
    status =
        error_set(err, ALEXCL_E_DEVICE,
                  "%s, driver %s: kernel %s.cl computes wrongly (layer %s in small, %s: %s), so the scores would be "
                  "wrong. `alexcl check` tries every "
                  "kernel; another device, another version of the driver or --devices ref may be right; --check off "
                  "(ALEXCL_CHECK=off) goes on all the same",
                  device_name(target->device), driver, selfcheck_kernels(c), c->desc.name, shape, what);
    error_note_layer(err, c->desc.name);
    return status;
}

/* Counts the kernel files that the cases use. */
static int first_count_kernels(const struct first_check *f) {
    int count = 0;
    for (int i = 0; i < f->count; i++) {
        int before = 0;
        while (before < i && strcmp(selfcheck_kernels(&f->cases[before]), selfcheck_kernels(&f->cases[i])) != 0)
            before++;
        count += before == i;
    }
    return count;
}

int selfcheck_before_use(const struct graph *g, unsigned halves, struct target *target, int images, const char *driver,
                         struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct settings *settings = device_settings(target->device);
    struct first_check f = {0};
    char line[1024];
    if (settings->check == SETTINGS_OFF) return ALEXCL_OK;
    TRY(first_collect(&f, g, halves, target, images, err));
    if (settings->check != SETTINGS_ALWAYS && first_remembered(settings, &f)) goto done;
    uint64_t start = timeline_now();
    for (int i = 0; i < f.count; i++) {
        TRY(callbacks_cancelled(settings, err));
        callbacks_progress(settings, "kernels checked", (unsigned)i, (unsigned)f.count);
        log_write(ALEXCL_LOG_INFO, "checking kernel %s.cl, %d of %d, on %s", selfcheck_kernels(&f.cases[i]), i + 1,
                  f.count, device_name(target->device));
        TRY(first_run_case(target, &f.cases[i], driver, err));
    }
    TRY(device_finish(target->device, err));
    double seconds = (double)(timeline_now() - start) * 1e-9;
    snprintf(line, sizeof line, "%s, driver %s, checked: %d kernels right", device_name(target->device), driver,
             first_count_kernels(&f));
    int kept = first_remember(settings, &f, line);
    log_write(ALEXCL_LOG_INFO, "%s, %.2f s%s", line, seconds, kept ? ", remembered" : "");
done:
    free(f.cases);
    return status;
}
