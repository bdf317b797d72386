/* SPDX-License-Identifier: MIT */
/* Images of a .npy file, converted one by one: the file is mapped, so that a large one takes no more memory than a
 * small one. Pixels go the way of a picture's: through prepare_values. */
#include "array_images.h"

#include <stdlib.h>

#include "memory.h"
#include "status.h"
#include "prepare.h"

void array_images_free(struct array_images *a) {
    npy_free(&a->file);
    free(a->bytes);
    free(a->patch);
    *a = (struct array_images){0};
}

static int array_images_has(const struct npy *n, int second, int third, int fourth) {
    return n->dims == 4 && n->shape[0] > 0 && n->shape[1] == (size_t)second && n->shape[2] == (size_t)third &&
           n->shape[3] == (size_t)fourth;
}

static int array_images_refuse(const char *path, const struct alexcl_model *m, const struct npy *n,
                               struct alexcl_error *err) {
    char shape[NPY_SHAPE];
    npy_tell_shape(n, shape);
    const char *advice = n->dims == 3 ? "; of one image or one channel, numpy.expand_dims(x, 0 or 1)" : "";
    if (n->type != NPY_BYTE && array_images_has(n, m->height, m->width, m->channels))
        advice = "; x.transpose(0, 3, 1, 2), or pixels as they are by x.astype('u1')";
    return error_set(err, ALEXCL_E_DATA, "%s is %s; model %s takes N x %d x %d x %d%s%s", path, shape, m->name,
                     m->channels, m->height, m->width, n->type == NPY_BYTE ? ", or the channels last" : "", advice);
}

int array_images_open(const char *path, const struct alexcl_model *m, struct array_images *out,
                      struct alexcl_error *err) {
    size_t one = (size_t)m->channels * (size_t)m->height * (size_t)m->width;
    int status;
    *out = (struct array_images){.model = m};
    TRY(npy_open(path, &out->file, err));
    const struct npy *n = &out->file;
    int planes = array_images_has(n, m->channels, m->height, m->width),
        interleaved = n->type == NPY_BYTE && array_images_has(n, m->height, m->width, m->channels);
    if (!planes && !interleaved) {
        status = array_images_refuse(path, m, n, err);
        goto done;
    }
    out->count = n->shape[0];
    out->layout = n->type != NPY_BYTE ? ARRAY_VALUES : planes ? ARRAY_PLANES : ARRAY_INTERLEAVED;
    TRY(memory_alloc(&out->bytes, one, 1, "an image", err));
    TRY(memory_alloc(&out->patch, one, 1, "an image", err));
done:
    if (status != ALEXCL_OK) array_images_free(out);
    return status;
}

void array_images_get(const struct array_images *a, size_t image, float *values) {
    const struct alexcl_model *m = a->model;
    size_t channels = (size_t)m->channels, pixels = (size_t)m->height * (size_t)m->width, one = channels * pixels;
    if (a->layout == ARRAY_VALUES) {
        npy_floats(&a->file, image * one, one, values);
        return;
    }
    npy_bytes(&a->file, image * one, one, a->layout == ARRAY_PLANES ? a->bytes : a->patch);
    for (size_t i = 0; i < one && a->layout == ARRAY_PLANES; i++)
        a->patch[i % pixels * channels + i / pixels] = a->bytes[i];
    prepare_values(m, a->patch, values);
}
