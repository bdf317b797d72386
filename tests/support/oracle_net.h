/* SPDX-License-Identifier: MIT */
/* A whole net of tests/oracle: its model, and weights and images as the counter RNG makes them under the case's
 * name. */
#ifndef ALEXCL_ORACLE_NET_H
#define ALEXCL_ORACLE_NET_H
#include "support.h"

#define ORACLE_NET_SEED 0x20120930A1E7C0DEu

struct oracle_net {
    char dir[64]; /* "net_tiny2t" */
    const struct alexcl_model *model;
    struct alexcl_weights *weights;
    struct oracle_probe *probes;
    size_t probe_count;
    float *images;
    size_t image_count;
};
/* The net of ALEXCL_TEST_CASE, its case without "net_". */
void oracle_net_open(struct oracle_net *out);
void oracle_net_free(struct oracle_net *net);
size_t oracle_net_image_floats(const struct oracle_net *net);
/* The layer behind which only a softmax stands. */
const char *oracle_net_logits(const struct oracle_net *net);
/* The largest error, of the largest value that is due. */
double oracle_net_error(const float *got, const struct tensor *want);
#endif
