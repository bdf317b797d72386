/* SPDX-License-Identifier: MIT */
/* Narrow enough for a phone: what a layer has to say stands in its row, no line goes around others. A crossing is drawn
 * above the layer that reads it, as a bridge between the halves. */
#include "model_svg.h"

#include <stdio.h>

#include "report.h"

enum { WIDTH = 360, NAME = 2, LEFT = 134, BOX = 94, BETWEEN = 36, ROW = 23, HIGH = 18, TOP = 30 };
/* Characters of a layer's name: what there is room for, in small letters for more than FEW. Those of
 * GoogLeNet's convolutions fit. */
enum { FEW = 16, CUT = 24 };

static void model_shape(struct alexcl_shape s, char *out, size_t size) {
    if (s.h == 1 && s.w == 1)
        snprintf(out, size, "%d", s.c);
    else
        snprintf(out, size, "%d x %d x %d", s.c, s.h, s.w);
}

static void model_box(FILE *f, int half, double y, struct alexcl_shape shape) {
    char text[48];
    double x = LEFT + half * (BOX + BETWEEN);
    if (shape.c == 0) return; /* a layer of one channel is all half 0's */
    model_shape(shape, text, sizeof text);
    fprintf(f, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\" rx=\"3\" fill=\"%s\" stroke=\"%s\"/>\n", x, y,
            BOX, HIGH, half ? "#fde5d2" : "#d9e9f7", half ? "#a85000" : "#1769aa");
    svg_text(f, x + BOX / 2.0, y + 13, " text-anchor=\"middle\" font-size=\"11\"", text);
}

/* What the halves send each other for this layer. */
static void model_bridge(FILE *f, double y, const uint64_t crosses[2]) {
    double left = LEFT + BOX, right = left + BETWEEN, middle = y + HIGH / 2.0;
    if (!crosses[0] && !crosses[1]) return;
    fprintf(f, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#333\" stroke-width=\"1.5\"/>\n",
            left + 4, middle, right - 4, middle);
    if (crosses[0]) /* half 0 receives */
        fprintf(f, "<path d=\"M %.1f %.1f l 6 -4 v 8 z\" fill=\"#333\"/>\n", left + 1, middle);
    if (crosses[1]) fprintf(f, "<path d=\"M %.1f %.1f l -6 -4 v 8 z\" fill=\"#333\"/>\n", right - 1, middle);
}

int model_svg_begin(struct svg *out, const struct alexcl_plan *plan, struct alexcl_error *err) {
    int status = svg_begin(out, WIDTH, TOP + ROW * (int)(plan->layer_count + 1) + 8, err);
    struct alexcl_shape in = {plan->model->channels, plan->model->height, plan->model->width};
    char text[64], name[CUT + 4];
    if (status != ALEXCL_OK) return status;
    FILE *f = out->to;
    for (int half = 0; half < 2; half++)
        svg_text(f, LEFT + half * (BOX + BETWEEN) + BOX / 2.0, 18,
                 " text-anchor=\"middle\" font-size=\"12\" font-weight=\"bold\"", half ? "half 1" : "half 0");
    svg_text(f, LEFT + BOX + BETWEEN / 2.0, 18, " text-anchor=\"middle\" font-size=\"10\"", "crosses");
    svg_text(f, NAME, TOP + 13, " font-size=\"11\"", "input");
    fprintf(f, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"3\" fill=\"#eee\" stroke=\"#555\"/>\n", LEFT,
            TOP, 2 * BOX + BETWEEN, HIGH);
    model_shape(in, text, sizeof text);
    svg_text(f, LEFT + BOX + BETWEEN / 2.0, TOP + 13, " text-anchor=\"middle\" font-size=\"11\"", text);
    for (size_t i = 0; i < plan->layer_count; i++) {
        const struct alexcl_plan_layer *l = &plan->layers[i];
        double y = TOP + ROW * (double)(i + 1);
        int length = snprintf(name, sizeof name, "%.*s", CUT + 1, l->layer->name);
        if (length > CUT) snprintf(name, sizeof name, "%.*s..", CUT - 2, l->layer->name);
        snprintf(text, sizeof text, " font-size=\"%d\"%s", length > FEW ? 9 : 11,
                 l->parameters[0] ? " font-weight=\"bold\"" : "");
        svg_text(f, NAME, y + 13, text, name);
        for (int half = 0; half < 2; half++) model_box(f, half, y, l->half[half]);
        model_bridge(f, y, l->crosses);
    }
    return ALEXCL_OK;
}
