/* SPDX-License-Identifier: MIT */
/* onnx_runner DEVICES: each line of the input is a name, a relative and an absolute tolerance. NAME.onnx computes
 * NAME.in.npy, and every value of NAME.out.npy must come of it, within atol + rtol * |value|. Prints "passed NAME" or
 * "FAILED NAME: why" a line; one process for all of them, since a driver takes long to start. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "npy_whole.h"
#include "shape.h"
#include "status.h"

static int runner_compare(const struct alexcl_net *net, const float *got, size_t images, const struct npy_whole *due,
                          double rtol, double atol, struct alexcl_error *err) {
    struct alexcl_shape shape;
    alexcl_net_output(net, &shape);
    const size_t sides[] = {images, (size_t)shape.c, (size_t)shape.h, (size_t)shape.w};
    int same = due->dims == 4 || (due->dims == 2 && shape.h == 1 && shape.w == 1);
    for (int d = 0; d < due->dims && same; d++) same = due->shape[d] == sides[d];
    if (!same)
        return error_set(err, ALEXCL_E_DATA, "output of %zu x %d x %d x %d, another was due", images, shape.c, shape.h,
                         shape.w);
    for (size_t i = 0; i < due->count; i++) {
        double off = fabs((double)got[i] - (double)due->values[i]);
        if (!(off <= atol + rtol * fabs((double)due->values[i])))
            return error_set(err, ALEXCL_E_DATA, "value %zu is %.9g, due is %.9g", i, (double)got[i],
                             (double)due->values[i]);
    }
    return ALEXCL_OK;
}

static int runner_run(const char *name, double rtol, double atol, const struct alexcl_selection *selection,
                      struct alexcl_error *err) {
    int status = ALEXCL_OK;
    char path[300];
    struct alexcl_model *model = NULL;
    struct alexcl_weights *weights = NULL;
    struct alexcl_net *net = NULL;
    struct npy_whole in = {0}, due = {0};
    struct alexcl_shape out;
    float *got = NULL;
    snprintf(path, sizeof path, "%s.onnx", name);
    TRY(alexcl_model_open(path, &model, NULL, err));
    TRY(alexcl_weights_open(path, model, NULL, &weights, err));
    snprintf(path, sizeof path, "%s.in.npy", name);
    TRY(npy_whole_read(path, &in, err));
    snprintf(path, sizeof path, "%s.out.npy", name);
    TRY(npy_whole_read(path, &due, err));
    size_t image = (size_t)model->channels * (size_t)model->height * (size_t)model->width;
    const struct alexcl_net_options options = {.size = sizeof options, .batch = (int)in.shape[0]};
    TRY(alexcl_net_open(model, weights, selection, &options, &net, err));
    alexcl_net_output(net, &out);
    got = calloc(in.shape[0] * shape_size(out) + 1, sizeof *got);
    if (!got || in.count != in.shape[0] * image) {
        status = error_set(err, ALEXCL_E_DATA, "the input has not the model's shape");
        goto done;
    }
    TRY(alexcl_net_run(net, in.values, in.shape[0], got, err));
    status = runner_compare(net, got, in.shape[0], &due, rtol, atol, err);
done:
    free(got);
    alexcl_net_free(net);
    alexcl_weights_free(weights);
    alexcl_model_free(model);
    npy_whole_free(&in);
    npy_whole_free(&due);
    return status;
}

int main(int count, char **arguments) {
    char line[300], name[200];
    double rtol, atol;
    int failed = 0;
    struct alexcl_error err = {0};
    struct alexcl_selection *selection = NULL;
    if (count != 2 || alexcl_selection_open(arguments[1], &selection, &err) != ALEXCL_OK) {
        fprintf(stderr, "onnx_runner: %s\n", count == 2 ? err.text : "DEVICES");
        return 1;
    }
    while (fgets(line, sizeof line, stdin)) {
        struct alexcl_error why = {0};
        if (sscanf(line, "%199s %lf %lf", name, &rtol, &atol) != 3) continue;
        if (runner_run(name, rtol, atol, selection, &why) == ALEXCL_OK) {
            printf("passed %s\n", name);
        } else {
            printf("FAILED %s: %s\n", name, why.text);
            failed = 1;
        }
        fflush(stdout);
    }
    alexcl_selection_free(selection);
    return failed;
}
