/* SPDX-License-Identifier: MIT */
/* Device memory, regions, order between the two queues, times, limits. */
#include <string.h>

#include "cl_private.h"
#include "support.h"

static struct alexcl_error err;

START_TEST(regions_are_packed_rows) {
    struct device *dev = support_target()->device;
    enum { ROWS = 5, PITCH = 7, WIDTH = 3 };
    float all[ROWS * PITCH], part[3 * WIDTH], seen[ROWS * PITCH];
    struct buffer *a, *b;
    struct event *wrote, *was_read;
    for (int i = 0; i < ROWS * PITCH; i++) all[i] = (float)i;
    EXPECT_OK(buffer_create(dev, ROWS * PITCH, "a test", &a, &err), err);
    EXPECT_OK(buffer_create(dev, 100, "a test", &b, &err), err);
    ck_assert_uint_eq(buffer_floats(a), ROWS * PITCH);
    EXPECT_OK(buffer_write(a, 0, all, ROWS * PITCH, &err), err);
    struct buffer_region r = {.row = 1, .rows = 3, .pitch = PITCH, .first = 2, .width = WIDTH};
    EXPECT_OK(buffer_read_region(a, &r, part, NULL, DEVICE_EXCHANGE, &was_read, &err), err);
    EXPECT_OK(event_wait(was_read, &err), err);
    event_free(was_read);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < WIDTH; j++) ck_assert_float_eq(part[i * WIDTH + j], all[(1 + i) * PITCH + 2 + j]);

    EXPECT_OK(buffer_copy_region(a, &r, b, 11, &err), err);
    EXPECT_OK(buffer_read(b, 11, seen, 9, &err), err);
    ck_assert_mem_eq(seen, part, sizeof part);

    for (int i = 0; i < 9; i++) part[i] = -1 - (float)i;
    EXPECT_OK(buffer_write_region(a, &r, part, NULL, DEVICE_EXCHANGE, &wrote, &err), err);
    EXPECT_OK(device_wait_for(dev, wrote, &err), err); /* the read below is on the other queue */
    event_free(wrote);
    EXPECT_OK(buffer_read(a, 0, seen, ROWS * PITCH, &err), err);
    for (int i = 0; i < 3; i++) memcpy(&all[(1 + i) * PITCH + 2], &part[i * WIDTH], WIDTH * sizeof *all);
    ck_assert_mem_eq(seen, all, sizeof all);
    EXPECT_OK(device_finish(dev, &err), err);
    EXPECT_OK(buffer_check_guards(dev, &err), err);
    uint64_t busy[DEVICE_ACCOUNTS];
    device_times(dev, busy);
    ck_assert_msg(!device_has_times(dev) || busy[DEVICE_EXCHANGE] > 0, "no time was taken of the exchange");
    buffer_free(a);
    buffer_free(b);
    buffer_free(NULL);
}
END_TEST

/* OpenCL refuses copies of no bytes (PoCL: -30). */
START_TEST(nothing_is_copied_and_waited_for) {
    struct device *dev = support_target()->device;
    struct buffer *b;
    struct event *wrote, *was_read;
    float x[8] = {1, 2, 3, 4, 5, 6, 7, 8}, seen[8];
    EXPECT_OK(buffer_create(dev, 8, "a test", &b, &err), err);
    EXPECT_OK(buffer_write(b, 0, x, 8, &err), err);
    const struct buffer_region nothing[] = {{.rows = 0, .pitch = 4, .width = 4}, {.rows = 2, .pitch = 4, .width = 0}};
    for (int i = 0; i < 2; i++) {
        EXPECT_OK(buffer_copy_region(b, &nothing[i], b, 1, &err), err);
        EXPECT_OK(buffer_read_region(b, &nothing[i], seen, NULL, DEVICE_EXCHANGE, &was_read, &err), err);
        EXPECT_OK(event_wait(was_read, &err), err);
        EXPECT_OK(buffer_write_region(b, &nothing[i], seen, was_read, DEVICE_EXCHANGE, &wrote, &err), err);
        EXPECT_OK(device_wait_for(dev, wrote, &err), err);
        event_free(was_read);
        event_free(wrote);
    }
    EXPECT_OK(buffer_read(b, 0, seen, 8, &err), err);
    ck_assert_mem_eq(seen, x, sizeof x);
    buffer_free(b);
}
END_TEST

/* Rows that follow one another, at any row, line and place, go as one piece: the same values come to the same
 * places. */
START_TEST(whole_rows_are_one_copy) {
    struct device *dev = support_target()->device;
    enum { ROWS = 4, PITCH = 6, ALL = ROWS * PITCH };
    static const struct buffer_region regions[] = {
        {.row = 1, .rows = 2, .pitch = PITCH, .width = PITCH},                          /* rows */
        {.row = 2, .rows = 1, .pitch = PITCH, .first = 2, .width = 3},                  /* a piece of one */
        {.row = 1, .rows = 2, .pitch = PITCH, .width = 2, .lines = 3, .line_pitch = 2}, /* rows of whole lines */
        {.row = 3, .rows = 1, .pitch = PITCH, .first = 2, .width = 2, .lines = 2, .line_pitch = 2},
        {.row = 1, .rows = 2, .pitch = PITCH, .first = 1, .width = 1, .lines = 3, .line_pitch = 2}, /* none of these */
    };
    float all[ALL], seen[ALL], part[ALL];
    struct buffer *a, *b;
    struct event *was_read;
    for (int i = 0; i < ALL; i++) all[i] = (float)i;
    EXPECT_OK(buffer_create(dev, ALL, "a test", &a, &err), err);
    EXPECT_OK(buffer_create(dev, ALL + 5, "a test", &b, &err), err);
    EXPECT_OK(buffer_write(a, 0, all, ALL, &err), err);
    for (size_t k = 0; k < sizeof regions / sizeof *regions; k++) {
        const struct buffer_region *r = &regions[k];
        size_t lines = r->lines ? r->lines : 1, line = r->lines ? r->line_pitch : r->pitch,
               count = r->rows * lines * r->width;
        EXPECT_OK(buffer_read_region(a, r, part, NULL, DEVICE_EXCHANGE, &was_read, &err), err);
        EXPECT_OK(event_wait(was_read, &err), err);
        event_free(was_read);
        EXPECT_OK(buffer_copy_region(a, r, b, 5, &err), err);
        EXPECT_OK(buffer_read(b, 5, seen, count, &err), err);
        for (size_t i = 0; i < count; i++) {
            float due = all[(r->row + i / (lines * r->width)) * r->pitch + r->first + i / r->width % lines * line +
                            i % r->width];
            ck_assert_msg(part[i] == due && seen[i] == due, "region %zu, value %zu: %g read, %g copied, %g due", k, i,
                          part[i], seen[i], due);
        }
    }
    buffer_free(a);
    buffer_free(b);
}
END_TEST

START_TEST(a_copy_waits_for_the_fill_of_a_new_buffer) {
    struct device *dev = support_target()->device;
    enum { FLOATS = 1 << 24 };
    const struct buffer_region last = {.row = 0, .rows = 1, .pitch = FLOATS, .first = FLOATS - 1, .width = 1};
    for (int i = 0; i < 5; i++) {
        struct buffer *b;
        float x = 1 + (float)i, y = 0;
        EXPECT_OK(buffer_create(dev, FLOATS, "a large buffer", &b, &err), err);
        EXPECT_OK(buffer_write_region(b, &last, &x, NULL, DEVICE_TRANSFER, NULL, &err), err);
        EXPECT_OK(device_finish(dev, &err), err);
        EXPECT_OK(buffer_read(b, FLOATS - 1, &y, 1, &err), err);
        ck_assert_float_eq(y, x);
        buffer_free(b);
    }
}
END_TEST

START_TEST(memory_is_accounted_and_limited) {
    struct device *dev = support_target()->device;
    struct buffer *b;
    uint64_t before = buffer_total(dev);
    EXPECT_OK(buffer_create(dev, 1000, "a test", &b, &err), err);
    ck_assert_uint_eq(buffer_total(dev), before + 4000);
    buffer_free(b);
    ck_assert_uint_eq(buffer_total(dev), before);
    EXPECT_ERROR(buffer_create(dev, SIZE_MAX / 8, "a monster", &b, &err), ALEXCL_E_MEMORY, "a monster", err);
    /* More than one buffer may have, though there is memory for it: refused here, and not by whatever the driver
     * says. */
    size_t largest = (size_t)(device_limits(dev)->max_alloc / sizeof(float));
    if (device_limits(dev)->memory / sizeof(float) > largest + 1000)
        EXPECT_ERROR(buffer_create(dev, largest + 1, "a large one", &b, &err), ALEXCL_E_MEMORY,
                     "a large one do not fit", err);
    ck_assert_int_eq(error_exit_code(ALEXCL_E_MEMORY), 5);
}
END_TEST

#ifdef ALEXCL_GUARD
START_TEST(a_write_behind_the_end_is_found) {
    struct device *dev = support_target()->device;
    struct buffer *b;
    float x = 1;
    EXPECT_OK(buffer_create(dev, 10, "the victim", &b, &err), err);
    EXPECT_OK(buffer_check_guards(dev, &err), err);
    ck_assert_int_eq(clEnqueueWriteBuffer(dev->work, b->memory, CL_TRUE, 12 * sizeof x, sizeof x, &x, 0, NULL, NULL),
                     CL_SUCCESS);
    EXPECT_ERROR(buffer_check_guards(dev, &err), ALEXCL_E_DEVICE, "the victim", err);
    buffer_free(b);
}
END_TEST
#endif

START_TEST(thousands_of_events_do_not_pile_up) {
    struct device *dev = support_target()->device;
    struct buffer *b;
    float x[16] = {0};
    EXPECT_OK(buffer_create(dev, 16, "a test", &b, &err), err);
    for (int i = 0; i < 3000; i++) {
        struct buffer_region r = {.row = 0, .rows = 1, .pitch = 16, .first = 0, .width = 16};
        EXPECT_OK(buffer_write_region(b, &r, x, NULL, DEVICE_TRANSFER, NULL, &err), err);
        ck_assert_int_le(dev->pending_count, DEVICE_PENDING);
    }
    EXPECT_OK(device_finish(dev, &err), err);
    ck_assert_int_eq(dev->pending_count, 0);
    buffer_free(b);
}
END_TEST

START_TEST(a_failed_call_says_what_where_and_what_to_try) {
    struct device *dev = support_target()->device;
    device_note(dev, "conv1");
    device_note(dev, "relu1");
    ck_assert_int_eq(clerror_check(CL_OUT_OF_RESOURCES, "clFinish", dev, &err), CL_OUT_OF_RESOURCES);
    static const char *const told[] = {"clFinish", "CL_OUT_OF_RESOURCES", "(-5)", "conv1", "relu1", "ALEXCL_SYNC"};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        ck_assert_msg(strstr(err.text, told[i]) != NULL, "\"%s\" is not in: %s", told[i], err.text);
    ck_assert_msg(strstr(err.text, device_name(dev)) != NULL, "%s", err.text);
    ck_assert_int_eq(error_exit_code(err.status), 7);
    err = (struct alexcl_error){0};
    ck_assert_int_eq(clerror_check(CL_SUCCESS, "clFinish", dev, &err), ALEXCL_OK);
    ck_assert_str_eq(clcode_name(-12345), "an unknown code");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("buffer");
    tcase_add_test(tests, regions_are_packed_rows);
    tcase_add_test(tests, nothing_is_copied_and_waited_for);
    tcase_add_test(tests, whole_rows_are_one_copy);
    tcase_add_test(tests, a_copy_waits_for_the_fill_of_a_new_buffer);
    tcase_add_test(tests, memory_is_accounted_and_limited);
#ifdef ALEXCL_GUARD
    tcase_add_test(tests, a_write_behind_the_end_is_found);
#endif
    tcase_add_test(tests, thousands_of_events_do_not_pile_up);
    tcase_add_test(tests, a_failed_call_says_what_where_and_what_to_try);
    return support_run(tests);
}
