/* SPDX-License-Identifier: MIT */
#include "sheet.h"

#include <assert.h>
#include <string.h>

#include "resize.h"

int sheet_make(int columns, int rows, int cell, int gap, struct sheet *out, struct alexcl_error *err) {
    uint64_t step = (uint64_t)cell + (uint64_t)gap;
    *out = (struct sheet){.cell = cell, .gap = gap};
    int status = picture_make("the sheet", (uint64_t)columns * step + (uint64_t)gap,
                              (uint64_t)rows * step + (uint64_t)gap, &out->picture, err);
    if (status == ALEXCL_OK)
        memset(out->picture.pixels, 255, (size_t)out->picture.width * (size_t)out->picture.height * 3);
    return status;
}

int sheet_at(const struct sheet *s, int index) { return s->gap + index * (s->cell + s->gap); }

int sheet_put(struct sheet *s, int column, int row, const struct picture *p, struct alexcl_error *err) {
    struct picture small = {0};
    int longer = p->width > p->height ? p->width : p->height;
    int width = (int)((int64_t)p->width * s->cell / longer), height = (int)((int64_t)p->height * s->cell / longer);
    if (width < 1) width = 1;
    if (height < 1) height = 1;
    assert(p->channels == 3 && sheet_at(s, column) + s->cell <= s->picture.width &&
           sheet_at(s, row) + s->cell <= s->picture.height);
    int status = resize_picture(p, width, height, &small, err);
    size_t x = (size_t)(sheet_at(s, column) + (s->cell - width) / 2),
           y = (size_t)(sheet_at(s, row) + (s->cell - height) / 2);
    for (size_t i = 0; status == ALEXCL_OK && i < (size_t)height; i++)
        memcpy(s->picture.pixels + ((y + i) * (size_t)s->picture.width + x) * 3, small.pixels + i * (size_t)width * 3,
               (size_t)width * 3);
    picture_free(&small);
    return status;
}

void sheet_free(struct sheet *s) { picture_free(&s->picture); }
