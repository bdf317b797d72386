/* SPDX-License-Identifier: MIT */
#include "svg.h"

#include <stdlib.h>

#include "files.h"
#include "status.h"

#define NO_MEMORY "out of host memory: a picture"

int svg_begin(struct svg *s, int width, int height, struct alexcl_error *err) {
    *s = (struct svg){0};
    s->to = open_memstream(&s->text, &s->length);
    if (!s->to) return error_set(err, ALEXCL_E_MEMORY, NO_MEMORY);
    fprintf(s->to,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "font-family=\"sans-serif\" font-size=\"13\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            width, height, width, height);
    return ALEXCL_OK;
}

void svg_text(FILE *to, double x, double y, const char *more, const char *text) {
    fprintf(to, "<text x=\"%.1f\" y=\"%.1f\"%s>", x, y, more);
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", to);
        else if (*text == '&')
            fputs("&amp;", to);
        else
            fputc((unsigned char)*text >= 0x20 && (unsigned char)*text < 0x7f ? *text : '?', to);
    }
    fputs("</text>\n", to);
}

int svg_finish(struct svg *s, struct alexcl_error *err) {
    fputs("</svg>\n", s->to);
    int lost = ferror(s->to);
    lost |= fclose(s->to) != 0;
    s->to = NULL;
    return lost ? error_set(err, ALEXCL_E_MEMORY, NO_MEMORY) : ALEXCL_OK;
}

void svg_free(struct svg *s) {
    if (s->to) (void)fclose(s->to);
    free(s->text);
    *s = (struct svg){0};
}

int svg_end(struct svg *s, const char *path, struct alexcl_error *err) {
    struct file *file = NULL;
    int status = svg_finish(s, err);
    if (status == ALEXCL_OK) status = file_open(path, &file, err);
    if (status == ALEXCL_OK) status = file_add(file, s->text, s->length, err);
    if (status == ALEXCL_OK) status = file_commit(file, err);
    file_free(file);
    svg_free(s);
    return status;
}
