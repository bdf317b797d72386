/* SPDX-License-Identifier: MIT */
/* One batch on one lane: its own images. Two lanes run this at the same time; where each has one half, they meet at the
 * crossings:
 *
 *   work queue      | section 0, slice 0 | section 0, slice 1 | join, section 1, slice 0 | ...
 *   transfer queue                       | send 0             | send 1, receive 0        | ... | the next batch's input
 *
 * A slice is sent while the next one is computed. Nothing behind the first sections reads the input: the next batch is
 * copied into it while the other sections run. Every value is computed by the same operations whatever the placement,
 * the slices or the batch are, so the scores are equal to the bit on devices of one kind. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "callbacks.h"
#include "lane.h"

struct run {
    struct lane *lane;
    int images;
    int messages;           /* of the batch, so far */
    int waiting;            /* layers of halves that are enqueued and not waited for */
    struct event *uploaded; /* the batch's images have left lane->images; NULL: nothing was there */
};

static int run_slices(const struct run *r, const struct graph_schedule_section *section) {
    if (lane_has_both(r->lane) || section->whole) return 1;
    return r->images < LANE_SLICES ? 1 : LANE_SLICES;
}

/* Images, of `count`, that go through a section's layers together: on a CPU as many as its caches hold from one layer
 * to the next, in equal parts. */
static int run_together(const struct run *r, const struct graph_schedule_section *section, int count) {
    const struct graph *g = r->lane->graph;
    size_t floats = 1;
    if (g->block == 1 || section->whole || count < 1) return count;
    for (int i = section->first; i < section->first + section->count; i++) {
        const struct graph_step *step = &r->lane->schedule->steps[i];
        if (step->kind != GRAPH_STEP_LAYER) continue;
        for (int h = 0; h < 2; h++)
            if (lane_runs(r->lane, h) && g->values[g->layers[step->index].out].floats[h] > floats)
                floats = g->values[g->layers[step->index].out].floats[h];
    }
    int most = (int)(LANE_TOGETHER / (floats * sizeof(float))), parts = most < 1 ? count : (count + most - 1) / most;
    return (count + parts - 1) / parts;
}

/* Opens a span for images first .. first+count-1 of the lane's own. */
static int run_open_span(const struct run *r, enum alexcl_work work, const char *layer, int half, int first,
                         int count) {
    return timeline_open(r->lane->timeline, work, layer, half, r->lane->first + first, count);
}

/* Starts the copy of the first `count` of `from` to the device's images from `first` on, behind `after` (may be NULL).
 * `from` is the caller's: a device that copies by itself is given it in memory of its driver. */
static int run_write_input(struct lane *lane, const float *from, int first, int count, const struct event *after,
                           struct event **written, struct alexcl_error *err) {
    size_t floats = lane->graph->values[0].floats[0];
    struct buffer_region region = {
        .row = (size_t)first, .rows = (size_t)count, .pitch = floats, .first = 0, .width = floats};
    if (lane->images) from = memcpy(lane->images + (size_t)first * floats, from, (size_t)count * floats * sizeof *from);
    return buffer_write_region(lane->input.buffer, &region, from, after, DEVICE_TRANSFER, written, err);
}

static int run_upload(struct run *r, int first, int count, struct alexcl_error *err) {
    struct lane *lane = r->lane;
    size_t floats = lane->graph->values[0].floats[0];
    const float *from = lane->shared->batch.in + (size_t)(lane->first + first) * floats;
    if (lane->copied) return ALEXCL_OK;
    int span = run_open_span(r, ALEXCL_WORK_TRANSFER, "input", -1, first, count);
    if (!lane->target.device) {
        memcpy(lane->input.host + (size_t)first * floats, from, (size_t)count * floats * sizeof *from);
        timeline_close(lane->timeline, span);
        return ALEXCL_OK;
    }
    struct event *written = NULL;
    int status = run_write_input(lane, from, first, count, NULL, &written, err);
    if (status == ALEXCL_OK) status = device_wait_for(lane->target.device, written, err);
    event_free(r->uploaded);
    r->uploaded = written;
    timeline_close(lane->timeline, span);
    return status;
}

/* Starts the copy of the next batch's images behind what is enqueued so far. The batch's end waits for it, too. */
static int run_upload_next(struct run *r, struct alexcl_error *err) {
    struct lane *lane = r->lane;
    if (!lane->next) return ALEXCL_OK;
    struct event *computed = NULL, *written = NULL;
    int span = timeline_open(lane->timeline, ALEXCL_WORK_TRANSFER, "input", -1, 0, lane->next_count);
    /* It takes this batch's place in lane->images. Their copy stands before what is computed now, so there is little to
     * wait for. */
    int status = lane->images && r->uploaded ? event_wait(r->uploaded, err) : ALEXCL_OK;
    if (status == ALEXCL_OK) status = device_mark(lane->target.device, &computed, err);
    if (status == ALEXCL_OK) status = run_write_input(lane, lane->next, 0, lane->next_count, computed, &written, err);
    event_free(computed);
    event_free(written);
    timeline_close(lane->timeline, span);
    return status;
}

/* Where a part of what is sent lies on the target that made it: all of it, or its channels of one block. 0: there is no
 * such part. */
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
    /* A few lanes of one block, for each place of the map. */
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

/* `count` images from one way of lying to another. */
static void run_convert(float *to, const struct graph_sent *to_sent, const float *from,
                        const struct graph_sent *from_sent, int count) {
    memset(to, 0, (size_t)count * to_sent->floats * sizeof *to);
    for (int n = 0; n < count; n++, to += to_sent->floats, from += from_sent->floats)
        for (int c = 0; c < to_sent->count; c++)
            for (int i = 0; i < to_sent->hw; i++)
                to[graph_sent_position(to_sent, c, i)] = from[graph_sent_position(from_sent, c, i)];
}

/* Starts the copy of this lane's half of a crossing to the host. */
static int run_send(struct run *r, int crossing, int first, int count, struct alexcl_error *err) {
    struct lane *lane = r->lane;
    int h = lane->index, status = ALEXCL_OK;
    struct graph_sent sent = graph_sent(lane->graph, crossing, h);
    struct buffer_region region;
    struct storage *from = lane_value(lane, h, lane->graph->crossings[crossing].value);
    float *to = lane->staging[crossing] + (size_t)first * sent.floats;
    struct lane_sends *sends = &lane->sends[crossing];
    struct lane_send *send = &sends->slices[sends->sent++];
    struct event *computed = NULL;
    *send = (struct lane_send){.first = first, .count = count};
    int span = run_open_span(r, ALEXCL_WORK_EXCHANGE, graph_crossing_name(lane->graph, crossing), h, first, count);
    if (lane->target.device) TRY(device_mark(lane->target.device, &computed, err));
    for (int part = 0; run_sent_part(&sent, part, first, count, &region); part++) {
        if (!lane->target.device) {
            run_pack(to, from->host, &region);
            continue;
        }
        /* The copies of one queue: the last one's end is the end of all. */
        event_free(send->event);
        send->event = NULL;
        TRY(buffer_read_region(from->buffer, &region, to, computed, DEVICE_EXCHANGE, &send->event, err));
    }
done:
    event_free(computed);
    timeline_close(lane->timeline, span);
    return status;
}

/* Brings what the other half sent to the device. */
static int run_take(struct run *r, int crossing, const struct lane_send *send, struct alexcl_error *err) {
    struct lane *lane = r->lane;
    int h = lane->index, status = ALEXCL_OK;
    struct graph_sent sent = graph_sent(lane->other->graph, crossing, 1 - h),
                      mine = graph_sent(lane->graph, crossing, 1 - h);
    size_t floats = mine.floats, count = (size_t)send->count, first = (size_t)send->first;
    const float *from = lane->other->staging[crossing] + first * sent.floats;
    struct storage *to = &lane->received[h][crossing];
    struct event *written = NULL;
    if (floats == 0) return ALEXCL_OK;
    if (lane->arrived[crossing]) {
        float *arrived = lane->arrived[crossing] + first * floats;
        if (sent.block != mine.block)
            run_convert(arrived, &mine, from, &sent, send->count);
        else
            memcpy(arrived, from, count * floats * sizeof *from);
        from = arrived;
    }
    if (!lane->target.device) {
        memcpy(to->host + first * floats, from, count * floats * sizeof *from);
        return ALEXCL_OK;
    }
    struct buffer_region region = {.row = first, .rows = count, .pitch = floats, .first = 0, .width = floats};
    TRY(buffer_write_region(to->buffer, &region, from, NULL, DEVICE_EXCHANGE, &written, err));
    TRY(device_wait_for(lane->target.device, written, err));
done:
    event_free(written);
    return status;
}

/* Publishes the next own message of a crossing, waits for the other half's, and brings it here. */
static int run_receive_next(struct run *r, int crossing, struct alexcl_error *err) {
    struct lane *lane = r->lane;
    int h = lane->index, status = ALEXCL_OK, message = r->messages++, span = -1;
    struct lane_sends *sends = &lane->sends[crossing];
    struct lane_send *send = &sends->slices[sends->taken++];
    const char *layer = graph_crossing_name(lane->graph, crossing);
    if (send->event) TRY(event_wait(send->event, err));
    exchange_publish(lane->shared->exchange, h, message);
    span = run_open_span(r, ALEXCL_WORK_WAIT, layer, h, send->first, send->count);
    TRY(exchange_await(lane->shared->exchange, h, message));
    timeline_close(lane->timeline, span);
    span = run_open_span(r, ALEXCL_WORK_EXCHANGE, layer, h, send->first, send->count);
    TRY(run_take(r, crossing, send, err));
done:
    timeline_close(lane->timeline, span);
    event_free(send->event);
    send->event = NULL;
    return status;
}

/* All messages that have something of images first .. first+count-1. */
static int run_receive(struct run *r, int crossing, int first, int count, struct alexcl_error *err) {
    const struct lane_sends *sends = &r->lane->sends[crossing];
    int status = ALEXCL_OK;
    while (status == ALEXCL_OK && sends->taken < sends->sent && sends->slices[sends->taken].first < first + count)
        status = run_receive_next(r, crossing, err);
    return status;
}

/* Joins two halves for images first .. first+count-1. */
static int run_join(struct run *r, int crossing, int first, int count, struct alexcl_error *err) {
    struct lane *lane = r->lane;
    const struct graph *g = lane->graph;
    struct graph_sent sent[2] = {graph_sent(g, crossing, 0), graph_sent(g, crossing, 1)};
    const struct storage *half[2];
    for (int h = 0; h < 2; h++)
        half[h] =
            lane_runs(lane, h) ? lane_value(lane, h, g->crossings[crossing].value) : &lane->received[1 - h][crossing];
    const char *layer = graph_crossing_name(g, crossing);
    int span = run_open_span(r, ALEXCL_WORK_JOIN, layer, -1, first, count);
    int status = join_run(lane->join, layer, sent[0].floats, sent[1].floats, half[0], half[1], &lane->joined[crossing],
                          first, count, err);
    timeline_close(lane->timeline, span);
    return status;
}

/* Both halves on one target: each gets the other's halo by a copy in place. */
static int run_copy_halo(struct run *r, int crossing, int first, int count, struct alexcl_error *err) {
    struct lane *lane = r->lane;
    const struct graph *g = lane->graph;
    int status = ALEXCL_OK, value = g->crossings[crossing].value;
    for (int h = 0; h < 2 && status == ALEXCL_OK; h++) {
        struct graph_sent sent = graph_sent(g, crossing, 1 - h);
        struct buffer_region region;
        struct storage *from = lane_value(lane, 1 - h, value), *to = &lane->received[h][crossing];
        if (sent.floats == 0) continue;
        int span = run_open_span(r, ALEXCL_WORK_JOIN, graph_crossing_name(g, crossing), h, first, count);
        for (int part = 0; status == ALEXCL_OK && run_sent_part(&sent, part, first, count, &region); part++)
            if (lane->target.device)
                status = buffer_copy_region(from->buffer, &region, to->buffer, (size_t)first * sent.floats, err);
            else
                run_pack(to->host + (size_t)first * sent.floats, from->host, &region);
        timeline_close(lane->timeline, span);
    }
    return status;
}

/* Image lane_batch.check: notes the first layer whose output is not finite. */
static int run_check(struct run *r, int layer, int half, int first, int count, struct alexcl_error *err) {
    struct lane *lane = r->lane;
    int image = lane->shared->batch.check - lane->first; /* of its own, if it is among them */
    const struct graph_layer *gl = &lane->graph->layers[layer];
    size_t floats = layer_out_floats(&gl->half[half]);
    if (image < first || image >= first + count || (lane->not_finite >= 0 && lane->not_finite <= layer))
        return ALEXCL_OK;
    float *part = lane->output; /* free until the batch's end */
    for (size_t i = 0; i < floats; i += lane->output_floats) {
        size_t m = floats - i < lane->output_floats ? floats - i : lane->output_floats;
        int status = storage_read(lane_value(lane, half, gl->out), (size_t)image * floats + i, part, m, err);
        if (status != ALEXCL_OK) return status;
        for (size_t j = 0; j < m; j++) {
            if (isfinite(part[j])) continue;
            lane->not_finite = layer;
            return ALEXCL_OK;
        }
    }
    return ALEXCL_OK;
}

/* Where a half of a layer reads its input j. */
static struct layer_source run_source(struct lane *lane, const struct graph_layer *gl, int half, int j) {
    int crossing = gl->crossings[j];
    struct layer_source s = {.own = lane_value(lane, half, gl->values[j])};
    if (crossing >= 0 && lane->graph->crossings[crossing].kind == GRAPH_JOIN) s.own = &lane->joined[crossing];
    if (crossing >= 0 && lane->graph->crossings[crossing].kind == GRAPH_HALO) s.halo = &lane->received[half][crossing];
    return s;
}

static int run_layer(struct run *r, int i, int first, int count, struct alexcl_error *err) {
    struct lane *lane = r->lane;
    struct graph_layer *gl = &lane->graph->layers[i];
    for (int h = 0; h < 2; h++) {
        struct layer_source sources[LAYER_INPUTS];
        if (!lane_runs(lane, h)) continue;
        for (int j = 0; j < gl->input_count; j++) sources[j] = run_source(lane, gl, h, j);
        struct layer_io io = {
            .in = sources,
            .out = lane_value(lane, h, gl->out),
            .workspace = &lane->workspace,
            .first = first,
            .count = count,
        };
        int span = gl->half[h].shape.view
                       ? -1
                       : run_open_span(r, ALEXCL_WORK_LAYER, gl->half[h].shape.desc->name, h, first, count);
        int status = gl->half[h].shape.view ? ALEXCL_OK : layer_run(&gl->half[h], LAYER_FORWARD, &io, err);
        timeline_close(lane->timeline, span);
        if (status == ALEXCL_OK && lane->shared->batch.check >= 0) status = run_check(r, i, h, first, count, err);
        if (status != ALEXCL_OK) return status;
    }
    return ALEXCL_OK;
}

/* Copies the last layer's output to the caller's array, each half at its place in every row. */
static int run_download(struct run *r, struct alexcl_error *err) {
    struct lane *lane = r->lane;
    const struct graph *g = lane->graph;
    const struct graph_layer *last = &g->layers[g->layer_count - 1];
    size_t row = shape_size(g->output), first_floats = shape_size(last->half[0].shape.out);
    int finish = run_open_span(r, ALEXCL_WORK_WAIT, "output", -1, 0, r->images);
    /* By a finish, in which Intel's runtime lets this thread compute as well; a blocking read leaves all the work to
     * the others. */
    int finished = lane->target.device ? device_finish(lane->target.device, err) : ALEXCL_OK;
    timeline_close(lane->timeline, finish);
    if (finished != ALEXCL_OK) return finished;
    for (int h = 0; h < 2; h++) {
        if (!lane_runs(lane, h)) continue;
        size_t floats = layer_out_floats(&last->half[h]);
        int span = run_open_span(r, ALEXCL_WORK_TRANSFER, "output", h, 0, r->images);
        int status = storage_read(lane_value(lane, h, last->out), 0, lane->output, (size_t)r->images * floats, err);
        timeline_close(lane->timeline, span);
        if (status != ALEXCL_OK) return status;
        float *to = lane->shared->batch.out + (size_t)lane->first * row + (h ? first_floats : 0);
        for (size_t n = 0; n < (size_t)r->images; n++)
            layer_take_out(&last->half[h], lane->output + n * floats, to + n * row);
    }
    return ALEXCL_OK;
}

/* Images first .. first+count-1 through `layers` steps, a few of them at a time through all. */
static int run_layers(struct run *r, const struct graph_schedule_section *section, const struct graph_step *steps,
                      int layers, int first, int count, struct alexcl_error *err) {
    int status = ALEXCL_OK, together = run_together(r, section, count), end = first + count;
    struct lane *lane = r->lane;
    for (int from = first; from < end; from += together) {
        for (int i = 0; i < layers; i++) {
            TRY(run_layer(r, steps[i].index, from, end - from < together ? end - from : together, err));
            /* The device begins while the rest of the slice is handed out. */
            if (lane->pinned && from == first && i == 0) TRY(device_flush(lane->target.device, err));
        }
        /* Where many launches wait, Intel's runtime holds the next enqueue up, and this thread, which computes in a
         * finish, idles. */
        r->waiting += 2 * layers;
        if (lane->graph->block > 1 && r->waiting > LANE_WAITING) {
            TRY(device_finish(lane->target.device, err));
            r->waiting = 0;
        }
    }
done:
    return status;
}

/* One step for the images of a slice. */
static int run_step(struct run *r, const struct graph_step *step, int first, int count, struct alexcl_error *err) {
    switch (step->kind) {
    case GRAPH_STEP_UPLOAD: return run_upload(r, first, count, err);
    case GRAPH_STEP_RECEIVE: return run_receive(r, step->index, first, count, err);
    case GRAPH_STEP_JOIN: return run_join(r, step->index, first, count, err);
    case GRAPH_STEP_COPY: return run_copy_halo(r, step->index, first, count, err);
    case GRAPH_STEP_SEND: return run_send(r, step->index, first, count, err);
    case GRAPH_STEP_UPLOAD_NEXT: return first + count == r->images ? run_upload_next(r, err) : ALEXCL_OK;
    case GRAPH_STEP_LAYER: break; /* run_layers */
    }
    return ALEXCL_OK;
}

static int run_slice(struct run *r, const struct graph_schedule_section *section, int first, int count,
                     struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct graph_step *step = &r->lane->schedule->steps[section->first], *end = step + section->count;
    while (step < end) {
        const struct graph_step *from = step++;
        while (from->kind == GRAPH_STEP_LAYER && step < end && step->kind == GRAPH_STEP_LAYER) step++;
        if (from->kind == GRAPH_STEP_LAYER)
            TRY(run_layers(r, section, from, (int)(step - from), first, count, err));
        else
            TRY(run_step(r, from, first, count, err));
    }
    if (r->lane->target.device) TRY(device_flush(r->lane->target.device, err));
done:
    return status;
}

static int run_schedule(struct run *r, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct lane *lane = r->lane;
    for (int x = 0; x < lane->graph->crossing_count; x++) lane->sends[x].sent = lane->sends[x].taken = 0;
    for (int s = 0; s < lane->schedule->section_count; s++) {
        const struct graph_schedule_section *section = &lane->schedule->sections[s];
        int slices = run_slices(r, section);
        for (int j = 0; j < slices; j++) {
            int first = r->images * j / slices, count = r->images * (j + 1) / slices - first;
            TRY(callbacks_cancelled(&lane->shared->settings, err));
            TRY(run_slice(r, section, first, count, err));
        }
    }
    TRY(run_download(r, err));
    if (lane->target.device) TRY(device_finish(lane->target.device, err)); /* adds up the times of the copies, too */
done:
    return status;
}

static double run_cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int run_batch(struct lane *lane, struct alexcl_error *err) {
    struct run r = {.lane = lane, .images = lane->count};
    double start = run_cpu_seconds();
    uint64_t begun = timeline_now();
    int status = lane->count ? run_schedule(&r, err) : run_upload_next(&r, err);
    if (status == ALEXCL_OK && !lane->count && lane->next) status = device_finish(lane->target.device, err);
    lane->seconds = (double)(timeline_now() - begun) * 1e-9;
    if (!lane->target.device) lane->reference_seconds += run_cpu_seconds() - start;
    if (lane->timeline) lane->timeline->run++;
    event_free(r.uploaded);
    if (status != ALEXCL_OK) {
        exchange_abort(lane->shared->exchange);
        /* What is under way still reads and writes memory that the next batch uses. */
        struct alexcl_error ignored = {0};
        if (lane->target.device) (void)device_finish(lane->target.device, &ignored);
        for (int x = 0; x < lane->graph->crossing_count; x++)
            for (int i = lane->sends[x].taken; i < lane->sends[x].sent; i++) event_free(lane->sends[x].slices[i].event);
    }
    return status;
}
