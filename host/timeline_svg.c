/* SPDX-License-Identifier: MIT */
/* A bar for each span, in its layer's turn of two shades so that neighbours are told apart; a name where there is room
 * for it. */
#include "timeline_svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "trace.h"

enum { WIDTH = 900, LEFT = 130, RIGHT = 872, TOP = 8, ROW = 26, HIGH = 22, GAP = 14, BELOW = 40, LETTER = 7 };

struct stretch {
    double start, end;
    int repeat; /* which batch */
};

static int timeline_is_of(const struct alexcl_work_span *s, const struct stretch *t, const struct measured *m) {
    return measure_repeat(m, s) == t->repeat && s->commands > 0 && s->end > 0 && s->end >= s->start;
}

/* From the batch's first command to its last; 0: there are none. */
static int timeline_find(const struct measured *m, const struct alexcl_net *net, struct stretch *out) {
    int found = 0;
    *out = (struct stretch){.repeat = m->repeat - 1};
    for (size_t p = 0; p < m->targets; p++) {
        const struct alexcl_work_span *s;
        for (size_t count = alexcl_net_recorded(net, p, &s); count > 0; count--, s++) {
            if (!timeline_is_of(s, out, m)) continue;
            if (!found || s->start < out->start) out->start = s->start;
            if (!found || s->end > out->end) out->end = s->end;
            found = 1;
        }
    }
    return found && out->end > out->start;
}

/* 1, 2 or 5 times a power of ten of milliseconds, at most eight of them. */
static double timeline_unit(double ms) {
    double power = pow(10, floor(log10(ms / 8)));
    static const double steps[] = {1, 2, 5};
    for (int i = 0; i < 3; i++)
        if (ms / (steps[i] * power) <= 8) return steps[i] * power;
    return 10 * power;
}

static void timeline_axis(FILE *f, const struct stretch *t, double bottom) {
    double ms = (t->end - t->start) * 1e3, unit = timeline_unit(ms);
    char text[32];
    for (int i = 0; i * unit <= ms * 1.0001 && i < 20; i++) {
        double x = LEFT + (RIGHT - LEFT) * i * unit / ms;
        fprintf(f, "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", x, TOP, x, bottom);
        snprintf(text, sizeof text, "%g", i * unit);
        svg_text(f, x, bottom + 16, " text-anchor=\"middle\" font-size=\"12\"", text);
    }
    svg_text(f, (LEFT + RIGHT) / 2.0, bottom + 34, " text-anchor=\"middle\" font-size=\"12\"", "ms of a batch");
}

/* Copies and waits have a colour of their own, told by the edge alone where a bar is but a line; layers take turns. */
static const char *timeline_colour(enum alexcl_work work, int turn) {
    static const char *const layers[] = {"fill=\"#cfe2f3\" stroke=\"#1769aa\"", "fill=\"#9cc4e8\" stroke=\"#1769aa\""};
    if (work == ALEXCL_WORK_EXCHANGE) return "fill=\"#f7c59f\" stroke=\"#c05600\"";
    if (work == ALEXCL_WORK_TRANSFER) return "fill=\"#d5e8c8\" stroke=\"#3f7f1f\"";
    if (work == ALEXCL_WORK_WAIT) return "fill=\"#e8e8e8\" stroke=\"#777\"";
    return work == ALEXCL_WORK_JOIN ? "fill=\"#f3dcf0\" stroke=\"#a03a96\"" : layers[turn % 2];
}

static void timeline_target(FILE *f, const struct measured *m, const struct alexcl_net *net, size_t target,
                            const struct stretch *t, double top) {
    const struct alexcl_work_span *s;
    char text[48];
    int turn = 0;
    for (int row = 0; row < TRACE_ROWS; row++) {
        snprintf(text, sizeof text, "%zu: %s", target, trace_rows[row]);
        svg_text(f, LEFT - 8, top + ROW * row + 15, " text-anchor=\"end\" font-size=\"12\"", text);
    }
    for (size_t count = alexcl_net_recorded(net, target, &s); count > 0; count--, s++) {
        if (!timeline_is_of(s, t, m)) continue;
        double scale = (RIGHT - LEFT) / (t->end - t->start), x = LEFT + (s->start - t->start) * scale,
               wide = fmax((s->end - s->start) * scale, 0.5), y = top + ROW * trace_row(s->work);
        fprintf(f, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" %s stroke-width=\"0.6\"/>\n", x, y, wide,
                HIGH, timeline_colour(s->work, turn++));
        if (LETTER * (double)strlen(s->layer) <= wide)
            svg_text(f, x + wide / 2, y + 15, " text-anchor=\"middle\" font-size=\"11\"", s->layer);
    }
}

int timeline_svg_begin(struct svg *out, const struct measured *m, const struct alexcl_net *net, int *drawn,
                       struct alexcl_error *err) {
    struct stretch t;
    int targets = (int)m->targets, bottom = TOP + targets * (TRACE_ROWS * ROW + GAP);
    int status = svg_begin(out, WIDTH, bottom + BELOW, err);
    if (status != ALEXCL_OK) return status;
    *drawn = m->times_known && timeline_find(m, net, &t);
    if (!*drawn) return ALEXCL_OK;
    timeline_axis(out->to, &t, bottom);
    for (int p = 0; p < targets; p++)
        timeline_target(out->to, m, net, (size_t)p, &t, TOP + p * (TRACE_ROWS * ROW + GAP));
    return ALEXCL_OK;
}
