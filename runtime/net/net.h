/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_NET_H
#define ALEXCL_NET_H
#include "status.h"

/* alexcl_net_open; `check` 0: without checking the kernels before their first use. */
int net_open(const struct alexcl_model *model, const struct alexcl_weights *weights, const struct alexcl_selection *sel,
             const struct alexcl_net_options *options, int check, struct alexcl_net **out, struct alexcl_error *err);
#endif
