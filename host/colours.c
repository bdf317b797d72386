/* SPDX-License-Identifier: MIT */
/* Threads take the pictures in order and add up their pixels, each for itself. Sums of bytes are exact, so that they do
 * not hang on which thread took which; floats, which are only converted, are added by one thread. */
#include "colours.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cpus.h"
#include "files.h"
#include "json_text.h"
#include "progress.h"
#include "report.h"
#include "status.h"

enum { MAX_THREADS = 8, MAX_FILE = 1 << 20 };

struct colours_job {
    const struct data_set *set;
    pthread_mutex_t lock;
    size_t taken, done;
    struct colour_pca_sums sums;
    size_t failed; /* the first picture that did */
    struct alexcl_error error;
};

static size_t colours_pixels(const struct colours_job *p) { return (size_t)p->set->height * (size_t)p->set->width; }

static int colours_picture(const struct colours_job *p, size_t index, struct colour_pca_sums *sums,
                           unsigned char *bytes, float *values, struct alexcl_error *err) {
    size_t pixels = colours_pixels(p);
    int floats = p->set->floats, status = data_set_image(p->set, index, floats ? (void *)values : bytes, err);
    if (status != ALEXCL_OK) return status;
    for (size_t i = 0; i < 3 * pixels && !floats; i++) values[i] = bytes[i];
    colour_pca_add(sums, values, pixels);
    return ALEXCL_OK;
}

static void *colours_work(void *argument) {
    struct colours_job *p = argument;
    struct colour_pca_sums sums = {0};
    struct alexcl_error err = {0};
    unsigned char *bytes = malloc(3 * colours_pixels(p));
    float *values = malloc(3 * colours_pixels(p) * sizeof *values);
    if (!bytes || !values) error_set(&err, ALEXCL_E_MEMORY, "out of host memory: a picture");
    pthread_mutex_lock(&p->lock);
    while (p->taken < p->set->count) {
        size_t index = p->taken++;
        pthread_mutex_unlock(&p->lock);
        if (bytes && values && err.status == ALEXCL_OK) (void)colours_picture(p, index, &sums, bytes, values, &err);
        pthread_mutex_lock(&p->lock);
        if (err.status != ALEXCL_OK) {
            if (p->error.status == ALEXCL_OK || index < p->failed) {
                p->failed = index;
                p->error = err;
            }
            p->taken = p->set->count; /* those before it are taken; whoever has them ends them */
        }
        progress_count("reading pictures", ++p->done, p->set->count);
    }
    colour_pca_join(&p->sums, &sums);
    pthread_mutex_unlock(&p->lock);
    free(bytes);
    free(values);
    return NULL;
}

int colours_compute(const struct data_set *set, struct colours *out, struct alexcl_error *err) {
    struct colours_job job = {.set = set}, *p = &job;
    pthread_t threads[MAX_THREADS];
    int count = 0, wanted = set->floats ? 1 : cpus_count();
    pthread_mutex_init(&p->lock, NULL);
    if (wanted > MAX_THREADS) wanted = MAX_THREADS;
    while (count < wanted - 1 && pthread_create(&threads[count], NULL, colours_work, p) == 0) count++;
    (void)colours_work(p);
    for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
    progress_clear();
    pthread_mutex_destroy(&p->lock);
    if (p->error.status != ALEXCL_OK) return error_copy(err, &p->error);
    *out = (struct colours){.images = p->sums.images, .pixels = p->sums.pixels, .floats = set->floats};
    colour_pca_solve(&p->sums, set->floats ? 1 : 1.0 / 255, &out->pca);
    return ALEXCL_OK;
}

/* ---- the file ------------------------------------------------------------------------------------ */

static json_t *colours_numbers(const double numbers[3]) {
    return json_pack("[f, f, f]", numbers[0], numbers[1], numbers[2]);
}

static json_t *colours_rows(const double m[3][3]) {
    return json_pack("[o, o, o]", colours_numbers(m[0]), colours_numbers(m[1]), colours_numbers(m[2]));
}

const char *colours_units(int floats) { return floats ? "as in the array" : "0 to 1"; }

json_t *colours_document(const struct colours *c, const char *data) {
    return json_pack("{s:o, s:I, s:I, s:s, s:o, s:o, s:o, s:o}", "data", report_string(data), "images",
                     (json_int_t)c->images, "pixels", (json_int_t)c->pixels, "units", colours_units(c->floats), "mean",
                     colours_numbers(c->pca.mean), "covariance", colours_rows(c->pca.covariance), "eigenvalues",
                     colours_numbers(c->pca.eigenvalues), "eigenvectors", colours_rows(c->pca.eigenvectors));
}

/* Three finite numbers. */
static int colours_read_numbers(const json_t *list, double out[3]) {
    for (size_t i = 0; i < 3; i++) {
        const json_t *number = json_array_get(list, i);
        out[i] = json_number_value(number);
        if (!json_is_number(number) || !isfinite(out[i])) return 0;
    }
    return json_array_size(list) == 3;
}

static int colours_read_rows(const json_t *rows, double out[3][3]) {
    for (size_t i = 0; i < 3; i++)
        if (!colours_read_numbers(json_array_get(rows, i), out[i])) return 0;
    return json_array_size(rows) == 3;
}

int colours_read(const char *path, struct colours *out, struct alexcl_error *err) {
    unsigned char *text = NULL;
    size_t length;
    json_t *all = NULL;
    json_error_t problem;
    int status;
    *out = (struct colours){0};
    TRY(files_read_advised(path, "; name a file of `alexcl pca`", MAX_FILE, &text, &length, err));
    TRY(json_text_load((char *)text, length, 0, path, &all, &problem, err));
    const char *units = json_string_value(json_object_get(all, "units"));
    int known = units && (strcmp(units, colours_units(0)) == 0 || strcmp(units, colours_units(1)) == 0),
        whole = colours_read_numbers(json_object_get(all, "mean"), out->pca.mean) &&
                colours_read_rows(json_object_get(all, "covariance"), out->pca.covariance) &&
                colours_read_numbers(json_object_get(all, "eigenvalues"), out->pca.eigenvalues) &&
                colours_read_rows(json_object_get(all, "eigenvectors"), out->pca.eigenvectors);
    for (size_t i = 0; i < 3 && whole; i++) whole = out->pca.eigenvalues[i] >= 0;
    if (!known || !whole)
        status = error_set(err, ALEXCL_E_DATA,
                           "%s: has not units, mean, covariance, eigenvalues and eigenvectors as `alexcl pca` writes "
                           "them: make it again",
                           path);
    out->floats = known && strcmp(units, colours_units(1)) == 0;
    out->images = (uint64_t)json_integer_value(json_object_get(all, "images"));
    out->pixels = (uint64_t)json_integer_value(json_object_get(all, "pixels"));
done:
    json_decref(all);
    free(text);
    return status;
}
