/* SPDX-License-Identifier: MIT */
/* The file that keeps a device's choices, as JSON that a user may edit. A layer is found by the shape of a half. An
 * entry is used only if the layer has such a variant and can be computed with such a tile; any other entry is treated
 * as if nothing had been measured. */
#include "tuning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "hash.h"
#include "json_text.h"
#include "kernel.h"
#include "log.h"
#include "memory.h"
#include "settings.h"

enum { FORMAT = 1, FILE_LIMIT = 1 << 20, PATH = 4200 };

struct tuning {
    const struct settings *settings;
    char key[HASH_HEX];
    char path[PATH];
    json_t *document; /* what is in the file */
};

/* ", pad 2", ", pad 0+3" with more at the bottom and the right, or all four of them; nothing where there is none. */
static int tuning_write_pads(const int pad[4], char *out, size_t size) {
    if (!pad[0] && !pad[1] && !pad[2] && !pad[3]) return 0;
    if (pad[0] != pad[1] || pad[2] != pad[3] || pad[2] < pad[0])
        return snprintf(out, size, ", pads %d %d %d %d", pad[0], pad[1], pad[2], pad[3]);
    return pad[2] == pad[0] ? snprintf(out, size, ", pad %d", pad[0])
                            : snprintf(out, size, ", pad %d+%d", pad[0], pad[2] - pad[0]);
}

void tuning_key(const struct layer *l, enum layer_pass_kind pass, char out[TUNING_KEY]) {
    static const char *const passes[LAYER_PASSES] = {"", ", input gradient", ", weight gradient"};
    const struct alexcl_layer *d = l->shape.desc;
    char window[LAYER_WINDOW_TEXT];
    int made = snprintf(out, TUNING_KEY, "%s %dx%dx%d to %d", alexcl_layer_type_name(d->type), l->shape.in.c,
                        l->shape.in.h, l->shape.in.w, l->shape.out.c);
    layer_window_text(d, window);
    if (made < TUNING_KEY) made += snprintf(out + made, (size_t)(TUNING_KEY - made), "%s", window);
    if (made < TUNING_KEY) made += tuning_write_pads(d->pad, out + made, (size_t)(TUNING_KEY - made));
    if (d->groups > 1 && made < TUNING_KEY)
        made += snprintf(out + made, (size_t)(TUNING_KEY - made), ", %d groups", d->groups);
    if (made < TUNING_KEY)
        made += snprintf(out + made, (size_t)(TUNING_KEY - made), "%s", precision_told(l->choice.precision));
    if (made < TUNING_KEY)
        made += snprintf(out + made, (size_t)(TUNING_KEY - made), ", blocks %d to %d", l->choice.in_block,
                         l->choice.out_block);
    if (made < TUNING_KEY)
        snprintf(out + made, (size_t)(TUNING_KEY - made), "%s%s", passes[pass],
                 l->choice.training       ? ", training"
                 : l->choice.reproducible ? ", reproducible"
                                          : "");
}

static int tuning_no_memory(struct alexcl_error *err) {
    return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the tuning of a device");
}

/* ---- the file ---- */

static int tuning_check(const json_t *document, struct alexcl_error *err) {
    const json_t *layers = json_object_get(document, "layers");
    const char *key;
    json_t *entry;
    if (json_integer_value(json_object_get(document, "format")) != FORMAT)
        return error_set(err, ALEXCL_E_DATA, "its format is not %d", FORMAT);
    if (!json_is_object(layers)) return error_set(err, ALEXCL_E_DATA, "it has no object \"layers\"");
    json_object_foreach((json_t *)layers, key, entry) {
        const json_t *tile = json_object_get(entry, "tile");
        size_t sizes = json_array_size(tile);
        int bad = !json_is_string(json_object_get(entry, "variant")) || !json_is_array(tile) || sizes > LAYER_TILE;
        for (size_t i = 0; i < sizes && !bad; i++) {
            const json_t *size = json_array_get(tile, i);
            bad = !json_is_integer(size) || json_integer_value(size) < 1 || json_integer_value(size) > 4096;
        }
        const json_t *image = json_object_get(entry, "image_ms");
        if (image && !(json_is_number(image) && json_number_value(image) >= 0 && json_number_value(image) <= 1e9))
            return error_set(err, ALEXCL_E_DATA, "layer \"%.100s\": its image_ms is no number from 0 to 1e9", key);
        if (bad)
            return error_set(err, ALEXCL_E_DATA,
                             "layer \"%.100s\" needs a variant and a tile of at most %d numbers from 1 to 4096", key,
                             (int)LAYER_TILE);
    }
    return ALEXCL_OK;
}

int tuning_parse(const char *text, size_t length, struct tuning **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct tuning *t = NULL;
    json_error_t problem;
    TRY(memory_alloc(&t, 1, sizeof *t, "the tuning of a device", err));
    t->document = json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem);
    if (!t->document) {
        status = error_set(err, ALEXCL_E_DATA, "it is not JSON: %.100s in line %d", problem.text, problem.line);
        goto done;
    }
    TRY(tuning_check(t->document, err));
    *out = t;
    t = NULL;
done:
    tuning_free(t);
    return status;
}

void tuning_free(struct tuning *t) {
    if (!t) return;
    json_decref(t->document);
    free(t);
}

int tuning_same(const struct tuning *a, const struct tuning *b) { return strcmp(a->key, b->key) == 0; }
const char *tuning_path(const struct tuning *t) { return t->path; }

/* Writes all that a kernel's speed depends on. Parts of a device have the name of the device. The text of the kernels
 * is among it: what was measured without a kernel that a later build has would keep it from being used. */
static int tuning_identify(const struct alexcl_device_info *d, const struct settings *settings, char out[HASH_HEX],
                           struct alexcl_error *err) {
    struct string_buffer all = {0};
    unsigned char hash[HASH_BYTES];
    string_buffer_add(&all, "%s\n%s\n%s\n%s\n%s\n%s\n%s\n", alexcl_version(), d->name, d->hardware, d->vendor,
                      d->platform_name, d->version, d->driver);
    string_buffer_add(&all, "%s\n%s\n%s\n", settings->build_options, settings->kernel_folder,
                      settings->clblast ? "clblast" : "own");
    kernel_hash_texts(hash);
    hash_to_hex(hash, out);
    string_buffer_add(&all, "%s\n", out);
    int status = all.failed ? tuning_no_memory(err) : ALEXCL_OK;
    if (status == ALEXCL_OK) {
        hash_sha256(all.text, all.length, hash);
        hash_to_hex(hash, out);
    }
    string_buffer_free(&all);
    return status;
}

/* "" where there is no cache folder. */
static void tuning_place(const struct settings *settings, const char *key, char out[PATH]) {
    struct alexcl_error ignored = {0};
    if (settings->no_cache || cache_path(settings, CACHE_TUNING, key, out, PATH, &ignored) != ALEXCL_OK) out[0] = '\0';
}

int tuning_open(const struct alexcl_device_info *device, const struct settings *settings, struct tuning **out,
                struct alexcl_error *err) {
    int status = ALEXCL_OK;
    char key[HASH_HEX], path[PATH];
    unsigned char *text = NULL;
    size_t length = 0;
    struct tuning *t = NULL;
    struct alexcl_error why = {0};
    TRY(tuning_identify(device, settings, key, err));
    tuning_place(settings, key, path);
    if (path[0] && cache_load(path, FILE_LIMIT, &text, &length, &why) == ALEXCL_OK) {
        why = (struct alexcl_error){0};
        if (tuning_parse((const char *)text, length, &t, &why) != ALEXCL_OK)
            log_write(ALEXCL_LOG_WARNING, "%s: not used: %s; `alexcl tune` makes it anew", path, why.text);
    }
    if (!t) {
        TRY(memory_alloc(&t, 1, sizeof *t, "the tuning of a device", err));
        t->document = json_pack("{s:i, s:s, s:s, s:s, s:{}}", "format", FORMAT, "alexcl", alexcl_version(), "device",
                                device->name, "driver", device->driver, "layers");
        if (!t->document) {
            status = tuning_no_memory(err);
            goto done;
        }
    }
    t->settings = settings;
    memcpy(t->key, key, sizeof key);
    memcpy(t->path, path, sizeof path);
    *out = t;
    t = NULL;
done:
    tuning_free(t);
    free(text);
    return status;
}

int tuning_save(const struct tuning *t, struct alexcl_error *err) {
    if (!t->path[0]) return ALEXCL_OK;
    char *text = json_text_dump(t->document, JSON_INDENT(1));
    int status = text ? cache_store(t->settings, t->path, text, strlen(text), err) : tuning_no_memory(err);
    free(text);
    return status;
}

/* ---- layers ---- */

static const json_t *tuning_find(const struct tuning *t, const char *key) {
    return json_object_get(json_object_get(t->document, "layers"), key);
}
int tuning_knows(const struct tuning *t, const char *key) { return tuning_find(t, key) != NULL; }

int tuning_apply(const struct tuning *t, struct layer *l, enum layer_pass_kind pass, const struct target *target) {
    char key[TUNING_KEY];
    tuning_key(l, pass, key);
    const json_t *entry = tuning_find(t, key), *tile = json_object_get(entry, "tile");
    const char *name = json_string_value(json_object_get(entry, "variant"));
    if (!name) return 0;
    struct layer tuned = *l;
    for (size_t i = 0; i < LAYER_TILE; i++)
        tuned.pass[pass].tile.size[i] = (int)json_integer_value(json_array_get(tile, i));
    for (const struct layer_variant *const *v = l->shape.ops->variants[pass]; v && *v; v++) {
        if (strcmp((*v)->name, name) != 0) continue;
        if (!(*v)->applicable(&tuned, target)) break;
        l->pass[pass].tuned = *v;
        l->pass[pass].tile = tuned.pass[pass].tile;
        l->pass[pass].seconds = json_number_value(json_object_get(entry, "image_ms")) * 1e-3;
        return 1;
    }
    log_write(ALEXCL_LOG_INFO, "%s: its choice for \"%s\" is not possible here, and not used", t->path, key);
    return 0;
}

int tuning_set(struct tuning *t, const struct layer *l, enum layer_pass_kind pass, const struct layer_variant *variant,
               struct layer_tile tile, double seconds, json_t *tried, struct alexcl_error *err) {
    char key[TUNING_KEY];
    json_t *sizes = json_array();
    tuning_key(l, pass, key);
    for (int i = 0; i < LAYER_TILE && tile.size[i]; i++) json_array_append_new(sizes, json_integer(tile.size[i]));
    json_t *entry = json_pack("{s:s, s:o, s:f, s:o}", "variant", variant->name, "tile", sizes, "image_ms",
                              seconds * 1e3, "tried", tried);
    return json_object_set_new(json_object_get(t->document, "layers"), key, entry) == 0 ? ALEXCL_OK
                                                                                        : tuning_no_memory(err);
}
