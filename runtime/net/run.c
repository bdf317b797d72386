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

#include "lane.h"

struct run_send {
    struct event *event; /* the copy to the host; NULL once published, and on the reference */
    int first, count;    /* images */
    int message;         /* number in the batch */
};

struct run {
    struct lane *lane;
    int images;
    int messages;                                                /* sent so far */
    struct run_send arriving[LANE_SLICES], leaving[LANE_SLICES]; /* at the crossings before and behind this section */
    int arriving_count, arriving_taken, leaving_count;
    struct event *uploaded; /* the batch's images have left lane->images; NULL: nothing was there */
};

static int run_takes_whole(const struct graph *g, int section) {
    const struct graph_section *s = &g->sections[section];
    for (int i = s->first; i < s->first + s->count; i++)
        if (g->layers[i].half[0].shape.ops->whole_batch) return 1;
    return 0;
}

static int run_slices(const struct run *r, int section) {
    if (lane_has_both(r->lane) || run_takes_whole(r->lane->graph, section)) return 1;
    return r->images < LANE_SLICES ? 1 : LANE_SLICES;
}

/* Images, of `count`, that go through a section's layers together: on a CPU as many as its caches hold from one layer
 * to the next, in equal parts. */
static int run_together(const struct run *r, int section, int count) {
    const struct graph *g = r->lane->graph;
    const struct graph_section *s = &g->sections[section];
    size_t floats = 1;
    if (g->block == 1 || run_takes_whole(g, section) || count < 1) return count;
    for (int i = s->first; i < s->first + s->count; i++)
        for (int h = 0; h < 2; h++)
            if (lane_runs(r->lane, h) && g->values[g->layers[i].out].floats[h] > floats)
                floats = g->values[g->layers[i].out].floats[h];
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
    if (!lane->place.device) {
        memcpy(lane->input.host + (size_t)first * floats, from, (size_t)count * floats * sizeof *from);
        timeline_close(lane->timeline, span);
        return ALEXCL_OK;
    }
    struct event *written = NULL;
    int status = run_write_input(lane, from, first, count, NULL, &written, err);
    if (status == ALEXCL_OK) status = device_wait_for(lane->place.device, written, err);
    event_free(r->uploaded);
    r->uploaded = written;
    timeline_close(lane->timeline, span);
    return status;
}

/* The last section that reads the input. */
static int run_last_reader(const struct graph *g) {
    int last = 0;
    for (int s = 0; s < g->section_count; s++)
        for (int i = g->sections[s].first; i < g->sections[s].first + g->sections[s].count; i++)
            if (g->values[g->layers[i].in].kind == GRAPH_INPUT) last = s;
    return last;
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
    if (status == ALEXCL_OK) status = device_mark(lane->place.device, &computed, err);
    if (status == ALEXCL_OK) status = run_write_input(lane, lane->next, 0, lane->next_count, computed, &written, err);
    event_free(computed);
    event_free(written);
    timeline_close(lane->timeline, span);
    return status;
}

/* Where it lies on the place that made it. */
static struct buffer_region run_sent_region(const struct graph_sent *sent, int first, int count) {
    struct buffer_region region = {
        .row = (size_t)first, .rows = (size_t)count, .pitch = sent->pitch, .width = sent->floats};
    if (!sent->seam) return region;
    size_t channel = (size_t)sent->first, hw = (size_t)sent->hw, block = (size_t)sent->block;
    if (sent->block == 1) {
        region.first = channel * hw;
        return region;
    }
    /* A few lanes of one block, for each place of the map. */
    region.first = channel / block * block * hw + channel % block;
    region.lines = hw;
    region.line_pitch = block;
    region.width = (size_t)sent->count;
    return region;
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
static int run_send(struct run *r, int cross, int first, int count, struct alexcl_error *err) {
    struct lane *lane = r->lane;
    int h = lane->index;
    struct graph_sent sent = graph_sent(lane->graph, cross, h);
    struct buffer_region region = run_sent_region(&sent, first, count);
    struct storage *from = lane_value(lane, h, graph_crossing_layer(lane->graph, cross)->in);
    float *to = lane->staging[cross] + (size_t)first * sent.floats;
    struct run_send *send = &r->leaving[r->leaving_count++];
    *send = (struct run_send){.first = first, .count = count, .message = r->messages++};
    int span =
        run_open_span(r, ALEXCL_WORK_EXCHANGE,
                      graph_crossing_layer(lane->shared->graph, cross)->half[h].shape.desc->name, h, first, count);
    if (!lane->place.device) {
        run_pack(to, from->host, &region);
        timeline_close(lane->timeline, span);
        return ALEXCL_OK;
    }
    struct event *computed = NULL;
    int status = device_mark(lane->place.device, &computed, err);
    if (status == ALEXCL_OK)
        status = buffer_read_region(from->buffer, &region, to, computed, DEVICE_EXCHANGE, &send->event, err);
    event_free(computed);
    timeline_close(lane->timeline, span);
    return status;
}

/* Publishes the next own message of a crossing, waits for the other half's, and brings it here. */
static int run_receive(struct run *r, int cross, struct alexcl_error *err) {
    struct lane *lane = r->lane;
    int h = lane->index, status = ALEXCL_OK;
    struct run_send *send = &r->arriving[r->arriving_taken++];
    const char *layer = graph_crossing_layer(lane->shared->graph, cross)->half[h].shape.desc->name;
    int span = -1;
    if (send->event) TRY(event_wait(send->event, err));
    exchange_publish(lane->shared->exchange, h, send->message);
    span = run_open_span(r, ALEXCL_WORK_WAIT, layer, h, send->first, send->count);
    TRY(exchange_await(lane->shared->exchange, h, send->message));
    timeline_close(lane->timeline, span);
    span = run_open_span(r, ALEXCL_WORK_EXCHANGE, layer, h, send->first, send->count);
    struct graph_sent sent = graph_sent(lane->other->graph, cross, 1 - h), mine = graph_sent(lane->graph, cross, 1 - h);
    size_t floats = mine.floats;
    const float *from = lane->other->staging[cross] + (size_t)send->first * sent.floats;
    if (lane->arrived[cross]) {
        float *arrived = lane->arrived[cross] + (size_t)send->first * floats;
        if (sent.block != mine.block)
            run_convert(arrived, &mine, from, &sent, send->count);
        else
            memcpy(arrived, from, (size_t)send->count * floats * sizeof *from);
        from = arrived;
    }
    struct storage *to = &lane->received[h][cross];
    if (!lane->place.device) {
        memcpy(to->host + (size_t)send->first * floats, from, (size_t)send->count * floats * sizeof *from);
    } else {
        struct event *written = NULL;
        struct buffer_region region = {
            .row = (size_t)send->first, .rows = (size_t)send->count, .pitch = floats, .first = 0, .width = floats};
        status = buffer_write_region(to->buffer, &region, from, NULL, DEVICE_EXCHANGE, &written, err);
        if (status == ALEXCL_OK) status = device_wait_for(lane->place.device, written, err);
        event_free(written);
    }
done:
    timeline_close(lane->timeline, span);
    event_free(send->event);
    send->event = NULL;
    return status;
}

/* Joins two halves for images first .. first+count-1. */
static int run_join(struct run *r, int cross, int first, int count, struct alexcl_error *err) {
    struct lane *lane = r->lane;
    const struct graph *g = lane->graph;
    const struct graph_layer *gl = graph_crossing_layer(g, cross);
    struct graph_sent sent[2] = {graph_sent(g, cross, 0), graph_sent(g, cross, 1)};
    const struct storage *half[2];
    for (int h = 0; h < 2; h++)
        half[h] = lane_runs(lane, h) ? lane_value(lane, h, gl->in) : &lane->received[1 - h][cross];
    const char *layer = gl->half[0].shape.desc->name;
    int span = run_open_span(r, ALEXCL_WORK_JOIN, layer, -1, first, count);
    int status = join_run(lane->join, layer, sent[0].floats, sent[1].floats, half[0], half[1], &lane->joined[cross],
                          first, count, err);
    timeline_close(lane->timeline, span);
    return status;
}

/* Both halves on one place: each gets the other's seam channels by a copy in place. */
static int run_copy_seams(struct run *r, int cross, int first, int count, struct alexcl_error *err) {
    struct lane *lane = r->lane;
    const struct graph *g = lane->graph;
    int in = graph_crossing_layer(g, cross)->in;
    for (int h = 0; h < 2; h++) {
        struct graph_sent sent = graph_sent(g, cross, 1 - h);
        struct buffer_region region = run_sent_region(&sent, first, count);
        struct storage *from = lane_value(lane, 1 - h, in), *to = &lane->received[h][cross];
        int status = ALEXCL_OK,
            span = run_open_span(r, ALEXCL_WORK_JOIN, graph_crossing_layer(g, cross)->half[h].shape.desc->name, h,
                                 first, count);
        if (lane->place.device)
            status = buffer_copy_region(from->buffer, &region, to->buffer, (size_t)first * sent.floats, err);
        else
            run_pack(to->host + (size_t)first * sent.floats, from->host, &region);
        timeline_close(lane->timeline, span);
        if (status != ALEXCL_OK) return status;
    }
    return ALEXCL_OK;
}

/* Brings what crosses before a section for images first .. first+count-1. */
static int run_cross(struct run *r, int cross, int first, int count, struct alexcl_error *err) {
    int joins = graph_crossing_layer(r->lane->graph, cross)->crossing == GRAPH_JOIN;
    if (lane_has_both(r->lane))
        return joins ? run_join(r, cross, first, count, err) : run_copy_seams(r, cross, first, count, err);
    while (r->arriving_taken < r->arriving_count) {
        const struct run_send *send = &r->arriving[r->arriving_taken];
        if (send->first >= first + count) break;
        int status = run_receive(r, cross, err);
        if (status == ALEXCL_OK && joins) status = run_join(r, cross, send->first, send->count, err);
        if (status != ALEXCL_OK) return status;
    }
    return ALEXCL_OK;
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

static int run_layer(struct run *r, int i, int first, int count, struct alexcl_error *err) {
    struct lane *lane = r->lane;
    struct graph_layer *gl = &lane->graph->layers[i];
    for (int h = 0; h < 2; h++) {
        if (!lane_runs(lane, h)) continue;
        struct layer_io io = {
            .in = gl->crossing == GRAPH_JOIN ? &lane->joined[gl->cross] : lane_value(lane, h, gl->in),
            .out = lane_value(lane, h, gl->out),
            .seam = gl->crossing == GRAPH_SEAM ? &lane->received[h][gl->cross] : NULL,
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
    int finished = lane->place.device ? device_finish(lane->place.device, err) : ALEXCL_OK;
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

static int run_sections(struct run *r, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct lane *lane = r->lane;
    const struct graph *g = lane->graph;
    int reader = run_last_reader(g), waiting = 0;
    for (int s = 0; s < g->section_count; s++) {
        int slices = run_slices(r, s);
        memcpy(r->arriving, r->leaving, sizeof r->arriving);
        r->arriving_count = r->leaving_count;
        r->arriving_taken = r->leaving_count = 0;
        for (int j = 0; j < slices; j++) {
            int first = r->images * j / slices, count = r->images * (j + 1) / slices - first;
            if (s == 0)
                TRY(run_upload(r, first, count, err));
            else
                TRY(run_cross(r, s - 1, first, count, err));
            int together = run_together(r, s, count);
            for (int from = first; from < first + count; from += together) {
                for (int i = g->sections[s].first; i < g->sections[s].first + g->sections[s].count; i++) {
                    TRY(run_layer(r, i, from, first + count - from < together ? first + count - from : together, err));
                    /* The device begins while the rest of the slice is handed out. */
                    if (lane->pinned && from == first && i == g->sections[s].first)
                        TRY(device_flush(lane->place.device, err));
                }
                /* Where many launches wait, Intel's runtime holds the next enqueue up, and this thread, which computes
                 * in a finish, idles. */
                if (g->block > 1 && (waiting += 2 * g->sections[s].count) > LANE_WAITING) {
                    TRY(device_finish(lane->place.device, err));
                    waiting = 0;
                }
            }
            if (!lane_has_both(lane) && s + 1 < g->section_count) TRY(run_send(r, s, first, count, err));
            if (lane->place.device) TRY(device_flush(lane->place.device, err));
        }
        if (s == reader) TRY(run_upload_next(r, err));
    }
    TRY(run_download(r, err));
    if (lane->place.device) TRY(device_finish(lane->place.device, err)); /* adds up the times of the copies, too */
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
    int status = lane->count ? run_sections(&r, err) : run_upload_next(&r, err);
    if (status == ALEXCL_OK && !lane->count && lane->next) status = device_finish(lane->place.device, err);
    lane->seconds = (double)(timeline_now() - begun) * 1e-9;
    if (!lane->place.device) lane->reference_seconds += run_cpu_seconds() - start;
    if (lane->timeline) lane->timeline->run++;
    event_free(r.uploaded);
    if (status != ALEXCL_OK) {
        exchange_abort(lane->shared->exchange);
        /* What is under way still reads and writes memory that the next batch uses. */
        struct alexcl_error ignored = {0};
        if (lane->place.device) (void)device_finish(lane->place.device, &ignored);
        for (int i = r.arriving_taken; i < r.arriving_count; i++) event_free(r.arriving[i].event);
        for (int i = 0; i < r.leaving_count; i++) event_free(r.leaving[i].event);
    }
    return status;
}
