/* SPDX-License-Identifier: MIT */
/* All kernels have one scale, from the smallest weight to the largest, so that strong ones look strong. Half 0 stands
 * above half 1, since each half learns kernels of another kind. */
#include "filters.h"

#include <stdlib.h>

#include "status.h"

enum { COLUMNS = 8, GAP = 2 };

int filters_take(const struct alexcl_model *model, const struct alexcl_plan_layer *l, struct filters *out) {
    if (!l->layer->outputs || !l->layer->kernel[0] || (l->in.c != 1 && l->in.c != 3)) return 0;
    *out = (struct filters){.model = model,
                            .layer = l->layer->name,
                            .outputs = l->out.c,
                            .first_half = l->half[0].c,
                            .channels = l->in.c / l->layer->groups,
                            .height = l->layer->kernel[0],
                            .width = l->layer->kernel[1]};
    return 1;
}

static size_t filters_count(const struct filters *f) {
    return (size_t)f->outputs * (size_t)f->channels * (size_t)f->height * (size_t)f->width;
}

static int filters_read(struct filters *f, const struct alexcl_weights *weights, struct alexcl_error *err) {
    size_t count = filters_count(f);
    int status = ALEXCL_OK;
    f->values = malloc(count * sizeof *f->values);
    if (!f->values) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: %zu weights", count);
    TRY(alexcl_weights_read(weights, f->layer, "weight", f->values, count, err));
    f->min = f->max = f->values[0];
    for (size_t i = 0; i < count; i++) {
        if (!(f->values[i] - f->values[i] == 0))
            return error_set(err, ALEXCL_E_DATA, "layer %s: weight %zu is not a finite number", f->layer, i);
        if (f->values[i] < f->min) f->min = f->values[i];
        if (f->values[i] > f->max) f->max = f->values[i];
    }
done:
    return status;
}

void filters_cell(const struct filters *f, int output, int *column, int *row) {
    int half = output >= f->first_half, index = half ? output - f->first_half : output;
    *column = index % COLUMNS;
    *row = index / COLUMNS + (half ? (f->first_half + COLUMNS - 1) / COLUMNS : 0);
}

/* The weight of a kernel at a place, for red, green or blue, in 0..255. */
static unsigned char filters_level(const struct filters *f, int output, int colour, int y, int x) {
    int channel = f->channels == 1 ? 0 : f->model->colour == ALEXCL_BGR ? 2 - colour : colour;
    size_t at =
        (((size_t)output * (size_t)f->channels + (size_t)channel) * (size_t)f->height + (size_t)y) * (size_t)f->width +
        (size_t)x;
    double range = (double)f->max - (double)f->min;
    return (unsigned char)(range > 0 ? ((double)f->values[at] - (double)f->min) / range * 255 + 0.5 : 128);
}

int filters_draw(struct filters *f, const struct alexcl_weights *weights, int scale, struct alexcl_error *err) {
    int side = f->height > f->width ? f->height : f->width, rest = f->outputs - f->first_half,
        most = f->first_half > rest ? f->first_half : rest,
        rows = (f->first_half + COLUMNS - 1) / COLUMNS + (rest + COLUMNS - 1) / COLUMNS, status;
    TRY(filters_read(f, weights, err));
    TRY(sheet_make(most < COLUMNS ? most : COLUMNS, rows, side * scale, GAP, &f->sheet, err));
    struct picture *p = &f->sheet.picture;
    for (int o = 0; o < f->outputs; o++) {
        int column, row;
        filters_cell(f, o, &column, &row);
        for (int y = 0; y < f->height * scale; y++)
            for (int x = 0; x < f->width * scale; x++)
                for (int c = 0; c < 3; c++)
                    p->pixels[((size_t)(sheet_at(&f->sheet, row) + y) * (size_t)p->width +
                               (size_t)(sheet_at(&f->sheet, column) + x)) *
                                  3 +
                              (size_t)c] = filters_level(f, o, c, y / scale, x / scale);
    }
done:
    return status;
}

void filters_free(struct filters *f) {
    sheet_free(&f->sheet);
    free(f->values);
    *f = (struct filters){0};
}
