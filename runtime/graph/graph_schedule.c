/* SPDX-License-Identifier: MIT */
/* A graph as a list of steps for one target. A section begins with what it is the first to receive, and ends with what
 * other sections need of it: a half is sent as soon as it is computed, and awaited as late as possible. Both targets
 * make the same list, so one target sends in the order in which the other receives. */
#include "graph_schedule.h"

#include <assert.h>
#include <stdlib.h>

#include "memory.h"

/* The largest number of steps: an upload of this batch and of the next, every layer, and for every crossing a send, a
 * receive and a join. */
static int schedule_steps(const struct graph *g) { return 2 + g->layer_count + 3 * g->crossing_count; }

static void schedule_add(struct graph_schedule *s, const struct graph *g, enum graph_step_kind kind, int index) {
    assert(s->step_count < schedule_steps(g));
    (void)g; /* where asserts are off */
    s->steps[s->step_count++] = (struct graph_step){kind, index};
    s->sections[s->section_count].count++;
}

static void schedule_add_section(struct graph_schedule *s, const struct graph *g, int index, int both) {
    const struct graph_section *section = &g->sections[index];
    s->sections[s->section_count] = (struct graph_schedule_section){.first = s->step_count};
    if (index == 0) schedule_add(s, g, GRAPH_STEP_UPLOAD, 0);
    for (int x = 0; x < g->crossing_count; x++) {
        if (g->layers[g->crossings[x].layer].section != index) continue;
        int joins = g->crossings[x].kind == GRAPH_JOIN;
        if (!both) schedule_add(s, g, GRAPH_STEP_RECEIVE, x);
        if (joins || both) schedule_add(s, g, joins ? GRAPH_STEP_JOIN : GRAPH_STEP_COPY, x);
    }
    for (int i = section->first; i < section->first + section->count; i++) {
        schedule_add(s, g, GRAPH_STEP_LAYER, i);
        s->sections[s->section_count].whole |= g->layers[i].half[0].shape.ops->whole_batch;
    }
    for (int x = 0; x < g->crossing_count && !both; x++)
        if (g->layers[g->crossings[x].source].section == index) schedule_add(s, g, GRAPH_STEP_SEND, x);
    if (index == g->layers[g->values[GRAPH_INPUT].last].section) schedule_add(s, g, GRAPH_STEP_UPLOAD_NEXT, 0);
    s->section_count++;
}

int graph_schedule_make(const struct graph *g, unsigned halves, struct graph_schedule **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct graph_schedule *s = NULL;
    TRY(memory_alloc(&s, 1, sizeof *s, "the schedule", err));
    TRY(memory_alloc(&s->steps, (size_t)schedule_steps(g), sizeof *s->steps, "the schedule's steps", err));
    TRY(memory_alloc(&s->sections, (size_t)g->section_count, sizeof *s->sections, "the schedule's sections", err));
    for (int i = 0; i < g->section_count; i++) schedule_add_section(s, g, i, halves == 3u);
    *out = s;
    s = NULL;
done:
    graph_schedule_free(s);
    return status;
}

void graph_schedule_free(struct graph_schedule *s) {
    if (!s) return;
    free(s->steps);
    free(s->sections);
    free(s);
}
