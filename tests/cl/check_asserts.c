/* SPDX-License-Identifier: MIT */
/* Wrong counts inside the library end a tested build at once, by an assert, instead of reading or writing what is not
 * theirs. In a child each, before this process has opened a device: drivers' threads do not live through a fork. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel.h"
#include "layer.h"
#include "support.h"

#ifndef NDEBUG
static struct alexcl_error err;

static void write_behind_the_end(void) {
    struct buffer *b;
    const float values[2] = {1, 2};
    if (buffer_create(support_target()->device, 8, "a test", &b, &err) == ALEXCL_OK)
        buffer_write(b, 7, values, 2, &err);
}

static void read_a_region_behind_the_end(void) {
    struct buffer *b;
    struct event *done;
    float values[4];
    const struct buffer_region r = {.row = 1, .rows = 1, .pitch = 5, .width = 4};
    if (buffer_create(support_target()->device, 8, "a test", &b, &err) == ALEXCL_OK)
        buffer_read_region(b, &r, values, NULL, DEVICE_EXCHANGE, &done, &err);
}

static void launch_with_an_argument_too_few(void) {
    struct kernel *k;
    const struct kernel_range range = {.dims = 1, .global = {64}, .local = {64}};
    const struct kernel_arg args[] = {{.kind = KERNEL_BUFFER}};
    if (kernel_create(support_target()->device, "bias", "bias_fill", "", &k, &err) == ALEXCL_OK)
        kernel_launch(k, "a test", &range, args, 1, &err);
}

static void write_behind_the_end_of_host_memory(void) {
    struct target host = {NULL};
    struct storage s;
    const float values[2] = {1, 2};
    if (storage_create(&host, 8, "a test", &s, &err) == ALEXCL_OK) storage_write(&s, 7, values, 2, &err);
}

static void run_more_images_than_there_is_memory_for(void) {
    static const struct alexcl_layer desc = {.type = ALEXCL_RELU, .name = "relu"};
    struct target host = {NULL};
    struct layer l;
    struct storage in, out;
    const struct layer_source source = {.own = &in};
    const struct layer_io io = {.in = &source, .out = &out, .first = 1, .count = 2};
    if (layer_describe(&l, &desc, 0, (struct alexcl_shape){6, 5, 5}, &err) == ALEXCL_OK &&
        layer_prepare(&l, LAYER_FORWARD, &host, (const float *[LAYER_TENSORS]){NULL}, &err) == ALEXCL_OK &&
        storage_create(&host, 3 * layer_in_floats(&l), "a test", &in, &err) == ALEXCL_OK &&
        storage_create(&host, 2 * layer_out_floats(&l), "a test", &out, &err) == ALEXCL_OK)
        layer_run(&l, LAYER_FORWARD, &io, &err);
}

static const struct {
    void (*wrong)(void);
    const char *claim;
} cases[] = {
    {write_behind_the_end, "first + count <= b->floats"},
    {read_a_region_behind_the_end, "buffer_has_region(b, r)"},
    {launch_with_an_argument_too_few, "arg_count == k->args"},
    {write_behind_the_end_of_host_memory, "first <= s->floats - count"},
    {run_more_images_than_there_is_memory_for, "layer_io_fits("},
};

START_TEST(a_wrong_count_ends_the_process) {
    int to[2], status;
    char told[4096];
    size_t length = 0;
    ck_assert_int_eq(pipe(to), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        dup2(to[1], STDERR_FILENO);
        close(to[0]);
        close(to[1]);
        cases[_i].wrong();
        _exit(0);
    }
    close(to[1]);
    for (ssize_t got; length < sizeof told - 1 && (got = read(to[0], told + length, sizeof told - 1 - length)) > 0;)
        length += (size_t)got;
    told[length] = '\0';
    close(to[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "status %d; %s", status, told);
    ck_assert_msg(strstr(told, cases[_i].claim) != NULL, "\"%s\" is not in: %s", cases[_i].claim, told);
}
END_TEST
#endif

int main(void) {
#ifdef NDEBUG
    puts("skipped: this build has no asserts");
    return 77;
#else
    TCase *tests = tcase_create("asserts");
    tcase_add_loop_test(tests, a_wrong_count_ends_the_process, 0, sizeof cases / sizeof cases[0]);
    return support_run(tests);
#endif
}
