/* SPDX-License-Identifier: MIT */
/* Descriptions of models, as a caller or an importer makes them. 8 bytes say what the model is, 8 more each of its
 * layers: fields are small, or out of a list of what must not be believed. What is planned has weights, and a small one
 * reads the file that it writes. */
#include <limits.h>
#include <math.h>
#include <unistd.h>

#include "fuzz.h"

enum { LAYERS = 256, CHANNELS = 256, ROW = 8, SMALL = 4096 };
static struct alexcl_layer layers[LAYERS];
static char names[LAYERS][48];
static double mean[CHANNELS], deviation[CHANNELS];
static uint32_t connections[CHANNELS];

/* Three of four bytes are a small number. */
static int number(uint8_t byte) {
    static const int odd[] = {-1,    INT_MIN, INT_MAX, 16384, 16385, 65535, 65536, 50000,
                              46341, 1 << 20, 1 << 28, 255,   200,   100,   64,    33};
    return byte < 192 ? byte % 20 : odd[byte % 16];
}

static double factor(uint8_t byte) {
    static const double odd[] = {-1, 1e300, -1e300, 1e-300, 1.0 / 3, 1e10, 123456789.123};
    return byte < 192 ? byte / 64.0 : byte == 192 ? (double)NAN : byte == 193 ? (double)INFINITY : odd[byte % 7];
}

static void read_layer(size_t i, const uint8_t *b) {
    struct alexcl_layer *l = &layers[i];
    unsigned kind = b[0] & 31, odd = b[0] >> 5;
    *l = (struct alexcl_layer){.type = (enum alexcl_layer_type)(kind < 16   ? (int)kind
                                                                : kind < 31 ? ALEXCL_RELU
                                                                            : number(b[1])),
                               .name = names[i],
                               .outputs = number(b[1]),
                               .kernel = {number(b[2]), number(b[odd == 7 ? 7 : 2])},
                               .stride = {number(b[3]), number(b[odd == 7 ? 6 : 3])},
                               .pad = {number(b[4]), number(b[odd == 7 ? 1 : 4]), number(b[5]), number(b[5])},
                               .window = {-(number(b[2]) / 2), number(b[odd == 7 ? 7 : 2]) / 2},
                               .groups = number(b[6]),
                               .ceil_mode = b[7] & 1,
                               .k = factor(b[3]),
                               .alpha = factor(b[4]),
                               .beta = factor(b[5]),
                               .lrn_scope = (enum alexcl_lrn_scope)(b[7] >> 1 & 1),
                               .dropout = (enum alexcl_dropout)(b[7] >> 2 & 1),
                               .rate = factor(b[6]),
                               .gain = factor(b[7])};
    snprintf(names[i], sizeof names[i], odd == 6 ? "%zu/stage_of_a_long_name/with_branches" : "l%zu", i);
    if (odd == 1) l->name = names[b[1]]; /* another's */
    if (odd == 2) names[i][0] = (char)b[1];
    if (odd == 7)
        l->dilation[0] = number(b[6]), l->dilation[1] = b[7] >> 3 & 3, l->pad[3] = 0, l->count_include_pad = b[7] >> 5;
    if (odd == 3) l->connections = connections; /* 256 entries: more outputs would be another's to read */
    if (odd == 3 && l->outputs > CHANNELS) l->outputs = CHANNELS;
    if (odd == 4) l->name = b[1] & 1 ? NULL : "original";
    if (odd == 5)
        l->lrn_scope = (enum alexcl_lrn_scope)number(b[7]), l->dropout = (enum alexcl_dropout)number(b[7]),
        l->ceil_mode = number(b[7]);
}

static void read_model(struct alexcl_model *m, const uint8_t *data, size_t size) {
    uint8_t b[ROW] = {0};
    memcpy(b, data, size < ROW ? size : ROW);
    memset(names, 0, sizeof names);
    *m = (struct alexcl_model){.size = sizeof(struct alexcl_model),
                               .layer_size = sizeof(struct alexcl_layer),
                               .name = b[7] == 1   ? NULL
                                       : b[7] == 2 ? "a b"
                                                   : "fuzz",
                               .channels = number(b[0]),
                               .height = number(b[1]),
                               .width = number(b[2]),
                               .colour = (enum alexcl_colour)(b[3] & 3),
                               .resize = number(b[4]),
                               .scale = factor(b[5]),
                               .mean = b[6] & 1 ? mean : NULL,
                               .std = b[6] & 2 ? deviation : NULL,
                               .layers = b[7] == 3 ? NULL : layers};
    if ((m->mean || m->std) && m->channels > CHANNELS) m->channels = CHANNELS;
    for (int i = 0; i < CHANNELS; i++) {
        mean[i] = b[6] & 4 ? factor((uint8_t)(b[6] + i)) : 100.123456789 + i;
        deviation[i] = b[6] & 8 ? factor((uint8_t)(b[6] - i)) : 1 + i / 7.0;
        connections[i] = 0x9e3779b9u * ((uint32_t)b[6] + (uint32_t)i);
    }
    for (size_t at = ROW; at + ROW <= size && m->layer_count < LAYERS; at += ROW)
        read_layer(m->layer_count++, data + at);
}

/* A plan within the memory that it was given, whatever the batch. */
static uint64_t plan(const struct alexcl_model *m, int *planned) {
    static const char *const splits[] = {NULL, "1:2", "auto"};
    static const int batches[] = {1, 128, INT_MAX};
    uint64_t parameters = 0;
    *planned = 0;
    for (int i = 0; i < 3; i++) {
        struct alexcl_plan *p = NULL;
        struct alexcl_error err = {0};
        struct alexcl_plan_request request = {.size = sizeof request,
                                              .batch = batches[i],
                                              .targets = 2,
                                              .split = splits[i],
                                              .memory = {1 << 24, 1 << 22}};
        int status = alexcl_plan_make(m, &request, &p, &err);
        fuzz_check_answer(status, &err, (int[]){ALEXCL_E_USAGE, ALEXCL_E_MEMORY, 0});
        FUZZ_CLAIM((status == ALEXCL_OK) == (p != NULL));
        if (!p) continue;
        *planned = 1;
        parameters = p->parameters;
        FUZZ_CLAIM(p->layer_count == m->layer_count && p->chunk >= 1 && p->chunk <= p->batch);
        for (int target = 0; target < 2; target++) FUZZ_CLAIM(p->memory[target].total <= request.memory[target]);
        for (size_t l = 0; l < p->layer_count; l++)
            FUZZ_CLAIM(p->layers[l].out.c >= 1 && p->layers[l].out.h >= 1 && p->layers[l].out.w >= 1);
        alexcl_plan_free(p);
    }
    return parameters;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char path[64];
    struct alexcl_model m;
    struct alexcl_error err = {0};
    struct alexcl_weights *w = NULL, *again = NULL;
    int planned;
    if (!path[0]) snprintf(path, sizeof path, "fuzz_model.%ld.safetensors", (long)getpid());
    read_model(&m, data, size);
    uint64_t parameters = plan(&m, &planned);
    int status = alexcl_weights_generate(&m, 1, NULL, NULL, 0, &w, &err);
    fuzz_check_answer(status, &err, fuzz_bad_usage);
    FUZZ_CLAIM(status == ALEXCL_OK || !planned);
    err = (struct alexcl_error){0};
    int found, asked = alexcl_model_layer(&m, "l1", &found, &err);
    FUZZ_CLAIM(asked == ALEXCL_E_USAGE ? err.text[0] != '\0'
                                       : asked == ALEXCL_OK && found >= 0 && found < (int)m.layer_count &&
                                             strcmp(layers[found].name, "l1") == 0);
    err = (struct alexcl_error){0};
    if (planned && parameters < SMALL) { /* codes of an RBF layer are no parameters, and small all the same */
        fuzz_check_answer(alexcl_weights_save(w, path, &err), &err, (int[]){0});
        fuzz_check_answer(alexcl_weights_open(path, &m, NULL, &again, &err), &err, (int[]){0});
        FUZZ_CLAIM(strstr(alexcl_weights_describe(again), "agrees with model") != NULL);
        alexcl_weights_free(again);
        unlink(path);
    }
    alexcl_weights_free(w);
    return 0;
}
