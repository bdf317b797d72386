/* SPDX-License-Identifier: MIT */
/* One batch on one worker, which runs its own images of it. Two workers run this at the same time. Where each of them
 * has one half of the channels, a batch is cut into two slices, and the workers meet at the crossings between sections.
 * One worker's two queues, for a net of two sections:
 *
 *   work      | section 0, slice 0 | section 0, slice 1 | join 0, section 1, slice 0 | join 1, section 1, slice 1
 *   transfer                       | send 0             | send 1, receive 0          | receive 1, the next batch
 *
 * So a slice is sent while the next one is computed. Sections behind the first do not read the input: the next batch is
 * copied into it ("the next batch") while they run. A value is computed by the same operations whatever the placement,
 * the slices and the batch are, so scores are equal to the bit on devices of one kind. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "callbacks.h"
#include "counter_rng.h"
#include "worker.h"

struct run {
    struct worker *worker;
    int images;
    int messages;           /* how many were sent in this batch so far */
    int waiting;            /* how many halves of layers are enqueued and were not waited for */
    struct event *uploaded; /* done when the batch's images have left worker->images; NULL: none were there */
};

static int run_slices(const struct run *r, const struct graph_schedule_section *section) {
    if (worker_has_both(r->worker) || section->whole) return 1;
    return r->images < WORKER_SLICES ? 1 : WORKER_SLICES;
}

/* How many of `count` images go through a section's layers together. On a CPU it is as many as its caches hold from one
 * layer to the next, in equal parts. */
static int run_together(const struct run *r, const struct graph_schedule_section *section, int count) {
    const struct graph *g = r->worker->graph;
    size_t floats = 1;
    if (g->block == 1 || section->whole || count < 1) return count;
    for (int i = section->first; i < section->first + section->count; i++) {
        const struct graph_step *step = &r->worker->schedule->steps[i];
        if (step->kind != GRAPH_STEP_LAYER) continue;
        for (int h = 0; h < 2; h++)
            if (worker_runs(r->worker, h) && g->values[g->layers[step->index].out].floats[h] > floats)
                floats = g->values[g->layers[step->index].out].floats[h];
    }
    int max = (int)(WORKER_TOGETHER / (floats * sizeof(float))), parts = max < 1 ? count : (count + max - 1) / max;
    return (count + parts - 1) / parts;
}

/* Opens a span for images first .. first+count-1 of the worker's own images. */
static int run_open_span(const struct run *r, enum alexcl_work work, const char *layer, int half, int first,
                         int count) {
    return timeline_open(r->worker->timeline, work, layer, half,
                         (int)r->worker->shared->batch.image + r->worker->first + first, count);
}

/* Starts the copy of `count` images from `from` to the device's input, to image `first` and those behind it, after
 * event `after` (may be NULL). `from` is the caller's memory; a device that copies by itself gets the images through
 * its driver's memory. */
static int run_write_input(struct worker *worker, const float *from, int first, int count, const struct event *after,
                           struct event **written, struct alexcl_error *err) {
    size_t floats = worker->graph->values[0].floats[0];
    struct buffer_region region = {
        .row = (size_t)first, .rows = (size_t)count, .pitch = floats, .first = 0, .width = floats};
    if (worker->images)
        from = memcpy(worker->images + (size_t)first * floats, from, (size_t)count * floats * sizeof *from);
    return buffer_write_region(worker->input.buffer, &region, from, after, DEVICE_TRANSFER, written, err);
}

static int run_upload(struct run *r, int first, int count, struct alexcl_error *err) {
    struct worker *worker = r->worker;
    size_t floats = worker->graph->values[0].floats[0];
    const float *from = worker->shared->batch.in + (size_t)(worker->first + first) * floats;
    if (worker->copied) return ALEXCL_OK;
    int span = run_open_span(r, ALEXCL_WORK_TRANSFER, "input", -1, first, count);
    if (!worker->target.device) {
        memcpy(worker->input.host + (size_t)first * floats, from, (size_t)count * floats * sizeof *from);
        timeline_close(worker->timeline, span);
        return ALEXCL_OK;
    }
    struct event *written = NULL;
    int status = run_write_input(worker, from, first, count, NULL, &written, err);
    if (status == ALEXCL_OK) status = device_wait_for(worker->target.device, written, err);
    event_free(r->uploaded);
    r->uploaded = written;
    timeline_close(worker->timeline, span);
    return status;
}

/* Starts the copy of the next batch's images, after everything that is enqueued so far. The end of this batch waits for
 * it. */
static int run_upload_next(struct run *r, struct alexcl_error *err) {
    struct worker *worker = r->worker;
    if (!worker->next) return ALEXCL_OK;
    struct event *computed = NULL, *written = NULL;
    int span = timeline_open(worker->timeline, ALEXCL_WORK_TRANSFER, "input", -1, 0, worker->next_count);
    /* The next batch takes this batch's place in worker->images. This batch was copied from there before what runs now,
     * so there is little to wait for. */
    int status = worker->images && r->uploaded ? event_wait(r->uploaded, err) : ALEXCL_OK;
    if (status == ALEXCL_OK) status = device_mark(worker->target.device, &computed, err);
    if (status == ALEXCL_OK)
        status = run_write_input(worker, worker->next, 0, worker->next_count, computed, &written, err);
    event_free(computed);
    event_free(written);
    timeline_close(worker->timeline, span);
    return status;
}

/* Where part `part` of what is sent lies on the target that made it: everything, or the channels that are sent of one
 * block. Returns 0 where there is no such part. */
static int run_sent_part(const struct graph_sent *sent, int part, int first, int count, struct buffer_region *out) {
    size_t hw = (size_t)sent->hw, block = (size_t)sent->block;
    *out = (struct buffer_region){
        .row = (size_t)first, .rows = (size_t)count, .pitch = sent->pitch, .width = sent->floats};
    if (!sent->halo || block == 1) {
        out->first = (size_t)sent->first * hw;
        return part == 0 && sent->floats > 0;
    }
    int end = sent->first + sent->count, begin = (sent->first / sent->block + part) * sent->block,
        from = begin > sent->first ? begin : sent->first, to = begin + sent->block < end ? begin + sent->block : end;
    if (from >= end) return 0;
    /* A few lanes of one block, for each pixel of the map. */
    out->first = (size_t)from / block * block * hw + (size_t)from % block;
    out->lines = hw;
    out->line_pitch = block;
    out->width = (size_t)(to - from);
    out->packed_first = (size_t)(from - sent->first);
    out->packed_pitch = (size_t)sent->count;
    return 1;
}

/* Packs a region's rows into `to`. */
static void run_pack(float *to, const float *from, const struct buffer_region *region) {
    for (size_t i = 0; i < region->rows; i++)
        memcpy(to + i * region->width, from + (region->row + i) * region->pitch + region->first,
               region->width * sizeof *to);
}

void run_convert(float *to, const struct graph_sent *to_sent, const float *from, const struct graph_sent *from_sent,
                 int count) {
    memset(to, 0, (size_t)count * to_sent->floats * sizeof *to);
    for (int n = 0; n < count; n++, to += to_sent->floats, from += from_sent->floats)
        for (int c = 0; c < to_sent->count; c++)
            for (int i = 0; i < to_sent->hw; i++)
                to[graph_sent_position(to_sent, c, i)] = from[graph_sent_position(from_sent, c, i)];
}

/* Starts the copy of what this worker's half sends at a crossing to the host. */
static int run_send(struct run *r, int crossing, int first, int count, struct alexcl_error *err) {
    struct worker *worker = r->worker;
    int h = worker->index, status = ALEXCL_OK;
    struct graph_sent sent = graph_sent(worker->graph, crossing, h);
    struct buffer_region region;
    struct storage *from = worker_value(worker, h, worker->graph->crossings[crossing].value);
    float *to = worker->staging[crossing] + (size_t)first * sent.floats;
    struct worker_sends *sends = &worker->sends[crossing];
    assert(sends->sent < WORKER_SLICES);
    struct worker_send *send = &sends->slices[sends->sent++];
    struct event *computed = NULL;
    *send = (struct worker_send){.first = first, .count = count};
    int span = run_open_span(r, ALEXCL_WORK_EXCHANGE, graph_crossing_name(worker->graph, crossing), h, first, count);
    if (worker->target.device) TRY(device_mark(worker->target.device, &computed, err));
    for (int part = 0; run_sent_part(&sent, part, first, count, &region); part++) {
        if (!worker->target.device) {
            run_pack(to, from->host, &region);
            continue;
        }
        /* Copies of one queue end in order, so the last event is done when all copies are. */
        event_free(send->event);
        send->event = NULL;
        TRY(buffer_read_region(from->buffer, &region, to, computed, DEVICE_EXCHANGE, &send->event, err));
    }
done:
    event_free(computed);
    timeline_close(worker->timeline, span);
    return status;
}

/* Copies to the device what the other half has sent to the host. */
static int run_take(struct run *r, int crossing, const struct worker_send *send, struct alexcl_error *err) {
    struct worker *worker = r->worker;
    int h = worker->index, status = ALEXCL_OK;
    struct graph_sent sent = graph_sent(worker->other->graph, crossing, 1 - h),
                      mine = graph_sent(worker->graph, crossing, 1 - h);
    size_t floats = mine.floats, count = (size_t)send->count, first = (size_t)send->first;
    const float *from = worker->other->staging[crossing] + first * sent.floats;
    struct storage *to = &worker->received[h][crossing];
    struct event *written = NULL;
    if (floats == 0) return ALEXCL_OK;
    worker->crossed += count * floats * sizeof *from;
    if (worker->arrived[crossing]) {
        float *arrived = worker->arrived[crossing] + first * floats;
        if (sent.block != mine.block)
            run_convert(arrived, &mine, from, &sent, send->count);
        else
            memcpy(arrived, from, count * floats * sizeof *from);
        from = arrived;
    }
    if (!worker->target.device) {
        memcpy(to->host + first * floats, from, count * floats * sizeof *from);
        return ALEXCL_OK;
    }
    struct buffer_region region = {.row = first, .rows = count, .pitch = floats, .first = 0, .width = floats};
    TRY(buffer_write_region(to->buffer, &region, from, NULL, DEVICE_EXCHANGE, &written, err));
    TRY(device_wait_for(worker->target.device, written, err));
done:
    event_free(written);
    return status;
}

/* Publishes this worker's next message of a crossing, waits for the other worker's, and copies that to the device. */
static int run_receive_next(struct run *r, int crossing, struct alexcl_error *err) {
    struct worker *worker = r->worker;
    int h = worker->index, status = ALEXCL_OK, message = r->messages++, span = -1;
    struct worker_sends *sends = &worker->sends[crossing];
    assert(sends->taken < sends->sent);
    struct worker_send *send = &sends->slices[sends->taken++];
    const char *layer = graph_crossing_name(worker->graph, crossing);
    if (send->event) TRY(event_wait(send->event, err));
    exchange_publish(worker->shared->exchange, h, message);
    span = run_open_span(r, ALEXCL_WORK_WAIT, layer, h, send->first, send->count);
    TRY(exchange_await(worker->shared->exchange, h, message));
    timeline_close(worker->timeline, span);
    span = run_open_span(r, ALEXCL_WORK_EXCHANGE, layer, h, send->first, send->count);
    TRY(run_take(r, crossing, send, err));
done:
    timeline_close(worker->timeline, span);
    event_free(send->event);
    send->event = NULL;
    return status;
}

/* Receives all messages that hold any of images first .. first+count-1. */
static int run_receive(struct run *r, int crossing, int first, int count, struct alexcl_error *err) {
    const struct worker_sends *sends = &r->worker->sends[crossing];
    int status = ALEXCL_OK;
    while (status == ALEXCL_OK && sends->taken < sends->sent && sends->slices[sends->taken].first < first + count)
        status = run_receive_next(r, crossing, err);
    return status;
}

/* Joins two halves for images first .. first+count-1. */
static int run_join(struct run *r, int crossing, int first, int count, struct alexcl_error *err) {
    struct worker *worker = r->worker;
    const struct graph *g = worker->graph;
    struct graph_sent sent[2] = {graph_sent(g, crossing, 0), graph_sent(g, crossing, 1)};
    const struct storage *half[2];
    for (int h = 0; h < 2; h++)
        half[h] = worker_runs(worker, h) ? worker_value(worker, h, g->crossings[crossing].value)
                                         : &worker->received[1 - h][crossing];
    const char *layer = graph_crossing_name(g, crossing);
    int span = run_open_span(r, ALEXCL_WORK_JOIN, layer, -1, first, count);
    int status = join_run(worker->join, layer, sent[0].floats, sent[1].floats, half[0], half[1],
                          &worker->joined[crossing], first, count, err);
    timeline_close(worker->timeline, span);
    return status;
}

/* Where both halves are on one target, each gets its halo by a copy on the device. */
static int run_copy_halo(struct run *r, int crossing, int first, int count, struct alexcl_error *err) {
    struct worker *worker = r->worker;
    const struct graph *g = worker->graph;
    int status = ALEXCL_OK, value = g->crossings[crossing].value;
    for (int h = 0; h < 2 && status == ALEXCL_OK; h++) {
        struct graph_sent sent = graph_sent(g, crossing, 1 - h);
        struct buffer_region region;
        struct storage *from = worker_value(worker, 1 - h, value), *to = &worker->received[h][crossing];
        if (sent.floats == 0) continue;
        int span = run_open_span(r, ALEXCL_WORK_JOIN, graph_crossing_name(g, crossing), h, first, count);
        for (int part = 0; status == ALEXCL_OK && run_sent_part(&sent, part, first, count, &region); part++)
            if (worker->target.device)
                status = buffer_copy_region(from->buffer, &region, to->buffer, (size_t)first * sent.floats, err);
            else
                run_pack(to->host + (size_t)first * sent.floats, from->host, &region);
        timeline_close(worker->timeline, span);
    }
    return status;
}

/* Looks at image worker_batch.check alone, and notes the first layer whose output is not finite. */
static int run_check(struct run *r, int layer, int half, int first, int count, struct alexcl_error *err) {
    struct worker *worker = r->worker;
    int image = worker->shared->batch.check - worker->first; /* among the images of this worker, if it is one of them */
    const struct graph_layer *gl = &worker->graph->layers[layer];
    size_t floats = layer_out_floats(&gl->half[half]);
    if (image < first || image >= first + count || (worker->not_finite >= 0 && worker->not_finite <= layer))
        return ALEXCL_OK;
    float *part = worker->output; /* nobody needs it before the batch's end */
    for (size_t i = 0; i < floats; i += worker->output_floats) {
        size_t m = floats - i < worker->output_floats ? floats - i : worker->output_floats;
        int status = storage_read(worker_value(worker, half, gl->out), (size_t)image * floats + i, part, m, err);
        if (status != ALEXCL_OK) return status;
        for (size_t j = 0; j < m; j++) {
            if (isfinite(part[j])) continue;
            worker->not_finite = layer;
            return ALEXCL_OK;
        }
    }
    return ALEXCL_OK;
}

struct layer_source run_source(struct worker *worker, const struct graph_layer *gl, int half, int j) {
    int crossing = gl->crossings[j];
    struct layer_source s = {.own = worker_value(worker, half, gl->values[j])};
    if (crossing >= 0 && worker->graph->crossings[crossing].kind == GRAPH_JOIN) s.own = &worker->joined[crossing];
    if (crossing >= 0 && worker->graph->crossings[crossing].kind == GRAPH_HALO)
        s.halo = &worker->received[half][crossing];
    return s;
}

struct layer_random run_random(const struct worker *worker, const struct layer *l) {
    const struct worker_batch *batch = &worker->shared->batch;
    char name[320];
    if (!l->shape.ops->draws || !batch->draws) return (struct layer_random){0};
    snprintf(name, sizeof name, "%s/%s.u", batch->draws, l->shape.desc->name);
    return (struct layer_random){
        .on = 1, .key = counter_rng_key(batch->seed, name), .image = batch->image + (uint64_t)worker->first};
}

static int run_layer(struct run *r, int i, int first, int count, struct alexcl_error *err) {
    struct worker *worker = r->worker;
    struct graph_layer *gl = &worker->graph->layers[i];
    for (int h = 0; h < 2; h++) {
        struct layer_source sources[LAYER_INPUTS];
        if (!worker_runs(worker, h)) continue;
        for (int j = 0; j < gl->input_count; j++) sources[j] = run_source(worker, gl, h, j);
        struct layer_io io = {
            .in = sources,
            .out = worker_value(worker, h, gl->out),
            .workspace = &worker->workspace,
            .first = first,
            .count = count,
            .random = run_random(worker, &gl->half[h]),
        };
        int span = gl->half[h].shape.view
                       ? -1
                       : run_open_span(r, ALEXCL_WORK_LAYER, gl->half[h].shape.desc->name, h, first, count);
        int status = gl->half[h].shape.view ? ALEXCL_OK : layer_run(&gl->half[h], LAYER_FORWARD, &io, err);
        timeline_close(worker->timeline, span);
        if (status == ALEXCL_OK && worker->shared->batch.check >= 0) status = run_check(r, i, h, first, count, err);
        if (status != ALEXCL_OK) return status;
    }
    return ALEXCL_OK;
}

/* Copies a half of a layer's output to the caller's array, in whose rows it begins at float `at`. */
static int run_download_half(struct run *r, const struct graph_layer *gl, int h, size_t at, struct alexcl_error *err) {
    struct worker *worker = r->worker;
    size_t row = worker->graph->output_floats, floats = layer_out_floats(&gl->half[h]);
    assert((size_t)r->images * floats <= worker->output_floats);
    int span = run_open_span(r, ALEXCL_WORK_TRANSFER, "output", h, 0, r->images);
    int status = storage_read(worker_value(worker, h, gl->out), 0, worker->output, (size_t)r->images * floats, err);
    timeline_close(worker->timeline, span);
    if (status != ALEXCL_OK) return status;
    float *to = worker->shared->batch.out + (size_t)worker->first * row + at;
    for (size_t n = 0; n < (size_t)r->images; n++)
        layer_take_out(&gl->half[h], worker->output + n * floats, to + n * row);
    return ALEXCL_OK;
}

/* Copies the outputs to the caller's array, one behind the other; each half has its own part of every one. */
static int run_download(struct run *r, struct alexcl_error *err) {
    struct worker *worker = r->worker;
    const struct graph *g = worker->graph;
    size_t at = 0;
    int finish = run_open_span(r, ALEXCL_WORK_WAIT, "output", -1, 0, r->images);
    /* Wait by a finish: there Intel's runtime lets this thread compute as well, while in a blocking read this thread
     * would idle. */
    int status = worker->target.device ? device_finish(worker->target.device, err) : ALEXCL_OK;
    timeline_close(worker->timeline, finish);
    for (int i = 0; i < g->output_count; i++) {
        const struct graph_layer *gl = &g->layers[g->outputs[i]];
        for (int h = 0; h < 2 && status == ALEXCL_OK; h++) {
            if (worker_runs(worker, h)) status = run_download_half(r, gl, h, at, err);
            at += shape_size(gl->half[h].shape.out);
        }
    }
    return status;
}

/* Runs images first .. first+count-1 through a run of `layers` layers: a few images through all of them, then the next
 * few. */
static int run_layers(struct run *r, const struct graph_schedule_section *section, const struct graph_step *steps,
                      int layers, int first, int count, struct alexcl_error *err) {
    int status = ALEXCL_OK, together = run_together(r, section, count), end = first + count;
    struct worker *worker = r->worker;
    for (int from = first; from < end; from += together) {
        for (int i = 0; i < layers; i++) {
            TRY(run_layer(r, steps[i].index, from, end - from < together ? end - from : together, err));
            /* So the device begins while the rest of the slice is enqueued. */
            if (worker->pinned && from == first && i == 0) TRY(device_flush(worker->target.device, err));
        }
        /* When many launches wait, Intel's runtime delays the next enqueue, and this thread, which could compute inside
         * a finish, idles. */
        r->waiting += 2 * layers;
        if (worker->graph->block > 1 && r->waiting > WORKER_WAITING) {
            TRY(device_finish(worker->target.device, err));
            r->waiting = 0;
        }
    }
done:
    return status;
}

/* Runs one step for the images of a slice. */
static int run_step(struct run *r, const struct graph_step *step, int first, int count, struct alexcl_error *err) {
    switch (step->kind) {
    case GRAPH_STEP_UPLOAD: return run_upload(r, first, count, err);
    case GRAPH_STEP_RECEIVE: return run_receive(r, step->index, first, count, err);
    case GRAPH_STEP_JOIN: return run_join(r, step->index, first, count, err);
    case GRAPH_STEP_COPY: return run_copy_halo(r, step->index, first, count, err);
    case GRAPH_STEP_SEND: return run_send(r, step->index, first, count, err);
    case GRAPH_STEP_UPLOAD_NEXT: return first + count == r->images ? run_upload_next(r, err) : ALEXCL_OK;
    case GRAPH_STEP_LAYER: break; /* done by run_layers */
    }
    return ALEXCL_OK;
}

static int run_slice(struct run *r, const struct graph_schedule_section *section, int first, int count,
                     struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct graph_schedule *schedule = r->worker->schedule;
    assert(section->first >= 0 && section->first + section->count <= schedule->step_count);
    assert(first >= 0 && count >= 0 && first + count <= r->worker->capacity);
    const struct graph_step *step = &schedule->steps[section->first], *end = step + section->count;
    while (step < end) {
        const struct graph_step *from = step++;
        while (from->kind == GRAPH_STEP_LAYER && step < end && step->kind == GRAPH_STEP_LAYER) step++;
        if (from->kind == GRAPH_STEP_LAYER)
            TRY(run_layers(r, section, from, (int)(step - from), first, count, err));
        else
            TRY(run_step(r, from, first, count, err));
    }
    if (r->worker->target.device) TRY(device_flush(r->worker->target.device, err));
done:
    return status;
}

static int run_schedule(struct run *r, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct worker *worker = r->worker;
    for (int x = 0; x < worker->graph->crossing_count; x++) worker->sends[x].sent = worker->sends[x].taken = 0;
    for (int s = 0; s < worker->schedule->section_count; s++) {
        const struct graph_schedule_section *section = &worker->schedule->sections[s];
        int slices = run_slices(r, section);
        for (int j = 0; j < slices; j++) {
            int first = r->images * j / slices, count = r->images * (j + 1) / slices - first;
            TRY(callbacks_cancelled(&worker->shared->settings, err));
            TRY(run_slice(r, section, first, count, err));
        }
    }
    TRY(run_download(r, err));
    if (worker->target.device)
        TRY(device_finish(worker->target.device, err)); /* adds up the times of the copies as well */
done:
    return status;
}

static double run_cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int run_batch(struct worker *worker, struct alexcl_error *err) {
    struct run r = {.worker = worker, .images = worker->count};
    double start = run_cpu_seconds();
    uint64_t begun = timeline_now();
    int status = worker->count ? run_schedule(&r, err) : run_upload_next(&r, err);
    if (status == ALEXCL_OK && !worker->count && worker->next) status = device_finish(worker->target.device, err);
    worker->seconds = (double)(timeline_now() - begun) * 1e-9;
    if (!worker->target.device) worker->reference_seconds += run_cpu_seconds() - start;
    event_free(r.uploaded);
    if (status != ALEXCL_OK) {
        exchange_abort(worker->shared->exchange);
        /* Commands that still run use memory that the next batch will use. */
        struct alexcl_error ignored = {0};
        if (worker->target.device) (void)device_finish(worker->target.device, &ignored);
        for (int x = 0; x < worker->graph->crossing_count; x++)
            for (int i = worker->sends[x].taken; i < worker->sends[x].sent; i++)
                event_free(worker->sends[x].slices[i].event);
    }
    return status;
}
