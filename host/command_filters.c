/* SPDX-License-Identifier: MIT */
/* `alexcl filters`: the kernels of a convolution that reads pictures, as filters.c draws them, into a PNG. */
#include <stdio.h>

#include "commands.h"
#include "filters.h"
#include "png_file.h"
#include "report.h"
#include "status.h"

enum { SCALE_MAX = 64 };

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

static int filters_report(const struct options *o, const struct filters *f, const struct alexcl_weights *weights,
                          struct alexcl_error *err) {
    const struct picture *p = &f->sheet.picture;
    if (o->format == FORMAT_TEXT) {
        report_text(stdout, o->output);
        printf(": %d kernels of %s, %d x %d x %d, %g to %g, %d x %d pixels; ", f->outputs, f->layer, f->channels,
               f->height, f->width, (double)f->min, (double)f->max, p->width, p->height);
        report_text(stdout, alexcl_weights_describe(weights));
        putchar('\n');
        return ALEXCL_OK;
    }
    json_t *tiles = json_array();
    if (o->format == FORMAT_CSV) fputs("output,half,x,y,size\r\n", stdout);
    for (int i = 0; i < f->outputs; i++) {
        int column, row, half = i >= f->first_half;
        filters_cell(f, i, &column, &row);
        int x = sheet_at(&f->sheet, column), y = sheet_at(&f->sheet, row);
        if (o->format == FORMAT_CSV) printf("%d,%d,%d,%d,%d\r\n", i, half, x, y, f->sheet.cell);
        report_append(tiles, json_pack("{s:i, s:i, s:i, s:i, s:i}", "output", i, "half", half, "x", x, "y", y, "size",
                                       f->sheet.cell));
    }
    if (o->format == FORMAT_JSON)
        return report_json("filters",
                           json_pack("{s:s, s:s, s:[i,i,i,i], s:i, s:i, s:f, s:f, s:b, s:o, s:o}", "model",
                                     f->model->name, "layer", f->layer, "shape", f->outputs, f->channels, f->height,
                                     f->width, "width", p->width, "height", p->height, "min", (double)f->min, "max",
                                     (double)f->max, "random", alexcl_weights_random(weights), "output",
                                     report_string(o->output), "tiles", tiles),
                           err);
    json_decref(tiles);
    return ALEXCL_OK;
}

static int command_filters(const struct options *o, struct alexcl_error *err) {
    const struct filters_options *own = o->own;
    struct filters f = {0};
    const struct alexcl_model *model;
    struct alexcl_weights *weights = NULL;
    struct alexcl_plan *plan = NULL;
    int status;
    TRY(options_expect(o, "filters", 0, 0, err));
    if (!o->output) return error_set(err, ALEXCL_E_USAGE, "`alexcl filters` wants -o FILE.png");
    TRY(options_check_ending("-o", o->output, ".png", err));
    TRY(options_model(o, &model, err));
    TRY(options_shapes(o, model, own->layer, &plan, err));
    const struct alexcl_plan_layer *l = &plan->layers[plan->layer_count - 1];
    if (!filters_take(model, l, &f))
        status = error_set(err, ALEXCL_E_USAGE,
                           "layer %s (%s, of %d channels): a convolution of 1 or 3 channels has kernels that are "
                           "pictures; --layer names one",
                           own->layer, alexcl_layer_type_name(l->layer->type), l->in.c);
    TRY(status);
    TRY(options_weights(o, model, own->layer, &weights, err));
    TRY(filters_draw(&f, weights, own->scale, err));
    TRY(png_file_write(o->output, &f.sheet.picture, err));
    TRY(filters_report(o, &f, weights, err));
done:
    filters_free(&f);
    alexcl_plan_free(plan);
    alexcl_weights_free(weights);
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
