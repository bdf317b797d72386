/* SPDX-License-Identifier: MIT */
/* curves.svg: on the left the loss of the steps, a mean of several where there are many, and of the validation; on the
 * right the errors of the validation. Both have the steps below and begin at 0. */
#include <math.h>
#include <stdio.h>

#include "status.h"
#include "train.h"

enum { WIDTH = 960, HEIGHT = 400, TOP = 70, BOTTOM = 340, PANEL = 380, MEANS = 250 };

struct panel {
    double left, x_end, y_end; /* pixels; steps and values at the right and upper edge */
};
static double curves_x(const struct panel *p, double step) { return p->left + PANEL * step / p->x_end; }
static double curves_y(const struct panel *p, double value) {
    double y = BOTTOM - (BOTTOM - TOP) * value / p->y_end;
    return y < TOP ? TOP : y;
}

/* 1, 2 or 5 times a power of ten: at most six of them up to `end`. */
static double curves_unit(double end) {
    double power = pow(10, floor(log10(end / 6)));
    static const double steps[] = {1, 2, 5, 10};
    for (int i = 0; i < 3; i++)
        if (end / (steps[i] * power) <= 6) return steps[i] * power;
    return 10 * power;
}

static void curves_axes(FILE *f, const struct panel *p, const char *title, const char *unit) {
    double step = curves_unit(p->x_end);
    char text[48];
    if (step < 1) step = 1;
    for (int i = 0; i * step <= p->x_end * 1.0001; i++) {
        double x = curves_x(p, i * step);
        fprintf(f, "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#eee\"/>\n", x, TOP, x, BOTTOM);
        snprintf(text, sizeof text, "%.0f", i * step);
        svg_text(f, x, BOTTOM + 18, " text-anchor=\"middle\"", text);
    }
    step = curves_unit(p->y_end);
    for (int i = 0; i * step <= p->y_end * 1.0001; i++) {
        double y = curves_y(p, i * step);
        fprintf(f, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#eee\"/>\n", p->left, y,
                p->left + PANEL, y);
        snprintf(text, sizeof text, "%g%s", i * step, unit);
        svg_text(f, p->left - 8, y + 4, " text-anchor=\"end\"", text);
    }
    fprintf(f, "<rect x=\"%.1f\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#333\"/>\n", p->left, TOP,
            PANEL, BOTTOM - TOP);
    svg_text(f, p->left, TOP - 12, "", title);
    svg_text(f, p->left + PANEL / 2.0, BOTTOM + 40, " text-anchor=\"middle\"", "step");
}

/* Names of lines, above the panel: there no line gets under them. */
static void curves_name(FILE *f, const struct panel *p, int index, const char *colour, const char *name) {
    double y = TOP - 12, x = p->left + PANEL - 210 + 110.0 * index;
    fprintf(f, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"2\"/>\n", x, y - 4,
            x + 20, y - 4, colour);
    svg_text(f, x + 26, y, "", name);
}

enum what { TRAIN_LOSS, VAL_LOSS, TOP1, TOP5 };

/* Mean loss of the steps from .. to - 1. */
static double curves_mean(const struct train_history *h, size_t from, size_t to) {
    double sum = 0;
    for (size_t i = from; i < to; i++) sum += h->steps[i].loss;
    return sum / (double)(to - from);
}

static double curves_value(const struct train_epoch_row *e, enum what what) {
    return what == VAL_LOSS ? e->val_loss : 100 * (what == TOP1 ? e->top1_error : e->top5_error);
}

/* A line of points; returns how many there are. With `f` NULL only its largest value is taken into *most. */
static size_t curves_line(FILE *f, const struct panel *p, const struct train_history *h, enum what what,
                          const char *colour, double *most) {
    size_t points = what == TRAIN_LOSS ? h->step_count : h->epoch_count, drawn = 0;
    if (what == TRAIN_LOSS && points > MEANS) points = MEANS;
    if (points == 0) return 0;
    if (f) fprintf(f, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"", colour);
    for (size_t i = 0; i < points; i++) {
        size_t from = i * h->step_count / points, to = (i + 1) * h->step_count / points;
        double value = what == TRAIN_LOSS ? curves_mean(h, from, to) : curves_value(&h->epochs[i], what);
        double step = (double)(what == TRAIN_LOSS ? h->steps[to - 1].step : h->epochs[i].step);
        if (!isfinite(value)) continue;
        drawn++;
        if (f) fprintf(f, "%s%.1f,%.1f", drawn > 1 ? " " : "", curves_x(p, step), curves_y(p, value));
        if (value > *most) *most = value;
    }
    if (f) fputs("\"/>\n", f);
    for (size_t i = 0; f && i < points && what != TRAIN_LOSS && points <= 100; i++)
        if (isfinite(curves_value(&h->epochs[i], what)))
            fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>\n",
                    curves_x(p, (double)h->epochs[i].step), curves_y(p, curves_value(&h->epochs[i], what)), colour);
    return drawn;
}

static void curves_panel(FILE *f, const struct train_history *h, double left, const char *title, const char *unit,
                         const enum what what[2], const char *const names[2]) {
    static const char *const colours[] = {"#1769aa", "#d55e00"};
    double steps = h->step_count ? (double)h->steps[h->step_count - 1].step : 1, most = 0;
    if (h->epoch_count && (double)h->epochs[h->epoch_count - 1].step > steps)
        steps = (double)h->epochs[h->epoch_count - 1].step;
    struct panel p = {left, steps, 1};
    for (int i = 0; i < 2; i++) (void)curves_line(NULL, &p, h, what[i], NULL, &most);
    p.y_end = most > 0 ? most * 1.05 : 1;
    curves_axes(f, &p, title, unit);
    for (int i = 0, named = 0; i < 2; i++)
        if (curves_line(f, &p, h, what[i], colours[i], &most)) curves_name(f, &p, named++, colours[i], names[i]);
}

int train_curves_begin(struct svg *out, const char *title, const struct train_history *h, struct alexcl_error *err) {
    static const enum what losses[] = {TRAIN_LOSS, VAL_LOSS}, errors[] = {TOP1, TOP5};
    static const char *const loss_names[] = {"training", "validation"}, *const error_names[] = {"top-1", "top-5"};
    int status = svg_begin(out, WIDTH, HEIGHT, err);
    if (status != ALEXCL_OK) return status;
    svg_text(out->to, 70, 28, " font-size=\"16\"", title);
    curves_panel(out->to, h, 70, "loss", "", losses, loss_names);
    curves_panel(out->to, h, 550, "validation error", " %", errors, error_names);
    return ALEXCL_OK;
}

int train_curves_write(const char *path, const char *title, const struct train_history *h, struct alexcl_error *err) {
    struct svg picture;
    int status = train_curves_begin(&picture, title, h, err);
    if (status != ALEXCL_OK) return status;
    return svg_end(&picture, path, err);
}
