/* SPDX-License-Identifier: MIT */
/* What a device can do at most: chains of fma in registers, and reading more memory than its caches hold. Rounds are
 * doubled until a launch is long enough to be measured, by the event's clock or the host's, whichever ends it first;
 * the best of several launches counts. */
#include "peak.h"

#include <stdio.h>

#include "timeline.h"

static const uint64_t PEAK_NANOSECONDS = 10000000; /* of a launch, at least: what starts and ends it no longer counts */
static const uint64_t PEAK_BYTES = 256 << 20;      /* read by a launch: more than caches hold */
/* by the host's clock: a launch gets no longer, whatever its event tells */
static const uint64_t PEAK_WALL = 100000000;
/* of a buffer that is there already, which is read instead of one of its own */
static const uint64_t PEAK_ENOUGH = 64 << 20;
enum { PEAK_TRIES = 8, PEAK_MAX_ROUNDS = 1 << 20 };

struct peak_form peak_form_of(const struct device *dev) {
    const struct device_limits *limits = device_limits(dev);
    int cpu = limits->kind == ALEXCL_DEVICE_CPU, wide = limits->vector_floats == 8 || limits->vector_floats == 16;
    struct peak_form f = {
        .width = cpu && wide ? (int)limits->vector_floats : 4, .group = cpu ? 1 : 64, .neighbours = !cpu};
    f.items = (int)limits->compute_units * (cpu ? 8 : 2048);
    snprintf(f.defines, sizeof f.defines, "-DWIDTH=%d -DGROUP=%d", f.width, f.group);
    return f;
}

/* Nanoseconds of one launch, by its event and by the host's clock. */
static int peak_launch(struct device *dev, struct kernel *k, const struct kernel_range *range,
                       const struct kernel_arg *args, size_t count, uint64_t *took, uint64_t *wall,
                       struct alexcl_error *err) {
    uint64_t start = timeline_now(), before[DEVICE_ACCOUNTS], after[DEVICE_ACCOUNTS];
    device_times(dev, before);
    device_time_launches(dev, 1);
    int status = kernel_launch(k, "the measurement of its peak", range, args, count, err);
    if (status == ALEXCL_OK) status = device_finish(dev, err);
    device_time_launches(dev, 0);
    device_times(dev, after);
    *took = after[DEVICE_COMPUTE] - before[DEVICE_COMPUTE];
    *wall = timeline_now() - start;
    return status;
}

int peak_measure(struct device *dev, struct peak *out, struct alexcl_error *err) {
    int status = ALEXCL_OK, rounds = 256;
    struct kernel *compute = NULL, *read = NULL;
    struct buffer *x = NULL, *y = NULL, *own = NULL;
    struct peak_form f = peak_form_of(dev);
    struct kernel_range range = {1, {0}, {(size_t)f.items}, {(size_t)f.group}};
    uint64_t took = 0, wall = 0;
    *out = (struct peak){0};
    if (!device_has_times(dev)) return ALEXCL_OK;
    TRY(kernel_create(dev, "peak", "peak_fma", f.defines, &compute, err));
    TRY(kernel_create(dev, "peak", "peak_read", f.defines, &read, err));
    TRY(buffer_create(dev, (size_t)f.items, "the measurement of its peak", &y, err));
    for (int i = 0; i < PEAK_TRIES;) {
        const struct kernel_arg args[] = {ARG_BUFFER(y), ARG_INT(f.items), ARG_INT(rounds), ARG_FLOAT(0.5f),
                                          ARG_FLOAT(1.0f)};
        TRY(peak_launch(dev, compute, &range, args, sizeof args / sizeof *args, &took, &wall, err));
        if (!device_has_times(dev)) goto done; /* as this launch has shown */
        if (took < PEAK_NANOSECONDS && wall < PEAK_WALL && rounds < PEAK_MAX_ROUNDS) {
            rounds *= 2;
            continue;
        }
        double rate = took ? 16.0 * f.width * rounds * f.items / ((double)took * 1e-9) : 0;
        if (rate > out->flops) out->flops = rate;
        i++;
    }
    /* A large buffer of the net's, so that nothing is taken that is not planned; else of what the device has left a
     * part. */
    x = buffer_largest(dev);
    uint64_t max = x ? (uint64_t)buffer_floats(x) * sizeof(float) : 0, vector = (uint64_t)f.width * sizeof(float);
    if (max < PEAK_ENOUGH) {
        x = NULL;
        max = (device_limits(dev)->memory - buffer_total(dev)) / 4;
        if (max > device_limits(dev)->max_alloc) max = device_limits(dev)->max_alloc;
    }
    if (max > PEAK_BYTES) max = PEAK_BYTES;
    int count = (int)(max / (vector * 4 * (uint64_t)f.items));
    if (count == 0) goto done; /* nothing is left: the peak of reading stays unknown */
    uint64_t bytes = (uint64_t)count * 4 * vector * (uint64_t)f.items;
    if (!x) {
        TRY(buffer_create(dev, bytes / sizeof(float), "the measurement of its peak", &own, err));
        x = own;
    }
    for (int i = 0; i < PEAK_TRIES; i++) {
        const struct kernel_arg args[] = {ARG_BUFFER(x),
                                          ARG_BUFFER(y),
                                          ARG_INT(f.items),
                                          ARG_INT(count),
                                          ARG_INT(f.neighbours ? 1 : 4 * count),
                                          ARG_INT(f.neighbours ? f.items : 1)};
        TRY(peak_launch(dev, read, &range, args, sizeof args / sizeof *args, &took, &wall, err));
        double rate = took ? (double)bytes / ((double)took * 1e-9) : 0;
        if (rate > out->bytes) out->bytes = rate;
    }
done:
    kernel_free(compute);
    kernel_free(read);
    buffer_free(own);
    buffer_free(y);
    return status;
}
