/* SPDX-License-Identifier: MIT */
/* Where things stand in a roofline picture: every layer has its name beside the frame, in order of speed, no two over
 * each other, each with a line from its own point; nothing runs out of the picture. */
#include <math.h>

#include "support_files.h"
#include "roofline.h"

enum { LAYERS = 60, LABELS_X = 700, LINE = 18 };
/* A character of a sans-serif face is about half as wide as the font is high; 0.6 is more than that of any text in the
 * picture. */
static double text_width(const char *text, double size) { return 0.6 * size * (double)strlen(text); }

static struct alexcl_layer layers[LAYERS];
static struct alexcl_plan_layer planned[LAYERS];
static struct layer_time times[LAYERS];
static char names[LAYERS][20];

/* Layer i of `count` does 10 + i % 3 operations a byte, at rates a factor apart; the fastest is in the middle of the
 * net. */
static struct measured measured(int count, double factor, size_t targets) {
    double rate = 20e9;
    for (int i = 0; i < count; i++, rate *= factor) {
        int at = (i * 7 + 3) % count; /* 7 divides no count that is used here */
        snprintf(names[at], sizeof names[at], "layer%d", at);
        layers[at].name = names[at];
        planned[at].layer = &layers[at];
        times[at] = (struct layer_time){
            .layer = &planned[at], .flops = {rate, 0}, .target = {1, 0}, .bytes = {rate / (10 + i % 3), 0}};
    }
    return (struct measured){.targets = targets,
                             .layer_count = (size_t)count,
                             .layers = times,
                             .peak = {.flops = {100e9, 100e9}, .bytes = {10e9, 10e9}}};
}

static char *drawn(const struct measured *m, const char *title, const char *devices) {
    struct alexcl_error err = {0};
    size_t length;
    EXPECT_OK(roofline_write("roof.svg", m, title, devices, &err), err);
    char *svg = (char *)read_file("roof.svg", &length);
    svg[length] = '\0';
    return svg;
}

/* Every text: inside the picture, from its first character to its last. */
static void expect_texts_inside(const char *svg) {
    int texts = 0, width, height;
    const char *labels = strstr(svg, "<g font-size=\"");
    ck_assert_ptr_nonnull(labels);
    ck_assert_int_eq(sscanf(strstr(svg, "<svg"), "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\"",
                            &width, &height),
                     2);
    for (const char *at = svg; (at = strstr(at, "<text ")) != NULL; at++, texts++) {
        double x, y, size = at < labels ? 13 : strtod(labels + strlen("<g font-size=\""), NULL);
        char text[256];
        const char *attributes_end = strchr(at, '>'), *anchor = strstr(at, "text-anchor=\""),
                   *large = strstr(at, "font-size=\"");
        ck_assert_int_eq(sscanf(at, "<text x=\"%lf\" y=\"%lf\"", &x, &y), 2);
        ck_assert_int_eq(sscanf(attributes_end, ">%255[^<]", text), 1);
        if (large && large < attributes_end) size = strtod(large + 11, NULL);
        int to_the_left = anchor && anchor < attributes_end && strncmp(anchor + 13, "end", 3) == 0;
        int both = anchor && anchor < attributes_end && strncmp(anchor + 13, "middle", 6) == 0;
        double reach = text_width(text, size), before = to_the_left ? reach : both ? reach / 2 : 0;
        ck_assert_msg(y >= size && y <= height, "\"%s\" is at height %.1f of %d", text, y, height);
        if (strstr(at, "rotate") && strstr(at, "rotate") < attributes_end) continue;
        ck_assert_msg(x - before >= 0 && x - before + reach <= width, "\"%s\" from %.1f to %.1f, of %d", text,
                      x - before, x - before + reach, width);
    }
    ck_assert_int_gt(texts, 5);
}

/* The labels, in the order of the file: line by line downwards, from the fastest to the slowest; each leader ends at
 * its label and begins at a circle. */
static void expect_labels(const char *svg, int count, double least_line) {
    double last_y = 0, last_rate = 1e30;
    int labels = 0;
    for (const char *at = svg; (at = strstr(at, "stroke=\"#9bb\"/>")) != NULL; at++, labels++) {
        const char *line = at, *circle = strstr(at, "<circle "), *text = strstr(at, "<text ");
        double x, y, end_x, end_y, cx, cy, label_x, label_y, rate;
        char name[32];
        while (*line != '\n') line--;
        ck_assert_int_eq(sscanf(line + 1, "<polyline points=\"%lf,%lf %*f,%*f %lf,%lf\"", &x, &y, &end_x, &end_y), 4);
        ck_assert_int_eq(sscanf(circle, "<circle cx=\"%lf\" cy=\"%lf\"", &cx, &cy), 2);
        ck_assert_int_eq(sscanf(text, "<text x=\"%lf\" y=\"%lf\">%31s %lf GFLOP/s", &label_x, &label_y, name, &rate),
                         4);
        ck_assert_msg(x == cx && y == cy, "the line of %s begins beside its point", name);
        ck_assert_msg(end_x < label_x && label_x - end_x < 8 && end_y < label_y && label_y - end_y < LINE / 2.0,
                      "the line of %s ends elsewhere", name);
        ck_assert_double_gt(label_x, LABELS_X);
        ck_assert_msg(labels == 0 || label_y - last_y >= least_line - 0.11, "%s at %.1f is over the label at %.1f",
                      name, label_y, last_y);
        ck_assert_msg(rate <= last_rate, "%s is faster than the label above it", name);
        ck_assert_msg(strncmp(name, "layer", 5) == 0, "no name but \"%s\"", name);
        last_y = label_y;
        last_rate = rate;
    }
    ck_assert_int_eq(labels, count);
}

START_TEST(labels_of_layers_far_apart_stand_at_their_points) {
    struct measured m = measured(3, 2, 1);
    char *svg = drawn(&m, "net, batch 1: 1.0 images/s", "device 0 (name)");
    expect_texts_inside(svg);
    expect_labels(svg, 3, LINE);
    double cy, y;
    for (const char *at = svg; (at = strstr(at, "<circle ")) != NULL; at++) {
        ck_assert_int_eq(sscanf(at, "<circle cx=\"%*f\" cy=\"%lf\"", &cy), 1);
        ck_assert_int_eq(sscanf(strstr(at, "<text "), "<text x=\"%*f\" y=\"%lf\"", &y), 1);
        ck_assert_double_le(fabs(y - cy), 4.11);
    }
    free(svg);
}
END_TEST

START_TEST(labels_of_layers_close_together_do_not_cover_each_other) {
    static const int counts[] = {1, 2, 11, 20};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct measured m = measured(counts[i], 1.001, 2);
        char *svg = drawn(&m, "net", "devices");
        expect_texts_inside(svg);
        expect_labels(svg, counts[i], LINE);
        free(svg);
    }
}
END_TEST

START_TEST(more_layers_than_lines_make_it_higher) {
    struct measured m = measured(LAYERS, 1.05, 1);
    char *svg = drawn(&m, "net", "devices");
    expect_texts_inside(svg);
    expect_labels(svg, LAYERS, 14);
    free(svg);
}
END_TEST

START_TEST(long_names_make_room_or_are_cut) {
    struct measured m = measured(3, 2, 1);
    layers[0].name = "inception_4a/3x3_reduce";
    layers[1].name =
        "a name with a hundred characters, which no place beside the frame is wide enough for, is cut somewhere";
    times[2].work = ALEXCL_WORK_WEIGHT_GRADIENT;
    char *svg = drawn(&m, "net", "devices");
    expect_texts_inside(svg);
    ck_assert_ptr_nonnull(strstr(svg, ">inception_4a/3x3_reduce  "));
    ck_assert_ptr_nonnull(strstr(svg, ">a name with a hundred ch..  "));
    ck_assert_ptr_nonnull(strstr(svg, ">layer2 dw  "));
    free(svg);
}
END_TEST

START_TEST(the_longest_title_and_devices_fit) {
    struct measured m = measured(8, 1.5, 2);
    char title[80], devices[120];
    memset(title, 'M', sizeof title - 1);
    memset(devices, 'm', sizeof devices - 1);
    title[sizeof title - 1] = devices[104] = '\0';
    char *svg = drawn(&m, title, devices);
    expect_texts_inside(svg);
    free(svg);
}
END_TEST

START_TEST(without_a_peak_there_is_no_roof) {
    struct measured m = measured(5, 1.5, 1);
    m.peak = (struct alexcl_peak){0};
    char *svg = drawn(&m, "net", "devices");
    ck_assert_ptr_null(strstr(svg, "roof:"));
    expect_texts_inside(svg);
    expect_labels(svg, 5, LINE);
    free(svg);
    m = measured(5, 1.5, 1);
    svg = drawn(&m, "net", "devices");
    ck_assert_ptr_nonnull(strstr(svg, "roof: fma 100 GFLOP/s, memory 10.0 GB/s"));
    free(svg);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("roofline");
    tcase_add_test(tests, labels_of_layers_far_apart_stand_at_their_points);
    tcase_add_test(tests, labels_of_layers_close_together_do_not_cover_each_other);
    tcase_add_test(tests, more_layers_than_lines_make_it_higher);
    tcase_add_test(tests, long_names_make_room_or_are_cut);
    tcase_add_test(tests, the_longest_title_and_devices_fit);
    tcase_add_test(tests, without_a_peak_there_is_no_roof);
    return support_run(tests);
}
