/* SPDX-License-Identifier: MIT */
/* layer_pack: a prepared layer that is given other parameters computes what one that was prepared with them computes,
 * to the bit, whatever the type, the half, the variant and how values lie in memory; and one that could not be given
 * them is as it was. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

/* posix_memalign, from which all large memory of the library comes, fails at one of its calls (0: at none). Linked with
 * --wrap. */
static int failing;
int __real_posix_memalign(void **out, size_t align, size_t size);
int __wrap_posix_memalign(void **out, size_t align, size_t size);
int __wrap_posix_memalign(void **out, size_t align, size_t size) {
    if (failing > 0 && --failing == 0) return 12; /* ENOMEM */
    return __real_posix_memalign(out, align, size);
}

enum { IMAGES = 2 };

/* A layer that can be prepared, and what is the same for all that compute it. */
struct subject {
    struct layer l;
    const struct layer_variant *variant;
    float *a[LAYER_TENSORS], *b[LAYER_TENSORS], *x;
    char what[128];
};
static const float *const *as_values(float *const values[LAYER_TENSORS]) { return (const float *const *)values; }

static struct layer prepared(const struct subject *s, float *const values[LAYER_TENSORS]) {
    struct alexcl_error err = {0};
    struct layer l = s->l;
    EXPECT_OK(layer_prepare_variant(&l, LAYER_FORWARD, support_target(), s->variant, as_values(values), &err), err);
    return l;
}

/* Everything that it makes of the images, as it lies in memory. free() it. */
static float *computed(struct layer *l, const float *x, size_t *floats) {
    struct alexcl_error err = {0};
    struct storage in, out, workspace = {0};
    size_t given = IMAGES * layer_in_floats(l), wanted = l->pass[LAYER_FORWARD].workspace;
    *floats = IMAGES * layer_out_floats(l);
    EXPECT_OK(storage_create(l->target, given, "a test", &in, &err), err);
    EXPECT_OK(storage_write(&in, 0, x, given, &err), err);
    EXPECT_OK(storage_create(l->target, *floats, "a test", &out, &err), err);
    if (wanted) EXPECT_OK(storage_create(l->target, wanted, "a test", &workspace, &err), err);
    EXPECT_OK(
        layer_run(l, LAYER_FORWARD,
                  &(struct layer_io){
                      .in = &(struct layer_source){&in, NULL}, .out = &out, .workspace = &workspace, .count = IMAGES},
                  &err),
        err);
    float *y = support_floats(*floats);
    EXPECT_OK(storage_read(&out, 0, y, *floats, &err), err);
    storage_free(&in), storage_free(&out), storage_free(&workspace);
    return y;
}

/* Both layers' parameters, those that fill up too, and what they compute. */
static void expect_same(const struct subject *s, const char *how, struct layer *got, struct layer *due) {
    struct alexcl_error err = {0};
    for (int t = 0; t < got->shape.tensor_count; t++) {
        size_t floats = due->pass[LAYER_FORWARD].parameters[t].floats;
        ck_assert_uint_eq(got->pass[LAYER_FORWARD].parameters[t].floats, floats);
        float *ours = support_floats(floats), *theirs = support_floats(floats);
        EXPECT_OK(storage_read(&got->pass[LAYER_FORWARD].parameters[t], 0, ours, floats, &err), err);
        EXPECT_OK(storage_read(&due->pass[LAYER_FORWARD].parameters[t], 0, theirs, floats, &err), err);
        ck_assert_msg(memcmp(ours, theirs, floats * sizeof *ours) == 0, "%s, %s: tensor %d differs", s->what, how, t);
        free(ours), free(theirs);
    }
    size_t count;
    float *y = computed(got, s->x, &count), *want = computed(due, s->x, &count);
    ck_assert_msg(memcmp(y, want, count * sizeof *y) == 0, "%s, %s: it computes something else", s->what, how);
    free(y), free(want);
}

static void expect_different(const struct subject *s, struct layer *l, struct layer *other) {
    size_t count;
    float *y = computed(l, s->x, &count), *z = computed(other, s->x, &count);
    ck_assert_msg(memcmp(y, z, count * sizeof *y) != 0, "%s: its weights do not matter", s->what);
    free(y), free(z);
}

static void given_other_values(struct subject *s) {
    struct alexcl_error err = {0};
    s->l.choice.keep_master = 0;
    struct layer one = prepared(s, s->a), other = prepared(s, s->b);
    void *kernels = one.pass[LAYER_FORWARD].state;
    expect_different(s, &one, &other);
    EXPECT_OK(layer_pack(&one, LAYER_FORWARD, as_values(s->b), &err), err);
    expect_same(s, "packed again", &one, &other);
    ck_assert_ptr_eq(one.pass[LAYER_FORWARD].state, kernels);
    ck_assert(!one.master[0].buffer && !one.master[0].host);
    EXPECT_ERROR(layer_pack(&one, LAYER_FORWARD, NULL, &err), ALEXCL_E_USAGE, "not kept", err);
    expect_same(s, "refused", &one, &other);
    layer_release(&one), layer_release(&other);
}

/* With a master: it follows values that are given, and is followed where an optimiser changed it. */
static void kept_on_the_target(struct subject *s) {
    struct alexcl_error err = {0};
    struct layer other = prepared(s, s->b);
    s->l.choice.keep_master = 1;
    struct layer one = prepared(s, s->a);
    for (int t = 0; t < one.shape.tensor_count; t++)
        EXPECT_OK(storage_write(&one.master[t], 0, s->b[t], layer_tensor_floats(&one.shape.tensors[t]), &err), err);
    EXPECT_OK(layer_pack(&one, LAYER_FORWARD, NULL, &err), err);
    expect_same(s, "from its master", &one, &other);
    layer_release(&other);
    other = prepared(s, s->a);
    EXPECT_OK(layer_pack(&one, LAYER_FORWARD, as_values(s->a), &err), err);
    EXPECT_OK(layer_pack(&one, LAYER_FORWARD, NULL, &err), err);
    expect_same(s, "from the values that its master was given", &one, &other);
    layer_release(&one), layer_release(&other);
    ck_assert(!one.master[0].buffer && !one.master[0].host);
}

/* A pass that reads the master itself has no copy of it, and nothing is packed for it. */
START_TEST(read_from_the_master) {
    static const struct alexcl_layer fc = {.type = ALEXCL_FC, .name = "fc9", .outputs = 13};
    struct alexcl_error err = {0};
    struct layer l;
    EXPECT_OK(layer_describe(&l, &fc, 0, (struct alexcl_shape){31, 1, 1}, &err), err);
    size_t floats = layer_tensor_floats(&l.shape.tensors[0]);
    float *a = support_random(floats, "a", 0.5), *b = support_random(floats, "b", 0.5), *got = support_floats(floats);
    l.choice.keep_master = 1;
    EXPECT_OK(layer_prepare(&l, LAYER_INPUT_GRADIENT, support_target(), (const float *[LAYER_TENSORS]){a, a}, &err),
              err);
    ck_assert_ptr_eq(l.pass[LAYER_INPUT_GRADIENT].parameters[0].buffer, l.master[0].buffer);
    ck_assert_ptr_eq(l.pass[LAYER_INPUT_GRADIENT].parameters[0].host, l.master[0].host);
    ck_assert_uint_eq(layer_pass_floats(&l, LAYER_INPUT_GRADIENT, support_target()), 0);
    EXPECT_OK(layer_pack(&l, LAYER_INPUT_GRADIENT, NULL, &err), err);
    EXPECT_OK(storage_read(&l.master[0], 0, got, floats, &err), err);
    ck_assert_mem_eq(got, a, floats * sizeof *a);
    EXPECT_OK(layer_pack(&l, LAYER_INPUT_GRADIENT, (const float *[LAYER_TENSORS]){b, b}, &err), err);
    EXPECT_OK(storage_read(&l.master[0], 0, got, floats, &err), err);
    ck_assert_mem_eq(got, b, floats * sizeof *b);
    layer_release(&l);
    free(a), free(b), free(got);
}
END_TEST

/* Each piece of host memory in turn is not to be had: the layer is as it was. */
static void short_of_memory(struct subject *s) {
    s->l.choice.keep_master = 1;
    struct layer one = prepared(s, s->a), before = prepared(s, s->a), after = prepared(s, s->b);
    for (int from_master = 0; from_master < 2; from_master++) {
        struct alexcl_error err = {0};
        const float *const *values = from_master ? NULL : as_values(s->b);
        for (int nth = 1, status = ALEXCL_E_MEMORY; status != ALEXCL_OK; nth++) {
            failing = nth;
            status = layer_pack(&one, LAYER_FORWARD, values, &err);
            int fired = failing == 0;
            failing = 0;
            ck_assert_msg(status == (fired ? ALEXCL_E_MEMORY : ALEXCL_OK), "%s: status %d: %s", s->what, status,
                          err.text);
            ck_assert_msg(!fired || (strstr(err.text, s->l.shape.desc->name) && strstr(err.text, "half")), "%s",
                          err.text);
            ck_assert_str_eq(err.layer, fired ? s->l.shape.desc->name : "");
            err = (struct alexcl_error){0};
            expect_same(s, "no memory", &one, fired && !from_master ? &before : &after);
        }
    }
    layer_release(&one), layer_release(&before), layer_release(&after);
}

static void with_values(struct subject *s, void (*check)(struct subject *s)) {
    s->x = support_random(IMAGES * layer_in_floats(&s->l), "x", 1.0);
    for (int t = 0; t < s->l.shape.tensor_count; t++) {
        size_t floats = layer_tensor_floats(&s->l.shape.tensors[t]);
        s->a[t] = support_random(floats, t ? "a1" : "a", 0.5), s->b[t] = support_random(floats, t ? "b1" : "b", 0.5);
    }
    check(s);
    free(s->x);
    for (int t = 0; t < LAYER_TENSORS; t++) free(s->a[t]), free(s->b[t]), s->a[t] = s->b[t] = NULL;
}

/* Every type that has parameters, on its samples, in every layout; the variants of that name, or all
 * but that. Gives how many there were. */
static int walk(void (*check)(struct subject *s), const char *only, const char *without) {
    struct alexcl_error err = {0};
    struct target *target = support_target();
    int walked = 0;
    for (int type = 0; layer_type((enum alexcl_layer_type)type); type++) {
        const struct layer_ops *ops = layer_type((enum alexcl_layer_type)type);
        if (ops->inputs) continue; /* what reads several values has no parameters */
        for (const struct layer_sample *sample = ops->samples; sample && sample->in.c; sample++)
            for (int turn = 0; turn < 2 * LAYER_LAYOUTS * PRECISIONS && !sample->images; turn++) {
                int half = turn % 2, layout = turn / 2 % LAYER_LAYOUTS, precision = turn / 2 / LAYER_LAYOUTS;
                struct subject s = {0};
                EXPECT_OK(layer_describe(&s.l, &sample->desc, half, sample->in, &err), err);
                s.l.choice.reproducible = 1;
                s.l.choice.precision = (enum precision)precision;
                if (s.l.shape.tensor_count == 0 || (precision && !ops->narrow_weights) ||
                    !layer_set_layout(&s.l, layout, layer_block(target)))
                    continue;
                for (const struct layer_variant *const *v = ops->variants[LAYER_FORWARD]; *v; v++) {
                    if (!(*v)->applicable(&s.l, target) || (only && strcmp((*v)->name, only) != 0) ||
                        (without && strcmp((*v)->name, without) == 0))
                        continue;
                    s.variant = *v;
                    snprintf(s.what, sizeof s.what, "%s of %s, half %d, layout %d%s", (*v)->name, ops->name, half,
                             layout, precision_told((enum precision)precision));
                    with_values(&s, check);
                    walked++;
                }
            }
    }
    return walked;
}

START_TEST(other_values) { ck_assert_int_ge(walk(given_other_values, NULL, "clblast"), 12); }
END_TEST
START_TEST(a_master) { ck_assert_int_ge(walk(kept_on_the_target, NULL, "clblast"), 12); }
END_TEST
START_TEST(no_memory) { ck_assert_int_ge(walk(short_of_memory, NULL, "clblast"), 12); }
END_TEST

#ifdef WITH_CLBLAST
START_TEST(clblast) {
    support_set("ALEXCL_GEMM", "clblast");
    int walked = walk(given_other_values, "clblast", NULL);
    ck_assert_int_eq(walked > 0, support_target()->device != NULL);
    support_set("ALEXCL_GEMM", "own");
}
END_TEST
#endif

/* A weight beyond half precision, or one that is none, the last of all: nothing of what stands before it is written. */
START_TEST(refused_weights_change_nothing) {
    static const struct alexcl_layer fc = {.type = ALEXCL_FC, .name = "fc9", .outputs = 131};
    for (int turn = 0; turn < 4; turn++) {
        int from_master = turn % 2, kind = turn / 2;
        struct alexcl_error err = {0};
        struct subject s = {.what = "fc9"};
        EXPECT_OK(layer_describe(&s.l, &fc, 0, (struct alexcl_shape){1031, 1, 1}, &err), err);
        s.l.choice.precision = kind ? PRECISION_INT8 : PRECISION_HALF;
        s.l.choice.keep_master = 1;
        s.variant = layer_choose(&s.l, LAYER_FORWARD, support_target());
        s.x = support_random(IMAGES * layer_in_floats(&s.l), "x", 1.0);
        size_t weights = layer_tensor_floats(&s.l.shape.tensors[0]);
        for (int t = 0; t < 2; t++) {
            size_t floats = layer_tensor_floats(&s.l.shape.tensors[t]);
            s.a[t] = support_random(floats, t ? "a1" : "a", 0.5), s.b[t] = support_random(floats, t ? "b1" : "b", 0.5);
        }
        s.b[0][weights - 1] = kind ? INFINITY : 1e6f;
        struct layer one = prepared(&s, s.a), due = prepared(&s, s.a);
        if (from_master) EXPECT_OK(storage_write(&one.master[0], 0, s.b[0], weights, &err), err);
        EXPECT_ERROR(layer_pack(&one, LAYER_FORWARD, from_master ? NULL : as_values(s.b), &err), ALEXCL_E_DATA,
                     kind ? "fc9.weight: a weight of output 65 is inf" : "fc9.weight: a weight of output 65 is 1e+06",
                     err);
        expect_same(&s, "refused", &one, &due);
        if (!from_master) {
            EXPECT_OK(layer_pack(&one, LAYER_FORWARD, NULL, &err), err);
            expect_same(&s, "its master was not written", &one, &due);
        }
        layer_release(&one), layer_release(&due);
        free(s.x);
        for (int t = 0; t < 2; t++) free(s.a[t]), free(s.b[t]);
    }
}
END_TEST

/* What has no parameters, and the half that has no channels, has nothing to pack. */
START_TEST(nothing_to_pack) {
    static const struct alexcl_layer relu = {.type = ALEXCL_RELU, .name = "relu"};
    const float *const none[LAYER_TENSORS] = {0};
    for (int half = 0; half < 2; half++) {
        struct alexcl_error err = {0};
        struct layer l;
        EXPECT_OK(layer_describe(&l, &relu, half, (struct alexcl_shape){1, 3, 3}, &err), err);
        EXPECT_OK(layer_prepare(&l, LAYER_FORWARD, support_target(), none, &err), err);
        EXPECT_OK(layer_pack(&l, LAYER_FORWARD, none, &err), err);
        EXPECT_OK(layer_pack(&l, LAYER_FORWARD, NULL, &err), err);
        layer_release(&l);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("parameters");
    tcase_add_test(tests, other_values);
    tcase_add_test(tests, a_master);
    tcase_add_test(tests, read_from_the_master);
    tcase_add_test(tests, no_memory);
    tcase_add_test(tests, refused_weights_change_nothing);
    tcase_add_test(tests, nothing_to_pack);
#ifdef WITH_CLBLAST
    tcase_add_test(tests, clblast);
#endif
    return support_run(tests);
}
