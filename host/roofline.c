/* SPDX-License-Identifier: MIT */
/* The roofline as SVG: points at a layer's arithmetic intensity and rate, both axes logarithmic, under the roof of what
 * the device was measured to reach. Labels stand beside the frame in the order of the points, pushed apart until none
 * overlaps: the frame leaves room for the longest, and is high enough for all. */
#include "roofline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "printable.h"
#include "status.h"

enum { WIDTH = 900, LEFT = 80, RIGHT = 690, TOP = 80, BOTTOM = 510, BELOW = 70, POINTS = 64, NAME = 26, DEVICES = 104 };
/* Sizes of labels and their lines; small where there are many or long ones. */
enum { LETTER = 13, LINE = 18, SMALL_LETTER = 11, SMALL_LINE = 14 };

struct point {
    double intensity, rate; /* operations a byte, operations a second */
    char label[64];
    double y; /* of its label */
};

/* Both axes are logarithmic; the frame reaches from LEFT and TOP to `right` and `bottom`. */
struct axes {
    double x0, x1, y0, y1;
    int right, bottom;
};
static double roofline_x(const struct axes *a, double v) {
    return LEFT + (a->right - LEFT) * log(v / a->x0) / log(a->x1 / a->x0);
}
static double roofline_y(const struct axes *a, double v) {
    return a->bottom - (a->bottom - TOP) * log(v / a->y0) / log(a->y1 / a->y0);
}

struct roofline {
    struct axes axes;
    struct point points[POINTS];
    int count, letter, line; /* of its labels */
};

static int roofline_order(const void *a, const void *b) {
    const struct point *p = a, *q = b;
    return (p->rate < q->rate) - (p->rate > q->rate);
}

/* Lines at 1, 2 and 5 of every decade; all have numbers where a decade has room for three. */
static void roofline_grid(FILE *f, const struct axes *a, int vertical) {
    double from = vertical ? a->x0 : a->y0, to = vertical ? a->x1 : a->y1;
    double decade = (vertical ? a->right - LEFT : a->bottom - TOP) / log10(to / from);
    int all = decade > (vertical ? 160 : 60);
    for (int power = (int)floor(log10(from)); power <= (int)floor(log10(to)); power++) {
        static const double steps[] = {1, 2, 5};
        for (int i = 0; i < 3; i++) {
            double v = pow(10, power) * steps[i];
            char label[32] = "";
            if (v < from * 0.999 || v > to * 1.001) continue;
            if (all || i == 0) snprintf(label, sizeof label, "%g", vertical ? v : v * 1e-9);
            if (vertical) {
                double x = roofline_x(a, v);
                fprintf(f, "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"%s\"/>\n", x, TOP, x, a->bottom,
                        i ? "#eee" : "#ccc");
                svg_text(f, x, a->bottom + 18, " text-anchor=\"middle\"", label);
            } else {
                double y = roofline_y(a, v);
                fprintf(f, "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"%s\"/>\n", LEFT, y, a->right, y,
                        i ? "#eee" : "#ccc");
                svg_text(f, LEFT - 8, y + 4, " text-anchor=\"end\"", label);
            }
        }
    }
}

static void roofline_roof(FILE *f, const struct axes *a, double flops, double bytes) {
    char text[64];
    double corner = flops / bytes, left = a->x0;
    if (bytes * left < a->y0) left = a->y0 / bytes;
    if (corner > a->x1) corner = a->x1;
    if (corner < left) corner = left;
    double height = fmin(flops, bytes * corner);
    fprintf(f, "<polyline points=\"%.1f,%.1f %.1f,%.1f %d,%.1f\" fill=\"none\" stroke=\"#333\" stroke-width=\"2\"/>\n",
            roofline_x(a, left), roofline_y(a, fmin(flops, bytes * left)), roofline_x(a, corner), roofline_y(a, height),
            a->right, roofline_y(a, fmin(flops, bytes * a->x1)));
    snprintf(text, sizeof text, "roof: fma %.0f GFLOP/s, memory %.1f GB/s", flops * 1e-9, bytes * 1e-9);
    /* above the frame: points lie on the roof */
    svg_text(f, a->right, TOP - 8, " text-anchor=\"end\" font-weight=\"bold\"", text);
}

double roofline_intensity(const struct layer_time *l) {
    double bytes = l->bytes[0] + l->bytes[1];
    return bytes > 0 ? (l->flops[0] + l->flops[1]) / bytes : 0;
}

void roofline_title(const struct measured *m, const char *model, char out[ROOFLINE_TITLE]) {
    snprintf(out, ROOFLINE_TITLE, "%.60s, batch %d: %.1f images/s%s", model, m->batch, m->images_per_s,
             m->training ? " in training" : "");
}

/* "conv1 dw  12.3 GFLOP/s", of a long name its beginning. */
static void roofline_label(const struct layer_time *l, char *out, size_t size) {
    const char *name = l->layer->layer->name, *gradient = l->work == ALEXCL_WORK_INPUT_GRADIENT    ? " dx"
                                                          : l->work == ALEXCL_WORK_WEIGHT_GRADIENT ? " dw"
                                                                                                   : "";
    int cut = strlen(name) > NAME;
    snprintf(out, size, "%.*s%s%s  %.1f GFLOP/s", cut ? NAME - 2 : NAME, name, cut ? ".." : "", gradient,
             measure_layer_rate(l) * 1e-9);
}

/* The points, and how far the axes reach. */
static void roofline_collect(struct roofline *r, const struct measured *m) {
    struct axes *a = &r->axes;
    double flops = measure_peak(m), bytes = measure_peak_bytes(m);
    *a = (struct axes){1, 10, 1e12, 1e9, RIGHT, BOTTOM};
    if (flops > 0 && bytes > 0)
        *a = (struct axes){flops / bytes / 4, flops / bytes * 4, flops, flops * 1.5, RIGHT, BOTTOM};
    for (size_t i = 0; i < m->layer_count && r->count < POINTS; i++) {
        struct point *p = &r->points[r->count];
        p->intensity = roofline_intensity(&m->layers[i]);
        p->rate = measure_layer_rate(&m->layers[i]);
        if (!(p->intensity > 0 && p->rate > 0)) continue;
        roofline_label(&m->layers[i], p->label, sizeof p->label);
        a->x0 = fmin(a->x0, p->intensity / 1.5);
        a->x1 = fmax(a->x1, p->intensity * 1.5);
        a->y0 = fmin(a->y0, p->rate / 2);
        a->y1 = fmax(a->y1, p->rate * 2);
        r->count++;
    }
}

/* How large labels are, and with it the frame. A letter of a sans-serif face is 0.6 of its size wide, or less. */
static void roofline_fit(struct roofline *r) {
    struct axes *a = &r->axes;
    size_t longest = 0;
    for (int i = 0; i < r->count; i++)
        longest = strlen(r->points[i].label) > longest ? strlen(r->points[i].label) : longest;
    r->letter = LETTER;
    r->line = LINE;
    if (r->count * LINE > BOTTOM - TOP || RIGHT + 16 + 0.6 * LETTER * (double)longest > WIDTH - 4) {
        r->letter = SMALL_LETTER;
        r->line = SMALL_LINE;
    }
    a->right = (int)fmin(RIGHT, WIDTH - 20 - 0.6 * r->letter * (double)longest);
    if (TOP + r->count * r->line > BOTTOM) a->bottom = TOP + r->count * r->line;
}

/* Labels stand beside the frame, from the fastest down, each as near to its point's height as its neighbours and the
 * frame allow. */
static void roofline_place_labels(struct roofline *r) {
    struct point *points = r->points;
    qsort(points, (size_t)r->count, sizeof *points, roofline_order);
    for (int i = 0; i < r->count; i++) {
        points[i].y = roofline_y(&r->axes, points[i].rate) + 4;
        if (i) points[i].y = fmax(points[i].y, points[i - 1].y + r->line);
    }
    for (int i = r->count - 1; i >= 0; i--)
        points[i].y = fmin(points[i].y, r->axes.bottom + 4 - r->line * (r->count - 1 - i));
}

static void roofline_draw(FILE *f, const struct roofline *r, const struct measured *m, const char *title,
                          const char *devices) {
    const struct axes *a = &r->axes;
    char text[DEVICES + 1];
    double flops = measure_peak(m), bytes = measure_peak_bytes(m), middle = (TOP + a->bottom) / 2.0;
    svg_text(f, LEFT, TOP - 50, " font-size=\"16\"", title);
    snprintf(text, sizeof text, "%.*s", printable_cut(devices, DEVICES), devices);
    svg_text(f, LEFT, TOP - 30, " fill=\"#555\"", text);
    roofline_grid(f, a, 1);
    roofline_grid(f, a, 0);
    fprintf(f, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#333\"/>\n", LEFT, TOP,
            a->right - LEFT, a->bottom - TOP);
    svg_text(f, (LEFT + a->right) / 2.0, a->bottom + 46, " text-anchor=\"middle\"",
             "operations for each byte of weights, input and output (FLOP/byte)");
    snprintf(text, sizeof text, " text-anchor=\"middle\" transform=\"rotate(-90 24 %.0f)\"", middle);
    svg_text(f, 24, middle, text, "direct convolution's operations a second (GFLOP/s)");
    if (flops > 0 && bytes > 0) roofline_roof(f, a, flops, bytes);

    fprintf(f, "<g font-size=\"%d\">\n", r->letter);
    for (int i = 0; i < r->count; i++) {
        const struct point *p = &r->points[i];
        double x = roofline_x(a, p->intensity), y = roofline_y(a, p->rate);
        fprintf(f, "<polyline points=\"%.1f,%.1f %d,%.1f %d,%.1f\" fill=\"none\" stroke=\"#9bb\"/>\n", x, y,
                a->right + 4, p->y - 4, a->right + 12, p->y - 4);
        fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"#1769aa\"/>\n", x, y);
        svg_text(f, a->right + 16, p->y, "", p->label);
    }
    fputs("</g>\n", f);
}

int roofline_begin(struct svg *out, const struct measured *m, const char *title, const char *devices,
                   struct alexcl_error *err) {
    struct roofline r = {0};
    roofline_collect(&r, m);
    roofline_fit(&r);
    roofline_place_labels(&r);
    int status = svg_begin(out, WIDTH, r.axes.bottom + BELOW, err);
    if (status == ALEXCL_OK) roofline_draw(out->to, &r, m, title, devices);
    return status;
}

int roofline_write(const char *path, const struct measured *m, const char *title, const char *devices,
                   struct alexcl_error *err) {
    struct svg picture;
    int status = roofline_begin(&picture, m, title, devices, err);
    if (status != ALEXCL_OK) return status;
    return svg_end(&picture, path, err);
}
