/* SPDX-License-Identifier: MIT */
#include "kernel_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEHIND = 64 /* floats behind a buffer's images that nobody may write */ };
static const double TOLERANCE = 1e-5;

/* How much is tried. */
struct extent {
    int images;
    int first, count; /* those computed together */
    int alone;        /* how many are computed alone as well */
    int all_ways;     /* golden vectors, and the same once more cut into other launches */
    int costly;       /* the shapes with most products */
};
/* The images of no extent are a multiple of those in a tile (4) or in a workspace (8); 9 are more than either. */
static const struct extent whole_extent = {12, 2, 9, 3, 1, 1}, simulated_extent = {7, 1, 5, 1, 0, 1}, small_extent = {7, 1, 5, 1, 0, 0};

/* Oclgrind computes thousands of times slower than the others: convolutions, the most work, are done there in one way; and less when it
 * looks for faults (oclgrind.sh), which is slower again. */
static const struct extent *kernel_check_extent(enum alexcl_layer_type type) {
    const char *grid = getenv("ALEXCL_TEST_GRID");
    if (grid && strcmp(grid, "small") == 0) return &small_extent;
    return type == ALEXCL_CONV && strcmp(support_implementation(), "oclgrind") == 0 ? &simulated_extent : &whole_extent;
}

int kernel_check_bare(void) { return getenv("ALEXCL_BARE_BUFFERS") != NULL; }

int kernel_check_possible(const char *variant) {
    const char *anywhere = getenv("ALEXCL_TEST_CPU_KERNELS");
    return strcmp(variant, "cpu") != 0 || (anywhere && *anywhere) || device_limits(support_place()->device)->kind == ALEXCL_DEVICE_CPU;
}

static const struct layer_variant *find_variant(const struct layer *l, const char *name) {
    for (const struct layer_variant *const *v = l->ops->variants; *v; v++)
        if (strcmp((*v)->name, name) == 0) return *v;
    ck_abort_msg("%s has no variant %s", l->desc->name, name);
}

/* Channels first .. first+count-1 of every image. */
static float *cut_channels(const float *x, int images, struct alexcl_shape s, int first, int count) {
    size_t hw = (size_t)s.h * (size_t)s.w, width = (size_t)count * hw;
    float *cut = support_floats((size_t)images * width);
    for (size_t n = 0; n < (size_t)images; n++) memcpy(cut + n * width, x + n * shape_size(s) + (size_t)first * hw, width * sizeof *cut);
    return cut;
}

/* What the half reads of whole images. */
static float *half_input(const struct layer *l, const float *x, int images) {
    return cut_channels(x, images, l->whole_in, l->reads.all ? 0 : shape_half_first(l->whole_in.c, l->half), l->in.c);
}

/* The other half's channels at the cut; NULL where nothing is read. */
static float *half_seam(const struct layer *l, const float *x, int images, size_t *floats) {
    int other = shape_half_count(l->whole_in.c, 1 - l->half), seam = l->reads.seam < other ? l->reads.seam : other;
    *floats = (size_t)images * (size_t)seam * (size_t)l->whole_in.h * (size_t)l->whole_in.w;
    if (*floats == 0) return NULL;
    return cut_channels(x, images, l->whole_in, l->half ? shape_half_count(l->whole_in.c, 0) - seam : shape_half_first(l->whole_in.c, 1), seam);
}

/* What a buffer holds where nobody wrote: a NaN of its own, so that one that came out of a sum is told apart. */
static const uint32_t NOBODY = 0x7fc0beef;
static void fill_nobody(float *x, size_t count) {
    for (size_t i = 0; i < count; i++) memcpy(x + i, &NOBODY, sizeof *x);
}
static int is_nobody(const float *x) { return memcmp(x, &NOBODY, sizeof *x) == 0; }

/* `images` of `size` floats; those asked for hold `values`, if there are any. Bare buffers have nothing else in them, and nothing behind. */
static void make_storage(struct place *place, const float *values, size_t size, int images, int first, int count, struct storage *out) {
    struct alexcl_error err = {0};
    size_t floats = size * (size_t)images, from = size * (size_t)first;
    if (kernel_check_bare()) {
        EXPECT_OK(storage_create(place, floats, "a test", out, &err), err);
        /* From the start: a write further in leaves Oclgrind 21.10 believing that the place was never written. */
        if (values) EXPECT_OK(storage_write(out, 0, values, from + size * (size_t)count, &err), err);
        return;
    }
    float *start = support_floats(floats + BEHIND);
    fill_nobody(start, floats + BEHIND);
    if (values) memcpy(start + from, values + from, size * (size_t)count * sizeof *values);
    EXPECT_OK(storage_create(place, floats + BEHIND, "a test", out, &err), err);
    EXPECT_OK(storage_write(out, 0, start, floats + BEHIND, &err), err);
    free(start);
}

static void check_behind(const struct layer *l, struct storage *s, size_t count) {
    struct alexcl_error err = {0};
    float behind[BEHIND];
    if (kernel_check_bare()) return;
    EXPECT_OK(storage_read(s, count, behind, BEHIND, &err), err);
    for (size_t i = 0; i < BEHIND; i++) ck_assert_msg(is_nobody(behind + i), "%s: written %zu floats behind a buffer of %zu", l->desc->name, i + 1, count);
}

/* A layer of one half, prepared. w[t]: whole tensors. */
static void prepare_half(struct layer *l, const char *variant, struct place *place, const float *const w[LAYER_TENSORS]) {
    struct alexcl_error err = {0};
    const float *values[LAYER_TENSORS] = {0};
    for (int t = 0; t < l->tensor_count; t++) {
        size_t row = 1;
        for (int d = 1; d < l->tensors[t].dims; d++) row *= (size_t)l->tensors[t].shape[d];
        values[t] = w[t] + (size_t)l->tensors[t].first * row;
    }
    l->reproducible = 1;
    EXPECT_OK(layer_prepare_variant(l, place, find_variant(l, variant), values, &err), err);
}

/* Runs images first .. first+count-1 of `images` and gives the whole output buffer, what it held before where nothing was written. free() it. */
static float *run_half(struct layer *l, const float *x, int images, int first, int count, int in_place) {
    struct alexcl_error err = {0};
    struct storage in, out = {0}, seam = {0}, workspace = {0};
    size_t out_floats = (size_t)images * shape_size(l->out), seam_floats;
    float *input = half_input(l, x, images), *sides = half_seam(l, x, images, &seam_floats);
    /* Images that are not asked for are not read. */
    make_storage(l->place, input, shape_size(l->in), images, first, count, &in);
    if (!in_place) make_storage(l->place, NULL, shape_size(l->out), images, first, count, &out);
    if (sides) make_storage(l->place, sides, seam_floats / (size_t)images, images, first, count, &seam);
    if (l->workspace) make_storage(l->place, NULL, l->workspace, 1, 0, 1, &workspace);
    const struct layer_io io = {&in, in_place ? &in : &out, sides ? &seam : NULL, l->workspace ? &workspace : NULL, first, count};
    EXPECT_OK(layer_forward(l, &io, &err), err);
    float *got = support_floats(out_floats);
    EXPECT_OK(storage_read(in_place ? &in : &out, 0, got, out_floats, &err), err);
    check_behind(l, in_place ? &in : &out, out_floats);
    if (l->workspace) check_behind(l, &workspace, l->workspace);
    if (l->place->device) EXPECT_OK(buffer_check_guards(l->place->device, &err), err);
    if (!kernel_check_bare()) /* Oclgrind 21.10 knows only the first bytes of a buffer that gets the place of a shorter one */
        storage_free(&in), storage_free(&out), storage_free(&seam), storage_free(&workspace);
    free(input), free(sides);
    return got;
}

static void check_half(const char *variant, struct layer *l, const float *x, const float *const w[LAYER_TENSORS]) {
    const struct extent *e = kernel_check_extent(l->desc->type);
    const int images = e->images, first = e->first, count = e->count;
    struct place host = {NULL};
    struct layer reference = *l;
    size_t size = shape_size(l->out), floats = (size_t)images * size, from = (size_t)first * size, computed = (size_t)count * size;
    const struct support_maps maps = {l->out, 0}, later = {l->out, (size_t)first};
    char what[160];
    prepare_half(&reference, "ref", &host, w);
    prepare_half(l, variant, support_place(), w);
    snprintf(what, sizeof what, "%s of %s, half %d of %d x %d x %d", variant, l->desc->name, l->half, l->whole_in.c, l->whole_in.h, l->whole_in.w);
    float *want = run_half(&reference, x, images, 0, images, 0), *got = run_half(l, x, images, first, count, 0);
    support_compare_maps(what, got + from, want + from, computed, TOLERANCE, &later);
    for (size_t i = 0; i < floats && !kernel_check_bare(); i++)
        if (i < from || i >= from + computed) ck_assert_msg(is_nobody(got + i), "%s: value %zu of an image not asked for was written", what, i);
    const int alone[] = {0, first, first + count - 1};
    for (int i = 0; i < e->alone; i++) {
        float *one = run_half(l, x, images, alone[i], 1, 0);
        size_t at = (size_t)alone[i] * size;
        /* Among the other images, whose largest value is the scale: a single value may be a sum that cancels to nothing. */
        memcpy(one, want, at * sizeof *one);
        memcpy(one + at + size, want + at + size, (floats - at - size) * sizeof *one);
        support_compare_maps(what, one, want, floats, TOLERANCE, &maps);
        const struct support_maps single = {l->out, (size_t)alone[i]};
        if (alone[i] >= first) support_same_maps(what, one + at, got + at, size, &single);
        free(one);
    }
    if (e->all_ways) {
        float *five = run_half(l, x, images, first, 5, 0);
        support_same_maps(what, five + from, got + from, 5 * size, &later);
        free(five);
        uint64_t macs = l->macs;
        l->macs = UINT64_MAX; /* so many that every image gets launches of its own */
        float *apart = run_half(l, x, images, first, count, 0);
        l->macs = macs;
        support_same_maps(what, apart + from, got + from, computed, &later);
        free(apart);
    }
    if (l->in_place) {
        float *over = run_half(l, x, images, first, count, 1);
        support_same_maps(what, over + from, got + from, computed, &later);
        free(over);
    }
    layer_release(&reference);
    if (!kernel_check_bare()) layer_release(l);
    free(want), free(got);
}

void kernel_check_layer(const char *variant, const struct alexcl_layer *desc, struct alexcl_shape whole_in) {
    if (!kernel_check_possible(variant)) return;
    float *x = support_random((size_t)kernel_check_extent(desc->type)->images * shape_size(whole_in), "x", 2.0);
    for (int half = 0; half < 2; half++) {
        struct alexcl_error err = {0};
        struct layer l;
        float *w[LAYER_TENSORS] = {0};
        EXPECT_OK(layer_describe(&l, desc, half, whole_in, &err), err);
        for (int t = 0; t < l.tensor_count; t++) {
            size_t count = 1;
            for (int d = 0; d < l.tensors[t].dims; d++) count *= (size_t)l.tensors[t].shape[d];
            w[t] = support_random(count, l.tensors[t].suffix, 0.5);
        }
        if (shape_size(l.out) > 0) check_half(variant, &l, x, (const float *const *)w);
        for (int t = 0; t < LAYER_TENSORS; t++) free(w[t]);
    }
    free(x);
}

void kernel_check_golden(const char *variant, const struct alexcl_layer *desc, const char *dir, const char *key) {
    if (!kernel_check_possible(variant) || !kernel_check_extent(desc->type)->all_ways) return;
    struct tensor x = oracle_load(dir, "x"), want = oracle_load(dir, key), tensors[LAYER_TENSORS] = {{0}};
    struct alexcl_shape whole_in = {x.shape[1], x.shape[2], x.shape[3]};
    const float *w[LAYER_TENSORS] = {0};
    float *got = support_floats(want.count);
    int images = x.shape[0];
    for (int half = 0; half < 2; half++) {
        struct alexcl_error err = {0};
        struct layer l;
        EXPECT_OK(layer_describe(&l, desc, half, whole_in, &err), err);
        ck_assert_msg((size_t)images * shape_size(l.whole_out) == want.count, "%s: shape of the output", dir);
        for (int t = 0; t < l.tensor_count; t++) {
            if (!tensors[t].values) tensors[t] = oracle_load(dir, t ? "b" : "w");
            w[t] = tensors[t].values;
        }
        if (shape_size(l.out) == 0) continue;
        prepare_half(&l, variant, support_place(), w);
        float *part = run_half(&l, x.values, images, 0, images, 0);
        size_t first = (size_t)shape_half_first(l.whole_out.c, half) * (size_t)l.out.h * (size_t)l.out.w;
        for (size_t n = 0; n < (size_t)images; n++)
            memcpy(got + n * shape_size(l.whole_out) + first, part + n * shape_size(l.out), shape_size(l.out) * sizeof *got);
        free(part);
        layer_release(&l);
    }
    const struct support_maps maps = {{want.shape[1], want.shape[2], want.shape[3]}, 0};
    support_compare_maps(dir, got, want.values, want.count, TOLERANCE, &maps);
    free(got);
    oracle_free(&x), oracle_free(&want);
    for (int t = 0; t < LAYER_TENSORS; t++) oracle_free(&tensors[t]);
}

void kernel_check_refused(const struct alexcl_layer *desc, struct alexcl_shape whole_in, const char *part) {
    struct alexcl_error err = {0};
    struct layer l;
    EXPECT_ERROR(layer_describe(&l, desc, 0, whole_in, &err), ALEXCL_E_USAGE, part, err);
}

void kernel_check_golden_conv(const char *variant) {
    static const char *const dirs[] = {"conv_11x11s4", "conv_11x11s4p2", "conv_1x1",      "conv_3x3",  "conv_3x3g2",
                                       "conv_5x5g2",   "conv_conv3like", "conv_leftover", "conv_lenet"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        struct alexcl_layer desc = {.type = ALEXCL_CONV,
                                    .name = dirs[i],
                                    .outputs = (int)oracle_number(dirs[i], "o"),
                                    .kernel = (int)oracle_number(dirs[i], "kh"),
                                    .stride = (int)oracle_number(dirs[i], "stride"),
                                    .pad = (int)oracle_number(dirs[i], "pad"),
                                    .groups = (int)oracle_number(dirs[i], "groups")};
        kernel_check_golden(variant, &desc, dirs[i], "y");
    }
}

void kernel_check_conv_grid(const char *variant) {
    static const struct {
        struct alexcl_shape in;
        int outputs, kernel, stride, pad, pad_end, groups;
        int costly; /* left out where little is tried */
    } cases[] = {
        {{1, 1, 1}, 2, 1, 1, 0, 0, 1, 0},    /* one of everything */
        {{1, 5, 9}, 3, 3, 1, 1, 0, 1, 0},    /* one channel, more pixels than a tile */
        {{3, 7, 5}, 5, 3, 1, 1, 0, 1, 0},    /* an odd number of outputs, halves of 3 and 2 */
        {{2, 9, 30}, 66, 3, 2, 0, 1, 1, 0},  /* more outputs than a tile, wider than one, one-sided padding */
        {{4, 12, 11}, 34, 5, 1, 2, 0, 2, 1}, /* a group a half */
        {{8, 6, 6}, 20, 3, 1, 1, 0, 4, 0},   /* two groups a half, 5 outputs each */
        {{3, 25, 25}, 9, 11, 4, 0, 3, 1, 1}, /* conv1 of the 2012 code, in small */
        {{3, 26, 31}, 7, 11, 4, 2, 0, 1, 1}, /* windows that leave rows over */
        {{17, 4, 3}, 6, 3, 3, 2, 2, 1, 1},   /* windows that begin in the padding and end in it */
        {{5, 3, 16}, 4, 2, 1, 1, 0, 1, 0},   /* an even window */
        {{2, 8, 8}, 4, 3, 3, 0, 0, 1, 0},    /* two columns and rows that no window reaches */
        {{6, 5, 5}, 12, 5, 1, 0, 0, 1, 1},   /* one output a map (LeNet-1998's c5) */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].costly && !kernel_check_extent(ALEXCL_CONV)->costly) continue;
        struct alexcl_layer desc = {.type = ALEXCL_CONV,
                                    .name = "conv",
                                    .outputs = cases[i].outputs,
                                    .kernel = cases[i].kernel,
                                    .stride = cases[i].stride,
                                    .pad = cases[i].pad,
                                    .pad_end = cases[i].pad_end,
                                    .groups = cases[i].groups};
        kernel_check_layer(variant, &desc, cases[i].in);
    }
}

void kernel_check_golden_fc(const char *variant) {
    static const char *const dirs[] = {"fc_mid", "fc_odd", "fc_one"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        struct alexcl_layer desc = {.type = ALEXCL_FC, .name = dirs[i], .outputs = (int)oracle_number(dirs[i], "out")};
        kernel_check_golden(variant, &desc, dirs[i], "y");
    }
}

void kernel_check_fc_grid(const char *variant) {
    static const int inputs[] = {1, 15, 16, 65, 130}, outputs[] = {2, 7, 33};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        for (size_t o = 0; o < sizeof outputs / sizeof *outputs; o++) {
            struct alexcl_layer desc = {.type = ALEXCL_FC, .name = "fc", .outputs = outputs[o]};
            kernel_check_layer(variant, &desc, (struct alexcl_shape){inputs[i], 1, 1});
        }
    }
}
