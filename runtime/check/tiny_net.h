/* SPDX-License-Identifier: MIT */
/* The last checks of `alexcl check`: a tiny net with the parts of the paper's, tiny2t, on the devices of a selection
 * and on the reference. */
#ifndef ALEXCL_TINY_NET_H
#define ALEXCL_TINY_NET_H
#include "selfcheck.h"

struct tiny_net {
    const struct alexcl_model *model;
    const struct alexcl_selection *selection;
    const struct alexcl_settings *settings; /* NULL: all by the environment */
};
enum { TINY_NET_IMAGES = 3 };

/* The scores of a batch of TINY_NET_IMAGES. */
int tiny_net_run(const struct tiny_net *n, struct selfcheck_found *found, struct alexcl_error *err);
/* All parameters behind one step of training on such a batch: forward with dropout, loss, backward, update. Where some
 * are wrong, `tensor` gets the name of the first, "conv1.weight". */
enum { TINY_NET_NAME = 64 };
int tiny_net_train(const struct tiny_net *n, struct selfcheck_found *found, char tensor[TINY_NET_NAME],
                   struct alexcl_error *err);
#endif
