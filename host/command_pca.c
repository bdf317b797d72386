/* SPDX-License-Identifier: MIT */
/* `alexcl pca`: the principal components of a data set's colours, which training shifts colours along (the paper,
 * 4.1). */
#include "colours.h"
#include "commands.h"
#include "report.h"
#include "status.h"

enum { SIDE_MAX = 10000 };

struct pca_options {
    const char *layout;
    int size;
};
static const struct option_row pca_rows[] = {
    {0, "size", "N", "pictures become squares of N pixels a side [256]",
     OPTION_INT(struct pca_options, size, 1, SIDE_MAX)},
    {0, "layout", "L", "x.npy: nchw or nhwc, where both dimensions are 3", OPTION_TEXT(struct pca_options, layout)},
};
static const struct pca_options pca_defaults = {.size = 256};
static const struct option_table pca_options = OPTION_TABLE(pca_rows, pca_defaults);

struct pca {
    const struct options *o;
    struct data_set set;
    struct colours found;
};

static json_t *pca_document(const struct pca *p) { return colours_document(&p->found, p->o->arguments[0]); }

static int pca_report(struct pca *p, struct alexcl_error *err) {
    const struct colour_pca *f = &p->found.pca;
    if (p->o->format == FORMAT_JSON) return report_json("pca", pca_document(p), err);
    if (p->o->format == FORMAT_CSV) {
        fputs("component,eigenvalue,red,green,blue\r\n", stdout);
        for (int k = 0; k < 3; k++)
            printf("%d,%.9g,%.9g,%.9g,%.9g\r\n", k + 1, f->eigenvalues[k], f->eigenvectors[0][k], f->eigenvectors[1][k],
                   f->eigenvectors[2][k]);
        return ALEXCL_OK;
    }
    report_text(stdout, p->o->output);
    printf(": %s picture%s, %s pixels, values %s\n", report_count(p->found.images), p->found.images == 1 ? "" : "s",
           report_count(p->found.pixels), colours_units(p->found.floats));
    printf("component  eigenvalue         red       green        blue\n");
    for (int k = 0; k < 3; k++)
        printf("%9d  %10.4g  %10.4f  %10.4f  %10.4f\n", k + 1, f->eigenvalues[k], f->eigenvectors[0][k],
               f->eigenvectors[1][k], f->eigenvectors[2][k]);
    printf("mean                   %10.4g  %10.4g  %10.4g\n", f->mean[0], f->mean[1], f->mean[2]);
    return ALEXCL_OK;
}

static int command_pca(const struct options *o, struct alexcl_error *err) {
    const struct pca_options *own = o->own;
    struct data_set_options data = {.channels = 3, .side = own->size, .unlabelled = 1};
    struct pca p = {.o = o};
    int status;
    TRY(options_expect(o, "pca", 1, 1, err));
    if (!o->output) {
        status = error_set(err, ALEXCL_E_USAGE, "`alexcl pca` wants -o FILE.json");
        goto done;
    }
    TRY(options_check_ending("-o", o->output, ".json", err));
    TRY(options_layout(own->layout, &data.layout, err));
    TRY(data_set_open(o->arguments[0], &data, &p.set, err));
    if (p.set.note && !o->quiet) report_message(NULL, p.set.note);
    TRY(colours_compute(&p.set, &p.found, err));
    TRY(report_json_save(o->output, "pca", pca_document(&p), err));
    TRY(pca_report(&p, err));
done:
    data_set_free(&p.set);
    return status;
}

const struct command pca_command = {
    .name = "pca",
    .run = command_pca,
    .own = &pca_options,
    .makes_output = 1,
    .arguments = "DATA -o FILE.json",
    .about = "principal components of a data set's colours",
    .details = "DATA is a list of pictures, a folder of them, MNIST's or CIFAR's files (a\n"
               "folder, or one of them), or x.npy, N x 3 x height x width or N x height x\n"
               "width x 3. The file has `mean`, `covariance`, `eigenvalues` and `eigenvectors`\n"
               "of red, green and blue over all `pixels` of all `images`; vector k is column\n"
               "k. Bytes count as 0 to 1, floats as they are.\n\n"
               "  alexcl pca photos/ -o pca.json\n",
    .also = " colours colors covariance eigenvalues ",
};
