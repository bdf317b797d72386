/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_NET_H
#define ALEXCL_NET_H
#include "status.h"

struct graph_training;
struct net_use {
    int unchecked; /* kernels are not checked before their first use */
    /* the net is trained (graph.h), and keeps its parameters as in the file; it must live as long as the net. NULL: it
     * is not */
    const struct graph_training *training;
};
/* alexcl_net_open, for a use. */
int net_open(const struct alexcl_model *model, const struct alexcl_weights *weights, const struct alexcl_selection *sel,
             const struct alexcl_net_options *options, const struct net_use *use, struct alexcl_net **out,
             struct alexcl_error *err);
#endif
