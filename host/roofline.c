/* SPDX-License-Identifier: MIT */
/* The roofline as SVG: points at a layer's arithmetic intensity and rate, both axes logarithmic, under the roof of what
 * the device was measured to reach. Labels stand beside the picture in the order of the points, pushed apart until none
 * overlaps. */
#include "roofline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "printable.h"
#include "status.h"

enum { WIDTH = 900, HEIGHT = 580, LEFT = 80, RIGHT = 690, TOP = 80, BOTTOM = 510, POINTS = 64, LINE = 18 };

struct point {
    const char *name;
    enum alexcl_work work;
    double intensity, rate; /* operations a byte, operations a second */
    double y;               /* of its label */
};

/* Both axes are logarithmic. */
struct axes {
    double x0, x1, y0, y1;
};
static double roofline_x(const struct axes *a, double v) {
    return LEFT + (RIGHT - LEFT) * log(v / a->x0) / log(a->x1 / a->x0);
}
static double roofline_y(const struct axes *a, double v) {
    return BOTTOM - (BOTTOM - TOP) * log(v / a->y0) / log(a->y1 / a->y0);
}

static int roofline_order(const void *a, const void *b) {
    const struct point *p = a, *q = b;
    return (p->rate < q->rate) - (p->rate > q->rate);
}

/* Lines at 1, 2 and 5 of every decade, numbers where there is room. */
static void roofline_grid(FILE *f, const struct axes *a, int vertical) {
    double from = vertical ? a->x0 : a->y0, to = vertical ? a->x1 : a->y1;
    for (int power = (int)floor(log10(from)); power <= (int)floor(log10(to)); power++) {
        static const double steps[] = {1, 2, 5};
        for (int i = 0; i < 3; i++) {
            double v = pow(10, power) * steps[i];
            char label[32];
            if (v < from * 0.999 || v > to * 1.001) continue;
            snprintf(label, sizeof label, "%g", vertical ? v : v * 1e-9);
            if (vertical) {
                double x = roofline_x(a, v);
                fprintf(f, "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"%s\"/>\n", x, TOP, x, BOTTOM,
                        i ? "#eee" : "#ccc");
                svg_text(f, x, BOTTOM + 18, " text-anchor=\"middle\"", label);
            } else {
                double y = roofline_y(a, v);
                fprintf(f, "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"%s\"/>\n", LEFT, y, RIGHT, y,
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
            RIGHT, roofline_y(a, fmin(flops, bytes * a->x1)));
    snprintf(text, sizeof text, "roof: fma %.0f GFLOP/s, memory %.1f GB/s", flops * 1e-9, bytes * 1e-9);
    /* above the frame: points lie on the roof */
    svg_text(f, RIGHT, TOP - 8, " text-anchor=\"end\" font-weight=\"bold\"", text);
}

/* Labels stand beside the picture, from the fastest down, each as near to its point's height as its neighbours and the
 * frame allow. */
static void roofline_place_labels(const struct axes *a, struct point *points, int count) {
    double line = fmin(LINE, (double)(BOTTOM - TOP) / count);
    qsort(points, (size_t)count, sizeof *points, roofline_order);
    for (int i = 0; i < count; i++) {
        points[i].y = roofline_y(a, points[i].rate) + 4;
        if (i) points[i].y = fmax(points[i].y, points[i - 1].y + line);
    }
    for (int i = count - 1; i >= 0; i--) points[i].y = fmin(points[i].y, BOTTOM + 4 - line * (count - 1 - i));
}

double roofline_intensity(const struct layer_time *l) {
    double bytes = l->bytes[0] + l->bytes[1];
    return bytes > 0 ? (l->flops[0] + l->flops[1]) / bytes : 0;
}

void roofline_title(const struct measured *m, const char *model, char out[ROOFLINE_TITLE]) {
    snprintf(out, ROOFLINE_TITLE, "%.60s, batch %d: %.1f images/s%s", model, m->batch, m->images_per_s,
             m->training ? " in training" : "");
}

static void roofline_draw(FILE *f, const struct measured *m, const char *title, const char *devices) {
    struct point points[POINTS] = {{0}};
    char cut[121];
    int count = 0;
    struct axes a = {1, 10, 1e12, 1e9};
    double flops = measure_peak(m), bytes = measure_peak_bytes(m);
    for (size_t i = 0; i < m->layer_count && count < POINTS; i++) {
        const struct layer_time *l = &m->layers[i];
        struct point p = {.name = l->layer->layer->name,
                          .work = l->work,
                          .intensity = roofline_intensity(l),
                          .rate = measure_layer_rate(l)};
        if (p.intensity > 0 && p.rate > 0) points[count++] = p;
    }
    if (flops > 0 && bytes > 0) a = (struct axes){flops / bytes / 4, flops / bytes * 4, flops, flops * 1.5};
    for (int i = 0; i < count; i++) {
        a.x0 = fmin(a.x0, points[i].intensity / 1.5);
        a.x1 = fmax(a.x1, points[i].intensity * 1.5);
        a.y0 = fmin(a.y0, points[i].rate / 2);
        a.y1 = fmax(a.y1, points[i].rate * 2);
    }

    svg_text(f, LEFT, TOP - 50, " font-size=\"16\"", title);
    snprintf(cut, sizeof cut, "%.*s", printable_cut(devices, sizeof cut - 1), devices);
    svg_text(f, LEFT, TOP - 30, " fill=\"#555\"", cut);
    roofline_grid(f, &a, 1);
    roofline_grid(f, &a, 0);
    fprintf(f, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#333\"/>\n", LEFT, TOP,
            RIGHT - LEFT, BOTTOM - TOP);
    svg_text(f, (LEFT + RIGHT) / 2.0, BOTTOM + 46, " text-anchor=\"middle\"",
             "operations for each byte of weights, input and output (FLOP/byte)");
    svg_text(f, 24, (TOP + BOTTOM) / 2.0, " text-anchor=\"middle\" transform=\"rotate(-90 24 295)\"",
             "direct convolution's operations a second (GFLOP/s)");
    if (flops > 0 && bytes > 0) roofline_roof(f, &a, flops, bytes);

    if (count) roofline_place_labels(&a, points, count);
    for (int i = 0; i < count; i++) {
        double x = roofline_x(&a, points[i].intensity), y = roofline_y(&a, points[i].rate);
        char text[64];
        fprintf(f, "<polyline points=\"%.1f,%.1f %d,%.1f %d,%.1f\" fill=\"none\" stroke=\"#9bb\"/>\n", x, y, RIGHT + 4,
                points[i].y - 4, RIGHT + 12, points[i].y - 4);
        fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"#1769aa\"/>\n", x, y);
        const char *gradient = points[i].work == ALEXCL_WORK_INPUT_GRADIENT    ? " dx"
                               : points[i].work == ALEXCL_WORK_WEIGHT_GRADIENT ? " dw"
                                                                               : "";
        snprintf(text, sizeof text, "%s%s  %.1f GFLOP/s", points[i].name, gradient, points[i].rate * 1e-9);
        svg_text(f, RIGHT + 16, points[i].y, "", text);
    }
}

int roofline_begin(struct svg *out, const struct measured *m, const char *title, const char *devices,
                   struct alexcl_error *err) {
    int status = svg_begin(out, WIDTH, HEIGHT, err);
    if (status == ALEXCL_OK) roofline_draw(out->to, m, title, devices);
    return status;
}

int roofline_write(const char *path, const struct measured *m, const char *title, const char *devices,
                   struct alexcl_error *err) {
    struct svg picture;
    int status = roofline_begin(&picture, m, title, devices, err);
    if (status != ALEXCL_OK) return status;
    return svg_end(&picture, path, err);
}
