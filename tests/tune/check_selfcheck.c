/* SPDX-License-Identifier: MIT */
/* `alexcl check` and the check before first use: every kernel is covered, a wrong one is named and no other, what was
 * right is remembered. A wrong driver is a kernel of ALEXCL_KERNEL_DIR that is changed in one place. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alexcl_train.h"
#include "cl_private.h"
#include "files.h"
#include "kernel_text.h"
#include "memory.h"
#include "selection.h"
#include "selfcheck.h"
#include "support.h"
#include "tiny_net.h"

static struct alexcl_error err;
static const char kernels[] = "changed-kernels", cache[] = "check-cache";

/* ---- kernels with a change ---- */

static void restore_kernels(void) {
    char path[300];
    for (const struct kernel_text *k = kernel_texts; k->name; k++) {
        snprintf(path, sizeof path, "%s/%s.cl", kernels, k->name);
        unlink(path);
    }
}

/* The kernel `name` with `from`, which must be in it, replaced by `to` everywhere. */
static void change_kernel(const char *name, const char *from, const char *to) {
    const struct kernel_text *k = kernel_texts;
    char path[300];
    struct string_buffer changed = {0};
    int places = 0;
    while (k->name && strcmp(k->name, name) != 0) k++;
    ck_assert_msg(k->name != NULL, "there is no kernel %s", name);
    const char *at = k->file.text;
    for (const char *next; (next = strstr(at, from)) != NULL; at = next + strlen(from), places++)
        string_buffer_add(&changed, "%.*s%s", (int)(next - at), at, to);
    string_buffer_add(&changed, "%s", at);
    ck_assert_msg(places > 0, "%s.cl has no \"%s\" any more: change something else", name, from);
    snprintf(path, sizeof path, "%s/%s.cl", kernels, name);
    EXPECT_OK(files_replace(path, changed.text, changed.length, &err), err);
    string_buffer_free(&changed);
}

static void set_up(void) {
    mkdir(kernels, 0700);
    restore_kernels();
    support_set("ALEXCL_KERNEL_DIR", kernels);
    support_set("ALEXCL_CACHE_DIR", cache);
    support_set("ALEXCL_NO_CACHE", "0");
    support_set("ALEXCL_CHECK", "first");
}

/* ---- alexcl_check_run ---- */

enum { MAX_COUNT = 512 };
static struct alexcl_check_result seen[MAX_COUNT];
static unsigned seen_count, stop_behind;
static int keep(void *user, const struct alexcl_check_result *r) {
    (void)user;
    ck_assert_uint_lt(seen_count, MAX_COUNT);
    seen[seen_count++] = *r;
    ck_assert_uint_eq(r->number, seen_count);
    return seen_count == stop_behind;
}

static struct alexcl_check_counts run_check(void) {
    struct alexcl_check_counts counts = {.size = sizeof counts};
    seen_count = 0;
    EXPECT_OK(alexcl_check_run(support_selection(), NULL, keep, NULL, &counts, &err), err);
    ck_assert_uint_eq(counts.checks, seen_count);
    for (unsigned i = 0; i < seen_count; i++) ck_assert_uint_eq(seen[i].count, seen_count);
    return counts;
}

/* Whether `name` is one of the words of `list`. */
static int has_word(const char *list, const char *name) {
    size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)) != NULL; at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) return 1;
    return 0;
}

START_TEST(every_kernel_is_checked_and_right) {
    set_up();
    struct alexcl_check_counts counts = run_check();
    for (unsigned i = 0; i < seen_count; i++) {
        ck_assert_msg(seen[i].status == ALEXCL_OK, "%s, %s: %s", seen[i].kernels, seen[i].shape, seen[i].message);
        ck_assert(seen[i].computed && seen[i].error <= seen[i].tolerance && seen[i].index == -1 && !seen[i].message[0]);
        ck_assert_uint_lt(strlen(seen[i].shape), 30); /* the command's column */
    }
    ck_assert_uint_eq(counts.failed, 0);
    ck_assert_int_eq(counts.status, ALEXCL_OK);
    int cpu = device_limits(support_target()->device)->kind == ALEXCL_DEVICE_CPU;
    for (const struct kernel_text *k = kernel_texts; k->name; k++) { /* all of kernels/ */
        unsigned checks = 0;
        for (unsigned i = 0; i < seen_count; i++) checks += has_word(seen[i].kernels, k->name) != 0;
        ck_assert_msg(checks > 0 || (strstr(k->name, "_cpu") && !cpu),
                      "no check covers %s.cl: give the row of its layer a sample", k->name);
    }
    static const char *const passes[] = {"forward", "training step"};
    for (unsigned i = 0; i < 2; i++) {
        const struct alexcl_check_result *r = &seen[seen_count - 2 + i];
        ck_assert(strcmp(r->layer, "tiny2t") == 0 && strcmp(r->pass, passes[i]) == 0);
    }
}
END_TEST

/* How many kernels are made wrong at once, since each run checks everything. */
enum { TOGETHER = 10 };

static int is_step(const struct alexcl_check_result *r) { return strcmp(r->pass, "training step") == 0; }

/* The checks that use one of `names` fail, with that status, and no other; the net where it uses one of them (-1: not
 * asked). Of its training step that is asked below. */
static void expect_all_named(const char *const *names, int count, int status, int in_net) {
    struct alexcl_check_counts counts = run_check();
    unsigned failed = 0;
    for (unsigned i = 0; i < seen_count; i++) {
        int net = seen[i].kernels[0] == '\0', due = 0;
        for (int k = 0; k < count; k++) due |= has_word(seen[i].kernels, names[k]);
        failed += seen[i].status != ALEXCL_OK;
        if (net && (in_net < 0 || is_step(&seen[i]))) continue;
        if (net) due = in_net;
        ck_assert_msg((seen[i].status != ALEXCL_OK) == due, "%s.cl and %d more are changed: %s %s of %s is %s: %s",
                      names[0], count - 1, seen[i].kernels, seen[i].layer, seen[i].shape,
                      due ? "called right" : "blamed", seen[i].message);
        if (!due) continue;
        ck_assert_msg(seen[i].status == status, "%s of %s: %d: %s", seen[i].kernels, seen[i].shape, seen[i].status,
                      seen[i].message);
        ck_assert(seen[i].message[0] != '\0');
    }
    ck_assert_uint_gt(failed, 0);
    ck_assert_uint_eq(counts.failed, failed);
    ck_assert_int_eq(counts.status, status);
}

static void expect_named(const char *name, int status, int in_net) { expect_all_named(&name, 1, status, in_net); }

/* How a kernel is made wrong is said where it is tested, in tests/kernels/check_<kernel>.c. Whether tiny2t uses it: 1,
 * 0, or -1, where that depends on the device. */
static int read_change(const char *name, char from[128], char to[128]) {
    static const char start[] = "check_selfcheck.c makes the kernel wrong: ";
    char path[1000];
    unsigned char *text;
    size_t length;
    int used = 0;
    snprintf(path, sizeof path, "%s/check_%s.c", KERNEL_CHECKS, name);
    EXPECT_OK(files_read(path, 1 << 20, &text, &length, &err), err);
    const char *at = strstr((char *)text, start);
    int read = at ? sscanf(at + strlen(start), "\"%127[^\"]\" -> \"%127[^\"]\"%n", from, to, &used) : 0;
    ck_assert_msg(read == 2 && used, "%s does not say how the kernel is made wrong, as its neighbours do", path);
    at += strlen(start) + (size_t)used;
    int in_net = strncmp(at, ", in tiny2t", 11) == 0 ? 1 : strncmp(at, ", not in tiny2t", 15) == 0 ? 0 : -1;
    free(text);
    return in_net;
}

START_TEST(a_wrong_kernel_is_named_and_no_other) {
    /* Those that are made wrong at once stand far apart among the names, and so belong to different layers. */
    const char *names[128];
    size_t count = 0;
    for (const struct kernel_text *k = kernel_texts; k->name; k++) {
        if (strstr(k->name, "_cpu") && device_limits(support_target()->device)->kind != ALEXCL_DEVICE_CPU) continue;
        ck_assert_uint_lt(count, sizeof names / sizeof *names);
        names[count++] = k->name;
    }
    size_t rounds = (count + TOGETHER - 1) / TOGETHER;
    for (size_t i = 0; i < rounds; i++) {
        const char *changed[TOGETHER];
        int together = 0, used = 0, unknown = 0;
        set_up();
        for (size_t k = i; k < count; k += rounds) {
            char from[128], to[128];
            int in_net = read_change(names[k], from, to);
            used |= in_net == 1;
            unknown |= in_net < 0;
            change_kernel(names[k], from, to);
            changed[together++] = names[k];
        }
        expect_all_named(changed, together, ALEXCL_E_DEVICE, used ? 1 : unknown ? -1 : 0);
    }
    restore_kernels();
}
END_TEST

START_TEST(what_is_wrong_is_told) {
    set_up();
    change_kernel("scale", "x[at] * factor", "NAN");
    expect_named("scale", ALEXCL_E_DEVICE, 1);
    for (unsigned i = 0; i < seen_count; i++)
        if (has_word(seen[i].kernels, "scale"))
            ck_assert(isinf(seen[i].error) && seen[i].index == 0 && isnan(seen[i].got) &&
                      strstr(seen[i].message, "nan"));
    /* into image 0, which was not asked for */
    change_kernel("scale", "y[at] = x[at] * factor;", "y[at] = x[at] * factor; y[i] = 0.0f;");
    run_check();
    for (unsigned i = 0; i < seen_count; i++)
        if (has_word(seen[i].kernels, "scale"))
            ck_assert_msg(strstr(seen[i].message, "outside"), "%s", seen[i].message);
    change_kernel("scale", "__kernel", "#error broken\n__kernel");
    expect_named("scale", ALEXCL_E_BUILD, 1);
    for (unsigned i = 0; i < seen_count; i++)
        if (has_word(seen[i].kernels, "scale"))
            ck_assert(!seen[i].computed && strstr(seen[i].message, "scale.cl") && strstr(seen[i].message, "broken"));
    /* worse than one that does not compile */
    change_kernel("lrn", "MULTIPLY_ADD(v, v, squares)", "MULTIPLY_ADD(v, 1.0f, squares)");
    change_kernel("sgd", "w[i] += velocity", "w[i] -= velocity");
    ck_assert_int_eq(run_check().status, ALEXCL_E_DEVICE);
    const struct alexcl_check_result *step = &seen[seen_count - 1];
    ck_assert_msg(step->status == ALEXCL_E_DEVICE && strncmp(step->message, "conv1.weight: half 0, value ", 28) == 0,
                  "%d: %s", step->status, step->message);
    restore_kernels();
}
END_TEST

/* A kernel of the backward pass or of the update is not seen by the net that runs forward, but behind a step of its
 * training. */
START_TEST(a_wrong_gradient_is_seen_behind_a_step) {
    static const char *const wrong[] = {"lrn_input_gradient", "maxpool_input_gradient", "sgd"};
    struct tiny_net n = {.selection = support_selection()};
    EXPECT_OK(alexcl_model_find("tiny2t", &n.model, &err), err);
    int cpu = device_limits(support_target()->device)->kind == ALEXCL_DEVICE_CPU;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct selfcheck_found forward = {0}, step = {0};
        char from[128], to[128], name[64], tensor[TINY_NET_NAME] = "";
        set_up();
        snprintf(name, sizeof name, "%s%s", wrong[i], cpu && i < 2 ? "_cpu" : "");
        read_change(name, from, to);
        change_kernel(name, from, to);
        EXPECT_OK(tiny_net_run(&n, &forward, &err), err);
        EXPECT_OK(tiny_net_train(&n, &step, tensor, &err), err);
        ck_assert_msg(!forward.wrong && step.wrong && strcmp(tensor, "conv1.weight") == 0, "%s: \"%s\"", name, tensor);
    }
    restore_kernels();
}
END_TEST

START_TEST(the_caller_can_stop) {
    struct alexcl_check_counts counts = {.size = sizeof counts};
    set_up();
    seen_count = 0;
    stop_behind = 3;
    EXPECT_ERROR(alexcl_check_run(support_selection(), NULL, keep, NULL, &counts, &err), ALEXCL_E_INTERRUPTED, "3 of",
                 err);
    stop_behind = 0;
    ck_assert_uint_eq(counts.checks, 3);
}
END_TEST

START_TEST(a_part_of_the_checks_can_be_asked_for) {
    struct alexcl_check_counts counts = {.size = sizeof counts};
    enum { SIZE = sizeof(struct alexcl_check_request) };
    static const struct alexcl_check_request wrong[] = {{SIZE, .kernel = "cov"},    {SIZE, .kernel = ""},
                                                        {SIZE, .kernel = ".cl"},    {SIZE, .layer = "pool"},
                                                        {SIZE, .layer = "conv.cl"}, {SIZE, .layer = ""}};
    set_up();
    for (int with_ending = 0; with_ending < 2; with_ending++) {
        seen_count = 0;
        const struct alexcl_check_request request = {
            .size = sizeof request, .kernel = with_ending ? "activation.cl" : "activation", .layer = "tanh"};
        EXPECT_OK(alexcl_check_run(support_selection(), &request, keep, NULL, &counts, &err), err);
        ck_assert_uint_gt(seen_count, 0);
        ck_assert_uint_eq(counts.checks, seen_count);
        for (unsigned i = 0; i < seen_count; i++) {
            ck_assert_uint_eq(seen[i].count, seen_count);
            ck_assert(strcmp(seen[i].kernels, "activation") == 0 && strcmp(seen[i].layer, "tanh") == 0);
        }
    }
    seen_count = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        EXPECT_ERROR(alexcl_check_run(support_selection(), &wrong[i], keep, NULL, &counts, &err), ALEXCL_E_USAGE,
                     "there are ", err);
    ck_assert_uint_eq(seen_count, 0);
}
END_TEST

START_TEST(the_reference_has_nothing_to_be_checked_against) {
    struct alexcl_selection *sel;
    struct alexcl_check_counts counts = {.size = sizeof counts};
    seen_count = 0;
    EXPECT_OK(alexcl_selection_open("ref", &sel, &err), err);
    EXPECT_OK(alexcl_check_run(sel, NULL, keep, NULL, &counts, &err), err);
    ck_assert(counts.checks == 0 && counts.status == ALEXCL_OK);
    counts.size = 0;
    EXPECT_ERROR(alexcl_check_run(sel, NULL, keep, NULL, &counts, &err), ALEXCL_E_USAGE,
                 "struct alexcl_check_counts: its size is given as 0 bytes", err);
    alexcl_selection_free(sel);
}
END_TEST

/* ---- before first use ---- */

static unsigned ran, doubted; /* checks that the log tells of, files not believed */
static char line[4096];
static void read_log(void *user, enum alexcl_log_level level, const char *text) {
    (void)user;
    if (level != ALEXCL_LOG_INFO) return;
    doubted += strstr(text, "checked again") != NULL;
    if (!strstr(text, "kernels right")) return;
    ran++;
    snprintf(line, sizeof line, "%s", text);
}

static int batch = 2;

/* Opens a net, as a program does that starts. */
static int open_net(const char *name, const char *last_layer) {
    const struct alexcl_net_options options = {.size = sizeof options, .batch = batch, .last_layer = last_layer};
    const struct alexcl_model *model;
    struct alexcl_weights *weights;
    struct alexcl_net *net = NULL;
    EXPECT_OK(alexcl_model_find(name, &model, &err), err);
    EXPECT_OK(alexcl_weights_generate(model, 1, NULL, NULL, 0, &weights, &err), err);
    ran = doubted = 0;
    alexcl_log_to(read_log, NULL);
    int status = alexcl_net_open(model, weights, support_selection(), &options, &net, &err);
    alexcl_log_to(NULL, NULL);
    alexcl_net_free(net);
    alexcl_weights_free(weights);
    return status;
}

/* Files of the memory; the last one's name. */
static int find_files(char *out, size_t size, int remove_them) {
    DIR *dir = opendir(cache);
    int found = 0;
    for (const struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
        if (!strstr(e->d_name, ".checked")) continue;
        snprintf(out, size, "%s/%s", cache, e->d_name);
        if (remove_them) unlink(out);
        found++;
    }
    if (dir) closedir(dir);
    return found;
}

START_TEST(kernels_are_checked_once) {
    char path[600];
    set_up();
    find_files(path, sizeof path, 1);
    EXPECT_OK(open_net("tiny2t", NULL), err);
    ck_assert_uint_eq(ran, 1);
    ck_assert_msg(strstr(line, "device 0") && strstr(line, ", remembered"), "%s", line);
    ck_assert_int_eq(find_files(path, sizeof path, 0), 1);
    EXPECT_OK(open_net("tiny2t", NULL), err);
    ck_assert_uint_eq(ran, 0);
    batch = 1; /* other launches of them */
    EXPECT_OK(open_net("tiny2t", NULL), err);
    ck_assert_uint_eq(ran, 1);
    for (batch = 5; batch >= 1; batch -= 2) {
        EXPECT_OK(open_net("tiny2t", NULL), err);
        ck_assert_uint_eq(ran, 0);
    }
    batch = 2;
    EXPECT_OK(open_net("lenet5", NULL), err); /* other kernels */
    ck_assert_uint_eq(ran, 1);
    EXPECT_OK(open_net("lenet5", NULL), err);
    ck_assert_uint_eq(ran, 0);
    change_kernel("join", "int from =", "/* the same in other words */ int from =");
    EXPECT_OK(open_net("tiny2t", NULL), err);
    ck_assert_uint_eq(ran, 1);
    support_set("ALEXCL_BUILD_OPTIONS", "-DOTHER");
    EXPECT_OK(open_net("tiny2t", NULL), err);
    ck_assert_uint_eq(ran, 1);
    support_set("ALEXCL_BUILD_OPTIONS", "");
    restore_kernels();
}
END_TEST

/* A driver, a device, an option, a text that differs: another key. */
START_TEST(the_key_has_the_driver_in_it) {
    unsigned char hash[3][HASH_BYTES];
    set_up();
    for (int i = 0; i < 3; i++) {
        struct device *dev;
        struct kernel *k;
        EXPECT_OK(device_open(selection_source(support_selection(), 0), support_settings(), &dev, &err), err);
        if (i == 2) dev->identity[strlen(dev->identity) - 1] ^= 1; /* the driver's version stands last */
        EXPECT_OK(kernel_create(dev, "scale", "scale_forward", "", &k, &err), err);
        kernel_hash_programs(dev, hash[i]);
        kernel_free(k);
        device_free(dev);
    }
    ck_assert_mem_eq(hash[0], hash[1], HASH_BYTES);
    ck_assert_mem_ne(hash[0], hash[2], HASH_BYTES);
}
END_TEST

START_TEST(a_damaged_memory_is_not_believed) {
    char path[600];
    unsigned char *file, *again;
    size_t length, again_length;
    set_up();
    find_files(path, sizeof path, 1);
    EXPECT_OK(open_net("tiny2t", "pool1"), err);
    ck_assert_int_eq(find_files(path, sizeof path, 0), 1);
    EXPECT_OK(files_read(path, 1 << 16, &file, &length, &err), err);
    for (size_t i = 0; i <= length + 1; i += 7) { /* a byte wrong, cut there, more behind the end */
        for (int kind = 0; kind < 2; kind++) {
            if (kind == 0 && i < length) file[i] ^= 0x20;
            EXPECT_OK(files_replace(path, file, kind ? (i < length ? i : length + 1) : length, &err), err);
            if (kind == 0 && i < length) file[i] ^= 0x20;
            if (kind == 0 && i >= length) continue;
            EXPECT_OK(open_net("tiny2t", "pool1"), err);
            ck_assert_msg(ran == 1 && doubted == 1, "byte %zu, kind %d: believed", i, kind);
            EXPECT_OK(files_read(path, 1 << 16, &again, &again_length, &err), err);
            ck_assert(again_length == length && memcmp(again, file, length) == 0); /* written anew */
            free(again);
        }
    }
    free(file);
}
END_TEST

START_TEST(a_wrong_kernel_is_an_error_before_anything_runs) {
    char path[600];
    set_up();
    find_files(path, sizeof path, 1);
    int cpu = device_limits(support_target()->device)->kind == ALEXCL_DEVICE_CPU;
    change_kernel(cpu ? "lrn_cpu" : "lrn", cpu ? "vstore16(v * v" : "MULTIPLY_ADD(v, v, squares)",
                  cpu ? "vstore16(v" : "MULTIPLY_ADD(v, 1.0f, squares)");
    for (int i = 0; i < 2; i++) { /* nothing is remembered of it */
        EXPECT_ERROR(open_net("tiny2t", NULL), ALEXCL_E_DEVICE, cpu ? "lrn_cpu.cl" : "lrn.cl", err);
        ck_assert_int_eq(find_files(path, sizeof path, 0), 0);
    }
    open_net("tiny2t", NULL);
    for (const char *const *part =
             (const char *const[]){"device 0", alexcl_selection_device(support_selection(), 0)->driver, "alexcl check",
                                   "ALEXCL_CHECK", NULL};
         *part; part++)
        ck_assert_msg(strstr(err.text, *part) != NULL, "\"%s\" does not say \"%s\"", err.text, *part);
    err = (struct alexcl_error){0};
    EXPECT_OK(open_net("lenet5", NULL), err); /* has no LRN */
    support_set("ALEXCL_CHECK", "off");
    EXPECT_OK(open_net("tiny2t", NULL), err);
    restore_kernels();
}
END_TEST

/* So is one of a backward pass, before the first step of a training. */
START_TEST(a_wrong_gradient_is_an_error_before_a_step) {
    static const char *const wrong[] = {"activation_input_gradient", "accumulate", "sgd"};
    const struct alexcl_model *model;
    const struct alexcl_recipe_value values[] = {{"batch", "2"}};
    const struct alexcl_train_options options = {.size = sizeof options, .values = values, .value_count = 1};
    EXPECT_OK(alexcl_model_find("tiny2t", &model, &err), err);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char from[128], to[128];
        struct alexcl_train *train;
        set_up();
        read_change(wrong[i], from, to);
        change_kernel(wrong[i], from, to);
        struct alexcl_error why = {0};
        EXPECT_ERROR(alexcl_train_open(model, NULL, support_selection(), &options, &train, &why), ALEXCL_E_DEVICE,
                     wrong[i], why);
    }
    set_up();
}
END_TEST

START_TEST(when_is_a_setting) {
    char path[600];
    set_up();
    EXPECT_OK(open_net("tiny2t", NULL), err);
    support_set("ALEXCL_CHECK", "always");
    EXPECT_OK(open_net("tiny2t", NULL), err);
    ck_assert_uint_eq(ran, 1);
    setenv("ALEXCL_CHECK", "never", 1);
    EXPECT_ERROR(open_net("tiny2t", NULL), ALEXCL_E_USAGE, "off, first, always", err);
    support_set("ALEXCL_CHECK", "off");
    find_files(path, sizeof path, 1);
    EXPECT_OK(open_net("tiny2t", NULL), err);
    ck_assert(ran == 0 && find_files(path, sizeof path, 0) == 0);
    support_set("ALEXCL_CHECK", "first");
    support_set("ALEXCL_NO_CACHE", "1"); /* nothing is kept, nothing believed */
    EXPECT_OK(open_net("tiny2t", "pool1"), err);
    ck_assert(ran == 1 && find_files(path, sizeof path, 0) == 0 && !strstr(line, "remembered"));
}
END_TEST

/* What a model needs is checked with the programs that are already built for it. */
START_TEST(no_program_is_built_for_the_check) {
    static const struct {
        const char *name, *precision;
    } models[] = {{"tiny2t", "float"},  {"tiny2t", "half"},        {"tiny2t", "int8"},
                  {"alexnet", "float"}, {"alexnet-2012", "float"}, {"alexnet-caffe", "float"},
                  {"lenet5", "float"},  {"lenet5-1998", "half"},   {"lenet5-1998", "float"}};
    set_up();
    find_files((char[600]){0}, 600, 1);
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        const struct alexcl_model *model;
        struct graph *g;
        struct join *join;
        struct target target = {NULL};
        unsigned char before[HASH_BYTES], after[HASH_BYTES];
        float *zeros = calloc((size_t)1 << 25, sizeof *zeros); /* the largest of a half: 2048 x 9216 */
        const float *const values[LAYER_TENSORS] = {zeros, zeros};
        EXPECT_OK(alexcl_model_find(models[i].name, &model, &err), err);
        support_set("ALEXCL_WEIGHTS_PRECISION", models[i].precision);
        EXPECT_OK(device_open(selection_source(support_selection(), 0), support_settings(), &target.device, &err), err);
        EXPECT_OK(graph_make(model, NULL, layer_block(&target), &g, &err), err);
        graph_set(g, support_settings());
        EXPECT_OK(join_create(&target, &join, &err), err);
        for (int l = 0; l < g->layer_count; l++)
            EXPECT_OK(layer_prepare(&g->layers[l].half[1], LAYER_FORWARD, &target, values, &err), err);
        kernel_hash_programs(target.device, before);
        ran = 0;
        alexcl_log_to(read_log, NULL);
        /* layers for any number: one image is another launch of them, others are not */
        for (int images = 16; images >= 1; images -= 5) {
            EXPECT_OK(selfcheck_before_use(g, 2u, &target, images, "of a test", &err), err);
            ck_assert_msg(ran == (images == 1 ? 2 : 1), "%s: %u checks up to a batch of %d", models[i].name, ran,
                          images);
        }
        alexcl_log_to(NULL, NULL);
        kernel_hash_programs(target.device, after);
        ck_assert_msg(memcmp(before, after, HASH_BYTES) == 0, "%s: a program was built for the check alone",
                      models[i].name);
        for (int l = 0; l < g->layer_count; l++) layer_release(&g->layers[l].half[1]);
        join_free(join);
        device_free(target.device);
        graph_free(g);
        free(zeros);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("selfcheck");
    int all = support_case() == NULL;
    if (all || strcmp(support_case(), "wrong") == 0) {
        tcase_add_test(tests, a_wrong_kernel_is_named_and_no_other);
        tcase_add_test(tests, no_program_is_built_for_the_check);
    }
    if (all || strcmp(support_case(), "right") == 0) {
        tcase_add_test(tests, every_kernel_is_checked_and_right);
        tcase_add_test(tests, what_is_wrong_is_told);
        tcase_add_test(tests, a_wrong_gradient_is_seen_behind_a_step);
        tcase_add_test(tests, the_caller_can_stop);
        tcase_add_test(tests, a_part_of_the_checks_can_be_asked_for);
        tcase_add_test(tests, the_reference_has_nothing_to_be_checked_against);
        tcase_add_test(tests, kernels_are_checked_once);
        tcase_add_test(tests, the_key_has_the_driver_in_it);
        tcase_add_test(tests, a_damaged_memory_is_not_believed);
        tcase_add_test(tests, a_wrong_kernel_is_an_error_before_anything_runs);
        tcase_add_test(tests, a_wrong_gradient_is_an_error_before_a_step);
        tcase_add_test(tests, when_is_a_setting);
    }
    return support_run(tests);
}
