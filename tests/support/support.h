/* SPDX-License-Identifier: MIT */
/* What the check programs share. A program is
 *
 *     START_TEST(one_thing) { ... } END_TEST
 *     int main(void) {
 *         TCase *tests = tcase_create("conv");
 *         tcase_add_test(tests, one_thing);
 *         return support_run(tests);
 *     }
 *
 * and is registered by alexcl_check (tests/CMakeLists.txt), which sets the variables read here:
 *   ALEXCL_TEST_IMPLEMENTATION  "ref", "pocl", "intel", "rusticl", "oclgrind": where support_target opens
 *   ALEXCL_TEST_DEVICES         where it opens instead, as `alexcl --devices` says it; set by tools/gpu
 *   ALEXCL_TEST_ORACLE          the golden vectors, where that is not tests/oracle of the source; set by tools/gpu
 *   ALEXCL_TEST_CASE            one of CASES
 *   ALEXCL_TEST_EMULATED        set where QEMU runs the program: tools/cross
 *   ALEXCL_TEST_SKIP            text: the implementation is not installed here, so print it and skip
 *   ALEXCL_TEST_SEED            the random numbers of support_random (unset: 1); set by hand, to look further or to
 *                               repeat a failure
 * Every function below ends the running test with a message when it fails. */
#ifndef ALEXCL_SUPPORT_H
#define ALEXCL_SUPPORT_H
#include <check.h>
#include <stddef.h>

#include "layer.h"

/* Runs the tests and gives main its exit code: 0, 1, or 77 (ctest: skipped). Frees `tests`. No test at all, or one that
 * ends its process by exit(), is a failure. */
int support_run(TCase *tests);
/* The case that ctest asks for (alexcl_check's CASES), or NULL when the program is started by hand. */
const char *support_case(void);
/* "ref", "pocl", "intel", "rusticl" or "oclgrind"; "ref" where nothing is set. */
const char *support_implementation(void);
/* Whether the program is emulated: by QEMU, which keeps no limit of memory. */
int support_emulated(void);

/* For calls that fill an error: EXPECT_OK(buffer_create(..., &err), err). */
#define EXPECT_OK(call, err) ck_assert_msg((call) == ALEXCL_OK, "%s: %s", #call, (err).text)
/* The call must fail with this status and a text that has `part` in it. The error is cleared for the next call. */
#define EXPECT_ERROR(call, expected, part, err)                                                                        \
    do {                                                                                                               \
        int support_status = (call);                                                                                   \
        ck_assert_msg(support_status == (expected), "%s: status %d where %s was due: %s", #call, support_status,       \
                      #expected, (err).text);                                                                          \
        ck_assert_msg(strstr((err).text, (part)) != NULL, "%s: \"%s\" does not say \"%s\"", #call, (err).text,         \
                      (part));                                                                                         \
        (err) = (struct alexcl_error){0};                                                                              \
    } while (0)

/* ---- where to compute -------------------------------------------------------------------------- */

/* The target under test, opened at the first call and closed by support_run: the reference, or device 0 of the
 * implementation. */
struct target *support_target(void);
/* Results of the library, by value. */
static inline struct alexcl_shape support_output(const struct alexcl_net *net) {
    struct alexcl_shape shape;
    alexcl_net_output(net, &shape);
    return shape;
}
static inline struct alexcl_plan_memory support_memory(const struct alexcl_net *net, size_t index) {
    struct alexcl_plan_memory memory;
    alexcl_net_memory(net, index, &memory);
    return memory;
}
/* What the environment says now: one structure, which every call reads anew. */
const struct settings *support_settings(void);
/* Sets a variable of the environment: for what is opened from here on, and for what was with
 * support_settings. */
void support_set(const char *name, const char *value);
/* The same as a selection ("ref", "0" or ALEXCL_TEST_DEVICES), for alexcl_net_open. */
const struct alexcl_selection *support_selection(void);
/* Called once by support_run after the tests, unless NULL. */
extern void (*support_at_end)(void);

/* ---- floats ------------------------------------------------------------------------------------ */

/* `count` floats, all NaN so that a value nobody writes is noticed. free() them. */
float *support_floats(size_t count);
/* Uniform in [-scale, scale), the same on every machine; `name` and ALEXCL_TEST_SEED pick the numbers. free() them. */
float *support_random(size_t count, const char *name, double scale);

/* Where values come from, for messages: images from `first` on of this shape. */
struct support_maps {
    struct alexcl_shape shape;
    size_t first;
    /* errors are as large as the largest value's everywhere, which is Winograd's way: each may be off by tolerance *
     * largest */
    int spread;
};
/* How far apart two floats are in units in the last place, counted in floats that lie between; UINT64_MAX where one is
 * a NaN. */
uint64_t support_ulps(float a, float b);
/* What a value that is due may be off by, where `largest` is the largest of its tensor:
 *
 *     tolerance * largest / 8 + tolerance * |due| * 3 / 4 + 8 units in the last place of `due`, and never more than
 *     tolerance * largest
 *
 * The first part is for sums that cancel (their error follows the products, not the sum), the second for what a layer
 * computes from values that are off themselves, the third for the last operation, as OpenCL allows it: exp, tanh and
 * pow are off by several units. */
double support_limit(float due, double largest, double tolerance);
/* NULL where every value is within its limit (tolerance 0: equal to the bit, but for the sign of a zero); NaN and
 * infinity never are. Else a text, in memory of this call, that names the first that is off: its index (as n, c, h, w
 * where `maps` is not NULL), both values, units in the last place, and the seed. */
const char *support_mismatch(const char *what, const float *got, const float *want, size_t count, double tolerance,
                             const struct support_maps *maps);
/* There must be no mismatch. */
void support_compare_maps(const char *what, const float *got, const float *want, size_t count, double tolerance,
                          const struct support_maps *maps);
void support_compare(const char *what, const float *got, const float *want, size_t count, double tolerance);
/* The same with tolerance 0. */
void support_same_maps(const char *what, const float *got, const float *want, size_t count,
                       const struct support_maps *maps);
void support_same(const char *what, const float *got, const float *want, size_t count);

/* ---- golden vectors: tests/oracle --------------------------------------------------------------- */

enum { ORACLE_DIMS = 4 };
/* A tensor; shape[i] is 1 behind the last of its `dims`. */
struct tensor {
    float *values;
    size_t count;
    int dims, shape[ORACLE_DIMS];
};
/* tests/oracle/<dir>/<key>.npy, e.g. ("conv_3x3", "x"). */
struct tensor oracle_load(const char *dir, const char *key);
void oracle_free(struct tensor *t);
/* Whether the case has that tensor here. */
int oracle_has(const char *dir, const char *key);
/* A parameter of the case as it stands in index.tsv (lists are JSON), in static memory of this call; NULL when there is
 * none. */
const char *oracle_text(const char *dir, const char *name);
/* A parameter as a number; "true" is 1, "false" is 0. */
double oracle_number(const char *dir, const char *name);
/* The window of a convolution's or a pool's case, from whichever of its two ways it is written in: kernel, strides,
 * dilations and pads as lists, or one number each (kh or size, stride, pad). */
struct oracle_window {
    int kernel[2], stride[2], dilation[2], pad[4];
};
struct oracle_window oracle_window(const char *dir);
/* The same of a normalisation, as its first and last value: window, or size with its middle at 0. */
void oracle_ends(const char *dir, int *first, int *last);
/* A probe of a net case: the value of element `index` of `tensor`, of all images, right after that layer. */
struct oracle_probe {
    char what[16], tensor[32];
    size_t index;
    double value;
};
/* The probes.txt of a net case: *count probes; free() them. Sums and norms have what = "act_sum" and so on, index =
 * number of elements. */
struct oracle_probe *oracle_probes(const char *dir, size_t *count);
#endif
