/* SPDX-License-Identifier: MIT */
/* .npy. What is read is written and read again, the same to the bit; NaN of another width may be another. */
#include <unistd.h>

#include "fuzz.h"
#include "npy_whole.h"

static void check_again(const struct npy_whole *n) {
    static char path[64];
    struct npy_whole again;
    struct npy_writer *w;
    struct alexcl_error err = {0};
    if (!path[0]) snprintf(path, sizeof path, "fuzz_npy.%ld.npy", (long)getpid());
    fuzz_check_answer(npy_writer_open(path, n->dims, n->shape, &w, &err), &err, (int[]){0});
    fuzz_check_answer(npy_writer_add(w, n->values, n->count, &err), &err, (int[]){0});
    fuzz_check_answer(npy_writer_commit(w, &err), &err, (int[]){0});
    npy_writer_free(w);
    fuzz_check_answer(npy_whole_read(path, &again, &err), &err, (int[]){0});
    FUZZ_CLAIM(again.dims == n->dims && again.count == n->count && memcmp(again.shape, n->shape, sizeof n->shape) == 0);
    FUZZ_CLAIM(memcmp(again.values, n->values, n->count * sizeof *n->values) == 0);
    npy_whole_free(&again);
    unlink(path);
}

/* What npy_open reads npy_open_numbers reads, and integers besides. */
static void check_numbers(const char *path, int readable) {
    struct npy n;
    struct alexcl_error err = {0};
    int status = npy_open_numbers(path, &n, &err);
    fuzz_check_answer(status, &err, fuzz_bad_data);
    FUZZ_CLAIM(status == ALEXCL_OK || !readable);
    double number;
    for (size_t i = 0; i < n.count && status == ALEXCL_OK; i++) npy_numbers(&n, i, 1, &number);
    npy_free(&n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct npy_whole n;
    struct alexcl_error err = {0};
    const char *path = fuzz_file(0, data, size);
    int status = npy_whole_read(path, &n, &err);
    fuzz_check_answer(status, &err, fuzz_bad_data);
    check_numbers(path, status == ALEXCL_OK);
    if (status != ALEXCL_OK) return 0;
    size_t count = 1;
    for (int i = 0; i < n.dims; i++) {
        FUZZ_CLAIM(n.shape[i] == 0 || count <= SIZE_MAX / sizeof(double) / n.shape[i]);
        count *= n.shape[i];
    }
    FUZZ_CLAIM(n.dims >= 0 && n.dims <= NPY_DIMS && n.count == count && count <= size);
    if (n.dims > 0 && n.count > 0 && size % 16 == 0) check_again(&n); /* one of 16: a file is slow */
    npy_whole_free(&n);
    return 0;
}
