/* SPDX-License-Identifier: MIT */
/* What a half sends to the other at a crossing, how it lies on its way, and what is made of it. */
#include "graph.h"

const char *graph_crossing_name(const struct graph *g, int crossing) {
    return g->layers[g->crossings[crossing].layer].half[0].shape.desc->name;
}

struct graph_sent graph_sent(const struct graph *g, int crossing, int half) {
    const struct graph_crossing *c = &g->crossings[crossing];
    const struct graph_value *v = &g->values[c->value]; /* flattened feature maps are cut where their channels were */
    struct graph_sent s = {
        .channels = shape_half_count(v->maps.c, half), .hw = v->maps.h * v->maps.w, .block = v->block};
    s.pitch = v->floats[half];
    s.count = s.channels;
    s.floats = s.pitch;
    if (c->kind == GRAPH_HALO) {
        s.halo = 1;
        s.first = c->halo[half].first;
        s.count = c->halo[half].count;
        s.floats = (size_t)s.count * (size_t)s.hw;
    }
    return s;
}

struct graph_sent graph_sent_back(const struct graph *g, int crossing, int half) {
    return graph_sent(g, crossing, 1 - half);
}

size_t graph_sent_position(const struct graph_sent *s, int c, int i) {
    if (s->halo && s->block > 1) return (size_t)i * (size_t)s->count + (size_t)c;
    return shape_position((size_t)c, (size_t)i, (size_t)s->hw, (size_t)s->block);
}

size_t graph_joined_floats(const struct graph *g, int crossing) {
    return g->crossings[crossing].kind == GRAPH_JOIN
               ? graph_sent(g, crossing, 0).floats + graph_sent(g, crossing, 1).floats
               : 0;
}
