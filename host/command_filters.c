/* SPDX-License-Identifier: MIT */
/* `alexcl filters`: the kernels of a convolution that reads pictures, as Figure 3 of the 2012 paper shows them. All
 * have one scale, from the smallest weight to the largest, so that strong kernels look strong. Half 0 stands above half
 * 1, since each half learns kernels of another kind. */
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "png_file.h"
#include "report.h"
#include "sheet.h"
#include "status.h"

enum { COLUMNS = 8, GAP = 2, SCALE_MAX = 64 };

struct filters_options {
    const char *layer;
    int scale;
};
static const struct option_row filters_rows[] = {
    {0, "layer", "LAYER", "a convolution of 1 or 3 channels [conv1]", OPTION_TEXT(struct filters_options, layer)},
    {0, "scale", "N", "pixels a side for each weight [4]", OPTION_INT(struct filters_options, scale, 1, SCALE_MAX)},
};
static const struct filters_options filters_defaults = {.layer = "conv1", .scale = 4};
static const struct option_table filters_options = OPTION_TABLE(filters_rows, filters_defaults);

struct filters {
    const struct options *o;
    const struct filters_options *own;
    const struct alexcl_model *model;
    struct alexcl_weights *weights;
    int outputs, first_half, channels, height, width; /* first_half: kernels of half 0 */
    float *values;
    float min, max;
    struct sheet sheet;
};

/* The layer's shape, from a plan of the net up to it. */
static int filters_find(struct filters *f, struct alexcl_error *err) {
    struct alexcl_plan *plan = NULL;
    int status;
    TRY(options_shapes(f->o, f->model, f->own->layer, &plan, err));
    const struct alexcl_plan_layer *l = &plan->layers[plan->layer_count - 1];
    if (!l->layer->outputs || !l->layer->kernel[0] || (l->in.c != 1 && l->in.c != 3)) {
        status = error_set(err, ALEXCL_E_USAGE,
                           "layer %s (%s, of %d channels): a convolution of 1 or 3 channels has kernels that are "
                           "pictures; --layer names one",
                           f->own->layer, alexcl_layer_type_name(l->layer->type), l->in.c);
        goto done;
    }
    f->outputs = l->out.c;
    f->first_half = l->half[0].c;
    f->channels = l->in.c / l->layer->groups;
    f->height = l->layer->kernel[0];
    f->width = l->layer->kernel[1];
done:
    alexcl_plan_free(plan);
    return status;
}

static size_t filters_count(const struct filters *f) {
    return (size_t)f->outputs * (size_t)f->channels * (size_t)f->height * (size_t)f->width;
}

static int filters_read(struct filters *f, struct alexcl_error *err) {
    size_t count = filters_count(f);
    int status = ALEXCL_OK;
    f->values = malloc(count * sizeof *f->values);
    if (!f->values) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: %zu weights", count);
    TRY(alexcl_weights_read(f->weights, f->own->layer, "weight", f->values, count, err));
    f->min = f->max = f->values[0];
    for (size_t i = 0; i < count; i++) {
        if (!(f->values[i] - f->values[i] == 0))
            return error_set(err, ALEXCL_E_DATA, "layer %s: weight %zu is not a finite number", f->own->layer, i);
        if (f->values[i] < f->min) f->min = f->values[i];
        if (f->values[i] > f->max) f->max = f->values[i];
    }
done:
    return status;
}

/* Where kernel `output` stands: the rows of half 1 begin below those of half 0. */
static void filters_cell(const struct filters *f, int output, int *column, int *row) {
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

static int filters_draw(struct filters *f, struct alexcl_error *err) {
    int scale = f->own->scale, side = f->height > f->width ? f->height : f->width,
        rows = (f->first_half + COLUMNS - 1) / COLUMNS + (f->outputs - f->first_half + COLUMNS - 1) / COLUMNS, status;
    TRY(sheet_make(f->outputs < COLUMNS ? f->outputs : COLUMNS, rows, side * scale, GAP, &f->sheet, err));
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
    TRY(png_file_write(f->o->output, p, err));
done:
    return status;
}

static int filters_report(const struct filters *f, struct alexcl_error *err) {
    const struct picture *p = &f->sheet.picture;
    if (f->o->format == FORMAT_TEXT) {
        report_text(stdout, f->o->output);
        printf(": %d kernels of %s, %d x %d x %d, %g to %g, %d x %d pixels; ", f->outputs, f->own->layer, f->channels,
               f->height, f->width, (double)f->min, (double)f->max, p->width, p->height);
        report_text(stdout, alexcl_weights_describe(f->weights));
        putchar('\n');
        return ALEXCL_OK;
    }
    json_t *tiles = json_array();
    if (f->o->format == FORMAT_CSV) fputs("output,half,x,y,size\r\n", stdout);
    for (int o = 0; o < f->outputs; o++) {
        int column, row, half = o >= f->first_half;
        filters_cell(f, o, &column, &row);
        int x = sheet_at(&f->sheet, column), y = sheet_at(&f->sheet, row);
        if (f->o->format == FORMAT_CSV) printf("%d,%d,%d,%d,%d\r\n", o, half, x, y, f->sheet.cell);
        report_append(tiles, json_pack("{s:i, s:i, s:i, s:i, s:i}", "output", o, "half", half, "x", x, "y", y, "size",
                                       f->sheet.cell));
    }
    if (f->o->format == FORMAT_JSON)
        return report_json("filters",
                           json_pack("{s:s, s:s, s:[i,i,i,i], s:i, s:i, s:f, s:f, s:b, s:o, s:o}", "model",
                                     f->model->name, "layer", f->own->layer, "shape", f->outputs, f->channels,
                                     f->height, f->width, "width", p->width, "height", p->height, "min", (double)f->min,
                                     "max", (double)f->max, "random", alexcl_weights_random(f->weights), "output",
                                     report_string(f->o->output), "tiles", tiles),
                           err);
    json_decref(tiles);
    return ALEXCL_OK;
}

static int command_filters(const struct options *o, struct alexcl_error *err) {
    struct filters f = {.o = o, .own = o->own};
    int status;
    TRY(options_expect(o, "filters", 0, 0, err));
    if (!o->output) return error_set(err, ALEXCL_E_USAGE, "`alexcl filters` wants -o FILE.png");
    TRY(options_check_ending("-o", o->output, ".png", err));
    TRY(options_model(o, &f.model, err));
    TRY(filters_find(&f, err));
    TRY(options_weights(o, f.model, f.own->layer, &f.weights, err));
    TRY(filters_read(&f, err));
    TRY(filters_draw(&f, err));
    TRY(filters_report(&f, err));
done:
    sheet_free(&f.sheet);
    free(f.values);
    alexcl_weights_free(f.weights);
    return status;
}

const struct command filters_command = {
    .name = "filters",
    .run = command_filters,
    .own = &filters_options,
    .shared = OPTION_MODEL | OPTION_WEIGHTS | OPTION_TRAINED,
    .makes_output = 1,
    .arguments = "-o FILE.png",
    .about = "draw the kernels of a net's first convolution",
    .details = "Eight a row, those of half 0 above those of half 1, all on one scale from the\n"
               "smallest weight to the largest. Without --weights they are random: noise.\n\n"
               "  alexcl filters --model alexnet-torchvision --weights alexnet.pth -o conv1.png\n",
    .also = " kernels visualize visualise draw ",
};
