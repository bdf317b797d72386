/* SPDX-License-Identifier: MIT */
/* `alexcl time`: batches are run one behind the other while their commands are recorded, and the median over the
 * batches is taken of what each layer, crossing and copy took. What a layer must compute and move at least comes from
 * the plan, so that its rate can be set beside the device's peak. measure_train.c runs steps of training instead. */
#include "measure.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "monotonic.h"
#include "prepare.h"
#include "progress.h"
#include "resident.h"
#include "status.h"

static int measure_order(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double measure_median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, measure_order);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static double measure_values(struct alexcl_shape s) { return (double)s.c * s.h * s.w; }

enum alexcl_work measure_work(int index) {
    static const enum alexcl_work works[MEASURE_WORKS] = {ALEXCL_WORK_LAYER,           ALEXCL_WORK_INPUT_GRADIENT,
                                                          ALEXCL_WORK_WEIGHT_GRADIENT, ALEXCL_WORK_UPDATE,
                                                          ALEXCL_WORK_EXCHANGE,        ALEXCL_WORK_WAIT};
    return works[index];
}

const char *measure_work_name(enum alexcl_work work) {
    static const char *const names[] = {[ALEXCL_WORK_LAYER] = "forward",
                                        [ALEXCL_WORK_INPUT_GRADIENT] = "input gradient",
                                        [ALEXCL_WORK_WEIGHT_GRADIENT] = "weight gradient",
                                        [ALEXCL_WORK_UPDATE] = "update",
                                        [ALEXCL_WORK_EXCHANGE] = "exchange",
                                        [ALEXCL_WORK_WAIT] = "wait"};
    return names[work];
}

/* Whether something before layer i is trained, so that the gradient of its input is wanted. */
static int measure_goes_back(const struct alexcl_plan *plan, size_t i) {
    int back = 0;
    for (size_t j = 0; j < plan->layers[i].input_count && !back; j++) {
        int from = plan->layers[i].inputs[j];
        if (from < 0) continue;
        const struct alexcl_plan_layer *l = &plan->layers[from];
        back = l->parameters[0] + l->parameters[1] > 0 || measure_goes_back(plan, (size_t)from);
    }
    return back;
}

/* What a half of layer i computes and moves. It reads what its half of its inputs made, and what crosses. A gradient
 * takes as many multiply-adds as the forward pass, and moves what has the same sizes. */
static void measure_amount(const struct alexcl_plan *plan, size_t i, enum alexcl_work work, int states,
                           struct layer_time *out) {
    const struct alexcl_plan_layer *l = &plan->layers[i];
    out->layer = l;
    out->work = work;
    for (int h = 0; h < 2; h++) {
        double read = (double)l->crosses[h], written = measure_values(l->half[h]) * sizeof(float);
        for (size_t j = 0; j < l->input_count; j++)
            read += measure_values(l->inputs[j] < 0 ? l->in : plan->layers[l->inputs[j]].half[h]) * sizeof(float);
        int copies = (int)(plan->halves[0] >> h & 1u) + (plan->targets == 2 ? (int)(plan->halves[1] >> h & 1u) : 0);
        int passes = work == ALEXCL_WORK_LAYER || (work == ALEXCL_WORK_INPUT_GRADIENT && measure_goes_back(plan, i)) ||
                     (work == ALEXCL_WORK_WEIGHT_GRADIENT && l->parameters[h] > 0);
        if (passes) {
            out->flops[h] = 2.0 * (double)l->macs[h] * plan->batch;
            out->bytes[h] = copies * (double)l->parameter_bytes[h] + plan->batch * (read + written);
        } else if (work == ALEXCL_WORK_UPDATE) { /* parameters and states are read and written, gradients read */
            out->bytes[h] = (3.0 + 2 * states) * sizeof(float) * (double)l->parameters[h];
        } else if (work == ALEXCL_WORK_EXCHANGE && plan->targets == 2) {
            out->bytes[h] = plan->batch * (double)(l->crosses[h] + plan->crosses_backward[i][h]);
        }
    }
}

int measure_repeat(const struct measured *m, const struct alexcl_work_span *s) { return s->run / m->runs; }

/* The median over the batches of the seconds of the spans that `wanted` picks; *commands: of the first batch. */
struct picked {
    int target, half; /* -1: any */
    unsigned work;    /* bits of enum alexcl_work */
    const char *layer;
};
static double measure_pick(const struct measured *m, const struct alexcl_net *net, struct picked wanted, double *sums,
                           int *commands) {
    memset(sums, 0, (size_t)m->repeat * sizeof *sums);
    if (commands) *commands = 0;
    for (int target = 0; target < 2; target++) {
        const struct alexcl_work_span *s;
        size_t count = alexcl_net_recorded(net, (size_t)target, &s);
        if (wanted.target >= 0 && wanted.target != target) continue;
        for (; count > 0; count--, s++) {
            int repeat = measure_repeat(m, s);
            if (!(wanted.work >> s->work & 1u) || (wanted.half >= 0 && wanted.half != s->half) || repeat >= m->repeat)
                continue;
            if (wanted.layer && strcmp(wanted.layer, s->layer) != 0) continue;
            sums[repeat] += s->busy;
            if (commands && repeat == 0) *commands += s->commands;
        }
    }
    return measure_median(sums, m->repeat);
}

struct stretch {
    int repeat;
    double start, end;
};
static int measure_order_stretches(const void *a, const void *b) {
    const struct stretch *x = a, *y = b;
    return x->repeat != y->repeat ? x->repeat - y->repeat : (x->start > y->start) - (x->start < y->start);
}

/* The median over the batches of the time in which none of the target's commands ran. `walls`: of each batch, in their
 * order. */
static int measure_idle(const struct measured *m, const struct alexcl_net *net, int target, const double *walls,
                        double *sums, double *out, struct alexcl_error *err) {
    const struct alexcl_work_span *s;
    size_t count = alexcl_net_recorded(net, (size_t)target, &s), kept = 0;
    int known = 1; /* when commands ran */
    struct stretch *all = malloc((count + 1) * sizeof *all);
    if (!all) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: %zu times of commands", count);
    for (size_t i = 0; i < count; i++) {
        if (s[i].work == ALEXCL_WORK_WAIT || !s[i].commands || measure_repeat(m, &s[i]) >= m->repeat) continue;
        all[kept++] = (struct stretch){measure_repeat(m, &s[i]), s[i].start, s[i].end};
        known &= s[i].end > 0;
    }
    qsort(all, kept, sizeof *all, measure_order_stretches);
    memcpy(sums, walls, (size_t)m->repeat * sizeof *sums);
    double until = 0;
    for (size_t i = 0; i < kept; i++) {
        double from = i && all[i].repeat == all[i - 1].repeat && until > all[i].start ? until : all[i].start;
        if (all[i].end > from) sums[all[i].repeat] -= all[i].end - from;
        if (i == 0 || all[i].repeat != all[i - 1].repeat || all[i].end > until) until = all[i].end;
    }
    free(all);
    double median = measure_median(sums, m->repeat);
    *out = known && median > 0 ? median : 0;
    return ALEXCL_OK;
}

static int measure_spans(struct measured *m, const struct alexcl_net *net, const double *walls, double *sums,
                         struct alexcl_error *err) {
    for (size_t i = 0; i < m->layer_count; i++) {
        struct layer_time *l = &m->layers[i];
        const char *name = l->layer->layer->name;
        for (int h = 0; h < 2; h++)
            l->seconds[h] = measure_pick(m, net, (struct picked){-1, h, 1u << l->work, name}, sums, &l->commands[h]);
        for (int p = 0; p < 2; p++)
            l->target[p] = measure_pick(m, net, (struct picked){p, -1, 1u << l->work, name}, sums, NULL);
    }
    int status = ALEXCL_OK;
    for (int p = 0; p < (int)m->targets && status == ALEXCL_OK; p++) {
        struct target_time *t = &m->target[p];
        double *const sorts[] = {&t->layers, &t->joins, &t->exchange, &t->transfer, &t->backward, &t->update};
        static const unsigned works[] = {1u << ALEXCL_WORK_LAYER,
                                         1u << ALEXCL_WORK_JOIN,
                                         1u << ALEXCL_WORK_EXCHANGE,
                                         1u << ALEXCL_WORK_TRANSFER,
                                         1u << ALEXCL_WORK_INPUT_GRADIENT | 1u << ALEXCL_WORK_WEIGHT_GRADIENT,
                                         1u << ALEXCL_WORK_UPDATE};
        for (size_t k = 0; k < sizeof sorts / sizeof *sorts; k++)
            *sorts[k] = measure_pick(m, net, (struct picked){p, -1, works[k], NULL}, sums, NULL);
        t->wait = measure_pick(m, net, (struct picked){p, -1, 1u << ALEXCL_WORK_WAIT, NULL}, sums, NULL) -
                  measure_pick(m, net, (struct picked){p, -1, 1u << ALEXCL_WORK_WAIT, "output"}, sums, NULL);
        if (t->wait < 0) t->wait = 0;
        status = measure_idle(m, net, p, walls, sums, &t->idle, err);
    }
    return status;
}

int measure_begin(struct measured *m, const struct alexcl_plan *plan, const float *in, size_t in_images,
                  struct measure_batch *out, struct alexcl_error *err) {
    const struct alexcl_model *model = plan->model;
    size_t floats = (size_t)model->channels * (size_t)model->height * (size_t)model->width;
    size_t works = m->training ? MEASURE_WORKS : 1;
    m->targets = plan->targets;
    m->batch = plan->batch;
    m->runs = m->training ? 1 : (m->batch + m->chunk - 1) / m->chunk;
    m->peak.size = sizeof m->peak;
    out->count = (size_t)plan->batch;
    out->images = malloc(out->count * floats * sizeof *out->images);
    out->walls = calloc((size_t)m->repeat, sizeof *out->walls);
    m->walls = calloc((size_t)m->repeat, sizeof *m->walls);
    m->layers = calloc(plan->layer_count * works, sizeof *m->layers);
    if (!out->images || !out->walls || !m->walls || !m->layers)
        return error_set(err, ALEXCL_E_MEMORY, "out of host memory: a batch of %zu images; a smaller --batch may help",
                         out->count);
    m->layer_count = plan->layer_count * works;
    for (size_t i = 0; i < m->layer_count; i++) {
        measure_amount(plan, i / works, measure_work((int)(i % works)), m->states, &m->layers[i]);
        m->flops += m->layers[i].flops[0] + m->layers[i].flops[1];
    }
    for (size_t i = 0; i < out->count; i++)
        memcpy(out->images + i * floats, in + i % in_images * floats, floats * sizeof *out->images);
    return ALEXCL_OK;
}

int measure_record(struct alexcl_net *net, struct measure_batch *batch, struct alexcl_error *err) {
    batch->before = (struct alexcl_net_times){.size = sizeof batch->before};
    int status = alexcl_net_record(net, 1, err);
    return status == ALEXCL_OK ? alexcl_net_times(net, &batch->before, err) : status;
}

int measure_goes_on(const struct measured *m, const char *what, int done, int begun, double since) {
    double now = monotonic_now() - since;
    if (m->seconds)
        progress_count("seconds", now < m->seconds ? (size_t)now : (size_t)m->seconds, (size_t)m->seconds);
    else
        progress_count(what, (size_t)(m->warm_up + done), (size_t)(m->warm_up + m->repeat));
    return begun < m->repeat && (begun == 0 || !m->seconds || now < m->seconds);
}

int measure_end(struct measured *m, struct alexcl_net *net, const struct measure_batch *batch,
                struct alexcl_error *err) {
    assert(m->repeat > 0); /* options ask for one at least */
    size_t repeats = (size_t)m->repeat;
    struct alexcl_net_times times = {.size = sizeof times};
    double *sums = calloc(repeats, sizeof *sums);
    int status = sums ? alexcl_net_record(net, 0, err) : error_set(err, ALEXCL_E_MEMORY, "out of host memory: times");
    if (status == ALEXCL_OK) status = alexcl_net_times(net, &times, err);
    if (status != ALEXCL_OK) goto done;
    memcpy(m->walls, batch->walls, repeats * sizeof *m->walls);
    m->median = measure_median(m->walls, m->repeat);
    m->minimum = m->walls[0];
    m->maximum = m->walls[m->repeat - 1];
    m->images_per_s = (double)batch->count / m->median;
    m->times_known = times.events;
    m->crossed = (double)(times.crossed - batch->before.crossed) / m->repeat;
    for (int p = 0; p < 2; p++) m->target[p].images = (double)(times.images[p] - batch->before.images[p]) / m->repeat;
    m->memory = resident_largest();
    if (m->times_known) status = measure_spans(m, net, batch->walls, sums, err);
    if (status == ALEXCL_OK && !m->without_peak) status = alexcl_net_peak(net, &m->peak, err);
done:
    free(sums);
    return status;
}

void measure_batch_free(struct measure_batch *b) {
    free(b->images);
    free(b->walls);
}

int measure_run(struct alexcl_net *net, const struct alexcl_plan *plan, const float *in, size_t in_images,
                struct measured *out, struct alexcl_error *err) {
    struct measured m = {.warm_up = out->warm_up,
                         .repeat = out->repeat,
                         .seconds = out->seconds,
                         .without_peak = out->without_peak,
                         .chunk = alexcl_net_batch(net)};
    struct measure_batch batch = {0};
    struct alexcl_shape shape;
    alexcl_net_output(net, &shape);
    float *scores = NULL;
    int status = measure_begin(&m, plan, in, in_images, &batch, err);
    size_t images = batch.count, outputs = (size_t)shape.c * (size_t)shape.h * (size_t)shape.w;
    if (status == ALEXCL_OK && !(scores = malloc(images * outputs * sizeof *scores)))
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: the scores of %zu images", images);
    for (int i = 0; i < m.warm_up && status == ALEXCL_OK; i++) {
        progress_count("batches", (size_t)i, (size_t)(m.warm_up + m.repeat));
        status = alexcl_net_run(net, batch.images, images, scores, err);
    }
    if (status == ALEXCL_OK) status = measure_record(net, &batch, err);
    /* As one batch behind the other: while one runs, the next is copied, here the same once more. */
    uint64_t tickets[2] = {0, 0};
    double since = monotonic_now(), start = since;
    int begun = 0;
    for (int i = 0; i <= begun && status == ALEXCL_OK; i++) {
        if (begun == i && measure_goes_on(&m, "batches", i ? i - 1 : 0, begun, since)) {
            status = alexcl_net_submit(net, batch.images, images, scores, &tickets[begun % 2], err);
            begun++;
        }
        if (i == 0) continue;
        if (status == ALEXCL_OK) status = alexcl_net_wait(net, tickets[(i - 1) % 2], err);
        double now = monotonic_now();
        batch.walls[i - 1] = now - start;
        start = now;
    }
    m.repeat = begun;
    for (int i = 0; i < 2 && status != ALEXCL_OK; i++) /* what is under way still reads and writes */
        (void)alexcl_net_wait(net, tickets[i], &(struct alexcl_error){0});
    progress_clear();
    if (status == ALEXCL_OK) status = measure_end(&m, net, &batch, err);
    measure_batch_free(&batch);
    free(scores);
    if (status == ALEXCL_OK)
        *out = m;
    else
        measure_free(&m);
    return status;
}

int measure_noise(const struct alexcl_model *model, float **out, struct alexcl_error *err) {
    size_t channels = (size_t)model->channels, pixels = (size_t)model->height * (size_t)model->width;
    uint32_t state = 1;
    int status = memory_alloc(out, channels * pixels, sizeof **out, "images", err);
    for (size_t i = 0; i < channels * pixels && status == ALEXCL_OK; i++) {
        state = state * 1664525u + 1013904223u;
        (*out)[i] = (float)prepare_value(model, (double)(state >> 24), i / pixels);
    }
    return status;
}

void measure_free(struct measured *m) {
    free(m->walls);
    free(m->layers);
    *m = (struct measured){0};
}

double measure_layer_rate(const struct layer_time *l) {
    double seconds = l->target[0] > l->target[1] ? l->target[0] : l->target[1];
    return seconds > 0 ? (l->flops[0] + l->flops[1]) / seconds : 0;
}

double measure_peak(const struct measured *m) {
    if (m->peak.flops[0] <= 0 || (m->targets == 2 && m->peak.flops[1] <= 0)) return 0;
    return m->peak.flops[0] + (m->targets == 2 ? m->peak.flops[1] : 0);
}

double measure_peak_bytes(const struct measured *m) {
    return m->peak.bytes[0] + (m->targets == 2 ? m->peak.bytes[1] : 0);
}

double measure_percentile(const struct measured *m, double percent) {
    double at = percent / 100 * (m->repeat - 1);
    int below = (int)at, above = below + 1 < m->repeat ? below + 1 : below;
    return m->walls[below] + (at - below) * (m->walls[above] - m->walls[below]);
}

int measure_beats_peak(const struct measured *m) {
    double peak = measure_peak(m), highest = m->median > 0 ? m->flops / m->median : 0;
    for (size_t i = 0; i < m->layer_count; i++)
        if (measure_layer_rate(&m->layers[i]) > highest) highest = measure_layer_rate(&m->layers[i]);
    return peak > 0 && highest >= 1.005 * peak; /* that is shown as 101% or more */
}
