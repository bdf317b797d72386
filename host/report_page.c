/* SPDX-License-Identifier: MIT */
/* The page is plain HTML without a script, in one column with a list of its parts above: what is drawn is told by a
 * text or a table as well. Its policy forbids the browser all but what stands in the page. report_pictures.c has the
 * part of the pictures. */
#include "report_page.h"

#include <stdlib.h>
#include <string.h>

#include "device_json.h"
#include "html.h"
#include "model_svg.h"
#include "png_file.h"
#include "report.h"
#include "report_pictures.h"
#include "report_style.h"
#include "roofline.h"
#include "status.h"
#include "time_table.h"
#include "timeline_svg.h"

/* A part of the page: whether it is there, and what it writes. */
struct part {
    const char *id, *title;
    int (*is_there)(const struct page *p);
    int (*write)(const struct page *p, FILE *f, struct alexcl_error *err);
};

/* ---- machine and model ---------------------------------------------------------------------------- */

static void page_entry(FILE *f, const char *term, const char *text) {
    html_element(f, "dt", term);
    html_element(f, "dd", text[0] ? text : "not known");
}

static void page_device(const struct page *p, FILE *f, size_t target) {
    const struct alexcl_device_info *d = alexcl_selection_device(p->f->selection, target);
    unsigned halves = p->plan->halves[target];
    char text[64];
    fputs("<tr>", f);
    html_element(f, "th scope=\"row\"", alexcl_selection_target(p->f->selection, target)->name);
    html_element(f, "td", halves == 3u ? "both" : halves == 2u ? "1" : "0");
    html_element(f, "td", d ? device_json_kind(d->kind) : "the reference in C");
    html_element(f, "td", d ? d->vendor : "-");
    html_element(f, "td", d ? d->driver : "-");
    snprintf(text, sizeof text, "%u", d ? d->compute_units : 0);
    html_element(f, "td class=\"n\"", d ? text : "-");
    html_element(f, "td class=\"n\"", d ? report_bytes(d->memory) : "-");
    fputs("</tr>\n", f);
}

static int page_machine(const struct page *p, FILE *f, struct alexcl_error *err) {
    static const char *const columns[] = {"device", "halves", "kind", "vendor", "driver", "units", "memory"};
    char text[64];
    (void)err;
    fputs("<dl>\n", f);
    page_entry(f, "system", p->machine->system);
    page_entry(f, "processor", p->machine->processor);
    snprintf(text, sizeof text, "%d", p->machine->cpus);
    page_entry(f, "CPUs", text);
    page_entry(f, "memory", p->machine->memory ? report_bytes(p->machine->memory) : "");
    page_entry(f, "alexcl", alexcl_version());
    page_entry(f, "date", p->machine->date);
    fputs("</dl>\n", f);
    html_table(f, "devices that the halves run on", "devices");
    html_columns(f, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < alexcl_selection_count(p->f->selection); i++) page_device(p, f, i);
    html_table_end(f);
    return ALEXCL_OK;
}

static int page_model(const struct page *p, FILE *f, struct alexcl_error *err) {
    const struct alexcl_model *model = p->f->model;
    struct svg svg = {0};
    char text[300];
    uint64_t crossed = 0;
    int status;
    for (size_t i = 0; i < p->plan->layer_count; i++)
        crossed += p->plan->layers[i].crosses[0] + p->plan->layers[i].crosses[1];
    fputs("<div class=\"beside\">\n<dl>\n", f);
    page_entry(f, "model", model->name);
    page_entry(f, "source", model->about ? model->about : "");
    page_entry(f, "weights", alexcl_weights_describe(p->f->weights));
    page_entry(f, "parameters", report_count(p->plan->parameters));
    snprintf(text, sizeof text, "%s an image", report_count(p->plan->macs));
    page_entry(f, "multiply-adds", text);
    snprintf(text, sizeof text, "%s an image between the halves, where they are on two devices", report_bytes(crossed));
    page_entry(f, "crossings", text);
    fputs("</dl>\n", f);
    TRY(model_svg_begin(&svg, p->plan, err));
    TRY(svg_finish(&svg, err));
    snprintf(text, sizeof text,
             "The %zu layers of %.100s from the input down, each cut into half 0 and half 1, with the shapes of their "
             "outputs, and arrows where a half reads what the other one made",
             p->plan->layer_count, model->name);
    html_svg(f, &svg, 1, text,
             "Channels x height x width of each half's output. An arrow points to the half that reads what the other "
             "one made. Layers in bold have parameters.");
    fputs("</div>\n", f);
done:
    svg_free(&svg);
    return status;
}

static int page_has_filters(const struct page *p) { return p->filters.values != NULL; }

static int page_filters(const struct page *p, FILE *f, struct alexcl_error *err) {
    const struct filters *k = &p->filters;
    unsigned char *png = NULL;
    size_t length;
    int status = png_file_encode("the page's filters", &k->sheet.picture, &png, &length, err);
    if (status != ALEXCL_OK) return status;
    fputs("<figure class=\"filters\">\n<img src=\"", f);
    html_data(f, "image/png", png, length);
    free(png);
    fprintf(f, "\" width=\"%d\" height=\"%d\" alt=\"The %d kernels of ", k->sheet.picture.width,
            k->sheet.picture.height, k->outputs);
    html_text(f, k->layer);
    fprintf(f, ", %d x %d pixels each, at most eight a row, the %d of half 0 above those of half 1\">\n<figcaption>",
            k->height, k->width, k->first_half);
    fprintf(f, "%d x %d x %d weights each, on one scale from %g to %g; half 0 above half 1.", k->channels, k->height,
            k->width, (double)k->min, (double)k->max);
    fputs("</figcaption>\n</figure>\n", f);
    return ALEXCL_OK;
}

/* ---- time ----------------------------------------------------------------------------------------- */

/* Of what was not measured, or did not run, there is no number. */
static void page_amount(FILE *f, const char *format, double value) {
    html_number(f, "td class=\"n\"", format, value > 0 ? value : NAN);
}

static void page_walls(const struct page *p, FILE *f) {
    const struct measured *m = p->m;
    const double walls[] = {m->minimum, m->median, m->maximum};
    static const char *const names[] = {"fastest", "median", "slowest"}, *const columns[] = {"batch", "ms", "images/s"};
    html_table(f, "a batch, from the images in the host's memory to the scores there", "walls");
    html_columns(f, columns, sizeof columns / sizeof *columns);
    for (int i = 0; i < 3; i++) {
        fputs("<tr>", f);
        html_element(f, "th scope=\"row\"", names[i]);
        page_amount(f, "%.3f", walls[i] * 1e3);
        page_amount(f, "%.1f", walls[i] > 0 ? m->batch / walls[i] : 0);
        fputs("</tr>\n", f);
    }
    html_table_end(f);
}

static void page_layers(const struct page *p, FILE *f) {
    static const char *const columns[] = {"layer",  "type",    "half 0, ms", "half 1, ms",
                                          "of all", "GFLOP/s", "FLOP/byte"};
    const struct measured *m = p->m;
    double all = 0;
    for (size_t i = 0; i < m->layer_count; i++) all += m->layers[i].seconds[0] + m->layers[i].seconds[1];
    html_table(f, "time per layer and half, medians; - where another layer's kernel computes it", "layers");
    html_columns(f, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < m->layer_count; i++) {
        const struct layer_time *l = &m->layers[i];
        fputs("<tr>", f);
        html_element(f, "th scope=\"row\"", l->layer->layer->name);
        html_element(f, "td", alexcl_layer_type_name(l->layer->layer->type));
        for (int h = 0; h < 2; h++) page_amount(f, "%.3f", l->seconds[h] * 1e3);
        page_amount(f, "%.1f%%", all > 0 ? (l->seconds[0] + l->seconds[1]) / all * 100 : 0);
        page_amount(f, "%.1f", measure_layer_rate(l) * 1e-9);
        page_amount(f, "%.1f", roofline_intensity(l));
        fputs("</tr>\n", f);
    }
    html_table_end(f);
}

static void page_targets(const struct page *p, FILE *f) {
    const struct measured *m = p->m;
    const char *kind;
    double seconds;
    static const char *const columns[] = {"what", "device 0", "device 1"};
    html_table(f, "what each device did in a batch, ms", "targets");
    html_columns(f, columns, 1 + m->targets);
    for (size_t k = 0; (kind = time_table_target(m, k, 0, &seconds)) != NULL; k++) {
        fputs("<tr>", f);
        html_element(f, "th scope=\"row\"", kind);
        for (size_t t = 0; t < m->targets; t++) {
            (void)time_table_target(m, k, t, &seconds);
            page_amount(f, "%.3f", seconds * 1e3);
        }
        fputs("</tr>\n", f);
    }
    html_table_end(f);
}

#define PAGE_NO_TIMES "<p>A driver reports no times of its commands: what a layer takes is not known.</p>\n"

static int page_time(const struct page *p, FILE *f, struct alexcl_error *err) {
    (void)err;
    fprintf(f, "<p>Batches of %d, %d measured after %d.</p>\n", p->m->batch, p->m->repeat, p->m->warm_up);
    page_walls(p, f);
    if (!p->m->times_known) {
        fputs(PAGE_NO_TIMES, f);
        return ALEXCL_OK;
    }
    page_layers(p, f);
    page_targets(p, f);
    return ALEXCL_OK;
}

static int page_timeline(const struct page *p, FILE *f, struct alexcl_error *err) {
    struct svg svg = {0};
    int drawn, status;
    TRY(timeline_svg_begin(&svg, p->m, p->f->net, &drawn, err));
    TRY(svg_finish(&svg, err));
    if (drawn)
        html_svg(f, &svg, 0,
                 "Bars over time: for each device its kernels, its copies and what its host thread waited for, in the "
                 "last batch that was measured; their sums stand in the tables of the time per layer",
                 "Layers in two shades of blue in turn; orange: exchange of halves; green: images and scores; grey: "
                 "waits; pink: halves brought together.");
    else
        fputs("<p>When the commands of a batch ran is not known: a driver reports no times that can be compared with "
              "the host's.</p>\n",
              f);
done:
    svg_free(&svg);
    return status;
}

static int page_roofline(const struct page *p, FILE *f, struct alexcl_error *err) {
    struct svg svg = {0};
    char title[ROOFLINE_TITLE];
    int status;
    if (!p->m->times_known) {
        fputs(PAGE_NO_TIMES, f);
        return ALEXCL_OK;
    }
    roofline_title(p->m, p->f->model->name, title);
    TRY(roofline_begin(&svg, p->m, title, alexcl_selection_why(p->f->selection), err));
    TRY(svg_finish(&svg, err));
    html_svg(f, &svg, 0,
             "Roofline: for each layer its operations a second over its operations a byte, under what the devices were "
             "measured to reach; the same numbers stand in the table of the time per layer",
             "A layer at the sloping part of the roof is bound by memory, one at the flat part by arithmetic.");
    if (measure_beats_peak(p->m))
        fputs("<p>Over 100% of the peak: a convolution's operations are counted as if it were computed directly; "
              "Winograd's filtering does it with fewer.</p>\n",
              f);
done:
    svg_free(&svg);
    return status;
}

/* ---- a training ----------------------------------------------------------------------------------- */

static int page_has_run(const struct page *p) { return p->run != NULL; }

/* A value of the document, which any program may have written. */
static void page_value(FILE *f, const char *term, const json_t *value) {
    char text[48] = "-";
    if (json_is_integer(value)) snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value)) snprintf(text, sizeof text, "%g", json_real_value(value));
    if (json_is_boolean(value)) snprintf(text, sizeof text, "%s", json_is_true(value) ? "yes" : "no");
    html_element(f, "dt", term);
    fputs("<dd>", f);
    html_cut(f, json_is_string(value) && json_string_length(value) ? json_string_value(value) : text, 500);
    fputs("</dd>\n", f);
}

static void page_epochs(const struct train_history *h, FILE *f) {
    static const char *const columns[] = {"epoch",           "step",        "training loss",
                                          "validation loss", "top-1 error", "top-5 error"};
    size_t rows = h->epoch_count < PAGE_EPOCHS ? h->epoch_count : PAGE_EPOCHS;
    fputs("<details>\n<summary>The epochs as a table</summary>\n", f);
    html_table(f, rows < h->epoch_count ? "epochs, some of all" : "epochs", "epochs");
    html_columns(f, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < rows; i++) { /* the last one among them */
        const struct train_epoch_row *e = &h->epochs[(i + 1) * h->epoch_count / rows - 1];
        fprintf(f, "<tr><th scope=\"row\">%llu</th><td class=\"n\">%llu</td>", (unsigned long long)e->epoch,
                (unsigned long long)e->step);
        html_number(f, "td class=\"n\"", "%.4f", e->train_loss);
        html_number(f, "td class=\"n\"", "%.4f", e->val_loss);
        html_number(f, "td class=\"n\"", "%.2f%%", 100 * e->top1_error);
        html_number(f, "td class=\"n\"", "%.2f%%", 100 * e->top5_error);
        fputs("</tr>\n", f);
    }
    html_table_end(f);
    fputs("</details>\n", f);
}

static int page_run(const struct page *p, FILE *f, struct alexcl_error *err) {
    const struct train_epoch_row *best = train_history_best(&p->history);
    static const char *const fields[] = {"model", "seed", "steps", "stopped"};
    struct svg svg = {0};
    const char *field;
    json_t *value;
    char text[160] = "no epoch was validated";
    int status;
    fputs("<dl>\n", f);
    page_entry(f, "folder", p->run_path);
    if (best)
        snprintf(text, sizeof text, "%llu, behind step %llu: top-1 error %.2f%%", (unsigned long long)best->epoch,
                 (unsigned long long)best->step, 100 * best->top1_error);
    page_entry(f, "best epoch", text);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        page_value(f, fields[i], json_object_get(p->run, fields[i]));
    fputs("</dl>\n", f);
    TRY(train_curves_begin(&svg, "loss and error", &p->history, err));
    TRY(svg_finish(&svg, err));
    html_svg(f, &svg, 0,
             "Curves over the steps: on the left the loss in training and validation, on the right the errors in "
             "validation; the table of the epochs has their numbers",
             "Loss and validation error over the steps.");
    if (p->history.epoch_count) page_epochs(&p->history, f);
    fputs("<h3>Recipe</h3>\n<dl class=\"columns\">\n", f);
    json_object_foreach(json_object_get(p->run, "recipe"), field, value) {
        fputs("<div>", f);
        page_value(f, field, value);
        fputs("</div>\n", f);
    }
    fputs("</dl>\n", f);
done:
    svg_free(&svg);
    return status;
}

/* ---- the page ------------------------------------------------------------------------------------- */

static int page_always(const struct page *p) { return p != NULL; }
static int page_has_pictures(const struct page *p) { return p->has_pictures; }
static int page_has_confusion(const struct page *p) { return p->confusion.size > 0; }

static const struct part page_parts[] = {
    {"machine", "Machine and devices", page_always, page_machine},
    {"model", "Model", page_always, page_model},
    {"pictures", "Pictures", page_has_pictures, report_pictures_write},
    {"confusion", "Confusion matrix", page_has_confusion, report_pictures_confusion},
    {"filters", "Filters of the first convolution", page_has_filters, page_filters},
    {"time", "Time per layer", page_always, page_time},
    {"timeline", "Timeline", page_always, page_timeline},
    {"roofline", "Roofline", page_always, page_roofline},
    {"training", "Training", page_has_run, page_run},
};
enum { PARTS = sizeof page_parts / sizeof *page_parts };

/* What most readers look for, in a line below the title. */
static void page_summary(const struct page *p, FILE *f) {
    const struct infer_results *r = &p->f->results;
    fprintf(f, "<p><strong>%.1f images/s</strong> in batches of %d on ", p->m->images_per_s, p->m->batch);
    html_text(f, alexcl_selection_why(p->f->selection));
    if (p->has_pictures && r->labelled)
        fprintf(f, "; <strong>top-1 error %.1f%%</strong> of %zu pictures",
                100.0 * (double)r->top1_wrong / (double)r->labelled, r->labelled);
    fputs("</p>\n", f);
}

static int page_write(const struct page *p, FILE *f, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
          "'unsafe-inline'\">\n",
          f);
    fputs("<title>alexcl report: ", f);
    html_text(f, p->f->model->name);
    fprintf(f, "</title>\n<style>\n%s%s</style>\n</head>\n<body>\n", report_style, report_style_pictures);
    fputs("<a class=\"skip\" href=\"#content\">to the content</a>\n<header>\n<h1>alexcl report: ", f);
    html_text(f, p->f->model->name);
    fputs("</h1>\n", f);
    page_summary(p, f);
    fputs("</header>\n<nav aria-label=\"parts of this page\">\n<ul>\n", f);
    for (size_t i = 0; i < PARTS; i++) {
        if (!page_parts[i].is_there(p)) continue;
        fprintf(f, "<li><a href=\"#%s\">%s</a></li>\n", page_parts[i].id, page_parts[i].title);
    }
    fputs("</ul>\n</nav>\n<main id=\"content\" tabindex=\"-1\">\n", f);
    for (size_t i = 0; i < PARTS && status == ALEXCL_OK; i++) {
        if (!page_parts[i].is_there(p)) continue;
        html_section(f, page_parts[i].id, page_parts[i].title);
        status = page_parts[i].write(p, f, err);
        html_section_end(f);
    }
    fputs("</main>\n</body>\n</html>\n", f);
    return status;
}

int report_page_make(const struct page *p, char **text, size_t *length, struct alexcl_error *err) {
    *text = NULL;
    FILE *f = open_memstream(text, length);
    if (!f) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the page");
    int status = page_write(p, f, err), lost = ferror(f);
    lost |= fclose(f) != 0;
    if (status == ALEXCL_OK && lost) status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: the page");
    if (status == ALEXCL_OK) return ALEXCL_OK;
    free(*text);
    *text = NULL;
    return status;
}
