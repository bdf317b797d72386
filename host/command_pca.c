/* SPDX-License-Identifier: MIT */
/* `alexcl pca`: the principal components of a data set's colours, which training shifts colours along (the paper, 4.1).
 * Threads take the pictures in order and add up their pixels, each for itself. Sums of bytes are exact, so that they do
 * not hang on which thread took which; floats, which are only converted, are added by one thread. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "colour_pca.h"
#include "commands.h"
#include "cpus.h"
#include "data_set.h"
#include "progress.h"
#include "report.h"
#include "status.h"

enum { MAX_THREADS = 8, SIDE_MAX = 10000 };

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
    pthread_mutex_t lock;
    size_t taken, done;
    struct colour_pca_sums sums;
    size_t failed; /* the first picture that did */
    struct alexcl_error error;
    struct colour_pca found;
};

static size_t pca_pixels(const struct pca *p) { return (size_t)p->set.height * (size_t)p->set.width; }

static int pca_picture(const struct pca *p, size_t index, struct colour_pca_sums *sums, unsigned char *bytes,
                       float *values, struct alexcl_error *err) {
    size_t pixels = pca_pixels(p);
    int floats = p->set.floats, status = data_set_image(&p->set, index, floats ? (void *)values : bytes, err);
    if (status != ALEXCL_OK) return status;
    for (size_t i = 0; i < 3 * pixels && !floats; i++) values[i] = bytes[i];
    colour_pca_add(sums, values, pixels);
    return ALEXCL_OK;
}

static void *pca_work(void *argument) {
    struct pca *p = argument;
    struct colour_pca_sums sums = {0};
    struct alexcl_error err = {0};
    unsigned char *bytes = malloc(3 * pca_pixels(p));
    float *values = malloc(3 * pca_pixels(p) * sizeof *values);
    if (!bytes || !values) error_set(&err, ALEXCL_E_MEMORY, "out of host memory: a picture");
    pthread_mutex_lock(&p->lock);
    while (p->taken < p->set.count) {
        size_t index = p->taken++;
        pthread_mutex_unlock(&p->lock);
        if (bytes && values && err.status == ALEXCL_OK) (void)pca_picture(p, index, &sums, bytes, values, &err);
        pthread_mutex_lock(&p->lock);
        if (err.status != ALEXCL_OK) {
            if (p->error.status == ALEXCL_OK || index < p->failed) {
                p->failed = index;
                p->error = err;
            }
            p->taken = p->set.count; /* those before it are taken; whoever has them ends them */
        }
        progress_count("reading pictures", ++p->done, p->set.count);
    }
    colour_pca_join(&p->sums, &sums);
    pthread_mutex_unlock(&p->lock);
    free(bytes);
    free(values);
    return NULL;
}

static int pca_run(struct pca *p, struct alexcl_error *err) {
    pthread_t threads[MAX_THREADS];
    int count = 0, wanted = p->set.floats ? 1 : cpus_count();
    if (wanted > MAX_THREADS) wanted = MAX_THREADS;
    while (count < wanted - 1 && pthread_create(&threads[count], NULL, pca_work, p) == 0) count++;
    (void)pca_work(p);
    for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
    progress_clear();
    if (p->error.status != ALEXCL_OK) return error_copy(err, &p->error);
    colour_pca_solve(&p->sums, p->set.floats ? 1 : 1.0 / 255, &p->found);
    return ALEXCL_OK;
}

static const char *pca_units(const struct pca *p) { return p->set.floats ? "as in the array" : "0 to 1"; }

static json_t *pca_numbers(const double numbers[3]) {
    return json_pack("[f, f, f]", numbers[0], numbers[1], numbers[2]);
}

static json_t *pca_rows_of(double m[3][3]) {
    return json_pack("[o, o, o]", pca_numbers(m[0]), pca_numbers(m[1]), pca_numbers(m[2]));
}

static json_t *pca_document(struct pca *p) {
    return json_pack("{s:o, s:I, s:I, s:s, s:o, s:o, s:o, s:o}", "data", report_string(p->o->arguments[0]), "images",
                     (json_int_t)p->sums.images, "pixels", (json_int_t)p->sums.pixels, "units", pca_units(p), "mean",
                     pca_numbers(p->found.mean), "covariance", pca_rows_of(p->found.covariance), "eigenvalues",
                     pca_numbers(p->found.eigenvalues), "eigenvectors", pca_rows_of(p->found.eigenvectors));
}

static int pca_report(struct pca *p, struct alexcl_error *err) {
    const struct colour_pca *f = &p->found;
    if (p->o->format == FORMAT_JSON) return report_json("pca", pca_document(p), err);
    if (p->o->format == FORMAT_CSV) {
        fputs("component,eigenvalue,red,green,blue\r\n", stdout);
        for (int k = 0; k < 3; k++)
            printf("%d,%.9g,%.9g,%.9g,%.9g\r\n", k + 1, f->eigenvalues[k], f->eigenvectors[0][k], f->eigenvectors[1][k],
                   f->eigenvectors[2][k]);
        return ALEXCL_OK;
    }
    report_text(stdout, p->o->output);
    printf(": %s picture%s, %s pixels, values %s\n", report_count(p->sums.images), p->sums.images == 1 ? "" : "s",
           report_count(p->sums.pixels), pca_units(p));
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
    pthread_mutex_init(&p.lock, NULL);
    TRY(options_expect(o, "pca", 1, 1, err));
    if (!o->output) {
        status = error_set(err, ALEXCL_E_USAGE, "`alexcl pca` wants -o FILE.json");
        goto done;
    }
    TRY(options_check_ending("-o", o->output, ".json", err));
    if (own->layout && strcmp(own->layout, "nchw") != 0 && strcmp(own->layout, "nhwc") != 0) {
        status = error_set(err, ALEXCL_E_USAGE, "--layout %s: it can be nchw or nhwc", own->layout);
        goto done;
    }
    if (own->layout) data.layout = own->layout[1] == 'c' ? DATA_SET_NCHW : DATA_SET_NHWC;
    TRY(data_set_open(o->arguments[0], &data, &p.set, err));
    if (p.set.note && !o->quiet) report_message(NULL, p.set.note);
    TRY(pca_run(&p, err));
    TRY(report_json_save(o->output, "pca", pca_document(&p), err));
    TRY(pca_report(&p, err));
done:
    data_set_free(&p.set);
    pthread_mutex_destroy(&p.lock);
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
