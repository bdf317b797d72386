/* SPDX-License-Identifier: MIT */
/* Labels of arrays. Every number is looked at: one that is no class would be found out only by a loss that makes no
 * sense. */
#include "targets.h"

#include <stdlib.h>
#include <unistd.h>

#include "files.h"
#include "memory.h"
#include "npy.h"
#include "status.h"
#include "idx_file.h"

static int targets_count(const char *path, size_t got, const char *pictures, size_t count, struct alexcl_error *err) {
    if (got == count) return ALEXCL_OK;
    return error_set(err, ALEXCL_E_DATA,
                     "%s has labels of %zu pictures, and %s has %zu pictures; name files that belong together", path,
                     got, pictures, count);
}

static int targets_idx(const char *path, const char *pictures, size_t count, int *labels, struct alexcl_error *err) {
    struct idx_file idx;
    int status = idx_file_read(path, &idx, err);
    if (status != ALEXCL_OK) return status;
    if (idx.dims != 1)
        status =
            error_set(err, ALEXCL_E_DATA, "%s: holds pictures, no labels: it has %d dimensions, not 1", path, idx.dims);
    else
        status = targets_count(path, idx.count, pictures, count, err);
    for (size_t i = 0; i < count && status == ALEXCL_OK; i++) labels[i] = idx.values[i];
    idx_file_free(&idx);
    return status;
}

/* A number a picture. */
static int targets_numbers(const char *path, const struct npy *n, int *labels, struct alexcl_error *err) {
    for (size_t i = 0; i < n->count; i++) {
        double value;
        npy_numbers(n, i, 1, &value);
        if (!(value >= 0 && value < TARGETS_MOST) || value != (int)value)
            return error_set(err, ALEXCL_E_DATA,
                             "%s: label %zu is %g, which is no class: they are whole numbers from 0 on", path, i,
                             value);
        labels[i] = (int)value;
    }
    return ALEXCL_OK;
}

/* A row a picture. */
static int targets_rows(const char *path, const struct npy *n, int *labels, struct alexcl_error *err) {
    for (size_t i = 0; i < n->shape[0]; i++) {
        size_t ones = 0, zeros = 0;
        for (size_t c = 0; c < n->shape[1]; c++) {
            double value;
            npy_numbers(n, i * n->shape[1] + c, 1, &value);
            if (value == 1) labels[i] = (int)c;
            ones += value == 1;
            zeros += value == 0;
        }
        if (ones != 1 || zeros + 1 != n->shape[1])
            return error_set(err, ALEXCL_E_DATA,
                             "%s: row %zu is not one 1 among zeros, which tells a class; y.argmax(1) makes numbers of "
                             "probabilities",
                             path, i);
    }
    return ALEXCL_OK;
}

static int targets_npy(const char *path, const char *pictures, size_t count, int *labels, size_t *classes,
                       struct alexcl_error *err) {
    struct npy n;
    char shape[NPY_SHAPE];
    int status = npy_open_numbers(path, &n, err);
    if (status != ALEXCL_OK) return status;
    int numbers = n.dims == 1 || (n.dims == 2 && n.shape[1] == 1);
    if (!numbers && (n.dims != 2 || n.shape[1] == 0 || n.shape[1] > TARGETS_MOST)) {
        npy_tell_shape(&n, shape);
        status = error_set(err, ALEXCL_E_DATA, "%s is %s; labels are N whole numbers, or N x classes with one 1 a row",
                           path, shape);
        goto done;
    }
    TRY(targets_count(path, n.shape[0], pictures, count, err));
    TRY(numbers ? targets_numbers(path, &n, labels, err) : targets_rows(path, &n, labels, err));
    *classes = numbers ? 0 : n.shape[1];
done:
    npy_free(&n);
    return status;
}

int targets_read(const char *path, const char *pictures, size_t count, int **labels, size_t *classes,
                 struct alexcl_error *err) {
    unsigned char start[2] = {0};
    size_t size;
    int fd, status = files_open_input(path, "; name a file of labels", &fd, &size, err), *own = NULL;
    if (status != ALEXCL_OK) return status;
    ssize_t got = read(fd, start, sizeof start);
    close(fd);
    *classes = 0;
    TRY(memory_alloc(&own, count, sizeof *own, "the labels", err));
    int idx = got == sizeof start && ((start[0] == 0 && start[1] == 0) || (start[0] == 0x1f && start[1] == 0x8b));
    TRY(idx ? targets_idx(path, pictures, count, own, err) : targets_npy(path, pictures, count, own, classes, err));
    for (size_t i = 0; i < count; i++)
        if ((size_t)own[i] >= *classes) *classes = (size_t)own[i] + 1;
done:
    if (status == ALEXCL_OK)
        *labels = own;
    else
        free(own);
    return status;
}
