/* SPDX-License-Identifier: MIT */
/* Pictures stand in the page as small JPEGs: fifty of them take a few hundred KiB. Right and wrong are told by a word
 * and a mark, not by a colour alone. */
#include "report_pictures.h"

#include <stdlib.h>

#include "decode.h"
#include "html.h"
#include "jpeg_file.h"
#include "resize.h"
#include "status.h"

enum { SIDE = 120, QUALITY = 80, NAME_MOST = 160, CLASS_MOST = 80, HEADING_MOST = 30 };

/* The longer side is SIDE pixels; a smaller picture stays as it is. */
static int pictures_shrink(struct picture *p, struct alexcl_error *err) {
    int longer = p->width > p->height ? p->width : p->height;
    struct picture small = {0};
    if (longer <= SIDE) return ALEXCL_OK;
    int width = (int)((int64_t)p->width * SIDE / longer), height = (int)((int64_t)p->height * SIDE / longer);
    int status = resize_picture(p, width > 1 ? width : 1, height > 1 ? height : 1, &small, err);
    if (status != ALEXCL_OK) return status;
    picture_free(p);
    *p = small;
    return ALEXCL_OK;
}

/* "wrong" or "right", or nothing where there is no label. */
static const char *pictures_verdict(const struct result *r) {
    return !r->has_label ? "" : r->rank == 0 ? "right" : "wrong";
}

static int pictures_image(const struct page *p, FILE *f, size_t image, struct alexcl_error *err) {
    const struct infer *infer = p->f;
    const struct result *r = &infer->results.list[image];
    struct picture picture = {0};
    unsigned char *jpeg = NULL;
    size_t length;
    char number[24];
    int status;
    TRY(decode_file(infer->list.entries[image].path, &picture, err));
    TRY(pictures_shrink(&picture, err));
    TRY(jpeg_file_encode(infer->list.entries[image].path, &picture, QUALITY, &jpeg, &length, err));
    fputs("<img src=\"", f);
    html_data(f, "image/jpeg", jpeg, length);
    fprintf(f, "\" width=\"%d\" height=\"%d\" alt=\"", SIDE, SIDE);
    html_cut(f, infer_images_name(infer, image, number), NAME_MOST);
    fputs(", taken for ", f);
    html_cut(f, infer_images_class_name(infer, r->top[0], number), CLASS_MOST);
    if (r->has_label) fprintf(f, ": %s", pictures_verdict(r));
    fputs("\">\n", f);
done:
    free(jpeg);
    picture_free(&picture);
    return status;
}

static void pictures_caption(const struct page *p, FILE *f, size_t image) {
    const struct infer *infer = p->f;
    const struct result *r = &infer->results.list[image];
    char number[24];
    fputs("<figcaption><span>", f);
    html_cut(f, infer_images_name(infer, image, number), NAME_MOST);
    fputs("</span>", f);
    if (!r->has_label) {
        fputs("<span>no label</span></figcaption>\n", f);
        return;
    }
    const char *place = r->rank < PAGE_TOP ? ", in the best five" : ", not in the best five";
    fprintf(f, "<span class=\"mark\"><span aria-hidden=\"true\" style=\"display:inline\">%s</span> %s%s</span>",
            r->rank == 0 ? "&#10003;" : "&#10007;", pictures_verdict(r), r->rank == 0 ? "" : place);
    fputs("<span>label: ", f);
    html_cut(f, infer_images_class_name(infer, r->label_index, number), CLASS_MOST);
    fputs("</span></figcaption>\n", f);
}

static void pictures_best(const struct page *p, FILE *f, size_t image) {
    const struct infer *infer = p->f;
    const struct result *r = &infer->results.list[image];
    char number[24];
    fputs("<ol class=\"best\">\n", f);
    for (size_t i = 0; i < infer->results.top_count; i++) {
        int own = r->has_label && r->top[i] == r->label_index;
        double wide = r->p[i] > 1 ? 1 : r->p[i] > 0 ? r->p[i] : 0;
        fprintf(f, "<li%s><span>", own ? " class=\"own\"" : "");
        html_cut(f, infer_images_class_name(infer, r->top[i], number), CLASS_MOST);
        fprintf(f, "%s</span> <span>%.4f</span><span class=\"bar\"><span style=\"width:%.1f%%\"></span></span></li>\n",
                own ? " (its label)" : "", r->p[i], 100 * wide);
    }
    fputs("</ol>\n", f);
}

int report_pictures_write(const struct page *p, FILE *f, struct alexcl_error *err) {
    const struct infer_results *r = &p->f->results;
    int status = ALEXCL_OK;
    fprintf(f, "<p>%zu picture%s", r->finished, r->finished == 1 ? "" : "s");
    if (r->labelled)
        fprintf(f, ", %zu with a label: top-1 error %.1f%%, top-5 error %.1f%%", r->labelled,
                100.0 * (double)r->top1_wrong / (double)r->labelled,
                100.0 * (double)r->top5_wrong / (double)r->labelled);
    fputs(".", f);
    if (p->shown_count < r->finished)
        fprintf(f, " %zu of them are shown%s.", p->shown_count, r->labelled ? ", wrong ones first" : "");
    fputs("</p>\n", f);
    if (alexcl_weights_random(p->f->weights)) fputs("<p>The weights are random: the labels mean nothing.</p>\n", f);
    if (p->shown_count) fputs("<ul class=\"pictures\">\n", f);
    for (size_t i = 0; i < p->shown_count; i++) {
        fprintf(f, "<li class=\"%s\">\n<figure>\n", pictures_verdict(&r->list[p->shown[i]]));
        TRY(pictures_image(p, f, p->shown[i], err));
        pictures_caption(p, f, p->shown[i]);
        fputs("</figure>\n", f);
        pictures_best(p, f, p->shown[i]);
        fputs("</li>\n", f);
    }
    if (p->shown_count) fputs("</ul>\n", f);
done:
    return status;
}

/* ---- the matrix ----------------------------------------------------------------------------------- */

/* The heading of a row, or of a column, which stands upright. */
static void pictures_class(const struct page *p, FILE *f, const char *scope, size_t row) {
    const struct confusion *c = &p->confusion;
    char number[24];
    fprintf(f, "<th scope=\"%s\">", scope);
    html_cut(f, row < c->classes ? infer_images_class_name(p->f, c->class_of[row], number) : "all others",
             HEADING_MOST);
    fputs("</th>", f);
}

int report_pictures_confusion(const struct page *p, FILE *f, struct alexcl_error *err) {
    const struct confusion *c = &p->confusion;
    (void)err;
    html_table(f, "pictures by their label (rows) and by the class they were taken for (columns)", "matrix");
    fputs("<thead><tr><th scope=\"col\">label</th>", f);
    for (size_t k = 0; k < c->size; k++) pictures_class(p, f, "col", k);
    fputs("</tr></thead>\n<tbody>\n", f);
    for (size_t i = 0; i < c->size; i++) {
        uint64_t all = 0;
        for (size_t k = 0; k < c->size; k++) all += c->counts[i][k];
        fputs("<tr>", f);
        pictures_class(p, f, "row", i);
        for (size_t k = 0; k < c->size; k++) {
            uint64_t n = c->counts[i][k];
            if (n && (i != k || i < c->classes)) /* of all others nobody knows which are right */
                fprintf(f, "<td class=\"%s\" style=\"--a:%.2f\">%llu</td>", i == k ? "hit" : "miss",
                        0.08 + 0.32 * (double)n / (double)all, (unsigned long long)n);
            else
                fprintf(f, "<td%s>%llu</td>", n ? "" : " class=\"none\"", (unsigned long long)n);
        }
        fputs("</tr>\n", f);
    }
    html_table_end(f);
    return ALEXCL_OK;
}
