/* SPDX-License-Identifier: MIT */
/* A program against the installed header, compiled as C11 and as C++17 (shared.sh): two runs in flight, progress, a run
 * that is cancelled in the middle, and an error that says layer and target. On the reference, which needs no device. */
#include <alexcl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned told, asked, stop_at;

static void tell(void *user, const char *what, unsigned done, unsigned total) {
    (void)user;
    told += what != NULL && (total == 0 || done < total);
}
static int ask(void *user) {
    (void)user;
    return ++asked == stop_at;
}

#define DUE(condition)                                                                                                 \
    if (!(condition)) return fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, err.text) > 0

int main(void) {
    struct alexcl_error err;
    struct alexcl_net_options options;
    const struct alexcl_model *model = NULL;
    struct alexcl_weights *weights = NULL;
    struct alexcl_selection *devices = NULL;
    struct alexcl_net *net = NULL;
    static float in[4 * 3 * 99 * 99], out[3][4 * 10];
    uint64_t first = 0, second = 0;
    memset(&err, 0, sizeof err);
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.batch = 2;
    options.progress = tell;
    options.cancel = ask;
    DUE(alexcl_api_version() >= ALEXCL_API_VERSION);
    DUE(alexcl_model_find("tiny2t", &model, &err) == ALEXCL_OK);
    DUE((size_t)model->channels * (size_t)model->height * (size_t)model->width * 4 <= sizeof in / sizeof *in);
    DUE(alexcl_weights_generate(model, 1, NULL, NULL, 0, &weights, &err) == ALEXCL_OK);
    DUE(alexcl_selection_open("ref", &devices, &err) == ALEXCL_OK);
    DUE(alexcl_net_open(model, weights, devices, &options, &net, &err) == ALEXCL_OK);
    DUE(told > 0);
    DUE(alexcl_net_submit(net, in, 4, out[0], &first, &err) == ALEXCL_OK);
    DUE(alexcl_net_submit(net, in, 4, out[1], &second, &err) == ALEXCL_OK);
    DUE(alexcl_net_wait(net, first, &err) == ALEXCL_OK && alexcl_net_wait(net, second, &err) == ALEXCL_OK);
    DUE(memcmp(out[0], out[1], sizeof out[0]) == 0);
    stop_at = asked + 5;
    DUE(alexcl_net_run(net, in, 4, out[2], &err) == ALEXCL_E_INTERRUPTED);
    memset(&err, 0, sizeof err);
    DUE(alexcl_net_run(net, in, 4, out[2], &err) == ALEXCL_OK && memcmp(out[0], out[2], sizeof out[0]) == 0);
    in[7] = (float)NAN;
    DUE(alexcl_net_run(net, in, 4, out[2], &err) == ALEXCL_E_DATA && err.target == 0 &&
        strcmp(err.layer, "conv1") == 0);
    alexcl_net_free(net);
    alexcl_selection_free(devices);
    alexcl_weights_free(weights);
    return 0;
}
