/* SPDX-License-Identifier: MIT */
/* The commands, in the order of `alexcl --help`. A new one is a line here, and command_<name>.c with the row that says
 * all else (struct command): its options, its help, the function that prints its results or returns a failure. */
#ifndef ALEXCL_COMMANDS_H
#define ALEXCL_COMMANDS_H
#include "options.h"

#define COMMANDS(ROW)                                                                                                  \
    ROW(infer_command)                                                                                                 \
    ROW(train_command)                                                                                                 \
    ROW(features_command)                                                                                              \
    ROW(nearest_command)                                                                                               \
    ROW(filters_command)                                                                                               \
    ROW(distance_command)                                                                                              \
    ROW(pack_command)                                                                                                  \
    ROW(pca_command)                                                                                                   \
    ROW(devices_command)                                                                                               \
    ROW(check_command)                                                                                                 \
    ROW(tune_command)                                                                                                  \
    ROW(models_command)                                                                                                \
    ROW(summary_command)                                                                                               \
    ROW(plan_command)                                                                                                  \
    ROW(time_command)                                                                                                  \
    ROW(report_command)                                                                                                \
    ROW(weights_command)                                                                                               \
    ROW(convert_command)                                                                                               \
    ROW(cache_command)                                                                                                 \
    ROW(kernels_command)                                                                                               \
    ROW(env_command)                                                                                                   \
    ROW(manual_command)                                                                                                \
    ROW(completion_command)

#define COMMANDS_DECLARE(row) extern const struct command row;
COMMANDS(COMMANDS_DECLARE)

struct weights_options { /* here for the fuzzer's sake */
    uint64_t seed;
    const char *name; /* NULL: the model's */
    struct option_gains gains;
    int no_statistics;
};
#endif
