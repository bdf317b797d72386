/* SPDX-License-Identifier: MIT */
#include "html.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "printable.h"

static void html_characters(FILE *f, const char *text, size_t length) {
    const char *end = text + length;
    while (text < end) {
        int bytes = printable_character(text);
        if (*text == '<')
            fputs("&lt;", f);
        else if (*text == '>')
            fputs("&gt;", f);
        else if (*text == '&')
            fputs("&amp;", f);
        else if (*text == '"')
            fputs("&quot;", f);
        else if (*text == '\'')
            fputs("&#39;", f);
        else if (bytes)
            (void)fwrite(text, 1, (size_t)bytes, f);
        else
            fprintf(f, "\\x%02X", (unsigned char)*text);
        text += bytes ? bytes : 1;
    }
}

void html_text(FILE *f, const char *text) { html_characters(f, text, strlen(text)); }

void html_cut(FILE *f, const char *text, size_t max) {
    size_t length = (size_t)printable_cut(text, max);
    html_characters(f, text, length);
    if (text[length]) fputs("...", f);
}

/* "</td>" of "th scope=.." too. */
static void html_close(FILE *f, const char *element) { fprintf(f, "</%.*s>", (int)strcspn(element, " "), element); }

void html_element(FILE *f, const char *element, const char *text) {
    fprintf(f, "<%s>", element);
    html_text(f, text);
    html_close(f, element);
}

void html_number(FILE *f, const char *element, const char *format, double value) {
    char text[48] = "-";
    if (isfinite(value)) snprintf(text, sizeof text, format, value);
    html_element(f, element, text);
}

void html_section(FILE *f, const char *id, const char *title) {
    fprintf(f, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">", id, id, id);
    html_text(f, title);
    fputs("</h2>\n", f);
}

void html_section_end(FILE *f) { fputs("</section>\n", f); }

void html_table(FILE *f, const char *name, const char *class) {
    fputs("<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"table: ", f);
    html_text(f, name);
    fprintf(f, "\">\n<table class=\"%s\">\n<caption>", class);
    html_text(f, name);
    fputs("</caption>\n", f);
}

void html_columns(FILE *f, const char *const *columns, size_t count) {
    fputs("<thead><tr>", f);
    for (size_t i = 0; i < count; i++) html_element(f, "th scope=\"col\"", columns[i]);
    fputs("</tr></thead>\n<tbody>\n", f);
}

void html_table_end(FILE *f) { fputs("</tbody>\n</table>\n</div>\n", f); }

void html_svg(FILE *f, const struct svg *svg, int narrow, const char *shows, const char *caption) {
    fprintf(f, "<figure class=\"drawing%s\">\n<div%s role=\"img\" aria-label=\"", narrow ? " narrow" : "",
            narrow ? "" : " class=\"wide\" tabindex=\"0\"");
    html_text(f, shows);
    fputs("\">\n", f);
    (void)fwrite(svg->text, 1, svg->length, f);
    fputs("</div>\n<figcaption>", f);
    html_text(f, caption);
    fputs("</figcaption>\n</figure>\n", f);
}

void html_data(FILE *f, const char *type, const unsigned char *data, size_t length) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    fprintf(f, "data:%s;base64,", type);
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t second = left > 1 ? data[i + 1] : 0, third = left > 2 ? data[i + 2] : 0;
        uint32_t bits = (uint32_t)data[i] << 16 | second << 8 | third;
        putc(digits[bits >> 18], f);
        putc(digits[bits >> 12 & 63], f);
        putc(left > 1 ? digits[bits >> 6 & 63] : '=', f);
        putc(left > 2 ? digits[bits & 63] : '=', f);
    }
}
